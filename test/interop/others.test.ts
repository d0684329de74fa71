/** A second opinion of MoldUDP64 and SoupBinTCP: the crate moldudp and the npm package soupbintcp, both ways. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import { defineVenue, env, stream, udpMulticast, userPassword } from '../../src/patterns/index.js';
import { LoopbackVenue } from '../../src/simulator/loopback-venue.js';
import { SIMULATED_USERS } from '../../src/simulator/scenario.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { soupbintcpFeed } from '../../src/venues/patterns/streams.js';
import { atEnd, Counterpart, day, digestOf, folder, freeGroup, Watched } from './harness.js';

beforeAll(() => {
  Object.assign(process.env, { INTEROP_USER: 'user', INTEROP_PASSWORD: 'secret' });
});

async function expectWhole(watched: Watched, history: { length: number; digest(): bigint }): Promise<void> {
  await watched.delivered(history.length);
  await watched.atRest();
  expect(watched.told('gapAbandoned')).toEqual([]);
  expect(watched.digest.value).toBe(history.digest());
}

async function simulated(loss: number): Promise<LoopbackVenue> {
  const venue = new LoopbackVenue({
    seed: 6,
    messages: 5_000,
    rate: 20_000,
    faults: { loss },
    publisher: { heartbeatNs: 50_000_000, endPackets: 4 },
  });
  atEnd(() => venue.stop());
  await venue.start();
  return venue;
}

describe('MoldUDP64 of the crate moldudp', () => {
  async function crate(messages: number) {
    const { history, file } = day(messages);
    const group = await freeGroup();
    const venue = Counterpart.rust(['serve', file, 'MOLDRUST', group]);
    const server = `127.0.0.1:${(await venue.said(/^listening (\d+)/))[1]}`;
    const watched = await Watched.open(
      nasdaqTotalView({
        lines: { A: udpMulticast(group, { interface: '127.0.0.1' }) },
        join: 'beginning',
        rerequest: { servers: [server], timeout: '1s', tries: 5 },
      }),
    );
    return { venue, history, watched };
  }

  test('one packet of ten is lost, and its re-request server has it', async () => {
    const { venue, history, watched } = await crate(5_000);
    await venue.do('publish 1 5000 8 10');
    await expectWhole(watched, history);
    expect(watched.feed.statistics().ledger.recovered).toBeGreaterThanOrEqual(62 * 8 - 8);
    await venue.do('end');
    await watched.notice('sessionEnded');
  });

  test('the lost tail is told by its heartbeat', async () => {
    const { venue, history, watched } = await crate(1_000);
    await venue.do('publish 1 992 8 0');
    await venue.do('publish 993 1000 8 1');
    await expectWhole(watched, history);
  });

  test.each([
    ['whole', 0],
    ['with one packet of ten lost, requested of our server', 0.1],
  ])('its client reads our simulator %s', async (_, loss) => {
    const venue = await simulated(loss);
    const file = join(folder(), 'heard.bin');
    const { history, lines, addresses } = venue;
    const client = Counterpart.rust(['listen', file, history.session, lines.A, addresses.rerequest, '5000']);
    await client.said(/^ready/);
    venue.begin();
    await client.said(/^over 5000$/);
    expect(digestOf(file).value).toBe(history.digest());
    expect(venue.servers.rerequest.answered > 0).toBe(loss > 0);
  });
});

describe('SoupBinTCP of the npm package soupbintcp', () => {
  async function server(messages: number) {
    const { history, file } = day(messages);
    const venue = Counterpart.node('soup.mjs', ['serve', file, 'NODESOUP', 'user', 'secret']);
    const address = `127.0.0.1:${(await venue.said(/^listening (\d+)/))[1]}`;
    const watched = await Watched.open(
      defineVenue({
        name: 'soup',
        decoder: itch50,
        framing: 'moldudp64',
        join: 'beginning',
        streams: {
          A: stream(soupbintcpFeed, {
            servers: [address],
            credentials: userPassword(env('INTEROP_USER'), env('INTEROP_PASSWORD')),
          }),
        },
      }),
    );
    return { venue, history, watched };
  }

  test('a session comes whole over two connections', async () => {
    const { venue, history, watched } = await server(5_000);
    await venue.do('available 2000');
    await watched.delivered(2_000);
    await venue.do('drop');
    await venue.said(/^login session=' {2}NODESOUP' sequence=2001$/);
    await venue.do('available 5000');
    await expectWhole(watched, history);
    await venue.do('end');
    await watched.notice('sessionEnded');
    expect(venue.heard(/^error/)).toEqual([]);
  });

  test('close() says logout', async () => {
    const { venue, history, watched } = await server(100);
    await venue.do('available 100');
    await expectWhole(watched, history);
    watched.feed.close();
    await venue.said(/^logout/);
  });

  test.each([
    ['the right password', 'SIMPASS', /^over 5000: end of session/],
    ['a wrong password', 'WRONG', /^rejected A/],
  ])('its client at our replay server, with %s', async (_, password, expected) => {
    const venue = await simulated(0);
    expect(Object.keys(SIMULATED_USERS)).toEqual(['SIMUSR']);
    venue.begin();
    await venue.finished;
    const file = join(folder(), 'heard.bin');
    const client = Counterpart.node('soup.mjs', ['listen', file, venue.addresses.replay, 'SIMUSR', password, '1']);
    await client.said(expected);
    if (client.heard(/^over/).length > 0) expect(digestOf(file).value).toBe(venue.history.digest());
  });
});
