#!/usr/bin/env node
/**
 * Cross-compiles the addon for every platform that the package carries a binary for, with one compiler: `zig c++`, which
 * brings the C libraries of all of them. Each C++ source is an object of its own, so that what has not changed is not
 * built again; C++'s library is linked in, the C library is the system's.
 *
 * node scripts/prebuild.mjs [--install] [TARGET…]     npm run prebuild:all
 * Needs: `python3 -m ziglang` (pip install ziglang), or its path in ZIG; --install makes build/zig with it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

/** The oldest macOS that the binaries run on. */
export const MACOS = '11.0';

/** What is built: where node-gyp-build looks for it, what zig calls it, and flags of its own. */
export const TARGETS = {
  'linux-x64-glibc': { file: 'linux-x64/venuewire.glibc.node', zig: 'x86_64-linux-gnu.2.28', cpu: 'x86_64_v2' },
  'linux-x64-musl': { file: 'linux-x64/venuewire.musl.node', zig: 'x86_64-linux-musl', cpu: 'x86_64_v2' },
  'linux-arm64-glibc': { file: 'linux-arm64/venuewire.glibc.node', zig: 'aarch64-linux-gnu.2.28' },
  'linux-arm64-musl': { file: 'linux-arm64/venuewire.musl.node', zig: 'aarch64-linux-musl' },
  'darwin-x64': { file: 'darwin-x64/venuewire.node', zig: `x86_64-macos.${MACOS}`, cpu: 'x86_64_v2', macho: true },
  'darwin-arm64': { file: 'darwin-arm64/venuewire.node', zig: `aarch64-macos.${MACOS}`, macho: true },
};

const ZIG_VERSION = '0.17.1';
const COMPILE = [
  ...[
    '-std=c++20',
    '-O3',
    '-fno-tree-slp-vectorize',
    '-fPIC',
    '-fvisibility=hidden',
    '-fexceptions',
    '-fno-rtti',
    '-fstack-protector-strong',
  ],
  ...['-Wall', '-Wextra', '-fno-sanitize=undefined', '-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=2'],
  ...['-DNAPI_VERSION=8', '-DNAPI_CPP_EXCEPTIONS', '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'],
];
const LINK_ELF = [
  ...['-shared', '-s', '-Wl,-z,relro', '-Wl,-z,now', '-Wl,-z,noexecstack', '-Wl,--gc-sections'],
  // Stays mapped when the last worker that used it ends: what C++'s library, linked in, registers for the end of the process would be
  // called where nothing is any more (zig links no crtbegin, which would call it at unloading).
  '-Wl,-z,nodelete',
  `-Wl,--version-script=${join(root, 'native/exports.map')}`,
];

// What Node has is looked up when the addon is loaded; visibility alone says what is exported. Signed by the linker.
const LINK_MACHO = ['-dynamiclib', '-s', '-Wl,-undefined,dynamic_lookup', '-Wl,-dead_strip'];

