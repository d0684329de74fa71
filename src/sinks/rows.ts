/**
 * What goes through a pipeline: rows of one schema, column by column, each with the position that it has in its feed.
 * Batches are never changed once they are made, so that several sinks can hold the same one.
 */

/**
 * `i64` … `f64`: a typed array; `text`: strings; `word`: few different texts, as codes and their words; `bytes`: a
 * `Uint8Array` a row.
 */
export type RowType = 'i64' | 'u64' | 'u32' | 'u16' | 'u8' | 'i8' | 'f64' | 'text' | 'word' | 'bytes';

export interface RowField {
  readonly name: string;
  readonly dtype: RowType;
  /** What one of it is; `raw`: value = field * 10^exponent, where `exponent` names the field that has it. */
  readonly unit: string;
  readonly exponent?: string;
  /** `optional`: `none` stands for no value; for `f64` NaN does. */
  readonly state: 'always' | 'optional';
  readonly none?: string;
}

/** A category: what a topic, a table or a measurement holds. */
export interface RowSchema {
  readonly name: string;
  readonly version: number;
  readonly fields: readonly RowField[];
  /** Fields of type `word` that topics and keys are made of. */
  readonly category?: string;
  readonly instrument?: string;
}

/** Few different texts: `words[codes[row]]`. */
export interface Words {
  readonly codes: Uint32Array;
  readonly words: readonly string[];
}

export type NumberColumn =
  | BigInt64Array
  | BigUint64Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | Int8Array
  | Float64Array;
export type RowColumn = NumberColumn | readonly string[] | readonly Uint8Array[] | Words;

/**
 * How far a pipeline has come in one numbering of a channel. `part` tells rows of one message apart. Numbers of an epoch
 * (a session, or what begins with a reset) never fall.
 */
export interface RowPosition {
  readonly channel: string;
  readonly epoch: string;
  readonly number: bigint;
  readonly part: number;
}

/** The first fields of every schema. */
export const POSITION_FIELDS: readonly RowField[] = [
  { name: 'channel', dtype: 'word', unit: 'name of the channel', state: 'always' },
  { name: 'epoch', dtype: 'word', unit: 'session, and resets in it', state: 'always' },
  { name: 'number', dtype: 'u64', unit: 'sequence number', state: 'always' },
  { name: 'part', dtype: 'u32', unit: 'row of the message, from 0', state: 'always' },
];
const CHANNEL = 0;
const EPOCH = 1;
const NUMBER = 2;
const PART = 3;

export const isWords = (column: RowColumn): column is Words => 'codes' in column;

const ARRAYS = {
  i64: BigInt64Array,
  u64: BigUint64Array,
  u32: Uint32Array,
  u16: Uint16Array,
  u8: Uint8Array,
  i8: Int8Array,
  f64: Float64Array,
} as const;

/** An empty column of a number type. */
export const numberColumn = (dtype: keyof typeof ARRAYS, rows: number): NumberColumn => new ARRAYS[dtype](rows);

/** What a text takes beside its characters, about. */
const TEXT_BYTES = 16;

function columnBytes(column: RowColumn): number {
  if (isWords(column)) return column.codes.byteLength;
  if (ArrayBuffer.isView(column)) return column.byteLength;
  let bytes = 0;
  for (const value of column as readonly (string | Uint8Array)[]) bytes += value.length + TEXT_BYTES;
  return bytes;
}

/** Rows of one schema. */
export class RowBatch {
  #bytes = -1;
  constructor(
    readonly schema: RowSchema,
    readonly rows: number,
    /** In the order of the schema's fields. */
    readonly columns: readonly RowColumn[],
  ) {}

