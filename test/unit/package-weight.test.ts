// What a user downloads, but for the binaries (test/package has those).
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SINK_TYPES } from '../../src/patterns/pipeline.js';
import { packagesOf } from '../../src/sinks/registry.js';

/** Bytes, unpacked: what it was when this was written, and a little room. */
const MOST_UNPACKED = 21_000_000;

interface Packed {
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

describe('the package without its binaries', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as [Packed];
  const files = packed.files.filter(({ path }) => !path.startsWith('prebuilds/'));
  const paths = files.map(({ path }) => path);

  it('has each table with its types, and no source map of a table', () => {
    expect(paths).toContain('dist/decoders/itch50.js');
    expect(paths).toContain('dist/decoders/itch50.d.ts');
    expect(paths.filter((path) => /^dist\/decoders\/.*\.map$/.test(path))).toEqual([]);
  });

  it('has neither tests nor sources of TypeScript, nor the pages that are made for each protocol', () => {
    expect(paths.filter((path) => /^(src|test|native\/(test|fuzz)|docs\/protocols)\//.test(path))).toEqual([]);
  });

  it(`has at most ${MOST_UNPACKED / 1e6} MB`, () => {
    expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(MOST_UNPACKED);
  });
});

describe('packages that are loaded only by what needs them', () => {
  const { peerDependencies, peerDependenciesMeta } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as Record<'peerDependencies' | 'peerDependenciesMeta', Record<string, unknown>>;

  it('are peers, each optional, and those of every sink are among them', () => {
    expect(Object.keys(peerDependenciesMeta).sort()).toEqual(Object.keys(peerDependencies).sort());
    for (const type of SINK_TYPES)
      expect(Object.keys(peerDependencies)).toEqual(expect.arrayContaining([...packagesOf(type)]));
  });
});
