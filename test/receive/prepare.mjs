// Builds venuewire-dpdk where DPDK's headers are there; `--install` puts them there (Debian, as root).
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const run = (command, ...args) => execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
const isThere = () => spawnSync('pkg-config', ['--exists', 'libdpdk >= 22.11']).status === 0;

if (process.argv.includes('--install') && !isThere()) {
  run('apt-get', 'update');
  run('apt-get', 'install', '-y', '--no-install-recommends', 'libdpdk-dev', 'pkg-config');
}
if (!isThere()) {
  console.log('NOT BUILT venuewire-dpdk: there is no DPDK 22.11 or later here (apt-get install libdpdk-dev)');
  process.exit(1);
}
run('cmake', '-S', at('native/dpdk'), '-B', at('build/dpdk'), '-G', 'Ninja');
run('cmake', '--build', at('build/dpdk'));
