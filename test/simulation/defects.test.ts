import { describe, expect, test } from 'vitest';
import { soupbintcp } from '../../src/decoders/soupbintcp.js';
import { encode } from '../../src/layout/index.js';
import type { Venue } from '../../src/patterns/index.js';
import { ItchSnapshots } from '../../src/simulator/glimpse.js';
import { simulatedTotalView } from '../../src/simulator/scenario.js';
import { asked, Hand, MS, SESSION } from './hand.js';

/** Defects that recovery clients are known to have: each test is one that must not come back. */

const complete = (h: Hand, first: number, next: number): void => {
  expect(h.session.ledgerBalances()).toBe(true);
  expect([h.consumer.first, h.consumer.next]).toEqual([first, next]);
  expect(h.consumer.disorder).toBe(0);
  expect(h.consumer.skipped).toEqual([]);
  expect(h.consumer.digest.value).toBe(h.history.digest(first, next));
};

const withLimits = (limits: object, tries = 3): Venue => {
  const venue = simulatedTotalView({ recovery: ['rerequest'], join: 'live', tries });
  return { ...venue, recovery: venue.recovery.map((r) => (r.type === 'request' ? { ...r, limits } : r)) } as Venue;
};

describe('packets', () => {
  test('a packet that begins before the expected number still gives its new tail', () => {
    const h = new Hand();
    h.line(0, 1, 5);
    h.line(1, 3, 8);
    h.line(0, 5, 6);
    h.line(1, 2, 10);
    h.service();
    complete(h, 1, 10);
    expect(h.counter('duplicates')).toBe(2 + 1 + 6);
  });

  test('a count of 0xFFFF is the end of the session and is never walked', () => {
    const h = new Hand();
    h.line(0, 1, 5);
    h.line(0, 5, 9, { messageCount: 0xffff });
    h.service();
    complete(h, 1, 5);
    expect(h.counter('malformed')).toBe(0);
    expect(h.notices()).toContain('sessionEnded 5-5');
  });

  test('a count that the bytes do not bear out gives the whole messages, and those that it states exist', () => {
    const h = new Hand();
    h.line(0, 1, 5, { messageCount: 20 });
    h.line(1, 5, 9);
    h.service();
    complete(h, 1, 9);
    expect(h.counter('malformed')).toBe(1);
    expect(h.counter('expected')).toBe(20);
    expect(h.counter('missing')).toBe(12);
  });

  test('packets ahead of a gap are kept, and only the gap is asked for', () => {
    const h = new Hand();
    h.line(0, 1, 5);
    h.line(0, 8, 20);
    h.line(0, 20, 30);
    const sent = h.pass(2 * MS);
    expect(sent.map(asked)).toEqual([{ session: SESSION, begin: 5, count: 3 }]);
    expect(h.consumer.next).toBe(5);
    expect(h.counter('held')).toBe(22);
    h.reply(h.bytes(5, 8));
    expect(h.pass(1_000 * MS)).toEqual([]);
    complete(h, 1, 30);
  });

  test('the highest number seen defines a gap, not the last one seen', () => {
    const h = new Hand();
    h.line(0, 1, 20);
    h.line(1, 1, 6);
    h.line(0, 20, 22);
    h.line(1, 6, 9);
    h.line(0, 25, 30);
    h.line(1, 9, 12);
    h.line(0, 30, 31);
    h.line(1, 18, 25);
    expect(h.pass(1_000 * MS)).toEqual([]);
    complete(h, 1, 31);
    expect(h.counter('gapsOpened')).toBe(0);
    expect(h.counter('expected')).toBe(30);
  });
});

describe('sessions', () => {
  test('a new session begins with its first number, after what is still missing of the old one is given up', () => {
    const h = new Hand();
    const session = 'SIM0000002';
    h.line(0, 1, 20);
    h.line(0, 25, 30);
    h.line(0, 1, 4, { session });
    h.service();
    expect(h.consumer.next).toBe(20);
    h.line(1, 2, 6, { session });
    h.line(1, 20, 25);
    h.service();
    expect(h.notices().filter((n) => !/^(stale|good)/.test(n))).toEqual([
      'sessionStarted 1-1',
      'gapOpened 20-25',
      'gapAbandoned 20-25 sessionEnded',
      'sessionEnded 30-30 sessionEnded',
      'sessionStarted 1-1',
    ]);
    expect(h.consumer.digest.count).toBe(19 + 5 + 5);
    expect(h.counter('otherSession')).toBe(1);
    expect(h.session.ledgerBalances()).toBe(true);
  });

  test('one packet of another session changes nothing: it may be damaged', () => {
    const h = new Hand();
    h.line(0, 1, 20);
    h.line(0, 1, 4, { session: 'DAMAGED001' });
    h.line(0, 20, 30);
    h.service();
    complete(h, 1, 30);
  });
});

