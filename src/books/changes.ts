/** What has changed in books since a reader last asked: a stream that a slow reader cannot make longer. */
import { BOOK_TOP_BID_PRICE_AT, BOOK_TOP_BYTES, BOOK_TOP_CHANGES_AT, BOOK_TOP_STATE_AT } from '../contract.js';
import { VenuewireError } from '../errors.js';
import { type BookLevel, type BookSideName, type Books, type TopOfBook, TopTable } from './books.js';

/** The best prices of an instrument, because they are others than at the last look. */
export interface TopChange extends TopOfBook {
  /** Number of the instrument in its books. */
  readonly number: number;
  /** How often they have changed since; all but the last have been passed over. 0: only `stale` or `crossed` has. */
  readonly changes: number;
}

/** A level that is another than at the last look. */
export interface LevelChange extends BookLevel {
  readonly side: BookSideName;
  /** 0n: the level is gone, or no longer among the best `depth`. */
  readonly size: bigint;
}

/** What has changed in the levels of an instrument. */
export interface BookChange {
  /** Number of the instrument in its books. */
  readonly number: number;
  /** Those that are gone first, then the others, best first, bids before asks. */
  readonly levels: readonly LevelChange[];
  /** Messages that the book rests on are missing. */
  readonly stale: boolean;
  readonly crossed: boolean;
  /** How often the book has changed since: what came between has been passed over. */
  readonly updates: number;
}

const RECORD_WORDS = BOOK_TOP_BYTES / 4;
const STATE_WORD = BOOK_TOP_STATE_AT / 4;
const CHANGES_WORD = BOOK_TOP_CHANGES_AT / 4; // its lower half: a reader that misses 2^32 changes is past help
const UINT32 = 2 ** 32;

/** Of the records of best prices, those that are others than at the last look. */
class Seen {
  readonly #words: Int32Array;
  readonly #prices: BigInt64Array;
  #changes = new Int32Array(0);
  #states = new Int32Array(0);
  #known = 0;

  constructor(tops: SharedArrayBuffer) {
    this.#words = new Int32Array(tops);
    this.#prices = new BigInt64Array(tops);
  }

  /** Instruments, told by the table itself: a record that has never been used is all zeros. */
  instruments(): number {
    const most = this.#words.length / RECORD_WORDS;
    while (this.#known < most && this.#used(this.#known)) this.#known++;
    return this.#known;
  }

  #used(number: number): boolean {
    const at = (number * BOOK_TOP_BYTES + BOOK_TOP_BID_PRICE_AT) / BigInt64Array.BYTES_PER_ELEMENT;
    return this.#prices[at] !== 0n || this.#changesOf(number) !== 0;
  }

  #changesOf(number: number): number {
    return Atomics.load(this.#words, number * RECORD_WORDS + CHANGES_WORD);
  }

  /** How often the best prices of an instrument have changed since the last look at it; -1: nothing has. */
  look(number: number): number {
    if (number >= this.#changes.length) this.#grow(number + 1);
    const changes = this.#changesOf(number);
    const state = Atomics.load(this.#words, number * RECORD_WORDS + STATE_WORD);
    const since = (changes - (this.#changes[number] as number) + UINT32) % UINT32;
    if (since === 0 && state === this.#states[number]) return -1;
    this.#changes[number] = changes;
    this.#states[number] = state;
    return since;
  }

  #grow(least: number): void {
    const room = Math.max(least, 2 * this.#changes.length, 1024);
    const grown = (from: Int32Array) => {
      const to = new Int32Array(room);
      to.set(from);
      return to;
    };
    this.#changes = grown(this.#changes);
    this.#states = grown(this.#states);
  }
}

/**
 * Best prices as a stream of changes, from the table that `Books.tops` is: in the thread of the books, or in any worker.
 * Each `take` gives an instrument once at most, as it is now, however often it has changed since: a slow reader gets less,
 * never later news, and nothing waits for it. Readers do not disturb each other.
 */
export class TopChanges {
  readonly #table: TopTable;
  readonly #seen: Seen;

  constructor(tops: SharedArrayBuffer) {
    this.#table = new TopTable(tops);
    this.#seen = new Seen(tops);
  }

  /** What has changed since the last `take`; the first one gives every instrument that has had best prices. */
  *take(): Generator<TopChange> {
    const instruments = this.#seen.instruments();
    for (let number = 0; number < instruments; number++) {
      const changes = this.#seen.look(number);
      if (changes >= 0) yield { number, changes, ...this.#table.read(number) };
    }
  }
}

type Told = Map<bigint, BookLevel>;
const SIDES: readonly BookSideName[] = ['bid', 'ask'];

/** What of a side is not as it was told; `told` is as it is then. */
function difference(side: BookSideName, now: readonly BookLevel[], told: Told): LevelChange[] {
  const changes: LevelChange[] = [];
  const before = new Map(told);
  for (const level of now) {
    const was = before.get(level.price);
    before.delete(level.price);
    if (was?.size === level.size && was.orders === level.orders) continue;
    told.set(level.price, level);
    changes.push({ side, ...level });
  }
  const gone = Array.from(before.keys(), (price): LevelChange => {
    told.delete(price);
    return { side, price, size: 0n, orders: 0 };
  });
  return [...gone, ...changes];
}

/**
 * Levels as a stream of changes, in the thread of the books. Each `take` gives an instrument once at most, with the levels
 * that are others than at the last look; whoever applies them has the book's best `depth` levels as they are now. What a
 * reader costs is bounded by instruments and depth, however slow it is. Readers do not disturb each other.
 */
export class BookChanges {
  readonly #books: Books;
  readonly #depth: number;
  readonly #seen: Seen;
  readonly #updates: number[] = [];
  readonly #told: { readonly bid: Told; readonly ask: Told }[] = [];

  /**
   * @param options `depth`: levels of each side; default 10. At most what the books' own `depth` gives.
   * @throws VenuewireError `VW_OPTION` when `depth` is not a whole number from 1 on.
   */
  constructor(books: Books, options: { readonly depth?: number } = {}) {
    const depth = options.depth ?? 10;
    if (!Number.isSafeInteger(depth) || depth < 1) {
      throw new VenuewireError('VW_OPTION', `'depth' is ${depth}`, 'Give a whole number of levels, 1 or more.');
    }
    this.#books = books;
    this.#depth = depth;
    this.#seen = new Seen(books.tops);
  }

  /** What has changed since the last `take`; the first one gives every instrument that has been told of. */
  *take(): Generator<BookChange> {
    for (let number = 0; number < this.#books.instruments; number++) {
      const instrument = { number };
      const updates = this.#books.updates(instrument);
      const since = updates - (this.#updates[number] ?? 0);
      // Emptied books count as changes of their best prices.
      if (this.#seen.look(number) < 0 && since === 0) continue;
      this.#updates[number] = updates;
      const told = this.#told[number] ?? { bid: new Map(), ask: new Map() };
      this.#told[number] = told;
      const [bids, asks] = SIDES.map((side) =>
        difference(side, this.#books.depth(instrument, side, this.#depth), told[side]),
      ) as [LevelChange[], LevelChange[]];
      const isGone = (l: LevelChange) => l.size === 0n;
      const levels = [...bids, ...asks];
      const { stale, crossed } = this.#books.top(instrument);
      yield {
        number,
        levels: [...levels.filter(isGone), ...levels.filter((l) => !isGone(l))],
        stale,
        crossed,
        updates: since,
      };
    }
  }
}
