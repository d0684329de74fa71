import { type BatchSink, type Dispatcher, type Notice, Position, read } from '../../feed/batch.js';
import type { Ring } from '../../feed/ring.js';
import type { Day, Segment } from './day.js';

/** Most contradictions that are put into words. */
const WORDS_MAX = 8;

/**
 * Follows the stream number by number against the venue's day: each message must be the next one of the day, unless a
 * `gapAbandoned` has named exactly what is left out before it. So nothing is lost silently, delivered twice, out of order
 * or changed, and nothing that was given up is given up twice.
 */
export class Audit {
  readonly faults: string[] = [];
  readonly notices: Notice[] = [];
  readonly seen = new Set<string>();
  live = 0;
  recovered = 0;
  abandoned = 0;
  unsequenced = 0;
  snapshotMessages = 0;
  /** The next position that is due; NaN: not known yet. */
  next = Number.NaN;
  /** Numbers (not messages) delivered. */
  numbers = 0;
  /** Simulated time during which the stream was told to be stale, and how often that ended well. */
  staleForNs = 0;
  cured = 0;
  #staleNs = Number.NaN;
  #segment: Segment;
  /** Where in the unit at `next` the stream stands, for feeds that number packets. */
  #within = 0;
  #joining = false;
  #astray = false;
  /** The feed has taken somebody else's packets for a new session. */
  #foreign = false;
  /** Numbers at the end of a session that nothing was said about before the next one began. */
  untold = 0;
  /** Where delivery began. */
  first = Number.NaN;
  readonly #dispatcher: { table: ((at: number, length: number) => void)[]; position: Position; sink: BatchSink };
  readonly #bytes: Uint8Array;

