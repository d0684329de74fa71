/**
 * One WebSocket of a client. What waits for it is bounded by `queueBytes` and one message: where the client does not read,
 * nothing more is written, and what it missed is put together from the streams once it reads again.
 */
import { z } from 'zod';
import { remedyOf, VenuewireError } from '../errors.js';
import type { CompleteOptions } from './options.js';
import { Bucket } from './rate.js';
import type { User } from './tokens.js';
import type { Packer, Writer } from './update.js';
import type { Followed, GatewayVenue } from './venue.js';
import { NO_INSTRUMENT } from './venue.js';
import { type ClientMessage, type ServerMessage, STREAMS, type StreamCategory } from './wire.js';

/** What is used of a WebSocket. */
export interface Socket {
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  terminate(): void;
  ping(): void;
}

/** What a connection asks of its gateway. */
export interface ConnectionHost {
  readonly options: CompleteOptions;
  readonly venues: ReadonlyMap<string, GatewayVenue>;
  readonly packer: Packer | undefined;
  readonly counts: ConnectionCounts;
  userOf(token: string): User;
  /** Has something to be told at the next look. */
  due(connection: Connection): void;
}

export interface ConnectionCounts {
  messagesOut: number;
  bytesOut: number;
  messagesIn: number;
  refused: number;
  slow: number;
  slowEnded: number;
  queuedMost: number;
}

interface Subscription {
  readonly id: number;
  readonly venue: GatewayVenue;
  readonly followed: Followed;
  readonly changed: () => void;
  readonly every: number;
  /** It has everything up to here. */
  sequence: number;
  nextMs: number;
}

/** WebSocket close codes: RFC 6455, and those for applications. */
export const CLOSE = { goingAway: 1001, policy: 1008, tooMany: 4029, unauthenticated: 4001 } as const;
const SCOPE_HINT = 'Use a token with this scope, or ask whoever runs the gateway.';
const LEVELS = 10;
/** Bytes of messages that go into one WebSocket message. */
const TOGETHER_BYTES = 65_536;
/** A client that was slow goes on when this part of its queue is left. */
const CAUGHT_UP = 4;
/** Refusals after which a client that goes on is disconnected. */
const RATE_REFUSALS = 100;
const EVERY_MOST = 60_000;
/** Queues that answers may fill besides. */
const ASKING_MOST = 2;

const id = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const text = z.string().min(1).max(256);
const sequence = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const clientMessage = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('authenticate'), token: z.string().min(1).max(4_096) }),
  z.strictObject({
    op: z.literal('subscribe'),
    id,
    venue: text,
    category: z.enum(STREAMS),
    instrument: text.optional(),
    levels: z.number().int().min(1).optional(),
    every: z.number().int().min(1).max(EVERY_MOST).optional(),
    resume: z.strictObject({ session: text, sequence }).optional(),
  }),
  z.strictObject({ op: z.literal('unsubscribe'), id }),
  z.strictObject({ op: z.literal('ping'), id }),
]) satisfies z.ZodType<ClientMessage>;
type Subscribe = Extract<ClientMessage, { readonly op: 'subscribe' }>;

const isOfVenue = (category: StreamCategory): boolean => category === 'state' || category === 'notices';
const refused = (code: 'VW_GATEWAY_REQUEST' | 'VW_GATEWAY_LIMIT' | 'VW_GATEWAY_RATE', message: string, hint: string) =>
  new VenuewireError(code, message, hint);
const now = (): string => String(BigInt(Date.now()) * 1_000_000n);

export class Connection {
  user: User | undefined;
  /** A pong, or anything else, came since the last ping. */
  isAlive = true;
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #due = new Set<Subscription>();
  readonly #bucket: Bucket;
  #refusals = 0;
  #slowSinceMs: number | undefined;
  #quiet = true;
  #closed = false;

  constructor(
    readonly socket: Socket,
    readonly writer: Writer,
    readonly host: ConnectionHost,
  ) {
    const { messagesPerSecond, subscriptions } = host.options.limits;
    this.#bucket = new Bucket(messagesPerSecond, Math.max(2 * messagesPerSecond, subscriptions));
  }

