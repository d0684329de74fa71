import { afterEach, describe, expect, test } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import { openFeed } from '../../src/feed/open.js';
import { StreamDigest } from '../../src/simulator/digest.js';
import type { LineFaults } from '../../src/simulator/line-faults.js';
import { LoopbackVenue, type LoopbackVenueOptions } from '../../src/simulator/loopback-venue.js';
import type { Means } from '../../src/simulator/scenario.js';
import { liveOptions, notByAfXdp, receivedAsAsked } from '../live.js';

/** Real sockets on this machine: the same servers, faults and core as in virtual time. */

const open: LoopbackVenue[] = [];
async function venueOf(options: LoopbackVenueOptions): Promise<LoopbackVenue> {
  const venue = new LoopbackVenue({ publisher: { heartbeatNs: 50_000_000, endPackets: 4 }, ...options });
  open.push(venue);
  await venue.start();
  return venue;
}
afterEach(async () => {
  for (const venue of open.splice(0)) await venue.stop();
});

/** Listens until the venue's day has been delivered, and digests it. */
async function listen(venue: LoopbackVenue, recovery: readonly Means[]) {
  // With nothing but the other line to bring what is missing, it may be as late as this machine makes it.
  const reorder = recovery.length === 0 ? '1s' : '1ms';
  const feed = await openFeed(venue.venue({ recovery, join: 'beginning', reorder }), liveOptions);
  const digest = new StreamDigest();
  const { view } = feed.ring;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const last = venue.history.next - 1;
  const take = (m: { $at: number; $length: number }, at: { sequence: number }): void => {
    digest.add(at.sequence, bytes, m.$at, m.$length);
    if (at.sequence === last) feed.close();
  };
  const abandoned: string[] = [];
  feed.on('gapAbandoned', (n) => abandoned.push(`${n.begin}-${n.end} ${n.reason}`));
  const running = feed.run(Object.fromEntries(itch50.names.map((n) => [n, take])));
  // A feed that has not heard the end by then has failed; the digest says so.
  const guard = setTimeout(() => feed.close(), 20_000);
  // Sockets are open when the feed's thread says so.
  while (feed.receive.length === 0 && !feed.closed) await new Promise((resolve) => setTimeout(resolve, 1));
  receivedAsAsked(feed);
  return { feed, digest, abandoned, running: running.finally(() => clearTimeout(guard)) };
}

describe('a venue on loopback', () => {
  test.each<readonly [string, readonly Means[]]>([
    ['UDP re-request', ['rerequest']],
    ['TCP replay', ['replay']],
    ['the ladder', ['rerequest', 'replay', 'glimpse']],
  ])('is delivered whole with %s when both lines lose packets', async (_, recovery) => {
    const venue = await venueOf({ seed: 21, messages: 5_000, rate: 20_000, faults: { loss: 0.1 } });
    const { digest, abandoned, running } = await listen(venue, recovery);
    venue.begin();
    await running;
    expect(abandoned).toEqual([]);
    expect(digest.count).toBe(5_000);
    expect(digest.value).toBe(venue.history.digest());
    expect(venue.stats().lost.every((n) => n > 0)).toBe(true);
  });

  test.skipIf(notByAfXdp('an interface has one owner'))(
    'answers each of two feeds on the same host, and both get every message',
    async () => {
      const venue = await venueOf({ seed: 22, messages: 5_000, rate: 20_000, faults: { loss: 0.2 } });
      const feeds = await Promise.all([listen(venue, ['rerequest']), listen(venue, ['rerequest'])]);
      venue.begin();
      await Promise.all(feeds.map((f) => f.running));
      for (const { digest, abandoned } of feeds) {
        expect(abandoned).toEqual([]);
        expect(digest.value).toBe(venue.history.digest());
      }
      const { requests, answered } = venue.stats();
      expect(requests).toBeGreaterThan(1);
      expect(answered).toBe(requests);
    },
  );

  test.skipIf(notByAfXdp('an interface has one owner'))('does not disturb another venue beside it', async () => {
    const venues = [
      await venueOf({ seed: 23, messages: 2_000, rate: 20_000 }),
      await venueOf({ seed: 24, messages: 2_000, rate: 20_000 }),
    ];
    const feeds = await Promise.all(venues.map((v) => listen(v, ['rerequest'])));
    for (const v of venues) v.begin();
    await Promise.all(feeds.map((f) => f.running));
    for (const [i, f] of feeds.entries()) expect(f.digest.value).toBe(venues[i]?.history.digest());
  });

  /** What certification plays in virtual time, on the lines and servers of this machine, by whatever receives them. */
  const MS = 1_000_000;
  const both = (faults: LineFaults): readonly LineFaults[] => [faults, faults];
  const ladder: readonly Means[] = ['rerequest', 'replay', 'glimpse'];
  type Harm = Pick<LoopbackVenueOptions, 'servers'> & {
    readonly recovery: readonly Means[];
    readonly faults: readonly LineFaults[];
  };
  const dead = { silence: [{ fromNs: 50 * MS, toNs: 100 * MS }] };
  test.each<readonly [string, Harm]>([
    [
      'late and doubled packets',
      { recovery: ['rerequest'], faults: both({ reorder: 0.2, reorderNs: 2 * MS, duplicate: 0.1, jitterNs: MS }) },
    ],
    ['one line that is dead for a while', { recovery: [], faults: [dead, {}] }],
    ['both lines dead for a while', { recovery: ladder, faults: both(dead) }],
    ['bursts of losses', { recovery: ['rerequest'], faults: both({ burst: { probability: 0.005, length: 25 } }) }],
    ['packets that are cut', { recovery: ['rerequest'], faults: both({ truncate: 0.05 }) }],
    [
      'a server that answers in parts and late',
      {
        recovery: ['rerequest'],
        faults: both({ loss: 0.1 }),
        servers: { rerequest: { servePart: 0.5, late: 0.3, split: 0.5, outOfOrder: 0.5 } },
      },
    ],
    [
      'a server that is asked in vain',
      { recovery: ladder, faults: both({ loss: 0.05 }), servers: { rerequest: { silent: 1 } } },
    ],
    [
      'a server that refuses, and closes in the middle',
      {
        recovery: ['replay'],
        faults: both({ loss: 0.05 }),
        servers: { replay: { refuse: 0.2, closeHalfway: 0.2, split: 0.5 } },
      },
    ],
  ])('is delivered whole beside %s', async (_, { recovery, ...harm }) => {
    const venue = await venueOf({ seed: 31, messages: 4_000, rate: 20_000, ...harm });
    const { digest, abandoned, running } = await listen(venue, recovery);
    venue.begin();
    await running;
    expect(abandoned).toEqual([]);
    expect([digest.count, digest.value]).toEqual([4_000, venue.history.digest()]);
  });

  test('can be stopped at any time, more than once, and not be started again', async () => {
    const venue = new LoopbackVenue({ seed: 25, messages: 1_000 });
    const starting = venue.start();
    await Promise.all([venue.stop(), venue.stop(), starting.catch(() => {})]);
    await venue.stop();
    await expect(venue.start()).rejects.toMatchObject({ code: 'VW_SIMULATOR_STOPPED' });
    await venue.finished;
  });
});
