import { describe, expect, test } from 'vitest';
import type { Means } from '../../src/simulator/scenario.js';
import { complete, forSeeds, reachedTheEnd, sameBook } from './seeds.js';

// 1,000 seeds in all; each is a day of 1,000 messages on two lines.
const LADDERS: readonly (readonly [string, readonly Means[]])[] = [
  ['UDP re-request alone', ['rerequest']],
  ['TCP replay alone', ['replay']],
  ['the whole ladder', ['rerequest', 'replay', 'glimpse']],
];

describe.each(LADDERS)('with %s', (_, recovery) => {
  test.each([0.001, 0.01, 0.05, 0.2])('every message arrives when both lines lose %f of their packets', (loss) => {
    forSeeds(1_000 + loss * 10_000, 25, { recovery, faults: { loss } }, complete);
  });

  test('every message arrives when bursts of 50 packets are lost', () => {
    forSeeds(4_000, 25, { recovery, messages: 2_000, faults: { burst: { probability: 0.01, length: 50 } } }, complete);
  });

  test('every message arrives when both lines are dead at once', () => {
    forSeeds(5_000, 25, { recovery, faults: { loss: 0.01 }, outages: { count: 3, ns: 1_000_000 } }, (r) => {
      complete(r);
    });
  });

  test('every message arrives once when lines overtake and repeat themselves and each other', () => {
    const faults = [
      { loss: 0.02, jitterNs: 300_000, duplicate: 0.1, reorder: 0.1 },
      { loss: 0.02, delayNs: 500_000, jitterNs: 300_000, duplicate: 0.1, reorder: 0.1 },
    ];
    forSeeds(6_000, 25, { recovery, faults }, complete);
  });

  test('every message arrives although we begin in the middle of the day', () => {
    forSeeds(7_000, 15, { recovery, faults: { loss: 0.01 }, joinAt: 0.5 }, complete);
  });

  test('every message arrives although the consumer is slow and its ring small', () => {
    const slow = { ringBytes: 65_536, consumerNs: 3_000_000 };
    forSeeds(8_000, 15, { recovery, faults: { loss: 0.05 }, ...slow }, complete);
  });
});

describe('with one line only losing', () => {
  test('the other line fills every hole and nobody is asked', () => {
    forSeeds(9_000, 20, { recovery: ['rerequest'], faults: [{ loss: 0.2 }, {}] }, (r) => {
      complete(r);
      expect(r.counters.requests).toBe(0);
      expect(r.counters.gapsOpened).toBe(0);
    });
  });
});

describe('with GLIMPSE', () => {
  test('a late start joins the snapshot to the live messages without a seam', () => {
    forSeeds(
      10_000,
      60,
      {
        recovery: ['rerequest', 'glimpse'],
        join: 'snapshot',
        joinAt: 0.6,
        faults: { loss: 0.01, jitterNs: 50_000 },
        book: true,
      },
      (r) => {
        const boundary = r.servers.glimpse.boundaries.at(-1);
        expect(r.consumer.of('snapshotEnded').map((n) => Number(n.end))).toEqual([boundary]);
        expect(r.consumer.first).toBe(boundary);
        expect(r.counters.abandoned).toBe(0);
        reachedTheEnd(r);
        sameBook(r);
      },
    );
  });

  test('a snapshot that is older than the live messages is filled up before they go on', () => {
    forSeeds(
      11_000,
      30,
      {
        recovery: ['rerequest', 'glimpse'],
        join: 'snapshot',
        joinAt: 0.6,
        servers: { glimpse: { olderSnapshot: 100 } },
        book: true,
      },
      (r) => {
        expect(r.counters.abandoned).toBe(0);
        reachedTheEnd(r);
        sameBook(r);
      },
    );
  });

  test('a hole that is older than the servers keep is closed by a snapshot, which replaces the book', () => {
    forSeeds(
      12_000,
      60,
      {
        recovery: ['rerequest', 'replay', 'glimpse'],
        servers: { rerequest: { cacheDepth: 20 }, replay: { cacheDepth: 20 } },
        outages: { count: 2, ns: 1_500_000 },
        book: true,
      },
      (r) => {
        expect(r.counters.abandoned).toBe(r.counters.abandonedToSnapshot);
        reachedTheEnd(r);
        sameBook(r);
      },
    );
  });

  test('a snapshot that ends half-way or stalls is taken again', () => {
    forSeeds(
      13_000,
      30,
      {
        recovery: ['glimpse'],
        tries: 20,
        outages: { count: 2, ns: 1_000_000 },
        servers: { glimpse: { closeHalfway: 0.4, stall: 0.3, split: 0.5, late: 0.3 } },
        book: true,
        graceNs: 600e9,
      },
      (r) => {
        expect(r.counters.abandoned).toBe(r.counters.abandonedToSnapshot);
        reachedTheEnd(r);
        sameBook(r);
      },
    );
  });
});

describe('with recovery that does not answer', () => {
  const outages = { count: 3, ns: 1_000_000 };
  test.each<readonly [string, readonly Means[], object]>([
    ['there is none', [], {}],
    ['the re-request server is silent', ['rerequest'], { rerequest: { silent: 1 } }],
    ['the replay server refuses connections', ['replay'], { replay: { refuse: 1 } }],
    ['the replay server never answers the login', ['replay'], { replay: { silent: 1 } }],
    [
      'every server refuses or is silent',
      ['rerequest', 'replay', 'glimpse'],
      { rerequest: { silent: 1 }, replay: { silent: 1 }, glimpse: { refuse: 1 } },
    ],
  ])('every lost number is named once and the feed lives on when %s', (_name, recovery, servers) => {
    forSeeds(14_000, 24, { recovery, servers, faults: { loss: 0.05 }, outages }, (r) => {
      // `forSeeds` has held each number against the notices and the counters.
      expect(r.counters.recovered).toBe(0);
      expect(r.counters.abandoned).toBe(r.history.length - r.consumer.digest.count);
      reachedTheEnd(r);
    });
  });
});

describe('with servers that may do anything', () => {
  const everything = {
    silent: 0.2,
    servePart: 0.3,
    split: 0.4,
    overlap: 0.3,
    late: 0.3,
    outOfOrder: 0.3,
    toSomebodyElse: 0.2,
    closeHalfway: 0.3,
    stall: 0.1,
    refuse: 0.2,
  };
  test('every message is delivered or given up exactly once', () => {
    forSeeds(
      15_000,
      100,
      {
        recovery: ['rerequest', 'replay', 'glimpse'],
        servers: { rerequest: everything, replay: everything, glimpse: everything },
        path: { loss: 0.2, jitterNs: 500_000 },
        faults: { loss: 0.1, jitterNs: 100_000, truncate: 0.01 },
        outages: { count: 3, ns: 800_000 },
      },
      reachedTheEnd,
    );
  });
});

describe('with damaged packets', () => {
  test('a packet that is cut short gives what is whole and loses nothing', () => {
    forSeeds(16_000, 40, { recovery: ['rerequest'], faults: { truncate: 0.05 } }, complete);
  });
});
