/**
 * TypeDB 3 over its HTTP interface. A row is an entity of the schema's name, its fields are attributes, and its key is its place in the
 * pipeline: a row that is written again is the same entity. No server of it can be had where the tests run: a fake holds requests to the
 * documents.
 */
import { VenuewireError } from '../errors.js';
import { referenced } from '../patterns/credentials.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { HttpClient, HttpFailure } from './http.js';
import { isNone, type RowBatch, type RowField, type RowSchema, type RowType } from './rows.js';
import { type Sink, type SinkContext, type SinkOpened, SinkRefusal } from './sink.js';

const PREFIX = 'vw';
const KEY = `${PREFIX}_key`;
const BAD_REQUEST = 400;
const JSON_TYPE = { 'content-type': 'application/json' };

/** Integers of TypeDB have 64 bits and a sign: those without one are text. */
const TYPES: Readonly<Record<RowType, 'integer' | 'double' | 'string'>> = {
  ...{ i64: 'integer', u64: 'string', u32: 'integer', u16: 'integer', u8: 'integer', i8: 'integer' },
  ...{ f64: 'double', text: 'string', word: 'string', bytes: 'string' },
};

const entityOf = ({ name }: RowSchema): string => `${PREFIX}_${name}`;
const attributeOf = (schema: RowSchema, { name }: RowField): string => `${PREFIX}_${schema.name}_${name}`;
const textOf = (text: string): string => JSON.stringify(text);

class TypeDbSink implements Sink {
  #http: HttpClient | undefined;
  #pipeline = '';
  readonly #defined = new Set<string>();
  constructor(readonly options: SinkOf<'typedb'>) {}

  async open({ pipeline }: SinkContext): Promise<SinkOpened> {
    this.#pipeline = pipeline;
    this.#defined.clear();
    const { server, database, username, password } = this.options;
    const door = new HttpClient(this.options, JSON_TYPE);
    try {
      const login = { username: referenced(username, 'username'), password: referenced(password, 'password') };
      const { token } = JSON.parse(await door.post('/v1/signin', JSON.stringify(login))) as { token: string };
      this.#http = new HttpClient(this.options, { ...JSON_TYPE, authorization: `Bearer ${token}` });
      const { databases } = JSON.parse(await this.#http.get('/v1/databases')) as { databases: { name: string }[] };
      if (!databases.some(({ name }) => name === database)) await this.#post(`/v1/databases/${database}`, {});
      return { delivery: 'atLeastOnce', positions: [] };
    } catch (cause) {
      await this.close();
      throw new VenuewireError(
        'VW_SINK_OPEN',
        `TypeDB at ${server}: ${cause instanceof Error ? cause.message : cause}`,
        'Check that the server is version 3 with its HTTP endpoint (port 8000 as it comes), and the user and its password.',
      );
    } finally {
      door.close();
    }
  }

  #post(path: string, body: object): Promise<string> {
    return (this.#http as HttpClient).post(path, JSON.stringify(body));
  }

  /** `define` of what is defined already changes nothing. */
  async #define(schema: RowSchema): Promise<void> {
    const owned = schema.fields.map((field) => `owns ${attributeOf(schema, field)}`);
    const attributes = schema.fields.map(
      (field) => `attribute ${attributeOf(schema, field)}, value ${TYPES[field.dtype]};`,
    );
    const query = [
      `define attribute ${KEY}, value string;`,
      ...attributes,
      `entity ${entityOf(schema)}, ${[`owns ${KEY} @key`, ...owned].join(', ')};`,
    ].join('\n');
    const { database: databaseName } = this.options;
    await this.#post('/v1/query', { databaseName, transactionType: 'schema', query, commit: true });
    this.#defined.add(schema.name);
  }

  /** All rows of a batch are one transaction. */
  async write(batch: RowBatch): Promise<undefined> {
    try {
      if (!this.#defined.has(batch.schema.name)) await this.#define(batch.schema);
      const { database: databaseName } = this.options;
      const opened = await this.#post('/v1/transactions/open', { databaseName, transactionType: 'write' });
      const { transactionId } = JSON.parse(opened) as { transactionId: string };
      const transaction = `/v1/transactions/${encodeURIComponent(transactionId)}`;
      for (let row = 0; row < batch.rows; row++)
        await this.#post(`${transaction}/query`, { query: this.#put(batch, row) });
      await this.#post(`${transaction}/commit`, {});
    } catch (cause) {
      if (!(cause instanceof HttpFailure) || cause.status !== BAD_REQUEST) throw cause;
      throw new SinkRefusal('http400', cause.message);
    }
  }

  #put(batch: RowBatch, row: number): string {
    const { schema } = batch;
    const { channel, epoch, number, part } = batch.position(row);
    const key = `${this.#pipeline}/${channel}/${epoch}/${number}.${part}`;
    const has = schema.fields.flatMap((field, i) => {
      const value = batch.value(i, row);
      return isNone(field, value) ? [] : [`has ${attributeOf(schema, field)} ${valueText(field, value)}`];
    });
    return `put $row isa ${entityOf(schema)}, ${[`has ${KEY} ${textOf(key)}`, ...has].join(', ')};`;
  }

  async flush(): Promise<void> {}
  close(): Promise<void> {
    this.#http?.close();
    this.#http = undefined;
    return Promise.resolve();
  }
}

function valueText({ dtype }: RowField, value: string | number | bigint | Uint8Array): string {
  if (value instanceof Uint8Array) return textOf(Buffer.from(value).toString('base64'));
  return TYPES[dtype] === 'string' ? textOf(String(value)) : `${value}`;
}

export const typedb = (options: SinkOf<'typedb'>): Sink => new TypeDbSink(options);
