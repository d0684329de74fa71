// Books out of FIX refreshes (W and X), as tag=value and in FAST, against a market that is kept in plain lists: after every
// message, over seeds, with increments that are lost, full refreshes that come late, and entries that mean nothing.
import { describe, expect, it } from 'vitest';
import { type MarketDataBooks, openMarketDataBooks } from '../../src/books/index.js';
import { fix44 } from '../../src/decoders/fix44.js';
import { EventView } from '../../src/events/index.js';
import { readFastTemplates } from '../../src/fast/import.js';
import { FastDecoder, FastEncoder, type FastInput } from '../../src/fast/index.js';
import { FixView } from '../../src/fix/index.js';
import { Random } from '../../src/simulator/random.js';
import { codeOf } from './damage.js';

const SEEDS = Number(process.env.VENUEWIRE_BOOK_SEEDS ?? 8);
const FIRST = Number(process.env.VENUEWIRE_BOOK_SEED ?? 1);
const MESSAGES = 60;
const DEPTH = 5;
const SYMBOLS = ['EUR/USD', 'A', '49613382'];
type By = 'level' | 'price' | 'id';
type Side = '0' | '1';
type Fields = Readonly<Record<string, unknown>>;

const TEMPLATES = `<templates><template name="X" id="1"><string name="MsgType" id="35"><constant value="X"/></string>
<uInt32 name="MsgSeqNum" id="34"/><sequence name="NoMDEntries"><length name="Length"/><string name="MDUpdateAction" id="279"><copy/></string>
<string name="MDEntryType" id="269"/><string name="Symbol" id="55"><copy/></string><uInt32 name="RptSeq" id="83" presence="optional"/>
<decimal name="MDEntryPx" id="270" presence="optional"/><decimal name="MDEntrySize" id="271" presence="optional"/>
<string name="MDEntryID" id="278" presence="optional"/><uInt32 name="MDEntryPositionNo" id="290" presence="optional"/>
<uInt32 name="NumberOfOrders" id="346" presence="optional"/></sequence></template>
<template name="W" id="2"><string name="MsgType" id="35"><constant value="W"/></string><uInt32 name="MsgSeqNum" id="34"/>
<string name="Symbol" id="55"/><uInt32 name="RptSeq" id="83" presence="optional"/><sequence name="NoMDEntries"><length name="Length"/>
<string name="MDEntryType" id="269"/><decimal name="MDEntryPx" id="270" presence="optional"/><decimal name="MDEntrySize" id="271" presence="optional"/>
<string name="MDEntryID" id="278" presence="optional"/><uInt32 name="MDEntryPositionNo" id="290" presence="optional"/>
<uInt32 name="NumberOfOrders" id="346" presence="optional"/></sequence></template></templates>`;

/** Bytes of a message, and what is read of them. */
const WIRES: Readonly<
  Record<string, () => (type: 'W' | 'X', fields: Fields) => Parameters<MarketDataBooks['take']>[0]>
> = {
  'tag=value': () => {
    const fix = fix44();
    const view = new FixView();
    return (type, fields) => {
      fix.decode(view, fix.encode(type, { ...fields, SendingTime: '20240102-14:30:00.123' }));
      return fix.toObject(view);
    };
  },
  FAST: () => {
    const templates = readFastTemplates(TEMPLATES);
    const encoder = new FastEncoder(templates);
    const decoder = new FastDecoder(templates);
    const decimal = (text: unknown) => {
      const [whole = '', part = ''] = String(text).split('.');
      return { mantissa: BigInt(whole + part), exponent: -part.length };
    };
    const entry = (e: Fields): Fields =>
      Object.fromEntries(
        Object.entries(e).map(([name, v]) => [name, name === 'MDEntryPx' || name === 'MDEntrySize' ? decimal(v) : v]),
      );
    return (type, fields) => {
      const entries = (fields.NoMDEntries as Fields[]).map(entry);
      return decoder.decode(encoder.encode(type, { ...fields, NoMDEntries: entries } as FastInput));
    };
  },
};

