/** Readers of others on what our encoders write: fields mean what we say that they mean. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { iexDeep10 } from '../../src/decoders/iex-deep-1.0.js';
import { itch50 } from '../../src/decoders/itch50.js';
import { iexTp } from '../../src/patterns/framings.js';
import { sampleMessage } from '../../src/simulator/message-sampler.js';
import { PacketWriter } from '../../src/simulator/packet-writer.js';
import { PcapWriter } from '../../src/simulator/pcap-writer.js';
import { Random } from '../../src/simulator/random.js';
import { built, folder } from './harness.js';

type Row = (string | number)[];

function readByOthers(what: 'itch' | 'iex', file: string): Row[] {
  const script = fileURLToPath(new URL('counterparts/read_messages.py', import.meta.url));
  const out = execFileSync(`${built}/python/bin/python3`, [script, what, file], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The values that our view reads, in the order of the wire. */
function readByUs(decoder: typeof itch50 | typeof iexDeep10, name: string, message: Uint8Array): Row {
  const viewOf = decoder.view.bind(decoder) as unknown as (name: string) => {
    bind(data: DataView, at: number, length: number): { toObject(): Record<string, unknown> };
  };
  const view = viewOf(name);
  const data = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const fields = decoder.messages[name as never] as {
    fields: Record<string, { data?: { meaning?: { scale?: number } } }>;
  };
  return Object.entries(view.bind(data, 0, message.length).toObject()).map(([field, v]) => {
    if (typeof v === 'string') return v.trimEnd();
    // Prices are handed over as they stand: exact, and scaled by who wants that.
    const scale = fields.fields[field]?.data?.meaning?.scale ?? 0;
    return Number(v) / 10 ** -scale;
  });
}

/** Numbers as far as a double tells them: theirs go through one. */
const near = (row: Row): Row => row.map((v) => (typeof v === 'number' ? Number(v.toPrecision(12)) : v));

const SAMPLES = 20;

describe('itchfeed of PyPI', () => {
  test('reads every field of every ITCH 5.0 message as we do', () => {
    const random = new Random(1);
    const ours: Row[] = [];
    const blocks: Uint8Array[] = [];
    for (const name of itch50.names) {
      for (let i = 0; i < SAMPLES; i++) {
        const message = sampleMessage(itch50, name, random);
        blocks.push(Uint8Array.of(message.length >> 8, message.length & 255), message);
        ours.push(readByUs(itch50, name, message));
      }
    }
    const file = join(folder(), 'sample.bin');
    writeFileSync(file, Buffer.concat(blocks));
    const theirs = readByOthers('itch', file);
    expect(theirs.length).toBe(ours.length);
    for (const [i, row] of theirs.entries()) expect(near(row)).toEqual(near(ours[i] as Row));
  });
});

describe('iex-parser of PyPI', () => {
  test('reads every DEEP 1.0 message in IEX-TP packets as we do', () => {
    const random = new Random(2);
    const ours: Row[] = [];
    const file = join(folder(), 'sample.pcap');
    const chunks: Uint8Array[] = [];
    const pcap = new PcapWriter((bytes) => chunks.push(bytes.slice()));
    const writer = new PacketWriter(iexTp, { channel: 1n });
    const address = { source: '10.0.0.1', sourcePort: 1, destination: '233.215.21.4', destinationPort: 10_378 };
    let sequence = 1n;
    let seconds = 1_700_000_000;
    for (const name of iexDeep10.names) {
      const messages = Array.from({ length: SAMPLES }, () => {
        const message = sampleMessage(iexDeep10, name, random);
        // A time that a calendar has: whole seconds, which every language's number can say.
        new DataView(message.buffer, message.byteOffset).setBigInt64(2, BigInt(seconds++) * 1_000_000_000n, true);
        // Trade numbers that a signed and an unsigned reader tell alike.
        if (name.startsWith('trade') && message.length === 38) message[37] = (message[37] as number) & 0x7f;
        ours.push(readByUs(iexDeep10, name, message));
        return message;
      });
      pcap.udp(seconds, 0, address, writer.packet(messages, { sequence, session: 7n }));
      sequence += BigInt(messages.length);
    }
    pcap.end();
    writeFileSync(file, Buffer.concat(chunks));
    const theirs = readByOthers('iex', file);
    expect(theirs.length).toBe(ours.length);
    for (const [i, [, flags, time, ...rest]] of theirs.entries()) {
      const [, ourFlags, ourTime, ...ourRest] = ours[i] as Row;
      // Its sides of price levels come as a field of their own, and a trade break's flags as text.
      const side = rest.length === ourRest.length + 1;
      // The number of extensions is a character with us, a byte with them.
      const number = rest.findIndex((v, j) => typeof v === 'number' && typeof ourRest[j] === 'string');
      if (!side && number >= 0) ourRest[number] = (ourRest[number] as string).charCodeAt(0);
      expect(near(side ? rest : [time as number, ...rest])).toEqual(near([(ourTime as number) / 1e9, ...ourRest]));
      if (!side && typeof flags === typeof ourFlags) expect(flags).toBe(ourFlags);
    }
  });
});
