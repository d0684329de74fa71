import { expect, test } from 'vitest';
import type { SinkOf } from '../../src/patterns/pipeline.js';
import { pipelineSchema } from '../../src/patterns/pipeline.js';
import { POSITION_FIELDS, RowBatch, type RowSchema } from '../../src/sinks/rows.js';
import { zeromq } from '../../src/sinks/zeromq.js';
import { type Received, type Subscriber, subscribe } from '../../src/sinks/zeromq-subscriber.js';

const zmq = await import('zeromq');
const CONTEXT = { venue: 'day', pipeline: 'day/ticks' };
const schema: RowSchema = {
  name: 'tick',
  version: 1,
  category: 'kind',
  instrument: 'instrument',
  fields: [
    ...POSITION_FIELDS,
    { name: 'kind', dtype: 'word', unit: '', state: 'always' },
    { name: 'instrument', dtype: 'word', unit: '', state: 'always' },
    { name: 'price', dtype: 'i64', unit: 'raw', state: 'optional', none: '9223372036854775807' },
    { name: 'id', dtype: 'u64', unit: '', state: 'always' },
    { name: 'note', dtype: 'text', unit: '', state: 'always' },
    { name: 'bytes', dtype: 'bytes', unit: '', state: 'always' },
    { name: 'ratio', dtype: 'f64', unit: '', state: 'always' },
  ],
};
const INSTRUMENTS = ['ABC', 'XYZ'];
/** Rows from..to of two instruments in turn; ids do not fit a number. */
function ticks(from: number, to: number): RowBatch {
  const rows = Array.from({ length: to - from }, (_, i) => from + i);
  return new RowBatch(schema, rows.length, [
    { codes: new Uint32Array(rows.length), words: ['day'] },
    { codes: new Uint32Array(rows.length), words: [''] },
    BigUint64Array.from(rows, (n) => BigInt(n)),
    new Uint32Array(rows.length),
    { codes: new Uint32Array(rows.length), words: ['trade'] },
    { codes: Uint32Array.from(rows, (n) => n % 2), words: INSTRUMENTS },
    BigInt64Array.from(rows, (n) => (n % 5 === 0 ? 9223372036854775807n : -(2n ** 62n) + BigInt(n))),
    BigUint64Array.from(rows, (n) => 18446744073709551615n - BigInt(n)),
    rows.map((n) => `note ${n} é`),
    rows.map((n) => Uint8Array.of(n & 255, 0, 255)),
    Float64Array.from(rows, (n) => n / 7),
  ]);
}
const allRows = (batch: RowBatch) => Array.from({ length: batch.rows }, (_, i) => batch.row(i));

