import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type BookLevel, type BookSideName, type Books, openBooks, type TopOfBook } from '../../src/books/books.js';
import { BookChanges, TopChanges } from '../../src/books/changes.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { openFeed } from '../../src/feed/open.js';
import { captureFile } from '../../src/patterns/index.js';
import { defineVenue } from '../../src/patterns/venue.js';
import { ItchGenerator, VenueHistory, writeCapture } from '../../src/simulator/index.js';
import { resolveVenue } from '../../src/venues/load.js';

const GROUP = '233.54.12.111:26477';
const DEPTH = 5;
/** Batches from a look of the slow reader to its next one. The ring is small, so that a day has many. */
const SLOW = 3;
const SIDES: readonly BookSideName[] = ['bid', 'ask'];

const LOSSY = { A: GROUP, B: '233.49.196.111:26477' };
const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

async function feedOf(file: string, addresses: Readonly<Record<string, string>> = { A: GROUP }) {
  const lines = Object.fromEntries(Object.keys(addresses).map((line) => [line, captureFile(file)]));
  const venue = await resolveVenue(defineVenue({ name: 'day', decoder: itch50, framing: 'moldudp64', lines }));
  return openFeed(venue, { capture: { file, lines: addresses }, ringBytes: 65_536 });
}

/** What a reader has that knows nothing but the changes. */
class Reader {
  readonly levels = new Map<string, Map<bigint, BookLevel>>();
  readonly state = new Map<number, { stale: boolean; crossed: boolean }>();
  readonly tops = new Map<number, TopOfBook>();
  readonly topChanges = new Map<number, number>();
  updates = 0;
  takes = 0;
  readonly #changes: BookChanges;
  readonly #tops: TopChanges;

  constructor(readonly books: Books) {
    this.#changes = new BookChanges(books, { depth: DEPTH });
    this.#tops = new TopChanges(books.tops);
  }

  take(): void {
    this.takes++;
    const once = new Set<number>();
    for (const { number, levels, stale, crossed, updates } of this.#changes.take()) {
      expect(once.has(number)).toBe(false);
      once.add(number);
      this.updates += updates;
      this.state.set(number, { stale, crossed });
      for (const { side, ...level } of levels) {
        const of = this.levels.get(`${number} ${side}`) ?? new Map<bigint, BookLevel>();
        this.levels.set(`${number} ${side}`, of);
        if (level.size === 0n) expect(of.delete(level.price)).toBe(true);
        else of.set(level.price, level);
      }
    }
    for (const { number, changes, ...top } of this.#tops.take()) {
      this.tops.set(number, top);
      this.topChanges.set(number, (this.topChanges.get(number) ?? 0) + changes);
    }
  }

  side(number: number, side: BookSideName): BookLevel[] {
    const levels = [...(this.levels.get(`${number} ${side}`)?.values() ?? [])];
    return levels.sort((a, b) => Number(side === 'bid' ? b.price - a.price : a.price - b.price));
  }

  /** It has what the books have. */
  check(): void {
    for (let number = 0; number < this.books.instruments; number++) {
      for (const side of SIDES) expect(this.side(number, side)).toEqual(this.books.depth({ number }, side, DEPTH));
      const top = this.books.top({ number });
      const none = { bid: undefined, ask: undefined, stale: false, crossed: false };
      expect(this.tops.get(number) ?? none).toEqual(top);
      expect(this.state.get(number) ?? { stale: false, crossed: false }).toEqual({
        stale: top.stale,
        crossed: top.crossed,
      });
    }
  }
}

/** A quick reader, one that looks now and then, and one that looks at the end alone. */
async function readers(file: string, addresses?: Readonly<Record<string, string>>) {
  let batches = 0;
  const feed = await feedOf(file, addresses);
  const books = openBooks(feed);
  const [quick, slow, last] = [new Reader(books), new Reader(books), new Reader(books)];
  for await (const batch of feed) {
    books.take(batch);
    quick.take();
    quick.check();
    if (batches++ % SLOW !== 0) continue;
    slow.take();
    slow.check();
  }
  for (const reader of [slow, last]) {
    reader.take();
    reader.check();
  }
  return { books, quick, slow, last };
}

describe('changes of books', () => {
  it.each([1, 2])('give each reader the book, however seldom it looks (seed %i)', async (seed) => {
    const folder = mkdtempSync(join(tmpdir(), 'venuewire-changes-'));
    try {
      const file = join(folder, 'day.pcap');
      const generator = new ItchGenerator({ seed, symbols: 12, messages: 20_000, openOrders: 1_000 });
      const packets: Uint8Array[] = [];
      writeCapture(VenueHistory.generate(generator), { seed, lines: [GROUP] }, (bytes) => packets.push(bytes.slice()));
      writeFileSync(file, Buffer.concat(packets));
      const { quick, slow, last } = await readers(file);
      expect(quick.takes).toBeGreaterThan(slow.takes);
      expect(slow.takes).toBeGreaterThan(last.takes);
      // Nothing that was passed over is uncounted.
      expect(slow.updates).toBe(quick.updates);
      expect(last.updates).toBe(quick.updates);
      expect(last.topChanges).toEqual(quick.topChanges);
      // And it is the book: the generator's own open orders say so.
      const best = new Map<string, number>();
      generator.eachOpenOrder(({ stock, side, price }) => {
        const at = best.get(`${stock + 1} ${side}`);
        if (at === undefined || (side === 'bid' ? price > at : price < at)) best.set(`${stock + 1} ${side}`, price);
      });
      const said = [...last.books.keys()].flatMap((key, number) =>
        SIDES.flatMap((side) =>
          last
            .side(number, side)
            .slice(0, 1)
            .map((l) => [`${key} ${side}`, Number(l.price)] as const),
        ),
      );
      expect(new Map(said)).toEqual(best);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('say that a book is stale, and follow it through losses', async () => {
    const { slow } = await readers(fixture('itch50-ab-lossy.pcap'), LOSSY);
    expect([...slow.state.values()].some(({ stale }) => stale)).toBe(true);
  });

  it.each([0, 1.5, Number.NaN])('refuse a depth of %d', async (depth) => {
    const feed = await feedOf(fixture('itch50-clean.pcap'));
    const books = openBooks(feed);
    feed.close();
    expect(() => new BookChanges(books, { depth })).toThrow(expect.objectContaining({ code: 'VW_OPTION' }));
  });
});
