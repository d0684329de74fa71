/** Reads what the sink `zeromq` publishes: batches in order by topic, and what was lost, which is asked for where there is a replay port. */
import { remedyOf, VenuewireError } from '../errors.js';
import type { Reference } from '../patterns/credentials.js';
import { peer } from '../peer.js';
import { type Codec, type FrameHeader, messagePack, readHeader, readPayload } from './frames.js';
import type { RowBatch, RowField, RowSchema } from './rows.js';
import { curveKey } from './zeromq.js';

type ZeroMq = typeof import('zeromq');

export interface SubscriberOptions {
  /** Publishers, `tcp://127.0.0.1:5556`. */
  readonly connect: string | readonly string[];
  /** Topics, or what they begin with: `trade.`; default: all. */
  readonly topics?: readonly string[];
  /** The publisher's replay port; of one publisher. Left out: what is lost is only told. */
  readonly replay?: string;
  /** Where an earlier subscription to a topic ended: the number of the row to go on at. Another session begins anew. */
  readonly resume?: (topic: string, session: string) => number | undefined;
  /** Frames that wait to be read; then ZeroMQ drops them, and the numbers tell. Default 10,000. */
  readonly highWaterMark?: number;
  /** Default 64 MiB: a larger frame ends the connection. */
  readonly frameBytes?: number;
  /** How long the replay port is waited for. Default 2 s. */
  readonly replayMs?: number;
  readonly curve?: { readonly serverKey: Reference; readonly publicKey: Reference; readonly secretKey: Reference };
  readonly signal?: AbortSignal;
}

export interface Received {
  readonly topic: string;
  /** Of the publisher: another one numbers anew. */
  readonly session: string;
  /** Number of the first row of the topic. */
  readonly first: number;
  readonly rows: RowBatch;
  /** The last row before this subscription began. */
  readonly snapshot: boolean;
  /** Rows before these that are lost for good. */
  readonly lost: number;
}

export interface SubscriberCounters {
  readonly rows: number;
  readonly lost: number;
  readonly replayed: number;
  /** Frames that held no rows that were not there before. */
  readonly repeated: number;
  readonly malformed: number;
  readonly sessions: number;
}

const FRAMES = 3;

/** Made by `subscribe`. Iterate it, once. */
export class Subscriber implements AsyncIterable<Received> {
  readonly #counters = { rows: 0, lost: 0, replayed: 0, repeated: 0, malformed: 0, sessions: 0 };
  readonly #next = new Map<string, { session: string; next: number }>();
  readonly #schemas = new Map<string, RowSchema>();
  readonly #sessions = new Set<string>();
  /** @internal */
  constructor(
    readonly socket: import('zeromq').Subscriber,
    readonly dealer: import('zeromq').Dealer | undefined,
    readonly codec: Codec,
    readonly options: SubscriberOptions,
  ) {
    options.signal?.addEventListener('abort', () => this.close(), { once: true });
  }

  counters(): SubscriberCounters {
    return { ...this.#counters };
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Received> {
    for await (const frames of this.socket as AsyncIterable<Buffer[]>) {
      const received = this.#read(frames);
      if (received === undefined) continue;
      yield* this.#inOrder(received);
    }
  }

  #read(
    frames: readonly Buffer[],
  ): { topic: string; header: FrameHeader & { readonly first: number }; rows: RowBatch } | undefined {
    if (frames.length === FRAMES) {
      const [topic, head, payload] = frames as [Buffer, Buffer, Buffer];
      try {
        const header = readHeader(this.codec.unpack(head));
        const rows = header && readPayload(header, this.codec.unpack(payload), this.#schema(header));
        if (header !== undefined && rows !== undefined) return { topic: topic.toString(), header, rows };
      } catch {
        // What cannot be unpacked is malformed as well.
      }
    }
    this.#counters.malformed++;
    return undefined;
  }

  /** One object for each schema, so that batches can be joined. */
  #schema(header: FrameHeader): RowSchema {
    const { schema, version, fields, dtypes, nones, units, exponents, category, instrument } = header;
    const key = JSON.stringify([schema, version, fields, dtypes, nones, units, exponents, category, instrument]);
    let made = this.#schemas.get(key);
    if (made === undefined) {
      if (this.#schemas.size >= SCHEMAS_MAX) this.#schemas.clear();
      made = {
        name: schema,
        version,
        ...(category === undefined ? {} : { category }),
        ...(instrument === undefined ? {} : { instrument }),
        fields: fields.map((name, i): RowField => {
          const dtype = dtypes[i] as RowField['dtype'];
          const none = nones[i];
          const state = typeof none === 'string' || dtype === 'f64' ? 'optional' : 'always';
          const exponent = exponents?.[i];
          return {
            ...{ name, dtype, unit: units?.[i] ?? '', state },
            ...(typeof exponent === 'string' ? { exponent } : {}),
            ...(typeof none === 'string' ? { none } : {}),
          };
        }),
      };
      this.#schemas.set(key, made);
    }
    return made;
  }

  async *#inOrder({
    topic,
    header,
    rows,
  }: {
    topic: string;
    header: FrameHeader & { readonly first: number };
    rows: RowBatch;
  }): AsyncGenerator<Received> {
    const { session, first, count } = header;
    if (!this.#sessions.has(session)) {
      this.#sessions.add(session);
      this.#counters.sessions++;
    }
    let known = this.#next.get(topic);
    if (known?.session !== session) {
      // Where a subscription begins, nobody has lost anything.
      known = { session, next: this.options.resume?.(topic, session) ?? first };
      this.#next.set(topic, known);
    }
    if (first + count <= known.next) {
      this.#counters.repeated++;
      return;
    }
    let lost = 0;
    if (first > known.next) {
      for await (const missing of this.#missing(topic, known, first)) {
        lost = missing.lost;
        yield missing;
      }
      lost = first - known.next;
      this.#counters.lost += lost;
    }
    const fresh = rows.slice(Math.max(0, known.next - first), count);
    yield this.#give(topic, known, Math.max(first, known.next), fresh, header.snapshot === true, Math.max(0, lost));
  }

