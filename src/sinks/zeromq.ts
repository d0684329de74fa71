/**
 * A ZeroMQ publisher. Rows go out in frames by topic, each numbered by topic, so that a subscriber sees what it has lost; a
 * late subscriber is given the last row of each topic; what is missing can be asked for at the replay port.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { VenuewireError } from '../errors.js';
import { referenced } from '../patterns/credentials.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { peer } from '../peer.js';
import { type Codec, columnsPayload, exact, type FrameHeader, messagePack, rowsPayload } from './frames.js';
import { groupRows } from './groups.js';
import type { RowBatch, RowSchema } from './rows.js';
import { type Sink, type SinkContext, type SinkOpened, sinkOption } from './sink.js';

type ZeroMq = typeof import('zeromq');
type XPublisher = import('zeromq').XPublisher;
type Router = import('zeromq').Router;

const KEY_LENGTH = 40;
const KEY_BYTES = 32;
const RETRY_MS = 1;
const LINGER_MS = 1_000;
const SESSION_BYTES = 8;
const SUBSCRIBE = 1;
const NS_PER_MS = 1_000_000n;
/** A reply of the replay port ends behind so many bytes; whoever wants more asks again. */
const REPLY_BYTES = 8 << 20;

interface Kept {
  readonly topic: string;
  readonly first: number;
  readonly count: number;
  readonly header: Buffer;
  readonly payload: Buffer;
}

/** Frames that can be given again, oldest forgotten first. */
class Memory {
  readonly #byTopic = new Map<string, Kept[]>();
  readonly #order: Kept[] = [];
  #forgotten = 0;
  #bytes = 0;
  constructor(readonly limit: number) {}
  add(kept: Kept): void {
    const list = this.#byTopic.get(kept.topic);
    if (list === undefined) this.#byTopic.set(kept.topic, [kept]);
    else list.push(kept);
    this.#order.push(kept);
    this.#bytes += kept.header.length + kept.payload.length;
    while (this.#bytes > this.limit) this.#forget();
  }
  #forget(): void {
    const oldest = this.#order[this.#forgotten++] as Kept;
    this.#bytes -= oldest.header.length + oldest.payload.length;
    const list = this.#byTopic.get(oldest.topic) as Kept[];
    list.shift();
    if (list.length === 0) this.#byTopic.delete(oldest.topic);
    if (this.#forgotten * 2 < this.#order.length) return;
    this.#order.splice(0, this.#forgotten);
    this.#forgotten = 0;
  }
  /** Frames that have rows of [from, to). */
  between(topic: string, from: number, to: number): Kept[] {
    return (this.#byTopic.get(topic) ?? []).filter(({ first, count }) => first < to && first + count > from);
  }
}

/** The last row of a topic. */
interface Last {
  next: number;
  batch: RowBatch;
  row: number;
}

export class ZeroMqSink implements Sink {
  readonly unanswered = true;
  readonly #session = randomBytes(SESSION_BYTES).toString('hex');
  #codec: Codec | undefined;
  #socket: XPublisher | undefined;
  #router: Router | undefined;
  #zap: import('zeromq').Reply | undefined;
  readonly #last = new Map<string, Last>();
  readonly #memory: Memory;
  readonly #counters = {
    frames: 0,
    subscribed: 0,
    unsubscribed: 0,
    snapshots: 0,
    replayed: 0,
    waits: 0,
    refusedClients: 0,
  };
  readonly #events: Record<string, number> = {};
  /** One send at a time: a second one on the same socket is an error of the library. */
  #sending: Promise<void> = Promise.resolve();

  constructor(readonly options: SinkOf<'zeromq'>) {
    this.#memory = new Memory(options.replay === undefined ? 0 : options.replayBytes);
  }

  async open(_: SinkContext): Promise<SinkOpened> {
    const zmq = await peer<ZeroMq>('zeromq', "The sink 'zeromq'");
    this.#codec = await messagePack("The sink 'zeromq'");
    const { bind, replay, slow, highWaterMark } = this.options;
    const context = new zmq.Context();
    const curve = await this.#curve(zmq, context);
    const socket = new zmq.XPublisher({
      ...{ context, ...curve },
      sendHighWaterMark: highWaterMark,
      linger: LINGER_MS,
      verbosity: 'allSubsUnsubs',
      // A slow subscriber that is waited for is seen by an error; libzmq does not tell when it has room again.
      ...(slow === 'wait' ? { noDrop: true, sendTimeout: 0 } : {}),
    });
    try {
      await socket.bind(bind);
      this.#socket = socket;
      void this.#watch(socket);
      void this.#subscriptions(socket);
      if (replay !== undefined) {
        const router = new zmq.Router({
          context,
          ...curve,
          linger: 0,
          sendTimeout: 0,
          sendHighWaterMark: 16,
          maxMessageSize: 1 << 16,
        });
        this.#router = router;
        await router.bind(replay);
        void this.#replays(router);
      }
    } catch (cause) {
      await this.close();
      socket.close();
      throw new VenuewireError(
        'VW_SINK_OPEN',
        `${bind}${replay === undefined ? '' : ` or ${replay}`} could not be bound: ${cause instanceof Error ? cause.message : cause}`,
        'Choose another port, or an address of this machine.',
      );
    }
    return { delivery: 'atMostOnce', positions: [] };
  }

  /** Where it listens: of a port `*` the one that was given. */
  get endpoints(): { readonly publish: string; readonly replay: string } {
    return { publish: this.#socket?.lastEndpoint ?? '', replay: this.#router?.lastEndpoint ?? '' };
  }

  async #curve(zmq: ZeroMq, context: import('zeromq').Context): Promise<object> {
    const { curve } = this.options;
    if (curve === undefined) return {};
    if (!zmq.capability.curve) throw sinkOption('This build of zeromq has no CURVE', 'Install zeromq with libsodium.');
    if (curve.clients !== undefined) {
      const keys = new Set(curve.clients.map((client) => decodeZ85(curveKey(client, 'clients')).toString('hex')));
      const zap = new zmq.Reply({ context });
      await zap.bind('inproc://zeromq.zap.01');
      this.#zap = zap;
      void this.#admit(zap, keys);
    }
    return { curveServer: true, curveSecretKey: curveKey(curve.secretKey, 'secretKey') };
  }

  /** RFC 27 (ZAP): who connects shows a key, which is on the list or not. */
  async #admit(zap: import('zeromq').Reply, keys: ReadonlySet<string>): Promise<void> {
    for await (const [version, id, , , , , key] of zap as AsyncIterable<Buffer[]>) {
      const isKnown = key?.length === KEY_BYTES && keys.has(key.toString('hex'));
      if (!isKnown) this.#counters.refusedClients++;
      const answer = isKnown ? ['200', 'OK'] : ['400', 'this key is not known'];
      await zap.send([version ?? '1.0', id ?? '', ...answer, '', '']).catch(() => {});
    }
  }

