import { soupbintcp } from '../decoders/soupbintcp.js';
import { encode } from '../layout/index.js';
import { MessageWriter, put } from '../layout/message-writer.js';
import type { Random } from './random.js';
import { Agenda, type Connection, type ServerFaults, type SimulatedServer } from './server.js';
import type { VenueState } from './venue-state.js';

/** Options of the SoupBinTCP servers; times in nanoseconds. */
export interface SoupOptions {
  readonly faults?: ServerFaults;
  /** User names and passwords; letters of either case are the same. Default: everybody may log in. */
  readonly users?: Readonly<Record<string, string>>;
  /** Silence after which a heartbeat is sent; default 1 s. */
  readonly heartbeatNs?: number;
  /** A client that has not logged in for so long is dropped; default 30 s. */
  readonly loginTimeoutNs?: number;
  /** A client that has been silent for so long is dropped; default 15 s. */
  readonly clientTimeoutNs?: number;
  /** Most messages in one write, and the time between two writes; default 256 and 50 µs. */
  readonly burst?: number;
  readonly burstNs?: number;
  /** Probability of a debug packet in front of a write; default 0. */
  readonly debug?: number;
}

/** One logged-in stream of messages: where it is and what will go wrong with it. */
interface Client {
  readonly connection: Connection;
  received: Uint8Array;
  readonly sinceNs: number;
  heardNs: number;
  sentNs: number;
  /** Nothing is written before this time: keeps late writes in order. */
  notBeforeNs: number;
  loggedIn: boolean;
  silent: boolean;
  split: boolean;
  /** Messages until the fault happens. */
  left: number;
  fault: 'close' | 'stall' | undefined;
  source: MessageSource | undefined;
  pumpNs: number;
  /** The source has nothing more, and the client has been told. */
  over: boolean;
}

/** What a client is sent: the next message, null: not yet, undefined: that was all. */
interface MessageSource {
  next(): Uint8Array | null | undefined;
}

const LONGEST_CLIENT_PACKET = 1_024;

/**
 * The SoupBinTCP 3.00 session of a server: login with user and password, sequenced data, heartbeats, debug packets, end
 * of session, logout. What is served after the login is the subclass's.
 */
