/**
 * Makes what the interop tests need: counterparts built upon public implementations of the protocols, out of package
 * registries. `node test/interop/prepare.mjs --install` also installs Debian's packages that are missing (as root).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = join(root, 'test/interop/counterparts');
const built = join(root, 'build/interop');

/** Each command and Debian's package that has it. */
const COMMANDS = {
  java: 'default-jre-headless',
  javac: 'default-jdk-headless',
  mvn: 'maven',
  python3: 'python3-venv',
  tshark: 'tshark',
  tcpdump: 'tcpdump',
  dumpcap: 'wireshark-common',
  tcpreplay: 'tcpreplay',
  ip: 'iproute2',
  cargo: 'cargo',
  openssl: 'openssl',
  stunnel4: 'stunnel4',
  chromium: 'chromium',
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

const there = (command) => spawnSync('which', [command]).status === 0;

function commands(install) {
  const missing = Object.keys(COMMANDS).filter((c) => !there(c));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((c) => COMMANDS[c]))];
  if (!install) {
    throw new Error(
      `The interop tests need ${missing.join(', ')}. Install them with: apt-get install ${packages.join(' ')}\n` +
        'or run, as root: node test/interop/prepare.mjs --install',
    );
  }
  run('apt-get', 'update');
  run('apt-get', 'install', '-y', '--no-install-recommends', ...packages);
}

/** Makes something anew when what it is made from has changed. */
function once(name, files, make) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  const stamp = join(built, `${name}.made`);
  const wanted = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(join(built, name), { recursive: true, force: true });
  console.log(`making ${name} of the counterparts`);
  make(join(built, name));
  writeFileSync(stamp, wanted);
}

const named = (ending) =>
  readdirSync(sources)
    .filter((f) => f.endsWith(ending))
    .map((f) => join(sources, f));

export function prepare({ install = false } = {}) {
  mkdirSync(built, { recursive: true });
  commands(install);
  const pom = join(sources, 'pom.xml');
  once('lib', [pom], (folder) =>
    run('mvn', '-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`),
  );
  once('classes', [pom, ...named('.java')], (folder) =>
    run('javac', '-Xlint:all', '-cp', join(built, 'lib/*'), '-d', folder, ...named('.java')),
  );
  const requirements = join(sources, 'requirements.txt');
  once('python', [requirements], (folder) => {
    run('python3', '-m', 'venv', folder);
    run(join(folder, 'bin/pip'), 'install', '-q', '--disable-pip-version-check', '-r', requirements);
  });
  const manifest = join(sources, 'package.json');
  once('node', [manifest], (folder) => {
    mkdirSync(folder);
    copyFileSync(manifest, join(folder, 'package.json'));
    run('npm', 'install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock');
  });
  const crate = join(sources, 'mold');
  once('mold', [join(crate, 'Cargo.toml'), join(crate, 'src/main.rs')], (folder) => {
    cpSync(crate, folder, { recursive: true });
    run('cargo', 'build', '-q', '--manifest-path', join(folder, 'Cargo.toml'));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    prepare({ install: process.argv.includes('--install') });
    console.log(`counterparts are in ${built}`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
