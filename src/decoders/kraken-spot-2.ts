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
import { bestFrom, defineJsonDecoder, from, optional } from '../json/table.js';
import { i64, message, nanosSinceEpoch, scaled, text, u8, u32, u64 } from '../layout/table.js';
import { changes, image, levelBooks, print, ticker } from './roles/internet.js';

const SIDES = { buy: 'B', sell: 'S' };
const CHANNEL = ['channel'];
const TYPE = ['type'];
const DATA = [['data']];
const LEVELS = [
  { list: ['bids'], side: 'B', price: 'price', size: 'qty' },
  { list: ['asks'], side: 'S', price: 'price', size: 'qty' },
] as const;
const BOOK = { symbol: from.text('symbol'), checksum: from.integer('checksum') };
const TRADE = {
  symbol: from.text('symbol'),
  side: from.code(SIDES, 'side'),
  price: from.exact(PRICE, 'priceDecimals', 'price'),
  size: from.exact(SIZE, 'sizeDecimals', 'qty'),
  time: from.rfc3339('timestamp'),
  tradeId: from.integer('trade_id'),
};

/** Kraken WebSocket API 2: objects, numbers without quotes in full precision, a checksum with image and update. */
export const krakenSpot2 = defineJsonDecoder({
  id: 'kraken-spot-2',
  venue: 'Kraken',
  feed: 'Spot market data (WebSocket)',
  version: '2',
  specification: 'Kraken WebSocket API 2',
  framing: 'venue-messages',
  byteOrder: 'little',
  header: { type: u8(0) },
  messageType: 'type',
  instrument: 'symbol',
  events: levelBooks({ bookSnapshot: image(), bookUpdate: changes({ timed: true }), trade: print, ticker: ticker() }),
  checked: ['a recording of 2023: every checksum'],
  unconfirmed: ['texts of errors', 'names of members of ticker and trade: no recording of them is public'],
  messages: {
    bookSnapshot: levelsMessage(1, 38, { checksum: u32(34) }),
    bookUpdate: levelsMessage(2, 46, { checksum: u32(34), time: i64(38, nanosSinceEpoch) }),
    trade: message(3, TRADE_END + 8, { ...tradeFields, tradeId: u64(TRADE_END) }),
    ticker: message(4, 42 + BEST_LENGTH, {
      symbol: text(1, SYMBOL),
      last: i64(33, scaled(PRICE)),
      lastDecimals: u8(41),
      ...bestAt(42),
    }),
    heartbeat: message(5, 1, {}),
    systemStatus: message(6, 33, { status: text(1, SYMBOL) }),
    answer: message(7, 34, { method: text(1, SYMBOL), success: u8(33) }),
    other: otherMessage(8),
    earlierTrade: message(9, TRADE_END + 8, { ...tradeFields, tradeId: u64(TRADE_END) }),
  },
  json: {
    scales: SCALES,
    rules: [
      {
        message: 'bookUpdate',
        when: [
          [CHANNEL, 'book'],
          [TYPE, 'update'],
        ],
        each: DATA,
        fields: { ...BOOK, time: optional(from.rfc3339('timestamp')) },
        levels: LEVELS,
      },
      {
        message: 'bookSnapshot',
        when: [
          [CHANNEL, 'book'],
          [TYPE, 'snapshot'],
        ],
        each: DATA,
        fields: BOOK,
        levels: LEVELS,
      },
      {
        message: 'earlierTrade',
        when: [
          [CHANNEL, 'trade'],
          [TYPE, 'snapshot'],
        ],
        each: DATA,
        fields: TRADE,
      },
      { message: 'trade', when: [[CHANNEL, 'trade']], each: DATA, fields: TRADE },
      {
        message: 'ticker',
        when: [[CHANNEL, 'ticker']],
        each: DATA,
        fields: {
          symbol: from.text('symbol'),
          ...bestFrom(SCALES, { bid: ['bid'], bidSize: ['bid_qty'], ask: ['ask'], askSize: ['ask_qty'] }),
          last: from.exact(PRICE, 'lastDecimals', 'last'),
        },
      },
      { message: 'heartbeat', when: [[CHANNEL, 'heartbeat']], fields: {} },
      { message: 'systemStatus', when: [[CHANNEL, 'status']], each: DATA, fields: { status: from.text('system') } },
      ...['subscribe', 'unsubscribe'].map((method) => ({
        message: 'answer',
        when: [[['method'], method] as const],
        fields: { method: from.text('method'), success: from.flag('success') },
      })),
      { message: 'answer', when: [[['method'], 'pong']], fields: { method: from.text('method') } },
    ],
  },
});
