/** `gaps` on a capture that holds, besides two lines, what a recovery server was asked for and sent. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type RawPacket, readPcap, venuewire } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-recovery-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { header, packets } = readPcap('itch50-clean.pcap');
const A = '233.54.12.111:26477';
const CLIENT = '10.9.0.7:40000';
const SERVER = '10.9.0.1:18000';
const RETRANSMISSION = '233.54.12.200:26499';

const sequence = (p: RawPacket): number => Number(p.payload.readBigUInt64BE(10));
const count = (p: RawPacket): number => p.payload.readUInt16BE(18);
const holds = (p: RawPacket): boolean => count(p) > 0 && count(p) < 0xffff;

/** The frame of a packet of the fixture, sent from and to other addresses. */
function sent(p: RawPacket, from: string, to: string, payload = p.payload): Buffer {
  const frame = Buffer.alloc(14 + 20 + 8 + payload.length);
  const place = (address: string, ip: number, port: number): void => {
    const [host = '', number = ''] = address.split(':');
    frame.set(host.split('.').map(Number), ip);
    frame.writeUInt16BE(Number(number), port);
  };
  frame.writeUInt16BE(0x0800, 12);
  frame[14] = 0x45;
  frame.writeUInt16BE(frame.length - 14, 16);
  frame[23] = 17;
  place(from, 26, 34);
  place(to, 30, 36);
  frame.writeUInt16BE(8 + payload.length, 38);
  frame.set(payload, 42);
  const record = Buffer.alloc(16);
  p.record.copy(record, 0, 0, 8);
  record.writeUInt32LE(frame.length, 8);
  record.writeUInt32LE(frame.length, 12);
  return Buffer.concat([record, frame]);
}

/** The header alone, stating how many messages are wanted. */
function request(p: RawPacket): Buffer {
  const payload = Buffer.from(p.payload.subarray(0, 20));
  return sent(p, CLIENT, SERVER, payload);
}

/** Numbers in packets of the fixture that neither line brings. */
const lost = packets.filter((p) => p.destination === A && holds(p)).filter((_, i) => i === 20 || i === 40);
const isLost = (p: RawPacket): boolean =>
  holds(p) && lost.some((l) => sequence(p) < sequence(l) + count(l) && sequence(p) + count(p) > sequence(l));
const numbers = lost.reduce((n, p) => n + count(p), 0);

const capture = (name: string, after: (p: RawPacket) => readonly Buffer[]): string => {
  const path = join(folder, name);
  let next = 0;
  const records = packets.flatMap((p) => {
    if (isLost(p)) return [];
    const behind = lost[next];
    const due = behind !== undefined && p.destination === A && sequence(p) > sequence(behind);
    if (due) next++;
    return due ? [p.record, ...after(behind)] : [p.record];
  });
  writeFileSync(path, Buffer.concat([header, ...records]));
  return path;
};
const gaps = (file: string, ...more: string[]) => venuewire(['gaps', file, '--framing', 'moldudp64', ...more]);

describe('gaps on a capture with recovery in it', () => {
  it('shows answers to one machine beside the lines, and what they filled', async () => {
    const file = capture('unicast.pcap', (p) => [request(p), sent(p, SERVER, CLIENT)]);
    const ran = await gaps(file);
    expect(ran.code).toBe(1);
    // Two lines and nothing else are compared.
    expect(ran.out.match(/^session /gm)).toHaveLength(1);
    expect(ran.out).toMatch(new RegExp(`recovery to ${CLIENT} from ${SERVER}: ${numbers} messages, filled `));
    expect(ran.out).toContain('everything that is missing from all lines was sent again');
    expect(ran.out).toMatch(new RegExp(`on all lines of their group, ${numbers} of those sent again`));
    expect(ran.err).toMatch(new RegExp(`2 requests from ${CLIENT} to ${SERVER}: .*\\(${numbers} messages\\)`));
    expect(ran.err).not.toMatch(/broken packet/);
  });

  it('tells what was not sent again', async () => {
    const file = capture('half.pcap', (p) => (p === lost[0] ? [request(p), sent(p, SERVER, CLIENT)] : [request(p)]));
    const ran = await gaps(file);
    expect(ran.out).toMatch(new RegExp(`would have been asked for: .*\\(${count(lost[1] as RawPacket)} messages\\)`));
    const json = (await gaps(file, '--format', 'ndjson')).json();
    const group = json.find((l) => 'group' in l)?.group as { lost: string; open: string; lines: unknown[] };
    expect(group.lines).toHaveLength(2);
    expect([group.lost, group.open]).toEqual([String(numbers), String(count(lost[1] as RawPacket))]);
    const recovery = json.find((l) => 'recovery' in l)?.recovery as { line: string; sources: string[] };
    expect(recovery).toMatchObject({ line: CLIENT, sources: [SERVER] });
  });

  it('knows a line of retransmissions by what it carries', async () => {
    const file = capture('multicast.pcap', (p) => [sent(p, SERVER, RETRANSMISSION)]);
    const ran = await gaps(file);
    expect(ran.out.match(/^session /gm)).toHaveLength(1);
    expect(ran.out).toMatch(
      new RegExp(
        `recovery to ${RETRANSMISSION} from ${SERVER}: ${numbers} messages, filled .*it carries what the lines lost`,
      ),
    );
  });

  it('knows one that also repeats what came', async () => {
    const again = packets.filter((p) => p.destination === A && holds(p)).filter((_, i) => i % 25 === 5);
    const file = capture('again.pcap', () => again.map((p) => sent(p, SERVER, RETRANSMISSION)));
    const ran = await gaps(file);
    expect(ran.out.match(/^session /gm)).toHaveLength(1);
    expect(ran.out).toMatch(/it carries a number of the lines now and then/);
  });

  it('keeps it out of the lines that a replay finds', async () => {
    const file = capture('replay.pcap', (p) => [request(p), sent(p, SERVER, CLIENT)]);
    const ran = await venuewire(['replay', file, '--decoder', 'nasdaq-totalview-itch-5.0', '--summary']);
    expect(ran.err).not.toContain('channel 2');
    expect(ran.out).toMatch(new RegExp(`abandoned ${numbers} `));
    expect(ran.err).toMatch(/4 of \d+ frames skipped: 4 for a destination that is no line \([\d.:, ]+\)/);
  });
});
