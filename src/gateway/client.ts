/**
 * The client of a gateway, for browsers and Node: REST questions, and streams that survive a lost connection. It loads nothing
 * but this library's errors.
 */
import { VenuewireError } from '../errors.js';
import type {
  ClientMessage,
  ServerMessage,
  StreamCategory,
  WireCandle,
  WireDepth,
  WireError,
  WireInstrument,
  WireLevel,
  WireNotice,
  WireState,
  WireTop,
  WireTrade,
  WireVenue,
} from './wire.js';

export type * from './wire.js';

/** What is used of a WebSocket: the browser's, Node's own, or that of the package ws. */
interface ClientSocket {
  binaryType: string;
  readonly readyState: number;
  send(data: string | Uint8Array): void;
  close(): void;
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}
/** A class of WebSockets. */
// biome-ignore lint/suspicious/noExplicitAny: browsers, Node and ws each declare their own
export type WebSocketClass = new (url: string, protocols: string[]) => any;

/** Writes and reads MessagePack, for example msgpackr's `{ pack, unpack }`. */
export interface MessagePackCodec {
  pack(value: unknown): Uint8Array;
  unpack(bytes: Uint8Array): unknown;
}

export interface GatewayClientOptions {
  /** Sent as a header with REST, as the first message of a WebSocket; never as part of an address. */
  readonly token?: string;
  /** Default: the one of the browser or Node (22 and later). */
  readonly WebSocket?: WebSocketClass;
  /** Streams in MessagePack instead of JSON. */
  readonly messagePack?: MessagePackCodec;
  /** Longest rest before the next try to connect, milliseconds. Default 10,000. */
  readonly restMsMost?: number;
  /** Is told how the connection is, and what the gateway says of it. */
  readonly onConnection?: (event: ConnectionEvent) => void;
}

export type ConnectionEvent =
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly nextTryMs: number }
  | Extract<ServerMessage, { readonly type: 'welcome' | 'slow' | 'caughtUp' | 'closing' }>
  /** A stream could not go on where it was: the gateway was started anew. Records in between were not told. */
  | { readonly type: 'begunAnew'; readonly request: StreamRequest }
  | { readonly type: 'error'; readonly error: WireError };

/** What is subscribed to. */
export interface StreamRequest {
  readonly venue: string;
  readonly category: StreamCategory;
  readonly instrument?: string;
  readonly levels?: number;
  readonly every?: number;
}
type StreamMessage = Extract<ServerMessage, { readonly id: number }>;

export interface Subscription {
  /** Ends it. */
  close(): void;
}

/** Records that did not come, `[from, to]`: the client was away or slow for longer than they are kept. */
export type PassedOver = (from: number, to: number) => void;

