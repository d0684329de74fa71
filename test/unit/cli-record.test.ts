/** What `venuewire record` refuses before it opens anything: it needs no right and no group for that. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { record } from '../../src/capture/record.js';
import { venuewire } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-record-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'day.pcapng');
const pipe = join(folder, 'pipe');
execFileSync('mkfifo', [pipe]);
const LINE = ['--line', '239.77.1.9:32999@lo'];

describe('record refuses with exit code 2', () => {
  it.each([
    ['a pipe, which would be waited for', [pipe, ...LINE], 'cannot go to the pipe'],
    ['standard output', ['-', ...LINE], 'standard output'],
    ['--keep without rotation', [file, ...LINE, '--keep', '3'], '--keep is for rotation'],
    ['a buffer that no socket has', [file, ...LINE, '--buffer', '2G'], '--buffer'],
    ['seconds beyond what a timer can wait', [file, ...LINE, '--seconds', '2147484'], '--seconds'],
    ['an interface without a name', [file, '--line', '239.77.1.9:32999@'], 'names no interface'],
  ])('%s', async (_, args, text) => {
    const { code, err } = await venuewire(['record', ...args]);
    expect(err).toContain(text);
    expect(code).toBe(2);
    expect(existsSync(file)).toBe(false);
  });
});

/** Records the group until the file has been looked at often enough for several turns of the recorder. */
function recordOnLoopback(path: string, rotateBytes: number) {
  const ending = new AbortController();
  let looks = 0;
  return record({
    path,
    sources: [{ interface: 'lo', groups: [{ ip: '239.77.1.9', port: 32_999, source: '' }] }],
    receive: 'socket',
    receiveBufferBytes: 1 << 16,
    rotateBytes,
    rotateNs: 0,
    keep: 0,
    after: () => {
      if (++looks === 10) ending.abort();
    },
    signal: ending.signal,
  });
}

describe('the recorder itself', () => {
  it('does not wait for a reader of a pipe, also where a rotated file is one', async () => {
    await expect(recordOnLoopback(pipe, 0)).rejects.toMatchObject({ code: 'VW_RECORD_WRITE', message: /a pipe/ });
    execFileSync('mkfifo', [join(folder, 'rotated.00001.pcapng')]);
    await expect(recordOnLoopback(join(folder, 'rotated.pcapng'), 1)).rejects.toMatchObject({
      code: 'VW_RECORD_WRITE',
      message: /rotated\.00001\.pcapng: a pipe/,
    });
  });
  it('begins no new file while nothing has come', async () => {
    const total = await recordOnLoopback(join(folder, 'quiet.pcapng'), 1);
    expect(total).toMatchObject({ files: 1, packets: 0 });
    expect(readdirSync(folder).filter((name) => name.startsWith('quiet'))).toEqual(['quiet.00001.pcapng']);
  });
});

describe('lines of a venue that are not multicast', () => {
  const venue = join(folder, 'mixed.yaml');
  writeFileSync(
    venue,
    `apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: mixed }
spec:
  decoder: nasdaq-totalview-itch-5.0
  lines:
    A: { type: udpMulticast, address: '239.77.1.9:32999', interface: lo }
    B: { type: udpUnicast, address: '127.0.0.1:32998' }
`,
  );
  it('are named, because they are not recorded', async () => {
    const target = join(folder, 'mixed.pcapng');
    const { code, err } = await venuewire([
      'record',
      target,
      '--venue',
      venue,
      '--receive',
      'socket',
      '--seconds',
      '1',
    ]);
    expect(err).toContain('not recorded, because only multicast is: B (udpUnicast)');
    expect(code).toBe(0);
  });
});

describe('seconds beyond what a timer can wait are refused', () => {
  it.each([
    ['run', 'venue.yaml'],
    ['top', 'venue.yaml'],
    ['record', file, ...LINE],
  ])('%s', async (...args) => {
    const { code, err } = await venuewire([...args, '--seconds', '2147484']);
    expect(err).toMatch(/VW_USAGE: --seconds/);
    expect(code).toBe(2);
  });
});
