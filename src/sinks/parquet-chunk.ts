/**
 * Column chunks of Parquet, out of columns as the sinks have them: words become a dictionary, whole numbers are delta-encoded
 * (DELTA_BINARY_PACKED), which for times, numbers and prices is smaller than what a general compression makes of them and takes a
 * fraction of its time. Texts, bytes and floating point are written as they are, compressed where that is asked for. Formats: the
 * Parquet format, Encodings.md and parquet.thrift. Nothing here is slower with wide numbers: they are taken as two halves of 32 bits.
 */
import type { ByteWriter, SchemaElement } from 'hyparquet-writer';
import { isNone, isWords, type NumberColumn, type RowColumn, type RowField, type Words } from './rows.js';

type RowGroups = import('hyparquet-writer').ParquetWriter['row_groups'];
export type ColumnChunk = RowGroups[number]['columns'][number];
type Encoding = NonNullable<ColumnChunk['meta_data']>['encodings'][number];
type Statistics = NonNullable<NonNullable<ColumnChunk['meta_data']>['statistics']>;
type Compress = (bytes: Uint8Array) => Uint8Array;

/** Values of a page that are there, encoded. */
interface Encoded {
  readonly bytes: Uint8Array;
  readonly encoding: Encoding;
  readonly dictionary?: { readonly bytes: Uint8Array; readonly count: number };
  readonly compress?: Compress | undefined;
}

const TWO_32 = 0x1_0000_0000;
const BITS_OF_HALF = 32;
const BITS_OF_BYTE = 8;
const EIGHT = 8;
/** Bits that are put into the packer at once. */
const CHUNK_BITS = 16;
const CHUNK = 1 << CHUNK_BITS;
const BLOCK = 128;
const MINIBLOCKS = 4;
const MINIBLOCK = BLOCK / MINIBLOCKS;

/** Bytes that grow, and bits behind one another, the lowest first. */
class Bits {
  bytes: Uint8Array;
  at = 0;
  #rest = 0;
  #restBits = 0;
  constructor(bytes: number) {
    this.bytes = new Uint8Array(bytes);
  }
  /** Makes room for so many bytes more. */
  room(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + bytes));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }
  byte(value: number): void {
    this.bytes[this.at++] = value;
  }
  /** A whole number below 2^53, seven bits a byte. */
  varint(value: number): void {
    let left = value;
    for (; left >= 128; left = Math.floor(left / 128)) this.byte((left % 128) | 128);
    this.byte(left);
  }
  /** As `varint`, with the sign in the lowest bit. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }
  /** At most 16 bits. */
  put(value: number, bits: number): void {
    this.#rest |= value << this.#restBits;
    this.#restBits += bits;
    for (; this.#restBits >= BITS_OF_BYTE; this.#restBits -= BITS_OF_BYTE) {
      this.bytes[this.at++] = this.#rest & 255;
      this.#rest >>>= BITS_OF_BYTE;
    }
  }
  /** At most 53 bits. */
  wide(value: number, bits: number): void {
    let left = value;
    let width = bits;
    for (; width > CHUNK_BITS; width -= CHUNK_BITS) {
      const low = left % CHUNK;
      this.put(low, CHUNK_BITS);
      left = (left - low) / CHUNK;
    }
    this.put(left, width);
  }
  done(): Uint8Array {
    if (this.#restBits > 0) this.byte(this.#rest & 255);
    this.#rest = this.#restBits = 0;
    return this.bytes.subarray(0, this.at);
  }
}

const bitsOf = (value: number): number =>
  value < TWO_32 ? BITS_OF_HALF - Math.clz32(value) : 2 * BITS_OF_HALF - Math.clz32(Math.floor(value / TWO_32));

/**
 * The differences of whole numbers, exact as floating point; undefined where one is not, or where a reader of 32 bits would not
 * take it.
 */
