/**
 * Batches as columns: the core writes one typed array a field, in one call a batch. What is no plain number (text, bits,
 * decimals of a composite) is read by the views, at the places that the core has found.
 */
import { EVENT_BYTES, UNIT_BYTES } from '../contract.js';
import { remedyOf, VenuewireError } from '../errors.js';
import { EVENT_SCHEMA, type EventField, type EventObject } from '../events/view.js';
import { bitName, type Field } from '../layout/field.js';
import { compileCatalogue } from '../layout/index.js';
import type { PlanField, PlanGroup, PlanMessage, PlanRecord } from '../layout/plan.js';
import { SpecWriter } from '../layout/spec.js';
import { recordClass, type View } from '../layout/view.js';
import { type NativeColumns, native } from '../native.js';
import { nearestWord } from '../nearest.js';
import type { AnyDecoder } from './batch.js';
import type { Column, ColumnDtype, ColumnField, Columns, ColumnTable } from './column-types.js';
import type { Ring } from './ring.js';

/** Of the compiled form; native/core/columns.cpp has the same. */
const COLUMNS_VERSION = 1;
/** A table whose rows are records that are handed over, not messages of the ring. */
const RECORDS = 0xffff;
const MESSAGE_HEAD_BYTES = 8;
const BITS_OF_BYTE = 8;
const FIRST_ROWS = 1024;
/** What the core says of a batch before it says of each table: messages, sound, others. */
const STATE_HEAD = 3;
const HALF_BYTES = 4;
/** Values up to here are exact in a double. */
const LONGEST_IN_DOUBLE = 6;
const DIGITS_IN_DOUBLE = 15;
const DIGITS_IN_I64 = 18;

