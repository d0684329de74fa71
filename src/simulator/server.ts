import type { Random } from './random.js';

/** One client of a simulated server: a TCP connection, or the address that datagrams come from. */
export interface Connection {
  readonly id: number;
  /** Bytes for the client; one call is one datagram, or one write. The bytes are not changed afterwards. */
  send(bytes: Uint8Array): void;
  /** Closes in the server's name. Nothing for UDP. */
  close(): void;
  /** The client does not keep up: hold back. Absent: it always does. */
  readonly full?: boolean;
}

/** A venue's recovery server as a pure state machine: bytes and times come in, bytes go out. No sockets, no clock. */
export interface SimulatedServer {
  readonly transport: 'udp' | 'tcp';
  /** A client has come; false: refused. For UDP: the first datagram of an address. */
  onConnect(connection: Connection, nowNs: number): boolean;
  onData(connection: Connection, bytes: Uint8Array, nowNs: number): void;
  /** The client has closed. */
  onClose(connection: Connection, nowNs: number): void;
  /** Does what is due; returns when to come again (Infinity: nothing is due). May be called at any time. */
  onTick(nowNs: number): number;
}

/**
 * What a server does wrong; probabilities from 0 to 1 are drawn for each connection or each request. All default to 0.
 * Every server takes those that make sense for its protocol.
 */
export interface ServerFaults {
  /** A connection or login is refused. */
  readonly refuse?: number;
  /** A request, or a login, gets no answer at all. */
  readonly silent?: number;
  /** Only the first part of what was asked for is served. */
  readonly servePart?: number;
  /** The answer comes in pieces: several packets; for TCP, writes that end anywhere. */
  readonly split?: number;
  /** The answer begins earlier and ends later than asked. */
  readonly overlap?: number;
  /** The answer is late, by up to `lateNs` (default 50 ms). */
  readonly late?: number;
  readonly lateNs?: number;
  /** The pieces of an answer come in another order (UDP), so `split` is implied. */
  readonly outOfOrder?: number;
  /** Before the answer comes one that was meant for somebody else: another range, another session. */
  readonly toSomebodyElse?: number;
  /** The data comes before the acknowledgement of the request, where the protocol has one. */
  readonly beforeAcknowledgement?: number;
  /** The server closes in the middle of its answer (TCP). */
  readonly closeHalfway?: number;
  /** The server stops in the middle of its answer and keeps the connection (TCP). */
  readonly stall?: number;
  /** Messages kept; older ones are not served. Default: all. */
  readonly cacheDepth?: number;
  /** More requests than that in any span of `windowNs` are not answered (or refused, where the protocol can). */
  readonly quota?: { readonly requests: number; readonly windowNs: number };
  /** The snapshot is that of up to so many messages ago. */
  readonly olderSnapshot?: number;
}

/** One piece of an answer: messages [begin, end), sent `delayNs` after the request. */
export interface Piece {
  readonly begin: number;
  readonly end: number;
  readonly delayNs: number;
  /** Meant for somebody else: another session, where the protocol has sessions. */
  readonly foreign: boolean;
}

/** An answer: its pieces in the order of sending, and what the server does after the last. */
export interface Answer {
  readonly pieces: readonly Piece[];
  readonly afterwards: 'done' | 'close' | 'stall';
  /** The acknowledgement comes after the first piece. */
  readonly acknowledgeLate: boolean;
}

/**
 * Decides how the messages [begin, end) are served under `faults`; null: not at all.
 * @param bounds the numbers that exist and are kept: nothing outside is ever sent.
 */
export function planAnswer(
  begin: number,
  end: number,
  bounds: { readonly oldest: number; readonly next: number },
  faults: ServerFaults,
  random: Random,
): Answer | null {
  const is = (p: number | undefined): boolean => random.chance(p ?? 0);
  const silent = is(faults.silent);
  const part = is(faults.servePart);
  const split = is(faults.split);
  const overlap = is(faults.overlap);
  const late = is(faults.late) ? random.below((faults.lateNs ?? 50_000_000) + 1) : 0;
  const shuffled = is(faults.outOfOrder);
  const stranger = is(faults.toSomebodyElse);
  const acknowledgeLate = is(faults.beforeAcknowledgement);
  const close = is(faults.closeHalfway);
  const stall = is(faults.stall);
  if (silent || begin < bounds.oldest || begin >= end || begin >= bounds.next) return null;
  let from = begin;
  let to = Math.min(end, bounds.next);
  if (part || close || stall) to = from + Math.max(1, Math.floor((to - from) * random.real()));
  if (overlap) {
    from = Math.max(bounds.oldest, from - 1 - random.below(5));
    to = Math.min(bounds.next, to + 1 + random.below(5));
  }
  const cuts = [from];
  if (split || shuffled) {
    for (let at = from; at < to; ) {
      at += 1 + random.below(Math.max(1, (to - from) >> 1));
      if (at < to) cuts.push(at);
    }
  }
  const pieces: Piece[] = cuts.map((at, i) => ({
    begin: at,
    end: cuts[i + 1] ?? to,
    delayNs: late + i * 1_000,
    foreign: false,
  }));
  if (shuffled) random.shuffle(pieces);
  if (stranger) {
    const other = bounds.oldest + random.below(bounds.next - bounds.oldest);
    pieces.unshift({
      begin: other,
      end: Math.min(bounds.next, other + 3),
      delayNs: 0,
      foreign: random.below(2) === 0,
    });
  }
  return { pieces, afterwards: close ? 'close' : stall ? 'stall' : 'done', acknowledgeLate };
}

/** Counts requests in a sliding window. */
export class Quota {
  #times: number[] = [];
  constructor(readonly limit: { readonly requests: number; readonly windowNs: number } | undefined) {}

  /** Whether one more request is within the quota; refused ones do not count. */
  take(nowNs: number): boolean {
    const limit = this.limit;
    if (limit === undefined) return true;
    this.#times = this.#times.filter((t) => t > nowNs - limit.windowNs);
    if (this.#times.length >= limit.requests) return false;
    this.#times.push(nowNs);
    return true;
  }
}

/** Things to do later, in the order of their time; equal times keep their order. */
export class Agenda {
  #items: { atNs: number; readonly order: number; readonly act: (nowNs: number) => void }[] = [];
  #order = 0;

  at(atNs: number, act: (nowNs: number) => void): void {
    this.#items.push({ atNs, order: this.#order++, act });
    this.#items.sort((a, b) => a.atNs - b.atNs || a.order - b.order);
  }

  /** When the next is due; Infinity: none. */
  get dueNs(): number {
    return this.#items[0]?.atNs ?? Number.POSITIVE_INFINITY;
  }

  run(nowNs: number): void {
    for (let item = this.#items[0]; item !== undefined && item.atNs <= nowNs; item = this.#items[0]) {
      this.#items.shift();
      item.act(nowNs);
    }
  }
}
