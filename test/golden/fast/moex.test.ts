import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { moexFastForts, moexMessageNumber } from '../../../src/decoders/moex-fast-forts.js';
import { readFastTemplates } from '../../../src/fast/import.js';
import {
  FastDecimal,
  FastEncoder,
  type FastInput,
  type FastMessage,
  type FastRecord,
  fastDigest,
} from '../../../src/fast/index.js';
import { fastDecoder } from '../../../src/feed/fast.js';
import { openFeed } from '../../../src/feed/open.js';
import { atLeast, defineDecoder, Fnv1a64, group, message, toEnd, u8 } from '../../../src/layout/index.js';
import { moexFast } from '../../../src/patterns/framings.js';
import { defineVenue, udpMulticast, waitForOtherLine } from '../../../src/patterns/index.js';
import { PcapWriter } from '../../../src/simulator/pcap-writer.js';
import { Random } from '../../../src/simulator/random.js';

const folder = fileURLToPath(new URL('../../../../shared/captures/moex-fast-forts-2013/', import.meta.url));
const there = existsSync(`${folder}templates.xml`);
if (!there)
  console.warn('../shared has no moex-fast-forts-2013: these tests are skipped, those with our own templates run');

const templates = () => readFileSync(`${folder}templates.xml`, 'utf8');
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(`${folder}${name}.dat`));

/** Every MOEX message begins with the reset's presence map; a decoder of the day's templates reads the rest. */
const fastBytes = defineDecoder({
  ...{
    id: 'fast-bytes',
    venue: 'MOEX',
    feed: 'FORTS',
    version: '1.1',
    specification: 'FAST 1.1',
    framing: 'moex-fast',
  },
  byteOrder: 'little',
  header: { presenceMap: u8(0) },
  messageType: 'presenceMap',
  messages: { fastMessage: message(0xc0, atLeast(1), { bytes: group(1, toEnd, 1, { byte: u8(0) }) }) },
});

type Pair = [name: string, value: unknown];
interface Expected {
  readonly n: number;
  readonly offset: number;
  readonly length: number;
  readonly tid: number;
  readonly template: string;
  readonly fields: Pair[];
}

/** As the expected files write a value. */
function shown(value: unknown): unknown {
  if (value instanceof FastDecimal) return [exact(value.mantissa), value.exponent];
  if (Array.isArray(value)) return value.map((v) => pairs(v as FastRecord));
  return typeof value === 'bigint' ? exact(value) : value;
}
const exact = (v: bigint): number | string =>
  v <= Number.MAX_SAFE_INTEGER && v >= -Number.MAX_SAFE_INTEGER ? Number(v) : v.toString();
const pairs = (record: FastRecord): Pair[] =>
  record.$names.map((name, i): Pair => [name, shown(record.at(i))]).filter(([, value]) => value !== undefined);

function count(list: Pair[]): number {
  return list.reduce(
    (n, [, v]) => n + (Array.isArray(v) && Array.isArray(v[0]) ? (v as Pair[][]).reduce((m, e) => m + count(e), 1) : 1),
    0,
  );
}

/** Delivers messages in the order of their numbers, each once, whichever line brings it. */
function arbitrate(...lines: readonly (readonly FastMessage[])[]): { digest: bigint; messages: number } {
  const byNumber = new Map<number, bigint>();
  for (const message of lines.flat()) {
    const number = moexMessageNumber(message);
    if (number !== undefined && !byNumber.has(number)) byNumber.set(number, fastDigest(message));
  }
  const all = new Fnv1a64();
  for (const number of [...byNumber.keys()].sort((a, b) => a - b)) {
    all.uint(number, 4);
    for (let d = byNumber.get(number) as bigint; d > 0n; d >>= 8n) all.byte(Number(d & 255n));
  }
  return { digest: all.value, messages: byNumber.size };
}

