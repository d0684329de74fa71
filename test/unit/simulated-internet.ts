/** Venues that send text, on loopback: real TLS, real WebSockets, books whose truth is known, and faults by script. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Protection } from '../../src/patterns/security.js';
import { Random } from '../../src/simulator/random.js';
import { Authority } from './authority.js';

export const authority = new Authority();
const folder = mkdtempSync(join(tmpdir(), 'venuewire-internet-'));
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, authority.cert);
/** What a venue must declare to trust the simulated one. */
export const trusted: Protection[] = [{ type: 'tls', ca: `file:${caFile}` }];

type Side = 'bids' | 'asks';
export type Level = readonly [price: string, size: string];
const PRICE_DIGITS = 1;
const SIZE_DIGITS = 8;

/** The true book of an instrument: ticks by price, at most `depth` levels of each side. */
export class TrueBook {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  /** Of the last change. */
  sequence = 100;
  readonly #random: Random;
  constructor(
    readonly symbol: string,
    readonly depth: number,
    seed: number,
  ) {
    this.#random = new Random(seed).fork(symbol);
    for (let i = 0; i < Math.min(depth, 10); i++) {
      this.bids.set(10_000 - i, this.#size());
      this.asks.set(10_001 + i, this.#size());
    }
  }
  #below = (n: number): number => this.#random.below(n);
  #size(): number {
    return 1 + this.#below(500_000_000);
  }

  side(side: Side): [number, number][] {
    return [...this[side]].sort(([a], [b]) => (side === 'bids' ? b - a : a - b)).slice(0, this.depth);
  }
  levels(side: Side): Level[] {
    return this.side(side).map(([price, size]) => [
      (price / 10).toFixed(PRICE_DIGITS),
      (size / 1e8).toFixed(SIZE_DIGITS),
    ]);
  }

  /** Changes a level; what leaves the depth is gone, as for a client who cuts. */
  change(): { side: Side; level: Level } {
    const side: Side = this.#below(2) === 0 ? 'bids' : 'asks';
    const book = this[side];
    const base = side === 'bids' ? 10_000 : 10_001;
    const price = base + (side === 'bids' ? -1 : 1) * this.#below(Math.min(this.depth, 20) + 3);
    const size = book.has(price) && book.size > 3 && this.#below(3) === 0 ? 0 : this.#size();
    if (size === 0) book.delete(price);
    else book.set(price, size);
    for (const [p] of [...book].sort(([a], [b]) => (side === 'bids' ? b - a : a - b)).slice(this.depth)) book.delete(p);
    this.sequence++;
    return { side, level: [(price / 10).toFixed(PRICE_DIGITS), (size / 1e8).toFixed(SIZE_DIGITS)] };
  }

  /** As Kraken says it: digits without point and leading zeros, asks then bids; by the zlib of Node. */
  checksum(): number {
    const text = (['asks', 'bids'] as const)
      .flatMap((side) => this.levels(side).slice(0, 10))
      .flat()
      .map((t) => t.replace('.', '').replace(/^0+/, ''))
      .join('');
    return crc32(text);
  }
}

/** How a venue speaks. */
export interface Dialect {
  /** Levels of each side that are kept up; default: all. */
  readonly depth?: number;
  /** Which instruments a message of the client subscribes to (or leaves). */
  subscribed(
    message: Record<string, unknown>,
  ): { readonly on: boolean; readonly symbols: readonly string[] } | undefined;
  image(book: TrueBook): string | undefined;
  update(book: TrueBook, change: { side: Side; level: Level }): string;
  answer?(message: Record<string, unknown>, symbol: string): string | undefined;
  /** Which instruments' trades a message subscribes to, and a print at the best price, bought. */
  subscribedToTrades?(message: Record<string, unknown>): readonly string[];
  trade?(book: TrueBook): string;
}

const objects = (levels: readonly Level[]) => levels.map(([price, qty]) => `{"price":${price},"qty":${qty}}`).join(',');
type Params = { readonly channel: string; readonly symbol: readonly string[] };
export const kraken2: Dialect = {
  depth: 10,
  subscribed: ({ method, params }) =>
    /subscribe/.test(String(method)) && (params as Params).channel === 'book'
      ? { on: method === 'subscribe', symbols: (params as Params).symbol }
      : undefined,
  subscribedToTrades: ({ method, params }) =>
    method === 'subscribe' && (params as Params).channel === 'trade' ? (params as Params).symbol : [],
  answer: ({ method }, symbol) =>
    `{"method":"${String(method)}","result":{"channel":"book","symbol":"${symbol}"},"success":true}`,
  trade: (b) =>
    `{"channel":"trade","type":"update","data":[{"symbol":"${b.symbol}","side":"buy","price":${b.levels('asks')[0]?.[0]},"qty":1.50000000,"ord_type":"market","trade_id":${b.sequence},"timestamp":"2026-01-02T03:04:05.000006Z"}]}`,
  image: (b) =>
    `{"channel":"book","type":"snapshot","data":[{"symbol":"${b.symbol}","bids":[${objects(b.levels('bids'))}],"asks":[${objects(b.levels('asks'))}],"checksum":${b.checksum()}}]}`,
  update: (b, { side, level }) =>
    `{"channel":"book","type":"update","data":[{"symbol":"${b.symbol}","bids":[${side === 'bids' ? objects([level]) : ''}],"asks":[${side === 'asks' ? objects([level]) : ''}],"checksum":${b.checksum()},"timestamp":"2026-01-02T03:04:05.000006Z"}]}`,
};
export const krakenFutures: Dialect = {
  subscribed: ({ event, product_ids: symbols }) =>
    /subscribe$/.test(String(event)) ? { on: event === 'subscribe', symbols: symbols as string[] } : undefined,
  image: (b) =>
    `{"feed":"book_snapshot","product_id":"${b.symbol}","timestamp":1612269825817,"seq":${b.sequence},"bids":[${objects(b.levels('bids'))}],"asks":[${objects(b.levels('asks'))}]}`,
  update: (b, { side, level: [price, qty] }) =>
    `{"feed":"book","product_id":"${b.symbol}","side":"${side === 'bids' ? 'buy' : 'sell'}","seq":${b.sequence},"price":${price},"qty":${qty},"timestamp":1612269953629}`,
};
export const coinbase: Dialect = {
  subscribed: ({ type, product_ids: symbols }) =>
    /subscribe$/.test(String(type)) ? { on: type === 'subscribe', symbols: symbols as string[] } : undefined,
  image: (b) =>
    JSON.stringify({ type: 'snapshot', product_id: b.symbol, bids: b.levels('bids'), asks: b.levels('asks') }),
  update: (b, { side, level }) =>
    JSON.stringify({
      type: 'l2update',
      product_id: b.symbol,
      changes: [[side === 'bids' ? 'buy' : 'sell', ...level]],
      time: '2026-01-02T03:04:05.000006Z',
    }),
};
export const binance: Dialect = {
  subscribed: ({ method, params }) =>
    /SUBSCRIBE/.test(String(method))
      ? {
          on: method === 'SUBSCRIBE',
          symbols: (params as string[]).map((p) => (p.split('@')[0] as string).toUpperCase()),
        }
      : undefined,
  answer: () => '{"result":null,"id":1}',
  image: () => undefined,
  update: (b, { side, level }) =>
    JSON.stringify({
      stream: `${b.symbol.toLowerCase()}@depth@100ms`,
      data: {
        e: 'depthUpdate',
        E: 1700000000000,
        s: b.symbol,
        U: b.sequence,
        u: b.sequence,
        b: side === 'bids' ? [level] : [],
        a: side === 'asks' ? [level] : [],
      },
    }),
};

export interface Client {
  readonly socket: WebSocket;
  /** Which connection it is, from 1 on. */
  readonly nth: number;
  readonly raw: Socket;
  readonly subscribed: Set<string>;
  readonly trades: Set<string>;
  readonly headers: IncomingMessage['headers'];
}

/** A script may change a message, or swallow it (undefined). */
export type Mangle = (text: string, client: Client, symbol: string) => string | undefined;

export class SimulatedInternetVenue {
  readonly books = new Map<string, TrueBook>();
  readonly clients = new Set<Client>();
  readonly heard: string[] = [];
  readonly asked: string[] = [];
  connections = 0;
  mangle: Mangle = (text) => text;
  /** Answers requests that are no WebSocket; default: Binance's images. */
  http: (request: IncomingMessage, response: ServerResponse) => void = (request, response) =>
    this.#depth(request, response);
  /** Instead of taking a WebSocket: true when it is done. */
  refuse: (nth: number, raw: Socket) => boolean = () => false;
  onClient: (client: Client) => void = () => {};
  #server: Server | undefined;
  #ws = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  readonly #sockets = new Set<Socket>();

