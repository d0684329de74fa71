/**
 * RabbitMQ. Records go to a topic exchange, persistent, and are stored when the broker confirms them; what no queue is bound
 * for comes back and is refused. Where the pipeline stands is the one message of a queue of its own, replaced behind what has
 * been confirmed.
 */
import { VenuewireError } from '../errors.js';
import { referenced } from '../patterns/credentials.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { splitEndpoint } from '../patterns/units.js';
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
import { Positions, type RowBatch, type RowPosition } from './rows.js';
import type { Refusal, Sink, SinkContext, SinkOpened } from './sink.js';
import { tlsOptions } from './tls.js';

type RabbitMq = typeof import('rabbitmq-client');
type Connection = import('rabbitmq-client').Connection;
type Channel = Awaited<ReturnType<Connection['acquire']>>;

const WHO = "The sink 'rabbitmq'";
const CONNECT_MS = 10_000;
/** Records that have been sent and not confirmed. */
const IN_FLIGHT = 256;

class RabbitMqSink implements Sink {
  #connection: Connection | undefined;
  #channel: Channel | undefined;
  #codec: Codec | undefined;
  #pipeline = '';
  #positions = new Positions();
  #records = 0;
  /** What has come back, by the message's id. */
  readonly #returned = new Set<string>();
  constructor(readonly options: SinkOf<'rabbitmq'>) {}

  get #positionQueue(): string {
    return `${this.options.exchange}.positions.${this.#pipeline}`;
  }

  async open({ pipeline }: SinkContext): Promise<SinkOpened> {
    this.#pipeline = pipeline;
    this.#returned.clear();
    const { server, encoding } = this.options;
    if (encoding !== 'json') this.#codec = await messagePack(WHO);
    const connection = await connectRabbitMq(this.options, pipeline, WHO);
    this.#connection = connection;
    try {
      const channel = await connection.acquire({ emitErrorsFromChannel: true });
      // Each call rejects by itself.
      channel.on('error', () => {});
      channel.on('basic.return', ({ messageId }) => void this.#returned.add(messageId ?? ''));
      await channel.confirmSelect();
      this.#channel = channel;
      await this.#declare(channel);
      this.#positions = new Positions(await this.#stored(connection));
      return { delivery: 'atLeastOnce', positions: [...this.#positions] };
    } catch (cause) {
      await this.close();
      throw openError(server, cause);
    }
  }

  async #declare(channel: Channel): Promise<void> {
    const { exchange, queue } = this.options;
    await channel.exchangeDeclare({ exchange, type: 'topic', durable: true });
    const newest = { 'x-max-length': 1, 'x-overflow': 'drop-head' as const };
    await channel.queueDeclare({ queue: this.#positionQueue, durable: true, arguments: newest });
    if (queue === undefined) return;
    await channel.queueDeclare({ queue, durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await channel.queueBind({ exchange, queue, routingKey: '#' });
  }

  /** Read on a channel that is closed behind it, which puts the message back. */
  async #stored(connection: Connection): Promise<RowPosition[]> {
    const channel = await connection.acquire();
    try {
      const message = await channel.basicGet({ queue: this.#positionQueue, noAck: false });
      return message === undefined ? [] : readPositions(String(message.body));
    } finally {
      await channel.close();
    }
  }

  async write(batch: RowBatch): Promise<readonly Refusal[] | undefined> {
    const { recordRows } = this.options;
    const { category, instrument } = batch.schema;
    const waiting = new Set<Promise<void>>();
    const rowsOf = new Map<string, number>();
    try {
      for (const [, rows] of groupRows(batch, [category, instrument])) {
        for (let from = 0; from < rows.rows; from += recordRows) {
          const some = rows.slice(from, Math.min(rows.rows, from + recordRows));
          rowsOf.set(recordId(some, this.#pipeline), some.rows);
          const sent: Promise<void> = this.#publish(some).then(() => void waiting.delete(sent));
          // It is awaited below; until then it is not unhandled.
          sent.catch(() => {});
          waiting.add(sent);
          while (waiting.size >= IN_FLIGHT) await Promise.race(waiting);
        }
      }
    } finally {
      await Promise.allSettled(waiting);
    }
    await Promise.all(waiting);
    for (const position of batch.positions()) this.#positions.raise(position);
    await (this.#channel as Channel).basicPublish(
      { routingKey: this.#positionQueue, durable: true },
      positionText(this.#positions),
    );
    // The broker returns a message before it confirms it.
    const unroutable = [...this.#returned].reduce((sum, id) => sum + (rowsOf.get(id) ?? 0), 0);
    this.#returned.clear();
    return unroutable === 0 ? undefined : [{ reason: 'unroutable', rows: unroutable }];
  }

  async #publish(rows: RowBatch): Promise<void> {
    const { exchange, encoding } = this.options;
    await (this.#channel as Channel).basicPublish(
      {
        exchange,
        routingKey: [rows.schema.name, ...recordWords(rows)].map(subjectWord).join('.'),
        ...{ mandatory: true, durable: true },
        messageId: recordId(rows, this.#pipeline),
        contentType: encoding === 'json' ? 'application/x-ndjson' : 'application/msgpack',
        headers: recordHeaders(rows, encoding, this.#pipeline),
      },
      recordValue(rows, encoding, this.#codec),
    );
    this.#records++;
  }

  metrics(): Readonly<Record<string, number>> {
    return { records: this.#records };
  }

  async flush(): Promise<void> {}
  close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#channel = undefined;
    connection?.unsafeDestroy();
    return Promise.resolve();
  }
}

type Server = Pick<SinkOf<'rabbitmq'>, 'server' | 'vhost' | 'username' | 'password' | 'tls'>;

/** @throws VenuewireError `VW_PEER_MISSING`, `VW_SINK_OPEN` */
export async function connectRabbitMq(
  { server, vhost, username, password, tls }: Server,
  name: string,
  who: string,
): Promise<Connection> {
  const { Connection } = await peer<RabbitMq>('rabbitmq-client', who);
  const { host, port } = splitEndpoint(server);
  const connection = new Connection({
    ...{ hostname: host, port, vhost, connectionName: name, connectionTimeout: CONNECT_MS },
    ...(username === undefined ? {} : { username: referenced(username, 'username') }),
    ...(password === undefined ? {} : { password: referenced(password, 'password') }),
    ...(tls === undefined ? {} : { tls: tlsOptions(tls, host) }),
  });
  try {
    // It would try again for ever; who opened it does that, and then knows what the server has.
    await new Promise<void>((resolve, reject) => {
      connection.once('error', reject);
      connection.onConnect(CONNECT_MS).then(resolve, reject);
    });
  } catch (cause) {
    connection.on('error', () => {});
    connection.unsafeDestroy();
    throw openError(server, cause);
  }
  connection.on('error', () => {});
  return connection;
}

const openError = (server: string, cause: unknown): VenuewireError =>
  cause instanceof VenuewireError
    ? cause
    : new VenuewireError(
        'VW_SINK_OPEN',
        `RabbitMQ at ${server}: ${cause instanceof Error ? cause.message : cause}`,
        'Check that the server runs, and that this user may declare exchanges and queues in the virtual host.',
      );

export const rabbitmq = (options: SinkOf<'rabbitmq'>): Sink => new RabbitMqSink(options);
