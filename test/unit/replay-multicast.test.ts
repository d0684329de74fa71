/** A capture sent to its groups again. How exactly its times are kept is measured by `node bench/run.mjs replay`. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { replayToMulticast } from '../../src/capture/multicast-replay.js';
import { Capture } from '../../src/capture/packets.js';
import { fixture, readPcap, venuewire } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-replay-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = fixture('itch50-vlan-us.pcap');
const { header, packets } = readPcap('itch50-vlan-us.pcap');
const [ip = '', port = ''] = (packets[0]?.destination ?? '').split(':');

/** A group of its own, and what came to it. */
async function receiver(group: string) {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(0);
  await once(socket, 'listening');
  socket.addMembership(group, '127.0.0.1');
  const received: Buffer[] = [];
  let look: () => void = () => {};
  socket.on('message', (bytes) => {
    received.push(bytes);
    look();
  });
  return {
    received,
    map: [{ ip, port: Number(port), toIp: group, toPort: socket.address().port }],
    until: (count: number) =>
      new Promise<void>((resolve) => {
        look = () => received.length >= count && resolve();
        look();
      }),
    close: () => socket.close(),
  };
}

const FAST = { interface: '127.0.0.1', ttl: 1, speed: 0, times: 1, port: 0, realtimePriority: 0 };
const TIME_BYTES = 8; // seconds and their fraction, at the head of a record
const payloads = packets.map((p) => p.payload);

describe('a capture sent to multicast', () => {
  it('is sent as often as is asked for, in order, at a multiple of its speed', async () => {
    const to = await receiver('239.255.77.21');
    const totals = await replayToMulticast(new Capture(file), { ...FAST, speed: 1e6, times: 2, map: to.map });
    await to.until(2 * payloads.length);
    to.close();
    expect(to.received).toEqual([...payloads, ...payloads]);
    expect(totals).toMatchObject({ packets: 2 * payloads.length, passes: 2, passedOver: 0, fault: undefined });
    expect(totals.destinations).toEqual([`239.255.77.21:${to.map[0]?.toPort}`]);
  });

  it('keeps order and every byte where many are due together and are sent in one call', async () => {
    const to = await receiver('239.255.77.25');
    const time = Buffer.from(packets[0]?.record ?? []).subarray(0, TIME_BYTES);
    const same = packets.map(({ record }) => Buffer.concat([time, record.subarray(TIME_BYTES)]));
    const capture = new Capture(Buffer.concat([header, ...same]));
    const totals = await replayToMulticast(capture, { ...FAST, speed: 1, map: to.map });
    await to.until(payloads.length);
    to.close();
    expect(to.received).toEqual(payloads);
    expect(totals.packets).toBe(payloads.length);
  });

  it('without end is ended by its signal', async () => {
    const to = await receiver('239.255.77.22');
    const ended = new AbortController();
    const replay = replayToMulticast(new Capture(file), { ...FAST, times: 0, map: to.map, signal: ended.signal });
    await to.until(3);
    ended.abort();
    expect((await replay).packets).toBeGreaterThanOrEqual(3);
    to.close();
  });

  it('waits for what is due in years no longer than for its signal', async () => {
    const [first, second] = packets;
    const late = Buffer.from(second?.record as Buffer);
    late.writeUInt32LE(0xfffffff0, 0);
    const to = await receiver('239.255.77.23');
    const ended = new AbortController();
    const capture = new Capture(Buffer.concat([header, first?.record as Buffer, late]));
    const replay = replayToMulticast(capture, { ...FAST, speed: 1, map: to.map, signal: ended.signal });
    await to.until(1);
    ended.abort();
    expect((await replay).packets).toBe(1);
    to.close();
  });

  it('that is cut is sent up to its fault, and the fault is told last', async () => {
    const to = await receiver('239.255.77.24');
    const cut = join(folder, 'cut.pcap.gz');
    writeFileSync(cut, gzipSync(readFileSync(file).subarray(0, -3)));
    const { toIp, toPort } = to.map[0] as (typeof to.map)[number];
    const ran = await venuewire([
      ...['replay', cut, '--to-multicast', '--speed', '0'],
      ...['--map', `${ip}:${port}=${toIp}:${toPort}`],
    ]);
    await to.until(payloads.length - 1);
    to.close();
    expect(to.received).toEqual(payloads.slice(0, -1));
    expect(ran.err).toContain(`sent ${payloads.length - 1} datagrams`);
    expect(ran.err).toMatch(/VW_CAPTURE_MALFORMED: .*cut\.pcap\.gz: frame \d+ at byte \d+: the record is cut/);
    expect(ran.code).toBe(1);
  });

  it('through a pipe is sent once; more is refused', async () => {
    const ran = await venuewire(['replay', '-', '--to-multicast', '--times', '2'], { input: readFileSync(file) });
    expect(ran.err).toContain('VW_USAGE: --times');
    expect(ran.code).toBe(2);
  });

  it('from an interface that is none is refused with a code', async () => {
    const options = { ...FAST, interface: 'no-such-interface', map: [] };
    await expect(replayToMulticast(new Capture(file), options)).rejects.toMatchObject({ code: 'VW_INTERFACE' });
  });
});
