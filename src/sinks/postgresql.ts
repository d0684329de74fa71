/** PostgreSQL: rows by COPY, and the position in the same transaction, so that nothing is stored twice. */
import { once } from 'node:events';
import { VenuewireError } from '../errors.js';
import { referenced } from '../patterns/credentials.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { splitEndpoint } from '../patterns/units.js';
import { peer } from '../peer.js';
import { isNone, type RowBatch, type RowField, type RowPosition, type RowSchema, type RowType } from './rows.js';
import { type Sink, type SinkContext, type SinkOpened, SinkRefusal } from './sink.js';
import { tlsOptions } from './tls.js';

type Postgres = typeof import('postgres');
type Sql = import('postgres').Sql;
type TransactionSql = import('postgres').TransactionSql;

const TYPES: Readonly<Record<RowType, string>> = {
  i64: 'bigint',
  // PostgreSQL has no unsigned integers.
  u64: 'numeric(20,0)',
  u32: 'bigint',
  u16: 'integer',
  u8: 'smallint',
  i8: 'smallint',
  f64: 'double precision',
  text: 'text',
  word: 'text',
  bytes: 'bytea',
};

const CONNECT_SECONDS = 10;
/** Classes of SQLSTATE that say: these rows are wrong. 22: data, 23: constraints. */
const ROWS_ARE_WRONG = /^2[23]/;
/** Text of COPY is handed over in pieces of about so many characters. */
const PIECE = 1 << 18;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

class PostgreSqlSink implements Sink {
  #sql: Sql | undefined;
  #pipeline = '';
  readonly #tables = new Set<string>();
  constructor(readonly options: SinkOf<'postgresql'>) {}

  get #schema(): string {
    return quoted(this.options.schema);
  }

  async open({ pipeline }: SinkContext): Promise<SinkOpened> {
    this.#pipeline = pipeline;
    const { server, database, username, password, tls } = this.options;
    const { default: postgres } = await peer<{ default: Postgres }>('postgres', "The sink 'postgresql'");
    const { host, port } = splitEndpoint(server);
    const sql = postgres({
      ...{ host, port, database },
      ...(username === undefined ? {} : { username: referenced(username, 'username') }),
      ...(password === undefined ? {} : { password: referenced(password, 'password') }),
      ssl: tls === undefined ? false : tlsOptions(tls, host),
      max: 1,
      connect_timeout: CONNECT_SECONDS,
      onnotice: () => {},
    });
    this.#sql = sql;
    try {
      await sql.unsafe(`CREATE SCHEMA IF NOT EXISTS ${this.#schema}`);
      await sql.unsafe(`CREATE TABLE IF NOT EXISTS ${this.#schema}.venuewire_positions (pipeline text, channel text,
        epoch text, number numeric(20,0), part bigint, PRIMARY KEY (pipeline, channel, epoch))`);
      const rows = await sql.unsafe(
        `SELECT channel, epoch, number::text, part::text FROM ${this.#schema}.venuewire_positions WHERE pipeline = $1`,
        [pipeline],
      );
      const positions = rows.map(
        ({ channel, epoch, number, part }): RowPosition => ({
          ...{ channel, epoch },
          number: BigInt(number),
          part: Number(part),
        }),
      );
      return { delivery: 'exactlyOnce', positions };
    } catch (cause) {
      await this.close();
      throw new VenuewireError(
        'VW_SINK_OPEN',
        `PostgreSQL at ${server}: ${cause instanceof Error ? cause.message : cause}`,
        'Check that the server runs, that the database is there and that this user may make tables in the schema.',
      );
    }
  }

  async write(batch: RowBatch): Promise<undefined> {
    const sql = this.#sql as Sql;
    const { name } = batch.schema;
    if (!this.#tables.has(name)) await this.#create(sql, batch.schema);
    try {
      await sql.begin(async (transaction) => {
        await this.#copy(transaction, batch);
        for (const { channel, epoch, number, part } of batch.positions()) {
          await transaction.unsafe(
            `INSERT INTO ${this.#schema}.venuewire_positions VALUES ($1, $2, $3, $4, $5)
              ON CONFLICT (pipeline, channel, epoch) DO UPDATE SET number = EXCLUDED.number, part = EXCLUDED.part`,
            [this.#pipeline, channel, epoch, number.toString(), part],
          );
        }
        const { notify } = this.options;
        // One for a transaction: they are told in the order of commits, which costs a lock.
        if (notify !== undefined) {
          const told = {
            pipeline: this.#pipeline,
            table: name,
            rows: batch.rows,
            ...plain(batch.position(batch.rows - 1)),
          };
          await transaction.unsafe('SELECT pg_notify($1, $2)', [notify, JSON.stringify(told)]);
        }
      });
    } catch (cause) {
      const code = (cause as { code?: unknown }).code;
      if (typeof code === 'string' && ROWS_ARE_WRONG.test(code)) {
        throw new SinkRefusal(`sqlstate${code}`, cause instanceof Error ? cause.message : String(cause));
      }
      throw cause;
    }
  }

  async #create(sql: Sql, { name, fields }: RowSchema): Promise<void> {
    const table = `${this.#schema}.${quoted(name)}`;
    const columns = fields.map((field) => `${quoted(field.name)} ${TYPES[field.dtype]}`);
    await sql.unsafe(`CREATE TABLE IF NOT EXISTS ${table} (${columns.join(', ')})`);
    // What a field is goes with the data.
    for (const { name: column, dtype, unit, state, exponent } of fields) {
      const says = JSON.stringify({ dtype, unit, state, exponent });
      await sql.unsafe(`COMMENT ON COLUMN ${table}.${quoted(column)} IS ${literal(says)}`);
    }
    this.#tables.add(name);
  }

  async #copy(transaction: TransactionSql, batch: RowBatch): Promise<void> {
    const { name, fields } = batch.schema;
    const columns = fields.map((field) => quoted(field.name)).join(', ');
    const stream = await transaction.unsafe(`COPY ${this.#schema}.${quoted(name)} (${columns}) FROM STDIN`).writable();
    const ended = new Promise<void>((resolve, reject) => {
      stream.once('finish', resolve);
      stream.once('error', reject);
      stream.once('close', () => reject(new Error('the connection has gone')));
    });
    ended.catch(() => {});
    let piece = '';
    for (let row = 0; row < batch.rows; row++) {
      piece += copyLine(batch, fields, row);
      if (piece.length < PIECE) continue;
      const hasRoom = stream.write(piece);
      piece = '';
      if (!hasRoom) await Promise.race([once(stream, 'drain'), ended]);
    }
    stream.end(piece);
    await ended;
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }
  async close(): Promise<void> {
    const sql = this.#sql;
    this.#sql = undefined;
    this.#tables.clear();
    await sql?.end({ timeout: 0 }).catch(() => {});
  }
}

const plain = ({ channel, epoch, number, part }: RowPosition) => ({ channel, epoch, number: number.toString(), part });

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A line of COPY's text format. */
function copyLine(batch: RowBatch, fields: readonly RowField[], row: number): string {
  let line = '';
  for (let i = 0; i < fields.length; i++) {
    if (i > 0) line += '\t';
    const value = batch.value(i, row);
    if (isNone(fields[i] as RowField, value)) line += '\\N';
    else if (typeof value === 'string') line += value.replace(/[\\\n\r\t]/g, (c) => ESCAPES[c] as string);
    else if (value instanceof Uint8Array) line += `\\\\x${Buffer.from(value).toString('hex')}`;
    else line += value;
  }
  return `${line}\n`;
}

export const postgresql = (options: SinkOf<'postgresql'>): Sink => new PostgreSqlSink(options);
