// What a sink cannot take waits on disk: in order, once each, over restarts, whatever the disk does.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pipelineSchema } from '../../src/patterns/pipeline.js';
import { Random } from '../../src/simulator/index.js';
import {
  RowBatch,
  type RowColumn,
  type RowPosition,
  type RowSchema,
  type Sink,
  sinkBalances,
} from '../../src/sinks/index.js';
import { Lane } from '../../src/sinks/lane.js';
import { POSITION_FIELDS } from '../../src/sinks/rows.js';
import { Spill, type WriteAt } from '../../src/sinks/spill.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'venuewire-spill-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;
const fresh = (): string => join(folder, `${made++}`);

const field = (name: string, dtype: RowSchema['fields'][number]['dtype']) =>
  ({ name, dtype, unit: 'raw', state: 'always' }) as const;
const OWN = (['i64', 'u16', 'u8', 'i8', 'f64', 'text', 'word', 'bytes'] as const).map((dtype) => field(dtype, dtype));
const schemaOf = (name: string): RowSchema => ({ name, version: 1, fields: [...POSITION_FIELDS, ...OWN] });
const SCHEMAS = [schemaOf('one'), schemaOf('two')] as const;
const WORDS = Array.from({ length: 40 }, (_, i) => `S${i}`);

/** Rows from `from` on, of every type a column can have. */
function rowsOf(from: number, count: number, schema: RowSchema = SCHEMAS[0]): RowBatch {
  const each = <T>(of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(from + i));
  const codes = new Uint32Array(count);
  const columns: RowColumn[] = [
    { codes, words: ['day'] },
    { codes, words: [''] },
    BigUint64Array.from(each((i) => BigInt(i))),
    new Uint32Array(count),
    BigInt64Array.from(each((i) => -(1n << 62n) + BigInt(i))),
    Uint16Array.from(each((i) => i & 0xffff)),
    Uint8Array.from(each((i) => i & 0xff)),
    Int8Array.from(each((i) => (i & 0xff) - 128)),
    Float64Array.from(each((i) => (i % 7 === 0 ? Number.NaN : i / 3))),
    each((i) => `text ${i} ü`),
    { codes: Uint32Array.from(each((i) => i % WORDS.length)), words: WORDS },
    each((i) => Uint8Array.of(i & 0xff, 0, 255)),
  ];
  return new RowBatch(schema, count, columns);
}
const textOf = (batch: RowBatch, row: number): string =>
  JSON.stringify([batch.schema.name, batch.row(row)], (_, v) => (typeof v === 'bigint' ? `${v}` : v));
const textsOf = (batch: RowBatch): string[] => Array.from({ length: batch.rows }, (_, row) => textOf(batch, row));

/** A store that takes rows while its gate is open. */
class Store implements Sink {
  readonly rows: string[] = [];
  position: RowPosition | undefined;
  isOpen = true;
  constructor(from?: Store) {
    this.rows.push(...(from?.rows ?? []));
    this.position = from?.position;
  }
  open = () =>
    Promise.resolve({
      delivery: 'exactlyOnce' as const,
      positions: this.position === undefined ? [] : [this.position],
    });
  write = (batch: RowBatch) => {
    if (!this.isOpen) return Promise.reject(new Error('the server is gone'));
    this.rows.push(...textsOf(batch));
    this.position = batch.positions()[0];
    return Promise.resolve(undefined);
  };
  flush = () => Promise.resolve();
  close = () => Promise.resolve();
}

