/** A gateway: feeds on one side, REST and WebSocket clients on the other. */
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { remedyOf, VenuewireError } from '../errors.js';
import { peer } from '../peer.js';
import { CLOSE, Connection, type ConnectionCounts, type ConnectionHost } from './connection.js';
import type { GatewayStatistics } from './metrics.js';
import { type CompleteOptions, completeOptions, type GatewayOptions, isLoopback, optionError } from './options.js';
import { readPages } from './pages.js';
import { Buckets } from './rate.js';
import { serveRest } from './rest.js';
import { secureOptions } from './secure.js';
import { bearerOf, Tokens, type User } from './tokens.js';
import { JsonWriter, type Packer, PackWriter } from './update.js';
import { type GatewaySource, GatewayVenue } from './venue.js';
import { JSON_PROTOCOL, MESSAGE_PACK_PROTOCOL, STREAM_PATH } from './wire.js';

/** Bytes of a client's message. */
const MESSAGE_MOST = 65_536;
/** A client that has not said who it is has so long for it. */
const AUTHENTICATE_MS = 5_000;
const FORGET_MS = 10_000;
/** Users and addresses whose rates are remembered. */
const NAMES_MOST = 10_000;
const DRAIN_LOOK_MS = 20;

interface Opened {
  readonly connection: Connection;
  readonly name: string;
}

type Timer = ReturnType<typeof setInterval>;

/** Made by `serveGateway`. */
export class Gateway implements ConnectionHost {
  readonly venues = new Map<string, GatewayVenue>();
  readonly tokens: Tokens;
  packer: Packer | undefined;
  /** @internal How often somebody asks: requests, and WebSockets that are opened. */
  readonly rates: Buckets;
  readonly counts: ConnectionCounts = {
    ...{ messagesOut: 0, bytesOut: 0, messagesIn: 0, refused: 0, slow: 0, slowEnded: 0, queuedMost: 0 },
  };
  /** @internal Counted by REST. */
  readonly rest = { requests: 0, refused: 0 };
  /** `http://127.0.0.1:8080`, once it listens. */
  address = '';
  isClosing = false;
  readonly #clients = new Map<WebSocket, Opened>();
  readonly #due = new Set<Connection>();
  readonly #timers: Timer[] = [];
  #accepted = 0;
  #sockets: WebSocketServer | undefined;
  #stopRest: () => Promise<void> = () => Promise.resolve();
  #closed: Promise<void> | undefined;

  /** @internal Use `serveGateway`. */
  constructor(readonly options: CompleteOptions) {
    this.tokens = new Tokens(options.tokens ?? []);
    this.rates = new Buckets(options.limits.requestsPerSecond, NAMES_MOST);
    if (this.tokens.none && !isLoopback(options.host)) {
      throw optionError(
        `Without tokens everybody who reaches ${options.host} would see everything`,
        'Declare tokens, or listen on 127.0.0.1.',
      );
    }
  }

  /**
   * Puts a feed behind the gateway, which reads it from now on.
   * @throws VenuewireError `VW_GATEWAY_OPTION` for a name that is taken; `VW_BOOK_ROLES` for a table that gives no books;
   * `VW_LOG_EVENTS` for a log of events.
   */
  add(name: string, source: GatewaySource): GatewayVenue {
    if (this.venues.has(name)) throw optionError(`There is a venue '${name}' already`, 'Give each feed its own name.');
    const venue = new GatewayVenue(name, source, this.options.limits);
    this.venues.set(name, venue);
    return venue;
  }

  userOf(token: string | undefined): User {
    return this.tokens.user(token);
  }

  due(connection: Connection): void {
    this.#due.add(connection);
  }

