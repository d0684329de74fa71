// A process in some state of its feeds; argv[2] names it. Prints `ready` once it is in that state, then ends the way the
// name says. The parent checks the exit code.
import { capture, liveAddress, openCapture, openLive, Sender } from './day.mjs';

const ready = () => process.stdout.write('ready\n');
const modes = {
  /** Ends while a live feed receives. */
  async exitLive() {
    const address = liveAddress();
    const feed = await openLive(address);
    await new Sender(address).start();
    await feed.run({
      addOrder(m) {
        if (m.orderReferenceNumber > 1000n) {
          ready();
          process.exit(0);
        }
      },
    });
  },
  /** Ends while a capture feed waits for its reader. */
  async exitCapture() {
    const feed = await openCapture(capture(20_000), { ringBytes: 65536 });
    feed.poll({});
    ready();
    process.exit(0);
  },
  /** Ends with feeds in every state at once, from a timer. */
  async exitStates() {
    const bytes = capture(1000);
    await openCapture(bytes);
    const polled = await openCapture(bytes, { ringBytes: 65536, wake: 'poll' });
    polled.poll({});
    const closed = await openCapture(bytes);
    closed.close();
    const done = await openCapture(bytes);
    await done.run({});
    const live = await openLive(liveAddress());
    void live.run({});
    setTimeout(() => {
      ready();
      process.exit(0);
    }, 1);
  },
  /** A feed that was run to its end does not keep the process. */
  async ends() {
    const feed = await openCapture(capture(1000));
    await feed.run({});
    ready();
  },
  /** A feed closed by its owner does not keep the process. */
  async closed() {
    const address = liveAddress();
    const feed = await openLive(address);
    const run = feed.run({});
    ready();
    feed.close();
    await run;
  },
  /** An exception nobody catches ends the process as any other would. */
  async throws() {
    const feed = await openCapture(capture(1000));
    ready();
    await feed.run({
      addOrder() {
        throw new Error('a handler failed');
      },
    });
  },
  /** Collects as hard as it can while a feed is read and others are dropped unread. */
  async collects() {
    const bytes = capture(2000);
    for (let i = 0; i < 20; i++) {
      const dropped = await openCapture(bytes, { ringBytes: 65536, wake: 'poll' });
      dropped.poll({});
      const feed = await openCapture(Uint8Array.from(bytes), { ringBytes: 65536 });
      let n = 0;
      await feed.run({
        addOrder() {
          if (++n % 5000 === 0) globalThis.gc();
        },
      });
      if (n !== 50_000) throw new Error(`only ${n} messages`);
    }
    ready();
  },
  /** Memory in early rounds and in the last ones, over `argv[3]` messages. */
  async memory() {
    const wanted = Number(process.argv[3]);
    const bytes = capture(40_000, 25);
    let messages = 0;
    // The least of several rounds: what the collector has not come to yet is no growth.
    let warm = Number.POSITIVE_INFINITY;
    let end = Number.POSITIVE_INFINITY;
    while (messages < wanted) {
      const feed = await openCapture(bytes);
      messages += (await feed.run({ addOrder() {} })).messages;
      globalThis.gc();
      const { rss } = process.memoryUsage();
      if (messages >= wanted * 0.2 && messages < wanted * 0.4) warm = Math.min(warm, rss);
      if (messages >= wanted * 0.8) end = Math.min(end, rss);
    }
    ready();
    process.stdout.write(`${JSON.stringify({ messages, warm, end })}\n`);
  },
};
await modes[process.argv[2]]();
