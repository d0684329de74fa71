import {
  BEST_LENGTH,
  bestAt,
  levelsMessage,
  otherMessage,
  PRICE,
  SCALES,
  SIZE,
  SYMBOL,
  TRADE_END,
  tradeFields,
} from '../json/records.js';
import { bestFrom, defineJsonDecoder, from, optional, present } from '../json/table.js';
import { i64, message, nanosSinceEpoch, text, u8, u64 } from '../layout/table.js';
import { changes, image, levelBooks, print, ticker } from './roles/internet.js';

const SIDES = { buy: 'B', sell: 'S' } as const;
const FEED = ['feed'];
const BOOK = {
  symbol: from.text('product_id'),
  seq: from.integer('seq'),
  time: from.epochMilliseconds('timestamp'),
};
const TRADE = {
  symbol: from.text('product_id'),
  side: from.code(SIDES, 'side'),
  price: from.exact(PRICE, 'priceDecimals', 'price'),
  size: from.exact(SIZE, 'sizeDecimals', 'qty'),
  time: from.epochMilliseconds('time'),
  seq: from.integer('seq'),
};
const tradeTable = { ...tradeFields, seq: u64(TRADE_END) };
/** A quiet product has none of them; `ticker_lite` has no sizes. */
const BEST = ['bid', 'bidSize', 'ask', 'askSize'] as const;

/** Kraken Futures WebSocket API 1: a number for each product, from its image on. */
export const krakenFutures1 = defineJsonDecoder({
  id: 'kraken-futures-1',
  venue: 'Kraken Futures',
  feed: 'Market data (WebSocket)',
  version: '1',
  specification: 'Kraken Futures WebSocket API 1',
  framing: 'venue-messages',
  byteOrder: 'little',
  header: { type: u8(0) },
  messageType: 'type',
  instrument: 'symbol',
  events: levelBooks({
    bookSnapshot: image({ timed: true }),
    bookUpdate: changes({ timed: true }),
    trade: print,
    tickerLite: ticker(),
  }),
  checked: ['a recording of 2021: numbers of all products'],
  messages: {
    bookSnapshot: levelsMessage(1, 50, { seq: u64(34), time: i64(42, nanosSinceEpoch) }),
    bookUpdate: levelsMessage(2, 50, { seq: u64(34), time: i64(42, nanosSinceEpoch) }),
    trade: message(3, TRADE_END + 8, tradeTable),
    earlierTrade: message(4, TRADE_END + 8, tradeTable),
    tickerLite: message(5, 33 + BEST_LENGTH, { symbol: text(1, SYMBOL), ...bestAt(33) }),
    notice: message(6, 65, { event: text(1, SYMBOL), feed: text(33, SYMBOL) }),
    heartbeat: message(7, 9, { time: i64(1, nanosSinceEpoch) }),
    other: otherMessage(8),
  },
  json: {
    scales: SCALES,
    rules: [
      // What is asked for and answered has a feed too.
      {
        message: 'notice',
        when: [[['event'], present]],
        fields: { event: from.text('event'), feed: optional(from.text('feed')) },
      },
      {
        message: 'bookUpdate',
        when: [[FEED, 'book']],
        fields: BOOK,
        levels: [{ list: 'self', sideAt: 'side', sides: SIDES, price: 'price', size: 'qty' }],
      },
      {
        message: 'bookSnapshot',
        when: [[FEED, 'book_snapshot']],
        fields: BOOK,
        levels: [
          { list: ['bids'], side: 'B', price: 'price', size: 'qty' },
          { list: ['asks'], side: 'S', price: 'price', size: 'qty' },
        ],
      },
      { message: 'trade', when: [[FEED, 'trade']], fields: TRADE },
      { message: 'earlierTrade', when: [[FEED, 'trade_snapshot']], each: [['trades']], fields: TRADE },
      {
        message: 'tickerLite',
        when: [[FEED, 'ticker_lite']],
        fields: {
          symbol: from.text('product_id'),
          ...bestFrom(SCALES, { bid: ['bid'], bidSize: ['bid_size'], ask: ['ask'], askSize: ['ask_size'] }, BEST),
        },
      },
      { message: 'heartbeat', when: [[FEED, 'heartbeat']], fields: { time: from.epochMilliseconds('time') } },
    ],
  },
});