/** The command that is zig: ZIG, the module of python3, or build/zig. */
function findZig(install) {
  const own = join(root, 'build/zig/bin/python');
  const known = process.env.ZIG ? [[process.env.ZIG]] : [[own, '-m', 'ziglang'], ['python3', '-m', 'ziglang'], ['zig']];
  const works = known.find(([command, ...words]) => spawnSync(command, [...words, 'version']).status === 0);
  if (works) return works;
  if (!install)
    throw new Error('zig is not here. Install it with: pip install ziglang, or run this again with --install');
  const run = (...words) => {
    const { status, stderr } = spawnSync(words[0], words.slice(1), { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${words.join(' ')} failed: ${stderr}`);
  };
  run('python3', '-m', 'venv', join(root, 'build/zig'));
  run(own, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', `ziglang==${ZIG_VERSION}`);
  return [own, '-m', 'ziglang'];
}

const includes = () => [
  join(root, 'native'),
  require(join(root, 'node_modules/node-addon-api')).include_dir,
  require(join(root, 'node_modules/node-api-headers')).include_dir,
];

/** A command; what it says is shown only where it fails. */
function run([command, ...words]) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { cwd: root });
    let said = '';
    child.stdout.on('data', (text) => (said += text));
    child.stderr.on('data', (text) => (said += text));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(said) : reject(new Error(`${words.join(' ')}\n${said}`))));
  });
}

/** All of `work` done, so many at a time. */
async function pool(work, most) {
  const next = work[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: most }, async () => {
      for (let w = next.next(); !w.done; w = next.next()) await w.value();
    }),
  );
}

/** Which file says from which sources each binary was made. */
export const MADE_FROM = join(root, 'prebuilds/made-from.json');

/** One number for everything that a binary is made from. */
export function sourcesDigest() {
  const hash = createHash('sha256').update(JSON.stringify([COMPILE, LINK_ELF.slice(0, -1), LINK_MACHO, TARGETS]));
  for (const room of ['binding', 'contract', 'core', 'feed', 'io'])
    for (const name of readdirSync(join(root, 'native', room), { recursive: true }).sort())
      if (/\.[ch]pp$/.test(name)) hash.update(name).update(readFileSync(join(root, 'native', room, name)));
  return hash.digest('hex');
}

const madeFrom = () => (existsSync(MADE_FROM) ? JSON.parse(readFileSync(MADE_FROM, 'utf8')) : {});

/** Sources, and one number for everything that an object is made from but its own source. */
function sources(system) {
  const list = spawnSync(process.execPath, [join(root, 'native/sources.cjs'), 'core', 'io', 'feed', 'binding'], {
    encoding: 'utf8',
    cwd: root,
    env: { ...process.env, VENUEWIRE_SYSTEM: system },
  }).stdout.split('\n');
  const hash = createHash('sha256').update(JSON.stringify([COMPILE, ZIG_VERSION]));
  for (const name of readdirSync(join(root, 'native'), { recursive: true }).sort())
    if (name.endsWith('.hpp')) hash.update(readFileSync(join(root, 'native', name)));
  return { list, headers: hash.digest('hex') };
}

async function build(name, zig) {
  const target = TARGETS[name];
  const objects = join(root, 'build/prebuild', name);
  mkdirSync(objects, { recursive: true });
  const { list, headers } = sources(target.macho ? 'portable' : 'linux');
  const flags = ['-target', target.zig, ...(target.cpu ? [`-mcpu=${target.cpu}`] : [])];
  const wanted = list.map((source) => {
    const text = readFileSync(join(root, source));
    const id = createHash('sha256').update(headers).update(flags.join(' ')).update(text).digest('hex').slice(0, 16);
    return { source, object: join(objects, `${basename(source, '.cpp')}-${id}.o`) };
  });
  const missing = wanted.filter(({ object }) => !existsSync(object));
  await pool(
    missing.map(({ source, object }) => async () => {
      await run([
        ...zig,
        'c++',
        ...flags,
        ...COMPILE,
        ...includes().map((i) => `-I${i}`),
        '-c',
        source,
        '-o',
        `${object}.new`,
      ]);
      renameSync(`${object}.new`, object);
    }),
    Number(process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? availableParallelism()),
  );
  const current = new Set(wanted.map(({ object }) => basename(object)));
  for (const old of readdirSync(objects)) if (!current.has(old)) rmSync(join(objects, old));
  const file = join(root, 'prebuilds', target.file);
  mkdirSync(dirname(file), { recursive: true });
  await run([
    ...zig,
    'c++',
    ...flags,
    ...(target.macho ? LINK_MACHO : LINK_ELF),
    ...wanted.map(({ object }) => object),
    '-o',
    file,
  ]);
  writeFileSync(MADE_FROM, `${JSON.stringify({ ...madeFrom(), [name]: sourcesDigest() }, null, 1)}\n`);
  console.log(`${name}: ${missing.length} of ${list.length} sources compiled, ${readFileSync(file).length} bytes`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  const chosen = words.filter((w) => !w.startsWith('--'));
  const zig = findZig(words.includes('--install'));
  for (const name of chosen.length ? chosen : Object.keys(TARGETS)) await build(name, zig);
}
