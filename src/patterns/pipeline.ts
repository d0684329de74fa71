/** Pipelines of a venue: what of the feed goes where. Feed → select → shape → sink. */
import { z } from 'zod';
import { EVENT_KIND } from '../contract.js';
import { reference } from './credentials.js';
import type { Pipeline } from './types.js';
import { duration, endpoint, isWithin } from './units.js';

export type { Pipeline, PipelineInput } from './types.js';

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
      .describe('Symbols or keys of instruments, for events, bookTop, ticks and statistics'),
  })
  .describe('Only what is named; default: everything');

const shapeSchema = z
  .discriminatedUnion('type', [
    item('raw', 'A row for each message: its name and its bytes as they came', {}),
    item('messages', 'A row for each message: its name and its fields as JSON (64-bit integers as decimal text)', {}),
    item('records', 'Everything as it was delivered, messages and notices, for a log', {}),
    item('events', 'A row for each normalised event', {}),
    item('columns', 'A row for each message of those named, with columns of the types of its fields', {
      columns: z.record(z.string(), z.array(z.string()).min(1)).describe('Fields by message'),
    }),
    item('bookTop', 'A row when the best prices of an instrument have changed, looked at once a batch', {}),
    item('ticks', 'A row for each trade, as of events, and the rows of bookTop', {}),
    item('statistics', 'Rolling statistics of an instrument when it has traded or its best prices have changed', {
      window: duration.default('1min').describe('What they are of: the time up to now'),
      reference: z
        .string()
        .min(1)
        .optional()
        .describe('Instrument that others are correlated with; left out: with none'),
    }),
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

/** What a Strimzi KafkaTopic can be named. */
const topicPrefix = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits, - and .');

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

const kafkaSink = item(
  'kafka',
  'Kafka: a topic for each schema, keyed by instrument; needs the package @platformatic/kafka',
  {
    servers: z.array(endpoint).min(1).describe('Brokers that are asked first'),
    ...login,
    mechanism: z
      .enum(['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'])
      .optional()
      .describe('How the user proves who it is; default, with a username: SCRAM-SHA-512'),
    tls: tls.optional(),
    prefix: topicPrefix.default('md').describe('Topics are PREFIX.SCHEMA.vVERSION, and PREFIX.control'),
    delivery: z
      .enum(['exactlyOnce', 'atLeastOnce'])
      .default('exactlyOnce')
      .describe(
        '`exactlyOnce`: rows and position in one transaction; `atLeastOnce`: without, rows may come twice after a failure',
      ),
    encoding: z
      .enum(['json', 'rows', 'columns'])
      .default('json')
      .describe('Of a record: a line of JSON for each row; or MessagePack as of ZeroMQ, `rows` or `columns` (fastest)'),
    recordRows: z.int().min(1).max(65_536).default(512).describe('Rows of a record, all of one instrument, at most'),
    compression: z.enum(['none', 'gzip', 'snappy', 'lz4']).default('none'),
    partitions: z
      .int()
      .min(1)
      .max(10_000)
      .default(6)
      .describe('Of a topic that is not there; changing it later moves instruments'),
    replicas: z.int().min(1).max(100).optional().describe('Of a topic that is not there; default: the broker’s'),
  },
);

const clickhouseSink = item('clickhouse', 'ClickHouse over HTTP, version 21 or newer; needs no package', {
  server: endpoint.describe('`host:port` of its HTTP interface, 8123 as it comes'),
  database: identifier.default('default').describe('Made when it is not there'),
  ...login,
  tls: tls.optional(),
  ttl: duration.optional().describe('Rows are deleted so long after they were received; default: never'),
});

const parquetSink = item('parquet', 'A lake of Parquet files; needs the packages hyparquet-writer and hyparquet', {
  folder: z.string().min(1).describe('FOLDER/SCHEMA/source=VENUE/date=DAY/…; made when it is not there'),
  compression: z
    .enum(['none', 'snappy'])
    .default('snappy')
    .describe('Of texts, bytes and floating point; words and whole numbers are encoded, which is smaller'),
});

const LEAST_SEGMENT_BYTES = 16 << 10;
const LEAST_BLOCK_BYTES = 4 << 10;
const logSink = item('log', 'An event log (docs/event-log.md), for shape records; needs no package', {
  folder: z.string().min(1).describe('Made when it is not there'),
  sync: z
    .union([z.enum(['always', 'never']), duration])
    .default('1s')
    .describe(
      'What is written outlives a power cut: before it is acknowledged, when the kernel likes to, or so long after it was ' +
        'written. The end of the process harms nothing that was written',
    ),
  segmentBytes: z
    .int()
    .min(LEAST_SEGMENT_BYTES)
    .max(2 ** 40)
    .default(256 << 20)
    .describe('A file of the log is closed after about so many bytes'),
  blockBytes: z
    .int()
    .min(LEAST_BLOCK_BYTES)
    .max(16 << 20)
    .default(256 << 10)
    .describe('Of what is checked and read together'),
  retain: z
    .strictObject({
      bytes: z.int().min(1).optional().describe('The log has about so many bytes at most'),
      age: duration.optional().describe('Files are deleted so long after they were written last'),
    })
    .optional()
    .describe('Whole files are deleted, oldest first; default: never'),
});

const retention = z.string().min(1).optional().describe('Retention policy; default: the database’s');
const influxdbSink = item('influxdb', 'InfluxDB 1, 2 or 3 over HTTP; needs no package', {
  server: endpoint,
  version: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(1),
  database: z.string().min(1).describe('Database, or bucket of version 2'),
  ...login,
  token: reference.optional().describe('Of versions 2 and 3, instead of a user'),
  org: z.string().min(1).optional().describe('Organisation, of version 2'),
  retention,
  tls: tls.optional(),
});
const kapacitorSink = item('kapacitor', 'Kapacitor over HTTP, as InfluxDB writes to it; needs no package', {
  server: endpoint,
  database: z.string().min(1),
  ...login,
  retention,
  tls: tls.optional(),
});
const questdbSink = item('questdb', 'QuestDB over HTTP; needs no package', {
  server: endpoint,
  ...login,
  tls: tls.optional(),
});

const typedbSink = item('typedb', 'TypeDB 3 over HTTP: rows as entities; needs no package', {
  server: endpoint.describe('`host:port` of its HTTP endpoint, 8000 as it comes'),
  database: identifier.default('venuewire').describe('Made when it is not there'),
  username: reference.describe('User name'),
  password: reference.describe('Password'),
  tls: tls.optional(),
});

/** How brokers are given rows. */
const records = {
  encoding: z
    .enum(['json', 'rows', 'columns'])
    .default('json')
    .describe('Of a record: a line of JSON for each row; or MessagePack as of ZeroMQ, `rows` or `columns` (fastest)'),
  recordRows: z
    .int()
    .min(1)
    .max(65_536)
    .default(512)
    .describe('Rows of a record, all of one category and instrument, at most'),
};
const natsSink = item(
  'nats',
  'NATS JetStream: a subject for each category and instrument; needs the packages @nats-io/transport-node and @nats-io/jetstream',
  {
    servers: z.array(endpoint).min(1).describe('Servers of the cluster'),
    ...login,
    token: reference.optional().describe('Instead of a user'),
    tls: tls.optional(),
    prefix: topicPrefix.default('venuewire').describe('Subjects are PREFIX.data.SCHEMA.CATEGORY.INSTRUMENT'),
    stream: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be letters, digits, _ and -, 32 at most')
      .default('VENUEWIRE')
      .describe('Stream of those subjects, and STREAM-control of positions; made where they are not there'),
    ttl: duration.optional().describe('The stream keeps records so long; default: for ever'),
    replicas: z.int().min(1).max(5).default(1).describe('Of a stream that is not there'),
    ...records,
  },
);
const rabbitmqSink = item('rabbitmq', 'RabbitMQ: a topic exchange with confirms; needs the package rabbitmq-client', {
  server: endpoint,
  vhost: z.string().min(1).default('/').describe('Virtual host'),
  ...login,
  tls: tls.optional(),
  exchange: topicPrefix
    .default('venuewire')
    .describe('Topic exchange, made where it is not there; routing keys are SCHEMA.CATEGORY.INSTRUMENT'),
  queue: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('A quorum queue that is made and bound to everything; left out: whoever reads binds a queue of his own'),
  ...records,
});

const sinks = [
  duckdbSink,
  postgresqlSink,
  redisSink,
  zeromqSink,
  kafkaSink,
  natsSink,
  rabbitmqSink,
  clickhouseSink,
  influxdbSink,
  kapacitorSink,
  questdbSink,
  typedbSink,
  parquetSink,
  logSink,
] as const;
/** Types of the sinks that there are. */
export const SINK_TYPES = sinks.map(({ shape }) => shape.type.value);

const sinkSchema = z.discriminatedUnion('type', sinks).describe('Where rows go');

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
      .enum(['wait', 'dropNewest', 'dropOldest', 'conflate', 'spill'])
      .default('wait')
      .describe(
        'What a full queue does. `wait`: reading the feed waits, nothing is lost here; `dropNewest`, `dropOldest`: rows are ' +
          'dropped and counted; `conflate`: of each category and instrument only the newest row stays, the rest is counted; `spill`: ' +
          'rows go to disk, in order, and from there to the sink, in the next run too',
      ),
    spill: z
      .strictObject({
        folder: z.string().min(1).describe('FOLDER/VENUE/PIPELINE has the files; made when it is not there'),
        bytes: z
          .int()
          .min(1 << 20)
          .max(2 ** 44)
          .default(2 ** 34)
          .describe('Of the files, at most; rows beyond are dropped and counted (`spillFull`)'),
      })
      .optional()
      .describe('Where rows go, for `whenFull: spill`'),
    writeRows: z.int().min(1).max(1_000_000).default(10_000).describe('Rows of one write (transaction), at most'),
    lingerMs: z.int().min(0).max(60_000).default(0).describe('Wait so long for more rows before a write'),
    answerMs: z
      .int()
      .min(10)
      .max(3_600_000)
      .default(60_000)
      .describe('A server that has not answered a write for so long is taken for gone: its connection is made anew'),
  })
  .prefault({})
  .describe('What waits for the sink');

