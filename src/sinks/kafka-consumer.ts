/**
 * Rows out of Kafka, for whoever stores the next offset together with what was made of the rows: no group, no offset is
 * committed to Kafka, and after a crash the reader begins where its own store says.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { VenuewireError } from '../errors.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { pipelineSchema } from '../patterns/pipeline.js';
import { type Codec, messagePack, readPayload } from './frames.js';
import { readJsonLines } from './json-lines.js';
import { readControl } from './kafka.js';
import { KafkaLog, type KafkaServer, type LogPart, type LogRecord, loadKafka, topicOf } from './kafka-client.js';
import { Placer } from './placer.js';
import { joinBatches, type RowBatch, type RowSchema } from './rows.js';
import { sinkOption } from './sink.js';

export interface KafkaConsumerOptions extends Pick<SinkOf<'kafka'>, 'servers'>, Partial<Omit<KafkaServer, 'servers'>> {
  /** As of the sink. Default `md`. */
  readonly prefix?: string;
  /** Name of the rows' schema: `event`. */
  readonly schema: string;
  /** Default 1. */
  readonly version?: number;
  /** Which partitions; default: all. */
  readonly partitions?: readonly number[];
  /** The next offset of a partition, as it was stored; undefined: from the first that is there. */
  readonly from?: (partition: number) => bigint | undefined;
  /** End at what is there when the consumer begins, instead of waiting for more. */
  readonly untilEnd?: boolean;
}

/** Rows of one partition. */
export interface KafkaRows {
  readonly partition: number;
  /**
   * Behind the position in the log (`channel` topic/partition, `number` offset, `part` row of the record) the rows have that
   * of their feed: `venueChannel`, `venueEpoch`, `venueNumber`, `venuePart`. So a sink stores the offset with them.
   */
  readonly rows: RowBatch;
  /** To be stored with what is made of the rows. */
  readonly next: bigint;
  /** Of the records. */
  readonly keys: readonly string[];
}

export interface KafkaConsumer extends AsyncIterable<KafkaRows> {
  readonly topic: string;
  /** Records that are not what their headers say; they are passed over. */
  readonly malformed: number;
  close(): Promise<void>;
}

const RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
const ROWS_MAX = 1_000_000;

class Reader implements KafkaConsumer {
  malformed = 0;
  #isClosed = false;
  readonly #place = new Placer();
  readonly #next = new Map<number, bigint>();
  readonly #ends = new Map<number, bigint>();
  constructor(
    readonly log: KafkaLog,
    readonly topic: string,
    readonly schema: RowSchema,
    readonly codec: Codec,
    readonly options: KafkaConsumerOptions,
  ) {}

  async begin(): Promise<void> {
    const [firsts, ends] = await Promise.all([
      this.log.bounds(this.topic, 'first'),
      this.log.bounds(this.topic, 'next'),
    ]);
    for (const partition of this.options.partitions ?? firsts.keys()) {
      const first = firsts[partition];
      if (first === undefined)
        throw sinkOption(`${this.topic} has no partition ${partition}`, `It has ${firsts.length}.`);
      const next = this.options.from?.(partition) ?? first;
      const end = ends[partition] as bigint;
      this.#ends.set(partition, end);
      if (this.options.untilEnd !== true || next < end) this.#next.set(partition, next);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<KafkaRows> {
    let retryMs = RETRY_MS;
    while (!this.#isClosed && this.#next.size > 0) {
      let parts: LogPart[];
      try {
        parts = await this.log.fetch(this.topic, this.#next);
        retryMs = RETRY_MS;
      } catch (error) {
        if (this.#isClosed) return;
        if (error instanceof VenuewireError) throw error;
        // A broker that is away comes again.
        await delay(retryMs);
        retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
        continue;
      }
      for (const part of parts) {
        const rows = this.#rows(part);
        if (rows !== undefined) yield rows;
        this.#next.set(part.partition, part.next);
        if (this.options.untilEnd === true && part.next >= (this.#ends.get(part.partition) as bigint))
          this.#next.delete(part.partition);
      }
    }
  }

  #rows({ partition, records, next }: LogPart): KafkaRows | undefined {
    const batches: RowBatch[] = [];
    const keys: string[] = [];
    for (const record of records) {
      const rows = this.#read(record);
      if (rows === undefined) {
        this.malformed++;
        continue;
      }
      keys.push(record.key.toString());
      batches.push(this.#place.inLog(rows, `${this.topic}/${partition}`, record.offset));
    }
    return batches.length === 0 ? undefined : { partition, rows: joinBatches(batches), next, keys };
  }

  #read({ headers, value }: LogRecord): RowBatch | undefined {
    const { schema } = this;
    const count = Number(headers.get('rows'));
    if (headers.get('schema') !== `${schema.name}.v${schema.version}` || !(count > 0 && count <= ROWS_MAX))
      return undefined;
    try {
      const encoding = headers.get('encoding');
      if (encoding === 'json') {
        const rows = readJsonLines(value.toString(), schema);
        return rows.rows === count ? rows : undefined;
      }
      if (encoding !== 'rows' && encoding !== 'columns') return undefined;
      return readPayload({ count, encoding }, this.codec.unpack(value), schema);
    } catch {
      return undefined;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.log.close();
  }
}

/**
 * Reads the rows of one schema, committed ones only, in order within each partition.
 * @throws VenuewireError `VW_SINK_OPEN` when no broker answers, `VW_SINK_OPTION` when nothing has been written under that name.
 */
export async function consumeKafka(options: KafkaConsumerOptions): Promise<KafkaConsumer> {
  const api = await loadKafka('The Kafka consumer');
  const { prefix = 'md', schema: name, version = 1 } = options;
  // Checked as the sink's are.
  const { servers, username, password, mechanism, tls } = options;
  const { sink } = pipelineSchema.parse({
    shape: { type: 'raw' },
    sink: { type: 'kafka', servers, username, password, mechanism, tls, prefix },
  });
  const topic = topicOf(prefix, { name, version });
  const log = new KafkaLog(api, sink as SinkOf<'kafka'>, `venuewire-read-${topic}`);
  try {
    const schemas = (await readControl(log, prefix)).filter(({ key }) => key === `schema/${topic}`);
    const schema = schemas.at(-1);
    if (schema === undefined) {
      throw sinkOption(
        `${prefix}.control does not know rows '${name}' version ${version}`,
        'Is the prefix that of the sink?',
      );
    }
    const codec = await messagePack('The Kafka consumer');
    const reader = new Reader(log, topic, JSON.parse(schema.value) as RowSchema, codec, options);
    await reader.begin();
    return reader;
  } catch (cause) {
    await log.close();
    if (cause instanceof VenuewireError) throw cause;
    throw new VenuewireError(
      'VW_SINK_OPEN',
      `Kafka at ${servers.join(', ')}: ${cause instanceof Error ? cause.message : cause}`,
      'Check that the brokers run, and that this user may read the topics.',
    );
  }
}
