/**
 * Order books of every instrument of a feed, built natively from what the feed has delivered. One call takes a batch;
 * best prices are read from shared memory, by any thread, without a crossing.
 */
import {
  BOOK_CROSSED,
  BOOK_SIDE,
  BOOK_STALE,
  BOOK_TOP_ASK_ORDERS_AT,
  BOOK_TOP_ASK_PRICE_AT,
  BOOK_TOP_ASK_SIZE_AT,
  BOOK_TOP_BID_ORDERS_AT,
  BOOK_TOP_BID_PRICE_AT,
  BOOK_TOP_BID_SIZE_AT,
  BOOK_TOP_BYTES,
  BOOK_TOP_STATE_AT,
  BOOK_TOP_VERSION_AT,
} from '../contract.js';
import { remedyOf, VenuewireError } from '../errors.js';
import { keyedByText } from '../events/compile.js';
import { type AnyDecoder, noticeAt } from '../feed/batch.js';
import type { Batch, Feed } from '../feed/feed.js';
import { KeptBooks, type KeptBooksOptions } from '../feed/kept-books.js';
import { checkBooksOptions } from '../feed/options.js';
import { type EventRoles, instrumentKey } from '../layout/index.js';
import type { NativeBookCounter, NativeBooks } from '../native.js';
import { clearRecord, emptiesBooks } from './clear-record.js';
import { type BookMoment, untilMoment } from './until.js';

/** A price level; `price` and `size` are the raw integers, see `priceExponent`. */
export interface BookLevel {
  readonly price: bigint;
  readonly size: bigint;
  /** Orders at the level; 0 where the venue does not tell. */
  readonly orders: number;
}

/** The best prices of an instrument; a side without a level has no price. */
export interface TopOfBook {
  readonly bid: BookLevel | undefined;
  readonly ask: BookLevel | undefined;
  /** Messages that the book rests on are missing. */
  readonly stale: boolean;
  readonly crossed: boolean;
}

export type BookSideName = 'bid' | 'ask';
export type BookCounters = Readonly<Record<NativeBookCounter, number>>;

/** In an instrument's key: implied orders and levels, which are books of their own. */
export const IMPLIED = 1n << 63n;
/** In an instrument's key: orders of a feed that tells levels too, which are books of their own. */
export const BY_ORDER = 1n << 62n;
const NO_PRICE = 0x7fff_ffff_ffff_ffffn;

// biome-ignore lint/suspicious/noExplicitAny: whatever its handlers are
type AnyFeed<D extends AnyDecoder> = Feed<D, any>;

/** What books are made of: a feed, or a ring that somebody else fills. */
type BookSource<D extends AnyDecoder> = Pick<AnyFeed<D>, 'ring' | 'decoder' | 'kept' | 'session'>;

export interface BooksOptions extends KeptBooksOptions {
  /** Levels that `depth` can give at once. Default 1,000. */
  readonly depth?: number;
}

/** Reads best prices from the shared table that `Books.tops` is: for workers. */
export class TopTable {
  readonly #data: DataView;
  readonly #words: Int32Array;
  constructor(readonly memory: SharedArrayBuffer) {
    this.#data = new DataView(memory);
    this.#words = new Int32Array(memory);
  }