const EVENT_SHAPES = ['events', 'bookTop', 'ticks', 'statistics'];
/** Whether its rows are made of events and books, not of messages. */
export const readsEvents = ({ shape }: { readonly shape: { readonly type: string } }): boolean =>
  EVENT_SHAPES.includes(shape.type);
const OF_EVENTS = `is for shapes ${EVENT_SHAPES.join(', ')}`;

/** What a timer can wait. */
const LONGEST_EVERY_NS = 24 * 86_400e9;

/** @internal */
export const pipelineSchema = z
  .strictObject({
    select: selectSchema.optional(),
    shape: shapeSchema,
    every: duration
      .refine((span) => isWithin(span, LONGEST_EVERY_NS), 'must be 24d or less')
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
    if (select?.instruments !== undefined && !readsEvents(value)) fault('instruments', OF_EVENTS);
    if ((value.sink.type === 'log') !== (shape.type === 'records')) {
      issues.push({
        code: 'custom',
        path: ['sink'],
        message: 'log and shape records belong together',
        input: undefined,
      });
    }
    const { whenFull, spill } = value.queue;
    if ((whenFull === 'spill') !== (spill !== undefined)) {
      const message = whenFull === 'spill' ? 'names no folder for whenFull: spill' : 'is for whenFull: spill';
      issues.push({ code: 'custom', path: ['queue', 'spill'], message, input: undefined });
    }
    if (whenFull === 'spill' && value.sink.type === 'log') {
      const message = 'spill is not for a log, which is on disk itself';
      issues.push({ code: 'custom', path: ['queue', 'whenFull'], message, input: undefined });
    }
    if (value.every !== undefined && !readsEvents(value)) {
      issues.push({ code: 'custom', path: ['every'], message: OF_EVENTS, input: undefined });
    }
  });

/** @internal */
export const pipelinesSchema = z
  .record(identifier, pipelineSchema)
  .describe('What of the feed goes where, by name; `venuewire run` runs them');

export type PipelineQueue = Pipeline['queue'];
export type PipelineSink = Pipeline['sink'];
export type SinkOf<T extends PipelineSink['type']> = Extract<PipelineSink, { type: T }>;