function differences(
  values: Int32Array | BigInt64Array | BigUint64Array,
): { first: number | bigint; of: Float64Array } | undefined {
  const of = new Float64Array(values.length - 1);
  if (values instanceof Int32Array) {
    for (let i = 1; i < values.length; i++) {
      const step = (values[i] as number) - (values[i - 1] as number);
      if (step > MOST_STEP_32 || step < -MOST_STEP_32) return undefined;
      of[i - 1] = step;
    }
    return { first: values[0] as number, of };
  }
  const halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  let low = (halves[0] as number) >>> 0;
  let high = halves[1] as number;
  for (let i = 1; i < values.length; i++) {
    const nextLow = (halves[2 * i] as number) >>> 0;
    const nextHigh = halves[2 * i + 1] as number;
    const step = (nextHigh - high) * TWO_32 + (nextLow - low);
    if (step > MOST_STEP_64 || step < -MOST_STEP_64) return undefined;
    of[i - 1] = step;
    low = nextLow;
    high = nextHigh;
  }
  return { first: BigInt.asIntN(64, values[0] as bigint), of };
}
/** So that the least of a block and what others are above it stay in what a reader has. */
const MOST_STEP_32 = 2 ** 30;
const MOST_STEP_64 = 2 ** 51;

/** DELTA_BINARY_PACKED. */
function deltas(values: Int32Array | BigInt64Array | BigUint64Array): Uint8Array | undefined {
  const steps = differences(values);
  if (steps === undefined) return undefined;
  const { first, of } = steps;
  const out = new Bits(1024);
  out.varint(BLOCK);
  out.varint(MINIBLOCKS);
  out.varint(values.length);
  if (typeof first === 'number') out.zigzag(first);
  else bigZigzag(out, first);
  for (let begin = 0; begin < of.length; begin += BLOCK) block(out, of.subarray(begin, begin + BLOCK));
  return out.done();
}

function bigZigzag(out: Bits, value: bigint): void {
  let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; left >= 128n; left >>= 7n) out.byte(Number(left & 127n) | 128);
  out.byte(Number(left));
}

function block(out: Bits, steps: Float64Array): void {
  let least = steps[0] as number;
  for (let i = 1; i < steps.length; i++) if ((steps[i] as number) < least) least = steps[i] as number;
  out.room(BLOCK * EIGHT + MINIBLOCKS + 16);
  out.zigzag(least);
  const widths = out.at;
  out.at += MINIBLOCKS;
  for (let mini = 0; mini < MINIBLOCKS; mini++) {
    const from = mini * MINIBLOCK;
    const to = Math.min(steps.length, from + MINIBLOCK);
    let most = 0;
    for (let i = from; i < to; i++) if ((steps[i] as number) - least > most) most = (steps[i] as number) - least;
    const width = most === 0 ? 0 : bitsOf(most);
    out.bytes[widths + mini] = width;
    // A miniblock without values is left out; one that is begun is filled.
    if (width === 0 || from >= steps.length) continue;
    for (let i = from; i < to; i++) out.wide((steps[i] as number) - least, width);
    for (let i = to; i < from + MINIBLOCK; i++) out.wide(0, width);
  }
}

/** Small numbers, bit-packed behind one another; one run where they are all the same. */
function hybrid(codes: Uint32Array | Uint8Array, width: number): Uint8Array {
  const isOne = codes.every((code) => code === codes[0]);
  const out = new Bits(isOne ? 16 : 16 + Math.ceil(codes.length / EIGHT) * width);
  if (isOne) {
    out.varint(codes.length * 2);
    for (let bits = 0; bits < width; bits += BITS_OF_BYTE) out.byte(((codes[0] ?? 0) >>> bits) & 255);
    return out.done();
  }
  out.varint(Math.ceil(codes.length / EIGHT) * 2 + 1);
  for (let i = 0; i < codes.length; i++) out.wide(codes[i] as number, width);
  for (let i = codes.length; i % EIGHT !== 0; i++) out.wide(0, width);
  return out.done();
}

const encoder = new TextEncoder();
/** Each with its length in front. */
function plainTexts(values: readonly (string | Uint8Array)[]): Uint8Array {
  const out = new Bits(values.length * 16);
  for (const value of values) {
    const bytes = typeof value === 'string' ? encoder.encode(value) : value;
    out.room(bytes.length + 4);
    new DataView(out.bytes.buffer).setUint32(out.at, bytes.length, true);
    out.bytes.set(bytes, out.at + 4);
    out.at += 4 + bytes.length;
  }
  return out.done();
}