describe('gaps', () => {
  test('a gap on a quiet channel is declared by time, without another packet', () => {
    const h = new Hand();
    h.line(0, 1, 5);
    h.line(0, 7, 9);
    h.service();
    expect(h.notices().filter((n) => n.startsWith('gap'))).toEqual([]);
    const sent = h.pass(2 * MS);
    expect(h.notices()).toContain('gapOpened 5-7');
    expect(sent.map(asked)).toEqual([{ session: SESSION, begin: 5, count: 2 }]);
  });

  test('a heartbeat shows that the latest messages are missing', () => {
    const h = new Hand();
    h.line(0, 1, 5);
    h.heartbeat(1, 9);
    const sent = h.pass(2 * MS);
    expect(sent.map(asked)).toEqual([{ session: SESSION, begin: 5, count: 4 }]);
    h.heartbeat(0, 5);
    h.heartbeat(1, 9);
    h.reply(h.bytes(5, 9));
    h.service();
    complete(h, 1, 9);
  });

  test.each([1, 2, 7])('a gap of %i is counted, named and asked for as exactly so many', (n) => {
    const h = new Hand();
    h.line(0, 1, 10);
    h.line(0, 10 + n, 40);
    const sent = h.pass(2 * MS);
    expect(sent.map(asked)).toEqual([{ session: SESSION, begin: 10, count: n }]);
    expect(h.counter('missing')).toBe(n);
    h.pass(10_000 * MS);
    expect(h.notices()).toContain(`gapAbandoned 10-${10 + n} timedOut`);
    expect(h.consumer.of('gapAbandoned').map((x) => Number(x.count))).toEqual([n]);
    expect(h.counter('abandoned')).toBe(n);
    expect(h.counter('delivered')).toBe(9 + 30 - n);
    expect(h.counter('expected')).toBe(39);
    expect(h.session.ledgerBalances()).toBe(true);
  });
});

describe('requests', () => {
  test('a lost reply is asked for again on a timer', () => {
    const h = new Hand();
    h.line(0, 1, 5);
    h.line(0, 7, 9);
    expect(h.pass(2 * MS)).toHaveLength(1);
    const again = h.pass(60 * MS);
    expect(again.map(asked)).toEqual([{ session: SESSION, begin: 5, count: 2 }]);
    h.reply(h.bytes(5, 7));
    expect(h.pass(1_000 * MS)).toEqual([]);
    complete(h, 1, 9);
    expect(h.counter('requestTimeouts')).toBe(1);
  });

  test('the request carries the session, and a reply of another session is not taken', () => {
    const h = new Hand();
    h.line(0, 1, 5);
    h.line(0, 7, 9);
    expect(asked(h.pass(2 * MS)[0]).session).toBe(SESSION);
    h.reply(h.bytes(5, 7, { session: 'OTHER00001' }));
    h.line(1, 5, 7, { session: 'OTHER00001' });
    h.service();
    expect(h.consumer.next).toBe(5);
    expect(h.counter('otherSession')).toBeGreaterThan(0);
    h.reply(h.bytes(5, 7));
    h.service();
    complete(h, 1, 9);
  });

  test('a range that is longer than the server allows is asked for in parts', () => {
    const h = new Hand(withLimits({ perRequest: 10 }));
    h.line(0, 1, 5);
    h.line(0, 30, 32);
    const parts: { begin: number; count: number }[] = [];
    for (let sent = h.pass(2 * MS); sent.length > 0; sent = h.pass(MS)) {
      for (const { begin, count } of sent.map(asked)) {
        parts.push({ begin, count });
        h.reply(h.bytes(begin, begin + count));
      }
    }
    expect(parts).toEqual([
      { begin: 5, count: 10 },
      { begin: 15, count: 10 },
      { begin: 25, count: 5 },
    ]);
    complete(h, 1, 32);
  });

  test('attempts count anew after every success', () => {
    const h = new Hand(withLimits({}, 2));
    h.line(0, 1, 5);
    h.line(0, 25, 27);
    let requests = 0;
    let sent = h.pass(2 * MS);
    // Each message needs two attempts: the first is not answered, the second brings one message.
    for (let next = 5; next < 25; next++) {
      expect(sent.map((a) => asked(a).begin)).toEqual([next]);
      const again = h.pass(60 * MS);
      expect(again.map((a) => asked(a).begin)).toEqual([next]);
      requests += 2;
      h.reply(h.bytes(next, next + 1));
      sent = h.service();
    }
    complete(h, 1, 27);
    expect(h.counter('requests')).toBe(requests);
    expect(h.counter('abandoned')).toBe(0);
  });

  test('attempts are over when the server never answers, and the feed goes on', () => {
    const h = new Hand(withLimits({}, 3));
    h.line(0, 1, 5);
    h.line(0, 6, 9);
    expect(h.pass(5_000 * MS)).toHaveLength(3);
    expect(h.notices()).toContain('gapAbandoned 5-6 timedOut');
    h.line(0, 9, 12);
    h.service();
    expect(h.consumer.next).toBe(12);
    expect(h.consumer.skipped).toEqual([{ begin: 5, end: 6 }]);
  });

  test('a reply that comes after its range was given up is not delivered a second time or out of order', () => {
    const h = new Hand(withLimits({}, 1));
    h.line(0, 1, 5);
    h.line(0, 6, 9);
    h.pass(1_000 * MS);
    expect(h.consumer.next).toBe(9);
    h.reply(h.bytes(5, 6));
    h.line(0, 9, 10);
    h.service();
    expect(h.consumer.disorder).toBe(0);
    expect(h.consumer.digest.count).toBe(8);
    expect(h.session.ledgerBalances()).toBe(true);
  });
});

