// How many rows a second each sink takes, beside the obvious client code in the same run and in turns: `npm run bench:sinks`.
// VENUEWIRE_BENCH_ROWS for another number of rows.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProduceAcks, Producer } from '@platformatic/kafka';
import { parquetWriteFile } from 'hyparquet-writer';
import { createClient } from 'redis';
import { afterAll, expect, test } from 'vitest';
import { ItchGenerator, VenueHistory, writeCapture } from '../../src/simulator/index.js';
import {
  EVENT_ROWS,
  type PipelineSink,
  RowBatch,
  type RowColumn,
  runPipelines,
  type Sink,
  sinkBalances,
  sinkOf,
} from '../../src/sinks/index.js';
import { loadVenue } from '../../src/venues/load.js';
import { clickhouseServer, kafkaServer, redisServer, type Server } from './servers.js';

const ROWS = Number(process.env.VENUEWIRE_BENCH_ROWS ?? 500_000);
const BATCH = 50_000;
const ROUNDS = 3;
const SYMBOLS = 100;
const folder = mkdtempSync(join(tmpdir(), 'venuewire-speed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WORDS: Readonly<Record<string, readonly string[]>> = {
  ...{ kind: ['trade', 'order'], action: ['trade'], side: ['bid', 'ask'], channel: ['day'], epoch: [''] },
  instrument: Array.from({ length: SYMBOLS }, (_, i) => `S${i}`),
};
/** Rows that go on where the last ones ended. */
let made = 0;
function rowsOf(count: number): RowBatch {
  const from = made;
  made += count;
  const columns = EVENT_ROWS.fields.map(({ name, dtype }): RowColumn => {
    const words = WORDS[name];
    if (words !== undefined) return { codes: Uint32Array.from({ length: count }, (_, i) => i % words.length), words };
    if (name === 'part') return new Uint32Array(count);
    const base = name === 'receiveTime' || name === 'eventTime' ? 1_700_000_000_000_000_000n : 1n;
    if (dtype === 'i64') return BigInt64Array.from({ length: count }, (_, i) => base + BigInt(from + i));
    if (dtype === 'u64') return BigUint64Array.from({ length: count }, (_, i) => base + BigInt(from + i));
    if (dtype === 'i8') return new Int8Array(count).fill(-4);
    return dtype === 'u8' ? Uint8Array.from({ length: count }, (_, i) => i & 7) : new Uint32Array(count);
  });
  return new RowBatch(EVENT_ROWS, count, columns);
}
const objectsOf = (batch: RowBatch): Record<string, unknown>[] =>
  Array.from({ length: batch.rows }, (_, row) => batch.row(row));
const json = (row: object): string =>
  JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] as number;
async function rate(rows: number, work: () => Promise<unknown>): Promise<number> {
  const at = performance.now();
  await work();
  return rows / ((performance.now() - at) / 1000);
}
/** Rows a second that are aimed at, where nothing else is at work on the machine. */
const AIMS: Readonly<Record<string, number>> = {
  ...{ kafka: 500_000, clickhouse: 1_000_000, parquet: 2_000_000, redis: 150_000 },
};
function say(sink: string, ours: readonly number[], theirs: readonly number[], what: string): void {
  const shown = (n: number): string => Math.round(n).toLocaleString('en').padStart(10);
  const aim = AIMS[sink];
  const aimed = aim === undefined ? '' : ` (aim ${shown(aim).trim()}: ${(median(ours) / aim).toFixed(2)} of it)`;
  console.log(
    `${sink.padEnd(12)}${shown(median(ours))} rows/s${aimed}, ${what}${shown(median(theirs))}, ${(median(ours) / median(theirs)).toFixed(1)} times`,
  );
}

/** Ours and theirs in turns; theirs with a fraction of the rows, since it is slow. */
async function compare(
  name: string,
  options: PipelineSink,
  what: string,
  obvious: (rows: Record<string, unknown>[]) => Promise<unknown>,
  fraction = 10,
): Promise<void> {
  const sink = await sinkOf(options);
  await sink.open({ venue: 'bench', pipeline: 'bench/ticks' });
  await sink.write(rowsOf(1_000));
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const batches = Array.from({ length: ROWS / BATCH }, () => rowsOf(BATCH));
    ours.push(
      await rate(ROWS, async () => {
        for (const batch of batches) await sink.write(batch);
      }),
    );
    const objects = objectsOf(rowsOf(Math.round(ROWS / fraction)));
    theirs.push(await rate(objects.length, () => obvious(objects)));
  }
  await sink.close();
  say(name, ours, theirs, what);
}

async function withServer(start: () => Promise<Server>, work: (at: string) => Promise<void>): Promise<void> {
  const server = await start();
  try {
    await work(`127.0.0.1:${server.port}`);
  } finally {
    await server.end();
  }
}
const KAFKA = {
  type: 'kafka',
  prefix: 'md',
  delivery: 'exactlyOnce',
  recordRows: 512,
  compression: 'none',
  partitions: 6,
} as const;

