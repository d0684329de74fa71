import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { VenuewireError } from '../errors.js';
import { udpMulticast, type Venue } from '../patterns/index.js';
import { nasdaqTotalView } from '../venues/nasdaq-totalview.js';
import { EventQueue } from './event-queue.js';
import { ItchSnapshots } from './glimpse.js';
import { VenueHistory } from './history.js';
import { ItchGenerator } from './itch-generator.js';
import { FaultyLine, type LineFaults } from './line-faults.js';
import { LoopbackServer } from './loopback-server.js';
import { MoldUdp64Framing, MoldUdp64Server } from './mold-udp64.js';
import { Publisher, type PublisherOptions } from './publisher.js';
import { Random } from './random.js';
import { type Means, SIMULATED_USERS, simulatedCredentials } from './scenario.js';
import type { Connection, ServerFaults, SimulatedServer } from './server.js';
import { GlimpseServer, SoupBinTcpServer } from './soup-bin-tcp.js';
import { VenueState } from './venue-state.js';

const HERE = '127.0.0.1';
/** Packets sent before the servers get their turn. */
const PACKETS_PER_TURN = 64;

/** Options of `LoopbackVenue`. Everything random comes from `seed`. */
export interface LoopbackVenueOptions {
  readonly seed: number;
  /** The day; default: a generated one of `messages` messages (10,000) and `symbols` stocks (20). */
  readonly history?: VenueHistory;
  readonly messages?: number;
  readonly symbols?: number;
  /** Messages a second; default 10,000. Whoever falls behind catches up in small batches. */
  readonly rate?: number;
  readonly publisher?: Partial<Omit<PublisherOptions, 'framing' | 'lines' | 'startNs' | 'intervalNs'>>;
  /** Faults of the lines: the same for each, or one for each; times count from the day's begin. */
  readonly faults?: LineFaults | readonly LineFaults[];
  readonly servers?: Readonly<Partial<Record<Means, ServerFaults>>>;
}

/** What a loopback venue has done so far. */
export interface LoopbackStatistics {
  readonly published: number;
  readonly packets: number;
  /** By line. */
  readonly lost: readonly number[];
  readonly requests: number;
  readonly answered: number;
  readonly replayLogins: number;
  readonly snapshots: number;
}

/** Resolves when the socket is closed; one that never opened is. */
const closed = (socket: { close(done: () => void): unknown }): Promise<void> =>
  new Promise((resolve) => {
    try {
      socket.close(() => resolve());
    } catch {
      resolve();
    }
  });

/** One client of a UDP server: the address that its datagrams come from. */
class UdpClient implements Connection {
  constructor(
    readonly id: number,
    readonly socket: UdpSocket,
    readonly port: number,
    readonly address: string,
  ) {}
  send(bytes: Uint8Array): void {
    this.socket.send(bytes, this.port, this.address, () => {});
  }
  close(): void {}
}

/**
 * A TotalView venue on this machine's loopback: A and B multicast lines with faults, a re-request server, a replay server
 * and a GLIMPSE server, on real sockets. Several run side by side. `start()`, hand out `venue()`, `begin()`, `stop()`.
 */
export class LoopbackVenue {
  readonly history: VenueHistory;
  readonly state: VenueState;
  /** `group:port` of the lines; fixed by process and seed. */
  readonly lines: { readonly A: string; readonly B: string };
  readonly servers: {
    readonly rerequest: MoldUdp64Server;
    readonly replay: SoupBinTcpServer;
    readonly glimpse: GlimpseServer;
  };
  /** Resolves when the day has been published, end-of-session packets included. */
  readonly finished: Promise<void>;
  readonly #options: LoopbackVenueOptions;
  readonly #random: Random;
  readonly #faulty: readonly FaultyLine[];
  readonly #queue = new EventQueue<{ readonly line: number; readonly bytes: Uint8Array }>();
  readonly #addresses: Record<Means, string> = { rerequest: '', replay: '', glimpse: '' };
  readonly #sockets: UdpSocket[] = [];
  readonly #tcp: LoopbackServer[] = [];
  readonly #ticks: ((nowNs: number) => number)[] = [];
  #sender: UdpSocket | undefined;
  #publisher: Publisher | undefined;
  #origin = process.hrtime.bigint();
  #state: 'new' | 'starting' | 'running' | 'stopped' = 'new';
  #opening: Promise<void> | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  #timerIsImmediate = false;
  #timerNs = Number.POSITIVE_INFINITY;
  #nextId = 1;
  #finish: () => void = () => {};