  welcome(): void {
    const { heartbeatMs, limits } = this.host.options;
    this.#say({
      ...{ type: 'welcome', heartbeatMs, authenticated: this.user !== undefined },
      slowPolicy: {
        ...{ queueBytes: limits.queueBytes, graceMs: limits.slowMs },
        policy: 'latest values and merged deltas, records are passed over, and at last the connection is ended',
      },
    });
  }

  // ── what comes in ──

  received(data: Uint8Array, isBinary: boolean, nowMs: number): void {
    const { host } = this;
    host.counts.messagesIn++;
    this.isAlive = true;
    // Whoever asks and does not read the answers.
    if (this.socket.bufferedAmount > ASKING_MOST * host.options.limits.queueBytes) {
      this.#cutOff();
      return;
    }
    let about: number | null = null;
    try {
      const wait = this.#bucket.take(nowMs);
      if (wait > 0) {
        if (++this.#refusals > RATE_REFUSALS) {
          this.close(CLOSE.tooMany, 'VW_GATEWAY_RATE');
          return;
        }
        throw refused('VW_GATEWAY_RATE', 'Too many messages', `Wait ${wait} ms.`);
      }
      const read = clientMessage.safeParse(this.#read(data, isBinary));
      if (!read.success) {
        const [issue] = read.error.issues;
        throw refused(
          'VW_GATEWAY_REQUEST',
          `${issue?.path.join('.') || 'the message'}: ${issue?.message}`,
          'docs/gateway.md lists what a client can send.',
        );
      }
      const message = read.data as ClientMessage;
      if ('id' in message) about = message.id;
      this.#do(message, nowMs);
    } catch (error) {
      host.counts.refused++;
      const { code, message, hint } =
        error instanceof VenuewireError
          ? error
          : new VenuewireError('VW_INTERNAL', String(error), remedyOf('VW_INTERNAL'));
      this.#say({ type: 'error', id: about, error: { code, message, hint } });
      if (code === 'VW_GATEWAY_TOKEN') this.close(CLOSE.unauthenticated, code);
    }
  }

  #read(data: Uint8Array, isBinary: boolean): unknown {
    try {
      if (!isBinary) return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8'));
      if (this.host.packer !== undefined) return this.host.packer.unpack(data);
    } catch {
      throw refused(
        'VW_GATEWAY_REQUEST',
        `The message is no ${isBinary ? 'MessagePack' : 'JSON'}`,
        'Send one object a message: text is JSON, binary is MessagePack.',
      );
    }
    throw refused('VW_GATEWAY_REQUEST', 'This gateway reads no MessagePack', 'Send JSON as text; or install msgpackr.');
  }

  #do(message: ClientMessage, nowMs: number): void {
    switch (message.op) {
      case 'authenticate':
        // Rights of what is subscribed to are looked at once.
        if (this.user !== undefined && this.#subscriptions.size > 0)
          throw refused('VW_GATEWAY_REQUEST', 'This connection has subscriptions already', 'Open another one.');
        this.user = this.host.userOf(message.token);
        this.welcome();
        return;
      case 'ping':
        this.#say({ type: 'pong', id: message.id, time: now() });
        return;
      case 'unsubscribe': {
        const of = this.#subscriptions.get(message.id);
        if (of === undefined)
          throw refused('VW_GATEWAY_REQUEST', `There is no subscription ${message.id}`, 'Name one of this connection.');
        this.#drop(of, nowMs);
        this.#say({ type: 'unsubscribed', id: message.id });
        return;
      }
      case 'subscribe':
        this.#subscribe(message, nowMs);
        return;
    }
  }

  #subscribe(message: Subscribe, nowMs: number): void {
    const { user, host } = this;
    const { id: number, category, every = 0, resume } = message;
    const { limits } = host.options;
    if (user === undefined)
      throw new VenuewireError('VW_GATEWAY_TOKEN', 'No token was given', remedyOf('VW_GATEWAY_TOKEN'));
    if (this.#subscriptions.has(number))
      throw refused('VW_GATEWAY_REQUEST', `There is a subscription ${number} already`, 'Give each its own id.');
    if (this.#subscriptions.size >= limits.subscriptions)
      throw refused(
        'VW_GATEWAY_LIMIT',
        `This connection has ${limits.subscriptions} subscriptions, which is the most`,
        'End some, or open another connection.',
      );
    const { venue, instrument } = this.#target(user, message);
    const levels = message.levels ?? Math.min(LEVELS, limits.levels);
    if (levels > limits.levels)
      throw refused('VW_GATEWAY_LIMIT', `${levels} levels; there are at most ${limits.levels}`, 'Ask for fewer.');
    const of = {} as { changed: () => void };
    const followed = venue.follow(category, instrument, levels, () => of.changed());
    const { stream } = followed;
    const resumed = resume !== undefined && resume.session === stream.session && resume.sequence <= stream.sequence;
    const subscription: Subscription = {
      ...{ id: number, venue, followed, every, nextMs: nowMs },
      sequence: resumed ? resume.sequence : stream.begin,
      changed: () => {
        this.#due.add(subscription);
        host.due(this);
      },
    };
    of.changed = subscription.changed;
    this.#subscriptions.set(number, subscription);
    this.#say({ type: 'subscribed', id: number, session: stream.session, sequence: subscription.sequence, resumed });
    subscription.changed();
  }

  /** What a subscription is about, where this user may have it. What it may not have is not told apart from what there is not. */
  #target(user: User, message: Subscribe): { readonly venue: GatewayVenue; readonly instrument: number } {
    const { category, instrument } = message;
    const venue = this.host.venues.get(message.venue);
    if (venue === undefined)
      throw new VenuewireError(
        'VW_GATEWAY_NOT_FOUND',
        `There is no venue '${message.venue.slice(0, 64)}' for this user`,
        'GET /v1/venues lists them.',
      );

    if (isOfVenue(category)) {
      if (instrument !== undefined)
        throw refused('VW_GATEWAY_REQUEST', `'${category}' is of a venue, not of an instrument`, 'Leave it out.');
      if (user.allows(category, venue.name)) return { venue, instrument: NO_INSTRUMENT };
      throw new VenuewireError('VW_GATEWAY_SCOPE', `No right to '${category}' of ${venue.name}`, SCOPE_HINT);
    }
    if (instrument === undefined)
      throw refused('VW_GATEWAY_REQUEST', `'${category}' is of an instrument`, 'Name it: instrument.');
    if (!user.allows(category, venue.name))
      throw new VenuewireError('VW_GATEWAY_SCOPE', `No right to '${category}' of ${venue.name}`, SCOPE_HINT);
    const number = venue.numberOf(instrument);
    const names = number === undefined ? undefined : venue.instrument(number);
    if (
      number === undefined ||
      names === undefined ||
      !user.allows(category, venue.name, names.symbol || names.key, names.key)
    )
      throw new VenuewireError(
        'VW_GATEWAY_NOT_FOUND',
        `${venue.name} has no instrument '${instrument.slice(0, 64)}' for this user`,
        'GET /v1/venues/VENUE/instruments lists them; an instrument is there once the venue has named it.',
      );
    return { venue, instrument: number };
  }

  // ── what goes out ──

  get subscriptions(): number {
    return this.#subscriptions.size;
  }
  get isSlow(): boolean {
    return this.#slowSinceMs !== undefined;
  }
  /** Everything it was to be told is written. */
  get isDrained(): boolean {
    return this.#due.size === 0 && this.socket.bufferedAmount === 0;
  }

  #say(message: ServerMessage): void {
    if (this.#closed) return;
    this.writer.add(message);
    this.#write();
    if (this.socket.bufferedAmount > this.host.options.limits.queueBytes) this.host.due(this);
  }
  #write(): void {
    const { counts } = this.host;
    const data = this.writer.take();
    if (data === undefined || this.#closed) return;
    counts.messagesOut++;
    counts.bytesOut += data.length;
    this.#quiet = false;
    this.socket.send(data);
    counts.queuedMost = Math.max(counts.queuedMost, this.socket.bufferedAmount);
  }

  /** Writes what is due. True: there is more, for a later look. */
  flush(nowMs: number): boolean {
    if (this.#closed) return false;
    const { queueBytes, slowMs } = this.host.options.limits;
    const { counts } = this.host;
    if (this.#slowSinceMs !== undefined) {
      const heldMs = nowMs - this.#slowSinceMs;
      if (this.socket.bufferedAmount > queueBytes / CAUGHT_UP) {
        if (heldMs > slowMs) this.#cutOff();
        return !this.#closed;
      }
      this.#slowSinceMs = undefined;
      this.writer.add({ type: 'caughtUp', heldMs: Math.round(heldMs) });
    }
    for (const subscription of this.#due) {
      if (subscription.nextMs > nowMs) continue;
      this.#due.delete(subscription);
      for (const update of subscription.followed.stream.updates(subscription.sequence))
        this.writer.addUpdate(subscription.id, update);
      subscription.sequence = subscription.followed.stream.sequence;
      subscription.nextMs = nowMs + subscription.every;
      if (this.writer.bytes < TOGETHER_BYTES) continue;
      this.#write();
      if (this.socket.bufferedAmount > queueBytes) break;
    }
    this.#write();
    if (this.socket.bufferedAmount > queueBytes) {
      this.#slowSinceMs = nowMs;
      counts.slow++;
      this.#say({ type: 'slow', queuedBytes: this.socket.bufferedAmount, graceMs: slowMs });
    }
    return this.#due.size > 0 || this.isSlow;
  }

  /** Told that it is still there, where nothing else was; false: it does not answer. */
  heartbeat(): boolean {
    if (!this.isAlive) return this.isSlow;
    this.isAlive = false;
    this.socket.ping();
    if (this.#quiet && !this.isSlow) this.#say({ type: 'heartbeat', time: now() });
    this.#quiet = true;
    return true;
  }

  close(code: number, reason: string): void {
    if (this.#closed) return;
    if (!this.isSlow) this.#say({ type: 'closing', reason });
    this.#end();
    this.socket.close(code, reason);
  }
  #cutOff(): void {
    this.host.counts.slowEnded++;
    this.#end();
    this.socket.terminate();
  }
  /** Its socket is closed. */
  ended(): void {
    this.#end();
  }
  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    const nowMs = performance.now();
    for (const subscription of this.#subscriptions.values()) this.#drop(subscription, nowMs);
  }
  #drop(subscription: Subscription, nowMs: number): void {
    this.#subscriptions.delete(subscription.id);
    this.#due.delete(subscription);
    subscription.venue.unfollow(subscription.followed, subscription.changed, nowMs);
  }
}
