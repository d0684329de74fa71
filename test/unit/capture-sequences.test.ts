import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { report } from '../../src/capture/losses.js';
import { Findings } from '../../src/capture/messages.js';
import { groupLines, Spans, Tracker } from '../../src/capture/sequences.js';
import type { CapturedPayload } from '../../src/feed/batch.js';
import type { Framing } from '../../src/patterns/framing.js';
import { findFraming } from '../../src/patterns/framings.js';

const spans = (list: readonly (readonly [number, number])[]): Spans => {
  const s = new Spans();
  for (const [begin, end] of list) s.add(BigInt(begin), BigInt(end));
  return s;
};
const plain = (list: readonly { begin: bigint; end: bigint }[]) => list.map((s) => [Number(s.begin), Number(s.end)]);

describe('spans of numbers', () => {
  it('are joined where they touch or overlap, in whatever order they come', () => {
    expect(
      plain(
        spans([
          [5, 7],
          [1, 3],
          [3, 5],
          [20, 21],
          [6, 10],
        ]).list,
      ),
    ).toEqual([
      [1, 10],
      [20, 21],
    ]);
  });

  it('tell what is missing between them', () => {
    expect(
      plain(
        spans([
          [1, 3],
          [5, 6],
          [9, 12],
        ]).missing(),
      ),
    ).toEqual([
      [3, 5],
      [6, 9],
    ]);
    expect(plain(spans([[1, 3]]).missing(1n, 5n))).toEqual([[3, 5]]);
  });

  it('agree with a plain set of numbers', () => {
    const range = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 9 })).map(([b, n]) => [b, b + n] as const);
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 30 }), (list) => {
        const set = new Set<number>();
        let repeated = 0;
        for (const [begin, end] of list) {
          for (let i = begin; i < end; i++) {
            if (set.has(i)) repeated++;
            set.add(i);
          }
        }
        const s = spans(list);
        expect(Number(s.count)).toBe(set.size);
        expect(Number(s.repeated)).toBe(repeated);
        const missing = plain(s.missing()).flatMap(([b = 0, e = 0]) => Array.from({ length: e - b }, (_, i) => b + i));
        const all = Array.from({ length: Number(s.end - s.first) }, (_, i) => Number(s.first) + i);
        expect(missing).toEqual(all.filter((i) => !set.has(i)));
      }),
    );
  });
});

const cme = findFraming('cme-mdp3') as Framing;

/** A CME packet of one message whose contents depend on channel and number. */
function packet(number: number, destination: string, sequence: number, channel: number): CapturedPayload {
  const bytes = Buffer.alloc(12 + 2 + 20);
  bytes.writeUInt32LE(sequence, 0);
  bytes.writeUInt16LE(22, 12);
  bytes.writeUInt32LE(channel * 7919 + sequence, 20);
  return {
    number,
    time: BigInt(number) * 1000n,
    source: '10.0.0.1:1',
    destination,
    destinationPort: Number(destination.split(':')[1]),
    transport: 'udp',
    truncated: false,
    missingBytes: 0,
    tcpSequence: 0,
    tcpFlags: 0,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
  };
}

function track(...lines: readonly (readonly [destination: string, channel: number, ...sequences: number[]])[]) {
  const tracker = new Tracker(cme, undefined, new Findings(() => {}), undefined);
  let number = 0;
  for (const [destination, channel, ...sequences] of lines) {
    for (const s of sequences) tracker.packet(packet(++number, destination, s, channel));
  }
  return [...tracker.lines.values()];
}

describe('lines of a capture', () => {
  it('are put together when they say the same under the same numbers', () => {
    const lines = track(
      ['224.0.28.147:2', 2, 10, 11, 12],
      ['224.0.28.19:1', 1, 10, 11, 12],
      ['224.0.28.20:2', 2, 10, 11, 12],
      ['224.0.28.146:1', 1, 10, 11, 12],
      ['224.0.28.99:9', 3, 10, 11, 12],
    );
    expect(groupLines(lines, []).map((g) => g.lines.map((l) => l.name))).toEqual([
      ['224.0.28.19:1', '224.0.28.146:1'],
      ['224.0.28.20:2', '224.0.28.147:2'],
      ['224.0.28.99:9'],
    ]);
  });

  it('are put together as asked', () => {
    const lines = track(['224.0.0.1:1', 1, 10, 12], ['224.0.0.2:1', 2, 11]);
    const [group] = groupLines(lines, [['224.0.0.1:1', '224.0.0.2:1']]);
    expect(group?.lines).toHaveLength(2);
  });

  it('lose numbers each for itself; what is on neither would have been asked for', () => {
    const lines = track(['224.0.0.1:1', 1, 10, 11, 14, 15, 17], ['224.0.0.2:1', 1, 10, 12, 14, 15, 16]);
    const [r] = groupLines(lines, []).flatMap((g) => report(g, []));
    expect(r?.losses.map((l) => [l.line, ...plain([l]), l.filledBy.flatMap((f) => plain(f.spans))])).toEqual([
      ['224.0.0.1:1', [12, 14], [[12, 13]]],
      ['224.0.0.1:1', [16, 17], [[16, 17]]],
      ['224.0.0.2:1', [11, 12], [[11, 12]]],
      ['224.0.0.2:1', [13, 14], []],
    ]);
    expect(plain(r?.lost ?? [])).toEqual([[13, 14]]);
  });
});
