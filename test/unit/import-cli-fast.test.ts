import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { FastEncoder } from '../../src/fast/index.js';
import { readFastTemplates } from '../../src/import.js';
import { venuewire } from './cli-process.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'venuewire-fast-'));
afterAll(() => rmSync(folder, { recursive: true }));
const templates = join(root, 'bench/decoders/fast-example.xml');

describe.skipIf(!existsSync(join(root, 'dist/cli/fast.js')))('decode --fast', () => {
  const encoder = new FastEncoder(readFastTemplates(readFileSync(templates, 'utf8')));
  const messages = [7, 8].map((n) => encoder.encode('Incremental', { MsgSeqNum: n, SendingTime: 10n, MDEntries: [] }));
  const file = join(folder, 'stream.dat');

  it('steps over bytes in front of each message: --preamble', async () => {
    writeFileSync(file, Buffer.concat(messages.map((m, i) => Buffer.concat([Buffer.from([i, 0, 0, 0]), m]))));
    const { json, code } = await venuewire(['decode', file, '--fast', templates, '--preamble', '4']);
    expect([code, json()]).toMatchObject([0, [{ sequence: '7' }, { sequence: '8' }]]);
    expect((await venuewire(['decode', file, '--fast', templates])).code).toBe(1);
  });
  it('reads a stream in blocks: --blocks', async () => {
    writeFileSync(file, Buffer.concat(messages.map((m) => Buffer.concat([Buffer.from([0x80 + m.length]), m]))));
    const { json, code } = await venuewire(['decode', file, '--fast', templates, '--blocks']);
    expect([code, json()]).toMatchObject([0, [{ sequence: '7' }, { sequence: '8' }]]);
  });
  it('names the templates file and the line of what is wrong in it', async () => {
    const broken = join(folder, 'broken.xml');
    writeFileSync(broken, '<templates>\n<tomplate name="a"/></templates>');
    const { err } = await venuewire(['decode', file, '--fast', broken]);
    expect(err).toContain(`${broken}, line 2: tomplate has no place among templates`);
  });
  it('refuses its options where they have nothing to be about', async () => {
    const { err, code } = await venuewire(['decode', file, '--decoder', 'opra-6.3', '--preamble', '4']);
    expect([code, err]).toEqual([2, expect.stringContaining('--fast templates.xml')]);
  });
});
