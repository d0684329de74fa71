// Columns that the core writes, held against views of the same messages: sampled messages of every table, whole and
// damaged, its repeating groups at every depth, and events.
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import {
  CONTRACT,
  CONTRACT_AT,
  MESSAGE_HEAD_BYTES,
  MESSAGE_HEAD_LENGTH_AT,
  MESSAGE_HEAD_OFFSET_AT,
  MESSAGE_HEAD_TYPE_AT,
  RECORD_CHANNEL_AT,
  RECORD_KIND,
  RECORD_KIND_AT,
  RUN_BYTES,
  RUN_COUNT_AT,
  RUN_LINE_AT,
  RUN_RECEIVE_TIME_AT,
  RUN_SEQUENCE_AT,
  UNIT_BYTES,
} from '../../src/contract.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { decoders } from '../../src/decoders/registry.js';
import type { EventObject } from '../../src/events/index.js';
import type { ColumnTable } from '../../src/feed/column-types.js';
import { ColumnReader } from '../../src/feed/columns.js';
import { openFeed } from '../../src/feed/open.js';
import { Ring } from '../../src/feed/ring.js';
import { createViews, type Decoder, Field, type Fields, Group, leaves } from '../../src/layout/index.js';
import { captureFile } from '../../src/patterns/index.js';
import { defineVenue } from '../../src/patterns/venue.js';
import { sampleMessage } from '../../src/simulator/message-sampler.js';
import { Random } from '../../src/simulator/random.js';
import { resolveVenue } from '../../src/venues/load.js';
import { codeOf, damage } from './damage.js';

const SEED = Number(process.env.VENUEWIRE_SEED ?? 2026);
const RING_BYTES = 1 << 22;
const SAMPLES = 6;
const FIRST = 1_000n;

type Plain = Readonly<Record<string, unknown>>;

/** A ring into which a test writes runs of messages, one run each. */
class WrittenRing {
  readonly ring = new Ring(1, RING_BYTES);
  units = 0;
  count = 0;
  constructor() {
    new DataView(this.ring.bytes.buffer, this.ring.bytes.byteOffset).setUint32(CONTRACT_AT, CONTRACT, true);
  }
  write(type: number, bytes: Uint8Array): void {
    const d = this.ring.view;
    const at = this.units * UNIT_BYTES;
    const units = (RUN_BYTES + MESSAGE_HEAD_BYTES) / UNIT_BYTES + Math.ceil(bytes.length / UNIT_BYTES);
    d.setUint32(at, units, true);
    d.setUint8(at + RECORD_KIND_AT, RECORD_KIND.indexOf('run'));
    d.setUint16(at + RECORD_CHANNEL_AT, 3, true);
    d.setBigUint64(at + RUN_SEQUENCE_AT, FIRST + BigInt(this.count++), true);
    d.setBigInt64(at + RUN_RECEIVE_TIME_AT, 77n, true);
    d.setUint32(at + RUN_COUNT_AT, 1, true);
    d.setUint8(at + RUN_LINE_AT, 1);
    d.setUint32(at + RUN_BYTES + MESSAGE_HEAD_LENGTH_AT, bytes.length, true);
    d.setUint16(at + RUN_BYTES + MESSAGE_HEAD_TYPE_AT, type, true);
    d.setUint16(at + RUN_BYTES + MESSAGE_HEAD_OFFSET_AT, 0, true);
    new Uint8Array(d.buffer, d.byteOffset + at + RUN_BYTES + MESSAGE_HEAD_BYTES).set(bytes);
    this.units += units;
  }
}

/** Every table that a decoder has, with every field that a column can have. */
function everything(decoder: Decoder): Record<string, string[]> {
  const spec: Record<string, string[]> = {};
  const fieldsOf = (fields: Fields, fixed: boolean): string[] =>
    Object.entries(fields)
      .filter(([, part]) => part instanceof Field && (!fixed || part.data.at >= 0))
      .map(([name]) => name);
  const groups = (path: string, fields: Fields): void => {
    for (const [name, part] of Object.entries(fields)) {
      if (!(part instanceof Group)) continue;
      const names = fieldsOf(part.fields, true);
      if (names.length > 0) spec[`${path}.${name}`] = names;
      groups(`${path}.${name}`, part.fields);
    }
  };
  for (const name of decoder.names) {
    const { fields } = decoder.plan(decoder.names.indexOf(name)).message;
    spec[name] = fieldsOf({ ...decoder.header, ...fields }, false);
    groups(name, fields);
  }
  return spec;
}

