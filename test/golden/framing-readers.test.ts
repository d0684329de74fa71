/**
 * The framing reader in TypeScript and the core's read the same: over sound, damaged, cut and control packets of every
 * framing, and over every datagram of the captures that are there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FramingReader, tableLengths } from '../../src/capture/framing-reader.js';
import { Capture } from '../../src/capture/packets.js';
import {
  CHANNEL_COUNTERS,
  FEED_COUNTERS,
  MESSAGE_HEAD_BYTES,
  RECORD_FLAGS_AT,
  RECORD_KIND,
  RECORD_KIND_AT,
  RUN_BYTES,
  RUN_COUNT_AT,
  RUN_SEQUENCE_AT,
  RUN_UNSEQUENCED,
} from '../../src/contract.js';
import { fix44 } from '../../src/decoders/fix44.js';
import { decoders, findDecoder } from '../../src/decoders/registry.js';
import { compileVenue } from '../../src/feed/compile.js';
import { Ring } from '../../src/feed/ring.js';
import type { Decoder } from '../../src/layout/index.js';
import { native } from '../../src/native.js';
import type { Framing } from '../../src/patterns/framing.js';
import { framingOf, framings } from '../../src/patterns/framings.js';
import { defineVenue, udpMulticast, waitForOtherLine } from '../../src/patterns/index.js';
import { sampleMessage } from '../../src/simulator/message-sampler.js';
import { PacketWriter } from '../../src/simulator/packet-writer.js';
import { Random } from '../../src/simulator/random.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const SEED = Number(process.env.SEED ?? 7);
/** Decoders of one framing that are tried, and packets of each. */
const DECODERS = 3;
const PACKETS = 240;
/** Datagrams of a capture. */
const CAPTURED = 3_000;
/** Datagrams that are compared in one turn: sessions of the core give their memory back only between turns. */
const TURN = 256;
/** Differences that are printed. */
const SHOWN = 4;

interface Reading {
  readonly messages: readonly string[];
  readonly malformed: boolean;
  /** It was read, and what it says is for the session to decide: numbers that do not follow, another session. */
  readonly elsewhere: boolean;
}

const hex = (data: DataView, at: number, length: number): string =>
  Buffer.from(data.buffer, data.byteOffset + at, length).toString('hex');

/** One decoder's packets, read by both. */
class Readers {
  readonly #reader: FramingReader;
  readonly #ring: Ring;
  readonly #spec: Uint8Array;
  constructor(
    readonly framing: Framing,
    readonly decoder: Decoder,
  ) {
    this.#reader = new FramingReader(framing, { tableLength: tableLengths(decoder) });
    this.#ring = new Ring(1, 1 << 21);
    this.#spec = compileVenue(
      defineVenue({
        name: 'readers',
        decoder,
        framing,
        lines: { A: udpMulticast('239.1.1.1:1') },
        recovery: [waitForOtherLine({ for: '1ms' })],
      }),
    ).spec;
  }

  typescript(packet: Uint8Array): Reading {
    const data = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    const reader = this.#reader;
    const messages: string[] = [];
    let malformed = false;
    for (let at = 0; at < packet.length; ) {
      const next = reader.read(data, at, packet.length);
      if (next < 0) {
        malformed = true;
        break;
      }
      const { kind } = reader.packet;
      const whole = reader.messages(data, (from, length, sequence) => {
        messages.push(`${sequence} ${hex(data, from, length)}`);
        const index = this.decoder.messageIndex(data, from, length);
        if (index >= 0 && length < this.decoder.plan(index).minLength) malformed = true;
      });
      if (!whole && kind !== 'compressed') malformed = true;
      at = next;
    }
    return { messages, malformed, elsewhere: false };
  }

  core(packet: Uint8Array): Reading {
    const ring = this.#ring;
    ring.bytes.fill(0, 0, ring.dataAt);
    const session = new (native().Session)(this.#spec, ring.bytes, ring.dataAt, ring.dataBytes);
    session.datagram(0, packet, 1_000, 1_000);
    session.service(1_000);
    session.finish(2_000);
    const count = (name: (typeof CHANNEL_COUNTERS)[number]['name']): number =>
      Number(ring.counter(FEED_COUNTERS.length + CHANNEL_COUNTERS.findIndex((c) => c.name === name)));
    const messages: string[] = [];
    const bytes = ring.view;
    for (let unit = ring.tail; unit !== ring.head; ) {
      const at = (unit & ring.mask) * 8;
      unit = (unit + bytes.getUint32(at, true)) >>> 0;
      if (RECORD_KIND[bytes.getUint8(at + RECORD_KIND_AT)] !== 'run') continue;
      const flags = bytes.getUint8(at + RECORD_FLAGS_AT);
      let from = at + RUN_BYTES;
      for (let n = bytes.getUint32(at + RUN_COUNT_AT, true); n > 0; n--) {
        const length = bytes.getUint32(from, true);
        const offset = this.framing.numbering === 'message' ? bytes.getUint16(from + 6, true) : 0;
        const numbered = (flags & RUN_UNSEQUENCED) === 0;
        const sequence = numbered ? bytes.getBigUint64(at + RUN_SEQUENCE_AT, true) + BigInt(offset) : 0n;
        messages.push(`${sequence} ${hex(bytes, from + MESSAGE_HEAD_BYTES, length)}`);
        from += MESSAGE_HEAD_BYTES + ((length + 7) & ~7);
      }
    }
    return {
      messages,
      malformed: count('malformed') > 0,
      elsewhere: count('duplicates') + count('implausible') + count('otherSession') + count('oversized') > 0,
    };
  }

  /** What they say differently; undefined: nothing. `numbers`: whether the numbers must agree too. */
  compare(packet: Uint8Array, numbers: boolean): string | undefined {
    const core = this.core(packet);
    if (core.elsewhere) return undefined;
    const typescript = this.typescript(packet);
    const told = (r: Reading) =>
      JSON.stringify([r.malformed, numbers ? r.messages : r.messages.map((m) => m.slice(m.indexOf(' ') + 1))]);
    if (told(core) === told(typescript)) return undefined;
    return `${this.framing.id} ${this.decoder.id}: TypeScript ${told(typescript).slice(0, 300)}, core ${told(core).slice(0, 300)}, packet ${Buffer.from(packet).toString('hex').slice(0, 400)} (${packet.length} bytes)`;
  }
}