  /** About what it takes in memory. */
  get bytes(): number {
    if (this.#bytes < 0) this.#bytes = this.columns.reduce((sum, column) => sum + columnBytes(column), 0);
    return this.#bytes;
  }

  /** @throws RangeError where the schema has no such field. */
  column(name: string): RowColumn {
    const at = this.schema.fields.findIndex((field) => field.name === name);
    if (at < 0) throw new RangeError(`${this.schema.name} has no field '${name}'`);
    return this.columns[at] as RowColumn;
  }

  /** The value of a row; integers of 64 bits as `bigint`. */
  value(field: number, row: number): string | number | bigint | Uint8Array {
    const column = this.columns[field] as RowColumn;
    if (isWords(column)) return column.words[column.codes[row] as number] as string;
    return column[row] as string | number | bigint | Uint8Array;
  }

  /** A row as an object, values that are none left out. */
  row(row: number): Record<string, string | number | bigint | Uint8Array> {
    const out: Record<string, string | number | bigint | Uint8Array> = {};
    this.schema.fields.forEach((field, i) => {
      const value = this.value(i, row);
      if (!isNone(field, value)) out[field.name] = value;
    });
    return out;
  }

  position(row: number): RowPosition {
    const channel = this.value(CHANNEL, row) as string;
    const epoch = this.value(EPOCH, row) as string;
    return { channel, epoch, number: this.value(NUMBER, row) as bigint, part: this.value(PART, row) as number };
  }

  /** The last position of each channel and epoch that has rows here. */
  positions(): RowPosition[] {
    const channels = this.columns[CHANNEL] as Words;
    const epochs = this.columns[EPOCH] as Words;
    const last = new Map<number, number>();
    for (let row = 0; row < this.rows; row++) {
      last.set((channels.codes[row] as number) * epochs.words.length + (epochs.codes[row] as number), row);
    }
    return [...last.values()].map((row) => this.position(row));
  }

  slice(from: number, to: number): RowBatch {
    if (from === 0 && to === this.rows) return this;
    const columns = this.columns.map((column) =>
      isWords(column)
        ? { codes: column.codes.subarray(from, to), words: column.words }
        : ArrayBuffer.isView(column)
          ? (column as Uint8Array).subarray(from, to)
          : column.slice(from, to),
    );
    return new RowBatch(this.schema, to - from, columns as RowColumn[]);
  }

  /** Only these rows, in this order. */
  pick(rows: readonly number[] | Uint32Array): RowBatch {
    const columns = this.columns.map((column) => {
      if (isWords(column)) {
        const codes = new Uint32Array(rows.length);
        for (let i = 0; i < rows.length; i++) codes[i] = column.codes[rows[i] as number] as number;
        return { codes, words: column.words };
      }
      if (!ArrayBuffer.isView(column)) return Array.from(rows, (row) => column[row]);
      const from = column as Uint32Array;
      const out = new (from.constructor as typeof Uint32Array)(rows.length);
      for (let i = 0; i < rows.length; i++) out[i] = from[rows[i] as number] as number;
      return out;
    });
    return new RowBatch(this.schema, rows.length, columns as RowColumn[]);
  }

  /** What lies behind the positions. */
  after(positions: Positions): RowBatch {
    if (positions.size === 0) return this;
    const channels = this.columns[CHANNEL] as Words;
    const epochs = this.columns[EPOCH] as Words;
    const numbers = this.columns[NUMBER] as BigUint64Array;
    const parts = this.columns[PART] as Uint32Array;
    const known = new Map<number, RowPosition | undefined>();
    const kept: number[] = [];
    for (let row = 0; row < this.rows; row++) {
      const key = (channels.codes[row] as number) * epochs.words.length + (epochs.codes[row] as number);
      let position = known.get(key);
      if (position === undefined && !known.has(key)) {
        position = positions.of(this.value(CHANNEL, row) as string, this.value(EPOCH, row) as string);
        known.set(key, position);
      }
      if (position !== undefined) {
        const number = numbers[row] as bigint;
        if (number < position.number) continue;
        if (number === position.number && (parts[row] as number) <= position.part) continue;
      }
      kept.push(row);
    }
    return kept.length === this.rows ? this : this.pick(kept);
  }
}

/** A value that stands for none. */
export const isNone = (field: RowField, value: string | number | bigint | Uint8Array): boolean =>
  field.state === 'optional' &&
  (field.none === undefined ? typeof value === 'number' && Number.isNaN(value) : String(value) === field.none);

/** One batch of several of one schema, in order. */
export function joinBatches(batches: readonly RowBatch[]): RowBatch {
  const [first] = batches;
  if (first === undefined) throw new RangeError('no batches to join');
  if (batches.length === 1) return first;
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  const columns = first.columns.map((_, i) =>
    joinColumns(
      batches.map((batch) => batch.columns[i] as RowColumn),
      rows,
    ),
  );
  return new RowBatch(first.schema, rows, columns);
}

function joinColumns(columns: readonly RowColumn[], rows: number): RowColumn {
  const first = columns[0] as RowColumn;
  if (isWords(first)) return joinWords(columns as readonly Words[], rows);
  if (!ArrayBuffer.isView(first)) return (columns as readonly (readonly string[])[]).flat();
  const out = new (first.constructor as typeof Uint32Array)(rows);
  let at = 0;
  for (const column of columns as readonly Uint32Array[]) {
    out.set(column, at);
    at += column.length;
  }
  return out;
}

function joinWords(columns: readonly Words[], rows: number): Words {
  const words: string[] = [];
  const codeOf = new Map<string, number>();
  const codes = new Uint32Array(rows);
  let at = 0;
  let before: readonly string[] | undefined;
  let map: Uint32Array = new Uint32Array(0);
  for (const column of columns) {
    if (column.words !== before || map.length !== column.words.length) {
      before = column.words;
      map = Uint32Array.from(column.words, (word) => {
        const known = codeOf.get(word);
        if (known !== undefined) return known;
        codeOf.set(word, words.length);
        return words.push(word) - 1;
      });
    }
    for (let i = 0; i < column.codes.length; i++) codes[at++] = map[column.codes[i] as number] as number;
  }
  return { codes, words };
}

/** How far a pipeline has come, by channel and epoch. */
export class Positions {
  readonly #by = new Map<string, RowPosition>();
  constructor(positions: Iterable<RowPosition> = []) {
    for (const position of positions) this.raise(position);
  }
  get size(): number {
    return this.#by.size;
  }
  of(channel: string, epoch: string): RowPosition | undefined {
    return this.#by.get(`${channel}\n${epoch}`);
  }
  /** Takes a position that is behind the one known. */
  raise(position: RowPosition): void {
    const key = `${position.channel}\n${position.epoch}`;
    const known = this.#by.get(key);
    if (known !== undefined && !isBehind(position, known)) return;
    this.#by.set(key, position);
  }
  [Symbol.iterator](): IterableIterator<RowPosition> {
    return this.#by.values();
  }
}

const isBehind = (a: RowPosition, b: RowPosition): boolean =>
  a.number > b.number || (a.number === b.number && a.part > b.part);
