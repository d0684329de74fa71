// A simulated venue with faults → feed → Kafka → ClickHouse and Redis: what is asked of the stores at the end is what the simulator
// itself says of its books and trades, and how long rows were on their way from the wire.
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import { pipelineSchema } from '../../src/patterns/pipeline.js';
import { ItchBook, LoopbackVenue } from '../../src/simulator/index.js';
import {
  consumeKafka,
  type KafkaConsumer,
  type RowBatch,
  runPipelines,
  type Sink,
  sinkBalances,
  sinkOf,
} from '../../src/sinks/index.js';
import { clickhouseServer, kafkaServer, redisServer, type Server } from './servers.js';

const SEED = 1;
const MESSAGES = Number(process.env.VENUEWIRE_MESSAGES ?? 20_000);
const RATE = 4_000;
let servers: readonly Server[] = [];
beforeAll(async () => {
  servers = await Promise.all([kafkaServer(), clickhouseServer(), redisServer()]);
}, 120_000);
afterAll(() => Promise.all(servers.map((server) => server.end())), 60_000);
const at = (server: number): string => `127.0.0.1:${servers[server]?.port}`;
const NS_PER_MS = 1e6;
const nowMs = (): number => performance.timeOrigin + performance.now();

/** Rows of one schema, from Kafka to a sink; the time of each from the wire until it is stored, in ms. */
class Way {
  readonly delays: number[] = [];
  stored = 0;
  #connectedAt = 0;
  #consumer: KafkaConsumer | undefined;
  constructor(
    readonly schema: string,
    readonly sink: Sink,
  ) {}
  async run(): Promise<void> {
    await this.sink.open({ venue: 'e2e', pipeline: `e2e/${this.schema}` });
    const consumer = await this.#connected();
    this.#consumer = consumer;
    this.#connectedAt = nowMs();
    for await (const { rows } of consumer) {
      await this.sink.write(rows);
      this.#stored(rows);
    }
    await this.sink.close();
  }
  /** The topic is made by the first row. */
  async #connected(): Promise<KafkaConsumer> {
    for (;;) {
      try {
        return await consumeKafka({ servers: [at(0)], prefix: 'e2e', schema: this.schema });
      } catch (error) {
        if ((error as { code?: string }).code !== 'VW_SINK_OPTION') throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
  #stored(rows: RowBatch): void {
    this.stored += rows.rows;
    const now = nowMs();
    for (const time of rows.column('receiveTime') as BigInt64Array) {
      // What waited until the topic was there and somebody read it says nothing of the way.
      const received = Number(time) / NS_PER_MS;
      if (received > this.#connectedAt) this.delays.push(now - received);
    }
  }
  close = async (): Promise<void> => this.#consumer?.close();
  said(): string {
    const sorted = this.delays.sort((a, b) => a - b);
    const of = (part: number): string => `${sorted[Math.floor((sorted.length - 1) * part)]?.toFixed(1)} ms`;
    return `${this.stored} rows; of ${sorted.length} from the wire to being stored: p50 ${of(0.5)}, p99 ${of(0.99)}, longest ${of(1)}`;
  }
}

/** Best prices with their sizes, and trades, as the simulator's own book and messages have them. */
function simulated({ history }: LoopbackVenue) {
  const book = new ItchBook();
  const trades = new Map<string, { count: number; shares: number }>();
  const stockOf = new Map<number, string>();
  const traded = (locate: number, shares: number): void => {
    const stock = stockOf.get(locate) as string;
    const known = trades.get(stock) ?? { count: 0, shares: 0 };
    trades.set(stock, { count: known.count + 1, shares: known.shares + shares });
  };
  const fieldsOf = (message: Uint8Array) =>
    itch50.decode(message) as { message: string; fields: Record<string, string | number> };
  for (let sequence = history.first; sequence < history.next; sequence++) {
    const message = history.message(sequence);
    book.apply(message);
    const { message: name, fields } = fieldsOf(message);
    const { stockLocate, executedShares, shares, crossShares } = fields;
    const stock = Number(stockLocate);
    if (name === 'stockDirectory') stockOf.set(stock, String(fields.stock).trim());
    // What is not printable is in the cross trade that follows.
    const isPrinted = name === 'orderExecuted' || (name === 'orderExecutedWithPrice' && fields.printable === 'Y');
    if (isPrinted) traded(stock, Number(executedShares));
    if (name === 'nonCrossTrade') traded(stock, Number(shares));
    if (name === 'crossTrade') traded(stock, Number(crossShares));
  }
  const tops = new Map<string, { bid?: [number, number]; ask?: [number, number] }>();
  for (const message of book.snapshot()) {
    const { message: name, fields } = fieldsOf(message);
    if (!name.startsWith('addOrder')) continue;
    const [stock, price, shares] = [String(fields.stock).trim(), Number(fields.price), Number(fields.shares)];
    const top = tops.get(stock) ?? {};
    tops.set(stock, top);
    const side = fields.buySellIndicator === 'B' ? 'bid' : 'ask';
    const best = top[side];
    const isBetter = best === undefined || (side === 'bid' ? price > best[0] : price < best[0]);
    if (isBetter) top[side] = [price, shares];
    else if (price === best[0]) best[1] += shares;
  }
  return { tops, trades };
}

test('the stores at the end of the way say what the simulator says of its own books and trades', async () => {
  const venue = new LoopbackVenue({
    ...{ seed: SEED, symbols: 20, rate: RATE, messages: MESSAGES },
    faults: [{ loss: 0.02 }, { loss: 0.02 }],
  });
  const sink = { type: 'kafka', servers: [at(0)], prefix: 'e2e', encoding: 'columns' } as const;
  const pipelines = {
    trades: pipelineSchema.parse({ shape: { type: 'events' }, select: { kinds: ['trade'] }, sink }),
    tops: pipelineSchema.parse({ shape: { type: 'bookTop' }, sink }),
  };
  const event = new Way('event', await sinkOf({ type: 'clickhouse', server: at(1), database: 'e2e' } as never));
  const top = new Way('book_top', await sinkOf({ type: 'redis', server: at(2), prefix: 'e2e' } as never));
  await venue.start();
  const run = await runPipelines({ ...venue.venue({ recovery: ['rerequest', 'replay'] }), name: 'e2e', pipelines });
  const ways = Promise.all([event.run(), top.run()]);
  venue.begin();
  await venue.finished;
  const { published } = venue.stats();
  const given = (): number => {
    const { delivered, recovered, abandoned } = run.feed.statistics().ledger;
    return delivered + recovered + abandoned;
  };
  await expect.poll(given, { timeout: 20_000 }).toBe(published);
  const summary = await run.close();
  const { ledger } = summary.feed;
  expect(ledger.delivered + ledger.recovered).toBe(published);
  expect(ledger.recovered).toBeGreaterThan(0);
  for (const one of Object.values(summary.pipelines)) {
    expect(sinkBalances(one.ledger)).toBe(true);
    expect(one.ledger).toMatchObject({ accepted: one.ledger.stored });
  }
  const [wanted, arrived] = [() => summary.pipelines, () => [event.stored, top.stored]];
  await expect
    .poll(arrived, { timeout: 30_000 })
    .toEqual([wanted().trades?.ledger.stored, wanted().tops?.ledger.stored]);
  await Promise.all([event.close(), top.close()]);
  await ways;
  await venue.stop();

  const own = simulated(venue);
  const sql =
    "SELECT instrument, count() AS n, sum(size) AS shares FROM e2e.event WHERE kind = 'trade' AND action = 'trade' GROUP BY instrument FORMAT TSV";
  const answer = await (await fetch(`http://${at(1)}/?query=${encodeURIComponent(sql)}`, { method: 'POST' })).text();
  const sortedRows = (rows: string[]): string[] => rows.sort();
  expect(sortedRows(answer.trimEnd().split('\n'))).toEqual(
    sortedRows([...own.trades].map(([stock, { count, shares }]) => `${stock}\t${count}\t${shares}`)),
  );
  const client = await createClient({ url: `redis://${at(2)}` }).connect();
  try {
    for (const [stock, { bid, ask }] of own.tops) {
      const row = await client.hGetAll(`e2e:latest:book_top:${'bookTop'}:${stock}`);
      const has = [row.bidPrice, row.bidSize, row.askPrice, row.askSize].map((text) => Number(text));
      expect(has, stock).toEqual([bid?.[0], bid?.[1], ask?.[0], ask?.[1]].map((n) => Number(n)));
    }
  } finally {
    client.destroy();
  }
  console.log(
    `end to end: ${published} messages, ${ledger.recovered} of them recovered, ${[...own.trades.values()].reduce((n, { count }) => n + count, 0)} trades ` +
      `and ${own.tops.size} books as the simulator has them\n  ClickHouse: ${event.said()}\n  Redis: ${top.said()}`,
  );
});
