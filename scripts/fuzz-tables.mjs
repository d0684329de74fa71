#!/usr/bin/env node
// Every table held against damaged messages, in both executions: TypeScript and, with sanitizers, C++.
// node scripts/fuzz-tables.mjs [mutations of each table, default 1000000] [seed, default 2026]   (after npm run build)
// Both at the same time. Needs CMake, Ninja and a compiler with AddressSanitizer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const [mutations = '1000000', seed = '2026'] = process.argv.slice(2);
if (![mutations, seed].every((word) => /^[1-9][0-9]*$/.test(word))) {
  console.error('usage: node scripts/fuzz-tables.mjs [mutations] [seed], both whole numbers above zero');
  process.exit(2);
}

const env = { ...process.env, VENUEWIRE_MUTATIONS: mutations, VENUEWIRE_SEED: seed };

/** Runs a program to its end; a failure is told, and gives false. */
async function run(program, ...args) {
  const begin = performance.now();
  const [status] = await once(spawn(program, args, { stdio: 'inherit', env }), 'close').catch((error) => {
    console.error(`cannot run ${program}: ${error.message}`);
    return [1];
  });
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${[program, ...args].join(' ')} (${seconds} s)`);
  return status === 0;
}

const built =
  (await run('cmake', '-S', 'native', '-B', 'build/asan', '-G', 'Ninja', '-DSAN=address,undefined')) &&
  (await run('cmake', '--build', 'build/asan', '--target', 'catalogue_fuzz')) &&
  (await run(process.execPath, 'scripts/corpus.mjs', 'build/corpus'));
if (!built) process.exit(1);
const results = await Promise.all([
  run('npx', 'vitest', 'run', 'test/unit/layout-damage.test.ts', '--reporter=default'),
  run('build/asan/catalogue_fuzz', mutations, seed, 'build/corpus', '--each'),
]);
process.exitCode = results.includes(false) ? 1 : 0;
