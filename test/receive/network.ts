/** Two ends of a virtual cable in network namespaces, frames sent on one, feeds in processes of their own on the other. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StageSummary } from '../../src/index.js';
import { writeCapture } from '../../src/simulator/capture.js';
import type { VenueHistory } from '../../src/simulator/history.js';
import type { LineFaults } from '../../src/simulator/line-faults.js';
import { atEnd, Counterpart, folder, until } from '../interop/harness.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export interface LineOptions {
  readonly address: string;
  readonly interface: string;
  readonly receive?: string;
}

/** What a receiver prints at its end. */
export interface Outcome {
  readonly digest: string;
  /** Of each channel, where the feed has several. */
  readonly digests: readonly string[];
  readonly count: number;
  readonly ledger: Readonly<Record<'expected' | 'delivered' | 'recovered' | 'abandoned' | 'inFlight', number>>;
  readonly counters: Readonly<Record<string, number>>;
  readonly packets: number;
  /** Datagrams that have brought something. */
  readonly runs: number;
  /** Of its stages; a code where they were not stamped. */
  readonly stages?: StageSummary | string;
  readonly code?: string;
  readonly message?: string;
}

export interface Decision {
  readonly asked: string;
  readonly backend: string;
  readonly detail: string;
  readonly refused: readonly { readonly backend: string; readonly why: string; readonly remedy: string }[];
}

/**
 * Says why the tests of a file are not run; a run of CI that cannot try them has not tried them. While the file is loaded: where
 * all tests are skipped no hook runs.
 */
export function notRun(why: string): void {
  if (process.env.CI) throw new Error(`NOT RUN: ${why}`);
  console.warn(`NOT RUN: ${why}`);
}

let count = 0;

/** A namespace with `sender` and `receiver`, which is 10.99.0.2. */
export class Network {
  readonly name = `vw-receive-${process.pid}-${count++}`;
  constructor(options: { readonly queues?: number; readonly mtu?: number } = {}) {
    const { queues = 1, mtu = 1500 } = options;
    const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    ip('netns', 'add', this.name);
    atEnd(() => ip('netns', 'delete', this.name));
    const of = ['numtxqueues', String(queues), 'numrxqueues', String(queues)];
    ip(...['-n', this.name, 'link', 'add', 'sender', ...of, 'type', 'veth', 'peer', 'name', 'receiver', ...of]);
    ip('-n', this.name, 'address', 'add', '10.99.0.2/24', 'dev', 'receiver');
    for (const device of ['sender', 'receiver']) ip('-n', this.name, 'link', 'set', device, 'mtu', String(mtu));
    for (const device of ['lo', 'sender', 'receiver']) ip('-n', this.name, 'link', 'set', device, 'up');
    // Sources are addresses of nobody here.
    this.inside('sysctl', '-q', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.receiver.rp_filter=0');
  }

  inside(command: string, ...args: string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.name, command, ...args], { encoding: 'utf8' });
  }

  ip(...args: string[]): string {
    return execFileSync('ip', ['-n', this.name, ...args], { encoding: 'utf8' });
  }

  /** Frames that the cable itself has dropped: its own queue is short. */
  lostOnTheCable(): number {
    const devices = JSON.parse(this.ip('-s', '-j', 'link', 'show')) as {
      readonly ifname: string;
      readonly stats64: Readonly<Record<'rx' | 'tx', { readonly dropped: number }>>;
    }[];
    return devices.reduce((n, d) => (d.ifname === 'sender' ? n + d.stats64.tx.dropped : n), 0);
  }

  /** Frames of a pcap file, as they are; returns how many. */
  send(file: string, framesPerSecond = 0): number {
    return Number(this.inside('python3', here('send_frames.py'), 'sender', file, String(framesPerSecond)));
  }

  /** A program inside. */
  program(command: string, args: readonly string[]): Counterpart {
    return Counterpart.program('ip', ['netns', 'exec', this.name, command, ...args]);
  }

  /** A feed; `as`: what it is started by, for example without rights. */
  receiver(
    lines: Readonly<Record<string, LineOptions>>,
    options: object = {},
    as: readonly string[] = [],
    reorder = '5s',
  ): ReceiverProcess {
    return this.#receiver({ lines, options, reorder }, as);
  }

  /** A feed of several channels, each with lines of its own. */
  receiverOf(channels: readonly Readonly<Record<string, LineOptions>>[], options: object = {}): ReceiverProcess {
    const named = Object.fromEntries(channels.map((lines, i) => [`c${i}`, lines]));
    return this.#receiver({ channels: named, options, reorder: '5s' }, []);
  }

  /** A feed whose handler is busy at message `sequence`, until so many `packets` have been received meanwhile. */
  busyReceiver(
    lines: Readonly<Record<string, LineOptions>>,
    options: object,
    busy: { readonly sequence: number; readonly packets: number },
  ): ReceiverProcess {
    return this.#receiver({ lines, options, reorder: '10ms', busy }, []);
  }

  #receiver(argument: object, as: readonly string[]): ReceiverProcess {
    const command = [
      'netns',
      'exec',
      this.name,
      ...as,
      process.execPath,
      here('receiver.mjs'),
      JSON.stringify(argument),
    ];
    return new ReceiverProcess(Counterpart.program('ip', command));
  }
}

