// The native books against a deliberately simple one, after every message of random streams: legal ones and ones that
// delete what is not there, execute more than is open, use numbers twice, replace in chains, and delete levels from N on.
import { describe, expect, it } from 'vitest';
import { IMPLIED } from '../../src/books/books.js';
import {
  atLeast,
  char,
  type Decoder,
  defineDecoder,
  type EventRoles,
  encode,
  group,
  i64,
  message,
  price4,
  u8,
  u16,
  u32,
  u64,
} from '../../src/layout/index.js';
import { NativeSteps } from './native-books.js';
import { type Plain, Reading, ReferenceBooks } from './reference-book.js';

/** Seeds of this run: `npm run test:books` takes 10,000. */
const SEEDS = Number(process.env.VENUEWIRE_BOOK_SEEDS ?? 1_000);
const FIRST = Number(process.env.VENUEWIRE_BOOK_SEED ?? 1);
const MESSAGES = 60;
const BATCH = 100;

const SIDE = { field: 'side' } as const;
const ORDER = { id: 'id', side: SIDE } as const;
const WHOLE = { ...ORDER, price: 'price', size: 'size' } as const;
const FIELDS = {
  instrument: u16(1),
  side: char(3),
  id: u64(4),
  newId: u64(12),
  price: i64(20, price4).nullable(-0x8000_0000_0000_0000n),
  size: u32(28).nullable(0xffff_ffff),
  remaining: u32(32).nullable(0xffff_ffff),
  place: u16(36),
};
const ROLES: EventRoles = {
  priceExponent: -5,
  messages: {
    add: { ...WHOLE, does: 'add' },
    put: { ...WHOLE, does: 'put' },
    modify: { ...WHOLE, does: 'modify' },
    modifyKeeps: { ...WHOLE, does: 'modify', keepsPlace: true },
    reduce: { ...ORDER, does: 'reduce', size: 'size' },
    execute: { ...ORDER, does: 'execute', size: 'size', price: 'price', atPrice: true },
    executeTells: { ...ORDER, does: 'execute', size: 'size', remaining: 'remaining' },
    setSize: { ...ORDER, does: 'setSize', size: 'size' },
    remove: { ...ORDER, does: 'remove' },
    removeIfKnown: { ...ORDER, does: 'remove', ifKnown: true },
    replace: { ...WHOLE, does: 'replace', newId: 'newId' },
    replaceWithAnother: [
      { ...ORDER, does: 'remove' },
      { ...WHOLE, does: 'put', id: 'newId' },
    ],
    clear: { does: 'clear' },
    clearSide: { does: 'clear', side: SIDE },
    removeFrom: { does: 'removeFrom', side: SIDE, place: 'place' },
    removeThrough: { does: 'removeThrough', side: SIDE, place: 'place' },
    trade: { does: 'trade', price: 'price', size: 'size' },
  },
};
const orders = (scope: EventRoles['orders'] & {}): Decoder =>
  defineDecoder({
    id: `random-orders-${scope}`,
    venue: 'Test',
    feed: 'Test',
    version: '1',
    specification: 'none',
    framing: 'moldudp64',
    byteOrder: 'big',
    header: { type: char(0) },
    messageType: 'type',
    instrument: 'instrument',
    events: { ...ROLES, orders: scope },
    messages: Object.fromEntries(
      Object.keys(ROLES.messages).map((name, i) => [name, message(String.fromCharCode(65 + i), 38, FIELDS)]),
    ),
  }) as unknown as Decoder;

