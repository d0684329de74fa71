/** Venues that send text, on loopback: real TLS, real WebSockets, books whose truth is known, and faults by script. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { WebSocket, WebSocketServer } from 'ws';
import { peer } from '../../peer.js';
import { Authority } from './authority.js';
import type { Dialect } from './dialects.js';
import { ScriptedVenue, type VenueClient } from './script.js';

/** A frame of 100 bytes of text begins; no more of it comes. */
const CUT_FRAME = Buffer.from([0x81, 100, 0x7b, 0x22]);

export class Client implements VenueClient {
  readonly subscribed = new Set<string>();
  readonly trades = new Set<string>();
  ready = false;
  constructor(
    readonly socket: WebSocket,
    readonly nth: number,
    readonly raw: Socket,
    readonly headers: IncomingMessage['headers'],
  ) {}
  send(text: string): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(text);
  }
  close(code: number, why: string): void {
    if (code === 1006) this.socket.terminate();
    else this.socket.close(code, why);
  }
  drop(): void {
    this.raw.destroy();
  }
  cut(): void {
    this.raw.write(CUT_FRAME);
    setImmediate(() => this.drop());
  }
}

export class SimulatedInternetVenue extends ScriptedVenue<Client> {
  readonly asked: string[] = [];
  /** Answers requests that are no WebSocket; default: Binance's images. */
  http: (request: IncomingMessage, response: ServerResponse) => void = (request, response) => {
    const image = request.method === 'POST' ? this.dialect.session?.(this.issued ?? '') : this.depth(request.url ?? '');
    if (image === undefined) response.writeHead(404).end();
    else response.end(image);
  };
  /** Instead of taking a WebSocket: true when it is done. */
  refuse: (nth: number, raw: Socket) => boolean = () => false;
  #server: Server | undefined;
  #ws: WebSocketServer | undefined;
  readonly #sockets = new Set<Socket>();

  constructor(
    dialect: Dialect,
    symbols: readonly string[],
    seed = 7,
    readonly authority = new Authority(),
  ) {
    super(dialect, symbols, seed);
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
      if (this.refuse(nth, raw) || this.#refused(raw)) return;
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

  #refused(raw: Socket): boolean {
    const refusal = this.refusals.shift();
    if (refusal === undefined) return false;
    const rest = refusal.retryAfterS === undefined ? '' : `Retry-After: ${refusal.retryAfterS}\r\n`;
    raw.end(`HTTP/1.1 ${refusal.status} Refused\r\n${rest}Content-Length: 0\r\nConnection: close\r\n\r\n`);
    return true;
  }

  #take(socket: WebSocket, nth: number, raw: Socket, request: IncomingMessage): void {
    const client = new Client(socket, nth, raw, request.headers);
    socket.on('error', () => {}).on('close', () => this.gone(client));
    socket.on('message', (data) => this.hear(client, String(data)));
    this.take(client);
  }
}
