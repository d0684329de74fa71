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
import { lineFaults } from '../../src/cli/line-faults.js';
import type { VenuewireError } from '../../src/errors.js';
import { faultyCapture } from '../../src/simulator/faulty-capture.js';
import { PcapWriter } from '../../src/simulator/pcap-writer.js';
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

/** The packets of the fixture to two lines in turns, a millisecond apart. */
function twoLines(): Buffer {
  const parts: Buffer[] = [];
  const pcap = new PcapWriter((bytes) => void parts.push(Buffer.from(bytes)));
  payloads.forEach((payload, i) => {
    const destination = i % 2 === 0 ? '233.1.1.1' : '233.1.1.2';
    pcap.udp(START, i * MS, { source: '10.0.0.1', sourcePort: 9, destination, destinationPort: 9000 }, payload);
  });
  pcap.end();
  return Buffer.concat(parts);
}
const START = 1_704_205_800;
const MS = 1e6;

async function packetsOf(capture: Capture) {
  const packets: { readonly to: string; readonly ms: number; readonly bytes: string }[] = [];
  await capture.read((p) => {
    const bytes = Buffer.from(p.view.buffer, p.view.byteOffset, p.view.byteLength).toString('hex');
    packets.push({ to: p.destination, ms: Number(p.time - BigInt(START) * 1_000_000_000n) / MS, bytes });
  });
  return packets;
}

describe('faults of the lines of a capture', () => {
  const faulty = async (seed: number, values: readonly string[]) => {
    const made = await faultyCapture(new Capture(twoLines()), { seed, ...lineFaults(values) });
    try {
      return { ...made, packets: await packetsOf(made.capture) };
    } finally {
      made.release();
    }
  };

  it('none: every packet as it was, when it was', async () => {
    const { packets } = await faulty(1, ['loss=0']);
    expect(packets).toEqual(await packetsOf(new Capture(twoLines())));
  });

  it('are those of each line, in the time of the capture and the order of arrival', async () => {
    const { packets } = await faulty(1, ['233.1.1.2:9000/delay=5ms']);
    const was = await packetsOf(new Capture(twoLines()));
    const late = was.map((p) => (p.to === '233.1.1.2:9000' ? { ...p, ms: p.ms + 5 } : p));
    expect(packets).toEqual(late.sort((a, b) => a.ms - b.ms));
    const lost = await faulty(1, ['233.1.1.2:9000/loss=1', 'loss=0']);
    expect(new Set(lost.packets.map((p) => p.to))).toEqual(new Set(['233.1.1.1:9000']));
    expect(lost.lines.get('233.1.1.2:9000')).toMatchObject({ lost: Math.floor(payloads.length / 2) });
  });

  it('come again by their seed, and are counted as what comes', async () => {
    const values = ['loss=0.3,duplicate=0.3,reorder=0.3,reorderBy=9ms'];
    const { packets, lines } = await faulty(7, values);
    expect(await faulty(7, values)).toMatchObject({ packets });
    expect((await faulty(8, values)).packets).not.toEqual(packets);
    for (const [line, { packets: n, lost, late, twice }] of lines) {
      expect([lost, late, twice].every((count) => count > 0)).toBe(true);
      expect(packets.filter((p) => p.to === line)).toHaveLength(n - lost + twice);
    }
  });

  it.each([
    ['luck=1', /'luck=1' is no fault.*\n.*loss, burst/],
    ['loss=2', /--fault loss: '2' is not a number from 0 to 1/],
    ['delay=5', /'5' is not a time up to 10 s/],
    ['delay=1h', /'1h' is not a time up to 10 s/],
    ['burst=0.1', /--fault burst/],
    ['a:1/loss=1', /'a:1' is not an address/],
    ['__proto__=1', /is no fault/],
  ])('%s is refused', (value, says) => {
    let said = '';
    try {
      lineFaults([value]);
    } catch (error) {
      said = `${(error as VenuewireError).message}\n${(error as VenuewireError).hint}`;
    }
    expect(said).toMatch(says);
  });
});

describe('a capture sent to multicast', () => {
  it('with faults is sent as they leave it, and says what they did', async () => {
    const [a, b] = [await receiver('239.255.77.26'), await receiver('239.255.77.27')];
    const path = join(folder, 'two.pcap');
    writeFileSync(path, twoLines());
    const to = [a, b].map(({ map }, i) => `233.1.1.${i + 1}:9000=${map[0]?.toIp}:${map[0]?.toPort}`);
    const ran = await venuewire([
      ...['replay', path, '--to-multicast', '--speed', '0', '--seed', '7', '--map', to[0] ?? '', '--map', to[1] ?? ''],
      ...['--fault', 'loss=0', '--fault', '233.1.1.2:9000/loss=0.5,duplicate=0.2'],
    ]);
    const said = /seed 7: 233\.1\.1\.2:9000: (\d+) of (\d+) lost(?:, (\d+) twice)?/.exec(ran.err);
    const [lost = 0, of = 0, twice = 0] = (said ?? []).slice(1).map((n) => Number(n ?? 0));
    await b.until(of - lost + twice);
    await a.until(payloads.length - of);
    a.close();
    b.close();
    expect([ran.code, lost > 0]).toEqual([0, true]);
    expect(a.received).toEqual(payloads.filter((_, i) => i % 2 === 0));
    expect(b.received).toHaveLength(of - lost + twice);
  });

  it('with faults of a line that it does not have, or without being sent, is refused', async () => {
    const absent = ['--to-multicast', '--speed', '0', '--fault', '233.9.9.9:1/loss=1'];
    const ran = await venuewire(['replay', file, ...absent]);
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('nothing is sent to 233.9.9.9:1')]);
    const without = await venuewire(['replay', file, '--fault', 'loss=1']);
    expect([without.code, without.err]).toEqual([2, expect.stringContaining('Add --to-multicast')]);
  });

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