  statistics(): GatewayStatistics {
    const opened = [...this.#clients.keys()];
    const connections = [...this.#clients.values()].map(({ connection }) => connection);
    const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
    return {
      ...this.counts,
      clients: opened.length,
      slowClients: connections.filter(({ isSlow }) => isSlow).length,
      subscriptions: sum(connections.map(({ subscriptions }) => subscriptions)),
      streams: sum([...this.venues.values()].map(({ streams }) => streams)),
      ...{ accepted: this.#accepted, requests: this.rest.requests, requestsRefused: this.rest.refused },
      queuedBytes: sum(opened.map(({ bufferedAmount }) => bufferedAmount)),
    };
  }

  /**
   * Whether this request may be answered: its web page is of an origin that is allowed, and without tokens it asks for this
   * machine by a name of loopback, so that no page of elsewhere reaches it by a name of its own.
   */
  checkOrigin({ headers }: Pick<IncomingMessage, 'headers'>): void {
    const { origin, host = '' } = headers;
    const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
    const isKnownName = !this.tokens.none || isLoopback(name);
    const isOwn =
      origin === undefined ||
      (URL.canParse(origin) && new URL(origin).host === host) ||
      (this.options.origins ?? []).includes(origin);
    if (isKnownName && isOwn) return;
    throw new VenuewireError(
      'VW_GATEWAY_ORIGIN',
      isKnownName
        ? 'Pages of this origin may not ask this gateway'
        : 'This gateway answers by its address on loopback alone',
      remedyOf('VW_GATEWAY_ORIGIN'),
    );
  }

  /** @internal */
  async open(): Promise<void> {
    const { options } = this;
    const { WebSocketServer } = await peer<typeof import('ws')>('ws', 'A gateway');
    this.packer = await loadPacker();
    const pages = readPages(options.console);
    const { server, close } = await serveRest(this, pages, secureOptions(options.tls));
    this.#stopRest = close;
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: MESSAGE_MOST,
      perMessageDeflate: false,
      handleProtocols: (offered) =>
        [MESSAGE_PACK_PROTOCOL, JSON_PROTOCOL].find(
          (known) => offered.has(known) && (known === JSON_PROTOCOL || this.packer !== undefined),
        ) ?? false,
    });
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    await listen(server, options);
    const bound = server.address() as AddressInfo;
    const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
    this.address = `${options.tls === undefined ? 'http' : 'https'}://${host}:${bound.port}`;
    this.#timers.push(
      setInterval(() => this.look(), options.everyMs),
      setInterval(() => this.#heartbeat(), options.heartbeatMs),
      setInterval(() => this.#forget(), FORGET_MS),
    );
  }

  // ── WebSockets ──

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    try {
      if (this.isClosing)
        throw new VenuewireError('VW_GATEWAY_DRAINING', 'The gateway is closing', remedyOf('VW_GATEWAY_DRAINING'));
      this.checkOrigin(request);
      if (request.url?.split('?', 1)[0] !== STREAM_PATH)
        throw new VenuewireError(
          'VW_GATEWAY_NOT_FOUND',
          'There is no WebSocket at this path',
          `It is at ${STREAM_PATH}.`,
        );
      const address = request.socket.remoteAddress ?? '';
      const wait = this.rates.take(`address ${address}`, performance.now());
      if (wait > 0) throw new VenuewireError('VW_GATEWAY_RATE', 'Too many connections are opened', `Wait ${wait} ms.`);
      const given = bearerOf(request.headers.authorization);
      const user = given !== undefined || this.tokens.none ? this.userOf(given) : undefined;
      const name = user?.name ?? address;
      this.#checkRoom(name);
      this.#sockets?.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, user, name));
    } catch (error) {
      refuseUpgrade(socket, error);
    }
  }

  #checkRoom(name: string): void {
    const { clients, clientsPerUser } = this.options.limits;
    const own = [...this.#clients.values()].filter((of) => of.name === name).length;
    if (this.#clients.size < clients && own < clientsPerUser) return;
    throw new VenuewireError(
      'VW_GATEWAY_LIMIT',
      own >= clientsPerUser
        ? `${name} has ${own} connections, which is the most`
        : 'The gateway has no room for more clients',
      remedyOf('VW_GATEWAY_LIMIT'),
    );
  }

  #open(webSocket: WebSocket, user: User | undefined, name: string): void {
    const isPacked = webSocket.protocol === MESSAGE_PACK_PROTOCOL && this.packer !== undefined;
    const writer = isPacked ? new PackWriter(this.packer as Packer) : new JsonWriter();
    const connection = new Connection(webSocket, writer, this);
    connection.user = user;
    this.#accepted++;
    this.#clients.set(webSocket, { connection, name });
    const waiting = setTimeout(() => {
      if (connection.user === undefined) connection.close(CLOSE.unauthenticated, 'VW_GATEWAY_TOKEN');
    }, AUTHENTICATE_MS).unref();
    webSocket.on('message', (data, isBinary) => connection.received(data as Buffer, isBinary, performance.now()));
    webSocket.on('pong', () => {
      connection.isAlive = true;
    });
    // A frame that is none: the library closes with its code.
    webSocket.on('error', () => this.counts.refused++);
    webSocket.on('close', () => {
      clearTimeout(waiting);
      connection.ended();
      this.#due.delete(connection);
      this.#clients.delete(webSocket);
    });
    connection.welcome();
  }

  /** @internal Looks for what has changed, and tells who follows it. */
  look(nowMs = performance.now()): void {
    for (const venue of this.venues.values()) venue.look(nowMs);
    for (const connection of this.#due) if (!connection.flush(nowMs)) this.#due.delete(connection);
  }

  #heartbeat(): void {
    for (const [webSocket, { connection }] of this.#clients) if (!connection.heartbeat()) webSocket.terminate();
  }
  #forget(): void {
    const nowMs = performance.now();
    for (const venue of this.venues.values()) venue.forget(nowMs);
  }

  // ── the end ──

  /**
   * Ends: takes nobody in any more, tells clients and lets them read what is on its way for at most `drainMs`, closes the
   * feeds. Idempotent.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.isClosing = true;
    for (const { source } of this.venues.values()) source.close();
    await Promise.all([...this.venues.values()].map(({ done }) => done));
    this.look();
    const untilMs = performance.now() + this.options.drainMs;
    const isDrained = (): boolean => [...this.#clients.values()].every(({ connection }) => connection.isDrained);
    while (!isDrained() && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
      this.look();
    }
    for (const timer of this.#timers) clearInterval(timer);
    const open = [...this.#clients];
    for (const [, { connection }] of open) connection.close(CLOSE.goingAway, 'VW_GATEWAY_DRAINING');
    while (this.#clients.size > 0 && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
    for (const [webSocket] of open) webSocket.terminate();
    this.#sockets?.close();
    await this.#stopRest();
  }
}

async function loadPacker(): Promise<Packer | undefined> {
  try {
    const { Packr } = await peer<typeof import('msgpackr')>('msgpackr', 'MessagePack');
    // Plain MessagePack, which every language reads: maps, not msgpackr's own records.
    return new Packr({ useRecords: false, variableMapSize: true }) as Packer;
  } catch {
    return undefined;
  }
}

function listen(server: Server, { host, port, listen: place }: CompleteOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new VenuewireError(
          'VW_GATEWAY_LISTEN',
          `The gateway cannot listen at ${place ?? `${host}:${port}`}: ${cause.code}`,
          remedyOf('VW_GATEWAY_LISTEN'),
        ),
      ),
    );
    server.listen(port, host, () => resolve());
  });
}

/** Answers a WebSocket that is not to be as REST would. */
function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { code, message, hint } =
    error instanceof VenuewireError
      ? error
      : new VenuewireError('VW_INTERNAL', 'The upgrade failed', remedyOf('VW_INTERNAL'));
  const body = JSON.stringify({ error: { code, message, hint } });
  const status = {
    VW_GATEWAY_TOKEN: '401 Unauthorized',
    VW_GATEWAY_ORIGIN: '403 Forbidden',
    VW_GATEWAY_NOT_FOUND: '404 Not Found',
    VW_GATEWAY_RATE: '429 Too Many Requests',
  };
  const line = status[code as keyof typeof status] ?? '503 Service Unavailable';
  socket.end(
    `HTTP/1.1 ${line}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/**
 * Serves feeds to clients. The feeds are the gateway's from then on: nobody else may read them, and `close` closes them.
 *
 * ```ts
 * const gateway = await serveGateway({ totalview: await openFeed('totalview.yaml') }, { listen: '127.0.0.1:8080' });
 * ```
 * @throws VenuewireError `VW_PEER_MISSING` when fastify or ws is not installed; `VW_GATEWAY_OPTION`; `VW_GATEWAY_LISTEN`;
 * `VW_CREDENTIAL_MISSING`; `VW_BOOK_ROLES`.
 */
export async function serveGateway(
  sources: Readonly<Record<string, GatewaySource>>,
  options: GatewayOptions = {},
): Promise<Gateway> {
  const gateway = new Gateway(completeOptions(options));
  await gateway.open();
  try {
    for (const [name, source] of Object.entries(sources)) gateway.add(name, source);
  } catch (error) {
    await gateway.close();
    throw error;
  }
  return gateway;
}
