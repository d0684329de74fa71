/**
 * ClickHouse over HTTP, in its own column format. The position of each row is in the row: an insert is one block of one
 * partition, which is stored whole or not at all, so that the table itself says how far the pipeline has come; and each insert
 * has a token of its positions, so that one that arrives twice is stored once.
 */
import { VenuewireError } from '../errors.js';
import { referenced } from '../patterns/credentials.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { nanosecondsOf } from '../patterns/units.js';
import { byDay, instantOf } from './days.js';
import { usedWords } from './frames.js';
import { HttpClient, HttpFailure } from './http.js';
import {
  isNone,
  isWords,
  type RowBatch,
  type RowColumn,
  type RowField,
  type RowPosition,
  type RowSchema,
  type Words,
} from './rows.js';
import { type Sink, type SinkContext, type SinkOpened, SinkRefusal } from './sink.js';

const TYPES = {
  ...{ i64: 'Int64', u64: 'UInt64', u32: 'UInt32', u16: 'UInt16', u8: 'UInt8', i8: 'Int8', f64: 'Float64' },
  ...{ text: 'String', word: 'String', bytes: 'String' },
} as const;
const PIPELINE = 'pipeline';
const OLDEST = 21;
const NS_PER_SECOND = 1e9;
/** Codes of ClickHouse that say: these rows are wrong. */
const ROWS_ARE_WRONG = new Set(['6', '26', '27', '33', '38', '41', '53', '69', '70', '72', '117', '321']);
/** Inserts of a table whose tokens are remembered. */
const TOKENS = 1_000;
const SETTINGS = {
  insert_deduplicate: '1',
  deduplicate_blocks_in_dependent_materialized_views: '1',
  async_insert: '0',
  // A block stays one block.
  max_insert_block_size: '10000000',
  output_format_json_quote_64bit_integers: '1',
};

const quoted = (name: string): string => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const isKey = ({ category, instrument }: RowSchema, { name }: RowField): boolean =>
  name === category || name === instrument;
const isNullable = (schema: RowSchema, field: RowField): boolean =>
  field.state === 'optional' && field.dtype !== 'bytes' && !isKey(schema, field);

class ClickHouseSink implements Sink {
  #http: HttpClient | undefined;
  #pipeline = '';
  readonly #tables = new Set<string>();
  constructor(readonly options: SinkOf<'clickhouse'>) {}