const SOURCE = {
  message: 0,
  entry: 1,
  'at.sequence': 2,
  'at.receivedAt': 3,
  'at.channel': 4,
  'at.line': 5,
  'at.origin': 6,
  'at.index': 7,
  messageAt: 8,
  messageLength: 9,
  entryAt: 10,
  entryLength: 11,
} as const;
type Source = keyof typeof SOURCE;
const WIRE = { uint: 0, int: 1, float: 2 } as const;
const DTYPES = ['i8', 'i16', 'i32', 'i64', 'u8', 'u16', 'u32', 'u64', 'f32', 'f64'] as const;
type NumberDtype = (typeof DTYPES)[number];
const ARRAYS = {
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;
type NumberArray =
  | Int8Array<ArrayBufferLike>
  | Int16Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | BigInt64Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>
  | Uint16Array<ArrayBufferLike>
  | Uint32Array<ArrayBufferLike>
  | BigUint64Array<ArrayBufferLike>
  | Float32Array<ArrayBufferLike>
  | Float64Array<ArrayBufferLike>;

const POSITION: Readonly<Record<string, { readonly dtype: NumberDtype; readonly unit: string }>> = {
  'at.sequence': { dtype: 'u64', unit: 'sequence number' },
  'at.receivedAt': { dtype: 'i64', unit: 'ns since 1970-01-01T00:00:00Z' },
  'at.channel': { dtype: 'u16', unit: 'index' },
  'at.line': { dtype: 'u8', unit: 'index' },
  'at.origin': { dtype: 'u8', unit: 'code' },
  'at.index': { dtype: 'u16', unit: 'index' },
};

type AnySpec = Readonly<Record<string, readonly string[] | undefined>>;

/** What the core writes: a column of the user's, or where a row stands. */
interface Written {
  readonly source: Source;
  readonly dtype: NumberDtype;
  readonly at: number;
  readonly size: number;
  readonly wire: keyof typeof WIRE;
  readonly big: boolean;
  readonly since: number;
  readonly nullBits: bigint | undefined;
  /** Any NaN is no value. */
  readonly nanIsNull: boolean;
}
interface Wanted {
  readonly field: ColumnField;
  /** Place among what the core writes; undefined: the views read it. */
  readonly written: number | undefined;
  readonly source: 'message' | 'entry';
}

const place = (source: Source, dtype: NumberDtype): Written => ({
  source,
  dtype,
  at: 0,
  size: ARRAYS[dtype].BYTES_PER_ELEMENT,
  wire: 'uint',
  big: false,
  since: 0,
  nullBits: undefined,
  nanIsNull: false,
});

const refuse = (what: string, hint: string): VenuewireError => new VenuewireError('VW_COLUMN', what, hint);

/** The dtype that a field has as a column; undefined: it is no plain number. */
function dtypeOf(p: PlanField): NumberDtype | undefined {
  const nullable = p.nullBits !== undefined || p.since > 0;
  if (p.wire === 'float') return nullable || p.size === 8 ? 'f64' : 'f32';
  if (p.wire !== 'uint' && p.wire !== 'int') return undefined;
  const letter = p.wire === 'int' ? 'i' : 'u';
  if (p.size > LONGEST_IN_DOUBLE) return `${letter}64`;
  if (nullable || ![1, 2, 4].includes(p.size)) return 'f64';
  return `${letter}${p.size * BITS_OF_BYTE}` as NumberDtype;
}

/** One table of a specification: which messages or entries are its rows, and what of them is written. */
class TablePlan {
  readonly written: Written[] = [];
  readonly wanted: Wanted[] = [];
  /** The fewest bytes of the ring that a row takes. */
  readonly rowBytes: number;
  readonly message: PlanMessage;
  readonly group: PlanGroup | undefined;
  /** Places of the groups among their records' parts, outermost first. */
  readonly path: readonly number[];
  /** Where the places stand by which the views are bound, once something is read by views. */
  #placed: number | undefined;

  constructor(
    readonly decoder: AnyDecoder,
    readonly name: string,
    names: readonly string[],
  ) {
    const [messageName, ...groups] = name.split('.') as [string, ...string[]];
    if (!decoder.names.includes(messageName)) {
      const near = nearestWord(messageName, decoder.names);
      throw refuse(
        `${decoder.id} has no message '${messageName}'`,
        near === undefined ? `Its messages are ${decoder.names.join(', ')}.` : `Did you mean '${near}'?`,
      );
    }
    this.message = decoder.plan(decoder.indexOf(messageName));
    const path: number[] = [];
    let record = this.message.record;
    let group: PlanGroup | undefined;
    for (const wanted of groups) {
      const at = record.parts.findIndex((p) => p.kind === 'group' && p.name === wanted);
      if (at < 0) {
        const known = record.parts.filter((p) => p.kind === 'group').map((p) => p.name);
        throw refuse(
          `${name}: there is no group '${wanted}'`,
          known.length === 0 ? 'There are no groups in it.' : `Its groups are ${known.join(', ')}.`,
        );
      }
      group = record.parts[at] as PlanGroup;
      record = group.record;
      path.push(at);
    }
    this.group = group;
    this.path = path;
    this.rowBytes =
      group === undefined
        ? MESSAGE_HEAD_BYTES + Math.ceil(this.message.minLength / UNIT_BYTES) * UNIT_BYTES
        : Math.max(1, group.count.kind === 'dimension' ? group.record.leastEnd : group.size);
    for (const column of names) this.wanted.push(this.#want(column));
  }

  #want(name: string): Wanted {
    const position = POSITION[name];
    if (position !== undefined) {
      const field: ColumnField = { name, ...position, nullable: false };
      return { field, written: this.written.push(place(name as Source, position.dtype)) - 1, source: 'message' };
    }
    const found = this.#find(name);
    if (found === undefined) {
      throw refuse(`${this.name} has no field '${name}' that can be a column`, `Its fields are ${this.#known()}.`);
    }
    const { part, source, half } = found;
    const nullable = part.nullBits !== undefined || part.since > 0;
    const { scale, unit } = part.field?.data.meaning ?? {};
    const common = {
      name,
      ...(scale === undefined ? {} : { scale }),
      ...(unit === undefined ? {} : { unit }),
      nullable,
    };
    if (half !== undefined) {
      const field: ColumnField = { name, dtype: 'f64', nullable: false };
      const shift = (half === 'High') === part.big ? 0 : HALF_BYTES;
      const at: Written = { ...this.#of(part, source, 'f64'), at: part.at + shift, size: HALF_BYTES, wire: 'uint' };
      return { field, written: this.written.push({ ...at, since: 0, nullBits: undefined }) - 1, source };
    }
    const dtype = found.bit || part.at < 0 ? undefined : dtypeOf(part);
    if (dtype === undefined) {
      this.#placeViews();
      return { field: { ...common, dtype: viewedDtype(part, found.bit) }, written: undefined, source };
    }
    return { field: { ...common, dtype }, written: this.written.push(this.#of(part, source, dtype)) - 1, source };
  }

  #of(part: PlanField, source: 'message' | 'entry', dtype: NumberDtype): Written {
    return {
      source,
      dtype,
      at: part.at,
      size: part.size,
      wire: part.wire as keyof typeof WIRE,
      big: part.big,
      since: part.since,
      nullBits: part.nullBits,
      nanIsNull: part.wire === 'float' && Number.isNaN(part.field?.data.nullValue),
    };
  }

  #placeViews(): void {
    if (this.#placed !== undefined) return;
    this.#placed = this.written.push(place('messageAt', 'u32'), place('messageLength', 'u32')) - 2;
    if (this.group !== undefined) this.written.push(place('entryAt', 'u32'), place('entryLength', 'u32'));
  }
  get placed(): number | undefined {
    return this.#placed;
  }

  #records(): readonly (readonly [PlanRecord, 'message' | 'entry'])[] {
    const message = [this.message.record, 'message'] as const;
    return this.group === undefined ? [message] : [[this.group.record, 'entry'], message];
  }

  #find(name: string): { part: PlanField; source: 'message' | 'entry'; half?: string; bit: boolean } | undefined {
    const half = /^(.*)(High|Low)$/.exec(name);
    for (const [record, source] of this.#records()) {
      const reachable = (p: PlanField) => p.field !== undefined && (p.at >= 0 || source === 'message');
      const part = record.byName.get(name);
      if (part?.kind === 'field' && reachable(part)) return { part, source, bit: false };
      for (const p of record.parts) {
        if (p.kind !== 'field' || !reachable(p)) continue;
        const bits = Object.keys((p.field as Field).data.places ?? {});
        if (bits.some((bit) => bitName(p.name, bit) === name)) return { part: p, source, bit: true };
        const wide = p.size === 8 && (p.wire === 'uint' || p.wire === 'int') && p.at >= 0;
        if (wide && half?.[1] === p.name) return { part: p, source, half: half[2] as string, bit: false };
      }
    }
    return undefined;
  }

  #known(): string {
    const names = this.#records().flatMap(([record]) =>
      record.parts.filter((p) => p.kind === 'field' && p.field !== undefined).map((p) => p.name),
    );
    return [...new Set(names), ...Object.keys(POSITION)].join(', ');
  }
}

