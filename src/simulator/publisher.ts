import type { VenueHistory } from './history.js';
import type { Random } from './random.js';
import type { VenueState } from './venue-state.js';

/** How a venue puts messages into packets: what differs between venues on the live lines. */
export interface FeedFraming {
  /** Bytes of a packet before its first message. */
  readonly headerLength: number;
  /** Most messages that a packet's header can count. */
  readonly countMax: number;
  /** Messages [begin, end) as one packet. */
  packet(history: VenueHistory, begin: number, end: number): Uint8Array;
  /** An idle packet; `next`: the number that the next message will have. */
  heartbeat(history: VenueHistory, next: number): Uint8Array;
  endOfSession(history: VenueHistory, next: number): Uint8Array;
}

/** Options of `Publisher`; times in nanoseconds. */
export interface PublisherOptions {
  readonly framing: FeedFraming;
  /** Number of lines that carry the same messages; default 2 (A and B). */
  readonly lines?: number;
  /** When the first message is published. */
  readonly startNs?: number;
  /** From one message to the next; default 10,000 (100,000 messages/s). */
  readonly intervalNs?: number;
  /** Most messages in a packet; each packet takes a random number up to it. Default 12. */
  readonly packetMessages?: number;
  /** Most bytes of a packet; default 1,400. */
  readonly packetBytes?: number;
  /** Quiet times: after message `after`, nothing is published for `ns`. In rising order. */
  readonly pauses?: readonly { readonly after: number; readonly ns: number }[];
  /** A line that has been idle for so long sends a heartbeat; default 1 s, as MoldUDP64 does. */
  readonly heartbeatNs?: number;
  /** End-of-session packets on each line, a heartbeat's time apart; default 3, 0: heartbeats for ever. */
  readonly endPackets?: number;
}

interface Line {
  next: number;
  end: number;
  dueNs: number;
  lastNs: number;
  ends: number;
  readonly random: Random;
}

/**
 * Publishes a history on several lines, each with packets of its own sizes: message numbers agree, packets do not. Pure:
 * time comes in, packets come out.
 */
export class Publisher {
  readonly state: VenueState;
  /** Packets sent, heartbeats and ends included. */
  packets = 0;
  readonly #framing: FeedFraming;
  readonly #lines: Line[] = [];
  readonly #intervalNs: number;
  readonly #startNs: number;
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  readonly #pauses: readonly { readonly after: number; readonly ns: number }[];
  readonly #heartbeatNs: number;
  readonly #endPackets: number;

  constructor(state: VenueState, random: Random, options: PublisherOptions) {
    this.state = state;
    this.#framing = options.framing;
    this.#startNs = options.startNs ?? 0;
    this.#intervalNs = options.intervalNs ?? 10_000;
    this.#messagesMax = Math.min(options.packetMessages ?? 12, options.framing.countMax);
    this.#bytesMax = (options.packetBytes ?? 1_400) - options.framing.headerLength;
    this.#pauses = options.pauses ?? [];
    this.#heartbeatNs = options.heartbeatNs ?? 1e9;
    this.#endPackets = options.endPackets ?? 3;
    for (let i = 0; i < (options.lines ?? 2); i++) {
      const line: Line = {
        next: state.history.first,
        end: 0,
        dueNs: 0,
        lastNs: this.#startNs,
        ends: 0,
        random: random.fork(`line ${i}`),
      };
      this.#plan(line);
      this.#lines.push(line);
    }
  }

  /** When message `sequence` is published. */
  timeOf(sequence: number): number {
    let t = this.#startNs + (sequence - this.state.history.first) * this.#intervalNs;
    for (const pause of this.#pauses) {
      if (pause.after >= sequence) break;
      t += pause.ns;
    }
    return t;
  }

  /** Decides the line's next packet: how many messages, and when the last of them is there. */
  #plan(line: Line): void {
    const history = this.state.history;
    if (line.next >= history.next) {
      line.end = line.next;
      const gap = this.#endPackets > 0 && line.ends === 0 ? this.#intervalNs : this.#heartbeatNs;
      line.dueNs = this.#endPackets > 0 && line.ends >= this.#endPackets ? Number.POSITIVE_INFINITY : line.lastNs + gap;
      return;
    }
    const wanted = Math.min(history.next, line.next + 1 + line.random.below(this.#messagesMax));
    line.end = line.next + Math.max(1, history.fitting(line.next, wanted, this.#bytesMax));
    // A quiet time does not catch half a packet: what is there is sent.
    for (const pause of this.#pauses) {
      if (pause.after >= line.next && pause.after < line.end - 1) {
        line.end = pause.after + 1;
        break;
      }
    }
    line.dueNs = this.timeOf(line.end - 1);
  }

  /** When something is to be sent next; Infinity: nothing more. */
  get dueNs(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const line of this.#lines) due = Math.min(due, line.dueNs, this.#heartbeatDue(line));
    return due;
  }

  /** The next number that a line will send. */
  nextOf(line: number): number {
    return this.#lines[line]?.next ?? 0;
  }

  #heartbeatDue(line: Line): number {
    return line.next >= this.state.history.next ? line.dueNs : line.lastNs + this.#heartbeatNs;
  }

  /**
   * Sends what is due at `nowNs`, in the order of its time.
   * @param limit most packets to send in this call; the rest stays due.
   */
  tick(
    nowNs: number,
    emit: (line: number, bytes: Uint8Array, timeNs: number) => void,
    limit = Number.POSITIVE_INFINITY,
  ): void {
    const { history } = this.state;
    for (let sent = 0; sent < limit; sent++) {
      let first = -1;
      let dueNs = nowNs;
      for (let i = 0; i < this.#lines.length; i++) {
        const line = this.#lines[i] as Line;
        const at = Math.min(line.dueNs, this.#heartbeatDue(line));
        if (at < dueNs || (at === dueNs && first < 0)) {
          first = i;
          dueNs = at;
        }
      }
      if (first < 0) return;
      const line = this.#lines[first] as Line;
      let bytes: Uint8Array;
      if (line.next < history.next && dueNs >= line.dueNs) {
        bytes = this.#framing.packet(history, line.next, line.end);
        line.next = line.end;
        this.state.next = Math.max(this.state.next, line.next);
      } else if (line.next < history.next || this.#endPackets === 0) {
        bytes = this.#framing.heartbeat(history, line.next);
      } else {
        bytes = this.#framing.endOfSession(history, line.next);
        line.ends++;
        this.state.over = true;
      }
      line.lastNs = dueNs;
      if (line.end <= line.next) this.#plan(line);
      this.packets++;
      emit(first, bytes, dueNs);
    }
  }
}
