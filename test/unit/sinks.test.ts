import { expect, test } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import { openFeed } from '../../src/feed/open.js';
import { captureFile } from '../../src/patterns/index.js';
import { defineVenue, type Venue } from '../../src/patterns/venue.js';
import { ItchGenerator, Random, StreamDigest, VenueHistory, writeCapture } from '../../src/simulator/index.js';
import {
  type PipelineInput,
  type RowBatch,
  type RowPosition,
  runPipelines,
  type Sink,
  SinkRefusal,
  sinkBalances,
} from '../../src/sinks/index.js';
import { loadVenue, resolveVenue } from '../../src/venues/load.js';

const MESSAGES = 5_000;
const history = VenueHistory.generate(new ItchGenerator({ seed: 7, symbols: 8, messages: MESSAGES }));
const capture = (() => {
  const parts: Uint8Array[] = [];
  writeCapture(history, { seed: 7 }, (bytes) => parts.push(bytes));
  return new Uint8Array(Buffer.concat(parts));
})();

const NOWHERE = { type: 'duckdb', file: 'not-used' } as const;
const venue = (pipelines: Record<string, Omit<PipelineInput, 'sink'>>): Promise<Venue> =>
  resolveVenue(
    defineVenue({
      name: 'day',
      decoder: itch50,
      framing: 'moldudp64',
      lines: { A: captureFile('a') },
      pipelines: Object.fromEntries(Object.entries(pipelines).map(([name, p]) => [name, { ...p, sink: NOWHERE }])),
    }),
  );

const key = ({ channel, epoch, number, part }: RowPosition): string => `${channel} ${epoch} ${number}.${part}`;
const text = (row: object): string => JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? `${v}` : v));

/** A store that can fail, before or after it has stored; what it has is in `rows`. */
class Store implements Sink {
  readonly rows: { position: string; text: string; row: Record<string, unknown> }[] = [];
  readonly positions = new Map<string, RowPosition>();
  opened = 0;
  constructor(
    readonly before: (batch: RowBatch) => void | Promise<void> = () => {},
    readonly after: (batch: RowBatch) => void = () => {},
  ) {}
  open() {
    this.opened++;
    return Promise.resolve({ delivery: 'exactlyOnce' as const, positions: [...this.positions.values()] });
  }
  async write(batch: RowBatch): Promise<undefined> {
    await this.before(batch);
    for (let row = 0; row < batch.rows; row++) {
      const made = batch.row(row);
      this.rows.push({ position: key(batch.position(row)), text: text(made), row: made });
    }
    for (const p of batch.positions()) this.positions.set(`${p.channel} ${p.epoch}`, p);
    this.after(batch);
  }
  flush() {
    return Promise.resolve();
  }
  close() {
    return Promise.resolve();
  }
}

async function through(declared: Venue, sinks: Record<string, Sink>, closeMs?: number) {
  const run = await runPipelines(declared, {
    feed: { capture: { file: capture } },
    sinks,
    ...(closeMs ? { closeMs } : {}),
  });
  const summary = await run.done;
  for (const { ledger } of Object.values(summary.pipelines)) expect(sinkBalances(ledger)).toBe(true);
  return summary.pipelines;
}

const allEvents = async (): Promise<Store> => {
  const store = new Store();
  await through(await venue({ all: { shape: { type: 'events' } } }), { all: store });
  return store;
};

