/**
 * InfluxDB 1, 2 and 3, Kapacitor and QuestDB: one text format, told apart by their addresses. A point is its series and its
 * instant, and a second one replaces the first: so a row that is written again is the same point. Two rows of a series in one
 * nanosecond would replace each other as well; so the last three digits of a point's instant are those of the row's
 * sequence number, and the exact instant is the field `receiveTimeNs`. A row that meets another one even so is refused and counted.
 */
import { VenuewireError } from '../errors.js';
import { referenced } from '../patterns/credentials.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { instantOf } from './days.js';
import { basicLogin, HttpClient, HttpFailure } from './http.js';
import { isNone, type RowBatch, type RowField, type RowPosition, type RowSchema } from './rows.js';
import { type Delivery, type Refusal, type Sink, type SinkContext, type SinkOpened, SinkRefusal } from './sink.js';

type Options = SinkOf<'influxdb'> | SinkOf<'kapacitor'> | SinkOf<'questdb'>;

const POSITIONS = 'venuewire_positions';
const MICRO = 1_000n;
const LARGEST = (1n << 63n) - 1n;
const BAD_REQUEST = 400;
const TOO_LARGE = 413;
const UNPROCESSABLE = 422;

const escaped = (text: string): string => text.replace(/[,= \\]/g, '\\$&').replace(/[\r\n]/g, ' ');
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&').replace(/[\r\n]/g, ' ')}"`;

function writePath(options: Options): string {
  const query = (parts: Record<string, string | undefined>): string =>
    String(
      new URLSearchParams(
        Object.entries(parts).flatMap(([k, v]): [string, string][] => (v === undefined ? [] : [[k, v]])),
      ),
    );
  if (options.type === 'questdb') return `/write?${query({ precision: 'n' })}`;
  const { database } = options;
  if (options.type === 'kapacitor')
    return `/kapacitor/v1/write?${query({ db: database, rp: options.retention, precision: 'n' })}`;
  const { version, org, retention } = options;
  if (version === 2) return `/api/v2/write?${query({ org, bucket: database, precision: 'ns' })}`;
  if (version === 3) return `/api/v3/write_lp?${query({ db: database, precision: 'nanosecond' })}`;
  return `/write?${query({ db: database, rp: retention, precision: 'ns' })}`;
}

function headersOf(options: Options): Record<string, string> {
  const { username, password } = options;
  if (options.type !== 'influxdb' || options.token === undefined) return basicLogin(username, password);
  const token = referenced(options.token, 'token');
  return { authorization: options.version === 3 ? `Bearer ${token}` : `Token ${token}` };
}

class LineProtocolSink implements Sink {
  #http: HttpClient | undefined;
  #pipeline = '';
  /** Points of the last microsecond of each series: which row each digit belongs to. */
  readonly #taken = new Map<string, { micro: bigint; rows: Map<bigint, string> }>();
  constructor(readonly options: Options) {}

