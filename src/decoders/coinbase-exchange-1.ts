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
import { i64, message, nanosSinceEpoch, text, u8, u64 } from '../layout/table.js';
import { changes, image, levelBooks, print, ticker } from './roles/internet.js';

const SIDES = { buy: 'B', sell: 'S' } as const;
/** A match tells the side of the order that rested: the aggressor's is the other one. */
const AGGRESSOR = { buy: 'S', sell: 'B' } as const;
const TYPE = ['type'];
const SYMBOL_FIELD = { symbol: from.text('product_id') };
const MATCH = {
  ...SYMBOL_FIELD,
  side: from.code(AGGRESSOR, 'side'),
  price: from.exact(PRICE, 'priceDecimals', 'price'),
  size: from.exact(SIZE, 'sizeDecimals', 'size'),
  time: from.rfc3339('time'),
  tradeId: from.integer('trade_id'),
  sequence: from.integer('sequence'),
};
const matchTable = { ...tradeFields, tradeId: u64(TRADE_END), sequence: u64(TRADE_END + 8) };

/** Coinbase Exchange: levels with their whole size, matches and tickers. */
export const coinbaseExchange1 = defineJsonDecoder({
  id: 'coinbase-exchange-1',
  venue: 'Coinbase Exchange',
  feed: 'WebSocket feed: level2, matches, ticker, heartbeat',
  version: '1',
  specification: 'Coinbase Exchange WebSocket feed',
  framing: 'venue-messages',
  byteOrder: 'little',
  header: { type: u8(0) },
  messageType: 'type',
  instrument: 'symbol',
  events: levelBooks({ bookSnapshot: image(), bookUpdate: changes({ timed: true }), trade: print, ticker: ticker() }),
  checked: ['a recording of 2021: no removal of an unknown level, best prices of the ticker'],
  messages: {
    bookSnapshot: levelsMessage(1, 34, {}),
    bookUpdate: levelsMessage(2, 42, { time: i64(34, nanosSinceEpoch) }),
    trade: message(3, TRADE_END + 16, matchTable),
    earlierTrade: message(4, TRADE_END + 16, matchTable),
    ticker: message(5, 49 + BEST_LENGTH, {
      symbol: text(1, SYMBOL),
      tradeId: u64(33),
      sequence: u64(41),
      ...bestAt(49),
    }),
    heartbeat: message(6, 57, {
      symbol: text(1, SYMBOL),
      sequence: u64(33),
      lastTradeId: u64(41),
      time: i64(49, nanosSinceEpoch),
    }),
    subscriptions: message(7, 1, {}),
    other: otherMessage(8),
  },
  json: {
    scales: SCALES,
    rules: [
      {
        message: 'bookUpdate',
        when: [[TYPE, 'l2update']],
        fields: { ...SYMBOL_FIELD, time: optional(from.rfc3339('time')) },
        levels: [{ list: ['changes'], sideAt: 0, sides: SIDES, price: 1, size: 2 }],
      },
      {
        message: 'bookSnapshot',
        when: [[TYPE, 'snapshot']],
        fields: SYMBOL_FIELD,
        levels: [
          { list: ['bids'], side: 'B', price: 0, size: 1 },
          { list: ['asks'], side: 'S', price: 0, size: 1 },
        ],
      },
      { message: 'trade', when: [[TYPE, 'match']], fields: MATCH },
      { message: 'earlierTrade', when: [[TYPE, 'last_match']], fields: MATCH },
      {
        message: 'ticker',
        when: [[TYPE, 'ticker']],
        fields: {
          ...SYMBOL_FIELD,
          // Sizes since 2022.
          ...bestFrom(
            SCALES,
            { bid: ['best_bid'], bidSize: ['best_bid_size'], ask: ['best_ask'], askSize: ['best_ask_size'] },
            ['bidSize', 'askSize'],
          ),
          tradeId: optional(from.integer('trade_id')),
          sequence: from.integer('sequence'),
        },
      },
      {
        message: 'heartbeat',
        when: [[TYPE, 'heartbeat']],
        fields: {
          ...SYMBOL_FIELD,
          sequence: from.integer('sequence'),
          lastTradeId: from.integer('last_trade_id'),
          time: from.rfc3339('time'),
        },
      },
      { message: 'subscriptions', when: [[TYPE, 'subscriptions']], fields: {} },
    ],
  },
});