const QUEUE = { rows: 100, writeRows: 50, whenFull: 'spill' } as const;
function laneOf(store: Sink, at: string, bytes = 1 << 30, writeAt?: WriteAt): Lane {
  const shape = { type: 'events' } as const;
  const sink = { type: 'duckdb', file: 'none' } as const;
  const { queue } = pipelineSchema.parse({ shape, sink, queue: { ...QUEUE, spill: { folder: at, bytes } } });
  return new Lane(store, { venue: 'day', pipeline: 'day/ticks' }, queue, writeAt);
}
const filesOf = (at: string): string[] => readdirSync(join(at, 'day/ticks')).filter((name) => name.endsWith('.spill'));
const ledgerOf = (lane: Lane) => {
  const { ledger } = lane.statistics();
  expect(sinkBalances(ledger)).toBe(true);
  return ledger;
};
const wanted = (to: number): string[] => textsOf(rowsOf(0, to));
const CLOSE_MS = 20_000;

test('rows go to disk while the sink stands still, and to the sink in order, once each, when it is back', async () => {
  const [store, at] = [new Store(), fresh()];
  const lane = laneOf(store, at);
  await lane.open();
  store.isOpen = false;
  for (let i = 0; i < 2_000; i += 10) {
    lane.push(rowsOf(i, 10));
    expect(ledgerOf(lane)).toMatchObject({ accepted: i + 10, pending: i + 10, dropped: 0 });
  }
  expect(lane.statistics()).toMatchObject({ spillFailing: '', spillCut: 0 });
  expect(lane.statistics().spilled).toBeGreaterThan(1_800);
  expect(filesOf(at).length).toBeGreaterThan(0);
  store.isOpen = true;
  // What comes while it catches up goes behind what waits.
  for (let i = 2_000; i < 2_100; i += 10) lane.push(rowsOf(i, 10));
  await lane.close(CLOSE_MS);
  expect(store.rows).toEqual(wanted(2_100));
  expect(ledgerOf(lane)).toMatchObject({ accepted: 2_100, stored: 2_100, pending: 0, dropped: 0 });
  expect(lane.statistics()).toMatchObject({ spilled: 0, spillBytes: 0 });
  expect(filesOf(at)).toEqual([]);
});

test('two schemas in one spill are written as what they are', async () => {
  const [store, at] = [new Store(), fresh()];
  const lane = laneOf(store, at);
  await lane.open();
  store.isOpen = false;
  const all = Array.from({ length: 60 }, (_, i) => rowsOf(i * 10, 10, SCHEMAS[i % 2]));
  for (const batch of all) lane.push(batch);
  store.isOpen = true;
  await lane.close(CLOSE_MS);
  expect(store.rows).toEqual(all.flatMap(textsOf));
});

test('what a run could not store is stored by the next, with a feed that goes on and with one that begins again', async () => {
  for (const again of [false, true]) {
    const [store, at] = [new Store(), fresh()];
    const first = laneOf(store, at);
    await first.open();
    first.push(rowsOf(0, 40));
    await expect.poll(() => first.statistics().ledger.stored).toBe(40);
    store.isOpen = false;
    // Fewer than fill the queue: they are in memory alone until the run ends.
    const left = again ? 1_000 : 80;
    for (let i = 40; i < 40 + left; i += 10) first.push(rowsOf(i, 10));
    await first.close(1);
    expect(ledgerOf(first)).toMatchObject({ accepted: 40 + left, stored: 40, pending: left });
    store.isOpen = true;
    const second = laneOf(store, at);
    const positions = await second.open();
    expect(positions.map(({ number }) => number)).toEqual([BigInt(40 + left - 1)]);
    expect(ledgerOf(second)).toMatchObject({ accepted: left });
    second.push(again ? rowsOf(0, 1_200) : rowsOf(40 + left, 100));
    const to = again ? 1_200 : 40 + left + 100;
    await second.close(CLOSE_MS);
    expect(store.rows).toEqual(wanted(to));
    expect(ledgerOf(second)).toMatchObject({ accepted: to - 40, stored: to - 40, pending: 0 });
    expect(filesOf(at)).toEqual([]);
  }
});

