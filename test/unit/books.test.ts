import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { type BookSideName, type Books, openBooks, TopTable } from '../../src/books/books.js';
import { EVENT_ACTION, EVENT_ACTION_AT, EVENT_BYTES, EVENT_FLAGS_AT, EVENT_LAST } from '../../src/contract.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { compileEvents } from '../../src/events/compile.js';
import { openFeed } from '../../src/feed/open.js';
import { encode } from '../../src/layout/index.js';
import { captureFile } from '../../src/patterns/index.js';
import { defineVenue } from '../../src/patterns/venue.js';
import { ItchGenerator, VenueHistory, writeCapture } from '../../src/simulator/index.js';
import { resolveVenue } from '../../src/venues/load.js';
import { NativeSteps } from './native-books.js';

const GROUP = '233.54.12.111:26477';
const WORKERS = 3;
const CHANGES = 20_000n;

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

async function feedOf(file: string) {
  const venue = await resolveVenue(
    defineVenue({ name: 'day', decoder: itch50, framing: 'moldudp64', lines: { A: captureFile(file) } }),
  );
  return openFeed(venue, { capture: { file } });
}

async function booksOf(file: string): Promise<Books> {
  const feed = await feedOf(file);
  const books = openBooks(feed);
  for await (const batch of feed) books.take(batch);
  return books;
}

