/** What the Kafka sink and the Kafka consumer share: settings of the client, names of topics, and reading a log. */
import { VenuewireError } from '../errors.js';
import { referenced } from '../patterns/credentials.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { peer } from '../peer.js';
import type { RowSchema } from './rows.js';
import { tlsOptions } from './tls.js';

export type KafkaApi = typeof import('@platformatic/kafka');
export type KafkaServer = Pick<SinkOf<'kafka'>, 'servers' | 'username' | 'password' | 'mechanism' | 'tls'>;
type Consumer = import('@platformatic/kafka').Consumer;
type ConnectionPool = import('@platformatic/kafka').ConnectionPool;
type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;
type FetchPartition = FetchResponse['responses'][number]['partitions'][number];
type KafkaRecordBatch = NonNullable<FetchPartition['records']>[number];

export const loadKafka = (what: string): Promise<KafkaApi> => peer<KafkaApi>('@platformatic/kafka', what);

const CONNECT_MS = 10_000;
const REQUEST_MS = 30_000;
/** The broker gives up a transaction that nobody ends after so long; a request for producing takes as long at most. */
const TRANSACTION_MS = 60_000;
const RETRIES = 8;
const FIRST_RETRY_MS = 10;
const LONGEST_RETRY_MS = 500;

export function clientOptions({ servers, username, password, mechanism, tls }: KafkaServer, clientId: string) {
  const first = servers[0] as string;
  return {
    clientId,
    bootstrapBrokers: [...servers],
    connectTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    timeout: TRANSACTION_MS,
    retries: RETRIES,
    retryDelay: (_: object, __: string, attempt: number): number =>
      Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt),
    autocreateTopics: false,
    ...connectionOptions({ username, password, mechanism, tls }, first.slice(0, first.lastIndexOf(':'))),
  };
}

/** Who we are to a broker, and how the connection is kept. */
export const connectionOptions = (
  { username, password, mechanism, tls }: Partial<KafkaServer>,
  host: string,
): object => ({
  ...(username === undefined
    ? {}
    : {
        sasl: {
          mechanism: mechanism ?? 'SCRAM-SHA-512',
          username: referenced(username, 'username'),
          password: password === undefined ? '' : referenced(password, 'password'),
        },
      }),
  ...(tls === undefined ? {} : { tls: tlsOptions(tls, host), tlsServerName: true }),
});

/** Names that a Strimzi `KafkaTopic` can have as well: lower-case letters, digits, `-` and `.`. */
export const topicOf = (prefix: string, { name, version }: Pick<RowSchema, 'name' | 'version'>): string =>
  `${prefix}.${name.replaceAll('_', '-')}.v${version}`;
/** A compacted topic: where each pipeline stands, and the schemas of the rows. */
export const controlOf = (prefix: string): string => `${prefix}.control`;

export const schemaKey = (prefix: string, schema: Pick<RowSchema, 'name' | 'version'>): string =>
  `schema/${topicOf(prefix, schema)}`;
export const POSITION_KEY = 'position/';

/** Of all that is inside an error of the client, what the broker said. */
export function brokerSaid(error: unknown, ...ids: readonly string[]): boolean {
  const { apiId, errors, cause } = (error ?? {}) as { apiId?: string; errors?: readonly unknown[]; cause?: unknown };
  if (apiId !== undefined && ids.includes(apiId)) return true;
  return (errors ?? []).some((one) => brokerSaid(one, ...ids)) || (cause !== undefined && brokerSaid(cause, ...ids));
}

/** The innermost reason of an error of the client. */
export function reasonOf(error: unknown): string {
  const { errors, message, cause } = (error ?? {}) as { errors?: unknown[]; message?: string; cause?: unknown };
  const inner = errors?.at(-1) ?? cause;
  return inner === undefined ? (message ?? String(error)) : reasonOf(inner);
}

export interface LogRecord {
  readonly offset: bigint;
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: ReadonlyMap<string, string>;
}
export interface LogPart {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly LogRecord[];
  /** The offset to go on at. */
  readonly next: bigint;
  /** Where committed records end now. */
  readonly end: bigint;
}

const FETCH_WAIT_MS = 500;
const FETCH_BYTES = 4 << 20;
const IS_TRANSACTIONAL = 0x10;
const IS_CONTROL = 0x20;
const READ_COMMITTED = 1;

/**
 * Reads committed records from given offsets, of partitions that the caller names: no group, nothing is committed to Kafka.
 * The client's own filter of aborted transactions throws on a marker without data and misses all but the last of several, so
 * records are filtered here, as the protocol describes it.
 */
export class KafkaLog {
  readonly #consumer: Consumer;
  readonly #connections: ConnectionPool;
  constructor(
    readonly api: KafkaApi,
    server: KafkaServer,
    clientId: string,
  ) {
    const options = clientOptions(server, clientId);
    this.#consumer = new api.Consumer({ ...options, groupId: clientId } as never);
    this.#connections = new api.ConnectionPool(clientId, options as never);
  }

