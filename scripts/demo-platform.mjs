/**
 * The platform at work, on this machine: a simulated venue with faults, its feed, and a pipeline into each broker and store that is
 * installed; what is stored is then counted by asking the stores. `npm run demo:platform`, after `npm run build`.
 *   --seconds N    how long the venue speaks (default 10)
 *   --only a,b     only these sinks
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { pipelineSchema } from '../dist/patterns/pipeline.js';
import { LoopbackVenue } from '../dist/simulator/index.js';
import { runPipelines, sinkBalances, subscribe } from '../dist/sinks/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' }, only: { type: 'string' } } });
const seconds = Number(values.seconds);
const only = values.only?.split(',');
const RATE = 5_000;
const ZEROMQ = 'ipc://';

/** The servers of the tests: real ones, on ports and in folders of their own. */
async function loadServers() {
  const outfile = join(root, 'build/demo/servers.mjs');
  await build({
    ...{ entryPoints: [join(root, 'test/services/servers.ts')], outfile },
    ...{ bundle: true, platform: 'node', format: 'esm', logLevel: 'error' },
  });
  return import(outfile);
}

const folder = mkdtempSync(join(tmpdir(), 'venuewire-platform-'));
const inPath = (name) =>
  (process.env.PATH ?? '')
    .split(':')
    .concat('/usr/sbin')
    .some((at) => existsSync(join(at, name)));
const made = (name) => existsSync(join(root, 'build/services', name));
const ONE_ROW_EACH = { type: 'bookTop' };
const EVENTS = { type: 'events' };

/** Of each sink: how its server is started, whether that is installed, what it is given, and how many rows it says it has. */
const SINKS = {
  duckdb: {
    sink: () => ({ type: 'duckdb', file: join(folder, 'day.duckdb') }),
    count: async () => Number((await duckdb(join(folder, 'day.duckdb'), 'SELECT count(*) FROM event'))[0][0]),
  },
  parquet: {
    queue: { writeRows: 100_000, lingerMs: 1_000 },
    sink: () => ({ type: 'parquet', folder: join(folder, 'lake') }),
    count: async () =>
      Number((await duckdb(':memory:', `SELECT count(*) FROM '${join(folder, 'lake')}/event/*/*/*.parquet'`))[0][0]),
  },
  zeromq: {
    sink: () => ({ type: 'zeromq', bind: `${ZEROMQ}${join(folder, 'zmq')}`, slow: 'wait', encoding: 'columns' }),
  },
  redis: {
    start: 'redisServer',
    installed: () => inPath('redis-server'),
    shape: ONE_ROW_EACH,
    sink: (at) => ({ type: 'redis', server: at, ttl: '60min', stream: 10_000_000 }),
    count: async (at) => {
      const { createClient } = await import('redis');
      const client = await createClient({ url: `redis://${at}` }).connect();
      const rows = await client.xLen('venuewire:stream:book_top');
      client.destroy();
      return rows;
    },
  },
  postgresql: {
    start: 'postgresServer',
    installed: () => existsSync('/usr/lib/postgresql'),
    sink: (at) => ({ type: 'postgresql', server: at, database: 'postgres', username: 'env:VW_DEMO_PG_USER' }),
    count: async (at) => {
      const [host, port] = at.split(':');
      const { default: postgres } = await import('postgres');
      const sql = postgres({ host, port: Number(port), database: 'postgres', username: 'postgres', max: 1 });
      const [{ n }] = await sql`SELECT count(*)::int AS n FROM event`;
      await sql.end();
      return n;
    },
  },
  influxdb: {
    start: 'influxServer',
    installed: () => inPath('influxd'),
    shape: ONE_ROW_EACH,
    sink: (at) => ({ type: 'influxdb', server: at, database: 'ticks' }),
    count: async (at) => {
      const query = new URLSearchParams({ db: 'ticks', q: 'SELECT count(part) FROM book_top' });
      const { results } = await (await fetch(`http://${at}/query?${query}`)).json();
      return results[0].series?.[0].values[0][1] ?? 0;
    },
  },
  clickhouse: {
    start: 'clickhouseServer',
    installed: () => made('clickhouse/made'),
    sink: (at) => ({ type: 'clickhouse', server: at, ttl: '3650d' }),
    count: async (at) => Number(await (await fetch(`http://${at}/?query=SELECT+count()+FROM+event`)).text()),
  },
  kafka: {
    start: 'kafkaServer',
    installed: () => made('kafka/made') && inPath('java'),
    sink: (at) => ({ type: 'kafka', servers: [at], encoding: 'columns' }),
    count: async (at) => {
      const { consumeKafka } = await import('../dist/sinks/index.js');
      let rows = 0;
      const consumer = await consumeKafka({ servers: [at], schema: 'event', untilEnd: true });
      for await (const got of consumer) rows += got.rows.rows;
      await consumer.close();
      return rows;
    },
  },
  nats: {
    start: 'natsServer',
    installed: () => inPath('nats-server'),
    sink: (at) => ({ type: 'nats', servers: [at] }),
  },
  rabbitmq: {
    start: 'rabbitmqServer',
    installed: () => existsSync('/usr/lib/rabbitmq'),
    shape: ONE_ROW_EACH,
    sink: (at) => ({ type: 'rabbitmq', server: at, queue: 'everything' }),
  },
};

