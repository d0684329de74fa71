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
import { char, i64, message, nanosSinceEpoch, scaled, text, u8, u64 } from '../layout/table.js';
import { changes, image, levelBooks, print, ticker } from './roles/internet.js';

const CHANNEL = ['channel'];
const EVENTS = [['events']];
/** Of everything that the connection brings, whatever the channel. */
const SEQUENCE = { sequenceNum: from.integer('$', 'sequence_num') };
const TIME = { time: from.rfc3339('$', 'timestamp') };
const KINDS = { snapshot: 'S', update: 'U' };
const tradeTable = { ...tradeFields, tradeId: text(TRADE_END, SYMBOL), sequenceNum: u64(TRADE_END + SYMBOL) };
const bookTable = {
  sequenceNum: u64(34),
  time: i64(42, nanosSinceEpoch),
  kind: char(50, { S: 'Snapshot', U: 'Update' }),
};
const BOOK_END = 51;

/** Coinbase Advanced: levels with their whole size, and one number for all that a connection brings. */
export const coinbaseAdvanced1 = defineJsonDecoder({
  id: 'coinbase-advanced-1',
  venue: 'Coinbase Advanced',
  feed: 'WebSocket: level2, market_trades, ticker, heartbeats',
  version: '1',
  specification: 'Coinbase Advanced Trade WebSocket',
  framing: 'venue-messages',
  byteOrder: 'little',
  header: { type: u8(0) },
  messageType: 'type',
  instrument: 'symbol',
  events: levelBooks({
    bookSnapshot: image({ timed: true }),
    bookUpdate: changes({ timed: true }),
    trade: print,
    ticker: ticker(),
  }),
  checked: [],
  unconfirmed: [
    'no recording is public: members are those of the documentation',
    'that the number is of the connection and not of the channel',
    'whose side a trade tells',
  ],
  messages: {
    bookSnapshot: levelsMessage(1, BOOK_END, bookTable),
    bookUpdate: levelsMessage(2, BOOK_END, bookTable),
    trade: message(3, TRADE_END + SYMBOL + 8, tradeTable),
    earlierTrade: message(4, TRADE_END + SYMBOL + 8, tradeTable),
    ticker: message(5, 50 + BEST_LENGTH, {
      symbol: text(1, SYMBOL),
      last: i64(33, scaled(PRICE)),
      lastDecimals: u8(41),
      sequenceNum: u64(42),
      ...bestAt(50),
    }),
    heartbeat: message(6, 17, { sequenceNum: u64(1), counter: u64(9) }),
    subscriptions: message(7, 9, { sequenceNum: u64(1) }),
    unread: message(8, 41, { sequenceNum: u64(1), channel: text(9, SYMBOL) }),
    other: otherMessage(9),
  },
  json: {
    scales: SCALES,
    rules: [
      {
        message: 'bookUpdate',
        when: [[CHANNEL, 'l2_data']],
        each: EVENTS,
        instead: { message: 'bookSnapshot', where: ['type'], equals: 'snapshot' },
        fields: { symbol: from.text('product_id'), kind: from.code(KINDS, 'type'), ...TIME, ...SEQUENCE },
        levels: [
          {
            list: ['updates'],
            sideAt: 'side',
            sides: { bid: 'B', offer: 'S' },
            price: 'price_level',
            size: 'new_quantity',
          },
        ],
      },
      {
        message: 'trade',
        when: [[CHANNEL, 'market_trades']],
        each: [['events'], ['trades']],
        instead: { message: 'earlierTrade', where: ['^', 'type'], equals: 'snapshot' },
        fields: {
          symbol: from.text('product_id'),
          side: from.code({ BUY: 'B', SELL: 'S' }, 'side'),
          price: from.exact(PRICE, 'priceDecimals', 'price'),
          size: from.exact(SIZE, 'sizeDecimals', 'size'),
          time: from.rfc3339('time'),
          tradeId: from.text('trade_id'),
          ...SEQUENCE,
        },
      },
      {
        message: 'ticker',
        when: [[CHANNEL, 'ticker']],
        each: [['events'], ['tickers']],
        fields: {
          symbol: from.text('product_id'),
          last: optional(from.exact(PRICE, 'lastDecimals', 'price')),
          ...bestFrom(SCALES, {
            ...{ bid: ['best_bid'], bidSize: ['best_bid_quantity'] },
            ...{ ask: ['best_ask'], askSize: ['best_ask_quantity'] },
          }),
          ...SEQUENCE,
        },
      },
      {
        message: 'heartbeat',
        when: [[CHANNEL, 'heartbeats']],
        fields: { ...SEQUENCE, counter: from.integer('events', 0, 'heartbeat_counter') },
      },
      { message: 'subscriptions', when: [[CHANNEL, 'subscriptions']], fields: SEQUENCE },
      // Of a channel that this table does not read: its number counts all the same.
      {
        message: 'unread',
        when: [[['sequence_num'], present]],
        fields: { ...SEQUENCE, channel: from.text('channel') },
      },
    ],
  },
});