/** The dtype of what the views read. */
function viewedDtype(p: PlanField, bit: boolean): ColumnDtype {
  if (bit || p.wire === 'float') return 'f64';
  if (p.wire === 'digits') return p.size <= DIGITS_IN_DOUBLE ? 'f64' : p.size <= DIGITS_IN_I64 ? 'i64' : 'text';
  if (p.wire !== 'uint' && p.wire !== 'int') return 'text';
  return p.size <= LONGEST_IN_DOUBLE ? 'f64' : p.wire === 'int' ? 'i64' : 'u64';
}

/** `whole`: only messages that are whole have rows, also where no group is asked for. */
function writeTable(
  w: SpecWriter,
  index: number,
  whole: boolean,
  path: readonly number[],
  written: readonly Written[],
): void {
  w.u16(index).flag(whole);
  w.list(path, (at) => {
    w.u16(at);
  });
  w.list(written, (c) => {
    w.u8(SOURCE[c.source]).u8(WIRE[c.wire]).u8(DTYPES.indexOf(c.dtype)).u32(c.at).u8(c.size).flag(c.big);
    w.u32(c.since)
      .flag(c.nullBits !== undefined)
      .u64(c.nullBits ?? 0n)
      .flag(c.nanIsNull);
  });
}

/** Memory of one table: a typed array for each column that the core writes. */
class TableMemory {
  capacity = 0;
  readonly arrays: NumberArray[] = [];
  readonly nulls: (Uint8Array | undefined)[] = [];
  constructor(readonly written: readonly Written[]) {}

  /** Room for so many rows; what is there is kept. Returns whether the memory is another. */
  reserve(rows: number): boolean {
    if (rows <= this.capacity && this.capacity > 0) return false;
    this.capacity = Math.max(FIRST_ROWS, 2 ** Math.ceil(Math.log2(rows)));
    this.written.forEach((c, i) => {
      const OfType = ARRAYS[c.dtype] as Float64ArrayConstructor;
      const before = this.arrays[i] as Float64Array | undefined;
      const after = new OfType(new SharedArrayBuffer(this.capacity * OfType.BYTES_PER_ELEMENT));
      if (before !== undefined) after.set(before);
      this.arrays[i] = after as NumberArray;
      if (c.nullBits === undefined && c.since === 0) return;
      const bits = new Uint8Array(new SharedArrayBuffer(this.capacity / BITS_OF_BYTE));
      const bitsBefore = this.nulls[i];
      if (bitsBefore !== undefined) bits.set(bitsBefore);
      this.nulls[i] = bits;
    });
    return true;
  }
}