interface Level {
  readonly id: string;
  readonly side: Side;
  price: bigint;
  size: bigint;
}
const text = (cents: bigint) => `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;

/** One instrument as the venue has it. */
class Market {
  levels: Level[] = [];
  reported = 0;
  /** What the book says after each number: rows of bids and asks. */
  readonly history = ['|'];
  #next = 1;
  constructor(
    readonly symbol: string,
    readonly by: By,
    readonly random: Random,
  ) {}

  side(side: Side): Level[] {
    return this.levels
      .filter((l) => l.side === side)
      .sort((a, b) => Number(side === '0' ? b.price - a.price : a.price - b.price));
  }

  /** Rows as a book shows them. */
  rows(): string {
    return (['0', '1'] as const)
      .map((side) => {
        const rows = new Map<bigint, [bigint, number]>();
        for (const { price, size } of this.side(side)) {
          const [all, n] = rows.get(price) ?? [0n, 0];
          rows.set(price, [all + size, n + 1]);
        }
        return [...rows].map(([p, [s, n]]) => `${text(p)}x${s}${this.by === 'id' ? `/${n}` : ''}`).join(' ');
      })
      .join('|');
  }

  #entry(action: string, level: Level, place: number): Fields {
    this.reported++;
    this.history[this.reported] = this.rows();
    return {
      MDUpdateAction: action,
      MDEntryType: level.side,
      ...(this.by === 'id' ? { MDEntryID: level.id } : {}),
      Symbol: this.symbol,
      MDEntryPx: text(level.price),
      MDEntrySize: String(level.size),
      RptSeq: this.reported,
      ...(this.by === 'level' ? { MDEntryPositionNo: place } : {}),
    };
  }

  #price(side: Side): bigint {
    const away = BigInt(this.random.below(12));
    return side === '0' ? 10_000n - away : 10_001n + away;
  }

  /** Something happens. */
  change(): Fields {
    const { random, by } = this;
    const side: Side = random.below(2) === 0 ? '0' : '1';
    const own = this.side(side);
    const size = BigInt(1 + random.below(50));
    const some = own[random.below(own.length)];
    const what = random.below(10);
    if (what === 9) {
      this.reported++;
      this.history[this.reported] = this.rows();
      return {
        MDUpdateAction: '0',
        MDEntryType: '2',
        Symbol: this.symbol,
        MDEntryPx: '100.00',
        MDEntrySize: '3',
        RptSeq: this.reported,
      };
    }
    if (some !== undefined && what < 3) {
      const place = own.indexOf(some) + 1;
      this.levels.splice(this.levels.indexOf(some), 1);
      return this.#entry('2', some, place);
    }
    if (some !== undefined && what < 6) {
      some.size = size;
      if (by === 'id') some.price = this.#price(side);
      return this.#entry('1', some, own.indexOf(some) + 1);
    }
    const made: Level = { id: `n${this.#next++}`, side, price: this.#price(side), size };
    const same = by === 'id' ? undefined : own.find((l) => l.price === made.price);
    if (same !== undefined) {
      same.size = size;
      return this.#entry('1', same, own.indexOf(same) + 1);
    }
    this.levels.push(made);
    const after = this.side(side);
    // Numbered levels end at the depth: what is behind it is pushed out.
    const out = by === 'level' ? after[DEPTH] : undefined;
    if (out !== undefined) this.levels.splice(this.levels.indexOf(out), 1);
    if (out === made) return this.change();
    return this.#entry('0', made, after.indexOf(made) + 1);
  }

  full(): Fields {
    const entries = (['0', '1'] as const).flatMap((side) =>
      this.side(side).map((l, i) => ({
        MDEntryType: l.side,
        MDEntryPx: text(l.price),
        MDEntrySize: String(l.size),
        ...(this.by === 'id' ? { MDEntryID: l.id } : {}),
        ...(this.by === 'level' ? { MDEntryPositionNo: i + 1 } : {}),
      })),
    );
    return { Symbol: this.symbol, RptSeq: this.reported, NoMDEntries: entries };
  }
}

const shown = (market: MarketDataBooks, symbol: string, by: By): string =>
  (['bid', 'ask'] as const)
    .map((side) =>
      market.books
        .depth(symbol, side)
        .map(
          ({ price, size, orders }) =>
            `${text(price / 10n ** 8n)}x${size / 10n ** 8n}${by === 'id' ? `/${orders}` : ''}`,
        )
        .join(' '),
    )
    .join('|');

