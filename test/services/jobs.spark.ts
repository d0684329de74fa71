// Spark over what the sinks write: a batch over the lake, and a stream from Kafka to Redis that is killed. `npm run test:spark`.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { document, feedRows, harmed, root } from './harm.js';
import { kafkaServer, redisServer, type Server } from './servers.js';

const PYTHON = join(root, 'build/services/spark/bin/python');
const JARS = join(root, 'build/services/spark-jars');
const TTL = 3_600;
let folder = '';
let kafka: Server;
let store: Server;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'venuewire-spark-'));
  [kafka, store] = await Promise.all([kafkaServer(), redisServer()]);
}, 120_000);
afterAll(async () => {
  await Promise.all([kafka.end(), store.end()]);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** A job on this machine alone, on two threads. */
function submit(job: string, words: readonly string[]): { child: ChildProcess; done: Promise<void> } {
  const jars = readdirSync(JARS).filter((name) => name.endsWith('.jar'));
  const settings = ['spark.ui.enabled=false', 'spark.sql.shuffle.partitions=2', `spark.local.dir=${folder}`];
  const child = spawn(
    join(root, 'build/services/spark/bin/spark-submit'),
    [
      ...['--master', 'local[2]', '--driver-memory', '1g', '--jars', jars.map((name) => join(JARS, name)).join(',')],
      ...settings.flatMap((setting) => ['--conf', setting]),
      join(root, 'deploy/spark', job),
      ...words,
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, PYSPARK_PYTHON: PYTHON, SPARK_LOCAL_IP: '127.0.0.1' },
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes) => {
      said = `${said}${bytes}`.slice(-6_000);
    });
  }
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve();
      else reject(new Error(`${job} ended with ${code ?? signal}:\n${said}`));
    });
  });
  return { child, done };
}
const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;

test('a batch over the lake has the trades of the feed', async () => {
  const lake = join(folder, 'lake');
  await harmed(document(`{ type: parquet, folder: ${lake} }`), 1, undefined as never, ['producer']);
  const at = performance.now();
  await submit('statistics.py', [lake, join(folder, 'statistics')]).done;
  const took = seconds(at);
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const reader = await connection.runAndReadAll(
    `SELECT instrument, trades::VARCHAR, volume::VARCHAR, highest::DOUBLE::VARCHAR, lowest::DOUBLE::VARCHAR, round(vwap, 6)::VARCHAR
     FROM '${folder}/statistics/*.parquet' ORDER BY instrument`,
  );
  const own = new Map<string, { count: number; volume: bigint; turnover: bigint; high: bigint; low: bigint }>();
  const PRICE = 10_000;
  for (const row of await feedRows()) {
    if (row.kind !== 'trade' || row.action !== 'trade' || row.size === undefined) continue;
    const [instrument, price, size] = [row.instrument as string, row.price as bigint, row.size as bigint];
    expect(row.priceExponent).toBe(-4);
    const { count, volume, turnover, high, low } = own.get(instrument) ?? {
      count: 0,
      volume: 0n,
      turnover: 0n,
      high: price,
      low: price,
    };
    const bounds = { high: price > high ? price : high, low: price < low ? price : low };
    own.set(instrument, { count: count + 1, volume: volume + size, turnover: turnover + price * size, ...bounds });
  }
  const wanted = [...own]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { count, volume, turnover, high, low }]) => [
      ...[name, `${count}`, `${volume}`, Number(high) / PRICE, Number(low) / PRICE],
      Number((Number(turnover) / PRICE / Number(volume)).toFixed(6)),
    ]);
  const has = reader.getRows().map((row) => row.map((value, i) => (i < 3 ? value : Number(value))));
  expect(has).toEqual(wanted);
  connection.closeSync();
  console.log(`Spark, batch over the lake: ${wanted.length} instruments as the feed has them, in ${took}`);
});

test('a stream from Kafka to Redis has the newest row of each instrument, with its time to live, however it is killed', async () => {
  const at = `127.0.0.1:${kafka.port}`;
  await harmed(document(`{ type: kafka, servers: ['${at}'], prefix: spark, encoding: json }`), 2, kafka, ['producer']);
  const job = ['--servers', at, '--topic', 'spark.event.v1', '--redis', `redis://127.0.0.1:${store.port}`];
  // Several batches, so that it is killed between or in them.
  const rest = [
    '--records',
    '3000',
    '--prefix',
    'spark',
    '--ttl',
    `${TTL}`,
    '--checkpoint',
    join(folder, 'checkpoint'),
  ];
  const client = await createClient({ socket: { host: '127.0.0.1', port: store.port } }).connect();
  try {
    const killed = submit('latest.py', [...job, ...rest]);
    await expect.poll(() => client.dbSize(), { timeout: 300_000 }).toBeGreaterThan(0);
    // The job and its workers, in the middle of what they do.
    process.kill(-(killed.child.pid as number), 'SIGKILL');
    await killed.done;
    const started = performance.now();
    await submit('latest.py', [...job, ...rest, '--once']).done;
    const took = seconds(started);
    const newest = new Map(
      (await feedRows()).map((row) => [`spark:latest:event:${row.kind}:${row.instrument ?? ''}`, row]),
    );
    expect(await client.dbSize()).toBe(newest.size);
    const FIELDS = ['number', 'part', 'kind', 'action', 'side', 'price', 'size', 'orderId', 'receiveTime'];
    for (const [key, row] of newest) {
      const hash = await client.hGetAll(key);
      expect(
        FIELDS.map((name) => hash[name] ?? ''),
        key,
      ).toEqual(FIELDS.map((name) => `${row[name] ?? ''}`));
      expect(await client.ttl(key)).toBeGreaterThan(0);
    }
    console.log(
      `Spark, Kafka to Redis: ${newest.size} newest rows as the feed has them, one kill; the rest in ${took}`,
    );
  } finally {
    client.destroy();
  }
});