  async partitions(topic: string): Promise<number> {
    const metadata = await this.#consumer.metadata({ topics: [topic], forceUpdate: true });
    return metadata.topics.get(topic)?.partitionsCount ?? 0;
  }

  /** First or next offset of each partition; those of transactions that have not ended count. */
  async bounds(topic: string, which: 'first' | 'next'): Promise<readonly bigint[]> {
    const timestamp = which === 'first' ? -2n : -1n;
    const count = await this.partitions(topic);
    const partitions = { [topic]: Array.from({ length: count }, (_, i) => i) };
    const offsets = await this.#consumer.listOffsets({ topics: [topic], partitions, timestamp, isolationLevel: 0 });
    return offsets.get(topic) ?? [];
  }

  /** What there is from these offsets, of one topic; waits a little where there is nothing. */
  async fetch(topic: string, from: ReadonlyMap<number, bigint>): Promise<LogPart[]> {
    const metadata = await this.#consumer.metadata({ topics: [topic] });
    const of = metadata.topics.get(topic);
    if (of === undefined) throw new Error(`the broker has no topic '${topic}'`);
    const byLeader = new Map<number, [number, bigint][]>();
    for (const [partition, offset] of from) {
      const leader = of.partitions[partition]?.leader ?? -1;
      const list = byLeader.get(leader);
      if (list === undefined) byLeader.set(leader, [[partition, offset]]);
      else list.push([partition, offset]);
    }
    try {
      const parts = await Promise.all(
        [...byLeader].map(async ([leader, wanted]) => {
          const broker = metadata.brokers.get(leader);
          if (broker === undefined) throw new Error(`broker ${leader} is not known`);
          return this.#fetch(await this.#connections.get(broker), topic, of.id, wanted);
        }),
      );
      return parts.flat();
    } catch (error) {
      // The next one asks who leads now.
      this.#consumer.clearMetadata();
      if (!brokerSaid(error, 'OFFSET_OUT_OF_RANGE')) throw error;
      throw new VenuewireError(
        'VW_KAFKA_GONE',
        `${topic} no longer has what comes next (${[...from].map(([p, o]) => `partition ${p}: ${o}`).join(', ')})`,
        'Keep the topic for longer (retention.ms), or begin at what it has and count the rows between as lost.',
      );
    }
  }

  async #fetch(
    connection: Awaited<ReturnType<ConnectionPool['get']>>,
    topic: string,
    topicId: string,
    wanted: readonly [number, bigint][],
  ): Promise<LogPart[]> {
    const partitions = wanted.map(([partition, fetchOffset]) => ({
      ...{ partition, fetchOffset, currentLeaderEpoch: -1, lastFetchedEpoch: -1, partitionMaxBytes: FETCH_BYTES },
    }));
    const topics = [{ topicId, partitions }];
    const limits = [FETCH_WAIT_MS, 1, FETCH_BYTES * 2] as const;
    const { responses } = await this.api.fetchV13.api.async(
      connection,
      ...limits,
      READ_COMMITTED,
      0,
      0,
      topics,
      [],
      '',
    );
    const asked = new Map(wanted);
    return responses.flatMap(({ partitions: given }) =>
      given.map((part) => readPart(topic, part, asked.get(part.partitionIndex) as bigint)),
    );
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#consumer.close(true), this.#connections.close()]);
  }
}

function readPart(topic: string, part: FetchPartition, from: bigint): LogPart {
  const records: LogRecord[] = [];
  const aborted = [...part.abortedTransactions].sort((a, b) => Number(a.firstOffset - b.firstOffset));
  const isAborted = new Set<bigint>();
  let next = from;
  for (const batch of part.records ?? []) {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    while (aborted[0] !== undefined && aborted[0].firstOffset <= last)
      isAborted.add(aborted.shift()?.producerId as bigint);
    if (last + 1n > next) next = last + 1n;
    // A marker ends the transaction of its producer, whether it commits or aborts.
    if ((batch.attributes & IS_CONTROL) !== 0) isAborted.delete(batch.producerId);
    else if ((batch.attributes & IS_TRANSACTIONAL) === 0 || !isAborted.has(batch.producerId))
      take(records, batch, from);
  }
  return { topic, partition: part.partitionIndex, records, next, end: part.lastStableOffset };
}

function take(out: LogRecord[], batch: KafkaRecordBatch, from: bigint): void {
  for (const { offsetDelta, key, value, headers } of batch.records) {
    const offset = batch.firstOffset + BigInt(offsetDelta);
    // A batch is given whole, from its beginning.
    if (offset < from) continue;
    out.push({
      ...{ offset, key: key ?? Buffer.alloc(0), value: value ?? Buffer.alloc(0) },
      headers: new Map(headers.map(([name, text]) => [String(name), String(text)])),
    });
  }
}