  /** InfluxDB can be asked for what was written. */
  get #delivery(): Delivery {
    return this.options.type === 'influxdb' ? 'exactlyOnce' : 'atLeastOnce';
  }

  async open({ pipeline }: SinkContext): Promise<SinkOpened> {
    this.#pipeline = pipeline;
    const { options } = this;
    this.#http = new HttpClient(options, headersOf(options));
    try {
      if (options.type !== 'influxdb') return { delivery: this.#delivery, positions: [] };
      if (options.version === 1) await this.#query(`CREATE DATABASE ${quoted(options.database)}`);
      return { delivery: this.#delivery, positions: await this.#positions() };
    } catch (cause) {
      await this.close();
      throw new VenuewireError(
        'VW_SINK_OPEN',
        `${options.type} at ${options.server}: ${cause instanceof Error ? cause.message : cause}`,
        'Check that the server runs, its version, and that this user may write to the database and read it.',
      );
    }
  }

  async #query(sql: string): Promise<string> {
    const { database } = this.options as SinkOf<'influxdb'>;
    const query = new URLSearchParams({ db: database, q: sql, epoch: 'ns' });
    return (this.#http as HttpClient).post(`/query?${query}`, '');
  }

  async #positions(): Promise<RowPosition[]> {
    const where = `pipeline = '${this.#pipeline.replaceAll("'", "\\'")}'`;
    const text = await this.#query(`SELECT last(at) AS at FROM ${POSITIONS} WHERE ${where} GROUP BY channel, epoch`);
    const { results = [] } = JSON.parse(text) as {
      results?: { error?: string; series?: { tags: Record<string, string>; values: string[][] }[] }[];
    };
    const [{ error, series = [] } = {}] = results;
    if (error !== undefined) throw new Error(error);
    return series.map(({ values }) => {
      const [channel = '', epoch = '', number = '0', part = 0] = JSON.parse(values[0]?.[1] as string) as [
        string,
        string,
        string,
        number,
      ];
      return { channel, epoch, number: BigInt(number), part };
    });
  }

  async write(batch: RowBatch): Promise<readonly Refusal[] | undefined> {
    const { text, refused } = this.#lines(batch);
    try {
      if (text !== '') await (this.#http as HttpClient).post(writePath(this.options), text);
      if (this.#delivery === 'exactlyOnce')
        await (this.#http as HttpClient).post(writePath(this.options), this.#positionLines(batch));
    } catch (cause) {
      const status = cause instanceof HttpFailure ? cause.status : 0;
      // Whatever else of these rows has been written is the same points when it is written again.
      if ([BAD_REQUEST, TOO_LARGE, UNPROCESSABLE].includes(status))
        throw new SinkRefusal(`http${status}`, (cause as Error).message);
      throw cause;
    }
    return [...refused].map(([reason, rows]) => ({ reason, rows }));
  }

  #lines(batch: RowBatch): { text: string; refused: Map<string, number> } {
    const { schema } = batch;
    const at = instantOf(schema);
    if (at < 0) throw new SinkRefusal('noInstant', `rows '${schema.name}' have no instant, which a point needs`);
    const refused = new Map<string, number>();
    let text = '';
    for (let row = 0; row < batch.rows; row++) {
      const line = lineOf(batch, row, at, this.#unsigned);
      const reason = typeof line === 'string' ? line : this.#place(line.series, line.time, line.position);
      if (reason === undefined) {
        const { series, fields, time } = line as Line;
        text += `${series} ${fields} ${time}\n`;
      } else refused.set(reason, (refused.get(reason) ?? 0) + 1);
    }
    return { text, refused };
  }

  get #unsigned(): boolean {
    return this.options.type === 'influxdb' && this.options.version !== 1;
  }

  /** Whether another row of the series has this instant. */
  #place(series: string, time: bigint, position: string): string | undefined {
    const micro = time / MICRO;
    let of = this.#taken.get(series);
    if (of === undefined) {
      of = { micro, rows: new Map() };
      this.#taken.set(series, of);
    }
    if (of.micro !== micro) Object.assign(of, { micro, rows: new Map() });
    const known = of.rows.get(time);
    if (known !== undefined && known !== position) return 'sameInstant';
    of.rows.set(time, position);
    return undefined;
  }

  #positionLines(batch: RowBatch): string {
    const now = BigInt(Date.now()) * 1_000_000n;
    return batch
      .positions()
      .map(({ channel, epoch, number, part }) => {
        const tags = Object.entries({ pipeline: this.#pipeline, channel, epoch }).filter(([, value]) => value !== '');
        const series = [POSITIONS, ...tags.map(([name, value]) => `${name}=${escaped(value)}`)].join(',');
        return `${series} at=${quoted(JSON.stringify([channel, epoch, `${number}`, part]))} ${now}\n`;
      })
      .join('');
  }

  async flush(): Promise<void> {}
  close(): Promise<void> {
    this.#http?.close();
    this.#http = undefined;
    this.#taken.clear();
    return Promise.resolve();
  }
}

interface Line {
  readonly series: string;
  readonly fields: string;
  readonly time: bigint;
  readonly position: string;
}

const isTag = ({ category, instrument }: RowSchema, name: string): boolean =>
  name === 'channel' || name === category || name === instrument;

/** A row as a point, or why it cannot be one. */
function lineOf(batch: RowBatch, row: number, instant: number, unsigned: boolean): Line | string {
  const { schema } = batch;
  let series = escaped(schema.name);
  const fields: string[] = [];
  const { number, part, channel, epoch } = batch.position(row);
  for (let i = 0; i < schema.fields.length; i++) {
    const field = schema.fields[i] as RowField;
    const value = batch.value(i, row);
    if (isNone(field, value)) continue;
    if (isTag(schema, field.name)) {
      if (value !== '') series += `,${field.name}=${escaped(String(value))}`;
      continue;
    }
    const text = fieldText(value, i === instant, unsigned);
    if (text === undefined) return 'outOfRange';
    fields.push(`${i === instant ? `${field.name}Ns` : escaped(field.name)}=${text}`);
  }
  // Rows of one message are told apart by a tag that has few values.
  if (part > 0) series += `,row=${part}`;
  const received = batch.value(instant, row) as bigint;
  const time = (received / MICRO) * MICRO + (number % MICRO);
  return { series, fields: fields.join(','), time, position: `${channel}/${epoch}/${number}.${part}` };
}

function fieldText(
  value: string | number | bigint | Uint8Array,
  isInstant: boolean,
  unsigned: boolean,
): string | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? `${value}i` : `${value}`;
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'bigint') return quoted(Buffer.from(value).toString('base64'));
  if (value <= LARGEST) return `${value}i`;
  return unsigned && !isInstant ? `${value}u` : undefined;
}

export const lineProtocol = (options: Options): Sink => new LineProtocolSink(options);
