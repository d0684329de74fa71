#!/usr/bin/env node
// Two checkouts side by side in one run. Both are built (npm ci && npm run build). Every round measures each line in both, in
// turn, so that a slow moment of the machine meets both; rounds go on until the time is up. Prints medians, the median of the
// ratios of the rounds (above 1 where this checkout is better) and how far they scatter: half of them lie between the quartiles.
// A line is slower or better only where all between the quartiles says so, by more than 2 %. Exits with 1 where one is slower.
// node bench/compare.mjs OTHER-CHECKOUT [--minutes N] [--messages N] [--only TEXT]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GROUP, input } from './input.mjs';

const args = process.argv.slice(2);
const text = (name, fallback) => (args.includes(name) ? args[args.indexOf(name) + 1] : fallback);
const option = (name, fallback) => Number(text(name, fallback));
const other = args[0];
if (other === undefined || other.startsWith('--')) {
  console.error('usage: node bench/compare.mjs OTHER-CHECKOUT [--minutes N] [--messages N] [--only TEXT]');
  process.exit(2);
}
const begun = performance.now();
const endsAt = begun + option('--minutes', 6) * 60_000;
const LEAST_ROUNDS = 3;
const WORTH_SAYING = 0.02;
const only = text('--only', '');
const messages = option('--messages', 2_000_000);
const roots = [resolve(other), fileURLToPath(new URL('..', import.meta.url))];
const folder = mkdtempSync(join(tmpdir(), 'venuewire-compare-'));
const quantile = (list, q) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * q))];
const median = (list) => quantile(list, 0.5);

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
const isOfCore = (name) => name === 'the core alone' || name.startsWith('arbitration');
const cores = [];
const least = (text, pattern) => Math.min(...[...text.matchAll(pattern)].map((m) => Number(m[1])));
const losses = (k) =>
  [
    ...run(join(cores[k].build, 'bench_arbitration'), source.file, cores[k].two).matchAll(/:\s+([\d.]+) ns a packet/g),
  ].map((m) => Number(m[1]));

/** By this checkout's script, with the library of checkout `k`: where servers or the way of measuring changed since. */
const own = (k, script, ...rest) => json(roots[1], script, ...rest, `--library=${roots[k]}`);
const recovered = (k, means) => {
  const result = own(k, 'recovery/throughput.mjs', means, 500_000);
  if (result.ledger.abandoned > 0) throw new Error(`${means}: ${result.ledger.abandoned} messages were given up`);
  return result;
};

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
  ['a batch of 1', 'ns', false, (k) => own(k, 'crossing/batch.mjs', 1).nsPerBatch],
  ['a batch of 100', 'ns a message', false, (k) => own(k, 'crossing/batch.mjs', 100).nsPerMessage],
  ['hole → request, p50', 'µs', false, (k) => json(roots[k], 'recovery/latency.mjs', 10_000).request50 / 1000],
  ['hole → closed, p50', 'µs', false, (k) => json(roots[k], 'recovery/latency.mjs', 10_000).closed50 / 1000],
  ['SoupBinTCP replay', 'ns of client CPU a message', false, (k) => recovered(k, 'replay').clientNs],
  ['SoupBinTCP replay, with the server', 'k messages/s', true, (k) => recovered(k, 'replay').perSecond / 1e3],
  ['MoldUDP64 re-request', 'ns of client CPU a message', false, (k) => recovered(k, 'rerequest').clientNs],
  ['MoldUDP64 re-request, with the server', 'k messages/s', true, (k) => recovered(k, 'rerequest').perSecond / 1e3],
].filter(([name]) => name.includes(only));
if (rows.some(([name]) => isOfCore(name))) for (const k of [0, 1]) cores.push(await core(roots[k], k));

/** Both checkouts, one after the other, the first one changing from round to round. */
function pair(measure, round) {
  const order = round % 2 === 0 ? [0, 1] : [1, 0];
  const found = [];
  for (const k of order) found[k] = measure(k);
  return found;
}

const results = rows.map(() => []);
let round = 0;
let roundMs = 0;
for (; round < LEAST_ROUNDS || performance.now() + roundMs < endsAt; round++) {
  const from = performance.now();
  for (const [i, [name, , , measure]] of rows.entries()) {
    if (round >= LEAST_ROUNDS && performance.now() > endsAt) break;
    try {
      results[i].push(pair(measure, round));
    } catch (error) {
      console.error(`${name}: a round is left out: ${error.message.split('\n')[0]}`);
    }
  }
  roundMs = performance.now() - from;
}
console.log(
  `${round} rounds in ${((performance.now() - begun) / 1000).toFixed(0)} s; ratios above 1: this checkout is better\n`,
);
console.log(`| | unit | before | now | better by | half of the rounds | says |\n|---|---|---|---|---|---|---|`);
let slower = 0;
for (const [i, [name, unit, more]] of rows.entries()) {
  const pairs = results[i];
  if (pairs.length === 0) {
    console.log(`| ${name} | ${unit} | | | | | no round succeeded |`);
    continue;
  }
  const ratios = pairs.map(([before, now]) => (more ? now / before : before / now));
  const [low, high] = [quantile(ratios, 0.25), quantile(ratios, 0.75)];
  const says = high < 1 - WORTH_SAYING ? 'slower' : low > 1 + WORTH_SAYING ? 'better' : 'the same within noise';
  if (says === 'slower') slower++;
  const cells = [median(pairs.map((p) => p[0])).toFixed(1), median(pairs.map((p) => p[1])).toFixed(1)];
  console.log(
    `| ${name} | ${unit} | ${cells.join(' | ')} | ${median(ratios).toFixed(2)} | ${low.toFixed(2)} – ${high.toFixed(2)} | ${says} |`,
  );
}
process.exitCode = slower > 0 ? 1 : 0;
