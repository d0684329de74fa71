// Sinks against real servers, with everything killed: nothing lost, nothing twice.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ZeroMqSink } from '../../src/sinks/zeromq.js';
import { document, feedBatches, feedRows, HARMS, harmed, root, spilling } from './harm.js';
import { postgresServer, redisServer, type Server } from './servers.js';

/** With one of the seeds most rows wait on disk while everything is killed. */
const SPILLS = 3;

describe('PostgreSQL', () => {
  let server: Server;
  beforeAll(async () => {
    server = await postgresServer();
  }, 120_000);
  afterAll(() => server.end());
  const sink = () =>
    `{ type: postgresql, server: 'localhost:${server.port}', database: postgres, username: 'env:VW_TEST_PG_USER', schema: SCHEMA, notify: ticks }`;

  test.each([1, 2, 3])('has every event once, whoever is killed (seed %i)', async (seed) => {
    process.env.VW_TEST_PG_USER = 'postgres';
    const schema = `s${seed}`;
    const { pipelines } = await harmed(
      document(
        sink().replace('SCHEMA', schema).replace('localhost', '127.0.0.1'),
        seed === SPILLS ? spilling('postgresql') : undefined,
      ),
      seed,
      server,
      HARMS,
    );
    const sql = postgres({ host: '127.0.0.1', port: server.port, database: 'postgres', username: 'postgres', max: 1 });
    try {
      const stored =
        await sql.unsafe(`SELECT number::text, part::text, kind, action, side, instrument, price::text, size::text, "orderId"::text AS id
        FROM ${schema}.event ORDER BY event.number, event.part`);
      const wanted = (await feedRows()).map((r) => [
        r.number,
        r.part,
        r.kind,
        r.action,
        r.side,
        r.instrument ?? null,
        r.price ?? null,
        r.size ?? null,
        r.orderId ?? null,
      ]);
      const have = stored.map((r) => [r.number, r.part, r.kind, r.action, r.side, r.instrument, r.price, r.size, r.id]);
      const plain = (rows: unknown[][]) => rows.map((r) => r.map((v) => (v === null ? '' : String(v))).join(' '));
      expect(have.length).toBe(wanted.length);
      expect(plain(have)).toEqual(plain(wanted));
      expect(pipelines.ticks).toMatchObject({
        delivery: 'exactlyOnce',
        forgot: 0,
        ledger: { pending: 0, dropped: 0, refused: 0 },
      });
      console.log(
        `PostgreSQL, seed ${seed}: ${have.length} events, each once; ${HARMS.length} harms; last process ${JSON.stringify(pipelines.ticks?.ledger)}`,
      );
    } finally {
      await sql.end();
    }
  });
});

describe('Redis', () => {
  let server: Server;
  beforeAll(async () => {
    server = await redisServer();
  }, 60_000);
  afterAll(() => server.end());

  test.each([1, 2, 3])(
    'has the latest row of each instrument and every event once in its stream, whoever is killed (seed %i)',
    async (seed) => {
      const text = document(
        `{ type: redis, server: '127.0.0.1:${server.port}', prefix: s${seed}, stream: 10000000, ttl: 1h }`,
        seed === SPILLS ? spilling('redis') : undefined,
      );
      const { pipelines } = await harmed(text, seed, server, HARMS);
      const client = createClient({ socket: { host: '127.0.0.1', port: server.port } });
      await client.connect();
      try {
        const wanted = await feedRows();
        const stream = (await client.xRange(`s${seed}:stream:event`, '-', '+')) ?? [];
        const plain = (r: Record<string, unknown>) =>
          `${r.number} ${r.part} ${r.kind} ${r.action} ${r.price ?? ''} ${r.size ?? ''} ${r.orderId ?? ''}`;
        expect(stream.length).toBe(wanted.length);
        expect(stream.map(({ message }) => plain(message))).toEqual(wanted.map(plain));
        const latest = new Map(wanted.map((r) => [`s${seed}:latest:event:${r.kind}:${r.instrument ?? ''}`, plain(r)]));
        for (const [key, row] of latest) expect(plain(await client.hGetAll(key)), key).toBe(row);
        expect(await client.pTTL([...latest.keys()][0] as string)).toBeGreaterThan(0);
        expect(pipelines.ticks).toMatchObject({ forgot: 0, ledger: { pending: 0, dropped: 0, refused: 0 } });
        console.log(
          `Redis, seed ${seed}: ${stream.length} events, each once, ${latest.size} latest; ${HARMS.length} harms; last process ${JSON.stringify(pipelines.ticks?.ledger)}`,
        );
      } finally {
        client.destroy();
      }
    },
  );
});

describe('ZeroMQ', () => {
  test.each(['rows', 'columns'])('is read by Python, integers beyond 2^53 included (%s)', async (encoding) => {
    const wanted = await feedRows();
    const { sinkOf } = await import('../../src/sinks/registry.js');
    const sink = (await sinkOf({
      ...{ type: 'zeromq', bind: 'tcp://127.0.0.1:*', topicBy: 'category', encoding: encoding as 'rows' | 'columns' },
      ...{ frameRows: 512, slow: 'wait', highWaterMark: 100_000, replayBytes: 65_536 },
    })) as ZeroMqSink;
    await sink.open({ venue: 'day', pipeline: 'day/ticks' });
    const python = promisify(execFile)(
      join(root, 'build/services/python/bin/python'),
      [join(root, 'test/services/subscriber.py'), sink.endpoints.publish, `${wanted.length}`],
      { maxBuffer: 1 << 30 },
    );
    while (sink.metrics().subscribed === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const batch of await feedBatches()) await sink.write(batch);
    const { stdout } = await python;
    await sink.close();
    // By topic the order is that of the feed; JSON.parse would round, so integers are compared as text.
    const read = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line.replace(/: (-?\d+)/g, ': "$1"')) as [string, Record<string, unknown>]);
    const NONE = '9223372036854775807';
    const plain = (r: Record<string, unknown>) =>
      [
        r.number,
        r.part,
        r.kind,
        r.action,
        r.instrument ?? '',
        r.eventTime,
        r.receiveTime,
        r.price ?? NONE,
        r.size ?? NONE,
        r.orderId ?? '0',
      ].join(' ');
    expect(read.length).toBe(wanted.length);
    expect(read.map(([, r]) => plain(r)).sort()).toEqual(wanted.map(plain).sort());
    expect(read.some(([, r]) => Number(r.receiveTime) > Number.MAX_SAFE_INTEGER)).toBe(true);
    expect(read.every(([topic, r]) => topic === r.kind)).toBe(true);
  });
});
