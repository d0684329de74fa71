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
import { begins, bestFrom, defineJsonDecoder, from, optional, present } from '../json/table.js';
import { i64, message, scaled, text, u8, u16, u32 } from '../layout/table.js';
import { changes, image, levelBooks, print, ticker } from './roles/internet.js';

const SIDES = { b: 'B', s: 'S' };
/** The name of the channel and the pair stand at the end: there is one element more when both sides change. */
const CHANNEL = [-2];
const PAIR = from.text('$', -1);
/** Levels of each side that are kept up. */
const DEPTH = from.code(
  { 'book-10': 10, 'book-25': 25, 'book-100': 100, 'book-500': 500, 'book-1000': 1000 },
  ...CHANNEL,
);
const level = (list: readonly (string | number)[], side: 'B' | 'S') => ({ list, side, price: 0, size: 1 });

/** Kraken WebSocket API 1: arrays, numbers as text, a checksum with each update of a book. */
export const krakenSpot1 = defineJsonDecoder({
  id: 'kraken-spot-1',
  venue: 'Kraken',
  feed: 'Spot market data (WebSocket)',
  version: '1',
  specification: 'Kraken WebSocket API 1',
  framing: 'venue-messages',
  byteOrder: 'little',
  header: { type: u8(0) },
  messageType: 'type',
  instrument: 'symbol',
  events: levelBooks({ bookSnapshot: image(), bookUpdate: changes(), trade: print, ticker: ticker() }),
  checked: ['recordings of 2021 and 2023: every checksum'],
  unconfirmed: ['texts of errors'],
  messages: {
    bookSnapshot: levelsMessage(1, 40, { channelId: u32(34), depth: u16(38) }),
    bookUpdate: levelsMessage(2, 44, { checksum: u32(34), channelId: u32(38), depth: u16(42) }),
    trade: message(3, TRADE_END, tradeFields),
    ticker: message(4, 42 + BEST_LENGTH, {
      symbol: text(1, SYMBOL),
      close: i64(33, scaled(PRICE)),
      closeDecimals: u8(41),
      ...bestAt(42),
    }),
    heartbeat: message(5, 1, {}),
    systemStatus: message(6, 33, { status: text(1, SYMBOL) }),
    subscriptionStatus: message(7, 65, { symbol: text(1, SYMBOL), status: text(33, SYMBOL) }),
    other: otherMessage(8),
  },
  json: {
    scales: SCALES,
    rules: [
      {
        message: 'bookSnapshot',
        when: [
          [CHANNEL, begins('book')],
          [[1, 'as'], present],
        ],
        fields: { symbol: PAIR, channelId: from.integer(0), depth: DEPTH },
        levels: [level([1, 'bs'], 'B'), level([1, 'as'], 'S')],
      },
      {
        message: 'bookUpdate',
        when: [[CHANNEL, begins('book')]],
        fields: { symbol: PAIR, channelId: from.integer(0), depth: DEPTH, checksum: from.integer(-3, 'c') },
        levels: [level([1, 'a'], 'S'), level([1, 'b'], 'B'), level([2, 'a'], 'S'), level([2, 'b'], 'B')],
      },
      {
        message: 'trade',
        when: [[CHANNEL, 'trade']],
        each: [[1]],
        fields: {
          symbol: PAIR,
          side: from.code(SIDES, 3),
          price: from.exact(PRICE, 'priceDecimals', 0),
          size: from.exact(SIZE, 'sizeDecimals', 1),
          time: from.epochSeconds(2),
        },
      },
      {
        message: 'ticker',
        when: [[CHANNEL, 'ticker']],
        fields: {
          symbol: PAIR,
          // A price, the size in whole lots, the size.
          ...bestFrom(SCALES, { bid: [1, 'b', 0], bidSize: [1, 'b', 2], ask: [1, 'a', 0], askSize: [1, 'a', 2] }),
          close: from.exact(PRICE, 'closeDecimals', 1, 'c', 0),
        },
      },
      { message: 'heartbeat', when: [[['event'], 'heartbeat']], fields: {} },
      { message: 'systemStatus', when: [[['event'], 'systemStatus']], fields: { status: from.text('status') } },
      {
        message: 'subscriptionStatus',
        when: [[['event'], 'subscriptionStatus']],
        fields: { symbol: optional(from.text('pair')), status: from.text('status') },
      },
    ],
  },
});
