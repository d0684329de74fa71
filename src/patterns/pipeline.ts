/** Pipelines of a venue: what of the feed goes where. Feed → select → shape → sink. */
import { z } from 'zod';
import { EVENT_KIND } from '../contract.js';
import { reference } from './credentials.js';
import { duration, endpoint } from './units.js';

const item = <T extends string, S extends z.ZodRawShape>(type: T, says: string, shape: S) =>
  z.strictObject({ type: z.literal(type), ...shape }).describe(says);

/** Letters, digits and _, so that it can be a table in every store. */
const identifier = z.string().regex(/^[a-z][a-z0-9_]{0,47}$/, 'must be lower-case letters, digits and _, 48 at most');

const selectSchema = z
  .strictObject({
    messages: z.array(z.string()).min(1).optional().describe('Messages of the decoder, for messages and raw'),
    kinds: z.array(z.enum(EVENT_KIND)).min(1).optional().describe('Kinds of events, for events'),
    instruments: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('Symbols or keys of instruments, for events and bookTop'),
  })
  .describe('Only what is named; default: everything');

const shapeSchema = z
  .discriminatedUnion('type', [
    item('raw', 'A row for each message: its name and its bytes as they came', {}),
    item('messages', 'A row for each message: its name and its fields as JSON (64-bit integers as decimal text)', {}),
    item('events', 'A row for each normalised event', {}),
    item('columns', 'A row for each message of those named, with columns of the types of its fields', {
      columns: z.record(z.string(), z.array(z.string()).min(1)).describe('Fields by message'),
    }),
    item('bookTop', 'A row when the best prices of an instrument have changed, looked at once a batch', {}),
  ])
  .describe('What a row is');

const tls = z
  .strictObject({
    ca: reference.optional().describe('Certificates (PEM) that the server’s must be signed by; default: the system’s'),
    certificate: reference.optional().describe('Our certificate (PEM)'),
    key: reference.optional().describe('Its private key (PEM)'),
  })
  .describe('TLS; left out: none');

const login = {
  username: reference.optional().describe('User name'),
  password: reference.optional().describe('Password'),
};

const duckdbSink = item('duckdb', 'A DuckDB file, with no server; needs the package @duckdb/node-api', {
  file: z.string().min(1).describe('Path; made when it is not there'),
  table: identifier.optional().describe('Default: the name of the rows’ schema'),
});
const postgresqlSink = item('postgresql', 'PostgreSQL by COPY; needs the package postgres', {
  server: endpoint,
  database: z.string().min(1),
  ...login,
  tls: tls.optional(),
  schema: identifier.default('public').describe('Schema of the tables; made when it is not there'),
  notify: identifier
    .optional()
    .describe('Channel that is told of each transaction (NOTIFY), with its rows and position'),
});
const redisSink = item('redis', 'Redis or Valkey: the latest row of each instrument; needs the package redis', {
  server: endpoint,
  ...login,
  tls: tls.optional(),
  prefix: z.string().max(64).default('venuewire').describe('What keys begin with; access control lists can name it'),
  ttl: duration.optional().describe('After so long without a new row a key is gone; default: never'),
  stream: z.int().min(1).max(100_000_000).optional().describe('Also a stream of all rows, kept to about so many'),
});
const zeromqSink = item('zeromq', 'A ZeroMQ publisher with MessagePack; needs the packages zeromq and msgpackr', {
  bind: z
    .string()
    .regex(/^(tcp|ipc):\/\/.+$/, 'must be tcp://address:port or ipc://path')
    .describe('Where it listens'),
  replay: z
    .string()
    .regex(/^(tcp|ipc):\/\/.+$/, 'must be tcp://address:port or ipc://path')
    .optional()
    .describe('Where missing frames are asked for; left out: nowhere'),
  replayBytes: z
    .int()
    .min(1 << 16)
    .max(1 << 34)
    .default(64 << 20)
    .describe('Frames kept for the replay, oldest forgotten first'),
  topicBy: z
    .enum(['instrument', 'category'])
    .default('instrument')
    .describe('A topic for each category and instrument (`trade.AAPL`), or for each category (`trade`)'),
  encoding: z
    .enum(['rows', 'columns'])
    .default('rows')
    .describe(
      '`rows`: an array of values for each row; `columns`: typed arrays as bytes, little-endian, many times faster',
    ),
  frameRows: z.int().min(1).max(65_536).default(512).describe('Rows of a frame, at most'),
  slow: z
    .enum(['drop', 'wait'])
    .default('drop')
    .describe('A subscriber that does not read: it loses frames, and sees that; or everybody waits for it'),
  highWaterMark: z.int().min(1).max(1_000_000).default(10_000).describe('Frames that wait for one subscriber'),
  curve: z
    .strictObject({
      secretKey: reference.describe('The server’s secret key, 40 characters (Z85)'),
      clients: z.array(reference).min(1).optional().describe('Public keys of clients that are let in; default: all'),
    })
    .optional()
    .describe('CURVE: encrypted, and the server proves who it is'),
});

