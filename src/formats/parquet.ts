/** Columns as a Parquet file, by the package `hyparquet-writer`. */
import type * as Hyparquet from 'hyparquet-writer';
import type { Column, ColumnBatch, TableField, TableSchema } from '../events/columns.js';
import { peer } from '../peer.js';
import { metadataOf } from './arrow.js';
import type { WriteBytes } from './write-bytes.js';

type Library = typeof Hyparquet;
type Element = Hyparquet.SchemaElement;

function elementOf(field: TableField): Element {
  const repetition_type = field.state === 'optional' ? 'OPTIONAL' : 'REQUIRED';
  const head = { name: field.name, repetition_type } as const;
  if (field.dtype === 'text' || field.values !== undefined) {
    return { ...head, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
  }
  if (field.instant) {
    const logical_type = { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } as const;
    return { ...head, type: 'INT64', logical_type };
  }
  const bits = Number(field.dtype.slice(1));
  const isSigned = field.dtype.startsWith('i');
  return {
    ...head,
    type: bits === 64 ? 'INT64' : 'INT32',
    converted_type: `${isSigned ? 'INT' : 'UINT'}_${bits}` as 'INT_64',
  };
}

/** The values of a column, null where there is none. */
function valuesOf(field: TableField, column: Column, texts: readonly string[] | undefined): unknown[] | Column {
  if (field.dtype === 'text') return Array.from(column as Int32Array, (code) => (code < 0 ? null : texts?.[code]));
  const { values, none, state } = field;
  if (values !== undefined) return Array.from(column as Uint8Array, (code) => values[code]);
  // Unsigned numbers are stored by their bits.
  const raw =
    column instanceof BigUint64Array ? new BigInt64Array(column.buffer, column.byteOffset, column.length) : column;
  if (state !== 'optional' || none === undefined) return raw;
  const missing = raw instanceof BigInt64Array ? BigInt(none) : Number(none);
  return raw.includes(missing as never) ? Array.from<unknown, unknown>(raw, (v) => (v === missing ? null : v)) : raw;
}

/** Writes each batch as a row group; what is in memory is one of them. */
export class ParquetWriter {
  readonly #writer: Hyparquet.ParquetWriter;
  readonly #bytes: Hyparquet.ByteWriter;
  private constructor(
    library: Library,
    readonly schema: TableSchema,
    readonly write: WriteBytes,
  ) {
    this.#bytes = new library.ByteWriter();
    const kvMetadata = [
      { key: 'venuewire.schema', value: schema.name },
      ...schema.fields.map((field) => ({
        key: `venuewire.field.${field.name}`,
        value: JSON.stringify(Object.fromEntries(metadataOf(field))),
      })),
    ];
    this.#writer = new library.ParquetWriter({
      writer: this.#bytes,
      schema: [{ name: 'events', num_children: schema.fields.length }, ...schema.fields.map(elementOf)],
      kvMetadata,
      createdBy: 'venuewire',
    });
  }

  /** @throws VenuewireError `VW_PEER_MISSING` */
  static async open(schema: TableSchema, write: WriteBytes): Promise<ParquetWriter> {
    return new ParquetWriter(await peer<Library>('hyparquet-writer', 'Parquet'), schema, write);
  }

  async batch(batch: ColumnBatch): Promise<void> {
    await this.#writer.write({
      columnData: batch.schema.fields.map((field) => ({
        name: field.name,
        data: valuesOf(field, batch.columns[field.name] as Column, batch.texts[field.name]) as never,
        // Least and greatest are compared as signed numbers, which those of 64 bits without a sign are not.
        statistics: field.dtype !== 'u64',
      })),
      rowGroupSize: Math.max(1, batch.length),
    });
    await this.#flush();
  }

  async end(): Promise<void> {
    this.#writer.finish();
    await this.#flush();
  }

  /** Offsets in the file go on; the buffer begins anew. */
  async #flush(): Promise<void> {
    const bytes = this.#bytes.getBytes().slice();
    (this.#bytes as unknown as { index: number }).index = 0;
    await this.write(bytes);
  }
}
