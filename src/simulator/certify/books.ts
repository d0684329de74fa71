/**
 * Books through gaps: what the core makes of a run's messages and notices, held against books of the same messages without
 * the notices, and against books of the venue's own day. So a book that is wrong after a recovery, does not say that it is
 * stale, or keeps levels through a snapshot is a fault.
 */
import {
  BOOK_STALE,
  BOOK_TOP_BYTES,
  BOOK_TOP_STATE_AT,
  MESSAGE_HEAD_BYTES,
  MESSAGE_HEAD_LENGTH_AT,
  MESSAGE_HEAD_TYPE_AT,
  NOTICE_CODE_AT,
  NOTICE_TYPE,
  type NoticeType,
  RECORD_KIND,
  RECORD_KIND_AT,
  RUN_BYTES,
  RUN_COUNT_AT,
  UNIT_BYTES,
} from '../../contract.js';
import { KeptBooks } from '../../feed/kept-books.js';
import { Ring } from '../../feed/ring.js';
import type { Decoder } from '../../layout/index.js';
import type { NativeBooks } from '../../native.js';
import type { Audit } from './audit.js';
import type { Day } from './day.js';

const DAY_BYTES = 1 << 20;
const INSTRUMENTS = 4_096;
const ORDERS = 1_024;
const DEPTH = 256;
const WORDS_MAX = 4;
const RUN = RECORD_KIND.indexOf('run');
const NOTICE = RECORD_KIND.indexOf('notice');
const RESET = NOTICE_TYPE.indexOf('reset');
/** After these nothing of before is in a book. */
const CLEARS: readonly NoticeType[] = ['sessionStarted', 'snapshotStarted', 'snapshotFailed', 'reset'];
const CLEARS_BY_CODE = NOTICE_TYPE.map((type) => CLEARS.includes(type));
/** What `take` says, with and without the notice behind which it stops. */
const STATE = new Float64Array(5);
const QUIET = new Float64Array(4);

/** A side of a book, best first. */
class Side {
  readonly prices = new BigInt64Array(DEPTH);
  readonly sizes = new BigInt64Array(DEPTH);
  readonly orders = new Uint32Array(DEPTH);
  levels = 0;

  /** Reads it; a number below 0 is a book that is not there. */
  read(books: NativeBooks, number: number, side: number): void {
    this.levels = number < 0 ? 0 : books.depth(number, side, this.prices, this.sizes, this.orders);
  }
  equals(other: Side): boolean {
    if (this.levels !== other.levels) return false;
    for (let i = 0; i < this.levels; i++) {
      if (this.prices[i] !== other.prices[i] || this.sizes[i] !== other.sizes[i]) return false;
      if (this.orders[i] !== other.orders[i]) return false;
    }
    return true;
  }
  toString(): string {
    let text = '';
    for (let i = 0; i < this.levels; i++) text += `${this.prices[i]}:${this.sizes[i]}:${this.orders[i]} `;
    return text;
  }
}

/** The books of a venue, made once and used for each of its runs: what memory they need they keep. */
export class BookAudit {
  /** Of a run, in words. */
  readonly faults: string[] = [];
  readonly #live: KeptBooks;
  readonly #books: NativeBooks;
  /** Of the same messages alone. */
  readonly #plain: NativeBooks;
  /** Of the venue's own day, whose messages are written into a ring of their own. */
  readonly #day: NativeBooks;
  readonly #dayRing = new Ring(1, DAY_BYTES);
  readonly #dayBytes: Uint8Array;
  readonly #events = new Uint8Array(1 << 16);
  readonly #tops: DataView;
  readonly #told = new Side();
  readonly #meant = new Side();
  #stale = false;
  /** Units of the day's ring that are written. */
  #units = 0;
  #clears = 0;

  /** `planted`: takes the place of the books that are looked at, for tests. */
  constructor(
    readonly ring: Ring,
    readonly decoder: Decoder,
    planted: (books: NativeBooks) => NativeBooks = (books) => books,
  ) {
    const bounds = { instrumentsMax: INSTRUMENTS, orders: ORDERS };
    this.#live = new KeptBooks(ring, decoder, bounds);
    this.#tops = new DataView(this.#live.tops);
    this.#books = planted(this.#live.native);
    this.#plain = new KeptBooks(ring, decoder, bounds).native;
    this.#day = new KeptBooks(this.#dayRing, decoder, bounds).native;
    const { view } = this.#dayRing;
    this.#dayBytes = new Uint8Array(view.buffer, view.byteOffset, this.#dayRing.dataBytes);
  }

  /** Whether a decoder's messages make books. */
  static knows(decoder: Decoder): boolean {
    const rules = Object.values(decoder.events?.messages ?? {})
      .flat()
      .filter((rule) => rule !== undefined);
    return rules.some((rule) => typeof rule.does === 'object' || /^(add|level|quote)/.test(rule.does));
  }

  /** A run begins. */
  begin(): void {
    this.faults.length = 0;
    this.#books.restart();
    this.#plain.restart();
    this.#stale = false;
    this.#clears = 0;
  }

