import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { FastEncoder } from '../../src/fast/index.js';
import { readFastTemplates } from '../../src/import.js';
import { venuewire } from './cli-process.js';
import { EXAMPLE } from './import-sbe-example.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'venuewire-import-'));
afterAll(() => rmSync(folder, { recursive: true }));
const templates = join(root, 'bench/decoders/fast-example.xml');

describe.skipIf(!existsSync(join(root, 'dist/cli/import.js')))('importing on the command line', () => {
  const file = join(folder, 'stream.dat');
  const encoder = new FastEncoder(readFastTemplates(readFileSync(templates, 'utf8')));
  const entries = [
    { MDUpdateAction: 1, MDEntryType: '0', SecurityID: 5n, RptSeq: 1, MDEntryTime: 9, MDEntryPx: '1.5' },
  ];
  const bytes = [7, 8].map((n) =>
    encoder.encode('Incremental', { MsgSeqNum: n, SendingTime: 10n, MDEntries: entries }),
  );
  writeFileSync(file, Buffer.concat(bytes));

  it('decodes a FAST stream', async () => {
    const { json, code } = await venuewire(['decode', file, '--fast', templates]);
    expect(code).toBe(0);
    expect(json()).toMatchObject([
      { packet: 1, sequence: '7', message: 'Incremental', fields: { SendingTime: '10' } },
      { packet: 2, sequence: '8', fields: { MDEntries: [{ MDEntryPx: { mantissa: '15', exponent: -1 } }] } },
    ]);
  });

  it('tells where a stream is broken', async () => {
    writeFileSync(join(folder, 'cut.dat'), Buffer.concat(bytes).subarray(0, -1));
    const { json, code, err } = await venuewire(['decode', join(folder, 'cut.dat'), '--fast', templates]);
    expect([json().length, code]).toEqual([1, 1]);
    expect(err).toMatch(/message 2: VW_FAST_END/);
  });

  it('writes tables and templates', async () => {
    const xml = join(folder, 'schema.xml');
    writeFileSync(xml, EXAMPLE);
    const sbe = await venuewire(['import', 'sbe', xml, '--id', 'my-feed-1.3', '--out', join(folder, 'table.ts')]);
    expect([sbe.code, sbe.err]).toEqual([0, expect.stringMatching(/my-feed-1.3: 3 messages written to/)]);
    expect(readFileSync(join(folder, 'table.ts'), 'utf8')).toMatch(/export const myFeed13 = defineDecoder\(/);
    const fast = await venuewire(['import', 'fast', templates]);
    expect(fast.out).toMatch(/export const templates: readonly FastTemplate\[\]/);
    expect((await venuewire(['import', 'sbe', templates])).err).toMatch(/VW_SBE_SCHEMA/);
  });

  it('benches the decoders', () => {
    const out = execFileSync(process.execPath, [join(root, 'bench/run.mjs'), 'decoders', '--quick'], {
      encoding: 'utf8',
    });
    expect(out).toMatch(/\| ITCH \| nasdaq-totalview-itch-5.0 \| .* \| equal \|/);
    const digests = [...out.matchAll(/\| FAST, own templates \| .* \| 5000 \| .* \| ([0-9]+) \|/g)].map((m) => m[1]);
    expect(digests.length).toBe(5);
    expect(new Set(digests).size, 'one digest by both executions').toBe(1);
  });
});
