/** Our simulated venue read by nassau's clients: what we publish and serve is what others understand. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LoopbackVenue, type LoopbackVenueOptions } from '../../src/simulator/loopback-venue.js';
import { SIMULATED_USERS } from '../../src/simulator/scenario.js';
import { atEnd, Counterpart, digestOf, folder, until } from './harness.js';

async function simulated(options: Partial<LoopbackVenueOptions>): Promise<LoopbackVenue> {
  const venue = new LoopbackVenue({
    seed: 5,
    messages: 5_000,
    rate: 20_000,
    publisher: { heartbeatNs: 50_000_000, endPackets: 20 },
    ...options,
  });
  atEnd(() => venue.stop());
  await venue.start();
  return venue;
}

describe('a MoldUDP64 client of nassau reads our simulator', () => {
  test.each([
    ['no packet is lost', 0],
    ['one packet of ten is lost, and requested of our server', 0.1],
  ])('whole, where %s', async (_, loss) => {
    const venue = await simulated({ faults: { loss } });
    const file = join(folder(), 'heard.bin');
    const client = Counterpart.java('NassauClient', ['mold', file, venue.lines.A, venue.addresses.rerequest]);
    await client.said(/^ready/);
    venue.begin();
    await client.said(/^over 5000$/);
    expect(digestOf(file).value).toBe(venue.history.digest());
    expect(client.heard(/^state GAP_FILL/).length > 0).toBe(loss > 0);
    expect(venue.servers.rerequest.answered > 0).toBe(loss > 0);
  });

  test('late: the beginning is asked of our server', async () => {
    const venue = await simulated({ messages: 3_000, publisher: { heartbeatNs: 20_000_000, endPackets: 0 } });
    venue.begin();
    await until('that all has been published', () => venue.stats().published === 3_000);
    const file = join(folder(), 'heard.bin');
    const client = Counterpart.java('NassauClient', ['mold', file, venue.lines.A, venue.addresses.rerequest]);
    // Its day goes on for ever: it is stopped once it is level with the line.
    await client.said(/^state SYNCHRONIZED/);
    await client.do('stop');
    const count = Number((await client.said(/^over (\d+)$/))[1]);
    expect(count).toBe(3_000);
    expect(digestOf(file).value).toBe(venue.history.digest());
  });
});

describe('a SoupBinTCP client of nassau reads our replay server', () => {
  const [user, password] = Object.entries(SIMULATED_USERS)[0] as [string, string];
  const login = (venue: LoopbackVenue, file: string, session: string, number: number, secret = password) =>
    Counterpart.java('NassauClient', ['soup', file, venue.addresses.replay, user, secret, session, String(number)]);

  test('from the first message to the end of the session', async () => {
    const venue = await simulated({});
    const file = join(folder(), 'heard.bin');
    const client = login(venue, file, '-', 1);
    await client.said(/^accepted session='SIM0000001' sequence=1$/);
    venue.begin();
    await client.said(/^end of session/);
    await client.said(/^over 5000$/);
    expect(digestOf(file).value).toBe(venue.history.digest());
  });

  test('from the middle, naming the session', async () => {
    const venue = await simulated({});
    const file = join(folder(), 'heard.bin');
    venue.begin();
    await venue.finished;
    const client = login(venue, file, 'SIM0000001', 4_001);
    await client.said(/^accepted session='SIM0000001' sequence=4001$/);
    await client.said(/^over 1000$/);
    expect(digestOf(file, 4_001).value).toBe(venue.history.digest(4_001));
  });

  test.each([
    ['a wrong password', '-', 'wrong', 'A'],
    ['another session', 'OTHER00001', password, 'S'],
  ])('%s is rejected with its code', async (_, session, secret, code) => {
    const venue = await simulated({});
    const client = login(venue, join(folder(), 'heard.bin'), session, 1, secret);
    await client.said(new RegExp(`^rejected ${code}`));
  });

  test('a message cut off by our server is not handed on', async () => {
    const venue = await simulated({ servers: { replay: { closeHalfway: 1 } } });
    venue.begin();
    await venue.finished;
    const file = join(folder(), 'heard.bin');
    const client = login(venue, file, '-', 1);
    await client.said(/^closed by the server/);
    const count = Number((await client.said(/^over (\d+)$/))[1]);
    expect(count).toBeLessThan(5_000);
    expect(digestOf(file).value).toBe(venue.history.digest(1, count + 1));
  });
});