/** A book as a stream keeps it. */
export class BookCopy {
  #sides: { readonly bid: Map<string, WireLevel>; readonly ask: Map<string, WireLevel> } = {
    bid: new Map(),
    ask: new Map(),
  };
  sequence = 0;
  stale = false;
  crossed = false;

  /** False: the message does not follow on what is here, and the book has to be asked for anew. */
  apply(message: Extract<ServerMessage, { readonly type: 'snapshot' | 'delta' }>): boolean {
    if (message.type === 'snapshot') {
      const { bids, asks, stale, crossed } = message.depth;
      const side = (levels: readonly WireLevel[]) => new Map(levels.map((level) => [level[0], level]));
      this.#sides = { bid: side(bids), ask: side(asks) };
      this.#at(message.sequence, stale, crossed);
      return true;
    }
    if (message.after !== this.sequence) return false;
    for (const [side, price, size, orders] of message.levels) {
      if (size === '0') this.#sides[side].delete(price);
      else this.#sides[side].set(price, [price, size, orders]);
    }
    this.#at(message.sequence, message.stale, message.crossed);
    return true;
  }
  #at(sequence: number, stale: boolean, crossed: boolean): void {
    this.sequence = sequence;
    this.stale = stale;
    this.crossed = crossed;
  }

  get bids(): WireLevel[] {
    return sorted(this.#sides.bid, -1);
  }
  get asks(): WireLevel[] {
    return sorted(this.#sides.ask, 1);
  }
  toDepth(): WireDepth {
    const { bids, asks, stale, crossed } = this;
    return { bids, asks, stale, crossed };
  }
}

/** Prices of a book have the same digits behind the point, so that they compare as integers, exactly. */
function sorted(levels: ReadonlyMap<string, WireLevel>, direction: 1 | -1): WireLevel[] {
  const raw = (price: string): bigint => BigInt(price.replace('.', ''));
  return [...levels.values()]
    .map((level) => ({ level, at: raw(level[0]) }))
    .sort((a, b) => (a.at < b.at ? -direction : a.at > b.at ? direction : 0))
    .map(({ level }) => level);
}

interface Live {
  readonly id: number;
  readonly request: StreamRequest;
  /** False: what came does not follow, begin anew. */
  readonly take: (message: StreamMessage) => boolean;
  session: string;
  sequence: number;
  /** What comes before the answer to its subscription is of one that ended. */
  isWaiting: boolean;
}

const JSON_PROTOCOL = 'venuewire.json';
const MESSAGE_PACK_PROTOCOL = 'venuewire.msgpack';
const OPEN = 1;
const FIRST_REST_MS = 250;
const REST_MS_MOST = 10_000;

export class GatewayClient {
  readonly #base: string;
  readonly #options: GatewayClientOptions;
  readonly #live = new Map<number, Live>();
  #socket: ClientSocket | undefined;
  #isReady = false;
  #isClosed = false;
  #nextId = 1;
  #restMs = FIRST_REST_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param url of the gateway: `https://gateway.example:8443` */
  constructor(url: string, options: GatewayClientOptions = {}) {
    this.#base = url.replace(/\/+$/, '');
    this.#options = options;
  }

  // ── REST ──

  async #get<T>(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): Promise<T> {
    const asked = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
    );
    const { token } = this.#options;
    let response: Response;
    try {
      response = await fetch(`${this.#base}${path}${asked.length > 0 ? `?${asked.join('&')}` : ''}`, {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      });
    } catch (cause) {
      throw unreachable(this.#base, cause);
    }
    const body = (await response.json().catch((cause) => {
      throw unreachable(this.#base, cause);
    })) as T & { readonly error?: WireError };
    if (response.ok) return body;
    const { code = 'VW_GATEWAY_CONNECTION', message = `HTTP ${response.status}`, hint = '' } = body.error ?? {};
    throw new VenuewireError(code as 'VW_GATEWAY_CONNECTION', message, hint);
  }

  async venues(): Promise<readonly WireVenue[]> {
    return (await this.#get<{ venues: WireVenue[] }>('/v1/venues')).venues;
  }
  state(venue: string): Promise<WireState> {
    return this.#get(pathOf(venue));
  }
  async notices(venue: string, limit?: number): Promise<readonly WireNotice[]> {
    return (await this.#get<{ notices: WireNotice[] }>(`${pathOf(venue)}/notices`, { limit })).notices;
  }
  /** A page; `next`: where the next one begins, null behind the last. */
  instruments(
    venue: string,
    page: { readonly after?: number; readonly limit?: number; readonly search?: string } = {},
  ): Promise<{ readonly instruments: readonly WireInstrument[]; readonly next: number | null }> {
    return this.#get(`${pathOf(venue)}/instruments`, page);
  }
  top(venue: string, instrument: string): Promise<WireTop> {
    return this.#get(`${pathOf(venue, instrument)}/top`);
  }
  depth(venue: string, instrument: string, levels?: number): Promise<WireDepth> {
    return this.#get(`${pathOf(venue, instrument)}/depth`, { levels });
  }
  async trades(venue: string, instrument: string, limit?: number): Promise<readonly WireTrade[]> {
    return (await this.#get<{ trades: WireTrade[] }>(`${pathOf(venue, instrument)}/trades`, { limit })).trades;
  }
  async candles(
    venue: string,
    instrument: string,
    interval: '1s' | '1m' | '1h' = '1m',
    limit?: number,
  ): Promise<readonly WireCandle[]> {
    const path = `${pathOf(venue, instrument)}/candles`;
    return (await this.#get<{ candles: WireCandle[] }>(path, { interval, limit })).candles;
  }

  // ── streams ──

  /** Best prices whenever they change. */
  watchTop(request: Omit<StreamRequest, 'category'>, changed: (top: WireTop) => void): Subscription {
    return this.#follow({ ...request, category: 'top' }, (message) => {
      if (message.type === 'top') changed(message.top);
      return true;
    });
  }
  /** A book, kept; `changed` is called with the same object. */
  watchDepth(request: Omit<StreamRequest, 'category'>, changed: (book: BookCopy) => void): Subscription {
    const book = new BookCopy();
    return this.#follow({ ...request, category: 'depth' }, (message) => {
      if (message.type !== 'snapshot' && message.type !== 'delta') return true;
      if (!book.apply(message)) return false;
      changed(book);
      return true;
    });
  }
  /** Each trade from now on. */
  watchTrades(
    request: Omit<StreamRequest, 'category'>,
    traded: (trades: readonly WireTrade[]) => void,
    passedOver: PassedOver = () => {},
  ): Subscription {
    return this.#follow({ ...request, category: 'trades' }, (message) => {
      if (message.type === 'trades') traded(message.trades);
      if (message.type === 'passedOver') passedOver(message.from, message.to);
      return true;
    });
  }
  /** Each notice from now on. */
  watchNotices(
    request: Omit<StreamRequest, 'category' | 'instrument'>,
    noticed: (notices: readonly WireNotice[]) => void,
    passedOver: PassedOver = () => {},
  ): Subscription {
    return this.#follow({ ...request, category: 'notices' }, (message) => {
      if (message.type === 'notices') noticed(message.notices);
      if (message.type === 'passedOver') passedOver(message.from, message.to);
      return true;
    });
  }
  /** What a venue’s feed is doing, about four times a second. */
  watchState(
    request: Omit<StreamRequest, 'category' | 'instrument'>,
    changed: (state: WireState) => void,
  ): Subscription {
    return this.#follow({ ...request, category: 'state' }, (message) => {
      if (message.type === 'state') changed(message.state);
      return true;
    });
  }

  #follow(request: StreamRequest, take: Live['take']): Subscription {
    if (this.#isClosed) {
      throw new VenuewireError('VW_GATEWAY_CONNECTION', 'This client has been closed', 'Make another one.');
    }
    const id = this.#nextId++;
    const live: Live = { id, request, take, session: '', sequence: 0, isWaiting: true };
    this.#live.set(id, live);
    if (this.#socket === undefined && this.#timer === undefined) this.#connect();
    else if (this.#isReady) this.#ask(live);
    return {
      close: () => {
        if (this.#live.delete(id) && this.#isReady) this.#send({ op: 'unsubscribe', id });
      },
    };
  }

  #ask(live: Live): void {
    const { id, request, session, sequence } = live;
    live.isWaiting = true;
    this.#send({ op: 'subscribe', id, ...request, ...(session === '' ? {} : { resume: { session, sequence } }) });
  }

  #send(message: ClientMessage): void {
    const { messagePack } = this.#options;
    if (this.#socket?.readyState !== OPEN) return;
    this.#socket.send(messagePack === undefined ? JSON.stringify(message) : messagePack.pack(message));
  }

  #connect(): void {
    this.#timer = undefined;
    const { messagePack, token } = this.#options;
    const Socket = this.#options.WebSocket ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
    if (Socket === undefined) {
      throw new VenuewireError(
        'VW_GATEWAY_CONNECTION',
        'This runtime has no WebSocket of its own',
        "Pass the one of the package ws: { WebSocket: (await import('ws')).WebSocket }.",
      );
    }
    const url = `${this.#base.replace(/^http/, 'ws')}/v1/stream`;
    const socket = new Socket(url, [messagePack === undefined ? JSON_PROTOCOL : MESSAGE_PACK_PROTOCOL]) as ClientSocket;
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      this.#tell({ type: 'connected' });
      if (token !== undefined) this.#send({ op: 'authenticate', token });
    });
    socket.addEventListener('message', ({ data }) => this.#received(data));
    // A failed connection closes as well.
    socket.addEventListener('error', () => {});
    socket.addEventListener('close', () => this.#ended(socket));
  }

  #ended(socket: ClientSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#isReady = false;
    if (this.#isClosed) return;
    const nextTryMs = this.#restMs;
    this.#restMs = Math.min(2 * this.#restMs, this.#options.restMsMost ?? REST_MS_MOST);
    this.#timer = setTimeout(() => this.#connect(), nextTryMs);
    this.#tell({ type: 'disconnected', nextTryMs });
  }

  #received(data: unknown): void {
    const { messagePack } = this.#options;
    const read = typeof data === 'string' ? JSON.parse(data) : messagePack?.unpack(new Uint8Array(data as ArrayBuffer));
    for (const message of (read ?? []) as ServerMessage[]) this.#take(message);
  }

  #take(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#tell(message);
        if (!message.authenticated || this.#isReady) return;
        this.#isReady = true;
        this.#restMs = FIRST_REST_MS;
        for (const live of this.#live.values()) this.#ask(live);
        return;
      case 'slow':
      case 'caughtUp':
      case 'closing':
        this.#tell(message);
        return;
      case 'error':
        this.#tell({ type: 'error', error: message.error });
        return;
      case 'heartbeat':
      case 'pong':
      case 'unsubscribed':
        return;
      default:
        this.#ofStream(message);
        return;
    }
  }

  #ofStream(message: StreamMessage): void {
    const live = this.#live.get(message.id);
    if (live === undefined) return;
    if (message.type === 'subscribed') {
      live.isWaiting = false;
      if (live.session !== '' && !message.resumed) this.#tell({ type: 'begunAnew', request: live.request });
      live.session = message.session;
      live.sequence = message.sequence;
      return;
    }
    if (live.isWaiting) return;
    if (!live.take(message)) {
      // It cannot be: the gateway counts from what this client has. Begin anew rather than go on with a wrong book.
      this.#send({ op: 'unsubscribe', id: live.id });
      live.session = '';
      this.#ask(live);
      return;
    }
    if ('sequence' in message) live.sequence = message.sequence;
    if (message.type === 'passedOver') live.sequence = message.to;
  }

  #tell(event: ConnectionEvent): void {
    this.#options.onConnection?.(event);
  }

  /** Drops the connection as a network would, for tests and after a change of networks: it is made again, and streams go on. */
  reconnect(): void {
    this.#socket?.close();
  }
  /** Ends everything. Idempotent. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#live.clear();
    this.#socket?.close();
  }
}

const pathOf = (venue: string, instrument?: string): string =>
  `/v1/venues/${encodeURIComponent(venue)}${instrument === undefined ? '' : `/instruments/${encodeURIComponent(instrument)}`}`;
const unreachable = (base: string, cause: unknown): VenuewireError =>
  new VenuewireError(
    'VW_GATEWAY_CONNECTION',
    `${base} does not answer as a gateway: ${cause instanceof Error ? cause.message : cause}`,
    'Check the address and that the gateway runs.',
  );
