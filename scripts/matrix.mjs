// The smoke run under every supported Node. Other versions come from the npm package `node`; the one that runs this
// script is used as it is. Usage: node scripts/matrix.mjs [20 22 24 …]. Needs `npm run build`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const smoke = fileURLToPath(new URL('./smoke.mjs', import.meta.url));
const versions = process.argv.slice(2).length ? process.argv.slice(2) : ['20', '22', '24'];
let failed = 0;
for (const version of versions) {
  const own = process.versions.node.split('.')[0] === version;
  const [program, args] = own ? [process.execPath, [smoke]] : ['npx', ['-y', '-p', `node@${version}`, 'node', smoke]];
  const { status, signal } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: 300_000 });
  if (status !== 0) {
    failed++;
    console.error(`Node ${version}: failed (${signal ?? `exit code ${status}`})`);
  }
}
process.exit(failed === 0 ? 0 : 1);
