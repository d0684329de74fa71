// Books that are saved at a random place and go on elsewhere end as those that were never stopped.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Books, type BooksOptions, openBooks } from '../../src/books/books.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { openFeed } from '../../src/feed/feed.js';
import { captureFile } from '../../src/patterns/index.js';
import { defineVenue } from '../../src/patterns/venue.js';
import { Random } from '../../src/simulator/random.js';
import { resolveVenue } from '../../src/venues/load.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

const FILES = {
  clean: { file: fixture('itch50-clean.pcap') },
  lossy: {
    file: fixture('itch50-ab-lossy.pcap'),
    lines: { A: '233.54.12.111:26477', B: '233.49.196.111:26477' },
  },
};

async function feedOf(capture: (typeof FILES)[keyof typeof FILES]) {
  const lines = 'lines' in capture ? { A: captureFile('a'), B: captureFile('b') } : { A: captureFile('a') };
  const venue = await resolveVenue(defineVenue({ name: 'day', decoder: itch50, framing: 'moldudp64', lines }));
  // Small, so that there are many batches to stop between.
  return openFeed(venue, { capture, ringBytes: 65_536 });
}

/** Everything that books say. */
function digest(books: Books): string {
  const hash = createHash('sha256');
  books.keys().forEach((key, number) => {
    hash.update(`${key} ${books.name(number)} ${JSON.stringify(books.top({ number }).stale)}\n`);
    for (const side of ['bid', 'ask'] as const) {
      for (const { price, size, orders } of books.depth({ number }, side)) {
        hash.update(`${side} ${price} ${size} ${orders} ${books.queue({ number }, side, price)}\n`);
      }
    }
  });
  const { operations, orders, levels, trades, unknownOrders } = books.counters();
  return hash.update(JSON.stringify({ operations, orders, levels, trades, unknownOrders })).digest('hex');
}

/** Takes batches until so many have been taken; a whole capture where `most` is not given. */
async function taken(capture: (typeof FILES)[keyof typeof FILES], options: BooksOptions = {}, most = Infinity) {
  const feed = await feedOf(capture);
  const books = openBooks(feed, options);
  let batches = 0;
  for await (const batch of feed) {
    books.take(batch);
    if (++batches >= most) break;
  }
  return { books, batches };
}

describe('a checkpoint', () => {
  it.each(Object.keys(FILES) as (keyof typeof FILES)[])(
    'at a random place of the %s capture, resumed from its beginning: the end is the same',
    async (name) => {
      const whole = await taken(FILES[name]);
      expect(whole.batches).toBeGreaterThan(2);
      const random = new Random(7);
      for (let seed = 0; seed < 8; seed++) {
        const most = 1 + random.below(whole.batches - 1);
        const { books: killed } = await taken(FILES[name], {}, most);
        const checkpoint = killed.checkpoint();
        const { books } = await taken(FILES[name], { checkpoint });
        expect(books.consistent(), `stopped after ${most} batches`).toBe(true);
        expect(digest(books), `stopped after ${most} batches`).toBe(digest(whole.books));
      }
    },
  );

  it('says what it was made from: the same books again', async () => {
    const { books } = await taken(FILES.clean);
    const checkpoint = books.checkpoint();
    const again = openBooks(await feedOf(FILES.clean), { checkpoint });
    expect(digest(again)).toBe(digest(books));
    expect(again.checkpoint()).toEqual(checkpoint);
  });

  it('that is damaged is refused, or is sound', async () => {
    const { books } = await taken(FILES.clean, {}, 2);
    const checkpoint = books.checkpoint();
    const random = new Random(3);
    let refused = 0;
    for (let i = 0; i < 80; i++) {
      const bytes = i % 4 === 0 ? checkpoint.slice(0, random.below(checkpoint.length)) : checkpoint.slice();
      if (bytes.length === checkpoint.length) bytes[random.below(bytes.length)] = random.below(256);
      try {
        expect(openBooks(await feedOf(FILES.clean), { checkpoint: bytes, instrumentsMax: 1000 }).consistent()).toBe(
          true,
        );
      } catch (error) {
        expect(error).toMatchObject({ code: 'VW_BOOK_CHECKPOINT' });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(20);
  });
});