describe.skipIf(!there)('MOEX FORTS FAST, the captured day', () => {
  it.each(
    ['increment_a', 'increment_b', 'snapshot'].flatMap((name) => [
      [name, 'typescript' as const],
      [name, 'native' as const],
    ]),
  )('%s agrees on every field, %s', (name, execution) => {
    const expected = JSON.parse(gunzipSync(readFileSync(`${folder}${name}.expected.json.gz`)).toString()) as {
      messages: Expected[];
    };
    let fields = 0;
    let n = 0;
    const all = readFastTemplates(templates());
    for (const m of fastDecoder(all, { execution }).messages(bytesOf(name as string))) {
      const e = expected.messages[n++] as Expected;
      expect({ offset: m.offset, length: m.length, tid: m.id, template: m.template }).toEqual({
        offset: e.offset,
        length: e.length,
        tid: e.tid,
        template: e.template,
      });
      const own = pairs(m.fields);
      // Text first: a difference is rare, and a deep comparison slow.
      const sent = e.fields.map(([k, v]): Pair => [k, v]);
      if (JSON.stringify(own, stringly) !== JSON.stringify(sent, stringly)) expect(own).toEqual(sent);
      fields += count(own);
    }
    expect(n).toBe(expected.messages.length);
    console.log(`${name}, ${execution}: ${n} messages, ${fields} fields agree`);
  });

  it('gives one digest for lines A and B, whichever leads', () => {
    const a = [...moexFastForts(templates()).messages(bytesOf('increment_a'))];
    const b = [...moexFastForts(templates()).messages(bytesOf('increment_b'))];
    const numbers = (line: FastMessage[]) => line.map(moexMessageNumber).filter((n) => n !== undefined);
    const common = new Set(numbers(a));
    const both = new Set(numbers(b).filter((n) => common.has(n)));
    const only = (line: FastMessage[]) => line.filter((m) => both.has(moexMessageNumber(m) ?? -1));
    expect(arbitrate(only(a))).toEqual(arbitrate(only(b)));
    const merged = arbitrate(a, b);
    expect(arbitrate(b, a)).toEqual(merged);
    console.log(
      `A ${numbers(a).length}, B ${numbers(b).length}, on both ${both.size}, after arbitration ${merged.messages}: ${merged.digest.toString(16)}`,
    );
  });

  it('goes through a feed: what two lossy lines bring is arbitrated, and decodes to the digest of a whole line', async () => {
    const lines = ['increment_a', 'increment_b'].map((name) => {
      const bytes = bytesOf(name);
      const packets = new Map<number, Uint8Array>();
      let reset = 0;
      for (const m of moexFastForts(templates()).messages(bytes)) {
        const number = moexMessageNumber(m);
        if (number === undefined) {
          reset = m.offset;
          continue;
        }
        // The files have no datagrams: each message, with the reset in front of it, is given one, with MOEX's four bytes.
        const packet = new Uint8Array(4 + m.next - reset);
        new DataView(packet.buffer).setUint32(0, number, true);
        packet.set(bytes.subarray(reset, m.next), 4);
        packets.set(number, packet);
      }
      return packets;
    });
    const common = [...(lines[0] as Map<number, Uint8Array>).keys()]
      .filter((n) => lines[1]?.has(n))
      .sort((x, y) => x - y);
    const random = new Random(2013);
    const chunks: Uint8Array[] = [];
    const pcap = new PcapWriter((chunk) => chunks.push(chunk));
    const groups = ['239.195.1.1', '239.195.1.2'];
    let dropped = 0;
    for (const [i, number] of common.entries()) {
      // The ends are on both: what a feed never hears of is not lost.
      const lost = i > 0 && i < common.length - 1 && random.below(10) === 0 ? random.below(2) : -1;
      if (lost >= 0) dropped++;
      for (const [k, line] of lines.entries()) {
        if (k === lost) continue;
        const to = { source: '10.0.0.1', sourcePort: 16001, destination: groups[k] as string, destinationPort: 16001 };
        pcap.udp(1 + Math.floor(i / 1000), (i % 1000) * 1_000_000 + k * 1000, to, line.get(number) as Uint8Array);
      }
    }
    pcap.end();
    const feed = await openFeed(
      defineVenue({
        name: 'moex-forts-2013',
        decoder: fastBytes,
        framing: moexFast,
        lines: { A: udpMulticast(`${groups[0]}:16001`), B: udpMulticast(`${groups[1]}:16001`) },
        join: 'live',
        recovery: [waitForOtherLine({ for: '1ms' })],
      }),
      { capture: { file: Buffer.concat(chunks) } },
    );
    const decoder = moexFastForts(templates());
    const delivered: FastMessage[] = [];
    await feed.run({
      fastMessage: (m) => {
        delivered.push(
          ...decoder.messages(new Uint8Array(m.$data.buffer, m.$data.byteOffset + m.$at, m.$length).slice()),
        );
      },
    });
    const { ledger, channels } = feed.statistics();
    expect(dropped).toBeGreaterThan(400);
    expect(ledger).toMatchObject({ expected: common.length, delivered: common.length, abandoned: 0 });
    expect(channels.length).toBe(1);
    const a = [...moexFastForts(templates()).messages(bytesOf('increment_a'))];
    const both = new Set(common);
    expect(arbitrate(delivered)).toEqual(arbitrate(a.filter((m) => both.has(moexMessageNumber(m) ?? -1))));
    console.log(`${dropped} of ${common.length} messages on one line only: one digest after arbitration`);
  });

  it.each(['increment_a', 'increment_b', 'snapshot'])('%s is encoded to messages that say the same', (name) => {
    const xml = templates();
    const program = readFastTemplates(xml);
    const encoder = new FastEncoder(program);
    const decoder = moexFastForts(xml);
    for (const m of moexFastForts(xml).messages(bytesOf(name))) {
      const bytes = encoder.encode(m.template, m.fields.toObject() as FastInput);
      const again = decoder.decode(bytes);
      expect(again.next).toBe(bytes.length);
      if (fastDigest(again) !== fastDigest(m)) expect(again.fields.toObject()).toEqual(m.fields.toObject());
    }
  });
});

/** Numbers beyond 2^53 stand as text on both sides; so do those that the expected files wrote so. */
function stringly(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}