/** What a reader of numbered increments can know of an instrument. */
class Known {
  upTo = -1;
  readonly received = new Set<number>();
  waits = true;
  increment(n: number): void {
    this.received.add(n);
    if (!this.waits && n === this.upTo + 1) this.upTo = n;
    else if (this.waits || n > this.upTo) this.waits = true;
  }
  full(n: number): void {
    if (this.waits ? n < this.upTo : n <= this.upTo) return;
    this.upTo = n;
    while (this.received.has(this.upTo + 1)) this.upTo++;
    this.waits = [...this.received].some((r) => r > this.upTo);
  }
}

function run(seed: number, by: By, wire: string, reported: boolean): void {
  const random = new Random(seed);
  const message = (WIRES[wire] as (typeof WIRES)[string])();
  const market = openMarketDataBooks({
    entriesBy: by,
    marketDepth: DEPTH,
    instrumentBy: 'Symbol',
    reported,
    instrumentsMax: 64,
    orders: 64,
  });
  const venue = SYMBOLS.map((symbol) => new Market(symbol, by, random));
  const known = venue.map(() => new Known());
  let late: { fields: Fields; at: number; i: number; n: number }[] = [];
  let number = 0;
  let changes = 0;
  let events = 0;
  const take = (type: 'W' | 'X', fields: Fields) => {
    expect(market.take(message(type, { MsgSeqNum: ++number, ...fields }), {}, (_r, n) => (events += n))).toBe(true);
  };
  for (let step = 0; step < MESSAGES; step++) {
    const i = random.below(venue.length);
    const own = venue[i] as Market;
    if (random.below(6) === 0) late.push({ fields: own.full(), at: step + random.below(4), i, n: own.reported });
    const entries = Array.from({ length: 1 + random.below(4) }, () =>
      (venue[random.below(5) === 0 ? random.below(3) : i] as Market).change(),
    );
    if (!reported || random.below(12) !== 0) {
      take('X', { NoMDEntries: entries });
      changes += entries.length;
      for (const e of entries) known[SYMBOLS.indexOf(e.Symbol as string)]?.increment(e.RptSeq as number);
    }
    for (const { fields, i: of, n, at } of late) {
      // Without numbers, a full refresh is of the moment at which it comes.
      if (at > step) continue;
      take('W', reported ? fields : (venue[of] as Market).full());
      known[of]?.full(n);
    }
    late = late.filter(({ at }) => at > step);
    venue.forEach((v, k) => {
      const { waits, upTo } = known[k] as Known;
      const where = { seed, by, wire, step, symbol: v.symbol };
      const { stale } = market.books.top(v.symbol);
      const told = { stale, book: stale || (reported && waits) ? '' : shown(market, v.symbol, by) };
      const isStale = reported && upTo >= 0 && waits;
      const meant = { stale: isStale, book: reported ? (waits ? '' : v.history[upTo]) : v.rows() };
      if (told.stale !== meant.stale || told.book !== meant.book)
        expect({ ...where, ...told }).toEqual({ ...where, ...meant });
    });
  }
  const c = market.counters();
  const { unknownOrders, duplicateOrders, unknownLevels, refused } = market.books.counters();
  expect({
    unreadable: c.unreadable,
    dropped: c.dropped,
    unknownOrders,
    duplicateOrders,
    unknownLevels,
    refused,
  }).toEqual({
    unreadable: 0,
    dropped: 0,
    unknownOrders: 0,
    duplicateOrders: 0,
    unknownLevels: 0,
    refused: 0,
  });
  expect(market.books.consistent()).toBe(true);
  expect({ seed, by, wire, reported, told: events > (reported ? 0 : changes / 2) }).toMatchObject({ told: true });
}

const seeds = Array.from({ length: SEEDS }, (_, i) => FIRST + i);