  #give(
    topic: string,
    known: { session: string; next: number },
    first: number,
    rows: RowBatch,
    snapshot: boolean,
    lost: number,
  ): Received {
    known.next = first + rows.rows;
    this.#counters.rows += rows.rows;
    return { topic, session: known.session, first, rows, snapshot, lost };
  }

  /** Asks for [known.next, end), as often as the answer brings something. */
  async *#missing(topic: string, known: { session: string; next: number }, end: number): AsyncGenerator<Received> {
    const { dealer, codec } = this;
    while (dealer !== undefined && known.next < end) {
      const from = known.next;
      let answer: Buffer[];
      try {
        await dealer.send(codec.pack({ topic, session: known.session, from, to: end }));
        answer = (await dealer.receive()) as Buffer[];
      } catch {
        return; // The replay port does not answer: what is missing is lost.
      }
      for (let i = 1; i + 1 < answer.length; i += 2) {
        const read = this.#read([Buffer.from(topic), answer[i] as Buffer, answer[i + 1] as Buffer]);
        if (read === undefined || read.header.session !== known.session) continue;
        const { first, count } = read.header;
        const [begin, stop] = [Math.max(first, known.next), Math.min(first + count, end)];
        if (begin >= stop) continue;
        const lost = begin - known.next;
        this.#counters.lost += lost;
        this.#counters.replayed += stop - begin;
        yield this.#give(topic, known, begin, read.rows.slice(begin - first, stop - first), false, lost);
      }
      if (known.next === from) return;
    }
  }

  close(): void {
    this.socket.close();
    this.dealer?.close();
  }
}
const SCHEMAS_MAX = 1_000;
const HIGH_WATER_MARK = 10_000;
const FRAME_BYTES = 64 << 20;
const REPLAY_MS = 2_000;

/**
 * Subscribes to one publisher or several.
 * @throws VenuewireError `VW_PEER_MISSING`, `VW_CREDENTIAL_MISSING`, `VW_SINK_OPTION`.
 */
export async function subscribe(options: SubscriberOptions): Promise<Subscriber> {
  const zmq = await peer<ZeroMq>('zeromq', 'A subscriber');
  const codec = await messagePack('A subscriber');
  const { curve } = options;
  const keys =
    curve === undefined
      ? {}
      : {
          curveServerKey: curveKey(curve.serverKey, 'serverKey'),
          curvePublicKey: curveKey(curve.publicKey, 'publicKey'),
          curveSecretKey: curveKey(curve.secretKey, 'secretKey'),
        };
  const socket = new zmq.Subscriber({
    ...keys,
    receiveHighWaterMark: options.highWaterMark ?? HIGH_WATER_MARK,
    maxMessageSize: options.frameBytes ?? FRAME_BYTES,
    linger: 0,
  });
  const waits = options.replayMs ?? REPLAY_MS;
  const dealer =
    options.replay === undefined
      ? undefined
      : new zmq.Dealer({ ...keys, linger: 0, receiveTimeout: waits, sendTimeout: waits });
  try {
    for (const address of [options.connect].flat()) socket.connect(address);
    if (options.replay !== undefined) dealer?.connect(options.replay);
  } catch (cause) {
    socket.close();
    dealer?.close();
    throw new VenuewireError(
      'VW_SINK_OPEN',
      `${[options.connect].flat().join(', ')}: ${cause instanceof Error ? cause.message : cause}`,
      remedyOf('VW_SINK_OPEN'),
    );
  }
  const topics = options.topics ?? [''];
  socket.subscribe(...topics);
  return new Subscriber(socket, dealer, codec, options);
}
