import type { NativeSession } from '../native.js';
import { EventQueue } from './event-queue.js';
import { FaultyLine, type LineFaults } from './line-faults.js';
import type { Publisher } from './publisher.js';
import type { Random } from './random.js';
import type { Connection, SimulatedServer } from './server.js';

/** The way between us and the recovery servers; times in nanoseconds. */
export interface PathOptions {
  /** One way; default 50 µs. */
  readonly delayNs?: number;
  /** … and up to so much longer; default 10 µs. Datagrams may overtake one another, TCP bytes never. */
  readonly jitterNs?: number;
  /** Probability that a datagram is lost, each way. TCP bytes are not. */
  readonly loss?: number;
}

/** Options of `SimulatedNetwork`. */
export interface SimulatedNetworkOptions {
  readonly session: NativeSession;
  readonly publisher: Pick<Publisher, 'dueNs' | 'tick'>;
  /** Faults of each line, by its index; missing ones have none. */
  readonly lines: readonly LineFaults[];
  /** The servers of each requester, by the requester's index. */
  readonly servers: readonly (readonly SimulatedServer[])[];
  /** What nobody connects to but has something to do: a line that repeats snapshots. */
  readonly others?: readonly SimulatedServer[];
  readonly path?: PathOptions;
  /** Packets that arrive before this time are not seen: a late start. Default 0. */
  readonly joinNs?: number;
  readonly random: Random;
  /** Called whenever the core has published: read the ring here. */
  readonly drain: (nowNs: number) => void;
}

/** A connection between a requester and a server: who is at each end, and what is on the way. */
class Link implements Connection {
  open = true;
  /** Nothing arrives before this time: keeps TCP bytes in order. */
  toClientNs = 0;
  toServerNs = 0;
  constructor(
    readonly id: number,
    readonly requester: number,
    readonly server: SimulatedServer,
    readonly network: SimulatedNetwork,
  ) {}
  send(bytes: Uint8Array): void {
    this.network.reply(this, bytes);
  }
  close(): void {
    if (this.server.transport === 'tcp') this.network.reply(this, null);
  }
}

/**
 * The venue, its servers and our requesters in virtual time: packets and connections are events in a queue, the core is
 * driven as its thread would drive it, and nothing sleeps. Same seed, same everything.
 */
export class SimulatedNetwork {
  nowNs = 0;
  /** Packets delivered to the core. */
  delivered = 0;
  readonly lines: readonly FaultyLine[];
  readonly #o: SimulatedNetworkOptions;
  readonly #events = new EventQueue<(nowNs: number) => void>();
  readonly #servers: SimulatedServer[];
  readonly #links: (Link | undefined)[] = [];
  readonly #path: Random;
  #serviceNs = 0;
  #serverNs = 0;
  #nextId = 1;

  constructor(options: SimulatedNetworkOptions) {
    this.#o = options;
    this.lines = options.lines.map((f, i) => new FaultyLine(f, options.random.fork(`faults of line ${i}`)));
    this.#servers = [...new Set([...options.servers.flat(), ...(options.others ?? [])])];
    this.#path = options.random.fork('path');
  }

