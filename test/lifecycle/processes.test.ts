import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, shared with child processes
import { capture, liveAddress, Sender } from './children/day.mjs';

const child = (name: string) => fileURLToPath(new URL(`./children/${name}`, import.meta.url));
const bytes: Uint8Array = capture(2000);

function run(mode: string, args: string[] = [], flags: string[] = []) {
  return new Promise<{ code: number | null; signal: string | null; out: string; err: string }>((resolve) => {
    const p = spawn(process.execPath, [...flags, child('process.mjs'), mode, ...args]);
    let out = '';
    let err = '';
    p.stdout.on('data', (d) => {
      out += d;
    });
    p.stderr.on('data', (d) => {
      err += d;
    });
    p.on('close', (code, signal) => resolve({ code, signal, out, err }));
  });
}

describe('the end of the process', () => {
  for (const mode of ['exitLive', 'exitCapture', 'exitStates', 'ends', 'closed']) {
    it(`is clean: ${mode}`, async () => {
      expect(await run(mode)).toEqual({ code: 0, signal: null, out: 'ready\n', err: '' });
    });
  }

  it('comes with code 1 when nobody catches what a handler threw', async () => {
    const { code, signal, out, err } = await run('throws');
    expect({ code, signal, out }).toEqual({ code: 1, signal: null, out: 'ready\n' });
    expect(err).toContain('a handler failed');
  });

  it('is not hastened by the garbage collector', { timeout: 120_000 }, async () => {
    expect(await run('collects', [], ['--expose-gc'])).toEqual({ code: 0, signal: null, out: 'ready\n', err: '' });
  });

  // A sanitizer keeps freed memory for a while.
  it.skipIf(process.env.ASAN_OPTIONS)(
    'finds memory where it was, ten million messages later',
    { timeout: 180_000 },
    async () => {
      const { code, out, err } = await run('memory', ['15000000'], ['--expose-gc']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      const { messages, warm, end } = JSON.parse(out.split('\n')[1] as string);
      expect(messages).toBeGreaterThanOrEqual(15_000_000);
      // Nine million messages lie between; one leaked word for each would be 72 MB. The young generation and the rings
      // that wait for collection come and go in steps of 16 MB.
      expect(end - warm).toBeLessThan(56 << 20);
    },
  );
});

const worker = (workerData: object) => new Worker(child('worker.mjs'), { workerData });
const message = <T>(w: Worker) =>
  new Promise<T>((resolve, reject) => {
    w.once('message', resolve);
    w.once('error', reject);
  });

describe('workers', () => {
  it('terminated while they receive live packets, twenty times', async () => {
    const address = liveAddress();
    const sender = new Sender(address);
    await sender.start();
    for (let i = 0; i < 20; i++) {
      const w = worker({ mode: 'live', address });
      expect(await message(w)).toBe('open');
      expect(await message(w)).toBe('receiving');
      expect(await w.terminate()).toBe(1);
    }
    sender.stop();
  });

  it('terminated while they read a capture, twenty times', async () => {
    for (let i = 0; i < 20; i++) {
      const w = worker({ mode: 'capture', bytes });
      expect(await message(w)).toBe('receiving');
      expect(await w.terminate()).toBe(1);
    }
  });

  it('terminated while they sleep in wait()', async () => {
    const w = worker({ mode: 'blocked', address: liveAddress() });
    expect(await message(w)).toBe('receiving');
    expect(await w.terminate()).toBe(1);
  });

  it('read the ring without any wake-up and see everything', async () => {
    const w = worker({ mode: 'poll', bytes });
    const { messages, statistics } = await message<{ messages: number; statistics: { ledger: object } }>(w);
    expect(messages).toBe(50_000);
    expect(statistics.ledger).toMatchObject({ expected: 50_000, delivered: 50_000, inFlight: 0 });
    await w.terminate();
  });

  it('four at once with a feed each, while this thread has its own', async () => {
    const workers = Array.from({ length: 4 }, () => worker({ mode: 'run', bytes }));
    const summaries = await Promise.all(workers.map((w) => message<{ messages: number }>(w)));
    expect(summaries.map((s) => s.messages)).toEqual([50_000, 50_000, 50_000, 50_000]);
    await Promise.all(workers.map((w) => w.terminate()));
  });
});

describe('the addon', () => {
  it('can be loaded twice from two files in one process', () => {
    const root = fileURLToPath(new URL('../../', import.meta.url));
    const require = createRequire(import.meta.url);
    const path: string = require('node-gyp-build').path(root);
    const folder = mkdtempSync(join(tmpdir(), 'venuewire-copies-'));
    try {
      const copy = join(folder, 'copy.node');
      copyFileSync(path, copy);
      const [first, second] = [require(path), require(copy)];
      expect(second).not.toBe(first);
      expect(second.notices).toEqual(first.notices);
      const ring = new Uint8Array(new SharedArrayBuffer(1 << 20));
      for (const addon of [first, second]) {
        expect(() => new addon.Session(new Uint8Array(4), ring, 0, 65536)).toThrow(/declaration/);
        expect(addon.alignment(ring)).toBeLessThan(64);
      }
      expect(readdirSync(folder)).toEqual(['copy.node']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses arguments that are not what they should be, with a code, and lives on', () => {
    const require = createRequire(import.meta.url);
    const addon = require('node-gyp-build')(fileURLToPath(new URL('../../', import.meta.url)));
    const bad: unknown[][] = [
      [],
      [1, 2, 3, 4],
      [new Uint8Array(0), new Uint8Array(0), 0, 0],
      [new Uint8Array(8), new Uint8Array(1 << 20), -1, 65536],
      [new Float64Array(8), new Uint8Array(1 << 20), 512, 65536],
    ];
    for (const args of bad) {
      for (const type of [addon.Session, addon.Feed]) {
        expect(() => new type(...args)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^VW_/) }));
      }
    }
    expect(() => addon.alignment('no')).toThrow(expect.objectContaining({ code: 'VW_ARGUMENT' }));
  });
});
