// NATS JetStream and RabbitMQ: producer and broker are killed, and what is read again is what the feed gave, each event at least once.
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import postgres from 'postgres';
import { Connection } from 'rabbitmq-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pipelineSchema } from '../../src/patterns/pipeline.js';
import { relayChanges, sinkOf } from '../../src/sinks/index.js';
import { document, feedBatches, feedRows, HARMS, harmed, MESSAGES } from './harm.js';
import { natsServer, postgresServer, rabbitmqServer, type Server } from './servers.js';

/** A record has rows of one category and instrument: larger writes are fewer records. */
const QUEUE = `{ answerMs: 10000, writeRows: ${Math.max(1_000, Math.round(MESSAGES / 50))} }`;
type Row = Readonly<Record<string, unknown>>;
const FIELDS = ['kind', 'action', 'side', 'instrument', 'price', 'size', 'orderId', 'eventTime', 'receiveTime'];
const plain = (r: Row): string => `${r.number}.${r.part} ${FIELDS.map((name) => r[name] ?? '').join(' ')}`;

/** Holds what has been read, record by record, against the feed: everything is there, and in order where it is first read. */
async function compare(name: string, records: readonly string[]): Promise<void> {
  const rows = records.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line) as Row);
  const seen = new Set<string>();
  const last = new Map<unknown, number>();
  for (const row of rows) {
    const text = plain(row);
    if (seen.has(text)) continue;
    seen.add(text);
    // By subject or routing key, which is category and instrument.
    const key = `${row.kind} ${row.instrument}`;
    const position = Number(row.number) * 1_000 + Number(row.part);
    expect(position).toBeGreaterThan(last.get(key) ?? -1);
    last.set(key, position);
  }
  const wanted = (await feedRows()).map(plain);
  expect(seen.size).toBe(wanted.length);
  expect([...seen].sort()).toEqual(wanted.sort());
  console.log(
    `${name}: ${wanted.length} events, each at least once; ${rows.length - wanted.length} twice, known by their positions`,
  );
}

describe('NATS JetStream', () => {
  let server: Server;
  beforeAll(async () => {
    server = await natsServer();
  }, 60_000);
  afterAll(() => server.end());
  const sink = (stream: string): string =>
    `{ type: nats, servers: ['127.0.0.1:${server.port}'], stream: ${stream}, prefix: ${stream}, recordRows: 64 }`;

  async function stored(stream: string): Promise<string[]> {
    const connection = await connect({ servers: `127.0.0.1:${server.port}` });
    const manager = await jetstream(connection).jetstreamManager();
    const { messages } = (await manager.streams.info(stream)).state;
    const consumer = await jetstream(connection).consumers.get(stream, { filter_subjects: `${stream}.data.>` });
    const records: string[] = [];
    if (messages > 0)
      for await (const message of await consumer.consume()) {
        records.push(message.string());
        if (message.info.pending === 0) break;
      }
    await connection.close();
    return records;
  }

  test('has every event at least once, whoever is killed (seed 1)', async () => {
    const seed = 1;
    const { pipelines } = await harmed(document(sink(`s${seed}`), QUEUE), seed, server, HARMS);
    expect(pipelines.ticks).toMatchObject({
      ...{ delivery: 'atLeastOnce', forgot: 0 },
      ledger: { pending: 0, dropped: 0, refused: 0 },
    });
    await compare(`NATS, seed ${seed}, ${HARMS.length} harms`, await stored(`s${seed}`));
  });

  test('takes a record that is sent again once, and refuses what is larger than it takes', async () => {
    const options = { type: 'nats', servers: [`127.0.0.1:${server.port}`], stream: 'again', prefix: 'again' };
    const made = await sinkOf(pipelineSchema.parse({ shape: { type: 'events' }, sink: options as never }).sink);
    const [batch] = await feedBatches();
    if (batch === undefined) throw new Error('the feed gave nothing');
    await made.open({ venue: 'day', pipeline: 'day/again' });
    await made.write(batch);
    const { records = 0 } = made.metrics?.() ?? {};
    await made.write(batch);
    expect(made.metrics?.()).toEqual({ records: records * 2, repeated: records });
    await made.close();
    const { positions } = await made.open({ venue: 'day', pipeline: 'day/again' });
    expect(positions).toEqual(batch.positions());
    await made.close();
    expect((await stored('again')).length).toBe(records);
  });
});