  constructor(options: LoopbackVenueOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.history =
      options.history ??
      VenueHistory.generate(
        new ItchGenerator({
          seed: options.seed,
          symbols: options.symbols ?? 20,
          messages: options.messages ?? 10_000,
        }),
      );
    this.state = new VenueState(this.history);
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    const random = this.#random;
    const soup = (means: Means) => ({ users: SIMULATED_USERS, faults: options.servers?.[means] ?? {} });
    this.servers = {
      rerequest: new MoldUdp64Server(this.state, random.fork('rerequest'), {
        faults: options.servers?.rerequest ?? {},
      }),
      replay: new SoupBinTcpServer(this.state, random.fork('replay'), soup('replay')),
      glimpse: new GlimpseServer(this.state, random.fork('glimpse'), new ItchSnapshots(this.history), soup('glimpse')),
    };
    const given = options.faults ?? {};
    this.#faulty = [0, 1].map(
      (i) =>
        new FaultyLine(
          (Array.isArray(given) ? (given[i] ?? {}) : given) as LineFaults,
          random.fork(`faults of line ${i}`),
        ),
    );
    // Other processes and other seeds get other groups; the ports lie below the ephemeral ones.
    const place = new Random(process.pid).fork(`seed ${options.seed}`);
    const group = (): string => `239.${place.between(192, 251)}.${place.below(256)}.${place.between(1, 254)}`;
    const port = place.between(10_000, 30_000);
    this.lines = { A: `${group()}:${port}`, B: `${group()}:${port + 1}` };
  }

  /** `host:port` of each server; after `start()`. */
  get addresses(): Readonly<Record<Means, string>> {
    return this.#addresses;
  }

  #now(): number {
    return Number(process.hrtime.bigint() - this.#origin);
  }

  /**
   * Opens the sockets. Calling it again does nothing.
   * @throws VenuewireError `VW_SIMULATOR_OPEN` when a socket cannot be opened, `VW_SIMULATOR_STOPPED` after `stop()`.
   */
  start(): Promise<void> {
    if (this.#state === 'stopped') {
      return Promise.reject(
        new VenuewireError('VW_SIMULATOR_STOPPED', 'This venue has been stopped', 'Make a new one.'),
      );
    }
    if (this.#starting === undefined) {
      this.#opening = this.#open();
      this.#starting = this.#opening.catch(async (cause: Error) => {
        await this.stop();
        throw new VenuewireError(
          'VW_SIMULATOR_OPEN',
          `The simulated venue could not open its sockets: ${cause.message}`,
          'Multicast on 127.0.0.1 needs the loopback interface to be up.',
        );
      });
    }
    return this.#starting;
  }

  async #open(): Promise<void> {
    this.#state = 'starting';
    const sender = createSocket('udp4');
    this.#sockets.push(sender);
    await new Promise<void>((resolve, reject) => {
      sender.once('error', reject);
      sender.bind(0, HERE, () => {
        sender.setMulticastInterface(HERE);
        sender.setMulticastLoopback(true);
        sender.setMulticastTTL(1);
        resolve();
      });
    });
    this.#sender = sender;
    this.#addresses.rerequest = await this.#openUdp(this.servers.rerequest);
    this.#addresses.replay = await this.#openTcp(this.servers.replay);
    this.#addresses.glimpse = await this.#openTcp(this.servers.glimpse);
    if (this.#state === 'starting') this.#state = 'running';
  }

  async #openUdp(server: SimulatedServer): Promise<string> {
    const socket = createSocket('udp4');
    this.#sockets.push(socket);
    const clients = new Map<string, UdpClient>();
    socket.on('message', (bytes, from) => {
      const key = `${from.address}:${from.port}`;
      let client = clients.get(key);
      if (client === undefined) {
        // A client that is gone is not heard of: the oldest makes room.
        if (clients.size >= 4_096) clients.delete(clients.keys().next().value as string);
        client = new UdpClient(this.#nextId++, socket, from.port, from.address);
        clients.set(key, client);
        server.onConnect(client, this.#now());
      }
      server.onData(client, bytes, this.#now());
      this.#wake(0);
    });
    this.#ticks.push((now) => server.onTick(now));
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, HERE, () => resolve(`${HERE}:${socket.address().port}`));
    });
  }

  async #openTcp(server: SimulatedServer): Promise<string> {
    const loopback = new LoopbackServer(server, { now: () => this.#now() });
    this.#tcp.push(loopback);
    await loopback.start();
    return loopback.address;
  }

  /** Begins the day; after `start()`. Calling it again does nothing. */
  begin(): void {
    if (this.#state !== 'running' || this.#publisher) return;
    this.#publisher = new Publisher(this.state, this.#random.fork('publisher'), {
      ...this.#options.publisher,
      framing: new MoldUdp64Framing(this.history.session),
      lines: 2,
      startNs: this.#now(),
      intervalNs: 1e9 / (this.#options.rate ?? 10_000),
    });
    this.#wake(0);
  }

  /** Comes again in `ns` at the latest. */
  #wake(ns: number): void {
    if (this.#state === 'stopped') return;
    const atNs = this.#now() + ns;
    if (this.#timer && this.#timerNs <= atNs) return;
    this.#clearTimer();
    this.#timerNs = atNs;
    // Timers are no finer than a millisecond: what falls due meanwhile goes out together.
    this.#timerIsImmediate = ns <= 0;
    this.#timer = this.#timerIsImmediate
      ? setImmediate(() => this.#turn())
      : setTimeout(() => this.#turn(), Math.ceil(ns / 1e6));
  }

  #clearTimer(): void {
    if (this.#timerIsImmediate) clearImmediate(this.#timer as NodeJS.Immediate);
    else clearTimeout(this.#timer as NodeJS.Timeout);
    this.#timer = undefined;
  }

  #turn(): void {
    this.#timer = undefined;
    this.#timerNs = Number.POSITIVE_INFINITY;
    if (this.#state !== 'running') return;
    const now = this.#now();
    const publisher = this.#publisher;
    publisher?.tick(
      now,
      (line, bytes, timeNs) => {
        for (const d of (this.#faulty[line] as FaultyLine).pass(timeNs, bytes))
          this.#queue.push(d.timeNs, { line, bytes: d.bytes });
      },
      PACKETS_PER_TURN,
    );
    while (this.#queue.size > 0 && this.#queue.dueNs <= now) {
      const d = this.#queue.pop();
      if (d) this.#multicast(d.line, d.bytes);
    }
    let due = Math.min(publisher?.dueNs ?? Number.POSITIVE_INFINITY, this.#queue.dueNs);
    for (const tick of this.#ticks) due = Math.min(due, tick(now));
    if (publisher?.dueNs === Number.POSITIVE_INFINITY && this.#queue.size === 0) this.#finish();
    if (due !== Number.POSITIVE_INFINITY) this.#wake(Math.max(0, due - this.#now()));
  }

  #multicast(line: number, bytes: Uint8Array): void {
    const address = line === 0 ? this.lines.A : this.lines.B;
    const at = address.lastIndexOf(':');
    this.#sender?.send(bytes, Number(address.slice(at + 1)), address.slice(0, at), () => {});
  }

  /** The declaration of this venue, ready to be opened; after `start()`. */
  venue(
    options: {
      readonly recovery?: readonly Means[];
      readonly join?: 'live' | 'beginning' | 'snapshot';
      /** How long a line may wait for the other one; default: the venue's. */
      readonly reorder?: string;
    } = {},
  ): Venue {
    const { recovery = ['rerequest', 'replay', 'glimpse'], join = 'beginning', reorder } = options;
    const credentials = simulatedCredentials();
    const a = this.#addresses;
    return nasdaqTotalView({
      lines: {
        A: udpMulticast(this.lines.A, { interface: HERE }),
        B: udpMulticast(this.lines.B, { interface: HERE }),
      },
      join,
      ...(reorder === undefined ? {} : { reorder }),
      ...(recovery.includes('rerequest') ? { rerequest: { servers: [a.rerequest] } } : {}),
      ...(recovery.includes('replay') ? { replay: { server: a.replay, credentials } } : {}),
      ...(recovery.includes('glimpse') ? { glimpse: { server: a.glimpse, credentials } } : {}),
    });
  }

  stats(): LoopbackStatistics {
    const { rerequest, replay, glimpse } = this.servers;
    return {
      published: this.state.next - this.history.first,
      packets: this.#publisher?.packets ?? 0,
      lost: this.#faulty.map((line) => line.lost),
      requests: rerequest.requests,
      answered: rerequest.answered,
      replayLogins: replay.logins,
      snapshots: glimpse.boundaries.length,
    };
  }

  /** Closes everything; idempotent, and safe while starting. */
  stop(): Promise<void> {
    this.#stopping ??= this.#close();
    return this.#stopping;
  }

  async #close(): Promise<void> {
    this.#state = 'stopped';
    this.#clearTimer();
    // Sockets that are being opened are closed when they are open.
    await this.#opening?.catch(() => {});
    this.#finish();
    await Promise.all([...this.#sockets.map(closed), ...this.#tcp.map((server) => server.stop())]);
  }
}
