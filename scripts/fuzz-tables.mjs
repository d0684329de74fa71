#!/usr/bin/env node
// Every table held against damaged messages, in both executions: TypeScript and, with sanitizers, C++.
// node scripts/fuzz-tables.mjs [mutations of each table, default 1000000] [seed, default 2026]   (after npm run build)
// One execution after the other. Needs CMake, Ninja and a compiler with AddressSanitizer.
import { spawnSync } from 'node:child_process';

const [mutations = '1000000', seed = '2026'] = process.argv.slice(2);
if (![mutations, seed].every((word) => /^[1-9][0-9]*$/.test(word))) {
  console.error('usage: node scripts/fuzz-tables.mjs [mutations] [seed], both whole numbers above zero');
  process.exit(2);
}

const steps = [
  ['npx', 'vitest', 'run', 'test/unit/layout-damage.test.ts'],
  ['cmake', '-S', 'native', '-B', 'build/asan', '-G', 'Ninja', '-DSAN=address,undefined'],
  ['cmake', '--build', 'build/asan', '--target', 'catalogue_fuzz'],
  [process.execPath, 'scripts/corpus.mjs', 'build/corpus'],
  ['build/asan/catalogue_fuzz', mutations, seed, 'build/corpus', '--each'],
];
const env = { ...process.env, VENUEWIRE_MUTATIONS: mutations, VENUEWIRE_SEED: seed };
for (const [program, ...args] of steps) {
  const begin = performance.now();
  const { status, error } = spawnSync(program, args, { stdio: 'inherit', env });
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${[program, ...args].join(' ')} (${seconds} s)`);
  if (error) console.error(`cannot run ${program}: ${error.message}`);
  if (status !== 0) process.exit(1);
}