  #way(): number {
    const p = this.#o.path ?? {};
    return (p.delayNs ?? 50_000) + this.#path.below((p.jitterNs ?? 10_000) + 1);
  }

  #publish(nowNs: number): void {
    this.#o.publisher.tick(nowNs, (line, bytes, timeNs) => this.transmit(line, bytes, timeNs));
  }

  /** Puts a packet on a line: what the line does to it is decided here. */
  transmit(line: number, bytes: Uint8Array, timeNs: number): void {
    const faulty = this.lines[line];
    const deliveries = faulty === undefined ? [{ timeNs, bytes }] : faulty.pass(timeNs, bytes);
    for (const d of deliveries) {
      if (d.timeNs < (this.#o.joinNs ?? 0)) continue;
      this.#events.push(d.timeNs, (now) => {
        this.delivered++;
        this.#o.session.datagram(line, d.bytes, now, now);
      });
    }
  }

  /** What a server says, or that it closes (null). */
  reply(link: Link, bytes: Uint8Array | null): void {
    if (!link.open) return;
    const { session } = this.#o;
    let at = this.nowNs + this.#way();
    if (link.server.transport === 'tcp') {
      at = Math.max(at, link.toClientNs);
      link.toClientNs = at;
    } else if (this.#path.chance(this.#o.path?.loss ?? 0)) {
      return;
    }
    this.#events.push(at, (now) => {
      if (!link.open || this.#links[link.requester] !== link) return;
      if (bytes !== null) {
        session.received(link.requester, bytes, now);
        return;
      }
      link.open = false;
      this.#links[link.requester] = undefined;
      session.closed(link.requester, 'connectionClosed', now);
    });
  }

  #connect(requester: number, index: number): void {
    const server = this.#o.servers[requester]?.[index];
    const { session } = this.#o;
    const back = this.nowNs + this.#way();
    if (server === undefined) {
      this.#events.push(back, (now) => session.closed(requester, 'connectionRefused', now));
      return;
    }
    const link = new Link(this.#nextId++, requester, server, this);
    this.#links[requester] = link;
    if (server.transport === 'udp') {
      // A socket needs no answer.
      server.onConnect(link, this.nowNs);
      session.connected(requester, this.nowNs);
      return;
    }
    this.#events.push(back, (there) => {
      if (!link.open) return;
      const accepted = server.onConnect(link, there);
      const home = there + this.#way();
      link.toClientNs = Math.max(link.toClientNs, home);
      this.#events.push(home, (now) => {
        if (!link.open || this.#links[requester] !== link) return;
        if (accepted) {
          session.connected(requester, now);
          return;
        }
        link.open = false;
        this.#links[requester] = undefined;
        session.closed(requester, 'connectionRefused', now);
      });
    });
  }

  #send(requester: number, bytes: Uint8Array): void {
    const link = this.#links[requester];
    if (link === undefined) return;
    let at = this.nowNs + this.#way();
    if (link.server.transport === 'tcp') {
      at = Math.max(at, link.toServerNs);
      link.toServerNs = at;
    } else if (this.#path.chance(this.#o.path?.loss ?? 0)) {
      return;
    }
    this.#events.push(at, (now) => {
      if (link.open) link.server.onData(link, bytes, now);
    });
  }

  #close(requester: number): void {
    const link = this.#links[requester];
    if (link === undefined) return;
    this.#links[requester] = undefined;
    const at = Math.max(this.nowNs + this.#way(), link.toServerNs);
    this.#events.push(at, (now) => {
      link.open = false;
      link.server.onClose(link, now);
    });
  }

  /** Lets the core and the servers do what is due, until they have nothing more to say at this instant. */
  #settle(): void {
    const { session } = this.#o;
    for (let round = 0; round < 64; round++) {
      this.#serviceNs = session.service(this.nowNs);
      this.#o.drain(this.nowNs);
      const actions = session.actions();
      if (actions.length === 0) return;
      for (const action of actions) {
        if (action.kind === 'connect') this.#connect(action.requester, action.server);
        else if (action.kind === 'send') this.#send(action.requester, action.bytes);
        else this.#close(action.requester);
      }
    }
  }

  /**
   * Runs to `untilNs`, or until there is nothing left to happen.
   * @param done asked after each step; true ends the run at once.
   */
  run(untilNs: number, done: () => boolean = () => false): void {
    const { publisher } = this.#o;
    for (;;) {
      const next = Math.min(this.#events.dueNs, publisher.dueNs, this.#serverNs, this.#serviceNs);
      if (!(next <= untilNs)) {
        this.nowNs = Math.max(this.nowNs, untilNs === Number.POSITIVE_INFINITY ? this.nowNs : untilNs);
        return;
      }
      this.nowNs = Math.max(this.nowNs, next);
      if (publisher.dueNs <= this.nowNs) this.#publish(this.nowNs);
      while (this.#events.dueNs <= this.nowNs) this.#events.pop()?.(this.nowNs);
      this.#settle();
      this.#serverNs = Number.POSITIVE_INFINITY;
      for (const server of this.#servers) this.#serverNs = Math.min(this.#serverNs, server.onTick(this.nowNs));
      // A deadline that stays in the past must not stop the clock.
      if (this.#serviceNs <= this.nowNs) this.#serviceNs = this.nowNs + 1_000;
      if (this.#serverNs <= this.nowNs) this.#serverNs = this.nowNs + 1_000;
      if (done()) return;
    }
  }
}
