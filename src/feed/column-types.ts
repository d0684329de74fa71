/** What columns are: shapes that readers, exporters and `toArrow` share. */
import type { Field, Fields, Group } from '../layout/field.js';
import type { DecoderShape, FieldsOf } from '../layout/types.js';

/** How a column lies in memory. `f64`: also integers that fit (up to 53 bits) and may have no value. */
export type ColumnDtype = 'i8' | 'i16' | 'i32' | 'i64' | 'u8' | 'u16' | 'u32' | 'u64' | 'f32' | 'f64' | 'text';

export type NumberColumn =
  | Float64Array
  | Float32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Int16Array
  | Int32Array;

/** 64-bit integers are BigUint64Array or BigInt64Array, other numbers arrays of their own width, text an array of strings. */
export type Column = NumberColumn | BigUint64Array | BigInt64Array | readonly (string | null)[];

/** One column of a table, as data that goes with what is exported. */
export interface ColumnField {
  readonly name: string;
  readonly dtype: ColumnDtype;
  /** Value = number * 10^scale; left out where the table does not tell. */
  readonly scale?: number;
  readonly unit?: string;
  /** Rows may have no value: then `nulls` has its bits. */
  readonly nullable: boolean;
  /** Names of its values, by number (events). */
  readonly values?: readonly string[];
}

/** Rows in the order of the messages. */
export interface ColumnTable<N extends string = string> {
  readonly length: number;
  /** In the order in which the columns were asked for. */
  readonly schema: readonly ColumnField[];
  readonly columns: { readonly [F in N]: Column };
  /**
   * Of each column that may have no value, a bit a row, least significant first: 1 says that there is one (as Arrow's
   * validity bitmaps). Where there is none, `f64` has NaN, integers what came on the wire or 0, text null.
   */
  readonly nulls: { readonly [F in N]?: Uint8Array };
  /** Messages whose counts or lengths lead past their end: they have no rows. */
  readonly malformed: number;
}

/** Beside the fields of a message: where it stood, as `Position` tells it. */
export type PositionColumn = 'at.sequence' | 'at.receivedAt' | 'at.channel' | 'at.line' | 'at.origin' | 'at.index';

type FieldNames<F extends Fields> = {
  [K in keyof F & string]: F[K] extends Field<infer T> ? (bigint extends T ? K | `${K}High` | `${K}Low` : K) : never;
}[keyof F & string];

type GroupPaths<F extends Fields> = {
  [K in keyof F & string]: F[K] extends Group<infer E> ? K | `${K}.${GroupPaths<E>}` : never;
}[keyof F & string];

type EntryOf<F extends Fields, P extends string> = P extends `${infer K}.${infer Rest}`
  ? F[K] extends Group<infer E>
    ? EntryOf<E, Rest>
    : never
  : F[P] extends Group<infer E>
    ? E
    : never;

type MessageNames<D extends DecoderShape> = keyof D['messages'] & string;

/** Messages, and repeating groups in them: `addOrder`, `mdIncrementalRefreshBook.noMdEntries`. */
export type ColumnTableName<D extends DecoderShape> = {
  [M in MessageNames<D>]: M | `${M}.${GroupPaths<D['messages'][M]['fields']>}`;
}[MessageNames<D>];

type ColumnName<D extends DecoderShape, T extends string> = T extends `${infer M extends MessageNames<D>}.${infer P}`
  ? FieldNames<EntryOf<D['messages'][M]['fields'], P>> | FieldNames<FieldsOf<D, M>> | PositionColumn
  : T extends MessageNames<D>
    ? FieldNames<FieldsOf<D, T>> | PositionColumn
    : never;

/**
 * Which fields of which messages: `{ addOrder: ['stockLocate', 'shares', 'price'] }`. Of a repeating group each entry is a
 * row, and fields of its message are said again: `{ 'mdIncrementalRefreshBook.noMdEntries': ['mdEntryPx', 'transactTime'] }`.
 * Of a 64-bit field `x`, `xHigh` and `xLow` are its halves as numbers. Keep the object: it is compiled.
 */
export type ColumnsSpec<D extends DecoderShape = DecoderShape> = string extends keyof D['messages']
  ? Readonly<Record<string, readonly string[]>>
  : { readonly [T in ColumnTableName<D>]?: readonly ColumnName<D, T>[] };

/** A table by its name; its columns are also properties of it. Valid until the next batch is read with the same specification. */
export type Columns<C> = {
  readonly [T in keyof C]: C[T] extends readonly (infer N extends string)[]
    ? ColumnTable<N> & { readonly [F in Exclude<N, keyof ColumnTable>]: Column }
    : never;
};