/** The objects that a table's rows are, from a message as a plain object. */
function rowsOf(object: Plain, groups: readonly string[]): Plain[] {
  const [first, ...rest] = groups;
  if (first === undefined) return [object];
  return ((object[first] as readonly Plain[] | undefined) ?? []).flatMap((entry) => rowsOf(entry, rest));
}

const meant = (value: unknown, dtype: string): unknown =>
  dtype === 'text'
    ? value instanceof Uint8Array
      ? Buffer.from(value).toString('hex')
      : value === null
        ? null
        : String(value)
    : value === null && dtype === 'f64'
      ? Number.NaN
      : value;

function compare(table: ColumnTable, rows: readonly Plain[], where: string): void {
  expect({ where, length: table.length }).toEqual({ where, length: rows.length });
  for (const { name, dtype, nullable } of table.schema) {
    const column = table.columns[name] as ArrayLike<unknown>;
    const bits = table.nulls[name];
    expect({ where, name, bits: bits !== undefined }).toEqual({ where, name, bits: nullable });
    rows.forEach((row, i) => {
      const value = row[name];
      const there = bits === undefined || ((bits[i >> 3] as number) & (1 << (i & 7))) !== 0;
      if (there !== (value !== null)) expect({ where, name, i, there }).toEqual({ value });
      if (there || dtype === 'f64' || dtype === 'text') {
        if (!Object.is(column[i], meant(value, dtype)) && !(column[i] === 0 && value === 0)) {
          expect({ where, name, i, got: column[i] }).toEqual({ where, name, i, got: meant(value, dtype) });
        }
      }
    });
  }
}

/** What a message says; undefined where it is not whole, and 'unclear' where a view is stricter than a walk. */
function read(decoder: Decoder, index: number, bytes: Uint8Array): Plain | undefined | 'unclear' {
  const { View } = createViews(decoder)[index] as ReturnType<typeof createViews>[number];
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const view = new View().bind(data, 0, bytes.length);
  const walks = codeOf(() => leaves(view)) === 'none';
  let object: Plain | undefined;
  const reads = codeOf(() => {
    object = view.toObject() as unknown as Plain;
  });
  return walks !== (reads === 'none') ? 'unclear' : object;
}

function held(decoder: Decoder, damaged: boolean): number {
  const random = new Random(SEED);
  const written = new WrittenRing();
  const objects = new Map<string, (Plain | undefined)[]>();
  const block = new Uint8Array(1 << 16);
  decoder.names.forEach((name, index) => {
    for (let i = 0; i < SAMPLES; i++) {
      const sample = sampleMessage(decoder, name, random);
      block.set(sample);
      const length = damaged ? damage(block, sample.length, random) : sample.length;
      const bytes = block.slice(0, length);
      if (decoder.lengthCheck(index, length) === 'tooShort') continue;
      if ((written.units + 16) * UNIT_BYTES + length > RING_BYTES) return;
      const object = read(decoder, index, bytes);
      if (object === 'unclear') continue;
      written.write(index, bytes);
      objects.set(name, [...(objects.get(name) ?? []), object]);
    }
  });
  const reader = new ColumnReader(written.ring, decoder, everything(decoder));
  const { tables, messages } = reader.read(0, written.units);
  expect(messages).toBe(written.count);
  for (const [name, table] of Object.entries(tables as Record<string, ColumnTable>)) {
    const [message, ...groups] = name.split('.') as [string, ...string[]];
    const all = objects.get(message) ?? [];
    const whole = all.filter((o) => o !== undefined);
    if (groups.length === 0) {
      // Where all columns are numbers at fixed places, a message that is not whole has them all the same.
      if (table.malformed === all.length - whole.length) compare(table, whole, `${decoder.id} ${name}`);
      else
        expect({ name, malformed: table.malformed, rows: table.length }).toEqual({
          name,
          malformed: 0,
          rows: all.length,
        });
      continue;
    }
    expect({ name, malformed: table.malformed }).toEqual({ name, malformed: all.length - whole.length });
    compare(
      table,
      whole.flatMap((o) => rowsOf(o, groups)),
      `${decoder.id} ${name}`,
    );
  }
  return written.count;
}

