/**
 * Order books out of market data refreshes of FIX: W and X, as tag=value (`venuewire/fix`) or in FAST (`venuewire/fast`).
 * Books and events are the native ones; which messages are still to come for an instrument is followed here.
 */
import {
  EVENT_BYTES,
  EVENT_CHANNEL_AT,
  MESSAGE_HEAD_BYTES,
  MESSAGE_HEAD_LENGTH_AT,
  NOTICE_BYTES,
  NOTICE_CODE_AT,
  NOTICE_TYPE,
  type NoticeType,
  ORIGIN,
  RECORD_CHANNEL_AT,
  RECORD_KIND,
  RECORD_KIND_AT,
  RUN_BYTES,
  RUN_COUNT_AT,
  RUN_ORIGIN_AT,
  RUN_RECEIVE_TIME_AT,
  RUN_SEQUENCE_AT,
  UNIT_BYTES,
} from '../contract.js';
import { KeptBooks } from '../feed/kept-books.js';
import { checkMarketDataOptions } from '../feed/options.js';
import { Ring } from '../feed/ring.js';
import { encodeInto } from '../layout/index.js';
import { Books, type BooksOptions } from './books.js';
import {
  type Entry,
  type MarketDataMessage,
  type ReadEntry,
  type Refresh,
  RefreshReader,
} from './market-data-entries.js';
import { type EntriesBy, marketDataTable, NOT_TOLD, SYMBOL_BYTES, TYPE, UPDATE } from './market-data-table.js';

export interface MarketDataBooksOptions extends Omit<BooksOptions, 'checkpoint'> {
  /** How the venue says which entry it means: by the number of its level, by its price, or by MDEntryID (orders). */
  readonly entriesBy: EntriesBy;
  /** Levels that a side has where they are numbered: what is behind them is pushed out. Default 10. */
  readonly marketDepth?: number;
  /** The field that names instruments. Default: SecurityID, where there is none Symbol. */
  readonly instrumentBy?: 'SecurityID' | 'Symbol';
  /**
   * RptSeq counts the entries of each instrument: a book begins with a full refresh, is stale from a missing number on, and
   * good again with the next full refresh. What came before that refresh and belongs behind it is held and applied then.
   * Default: books are as the messages are, in a session that has no gaps of its own.
   */
  readonly reported?: boolean;
  /** Entries that may be held for all instruments together; what is more is dropped, and counted. Default 100,000. */
  readonly heldMax?: number;
}

/** What has become of messages and entries. */
export interface MarketDataCounters {
  /** Refreshes. */
  readonly messages: number;
  /** Messages that are none. */
  readonly others: number;
  /** Entries that are in the books. */
  readonly entries: number;
  /** Entries of an increment that the full refresh behind them had already. */
  readonly superseded: number;
  /** Entries that wait for a full refresh. */
  readonly held: number;
  /** Entries for which there was no room to wait. */
  readonly dropped: number;
  /** Entries without an instrument or MDEntryID, or whose price or size is no exact number or not there. */
  readonly unreadable: number;
  /** Times that a number was missing. */
  readonly gaps: number;
  /** Full refreshes of books that needed none. */
  readonly unneeded: number;
}

interface Order {
  readonly number: bigint;
  readonly price: bigint;
  readonly size: bigint;
}
interface Instrument {
  readonly name: string;
  /** Its own channel of the books, so that it alone is stale. */
  readonly channel: number;
  /** RptSeq of the last entry; −1: no full refresh yet. */
  reported: number;
  waits: boolean;
  held: { readonly read: ReadEntry; readonly refresh: Refresh }[];
  /** By MDEntryID. */
  readonly orders: Map<string, Order>;
}

const RING_BYTES = 1 << 17;
const MOST_ENTRIES = 1_000;
const MOST_INSTRUMENTS = 0xffff;
const DEFAULT_HELD = 100_000;
const DEFAULT_DEPTH = 10;
const EMPTY: Entry = {
  type: TYPE.emptyBook,
  action: UPDATE.new,
  last: 0,
  level: 0,
  price: NOT_TOLD,
  size: NOT_TOLD,
  orders: 0,
  id: 0n,
  aggressor: ' ',
};

