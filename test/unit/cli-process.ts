/** Runs the built command line as a process of its own, as a user does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const main = `${root}dist/cli/main.js`;
export const fixture = (name: string): string => `${root}fixtures/${name}`;

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Standard output as JSON lines. */
  readonly json: () => Record<string, unknown>[];
}

export interface RunOptions {
  readonly input?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Of Node, before the script. */
  readonly node?: readonly string[];
  /** Called with the process and what it has printed so far, whenever it prints. */
  readonly watch?: (child: ChildProcess, out: string, err: string) => void;
}

export async function venuewire(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [...(options.node ?? []), main, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    cwd: root,
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    options.watch?.(child, out, err);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    options.watch?.(child, out, err);
  });
  // A reader that is not interested in its input may be gone before it is written.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input);
  const [code] = (await once(child, 'close')) as [number | null];
  return {
    code,
    out,
    err,
    json: () =>
      out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

/** What the manifest of the fixtures says of a file. */
export function manifest(name: string): { readonly messages: number; readonly lost: number; readonly digest: string } {
  const all = JSON.parse(readFileSync(fixture('manifest.json'), 'utf8')) as { name: string }[];
  const found = all.find((f) => f.name === name);
  if (found === undefined) throw new Error(`no fixture ${name}`);
  return found as never;
}

export interface RawPacket {
  readonly number: number;
  readonly record: Buffer;
  /** Transport payload. */
  readonly payload: Buffer;
  readonly destination: string;
}

/** A little-endian pcap of Ethernet frames, read without any of the library's code. */
export function readPcap(name: string): { readonly header: Buffer; readonly packets: RawPacket[] } {
  const file = readFileSync(fixture(name));
  const packets: RawPacket[] = [];
  for (let at = 24; at < file.length; ) {
    const length = file.readUInt32LE(at + 8);
    const record = file.subarray(at, at + 16 + length);
    const frame = record.subarray(16);
    const vlan = frame.readUInt16BE(12) === 0x8100 ? 4 : 0;
    const ip = frame.subarray(14 + vlan);
    const transport = ip.subarray((ip.readUInt8(0) & 15) * 4, ip.readUInt16BE(2));
    const skip = ip.readUInt8(9) === 17 ? 8 : (transport.readUInt8(12) >> 4) * 4;
    packets.push({
      number: packets.length + 1,
      record,
      payload: transport.subarray(skip),
      destination: `${[...ip.subarray(16, 20)].join('.')}:${transport.readUInt16BE(2)}`,
    });
    at += 16 + length;
  }
  return { header: file.subarray(0, 24), packets };
}

/** A capture of some of a fixture's packets, their payloads replaced where `change` gives another of the same length. */
export function pcapOf(
  name: string,
  take: (p: RawPacket) => boolean,
  change: (payload: Buffer, p: RawPacket) => void = () => {},
): Buffer {
  const { header, packets } = readPcap(name);
  const records = packets.filter(take).map((p) => {
    const record = Buffer.from(p.record);
    change(record.subarray(record.length - p.payload.length), p);
    return record;
  });
  return Buffer.concat([header, ...records]);
}
