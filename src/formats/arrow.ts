/** Columns as Apache Arrow: batches over the same memory, and the IPC file and stream, by the package `apache-arrow`. */
import type * as Arrow from 'apache-arrow';
import type { Column, ColumnBatch, TableField, TableSchema } from '../events/columns.js';
import { peer } from '../peer.js';
import type { WriteBytes } from './write-bytes.js';

type Library = typeof Arrow;
const library = (): Promise<Library> => peer<Library>('apache-arrow', 'Arrow');

const BITS = 8;
/** Identifies a dictionary within a file: the field's place in its schema. */
const idOf = (schema: TableSchema, field: TableField): number => schema.fields.indexOf(field);

/** What a field says of itself, as its metadata in files. */
export function metadataOf(field: TableField): Map<string, string> {
  const { dtype, unit, state, none, exponent } = field;
  const said = { dtype, unit, state, none, exponent };
  return new Map(Object.entries(said).filter((e): e is [string, string] => e[1] !== undefined));
}

function typeOf(arrow: Library, schema: TableSchema, field: TableField): Arrow.DataType {
  const id = idOf(schema, field);
  if (field.dtype === 'text') return new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32(), id, false);
  if (field.values !== undefined) return new arrow.Dictionary(new arrow.Utf8(), new arrow.Uint8(), id, false);
  if (field.instant) return new arrow.TimestampNanosecond('UTC');
  const types = {
    i64: arrow.Int64,
    u64: arrow.Uint64,
    u32: arrow.Uint32,
    u16: arrow.Uint16,
    u8: arrow.Uint8,
    i8: arrow.Int8,
  };
  return new types[field.dtype]();
}

/** The schema of a table as Arrow's: type, and unit, state and dtype of each field as its metadata. */
async function schemaOf(schema: TableSchema): Promise<Arrow.Schema> {
  return buildSchema(await library(), schema);
}

export { schemaOf as arrowSchema };

function buildSchema(arrow: Library, schema: TableSchema): Arrow.Schema {
  return new arrow.Schema(
    schema.fields.map((f) => new arrow.Field(f.name, typeOf(arrow, schema, f), f.state === 'optional', metadataOf(f))),
    new Map([['venuewire.schema', schema.name]]),
  );
}

/** Which rows have a value: one bit each, as Arrow has it. Undefined: all have. */
export function validity(field: TableField, column: Column): { bits: Uint8Array; nulls: number } | undefined {
  if (field.state !== 'optional' || field.none === undefined) return undefined;
  const none =
    field.dtype === 'text'
      ? -1
      : column instanceof BigInt64Array || column instanceof BigUint64Array
        ? BigInt(field.none)
        : Number(field.none);
  let bits: Uint8Array | undefined;
  let nulls = 0;
  for (let i = 0; i < column.length; i++) {
    if (column[i] !== none) continue;
    bits ??= new Uint8Array(Math.ceil(column.length / BITS)).fill(0xff);
    const at = i >> 3;
    bits[at] = (bits[at] as number) & ~(1 << (i & 7));
    nulls++;
  }
  return bits === undefined ? undefined : { bits, nulls };
}

/** Dictionaries grow: each batch has those of the batches before as its first chunks. */
class Dictionaries {
  readonly #chunks = new Map<string, Arrow.Data<Arrow.Utf8>[]>();
  readonly #known = new Map<string, number>();
  constructor(readonly arrow: Library) {}
  of(name: string, texts: readonly string[]): Arrow.Vector<Arrow.Utf8> {
    const chunks = this.#chunks.get(name) ?? [];
    const known = this.#known.get(name) ?? 0;
    if (texts.length > known || chunks.length === 0) {
      const more = this.arrow.vectorFromArray(texts.slice(known), new this.arrow.Utf8());
      chunks.push(...(more.data as Arrow.Data<Arrow.Utf8>[]));
      this.#chunks.set(name, chunks);
      this.#known.set(name, texts.length);
    }
    return new this.arrow.Vector([...chunks]);
  }
}

function recordBatch(
  arrow: Library,
  schema: Arrow.Schema,
  batch: ColumnBatch,
  dictionaries: Dictionaries,
): Arrow.RecordBatch {
  const children = batch.schema.fields.map((field, i) => {
    const column = batch.columns[field.name] as Column;
    const missing = validity(field, column);
    const type = (schema.fields[i] as Arrow.Field).type;
    const nulls = missing === undefined ? {} : { nullBitmap: missing.bits, nullCount: missing.nulls };
    const texts = field.dtype === 'text' ? (batch.texts[field.name] ?? []) : field.values;
    const dictionary = texts === undefined ? {} : { dictionary: dictionaries.of(field.name, texts) };
    // The constructor's types tell the kinds of columns apart by their type; here it is the schema that says which.
    return arrow.makeData({ type, length: batch.length, data: column, ...nulls, ...dictionary } as never);
  });
  const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length: batch.length, nullCount: 0, children });
  return new arrow.RecordBatch(schema, data as never);
}

