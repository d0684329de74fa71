/**
 * Rows as frames for other processes. A message has three frames: the topic; a header and a payload, both MessagePack
 * without extensions, so that any language reads them. Header: a map with `v` 1, `schema`, `version`, `fields`, `dtypes`,
 * `nones` (what stands for no value in `columns`, nil where every row has one), `units` and `exponents` (which field has that of a field; nil: none), `session` (of the publisher), `first` and `count` (rows of this topic, from 0), `time` (ns), `encoding`, where there are such the
 * fields `category` and `instrument`, and, for the last value that a late subscriber is given, `snapshot`. Payload, `rows`: an array of values for each row, in the order of
 * `fields`, nil for none. `columns`: for each field bytes (little-endian), an array of texts, or [codes u32, words].
 */

import { peer } from '../peer.js';
import {
  isNone,
  isWords,
  numberColumn,
  RowBatch,
  type RowColumn,
  type RowField,
  type RowSchema,
  type RowType,
} from './rows.js';

export interface FrameHeader {
  readonly v: 1;
  readonly schema: string;
  readonly version: number;
  readonly fields: readonly string[];
  readonly dtypes: readonly RowType[];
  readonly nones: readonly (string | null)[];
  /** Of every field its unit, and the field that has its exponent; publishers that are not ours may leave them out. */
  readonly units?: readonly string[];
  readonly exponents?: readonly (string | null)[];
  readonly session: string;
  /** Beyond 32 bits a bigint when it is packed. */
  readonly first: number | bigint;
  readonly count: number;
  readonly time: bigint | number;
  readonly encoding: 'rows' | 'columns';
  readonly snapshot?: boolean;
  /** Fields that topics and keys are made of, where the rows have such. */
  readonly category?: string;
  readonly instrument?: string;
}

export interface Codec {
  pack(value: unknown): Buffer;
  unpack(bytes: Uint8Array): unknown;
}

/** MessagePack that any language reads: no records, small maps, 64-bit integers as they are. */
export async function messagePack(what: string): Promise<Codec> {
  const { Packr } = await peer<typeof import('msgpackr')>('msgpackr', what);
  const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'bigint' });
  return { pack: (value) => packr.pack(value), unpack: (bytes) => packr.unpack(bytes) };
}

/** msgpackr writes numbers beyond 32 bits as floating point, which other languages read as such: those stay bigint. */
export const exact = (value: bigint): number | bigint =>
  value <= 0xffff_ffffn && value >= -0x8000_0000n ? Number(value) : value;

/** Rows as arrays of values. */
export function rowsPayload(batch: RowBatch): unknown[][] {
  const { fields } = batch.schema;
  const out: unknown[][] = Array.from({ length: batch.rows }, () => new Array(fields.length));
  fields.forEach((field, i) => {
    for (let row = 0; row < batch.rows; row++) {
      const value = batch.value(i, row);
      (out[row] as unknown[])[i] = isNone(field, value) ? null : typeof value === 'bigint' ? exact(value) : value;
    }
  });
  return out;
}

/** Columns as bytes; nothing is copied. */
export const columnsPayload = (batch: RowBatch): unknown[] =>
  batch.columns.map((column) => {
    if (isWords(column)) {
      const { codes, words } = usedWords(column.codes, column.words);
      return [bytesOf(codes), words];
    }
    return ArrayBuffer.isView(column) ? bytesOf(column) : column;
  });

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

/** A feed has thousands of instruments: only those of these rows are sent. */
export function usedWords(
  codes: Uint32Array,
  words: readonly string[],
): { codes: Uint32Array; words: readonly string[] } {
  if (words.length <= FEW_WORDS) return { codes, words };
  const used: string[] = [];
  const codeOf = new Map<number, number>();
  const own = new Uint32Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    let at = codeOf.get(code);
    if (at === undefined) {
      at = used.push(words[code] as string) - 1;
      codeOf.set(code, at);
    }
    own[i] = at;
  }
  return { codes: own, words: used };
}
const FEW_WORDS = 16;

const ROW_TYPES = new Set<RowType>(['i64', 'u64', 'u32', 'u16', 'u8', 'i8', 'f64', 'text', 'word', 'bytes']);
const FIELDS_MAX = 1_000;
const ROWS_MAX = 1_000_000;

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isText = (value: unknown): value is string => typeof value === 'string';

