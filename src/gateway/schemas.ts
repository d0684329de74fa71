/** What REST answers look like, as schemas: the OpenAPI document is made from them, and a test holds every answer to it. */
import { z } from 'zod';
import { CHANNEL_COUNTERS, EVENT_ACTION, NOTICE_TYPE, REASON } from '../contract.js';
import type {
  WireCandle,
  WireChannel,
  WireDepth,
  WireError,
  WireInstrument,
  WireNotice,
  WireStage,
  WireState,
  WireTop,
  WireTrade,
  WireVenue,
} from './wire.js';

const decimal = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .describe('Exact decimal text');
const integer = z
  .string()
  .regex(/^-?\d+$/)
  .describe('64-bit integer as text');
const nanoseconds = z
  .string()
  .regex(/^-?\d+$/)
  .describe('Nanoseconds since 1970-01-01T00:00:00Z as text');
const count = z.number().int().min(0);
const named = <T>(schema: z.ZodType<T>, id: string, says: string): z.ZodType<T> => schema.describe(says).meta({ id });

const level = z.tuple([decimal, decimal, count]).describe('Price, size, orders (0: not told)');
const flags = {
  stale: z.boolean().describe('Messages that the book rests on are missing'),
  crossed: z.boolean(),
};

export const error = named<{ error: WireError }>(
  z.strictObject({
    error: z.strictObject({
      code: z.string().regex(/^VW_[A-Z0-9_]+$/),
      message: z.string(),
      hint: z.string().describe('What to do about it'),
    }),
  }),
  'Error',
  'Every refusal',
);
export const top = named<WireTop>(
  z.strictObject({ bid: level.nullable(), ask: level.nullable(), ...flags }),
  'Top',
  'Best prices',
);
export const depth = named<WireDepth>(
  z.strictObject({ bids: z.array(level), asks: z.array(level), ...flags }),
  'Depth',
  'Levels of both sides, best first',
);
export const instrument = named<WireInstrument>(
  z.strictObject({
    instrument: z.string().describe('What requests name it by'),
    key: z.string().describe('The venue’s key'),
    symbol: z.string().describe('Empty where the venue has not told it'),
    book: z.enum(['real', 'implied', 'orders']),
    priceExponent: z.number().int().nullable().describe('null: not told yet, prices are raw integers'),
  }),
  'Instrument',
  'An instrument that the venue has named',
);
export const trade = named<WireTrade>(
  z.strictObject({
    sequence: count,
    action: z.enum(EVENT_ACTION),
    price: decimal.nullable(),
    size: decimal.nullable(),
    side: z.enum(['bid', 'ask', 'none']).describe('The aggressor’s'),
    id: integer,
    eventTime: integer.describe('Nanoseconds as the venue counts them'),
    receiveTime: nanoseconds,
  }),
  'Trade',
  'A trade, or one that is undone',
);
export const candle = named<WireCandle>(
  z.strictObject({
    ...{ time: nanoseconds, open: decimal, high: decimal, low: decimal, close: decimal, volume: decimal },
    trades: count,
  }),
  'Candle',
  'Trades of an interval by receive time',
);
export const notice = named<WireNotice>(
  z.strictObject({
    ...{ sequence: count, type: z.enum(NOTICE_TYPE), channel: z.string(), begin: integer, end: integer },
    ...{ count: integer, reason: z.enum(REASON), time: nanoseconds, text: z.string() },
  }),
  'Notice',
  'What happened to the stream; docs/notices.md',
);
export const ledger = named<WireChannel['ledger']>(
  z.strictObject({ expected: count, delivered: count, recovered: count, abandoned: count, inFlight: count }),
  'Ledger',
  'expected = delivered + recovered + abandoned + in flight',
);
const stage = z.strictObject({
  stage: z.string(),
  count,
  p50: count,
  p99: count,
  max: count,
}) satisfies z.ZodType<WireStage>;
const counters = z.strictObject(
  Object.fromEntries(CHANNEL_COUNTERS.map(({ name, meaning }) => [name, z.number().describe(meaning)])),
) as unknown as z.ZodType<WireChannel['counters']>;
const channel = named<WireChannel>(
  z.strictObject({
    channel: z.string(),
    ledger,
    counters,
    lines: z.array(
      z.strictObject({
        ...{ line: z.string(), packets: count.nullable(), won: count.describe('Messages that came first on it') },
        ...{ lastPacket: nanoseconds.nullable(), silent: z.boolean() },
      }),
    ),
    recoveredMessages: count,
  }),
  'Channel',
  'A channel: its ledger, counters and lines',
);
const status = z.enum(['running', 'ended', 'failed']);
const failure = z.strictObject({ code: z.string(), message: z.string(), hint: z.string() });
export const state = named<WireState>(
  z.strictObject({
    ...{ venue: z.string(), decoder: z.string(), status, failure: failure.nullable(), time: nanoseconds },
    ...{ instruments: count, messages: count, tradesUnkept: count },
    ledger: ledger.nullable(),
    channels: z.array(channel),
    channelsMore: count,
    stages: z.array(stage).describe('Latency by stage, nanoseconds; empty without stamps'),
  }),
  'State',
  'What a venue’s feed is doing',
);
export const venue = named<WireVenue>(
  z.strictObject({
    ...{ venue: z.string(), decoder: z.string(), status, instruments: count },
    metrics: z.string().describe('Path of its Prometheus metrics'),
  }),
  'Venue',
  'A venue of this gateway',
);