const SESSION_TEXT = 'SESSION';

/** FIX as a server sends it: data, a logon, a gap fill, and each with a field that is not where it usually is. */
function fixMessage(random: Random): Uint8Array {
  const header = { SenderCompID: 'US', TargetCompID: 'THEM', MsgSeqNum: 1000, SendingTime: '20261127-10:00:00.000' };
  const [type, fields] = random.pick<readonly [string, object]>([
    ['X', { MDReqID: 'R1', NoMDEntries: [{ MDUpdateAction: '0', MDEntryType: '0', Symbol: 'A', MDEntryPx: '1.5' }] }],
    ['0', { TestReqID: 'T=1' }],
    ['A', { EncryptMethod: 0, HeartBtInt: 30, ResetSeqNumFlag: random.chance(0.5) }],
    ['4', { GapFillFlag: random.chance(0.5), NewSeqNo: 1000 + random.below(8) }],
  ]);
  return fix44().encode(type, { ...header, ...fields });
}

/** Packets as the venue would send them: of messages, idle, unnumbered, and those that steer. */
function soundPacket(readers: Readers, writer: PacketWriter, random: Random): Uint8Array | undefined {
  const { framing, decoder } = readers;
  if (framing.fix) return fixMessage(random);
  const head = {
    sequence: framing.zeroIsUnsequenced && random.chance(0.1) ? 0n : 1000n,
    session: framing.session?.type === 'uint' ? 5n : SESSION_TEXT,
    timeNs: 1e15,
  };
  const what = random.below(10);
  if (what === 0) {
    const kinds = framing.kinds.map((k) => k.is).filter((k) => k !== 'data');
    if (kinds.length > 0) return writer.idle(random.pick(kinds), 1000n, 999n, head);
  }
  if (what === 1 && framing.controls.length > 0) {
    // A message of the control's type; what else is in it is chance.
    const rule = random.pick(framing.controls);
    const bytes = new Uint8Array(24 + random.below(24)).map(() => random.below(256));
    for (const condition of rule.and === undefined ? [rule.when] : [rule.when, rule.and]) {
      const text = typeof condition.equals === 'string' ? condition.equals.padEnd(condition.size) : undefined;
      if (text !== undefined) for (let i = 0; i < condition.size; i++) bytes[condition.offset + i] = text.charCodeAt(i);
      else writer.put(bytes, condition, BigInt(condition.equals));
    }
    return writer.packet([writer.normalise(bytes)], head);
  }
  const messages: Uint8Array[] = [];
  for (let n = 1 + random.below(Math.min(4, writer.countMax)); n > 0; n--) {
    const message = writer.normalise(sampleMessage(decoder, random.pick(decoder.names), random));
    if (message.length > 0 && message.length < 1_000) messages.push(message);
  }
  return messages.length === 0 ? undefined : writer.packet(messages, head);
}

