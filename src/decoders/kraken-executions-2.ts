import { otherMessage, PRICE, SCALES, SIZE, SYMBOL } from '../json/records.js';
import { defineJsonDecoder, from, optional } from '../json/table.js';
import { char, i64, message, nanosSinceEpoch, scaled, text, u8, u32, u64 } from '../layout/table.js';

const CHANNEL = ['channel'];

/** Kraken WebSocket API 2, executions: what becomes of one's own orders, numbered by connection. */
export const krakenExecutions2 = defineJsonDecoder({
  id: 'kraken-executions-2',
  venue: 'Kraken',
  feed: 'Executions (WebSocket, with a token)',
  version: '2',
  specification: 'Kraken WebSocket API 2: executions',
  framing: 'venue-messages',
  byteOrder: 'little',
  header: { type: u8(0) },
  messageType: 'type',
  instrument: 'symbol',
  checked: [],
  unconfirmed: [
    'no recording is public: members are those of the documentation',
    'that the number is of the connection',
  ],
  messages: {
    execution: message(1, 224, {
      symbol: text(1, SYMBOL),
      /** The state before the connection, or what has happened since. */
      kind: char(33, { S: 'Snapshot', U: 'Update' }),
      side: char(34, { B: 'Buy', S: 'Sell' }),
      orderId: text(35, SYMBOL),
      execId: text(67, SYMBOL),
      execType: text(99, SYMBOL),
      orderStatus: text(131, SYMBOL),
      orderQty: i64(163, scaled(SIZE)),
      cumQty: i64(171, scaled(SIZE)),
      lastQty: i64(179, scaled(SIZE)),
      lastPrice: i64(187, scaled(PRICE)),
      limitPrice: i64(195, scaled(PRICE)),
      time: i64(203, nanosSinceEpoch),
      sequence: u64(211),
      orderUserRef: u32(219),
      /** Digits behind the point, as sent. */
      lastPriceDecimals: u8(223),
    }),
    heartbeat: message(2, 1, {}),
    systemStatus: message(3, 33, { status: text(1, SYMBOL) }),
    answer: message(4, 34, { method: text(1, SYMBOL), success: u8(33) }),
    other: otherMessage(5),
  },
  json: {
    scales: SCALES,
    rules: [
      {
        message: 'execution',
        when: [[CHANNEL, 'executions']],
        each: [['data']],
        fields: {
          symbol: optional(from.text('symbol')),
          kind: from.code({ snapshot: 'S', update: 'U' }, '$', 'type'),
          side: optional(from.code({ buy: 'B', sell: 'S' }, 'side')),
          orderId: from.text('order_id'),
          execId: optional(from.text('exec_id')),
          execType: from.text('exec_type'),
          orderStatus: optional(from.text('order_status')),
          orderQty: optional(from.decimal(SIZE, 'order_qty')),
          cumQty: optional(from.decimal(SIZE, 'cum_qty')),
          lastQty: optional(from.decimal(SIZE, 'last_qty')),
          lastPrice: optional(from.exact(PRICE, 'lastPriceDecimals', 'last_price')),
          limitPrice: optional(from.decimal(PRICE, 'limit_price')),
          time: optional(from.rfc3339('timestamp')),
          sequence: from.integer('$', 'sequence'),
          orderUserRef: optional(from.integer('order_userref')),
        },
      },
      { message: 'heartbeat', when: [[CHANNEL, 'heartbeat']], fields: {} },
      {
        message: 'systemStatus',
        when: [[CHANNEL, 'status']],
        each: [['data']],
        fields: { status: from.text('system') },
      },
      ...['subscribe', 'unsubscribe'].map((method) => ({
        message: 'answer',
        when: [[['method'], method] as const],
        fields: { method: from.text('method'), success: from.flag('success') },
      })),
    ],
  },
});