  constructor(
    readonly ring: Ring,
    readonly day: Day,
    readonly options: {
      readonly join: 'live' | 'beginning' | 'snapshot';
      readonly contents: boolean;
      readonly messages: number;
      /** A session that is not the venue's, as notices write it. */
      readonly foreign?: string | undefined;
    },
  ) {
    const { view } = ring;
    this.#bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    this.#segment = day.segments[0] as Segment;
    const position = new Position();
    const take = (at: number, length: number): void => this.#take(at, length, position);
    this.#dispatcher = {
      table: new Array<(at: number, length: number) => void>(options.messages).fill(take),
      position,
      sink: {
        notice: (n) => this.#notice(n),
        unknown: (bytes, at) => this.#take(bytes.byteOffset - view.byteOffset, bytes.byteLength, at),
      },
    };
  }

  #fault(what: string): void {
    if (this.faults.length < WORDS_MAX && !this.#astray) this.faults.push(what);
  }

  /** Reads everything that has been published and gives its room back. */
  drain(): void {
    const { ring } = this;
    const to = ring.head;
    const from = ring.tail;
    if (from === to) return;
    read(ring, from, to, this.#dispatcher as unknown as Dispatcher);
    ring.tail = to;
  }

  /** The unit at `next` has been delivered whole, as far as a packet-numbered feed can tell. */
  #completeUnit(): void {
    if (this.#within === 0) return;
    const unit = this.day.units[this.next] ?? [];
    if (this.options.contents && this.#within !== unit.length) {
      this.#fault(`position ${this.next}: ${this.#within} of ${unit.length} messages`);
    }
    this.#within = 0;
    this.next++;
  }

  #take(at: number, length: number, position: Position): void {
    if (position.origin === 'snapshot') {
      this.snapshotMessages++;
      return;
    }
    if (!position.sequenced) {
      this.unsequenced++;
      return;
    }
    if (this.#foreign) {
      this.numbers++;
      return;
    }
    const { day } = this;
    this.#joining = false;
    const byPacket = day.framing.numbering === 'packet';
    const number = BigInt(position.sequence);
    if (Number.isNaN(this.next)) {
      this.next = day.position(number, this.#segment);
      this.first = this.next;
    }
    if (byPacket && this.#within > 0 && number !== day.wire(this.next, this.#segment)) this.#completeUnit();
    const expected = day.wire(this.next, this.#segment);
    if (number !== expected) {
      this.#fault(`number ${number} (${position.origin}) came where ${expected} was due`);
      this.next = day.position(number, this.#segment);
      this.#within = 0;
    }
    if (position.origin === 'live') this.live++;
    else this.recovered++;
    const unit = day.units[this.next] ?? [];
    if (this.options.contents) {
      const message = unit[this.#within];
      if (message === undefined) this.#fault(`number ${number}: a message that the venue never sent`);
      else if (
        !same(this.#bytes, at, length, message) &&
        day.variants?.get(this.next)?.some((v) => same(this.#bytes, at, length, v)) !== true
      )
        this.#fault(`number ${number}: other bytes than the venue’s`);
    }
    this.numbers += this.#within === 0 ? 1 : 0;
    if (byPacket) this.#within++;
    else this.next++;
  }

  /** Numbers begin: of the day, of a part of it, or of a session that is not the venue's. */
  #begin(n: Notice): void {
    const { day } = this;
    this.#completeUnit();
    if (this.options.foreign !== undefined && n.type === 'sessionStarted') {
      const left = this.#foreign;
      this.#foreign = n.session === this.options.foreign;
      if (this.#foreign) return;
      if (left) {
        const expected = day.wire(this.next, this.#segment);
        if (n.begin !== expected) this.#fault(`the session is taken back at ${n.begin}, not at ${expected}`);
        return;
      }
    }
    const before = this.notices.some((x) => x !== n && (x.type === 'sessionStarted' || x.type === 'reset'));
    if (before) {
      const next = day.segments.find(
        (s) => s.index > this.#segment.index && s.begins !== 'start' && s.begins !== 'jump',
      );
      if (this.next < this.#segment.to) this.untold += this.#segment.to - this.next;
      // Where bits are turned the session’s name may be another: its numbers are not the venue’s, only their sum counts.
      if (next === undefined && !this.options.contents) {
        this.#astray = true;
        return;
      }
      if (next === undefined) this.#fault(`${n.type} at ${n.begin}, but the venue did not start anew`);
      else this.#segment = next;
      this.next = day.position(n.begin, this.#segment);
      if (this.next !== this.#segment.from) this.#fault(`${n.type} at ${n.begin}, not ${this.#segment.first}`);
    } else {
      // Which part of the day it begins in follows from the session, else from the clock.
      const ns = Number(n.time);
      for (const s of day.segments) {
        if (s.index > this.#segment.index && (day.times[s.from] as number) <= ns && s.begins !== 'jump')
          this.#segment = s;
      }
      this.#joining = this.options.join === 'snapshot';
      this.next = day.position(n.begin, this.#segment);
      if (this.options.join === 'beginning') this.next = Math.min(this.next, this.#segment.from);
      this.first = this.next;
    }
  }

  #notice(n: Notice): void {
    this.notices.push(n);
    this.seen.add(`notice ${n.type}`);
    if (n.reason !== 'none') this.seen.add(`reason ${n.reason}`);
    const { day } = this;
    switch (n.type) {
      case 'sessionStarted':
      case 'reset':
        this.#begin(n);
        break;
      case 'gapAbandoned': {
        this.#completeUnit();
        this.#joining = false;
        const count = Number(n.count);
        const expected = day.wire(this.next, this.#segment);
        if (n.begin !== expected) this.#fault(`gave up ${n.begin} to ${n.end} where ${expected} was due`);
        this.abandoned += count;
        this.next += count;
        break;
      }
      case 'snapshotEnded':
        this.#completeUnit();
        if (this.#joining) {
          this.#joining = false;
          this.next = day.position(n.begin, this.#segment);
          this.first = this.next;
        }
        break;
      case 'stale':
        this.#staleNs = Number(n.time);
        break;
      case 'good':
        if (!Number.isNaN(this.#staleNs)) {
          this.staleForNs += Number(n.time) - this.#staleNs;
          this.cured++;
          this.#staleNs = Number.NaN;
        }
        break;
      default:
        break;
    }
  }

  /** To be called when nothing more comes. */
  finish(): void {
    this.#completeUnit();
    // A server that lies about numbers can make us give up what never was; it is named, and that is all that can be asked.
    if (!this.options.contents) return;
    const last = this.day.segments.at(-1);
    if (Number.isNaN(this.next)) this.#fault('nothing was ever delivered');
    else if (this.next < this.day.end || this.#segment !== last) {
      this.untold += this.day.end - this.next;
      this.#fault(`the stream ended at position ${this.next} of ${this.day.end}`);
    } else if (this.next > this.day.end)
      this.#fault(`the stream ended at position ${this.next}, the day has ${this.day.end}`);
  }

  of(type: Notice['type']): Notice[] {
    return this.notices.filter((n) => n.type === type);
  }
}

function same(bytes: Uint8Array, at: number, length: number, message: Uint8Array): boolean {
  if (length !== message.length) return false;
  for (let i = 0; i < length; i++) if (bytes[at + i] !== message[i]) return false;
  return true;
}