function damaged(packet: Uint8Array, headerBytes: number, random: Random): Uint8Array {
  const p = packet.slice();
  const byte = (at: number): void => {
    p[Math.min(at, p.length - 1)] = random.below(256);
  };
  switch (random.below(6)) {
    case 0:
      byte(random.below(p.length));
      return p;
    case 1:
      byte(random.below(Math.max(1, headerBytes)));
      return p;
    case 2:
      byte(headerBytes + random.below(6));
      return p;
    case 3:
      return p.slice(0, 1 + random.below(p.length));
    case 4: {
      const more = new Uint8Array(p.length + 1 + random.below(8)).map(() => random.below(256));
      more.set(p);
      return more;
    }
    default:
      for (let n = 2 + random.below(6); n > 0; n--) byte(random.below(p.length));
      return p;
  }
}

const ofFraming = new Map<string, Decoder[]>();
for (const entry of decoders) {
  const decoder = (await entry.load()) as Decoder;
  const framing = framingOf(decoder);
  if (framing === undefined) continue;
  const list = ofFraming.get(framing.id) ?? [];
  ofFraming.set(framing.id, list);
  if (list.length < DECODERS) list.push(decoder);
}
const anyDecoder = (await decoders[0]?.load()) as Decoder;

const shared = join(root, '../shared/captures');
const there = existsSync(shared);
if (!there) console.warn('../shared/captures is not there: only our own fixtures are held against each other');
const map = JSON.parse(readFileSync(join(root, 'oracle-map.json'), 'utf8')) as {
  readonly folders: Readonly<Record<string, string>>;
  readonly captures: Readonly<Record<string, string>>;
};
const CAPTURE = /\.(pcap|pcapng)(\.gz)?$/;
function captures(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) => {
    const path = join(folder, e.name);
    return e.isDirectory() ? captures(path) : CAPTURE.test(e.name) ? [path] : [];
  });
}
const tableOf = (file: string): string | undefined =>
  map.captures[relative(shared, file)] ?? map.folders[relative(shared, dirname(file))];
const files: (readonly [file: string, decoder: string])[] = [
  ...['itch50-clean.pcap', 'itch50-ab-lossy.pcap', 'itch50-vlan-us.pcap'].map(
    (f) => [join(root, 'fixtures', f), 'nasdaq-totalview-itch-5.0'] as const,
  ),
  ...(there ? captures(shared) : []).flatMap((f) => {
    const id = tableOf(f);
    return id === undefined ? [] : [[f, id] as const];
  }),
];

describe('both framing readers read the same', () => {
  it.each(framings.map((f) => [f.id, f] as const))('packets of %s', async (id, framing) => {
    const tables = ofFraming.get(id) ?? [anyDecoder];
    const differences: string[] = [];
    let compared = 0;
    for (const decoder of tables) {
      const readers = new Readers(framing, decoder);
      const writer = new PacketWriter(framing);
      const random = new Random(SEED).fork(`${id} ${decoder.id}`);
      for (let i = 0; i < PACKETS; i++) {
        const sound = soundPacket(readers, writer, random);
        if (sound === undefined) continue;
        const whole = i % 3 === 0;
        const difference = readers.compare(whole ? sound : damaged(sound, framing.headerLength, random), whole);
        if (difference !== undefined) differences.push(difference);
        compared++;
      }
      await new Promise(setImmediate);
    }
    expect(differences.slice(0, SHOWN), `seed ${SEED}`).toEqual([]);
    expect(compared).toBeGreaterThan(PACKETS / 2);
  });

  it.each(files.map(([f, id]) => [f.startsWith(shared) ? relative(shared, f) : relative(root, f), f, id] as const))(
    'datagrams of %s',
    async (_, file, id) => {
      const decoder = (await findDecoder(id)?.load()) as Decoder | undefined;
      const framing = decoder === undefined ? undefined : framingOf(decoder);
      if (decoder === undefined || framing === undefined) return;
      const readers = new Readers(framing, decoder);
      const differences: string[] = [];
      const packets: Uint8Array[] = [];
      await new Capture(file).read((p) => {
        if (p.transport !== 'udp' || packets.length === CAPTURED || p.truncated) return;
        const { buffer, byteOffset, byteLength } = p.view;
        packets.push(new Uint8Array(buffer, byteOffset, byteLength).slice());
      });
      for (const [i, packet] of packets.entries()) {
        const difference = readers.compare(packet, true);
        if (difference !== undefined) differences.push(difference);
        if (i % TURN === 0) await new Promise(setImmediate);
      }
      expect(differences.slice(0, SHOWN)).toEqual([]);
    },
    60_000,
  );
});
