// InfluxDB 1 of Debian, killed and paused; what versions 2 and 3, Kapacitor and QuestDB are sent is in test/unit/line-protocol.test.ts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { document, feedRows, HARMS, harmed } from './harm.js';
import { influxServer, type Server } from './servers.js';

describe('InfluxDB', () => {
  let server: Server;
  beforeAll(async () => {
    server = await influxServer();
  }, 60_000);
  afterAll(() => server.end());
  const query = async (database: string, sql: string): Promise<string> => {
    const answer = await fetch(
      `http://127.0.0.1:${server.port}/query?${new URLSearchParams({ db: database, q: sql, epoch: 'ns' })}`,
    );
    return answer.text();
  };

  test.each([1, 2])('has every event as one point, whoever is killed (seed %i)', async (seed) => {
    const text = document(`{ type: influxdb, server: '127.0.0.1:${server.port}', database: s${seed} }`);
    const { pipelines } = await harmed(text, seed, server, HARMS);
    const columns = ['number', 'part', 'receiveTimeNs', 'action', 'price', 'size', 'orderId'];
    const answer = await query(`s${seed}`, `SELECT ${columns.join(', ')}, instrument, kind FROM event`);
    // JSON.parse would round: integers are compared as text.
    const [result] = JSON.parse(answer.replace(/([[,])(-?\d+)(?=[,\]])/g, '$1"$2"')).results;
    const [series] = result.series as { columns: string[]; values: (string | null)[][] }[];
    const rows = (series?.values ?? []).map((values) =>
      Object.fromEntries((series?.columns ?? []).map((c, i) => [c, values[i]])),
    );
    const plain = (r: Record<string, unknown>, received: unknown): string =>
      `${r.number}.${r.part} ${received} ${['action', 'price', 'size', 'orderId', 'instrument', 'kind'].map((c) => r[c] ?? '').join(' ')}`;
    const inOrder = (list: string[]): string[] => list.sort();
    expect(inOrder(rows.map((r) => plain(r, r.receiveTimeNs)))).toEqual(
      inOrder((await feedRows()).map((r) => plain(r, r.receiveTime))),
    );
    expect(pipelines.ticks).toMatchObject({ forgot: 0, ledger: { pending: 0, dropped: 0, refused: 0 } });
    console.log(
      `InfluxDB, seed ${seed}: ${rows.length} points, each event once; ${HARMS.length} harms; last process ${JSON.stringify(pipelines.ticks?.ledger)}`,
    );
  });
});