const venue = (lines: Parameters<typeof defineVenue>[0]['lines']) =>
  defineVenue({ name: 'day', decoder: itch50, framing: 'moldudp64', lines });
const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const day = async (events: boolean, select?: { messages: ('addOrder' | 'orderDelete')[] }) =>
  openFeed(await resolveVenue(venue({ A: captureFile(fixture('itch50-clean.pcap')) })), {
    ...(events ? { events } : {}),
    ...(select === undefined ? {} : { select }),
  });

describe('columns of messages and entries', () => {
  it.each(decoders.map((d) => d.id))('of %s are what its views read', async (id) => {
    const entry = decoders.find((d) => d.id === id);
    const decoder = (await entry?.load()) as Decoder;
    expect(held(decoder, false)).toBeGreaterThan(0);
    held(decoder, true);
  });

  it('say where a message stood, and give 64-bit fields whole or as two numbers', () => {
    const written = new WrittenRing();
    const random = new Random(SEED);
    const samples = Array.from({ length: 700 }, () => sampleMessage(itch50, 'addOrder', random));
    const index = itch50.names.indexOf('addOrder');
    for (const bytes of samples) written.write(index, bytes);
    const names = ['at.sequence', 'at.receivedAt', 'at.channel', 'at.line', 'at.index', 'orderReferenceNumber'];
    const halves = ['orderReferenceNumberHigh', 'orderReferenceNumberLow'];
    const reader = new ColumnReader(written.ring, itch50, { addOrder: [...names, ...halves] });
    const { addOrder } = reader.read(0, written.units).tables as unknown as Record<string, ColumnTable>;
    const { columns, length } = addOrder as ColumnTable;
    expect(length).toBe(700);
    for (let i = 0; i < length; i++) {
      const id = new DataView((samples[i] as Uint8Array).buffer, (samples[i] as Uint8Array).byteOffset).getBigUint64(
        11,
      );
      expect(columns.orderReferenceNumber?.[i]).toBe(id);
      expect(columns.orderReferenceNumberHigh?.[i]).toBe(Number(id >> 32n));
      expect(columns.orderReferenceNumberLow?.[i]).toBe(Number(id & 0xffff_ffffn));
      expect(columns['at.sequence']?.[i]).toBe(FIRST + BigInt(i));
      expect([columns['at.receivedAt']?.[i], columns['at.channel']?.[i], columns['at.line']?.[i]]).toEqual([77n, 3, 1]);
    }
    expect((columns.orderReferenceNumber as BigUint64Array).buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it.each([
    [{ addOder: ['price'] }, "Did you mean 'addOrder'"],
    [{ addOrder: ['prise'] }, 'price'],
    [{ 'addOrder.entries': ['price'] }, 'no groups'],
  ])('of %j are refused with what was meant', (spec, hint) => {
    const { ring } = new WrittenRing();
    const make = () => new ColumnReader(ring, itch50, spec);
    expect(codeOf(make)).toBe('VW_COLUMN');
    expect(make).toThrowError(expect.objectContaining({ hint: expect.stringContaining(hint) }));
  });

  it('do not follow what another thread has scribbled over the ring', () => {
    const written = new WrittenRing();
    written.write(itch50.names.indexOf('addOrder'), sampleMessage(itch50, 'addOrder', new Random(SEED)));
    const reader = new ColumnReader(written.ring, itch50, { addOrder: ['price'] });
    for (const [at, value] of [
      [0, 0],
      [0, 0xffff_ffff],
      [RUN_BYTES + MESSAGE_HEAD_LENGTH_AT, 0xffff_ffff],
      [RUN_COUNT_AT, 0xffff_ffff],
    ] as const) {
      const before = written.ring.view.getUint32(at, true);
      written.ring.view.setUint32(at, value, true);
      expect(codeOf(() => reader.read(0, written.units))).toBe('VW_RING_RECORD');
      written.ring.view.setUint32(at, before, true);
    }
    expect(reader.read(0, written.units).messages).toBe(1);
  });

  it('of a feed that selects messages are the same, and what was left out is counted', async () => {
    const spec = {
      addOrder: ['at.sequence', 'orderReferenceNumber', 'price'],
      orderExecuted: ['executedShares'],
    } as const;
    const read = async (select?: { messages: ('addOrder' | 'orderDelete')[] }) => {
      const rows: unknown[][] = [];
      let executed = 0;
      const feed = await day(false, select);
      for await (const batch of feed) {
        const tables = (batch as { columns(s: typeof spec): Record<string, ColumnTable> }).columns(spec);
        const { columns, length } = tables.addOrder as ColumnTable;
        for (let i = 0; i < length; i++) rows.push(spec.addOrder.map((name) => columns[name]?.[i]));
        executed += (tables.orderExecuted as ColumnTable).length;
      }
      return { rows, executed, statistics: feed.statistics().channels[0] };
    };
    const all = await read();
    const some = await read({ messages: ['addOrder', 'orderDelete'] });
    expect(all.executed).toBeGreaterThan(0);
    expect(some.executed).toBe(0);
    expect(some.rows).toEqual(all.rows);
    const counted = (c: typeof all.statistics) => Number(c?.messages) + Number(c?.selectedOut);
    expect(counted(some.statistics)).toBe(counted(all.statistics));
    expect(Number(some.statistics?.selectedOut)).toBeGreaterThan(all.executed - 1);
  });

  it('of a feed have a row for each message, and can be read by a worker', async () => {
    let rows = 0;
    let orders = 0;
    let sum = 0n;
    let seen = 0n;
    const spec = { addOrder: ['orderReferenceNumber'] } as const;
    for await (const batch of await day(false)) {
      const { addOrder } = (batch as { columns(s: typeof spec): Record<string, ColumnTable> }).columns(spec);
      rows += (addOrder as ColumnTable).length;
      const column = (addOrder as ColumnTable).columns.orderReferenceNumber as BigUint64Array;
      for (const id of column) sum += id;
      const worker = new Worker(
        "const { parentPort: p, workerData: c } = require('node:worker_threads'); let s = 0n; for (const v of c) s += v; p.postMessage(s);",
        { eval: true, workerData: column },
      );
      seen += await new Promise<bigint>((resolve) => worker.once('message', resolve));
      batch.read({ addOrder: () => orders++ } as never);
    }
    expect(rows).toBe(orders);
    expect(rows).toBeGreaterThan(0);
    expect(seen).toBe(sum);
  });
});

describe('columns of events', () => {
  it('are the events that handlers are given, in their order', async () => {
    const views: EventObject[] = [];
    const take = (e: { toObject(): EventObject }) => views.push(e.toObject());
    await (await day(true)).run({
      order: take,
      trade: take,
      level: take,
      status: take,
      definition: take,
      imbalance: take,
    } as never);
    let at = 0;
    for await (const batch of await day(true)) {
      const { columns, schema, length, nulls } = batch.eventColumns();
      for (let i = 0; i < length; i++, at++) {
        const event = views[at] as unknown as Plain;
        for (const { name, values } of schema) {
          const column = columns[name as keyof typeof columns] as ArrayLike<number | bigint>;
          const bits = nulls[name as keyof typeof nulls];
          const there = bits === undefined || ((bits[i >> 3] as number) & (1 << (i & 7))) !== 0;
          const value = values === undefined ? column[i] : values[Number(column[i])];
          if (event[name] === undefined) expect({ name, there }).toEqual({ name, there: false });
          else if (value !== event[name]) expect({ at, name, value }).toEqual({ at, name, value: event[name] });
        }
      }
    }
    expect(at).toBe(views.length);
    expect(at).toBeGreaterThan(100);
  });

  it('are refused where the feed has none, and for a field that events do not have', async () => {
    for await (const batch of await day(false)) expect(codeOf(() => batch.eventColumns(['price']))).toBe('VW_EVENTS');
    for await (const batch of await day(true)) {
      expect(codeOf(() => batch.eventColumns(['prise' as 'price']))).toBe('VW_COLUMN');
    }
  });
});
