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
