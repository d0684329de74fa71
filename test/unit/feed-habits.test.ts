/** What an object of a feed says of itself, and how a feed takes part in what Node has. */

import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { Capture } from '../../src/capture/index.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { DIAGNOSTICS, type Feed, type FeedOptions, type Notice, openFeed, type Position } from '../../src/index.js';
import { encode } from '../../src/layout/index.js';
import { udpMulticast } from '../../src/patterns/index.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const venue = nasdaqTotalView({
  lines: { A: udpMulticast('233.54.12.111:26477'), B: udpMulticast('233.49.196.111:26477') },
});
const opened: Feed[] = [];
const open = async (file = 'itch50-clean.pcap', options: FeedOptions = {}, speed = 0) => {
  const feed = await openFeed(venue, { capture: { file: fixture(file), speed }, ...options });
  opened.push(feed as unknown as Feed);
  return feed;
};
afterEach(() => {
  for (const feed of opened.splice(0)) feed.close();
});

describe('objects explain themselves', () => {
  test('a message, its position and a notice are printed, compared, cloned and turned into JSON', async () => {
    const feed = await open('itch50-ab-lossy.pcap');
    const notices: Notice[] = [];
    feed.on('notice', (n) => notices.push(n));
    let seen: Record<string, unknown> | undefined;
    await feed.run({
      addOrder(m, at: Position) {
        if (seen !== undefined) return;
        const object = m.toObject();
        const { orderReferenceNumber, stock } = m;
        assert.deepStrictEqual(structuredClone(object), object);
        assert.deepStrictEqual(object, { ...object });
        expect(JSON.parse(JSON.stringify(object))).toMatchObject({
          stock,
          orderReferenceNumber: String(orderReferenceNumber),
        });
        expect(JSON.parse(JSON.stringify({ m, at }))).toMatchObject({ m: { stock }, at: { sequence: at.sequence } });
        expect(inspect(m)).toMatch(/^addOrder \{[\s\S]*stock: /);
        expect(inspect(at)).toMatch(/^Position \{[\s\S]*receivedAt: \d+n/);
        assert.deepStrictEqual(structuredClone(at.toObject()), at.toObject());
        seen = object as unknown as Record<string, unknown>;
      },
    });
    expect(seen).toBeDefined();
    expect(notices.length).toBeGreaterThan(0);
    for (const notice of notices) {
      expect(JSON.parse(JSON.stringify(notice))).toMatchObject({ type: notice.type, begin: String(notice.begin) });
      assert.deepStrictEqual(structuredClone(notice), notice);
      assert.deepStrictEqual(notice, { ...notice });
    }
  });

  test('a feed and a batch are printed without their memory', async () => {
    const feed = await open();
    for await (const batch of feed) {
      expect(inspect(batch)).toMatch(/^Batch \{ bytes: \d+, messages: 0 \}$/);
      break;
    }
    const shown = inspect(feed, { depth: 10 });
    expect(shown).toMatch(/^Feed \{[\s\S]*decoder: 'nasdaq-totalview-itch-5.0'[\s\S]*ledger: /);
    expect(shown.length).toBeLessThan(1000);
    expect(JSON.parse(JSON.stringify(feed))).toMatchObject({ lines: ['A', 'B'], closed: true });
  });

  test('what decode gives is turned into JSON, 64-bit integers and all', () => {
    const decoded = itch50.decode(encode(itch50, 'orderDelete', { orderReferenceNumber: 2n ** 60n }));
    expect(JSON.parse(JSON.stringify(decoded))).toMatchObject({ fields: { orderReferenceNumber: String(2n ** 60n) } });
    expect(decoded.fields).toEqual(expect.objectContaining({ orderReferenceNumber: 2n ** 60n }));
  });
});

describe('a feed among what Node has', () => {
  test('a signal closes it: run ends with its summary; one that is aborted already opens nothing', async () => {
    const controller = new AbortController();
    const feed = await open('itch50-clean.pcap', { signal: controller.signal });
    const { messages } = await feed.run({ addOrder: () => controller.abort() });
    expect(feed.closed).toBe(true);
    expect(messages).toBe(feed.statistics().reader.handed);
    expect(feed.statistics().reader.unread).toBeGreaterThan(0);
    await expect(open('itch50-clean.pcap', { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  test('it disposes of itself, at once or asynchronously', async () => {
    const feed = await open();
    await feed[Symbol.asyncDispose]();
    expect(feed.closed).toBe(true);
  });

  test('its stream gives every message as an object that stays, in order, at the pace of its reader', async () => {
    const { messages } = await (await open()).run();
    const got: { message: string; at: { sequence: number } }[] = [];
    for await (const object of (await open()).stream({ highWaterMark: 1 })) got.push(object);
    expect(got.length).toBe(messages);
    expect(got.map((o) => o.at.sequence)).toEqual(got.map((_, i) => i + 1));
    const some = await (await open()).stream({ messages: ['systemEvent'] }).toArray();
    expect(some.length).toBeGreaterThan(0);
    expect(new Set(some.map((o) => o.message))).toEqual(new Set(['systemEvent']));
  });

  test('a misspelt event says so, and what may have been meant', async () => {
    const feed = await open();
    expect(() => feed.on('gapAbandonned' as 'gapAbandoned', () => {})).toThrow(
      expect.objectContaining({ code: 'VW_EVENT', hint: expect.stringContaining('gapAbandoned') }),
    );
    expect(() => feed.once('endOfData', () => {})).not.toThrow();
  });

  test('notices reach a logger and diagnostics channels', async () => {
    const heard: string[] = [];
    const listen = (message: unknown, name: string | symbol): void => {
      const { notice } = message as { notice?: Notice };
      heard.push(notice === undefined ? String(name) : `${String(name)} ${notice.type}`);
    };
    for (const name of Object.values(DIAGNOSTICS)) channel(name).subscribe(listen);
    const lines: string[] = [];
    const logger = {
      info: (text: string) => lines.push(`info ${text}`),
      warn: (text: string) => lines.push(`warn ${text}`),
    };
    await (await open('itch50-ab-lossy.pcap', { logger })).run();
    for (const name of Object.values(DIAGNOSTICS)) channel(name).unsubscribe(listen);
    expect(heard[0]).toBe('venuewire:open');
    expect(heard.at(-1)).toBe('venuewire:close');
    expect(heard).toContain('venuewire:notice gapOpened');
    expect(lines).toContainEqual(expect.stringMatching(/^info gapOpened of \S+: \d+( to \d+)?/));
    expect(lines).toContainEqual(expect.stringMatching(/^warn gapAbandoned of \S+: .*\(\w+\)$/));
  });

  test('a capture that is for other lines is told, with where its packets went', async () => {
    const lines: string[] = [];
    const logger = { info: () => {}, warn: (text: string) => lines.push(text) };
    const elsewhere = nasdaqTotalView({ lines: { A: udpMulticast('239.1.1.1:1'), B: udpMulticast('239.1.1.2:1') } });
    const feed = await openFeed(elsewhere, { capture: { file: fixture('itch50-clean.pcap') }, logger });
    const told: Notice[] = [];
    feed.on('elsewhere', (notice) => told.push(notice));
    const { messages, statistics } = await feed.run();
    expect(messages).toBe(0);
    expect(told.map(({ count }) => count)).toEqual([BigInt(statistics.feed.captureElsewhere)]);
    expect(feed.describe().foreign).toHaveLength(2);
    expect(lines).toEqual([
      `elsewhere: ${told[0]?.count} packets, none for a line; they went to ${feed.describe().foreign.join(', ')}`,
    ]);
    const own = await open('itch50-clean.pcap');
    own.on('elsewhere', () => expect.unreachable());
    await own.run();
  });

  test('two readers of one feed are refused with a code', async () => {
    const feed = await open();
    const first = feed.run();
    await expect(feed.run()).rejects.toMatchObject({ code: 'VW_FEED_BUSY' });
    await first;
  });

  test('a paced capture gives no packet before it is due, and the same messages', async () => {
    const times: bigint[] = [];
    await new Capture(fixture('itch50-clean.pcap')).read((p) => times.push(p.time));
    const { messages } = await (await open()).run();
    const lastedMs = Number((times.at(-1) as bigint) - (times[0] as bigint)) / 1e6;
    const speed = lastedMs / 300;
    const began = performance.now();
    const paced = await (await open('itch50-clean.pcap', {}, speed)).run();
    expect(paced.messages).toBe(messages);
    expect(performance.now() - began).toBeGreaterThan(299);
    await expect(open('itch50-clean.pcap', {}, -1)).rejects.toMatchObject({ code: 'VW_OPTION' });
  });

  test('closing a feed whose next packet is far off does not wait for it', async () => {
    const feed = await open('itch50-clean.pcap', {}, 1e-9);
    const running = feed.run();
    setImmediate(() => feed.close());
    await running;
    expect(feed.closed).toBe(true);
  });
});
