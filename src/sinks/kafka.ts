/**
 * Kafka. A topic for each category schema, keyed by venue and instrument, so that the rows of an instrument stay in order. A
 * record holds rows of one instrument that follow each other, and in its headers from where to where they are. What is
 * written, and how far the pipeline has come with it, is one transaction: nothing is in the log twice for those who read
 * committed records. With `delivery: atLeastOnce` the position follows what has been acknowledged.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { VenuewireError } from '../errors.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { type Codec, columnsPayload, messagePack, rowsPayload } from './frames.js';
import { groupRows } from './groups.js';
import { jsonLines } from './json-lines.js';
import {
  brokerSaid,
  clientOptions,
  controlOf,
  type KafkaApi,
  KafkaLog,
  loadKafka,
  POSITION_KEY,
  reasonOf,
  schemaKey,
  topicOf,
} from './kafka-client.js';
import type { RowBatch, RowPosition, RowSchema } from './rows.js';
import { type Sink, type SinkContext, type SinkOpened, SinkRefusal } from './sink.js';

type Producer = import('@platformatic/kafka').Producer;
type Transaction = Awaited<ReturnType<Producer['beginTransaction']>>;
interface Message {
  readonly topic: string;
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers?: Map<Buffer, Buffer>;
}

/** The broker takes a batch of a partition up to `message.max.bytes`, 1 MiB as it comes; all of a request may be one batch. */
const REQUEST_BYTES = 900_000;
/** What a record takes beside its value, about. */
const RECORD_BYTES = 200;
const COORDINATOR_COMES = ['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS'];
const COORDINATOR_MS = 15_000;
const COORDINATOR_RETRY_MS = 100;
const CONTROL_CONFIG = { 'cleanup.policy': 'compact', 'segment.ms': '600000', 'min.cleanable.dirty.ratio': '0.1' };

class KafkaSink implements Sink {
  #api: KafkaApi | undefined;
  #producer: Producer | undefined;
  #codec: Codec | undefined;
  #venue = '';
  #pipeline = '';
  /** Schemas that are in the control topic. */
  readonly #schemas = new Set<string>();
  #records = 0;
  #bytes = 0;
  constructor(readonly options: SinkOf<'kafka'>) {}