describe('snapshots', () => {
  const soup = (message: Uint8Array): Uint8Array => encode(soupbintcp, 'sequencedData', { message });

  test('a snapshot replaces what was there: what it contains is not delivered after it', () => {
    const h = new Hand(simulatedTotalView({ recovery: ['glimpse'], join: 'live' }));
    h.line(0, 1, 100);
    h.line(0, 120, 200);
    h.pass(2 * MS);
    h.reply(encode(soupbintcp, 'loginAccepted', { session: SESSION, sequenceNumber: 1n }));
    const snapshots = new ItchSnapshots(h.history);
    const state = snapshots.snapshotAt(150);
    for (const m of state) h.reply(soup(m));
    h.service();
    expect(h.consumer.next).toBe(100);
    h.reply(soup(snapshots.endOfSnapshot(150)));
    h.line(1, 100, 120);
    h.line(0, 200, 210);
    h.service();
    expect(h.consumer.snapshotMessages).toBe(state.length);
    expect(h.consumer.skipped).toEqual([{ begin: 100, end: 150 }]);
    expect(h.consumer.next).toBe(210);
    expect(h.notices().filter((n) => /snapshot|aband/.test(n))).toEqual([
      'snapshotStarted 100-100',
      'gapAbandoned 100-150 snapshot',
      'snapshotEnded 150-150',
    ]);
    expect(h.counter('abandonedToSnapshot')).toBe(50);
    expect(h.session.ledgerBalances()).toBe(true);
  });

  test('a start without its snapshot is told, and the stream is stale', () => {
    const h = new Hand(simulatedTotalView({ recovery: ['glimpse'], join: 'snapshot', tries: 1 }));
    h.line(0, 100, 120);
    h.line(1, 100, 120);
    h.service();
    h.reply(encode(soupbintcp, 'loginAccepted', { session: SESSION, sequenceNumber: 1n }));
    h.session.closed(0, 'connectionClosed', h.nowNs);
    h.pass(MS);
    complete(h, 100, 120);
    expect(h.notices().filter((n) => !n.startsWith('session'))).toEqual([
      'snapshotStarted 100-100',
      'snapshotFailed 100-100 connectionClosed',
      'recoveryFailed 100-100 connectionClosed',
      'stale 100-100',
    ]);
  });

  test('a snapshot is not begun when the hole has been filled while we logged in', () => {
    const h = new Hand(simulatedTotalView({ recovery: ['glimpse'], join: 'live' }));
    h.line(0, 1, 100);
    h.line(0, 120, 200);
    h.pass(2 * MS);
    h.line(1, 100, 120);
    h.reply(encode(soupbintcp, 'loginAccepted', { session: SESSION, sequenceNumber: 1n }));
    expect(h.pass(100 * MS).map((a) => a.kind)).toEqual(['send', 'close']);
    complete(h, 1, 200);
    expect(h.notices().filter((n) => n.startsWith('snapshot'))).toEqual([]);
    h.line(0, 200, 210);
    h.service();
    complete(h, 1, 210);
  });

  test('a snapshot that breaks off changes nothing, and another is taken', () => {
    const h = new Hand(simulatedTotalView({ recovery: ['glimpse'], join: 'live' }));
    h.line(0, 1, 100);
    h.line(0, 120, 200);
    h.pass(2 * MS);
    h.reply(encode(soupbintcp, 'loginAccepted', { session: SESSION, sequenceNumber: 1n }));
    h.reply(soup(h.history.message(2)));
    h.session.closed(0, 'connectionClosed', h.nowNs);
    const sent = h.pass(5 * MS);
    expect(sent.some((a) => a.kind === 'send')).toBe(true);
    expect(h.consumer.of('snapshotFailed')).toHaveLength(1);
    expect(h.consumer.next).toBe(100);
    expect(h.session.ledgerBalances()).toBe(true);
  });
});