const sinkSchema = z
  .discriminatedUnion('type', [duckdbSink, postgresqlSink, redisSink, zeromqSink])
  .describe('Where rows go');

const queueSchema = z
  .strictObject({
    rows: z.int().min(1).max(100_000_000).default(262_144).describe('Rows that wait for the sink, at most'),
    bytes: z
      .int()
      .min(65_536)
      .max(2 ** 36)
      .default(64 << 20)
      .describe('Bytes of those rows'),
    whenFull: z
      .enum(['wait', 'dropNewest', 'dropOldest', 'conflate'])
      .default('wait')
      .describe(
        'What a full queue does. `wait`: reading the feed waits, nothing is lost here; `dropNewest`, `dropOldest`: rows are ' +
          'dropped and counted; `conflate`: of each category and instrument only the newest row stays, the rest is counted',
      ),
    writeRows: z.int().min(1).max(1_000_000).default(10_000).describe('Rows of one write (transaction), at most'),
    lingerMs: z.int().min(0).max(60_000).default(0).describe('Wait so long for more rows before a write'),
  })
  .prefault({})
  .describe('What waits for the sink');

export const pipelineSchema = z
  .strictObject({
    select: selectSchema.optional(),
    shape: shapeSchema,
    every: duration
      .optional()
      .describe('Conflated: of each category and instrument the newest row, so often; default: every row'),
    sink: sinkSchema,
    queue: queueSchema,
  })
  .check(({ value, issues }) => {
    const { select, shape } = value;
    const fault = (key: string, message: string): void => {
      issues.push({ code: 'custom', path: ['select', key], message, input: undefined });
    };
    const isMessages = shape.type === 'raw' || shape.type === 'messages';
    if (select?.messages !== undefined && !isMessages) fault('messages', 'is for shapes messages and raw');
    if (select?.kinds !== undefined && shape.type !== 'events') fault('kinds', 'is for shape events');
    if (select?.instruments !== undefined && shape.type !== 'events' && shape.type !== 'bookTop') {
      fault('instruments', 'is for shapes events and bookTop');
    }
    if (value.every !== undefined && shape.type !== 'events' && shape.type !== 'bookTop') {
      issues.push({ code: 'custom', path: ['every'], message: 'is for shapes events and bookTop', input: undefined });
    }
  });

export const pipelinesSchema = z
  .record(identifier, pipelineSchema)
  .describe('What of the feed goes where, by name; `venuewire run` runs them');

export type Pipeline = z.output<typeof pipelineSchema>;
export type PipelineInput = z.input<typeof pipelineSchema>;
export type PipelineQueue = Pipeline['queue'];
export type PipelineSink = Pipeline['sink'];
export type SinkOf<T extends PipelineSink['type']> = Extract<PipelineSink, { type: T }>;
