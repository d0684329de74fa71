/** PostgreSQL: rows by COPY, and the position in the same transaction, so that nothing is stored twice. */
import { once } from 'node:events';
import { VenuewireError } from '../errors.js';
import { referenced } from '../patterns/credentials.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { splitEndpoint } from '../patterns/units.js';
import { peer } from '../peer.js';
import { quotedName } from '../sql.js';
import { isNone, type RowBatch, type RowField, type RowPosition, type RowSchema, type RowType } from './rows.js';
import { type Sink, type SinkContext, type SinkOpened, SinkRefusal } from './sink.js';
import { tlsOptions } from './tls.js';

type Postgres = typeof import('postgres');
type Sql = import('postgres').Sql;
type ReservedSql = import('postgres').ReservedSql;

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

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const GONE = 'the connection has gone';

/** A connection, as far as it has to be known whether it is there: the client leaves some of what waits for it waiting. */
class Link {
  isGone = false;
  #reject: (error: Error) => void = () => {};
  readonly gone: Promise<never>;
  constructor() {
    this.gone = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.gone.catch(() => {});
  }
  end(): void {
    this.isGone = true;
    this.#reject(new Error(GONE));
  }
}

class PostgreSqlSink implements Sink {
  #sql: Sql | undefined;
  #pipeline = '';
  #connection = new Link();
  readonly #tables = new Set<string>();
  constructor(readonly options: SinkOf<'postgresql'>) {}

  get #schema(): string {
    return quotedName(this.options.schema);
  }

  async open({ pipeline }: SinkContext): Promise<SinkOpened> {
    this.#pipeline = pipeline;
    const { server, database, username, password, tls } = this.options;
    const { default: postgres } = await peer<{ default: Postgres }>('postgres', "The sink 'postgresql'");
    const { host, port } = splitEndpoint(server);
    const connection = new Link();
    this.#connection = connection;
    const sql = postgres({
      ...{ host, port, database },
      ...(username === undefined ? {} : { username: referenced(username, 'username') }),
      ...(password === undefined ? {} : { password: referenced(password, 'password') }),
      ssl: tls === undefined ? false : tlsOptions(tls, host),
      max: 1,
      connect_timeout: CONNECT_SECONDS,
      onnotice: () => {},
      onclose: () => connection.end(),
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
    if (!this.#tables.has(name)) await Promise.race([this.#create(sql, batch.schema), this.#connection.gone]);
    try {
      await this.#transaction(sql, batch);
    } catch (cause) {
      const code = (cause as { code?: unknown }).code;
      if (typeof code === 'string' && ROWS_ARE_WRONG.test(code)) {
        throw new SinkRefusal(`sqlstate${code}`, cause instanceof Error ? cause.message : String(cause));
      }
      throw cause;
    }
  }

  /**
   * On one connection, statement by statement. Nothing is said to a connection that has gone, not even ROLLBACK (which the
   * server does by itself): the client writes to it later, and that ends the process.
   */
  async #transaction(sql: Sql, batch: RowBatch): Promise<void> {
    const connection = this.#connection;
    const reserved = await Promise.race([sql.reserve(), connection.gone]);
    const say = (text: string, values: (string | number)[] = []): Promise<unknown> => {
      if (connection.isGone) throw new Error(GONE);
      return Promise.race([reserved.unsafe(text, values), connection.gone]);
    };
    try {
      await say('BEGIN');
      await Promise.race([this.#copy(reserved, batch), connection.gone]);
      for (const { channel, epoch, number, part } of batch.positions()) {
        await say(
          `INSERT INTO ${this.#schema}.venuewire_positions VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (pipeline, channel, epoch) DO UPDATE SET number = EXCLUDED.number, part = EXCLUDED.part`,
          [this.#pipeline, channel, epoch, number.toString(), part],
        );
      }
      const { notify } = this.options;
      // One for a transaction: they are told in the order of commits, which costs a lock.
      if (notify !== undefined) {
        const { pipeline, table } = { pipeline: this.#pipeline, table: batch.schema.name };
        const told = { pipeline, table, rows: batch.rows, ...plain(batch.position(batch.rows - 1)) };
        await say('SELECT pg_notify($1, $2)', [notify, JSON.stringify(told)]);
      }
      await say('COMMIT');
    } catch (error) {
      if (!connection.isGone) await say('ROLLBACK').catch(() => {});
      throw error;
    } finally {
      if (!connection.isGone) reserved.release();
    }
  }

  async #create(sql: Sql, { name, fields }: RowSchema): Promise<void> {
    const table = `${this.#schema}.${quotedName(name)}`;
    const columns = fields.map((field) => `${quotedName(field.name)} ${TYPES[field.dtype]}`);
    await sql.unsafe(`CREATE TABLE IF NOT EXISTS ${table} (${columns.join(', ')})`);
    // What a field is goes with the data.
    for (const { name: column, dtype, unit, state, exponent } of fields) {
      const says = JSON.stringify({ dtype, unit, state, exponent });
      await sql.unsafe(`COMMENT ON COLUMN ${table}.${quotedName(column)} IS ${literal(says)}`);
    }
    this.#tables.add(name);
  }

  async #copy(reserved: ReservedSql, batch: RowBatch): Promise<void> {
    const { name, fields } = batch.schema;
    const columns = fields.map((field) => quotedName(field.name)).join(', ');
    const stream = await reserved.unsafe(`COPY ${this.#schema}.${quotedName(name)} (${columns}) FROM STDIN`).writable();
    const ended = new Promise<void>((resolve, reject) => {
      stream.once('finish', resolve);
      stream.once('error', reject);
      stream.once('close', () => reject(new Error(GONE)));
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