test.each([1, 2, 3, 4])(
  'a process that is killed at any moment loses nothing and gives nothing twice (seed %i)',
  async (seed) => {
    const random = new Random(seed);
    const [store, at] = [new Store(), fresh()];
    const lane = laneOf(store, at);
    await lane.open();
    const killed: { at: string; store: Store; fed: number }[] = [];
    let fed = 0;
    for (let turn = 0; turn < 60; turn++) {
      if (random.chance(0.15)) store.isOpen = !store.isOpen;
      const rows = random.between(1, 120);
      lane.push(rowsOf(fed, rows));
      fed += rows;
      // Turns of the writer, as many as it likes.
      for (let i = random.between(0, 4); i > 0; i--) await new Promise((resolve) => setImmediate(resolve));
      ledgerOf(lane);
      if (!random.chance(0.2)) continue;
      const copy = fresh();
      cpSync(at, copy, { recursive: true });
      killed.push({ at: copy, store: new Store(store), fed });
    }
    store.isOpen = true;
    await lane.close(CLOSE_MS);
    expect(store.rows).toEqual(wanted(fed));
    expect(killed.length).toBeGreaterThan(0);
    for (const one of killed) {
      const next = laneOf(one.store, one.at);
      await next.open();
      // A capture is given again from its beginning.
      next.push(rowsOf(0, one.fed + 30));
      await next.close(CLOSE_MS);
      expect(one.store.rows).toEqual(wanted(one.fed + 30));
      expect(ledgerOf(next)).toMatchObject({ pending: 0, dropped: 0 });
    }
  },
);

test('beyond its bytes rows are dropped and counted, and the disk never has more', async () => {
  const [store, at] = [new Store(), fresh()];
  const most = 1 << 20;
  const lane = laneOf(store, at, most);
  await lane.open();
  store.isOpen = false;
  for (let i = 0; i < 20_000; i += 50) lane.push(rowsOf(i, 50));
  const { spillBytes, spillFailing } = lane.statistics();
  expect(spillBytes).toBeLessThanOrEqual(most);
  expect(spillFailing).toContain('are full');
  const { dropped, pending, reasons } = ledgerOf(lane);
  expect(dropped).toBeGreaterThan(0);
  expect(reasons).toEqual({ spillFull: dropped });
  store.isOpen = true;
  await lane.close(CLOSE_MS);
  expect(store.rows).toEqual(wanted(pending));
});