const everything = (books: Books) =>
  [...books.keys()]
    .map((key, number) => ({
      key,
      bids: books.depth({ number }, 'bid'),
      asks: books.depth({ number }, 'ask'),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));

/** What the generator itself keeps of its day: price to size and orders, by stock's number and side. */
function truthOf(generator: ItchGenerator) {
  const truth = new Map<string, Map<bigint, { size: bigint; orders: number }>>();
  generator.eachOpenOrder(({ stock, side, price, shares }) => {
    const key = `${stock + 1} ${side}`;
    const levels = truth.get(key) ?? new Map();
    truth.set(key, levels);
    const at = levels.get(BigInt(price)) ?? { size: 0n, orders: 0 };
    levels.set(BigInt(price), { size: at.size + BigInt(shares), orders: at.orders + 1 });
  });
  return truth;
}

describe('books of a generated day', () => {
  it('hold the orders, levels, total size and best prices that the generator itself keeps', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'venuewire-books-'));
    const file = join(folder, 'day.pcap');
    try {
      const generator = new ItchGenerator({
        seed: 3,
        symbols: 40,
        messages: 60_000,
        openOrders: 9_000,
        standingOrders: 8_000,
      });
      const packets: Uint8Array[] = [];
      writeCapture(VenueHistory.generate(generator), { seed: 3, lines: [GROUP] }, (bytes) =>
        packets.push(bytes.slice()),
      );
      writeFileSync(file, Buffer.concat(packets));
      const books = await booksOf(file);
      const truth = truthOf(generator);
      let [orders, levels, size] = [0, 0, 0n];
      for (const [key, of] of truth) {
        const [stock, side] = key.split(' ') as [string, BookSideName];
        const best = [...of].sort(([a], [b]) => Number(side === 'bid' ? b - a : a - b));
        const told = best.map(([price, { size: s, orders: n }]) => ({ price, size: s, orders: n }));
        expect(books.depth(BigInt(stock), side)).toEqual(told);
        expect(books.top(BigInt(stock))[side]).toEqual(told[0]);
        levels += of.size;
        for (const l of told) {
          orders += l.orders;
          size += l.size;
        }
      }
      expect(orders).toBeGreaterThan(8_000);
      expect(books.counters()).toMatchObject({ orders, levels, unknownOrders: 0, crossed: 0 });
      expect(books.size()).toBe(size);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('books of a capture', () => {
  it('hold what the messages built up, and their sums agree', async () => {
    const books = await booksOf(fixture('itch50-clean.pcap'));
    expect(books.consistent()).toBe(true);
    expect(books.counters()).toMatchObject({ unknownOrders: 0, duplicateOrders: 0, overfilled: 0, malformed: 0 });
    expect(books.instruments).toBeGreaterThan(0);
    const number = everything(books).findIndex((b) => b.bids.length > 0);
    const key = everything(books)[number]?.key as bigint;
    const best = books.depth(key, 'bid')[0];
    expect(books.top(key).bid).toEqual(best);
    expect(books.queue(key, 'bid', best?.price as bigint)).toHaveLength(best?.orders as number);
  });

  it('are found by the symbol that the venue has told, and print without their memory', async () => {
    const books = await booksOf(fixture('itch50-clean.pcap'));
    const names = Array.from({ length: books.instruments }, (_, number) => books.name(number));
    expect(names).toContain('ZAAB');
    for (const [number, name] of names.entries()) {
      expect(books.numberOf(name)).toBe(number);
      expect(books.top(name)).toEqual(books.top({ number }));
      expect(books.depth(name, 'bid')).toEqual(books.depth({ number }, 'bid'));
    }
    expect([books.numberOf('NOSUCH'), books.top('NOSUCH').bid]).toEqual([-1, undefined]);
    expect(inspect(books)).toMatch(/^Books \{[\s\S]*counters: /);
    expect(inspect(books).length).toBeLessThan(1000);
    expect(JSON.parse(JSON.stringify(books))).toMatchObject({ instruments: names.length });
  });

  it('say that they are stale where messages are lost for good', async () => {
    const lossy = await openFeed(
      await resolveVenue(
        defineVenue({
          name: 'day',
          decoder: itch50,
          framing: 'moldudp64',
          lines: { A: captureFile('a'), B: captureFile('b') },
        }),
      ),
      {
        capture: {
          file: fixture('itch50-ab-lossy.pcap'),
          lines: { A: '233.54.12.111:26477', B: '233.49.196.111:26477' },
        },
      },
    );
    const books = openBooks(lossy);
    for await (const batch of lossy) books.take(batch);
    expect(lossy.statistics().ledger.abandoned).toBeGreaterThan(0n);
    const states = [...books.keys()].map((_, number) => books.top({ number }).stale);
    expect(new Set(states)).toEqual(new Set([true]));
    expect(books.consistent()).toBe(true);
  });

  it('show best prices to another reader through shared memory', async () => {
    const books = await booksOf(fixture('itch50-clean.pcap'));
    const table = new TopTable(books.tops);
    for (let number = 0; number < books.instruments; number++) {
      expect(table.read(number)).toEqual(books.top({ number }));
    }
  });

  // Each order is three times as large as its price, and one at a time is on its side: what a reader sees is an order, or
  // none, and never half of one and half of the next.
  it('show several workers whole prices while they are written', async () => {
    const steps = new NativeSteps(itch50, 4);
    const stop = new Int32Array(new SharedArrayBuffer(8));
    const text = `
      const { workerData: { url, tops, stop }, parentPort } = require('node:worker_threads');
      import(url).then(({ TopTable }) => {
        const table = new TopTable(tops);
        let reads = 0, torn = 0, seen = new Set();
        Atomics.add(stop, 1, 1);
        while (Atomics.load(stop, 0) === 0 || seen.size < 2) {
          const { bid } = table.read(0);
          if (bid !== undefined) {
            if (bid.size !== bid.price * 3n || bid.orders !== 1) torn++;
            if (seen.size < 2) seen.add(bid.price);
          }
          reads++;
        }
        parentPort.postMessage({ reads, torn });
      });`;
    const url = new URL('../../dist/books/index.js', import.meta.url).href;
    const readers = Array.from({ length: WORKERS }, () => {
      const worker = new Worker(text, { eval: true, workerData: { url, tops: steps.tops, stop } });
      return new Promise<{ reads: number; torn: number }>((resolve, reject) =>
        worker.once('message', resolve).once('error', reject),
      );
    });
    const all = Promise.all(readers);
    let done: { reads: number; torn: number }[] | undefined;
    void all.then((results) => {
      done = results;
    });
    const [add, remove] = [itch50.names.indexOf('addOrder'), itch50.names.indexOf('orderDelete')];
    for (let order = 1n; done === undefined; order++) {
      const price = 1_000 + Number(order % 997n);
      const common = { stockLocate: 1, orderReferenceNumber: order };
      steps.take(
        add,
        encode(itch50, 'addOrder', { ...common, buySellIndicator: 'B', shares: price * 3, stock: 'A', price }),
      );
      // Some are left for a while, so that every reader meets them.
      if (order % 4n === 0n) await new Promise<void>((resolve) => setImmediate(resolve));
      steps.take(remove, encode(itch50, 'orderDelete', common));
      if (order >= CHANGES && Atomics.load(stop, 1) === WORKERS) Atomics.store(stop, 0, 1);
    }
    for (const { reads, torn } of done as { reads: number; torn: number }[]) {
      expect(torn).toBe(0);
      expect(reads).toBeGreaterThan(0);
    }
  });

  it('give an event for everything that they do, ended by the flag "last"', async () => {
    const feed = await feedOf(fixture('itch50-clean.pcap'));
    const books = openBooks(feed);
    const actions = new Map<string, number>();
    let last = 0;
    for await (const batch of feed) {
      books.takeEvents(batch, (records, count) => {
        for (let i = 0; i < count; i++) {
          const action = EVENT_ACTION[records[i * EVENT_BYTES + EVENT_ACTION_AT] as number] as string;
          actions.set(action, (actions.get(action) ?? 0) + 1);
          if (((records[i * EVENT_BYTES + EVENT_FLAGS_AT] as number) & EVENT_LAST) !== 0) last++;
        }
      });
    }
    expect(actions.get('add')).toBeGreaterThan(0);
    expect(actions.get('fill')).toBeGreaterThan(0);
    expect((actions.get('cancel') ?? 0) >= (actions.get('fill') ?? 0)).toBe(true);
    expect(last).toBeGreaterThan(0);
  });
});

describe('roles', () => {
  const withRoles = (messages: object) => () => compileEvents(itch50, { priceExponent: -4, messages } as never);

  it.each([
    ['a message that is not there', { nothing: { does: 'add' } }, /nothing.*no such message/],
    ['a field that is not there', { addOrder: { does: 'add', id: 'reference' } }, /no field 'reference'/],
    ['a group that is not there', { addOrder: { does: 'add', each: 'orders' } }, /no group 'orders'/],
    ['a code that is none', { addOrder: { does: 'add', when: { shares: ['x'] } } }, /'x' is no value of 'shares'/],
  ])('that name %s are refused', (_, messages, says) => {
    expect(withRoles(messages)).toThrow(
      expect.objectContaining({ code: 'VW_LAYOUT_ROLE', message: expect.stringMatching(says) }),
    );
  });

  it('with fewer decimals than a field has are refused', () => {
    const compile = () =>
      compileEvents(itch50, { priceExponent: -2, messages: { addOrder: { does: 'add', price: 'price' } } });
    expect(compile).toThrow(/more decimals/);
  });
});
