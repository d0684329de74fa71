// Tests with live lines, by receive backends: those that are named, or each that is not the default. Every backend has a network
// namespace of its own, in which the tests' counterparts run too. As root; first: node test/interop/prepare.mjs --install
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const named = process.argv.slice(2);
const backends = named.length > 0 ? named : ['packetRing', 'afXdp', 'ioUring'];
if (process.getuid() !== 0) {
  console.log('NOT RUN live lines by other backends: network namespaces and raw frames need root');
  process.exit(process.env.CI ? 1 : 0);
}
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
const config = fileURLToPath(new URL('live.config.ts', import.meta.url));
let failed = 0;
for (const backend of backends) {
  const inside = ['-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  const { status } = spawnSync('unshare', [...inside, process.execPath, vitest, 'run', '--config', config], {
    stdio: 'inherit',
    env: { ...process.env, VENUEWIRE_RECEIVE: backend },
  });
  if (status !== 0) failed++;
}
process.exit(failed > 0 ? 1 : 0);