test('a disk that is full, or writes short, is told; what it has not taken is counted, and the rest is in order', async () => {
  const [store, at] = [new Store(), fresh()];
  let room = 60_000;
  const writeAt: WriteAt = (fd, bytes, from, length, to) => {
    if (room === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const some = Math.min(length, room, 1_000);
    room -= some;
    return writeSync(fd, bytes, from, some, to);
  };
  const lane = laneOf(store, at, 1 << 30, writeAt);
  await lane.open();
  store.isOpen = false;
  for (let i = 0; i < 3_000; i += 10) lane.push(rowsOf(i, 10));
  expect(lane.statistics().spillFailing).toContain('ENOSPC');
  const { pending, dropped, reasons } = ledgerOf(lane);
  expect(reasons).toEqual({ spillFailed: dropped });
  expect(pending + dropped).toBe(3_000);
  // Somebody makes room: it goes on by itself.
  room = Number.MAX_SAFE_INTEGER;
  lane.push(rowsOf(3_000, 10));
  expect(lane.statistics().spillFailing).toBe('');
  store.isOpen = true;
  await lane.close(CLOSE_MS);
  expect(store.rows).toEqual([...wanted(pending), ...textsOf(rowsOf(3_000, 10))]);
  expect(ledgerOf(lane)).toMatchObject({ pending: 0, dropped });
});

test('a disk that takes nothing at all leaves the queue as it was', async () => {
  const [store, at] = [new Store(), fresh()];
  const lane = laneOf(store, at, 1 << 30, () => {
    throw new Error('EIO: i/o error, write');
  });
  await lane.open();
  store.isOpen = false;
  for (let i = 0; i < 1_000; i += 10) lane.push(rowsOf(i, 10));
  const { pending, dropped } = ledgerOf(lane);
  expect([pending, dropped]).toEqual([100, 900]);
  expect(filesOf(at)).toEqual([]);
  store.isOpen = true;
  await lane.close(CLOSE_MS);
  expect(store.rows).toEqual(wanted(100));
});

test.each([1, 2])(
  'of files that were cut or changed everything before the fault is stored, and what is cut is told (seed %i)',
  async (seed) => {
    const random = new Random(seed);
    const whole = fresh();
    const spill = new Spill(join(whole, 'day/ticks'), 4 << 20);
    let rows = 0;
    for (; rows < 4_000; rows += 20) expect(spill.append(rowsOf(rows, 20), 0)).toBe(undefined);
    spill.close();
    const names = filesOf(whole);
    expect(names.length).toBeGreaterThan(1);
    for (let turn = 0; turn < 8; turn++) {
      const at = fresh();
      cpSync(whole, at, { recursive: true });
      const path = join(at, 'day/ticks', names[random.between(0, names.length - 1)] as string);
      const bytes = readFileSync(path);
      const place = random.between(0, bytes.length - 1);
      if (random.chance(0.5)) writeFileSync(path, bytes.subarray(0, place));
      else {
        bytes[place] = (bytes[place] as number) ^ (1 << random.between(0, 7));
        writeFileSync(path, bytes);
      }
      const store = new Store();
      const lane = laneOf(store, at);
      await lane.open();
      expect(lane.statistics().spillCut).toBeGreaterThan(0);
      const { accepted } = ledgerOf(lane);
      expect(accepted).toBeLessThan(rows);
      // The feed begins again: nothing is missing, whatever was cut.
      lane.push(rowsOf(0, rows));
      await lane.close(CLOSE_MS);
      expect(store.rows).toEqual(wanted(rows));
      expect(ledgerOf(lane)).toMatchObject({ pending: 0, dropped: 0, accepted: rows });
    }
  },
);

test('rows whose bytes change on disk while the process runs are counted as damaged', async () => {
  const [store, at] = [new Store(), fresh()];
  const lane = laneOf(store, at);
  await lane.open();
  store.isOpen = false;
  for (let i = 0; i < 1_000; i += 10) lane.push(rowsOf(i, 10));
  const [name = ''] = filesOf(at);
  const path = join(at, 'day/ticks', name);
  const bytes = readFileSync(path);
  bytes.fill(0, bytes.length - 200);
  writeFileSync(path, bytes, { flag: 'r+' });
  store.isOpen = true;
  await lane.close(CLOSE_MS);
  expect(ledgerOf(lane)).toMatchObject({ stored: 990, dropped: 10, reasons: { spillDamaged: 10 }, pending: 0 });
  expect(store.rows).toEqual(wanted(990));
});

test('a second process does not use the same folder', async () => {
  const at = fresh();
  const lane = laneOf(new Store(), at);
  await lane.open();
  await expect(laneOf(new Store(), at).open()).rejects.toMatchObject({ code: 'VW_SPILL_OPEN' });
  await lane.close(1);
  expect(existsSync(join(at, 'day/ticks'))).toBe(true);
});

test.each([
  ['no folder', { whenFull: 'spill' }, {}, 'names no folder'],
  ['a folder for nothing', { spill: { folder: 'x' } }, {}, 'is for whenFull: spill'],
  [
    'a log',
    { whenFull: 'spill', spill: { folder: 'x' } },
    { shape: { type: 'records' }, sink: { type: 'log', folder: 'y' } },
    'not for a log',
  ],
])('a spill with %s is refused', (_, queue, more, says) => {
  const given = { shape: { type: 'events' }, sink: { type: 'duckdb', file: 'none' }, queue, ...more };
  const { error } = pipelineSchema.safeParse(given);
  expect(error?.message).toContain(says);
});
