/** DuckDB, in this process: rows and position in one transaction. Whoever has no server begins here. */
import { stat } from 'node:fs/promises';
import { VenuewireError } from '../errors.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { peer } from '../peer.js';
import { quotedName } from '../sql.js';
import {
  isNone,
  isWords,
  type RowBatch,
  type RowField,
  type RowPosition,
  type RowSchema,
  type RowType,
} from './rows.js';
import type { Sink, SinkContext, SinkOpened } from './sink.js';

type DuckDb = typeof import('@duckdb/node-api');
type Instance = import('@duckdb/node-api').DuckDBInstance;
type Connection = import('@duckdb/node-api').DuckDBConnection;
type Values = import('@duckdb/node-api').DuckDBValue[];

const TYPES: Readonly<Record<RowType, string>> = {
  i64: 'BIGINT',
  u64: 'UBIGINT',
  u32: 'UINTEGER',
  u16: 'USMALLINT',
  u8: 'UTINYINT',
  i8: 'TINYINT',
  f64: 'DOUBLE',
  text: 'VARCHAR',
  word: 'VARCHAR',
  bytes: 'BLOB',
};
/** Rows of a chunk of DuckDB. */
const CHUNK_ROWS = 2048;
const POSITIONS = `CREATE TABLE IF NOT EXISTS venuewire_positions (
  pipeline VARCHAR, channel VARCHAR, epoch VARCHAR, number UBIGINT, part UINTEGER, PRIMARY KEY (pipeline, channel, epoch))`;

class DuckDbSink implements Sink {
  readonly unanswered = true;
  #api: DuckDb | undefined;
  #instance: Instance | undefined;
  #connection: Connection | undefined;
  #pipeline = '';
  readonly #tables = new Set<string>();
  constructor(readonly options: SinkOf<'duckdb'>) {}

  async open({ pipeline }: SinkContext): Promise<SinkOpened> {
    this.#pipeline = pipeline;
    this.#api = await peer<DuckDb>('@duckdb/node-api', "The sink 'duckdb'");
    try {
      // Opening a pipe would wait for its other end.
      if ((await stat(this.options.file).catch(() => undefined))?.isFIFO() === true) throw new Error('it is a pipe');
      // Pipelines of one file share its instance: DuckDB lets one process write, and one instance in it.
      this.#instance = await this.#api.DuckDBInstance.fromCache(this.options.file);
      this.#connection = await this.#instance.connect();
      await this.#connection.run(POSITIONS);
    } catch (cause) {
      throw new VenuewireError(
        'VW_SINK_OPEN',
        `${this.options.file} could not be opened: ${cause instanceof Error ? cause.message.split('\n')[0] : cause}`,
        'Check the path and its permissions; a DuckDB file can be written by one process at a time.',
      );
    }
    const reader = await this.#connection.runAndReadAll(
      'SELECT channel, epoch, number, part FROM venuewire_positions WHERE pipeline = $1',
      [pipeline],
    );
    const positions = reader.getRows().map(
      ([channel, epoch, number, part]): RowPosition => ({
        channel: String(channel),
        epoch: String(epoch),
        number: number as bigint,
        part: Number(part),
      }),
    );
    return { delivery: 'exactlyOnce', positions };
  }

  async write(batch: RowBatch): Promise<undefined> {
    const connection = this.#connection as Connection;
    const table = this.options.table ?? batch.schema.name;
    if (!this.#tables.has(table)) await this.#create(connection, table, batch.schema);
    await connection.run('BEGIN TRANSACTION');
    try {
      await this.#append(connection, table, batch);
      for (const { channel, epoch, number, part } of batch.positions()) {
        await connection.run('INSERT OR REPLACE INTO venuewire_positions VALUES ($1, $2, $3, $4, $5)', [
          ...[this.#pipeline, channel, epoch],
          ...[number, part],
        ]);
      }
      await connection.run('COMMIT');
    } catch (error) {
      await connection.run('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  async #create(connection: Connection, table: string, schema: RowSchema): Promise<void> {
    const columns = schema.fields.map(({ name, dtype }) => `${quotedName(name)} ${TYPES[dtype]}`);
    await connection.run(`CREATE TABLE IF NOT EXISTS ${quotedName(table)} (${columns.join(', ')})`);
    // What a field is goes with the data.
    for (const { name, dtype, unit, state, exponent } of schema.fields) {
      const text = JSON.stringify({ dtype, unit, state, exponent }).replaceAll("'", "''");
      await connection.run(`COMMENT ON COLUMN ${quotedName(table)}.${quotedName(name)} IS '${text}'`);
    }
    this.#tables.add(table);
  }

  async #append(connection: Connection, table: string, batch: RowBatch): Promise<void> {
    const { DuckDBDataChunk } = this.#api as DuckDb;
    const appender = await connection.createAppender(table);
    const types = batch.schema.fields.map((_, i) => appender.columnType(i));
    for (let from = 0; from < batch.rows; from += CHUNK_ROWS) {
      const rows = Math.min(CHUNK_ROWS, batch.rows - from);
      const chunk = DuckDBDataChunk.create(types, rows);
      const part = batch.slice(from, from + rows);
      chunk.setColumns(batch.schema.fields.map((field, i) => this.#values(part, field, i)));
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }

  #values(batch: RowBatch, field: RowField, i: number): Values {
    const { blobValue } = this.#api as DuckDb;
    const column = batch.columns[i] as RowBatch['columns'][number];
    if (isWords(column)) {
      const words = column.words.map((word) => (isNone(field, word) ? null : word));
      return Array.from(column.codes, (code) => words[code] as string | null);
    }
    if (field.dtype === 'bytes') return Array.from(column as readonly Uint8Array[], (bytes) => blobValue(bytes));
    const values = Array.from(column as ArrayLike<number>) as unknown as Values;
    if (field.state === 'always') return values;
    return values.map((value) => (isNone(field, value as number) ? null : value));
  }

  async flush(): Promise<void> {
    await this.#connection?.run('CHECKPOINT');
  }

  close(): Promise<void> {
    this.#connection?.closeSync();
    this.#instance?.closeSync();
    this.#connection = undefined;
    this.#instance = undefined;
    this.#tables.clear();
    return Promise.resolve();
  }
}

export const duckdb = (options: SinkOf<'duckdb'>): Sink => new DuckDbSink(options);
