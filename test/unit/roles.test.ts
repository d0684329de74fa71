// What the ready tables say that their messages mean: sound, compiled, and said by a table that exists.
import { describe, expect, it } from 'vitest';
import { decoders } from '../../src/decoders/registry.js';
import { compileEvents } from '../../src/events/compile.js';
import {
  atLeast,
  char,
  defineDecoder,
  type EventRoles,
  group,
  message,
  price4,
  text,
  u8,
  u32,
  u64,
} from '../../src/layout/index.js';

const loaded = await Promise.all(decoders.map((entry) => entry.load()));

const table = (events: EventRoles) =>
  defineDecoder({
    id: 'roles-test',
    venue: 'Test',
    feed: 'Test',
    version: '1',
    specification: 'none',
    framing: 'moldudp64',
    byteOrder: 'big',
    header: { messageType: char(0) },
    messageType: 'messageType',
    instrument: 'stock',
    events,
    messages: {
      add: message('A', 26, {
        stock: text(1, 8),
        id: u64(9),
        side: char(17),
        price: u32(18, price4),
        size: u32(22),
      }),
      plain: message('P', 13, { raw: u32(1), rawSize: u32(5), time: u32(9) }),
      levels: message('L', atLeast(10), {
        stock: text(1, 8),
        n: u8(9),
        levels: group(10, 'n', 4, { price: u32(0, price4) }),
      }),
    },
  });
const ADD = { does: 'add', id: 'id', side: { field: 'side' }, price: 'price', size: 'size' } as const;
const roles = (messages: EventRoles['messages'], more: Partial<EventRoles> = {}): EventRoles => ({
  priceExponent: -4,
  ...more,
  messages,
});

describe('roles of the ready tables', () => {
  it.each(loaded.filter((decoder) => decoder.events !== undefined).map((decoder) => [decoder.id, decoder] as const))(
    '%s: compile',
    (_, decoder) => {
      const events = decoder.events as EventRoles;
      expect(Object.keys(events.messages).length).toBeGreaterThan(0);
      expect(compileEvents(decoder, events).length).toBeGreaterThan(0);
    },
  );
});

const SESSION = 'a session: logins, requests, replies and frames';
const SNAPSHOT = 'requests and frames: what a snapshot holds are segments of the feed, read by its own table';
/** Decoders without roles, and why. */
const WITHOUT: Readonly<Record<string, string>> = {
  'a2x-amd-snapshot-1.3.2': 'the orders of a snapshot tell no side',
  'aquis-amd-replay-4.1': SESSION,
  'fix-4.4-text': 'tag and value: fields have no place that a role could name',
  'iex-deep-plus-snap-1.05': SNAPSHOT,
  'iex-deep-snap-1.6': SNAPSHOT,
  'iex-tops-snap-1.6': SNAPSHOT,
  'jpx-flex-mbo-1.1': 'the issue stands in the header of the packet, whose fields no source gives the order of',
  'kraken-executions-2': 'one’s own orders: no market data',
  'nasdaq-glimpse-5.0': 'the end of a snapshot; its orders are messages of TotalView-ITCH',
  'nyse-openbook-ultra-2.1': 'price points stand in groups of groups, which no role reaches',
  'session-cboe-grp': SESSION,
  'session-cboe-spin': SESSION,
  'session-iex-gap-fill': SESSION,
  'session-lse-mitch': SESSION,
  'session-memx-tcp': SESSION,
  'session-miax-esesm': SESSION,
  'session-moldudp64': SESSION,
  'session-nyse-request-server': SESSION,
  'session-soupbintcp-3': SESSION,
};

describe('decoders without roles', () => {
  it('are those of the list, each for its reason', () => {
    const without = loaded.filter((decoder) => decoder.events === undefined).map((decoder) => decoder.id);
    expect(without.sort()).toEqual(Object.keys(WITHOUT).sort());
  });

  it('all others give events, and most a book', () => {
    const giving = decoders.filter((entry) => entry.gives.includes('events'));
    expect(giving).toHaveLength(decoders.length - Object.keys(WITHOUT).length);
    const books = giving.filter(({ gives }) => gives.some((kind) => kind !== 'events'));
    console.log(`${giving.length} of ${decoders.length} decoders give events, ${books.length} of them a book`);
  });
});

describe('roles that a table cannot have are refused where it is defined', () => {
  it.each<[string, EventRoles, RegExp]>([
    ['no such message', roles({ none: ADD }), /there is no such message/],
    ['no such field', roles({ add: { ...ADD, id: 'order' } }), /there is no field 'order'/],
    ['no such group', roles({ add: { ...ADD, each: 'levels' } }), /there is no group 'levels'/],
    ['no side', roles({ add: { ...ADD, side: undefined } as never }), /'add' has no side/],
    [
      'only one side',
      roles({ add: { ...ADD, side: { field: 'side', bid: ['B'], ask: [] } } }),
      /'side' says only one side/,
    ],
    [
      'one code for both sides',
      roles({ add: { ...ADD, side: { field: 'side', bid: ['B'], ask: ['B'] } } }),
      /a code of 'side' is both sides/,
    ],
    [
      'a code that does not fit',
      roles({ add: { ...ADD, side: { field: 'side', bid: ['BUY'], ask: ['SELL'] } } }),
      /'side' cannot have the code 'BUY'/,
    ],
    ['no size', roles({ add: { ...ADD, size: undefined } as never }), /'add' has no size/],
    ['no scale', roles({ add: { ...ADD, price: 'size' } }), /'size' has no scale/],
    ['too many decimals', roles({ add: ADD }, { priceExponent: -2 }), /has more decimals than the books/],
    ['no level number', roles({ add: { ...ADD, does: 'levelInsert' } }), /'levelInsert' has no level/],
    [
      'no instrument',
      roles({ plain: { does: 'trade', price: 'raw', size: 'rawSize', priceExponent: -4 } }),
      /'trade' has no instrument/,
    ],
    ['no new number', roles({ add: { ...ADD, does: 'replace' } }), /'replace' has no newId/],
  ])('%s', (_, events, fault) => {
    expect(() => table(events)).toThrow(fault);
  });

  it('shared roles leave out messages that a table does not have, others do not', () => {
    expect(Object.keys(table(roles({ add: ADD, none: ADD }, { shared: true })).events?.messages ?? {})).toEqual([
      'add',
    ]);
    expect(() => table(roles({ add: ADD, none: ADD }))).toThrow(/there is no such message/);
  });

  it('the first of several names that the message has is taken', () => {
    const sound = table(roles({ add: { ...ADD, id: ['orderNumber', 'id'] } }));
    expect(compileEvents(sound, sound.events as EventRoles)).toEqual(
      compileEvents(table(roles({ add: ADD })), roles({ add: ADD })),
    );
  });
});
