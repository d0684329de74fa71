/**
 * NATS JetStream. A subject for each schema, category and instrument; a record holds rows that follow each other, and its id
 * keeps a record that is sent again within the stream's window from being stored twice. Where the pipeline stands follows what
 * has been acknowledged, in a stream that keeps the newest message of a subject.
 */
import { VenuewireError } from '../errors.js';
import { referenced } from '../patterns/credentials.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { nanosecondsOf, splitEndpoint } from '../patterns/units.js';
import { peer } from '../peer.js';
import { type Codec, messagePack } from './frames.js';
import { groupRows } from './groups.js';
import {
  positionText,
  readPositions,
  recordHeaders,
  recordId,
  recordValue,
  recordWords,
  subjectWord,
} from './records.js';
import { Positions, type RowBatch } from './rows.js';
import { type Sink, type SinkContext, type SinkOpened, SinkRefusal } from './sink.js';
import { tlsOptions } from './tls.js';

type Transport = typeof import('@nats-io/transport-node');
type JetStream = typeof import('@nats-io/jetstream');
type Connection = Awaited<ReturnType<Transport['connect']>>;
type Client = ReturnType<JetStream['jetstream']>;
type Manager = Awaited<ReturnType<JetStream['jetstreamManager']>>;

const WHO = "The sink 'nats'";
const CONNECT_MS = 10_000;
const ANSWER_MS = 10_000;
/** Records, and their bytes, that have been sent and not acknowledged. */
const IN_FLIGHT = 256;
const IN_FLIGHT_BYTES = 8 << 20;
/** Of what the server takes, this is kept for headers and subject. */
const HEADER_BYTES = 4_096;
/** Answer of JetStream: there is no such message. */
const NO_MESSAGE = 10_037;

class NatsSink implements Sink {
  #transport: Transport | undefined;
  #connection: Connection | undefined;
  #client: Client | undefined;
  #codec: Codec | undefined;
  #pipeline = '';
  #positions = new Positions();
  #records = 0;
  #repeated = 0;
  constructor(readonly options: SinkOf<'nats'>) {}

  get #control(): string {
    return `${this.options.prefix}.control.${subjectWord(this.#pipeline)}`;
  }

  async open({ pipeline }: SinkContext): Promise<SinkOpened> {
    this.#pipeline = pipeline;
    const { servers, username, password, token, tls, encoding } = this.options;
    const transport = await peer<Transport>('@nats-io/transport-node', WHO);
    const jetStream = await peer<JetStream>('@nats-io/jetstream', WHO);
    if (encoding !== 'json') this.#codec = await messagePack(WHO);
    this.#transport = transport;
    try {
      const connection = await transport.connect({
        servers: [...servers],
        name: pipeline,
        timeout: CONNECT_MS,
        // The pipeline opens it again, and then knows what the server has.
        reconnect: false,
        ...(username === undefined ? {} : { user: referenced(username, 'username') }),
        ...(password === undefined ? {} : { pass: referenced(password, 'password') }),
        ...(token === undefined ? {} : { token: referenced(token, 'token') }),
        ...(tls === undefined ? {} : { tls: tlsOptions(tls, splitEndpoint(servers[0] as string).host) }),
      });
      this.#connection = connection;
      this.#client = jetStream.jetstream(connection, { timeout: ANSWER_MS });
      const manager = await jetStream.jetstreamManager(connection, { timeout: ANSWER_MS });
      await this.#streams(manager, jetStream);
      this.#positions = new Positions(await this.#stored(manager));
      return { delivery: 'atLeastOnce', positions: [...this.#positions] };
    } catch (cause) {
      await this.close();
      throw new VenuewireError(
        'VW_SINK_OPEN',
        `NATS at ${servers.join(', ')}: ${cause instanceof Error ? cause.message : cause}`,
        'Check that the server runs with JetStream (nats-server -js), and that this user may make its streams.',
      );
    }
  }

  /** Streams that are not there; those that are stay as they are. */
  async #streams(manager: Manager, { RetentionPolicy, StorageType }: JetStream): Promise<void> {
    const { prefix, stream, ttl, replicas } = this.options;
    const shared = { storage: StorageType.File, retention: RetentionPolicy.Limits, num_replicas: replicas };
    const wanted = [
      { ...shared, name: stream, subjects: [`${prefix}.data.>`], max_age: ttl === undefined ? 0 : nanosecondsOf(ttl) },
      { ...shared, name: `${stream}-control`, subjects: [`${prefix}.control.>`], max_msgs_per_subject: 1 },
    ];
    const there = new Set<string>();
    for await (const { config } of manager.streams.list()) there.add(config.name);
    for (const config of wanted) if (!there.has(config.name)) await manager.streams.add(config);
  }

  async #stored(manager: Manager): Promise<ReturnType<typeof readPositions>> {
    try {
      const message = await manager.streams.getMessage(`${this.options.stream}-control`, {
        last_by_subj: this.#control,
      });
      return message === null ? [] : readPositions(message.string());
    } catch (error) {
      if ((error as { code?: unknown }).code === NO_MESSAGE) return [];
      throw error;
    }
  }

  async write(batch: RowBatch): Promise<undefined> {
    const { recordRows } = this.options;
    const { category, instrument } = batch.schema;
    const waiting = new Set<Promise<void>>();
    let bytes = 0;
    try {
      for (const [, rows] of groupRows(batch, [category, instrument])) {
        for (let from = 0; from < rows.rows; from += recordRows) {
          const some = rows.slice(from, Math.min(rows.rows, from + recordRows));
          const value = this.#value(some);
          bytes += value.length;
          const sent: Promise<void> = this.#publish(some, value).then(() => {
            bytes -= value.length;
            waiting.delete(sent);
          });
          // It is awaited below; until then it is not unhandled.
          sent.catch(() => {});
          waiting.add(sent);
          while (waiting.size >= IN_FLIGHT || bytes > IN_FLIGHT_BYTES) await Promise.race(waiting);
        }
      }
    } finally {
      await Promise.allSettled(waiting);
    }
    await Promise.all(waiting);
    for (const position of batch.positions()) this.#positions.raise(position);
    await (this.#client as Client).publish(this.#control, positionText(this.#positions));
  }

  #value(rows: RowBatch): Buffer {
    const value = recordValue(rows, this.options.encoding, this.#codec);
    const most = ((this.#connection as Connection).info?.max_payload ?? Number.POSITIVE_INFINITY) - HEADER_BYTES;
    if (value.length > most)
      throw new SinkRefusal('messageTooLarge', `${value.length} bytes, the server takes ${most}`);
    return value;
  }

  async #publish(rows: RowBatch, value: Buffer): Promise<void> {
    const { prefix, encoding } = this.options;
    const headers = (this.#transport as Transport).headers();
    for (const [name, text] of Object.entries(recordHeaders(rows, encoding, this.#pipeline))) headers.set(name, text);
    const subject = [prefix, 'data', ...[rows.schema.name, ...recordWords(rows)].map(subjectWord)].join('.');
    const { duplicate } = await (this.#client as Client).publish(subject, value, {
      headers,
      msgID: recordId(rows, this.#pipeline),
    });
    this.#records++;
    if (duplicate) this.#repeated++;
  }

  metrics(): Readonly<Record<string, number>> {
    return { records: this.#records, repeated: this.#repeated };
  }

  async flush(): Promise<void> {}
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#client = undefined;
    await connection?.close().catch(() => {});
  }
}

export const nats = (options: SinkOf<'nats'>): Sink => new NatsSink(options);
