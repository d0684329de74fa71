/** What `venuewire record` refuses before it opens anything: it needs no right and no group for that. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
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
