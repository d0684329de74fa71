/** Counterparts as processes, feeds that are watched, and waiting for conditions. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import type { AnyDecoder, Notice } from '../../src/feed/batch.js';
import type { Venue } from '../../src/feed/compile.js';
import type { Feed, FeedOptions } from '../../src/feed/feed.js';
import { openFeed } from '../../src/feed/open.js';
import { StreamDigest } from '../../src/simulator/digest.js';
import { VenueHistory } from '../../src/simulator/history.js';
import { ItchGenerator } from '../../src/simulator/itch-generator.js';
import { liveOptions, receivedAsAsked } from '../live.js';

export const built = fileURLToPath(new URL('../../build/interop', import.meta.url));
const LOOK_MS = 5;
const BOUND_MS = 20_000;

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
/** Is done after the test, however it ends; the last first. */
export const atEnd = (end: () => Promise<void> | void): void => {
  ends.push(end);
};

/** Waits for a condition. What never comes fails after twenty seconds, and `what` says what it was. */
export async function until<T>(what: string, look: () => T | undefined | false, shown?: () => string): Promise<T> {
  const bound = Date.now() + BOUND_MS;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > bound) throw new Error(`waited in vain for ${what}${shown ? `\n${shown()}` : ''}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** A folder that is gone after the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'venuewire-interop-'));
  atEnd(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A program that nobody here wrote, or one built upon such a library. It says lines and, if it listens, is told lines. */
export class Counterpart {
  readonly lines: string[] = [];
  exit: number | undefined;
  #commands = 0;
  private constructor(
    readonly name: string,
    readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
    }
    child.on('error', (error) => this.lines.push(String(error)));
    child.stdin?.on('error', () => {});
    child.on('close', (code, signal) => {
      this.exit = code ?? (signal ? 128 : 0);
    });
    atEnd(() => this.end());
  }

  static program(command: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Counterpart {
    return new Counterpart(command, spawn(command, args, { stdio: 'pipe', env: { ...process.env, ...more } }));
  }

  /** A class in Java of the folder `counterparts`. */
  static java(main: string, args: readonly string[]): Counterpart {
    const classes = `${built}/classes:${built}/lib/*`;
    const options = ['-Xshare:auto', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Djava.net.preferIPv4Stack=true'];
    return Counterpart.program('java', [...options, '-cp', classes, main, ...args]);
  }

  /** The crate of the folder `counterparts`. */
  static rust(args: readonly string[]): Counterpart {
    return Counterpart.program(`${built}/mold/target/debug/mold`, args);
  }

  /** A module of the folder `counterparts`, with the packages on npm of its manifest. */
  static node(module: string, args: readonly string[]): Counterpart {
    const path = fileURLToPath(new URL(`counterparts/${module}`, import.meta.url));
    const packages = { COUNTERPARTS: `${built}/node/package.json` };
    return Counterpart.program(process.execPath, [path, ...args], packages);
  }

  /** A script of the folder `counterparts`, with the packages of its requirements. */
  static python(script: string, args: readonly string[]): Counterpart {
    const path = fileURLToPath(new URL(`counterparts/${script}`, import.meta.url));
    return Counterpart.program(`${built}/python/bin/python3`, ['-u', path, ...args]);
  }

  heard(pattern: RegExp): RegExpExecArray[] {
    return this.lines.map((l) => pattern.exec(l)).filter((m) => m !== null);
  }

  /** The n-th line that matches, as soon as there is one. */
  async said(pattern: RegExp, nth = 1): Promise<RegExpExecArray> {
    return until(
      `${this.name} to say ${pattern} (${nth}.)`,
      () => this.heard(pattern)[nth - 1] ?? (this.exit === undefined ? undefined : this.#ended(pattern)),
      () => this.transcript(),
    );
  }

  #ended(pattern: RegExp): never {
    throw new Error(`${this.name} ended with ${this.exit} and had not said ${pattern}\n${this.transcript()}`);
  }

  transcript(): string {
    return this.lines.slice(-60).join('\n');
  }

  /** Says a command; resolves once it has been carried out. */
  async do(command: string): Promise<void> {
    const nth = ++this.#commands;
    this.child.stdin?.write(`${command}\n`);
    const [line] = await this.said(/^(done|failed) .*/, nth);
    if (line.startsWith('failed')) throw new Error(`${this.name}: ${command}: ${line}`);
  }

  interrupt(): void {
    this.child.kill('SIGINT');
  }

  async over(): Promise<number> {
    return until(
      `the end of ${this.name}`,
      () => this.exit,
      () => this.transcript(),
    );
  }

  /** Ends the process: by the end of its input, then by force. */
  async end(): Promise<void> {
    if (this.exit !== undefined) return;
    this.child.stdin?.end();
    const force = setTimeout(() => this.child.kill('SIGKILL'), 2_000);
    if (this.child.stdin === null) this.child.kill();
    await until(`${this.name} to end`, () => this.exit !== undefined);
    clearTimeout(force);
  }
}

type Address = { readonly port: number };

/** A UDP port of this machine that nobody has now. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address() as Address;
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

/** A TCP port of this machine where nobody listens now. */
export async function freeTcpPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as Address;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

let groups = 0;
/** A multicast group that no other test of this run has, with a free port. */
export async function freeGroup(): Promise<string> {
  const own = (process.pid * 16 + groups++) & 0xffff;
  return `239.193.${own >> 8}.${own & 0xff}:${await freeUdpPort()}`;
}

