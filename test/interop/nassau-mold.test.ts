/** MoldUDP64 by nassau: its publisher on the lines A and B and its re-request servers, read by our feeds. */
import { describe, expect, test } from 'vitest';
import { udpMulticast } from '../../src/patterns/index.js';
import { type NasdaqTotalViewOptions, nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { Counterpart, day, freeGroup, freeUdpPort, Watched } from './harness.js';

const LOOPBACK = { interface: '127.0.0.1' };
/** Enough for a virtual machine that has just been started on a busy computer. */
const PATIENT = { timeout: '1s', tries: 5 };

interface Setting {
  readonly messages: number;
  /** Of each re-request server: it answers every n-th request; 0: none. */
  readonly servers?: readonly number[];
  readonly session?: string;
}

/** A venue by nassau, not yet publishing. */
async function nassau({ messages, servers = [1], session = 'NASSAU' }: Setting) {
  const { history, file } = day(messages);
  const lines = { A: await freeGroup(), B: await freeGroup() };
  const venue = Counterpart.java('MoldVenue', [file, session, lines.A, lines.B]);
  await venue.said(/^ready/);
  const ports: number[] = [];
  for (const [i, every] of servers.entries()) {
    await venue.do(`serve ${every}`);
    ports.push(Number((await venue.said(new RegExp(`^listening ${i} (\\d+)`)))[1]));
  }
  const addresses = ports.map((p) => `127.0.0.1:${p}`);
  const listen = (options: Partial<NasdaqTotalViewOptions> = {}) =>
    Watched.open(
      nasdaqTotalView({
        lines: { A: udpMulticast(lines.A, LOOPBACK), B: udpMulticast(lines.B, LOOPBACK) },
        ...(addresses.length > 0 ? { rerequest: { servers: addresses, ...PATIENT } } : {}),
        ...options,
      }),
    );
  return { venue, history, lines, addresses, listen };
}

/** Everything was delivered once, in order, and nothing else: what the venue has and what came have one digest. */
async function expectWhole(watched: Watched, history: { length: number; digest(): bigint }): Promise<void> {
  await watched.atRest();
  expect(watched.told('gapAbandoned')).toEqual([]);
  expect(watched.numbers.length).toBe(history.length);
  expect(watched.digest.value).toBe(history.digest());
  const { ledger } = watched.feed.statistics();
  expect(ledger).toMatchObject({ expected: history.length, abandoned: 0, inFlight: 0 });
  expect(ledger.delivered + ledger.recovered).toBe(history.length);
}

describe('MoldUDP64 of nassau', () => {
  test('what A loses comes on B and the other way round: nothing is requested', async () => {
    const { venue, history, listen } = await nassau({ messages: 4_000 });
    const watched = await listen({ join: 'beginning', reorder: '1s' });
    await venue.do('publish 1 4000 4 A=3-9,400-420 B=100,500-540,900');
    await venue.do('end 4001 A B');
    await watched.notice('sessionEnded');
    await expectWhole(watched, history);
    expect(venue.heard(/^request /)).toEqual([]);
  });

  test('what both lines lose is requested and comes', async () => {
    const { venue, history, listen } = await nassau({ messages: 4_000 });
    const watched = await listen({ join: 'beginning' });
    await venue.do('publish 1 4000 4 A=10-20,300-310,700 B=15-25,305-400,700');
    await venue.do('end 4001 A B');
    await watched.notice('sessionEnded');
    await expectWhole(watched, history);
    expect(venue.heard(/^request /).length).toBeGreaterThanOrEqual(3);
    expect(watched.feed.statistics().ledger.recovered).toBeGreaterThanOrEqual(6 * 4 + 6 * 4 + 4);
  });

  test('the tail that both lines lost is told by a heartbeat and requested', async () => {
    const { venue, history, listen } = await nassau({ messages: 1_000 });
    const watched = await listen({ join: 'beginning' });
    await venue.do('publish 1 1000 4 A=200-249 B=200-249');
    await venue.do('heartbeat 1001 A B');
    await watched.delivered(1_000);
    await expectWhole(watched, history);
  });

  test('the end of session tells of a lost tail too', async () => {
    const { venue, history, listen } = await nassau({ messages: 1_000 });
    const watched = await listen({ join: 'beginning' });
    await venue.do('publish 1 1000 4 A=240-249 B=240-249');
    await venue.do('end 1001 A B');
    await watched.delivered(1_000);
    await watched.notice('sessionEnded');
    await expectWhole(watched, history);
  });

  test('a late join fetches 160,000 messages; no request asks for 65,535 or more', async () => {
    const { venue, history, listen } = await nassau({ messages: 160_100 });
    const watched = await listen({ join: 'beginning' });
    await venue.do('store 160000');
    await venue.do('publish 160001 160100 4 A B');
    await watched.delivered(160_100);
    await expectWhole(watched, history);
    const counts = venue.heard(/^request \d+ \d+ (\d+)/).map((m) => Number(m[1]));
    expect(Math.max(...counts)).toBeLessThan(0xffff);
  });

  test('a dead first server leads to the second', async () => {
    const { venue, history, addresses, listen } = await nassau({ messages: 1_000 });
    const dead = `127.0.0.1:${await freeUdpPort()}`;
    const watched = await listen({ join: 'beginning', rerequest: { servers: [dead, ...addresses], ...PATIENT } });
    await venue.do('publish 1 1000 4 A=50-60 B=50-60');
    await venue.do('end 1001 A B');
    await watched.notice('sessionEnded');
    await expectWhole(watched, history);
  });

  test('a mute first server leads to the second', async () => {
    const { venue, history, listen, addresses } = await nassau({ messages: 1_000, servers: [0, 1] });
    const watched = await listen({
      join: 'beginning',
      rerequest: { servers: addresses, tries: 5, timeout: '100ms' },
    });
    await venue.do('publish 1 1000 4 A=50-60 B=50-60');
    await venue.do('end 1001 A B');
    await watched.notice('sessionEnded');
    await expectWhole(watched, history);
    expect(venue.heard(/^request 0 /).length).toBeGreaterThan(0);
  });

  test('a server that leaves two of three requests unanswered is asked again', async () => {
    const { venue, history, listen, addresses } = await nassau({ messages: 1_000, servers: [3] });
    const watched = await listen({
      join: 'beginning',
      rerequest: { servers: addresses, tries: 20, timeout: '100ms' },
    });
    await venue.do('publish 1 1000 4 A=50-60,90-95 B=50-60,90-95');
    await venue.do('end 1001 A B');
    await watched.notice('sessionEnded');
    await expectWhole(watched, history);
  });

  test('mute servers only: what is missing is abandoned, counted and told', async () => {
    const { venue, listen, addresses } = await nassau({ messages: 1_000, servers: [0] });
    const watched = await listen({
      join: 'beginning',
      rerequest: { servers: addresses, tries: 2, timeout: '50ms' },
    });
    await venue.do('publish 1 1000 4 A=50-59 B=50-59');
    await venue.do('end 1001 A B');
    await watched.notice('sessionEnded');
    await watched.atRest();
    expect(watched.told('gapAbandoned').map((n) => [n.begin, n.end])).toEqual([[201n, 241n]]);
    expect(watched.feed.statistics().ledger).toEqual({
      expected: 1_000,
      delivered: 960,
      recovered: 0,
      abandoned: 40,
      inFlight: 0,
    });
  });

  test('the next session begins at 1 after the end of the last', async () => {
    const { venue, history, listen } = await nassau({ messages: 500 });
    const watched = await listen({ join: 'beginning' });
    await venue.do('publish 1 500 4 A=5-7 B=5-7');
    await venue.do('end 501 A B');
    await watched.notice('sessionEnded');
    await expectWhole(watched, history);
    const next = day(400, 2);
    await venue.do(`session NASSAU2 ${next.file}`);
    await venue.do('publish 1 400 4 A B=8-9');
    await watched.delivered(900);
    expect(watched.numbers.slice(500)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
    expect(watched.told('gapAbandoned')).toEqual([]);
    expect(watched.told('sessionStarted').at(-1)?.session.trim()).toBe('NASSAU2');
  });
});