/** Only the words of these rows, in the order in which they come. */
function dictionary({ codes, words }: Words): Encoded {
  const placeOf = new Int32Array(words.length).fill(-1);
  const used: string[] = [];
  const own = new Uint32Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    let place = placeOf[code] as number;
    if (place < 0) {
      place = used.push(words[code] as string) - 1;
      placeOf[code] = place;
    }
    own[i] = place;
  }
  const width = used.length < 2 ? 0 : bitsOf(used.length - 1);
  const indices = hybrid(own, width);
  const bytes = new Uint8Array(1 + indices.length);
  bytes[0] = width;
  bytes.set(indices, 1);
  return { bytes, encoding: 'RLE_DICTIONARY', dictionary: { bytes: plainTexts(used), count: used.length } };
}

/** Those of 32 bits without a sign by their bits, as they are stored. */
const narrow = (column: NumberColumn): Int32Array =>
  column instanceof Uint32Array
    ? new Int32Array(column.buffer, column.byteOffset, column.length)
    : Int32Array.from(column as Uint8Array);

function numbers(column: NumberColumn, compress: Compress | undefined): Encoded {
  // Numbers of 32 bits and fewer are stored as such of 32.
  const isWide = column instanceof BigInt64Array || column instanceof BigUint64Array || column instanceof Float64Array;
  const values = isWide ? column : narrow(column);
  const packed = values instanceof Float64Array || values.length === 0 ? undefined : deltas(values);
  if (packed !== undefined) return { bytes: packed, encoding: 'DELTA_BINARY_PACKED' };
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { bytes, encoding: 'PLAIN', compress };
}

/** Of each row whether it has a value; undefined where all have. */
function present(field: RowField, column: RowColumn): Uint8Array | undefined {
  if (field.state === 'always') return undefined;
  const length = isWords(column) ? column.codes.length : column.length;
  const has = new Uint8Array(length);
  let count = 0;
  const take = (row: number, is: boolean): void => {
    has[row] = is ? 1 : 0;
    if (is) count++;
  };
  if (isWords(column)) {
    const words = column.words.map((word) => !isNone(field, word));
    for (let row = 0; row < length; row++) take(row, words[column.codes[row] as number] as boolean);
  } else if ((column instanceof BigInt64Array || column instanceof BigUint64Array) && field.none !== undefined) {
    const none = new Int32Array(BigInt64Array.of(BigInt.asIntN(64, BigInt(field.none))).buffer);
    const halves = new Int32Array(column.buffer, column.byteOffset, length * 2);
    for (let row = 0; row < length; row++) take(row, halves[2 * row] !== none[0] || halves[2 * row + 1] !== none[1]);
  } else for (let row = 0; row < length; row++) take(row, !isNone(field, column[row] as number));
  return count === length ? undefined : has;
}

/** The rows that have a value. */
function kept(column: RowColumn, has: Uint8Array): RowColumn {
  if (isWords(column)) return { codes: column.codes.filter((_, row) => has[row] === 1), words: column.words };
  if (!ArrayBuffer.isView(column)) return (column as readonly string[]).filter((_, row) => has[row] === 1);
  const from = column as Uint8Array;
  const out = new (from.constructor as typeof Uint8Array)(has.reduce((sum, one) => sum + one, 0));
  let at = 0;
  for (let row = 0; row < has.length; row++) if (has[row] === 1) out[at++] = from[row] as number;
  return out;
}

/** The least and the greatest; those of 64 bits without a sign are compared otherwise, and have none. */
function bounds(given: RowColumn): Partial<Statistics> {
  if (isWords(given) || !ArrayBuffer.isView(given)) return {};
  const column = given as NumberColumn;
  if (column instanceof BigUint64Array) return {};
  if (column.length === 0 || column instanceof Float64Array) return {};
  if (!(column instanceof BigInt64Array)) {
    const small = column as Exclude<typeof column, BigInt64Array | BigUint64Array | Float64Array>;
    let [least, most] = [small[0] as number, small[0] as number];
    for (const value of small) {
      if (value < least) least = value;
      else if (value > most) most = value;
    }
    // Readers without unsigned numbers take the bits for a signed one.
    return most > MOST_SIGNED ? {} : { min_value: least, max_value: most };
  }
  const halves = new Int32Array(column.buffer, column.byteOffset, column.length * 2);
  let [least, most] = [0, 0];
  const isBelow = (a: number, b: number): boolean => {
    const [high, other] = [halves[2 * a + 1] as number, halves[2 * b + 1] as number];
    return high < other || (high === other && (halves[2 * a] as number) >>> 0 < (halves[2 * b] as number) >>> 0);
  };
  for (let i = 1; i < column.length; i++) {
    if (isBelow(i, least)) least = i;
    else if (isBelow(most, i)) most = i;
  }
  return { min_value: column[least] as bigint, max_value: column[most] as bigint };
}
const MOST_SIGNED = 2 ** 31 - 1;