/** A day of ITCH messages, and the same as a BinaryFILE for counterparts. */
export function day(messages: number, seed = 1): { history: VenueHistory; file: string } {
  const history = VenueHistory.generate(new ItchGenerator({ seed, symbols: 20, messages }));
  const file = join(folder(), 'messages.bin');
  writeFileSync(file, binaryFile(history));
  return { history, file };
}

function binaryFile(history: VenueHistory): Buffer {
  // A BinaryFILE ends with an empty message.
  return Buffer.concat([history.blocks(history.first, history.next), new Uint8Array(2)]);
}

/** The digest of a BinaryFILE's messages, numbered from `first`. */
export function digestOf(file: string, first = 1): StreamDigest {
  const bytes = readFileSync(file);
  const digest = new StreamDigest();
  for (let at = 0, n = first; at + 2 <= bytes.length; n++) {
    const length = bytes.readUInt16BE(at);
    if (length > 0) digest.add(n, bytes, at + 2, length);
    at += 2 + length;
  }
  return digest;
}

/** A venue file with these lines as its `spec`. */
export function venueFile(spec: readonly string[]): string {
  const path = join(folder(), 'venue.yaml');
  const head = ['apiVersion: venuewire.io/v1alpha1', 'kind: VenueConnection', 'metadata: { name: interop }', 'spec:'];
  writeFileSync(path, [...head, ...spec.map((line) => `  ${line}`)].join('\n'));
  return path;
}

/** A feed that is being read, and all that it told. */
export class Watched {
  readonly notices: Notice[] = [];
  readonly digest = new StreamDigest();
  readonly numbers: number[] = [];
  /** Messages as characters, for protocols of text. */
  readonly texts: string[] = [];
  readonly ended: Promise<void>;
  failure: unknown;
  over = false;

  constructor(
    readonly feed: Feed,
    keep: 'digest' | 'texts' = 'digest',
  ) {
    const { view } = feed.ring;
    const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
    const take = (m: { $at: number; $length: number }, at: { sequence: number }): void => {
      this.numbers.push(at.sequence);
      if (keep === 'texts') {
        this.texts.push(bytes.toString('latin1', m.$at, m.$at + m.$length).replaceAll('\x01', '|'));
      } else this.digest.add(at.sequence, bytes, m.$at, m.$length);
    };
    feed.on('notice', (n) => this.notices.push({ ...n }));
    const names = feed.decoder.names as readonly string[];
    this.ended = feed.run(Object.fromEntries(names.map((n) => [n, take]))).then(
      () => {
        this.over = true;
      },
      (error) => {
        this.failure = error;
        this.over = true;
      },
    );
    atEnd(async () => {
      feed.close();
      await this.ended;
    });
  }

  static async open(
    venue: Venue<AnyDecoder>,
    keep: 'digest' | 'texts' = 'digest',
    options: FeedOptions = {},
  ): Promise<Watched> {
    const own = options.capture === undefined ? { ...liveOptions, ...options } : options;
    const watched = new Watched((await openFeed(venue, own)) as unknown as Feed, keep);
    // What is sent before the groups are joined is lost, and no test means that.
    const lines = Object.keys(venue.lines ?? {}).length;
    if (options.capture === undefined && lines > 0) {
      await watched.until('the lines to be open', () => watched.feed.describe().lines.length >= lines);
      receivedAsAsked(watched.feed);
    }
    return watched;
  }

  told(type: Notice['type'], reason?: string): Notice[] {
    return this.notices.filter((n) => n.type === type && (reason === undefined || n.reason === reason));
  }

  async notice(type: Notice['type'], reason?: string, nth = 1): Promise<Notice> {
    return this.until(`the notice ${type} ${reason ?? ''} (${nth}.)`, () => this.told(type, reason)[nth - 1]);
  }

  async delivered(count: number): Promise<void> {
    await this.until(`${count} messages`, () => this.numbers.length >= count);
  }

  async until<T>(what: string, look: () => T | undefined | false): Promise<T> {
    return until(
      what,
      () => {
        if (this.failure !== undefined) throw this.failure;
        return look();
      },
      () => this.shown(),
    );
  }

  /** Nothing is missing or held. Gauges of a running feed are brought up to date about every millisecond. */
  async atRest(): Promise<void> {
    await this.until('nothing in flight', () => this.feed.statistics().ledger.inFlight === 0);
  }

  /** The notices and the ledger, for the message of a test that failed. */
  shown(): string {
    const notices = this.notices
      .slice(-40)
      .map((n) => `  ${n.type} ${n.reason} ${n.begin}-${n.end} ${n.detail} '${n.session}'`);
    return [
      `${this.numbers.length} messages, ledger ${JSON.stringify(this.feed.statistics().ledger)}`,
      ...notices,
      ...this.texts.slice(-10),
    ].join('\n');
  }
}

/** `venuewire run` on a venue file, in a process of its own. */
export function runVenue(file: string, more: readonly string[]) {
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, 'run', file, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  child.stdout.on('data', (d) => said.push(d));
  child.stderr.on('data', (d) => said.push(d));
  let over = false;
  child.on('close', () => {
    over = true;
  });
  atEnd(async () => {
    child.kill('SIGKILL');
    await until('the end of the command line', () => over);
  });
  return { child, text: () => Buffer.concat(said).toString(), over: () => over };
}
