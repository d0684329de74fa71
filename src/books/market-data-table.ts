/**
 * The records that refreshes of FIX (W and X, as tag=value or FAST) are made to before books take them, and what they
 * mean: fields are called as in FIX. One record for each instrument of a message.
 */
import {
  atLeast,
  char,
  defineDecoder,
  type EventRoles,
  type EventRule,
  group,
  i64,
  message,
  scaled,
  text,
  u8,
  u16,
  u32,
  u64,
} from '../layout/table.js';

/** How a feed says which entry it means: the number of its level, its price, or MDEntryID (278). */
export type EntriesBy = 'level' | 'price' | 'id';

/** Prices with ten decimals and sizes with eight, as those of internet venues. */
export const PRICE = -10;
export const SIZE = -8;
export const SYMBOL_BYTES = 32;
/** What a price or size that was not told stands as. */
export const NOT_TOLD = -(1n << 63n);
/** Levels of a side where nobody says how many, and of implied prices (CME). */
const IMPLIED_DEPTH = 2;

export const UPDATE = { new: 0, change: 1, delete: 2, deleteThru: 3, deleteFrom: 4, overlay: 5 } as const;
export const TYPE = { bid: '0', offer: '1', trade: '2', emptyBook: 'J' } as const;

const ENTRY_BYTES = 33;
const ENTRIES_AT = 43;

const PRICED = { each: 'entries', price: 'price', size: 'size' } as const;
const LEVEL = { ...PRICED, level: 'level', orders: 'orders' } as const;
const REAL = { side: { field: 'type', bid: ['0'], ask: ['1'] }, when: { type: ['0', '1'] } } as const;
const LAST = { last: { field: 'last' } } as const;

const BOOK: Readonly<Record<EntriesBy, (depth: number) => readonly EventRule[]>> = {
  level: () => {
    const does = {
      field: 'action',
      is: {
        0: 'levelInsert',
        1: 'levelChange',
        2: 'levelRemove',
        3: 'levelRemoveThrough',
        4: 'levelRemoveFrom',
        5: 'levelChange',
      },
    } as const;
    const implied = { side: { field: 'type', bid: ['E'], ask: ['F'] }, when: { type: ['E', 'F'] } } as const;
    return [
      { ...LEVEL, ...REAL, ...LAST, does },
      { ...LEVEL, ...implied, ...LAST, does, implied: true, depth: IMPLIED_DEPTH },
    ];
  },
  price: () => [
    {
      ...PRICED,
      ...REAL,
      ...LAST,
      orders: 'orders',
      does: { field: 'action', is: { 0: 'levelSet', 1: 'levelSet', 2: 'levelSet', 5: 'levelSet' } },
    },
  ],
  id: () => [
    {
      ...PRICED,
      ...REAL,
      ...LAST,
      id: 'id',
      does: { field: 'action', is: { 0: 'put', 1: 'modify', 2: 'remove', 5: 'put' } },
    },
  ],
};

const FIGURES = {
  field: 'type',
  is: {
    3: 'indexValue',
    4: 'openingPrice',
    5: 'closePrice',
    6: 'settlementPrice',
    7: 'highPrice',
    8: 'lowPrice',
    9: 'vwap',
    B: 'volume',
    C: 'openInterest',
  },
} as const;

const rolesOf = (by: EntriesBy, depth: number): EventRoles => ({
  priceExponent: PRICE,
  sizeExponent: SIZE,
  ...(by === 'level' ? { depth } : {}),
  messages: {
    entries: [
      { each: 'entries', does: 'clear', when: { type: ['J'] }, ...LAST },
      ...(by === 'level'
        ? [{ each: 'entries', does: 'clear', when: { type: ['J'] }, implied: true, ...LAST } as const]
        : []),
      ...BOOK[by](depth),
      {
        ...PRICED,
        does: 'trade',
        id: 'id',
        when: { type: ['2'] },
        side: { field: 'aggressor', bid: ['1'], ask: ['2'] },
        ...LAST,
      },
      { ...PRICED, does: 'statistic', statistic: FIGURES, when: { type: Object.keys(FIGURES.is) }, ...LAST },
    ].map((rule) => ({ ...rule, time: 'time' }) as EventRule),
  },
});

/** `depth`: levels that a side has where they are numbered. */
export const marketDataTable = (by: EntriesBy, depth: number) =>
  defineDecoder({
    id: `fix-market-data-by-${by}`,
    venue: 'FIX',
    feed: 'Market data refreshes',
    version: '4.4',
    specification: 'FIX 4.4 with errata, volume 3: MarketDataSnapshotFullRefresh, MarketDataIncrementalRefresh',
    framing: 'venue-messages',
    byteOrder: 'little',
    header: { record: u8(0) },
    messageType: 'record',
    instrument: 'symbol',
    events: rolesOf(by, depth),
    messages: {
      entries: message(1, atLeast(ENTRIES_AT), {
        symbol: text(1, SYMBOL_BYTES),
        /** SendingTime, ns since 1970; 0: not told. */
        time: i64(33),
        n: u16(41),
        entries: group(ENTRIES_AT, 'n', ENTRY_BYTES, {
          /** MDEntryType. */
          type: char(0),
          /** MDUpdateAction. */
          action: u8(1),
          /** 1: nothing of the message comes after it. */
          last: u8(2),
          level: u8(3),
          price: i64(4, scaled(PRICE)).nullable(NOT_TOLD),
          size: i64(12, scaled(SIZE)).nullable(NOT_TOLD),
          orders: u32(20),
          /** Of an order: a number that stands for MDEntryID; of a trade: MDEntryID or TradeID, where it is a number. */
          id: u64(24),
          /** AggressorSide: 1 buy, 2 sell. */
          aggressor: char(32),
        }),
      }),
    },
  });