const PAGE_TYPES = { dictionary: 2, dataV2: 3 } as const;
const ENCODINGS: Readonly<Partial<Record<Encoding, number>>> = {
  PLAIN: 0,
  DELTA_BINARY_PACKED: 5,
  RLE_DICTIONARY: 8,
};
const I32 = 5;
const STRUCT = 12;
const FALSE = 2;

/** Fields of a structure of Thrift's compact protocol, by number; `false` is one that is not so. */
function structure(
  out: ByteWriter,
  fields: Readonly<Record<number, number | false | Readonly<Record<number, number | false>>>>,
): void {
  let before = 0;
  for (const [key, value] of Object.entries(fields)) {
    const step = (Number(key) - before) << 4;
    before = Number(key);
    if (value === false) out.appendUint8(step | FALSE);
    else if (typeof value === 'number') {
      out.appendUint8(step | I32);
      out.appendZigZag(value);
    } else {
      out.appendUint8(step | STRUCT);
      structure(out, value);
    }
  }
  out.appendUint8(0);
}

/** Writes the rows of one column as a chunk of one page. */
export function writeChunk(
  out: ByteWriter,
  element: SchemaElement,
  field: RowField,
  column: RowColumn,
  compress: Compress | undefined,
): ColumnChunk {
  const rows = isWords(column) ? column.codes.length : column.length;
  const has = present(field, column);
  const values = has === undefined ? column : kept(column, has);
  const { bytes, encoding, dictionary: words, compress: by } = encoded(values, compress);
  const levels = field.state === 'always' ? new Uint8Array() : hybrid(has ?? new Uint8Array(rows).fill(1), 1);
  const nulls = has === undefined ? 0 : rows - valueCount(values);
  const begin = out.offset;
  if (words !== undefined) {
    const sizes = { 2: words.bytes.length, 3: words.bytes.length };
    structure(out, { 1: PAGE_TYPES.dictionary, ...sizes, 7: { 1: words.count, 2: 0 } });
    out.appendBytes(words.bytes);
  }
  const data = out.offset;
  const stored = by === undefined ? bytes : by(bytes);
  structure(out, {
    ...{ 1: PAGE_TYPES.dataV2, 2: levels.length + bytes.length, 3: levels.length + stored.length },
    8: {
      ...{ 1: rows, 2: nulls, 3: rows, 4: ENCODINGS[encoding] as number, 5: levels.length, 6: 0 },
      ...(by === undefined ? { 7: false } : {}),
    },
  });
  out.appendBytes(levels);
  out.appendBytes(stored);
  const plain = out.offset - begin + bytes.length - stored.length;
  return {
    file_offset: BigInt(begin),
    meta_data: {
      type: element.type as 'INT64',
      encodings: words === undefined ? [encoding] : ['PLAIN', encoding],
      path_in_schema: [field.name],
      codec: by === undefined ? 'UNCOMPRESSED' : 'SNAPPY',
      num_values: BigInt(rows),
      total_compressed_size: BigInt(out.offset - begin),
      total_uncompressed_size: BigInt(plain),
      data_page_offset: BigInt(data),
      ...(words === undefined ? {} : { dictionary_page_offset: BigInt(begin) }),
      statistics: { ...bounds(values), null_count: BigInt(nulls) } as Statistics,
    },
  };
}

const valueCount = (column: RowColumn): number => (isWords(column) ? column.codes.length : column.length);

function encoded(values: RowColumn, compress: Compress | undefined): Encoded {
  if (isWords(values)) return dictionary(values);
  if (ArrayBuffer.isView(values)) return numbers(values as NumberColumn, compress);
  return { bytes: plainTexts(values as readonly string[]), encoding: 'PLAIN', compress };
}
