/** Packets of IPv6 are told apart by their addresses. */
import { describe, expect, it } from 'vitest';
import { Capture } from '../../src/capture/packets.js';
import { type Flow, Flows } from '../../src/capture/tcp-flows.js';
import type { CapturedPayload } from '../../src/feed/batch.js';
import { openFeed } from '../../src/feed/open.js';
import { udpMulticast } from '../../src/patterns/index.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { readPcap } from './cli-process.js';

const TCP = 6;
const UDP = 17;

function ipv6(source: string, destination: string, protocol: number, rest: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head[0] = 0x60;
  head.writeUInt16BE(rest.length, 4);
  head[6] = protocol;
  head[7] = 64;
  return Buffer.concat([head, Buffer.from(source, 'hex'), Buffer.from(destination, 'hex'), rest]);
}

function tcp(sequence: number, text: string): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt16BE(18_000, 0);
  head.writeUInt16BE(40_000, 2);
  head.writeUInt32BE(sequence, 4);
  head[12] = 0x50;
  head[13] = 0x18;
  return Buffer.concat([head, Buffer.from(text)]);
}

function udp(payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(4000, 0);
  head.writeUInt16BE(26_477, 2);
  head.writeUInt16BE(8 + payload.length, 4);
  return Buffer.concat([head, payload]);
}

/** A capture of raw IP packets. */
function raw(packets: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt32LE(101, 20);
  const records = packets.flatMap((p, i) => {
    const head = Buffer.alloc(16);
    head.writeUInt32LE(i + 1, 0);
    head.writeUInt32LE(p.length, 8);
    head.writeUInt32LE(p.length, 12);
    return [head, p];
  });
  return Buffer.concat([header, ...records]);
}

const A = '20010db8000000000000000000000001';
const B = '20010db8000000000000000000000002';
const CLIENT = '20010db800000000000000000000000c';
const GROUP_A = 'ff3e0000000000000000000080000001';
const GROUP_B = 'ff3e0000000000000000000080000002';

describe('IPv6', () => {
  it('TCP flows with the same ports are two when their addresses differ', async () => {
    const capture = raw([
      ipv6(A, CLIENT, TCP, tcp(100, 'first of A, ')),
      ipv6(B, CLIENT, TCP, tcp(100, 'first of B, ')),
      ipv6(A, CLIENT, TCP, tcp(112, 'second of A')),
      ipv6(B, CLIENT, TCP, tcp(112, 'second of B')),
    ]);
    const seen: string[] = [];
    const flows = new Flows({
      bytes: () => {},
      hole: () => seen.push('a hole'),
      end: (flow: Flow) => {
        const { buffer, byteOffset } = flow.view;
        seen.push(Buffer.from(buffer, byteOffset, flow.length).toString());
      },
    });
    await new Capture(capture).read((p: CapturedPayload) => flows.add(p));
    flows.finish();
    expect(seen).toEqual(['first of A, second of A', 'first of B, second of B']);
  });

  it('groups are lines of their own in a feed', async () => {
    const { packets } = readPcap('itch50-clean.pcap');
    const capture = raw(
      packets.map((p) =>
        ipv6(A, p.destination.startsWith('233.54') ? GROUP_A : GROUP_B, UDP, udp(Buffer.from(p.payload))),
      ),
    );
    // A venue cannot declare IPv6 lines yet: which captured group is which line is said beside it.
    const venue = nasdaqTotalView({ lines: { A: udpMulticast('239.1.1.1:1'), B: udpMulticast('239.1.1.2:1') } });
    const lines = { A: '[ff3e::8000:1]:26477', B: '[ff3e:0:0:0:0:0:8000:2]:26477' };
    const feed = await openFeed(venue, { capture: { file: capture, lines } });
    const { statistics } = await feed.run();
    expect(statistics.ledger).toMatchObject({ expected: 2000, delivered: 2000, abandoned: 0 });
    expect(statistics.channels[0]?.packetsA).toBe(packets.filter((p) => p.destination.startsWith('233.54')).length);
    expect(statistics.channels[0]?.packetsB).toBe(packets.filter((p) => !p.destination.startsWith('233.54')).length);
    expect(statistics.feed.captureElsewhere).toBe(0);
  });
});
