// Books that are saved at a random place and go on elsewhere end as those that were never stopped.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Books, type BooksOptions, openBooks } from '../../src/books/books.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { openFeed } from '../../src/feed/open.js';
import { captureFile } from '../../src/patterns/index.js';
import { defineVenue } from '../../src/patterns/venue.js';
import { ItchGenerator } from '../../src/simulator/itch-generator.js';
import { Random } from '../../src/simulator/random.js';
import { resolveVenue } from '../../src/venues/load.js';
import { NativeSteps } from './native-books.js';

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

/** `npm run test:books` has 1,000: a tenth of its seeds, for each makes books three times. */
const SEEDS = Math.ceil(Number(process.env.VENUEWIRE_BOOK_SEEDS ?? 250) / 10);
const MESSAGES = 600;

/** A generated day, message by message. */
function dayOf(seed: number): readonly (readonly [type: number, bytes: Uint8Array])[] {
  const generator = new ItchGenerator({ seed, symbols: 5, messages: MESSAGES, openOrders: 60 });
  const block = new Uint8Array(64);
  return Array.from({ length: MESSAGES }, () => {
    const bytes = block.slice(0, generator.writeInto(block, 0));
    return [itch50.messageIndex(new DataView(bytes.buffer), 0, bytes.length), bytes] as const;
  });
}

describe('books killed at a random event', () => {
  it(`and resumed from their checkpoint end as those that never stopped (${SEEDS} seeds)`, () => {
    let restoredNs = 0;
    let bytes = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const day = dayOf(seed);
      const random = new Random(seed);
      const killedAt = random.below(MESSAGES + 1);
      // What was behind the checkpoint is lost with the process; what comes again begins somewhere before its end.
      const savedAt = random.below(killedAt + 1);
      const from = random.below(savedAt + 1);
      const whole = new NativeSteps(itch50, 64);
      for (const [type, message] of day) whole.take(type, message);
      const killed = new NativeSteps(itch50, 64);
      let checkpoint: Uint8Array | undefined;
      for (let i = 0; i <= killedAt; i++) {
        if (i === savedAt) checkpoint = killed.save();
        const [type, message] = day[i] ?? [-1, undefined];
        if (i < killedAt && message !== undefined) killed.take(type, message);
      }
      const resumed = new NativeSteps(itch50, 64);
      const started = process.hrtime.bigint();
      expect(resumed.load(checkpoint as Uint8Array)).toBe(true);
      restoredNs += Number(process.hrtime.bigint() - started);
      bytes += (checkpoint as Uint8Array).length;
      resumed.next(from);
      for (const [type, message] of day.slice(from)) resumed.take(type, message);
      expect({ seed, killedAt, savedAt, from, text: resumed.text() }).toEqual({
        seed,
        killedAt,
        savedAt,
        from,
        text: whole.text(),
      });
      expect(resumed.consistent()).toBe(true);
    }
    const mean = (sum: number) => (sum / SEEDS / 1e3).toFixed(1);
    console.log(`${SEEDS} checkpoints of ${mean(bytes)} kB loaded in ${mean(restoredNs)} µs each`);
  }, 1_200_000);
});

describe('a checkpoint', () => {
  it.each(Object.keys(FILES) as (keyof typeof FILES)[])(
    'at a random place of the %s capture, resumed from its beginning: the end is the same',
    async (name) => {
      const whole = await taken(FILES[name]);
      expect(whole.batches).toBeGreaterThan(1);
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