function tableOf(
  fields: readonly ColumnField[],
  length: number,
  malformed: number,
  columnOf: (i: number) => Column,
  bitsOf: (i: number) => Uint8Array | undefined,
): ColumnTable {
  const columns: Record<string, Column> = {};
  const nulls: Record<string, Uint8Array> = {};
  fields.forEach((field, i) => {
    columns[field.name] = columnOf(i);
    const bits = bitsOf(i);
    if (bits !== undefined) nulls[field.name] = bits;
  });
  return { ...columns, length, schema: fields, columns, nulls, malformed };
}

const bitBytes = (rows: number): number => Math.ceil(rows / BITS_OF_BYTE);

/** A specification made ready for one feed. */
export class ColumnReader<C> {
  readonly #plans: readonly TablePlan[];
  readonly #memory: readonly TableMemory[];
  readonly #schemas: readonly (readonly ColumnField[])[];
  readonly #native: NativeColumns;
  readonly #state: Float64Array;

  /** @throws VenuewireError `VW_COLUMN` for a message, group or field that is not there or cannot be a column. */
  constructor(
    readonly ring: Ring,
    decoder: AnyDecoder,
    spec: C,
  ) {
    this.#plans = Object.entries(spec as AnySpec).map(([name, fields]) => new TablePlan(decoder, name, fields ?? []));
    this.#memory = this.#plans.map((p) => new TableMemory(p.written));
    this.#schemas = this.#plans.map((p) => p.wanted.map((column) => column.field));
    const catalogue = compileCatalogue(decoder);
    const w = new SpecWriter().u16(COLUMNS_VERSION);
    w.list(this.#plans, (p) => {
      writeTable(w, p.message.index, p.placed !== undefined, p.path, p.written);
    });
    const program = w.finish();
    const compiled = new Uint8Array(catalogue.length + program.length);
    compiled.set(catalogue);
    compiled.set(program, catalogue.length);
    this.#native = new (native().Columns)(compiled, ring.bytes, ring.dataAt, ring.dataBytes);
    this.#state = new Float64Array(STATE_HEAD + 2 * this.#plans.length);
  }

  /**
   * The rows of [from, to) of the ring, how many messages there are, and how much else: notices, packets, and messages
   * that the decoder does not know.
   */
  read(from: number, to: number): { readonly tables: Columns<C>; readonly messages: number; readonly others: number } {
    const state = this.#state;
    const bytes = ((to - from) >>> 0) * UNIT_BYTES;
    this.#plans.forEach((plan, t) => {
      const memory = this.#memory[t] as TableMemory;
      if (memory.reserve(this.ring.closed ? 1 : Math.ceil(bytes / plan.rowBytes))) {
        this.#native.memory(t, memory.capacity, memory.arrays, memory.nulls);
      }
    });
    state.fill(0);
    if (!this.ring.closed) {
      this.ring.check();
      this.#native.take(from, to, state);
      if (state[1] === 0) {
        throw new VenuewireError(
          'VW_RING_RECORD',
          `The ring holds no sound record between positions ${from} and ${to}`,
          remedyOf('VW_RING_RECORD'),
        );
      }
      this.ring.beginReading(from);
      this.ring.endReading(state[0] as number);
    }
    const tables = this.#plans.map((plan, t) => [plan.name, this.#table(t)] as const);
    return {
      tables: Object.fromEntries(tables) as unknown as Columns<C>,
      messages: state[0] as number,
      others: state[2] as number,
    };
  }

  #table(t: number): ColumnTable {
    const plan = this.#plans[t] as TablePlan;
    const memory = this.#memory[t] as TableMemory;
    const rows = this.#state[STATE_HEAD + 2 * t] as number;
    const read = plan.placed === undefined ? undefined : this.#viewed(plan, memory, plan.placed, rows);
    return tableOf(
      this.#schemas[t] as readonly ColumnField[],
      rows,
      this.#state[STATE_HEAD + 1 + 2 * t] as number,
      (i) => {
        const { written } = plan.wanted[i] as Wanted;
        return written === undefined
          ? (read?.columns[i] as Column)
          : (memory.arrays[written] as NumberArray).subarray(0, rows);
      },
      (i) => {
        const { written } = plan.wanted[i] as Wanted;
        return written === undefined ? read?.nulls[i] : memory.nulls[written]?.subarray(0, bitBytes(rows));
      },
    );
  }

  /** Columns that views read, row by row. */
  #viewed(plan: TablePlan, memory: TableMemory, placed: number, rows: number) {
    const { message, group } = plan;
    const [messageAt, messageLength, entryAt, entryLength] = memory.arrays.slice(placed) as unknown as Uint32Array[];
    const view = new (recordClass(message.record, message))();
    const entry = group === undefined ? undefined : new (recordClass(group.record, message))();
    view.$data = this.ring.view;
    if (entry !== undefined) {
      entry.$data = this.ring.view;
      entry.$parent = view;
    }
    const columns: (Viewed | undefined)[] = [];
    const nulls: (Uint8Array | undefined)[] = [];
    plan.wanted.forEach(({ field, written }, i) => {
      if (written !== undefined) return;
      columns[i] = field.dtype === 'text' ? new Array<string | null>(rows) : (new ARRAYS[field.dtype](rows) as Viewed);
      if (field.nullable) nulls[i] = new Uint8Array(bitBytes(rows));
    });
    for (let row = 0; row < rows; row++) {
      view.$at = messageAt?.[row] as number;
      view.$length = messageLength?.[row] as number;
      view.$end = view.$at + view.$length;
      if (entry !== undefined) {
        entry.$at = entryAt?.[row] as number;
        entry.$length = entryLength?.[row] as number;
        entry.$end = view.$end;
      }
      plan.wanted.forEach(({ field, written, source }, i) => {
        if (written !== undefined) return;
        const from = (source === 'entry' ? entry : view) as View & Readonly<Record<string, unknown>>;
        const value = from[field.name] as number | string | bigint | boolean | Uint8Array | null;
        const bits = nulls[i];
        if (bits !== undefined && value !== null) bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
        store(columns[i] as Viewed, row, value);
      });
    }
    return { columns, nulls };
  }
}