type EventTaker = (records: Uint8Array, count: number) => void;

/** Made by `openMarketDataBooks`. */
export class MarketDataBooks {
  /** To read from: best prices, depth, queues. `take` of these is not for you. */
  readonly books: Books;
  readonly #kept: KeptBooks;
  readonly #ring: Ring;
  readonly #reader: RefreshReader;
  readonly #by: EntriesBy;
  readonly #reported: boolean;
  readonly #heldMax: number;
  readonly #instruments = new Map<string, Instrument>();
  readonly #counts = {
    messages: 0,
    others: 0,
    entries: 0,
    superseded: 0,
    held: 0,
    dropped: 0,
    unreadable: 0,
    gaps: 0,
    unneeded: 0,
  };
  #nextOrder = 1n;
  #receivedAt = 0n;
  #sequence = 0n;
  #events: EventTaker | undefined;

  /** @internal */
  constructor(options: MarketDataBooksOptions) {
    checkMarketDataOptions(options);
    const { entriesBy, marketDepth = DEFAULT_DEPTH, instrumentBy, reported = false, heldMax, ...rest } = options;
    const decoder = marketDataTable(entriesBy, marketDepth);
    this.#ring = new Ring(1, RING_BYTES);
    this.#ring.writtenHere();
    this.#kept = new KeptBooks(this.#ring, decoder, rest);
    this.books = new Books({ ring: this.#ring, decoder, kept: this.#kept, session: undefined }, rest);
    this.#reader = new RefreshReader(instrumentBy);
    this.#by = entriesBy;
    this.#reported = reported;
    this.#heldMax = heldMax ?? DEFAULT_HELD;
  }

  /**
   * Applies a message: a `FastMessage`, or what `FixDecoder.toObject` gives. False: it is no refresh of market data.
   * `events` is given the normalised events that it makes: `count` records of 64 bytes, valid until the next call.
   */
  take(message: MarketDataMessage, at: { readonly receivedAt?: bigint } = {}, events?: EventTaker): boolean {
    const refresh = this.#reader.read(message);
    if (refresh === undefined) {
      this.#counts.others++;
      return false;
    }
    this.#counts.messages++;
    this.#counts.unreadable += refresh.unreadable;
    this.#receivedAt = at.receivedAt ?? 0n;
    this.#sequence = refresh.number ?? this.#sequence + 1n;
    this.#events = events;
    if (refresh.full) this.#full(refresh);
    else this.#increment(refresh);
    this.#events = undefined;
    return true;
  }

  /** A session of the venue begins, whose numbers begin anew: everything is forgotten, and a full refresh waited for. */
  restart(): void {
    this.#counts.held = 0;
    this.#instruments.clear();
    this.#kept.native.restart();
  }

  counters(): MarketDataCounters {
    return { ...this.#counts };
  }

  /** RptSeq of what is in the book of an instrument; undefined: no full refresh has come. */
  reported(instrument: string): number | undefined {
    const known = this.#instruments.get(instrument);
    return known === undefined || known.reported < 0 ? undefined : known.reported;
  }

  #instrument(name: string): Instrument | undefined {
    const known = this.#instruments.get(name);
    if (known !== undefined) return known;
    if (this.#instruments.size >= MOST_INSTRUMENTS || name.length > SYMBOL_BYTES) return undefined;
    const made: Instrument = {
      name,
      channel: this.#instruments.size,
      reported: -1,
      waits: this.#reported,
      held: [],
      orders: new Map(),
    };
    this.#instruments.set(name, made);
    return made;
  }

  #full(refresh: Refresh): void {
    const instrument = this.#instrument(refresh.instrument);
    if (instrument === undefined || refresh.instrument === '') {
      this.#counts.unreadable += refresh.entries.length;
      return;
    }
    const { reported = 0 } = refresh;
    // One that is older than the book does not help one that waits either.
    if (this.#reported && (instrument.waits ? reported < instrument.reported : reported <= instrument.reported)) {
      this.#counts.unneeded++;
      return;
    }
    instrument.orders.clear();
    const entries = refresh.entries.map((read) => this.#entry(instrument, read)).filter(isThere);
    instrument.reported = reported;
    this.#write(instrument, refresh, [EMPTY, ...(this.#by === 'level' ? numbered(entries) : entries)], true);
    if (!this.#reported) return;
    if (instrument.waits) this.#notice(instrument, 'good');
    instrument.waits = false;
    const { held } = instrument;
    instrument.held = [];
    this.#counts.held -= held.length;
    // One by one: behind another missing number they wait again.
    for (const [i, { read, refresh: from }] of held.entries()) {
      const ends = held[i + 1]?.refresh !== from;
      this.#one(instrument, read, from, ends);
    }
  }

  #increment(refresh: Refresh): void {
    const { entries } = refresh;
    for (let i = 0; i < entries.length; ) {
      const { instrument: name } = entries[i] as ReadEntry;
      const first = i;
      while (i < entries.length && entries[i]?.instrument === name) i++;
      const instrument = this.#instrument(name);
      const own = entries.slice(first, i);
      const ends = i === entries.length;
      if (instrument === undefined) this.#counts.unreadable += own.length;
      else if (!this.#reported) {
        this.#write(instrument, refresh, own.map((read) => this.#entry(instrument, read)).filter(isThere), ends);
      } else {
        own.forEach((read, k) => {
          this.#one(instrument, read, refresh, ends && k + 1 === own.length);
        });
      }
    }
  }

  /** An entry that has a number. */
  #one(instrument: Instrument, read: ReadEntry, refresh: Refresh, ends: boolean): void {
    const { reported } = read;
    if (reported === undefined) {
      this.#counts.unreadable++;
      return;
    }
    if (reported <= instrument.reported) {
      this.#counts.superseded++;
      return;
    }
    if (!instrument.waits && reported !== instrument.reported + 1) {
      this.#counts.gaps++;
      instrument.waits = true;
      this.#notice(instrument, 'stale');
    }
    if (instrument.waits) {
      if (this.#counts.held >= this.#heldMax) this.#counts.dropped++;
      else {
        this.#counts.held++;
        instrument.held.push({ read, refresh });
      }
      return;
    }
    instrument.reported = reported;
    const entry = this.#entry(instrument, read);
    if (entry !== undefined) this.#write(instrument, refresh, [entry], ends);
  }

  /** What the books are told; undefined: it does not say enough. */
  #entry(instrument: Instrument, read: ReadEntry): Entry | undefined {
    const { entry } = read;
    const isLevel = entry.type === TYPE.bid || entry.type === TYPE.offer;
    if (!isLevel || this.#by === 'level') return entry;
    if (this.#by === 'id') return this.#order(instrument, read);
    const removes = entry.action === UPDATE.delete;
    if (entry.price === NOT_TOLD || (entry.size === NOT_TOLD && !removes)) {
      this.#counts.unreadable++;
      return undefined;
    }
    return removes ? { ...entry, size: 0n } : entry;
  }

  #order({ orders }: Instrument, { entry, name, reference }: ReadEntry): Entry | undefined {
    const id = name ?? reference;
    if (id === undefined) {
      this.#counts.unreadable++;
      return undefined;
    }
    // A change may name its order by MDEntryRefID, and give it another id.
    const before = orders.get(reference ?? id) ?? orders.get(id);
    const number = before?.number ?? this.#nextOrder++;
    const price = entry.price === NOT_TOLD ? (before?.price ?? NOT_TOLD) : entry.price;
    const size = entry.size === NOT_TOLD ? (before?.size ?? NOT_TOLD) : entry.size;
    if (reference !== undefined) orders.delete(reference);
    if (entry.action === UPDATE.delete) orders.delete(id);
    else if (before !== undefined || entry.action !== UPDATE.change) orders.set(id, { number, price, size });
    return { ...entry, id: number, price, size };
  }

  #write(instrument: Instrument, refresh: Refresh, entries: readonly Entry[], ends: boolean): void {
    const last = entries.length - 1;
    for (let from = 0; from <= last; from += MOST_ENTRIES) {
      const part = entries
        .slice(from, from + MOST_ENTRIES)
        .map((entry, i) => ({ ...entry, last: ends && from + i === last ? 1 : 0 }));
      this.#record(instrument, refresh, part);
    }
    this.#counts.entries += entries.length - (entries[0] === EMPTY ? 1 : 0);
  }

  #record(instrument: Instrument, refresh: Refresh, entries: readonly Entry[]): void {
    const d = this.#ring.view;
    const at = RUN_BYTES + MESSAGE_HEAD_BYTES;
    new Uint8Array(d.buffer, d.byteOffset, at).fill(0);
    const values = { symbol: instrument.name, time: refresh.time, n: entries.length, entries };
    const length = encodeInto(
      this.#kept.decoder as ReturnType<typeof marketDataTable>,
      'entries',
      values as never,
      d,
      at,
    );
    d.setUint8(RECORD_KIND_AT, RECORD_KIND.indexOf('run'));
    d.setUint16(RECORD_CHANNEL_AT, instrument.channel, true);
    d.setBigUint64(RUN_SEQUENCE_AT, this.#sequence, true);
    d.setBigInt64(RUN_RECEIVE_TIME_AT, this.#receivedAt, true);
    d.setUint32(RUN_COUNT_AT, 1, true);
    if (refresh.full) d.setUint8(RUN_ORIGIN_AT, ORIGIN.indexOf('snapshot'));
    d.setUint32(RUN_BYTES + MESSAGE_HEAD_LENGTH_AT, length, true);
    this.#apply(Math.ceil((at + length) / UNIT_BYTES));
  }

  #notice(instrument: Instrument, type: NoticeType): void {
    const d = this.#ring.view;
    new Uint8Array(d.buffer, d.byteOffset, NOTICE_BYTES).fill(0);
    d.setUint8(RECORD_KIND_AT, RECORD_KIND.indexOf('notice'));
    d.setUint16(RECORD_CHANNEL_AT, instrument.channel, true);
    d.setUint8(NOTICE_CODE_AT, NOTICE_TYPE.indexOf(type));
    this.#apply(NOTICE_BYTES / UNIT_BYTES);
  }

  #apply(units: number): void {
    this.#ring.view.setUint32(0, units, true);
    const events = this.#events;
    this.#kept.take(
      0,
      units,
      events && {
        events: (records, count) => {
          for (let i = 0; i < count; i++) records.setUint16(i * EVENT_BYTES + EVENT_CHANNEL_AT, 0, true);
          events(new Uint8Array(records.buffer), count);
        },
      },
    );
  }
}

/** Levels of a full refresh, from the first on; where they have no numbers, in the order of each side. */
function numbered(entries: readonly Entry[]): Entry[] {
  const counts = new Map<string, number>();
  const all = entries.map((entry) => {
    const place = (counts.get(entry.type) ?? 0) + 1;
    counts.set(entry.type, place);
    return { ...entry, action: UPDATE.new, level: entry.level === 0 ? place : entry.level };
  });
  return all.sort((a, b) => a.level - b.level);
}

const isThere = (entry: Entry | undefined): entry is Entry => entry !== undefined;

/**
 * Order books out of market data refreshes, by FIX's names:
 *
 * ```ts
 * const market = openMarketDataBooks({ entriesBy: 'level', marketDepth: 5, reported: true });
 * for (const message of decoder.messages(bytes)) market.take(message);
 * const { bid, ask } = market.books.top('49613382');
 * ```
 * @throws VenuewireError `VW_OPTION` for an option that there is not, or out of range.
 */
export const openMarketDataBooks = (options: MarketDataBooksOptions): MarketDataBooks => new MarketDataBooks(options);
