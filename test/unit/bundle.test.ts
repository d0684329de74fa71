// What a program loads that imports one decoder. The figures of the built package: node scripts/bundle-size.mjs.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

/** Bytes, minified: what it was when this was written, and a little room. The first version of all had 38,842. */
const MOST = 34_500;

const bundleOf = async (contents: string, platform: 'node' | 'browser' = 'node') => {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../../src', import.meta.url)), loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform,
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const [output] = Object.values(metafile.outputs);
  const files = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return { bytes: outputFiles[0]?.contents.length ?? 0, files: files.map(([file]) => file) };
};

describe('itch50 imported alone', () => {
  const bundle = bundleOf("export { itch50 } from './decoders/itch50.js';");

  it('brings its own table and roles, and those of no other feed', async () => {
    const { files } = await bundle;
    const tables = files.filter((file) => file.includes('src/decoders/')).map((f) => f.split('src/decoders/')[1]);
    expect(tables.sort()).toEqual(['itch50.ts', 'roles/nasdaq-totalview.ts']);
  });

  it('brings neither the addon, nor the checks of a table, nor what writes messages', async () => {
    const { files } = await bundle;
    expect(files.filter((file) => /native\.ts|node-gyp-build|layout\/(check|encode)/.test(file))).toEqual([]);
  });

  it(`has at most ${MOST} bytes`, async () => {
    const { bytes } = await bundle;
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThanOrEqual(MOST);
  });
});

describe.each([
  ['FIX 4.4', "export { fix44 } from './decoders/fix44.js';", 13_500],
  ['FAST', "export { FastDecoder } from './fast/index.js';", 21_500],
])('%s imported alone', (_name, contents, most) => {
  it(`has at most ${most} bytes, and of the errors only its own`, async () => {
    const { bytes } = await bundleOf(contents);
    expect(bytes).toBeGreaterThan(8_000);
    expect(bytes).toBeLessThanOrEqual(most);
  });
});

describe("the gateway's client in a browser", () => {
  /** Bytes, minified, most of which are the table of errors. */
  const CLIENT_MOST = 40_000;
  it('brings itself and the errors of the library, and nothing of Node', async () => {
    const { files, bytes } = await bundleOf("export { GatewayClient } from './gateway/client.js';", 'browser');
    expect(files.map((file) => file.split('src/')[1]).sort()).toEqual([
      'errors.ts',
      'gateway/client.ts',
      'printable.ts',
    ]);
    expect(bytes).toBeLessThanOrEqual(CLIENT_MOST);
  });
});