  /** A consistent copy; the writer is never waited for longer than it writes one record. */
  read(instrument: number): TopOfBook {
    const at = instrument * BOOK_TOP_BYTES;
    const word = (at + BOOK_TOP_VERSION_AT) / 4;
    for (;;) {
      const before = Atomics.load(this.#words, word);
      const bid = this.#level(at + BOOK_TOP_BID_PRICE_AT, at + BOOK_TOP_BID_SIZE_AT, at + BOOK_TOP_BID_ORDERS_AT);
      const ask = this.#level(at + BOOK_TOP_ASK_PRICE_AT, at + BOOK_TOP_ASK_SIZE_AT, at + BOOK_TOP_ASK_ORDERS_AT);
      const state = this.#data.getUint32(at + BOOK_TOP_STATE_AT, true);
      if ((before & 1) !== 0 || Atomics.load(this.#words, word) !== before) continue;
      return { bid, ask, stale: (state & BOOK_STALE) !== 0, crossed: (state & BOOK_CROSSED) !== 0 };
    }
  }

  #level(price: number, size: number, orders: number): BookLevel | undefined {
    const raw = this.#data.getBigInt64(price, true);
    if (raw === NO_PRICE) return undefined;
    return { price: raw, size: this.#data.getBigInt64(size, true), orders: this.#data.getUint32(orders, true) };
  }
}

/**
 * Made by `openBooks`. Feed it every batch, in order:
 *
 * ```ts
 * const books = openBooks(feed);
 * for await (const batch of feed) {
 *   books.take(batch);
 *   const { bid, ask } = books.top('AAPL');
 * }
 * ```
 */
export class Books<D extends AnyDecoder = AnyDecoder> {
  /** 64 bytes an instrument, for `TopTable` in a worker. */
  readonly tops: SharedArrayBuffer;
  /** Prices: value = raw * 10^priceExponent. Raw integers where the venue gives the scale with the instrument. */
  readonly priceExponent: number;
  readonly sizeExponent: number;
  /** Messages know instruments by a symbol, not by a number. */
  readonly keyedByText: boolean;
  readonly #native: NativeBooks;
  readonly #table: TopTable;
  readonly #kept: KeptBooks;
  readonly #prices: BigInt64Array;
  readonly #sizes: BigInt64Array;
  readonly #orders: Uint32Array;
  readonly #numbers = new Map<bigint, number>();
  readonly #symbols = new Map<string, number>();
  readonly #resumed: boolean;

  /** @internal */
  constructor(
    readonly feed: BookSource<D>,
    options: BooksOptions,
  ) {
    checkBooksOptions(options);
    this.#kept = feed.kept ?? new KeptBooks(feed.ring, feed.decoder, options);
    this.#resumed = options.checkpoint !== undefined;
    const { decoder } = feed;
    const roles = decoder.events as EventRoles;
    this.priceExponent = roles.priceExponent === 'instrument' ? 0 : roles.priceExponent;
    this.sizeExponent = roles.sizeExponent ?? 0;
    this.keyedByText = keyedByText(decoder, roles);
    this.tops = this.#kept.tops;
    this.#table = new TopTable(this.tops);
    this.#native = this.#kept.native;
    const depth = options.depth ?? 1_000;
    this.#prices = new BigInt64Array(depth);
    this.#sizes = new BigInt64Array(depth);
    this.#orders = new Uint32Array(depth);
  }

  /**
   * Applies a batch: call it once for each, in order.
   * @throws VenuewireError `VW_BOOK_KEPT` when the feed keeps the books itself.
   */
  take(batch: Batch<D>): void {
    this.#checkOwn();
    this.#kept.take(batch.from, batch.to);
  }

  /**
   * Applies what of a batch is not behind a moment: a sequence number of its channel, or a receive time. True: something
   * was behind it, and is left out. Books of that moment are complete when the channels have all passed it.
   */
  takeUntil(batch: Batch<D>, moment: BookMoment): boolean {
    this.#checkOwn();
    const { from, to } = batch;
    return untilMoment(this.feed.ring, from, to, moment, () => this.#kept.take(from, to));
  }

  /**
   * Applies a batch and gives its normalised events: `count` records of 64 bytes (see `EventView`), valid until the next
   * call. May be called several times a batch where it has very many. Where a notice empties books (a session that begins,
   * a snapshot, a reset), an event says so: `clear`, of the channel.
   */
  takeEvents(batch: Batch<D>, events: (records: Uint8Array, count: number) => void): void {
    this.#checkOwn();
    this.#kept.take(batch.from, batch.to, {
      events: (records, count) => events(new Uint8Array(records.buffer), count),
      notice: (position) => {
        const notice = noticeAt(this.feed.ring, position);
        if (!emptiesBooks(notice) || this.instruments === 0) return;
        // Books of a checkpoint go on where the session is the same.
        if (notice.type === 'sessionStarted' && this.#resumed && this.counters().levels > 0) return;
        events(clearRecord(notice), 1);
      },
    });
  }

  #checkOwn(): void {
    if (this.feed.kept === undefined) return;
    throw new VenuewireError('VW_BOOK_KEPT', 'The feed keeps these books itself', remedyOf('VW_BOOK_KEPT'));
  }

  /** Number of instruments seen. */
  get instruments(): number {
    return this.#native.instruments();
  }

  /** The venue's key of each instrument, by its number. */
  keys(): BigUint64Array {
    const keys = new BigUint64Array(this.instruments);
    this.#native.keys(0, keys);
    return keys;
  }

  /** The symbol of instrument `number`; '' where the venue has not told it. */
  name(number: number): string {
    return this.#native.name(number);
  }

  /**
   * The number of an instrument, -1 when it has not been seen. By the venue's key, its number or its symbol; also by the symbol
   * where the key is a number and the venue has told what it is called.
   */
  numberOf(instrument: string | number | bigint): number {
    if (typeof instrument === 'string' && !this.keyedByText && !/^\d+$/.test(instrument))
      return this.#named(instrument);
    if (this.#numbers.size !== this.instruments) {
      const keys = this.keys();
      for (let i = this.#numbers.size; i < keys.length; i++) this.#numbers.set(keys[i] as bigint, i);
    }
    return this.#numbers.get(instrumentKey(this.feed.decoder, instrument)) ?? -1;
  }

  /** The number of the instrument that the venue calls so. What was found is looked up once more: names may change. */
  #named(symbol: string): number {
    const known = this.#symbols.get(symbol);
    if (known !== undefined && this.name(known) === symbol) return known;
    for (let number = 0; number < this.instruments; number++) {
      if (this.name(number) !== symbol) continue;
      this.#symbols.set(symbol, number);
      return number;
    }
    return -1;
  }

  #number(instrument: string | number | bigint | { readonly number: number }): number {
    return typeof instrument === 'object' ? instrument.number : this.numberOf(instrument);
  }

  /** Best prices; of an instrument that has not been seen: none. */
  top(instrument: string | number | bigint | { readonly number: number }): TopOfBook {
    const number = this.#number(instrument);
    if (number < 0 || number >= this.instruments)
      return { bid: undefined, ask: undefined, stale: false, crossed: false };
    return this.#table.read(number);
  }

  /** Levels of a side, best first. */
  depth(
    instrument: string | number | bigint | { readonly number: number },
    side: BookSideName,
    most = this.#prices.length,
  ): BookLevel[] {
    const number = this.#number(instrument);
    if (number < 0) return [];
    const n = Math.min(
      most,
      this.#native.depth(number, BOOK_SIDE.indexOf(side), this.#prices, this.#sizes, this.#orders),
    );
    return Array.from({ length: n }, (_, i) => ({
      price: this.#prices[i] as bigint,
      size: this.#sizes[i] as bigint,
      orders: this.#orders[i] as number,
    }));
  }

  /** Ids of the orders at a price, first in the queue first; empty for feeds without orders. */
  queue(
    instrument: string | number | bigint | { readonly number: number },
    side: BookSideName,
    price: bigint,
    most = 1_000,
  ): bigint[] {
    const number = this.#number(instrument);
    if (number < 0) return [];
    const ids = new BigUint64Array(most);
    return Array.from(ids.subarray(0, this.#native.queue(number, BOOK_SIDE.indexOf(side), price, ids)));
  }

  /**
   * The books as bytes, with how far each channel goes: pass them as `checkpoint` to the books of the next feed, which
   * then passes over the messages that are in them. Take it between two batches. Its form: docs/books.md.
   */
  checkpoint(): Uint8Array {
    return this.#native.save();
  }

  /** How often a book has changed. */
  updates(instrument: { readonly number: number }): number {
    return this.#native.updates(instrument.number);
  }

  /** What all levels of all books hold together, in raw units. */
  size(): bigint {
    return this.#native.size();
  }

  counters(): BookCounters {
    return this.#native.counters();
  }

  /** What they are and how they are, without their memory. */
  toJSON(): Record<string, unknown> {
    const { feed, instruments, priceExponent, sizeExponent } = this;
    return { decoder: feed.decoder.id, instruments, priceExponent, sizeExponent, counters: this.counters() };
  }
  /** What `console.log` prints. */
  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: object,
    inspect: (v: unknown, o: object) => string,
  ): string {
    return `Books ${inspect(this.toJSON(), options)}`;
  }

  /** @internal For tests: sums and order hold everywhere. */
  consistent(): boolean {
    return this.#native.consistent();
  }
}

/**
 * Books over a feed.
 * @throws VenuewireError `VW_BOOK_ROLES` when the feed's table does not say what its messages mean for books; `VW_OPTION` for
 * an option that there is not, or out of range.
 */
export const openBooks = <D extends AnyDecoder>(feed: AnyFeed<D>, options: BooksOptions = {}): Books<D> =>
  new Books(feed, options);
