#!/usr/bin/env node
// Two checkouts side by side in one run: each bench of either, in turn, so that a slow moment of the machine meets both.
// Both are built (npm ci && npm run build). Prints medians and the ratio, above 1 where this checkout is better.
// node bench/compare.mjs OTHER-CHECKOUT [--runs N] [--messages N]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GROUP, input } from './input.mjs';

const args = process.argv.slice(2);
const option = (name, fallback) => (args.includes(name) ? Number(args[args.indexOf(name) + 1]) : fallback);
const other = args[0];
if (other === undefined || other.startsWith('--')) {
  console.error('usage: node bench/compare.mjs OTHER-CHECKOUT [--runs N] [--messages N]');
  process.exit(2);
}
const runs = option('--runs', 5);
const messages = option('--messages', 2_000_000);
const roots = [resolve(other), fileURLToPath(new URL('..', import.meta.url))];
const folder = mkdtempSync(join(tmpdir(), 'venuewire-compare-'));
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

const run = (program, ...rest) =>
  execFileSync(program, rest.map(String), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const json = (root, script, ...rest) =>
  run(process.execPath, join(root, 'bench', script), ...rest)
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .at(-1);

/** The benches of the core, and the venue as that checkout compiles it. */
async function core(root, index) {
  const build = join(folder, `core-${index}`);
  run('cmake', '-S', join(root, 'native'), '-B', build, '-DBUILD_BENCH=ON', '-DBUILD_TESTING=OFF');
  run('cmake', '--build', build, '-j2', '--target', 'bench_replay', 'bench_arbitration');
  const { compileVenue } = await import(join(root, 'dist/feed/compile.js'));
  const { udpMulticast } = await import(join(root, 'dist/patterns/index.js'));
  const { nasdaqTotalView } = await import(join(root, 'dist/venues/nasdaq-totalview.js'));
  const compiled = (lines) => {
    const file = join(folder, `venue-${index}-${Object.keys(lines).length}.bin`);
    writeFileSync(file, compileVenue(nasdaqTotalView({ lines })).spec);
    return file;
  };
  const A = udpMulticast(GROUP);
  return { build, one: compiled({ A }), two: compiled({ A, B: udpMulticast('233.49.196.111:26477') }) };
}
const source = input(messages);
const cores = [await core(roots[0], 0), await core(roots[1], 1)];
const least = (text, pattern) => Math.min(...[...text.matchAll(pattern)].map((m) => Number(m[1])));
const losses = (k) =>
  [
    ...run(join(cores[k].build, 'bench_arbitration'), source.file, cores[k].two).matchAll(/:\s+([\d.]+) ns a packet/g),
  ].map((m) => Number(m[1]));

// What is measured: name, unit, whether more is better, and one measurement of checkout `k`.
const rows = [
  [
    'capture → handlers, poll',
    'M messages/s',
    true,
    (k) => json(roots[k], 'capture/venuewire.mjs', source.file, GROUP, 'poll').perSecond / 1e6,
  ],
  [
    'capture → handlers, run',
    'M messages/s',
    true,
    (k) => json(roots[k], 'capture/venuewire.mjs', source.file, GROUP, 'run').perSecond / 1e6,
  ],
  [
    'capture → columns',
    'M messages/s',
    true,
    (k) => json(roots[k], 'capture/columns.mjs', source.file, GROUP).perSecond / 1e6,
  ],
  [
    'the core alone',
    'ns a message',
    false,
    (k) => least(run(join(cores[k].build, 'bench_replay'), source.file, cores[k].one, 4), /([\d.]+) ns a message/g),
  ],
  ['arbitration, no loss', 'ns a packet', false, (k) => losses(k)[0]],
  ['arbitration, most loss', 'ns a packet', false, (k) => losses(k).at(-1)],
  ['a batch of 1', 'ns', false, (k) => json(roots[k], 'crossing/batch.mjs', 1).nsPerBatch],
  ['a batch of 100', 'ns a message', false, (k) => json(roots[k], 'crossing/batch.mjs', 100).nsPerMessage],
  ['hole → request, p50', 'µs', false, (k) => json(roots[k], 'recovery/latency.mjs', 10_000).request50 / 1000],
  ['hole → closed, p50', 'µs', false, (k) => json(roots[k], 'recovery/latency.mjs', 10_000).closed50 / 1000],
  [
    'SoupBinTCP replay',
    'k messages/s',
    true,
    (k) => json(roots[k], 'recovery/throughput.mjs', 'replay', 200_000).perSecond / 1e3,
  ],
  [
    'MoldUDP64 re-request',
    'k messages/s',
    true,
    (k) => json(roots[k], 'recovery/throughput.mjs', 'rerequest', 200_000).perSecond / 1e3,
  ],
];
console.log(`| | unit | before | now | better by |\n|---|---|---|---|---|`);
for (const [name, unit, more, measure] of rows) {
  const results = [[], []];
  for (let i = 0; i < runs; i++) for (const k of [0, 1]) results[k].push(measure(k));
  const [before, now] = results.map(median);
  const ratio = more ? now / before : before / now;
  console.log(`| ${name} | ${unit} | ${before.toFixed(1)} | ${now.toFixed(1)} | ${ratio.toFixed(2)} |`);
}