  constructor(
    readonly dialect: Dialect,
    symbols: readonly string[],
    readonly seed = 7,
  ) {
    const { depth = Number.POSITIVE_INFINITY } = dialect;
    for (const symbol of symbols) this.books.set(symbol, new TrueBook(symbol, depth, seed));
  }

  async start(): Promise<void> {
    const server = createServer(authority.issue());
    this.#server = server;
    server.on('secureConnection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => {
      this.asked.push(request.url ?? '');
      this.http(request, response);
    });
    server.on('upgrade', (request, raw: Socket, head) => {
      const nth = ++this.connections;
      if (this.refuse(nth, raw)) return;
      this.#ws.handleUpgrade(request, raw, head, (socket) => this.#take(socket, nth, raw, request));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
  get #port(): number {
    const address = this.#server?.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }
  get url(): string {
    return `wss://localhost:${this.#port}/stream`;
  }
  get https(): string {
    return `https://localhost:${this.#port}`;
  }
  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
  }

  #take(socket: WebSocket, nth: number, raw: Socket, request: IncomingMessage): void {
    const client: Client = { socket, nth, raw, subscribed: new Set(), trades: new Set(), headers: request.headers };
    this.clients.add(client);
    socket.on('error', () => {}).on('close', () => this.clients.delete(client));
    socket.on('message', (data) => this.#said(client, String(data)));
    this.onClient(client);
  }

  #said(client: Client, text: string): void {
    this.heard.push(text);
    const message = JSON.parse(text) as Record<string, unknown>;
    for (const symbol of this.dialect.subscribedToTrades?.(message) ?? []) client.trades.add(symbol);
    const { on, symbols } = this.dialect.subscribed(message) ?? { on: false, symbols: [] };
    for (const symbol of symbols) {
      const book = this.books.get(symbol);
      if (book === undefined) continue;
      const answer = this.dialect.answer?.(message, symbol);
      if (answer !== undefined) this.say(client, answer, symbol);
      if (!on) {
        client.subscribed.delete(symbol);
        continue;
      }
      client.subscribed.add(symbol);
      const image = this.dialect.image(book);
      if (image !== undefined) this.say(client, image, symbol);
    }
  }

  say(client: Client, text: string, symbol = ''): void {
    const said = this.mangle(text, client, symbol);
    if (said !== undefined && client.socket.readyState === client.socket.OPEN) client.socket.send(said);
  }

  /** Changes every book once, and tells those who have subscribed. */
  tick(): void {
    for (const [symbol, book] of this.books) {
      const text = this.dialect.update(book, book.change());
      for (const client of this.clients) if (client.subscribed.has(symbol)) this.say(client, text, symbol);
    }
  }

  /** A trade of every instrument, told to those who have subscribed. */
  print(): void {
    for (const [symbol, book] of this.books) {
      const text = this.dialect.trade?.(book);
      if (text === undefined) continue;
      for (const client of this.clients) if (client.trades.has(symbol)) this.say(client, text, symbol);
    }
  }

  #depth(request: IncomingMessage, response: ServerResponse): void {
    const symbol = new URL(request.url ?? '', 'https://x').searchParams.get('symbol') ?? '';
    const book = this.books.get(symbol);
    if (book === undefined) return void response.writeHead(404).end();
    response.end(JSON.stringify({ lastUpdateId: book.sequence, bids: book.levels('bids'), asks: book.levels('asks') }));
  }
}
