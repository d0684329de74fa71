/** nassau's clients recover from our proxy, and read the session that it sends out again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openProxy, type ProxyOptions, type RecoveryProxy } from '../../src/proxy/index.js';
import { LoopbackVenue } from '../../src/simulator/loopback-venue.js';
import { atEnd, Counterpart, digestOf, folder, until } from './harness.js';

async function started(loss: number, options: Partial<ProxyOptions> = {}): Promise<[LoopbackVenue, RecoveryProxy]> {
  const venue = new LoopbackVenue({
    seed: 27,
    messages: 5_000,
    rate: 20_000,
    faults: { loss },
    publisher: { heartbeatNs: 50_000_000, endPackets: 20 },
  });
  atEnd(() => venue.stop());
  await venue.start();
  const day = mkdtempSync(join(tmpdir(), 'venuewire-nassau-proxy-'));
  atEnd(() => rmSync(day, { recursive: true, force: true }));
  const proxy = await openProxy(venue.venue({ recovery: ['rerequest', 'replay'] }), { folder: day, ...options });
  atEnd(() => proxy.close());
  return [venue, proxy];
}

describe('a MoldUDP64 client of nassau', () => {
  test('that loses one packet of ten recovers from the proxy', async () => {
    const [venue, proxy] = await started(0.1);
    const file = join(folder(), 'heard.bin');
    const client = Counterpart.java('NassauClient', ['mold', file, venue.lines.A, proxy.address]);
    await client.said(/^ready/);
    venue.begin();
    await client.said(/^over 5000$/);
    expect(digestOf(file).value).toBe(venue.history.digest());
    expect(client.heard(/^state GAP_FILL/).length).toBeGreaterThan(0);
    expect(proxy.statistics().requests.answered).toBeGreaterThan(0);
  });

  test('reads what the proxy sends out again, without one gap', async () => {
    const group = `239.194.${process.pid % 250}.9:31119`;
    const [venue, proxy] = await started(0.1, { rebroadcast: { address: group, interface: '127.0.0.1' } });
    const file = join(folder(), 'heard.bin');
    const client = Counterpart.java('NassauClient', ['mold', file, group, proxy.address]);
    await client.said(/^ready/);
    venue.begin();
    await client.said(/^over 5000$/);
    expect(digestOf(file).value).toBe(venue.history.digest());
    expect(proxy.statistics().requests.requests).toBe(0);
  });
});

describe('a SoupBinTCP client of nassau', () => {
  test('is replayed to by the proxy, from the first message to the end of the session', async () => {
    const [venue, proxy] = await started(0.05);
    venue.begin();
    await until('that a part has come', () => (proxy.channels[0]?.next ?? 0) > 1_000);
    const file = join(folder(), 'heard.bin');
    const client = Counterpart.java('NassauClient', ['soup', file, proxy.address, 'any', 'body', '-', '1']);
    await client.said(/^accepted session='SIM0000001' sequence=1$/);
    await client.said(/^end of session/);
    await client.said(/^over 5000$/);
    expect(digestOf(file).value).toBe(venue.history.digest());
  });
});