describe('books of market data refreshes', () => {
  it.each(['level', 'price', 'id'] as const)('by %s are the venue’s after every message of a whole session', (by) => {
    for (const seed of seeds) for (const wire of Object.keys(WIRES)) run(seed, by, wire, false);
  });

  it.each(['level', 'price', 'id'] as const)(
    'by %s are right or stale where numbered entries are lost and full refreshes come late',
    (by) => {
      for (const seed of seeds) for (const wire of Object.keys(WIRES)) run(seed, by, wire, true);
    },
  );

  it('give trades and figures as events, with the time and number of their message', () => {
    const market = openMarketDataBooks({ entriesBy: 'price', instrumentsMax: 8 });
    const message = (WIRES['tag=value'] as (typeof WIRES)[string])();
    const seen: unknown[] = [];
    const view = new EventView();
    const entry = { MDUpdateAction: '0', Symbol: 'A', MDEntryPx: '1.5', MDEntrySize: '2' };
    const take = (type: string, more: Fields = {}) =>
      market.take(
        message('X', { MsgSeqNum: 7, NoMDEntries: [{ ...entry, MDEntryType: type, ...more }] }),
        {},
        (records, n) => {
          for (let i = 0; i < n; i++) {
            view.bind(new DataView(records.buffer), i * 64);
            const { kind, price, size, sequence, eventTime, level } = view.toObject();
            seen.push([kind, price, size, sequence, eventTime, level]);
          }
        },
      );
    take('2');
    take('7');
    const time = BigInt(Date.parse('2024-01-02T14:30:00.123Z')) * 1_000_000n;
    expect(seen).toEqual([
      ['trade', 15_000_000_000n, 200_000_000n, 7n, time, expect.anything()],
      ['statistic', 15_000_000_000n, 200_000_000n, 7n, time, 5],
    ]);
  });

  it('count what cannot be read, and pass over what is no refresh', () => {
    const market = openMarketDataBooks({ entriesBy: 'id', instrumentsMax: 8 });
    const bid = { MDUpdateAction: '0', MDEntryType: '0', MDEntrySize: '1' };
    expect(market.take({ MsgType: '0' })).toBe(false);
    const bad: Fields[] = [
      { ...bid, Symbol: 'A', MDEntryPx: '1.00000000001', MDEntryID: 'a' }, // more decimals than books have
      { ...bid, Symbol: 'A', MDEntryPx: 'much', MDEntryID: 'a' },
      { ...bid, Symbol: 'A', MDEntryID: 'a' },
      { ...bid, Symbol: 'A', MDEntryPx: '1' },
      { ...bid, Symbol: 'S'.repeat(33), MDEntryPx: '1', MDEntryID: 'a' },
      { ...bid, MDEntryPx: '1', MDEntryID: 'a' },
      { ...bid, MDEntryType: 'LONG', Symbol: 'A', MDEntryPx: '1', MDEntryID: 'a' },
    ];
    for (const entry of bad) expect(market.take({ MsgType: 'X', NoMDEntries: [entry] })).toBe(true);
    market.take({ MsgType: 'X', NoMDEntries: [{ ...bid, Symbol: 'A', MDUpdateAction: '2', MDEntryID: 'unknown' }] });
    market.take({ MsgType: 'X', NoMDEntries: 'none' });
    expect(market.counters()).toMatchObject({
      others: 1,
      messages: bad.length + 2,
      unreadable: bad.length,
      entries: 1,
    });
    expect(market.books.counters()).toMatchObject({ unknownOrders: 1, orders: 0, levels: 0 });
  });

  it('hold only so many entries for a full refresh, and count the rest', () => {
    const market = openMarketDataBooks({ entriesBy: 'price', reported: true, heldMax: 3, instrumentsMax: 8 });
    const take = (n: number) =>
      market.take({
        MsgType: 'X',
        NoMDEntries: [
          { MDUpdateAction: '0', MDEntryType: '0', Symbol: 'A', MDEntryPx: String(n), MDEntrySize: '1', RptSeq: n },
        ],
      });
    for (let n = 1; n <= 5; n++) take(n);
    expect(market.counters()).toMatchObject({ held: 3, dropped: 2, entries: 0 });
    market.take({ MsgType: 'W', Symbol: 'A', RptSeq: 1, NoMDEntries: [] });
    expect(market.counters()).toMatchObject({ held: 0, entries: 2, superseded: 1 });
    take(6); // 4 and 5 are missing
    expect(market.books.top('A').stale).toBe(true);
    expect(market.counters()).toMatchObject({ gaps: 1, held: 1 });
  });

  it('refuse options that there are not', () => {
    for (const options of [
      {},
      { entriesBy: 'levels' },
      { entriesBy: 'id', markedDepth: 3 },
      { entriesBy: 'id', instrumentsMax: 1e6 },
    ]) {
      expect(codeOf(() => openMarketDataBooks(options as never))).toBe('VW_OPTION');
    }
  });
});