type Viewed = Float64Array | BigInt64Array | BigUint64Array | (string | null)[];

function store(column: Viewed, row: number, value: number | string | bigint | boolean | Uint8Array | null): void {
  if (column instanceof Float64Array) column[row] = value === null ? Number.NaN : Number(value);
  else if (!Array.isArray(column)) column[row] = BigInt((value ?? 0) as number | bigint);
  else if (value instanceof Uint8Array) column[row] = Buffer.from(value).toString('hex');
  else column[row] = value === null ? null : String(value);
}

/** Fields of events, as columns. */
export type EventColumnName = Exclude<keyof EventObject, 'reserved'>;

/** All of them, in the order of the record. */
export const EVENT_COLUMNS: readonly EventColumnName[] = EVENT_SCHEMA.fields
  .map((f) => f.name)
  .filter((name) => name !== 'reserved') as readonly EventColumnName[];

const eventWritten = (f: EventField): Written => ({
  ...place('message', f.dtype),
  at: f.at,
  wire: f.dtype.startsWith('i') ? 'int' : 'uint',
  nullBits: f.none === undefined ? undefined : BigInt(f.none),
});

/** Columns of normalised events. */
export class EventColumnReader {
  readonly #fields: readonly ColumnField[];
  readonly #memory: TableMemory;
  readonly #native: NativeColumns;
  #rows = 0;

  /** @throws VenuewireError `VW_COLUMN` for a field that events do not have. */
  constructor(names: readonly string[]) {
    const found = names.map((name) => {
      const field = EVENT_SCHEMA.fields.find((f) => f.name === name);
      if (field !== undefined) return field;
      throw refuse(
        `Events have no field '${name}'`,
        `Theirs are ${EVENT_SCHEMA.fields.map((f) => f.name).join(', ')}.`,
      );
    });
    this.#fields = found.map(({ name, dtype, unit, values, none }) => ({
      name,
      dtype: dtype as ColumnDtype,
      unit,
      nullable: none !== undefined,
      ...(values === undefined ? {} : { values }),
    }));
    const written = found.map(eventWritten);
    this.#memory = new TableMemory(written);
    const w = new SpecWriter().u16(COLUMNS_VERSION);
    w.list([0], () => {
      writeTable(w, RECORDS, false, [], written);
    });
    this.#native = new (native().Columns)(w.finish(), null, 0, 0);
  }

  begin(): void {
    this.#rows = 0;
    this.#reserve(1);
  }
  #reserve(rows: number): void {
    const memory = this.#memory;
    if (memory.reserve(rows)) this.#native.memory(0, memory.capacity, memory.arrays, memory.nulls);
  }
  /** Adds so many records of 64 bytes. */
  add(records: DataView, count: number): void {
    this.#reserve(this.#rows + count);
    this.#native.records(
      new Uint8Array(records.buffer, records.byteOffset, count * EVENT_BYTES),
      EVENT_BYTES,
      this.#rows,
    );
    this.#rows += count;
  }
  end(): ColumnTable {
    const { arrays, nulls } = this.#memory;
    const rows = this.#rows;
    return tableOf(
      this.#fields,
      rows,
      0,
      (i) => (arrays[i] as NumberArray).subarray(0, rows),
      (i) => nulls[i]?.subarray(0, bitBytes(rows)),
    );
  }
}