type Options = Partial<Omit<SinkOf<'zeromq'>, 'type'>>;
async function publisher(options: Options = {}) {
  const { sink } = pipelineSchema.parse({
    shape: { type: 'raw' },
    sink: { type: 'zeromq', bind: 'tcp://127.0.0.1:*', ...options },
  });
  const made = zeromq(sink as SinkOf<'zeromq'>);
  await made.open(CONTEXT);
  return made;
}
/** Until a subscription has reached the publisher. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}
async function take(from: Subscriber, rows: number): Promise<Received[]> {
  const out: Received[] = [];
  let n = 0;
  for await (const received of from) {
    out.push(received);
    n += received.rows.rows;
    if (n >= rows) break;
  }
  return out;
}

test.each(['rows', 'columns'] as const)(
  'a subscriber gets every row as it was, by topic, in order (%s)',
  async (encoding) => {
    const out = await publisher({ encoding, frameRows: 7 });
    const sub = await subscribe({ connect: out.endpoints.publish });
    try {
      await until(() => out.metrics().subscribed === 1);
      const reading = take(sub, 100);
      await out.write(ticks(0, 60));
      await out.write(ticks(60, 100));
      const received = await reading;
      for (const [i, name] of INSTRUMENTS.entries()) {
        const own = received.filter(({ topic }) => topic === `trade.${name}`);
        const wanted = allRows(ticks(0, 100)).filter((_, n) => n % 2 === i);
        expect(own.flatMap(({ rows }) => allRows(rows))).toEqual(wanted);
        expect(own.every(({ rows }) => rows.rows <= 7)).toBe(true);
      }
      expect(sub.counters()).toMatchObject({ rows: 100, lost: 0, malformed: 0, sessions: 1 });
    } finally {
      sub.close();
      await out.close();
    }
  },
);

test('a late subscriber is given the last row of each topic that it asks for', async () => {
  const out = await publisher();
  const first = await subscribe({ connect: out.endpoints.publish });
  try {
    await until(() => out.metrics().subscribed === 1);
    await out.write(ticks(0, 10));
    const late = await subscribe({ connect: out.endpoints.publish, topics: ['trade.XYZ'] });
    const [snapshot] = await take(late, 1);
    expect(snapshot).toMatchObject({ topic: 'trade.XYZ', snapshot: true, first: 4 });
    expect(snapshot && allRows(snapshot.rows)).toEqual(allRows(ticks(9, 10)));
    late.close();
    // Whoever was there has it already.
    await out.write(ticks(10, 12));
    const own = await take(first, 12);
    expect(own.flatMap(({ rows }) => allRows(rows)).length).toBe(12);
    expect(first.counters()).toMatchObject({ rows: 12, lost: 0, repeated: 1 });
  } finally {
    first.close();
    await out.close();
  }
});

/** Writes until the slow subscriber must have lost something: what waits for it and its buffers are small. */
async function overrun(replay: boolean) {
  const out = await publisher({
    ...{ frameRows: 10, highWaterMark: 5, topicBy: 'category' as const },
    ...(replay ? { replay: 'tcp://127.0.0.1:*' } : {}),
  });
  const sub = await subscribe({
    connect: out.endpoints.publish,
    ...(replay ? { replay: out.endpoints.replay } : {}),
    highWaterMark: 5,
  });
  await until(() => out.metrics().subscribed === 1);
  const ROWS = 100_000;
  for (let from = 0; from < ROWS; from += 10_000) await out.write(ticks(from, from + 10_000));
  // A last row that comes through tells what was lost before it.
  const reading: Received[] = [];
  let last = ROWS;
  const done = (async () => {
    for await (const received of sub) {
      reading.push(received);
      if (received.first + received.rows.rows > ROWS) break;
    }
  })();
  let isDone = false;
  void done.then(() => {
    isDone = true;
  });
  while (!isDone) {
    await out.write(ticks(last, ++last));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const end = reading.at(-1) as Received;
  sub.close();
  await out.close();
  return { reading, sub, end: end.first + end.rows.rows };
}

test('what a slow subscriber loses is counted to the row', async () => {
  const { reading, sub, end } = await overrun(false);
  const { rows, lost } = sub.counters();
  expect(lost).toBeGreaterThan(0);
  expect(reading.reduce((sum, r) => sum + r.lost, 0)).toBe(lost);
  expect(rows + lost).toBe(end);
});

test('with a replay port it gets what it lost, in order', async () => {
  const { reading, sub, end } = await overrun(true);
  expect(sub.counters()).toMatchObject({ rows: end, lost: 0 });
  expect(sub.counters().replayed).toBeGreaterThan(0);
  let next = 0;
  for (const { first, rows } of reading) {
    expect(first).toBe(next);
    next += rows.rows;
  }
});

test('a subscriber that is waited for loses nothing', async () => {
  const out = await publisher({ slow: 'wait', frameRows: 10, highWaterMark: 5 });
  const sub = await subscribe({ connect: out.endpoints.publish, highWaterMark: 5 });
  try {
    await until(() => out.metrics().subscribed === 1);
    const writing = out.write(ticks(0, 200_000));
    await until(() => out.metrics().waits !== 0);
    const received = await take(sub, 200_000);
    await writing;
    expect(received.reduce((n, { rows }) => n + rows.rows, 0)).toBe(200_000);
    expect(sub.counters().lost).toBe(0);
  } finally {
    sub.close();
    await out.close();
  }
});

test('CURVE lets in whose key is on the list, and nobody else; no key is in what is told', async () => {
  const [server, known, stranger] = [zmq.curveKeyPair(), zmq.curveKeyPair(), zmq.curveKeyPair()];
  process.env.VW_TEST_SERVER = server.secretKey;
  process.env.VW_TEST_CLIENT = known.publicKey;
  process.env.VW_TEST_SERVER_PUBLIC = server.publicKey;
  process.env.VW_TEST_CLIENT_SECRET = known.secretKey;
  process.env.VW_TEST_STRANGER = stranger.publicKey;
  process.env.VW_TEST_STRANGER_SECRET = stranger.secretKey;
  const out = await publisher({ curve: { secretKey: 'env:VW_TEST_SERVER', clients: ['env:VW_TEST_CLIENT'] } });
  const connect = out.endpoints.publish;
  const serverKey = 'env:VW_TEST_SERVER_PUBLIC';
  const intruder = await subscribe({
    connect,
    curve: { serverKey, publicKey: 'env:VW_TEST_STRANGER', secretKey: 'env:VW_TEST_STRANGER_SECRET' },
  });
  const sub = await subscribe({
    connect,
    curve: { serverKey, publicKey: 'env:VW_TEST_CLIENT', secretKey: 'env:VW_TEST_CLIENT_SECRET' },
  });
  try {
    await until(() => out.metrics().refusedClients !== 0 && out.metrics().subscribed !== 0);
    await out.write(ticks(0, 10));
    expect((await take(sub, 10)).length).toBeGreaterThan(0);
    expect(out.metrics().subscribed).toBe(1);
    expect(JSON.stringify(out.metrics())).not.toContain(server.secretKey);
  } finally {
    intruder.close();
    sub.close();
    await out.close();
  }
  process.env.VW_TEST_SERVER = 'short';
  await expect(publisher({ curve: { secretKey: 'env:VW_TEST_SERVER' } })).rejects.toMatchObject({
    code: 'VW_SINK_OPTION',
  });
  await expect(publisher({ curve: { secretKey: 'env:VW_TEST_NOWHERE' } })).rejects.toMatchObject({
    code: 'VW_CREDENTIAL_MISSING',
  });
});

test('frames that lie are counted and cost nothing else', async () => {
  const raw = new zmq.Publisher({ linger: 0 });
  await raw.bind('tcp://127.0.0.1:*');
  const { Packr } = await import('msgpackr');
  const packr = new Packr({ useRecords: false });
  const sub = await subscribe({ connect: raw.lastEndpoint as string });
  const header = {
    v: 1,
    schema: 's',
    version: 1,
    fields: ['a'],
    dtypes: ['u64'],
    nones: [null],
    session: 'x',
    first: 0,
    time: 0,
    encoding: 'rows',
  };
  const lies: [unknown, unknown][] = [
    [{}, []],
    [{ ...header, count: 4e9 }, []],
    [{ ...header, count: 2 }, [[1]]],
    [{ ...header, count: 1 }, [['text']]],
    [{ ...header, count: 1, encoding: 'columns' }, [Buffer.alloc(7)]],
    [{ ...header, count: 1, encoding: 'columns', dtypes: ['word'] }, [[Buffer.from([9, 0, 0, 0]), ['w']]]],
    [{ ...header, count: 1, fields: ['__proto__'], first: -1 }, [[1]]],
  ];
  try {
    const reading = take(sub, 1);
    let stop = false;
    void reading.then(() => {
      stop = true;
    });
    while (!stop) {
      for (const [head, payload] of lies) await raw.send(['t', packr.pack(head), packr.pack(payload)]);
      await raw.send(['t', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]), Buffer.from([0xc1])]);
      await raw.send(['t', packr.pack({ ...header, count: 1 }), packr.pack([[5]])]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const [received] = await reading;
    expect(received?.rows.row(0)).toEqual({ a: 5n });
    expect(sub.counters().malformed).toBe(lies.length + 1);
  } finally {
    sub.close();
    raw.close();
  }
});
