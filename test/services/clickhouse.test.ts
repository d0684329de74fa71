// ClickHouse's engine: writer and server are killed, and the table holds what the feed gave.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sinkOf } from '../../src/sinks/index.js';
import { document, feedBatches, feedRows, HARMS, harmed } from './harm.js';
import { clickhouseServer, oldClickhouseServer, type Server } from './servers.js';

const COLUMNS = ['instrument', 'kind', 'action', 'side', 'price', 'size', 'orderId', 'eventTime'];
const plain = (r: Record<string, unknown>): string =>
  `${r.number}.${r.part} ${COLUMNS.map((c) => r[c] ?? '').join(' ')}`;
const context = { venue: 'day', pipeline: 'day/ticks' };

describe('ClickHouse', () => {
  let server: Server;
  beforeAll(async () => {
    server = await clickhouseServer();
  }, 60_000);
  afterAll(() => server.end());
  const options = (database: string) => ({ type: 'clickhouse', server: `127.0.0.1:${server.port}`, database }) as const;
  const query = async (sql: string): Promise<Record<string, unknown>[]> => {
    const settings = 'output_format_json_quote_64bit_integers=1';
    const url = `http://127.0.0.1:${server.port}/?${settings}&query=${encodeURIComponent(`${sql} FORMAT JSONEachRow`)}`;
    const answer = await fetch(url, { method: 'POST' });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text
      .trimEnd()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  };

  test.each([1, 2])('has every event once, whoever is killed (seed %i)', async (seed) => {
    const text = document(`{ type: clickhouse, server: '127.0.0.1:${server.port}', database: s${seed} }`);
    const { pipelines } = await harmed(text, seed, server, HARMS);
    const wanted = await feedRows();
    const rows = await query(`SELECT number, part, ${COLUMNS.join(', ')} FROM s${seed}.event ORDER BY number, part`);
    expect(rows.map(plain)).toEqual(wanted.map(plain));
    const latest = new Map(wanted.map((r) => [`${r.kind} ${r.instrument ?? ''}`, plain(r)]));
    const last = await query(`SELECT number, part, ${COLUMNS.join(', ')} FROM s${seed}.event_last`);
    expect(new Map(last.map((r) => [`${r.kind} ${r.instrument}`, plain(r)]))).toEqual(latest);
    const times = await query(
      `SELECT toUnixTimestamp64Nano(receiveTime) AS t FROM s${seed}.event ORDER BY number, part LIMIT 3`,
    );
    expect(times.map(({ t }) => t)).toEqual(wanted.slice(0, 3).map((r) => `${r.receiveTime}`));
    expect(pipelines.ticks).toMatchObject({ forgot: 0, ledger: { pending: 0, dropped: 0, refused: 0 } });
    console.log(
      `ClickHouse, seed ${seed}: ${rows.length} events, each once, ${last.length} latest; ${HARMS.length} harms; last process ${JSON.stringify(pipelines.ticks?.ledger)}`,
    );
  });

  test('an insert that arrives twice is stored once, and in the view too', async () => {
    const sink = await sinkOf(options('twice'));
    await sink.open(context);
    const batches = await feedBatches();
    for (const batch of [...batches, ...batches.slice(-2)]) await sink.write(batch);
    await sink.close();
    const [{ rows, pairs } = {}] = await query(
      'SELECT count() AS rows, uniqExact((number, part)) AS pairs FROM twice.event',
    );
    const wanted = (await feedRows()).length;
    expect([Number(rows), Number(pairs)]).toEqual([wanted, wanted]);
  });

  test('rows of two pipelines share a table, each with a position of its own; fields say what they are', async () => {
    const [batch] = await feedBatches();
    if (batch === undefined) throw new Error('no rows');
    for (const pipeline of ['a/ticks', 'b/ticks']) {
      const sink = await sinkOf(options('shared'));
      expect((await sink.open({ ...context, pipeline })).positions).toEqual([]);
      await sink.write(batch);
      await sink.close();
    }
    const again = await sinkOf(options('shared'));
    const { positions } = await again.open({ ...context, pipeline: 'b/ticks' });
    expect(positions).toEqual(batch.positions());
    await again.close();
    const [column] = await query(
      "SELECT comment FROM system.columns WHERE database = 'shared' AND table = 'event' AND name = 'price'",
    );
    expect(JSON.parse(String(column?.comment))).toEqual({
      dtype: 'i64',
      unit: 'raw',
      state: 'optional',
      exponent: 'priceExponent',
    });
  });

  test('with a time to live, the table deletes what is older', async () => {
    const sink = await sinkOf({ ...options('short'), ttl: '3d' } as never);
    await sink.open(context);
    await sink.write((await feedBatches())[0] as never);
    await sink.close();
    const [{ create_table_query: made } = {}] = await query(
      "SELECT create_table_query FROM system.tables WHERE database = 'short' AND name = 'event'",
    );
    expect(made).toContain('TTL toDateTime(receiveTime) + toIntervalSecond(259200)');
  });
});

test('a server that is too old is refused when the sink is opened, with its version (Debian’s)', async () => {
  const server = await oldClickhouseServer();
  try {
    const sink = await sinkOf({ type: 'clickhouse', server: `127.0.0.1:${server.port}`, database: 'default' });
    await expect(sink.open(context)).rejects.toMatchObject({
      code: 'VW_SINK_OPEN',
      message: expect.stringContaining('it is version 18'),
    });
  } finally {
    await server.end();
  }
});
