/** Stamps of the stages, by each backend: in their order, by the clock that the first of them has, and of every datagram once. */
import { describe, expect, test } from 'vitest';
import type { StageSummary } from '../../src/index.js';
import { day } from '../interop/harness.js';
import { capture, Network } from './network.js';

const root = process.getuid?.() === 0;
const A = '233.54.12.111:26477';
const SECOND = 1e9;

describe.skipIf(!root)('stages', () => {
  test.each([
    ['socket', 'kernel'],
    ['ioUring', 'kernel'],
    ['packetRing', 'kernel'],
    ['afXdp', 'own'],
  ] as const)('%s: are stamped from the time of its clock to the handler', async (receive, clock) => {
    const { history } = day(4_000);
    const net = new Network();
    const feed = net.receiver({ A: { address: A, interface: 'receiver', receive } }, { stamps: true });
    await feed.decided();
    // What came while it stood still comes in batches, and each of them is told.
    await feed.stop();
    net.send(capture(history, [A], { faults: [] }), 5_000);
    feed.goOn();
    const outcome = await feed.outcome();
    expect(outcome.count).toBe(4_000);
    const { stages, clocks } = outcome.stages as StageSummary;
    const datagrams = outcome.runs;
    expect(outcome.counters.batches).toBeLessThan(datagrams);
    // The first is held until another one agrees with its number.
    expect(stages.whole.count).toBe(datagrams - 1);
    // A socket's first datagrams may have no time of the kernel: they are told apart and not counted as if they had.
    expect(clocks.own + clocks.kernel).toBe(datagrams - 1);
    expect(clocks[clock]).toBeGreaterThan(datagrams / 2);
    expect(stages.receive.count).toBe(clocks.kernel);
    for (const stage of ['arbitrate', 'decode', 'ring', 'handler'] as const) {
      expect(stages[stage].count).toBe(datagrams - 1);
      expect(stages[stage].p50).toBeGreaterThan(0);
      expect(stages[stage].p50).toBeLessThanOrEqual(stages.whole.max);
    }
    expect(stages.whole.max).toBeLessThan(10 * SECOND);
    expect([stages.whole.p50 <= stages.whole.p99, stages.whole.p99 <= stages.whole.max]).toEqual([true, true]);
  });

  test('are not there for a feed that did not ask, and it says how to', async () => {
    const net = new Network();
    const feed = net.receiver({ A: { address: A, interface: 'receiver' } });
    await feed.decided();
    feed.close();
    expect((await feed.outcome()).stages).toBe('VW_OPTION');
  });
});
