import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decoders } from '../../src/decoders/registry.js';
import { VenuewireError } from '../../src/errors.js';
import { compileCatalogue, createViews, type Decoder, digest, encode, type Flyweight } from '../../src/layout/index.js';
import { dataOf, headerSkips, recordValues } from './layout-samples.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const compiler = process.env.CXX ?? 'c++';
const hasCompiler = spawnSync(compiler, ['--version']).status === 0;

/** As native/test/catalogue_test.cpp reads it. */
function record(index: number, bytes: Uint8Array, view: Flyweight): Uint8Array {
  let sound = 1;
  let value = 0n;
  try {
    value = digest(view.bind(dataOf(bytes), 0, bytes.length));
  } catch (error) {
    if (!(error instanceof VenuewireError)) throw error;
    sound = 0;
  }
  const out = Buffer.alloc(6 + bytes.length + 9);
  out.writeUInt16LE(index, 0);
  out.writeUInt32LE(bytes.length, 2);
  out.set(bytes, 6);
  out.writeUInt8(sound, 6 + bytes.length);
  out.writeBigUInt64LE(value, 7 + bytes.length);
  return out;
}

function samples(decoder: Decoder): Uint8Array {
  const out: Uint8Array[] = [];
  for (const { name, index, View } of createViews(decoder)) {
    const message = decoder.messages[name];
    if (message === undefined) continue;
    const view = new View();
    const values = recordValues({ ...decoder.header, ...message.fields }, headerSkips(decoder));
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 });
    for (const [given, damage, cut] of fc.sample(fc.tuple(values, flips, fc.nat(9)), { numRuns: 4, seed: index + 1 })) {
      const whole = encode(decoder, name, given);
      out.push(record(index, whole, view));
      const bytes = whole.slice(0, Math.max(1, whole.length - cut));
      for (const [place, byte] of damage) bytes[place % bytes.length] = byte;
      out.push(record(index, bytes, view));
    }
  }
  return Buffer.concat(out);
}

describe('the native catalogue', () => {
  it.skipIf(!hasCompiler)(
    'walks every message of every table as the TypeScript walk does, sound or damaged',
    { timeout: 300_000 },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'venuewire-catalogues-'));
      try {
        for (const entry of decoders) {
          const decoder = await entry.load();
          writeFileSync(join(folder, `${decoder.id}.catalogue`), compileCatalogue(decoder));
          writeFileSync(join(folder, `${decoder.id}.messages`), samples(decoder));
        }
        const program = join(folder, 'catalogue_test');
        execFileSync(compiler, [
          ...['-std=c++20', '-O1', '-fno-exceptions', '-fno-rtti', `-I${root}native`, '-o', program],
          `${root}native/test/catalogue_test.cpp`,
          `${root}native/core/catalogue.cpp`,
        ]);
        const run = spawnSync(program, [folder], { encoding: 'utf8' });
        expect(run.stderr).toBe('');
        expect(run.stdout).toMatch(new RegExp(`^ok, ${decoders.length} tables, `));
      } finally {
        if (process.env.VENUEWIRE_KEEP === undefined) rmSync(folder, { recursive: true });
      }
    },
  );
});