const ACTION = {
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
const ENTRY = {
  each: 'entries',
  level: 'level',
  price: 'price',
  size: 'size',
  orders: 'orders',
  does: ACTION,
} as const;
const PRICED = { price: 'price', size: 'size', orders: 'orders' } as const;
const entries = (at: number) =>
  group(at, 'n', 17, {
    action: u8(0),
    kind: char(1),
    level: u8(2),
    price: i64(3, price4),
    size: u32(11),
    orders: u16(15),
  });
const levels: Decoder = defineDecoder({
  id: 'random-levels',
  venue: 'Test',
  feed: 'Test',
  version: '1',
  specification: 'none',
  framing: 'moldudp64',
  byteOrder: 'big',
  header: { type: char(0) },
  messageType: 'type',
  instrument: 'instrument',
  events: {
    priceExponent: -4,
    depth: 5,
    messages: {
      numbered: [
        { ...ENTRY, side: { field: 'kind' }, when: { kind: ['B', 'S'] } },
        {
          ...ENTRY,
          side: { field: 'kind', bid: ['E'], ask: ['F'] },
          when: { kind: ['E', 'F'] },
          implied: true,
          depth: 2,
        },
        { each: 'entries', does: 'clear', when: { kind: ['J'] } },
        { each: 'entries', does: 'clear', when: { kind: ['J'] }, implied: true },
      ],
      byPrice: { ...PRICED, each: 'entries', does: 'levelSet', side: { field: 'kind' }, when: { kind: ['B', 'S'] } },
      quote: { ...PRICED, each: 'entries', does: 'quote', side: { field: 'kind' }, when: { kind: ['B', 'S'] } },
    },
  },
  messages: {
    numbered: message('N', atLeast(4), { instrument: u16(1), n: u8(3), entries: entries(4) }),
    byPrice: message('P', atLeast(4), { instrument: u16(1), n: u8(3), entries: entries(4) }),
    quote: message('Q', atLeast(4), { instrument: u16(1), n: u8(3), entries: entries(4) }),
  },
}) as unknown as Decoder;

/** Small and fast, the same everywhere (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * below);
  };
}

const INSTRUMENTS = 3;
type Message = readonly [name: string, fields: Plain];

/** Mostly additions, so that there is something to be wrong about. */
function anyOrder(next: (below: number) => number, names: readonly string[]): Message {
  const usual = ['add', 'add', 'add', 'put', 'reduce', 'execute', 'remove', 'replace'];
  const name = next(2) === 0 ? (usual[next(usual.length)] as string) : (names[next(names.length)] as string);
  const quiet = name.startsWith('clear') && next(6) !== 0;
  return [
    quiet ? 'add' : name,
    {
      instrument: name.startsWith('modify') ? 1 : 1 + next(INSTRUMENTS),
      side: next(25) === 0 ? ' ' : next(2) === 0 ? 'B' : 'S',
      id: BigInt(1 + next(40)),
      newId: BigInt(1 + next(40)),
      price: next(name.startsWith('modify') ? 2 : 25) === 0 ? null : BigInt(next(12) - 3),
      size: next(25) === 0 ? null : next(15) === 0 ? 0 : 1 + next(40),
      remaining: next(3) === 0 ? null : next(40),
      place: next(8),
    },
  ];
}

function anyLevels(next: (below: number) => number): Message {
  const name = (['numbered', 'numbered', 'byPrice', 'quote'] as const)[next(4)] as string;
  // Numbered levels and levels by price are kinds of feed, not of message: each has instruments of its own.
  const instrument = (name === 'numbered' ? 1 : name === 'byPrice' ? 10 : 20) + next(2);
  const n = 1 + next(4);
  return [
    name,
    {
      instrument,
      n,
      entries: Array.from({ length: n }, () => ({
        action: next(6),
        kind: next(30) === 0 ? 'J' : (['B', 'S', 'B', 'S', 'E', 'F'] as const)[next(6)],
        level: next(8),
        price: BigInt(next(12) - 3),
        size: next(6) === 0 ? 0 : 1 + next(40),
        orders: next(4),
      })),
    },
  ];
}

const ORDER_KEYS = [1n, 2n, 3n];
const LEVEL_KEYS = [1n, 2n, 10n, 11n, 20n, 21n, 1n | IMPLIED, 2n | IMPLIED];

/** Every book is emptied: one memory serves many seeds. */
function empty(decoder: Decoder, native: NativeSteps): void {
  for (const instrument of decoder === levels ? [1, 2, 10, 11, 20, 21] : [1, 2, 3]) {
    const [name, fields] =
      decoder === levels
        ? [
            'numbered',
            { instrument, n: 1, entries: [{ action: 0, kind: 'J', level: 1, price: 0n, size: 0, orders: 0 }] },
          ]
        : ['clear', { instrument }];
    native.take(decoder.indexOf(name as string), encode(decoder, name as string, fields as never));
  }
}

function play(decoder: Decoder, native: NativeSteps, seed: number): void {
  const next = random(seed);
  const roles = decoder.events as EventRoles;
  empty(decoder, native);
  const before = native.counters();
  const reading = new Reading(decoder);
  const plain = new ReferenceBooks(roles.orders, roles.depth);
  for (let i = 0; i < MESSAGES; i++) {
    const [name, fields] = decoder === levels ? anyLevels(next) : anyOrder(next, decoder.names);
    const bytes = encode(decoder, name, fields as never);
    native.take(decoder.indexOf(name), bytes);
    for (const op of reading.of(name, decoder.decode(bytes).fields as unknown as Plain)) plain.apply(op);
    for (const key of decoder === levels ? LEVEL_KEYS : ORDER_KEYS) {
      for (const side of ['bid', 'ask'] as const) {
        const meant = plain.rows(key, side);
        const told = native.rows(key, side);
        if (!same(told, meant)) expect({ seed, message: i, name, fields, key, side, told }).toEqual({ told: meant });
        if (decoder === levels) continue;
        const queue = plain.queue(key, side).map((o) => o.id);
        const inOrder = meant.flatMap(([price]) => native.queue(key, side, price));
        if (!inOrder.every((id, k) => id === queue[k]))
          expect({ seed, message: i, name, fields, inOrder }).toEqual({ queue });
      }
    }
  }
  const after = native.counters();
  const counted = {
    unknownOrders: after.unknownOrders - before.unknownOrders,
    duplicateOrders: after.duplicateOrders - before.duplicateOrders,
    overfilled: after.overfilled - before.overfilled,
  };
  expect({ seed, ...counted }).toEqual({
    seed,
    unknownOrders: plain.unknownOrders,
    duplicateOrders: plain.duplicateOrders,
    overfilled: plain.overfilled,
  });
  expect(native.consistent()).toBe(true);
}

const same = (a: readonly (readonly unknown[])[], b: readonly (readonly unknown[])[]): boolean =>
  a.length === b.length && a.every((row, i) => row.every((value, k) => value === b[i]?.[k]));

const BATCHES = Array.from({ length: Math.ceil(SEEDS / BATCH) }, (_, i) => [
  FIRST + i * BATCH,
  Math.min(FIRST + (i + 1) * BATCH, FIRST + SEEDS) - 1,
]);

/** Which orders and which levels, by seed. */
const KINDS: readonly Decoder[] = [orders('all'), orders('instrument'), orders('instrumentAndSide'), levels];

const NATIVES = KINDS.map((decoder) => new NativeSteps(decoder, 32));

describe('after every message of random streams the native books are those of a simple book', () => {
  it.each(BATCHES)('seeds %i to %i', (first, last) => {
    for (let seed = first as number; seed <= (last as number); seed++) {
      const kind = seed % KINDS.length;
      play(KINDS[kind] as Decoder, NATIVES[kind] as NativeSteps, seed);
    }
  });
});
