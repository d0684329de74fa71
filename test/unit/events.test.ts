import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openBooks } from '../../src/books/books.js';
import { EVENT_BYTES } from '../../src/contract.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { EVENT_SCHEMA, type EventObject, EventView } from '../../src/events/index.js';
import type { FeedOptions } from '../../src/feed/feed.js';
import { openFeed } from '../../src/feed/open.js';
import { captureFile } from '../../src/patterns/index.js';
import { defineVenue } from '../../src/patterns/venue.js';
import { resolveVenue } from '../../src/venues/load.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const CLEAN = { capture: { file: fixture('itch50-clean.pcap') } };
const LOSSY = {
  capture: {
    file: fixture('itch50-ab-lossy.pcap'),
    lines: { A: '233.54.12.111:26477', B: '233.49.196.111:26477' },
  },
};

const venue = () =>
  resolveVenue(
    defineVenue({
      name: 'day',
      decoder: itch50,
      framing: 'moldudp64',
      lines: { A: captureFile('a'), B: captureFile('b') },
    }),
  );
const clean = () =>
  resolveVenue(defineVenue({ name: 'day', decoder: itch50, framing: 'moldudp64', lines: { A: captureFile('a') } }));

/** What one object takes of all kinds, in order. */
function collector(into: (event: EventObject) => void) {
  const take = (event: EventView) => into(event.toObject());
  return { order: take, level: take, trade: take, quote: take, status: take, definition: take, imbalance: take };
}

/** The same events by the other way: records of batches. */
async function recorded(options: FeedOptions): Promise<EventObject[]> {
  const feed = await openFeed(await venue(), options);
  const books = openBooks(feed);
  const all: EventObject[] = [];
  const view = new EventView();
  for await (const batch of feed) {
    books.takeEvents(batch, (records, count) => {
      const data = new DataView(records.buffer);
      for (let i = 0; i < count; i++) all.push(view.bind(data, i * EVENT_BYTES).toObject());
    });
  }
  return all;
}

describe('a feed opened with events', () => {
  it('calls handlers of events, those that books of its batches give', async () => {
    const feed = await openFeed(await venue(), { ...LOSSY, events: true });
    const all: EventObject[] = [];
    await feed.run(collector((e) => all.push(e)));
    const kinds = new Set(all.map((e) => e.kind));
    expect([...kinds].sort()).toEqual(expect.arrayContaining(['order', 'trade']));
    const others = (await recorded(LOSSY)).filter((e) => e.kind !== 'statistic');
    expect(all).toEqual(others);
  });

  it('counts every message as handed over', async () => {
    const feed = await openFeed(await clean(), { ...CLEAN, events: true });
    const { messages, statistics } = await feed.run({});
    expect(messages).toBeGreaterThan(0);
    expect(statistics.reader).toMatchObject({ unread: 0, handed: messages });
  });

  it('emits notices in order with the events: after stale each event says so', async () => {
    const feed = await openFeed(await venue(), { ...LOSSY, events: true });
    let stale = false;
    let notices = 0;
    let staleEvents = 0;
    const wrong: EventObject[] = [];
    feed.on('stale', () => {
      stale = true;
      notices++;
    });
    feed.on('good', () => {
      stale = false;
    });
    await feed.run(
      collector((e) => {
        const isStale = (e.flags & 4) !== 0;
        if (isStale) staleEvents++;
        if (isStale !== stale) wrong.push(e);
      }),
    );
    expect(notices).toBeGreaterThan(0);
    expect(staleEvents).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });

  it('gives a batch its events and its messages', async () => {
    const feed = await openFeed(await clean(), { ...CLEAN, events: true });
    let adds = 0;
    let added = 0;
    const events = { order: (e: EventView) => void (e.action === 'add' && added++) };
    const messages = {
      addOrder: () => void adds++,
      addOrderWithMpid: () => void adds++,
      orderReplace: () => void adds++,
    };
    for await (const batch of feed) {
      batch.events(events);
      batch.read(messages);
    }
    expect(added).toBeGreaterThan(0);
    expect(added).toBe(adds);
  });

  it('refuses handlers of messages, and names the event that was meant', async () => {
    const feed = await openFeed(await clean(), { ...CLEAN, events: true });
    await expect(feed.run({ trades: () => {} } as never)).rejects.toMatchObject({
      code: 'VW_HANDLER',
      hint: expect.stringContaining('trade'),
    });
  });

  it('is ended by a handler that closes it: no call after that', async () => {
    const feed = await openFeed(await clean(), { ...CLEAN, events: true });
    let calls = 0;
    await feed.run({
      order: () => {
        if (++calls === 3) feed.close();
      },
    });
    expect(calls).toBe(3);
  });
});

describe('books that a feed keeps', () => {
  it('stand where those that take each batch stand', async () => {
    const keeping = await openFeed(await clean(), { ...CLEAN, books: true });
    const kept = openBooks(keeping);
    await keeping.run({});
    const feed = await openFeed(await clean(), CLEAN);
    const taken = openBooks(feed);
    for await (const batch of feed) taken.take(batch);
    expect(kept.instruments).toBeGreaterThan(0);
    expect(kept.keys()).toEqual(taken.keys());
    for (let number = 0; number < kept.instruments; number++) {
      expect(kept.depth({ number }, 'bid')).toEqual(taken.depth({ number }, 'bid'));
      expect(kept.depth({ number }, 'ask')).toEqual(taken.depth({ number }, 'ask'));
    }
    expect(kept.counters()).toEqual(taken.counters());
  });

  it('are not taken a second time', async () => {
    const feed = await openFeed(await clean(), { ...CLEAN, books: true });
    const books = openBooks(feed);
    for await (const batch of feed) {
      expect(() => books.take(batch)).toThrow(expect.objectContaining({ code: 'VW_BOOK_KEPT' }));
      break;
    }
  });

  it('need bounds that are whole numbers', async () => {
    await expect(openFeed(await clean(), { ...CLEAN, books: { orders: 0 } })).rejects.toMatchObject({
      code: 'VW_OPTION',
    });
    await expect(openFeed(await clean(), { ...CLEAN, events: { order: 1 } as never })).rejects.toMatchObject({
      code: 'VW_OPTION',
    });
  });
});

describe('the schema of events', () => {
  it('says every byte of a record once', () => {
    const SIZES = { i64: 8, u64: 8, u32: 4, u16: 2, u8: 1, i8: 1 };
    let at = 0;
    for (const field of EVENT_SCHEMA.fields) {
      expect(field.at).toBe(at);
      at += SIZES[field.dtype];
    }
    expect(at).toBe(EVENT_SCHEMA.bytes);
  });

  it('is JSON', () => {
    expect(JSON.parse(JSON.stringify(EVENT_SCHEMA))).toEqual(EVENT_SCHEMA);
  });
});
