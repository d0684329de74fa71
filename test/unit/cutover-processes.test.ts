// Handlers, the comparison and the venue as processes of their own: the switch as a user makes it. The old side's output is a file
// of JSON lines, as a handler that is not ours may write it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { venueFile } from '../../src/cli/simulate.js';
import { readSide, type SideSource } from '../../src/compare/index.js';
import { LoopbackVenue } from '../../src/simulator/index.js';
import { Random } from '../../src/simulator/random.js';
import { main } from './cli-process.js';

const RATE = 1_000;
const MESSAGES = 4_000;
const WAIT = { timeout: 50_000, interval: 20 };
/** What ends a test, last first. Both tests run at once: they wait more than they work. */
type Ends = (() => unknown)[];
async function ending(test: (ends: Ends) => Promise<void>): Promise<void> {
  const ends: Ends = [];
  try {
    await test(ends);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

class Process {
  readonly child: ChildProcess;
  out = '';
  err = '';
  readonly code: Promise<number | null>;
  constructor(ends: Ends, args: readonly string[], stdout: 'pipe' | number = 'pipe') {
    this.child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', stdout, 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
    });
    this.code = new Promise((resolve) => this.child.once('exit', resolve));
    ends.push(() => this.child.kill('SIGKILL'));
  }
  async endpoint(): Promise<string> {
    await expect.poll(() => this.err, WAIT).toMatch(/tcp:\/\/[\d.]+:\d+/);
    return /tcp:\/\/[\d.]+:\d+/.exec(this.err)?.[0] as string;
  }
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.code;
  }
  lines(kind: string): Record<string, unknown>[] {
    return this.out
      .split('\n')
      .filter((line) => line.startsWith(`{"${kind}"`))
      .map((line) => JSON.parse(line)[kind]);
  }
}

async function venueOf(ends: Ends, seed: number, changed?: number): Promise<LoopbackVenue> {
  const fault = { loss: 0.03, burst: { probability: 0, length: 0 }, duplicate: 0.01, reorder: 0.01, reorderNs: 1e6 };
  const options = { seed, rate: RATE, messages: MESSAGES, faults: [fault, fault] };
  const { history } = new LoopbackVenue(options);
  // The same day on groups of its own, but for one bit of the last byte of one message.
  if (changed !== undefined) {
    const bytes = history.message(changed);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
  }
  const venue = new LoopbackVenue(changed === undefined ? options : { ...options, history, seed: seed + 1_000 });
  await venue.start();
  ends.push(() => venue.stop());
  return venue;
}

/** Old and new handler, what compares them, and who reads what is passed on. */
async function running(ends: Ends, oldVenue: LoopbackVenue, newVenue: LoopbackVenue, promoteAfter: number) {
  const folder = mkdtempSync(join(tmpdir(), 'vw-cutover-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  // The one channel is called as the venue is, and they are called otherwise.
  const file = (name: string, venue: LoopbackVenue): string => {
    const path = join(folder, `${name}.yaml`);
    writeFileSync(path, venueFile(venue, ['rerequest'], 'beginning').replace('simulated-totalview', name));
    return path;
  };
  const output = join(folder, 'old.ndjson');
  const old = new Process(ends, ['run', file('old', oldVenue)], openSync(output, 'w'));
  const young = new Process(ends, ['run', file('new', newVenue), '--publish', 'zmq:tcp://127.0.0.1:*', '--summary']);
  const endpoint = await young.endpoint();
  const compare = new Process(ends, [
    ...['compare', '--old', output, '--new', `zmq:${endpoint}`, '--forward', 'zmq:tcp://127.0.0.1:*'],
    ...['--channels', 'old=new', '--minute', '1', '--promote-after', String(promoteAfter), '--format', 'ndjson'],
  ]);
  await expect.poll(() => compare.err, WAIT).toMatch(/passed on at/);
  const forwardedAt = /passed on at (\S+);/.exec(compare.err)?.[1] as string;
  const passedOn: bigint[] = [];
  const reader: SideSource = await readSide(`zmq:${forwardedAt}`, (m) => passedOn.push(m.sequence));
  ends.push(() => reader.close());
  await expect.poll(() => old.err, WAIT).toMatch(/ends with Ctrl-C/);
  return { old, new: young, compare, passedOn };
}

/** Every number from the first to the last of the day, once, in order. */
function expectEach(passedOn: readonly bigint[]): void {
  const first = Number(passedOn[0]);
  expect(passedOn.map(Number)).toEqual(Array.from({ length: MESSAGES - first + 1 }, (_, i) => first + i));
}

describe.concurrent('two handlers as processes', () => {
  it('without a difference: the new one is promoted, the old one is ended, and nothing is lost or repeated', () =>
    ending(async (ends) => {
      const venue = await venueOf(ends, 61);
      const { old, new: young, compare, passedOn } = await running(ends, venue, venue, 1);
      venue.begin();
      await expect.poll(() => compare.lines('step').map((s) => s.step), WAIT).toEqual(['promoted', 'oldRemoved']);
      expect(await old.stop()).toBe(0);
      await expect.poll(() => Number(passedOn.at(-1)), WAIT).toBe(MESSAGES);
      expectEach(passedOn);
      expect(await compare.stop()).toBe(0);
      const [summary] = compare.lines('summary');
      expect(summary).toMatchObject({ step: 'oldRemoved', active: 'new', different: 0, missing: 0, twice: 0, lost: 0 });
      expect(Number(summary?.fromOld)).toBeGreaterThan(0);
      expect(Number(summary?.fromNew)).toBeGreaterThan(0);
      expect(Number(summary?.fromOld) + Number(summary?.fromNew)).toBe(Number(summary?.forwarded));
      expect(compare.lines('minute').every((m) => m.score === 1)).toBe(true);
      // The ledgers of both: all that was expected was delivered or recovered.
      expect(await young.stop()).toBe(0);
      for (const text of [old.err, young.out]) expect(text).toMatch(/abandoned 0 \+ in flight 0/);
    }));

  it('with one bit of one message changed: found at that message, and the old one is passed on again', () =>
    ending(async (ends) => {
      const seed = 62;
      const changed = 1_000 + new Random(seed).below(2_000);
      const [venue, other] = [await venueOf(ends, seed), await venueOf(ends, seed, changed)];
      const { compare, passedOn } = await running(ends, venue, other, 60);
      venue.begin();
      other.begin();
      await expect.poll(() => compare.lines('step').map((s) => s.step), WAIT).toEqual(['rolledBack']);
      const [difference] = compare.lines('difference') as [{ old: string; new: string; offset: number }];
      expect(difference).toMatchObject({ kind: 'different', sequence: String(changed) });
      expect(difference.old.slice(2 * difference.offset)).not.toBe(difference.new.slice(2 * difference.offset));
      expect(difference.old.slice(0, 2 * difference.offset)).toBe(difference.new.slice(0, 2 * difference.offset));
      await expect.poll(() => Number(passedOn.at(-1)), WAIT).toBe(MESSAGES);
      expectEach(passedOn);
      expect(await compare.stop()).toBe(1);
      const [summary] = compare.lines('summary');
      expect(summary).toMatchObject({ step: 'rolledBack', active: 'old', different: 1, fromNew: 0, lost: 0 });
      expect(Number(summary?.score)).toBeLessThan(1);
    }));
});