test('the rows of a sink are the events of the feed, once each, at positions that rise', async () => {
  const store = await allEvents();
  const feed = await openFeed(await resolveVenue((await venue({})) as never), {
    capture: { file: capture },
    events: true,
  }).catch((error) => error as Error);
  expect(feed).toMatchObject({ code: 'VW_PIPELINES' });
  const { pipelines: _, ...connection } = await venue({});
  const plain = await openFeed(connection as Venue, { capture: { file: capture }, events: true });
  const events: string[] = [];
  const take = (e: {
    sequence: bigint;
    kind: string;
    action: string;
    side: string;
    price: bigint;
    size: bigint;
    orderId: bigint;
  }) => events.push(`${e.sequence} ${e.kind} ${e.action} ${e.side} ${e.price} ${e.size} ${e.orderId}`);
  await plain.run({
    order: take,
    level: take,
    trade: take,
    quote: take,
    status: take,
    definition: take,
    imbalance: take,
  });
  const NONE = 0x7fff_ffff_ffff_ffffn;
  const stored = store.rows.map(
    ({ row: r }) =>
      `${r.sequence} ${r.kind} ${r.action} ${r.side} ${r.price ?? NONE} ${r.size ?? NONE} ${r.orderId ?? 0n}`,
  );
  expect(stored.length).toBeGreaterThan(MESSAGES / 2);
  expect(stored).toEqual(events);
  expect(new Set(store.rows.map(({ position }) => position)).size).toBe(store.rows.length);
  expect(store.rows.some(({ row }) => typeof row.instrument === 'string' && row.instrument !== '')).toBe(true);
});

test.each([1, 2, 3, 4, 5])(
  'a sink that fails before and after it has stored has every row once (seed %i)',
  async (seed) => {
    const random = new Random(seed);
    const fail = () => {
      if (random.chance(0.2)) throw new Error('the connection has gone');
    };
    const store = new Store(fail, fail);
    const { all } = await through(
      await venue({ all: { shape: { type: 'events' }, queue: { writeRows: 200 } } }),
      { all: store },
      20_000,
    );
    const whole = await allEvents();
    expect(store.rows.map((r) => r.text)).toEqual(whole.rows.map((r) => r.text));
    expect(all?.failures).toBeGreaterThan(0);
    expect(all?.ledger).toMatchObject({ stored: whole.rows.length, pending: 0, refused: 0, dropped: 0 });
  },
);

test('a store that neither answers nor ends the connection is connected anew, and has every row once', async () => {
  let silent = 3;
  const store = new Store(() => (silent-- > 0 ? new Promise<void>(() => {}) : undefined));
  let closed = 0;
  store.close = () => Promise.resolve(void closed++);
  const { all } = await through(
    await venue({ all: { shape: { type: 'events' }, queue: { writeRows: 500, answerMs: 20 } } }),
    { all: store },
    20_000,
  );
  const whole = await allEvents();
  expect(store.rows.map((r) => r.text)).toEqual(whole.rows.map((r) => r.text));
  expect(all).toMatchObject({ failures: 3, opened: 4, ledger: { stored: whole.rows.length, pending: 0 } });
  expect(closed).toBeGreaterThanOrEqual(3);
});

test('what is said of a store that does not answer names how long, and a store without a server is waited for', async () => {
  const declared = await venue({
    remote: { shape: { type: 'events' }, queue: { answerMs: 20 } },
    local: { shape: { type: 'events' }, queue: { answerMs: 20 } },
  });
  const never = () => new Promise<void>(() => {});
  const local = Object.assign(new Store(never), { unanswered: true });
  const { remote, local: waited } = await through(declared, { remote: new Store(never), local }, 200);
  expect(remote?.failing).toBe('the other side has not answered for 0.02 s');
  expect(remote?.ledger).toMatchObject({ stored: 0, pending: remote?.ledger.accepted });
  expect(waited).toMatchObject({ failures: 0, failing: '', ledger: { stored: 0 } });
});

test('a pipeline that is run again goes on behind what is stored', async () => {
  const store = new Store((batch) => {
    if (store.rows.length + batch.rows > 2_000) throw new Error('stopped');
  });
  const declared = await venue({ all: { shape: { type: 'events' }, queue: { writeRows: 500 } } });
  const first = await through(declared, { all: store }, 50);
  const stored = store.rows.length;
  expect(stored).toBeGreaterThan(0);
  expect(first.all?.ledger.pending).toBeGreaterThan(0);
  const rest = new Store();
  for (const [k, p] of store.positions) rest.positions.set(k, p);
  const second = await through(declared, { all: rest });
  const whole = await allEvents();
  expect([...store.rows, ...rest.rows].map((r) => r.text)).toEqual(whole.rows.map((r) => r.text));
  expect(second.all).toMatchObject({ resumed: stored, ledger: { accepted: whole.rows.length - stored } });
});