/** The header, when it is one. */
export function readHeader(given: unknown): (FrameHeader & { readonly first: number }) | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const header = given as Partial<Record<keyof FrameHeader, unknown>>;
  const { v, schema, version, fields, dtypes, nones, session, first, count, encoding, category, instrument } = header;
  const { units = [], exponents = [] } = header;
  const isOfEach = (list: unknown, isRight: (value: unknown) => boolean): boolean =>
    Array.isArray(list) && [0, (fields as unknown[]).length].includes(list.length) && list.every(isRight);
  const isSound =
    v === 1 &&
    [schema, session].every(isText) &&
    [version, Number(first), count].every(isCount) &&
    (count as number) <= ROWS_MAX &&
    (encoding === 'rows' || encoding === 'columns') &&
    Array.isArray(fields) &&
    fields.length <= FIELDS_MAX &&
    fields.every(isText) &&
    Array.isArray(dtypes) &&
    dtypes.length === fields.length &&
    dtypes.every((dtype) => ROW_TYPES.has(dtype)) &&
    Array.isArray(nones) &&
    nones.length === fields.length &&
    nones.every((none) => none === null || isText(none)) &&
    isOfEach(units, isText) &&
    isOfEach(exponents, (exponent) => exponent === null || isText(exponent)) &&
    [category, instrument].every((name) => name === undefined || (isText(name) && fields.includes(name)));
  return isSound ? { ...(header as FrameHeader), first: Number(first) } : undefined;
}

/** The rows behind a sound header; undefined where the payload is not what the header says. */
export function readPayload(
  header: Pick<FrameHeader, 'count' | 'encoding'>,
  payload: unknown,
  schema: RowSchema,
): RowBatch | undefined {
  if (!Array.isArray(payload)) return undefined;
  const columns =
    header.encoding === 'columns'
      ? readColumns(header.count, payload, schema.fields)
      : readRows(header.count, payload, schema.fields);
  return columns && new RowBatch(schema, header.count, columns);
}

function readColumns(count: number, payload: unknown[], fields: readonly RowField[]): RowColumn[] | undefined {
  if (payload.length !== fields.length) return undefined;
  const columns: RowColumn[] = [];
  for (const [i, { dtype }] of fields.entries()) {
    const given = payload[i];
    let column: RowColumn | undefined;
    if (dtype === 'word') {
      const [bytes, words] = Array.isArray(given) ? given : [];
      const codes = numbers('u32', bytes, count) as Uint32Array | undefined;
      if (codes === undefined || !Array.isArray(words) || !words.every(isText)) return undefined;
      if (codes.some((code) => code >= words.length)) return undefined;
      column = { codes, words };
    } else if (dtype === 'text' || dtype === 'bytes') {
      const fits = dtype === 'text' ? isText : (value: unknown) => value instanceof Uint8Array;
      if (!Array.isArray(given) || given.length !== count || !given.every(fits)) return undefined;
      column = (dtype === 'text' ? given : given.map(plainBytes)) as RowColumn;
    } else column = numbers(dtype, given, count);
    if (column === undefined) return undefined;
    columns.push(column);
  }
  return columns;
}

/** Bytes of a message may begin anywhere: they are copied to where they are aligned. */
function numbers(dtype: Parameters<typeof numberColumn>[0], bytes: unknown, count: number): RowColumn | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined;
  const column = numberColumn(dtype, count);
  if (bytes.length !== column.byteLength) return undefined;
  new Uint8Array(column.buffer).set(bytes);
  return column;
}

function readRows(count: number, payload: unknown[], fields: readonly RowField[]): RowColumn[] | undefined {
  if (payload.length !== count || !payload.every((row) => Array.isArray(row) && row.length === fields.length))
    return undefined;
  const rows = payload as unknown[][];
  try {
    return fields.map(({ dtype, none }, i): RowColumn => {
      if (dtype === 'text') return rows.map((row) => checkedText(row[i] ?? none ?? ''));
      if (dtype === 'bytes') return rows.map((row) => plainBytes(row[i]));
      if (dtype === 'word') {
        const words = [...new Set(rows.map((row) => checkedText(row[i] ?? none ?? '')))];
        const codeOf = new Map(words.map((word, code) => [word, code]));
        return { codes: Uint32Array.from(rows, (row) => codeOf.get(String(row[i] ?? none ?? '')) as number), words };
      }
      const column = numberColumn(dtype, count);
      const isWide = dtype === 'i64' || dtype === 'u64';
      rows.forEach((row, at) => {
        const value = row[i] ?? (none === undefined ? Number.NaN : BigInt(none));
        // A value that fits 53 bits is read as a number, another one as a bigint: the field says which it is.
        (column as unknown as (number | bigint)[])[at] = isWide ? BigInt(value as bigint) : Number(value);
      });
      return column;
    });
  } catch {
    return undefined;
  }
}

function checkedText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('no text');
  return value;
}

function plainBytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError('no bytes');
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}
