/** Venues that send text, on loopback: real TLS, real WebSockets, books whose truth is known, and faults by script. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { WebSocket, WebSocketServer } from 'ws';
import { peer } from '../../peer.js';
import { Authority } from './authority.js';
import { type Dialect, TrueBook } from './dialects.js';

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
  /** So many ticks more nothing changes, and nothing is said. */
  stillTicks = 0;
  mangle: Mangle = (text) => text;
  /** Answers requests that are no WebSocket; default: Binance's images. */
  http: (request: IncomingMessage, response: ServerResponse) => void = (request, response) =>
    this.#depth(request, response);
  /** Instead of taking a WebSocket: true when it is done. */
  refuse: (nth: number, raw: Socket) => boolean = () => false;
  onClient: (client: Client) => void = () => {};
  #server: Server | undefined;
  #ws: WebSocketServer | undefined;
  readonly #sockets = new Set<Socket>();

  constructor(
    readonly dialect: Dialect,
    symbols: readonly string[],
    readonly seed = 7,
    readonly authority = new Authority(),
  ) {
    const { depth = Number.POSITIVE_INFINITY } = dialect;
    for (const symbol of symbols) this.books.set(symbol, new TrueBook(symbol, depth, seed));
  }

  /** @throws VenuewireError `VW_PEER_MISSING` when the package `ws` is not installed */
  async start(): Promise<void> {
    const ws = await peer<typeof import('ws')>('ws', 'A simulated venue that sends text');
    this.#ws = new ws.WebSocketServer({ noServer: true, perMessageDeflate: true });
    const server = createServer(this.authority.issue());
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
      this.#ws?.handleUpgrade(request, raw, head, (socket) => this.#take(socket, nth, raw, request));
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
    if (this.stillTicks > 0) {
      this.stillTicks--;
      return;
    }
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
