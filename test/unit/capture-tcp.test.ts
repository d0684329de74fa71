import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Findings, framingsFor, Messages } from '../../src/capture/messages.js';
import { Capture } from '../../src/capture/packets.js';
import type { Decoder } from '../../src/capture/record-views.js';
import { type Flow, type FlowEnd, Flows } from '../../src/capture/tcp-flows.js';
import { itch50 } from '../../src/decoders/itch50.js';
import type { CapturedPayload } from '../../src/feed/batch.js';
import { encode } from '../../src/layout/index.js';
import { PcapWriter } from '../../src/simulator/pcap-writer.js';

const ADDRESS = { source: '10.0.0.1', sourcePort: 26400, destination: '10.0.0.2', destinationPort: 50_000 };

/** SoupBinTCP packets of one order deletion each, by the number of the order. */
function stream(orders: readonly number[]): { readonly bytes: Uint8Array; readonly begins: readonly number[] } {
  const begins: number[] = [];
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const order of orders) {
    const message = encode(itch50, 'orderDelete', {
      stockLocate: 1,
      trackingNumber: 2,
      timestamp: 3n,
      orderReferenceNumber: BigInt(order),
    } as never);
    const packet = Buffer.alloc(3 + message.length);
    packet.writeUInt16BE(message.length + 1, 0);
    packet.write('S', 2);
    packet.set(message, 3);
    begins.push(length + 3);
    parts.push(packet);
    length += packet.length;
  }
  return { bytes: Buffer.concat(parts), begins };
}

interface Segment {
  readonly at: number;
  readonly end: number;
  readonly flags?: 'syn' | 'ack' | 'fin';
  /** So many bytes are left out by the capture. */
  readonly cut?: number;
}

/** A capture of segments of one stream, whose first byte has the number `first`. */
function captureOf(bytes: Uint8Array, segments: readonly Segment[], first: number): Uint8Array {
  const records: Uint8Array[] = [];
  segments.forEach(({ at, end, flags = 'ack', cut = 0 }, i) => {
    const pieces: Uint8Array[] = [];
    const pcap = new PcapWriter((piece) => pieces.push(piece));
    const sequence = (first + at - (flags === 'syn' ? 1 : 0)) >>> 0;
    pcap.tcp(1_700_000_000, i, ADDRESS, { flags, sequence, acknowledge: 0 }, bytes.subarray(at, end));
    pcap.end();
    const file = Buffer.concat(pieces);
    if (i === 0) records.push(file.subarray(0, 24));
    const record = file.subarray(24, file.length - cut);
    record.writeUInt32LE(record.length - 16, 8);
    records.push(record);
  });
  return Buffer.concat(records);
}

async function decode(capture: Uint8Array) {
  const findings = new Findings(() => {});
  const found: { order: number; packet: number; at: number }[] = [];
  const decoder = itch50 as unknown as Decoder;
  const messages = new Messages(
    decoder,
    framingsFor(decoder, undefined),
    findings,
    ({ view, packet, base }) => {
      const { orderReferenceNumber } = view.toObject() as unknown as { orderReferenceNumber: bigint };
      found.push({ order: Number(orderReferenceNumber), packet, at: view.$at - base });
    },
    undefined,
  );
  await new Capture(capture).read((p) => messages.packet(p));
  messages.finish();
  return { found, orders: found.map((f) => f.order), findings };
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('a TCP stream of a capture', () => {
  it('is read in the order of its sequence numbers, however it was cut, repeated and mixed up', async () => {
    const orders = range(30);
    const { bytes, begins } = stream(orders);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 25 }),
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 90 })), { maxLength: 8 }),
        fc.infiniteStream(fc.nat(1000)),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        async (cuts, repeats, random, first) => {
          const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
          const segments: Segment[] = edges.slice(1).map((end, i) => ({ at: edges[i] as number, end }));
          for (const [at, length] of repeats) segments.push({ at, end: Math.min(bytes.length, at + length) });
          const mixed = segments
            .map((s) => ({ s, key: random.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ s }) => s);
          const all: Segment[] = [{ at: 0, end: 0, flags: 'syn' }, ...mixed];
          const { found, findings } = await decode(captureOf(bytes, all, first));
          expect(found.map((f) => f.order)).toEqual(orders);
          expect(findings.any).toBe(false);
          // Each is found in a packet that brought its first byte, at its place in that packet's payload.
          found.forEach(({ packet, at }, i) => {
            expect((all[packet - 1] as Segment).at + at).toBe(begins[i]);
          });
        },
      ),
      { numRuns: 60, seed: 26400 },
    );
  });

  it('goes on behind a hole, which is counted and told', async () => {
    const { bytes } = stream(range(20));
    const lines: string[] = [];
    const findings = new Findings((line) => lines.push(line));
    const size = bytes.length / 20;
    // The bytes from the middle of the 5th to the middle of the 8th packet are in no segment.
    const gap = [4.5 * size, 7.5 * size].map(Math.floor) as [number, number];
    const segments = [
      { at: 0, end: gap[0] },
      { at: gap[1], end: 12 * size },
      { at: 12 * size, end: bytes.length },
    ];
    const capture = captureOf(bytes, segments, 5);
    const { orders, findings: counted } = await decode(capture);
    expect(orders).toEqual([1, 2, 3, 4, ...range(20).slice(8)]);
    expect(counted).toMatchObject({ holes: 1, broken: 0, unknown: 0, any: true });
    expect(counted.summary).toBe('1 hole in a TCP stream');
    findings.hole(2, '10.0.0.2:50000', gap[1] - gap[0]);
    expect(lines[0]).toContain(`packet 2 (10.0.0.2:50000): ${gap[1] - gap[0]} bytes`);
  });

  it('has a hole behind a segment of which the capture kept only the head', async () => {
    const { bytes } = stream(range(6));
    const size = bytes.length / 6;
    const segments = [
      { at: 0, end: 3 * size, cut: size },
      { at: 3 * size, end: bytes.length, flags: 'fin' as const },
    ];
    const { orders, findings } = await decode(captureOf(bytes, segments, 0xffff_fff0));
    expect(orders).toEqual([1, 2, 4, 5, 6]);
    expect(findings).toMatchObject({ holes: 1, truncated: 1, broken: 0 });
  });

  it('ends with its connection; the same ports may carry another', async () => {
    const one = stream([1, 2]);
    const other = stream([3, 4]);
    const first = captureOf(
      one.bytes,
      [
        { at: 0, end: 0, flags: 'syn' },
        { at: 0, end: one.bytes.length - 4 },
      ],
      100,
    );
    const second = captureOf(
      other.bytes,
      [
        { at: 0, end: 0, flags: 'syn' },
        { at: 0, end: other.bytes.length },
      ],
      70_000,
    );
    const { orders, findings } = await decode(Buffer.concat([first, second.subarray(24)]));
    expect(orders).toEqual([1, 3, 4]);
    expect(findings).toMatchObject({ broken: 1, holes: 0 });
  });
});