  #sql(
    sql: string,
    settings: Readonly<Record<string, string>> = {},
    body: readonly Uint8Array[] = [],
  ): Promise<string> {
    const query = new URLSearchParams({ database: this.options.database, ...SETTINGS, ...settings, query: sql });
    return (this.#http as HttpClient).post(`/?${query}`, body);
  }
  #table(name: string): string {
    return `${quoted(this.options.database)}.${quoted(name)}`;
  }

  async open({ pipeline }: SinkContext): Promise<SinkOpened> {
    this.#pipeline = pipeline;
    this.#tables.clear();
    const { server, username, password } = this.options;
    this.#http = new HttpClient(this.options, {
      ...(username === undefined ? {} : { 'x-clickhouse-user': referenced(username, 'username') }),
      ...(password === undefined ? {} : { 'x-clickhouse-key': referenced(password, 'password') }),
    });
    try {
      await this.#checkVersion();
      await this.#sql(`CREATE DATABASE IF NOT EXISTS ${quoted(this.options.database)}`, { database: 'default' });
      return { delivery: 'exactlyOnce', positions: await this.#positions() };
    } catch (cause) {
      await this.close();
      throw new VenuewireError(
        'VW_SINK_OPEN',
        `ClickHouse at ${server}: ${cause instanceof Error ? cause.message : cause}`,
        'Check that the server runs (its HTTP port, 8123 as it comes), and that this user may make tables in the database.',
      );
    }
  }

  async #checkVersion(): Promise<void> {
    const text = await (this.#http as HttpClient).post(`/?${new URLSearchParams({ query: 'SELECT version()' })}`, '');
    if (Number(text.split('.', 1)[0]) < OLDEST)
      throw new Error(`it is version ${text.trim()}, and ${OLDEST} is the oldest that will do`);
  }

  /** Of every table that has rows of this pipeline. */
  async #positions(): Promise<RowPosition[]> {
    const database = literal(this.options.database);
    const tables = await this.#lines<{ table: string }>(
      `SELECT table FROM system.columns WHERE database = ${database} AND name IN ('${PIPELINE}', 'channel', 'epoch', 'number', 'part')
        AND table NOT LIKE '%\\_latest' AND table NOT LIKE '%\\_last' GROUP BY table HAVING count() = 5`,
    );
    const positions: RowPosition[] = [];
    for (const { table } of tables) {
      const rows = await this.#lines<{ channel: string; epoch: string; number: string; part: number }>(
        `SELECT channel, epoch, tupleElement(last, 1) AS number, tupleElement(last, 2) AS part FROM (
          SELECT channel, epoch, max((number, part)) AS last FROM ${this.#table(table)}
          WHERE ${PIPELINE} = ${literal(this.#pipeline)} GROUP BY channel, epoch)`,
      );
      for (const { channel, epoch, number, part } of rows)
        positions.push({ channel, epoch, number: BigInt(number), part: Number(part) });
    }
    return positions;
  }

  async #lines<T>(sql: string): Promise<T[]> {
    const text = await this.#sql(`${sql} FORMAT JSONEachRow`);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  }

  async #create(schema: RowSchema): Promise<void> {
    const { ttl } = this.options;
    const at = instantOf(schema);
    const instant = schema.fields[at]?.name;
    const columns = schema.fields.map((field, i) => {
      const says = JSON.stringify({
        dtype: field.dtype,
        unit: field.unit,
        state: field.state,
        exponent: field.exponent,
      });
      return `${quoted(field.name)} ${columnType(schema, field, i === at)} COMMENT ${literal(says)}`;
    });
    const all = [`${PIPELINE} LowCardinality(String)`, ...columns].join(', ');
    const keys = [schema.category, schema.instrument].flatMap((name) => (name === undefined ? [] : [quoted(name)]));
    const order = [...keys, ...(instant === undefined ? [] : [quoted(instant)]), 'channel', 'epoch', 'number', 'part'];
    const time = instant === undefined ? undefined : quoted(instant);
    const seconds = ttl === undefined ? undefined : Math.max(1, Math.round(nanosecondsOf(ttl) / NS_PER_SECOND));
    await this.#sql(`CREATE TABLE IF NOT EXISTS ${this.#table(schema.name)} (${all}) ENGINE = MergeTree
      ${time === undefined ? '' : `PARTITION BY toDate(${time})`} ORDER BY (${order.join(', ')})
      ${time === undefined || seconds === undefined ? '' : `TTL toDateTime(${time}) + INTERVAL ${seconds} SECOND`}
      SETTINGS non_replicated_deduplication_window = ${TOKENS}`);
    if (keys.length > 0 && time !== undefined) await this.#createLatest(schema, all, keys, time);
    this.#tables.add(schema.name);
  }

  /** The newest row of each category and instrument: kept by a materialised view, read by the view `…_last`. */
  async #createLatest({ name }: RowSchema, columns: string, keys: readonly string[], time: string): Promise<void> {
    const latest = this.#table(`${name}_latest`);
    const by = [PIPELINE, ...keys].join(', ');
    await this.#sql(`CREATE TABLE IF NOT EXISTS ${latest} (${columns}) ENGINE = ReplacingMergeTree(${time}) ORDER BY (${by})
      SETTINGS non_replicated_deduplication_window = ${TOKENS}`);
    await this.#sql(`CREATE MATERIALIZED VIEW IF NOT EXISTS ${this.#table(`${name}_to_latest`)} TO ${latest} AS
      SELECT * FROM ${this.#table(name)} ORDER BY ${time} DESC, number DESC, part DESC LIMIT 1 BY ${by}`);
    await this.#sql(`CREATE VIEW IF NOT EXISTS ${this.#table(`${name}_last`)} AS SELECT * FROM ${latest} FINAL`);
  }

  async write(batch: RowBatch): Promise<undefined> {
    if (!this.#tables.has(batch.schema.name)) await this.#create(batch.schema);
    for (const rows of byDay(batch)) await this.#insert(rows);
  }

  async #insert(batch: RowBatch): Promise<void> {
    const names = [PIPELINE, ...batch.schema.fields.map(({ name }) => name)].map(quoted).join(', ');
    const [first, last] = [batch.position(0), batch.position(batch.rows - 1)].map(
      ({ channel, epoch, number, part }) => `${channel}/${epoch}/${number}.${part}`,
    );
    try {
      await this.#sql(
        `INSERT INTO ${this.#table(batch.schema.name)} (${names}) FORMAT Native`,
        { insert_deduplication_token: `${this.#pipeline} ${first} ${last} ${batch.rows}` },
        nativeBlock(batch, this.#pipeline),
      );
    } catch (cause) {
      if (!(cause instanceof HttpFailure)) throw cause;
      const code = String(cause.headers['x-clickhouse-exception-code'] ?? /^Code: (\d+)/.exec(cause.body)?.[1] ?? '');
      if (ROWS_ARE_WRONG.has(code)) throw new SinkRefusal(`clickhouse${code}`, cause.message);
      throw cause;
    }
  }

  async flush(): Promise<void> {}
  close(): Promise<void> {
    this.#http?.close();
    this.#http = undefined;
    return Promise.resolve();
  }
}

