// Each of the services that were asked for, at work: venues are simulated on loopback inside TLS, what stores is a real server.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PORTS, type PortEntry } from '../../src/services/ports.js';
import { REPLAY_ABOVE, runService, type ServiceRun } from '../../src/services/run.js';
import { type PublisherEntry, SERVICES, type SubscriberEntry } from '../../src/services/services.js';
import { isFree, serviceNeeds } from '../../src/services/validate.js';
import { POSITION_FIELDS, RowBatch, type RowSchema } from '../../src/sinks/rows.js';
import { type Subscriber, subscribe } from '../../src/sinks/zeromq-subscriber.js';
import { influxServer, kafkaServer, postgresServer, redisServer, type Server } from './servers.js';
import { simulatedVenues } from './simulated-venues.js';

const HOST = '127.0.0.1';
let folder = '';
let venues: Awaited<ReturnType<typeof simulatedVenues>>;
const ports: PortEntry[] = [];
const servers: Record<string, Server> = {};
let fake: HttpServer;
const posted: string[] = [];

/** Below the ports that the system gives to whoever connects: those may be taken at any moment. */
const PORTS_FROM = 12_000;
const PORTS_MANY = 15_000;

async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS_FROM + Math.floor(Math.random() * PORTS_MANY);
    const isTaken = ports.some((other) => Math.abs(other.port - port) % REPLAY_ABOVE === 0);
    if (!isTaken && (await isFree(port, HOST)) && (await isFree(port + REPLAY_ABOVE, HOST))) return port;
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'venuewire-every-service-'));
  venues = await simulatedVenues();
  for (const port of PORTS) ports.push({ ...port, port: await freePort() });
  fake = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    posted.push(`${request.url} ${text}`);
    // As TypeDB answers, where that is asked.
    if (request.url?.startsWith('/v1/')) response.end('{"token":"t","databases":[],"transactionId":"1"}');
    else response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => fake.listen(0, HOST, resolve));
  const made = await Promise.all([redisServer(), postgresServer(), influxServer(), kafkaServer()]);
  ['redis', 'postgresql', 'influxdb', 'kafka'].forEach((name, i) => {
    servers[name] = made[i] as Server;
  });
  process.env.VW_TEST_PG_USER = 'postgres';
}, 120_000);
afterAll(async () => {
  for (const venue of Object.values(venues)) venue.stop();
  fake.close();
  await Promise.all(Object.values(servers).map((server) => server.end()));
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const ready = SERVICES.filter((service) => serviceNeeds(service, PORTS, SERVICES).length === 0);
const publishers = SERVICES.filter((s): s is PublisherEntry => s.role === 'publisher' && s.name !== 'example');
const subscribers = SERVICES.filter((s): s is SubscriberEntry => s.role === 'subscriber');
const portOf = (name: string): PortEntry => ports.find((port) => port.name === name) as PortEntry;
const address = ({ port }: PortEntry): string => `tcp://${HOST}:${port}`;

const publish = ({ name, venue }: PublisherEntry): Promise<ServiceRun> => {
  const id = name === 'oanda_orders' ? 'oanda-transactions' : (venue as keyof typeof venues);
  return runService(name, { ports, venue: venues[id].venue });
};

/** Reads until each of the topics' beginnings has come; what else comes is a fault. */
async function heard(subscriber: Subscriber, beginnings: readonly string[]): Promise<void> {
  const left = new Set(beginnings);
  const limit = setTimeout(() => subscriber.close(), 20_000);
  for await (const { topic, rows } of subscriber) {
    const begins = beginnings.find((beginning) => topic.startsWith(beginning));
    expect(begins, topic).toBeDefined();
    expect(rows.rows).toBeGreaterThan(0);
    left.delete(begins as string);
    if (left.size === 0) break;
  }
  clearTimeout(limit);
  subscriber.close();
  expect([...left]).toEqual([]);
}

const TOPICS: Readonly<Record<string, readonly string[]>> = {
  kraken_tick: ['bookTop.EUR/USD', 'bookTop.BTC/USD', 'trade.EUR/USD', 'trade.BTC/USD'],
  kraken_depth: ['level.EUR/USD', 'level.BTC/USD'],
  kraken_orders: ['trade.EUR/USD', 'trade.BTC/USD'],
  kraken_eurusd: ['bookTop.EUR/USD', 'trade.EUR/USD'],
  kraken_eurusd_tick: ['bookTop.EUR/USD'],
  kraken_eurusd_depth: ['level.EUR/USD'],
  // An image takes away what was there: an event of kind order.
  oanda: ['level.EUR_USD', 'level.GBP_USD', 'quote.EUR_USD', 'quote.GBP_USD', 'order.'],
  oanda_tick: ['bookTop.EUR_USD', 'bookTop.GBP_USD'],
  oanda_orders: ['transaction'],
  oandav20_tick: ['bookTop'],
  oandav20_tick_topic: ['bookTop.EUR_USD', 'bookTop.GBP_USD'],
  betfair_stream: ['level.1.5/7', 'order.'],
};

describe('of the 12 publishers', () => {
  test.each(publishers)('$name publishes on its port what it is named after', async (service) => {
    const run = await publish(service);
    try {
      const subscriber = await subscribe({ connect: address(portOf(service.port)) });
      await heard(subscriber, TOPICS[service.name] as string[]);
    } finally {
      expect(await run.close()).toMatchObject({
        sink: { failing: '', ledger: { refused: 0, dropped: 0, pending: 0 } },
      });
    }
  });
});

const SINKS: Readonly<Record<string, () => object>> = {
  influxdb: () => ({ server: `${HOST}:${servers.influxdb?.port}`, database: 'ticks' }),
  postgresql: () => ({
    server: `${HOST}:${servers.postgresql?.port}`,
    database: 'postgres',
    username: 'env:VW_TEST_PG_USER',
  }),
  redis: () => ({ server: `${HOST}:${servers.redis?.port}` }),
  kafka: () => ({ servers: [`${HOST}:${servers.kafka?.port}`] }),
  duckdb: () => ({ file: join(folder, 'ticks.duckdb') }),
  kapacitor: () => ({ server: `${HOST}:${(fake.address() as AddressInfo).port}`, database: 'ticks' }),
  typedb: () => ({
    server: `${HOST}:${(fake.address() as AddressInfo).port}`,
    username: 'env:VW_TEST_PG_USER',
    password: 'env:VW_TEST_PG_USER',
  }),
  zeromq: () => ({}),
};

describe('of the 27 subscribers', () => {
  test.each(subscribers.filter((service) => ready.includes(service)))(
    '$name delivers what its ports publish',
    async (service) => {
      const run = await runService(service.name, { ports, sink: SINKS[service.sink]?.() as object });
      // Of those that share a port the first is enough: the topics are the same.
      const sources = service.from.map(({ port }) => publishers.find((other) => other.port === port) as PublisherEntry);
      const made = await Promise.all(sources.map(publish));
      try {
        if (service.port !== undefined) {
          const subscriber = await subscribe({ connect: address(portOf(service.port)) });
          const wanted =
            service.statistics !== undefined
              ? ['statistic.EUR/USD', 'statistic.BTC/USD']
              : service.from.flatMap(
                  ({ topics }, i) => topics ?? (TOPICS[(sources[i] as PublisherEntry).name] as string[]),
                );
          // By instrument, also what came by category.
          await heard(
            subscriber,
            [...new Set(wanted)].filter((topic) => topic !== 'bookTop'),
          );
        }
        await expect.poll(() => run.state().sink.ledger.stored, { timeout: 20_000 }).toBeGreaterThan(20);
      } finally {
        await Promise.all(made.map((one) => one.close()));
      }
      const { sink, lost } = await run.close();
      expect(sink).toMatchObject({ failing: '', forgot: 0, ledger: { refused: 0, dropped: 0, pending: 0 } });
      expect(sink.ledger.stored).toBe(sink.ledger.accepted);
      expect(lost).toBe(0);
      if (service.sink === 'kapacitor')
        expect(posted.some((text) => text.startsWith('/kapacitor/v1/write'))).toBe(true);
    },
  );

  test('influxdb_twitter_sentiment delivers what a program that is not ours publishes', async () => {
    const run = await runService('influxdb_twitter_sentiment', { ports, sink: SINKS.influxdb?.() as object });
    const sinks = await import('../../src/sinks/zeromq.js');
    const { pipelineSchema } = await import('../../src/patterns/pipeline.js');
    const bind = address(portOf('twitter'));
    const publisher = sinks.zeromq(
      pipelineSchema.parse({ shape: { type: 'raw' }, sink: { type: 'zeromq', bind } }).sink as never,
    );
    await publisher.open({ venue: 'twitter', pipeline: 'twitter/sentiment' });
    const schema: RowSchema = {
      ...{ name: 'sentiment', version: 1, category: 'kind', instrument: 'place' },
      fields: [
        ...POSITION_FIELDS,
        { name: 'kind', dtype: 'word', unit: '', state: 'always' },
        { name: 'place', dtype: 'word', unit: '', state: 'always' },
        { name: 'receiveTime', dtype: 'i64', unit: 'ns since 1970-01-01T00:00:00Z', state: 'always' },
        { name: 'score', dtype: 'f64', unit: '', state: 'always' },
      ],
    };
    await expect.poll(() => publisher.metrics().subscribed, { timeout: 10_000 }).toBe(1);
    const word = (text: string) => ({ codes: new Uint32Array(1), words: [text] });
    await publisher.write(
      new RowBatch(schema, 1, [
        ...[word('tweets'), word('s'), BigUint64Array.of(1n), Uint32Array.of(0), word('sentiment'), word('Prague')],
        ...[BigInt64Array.of(1_700_000_000_000_000_000n), Float64Array.of(0.25)],
      ]),
    );
    await expect.poll(() => run.state().sink.ledger.stored, { timeout: 10_000 }).toBe(1);
    expect(await run.close()).toMatchObject({ lost: 0, sink: { ledger: { accepted: 1, stored: 1 } } });
    await publisher.close();
  });

  test('those that cannot run say what they need, and nothing else', () => {
    const lacking = subscribers.filter((service) => !ready.includes(service));
    expect(lacking.map(({ name }) => name).sort()).toEqual(
      ['influxdb_twitter_sentiment', 'statistics_kraken_tick_cuda'].sort(),
    );
  });
});
