/** Messages to other processes: msgpackr over zeromq. Both are optional and are loaded only here. */
import { setTimeout } from 'node:timers/promises';
import { remedyOf, VenuewireError } from '../errors.js';
import { peer } from '../peer.js';
import { exact, messagePack } from '../sinks/frames.js';
import { usage } from './exit.js';

/** Messages that wait for one subscriber. */
const QUEUED_MESSAGES = 10_000;
const STALL_MS = 30_000;
const RETRY_MS = 2;

/** What a subscriber gets behind the topic, which is the message's name. */
export interface Published {
  readonly channel: string;
  readonly sequence: bigint;
  readonly time: bigint;
  readonly message: string;
  readonly fields: object;
}

/** Integers beyond 32 bits as such: msgpackr writes those of type number as floating point. */
function exactIntegers(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? exact(BigInt(value)) : value;
  if (Array.isArray(value)) return value.map(exactIntegers);
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, exactIntegers(part)]));
}

interface XPublisher {
  bind(address: string): Promise<void>;
  receive(): Promise<Uint8Array[]>;
  send(parts: readonly (string | Uint8Array)[]): Promise<void>;
  close(): void;
  sendHighWaterMark: number;
  noDrop: boolean;
  sendTimeout: number;
  linger: number;
  readonly lastEndpoint: string | null;
}

/**
 * A publishing socket; what is added is sent by `flush`, in order.
 * @throws VenuewireError `VW_PUBLISH_STALLED` from `flush` when a subscriber does not read: nothing is dropped unseen, and
 * nothing grows.
 */
export class MessagePublisher {
  readonly #socket: XPublisher;
  readonly #pack: (value: unknown) => Uint8Array;
  #queue: { readonly topic: string; readonly bytes: Uint8Array }[] = [];
  sent = 0;

  readonly #stallMs: number;

  private constructor(socket: XPublisher, pack: (value: unknown) => Uint8Array, stallMs: number) {
    this.#stallMs = stallMs;
    this.#socket = socket;
    this.#pack = pack;
  }

  /**
   * @param address `zmq:` and a zeromq endpoint to bind, for example `zmq:tcp://127.0.0.1:5556`.
   * @param stallMs how long a subscriber that does not read is waited for.
   */
  static async bind(address: string, stallMs = STALL_MS): Promise<MessagePublisher> {
    const endpoint = /^zmq:(.+)$/.exec(address)?.[1];
    if (endpoint === undefined) {
      throw usage(
        `--publish '${address}' is not understood`,
        'Write zmq: and an endpoint: --publish zmq:tcp://127.0.0.1:5556',
      );
    }
    const zmq = await peer<{ readonly XPublisher: new () => XPublisher }>('zeromq', '--publish');
    const codec = await messagePack('--publish');
    const socket = new zmq.XPublisher();
    // Nothing is dropped for a slow subscriber that keeps its connection: we wait for it, and then the feed waits for us.
    // What is not sent at the end is sent within 1 s.
    socket.sendHighWaterMark = QUEUED_MESSAGES;
    socket.noDrop = true;
    socket.sendTimeout = 0; // zeromq does not tell when a full subscriber has room again: it is tried
    socket.linger = 1000;
    try {
      await socket.bind(endpoint);
    } catch (cause) {
      throw new VenuewireError(
        'VW_PUBLISH_BIND',
        `${endpoint} could not be bound: ${cause instanceof Error ? cause.message : cause}`,
        'Choose another port, or an address of this machine.',
      );
    }
    return new MessagePublisher(socket, (value) => codec.pack(exactIntegers(value)), stallMs);
  }

  get endpoint(): string {
    return this.#socket.lastEndpoint ?? '';
  }
  /** Until somebody subscribes. */
  async subscribed(): Promise<void> {
    await this.#socket.receive();
  }
  add(message: Published): void {
    this.#queue.push({ topic: message.message, bytes: this.#pack(message) });
  }
  async flush(): Promise<void> {
    const queue = this.#queue;
    this.#queue = [];
    for (const { topic, bytes } of queue) {
      await this.#send([topic, bytes]);
      this.sent++;
    }
  }
  async #send(parts: readonly (string | Uint8Array)[]): Promise<void> {
    for (let since: number | undefined; ; ) {
      try {
        return await this.#socket.send(parts);
      } catch (cause) {
        if ((cause as { code?: unknown }).code !== 'EAGAIN') throw cause;
      }
      since ??= performance.now();
      if (performance.now() - since > this.#stallMs) break;
      await setTimeout(RETRY_MS);
    }
    throw new VenuewireError(
      'VW_PUBLISH_STALLED',
      `A subscriber of ${this.endpoint} has not read for ${this.#stallMs} ms, and ${QUEUED_MESSAGES} messages wait for it`,
      remedyOf('VW_PUBLISH_STALLED'),
    );
  }
  close(): void {
    this.#socket.close();
  }
}
