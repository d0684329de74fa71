// Kafka in KRaft mode: producer and broker are killed, and what is read again is what the feed gave.
import { execFileSync, fork } from 'node:child_process';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../src/simulator/index.js';
import { consumeKafka } from '../../src/sinks/index.js';
import { document, feedRows, HARMS, harmed, MESSAGES, root } from './harm.js';
import { kafkaJars, kafkaServer, postgresServer, type Server } from './servers.js';

let server: Server;
beforeAll(async () => {
  server = await kafkaServer();
}, 120_000);
afterAll(() => server.end());

const servers = (): string[] => [`127.0.0.1:${server.port}`];
const sink = (prefix: string, rest: string): string =>
  `{ type: kafka, servers: ['127.0.0.1:${server.port}'], prefix: ${prefix}, ${rest} }`;
const EVENT = ['kind', 'action', 'side', 'price', 'size', 'orderId', 'eventTime', 'receiveTime'];
const plain = (r: Record<string, unknown>, number: unknown, part: unknown): string =>
  `${number}.${part} ${r.instrument ?? ''} ${EVENT.map((name) => r[name] ?? '').join(' ')}`;
const byPosition = (a: string, b: string): number => {
  const [x, y] = [a.split(' ', 1)[0]?.split('.') ?? [], b.split(' ', 1)[0]?.split('.') ?? []];
  return Number(x[0]) - Number(y[0]) || Number(x[1]) - Number(y[1]);
};
const wanted = async (): Promise<string[]> =>
  (await feedRows()).map((r) => plain(r, r.number, r.part)).sort(byPosition);

async function stored(prefix: string): Promise<{ rows: string[]; inOrder: boolean }> {
  const consumer = await consumeKafka({ servers: servers(), prefix, schema: 'event', untilEnd: true });
  const rows: string[] = [];
  const last = new Map<string, bigint>();
  let inOrder = true;
  for await (const got of consumer) {
    for (let row = 0; row < got.rows.rows; row++) {
      const r = got.rows.row(row);
      rows.push(plain(r, r.venueNumber, r.venuePart));
      const position = (r.venueNumber as bigint) * 1_000_000n + BigInt(r.venuePart as number);
      if (position <= (last.get(`${r.instrument}`) ?? -1n)) inOrder = false;
      last.set(`${r.instrument}`, position);
    }
  }
  await consumer.close();
  expect(consumer.malformed).toBe(0);
  return { rows: rows.sort(byPosition), inOrder };
}

describe('Kafka', () => {
  test.each([
    [1, 'columns'],
    [2, 'rows'],
    [3, 'json'],
  ] as const)(
    'has every event once, whoever is killed, for those who read what is committed (seed %i, %s)',
    async (seed, encoding) => {
      const { pipelines } = await harmed(document(sink(`s${seed}`, `encoding: ${encoding}`)), seed, server, HARMS);
      const { rows, inOrder } = await stored(`s${seed}`);
      expect(rows).toEqual(await wanted());
      expect(inOrder, 'rows of an instrument are in order').toBe(true);
      expect(pipelines.ticks).toMatchObject({
        delivery: 'exactlyOnce',
        forgot: 0,
        ledger: { pending: 0, dropped: 0, refused: 0 },
      });
      console.log(
        `Kafka, seed ${seed}: ${rows.length} events, each once; ${HARMS.length} harms; last process ${JSON.stringify(pipelines.ticks?.ledger)}`,
      );
    },
  );

  test('has every event at least once without transactions, and positions tell which came twice', async () => {
    await harmed(document(sink('least', 'encoding: columns, delivery: atLeastOnce')), 4, server, [
      'producer',
      'server',
      'producer',
    ]);
    const { rows } = await stored('least');
    expect([...new Set(rows)]).toEqual(await wanted());
    console.log(`Kafka, at least once: ${rows.length} rows of ${new Set(rows).size} events, each once by its position`);
  });

  test('is read by Java, and keys are in the partitions where Java would have put them', async () => {
    await harmed(document(sink('java', 'encoding: json, recordRows: 64')), 5, server, ['producer', 'server']);
    const file = join(root, 'test/services/KafkaRead.java');
    const words = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', kafkaJars(), file];
    const said = execFileSync('java', [...words, servers()[0] as string, 'java.event.v1'], { maxBuffer: 1 << 30 });
    const rows: string[] = [];
    const partitions = new Set<string>();
    for (const line of said.toString().split('\n')) {
      if (line.startsWith('{')) {
        const r = JSON.parse(line);
        rows.push(plain(r, r.number, r.part));
      } else if (line !== '') {
        const [partition, expected, key] = line.split(' ');
        expect(partition, key).toBe(expected);
        partitions.add(partition as string);
      }
    }
    expect(rows.sort(byPosition)).toEqual(await wanted());
    expect(partitions.size).toBeGreaterThan(1);
  });
});

describe('A consumer of Kafka', () => {
  let store: Server;
  beforeAll(async () => {
    store = await postgresServer();
  }, 120_000);
  afterAll(() => store.end());

  test('stores the offset with the result, so that each event is in PostgreSQL once, however often it is killed', async () => {
    process.env.VW_TEST_PG_USER = 'postgres';
    await harmed(document(sink('src', 'encoding: columns, recordRows: 64')), 6, server, ['producer']);
    const random = new Random(6);
    let kills = 0;
    for (let done = false; !done; ) {
      const child = fork(join(root, 'test/services/consume-kafka.mjs'), [], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      child.send({
        ...{ servers: servers(), prefix: 'src' },
        postgres: { server: `127.0.0.1:${store.port}`, username: 'env:VW_TEST_PG_USER', schema: 'k' },
      });
      const next = random.between(1, Math.max(2, Math.round(MESSAGES / 6)));
      await new Promise<void>((resolve) => {
        child.on('message', (told: { rows: number; done: boolean }) => {
          done ||= told.done;
          if (told.done || told.rows < next || kills >= 4) return;
          kills++;
          child.kill('SIGKILL');
        });
        child.once('exit', () => resolve());
      });
    }
    expect(kills).toBeGreaterThan(0);
    const sql = postgres({ host: '127.0.0.1', port: store.port, database: 'postgres', username: 'postgres', max: 1 });
    try {
      const columns = ['venueNumber', 'venuePart', 'instrument', ...EVENT].map((name) => `"${name}"::text`).join(', ');
      const rows = await sql.unsafe(`SELECT ${columns} FROM k.event`);
      expect(rows.map((r) => plain(r, r.venueNumber, r.venuePart)).sort(byPosition)).toEqual(await wanted());
      console.log(`Kafka to PostgreSQL: ${rows.length} events, each once; ${kills} kills of the consumer`);
    } finally {
      await sql.end();
    }
  });
});
