// FIX over TCP in a capture: read by the dictionary in every format, and a password is in none of them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { messagesOf } from '../../src/capture/messages-of.js';
import { FORMATS } from '../../src/cli/format.js';
import { fix44 } from '../../src/decoders/fix44.js';
import { fixText } from '../../src/decoders/fix44-text.js';
import { PcapWriter } from '../../src/simulator/pcap-writer.js';
import { venuewire } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-fix-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ADDRESS = { source: '10.0.0.1', sourcePort: 40_000, destination: '10.0.0.2', destinationPort: 9_876 };
const DECODER = ['--decoder', 'fix-4.4-text'] as const;
const SECRET = 'hunter2pass';

let number = 0;
const message = (type: string, fields: Record<string, unknown>): Uint8Array =>
  fix44().encode(type, {
    SenderCompID: 'US',
    TargetCompID: 'THEM',
    MsgSeqNum: ++number,
    SendingTime: '20261127-10:00:00.000',
    ...fields,
  });
const logon = message('A', { EncryptMethod: 0, HeartBtInt: 30, Username: 'user', Password: SECRET });
const refresh = (symbol: string, price: string): Uint8Array =>
  message('W', {
    MDReqID: 'R1',
    Symbol: symbol,
    NoMDEntries: [{ MDEntryType: '0', MDEntryPx: price, MDEntrySize: '10' }],
  });
const sent = [logon, refresh('AAPL', '100.25'), refresh('MSFT', '7.5'), message('0', {})];

/** A message with these fields, its length and its sum right. */
function framed(fields: string): Uint8Array {
  const body = fields.replaceAll('|', '\u0001');
  const text = `8=FIX.4.4\u00019=${body.length}\u0001${body}`;
  const sum = [...Buffer.from(text, 'latin1')].reduce((n, b) => n + b, 0) & 255;
  return Buffer.from(`${text}10=${String(sum).padStart(3, '0')}\u0001`, 'latin1');
}

/** A capture of one connection, cut into segments of `size` bytes; `lost`: segments that are not in it. */
function capture(bytes: Uint8Array, size: number, lost: readonly number[] = []): string {
  const pieces: Uint8Array[] = [];
  const pcap = new PcapWriter((piece) => pieces.push(piece));
  for (let at = 0, i = 0; at < bytes.length; at += size, i++) {
    if (lost.includes(i)) continue;
    const segment = { flags: 'ack', sequence: 1 + at, acknowledge: 0 } as const;
    pcap.tcp(1_700_000_000, i, ADDRESS, segment, bytes.subarray(at, at + size));
  }
  pcap.end();
  const path = join(folder, `fix-${size}-${lost.join('-')}.pcap`);
  writeFileSync(path, Buffer.concat(pieces));
  return path;
}
const whole = Buffer.concat(sent);

describe('a capture of FIX', () => {
  it.each([7, 64, 1_400])('is read by the dictionary, in segments of %i bytes', async (size) => {
    const rows = (await venuewire(['decode', capture(whole, size), ...DECODER])).json() as {
      sequence: string;
      message: string;
      fields: Record<string, unknown>;
    }[];
    expect(rows.map((r) => [r.sequence, r.message])).toEqual([
      ['1', 'Logon'],
      ['2', 'MarketDataSnapshotFullRefresh'],
      ['3', 'MarketDataSnapshotFullRefresh'],
      ['4', 'Heartbeat'],
    ]);
    expect(rows[1]?.fields).toMatchObject({
      Symbol: 'AAPL',
      NoMDEntries: [{ MDEntryType: '0', MDEntryPx: '100.25', MDEntrySize: '10' }],
    });
  });

  it.each(FORMATS)('shows no password as %s', async (format) => {
    const { out, err } = await venuewire(['decode', capture(whole, 64), ...DECODER, '--format', format]);
    expect(out).toContain('Logon');
    expect(out + err).not.toContain(SECRET);
    expect(out).toContain('***');
  });

  it('shows no password of a message that cannot be read', async () => {
    // Framed, and refused by the dictionary: a field is there twice.
    const bytes = framed(`35=A|34=1|49=US|56=THEM|52=20261127-10:00:00.000|553=user|553=user|554=${SECRET}|`);
    const { out, err } = await venuewire(['decode', capture(bytes, 1_300), ...DECODER]);
    expect(out).toContain('malformed');
    expect(out + err).not.toContain(SECRET);
  });

  it('is chosen from by message and by symbol; --where is refused with a way', async () => {
    const file = capture(whole, 64);
    const symbol = (await venuewire(['decode', file, ...DECODER, '--symbol', 'MSFT'])).json() as { sequence: string }[];
    expect(symbol.map((r) => r.sequence)).toEqual(['3']);
    const named = (await venuewire(['decode', file, ...DECODER, '--message', 'heartbeat'])).json() as object[];
    expect(named.length).toBe(1);
    const wrong = await venuewire(['decode', file, ...DECODER, '--message', 'Heartbeet']);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('Did you mean Heartbeat');
    const where = await venuewire(['decode', file, ...DECODER, '--where', 'price > 1']);
    expect([where.code, where.err]).toEqual([2, expect.stringContaining('--symbol')]);
  });

  it('is counted by type', async () => {
    const rows = (await venuewire(['decode', capture(whole, 64), ...DECODER, '--stats'])).json() as {
      message: string;
    }[];
    expect(rows.map((r) => r.message).filter(Boolean)).toEqual(['MarketDataSnapshotFullRefresh', 'Logon', 'Heartbeat']);
  });

  it('with a hole goes on with the next message, and the hole is told', async () => {
    const { json, err, code } = await venuewire(['decode', capture(whole, 64, [3]), ...DECODER]);
    const rows = json() as { sequence: string }[];
    expect(rows.at(0)?.sequence).toBe('1');
    expect(rows.at(-1)?.sequence).toBe('4');
    expect(rows.length).toBeLessThan(4);
    expect(err).toContain('64 bytes of the TCP stream are missing');
    expect(code).toBe(1);
  });

  it('of bytes in memory: each message has its number', () => {
    expect([...messagesOf(fixText, whole)].map((m) => m.sequence)).toEqual([1n, 2n, 3n, 4n]);
  });
});
