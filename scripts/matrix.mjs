// The smoke run under every supported Node, or with --core the core's unit tests with the packed binary (`npm run
// test:nodes`). Other versions come from the npm package `node`; the one that runs this script is used as it is.
// Usage: node scripts/matrix.mjs [--core] [20 22 24 …]. Needs `npm run build`; --core: `npm run prebuild:all` too.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CORE_TESTS } from './core-tests.mjs';
import { MADE_FROM, sourcesDigest } from './prebuild.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
const core = words.includes('--core');
const chosen = words.filter((word) => !word.startsWith('--'));
const versions = chosen.length > 0 ? chosen : ['20', '22', '24', '26'];
const program = core ? ['node_modules/vitest/vitest.mjs', 'run', ...CORE_TESTS] : ['scripts/smoke.mjs'];
const env = core ? { ...process.env, PREBUILDS_ONLY: '1' } : process.env;
if (core) {
  // Another binary than that of these sources would be tried, or none.
  const own = `${process.platform}-${process.arch}`;
  const made = existsSync(MADE_FROM) ? JSON.parse(readFileSync(MADE_FROM, 'utf8')) : {};
  const fitting = Object.keys(made).filter((name) => name.startsWith(own));
  if (fitting.length === 0 || fitting.some((name) => made[name] !== sourcesDigest())) {
    console.error(`prebuilds has no binary of these sources for ${own}: npm run prebuild:all`);
    process.exit(2);
  }
}
let failed = 0;
for (const version of versions) {
  const own = process.versions.node.split('.')[0] === version;
  const [command, args] = own
    ? [process.execPath, program]
    : ['npx', ['-y', '-p', `node@${version}`, 'node', ...program]];
  const began = Date.now();
  const { status, signal } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: core ? 1_800_000 : 300_000,
    env,
  });
  const took = `${Math.round((Date.now() - began) / 1000)} s`;
  if (status !== 0) failed++;
  if (status !== 0) console.error(`Node ${version}: failed (${signal ?? `exit code ${status}`}, ${took})`);
  else if (core) console.log(`Node ${version}: the core's unit tests passed with the packed binary (${took})`);
}
process.exit(failed === 0 ? 0 : 1);