test('Kafka', () =>
  withServer(kafkaServer, async (at) => {
    const sink = { ...KAFKA, servers: [at], encoding: 'columns' } as PipelineSink;
    const producer = new Producer({ clientId: 'obvious', bootstrapBrokers: [at], acks: ProduceAcks.ALL } as never);
    const topic = 'md.event.v1';
    await compare('kafka', sink, '1,000 messages of JSON a send', async (rows) => {
      for (let from = 0; from < rows.length; from += 1_000) {
        const messages = rows
          .slice(from, from + 1_000)
          .map((row) => ({ topic, key: Buffer.from(`${row.instrument}`), value: Buffer.from(json(row)) }));
        await producer.send({ messages } as never);
      }
    });
    await producer.close();
  }));

test('ClickHouse', () =>
  withServer(clickhouseServer, (at) =>
    compare(
      'clickhouse',
      { type: 'clickhouse', server: at, database: 'default' },
      '10,000 rows of JSON an insert',
      async (rows) => {
        // The same table without a view.
        const url = (sql: string): string => `http://${at}/?query=${encodeURIComponent(sql)}`;
        await fetch(
          url('CREATE TABLE IF NOT EXISTS obvious AS event ENGINE = MergeTree ORDER BY (instrument, receiveTime)'),
          { method: 'POST' },
        );
        for (let from = 0; from < rows.length; from += 10_000) {
          const body = rows
            .slice(from, from + 10_000)
            .map((row) => json(row))
            .join('\n');
          const answer = await fetch(url('INSERT INTO obvious FORMAT JSONEachRow'), { method: 'POST', body });
          if (!answer.ok) throw new Error(await answer.text());
        }
      },
    ),
  ));

test('Parquet', () =>
  compare(
    'parquet',
    { type: 'parquet', folder: join(folder, 'lake'), compression: 'snappy' },
    'columns out of objects',
    async (rows) => {
      const columnData = EVENT_ROWS.fields.map(({ name }) => ({
        name,
        data: rows.map((row) => (row[name] === undefined ? null : `${row[name]}`)),
      }));
      parquetWriteFile({ filename: join(folder, 'obvious.parquet'), columnData: columnData as never });
    },
  ));

test('DuckDB', () =>
  compare(
    'duckdb',
    { type: 'duckdb', file: join(folder, 'day.duckdb') },
    'an INSERT for each row',
    async (rows) => {
      const { DuckDBInstance } = await import('@duckdb/node-api');
      const instance = await DuckDBInstance.create(':memory:');
      const connection = await instance.connect();
      await connection.run('CREATE TABLE event (instrument VARCHAR, number BIGINT, price BIGINT, size BIGINT)');
      const insert = await connection.prepare('INSERT INTO event VALUES ($1, $2, $3, $4)');
      for (const { instrument, number, price, size } of rows) {
        insert.bind([instrument, number, price, size] as never);
        await insert.run();
      }
      connection.closeSync();
    },
    100,
  ));

test('Redis, the latest row of each instrument', () =>
  withServer(redisServer, async (at) => {
    const [host, port] = at.split(':') as [string, string];
    const client = await createClient({ socket: { host, port: Number(port) } }).connect();
    await compare('redis', { type: 'redis', server: at, prefix: 'vw' }, 'an HSET for each row', async (rows) => {
      for (let from = 0; from < rows.length; from += 1_000) {
        await Promise.all(
          rows
            .slice(from, from + 1_000)
            .map((row) => client.hSet(`last:${row.instrument}`, { number: `${row.number}`, price: `${row.price}` })),
        );
      }
    });
    client.destroy();
  }));

test('a sink that stands still costs the feed nothing', async () => {
  const parts: Uint8Array[] = [];
  const history = VenueHistory.generate(new ItchGenerator({ seed: 1, symbols: SYMBOLS, messages: 200_000 }));
  writeCapture(history, { seed: 1 }, (bytes) => parts.push(bytes));
  const capture = { file: new Uint8Array(Buffer.concat(parts)) };
  const venue = await loadVenue(`apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: day }
spec:
  decoder: nasdaq-totalview-itch-5.0
  framing: moldudp64
  lines: { A: { type: captureFile, path: a } }
  pipelines:
    ticks: { shape: { type: events }, sink: { type: duckdb, file: none }, queue: { whenFull: dropNewest, rows: 50000 } }
`);
  const sinkThat = (write: () => Promise<undefined>): Sink => ({
    ...{ write, open: () => Promise.resolve({ delivery: 'atMostOnce', positions: [] }) },
    ...{ flush: () => Promise.resolve(), close: () => Promise.resolve() },
  });
  const feed = async (write: () => Promise<undefined>): Promise<number> => {
    const run = await runPipelines(venue, { feed: { capture }, sinks: { ticks: sinkThat(write) }, closeMs: 1 });
    const at = performance.now();
    const { feed: statistics, pipelines } = await run.done;
    const { ledger } = pipelines.ticks ?? {};
    expect(ledger !== undefined && sinkBalances(ledger)).toBe(true);
    return Number(statistics.ledger.delivered) / ((performance.now() - at) / 1000);
  };
  const [free, stalled]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS * 3; round++) {
    free.push(await feed(() => Promise.resolve(undefined)));
    stalled.push(await feed(() => new Promise(() => {})));
  }
  say('stalled', stalled, free, 'a sink that takes all');
});
