import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture, manifest, type Ran, venuewire } from './cli-process.js';

const DAY = 'itch50-ab-lossy.pcap';
let folder = '';
let day = '';
let written: Ran;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'venuewire-log-'));
  day = join(folder, 'day');
  written = await venuewire(['log', 'write', day, fixture(DAY), '--venue', 'nasdaq-totalview']);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('write makes a log of a capture; verify finds it whole, with the digest that the capture has', async () => {
  expect(written.code).toBe(0);
  expect(written.json()[0]).toMatchObject({ dropped: 0, pending: 0, failing: '' });
  const { code, json } = await venuewire(['log', 'verify', day, '--digest']);
  expect(code).toBe(0);
  const { messages, digest } = manifest(DAY);
  expect(json().at(-1)).toMatchObject({
    summary: { isSound: true, messages, faults: 0, digests: { 'nasdaq-totalview': digest } },
  });
});

test('export prints entries with their positions, messages and notices', async () => {
  const { json, code } = await venuewire(['log', 'export', day, '--from', '#2000', '--to', '#2010']);
  expect(code).toBe(0);
  expect(json().map(({ position }) => position)).toEqual(Array.from({ length: 10 }, (_, i) => 2000 + i));
  const all = (await venuewire(['log', 'export', day])).json().filter(({ note }) => note === undefined);
  expect(all.length).toBe(written.json()[0]?.accepted);
  expect(all.filter((line) => line.message === undefined).length).toBeGreaterThan(5);
  expect(all.slice(2000, 2010)).toEqual(json());
});

test('book prints the books of a moment as book does of the capture, from a checkpoint where there is one', async () => {
  const made = await venuewire(['log', 'checkpoint', day, '--every', '500']);
  expect(made.json().length).toBeGreaterThan(0);
  const ofLog = (await venuewire(['log', 'book', day, '--instrument', 'ZAAG'])).json();
  const ofCapture = (
    await venuewire(['book', fixture(DAY), '--venue', 'nasdaq-totalview', '--instrument', 'ZAAG'])
  ).json();
  expect({ ...ofLog[0], gaps: 0 }).toEqual({ ...ofCapture[0], gaps: 0 });
  expect(ofLog.at(-1)).toMatchObject({ summary: { fromCheckpoint: true } });
});

test('tail follows until it is ended, and damage is told with exit codes', async () => {
  const tail = await venuewire(['log', 'tail', day, '--from', '#3930'], {
    watch: (child, out) => {
      if (out.split('\n').length > 9) child.kill('SIGINT');
    },
  });
  expect(tail.json()[0]).toMatchObject({ position: 3930 });
  const file = join(day, '00000000000000000000.vwlog');
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
  writeFileSync(file, bytes);
  const bad = await venuewire(['log', 'verify', day]);
  expect(bad.code).toBe(1);
  expect(bad.json()[0]).toMatchObject({ fault: { type: 'damaged' } });
  expect((await venuewire(['log', 'export', day])).err).toContain('VW_LOG_DAMAGED');
  expect((await venuewire(['log', 'cut', day])).code).toBe(1);
  expect((await venuewire(['log', 'stats', join(folder, 'none')])).err).toContain('VW_LOG_EMPTY');
});
