/**
 * What the tests against real servers need: Debian's servers, and a Python with pyzmq and msgpack.
 * `node test/services/prepare.mjs --install` installs Debian's packages that are missing (as root).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const requirements = join(root, 'test/services/requirements.txt');
const python = join(root, 'build/services/python');

/** What has to be there, and Debian's package that has it. */
const NEEDED = {
  'redis-server': () => spawnSync('which', ['redis-server']).status === 0,
  postgresql: () => existsSync('/usr/lib/postgresql'),
  'python3-venv': () => spawnSync('python3', ['-c', 'import ensurepip']).status === 0,
};

function run(command, ...words) {
  const result = spawnSync(command, words, {
    cwd: root,
    encoding: 'utf8',
    timeout: 600_000,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (result.status === 0) return;
  const said = `${result.error?.message ?? ''}${result.stdout ?? ''}${result.stderr ?? ''}`.trim();
  throw new Error(`${command} ${words.join(' ')} failed:\n${said.split('\n').slice(-20).join('\n')}`);
}

export function prepare({ install = false } = {}) {
  const missing = Object.keys(NEEDED).filter((name) => !NEEDED[name]());
  if (missing.length > 0 && !install) {
    throw new Error(
      `The service tests need ${missing.join(', ')}. Install them with: apt-get install ${missing.join(' ')}\n` +
        'or run, as root: node test/services/prepare.mjs --install',
    );
  }
  if (missing.length > 0) {
    run('apt-get', 'update');
    run('apt-get', 'install', '-y', '--no-install-recommends', ...missing);
  }
  const stamp = join(python, 'made');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(python, { recursive: true, force: true });
  mkdirSync(join(root, 'build/services'), { recursive: true });
  run('python3', '-m', 'venv', python);
  run(join(python, 'bin/pip'), 'install', '-q', '--disable-pip-version-check', '-r', requirements);
  writeFileSync(stamp, wanted);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    prepare({ install: process.argv.includes('--install') });
    console.log('what the service tests need is there');
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