  #fault(what: string): void {
    if (this.faults.length < WORDS_MAX) this.faults.push(what);
  }

  /** Takes [from, to) of the ring. */
  take(from: number, to: number): void {
    if (from === to) return;
    const { ring } = this;
    for (let position = from, more = true; more || position !== to; ) {
      this.#books.take(position, to, this.#events, STATE);
      position = STATE[0] as number;
      more = STATE[2] === 1;
      if (STATE[3] === 0) {
        this.#fault('the books find no sound record');
        return;
      }
      const notice = STATE[4] as number;
      if (notice >= 0) this.#hear(NOTICE_TYPE[ring.view.getUint8((notice & ring.mask) * UNIT_BYTES + NOTICE_CODE_AT)]);
    }
    this.#takePlain(from, to);
  }

  #hear(type: NoticeType | undefined): void {
    if (type === 'stale') this.#stale = true;
    if (type === 'good') this.#stale = false;
    if (type === 'stale' || type === 'good') this.#checkStale();
  }

  #checkStale(): void {
    for (let i = 0; i < this.#books.instruments(); i++) {
      const stale = (this.#tops.getUint32(i * BOOK_TOP_BYTES + BOOK_TOP_STATE_AT, true) & BOOK_STALE) !== 0;
      if (stale !== this.#stale) {
        this.#fault(
          `the book of instrument ${i} is ${stale ? '' : 'not '}stale where the stream is ${this.#stale ? 'stale' : 'not'}`,
        );
        return;
      }
    }
  }

  /** Gives runs to the plain books as they are, and of notices only where everything begins anew, as resets. */
  #takePlain(from: number, to: number): void {
    const { view, mask } = this.ring;
    let begin = from;
    for (let unit = from; unit !== to; ) {
      const at = (unit & mask) * UNIT_BYTES;
      const behind = (unit + view.getUint32(at, true)) >>> 0;
      if (view.getUint8(at + RECORD_KIND_AT) === NOTICE) {
        this.#plain.take(begin, unit, null, QUIET);
        const code = view.getUint8(at + NOTICE_CODE_AT);
        if (CLEARS_BY_CODE[code]) {
          this.#clears++;
          view.setUint8(at + NOTICE_CODE_AT, RESET);
          this.#plain.take(unit, behind, null, QUIET);
          view.setUint8(at + NOTICE_CODE_AT, code);
        }
        begin = behind;
      }
      unit = behind;
    }
    this.#plain.take(begin, to, null, QUIET);
  }

  /** The run is over. */
  finish(day: Day, audit: Audit): void {
    this.#checkStale();
    this.#compare(this.#plain, 'a book of the same messages alone');
    const whole = audit.faults.length === 0 && audit.abandoned === 0 && audit.options.contents;
    const alone = audit.snapshotMessages + audit.unsequenced === 0 && this.#clears <= 1 && day.variants === undefined;
    if (!whole || !alone || Number.isNaN(audit.first)) return;
    this.#day.restart();
    for (const unit of day.units.slice(audit.first)) for (const message of unit) this.#message(message);
    this.#giveDay();
    this.#compare(this.#day, 'the book of the venue’s day without loss');
  }

  #giveDay(): void {
    this.#day.take(0, this.#units, null, QUIET);
    this.#units = 0;
  }

  #message(bytes: Uint8Array): void {
    const { decoder } = this;
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const type = decoder.messageIndex(data, 0, bytes.length);
    if (type < 0 || decoder.lengthCheck(type, bytes.length) === 'tooShort') return;
    const units = (RUN_BYTES + MESSAGE_HEAD_BYTES) / UNIT_BYTES + Math.ceil(bytes.length / UNIT_BYTES);
    if ((this.#units + units) * UNIT_BYTES > DAY_BYTES) this.#giveDay();
    const { view } = this.#dayRing;
    const at = this.#units * UNIT_BYTES;
    this.#dayBytes.fill(0, at, at + RUN_BYTES + MESSAGE_HEAD_BYTES);
    view.setUint32(at, units, true);
    view.setUint8(at + RECORD_KIND_AT, RUN);
    view.setUint32(at + RUN_COUNT_AT, 1, true);
    view.setUint32(at + RUN_BYTES + MESSAGE_HEAD_LENGTH_AT, bytes.length, true);
    view.setUint16(at + RUN_BYTES + MESSAGE_HEAD_TYPE_AT, type, true);
    this.#dayBytes.set(bytes, at + RUN_BYTES + MESSAGE_HEAD_BYTES);
    this.#units += units;
  }

  #compare(plain: NativeBooks, with_: string): void {
    const [live, wanted] = [this.#books.counters(), plain.counters()];
    for (const of of ['orders', 'levels'] as const) {
      if (live[of] !== wanted[of]) this.#fault(`the books have ${live[of]} ${of}, ${with_} has ${wanted[of]}`);
    }
    const numbers = new Map([...this.#keys(plain)].map((key, i) => [key, i] as const));
    this.#keys(this.#books).forEach((key, i) => {
      for (const side of [0, 1]) {
        this.#told.read(this.#books, i, side);
        this.#meant.read(plain, numbers.get(key) ?? -1, side);
        if (!this.#told.equals(this.#meant)) {
          this.#fault(`instrument ${key}, side ${side}: ${this.#told}; ${with_}: ${this.#meant}`);
        }
      }
    });
  }

  #keys(books: NativeBooks): BigUint64Array {
    const keys = new BigUint64Array(books.instruments());
    books.keys(0, keys);
    return keys;
  }
}
