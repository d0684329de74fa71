import { describe, expect, it } from 'vitest';
import { summary } from '../../src/cli/consume.js';
import { grouped } from '../../src/cli/output.js';
import { RECORD_KIND } from '../../src/contract.js';
import type { Feed } from '../../src/feed/feed.js';
import { StreamDigest } from '../../src/simulator/digest.js';
// @ts-expect-error plain JavaScript, shared with child processes
import { capture, liveAddress, openBooks, openCapture, openLive, Sender } from './children/day.mjs';

const RUN = RECORD_KIND.indexOf('run');
const PACKETS = 4000;
const MESSAGES = 25 * PACKETS;
const bytes: Uint8Array = capture(PACKETS);
const open = (options = {}): Promise<Feed> => openCapture(bytes, { ringBytes: 65536, ...options });

/** Number of the last message in the ring, which is how many have been delivered: its runs, read by hand. A reading that ends has given its room back. */
function lastInRing({ ring }: Feed): number | undefined {
  let last: number | undefined;
  for (let unit = ring.tail; unit !== ring.head; ) {
    const at = (unit & ring.mask) * 8;
    if (ring.view.getUint8(at + 4) === RUN) {
      last = Number(ring.view.getBigUint64(at + 8, true)) + ring.view.getUint32(at + 24, true) - 1;
    }
    unit = (unit + ring.view.getUint32(at, true)) >>> 0;
  }
  return last;
}

function expectParted(feed: Feed, handed: number): void {
  const { reader, ledger } = feed.statistics();
  expect(reader.handed).toBe(handed);
  expect(feed.messages).toBe(handed);
  expect(reader.delivered).toBe(ledger.delivered);
  expect(reader.delivered).toBe(reader.handed + reader.unread);
  const last = lastInRing(feed);
  if (last !== undefined) expect(reader.delivered).toBe(last);
}