async function duckdb(file, sql) {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(sql)).getRows();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

const say = (text) => process.stdout.write(`${text}\n`);
const grouped = (n) => Number(n).toLocaleString('en');

function table(statistics, counted = {}) {
  for (const [name, { delivery, ledger, delayMs, failing }] of Object.entries(statistics)) {
    const asked = counted[name] === undefined ? '' : `  the store says ${grouped(counted[name])}`;
    say(
      `  ${name.padEnd(11)}${String(delivery).padEnd(13)}accepted ${grouped(ledger.accepted).padStart(9)}  stored ${grouped(ledger.stored).padStart(9)}` +
        `  pending ${grouped(ledger.pending).padStart(7)}  ${delayMs.toFixed(0).padStart(5)} ms${asked}${failing === '' ? '' : `  ${failing}`}`,
    );
  }
}

const running = {};
process.env.VW_DEMO_PG_USER = 'postgres';
const venue = new LoopbackVenue({
  ...{ seed: 1, symbols: 50, rate: RATE, messages: RATE * seconds },
  faults: [{ loss: 0.02 }, { loss: 0.02 }],
});
let status = 1;
try {
  const chosen = Object.entries(SINKS).filter(([name]) => only === undefined || only.includes(name));
  const servers = await loadServers();
  const there = chosen.filter(([name, { installed }]) => {
    const is = installed?.() ?? true;
    if (!is) say(`${name}: not installed, left out (node test/services/prepare.mjs --install puts it there)`);
    return is;
  });
  say(
    `starting ${
      there
        .filter(([, { start }]) => start)
        .map(([name]) => name)
        .join(', ') || 'no server'
    } …`,
  );
  await Promise.all(
    there.map(async ([name, { start }]) => {
      if (start !== undefined) running[name] = await servers[start]();
    }),
  );
  const at = (name) => (running[name] === undefined ? '' : `127.0.0.1:${running[name].port}`);
  const pipelines = Object.fromEntries(
    there.map(([name, { shape = EVENTS, sink, queue = { writeRows: 10_000, lingerMs: 50 } }]) => [
      name,
      pipelineSchema.parse({ shape, sink: sink(at(name)), queue }),
    ]),
  );
  await venue.start();
  const run = await runPipelines({ ...venue.venue({ recovery: ['rerequest', 'replay'] }), name: 'demo', pipelines });
  let heard = 0;
  const subscriber =
    pipelines.zeromq === undefined ? undefined : await subscribe({ connect: `${ZEROMQ}${join(folder, 'zmq')}` });
  const listening = (async () => {
    if (subscriber !== undefined) for await (const { rows } of subscriber) heard += rows.rows;
  })();
  await delay(300);
  say(
    `a venue that loses 2 % of its packets on each line, ${grouped(RATE)} messages/s for ${seconds} s → feed → ${Object.keys(pipelines).join(', ')}`,
  );
  venue.begin();
  const look = setInterval(() => {
    const { ledger } = run.feed.statistics();
    say(
      `delivered ${grouped(ledger.delivered)}, recovered ${grouped(ledger.recovered)}, abandoned ${grouped(ledger.abandoned)}`,
    );
    table(run.statistics());
  }, 2_000);
  await venue.finished;
  const published = () => venue.stats().published;
  for (let i = 0; i < 500; i++) {
    const { ledger } = run.feed.statistics();
    if (ledger.inFlight === 0 && ledger.delivered + ledger.recovered + ledger.abandoned >= published()) break;
    await delay(10);
  }
  clearInterval(look);
  // Before the publisher closes.
  const { zeromq } = run.statistics();
  if (zeromq !== undefined)
    for (let i = 0; i < 500 && heard < run.statistics().zeromq.ledger.accepted; i++) await delay(10);
  const { feed, pipelines: ended } = await run.close();
  subscriber?.close();
  await listening;
  const counted = subscriber === undefined ? {} : { zeromq: heard };
  for (const [name, { count }] of there) if (count !== undefined) counted[name] = await count(at(name));
  const { ledger } = feed;
  say(
    `\nthe venue said ${grouped(published())} messages: delivered ${grouped(ledger.delivered)}, recovered ${grouped(ledger.recovered)}, abandoned ${grouped(ledger.abandoned)}`,
  );
  table(ended, counted);
  const whole = Object.entries(ended).every(
    ([name, { ledger: of }]) =>
      sinkBalances(of) && of.stored === of.accepted && of.accepted > 0 && (counted[name] ?? of.stored) === of.stored,
  );
  status = whole && ledger.abandoned === 0 ? 0 : 1;
  say(
    whole
      ? 'Every row that a pipeline accepted is stored, and the stores say the same.'
      : 'NOT EVERY ROW IS STORED: see above.',
  );
} finally {
  await venue.stop();
  await Promise.all(Object.values(running).map((server) => server.end()));
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status);
