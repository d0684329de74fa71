#!/usr/bin/env node
// Which branches of the C++ core certification takes: node scripts/coverage-certify.mjs [--seeds 5] [folder of a checkout]
// Builds the addon with gcc's counters in build/coverage of that checkout (its dist must be built), runs
// `certify --all`, and prints branches by file. Branches that only an exception takes are left out.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { seeds: { type: 'string', default: '5' }, out: { type: 'string' } },
  allowPositionals: true,
});
if (positionals.length > 1 || !/^[1-9]\d*$/.test(values.seeds)) {
  console.error('usage: node scripts/coverage-certify.mjs [--seeds N] [--out FOLDER] [CHECKOUT]');
  process.exit(2);
}
const root = resolve(positionals[0] ?? fileURLToPath(new URL('..', import.meta.url)));
const out = resolve(values.out ?? join(root, 'build/coverage'));
// The compiler moves nothing, so that branches are those of the source; workers count at the same time.
const COUNTERS = '-O0 --coverage -fprofile-update=atomic';
const ROOM = 'native/core/';

function run(program, args, env = {}) {
  const { status, error } = spawnSync(program, args, {
    ...{ cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
    env: { ...process.env, ...env },
  });
  if (status === 0) return;
  console.error(`${program} ${args.join(' ')}: ${error?.message ?? `ended with ${status}`}`);
  process.exit(1);
}

const filesBelow = (folder, ending) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

mkdirSync(out, { recursive: true });
// Another build may have been configured there without the counters.
rmSync(join(out, 'build/CMakeCache.txt'), { force: true });
const cmake = [
  ...['cmake-js', 'build', '--debug', '--directory', 'native', '--out', join(out, 'build')],
  ...['--CDBUILD_TESTING=OFF', `--CDCMAKE_CXX_FLAGS_DEBUG=${COUNTERS}`, '--CDCMAKE_SHARED_LINKER_FLAGS=--coverage'],
];
run('npx', cmake, {
  CMAKE_BUILD_PARALLEL_LEVEL: process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? String(availableParallelism()),
});
for (const path of filesBelow(join(out, 'build'), '.gcda')) rmSync(path);
run(process.execPath, ['dist/cli/main.js', 'certify', '--all', '--seeds', values.seeds], { VENUEWIRE_PREBUILD: out });

/** By file and line: which of its branches were taken, over all that was compiled from it. */
const files = new Map();
for (const path of filesBelow(join(out, 'build'), '.gcda')) {
  const { stdout, status } = spawnSync('gcov', ['--json-format', '--stdout', '--branch-probabilities', path], {
    ...{ encoding: 'utf8', maxBuffer: 1 << 28 },
  });
  if (status !== 0) continue;
  for (const { file, lines } of JSON.parse(stdout).files) {
    const name = relative(root, resolve(root, file));
    if (!name.startsWith(ROOM)) continue;
    const of = files.get(name) ?? new Map();
    files.set(name, of);
    for (const { line_number: line, function_name: named, branches } of lines) {
      const key = `${line} ${name.endsWith('.hpp') ? '' : (named ?? '')}`;
      const taken = of.get(key) ?? [];
      of.set(key, taken);
      branches
        .filter((branch) => !branch.throw)
        .forEach(({ count }, i) => {
          taken[i] = taken[i] === true || count > 0;
        });
    }
  }
}

const rows = [...files].map(([name, lines]) => {
  const branches = [...lines.values()].flat();
  return { name: name.slice(ROOM.length), all: branches.length, taken: branches.filter((one) => one).length };
});
const percent = ({ taken, all }) => (all === 0 ? '–' : ((100 * taken) / all).toFixed(1));
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
console.log('| file | branches | taken | % |\n|---|---|---|---|');
for (const row of rows.sort((a, b) => a.name.localeCompare(b.name)))
  if (row.all > 0) console.log(`| ${row.name} | ${row.all} | ${row.taken} | ${percent(row)} |`);
const total = { all: sum('all'), taken: sum('taken') };
console.log(`| **the core** | ${total.all} | ${total.taken} | ${percent(total)} |`);
if (total.all === 0) process.exit(1);
