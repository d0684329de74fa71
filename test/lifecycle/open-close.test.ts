import { describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, shared with child processes
import { capture, liveAddress, openCapture, openLive, Sender } from './children/day.mjs';

const bytes: Uint8Array = capture(400);
const MESSAGES = 10_000;

describe('opening and closing', () => {
  it('200 captures opened, read and closed', async () => {
    for (let i = 0; i < 200; i++) {
      const feed = await openCapture(bytes, { ringBytes: 65536 });
      if (i % 4 === 0) expect((await feed.run({})).messages).toBe(MESSAGES);
      else if (i % 4 === 1) feed.poll({});
      else if (i % 4 === 2) {
        let n = 0;
        await feed.run({
          addOrder() {
            if (++n === 50) feed.close();
          },
        });
      }
      feed.close();
      expect(feed.closed).toBe(true);
    }
  });

  it('200 live feeds opened and closed, with packets on their way', async () => {
    const address = liveAddress();
    const sender = new Sender(address);
    await sender.start();
    try {
      for (let i = 0; i < 200; i++) {
        const feed = await openLive(address);
        const run = feed.run({});
        if (i % 10 === 0) await new Promise<void>((resolve) => feed.once('sessionStarted', () => resolve()));
        feed.close();
        await run;
      }
    } finally {
      sender.stop();
    }
  });

  it('close twice, and before the start', async () => {
    const feed = await openCapture(bytes);
    feed.close();
    feed.close();
    expect((await feed.run({})).messages).toBe(0);
    const ran = await openCapture(bytes);
    await ran.run({});
    ran.close();
    ran.close();
    expect(ran.statistics().ledger.delivered).toBe(MESSAGES);
  });

  it('close in a message handler, in a notice and in a promise of the same turn', async () => {
    for (const where of ['message', 'notice', 'turn'] as const) {
      const feed = await openCapture(capture(4000), { ringBytes: 65536 });
      feed.on('sessionStarted', () => {
        if (where === 'notice') feed.close();
        if (where === 'turn') queueMicrotask(() => feed.close());
      });
      const { messages } = await feed.run({
        addOrder() {
          if (where === 'message') feed.close();
        },
      });
      expect(feed.closed).toBe(true);
      expect(messages).toBeLessThan(100_000);
    }
  });

  it('nothing is delivered after close, whoever calls it and however the feed is read', async () => {
    for (const last of [1, 12, 25, 26, 1000]) {
      for (const how of ['run', 'poll', 'batches'] as const) {
        const feed = await openCapture(bytes, { ringBytes: 65536 });
        let calls = 0;
        let notices = 0;
        const handlers = {
          addOrder() {
            if (++calls === last) feed.close();
          },
        };
        feed.on('notice', () => {
          expect(feed.closed).toBe(false);
          notices++;
        });
        if (how === 'run') expect((await feed.run(handlers)).messages).toBe(last);
        else if (how === 'poll') for (let n = 0; n >= 0 && !feed.closed; ) n = feed.poll(handlers);
        else for await (const batch of feed) batch.read(handlers);
        expect(calls, how).toBe(last);
        expect(notices).toBeGreaterThan(0);
      }
    }
  });

  it('nothing is delivered after a notice or an unknown message has closed the feed', async () => {
    const feed = await openCapture(bytes);
    feed.on('sessionStarted', () => feed.close());
    let calls = 0;
    expect((await feed.run({ addOrder: () => calls++ })).messages).toBe(0);
    expect(calls).toBe(0);
    // Types that no table knows.
    const strange = Buffer.from(bytes);
    const body = strange.subarray(24);
    for (let at = body.indexOf('TEST') - 24; at > 0; ) {
      body.write('~', at, 'latin1');
      const next = body.indexOf('TEST', at + 32);
      at = next < 0 ? 0 : next - 24;
    }
    const unknown = await openCapture(strange);
    let heard = 0;
    unknown.on('unknown', () => {
      if (++heard === 30) unknown.close();
    });
    expect((await unknown.run({})).messages).toBe(30);
    expect(heard).toBe(30);
  });

  it('close in a batch that a handler reads again ends both readings', async () => {
    const feed = await openCapture(bytes);
    let outer = 0;
    let inner = 0;
    for await (const batch of feed) {
      const again = { addOrder: () => ++inner === 12 && feed.close() };
      batch.read({ addOrder: () => ++outer === 3 && batch.read(again) });
    }
    expect([outer, inner]).toEqual([3, 12]);
  });

  it('a batch that is read after close gives nothing', async () => {
    const feed = await openCapture(bytes);
    for await (const batch of feed) {
      feed.close();
      expect(batch.read({ addOrder: () => expect.unreachable() })).toBe(0);
      expect(batch.columns({ addOrder: ['shares'] }).addOrder.length).toBe(0);
    }
  });

  it('close in the handler of a live feed, woken by the doorbell', async () => {
    for (let i = 0; i < 30; i++) {
      const address = liveAddress();
      const sender = new Sender(address);
      const feed = await openLive(address);
      await sender.start();
      await feed.run({ addOrder: () => feed.close() });
      sender.stop();
      expect(feed.closed).toBe(true);
    }
  });

  it('a handler that throws rejects run, ends the feed and is not called again', async () => {
    const feed = await openCapture(bytes, { ringBytes: 65536 });
    let calls = 0;
    await expect(
      feed.run({
        addOrder() {
          calls++;
          throw new Error('no more');
        },
      }),
    ).rejects.toThrow('no more');
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toBe(1);
    expect(feed.closed).toBe(true);
  });

  it('a listener that throws rejects run too', async () => {
    const feed = await openCapture(bytes);
    feed.on('sessionStarted', () => {
      throw new Error('not now');
    });
    await expect(feed.run({})).rejects.toThrow('not now');
    expect(feed.closed).toBe(true);
  });

  it('a broken iteration closes the feed; a finished one has seen everything', async () => {
    const feed = await openCapture(bytes, { ringBytes: 65536 });
    for await (const batch of feed) {
      expect(batch.bytes).toBeGreaterThan(0);
      break;
    }
    expect(feed.closed).toBe(true);
    const whole = await openCapture(bytes, { ringBytes: 65536 });
    let last = 0n;
    let n = 0;
    for await (const batch of whole) {
      n += batch.read({
        addOrder(m: { orderReferenceNumber: bigint }) {
          expect(m.orderReferenceNumber).toBe(last + 1n);
          last = m.orderReferenceNumber;
        },
      });
    }
    expect(n).toBe(MESSAGES);
  });

  it('an iteration that never has to wait lets timers have their turn', async () => {
    const feed = await openCapture(capture(20_000), { ringBytes: 65536, drain: { ms: 1 } });
    let fired = 0;
    const timer = setInterval(() => fired++, 1);
    for await (const batch of feed) batch.read({});
    clearInterval(timer);
    expect(fired).toBeGreaterThan(0);
  });

  it('what fails after opening rejects with its code', async () => {
    const missing = await openCapture('/nonexistent/day.pcap');
    await expect(missing.run({})).rejects.toMatchObject({ code: 'VW_CAPTURE_OPEN' });
    const nonsense = await openCapture(Buffer.from('x'.repeat(100)));
    await expect(nonsense.run({})).rejects.toMatchObject({ code: 'VW_CAPTURE_FORMAT' });
    const pinned = await openCapture(bytes, { cpu: 4095 });
    await expect(pinned.run({})).rejects.toMatchObject({ code: 'VW_CPU' });
    const iterated = await openCapture(Buffer.from('x'.repeat(100)));
    await expect(
      (async () => {
        for await (const batch of iterated) batch.read({});
      })(),
    ).rejects.toMatchObject({ code: 'VW_CAPTURE_FORMAT' });
  });

  it('two feeds in one process do not hear each other', async () => {
    const [a, b] = [liveAddress(), liveAddress()];
    const [feedA, feedB] = [await openLive(a), await openLive(b)];
    const sender = new Sender(a);
    let heardB = 0;
    const runB = feedB.run({ addOrder: () => heardB++ });
    const runA = feedA.run({
      addOrder(m: { orderReferenceNumber: bigint }) {
        if (m.orderReferenceNumber > 500n) feedA.close();
      },
    });
    await sender.start();
    await runA;
    sender.stop();
    feedB.close();
    await runB;
    expect(heardB).toBe(0);
    expect(feedA.statistics().ledger.delivered).toBeGreaterThan(0);
  });
});

describe('a consumer that stops reading', () => {
  it('makes a file wait: everything is delivered when it goes on', async () => {
    const feed = await openCapture(capture(4000), { ringBytes: 65536, wake: 'poll' });
    const handlers = { addOrder() {} };
    feed.poll(handlers);
    // The condition: the core has filled the ring and says that it waits.
    while (feed.statistics().feed.ringWaits < 1) await new Promise((resolve) => setImmediate(resolve));
    for (let n = 0; n >= 0; ) n = feed.poll(handlers);
    expect(feed.messages).toBe(100_000);
    const { ledger } = feed.statistics();
    expect(ledger).toMatchObject({ expected: 100_000, delivered: 100_000, abandoned: 0, inFlight: 0 });
  });

  it('does not stop live lines: what it misses is counted, told and never silently lost', async () => {
    const address = liveAddress();
    const sender = new Sender(address);
    const feed = await openLive(address, { ringBytes: 65536, wake: 'poll' });
    const abandoned: [bigint, bigint][] = [];
    feed.on('gapAbandoned', (gap: { begin: bigint; end: bigint }) => abandoned.push([gap.begin, gap.end]));
    let next = 0n;
    let seen = 0;
    const handlers = {
      addOrder(m: { orderReferenceNumber: bigint }, at: { sequence: number }) {
        const n = m.orderReferenceNumber;
        expect(BigInt(at.sequence)).toBe(n);
        if (next !== 0n && n !== next) expect(abandoned.some(([, end]) => end === n)).toBe(true);
        next = n + 1n;
        seen++;
      },
    };
    feed.poll(handlers);
    await sender.start(20);
    // Nobody reads until the window behind the full ring has overflowed.
    while (feed.statistics().channels[0].windowFull === 0) await new Promise((resolve) => setImmediate(resolve));
    sender.stop();
    const delivered = () => {
      const { ledger } = feed.statistics();
      return ledger.delivered + ledger.abandoned;
    };
    while (delivered() < feed.statistics().ledger.expected || feed.ring.head !== feed.ring.tail) {
      feed.poll(handlers);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { ledger } = feed.statistics();
    const lost = abandoned.reduce((sum, [begin, end]) => sum + Number(end - begin), 0);
    expect(ledger.abandoned).toBe(lost);
    expect(ledger.delivered).toBe(seen);
    expect(lost).toBeGreaterThan(0);
    feed.close();
  });
});
