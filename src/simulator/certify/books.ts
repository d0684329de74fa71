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
  NOTICE_BYTES,
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

const COPY_BYTES = 1 << 20;
const INSTRUMENTS = 4_096;
const ORDERS = 1_024;
const DEPTH = 256;
const WORDS_MAX = 4;
const RUN = RECORD_KIND.indexOf('run');
const NOTICE = RECORD_KIND.indexOf('notice');
/** After these nothing of before is in a book. */
const CLEARS: readonly NoticeType[] = ['sessionStarted', 'snapshotStarted', 'snapshotFailed', 'reset'];
/** What `take` says. */
const STATE = new Float64Array(5);

/** The books of a venue, made once and used for each of its runs. */
export class BookAudit {
  /** Of a run, in words. */
  readonly faults: string[] = [];
  readonly #copy = new Ring(1, COPY_BYTES);
  readonly #live: KeptBooks;
  readonly #plain: KeptBooks;
  readonly #books: NativeBooks;
  readonly #events = new Uint8Array(1 << 16);
  readonly #levels = [new BigInt64Array(DEPTH), new BigInt64Array(DEPTH)] as const;
  readonly #orders = new Uint32Array(DEPTH);
  #stale = false;
  /** Units of the copy that are written. */
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
    this.#plain = new KeptBooks(this.#copy, decoder, bounds);
    this.#books = planted(this.#live.native);
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
    this.#plain.native.restart();
    this.#stale = false;
    this.#clears = this.#units = 0;
  }

  #fault(what: string): void {
    if (this.faults.length < WORDS_MAX) this.faults.push(what);
  }

  /** Takes [from, to) of the ring. */
  take(from: number, to: number): void {
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
    this.#copyRuns(from, to);
  }

  #hear(type: NoticeType | undefined): void {
    if (type === 'stale') this.#stale = true;
    if (type === 'good') this.#stale = false;
    if (type === 'stale' || type === 'good') this.#checkStale();
  }

  #checkStale(): void {
    const tops = new DataView(this.#live.tops);
    for (let i = 0; i < this.#books.instruments(); i++) {
      const stale = (tops.getUint32(i * BOOK_TOP_BYTES + BOOK_TOP_STATE_AT, true) & BOOK_STALE) !== 0;
      if (stale !== this.#stale) {
        this.#fault(
          `the book of instrument ${i} is ${stale ? '' : 'not '}stale where the stream is ${this.#stale ? 'stale' : 'not'}`,
        );
        return;
      }
    }
  }

  /** Gives runs to the plain books as they are, and of notices only where everything begins anew. */
  #copyRuns(from: number, to: number): void {
    const { ring } = this;
    for (let unit = from; unit !== to; ) {
      const at = (unit & ring.mask) * UNIT_BYTES;
      const units = ring.view.getUint32(at, true);
      const kind = ring.view.getUint8(at + RECORD_KIND_AT);
      if (kind === RUN) this.#append(new Uint8Array(ring.view.buffer, ring.view.byteOffset + at, units * UNIT_BYTES));
      if (kind === NOTICE && CLEARS.includes(NOTICE_TYPE[ring.view.getUint8(at + NOTICE_CODE_AT)] as NoticeType)) {
        this.#clears++;
        const reset = new Uint8Array(NOTICE_BYTES);
        reset.set(new Uint8Array(ring.view.buffer, ring.view.byteOffset + at, NOTICE_BYTES));
        reset[NOTICE_CODE_AT] = NOTICE_TYPE.indexOf('reset');
        this.#append(reset);
      }
      unit = (unit + units) >>> 0;
    }
    this.#give();
  }

  #append(record: Uint8Array): void {
    const copy = this.#copy;
    if (this.#units * UNIT_BYTES + record.length > copy.dataBytes) this.#give();
    new Uint8Array(copy.view.buffer, copy.view.byteOffset + this.#units * UNIT_BYTES).set(record);
    this.#units += record.length / UNIT_BYTES;
  }
  #give(): void {
    this.#plain.native.take(0, this.#units, null, STATE.subarray(0, 4));
    this.#units = 0;
  }

  /** The run is over. */
  finish(day: Day, audit: Audit): void {
    this.#checkStale();
    this.#compare('a book of the same messages alone');
    const whole = audit.faults.length === 0 && audit.abandoned === 0 && audit.options.contents;
    const alone = audit.snapshotMessages + audit.unsequenced === 0 && this.#clears <= 1 && day.variants === undefined;
    if (!whole || !alone || Number.isNaN(audit.first)) return;
    this.#plain.native.restart();
    for (const unit of day.units.slice(audit.first)) for (const message of unit) this.#message(message);
    this.#give();
    this.#compare('the book of the venue’s day without loss');
  }

  #message(bytes: Uint8Array): void {
    const { decoder } = this;
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const type = decoder.messageIndex(data, 0, bytes.length);
    if (type < 0 || decoder.lengthCheck(type, bytes.length) === 'tooShort') return;
    const units = (RUN_BYTES + MESSAGE_HEAD_BYTES) / UNIT_BYTES + Math.ceil(bytes.length / UNIT_BYTES);
    const record = new Uint8Array(units * UNIT_BYTES);
    const head = new DataView(record.buffer);
    head.setUint32(0, units, true);
    head.setUint8(RECORD_KIND_AT, RUN);
    head.setUint32(RUN_COUNT_AT, 1, true);
    head.setUint32(RUN_BYTES + MESSAGE_HEAD_LENGTH_AT, bytes.length, true);
    head.setUint16(RUN_BYTES + MESSAGE_HEAD_TYPE_AT, type, true);
    record.set(bytes, RUN_BYTES + MESSAGE_HEAD_BYTES);
    this.#append(record);
  }

  #compare(with_: string): void {
    const plain = this.#plain.native;
    const [live, meant] = [this.#books.counters(), plain.counters()];
    for (const of of ['orders', 'levels'] as const) {
      if (live[of] !== meant[of]) this.#fault(`the books have ${live[of]} ${of}, ${with_} has ${meant[of]}`);
    }
    const numbers = new Map([...this.#keys(plain)].map((key, i) => [key, i] as const));
    this.#keys(this.#books).forEach((key, i) => {
      for (const side of [0, 1]) {
        const told = this.#rows(this.#books, i, side);
        const wanted = this.#rows(plain, numbers.get(key) ?? -1, side);
        if (told !== wanted) this.#fault(`instrument ${key}, side ${side}: ${told}; ${with_}: ${wanted}`);
      }
    });
  }

  #keys(books: NativeBooks): BigUint64Array {
    const keys = new BigUint64Array(books.instruments());
    books.keys(0, keys);
    return keys;
  }

  #rows(books: NativeBooks, number: number, side: number): string {
    if (number < 0) return '';
    const [prices, sizes] = this.#levels;
    const n = books.depth(number, side, prices, sizes, this.#orders);
    let text = '';
    for (let i = 0; i < n; i++) text += `${prices[i]}:${sizes[i]}:${this.#orders[i]} `;
    return text;
  }
}
