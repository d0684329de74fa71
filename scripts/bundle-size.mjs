#!/usr/bin/env node
// What a single decoder costs: bundled and minified bytes, gzip, time to load; and that the rest stays out (tree-shaking).
// node scripts/bundle-size.mjs [--json]   (after npm run build:ts)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const ENTRIES = [
  [
    'one decoder',
    "import { itch50 } from 'venuewire/decoders/itch50'; export const use = (m) => itch50.view('addOrder').bind(m, 0, 36).price;",
  ],
  ['one large decoder', "export { cmeMdp3Sbe113 } from 'venuewire/decoders/cme-mdp3-sbe-1.13';"],
  ['FAST', "export { FastDecoder } from 'venuewire/fast';"],
  ['FIX 4.4', "export { fix44 } from 'venuewire/decoders/fix44';"],
  ['SBE importer', "export { decoderFromSbe } from 'venuewire/import';"],
  ['formatPrice alone', "export { formatPrice } from 'venuewire/layout';"],
  ['itch50 imported, not used', "import { itch50 } from 'venuewire/decoders/itch50'; export const nothing = 0;"],
];

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const folder = mkdtempSync(join(tmpdir(), 'venuewire-bundle-'));
const rows = [];
try {
  for (const [name, contents] of ENTRIES) {
    const result = await build({
      stdin: { contents, resolveDir: root, sourcefile: 'entry.mjs' },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      write: false,
      metafile: true,
      logLevel: 'error',
    });
    const bytes = result.outputFiles[0].contents;
    const inputs = Object.entries(Object.values(result.metafile.outputs)[0].inputs)
      .filter(([, i]) => i.bytesInOutput > 0)
      .map(([f]) => f);
    const addon = inputs.filter((f) => /native\.js|node-gyp-build|\.node$/.test(f));
    if (addon.length > 0) throw new Error(`${name} loads the addon: ${addon.join(', ')}`);
    const file = join(folder, `${rows.length}.mjs`);
    writeFileSync(file, bytes);
    // In a process of its own each time, the start of Node left out.
    const script = `const t = performance.now(); await import(${JSON.stringify(pathToFileURL(file).href)}); console.log(performance.now() - t);`;
    const times = Array.from({ length: 7 }, () =>
      Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })),
    );
    rows.push({
      entry: name,
      minified: bytes.length,
      gzip: gzipSync(bytes).length,
      loadMs: Number(median(times).toFixed(1)),
      files: inputs.length,
      tables: inputs.filter((f) => f.includes('dist/decoders/')).length,
    });
  }
} finally {
  rmSync(folder, { recursive: true });
}
const unbundled = `const t = performance.now(); await import('venuewire/decoders/itch50'); console.log(performance.now() - t);`;
const times = Array.from({ length: 7 }, () =>
  Number(execFileSync(process.execPath, ['--input-type=module', '-e', unbundled], { cwd: root, encoding: 'utf8' })),
);
const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
if (process.argv.includes('--json')) console.log(JSON.stringify({ version, rows, unbundledLoadMs: median(times) }));
else {
  console.log('| entry | minified bytes | gzip bytes | load, ms | files | tables |\n|---|---|---|---|---|---|');
  for (const r of rows) console.log(`| ${Object.values(r).join(' | ')} |`);
  console.log(
    `\nimport('venuewire/decoders/itch50') unbundled: ${median(times).toFixed(1)} ms; no entry loads the addon`,
  );
}
