import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, shared with child processes
import { liveAddress, openLive } from './children/day.mjs';

type Counts = Readonly<Record<'batches' | 'doorbells', number>>;
type Channel = Readonly<Record<'packets', number>>;
type Live = {
  readonly closed: boolean;
  readonly receive: readonly unknown[];
  run(handlers: object): Promise<unknown>;
  poll(handlers: object): number;
  wait(ms: number): boolean;
  close(): void;
  statistics(): {
    readonly feed: Counts;
    readonly channels: readonly [Channel];
    readonly ledger: Readonly<Record<'delivered' | 'abandoned' | 'inFlight', number>>;
  };
};

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Tells a sender to stop; how many packets it has sent. */
const stopped = (sender: Worker): Promise<number> =>
  new Promise((resolve) => {
    sender.once('message', resolve);
    sender.postMessage('stop');
  });

async function liveFeed(options: object = {}): Promise<{ feed: Live; sender: Worker }> {
  const address = liveAddress();
  const feed = (await openLive(address, options)) as Live;
  feed.wait(0); // starts it
  await until('the lines are open', () => feed.receive.length > 0);
  const sender = new Worker(new URL('./children/steady-sender.mjs', import.meta.url), { workerData: address });
  closing.push(
    () => feed.close(),
    () => void sender.terminate(),
  );
  return { feed, sender };
}

/** Batches that came without a wake-up of another thread. */
const unrung = (feed: Live): number => feed.statistics().feed.batches - feed.statistics().feed.doorbells;

describe('a feed with little to do', () => {
  it('is driven by the event loop itself: batches come without a doorbell, and none is lost', async () => {
    const { feed, sender } = await liveFeed();
    let seen = 0;
    const run = feed.run({ addOrder: () => seen++ });
    await until('batches without a doorbell', () => unrung(feed) > 200);
    const sent = await stopped(sender);
    await until('everything has come', () => seen === sent);
    expect(feed.statistics().ledger).toMatchObject({ delivered: sent, abandoned: 0, inFlight: 0 });
    feed.close();
    await run;
  });

  it('is taken back by its own thread while JavaScript is at work on something else', async () => {
    const { feed, sender } = await liveFeed();
    let seen = 0;
    let read = 0;
    const run = feed.run({
      addOrder() {
        seen++;
        if (read > 0 || unrung(feed) < 100) return;
        // The event loop stands still here; only another thread can read the line.
        const packets = () => feed.statistics().channels[0].packets;
        const before = packets();
        const deadline = performance.now() + 10_000;
        while (read < 20 && performance.now() < deadline) read = packets() - before;
      },
    });
    await until('packets were read in spite of the handler', () => read >= 20);
    await until('the event loop drives again', () => unrung(feed) > 200);
    const sent = await stopped(sender);
    await until('everything has come', () => seen === sent);
    expect(feed.statistics().ledger).toMatchObject({ delivered: sent, abandoned: 0, inFlight: 0 });
    feed.close();
    await run;
  });

  it('is driven by its own thread while the reader blocks in wait()', async () => {
    const { feed, sender } = await liveFeed();
    let seen = 0;
    const handlers = { addOrder: () => seen++ };
    await until('the event loop drives', () => {
      feed.poll(handlers);
      return unrung(feed) > 100;
    });
    const before = seen;
    for (let i = 0; i < 50; i++) {
      feed.wait(5000);
      feed.poll(handlers);
    }
    expect(seen - before).toBeGreaterThanOrEqual(50);
    const sent = await stopped(sender);
    await until('everything has come', () => {
      feed.poll(handlers);
      return seen === sent;
    });
  });

  it('can be closed by a handler that the event loop has called', async () => {
    for (let i = 0; i < 10; i++) {
      const { feed } = await liveFeed();
      const run = feed.run({
        addOrder() {
          if (unrung(feed) > 20) feed.close();
        },
      });
      await run;
      expect(feed.closed).toBe(true);
    }
  });

  it.each([{ cpu: 0 }, { busyPollUs: 1 }])('is never handed over when its thread is asked for: %o', async (options) => {
    const { feed, sender } = await liveFeed(options);
    let seen = 0;
    const run = feed.run({ addOrder: () => seen++ });
    await until('messages', () => seen > 300);
    const sent = await stopped(sender);
    await until('everything has come', () => seen === sent);
    expect(unrung(feed)).toBeLessThan(20);
    feed.close();
    await run;
  });
});
