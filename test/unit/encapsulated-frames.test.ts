/**
 * Frames in tunnels and link layers, made by Scapy: `python test/interop/counterparts/frames.py FOLDER >
 * test/unit/encapsulated-frames.json`. The interop tests hold our reading of them to tshark's.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Capture } from '../../src/capture/packets.js';
import type { CapturedPayload } from '../../src/feed/batch.js';

const cases = JSON.parse(readFileSync(new URL('encapsulated-frames.json', import.meta.url), 'utf8')) as Record<
  string,
  { readonly link: number; readonly frames: readonly string[] }
>;

function pcap(link: number, frames: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(link, 20);
  const records = frames.flatMap((frame) => {
    const head = Buffer.alloc(16);
    head.writeUInt32LE(frame.length, 8);
    head.writeUInt32LE(frame.length, 12);
    return [head, frame];
  });
  return Buffer.concat([header, ...records]);
}

interface Seen {
  readonly packet: CapturedPayload;
  readonly text: string;
}

async function seenIn(link: number, frames: readonly Uint8Array[]) {
  const seen: Seen[] = [];
  const totals = await new Capture(pcap(link, frames)).read((packet) => {
    const { buffer, byteOffset, byteLength } = packet.view;
    seen.push({ packet, text: Buffer.from(buffer, byteOffset, byteLength).toString('latin1') });
  });
  return { seen, totals };
}
const bytesOf = (name: string): Buffer[] => cases[name]?.frames.map((f) => Buffer.from(f, 'hex')) ?? [];

describe('the datagram inside', () => {
  it.each(Object.keys(cases))('%s is read', async (name) => {
    const { seen, totals } = await seenIn(cases[name]?.link ?? 0, bytesOf(name));
    expect(seen).toHaveLength(1);
    expect(seen[0]?.text.startsWith(`payload of ${name}`)).toBe(true);
    const isIpv6 = seen[0]?.packet.destination.startsWith('[');
    expect(seen[0]?.packet.source).toBe(isIpv6 ? '[2001:db8::a]:4000' : '10.0.0.1:4000');
    expect(seen[0]?.packet.destination).toBe(isIpv6 ? '[ff3e::8000:1]:26477' : '233.54.12.111:26477');
    expect(totals.skipped.text).toBe('');
  });

  it('is read as far as it is there, and marked, when the mirror cut the frame', async () => {
    const [frame] = bytesOf('erspan2');
    const { seen } = await seenIn(1, [(frame as Buffer).subarray(0, -4)]);
    expect(seen[0]?.text).toBe('payload of ers');
    expect(seen[0]?.packet.truncated).toBe(true);
    expect(seen[0]?.packet.missingBytes).toBe(3 + 1);
  });

  it('is never taken out of a tunnel that is only likely to be one', async () => {
    const [frame] = bytesOf('vxlan');
    const broken = Buffer.from(frame as Buffer);
    broken[14 + 20 + 8] = 0x0c; // flags that VXLAN does not have
    const { seen } = await seenIn(1, [broken]);
    expect(seen[0]?.packet.destination).toBe('192.0.2.2:4789');
  });
});

describe('a frame that gives nothing', () => {
  const arp = Buffer.concat([Buffer.alloc(12), Buffer.from([8, 6]), Buffer.alloc(28)]);
  it.each([
    ['of another protocol', 1, [arp], '1 of 1 frames skipped: 1 not IP', false],
    [
      'of an unknown link layer',
      195,
      [arp, arp],
      '2 of 2 frames skipped: 2 of a link layer that is not known (type 195)',
      true,
    ],
    [
      'that is a fragment alone',
      1,
      [bytesOf('fragments')[0]],
      '1 of 1 frames skipped: 1 fragments never completed',
      true,
    ],
    [
      'cut in its headers',
      1,
      [bytesOf('vlan')[0]?.subarray(0, 30)],
      '1 of 1 frames skipped: 1 cut inside their headers',
      true,
    ],
    [
      'in a tunnel that is not known',
      1,
      [Buffer.from((bytesOf('gre')[0] as Buffer).toString('hex').replace('00000800450000', '00001234450000'), 'hex')],
      '1 of 1 frames skipped: 1 in a tunnel that is not known',
      true,
    ],
  ] as const)('%s is counted and told', async (_, link, frames, text, isLoss) => {
    const { seen, totals } = await seenIn(link, frames as unknown as Uint8Array[]);
    expect(seen).toHaveLength(0);
    expect(totals.skipped).toEqual({ text, isLoss });
  });

  it('in more tunnels than anybody nests is counted, not followed', async () => {
    const ip = (protocol: number, payload: Buffer): Buffer => {
      const header = Buffer.from('4500000000000000400400007f0000017f000001', 'hex');
      header.writeUInt16BE(20 + payload.length, 2);
      header[9] = protocol;
      return Buffer.concat([header, payload]);
    };
    let packet = ip(17, Buffer.concat([Buffer.from([0, 1, 0, 2, 0, 9, 0, 0]), Buffer.from('x')]));
    for (let i = 0; i < 8; i++) packet = ip(4, packet);
    expect((await seenIn(101, [packet])).seen).toHaveLength(1);
    packet = ip(4, packet);
    const { seen, totals } = await seenIn(101, [packet]);
    expect(seen).toHaveLength(0);
    expect(totals.skipped.text).toContain('1 in a tunnel that is not known');
  });
});