abstract class SoupServer implements SimulatedServer {
  readonly transport = 'tcp';
  logins = 0;
  rejected = 0;
  connections = 0;
  messagesSent = 0;
  protected readonly state: VenueState;
  protected readonly random: Random;
  protected readonly faults: ServerFaults;
  readonly #options: SoupOptions;
  readonly #clients = new Map<Connection, Client>();
  readonly #agenda = new Agenda();
  readonly #data = new MessageWriter(soupbintcp, 'sequencedData', { message: new Uint8Array(0) });
  readonly #lengthPlace = this.#data.place('packetLength');
  readonly #heartbeat = encode(soupbintcp, 'serverHeartbeat', {});
  readonly #login = soupbintcp.view('loginRequest');
  readonly #index = {
    login: soupbintcp.indexOf('loginRequest'),
    heartbeat: soupbintcp.indexOf('clientHeartbeat'),
    logout: soupbintcp.indexOf('logoutRequest'),
  };

  constructor(state: VenueState, random: Random, options: SoupOptions) {
    this.state = state;
    this.random = random;
    this.faults = options.faults ?? {};
    this.#options = options;
  }

  /** Number that the login is accepted with, and what follows; null: the session is not to be had. */
  protected abstract open(session: string, sequence: number): { sequence: number; source: MessageSource } | null;
  /** What is said when a source has come to its end. */
  protected abstract goodbye(): Uint8Array | null;

  /** Clients connected now. */
  get clients(): number {
    return this.#clients.size;
  }

  onConnect(connection: Connection, nowNs: number): boolean {
    this.connections++;
    const f = this.faults;
    const refused = this.random.chance(f.refuse ?? 0);
    const silent = this.random.chance(f.silent ?? 0);
    const split = this.random.chance(f.split ?? 0);
    const close = this.random.chance(f.closeHalfway ?? 0);
    const stall = this.random.chance(f.stall ?? 0);
    const late = this.random.chance(f.late ?? 0) ? this.random.below((f.lateNs ?? 50_000_000) + 1) : 0;
    const left = this.random.below(64);
    if (refused) return false;
    this.#clients.set(connection, {
      connection,
      received: new Uint8Array(0),
      sinceNs: nowNs,
      heardNs: nowNs,
      sentNs: nowNs,
      notBeforeNs: nowNs + late,
      loggedIn: false,
      silent,
      split,
      left: close || stall ? left : Number.POSITIVE_INFINITY,
      fault: close ? 'close' : stall ? 'stall' : undefined,
      source: undefined,
      pumpNs: Number.POSITIVE_INFINITY,
      over: false,
    });
    return true;
  }

  onClose(connection: Connection): void {
    this.#clients.delete(connection);
  }

  #drop(client: Client): void {
    if (this.#clients.delete(client.connection)) client.connection.close();
  }

  /** Writes now, or when the client's lateness is over; cut into segments of any size when the client is so unlucky. */
  #write(client: Client, bytes: Uint8Array, nowNs: number): void {
    client.sentNs = nowNs;
    let at = Math.max(nowNs, client.notBeforeNs);
    const send = (part: Uint8Array): void => {
      if (at <= nowNs) client.connection.send(part);
      else this.#agenda.at(at, () => this.#clients.has(client.connection) && client.connection.send(part));
    };
    if (!client.split) {
      send(bytes);
    } else {
      for (let from = 0; from < bytes.length; ) {
        const n = 1 + this.random.below(Math.max(1, bytes.length >> 2));
        send(bytes.subarray(from, from + n));
        from += n;
        at += 1_000;
      }
    }
    client.notBeforeNs = at;
  }

  #later(client: Client, nowNs: number, act: (nowNs: number) => void): void {
    if (client.notBeforeNs <= nowNs) act(nowNs);
    else this.#agenda.at(client.notBeforeNs, act);
  }

  onData(connection: Connection, bytes: Uint8Array, nowNs: number): void {
    const client = this.#clients.get(connection);
    if (client === undefined) return;
    client.heardNs = nowNs;
    const all = new Uint8Array(client.received.length + bytes.length);
    all.set(client.received);
    all.set(bytes, client.received.length);
    const view = new DataView(all.buffer);
    let at = 0;
    while (at + 2 <= all.length) {
      const length = view.getUint16(at + this.#lengthPlace.at) + (soupbintcp.lengthField?.excludes ?? 0);
      if (length > LONGEST_CLIENT_PACKET) {
        this.#drop(client);
        return;
      }
      if (at + length > all.length) break;
      const index = soupbintcp.messageIndex(view, at, length);
      if (index === this.#index.logout) {
        this.#drop(client);
        return;
      }
      if (index === this.#index.login && soupbintcp.lengthCheck(index, length) === 'ok' && !client.loggedIn) {
        this.#login.bind(view, at, length);
        this.#logIn(client, nowNs);
        if (!this.#clients.has(connection)) return;
      }
      at += length;
    }
    client.received = all.slice(at);
  }

  #allowed(user: string, password: string): boolean {
    const users = this.#options.users;
    if (users === undefined) return true;
    return Object.entries(users).some(
      ([name, secret]) => name.toLowerCase() === user.toLowerCase() && secret.toLowerCase() === password.toLowerCase(),
    );
  }

  #logIn(client: Client, nowNs: number): void {
    if (client.silent) return;
    const request = this.#login;
    const session = request.requestedSession.trim();
    const allowed = this.#allowed(request.username.trim(), request.password.trim());
    const ours = session === '' || session === this.state.history.session.trim();
    const opened = allowed && ours ? this.open(session, Number(request.requestedSequenceNumber)) : null;
    if (opened === null) {
      this.rejected++;
      this.#write(client, encode(soupbintcp, 'loginRejected', { rejectReasonCode: allowed ? 'S' : 'A' }), nowNs);
      this.#later(client, nowNs, () => this.#drop(client));
      return;
    }
    this.logins++;
    client.loggedIn = true;
    client.source = opened.source;
    this.#write(
      client,
      encode(soupbintcp, 'loginAccepted', {
        session: this.random.chance(this.faults.toSomebodyElse ?? 0) ? 'OTHER00001' : this.state.history.session,
        sequenceNumber: BigInt(opened.sequence),
      }),
      nowNs,
    );
    client.pumpNs = nowNs;
    this.#pump(client, nowNs);
  }

  /** Sends what there is, a burst at a time. */
  #pump(client: Client, nowNs: number): void {
    const { source } = client;
    client.pumpNs = Number.POSITIVE_INFINITY;
    if (source === undefined || client.over) return;
    if (client.connection.full) {
      client.pumpNs = nowNs + 1_000_000;
      return;
    }
    const burst = this.#options.burst ?? 256;
    const parts: Uint8Array[] = [];
    let n = 0;
    let last: Uint8Array | null | undefined = null;
    for (; n < burst && client.left > 0; n++) {
      last = source.next();
      if (!last) break;
      client.left--;
      const packet = new Uint8Array(this.#data.length + last.length);
      this.#data.begin(packet, 0);
      packet.set(last, this.#data.length);
      const view = new DataView(packet.buffer);
      put(view, 0, this.#lengthPlace, packet.length - (soupbintcp.lengthField?.excludes ?? 0));
      parts.push(packet);
    }
    this.messagesSent += n;
    if (n > 0) {
      if (this.random.chance(this.#options.debug ?? 0)) {
        parts.unshift(encode(soupbintcp, 'debugPacket', { text: new TextEncoder().encode('simulated') }));
      }
      this.#write(client, Buffer.concat(parts), nowNs);
    }
    if (client.left <= 0) {
      if (client.fault === 'close') this.#later(client, nowNs, () => this.#drop(client));
      client.over = true;
      return;
    }
    if (last === undefined) {
      client.over = true;
      const bye = this.goodbye();
      if (bye !== null) this.#write(client, bye, nowNs);
      return;
    }
    client.pumpNs = nowNs + (last === null ? 1_000_000 : (this.#options.burstNs ?? 50_000));
  }

  onTick(nowNs: number): number {
    this.#agenda.run(nowNs);
    const heartbeatNs = this.#options.heartbeatNs ?? 1e9;
    const loginTimeoutNs = this.#options.loginTimeoutNs ?? 30e9;
    const clientTimeoutNs = this.#options.clientTimeoutNs ?? 15e9;
    let due = Number.POSITIVE_INFINITY;
    for (const client of [...this.#clients.values()]) {
      if (client.pumpNs <= nowNs) this.#pump(client, nowNs);
      const giveUpNs = client.loggedIn ? client.heardNs + clientTimeoutNs : client.sinceNs + loginTimeoutNs;
      if (giveUpNs <= nowNs) {
        this.#drop(client);
        continue;
      }
      // A server that has stalled says nothing more, not even that it is there.
      const stalled = client.fault === 'stall' && client.left <= 0;
      if (client.loggedIn && !stalled) {
        if (nowNs - client.sentNs >= heartbeatNs) this.#write(client, this.#heartbeat, nowNs);
        due = Math.min(due, client.sentNs + heartbeatNs);
      }
      due = Math.min(due, client.pumpNs, giveUpNs);
    }
    return Math.min(due, this.#agenda.dueNs);
  }
}

/**
 * A SoupBinTCP server that replays a venue's messages from the requested number on and goes on with new ones as they are
 * published. `cacheDepth`: a login for an older number is accepted with the oldest that is kept.
 */
export class SoupBinTcpServer extends SoupServer {
  constructor(state: VenueState, random: Random, options: SoupOptions = {}) {
    super(state, random, options);
  }

  protected override open(_session: string, sequence: number) {
    const { state } = this;
    const oldest = state.oldest(this.faults.cacheDepth ?? Number.POSITIVE_INFINITY);
    let next = sequence === 0 ? state.next : Math.min(Math.max(sequence, oldest), state.next);
    if (this.random.chance(this.faults.overlap ?? 0)) next = Math.max(oldest, next - 1 - this.random.below(5));
    return {
      sequence: next,
      source: {
        next: () => {
          if (next < state.next) return state.history.message(next++);
          return state.over && next >= state.history.next ? undefined : null;
        },
      },
    };
  }

  protected override goodbye(): Uint8Array {
    return encode(soupbintcp, 'endOfSession', {});
  }
}

/** What a snapshot is made of: see `ItchBook`. */
export interface SnapshotSource {
  /** The state just before message `sequence`, as messages of the feed. */
  snapshotAt(sequence: number): readonly Uint8Array[];
  /** The message that ends a snapshot; `next`: the first number to apply after it. */
  endOfSnapshot(next: number): Uint8Array;
}

/** A GLIMPSE server: a SoupBinTCP login with number 1, the state as of what has been published, and the number to go on with. */
export class GlimpseServer extends SoupServer {
  /** Numbers that the snapshots said to go on with, newest last. */
  readonly boundaries: number[] = [];
  readonly #source: SnapshotSource;

  constructor(state: VenueState, random: Random, source: SnapshotSource, options: SoupOptions = {}) {
    super(state, random, options);
    this.#source = source;
  }

  protected override open() {
    const { state, random } = this;
    const back = this.faults.olderSnapshot ? random.below(this.faults.olderSnapshot + 1) : 0;
    const boundary = Math.max(state.history.first, state.next - back);
    this.boundaries.push(boundary);
    const messages = [...this.#source.snapshotAt(boundary), this.#source.endOfSnapshot(boundary)];
    let i = 0;
    return { sequence: 1, source: { next: () => messages[i++] } };
  }

  protected override goodbye(): null {
    return null;
  }
}
