// What macOS gets is built from the portable implementations (native/*/portable). This builds them on Linux and tries
// them here: the C++ tests under sanitizers, then the unit tests of the core with that addon. `npm run test:portable`.
// Usage: node scripts/portable.mjs [--only-native | --only-node]. Needs cmake, ninja and `npm run build:ts`.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);

function run(program, args, env = {}) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) {
    console.error(`${program} ${args.slice(0, 4).join(' ')} … failed${error ? `: ${error.message}` : ''}`);
    process.exit(1);
  }
}

if (!words.includes('--only-node')) {
  const at = 'build/portable/tests';
  run('cmake', ['-S', 'native', '-B', at, '-G', 'Ninja', '-DVENUEWIRE_PORTABLE=ON', '-DSAN=address,undefined']);
  run('cmake', ['--build', at]);
  run('ctest', ['--test-dir', at, '--output-on-failure', '--timeout', '300']);
}
if (!words.includes('--only-native')) {
  const options = ['--CDBUILD_TESTING=OFF', '--CDVENUEWIRE_PORTABLE=ON'];
  run('npx', ['cmake-js', 'build', '--directory', 'native', '--out', 'build/portable/build', ...options]);
  rmSync('build/portable/prebuilds', { recursive: true, force: true });
  run('npx', ['vitest', 'run', '--config', 'test/portable/vitest.config.ts'], {
    VENUEWIRE_PREBUILD: `${root}build/portable`,
  });
}