test('rows that the other side will never take are found, counted by reason, and the rest is stored', async () => {
  const isPoison = (row: Record<string, unknown>) => row.kind === 'trade';
  const store = new Store((batch) => {
    for (let row = 0; row < batch.rows; row++)
      if (isPoison(batch.row(row))) throw new SinkRefusal('outOfRange', 'no trades');
  });
  const { all } = await through(await venue({ all: { shape: { type: 'events' }, queue: { writeRows: 500 } } }), {
    all: store,
  });
  const whole = await allEvents();
  const wanted = whole.rows.filter(({ row }) => !isPoison(row));
  expect(whole.rows.length - wanted.length).toBeGreaterThan(10);
  expect(store.rows.map((r) => r.text)).toEqual(wanted.map((r) => r.text));
  expect(all?.ledger.reasons).toEqual({ outOfRange: whole.rows.length - wanted.length });
});

const LITTLE = { rows: 300, writeRows: 100 } as const;
test.each(['dropNewest', 'dropOldest', 'conflate'] as const)(
  'a sink that stands still costs the feed and another sink nothing; what it does not take is counted (%s)',
  async (whenFull) => {
    let go: () => void = () => {};
    const still = new Promise<void>((resolve) => {
      go = resolve;
    });
    const stopped = new Store(() => still);
    const fast = new Store();
    const run = await runPipelines(
      await venue({
        stopped: { shape: { type: 'events' }, queue: { ...LITTLE, whenFull } },
        fast: { shape: { type: 'events' } },
      }),
      { feed: { capture: { file: capture } }, sinks: { stopped, fast } },
    );
    const whole = await allEvents();
    while (run.statistics().fast?.ledger.stored !== whole.rows.length) await new Promise((r) => setImmediate(r));
    const held = run.statistics().stopped;
    expect(held?.ledger.pending).toBeLessThanOrEqual(8_192 + LITTLE.rows);
    go();
    const { pipelines } = await run.done;
    const ledger = pipelines.stopped?.ledger;
    expect(ledger && sinkBalances(ledger)).toBe(true);
    expect(ledger).toMatchObject({ accepted: whole.rows.length, pending: 0, stored: stopped.rows.length });
    expect(ledger?.dropped).toBeGreaterThan(0);
    if (whenFull !== 'conflate') return;
    // The newest row of each kind and instrument is there.
    const last = new Map<string, string>();
    for (const { row, text } of whole.rows) last.set(`${row.kind} ${row.instrument}`, text);
    const has = new Set(stopped.rows.map((r) => r.text));
    expect([...last.values()].filter((t) => !has.has(t))).toEqual([]);
  },
);

test('with the policy to wait nothing is dropped, and what waits is bounded', async () => {
  let most = 0;
  const slow = new Store(() => new Promise((resolve) => setImmediate(resolve)));
  const run = await runPipelines(await venue({ slow: { shape: { type: 'events' }, queue: LITTLE } }), {
    feed: { capture: { file: capture }, ringBytes: 65_536 },
    sinks: { slow },
  });
  const look = setInterval(() => {
    most = Math.max(most, run.statistics().slow?.ledger.pending ?? 0);
  }, 1);
  const { pipelines } = await run.done;
  clearInterval(look);
  expect(pipelines.slow?.ledger).toMatchObject({ dropped: 0, pending: 0, stored: slow.rows.length });
  expect(slow.rows.length).toBe((await allEvents()).rows.length);
  expect(most).toBeLessThan(2_000);
});

