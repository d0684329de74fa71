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
import {
  bestFrom,
  defineJsonDecoder,
  from,
  type JsonField,
  type JsonPath,
  type JsonRule,
  present,
} from '../json/table.js';
import { i64, message, nanosSinceEpoch, text, u8, u64 } from '../layout/table.js';
import { changes, image, levelBooks, print, ticker } from './roles/internet.js';

const LEVELS = (...before: JsonPath) =>
  [
    { list: [...before, 'b'], side: 'B', price: 0, size: 1 },
    { list: [...before, 'a'], side: 'S', price: 0, size: 1 },
  ] as const;

const at = (of: JsonField, before: JsonPath): JsonField => ({ ...of, path: [...before, ...of.path] });
const within = (fields: Readonly<Record<string, JsonField>>, before: JsonPath) =>
  Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, at(of, before)]));

/** The messages of a stream, alone (`/ws`) or inside what several of them share (`/stream`). */
const rules = (before: JsonPath): JsonRule[] => [
  {
    message: 'depthUpdate',
    when: [[[...before, 'e'], 'depthUpdate']],
    fields: within(
      {
        symbol: from.text('s'),
        firstUpdateId: from.integer('U'),
        finalUpdateId: from.integer('u'),
        time: from.epochMilliseconds('E'),
      },
      before,
    ),
    levels: LEVELS(...before),
  },
  {
    message: 'aggregateTrade',
    when: [[[...before, 'e'], 'aggTrade']],
    fields: within(
      {
        symbol: from.text('s'),
        price: from.exact(PRICE, 'priceDecimals', 'p'),
        size: from.exact(SIZE, 'sizeDecimals', 'q'),
        time: from.epochMilliseconds('T'),
        tradeId: from.integer('a'),
        buyerRested: from.flag('m'),
      },
      before,
    ),
  },
  {
    message: 'bookTicker',
    when: [
      [[...before, 'u'], present],
      [[...before, 'B'], present],
    ],
    fields: within(
      {
        symbol: from.text('s'),
        updateId: from.integer('u'),
        ...bestFrom(SCALES, { bid: ['b'], bidSize: ['B'], ask: ['a'], askSize: ['A'] }),
      },
      before,
    ),
  },
];

/** Binance spot: changes of levels over ranges of update numbers, and the image that is asked for over HTTPS. */
export const binanceSpot1 = defineJsonDecoder({
  id: 'binance-spot-1',
  venue: 'Binance',
  feed: 'Spot market streams (WebSocket)',
  version: '1',
  specification: 'Binance Spot API documentation: web-socket-streams.md, rest-api.md',
  framing: 'venue-messages',
  byteOrder: 'little',
  header: { type: u8(0) },
  messageType: 'type',
  instrument: 'symbol',
  events: levelBooks({
    depthSnapshot: image({ ifKnown: true }),
    depthUpdate: changes({ timed: true, ifKnown: true }),
    aggregateTrade: print,
    bookTicker: ticker(),
  }),
  checked: ['recordings of 2021 and 2023: images joined, best prices of bookTicker'],
  messages: {
    depthSnapshot: levelsMessage(1, 42, { lastUpdateId: u64(34) }),
    depthUpdate: levelsMessage(2, 58, {
      firstUpdateId: u64(34),
      finalUpdateId: u64(42),
      time: i64(50, nanosSinceEpoch),
    }),
    aggregateTrade: message(3, TRADE_END + 9, {
      ...tradeFields,
      tradeId: u64(TRADE_END),
      buyerRested: u8(TRADE_END + 8, { 0: 'The buyer came', 1: 'The seller came' }),
    }),
    bookTicker: message(4, 41 + BEST_LENGTH, { symbol: text(1, SYMBOL), updateId: u64(33), ...bestAt(41) }),
    other: otherMessage(5),
  },
  json: {
    scales: SCALES,
    rules: [
      ...rules(['data']),
      ...rules([]),
      {
        message: 'depthSnapshot',
        when: [
          [['lastUpdateId'], present],
          [['bids'], present],
        ],
        fields: { symbol: from.query('symbol'), lastUpdateId: from.integer('lastUpdateId') },
        levels: [
          { list: ['bids'], side: 'B', price: 0, size: 1 },
          { list: ['asks'], side: 'S', price: 0, size: 1 },
        ],
      },
    ],
  },
});