/** Columns as the core writes them: `batch.columns(…)`, a table of its result. */
export interface NumberTable {
  readonly length: number;
  readonly schema: readonly {
    readonly name: string;
    readonly dtype: 'i8' | 'i16' | 'i32' | 'i64' | 'u8' | 'u16' | 'u32' | 'u64' | 'f32' | 'f64' | 'text';
    readonly scale?: number;
    readonly unit?: string;
    readonly nullable: boolean;
    readonly values?: readonly string[];
  }[];
  readonly columns: Readonly<Record<string, ArrayBufferView | readonly (string | null)[]>>;
  /** A bit a row: 1 says that there is a value. */
  readonly nulls: Readonly<Record<string, Uint8Array | undefined>>;
}

function numberBatch(arrow: Library, table: NumberTable): Arrow.RecordBatch {
  const types = {
    ...{ i8: arrow.Int8, i16: arrow.Int16, i32: arrow.Int32, i64: arrow.Int64, u8: arrow.Uint8, u16: arrow.Uint16 },
    ...{ u32: arrow.Uint32, u64: arrow.Uint64, f32: arrow.Float32, f64: arrow.Float64 },
  };
  const fields: Arrow.Field[] = [];
  const children = table.schema.map(({ name, dtype, scale, unit, nullable }) => {
    const column = table.columns[name] as never;
    const said = { dtype, unit, scale: scale?.toString() };
    const metadata = new Map(Object.entries(said).filter((e): e is [string, string] => e[1] !== undefined));
    const type = dtype === 'text' ? new arrow.Utf8() : new types[dtype]();
    fields.push(new arrow.Field(name, type, nullable, metadata));
    if (dtype === 'text') return arrow.vectorFromArray(column, type as Arrow.Utf8).data[0];
    const nullBitmap = table.nulls[name];
    return arrow.makeData({ type, length: table.length, data: column, ...(nullBitmap && { nullBitmap }) } as never);
  });
  const schema = new arrow.Schema(fields);
  const struct = new arrow.Struct(fields);
  const data = arrow.makeData({ type: struct, length: table.length, nullCount: 0, children } as never);
  return new arrow.RecordBatch(schema, data as never);
}

/**
 * A batch as Arrow's, over the same memory: nothing is copied but texts, and the bits of what is missing where the batch has
 * none. It is valid as long as the batch is.
 * @throws VenuewireError `VW_PEER_MISSING` where `apache-arrow` is not installed.
 */
export async function toArrow(batch: ColumnBatch | NumberTable): Promise<Arrow.RecordBatch> {
  const arrow = await library();
  if (!('texts' in batch)) return numberBatch(arrow, batch);
  return recordBatch(arrow, buildSchema(arrow, batch.schema), batch, new Dictionaries(arrow));
}

/** Writes batches as an Arrow IPC file or stream. */
export class ArrowWriter {
  readonly #schema: Arrow.Schema;
  readonly #dictionaries: Dictionaries;
  readonly #writer: Arrow.RecordBatchWriter;
  readonly #made: Uint8Array[] = [];
  private constructor(
    readonly arrow: Library,
    schema: TableSchema,
    form: 'file' | 'stream',
    readonly write: WriteBytes,
  ) {
    this.#schema = buildSchema(arrow, schema);
    this.#dictionaries = new Dictionaries(arrow);
    this.#writer = form === 'file' ? new arrow.RecordBatchFileWriter() : new arrow.RecordBatchStreamWriter();
    const made = this.#made;
    class Sink extends arrow.AsyncByteQueue {
      override write(chunk: Uint8Array): void {
        made.push(chunk);
      }
    }
    this.#writer.reset(new Sink() as never, this.#schema);
  }

  /** @throws VenuewireError `VW_PEER_MISSING` */
  static async open(schema: TableSchema, form: 'file' | 'stream', write: WriteBytes): Promise<ArrowWriter> {
    return new ArrowWriter(await library(), schema, form, write);
  }

  async batch(batch: ColumnBatch): Promise<void> {
    this.#writer.write(recordBatch(this.arrow, this.#schema, batch, this.#dictionaries));
    await this.#flush();
  }

  async end(): Promise<void> {
    this.#writer.finish();
    await this.#flush();
  }

  async #flush(): Promise<void> {
    for (const chunk of this.#made.splice(0)) await this.write(chunk);
  }
}