  get #isExact(): boolean {
    return this.options.delivery === 'exactlyOnce';
  }

  async open({ venue, pipeline }: SinkContext): Promise<SinkOpened> {
    this.#venue = venue;
    this.#pipeline = pipeline;
    this.#schemas.clear();
    this.#api = await loadKafka("The sink 'kafka'");
    if (this.options.encoding !== 'json') this.#codec = await messagePack("The sink 'kafka'");
    const clientId = `venuewire-${pipeline.replaceAll('/', '-')}`;
    try {
      await this.#create(controlOf(this.options.prefix), 1, CONTROL_CONFIG);
      await this.#begin(clientId);
      return { delivery: this.options.delivery, positions: await this.#positions(clientId) };
    } catch (cause) {
      await this.close();
      throw new VenuewireError(
        'VW_SINK_OPEN',
        `Kafka at ${this.options.servers.join(', ')}: ${reasonOf(cause)}`,
        `Check that the brokers run, and that this user may write topics ${this.options.prefix}.* and transactions ${clientId}.`,
      );
    }
  }

  async #begin(clientId: string): Promise<void> {
    const until = performance.now() + COORDINATOR_MS;
    for (;;) {
      const producer = this.#newProducer(clientId);
      this.#producer = producer;
      if (!this.#isExact) return;
      try {
        // Whoever wrote under this name before us is fenced off, and what it had not committed is aborted.
        await (await producer.beginTransaction({})).cancel();
        return;
      } catch (error) {
        // A broker that has just started, or lost its leader, finds its coordinator by and by; the client keeps the old one.
        if (!brokerSaid(error, ...COORDINATOR_COMES) || performance.now() > until) throw error;
        await Promise.allSettled([producer.close(true)]);
        await delay(COORDINATOR_RETRY_MS);
      }
    }
  }

  #newProducer(clientId: string): Producer {
    const api = this.#api as KafkaApi;
    return new api.Producer({
      ...clientOptions(this.options, clientId),
      idempotent: true,
      // None yet. The client says 0, which asks the broker to go on with the producer of that number.
      ...{ producerId: -1n, producerEpoch: -1 },
      compression: this.options.compression,
      // As Java's clients choose it.
      partitioner: api.compatibilityPartitioner,
      ...(this.#isExact ? { transactionalId: clientId } : {}),
    } as never) as Producer;
  }

  async #create(topic: string, partitions: number, config: Readonly<Record<string, string>> = {}): Promise<void> {
    const api = this.#api as KafkaApi;
    const admin = new api.Admin(clientOptions(this.options, 'venuewire-admin') as never);
    try {
      const configs = Object.entries(config).map(([name, value]) => ({ name, value }));
      const { replicas } = this.options;
      await admin.createTopics({
        topics: [topic],
        partitions,
        configs,
        ...(replicas === undefined ? {} : { replicas }),
      });
    } catch (error) {
      if (!brokerSaid(error, 'TOPIC_ALREADY_EXISTS')) throw error;
    } finally {
      await admin.close().catch(() => {});
    }
  }

  async #positions(clientId: string): Promise<RowPosition[]> {
    const log = new KafkaLog(this.#api as KafkaApi, this.options, `${clientId}-control`);
    try {
      const positions = new Map<string, RowPosition>();
      for (const { key, value } of await readControl(log, this.options.prefix)) {
        if (!key.startsWith(POSITION_KEY)) continue;
        const { pipeline, channel, epoch, number, part } = JSON.parse(value);
        if (pipeline === this.#pipeline) positions.set(key, { channel, epoch, number: BigInt(number), part });
      }
      return [...positions.values()];
    } finally {
      await log.close();
    }
  }

  async write(batch: RowBatch): Promise<undefined> {
    const producer = this.#producer as Producer;
    const isNew = !this.#schemas.has(batch.schema.name);
    if (isNew) await this.#create(topicOf(this.options.prefix, batch.schema), this.options.partitions);
    const control = [...(isNew ? [this.#schema(batch.schema)] : []), ...this.#positionsOf(batch)];
    const transaction = this.#isExact ? await producer.beginTransaction({}) : undefined;
    try {
      await this.#send(transaction ?? producer, batch);
      await (transaction ?? producer).send({ messages: control } as never);
      await transaction?.commit();
      this.#schemas.add(batch.schema.name);
    } catch (error) {
      if (!brokerSaid(error, 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE')) throw error;
      await transaction?.abort();
      throw new SinkRefusal('messageTooLarge', reasonOf(error));
    }
  }

  /** One request at a time, so that sequence numbers hold; the next is put together meanwhile. */
  async #send(to: Producer | Transaction, batch: RowBatch): Promise<void> {
    let messages: Message[] = [];
    let bytes = 0;
    let sending: Promise<unknown> = Promise.resolve();
    const next = async (): Promise<void> => {
      await sending;
      sending = to.send({ messages } as never);
      // It is awaited below; until then it is not unhandled.
      sending.catch(() => {});
      messages = [];
      bytes = 0;
    };
    for (const message of this.#messages(batch)) {
      const size = message.value.length + RECORD_BYTES;
      if (bytes + size > REQUEST_BYTES && messages.length > 0) await next();
      messages.push(message);
      bytes += size;
      this.#records++;
      this.#bytes += message.value.length;
    }
    if (messages.length > 0) await next();
    await sending;
  }

  *#messages(batch: RowBatch): Generator<Message> {
    const { prefix, recordRows } = this.options;
    const topic = topicOf(prefix, batch.schema);
    for (const [instrument, rows] of groupRows(batch, [batch.schema.instrument])) {
      const key = Buffer.from(`${this.#venue}:${instrument}`);
      for (let from = 0; from < rows.rows; from += recordRows) {
        const some = rows.slice(from, Math.min(rows.rows, from + recordRows));
        yield { topic, key, value: this.#value(some), headers: this.#headers(some) };
      }
    }
  }

  #value(rows: RowBatch): Buffer {
    const { encoding } = this.options;
    if (encoding === 'json') return Buffer.from(jsonLines(rows));
    return (this.#codec as Codec).pack(encoding === 'rows' ? rowsPayload(rows) : columnsPayload(rows));
  }

  #headers(rows: RowBatch): Map<Buffer, Buffer> {
    const [first, last] = [rows.position(0), rows.position(rows.rows - 1)];
    return headersOf({
      schema: `${rows.schema.name}.v${rows.schema.version}`,
      encoding: this.options.encoding,
      rows: `${rows.rows}`,
      pipeline: this.#pipeline,
      channel: first.channel,
      epoch: first.epoch,
      first: `${first.number}.${first.part}`,
      last: `${last.number}.${last.part}`,
    });
  }

  #schema(schema: RowSchema): Message {
    const { prefix } = this.options;
    const key = Buffer.from(schemaKey(prefix, schema));
    return { topic: controlOf(prefix), key, value: Buffer.from(JSON.stringify(schema)) };
  }

  #positionsOf(batch: RowBatch): Message[] {
    return batch.positions().map(({ channel, epoch, number, part }) => ({
      topic: controlOf(this.options.prefix),
      key: Buffer.from(`${POSITION_KEY}${JSON.stringify([this.#pipeline, channel, epoch])}`),
      value: Buffer.from(JSON.stringify({ pipeline: this.#pipeline, channel, epoch, number: `${number}`, part })),
    }));
  }

  metrics(): Readonly<Record<string, number>> {
    return { records: this.#records, bytes: this.#bytes };
  }

  /** What is acknowledged has been written by every replica in sync. */
  async flush(): Promise<void> {}
  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await Promise.allSettled([producer?.close(true)]);
  }
}

const names = new Map<string, Buffer>();
function headersOf(headers: Readonly<Record<string, string>>): Map<Buffer, Buffer> {
  const out = new Map<Buffer, Buffer>();
  for (const [name, text] of Object.entries(headers)) {
    let key = names.get(name);
    if (key === undefined) {
      key = Buffer.from(name);
      names.set(name, key);
    }
    out.set(key, Buffer.from(text));
  }
  return out;
}

/** All that has been committed to the control topic by now, whoever else writes to it. */
export async function readControl(log: KafkaLog, prefix: string): Promise<{ key: string; value: string }[]> {
  const topic = controlOf(prefix);
  const [[first = 0n], [end = 0n]] = await Promise.all([log.bounds(topic, 'first'), log.bounds(topic, 'next')]);
  const out: { key: string; value: string }[] = [];
  for (let next = first; next < end; ) {
    const [part] = await log.fetch(topic, new Map([[0, next]]));
    for (const { key, value } of part?.records ?? []) out.push({ key: key.toString(), value: value.toString() });
    next = part?.next ?? next;
  }
  return out;
}

export const kafka = (options: SinkOf<'kafka'>): Sink => new KafkaSink(options);