describe('flows', () => {
  const limits = { flows: 2, heldBytes: 8, heldSegments: 3 };
  function collect() {
    const told = new Map<Flow, string>();
    const ends: FlowEnd[] = [];
    const say = (flow: Flow, text: string): void => {
      told.set(flow, (told.get(flow) ?? '') + text);
    };
    const sink = {
      bytes(flow: Flow): void {
        say(flow, Buffer.from(flow.view.buffer, flow.view.byteOffset, flow.length).toString('latin1'));
        flow.take(flow.length);
      },
      hole: (flow: Flow, bytes: number) => say(flow, `<${bytes}>`),
      end: (_: Flow, why: FlowEnd) => void ends.push(why),
    };
    let number = 0;
    const flows = new Flows(sink, limits);
    const add = (sequence: number, text: string, tcpFlags = 0x10, port = 1): void => {
      const bytes = Buffer.from(text, 'latin1');
      flows.add({
        number: ++number,
        time: 0n,
        source: `10.0.0.1:${port}`,
        destination: '10.0.0.2:2',
        destinationPort: 2,
        transport: 'tcp',
        truncated: false,
        missingBytes: 0,
        tcpSequence: sequence >>> 0,
        tcpFlags,
        view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
      } satisfies CapturedPayload);
    };
    return { flows, add, ends, texts: () => [...told.values()] };
  }

  it('hold what is ahead up to their bounds, then go on without what is missing', () => {
    const bytes = collect();
    bytes.add(0, 'ab');
    bytes.add(4, 'cdef');
    bytes.add(10, 'ghij');
    expect(bytes.texts()).toEqual(['ab']);
    bytes.add(20, 'k');
    expect(bytes.texts()).toEqual(['ab<2>cdef']);
    bytes.add(8, 'XX');
    expect(bytes.texts()).toEqual(['ab<2>cdefXXghij']);
    const segments = collect();
    for (const [i, c] of [...'abcde'].entries()) segments.add(2 * i, c);
    expect(segments.texts()).toEqual(['a<1>b']);
    segments.flows.finish();
    expect(segments.texts()).toEqual(['a<1>b<1>c<1>d<1>e']);
    expect(segments.ends).toEqual(['capture']);
  });

  it('begin with a SYN or the first payload, and end with FIN, RST or another SYN', () => {
    const t = collect();
    t.add(0xffff_fffa, '', 2);
    t.add(0xffff_fffb, 'abcd');
    t.add(0xffff_ffff, 'efgh');
    t.add(3, '', 0x10);
    t.add(3, 'ij', 0x11);
    t.add(3, 'ij', 0x11);
    expect(t.texts()).toEqual(['abcdefghij']);
    expect(t.ends).toEqual(['fin']);
    t.add(5000, '', 2);
    t.add(5001, 'kl');
    t.add(9000, '', 2);
    t.add(9001, 'mn', 0x14);
    expect(t.texts()).toEqual(['abcdefghij', 'kl', 'mn']);
    expect(t.ends).toEqual(['fin', 'replaced', 'reset']);
  });

  it('are bounded in number: one that is over goes first, then the longest silent', () => {
    const t = collect();
    t.add(0, 'a', 0x10, 1);
    t.add(0, 'b', 0x10, 2);
    t.add(1, 'A', 0x10, 1);
    t.add(0, 'c', 0x10, 3);
    expect(t.ends).toEqual(['evicted']);
    t.add(2, '', 0x14, 1);
    t.add(0, 'd', 0x10, 4);
    expect(t.ends).toEqual(['evicted', 'reset']);
    expect(t.texts()).toEqual(['aA', 'b', 'c', 'd']);
  });
});
