import { BEST_LENGTH, bestAt, levelsMessage, otherMessage, PRICE, SCALES, SYMBOL } from '../json/records.js';
import { bestFrom, defineJsonDecoder, from, optional } from '../json/table.js';
import { i64, message, nanosSinceEpoch, scaled, text, u8, u64 } from '../layout/table.js';
import { image, levelBooks, ticker } from './roles/internet.js';

const TYPE = ['type'];
/** Ladders begin with the best price; one may be empty. */
const BEST = {
  ...{ bid: ['bids', 0, 'price'], bidSize: ['bids', 0, 'liquidity'] },
  ...{ ask: ['asks', 0, 'price'], askSize: ['asks', 0, 'liquidity'] },
} as const;

/** OANDA v20 streams: each price is the whole ladder of its instrument; transactions are numbered. */
export const oandaV203 = defineJsonDecoder({
  id: 'oanda-v20-3',
  venue: 'OANDA',
  feed: 'Pricing and transactions streams',
  version: '3',
  specification: 'OANDA v20 REST API: pricing/stream, transactions/stream',
  framing: 'venue-messages',
  byteOrder: 'little',
  header: { type: u8(0) },
  messageType: 'type',
  instrument: 'symbol',
  events: levelBooks({ price: [...image({ timed: true }), ...ticker({ timed: true })] }),
  checked: ['four lines of 2016'],
  unconfirmed: ['members of transactions beside id, type and time'],
  messages: {
    price: levelsMessage(1, 61 + BEST_LENGTH, {
      time: i64(34, nanosSinceEpoch),
      closeoutBid: i64(42, scaled(PRICE)),
      closeoutAsk: i64(50, scaled(PRICE)),
      closeoutBidDecimals: u8(58),
      closeoutAskDecimals: u8(59),
      tradeable: u8(60, { 0: 'No', 1: 'Yes', 255: 'Not told' }).nullable(255),
      ...bestAt(61),
    }),
    heartbeat: message(2, 9, { time: i64(1, nanosSinceEpoch) }),
    transactionHeartbeat: message(3, 17, { time: i64(1, nanosSinceEpoch), lastTransactionId: u64(9) }),
    transaction: message(4, 49, { time: i64(1, nanosSinceEpoch), id: u64(9), kind: text(17, SYMBOL) }),
    other: otherMessage(5),
  },
  json: {
    scales: SCALES,
    rules: [
      {
        message: 'price',
        when: [[TYPE, 'PRICE']],
        fields: {
          symbol: from.text('instrument'),
          time: from.rfc3339('time'),
          closeoutBid: optional(from.exact(PRICE, 'closeoutBidDecimals', 'closeoutBid')),
          closeoutAsk: optional(from.exact(PRICE, 'closeoutAskDecimals', 'closeoutAsk')),
          tradeable: optional(from.flag('tradeable')),
          ...bestFrom(SCALES, BEST, ['bid', 'bidSize', 'ask', 'askSize']),
        },
        levels: [
          { list: ['bids'], side: 'B', price: 'price', size: 'liquidity' },
          { list: ['asks'], side: 'S', price: 'price', size: 'liquidity' },
        ],
      },
      {
        message: 'transactionHeartbeat',
        when: [
          [TYPE, 'HEARTBEAT'],
          [['lastTransactionID'], { present: true }],
        ],
        fields: { time: from.rfc3339('time'), lastTransactionId: from.integer('lastTransactionID') },
      },
      { message: 'heartbeat', when: [[TYPE, 'HEARTBEAT']], fields: { time: from.rfc3339('time') } },
      {
        message: 'transaction',
        when: [
          [['accountID'], { present: true }],
          [['id'], { present: true }],
        ],
        fields: { time: from.rfc3339('time'), id: from.integer('id'), kind: from.text('type') },
      },
    ],
  },
});
