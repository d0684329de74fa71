// The network between a sink and its server is cut at seeded moments, often with an answer on its way: nothing lost, nothing twice.
import { type AddressInfo, connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import postgres from 'postgres';
import { createClient } from 'redis';
import { expect, test } from 'vitest';
import { Random } from '../../src/simulator/index.js';
import { runPipelines, sinkBalances } from '../../src/sinks/index.js';
import { loadVenue } from '../../src/venues/load.js';
import { document, feedRows } from './harm.js';
import { clickhouseServer, influxServer, postgresServer, redisServer, type Server } from './servers.js';

const CUTS = 8;

/** A wire that can be cut: what is on it is lost, and nobody gets through until it is mended. */
class Wire {
  readonly #pairs = new Set<Socket>();
  #isCut = false;
  cuts = 0;
  private constructor(
    readonly server: NetServer,
    readonly to: number,
  ) {
    server.on('connection', (near) => {
      if (this.#isCut) {
        near.destroy();
        return;
      }
      const far = connect(to, '127.0.0.1');
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#pairs.add(one);
        one.on('error', () => {});
        one.once('close', () => {
          this.#pairs.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
  }
  static async open(to: number): Promise<Wire> {
    const server = createServer();
    const wire = new Wire(server, to);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return wire;
  }
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  cut(ms: number): void {
    this.cuts++;
    this.#isCut = true;
    for (const socket of this.#pairs) socket.resetAndDestroy();
    setTimeout(() => {
      this.#isCut = false;
    }, ms);
  }
  close(): void {
    for (const socket of this.#pairs) socket.destroy();
    this.server.close();
  }
}

const web = async (port: number, path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST' })).text();
/** Of each row its number and part, in order, as the store itself says. */
const CASES: readonly {
  readonly name: string;
  readonly start: () => Promise<Server>;
  readonly sink: (port: number) => string;
  readonly stored: (port: number) => Promise<string[]>;
}[] = [
  {
    name: 'PostgreSQL',
    start: postgresServer,
    sink: (port) =>
      `{ type: postgresql, server: '127.0.0.1:${port}', database: postgres, username: 'env:VW_TEST_PG_USER', schema: cut }`,
    stored: async (port) => {
      const sql = postgres({ host: '127.0.0.1', port, database: 'postgres', username: 'postgres', max: 1 });
      const rows = await sql.unsafe('SELECT number::text AS n, part::text AS p FROM cut.event');
      await sql.end();
      return rows.map(({ n, p }) => `${n}.${p}`);
    },
  },
  {
    name: 'Redis',
    start: redisServer,
    sink: (port) => `{ type: redis, server: '127.0.0.1:${port}', prefix: cut, stream: 10000000 }`,
    stored: async (port) => {
      const client = await createClient({ socket: { host: '127.0.0.1', port } }).connect();
      const rows = (await client.xRange('cut:stream:event', '-', '+')) ?? [];
      client.destroy();
      return rows.map(({ message }) => `${message.number}.${message.part}`);
    },
  },
  {
    name: 'ClickHouse',
    start: clickhouseServer,
    sink: (port) => `{ type: clickhouse, server: '127.0.0.1:${port}', database: cut }`,
    stored: async (port) => {
      const sql = "SELECT concat(toString(number), '.', toString(part)) FROM cut.event";
      return (await web(port, `/?query=${encodeURIComponent(sql)}`)).trimEnd().split('\n');
    },
  },
  {
    name: 'InfluxDB',
    start: influxServer,
    sink: (port) => `{ type: influxdb, server: '127.0.0.1:${port}', database: cut }`,
    stored: async (port) => {
      const query = new URLSearchParams({ db: 'cut', q: 'SELECT number, part FROM event', epoch: 'ns' });
      const { results } = JSON.parse(await web(port, `/query?${query}`)) as {
        results: { series: { values: number[][] }[] }[];
      };
      return (results[0]?.series[0]?.values ?? []).map(([, number, part]) => `${number}.${part}`);
    },
  },
];

test.each(CASES)(
  '$name has every event once over a network that is cut (seed 1)',
  async ({ name, start, sink, stored }) => {
    process.env.VW_TEST_PG_USER = 'postgres';
    const server = await start();
    const wire = await Wire.open(server.port);
    const random = new Random(1);
    try {
      const venue = await loadVenue(document(sink(wire.port)));
      const run = await runPipelines(venue, { closeMs: 120_000 });
      const total = (await feedRows()).length;
      let next = random.between(1, Math.round(total / CUTS));
      const timer = setInterval(() => {
        const ledger = run.statistics().ticks?.ledger;
        expect(ledger === undefined || sinkBalances(ledger)).toBe(true);
        if (ledger === undefined || ledger.stored < next || wire.cuts >= CUTS) return;
        next = ledger.stored + random.between(1, Math.round(total / CUTS));
        wire.cut(random.between(1, 100));
      }, 1);
      const { pipelines } = await run.done;
      clearInterval(timer);
      expect(wire.cuts).toBeGreaterThan(2);
      const wanted = (await feedRows()).map(({ number, part }) => `${number}.${part}`).sort();
      expect((await stored(server.port)).sort()).toEqual(wanted);
      expect(pipelines.ticks).toMatchObject({ forgot: 0, ledger: { pending: 0, dropped: 0, refused: 0 } });
      console.log(
        `${name}, network cut ${wire.cuts} times: ${wanted.length} events, each once; ${JSON.stringify(pipelines.ticks?.ledger)}, ${pipelines.ticks?.failures} writes failed`,
      );
    } finally {
      wire.close();
      await server.end();
    }
  },
);