function columnType(schema: RowSchema, field: RowField, isInstant: boolean): string {
  if (isInstant) return "DateTime64(9, 'UTC')";
  const type = isNullable(schema, field) ? `Nullable(${TYPES[field.dtype]})` : TYPES[field.dtype];
  return field.dtype === 'word' ? `LowCardinality(${type})` : type;
}

/** A block of ClickHouse's format Native: for each column its name, its type and its values, little-endian. */
export function nativeBlock(batch: RowBatch, pipeline: string): Uint8Array[] {
  const { schema, rows } = batch;
  const instant = instantOf(schema);
  const out: Uint8Array[] = [Buffer.from([...varint(schema.fields.length + 1), ...varint(rows)])];
  out.push(textBytes(PIPELINE), textBytes('LowCardinality(String)'), ...dictionary([pipeline], new Uint32Array(rows)));
  schema.fields.forEach((field, i) => {
    const column = batch.columns[i] as RowColumn;
    const nullable = isNullable(schema, field);
    out.push(textBytes(field.name), textBytes(columnType(schema, field, i === instant)));
    if (isWords(column)) out.push(...wordBytes(field, column, nullable));
    else {
      if (nullable) out.push(nulls(field, column, rows));
      out.push(values(column));
    }
  });
  return out;
}

function values(column: Exclude<RowColumn, Words>): Uint8Array {
  if (ArrayBuffer.isView(column))
    return Buffer.from(column.buffer as ArrayBuffer, column.byteOffset, column.byteLength);
  return Buffer.concat(
    (column as readonly (string | Uint8Array)[]).flatMap((value) =>
      typeof value === 'string' ? [textBytes(value)] : [Buffer.from(varint(value.length)), value],
    ),
  );
}

/** Codes and words as they are. Of a nullable column the first word stands for none. */
function wordBytes(field: RowField, column: Words, nullable: boolean): Uint8Array[] {
  const { codes, words } = usedWords(column.codes, column.words);
  if (!nullable) return dictionary(words, codes);
  const codeOf = words.map((word, code) => (isNone(field, word) ? 0 : code + 1));
  return dictionary(
    ['', ...words],
    Uint32Array.from(codes, (code) => codeOf[code] as number),
  );
}

/** A low-cardinality column with a dictionary of its own: version 1, indices of 32 bits. */
function dictionary(words: readonly string[], codes: Uint32Array): Uint8Array[] {
  const head = new BigUint64Array([DICTIONARY_VERSION, DICTIONARY_OF_ITS_OWN | INDICES_U32, BigInt(words.length)]);
  const count = new BigUint64Array([BigInt(codes.length)]);
  return [bytesOf(head), ...words.map(textBytes), bytesOf(count), bytesOf(codes)];
}
const DICTIONARY_VERSION = 1n;
const DICTIONARY_OF_ITS_OWN = 0x600n;
const INDICES_U32 = 2n;

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** 1 where there is no value. */
function nulls(field: RowField, column: Exclude<RowColumn, Words>, rows: number): Uint8Array {
  const out = new Uint8Array(rows);
  if (field.none !== undefined && (field.dtype === 'i64' || field.dtype === 'u64')) {
    // As halves: comparing 64-bit integers would make a bigint of each.
    const none = BigInt.asUintN(64, BigInt(field.none));
    const [low, high] = [Number(none & 0xffff_ffffn), Number(none >> 32n)];
    const { buffer, byteOffset } = column as BigInt64Array;
    const halves = new Uint32Array(buffer, byteOffset, rows * 2);
    for (let row = 0; row < rows; row++) out[row] = halves[row * 2] === low && halves[row * 2 + 1] === high ? 1 : 0;
    return out;
  }
  for (let row = 0; row < rows; row++) out[row] = isNone(field, column[row] as string) ? 1 : 0;
  return out;
}

function varint(value: number): number[] {
  const out: number[] = [];
  let left = value;
  for (; left >= CONTINUED; left = Math.floor(left / CONTINUED)) out.push((left % CONTINUED) + CONTINUED);
  out.push(left);
  return out;
}
const CONTINUED = 128;
function textBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(varint(bytes.length)), bytes]);
}

export const clickhouse = (options: SinkOf<'clickhouse'>): Sink => new ClickHouseSink(options);