  async #watch(socket: XPublisher): Promise<void> {
    for await (const { type } of socket.events) this.#events[type] = (this.#events[type] ?? 0) + 1;
  }

  async #subscriptions(socket: XPublisher): Promise<void> {
    try {
      for (;;) {
        const [frame] = await socket.receive();
        if (frame === undefined || frame.length === 0) continue;
        if (frame[0] !== SUBSCRIBE) this.#counters.unsubscribed++;
        else {
          this.#counters.subscribed++;
          await this.#snapshots(frame.subarray(1).toString());
        }
      }
    } catch {
      // The socket has been closed.
    }
  }

  /** The last row of each topic that a new subscription matches. Who has it already sees by its number. */
  async #snapshots(prefix: string): Promise<void> {
    for (const [topic, { next, batch, row }] of this.#last) {
      if (!topic.startsWith(prefix)) continue;
      const header = this.#header(batch.schema, next - 1, 1, 'rows', true);
      const payload = (this.#codec as Codec).pack(rowsPayload(batch.slice(row, row + 1)));
      this.#counters.snapshots++;
      await this.#send([topic, header, payload]);
    }
  }

  #header(schema: RowSchema, first: number, count: number, encoding: 'rows' | 'columns', snapshot = false): Buffer {
    const header: FrameHeader = {
      v: 1,
      schema: schema.name,
      version: schema.version,
      fields: schema.fields.map(({ name }) => name),
      dtypes: schema.fields.map(({ dtype }) => dtype),
      nones: schema.fields.map(({ none }) => none ?? null),
      units: schema.fields.map(({ unit }) => unit),
      exponents: schema.fields.map(({ exponent }) => exponent ?? null),
      session: this.#session,
      ...{ first: exact(BigInt(first)), count },
      time: BigInt(Date.now()) * NS_PER_MS,
      encoding,
      ...(schema.category === undefined ? {} : { category: schema.category }),
      ...(schema.instrument === undefined ? {} : { instrument: schema.instrument }),
      ...(snapshot ? { snapshot } : {}),
    };
    return (this.#codec as Codec).pack(header);
  }

  async write(batch: RowBatch): Promise<undefined> {
    for (const [topic, rows] of this.#topics(batch)) {
      const { frameRows } = this.options;
      for (let from = 0; from < rows.rows; from += frameRows) {
        await this.#publish(topic, rows.slice(from, Math.min(rows.rows, from + frameRows)));
      }
    }
  }

  async #publish(topic: string, rows: RowBatch): Promise<void> {
    const { encoding } = this.options;
    const codec = this.#codec as Codec;
    const last = this.#last.get(topic);
    const first = last?.next ?? 0;
    const header = this.#header(rows.schema, first, rows.rows, encoding);
    const payload = codec.pack(encoding === 'rows' ? rowsPayload(rows) : columnsPayload(rows));
    await this.#send([topic, header, payload]);
    this.#counters.frames++;
    const now = { next: first + rows.rows, batch: rows, row: rows.rows - 1 };
    if (last === undefined) this.#last.set(topic, now);
    else Object.assign(last, now);
    if (this.options.replay !== undefined) this.#memory.add({ topic, first, count: rows.rows, header, payload });
  }

  async #send(parts: (string | Buffer)[]): Promise<void> {
    const before = this.#sending;
    let release: () => void = () => {};
    this.#sending = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    try {
      for (;;) {
        const socket = this.#socket;
        if (socket === undefined || socket.closed) throw new Error('the publisher is closed');
        try {
          return await socket.send(parts);
        } catch (cause) {
          if ((cause as { code?: unknown }).code !== 'EAGAIN') throw cause;
        }
        this.#counters.waits++;
        await delay(RETRY_MS);
      }
    } finally {
      release();
    }
  }

  /** The rows of each topic, in order. */
  #topics(batch: RowBatch): [string, RowBatch][] {
    const { category, instrument, name } = batch.schema;
    const groups = groupRows(batch, this.options.topicBy === 'instrument' ? [category, instrument] : [category]);
    return groups.map(([topic, rows]) => [topic === '' ? name : topic, rows]);
  }

  /** A request is a map with `topic`, `session`, `from` and `to`; the answer a map with `session`, then headers and payloads. */
  async #replays(router: Router): Promise<void> {
    const codec = this.#codec as Codec;
    for await (const frames of router as AsyncIterable<Buffer[]>) {
      const request = frames.at(-1);
      const route = frames.slice(0, -1);
      if (request === undefined || route.length === 0) continue;
      const parts: Buffer[] = [];
      try {
        const { topic, session, from, to } = codec.unpack(request) as Record<string, unknown>;
        if (session === this.#session && typeof topic === 'string') {
          let bytes = 0;
          for (const { header, payload } of this.#memory.between(topic, Number(from), Number(to))) {
            parts.push(header, payload);
            bytes += header.length + payload.length;
            this.#counters.replayed++;
            if (bytes > REPLY_BYTES) break;
          }
        }
        await router.send([...route, codec.pack({ session: this.#session }), ...parts]);
      } catch {
        // A request that is none, or an asker that has gone: it asks again or not.
      }
    }
  }

  metrics(): Readonly<Record<string, number>> {
    const connections = Object.entries(this.#events).map(([type, n]) => [`connection.${type}`, n] as const);
    return { ...this.#counters, topics: this.#last.size, ...Object.fromEntries(connections) };
  }

  flush(): Promise<void> {
    return this.#sending;
  }
  close(): Promise<void> {
    this.#socket?.close();
    this.#router?.close();
    this.#zap?.close();
    this.#socket = undefined;
    this.#router = undefined;
    this.#zap = undefined;
    return Promise.resolve();
  }
}

/** A key by its reference; what is said of it never has it. */
export function curveKey(reference: string, part: string): string {
  const key = referenced(reference, part).trim();
  if (key.length === KEY_LENGTH) return key;
  throw sinkOption(
    `The CURVE key '${part}' has ${key.length} characters`,
    'A key is 40 characters of Z85 (zmq_curve_keypair).',
  );
}

const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
const Z85_GROUP = 5;

/** RFC 32: five characters are four bytes. */
function decodeZ85(text: string): Buffer {
  const bytes = Buffer.alloc((text.length / Z85_GROUP) * 4);
  for (let i = 0; i < text.length; i += Z85_GROUP) {
    const group = [...text.slice(i, i + Z85_GROUP)];
    bytes.writeUInt32BE(
      group.reduce((sum, c) => sum * Z85.length + Math.max(0, Z85.indexOf(c)), 0) >>> 0,
      (i / Z85_GROUP) * 4,
    );
  }
  return bytes;
}

export const zeromq = (options: SinkOf<'zeromq'>): ZeroMqSink => new ZeroMqSink(options);