describe('what was delivered is told from what was handed to the reader', () => {
  it('close in a handler of run: all that comes behind the message is left unread', async () => {
    for (const last of [1, 24, 25, 26, 1000, 30_001]) {
      const feed = await open();
      let calls = 0;
      const summary = await feed.run({
        addOrder() {
          if (++calls < last) return;
          feed.close();
          // At every instant after close: also before the handler has returned.
          expectParted(feed, last);
        },
      } as never);
      expect(calls).toBe(last);
      expectParted(feed, last);
      expect(summary.messages).toBe(last);
      expect(summary.statistics.reader).toEqual(feed.statistics().reader);
      expect(summary.statistics.reader.unread).toBeGreaterThan(0);
    }
  });

  it('in a handler the message that is being handled is the last one handed', async () => {
    const feed = await open();
    let calls = 0;
    await feed.run({
      addOrder() {
        calls++;
        if (calls % 997 === 0) expect(feed.messages).toBe(calls);
      },
    } as never);
    expectParted(feed, MESSAGES);
    expect(feed.statistics().reader.unread).toBe(0);
  });

  it('break in for await: a batch that was read is handed, one that was not is left unread', async () => {
    for (const readsIt of [true, false]) {
      const feed = await open();
      let calls = 0;
      let batches = 0;
      for await (const batch of feed) {
        batches++;
        if (batches < 3 || readsIt) batch.read({ addOrder: () => calls++ } as never);
        if (batches === 3) break;
      }
      expectParted(feed, calls);
      if (!readsIt) expect(feed.statistics().reader.unread).toBeGreaterThan(0);
    }
  });

  it('close in a handler of a batch; a batch that is read twice counts once', async () => {
    const feed = await open();
    let calls = 0;
    for await (const batch of feed) {
      batch.read({} as never);
      const whole = feed.messages;
      batch.read({ addOrder: () => ++calls === 30 && feed.close() } as never);
      expect(feed.messages).toBe(whole);
    }
    expectParted(feed, feed.messages);
    const other = await open();
    let outer = 0;
    let inner = 0;
    for await (const batch of other) {
      const again = { addOrder: () => ++inner === 12 && other.close() };
      batch.read({ addOrder: () => ++outer === 3 && batch.read(again as never) } as never);
    }
    expectParted(other, 12);
  });

  it('what books have taken is handed, also when the loop is left behind it', async () => {
    for (const how of ['break', 'break before', 'close in events', 'to the end']) {
      const feed = await open();
      const books = openBooks(feed);
      let batches = 0;
      let handed = 0;
      for await (const batch of feed) {
        batches++;
        if (how === 'break before' && batches === 3) break;
        if (how !== 'close in events') books.take(batch);
        else books.takeEvents(batch, () => batches === 3 && feed.close());
        // Each message is an order of its own.
        handed = books.counters().orders;
        expect(feed.messages).toBe(handed);
        if (how === 'break' && batches === 3) break;
      }
      expectParted(feed, handed);
      const { unread } = feed.statistics().reader;
      if (how === 'to the end') expect(unread).toBe(0);
      if (how === 'break before') expect(unread).toBeGreaterThan(0);
      feed.close();
      expect(books.counters().orders).toBe(handed);
    }
  });

  it('poll, then close', async () => {
    const feed = await open({ wake: 'poll' });
    let calls = 0;
    const handlers = { addOrder: () => calls++ } as never;
    while (calls === 0) feed.poll(handlers);
    while (feed.statistics().reader.unread === 0) feed.wait(1000);
    feed.close();
    expectParted(feed, calls);
    expect(lastInRing(feed)).toBeGreaterThan(calls);
    expect(feed.statistics().reader.unread).toBeGreaterThan(0);
    // A loop that polls to the end ends, though there is something left.
    expect(feed.poll(handlers)).toBe(-1);
  });

  it('closed before anything is read, and before the start', async () => {
    const feed = await open({ wake: 'poll' });
    while (!feed.wait(1000));
    feed.close();
    expectParted(feed, 0);
    expect(feed.statistics().reader.unread).toBeGreaterThan(0);
    const never = await open();
    never.close();
    expect(never.statistics().reader).toEqual({ delivered: 0, handed: 0, unread: 0 });
  });

  it('a handler that throws was handed the message that it threw over', async () => {
    for (const last of [1, 26, 1010]) {
      const feed = await open();
      let calls = 0;
      const handlers = {
        addOrder() {
          if (++calls === last) throw new Error('no more');
        },
      } as never;
      await expect(feed.run(handlers)).rejects.toThrow('no more');
      expectParted(feed, last);
    }
  });

  it('a notice that closes the feed leaves every message behind it unread', async () => {
    const feed = await open();
    feed.on('sessionStarted', () => feed.close());
    await feed.run({});
    expectParted(feed, 0);
  });

  it('messages without a handler are passed over, and count as handed', async () => {
    const feed = await open();
    await feed.run({});
    expect(feed.statistics().reader).toEqual({ delivered: MESSAGES, handed: MESSAGES, unread: 0 });
  });

  it('a live feed closed in a handler, with packets on their way', async () => {
    const address = liveAddress();
    const sender = new Sender(address);
    const feed: Feed = await openLive(address);
    await sender.start();
    let calls = 0;
    await feed.run({ addOrder: () => ++calls === 205 && feed.close() } as never);
    sender.stop();
    const { reader } = feed.statistics();
    expect(reader.handed).toBe(205);
    expect(reader.delivered).toBe(reader.handed + reader.unread);
  });

  it('the summary that run and replay print says what was left unread', async () => {
    const said = (feed: Feed): string => {
      const statistics = feed.statistics();
      const { messages } = feed;
      const digests = [new StreamDigest()];
      return summary(feed, { messages, printed: 0, seconds: 1, digests, statistics, fault: undefined }).join('\n');
    };
    const whole = await open();
    await whole.run({});
    expect(said(whole)).not.toContain('unread');
    const feed = await open();
    await feed.run({ addOrder: () => feed.close() } as never);
    const { delivered, unread } = feed.statistics().reader;
    expect(said(feed)).toContain(
      `delivered ${grouped(delivered)} messages = handed over 1 + left unread ${grouped(unread)}`,
    );
  });
});