test('raw rows are the messages of the venue, to the byte', async () => {
  const store = new Store();
  await through(await venue({ raw: { shape: { type: 'raw' } } }), { raw: store });
  const [want, have] = [new StreamDigest(), new StreamDigest()];
  for (let s = history.first; s < history.next; s++) want.add(s, history.message(s));
  for (const { row } of store.rows) have.add(row.number as bigint, row.bytes as Uint8Array);
  expect(`${have}`).toBe(`${want}`);
});

test('messages and columns say the same', async () => {
  const [messages, columns] = [new Store(), new Store()];
  await through(
    await venue({
      messages: { shape: { type: 'messages' }, select: { messages: ['addOrder'] } },
      columns: { shape: { type: 'columns', columns: { addOrder: ['orderReferenceNumber', 'shares', 'stock'] } } },
    }),
    { messages, columns },
  );
  expect(messages.rows.length).toBeGreaterThan(100);
  expect(columns.rows.map((r) => r.position)).toEqual(messages.rows.map((r) => r.position));
  const said = messages.rows.map(({ row }) => JSON.parse(row.fields as string) as Record<string, unknown>);
  expect(columns.rows.map(({ row }) => [String(row.orderReferenceNumber), row.shares, row.stock])).toEqual(
    said.map((f) => [f.orderReferenceNumber, f.shares, f.stock]),
  );
});

test('the last row of the top of a book is its best prices; conflated too', async () => {
  const [every, conflated] = [new Store(), new Store()];
  const { conflated: told } = await through(
    await venue({ every: { shape: { type: 'bookTop' } }, conflated: { shape: { type: 'bookTop' }, every: '1h' } }),
    { every, conflated },
  );
  const last = (store: Store) =>
    [
      ...new Map(store.rows.map(({ row }) => [row.instrument, `${row.bidPrice} ${row.bidSize} ${row.askPrice}`])),
    ].sort();
  expect(last(every).length).toBeGreaterThan(4);
  expect(last(conflated)).toEqual(last(every));
  expect(conflated.rows.length).toBe(last(every).length);
  expect((told?.conflated ?? 0) + conflated.rows.length).toBe(every.rows.length);
});

const file = (pipeline: string): string => `apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: day }
spec:
  decoder: nasdaq-totalview-itch-5.0
  framing: moldudp64
  lines: { A: { type: captureFile, path: day.pcap } }
  pipelines:
    ticks: ${pipeline}
`;

test.each([
  ['{ shape: { type: events }, sink: { type: carrierPigeon } }', /sink\.type must be one of/],
  ['{ shape: { type: events }, sink: { type: duckdb, file: x, speed: 9 } }', /speed is not known here/],
  [
    '{ shape: { type: raw }, select: { kinds: [trade] }, sink: { type: duckdb, file: x } }',
    /kinds is for shape events/,
  ],
  [
    '{ shape: { type: raw }, every: 1s, sink: { type: duckdb, file: x } }',
    /every is for shapes events, bookTop, ticks, statistics/,
  ],
  ['{ shape: { type: raw }, sink: { type: duckdb, file: x }, queue: { whenFull: forget } }', /whenFull must be one of/],
])('a pipeline in a venue file is done or refused: %s', async (pipeline, says) => {
  await expect(loadVenue(file(pipeline))).rejects.toThrow(says);
  const sound = await loadVenue(file('{ shape: { type: events }, sink: { type: duckdb, file: x } }'));
  expect(sound.pipelines?.ticks).toMatchObject({ queue: { whenFull: 'wait' } });
});

test('what a pipeline names and the decoder does not have is refused', async () => {
  const declared = await venue({ a: { shape: { type: 'columns', columns: { addOrder: ['nonsense'] } } } });
  await expect(
    runPipelines(declared, { feed: { capture: { file: capture } }, sinks: { a: new Store() } }),
  ).rejects.toMatchObject({
    code: 'VW_SINK_OPTION',
  });
});