export class ReceiverProcess {
  constructor(readonly process: Counterpart) {}

  async #told<T>(key: string): Promise<T> {
    const [line] = await this.process.said(new RegExp(`^\\{"${key}".*`));
    return JSON.parse(line) as T;
  }
  /** How each interface is received, once the lines are open. */
  async decided(): Promise<readonly Decision[]> {
    return (await this.#told<{ receive: Decision[] }>('receive')).receive;
  }
  /** At the end of the session. */
  async outcome(): Promise<Outcome> {
    return this.#told<Outcome>('digest');
  }
  async failure(): Promise<{ readonly code: string; readonly message: string; readonly receive: Decision[] }> {
    return this.#told('code');
  }
  /** Once a line is lost or is there again: why. */
  async lineDown(): Promise<string> {
    return (await this.#told<{ lineDown: string }>('lineDown')).lineDown;
  }
  async lineUp(): Promise<string> {
    return (await this.#told<{ lineUp: string }>('lineUp')).lineUp;
  }
  /** Ends the feed where it is. */
  close(): void {
    this.process.child.stdin?.write('close\n');
  }
  /** Process that runs Node: `ip` has become it. */
  get pid(): number {
    return this.process.child.pid as number;
  }
  /** Waits until the process is stopped, as a busy machine may do it to any. */
  async stop(): Promise<void> {
    process.kill(this.pid, 'SIGSTOP');
    await until('the receiver to stand still', () => stateOf(this.pid) === 'T');
  }
  goOn(): void {
    process.kill(this.pid, 'SIGCONT');
  }
}

const stateOf = (pid: number): string =>
  execFileSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' }).trim();

/** A day as a pcap file of its two lines. */
export function capture(
  history: VenueHistory,
  lines: readonly string[],
  options: { readonly vlan?: number; readonly faults?: readonly LineFaults[] } = {},
): string {
  const file = join(folder(), 'day.pcap');
  const out = openSync(file, 'w');
  const made = { seed: 1, lines, faults: [{ loss: 0.1, reorder: 0.02 }, {}], publisher: { endPackets: 1 }, ...options };
  writeCapture(history, made, (bytes) => writeSync(out, bytes));
  closeSync(out);
  return file;
}

const RECORD = 16;
const ETHERNET = 14;
const IP = 20;

/** The frame, or the two fragments of its datagram; the first has the UDP header and `bytes` of payload, a multiple of 8. */
function parts(frame: Buffer, bytes: number): Buffer[] {
  const payload = frame.subarray(ETHERNET + IP);
  if (payload.length <= bytes) return [frame];
  return [payload.subarray(0, bytes), payload.subarray(bytes)].map((part, i) => {
    const out = Buffer.concat([frame.subarray(0, ETHERNET + IP), part]);
    out.writeUInt16BE(IP + part.length, ETHERNET + 2);
    out.writeUInt16BE(i === 0 ? 0x2000 : bytes / 8, ETHERNET + 6);
    out.writeUInt16BE(0, ETHERNET + 10);
    let sum = 0;
    for (let at = ETHERNET; at < ETHERNET + IP; at += 2) sum += out.readUInt16BE(at);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    out.writeUInt16BE(~sum & 0xffff, ETHERNET + 10);
    return out;
  });
}

/** The same capture with every longer datagram in two fragments; returns how many frames are one. */
export function fragmented(pcap: Buffer, bytes: number): { readonly file: Buffer; readonly fragments: number } {
  const out = [pcap.subarray(0, 24)];
  let fragments = 0;
  for (let at = 24; at < pcap.length; ) {
    const length = pcap.readUInt32LE(at + 8);
    const frame = pcap.subarray(at + RECORD, at + RECORD + length);
    const pieces = parts(frame, bytes);
    if (pieces.length > 1) fragments += pieces.length;
    for (const piece of pieces) {
      const head = Buffer.from(pcap.subarray(at, at + RECORD));
      head.writeUInt32LE(piece.length, 8);
      head.writeUInt32LE(piece.length, 12);
      out.push(head, piece);
    }
    at += RECORD + length;
  }
  return { file: Buffer.concat(out), fragments };
}

/** Captures one behind the other. */
export function joined(files: readonly string[]): string {
  const [first, ...others] = files.map((file) => readFileSync(file));
  const out = join(folder(), 'joined.pcap');
  writeFileSync(out, Buffer.concat([first as Buffer, ...others.map((pcap) => pcap.subarray(24))]));
  return out;
}

/** A capture in two: its last frames, and those before. */
export function parted(file: string, last: number): readonly [string, string] {
  const pcap = readFileSync(file);
  const starts: number[] = [];
  for (let at = 24; at < pcap.length; at += RECORD + pcap.readUInt32LE(at + 8)) starts.push(at);
  const cut = starts.at(-last) ?? 24;
  const names = ['first.pcap', 'last.pcap'].map((name) => join(folder(), name));
  const [first = '', end = ''] = names;
  writeFileSync(first, pcap.subarray(0, cut));
  writeFileSync(end, Buffer.concat([pcap.subarray(0, 24), pcap.subarray(cut)]));
  return [first, end];
}