describe('RabbitMQ', () => {
  /** Its server takes ten seconds to start: it is killed once, and last, for what waited meanwhile is then written at one go. */
  const HARMED = ['producer', 'pause', 'producer', 'server'] as const;
  let server: Server;
  beforeAll(async () => {
    server = await rabbitmqServer();
  }, 120_000);
  afterAll(() => server.end(), 60_000);
  const options = (more: string): string =>
    `{ type: rabbitmq, server: '127.0.0.1:${server.port}', recordRows: 64, ${more} }`;

  async function stored(queue: string): Promise<string[]> {
    const connection = new Connection({ hostname: '127.0.0.1', port: server.port });
    const channel = await connection.acquire();
    const records: string[] = [];
    for (;;) {
      const message = await channel.basicGet({ queue, noAck: true });
      if (message === undefined) break;
      records.push(String(message.body));
      expect(message.durable).toBe(true);
    }
    await channel.close();
    await connection.close();
    return records;
  }

  test('has every confirmed event at least once, whoever is killed (seed 1)', async () => {
    const { pipelines } = await harmed(document(options('exchange: day, queue: all'), QUEUE), 1, server, HARMED);
    expect(pipelines.ticks).toMatchObject({
      ...{ delivery: 'atLeastOnce', forgot: 0 },
      ledger: { pending: 0, dropped: 0, refused: 0 },
    });
    await compare(`RabbitMQ, ${HARMED.length} harms`, await stored('all'));
  });

  test('what no queue is bound for is refused by reason, and nothing is called stored that is nowhere', async () => {
    const { pipelines } = await harmed(document(options('exchange: nobody, encoding: columns'), QUEUE), 1, server, []);
    const { length } = await feedRows();
    expect(pipelines.ticks?.ledger).toMatchObject({
      accepted: length,
      stored: 0,
      refused: length,
      reasons: { unroutable: length },
    });
  });

  test('tells each change of a PostgreSQL table that was committed, and none that was rolled back, whoever is killed', async () => {
    process.env.VW_TEST_PG_USER = 'postgres';
    const store = await postgresServer();
    const at = { host: '127.0.0.1', port: store.port, database: 'postgres', username: 'postgres', max: 1 };
    let sql = postgres({ ...at, onnotice: () => {} });
    try {
      await sql`CREATE TABLE orders (id int PRIMARY KEY, price numeric)`;
      const relay = () =>
        relayChanges({
          postgresql: { server: `127.0.0.1:${store.port}`, database: 'postgres', username: 'env:VW_TEST_PG_USER' },
          rabbitmq: { server: `127.0.0.1:${server.port}`, exchange: 'changes', queue: 'changes' },
          tables: ['orders'],
        });
      let running = await relay();
      const wanted: string[] = [];
      const ROUNDS = 60;
      for (let i = 0; i < ROUNDS; i++) {
        if (i === ROUNDS / 3) running = await running.close().then(relay);
        if (i === (2 * ROUNDS) / 3) {
          await sql.end({ timeout: 1 });
          await store.kill();
          await store.start();
          sql = postgres({ ...at, onnotice: () => {} });
        }
        const undo = new Error('undone');
        await sql
          .begin(async (tx) => {
            await tx`INSERT INTO orders VALUES (${i}, 1.5)`;
            await tx`UPDATE orders SET price = 2.5 WHERE id = ${i}`;
            if (i % 5 === 0) throw undo;
          })
          .catch((error: unknown) => expect(error).toBe(undo));
        if (i % 5 !== 0) wanted.push(`orders insert ${i}`, `orders update ${i}`);
      }
      const left = async (): Promise<number> =>
        Number((await sql`SELECT count(*)::int AS n FROM venuewire_outbox`)[0]?.n);
      await expect.poll(left, { timeout: 30_000 }).toBe(0);
      const { failing } = await running.close();
      expect(failing).toBe('');
      const told = (await stored('changes')).map((text) => JSON.parse(text));
      const byId = new Map(told.map(({ id, table, operation, row }) => [id, `${table} ${operation} ${row.id}`]));
      expect([...byId.values()].sort()).toEqual(wanted.sort());
      console.log(
        `RabbitMQ: ${wanted.length} changes of PostgreSQL, each told; ${told.length - byId.size} twice, known by their ids`,
      );
    } finally {
      await sql.end({ timeout: 1 });
      await store.end();
    }
  });
});
