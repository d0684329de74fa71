import { createServer, type Server, type Socket } from 'node:net';
import { VenuewireError } from '../errors.js';
import type { Connection, SimulatedServer } from './server.js';

const MILLISECOND_NS = 1e6;
const HERE = '127.0.0.1';
const FULL_BYTES = 4 << 20;

class TcpClient implements Connection {
  constructor(
    readonly id: number,
    readonly socket: Socket,
  ) {}
  get full(): boolean {
    return this.socket.writableLength > FULL_BYTES;
  }
  send(bytes: Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }
  close(): void {
    this.socket.end();
  }
}

export interface LoopbackServerOptions {
  /** Port on 127.0.0.1; default: one that is free. */
  readonly port?: number;
  /** The time in nanoseconds; default: nanoseconds since 1970, in UTC. */
  readonly now?: () => number;
}

/** UTC in nanoseconds since 1970; exact to about a quarter of a microsecond, as a number is. */
const utcNs = (): number => (performance.timeOrigin + performance.now()) * 1e6;

/**
 * A simulated TCP server on a real socket of this machine's loopback, in real time. `start()`, hand out `address`,
 * `stop()`; `act()` for what is to be done at the present time.
 */
export class LoopbackServer<S extends SimulatedServer = SimulatedServer> {
  readonly #options: LoopbackServerOptions;
  readonly #now: () => number;
  readonly #sockets = new Set<Socket>();
  #listener: Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #timerNs = Number.POSITIVE_INFINITY;
  #nextId = 1;
  #address = '';
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(
    readonly server: S,
    options: LoopbackServerOptions = {},
  ) {
    this.#options = options;
    this.#now = options.now ?? utcNs;
  }

  /** `host:port`; after `start()`. */
  get address(): string {
    return this.#address;
  }

  /**
   * Listens. Calling it again does nothing.
   * @throws VenuewireError `VW_SIMULATOR_OPEN` when the port cannot be had, `VW_SIMULATOR_STOPPED` after `stop()`.
   */
  start(): Promise<void> {
    if (this.#stopping !== undefined) {
      return Promise.reject(
        new VenuewireError('VW_SIMULATOR_STOPPED', 'This server has been stopped', 'Make a new one.'),
      );
    }
    this.#starting ??= this.#listen();
    return this.#starting;
  }

  #listen(): Promise<void> {
    const listener = createServer((socket) => this.#connected(socket));
    this.#listener = listener;
    return new Promise((resolve, reject) => {
      listener.once('error', (cause) =>
        reject(
          new VenuewireError(
            'VW_SIMULATOR_OPEN',
            `The simulated server could not listen on ${HERE}:${this.#options.port ?? 0}: ${cause.message}`,
            'Choose another port, or none: a free one is taken.',
          ),
        ),
      );
      listener.listen(this.#options.port ?? 0, HERE, () => {
        const at = listener.address();
        this.#address = `${HERE}:${typeof at === 'object' && at ? at.port : 0}`;
        resolve();
      });
    });
  }

  #connected(socket: Socket): void {
    const client = new TcpClient(this.#nextId++, socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    if (!this.server.onConnect(client, this.#now())) {
      socket.resetAndDestroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('data', (bytes) => this.act((server, now) => server.onData(client, bytes, now)));
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.act((server, now) => server.onClose(client, now));
    });
    this.#wake(0);
  }

  /** Does something with the server at the present time, then what has become due by it. */
  act<T>(does: (server: S, nowNs: number) => T): T {
    const result = does(this.server, this.#now());
    this.#wake(0);
    return result;
  }

  /** Comes again in `ns` at the latest. Timers are no finer than a millisecond: what is due earlier is asked for each turn. */
  #wake(ns: number): void {
    const atNs = this.#now() + ns;
    if (this.#stopping !== undefined || this.#timerNs <= atNs) return;
    this.#forget();
    this.#timerNs = atNs;
    if (ns < MILLISECOND_NS) this.#immediate = setImmediate(() => this.#turn());
    else this.#timer = setTimeout(() => this.#turn(), Math.ceil(Math.min(ns / MILLISECOND_NS, 60_000)));
  }

  #forget(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #turn(): void {
    this.#timerNs = Number.POSITIVE_INFINITY;
    const due = this.server.onTick(this.#now());
    if (due !== Number.POSITIVE_INFINITY) this.#wake(Math.max(0, due - this.#now()));
  }

  /** Closes everything; idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#close();
    return this.#stopping;
  }

  async #close(): Promise<void> {
    this.#forget();
    await this.#starting?.catch(() => {});
    for (const socket of this.#sockets) socket.destroy();
    const listener = this.#listener;
    if (listener?.listening) await new Promise<void>((resolve) => listener.close(() => resolve()));
  }
}
