// Facts about venues that books rest on, each as the words of roles say it.
import { describe, expect, it } from 'vitest';
import {
  char,
  type Decoder,
  defineDecoder,
  type EventRoles,
  encode,
  i64,
  message,
  scaledBy,
  u8,
  u16,
  u32,
  u64,
} from '../../src/layout/index.js';
import { NativeSteps } from './native-books.js';

const ORDER = {
  instrument: u16(1),
  id: u64(3),
  side: char(11),
  price: i64(12, scaledBy('decimals')),
  size: u32(20),
  decimals: u8(24),
};
const ADD = { does: 'add', id: 'id', side: { field: 'side' }, price: 'price', size: 'size' } as const;
const decoder = (roles: EventRoles): Decoder =>
  defineDecoder({
    id: 'facts',
    venue: 'Test',
    feed: 'Test',
    version: '1',
    specification: 'none',
    framing: 'moldudp64',
    byteOrder: 'big',
    header: { type: char(0) },
    messageType: 'type',
    instrument: 'instrument',
    events: roles,
    messages: {
      add: message('A', 25, ORDER),
      trade: message('T', 25, ORDER),
      define: message('D', 5, { instrument: u16(1), decimals: u8(3), tradeDecimals: u8(4) }),
      bundle: message('B', 2, { bound: char(1) }),
      short: message('S', 21, { id: u64(1), price: i64(9), size: u32(17) }),
    },
  }) as unknown as Decoder;

type Fields = Readonly<Record<string, unknown>>;
function play(roles: EventRoles, messages: readonly (readonly [string, Fields])[]) {
  const table = decoder(roles);
  const books = new NativeSteps(table, 16);
  const events = messages.map(([name, fields]) =>
    books.events(table.indexOf(name), encode(table, name, fields as never)),
  );
  return { books, events };
}
const order = (id: bigint, side: string, price: bigint, size: number, decimals = 0): Fields => ({
  instrument: 7,
  id,
  side,
  price,
  size,
  decimals,
});

describe('what books rest on', () => {
  it('a trade takes away the order that has its number, whatever the quantities; one of no known order leaves the book alone', () => {
    const roles: EventRoles = {
      priceExponent: 'instrument',
      messages: {
        add: ADD,
        trade: [
          { does: 'remove', id: 'id', ifKnown: true },
          { does: 'trade', id: 'id', price: 'price', size: 'size' },
        ],
      },
    };
    const { books } = play(roles, [
      ['add', order(1n, 'B', 10n, 5)],
      ['add', order(2n, 'B', 10n, 3)],
      ['trade', order(1n, 'S', 10n, 1)],
      ['trade', order(9n, 'S', 10n, 1)],
    ]);
    expect(books.rows(7n, 'bid')).toEqual([[10n, 3n, 1]]);
    expect(books.counters()).toMatchObject({ unknownOrders: 0, trades: 2 });
  });

  it('an iceberg that comes back under a new number stands at the end of the queue', () => {
    const { books } = play(
      { priceExponent: 'instrument', messages: { add: ADD, trade: { does: 'remove', id: 'id' } } },
      [
        ['add', order(1n, 'S', 10n, 5)],
        ['add', order(2n, 'S', 10n, 5)],
        ['trade', order(1n, 'S', 10n, 5)],
        ['add', order(3n, 'S', 10n, 5)],
      ],
    );
    expect(books.queue(7n, 'ask', 10n)).toEqual([2n, 3n]);
  });

  it('scales come with the instrument, and prints may have one of their own', () => {
    const { events } = play(
      {
        priceExponent: 'instrument',
        messages: {
          define: {
            does: 'define',
            instrumentExponent: { decimals: 'decimals' },
            tradeExponent: { decimals: 'tradeDecimals' },
          },
          add: ADD,
          trade: { does: 'trade', price: 'price', size: 'size' },
        },
      },
      [
        ['add', order(1n, 'B', 10n, 5)],
        ['define', { instrument: 7, decimals: 2, tradeDecimals: 4 }],
        ['add', order(2n, 'B', 10n, 5)],
        ['trade', order(0n, 'B', 10n, 5)],
      ],
    );
    expect(events.map(([e]) => e?.priceExponent)).toEqual([127, -2, -2, -4]);
  });

  it('scales that differ from message to message meet in one book', () => {
    const { books } = play(
      { priceExponent: -4, messages: { add: { ...ADD, priceExponent: { decimals: 'decimals' } } } },
      [
        ['add', order(1n, 'B', 1324n, 1, 1)],
        ['add', order(2n, 'B', 13_240n, 2, 2)],
        ['add', order(3n, 'B', 13_243n, 4, 2)],
      ],
    );
    expect(books.rows(7n, 'bid')).toEqual([
      [1_324_300n, 4n, 1],
      [1_324_000n, 3n, 2],
    ]);
  });

  it('an event of many messages ends once, and books are looked at then', () => {
    const { books, events } = play(
      {
        priceExponent: 'instrument',
        messages: {
          add: ADD,
          trade: { does: 'remove', id: 'id' },
          bundle: [
            { does: 'none', event: 'begins', when: { bound: ['S'] } },
            { does: 'none', event: 'ends', when: { bound: ['E'] } },
          ],
        },
      },
      [
        ['bundle', { bound: 'S' }],
        ['add', order(1n, 'B', 10n, 5)],
        ['add', order(2n, 'S', 9n, 5)],
        ['trade', order(1n, 'B', 10n, 5)],
        ['bundle', { bound: 'E' }],
        ['add', order(3n, 'B', 11n, 5)],
      ],
    );
    expect(events.flat().map((e) => e.last)).toEqual([false, false, false, true]);
    expect(books.counters()).toMatchObject({ crossed: 1, events: 2 });
  });

  it('a short message is of the instrument and side of the one before it', () => {
    const { books } = play(
      {
        priceExponent: 'instrument',
        messages: { add: ADD, short: { does: 'put', id: 'id', price: 'price', size: 'size', follows: true } },
      },
      [
        ['add', order(1n, 'S', 10n, 5)],
        ['short', { id: 2n, price: 11n, size: 6 }],
      ],
    );
    expect(books.rows(7n, 'ask')).toEqual([
      [10n, 5n, 1],
      [11n, 6n, 1],
    ]);
  });
});
