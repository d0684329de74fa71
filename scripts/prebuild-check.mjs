// Packs the package, installs it as a user would (no install scripts) and uses it: with its prebuild, without one, and a
// decoder alone. Prints what the binary needs of the C library and what a decoder costs. Needs `npm run build:ts` and
// `npm run prebuild:all`. Usage: node scripts/prebuild-check.mjs [--pack-only]
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machOProblems } from './macho.mjs';
import { MACOS, TARGETS } from './prebuild.mjs';

// The oldest system that is supported: Debian 10, RHEL 8. C++'s library is linked in.
const MOST = { GLIBC: '2.28', GLIBCXX: '0' };
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'venuewire-package-'));
const problems = [];
const expect = (good, what) => {
  console.log(`${good ? 'ok  ' : 'FAIL'}  ${what}`);
  if (!good) problems.push(what);
};
const later = (a, b) => {
  const [x, y] = [a, b].map((v) => v.split('.').map(Number));
  for (let i = 0; i < 3; i++) if ((x[i] ?? 0) !== (y[i] ?? 0)) return (x[i] ?? 0) > (y[i] ?? 0);
  return false;
};
const node = (args, options = {}) =>
  spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: 120_000, ...options });

try {
  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
    }),
  )[0];
  const binaries = packed.files.filter((f) => f.path.endsWith('.node'));
  console.log(
    `${packed.filename}: ${packed.files.length} files, ${packed.size} bytes packed, ${packed.unpackedSize} unpacked`,
  );
  expect(binaries.length > 0, `carries a prebuild (${binaries.map((f) => f.path).join(', ') || 'none'})`);
  const absent = Object.values(TARGETS).filter(({ file }) => !binaries.some((f) => f.path === `prebuilds/${file}`));
  if (absent.length > 0) console.log(`note  not here, and not checked: ${absent.map(({ file }) => file).join(', ')}`);
  expect(
    !packed.files.some((f) => /^(test|bench|native\/(test|fuzz))\/(?!results\.md$)/.test(f.path)),
    'carries no tests',
  );
  expect(
    ['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'binding.gyp', 'native/core/channel.cpp'].every((p) =>
      packed.files.some((f) => f.path === p),
    ),
    'carries what it names',
  );

  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', version: '1.0.0', type: 'module' }));
  execFileSync(
    'npm',
    ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', `./${packed.filename}`],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const installed = join(folder, 'node_modules', 'venuewire');
  for (const name of readdirSync(join(installed, 'prebuilds'), { recursive: true }).filter((f) =>
    f.endsWith('.node'),
  )) {
    const binary = join(installed, 'prebuilds', name);
    if (name.startsWith('darwin-')) {
      const wrong = machOProblems(binary, { arch: name.includes('arm64') ? 'arm64' : 'x64', minimum: MACOS });
      expect(
        wrong.length === 0,
        `${name} is for macOS ${MACOS}, asks for nothing that it has not, and was not run: ${wrong.join('; ') || 'as it should be'}`,
      );
      continue;
    }
    const dump = spawnSync('readelf', ['-V', binary], { encoding: 'utf8' });
    if (dump.status !== 0) {
      console.log('note  readelf is not here: the versions that the binary needs are not checked');
      break;
    }
    for (const [library, most] of Object.entries(MOST)) {
      const needs = [
        ...new Set([...dump.stdout.matchAll(new RegExp(`\\b${library}_([0-9.]+)`, 'g'))].map((m) => m[1])),
      ];
      const newest = needs.sort((a, b) => (later(a, b) ? 1 : -1)).at(-1) ?? 'nothing';
      expect(newest === 'nothing' || !later(newest, most), `${name} needs ${library} ${newest} (at most ${most})`);
    }
  }

  cpSync(join(root, 'scripts', 'smoke.mjs'), join(folder, 'smoke.mjs'));
  const used = node(['smoke.mjs', 'package'], { env: { ...process.env, PREBUILDS_ONLY: '1' } });
  expect(used.status === 0, `works as installed: ${(used.stdout + used.stderr).trim().split('\n').at(-1)}`);

  // The library is used by a worker alone, and gone from the process when that has ended: nothing may be called in it afterwards.
  writeFileSync(
    join(folder, 'worker-only.mjs'),
    `import { Worker } from 'node:worker_threads';
     const text = "const { parentPort } = require('node:worker_threads');" +
       "import('venuewire').then(async ({ openFeed }) => {" +
       "  const { udpMulticast } = await import('venuewire/patterns');" +
       "  const { nasdaqTotalView } = await import('venuewire/venues/nasdaq-totalview');" +
       "  const venue = nasdaqTotalView({ lines: { A: udpMulticast('233.54.12.111:26477') } });" +
       "  const feed = await openFeed(venue, { capture: { file: 'nowhere.pcap' } });" +
       "  await feed.run({}).catch((error) => parentPort.postMessage(error.code)); });";
     const worker = new Worker(text, { eval: true });
     worker.on('message', (code) => console.log(code));`,
  );
  const ended = node(['worker-only.mjs'], { env: { ...process.env, PREBUILDS_ONLY: '1' } });
  expect(
    ended.status === 0 && ended.stdout.trim() === 'VW_CAPTURE_OPEN',
    `a process whose worker alone used it ends well: ${ended.signal ?? ended.status} ${ended.stdout.trim()} ${ended.stderr.trim()}`,
  );

  // A decoder alone: no addon, no schema library, only its own table.
  writeFileSync(
    join(folder, 'decoder.mjs'),
    `const before = performance.now();
     const { itch50 } = await import('venuewire/decoders/itch50');
     const ms = performance.now() - before;
     const { encode } = await import('venuewire/layout');
     const bytes = Buffer.from(encode(itch50, 'systemEvent', { stockLocate: 0, trackingNumber: 0, timestamp: 1, eventCode: 'O' }));
     if (bytes.length !== 12) throw new Error('not a system event');
     console.log(ms.toFixed(1));`,
  );
  rmSync(join(installed, 'prebuilds'), { recursive: true });
  const alone = node(['decoder.mjs']);
  const closure = new Set();
  const follow = (file) => {
    if (closure.has(file)) return;
    closure.add(file);
    for (const m of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?['"](\.[^'"]+)['"]/g))
      follow(join(file, '..', m[1]));
  };
  follow(join(installed, 'dist', 'decoders', 'itch50.js'));
  const bytes = [...closure].reduce((sum, f) => sum + readFileSync(f).length, 0);
  expect(
    alone.status === 0,
    `a decoder works without the addon: ${closure.size} files, ${bytes} bytes, loaded in ${alone.stdout.trim() || '?'} ms${alone.stderr}`,
  );

  writeFileSync(
    join(folder, 'missing.mjs'),
    `const { openFeed } = await import('venuewire');
     const { udpMulticast } = await import('venuewire/patterns');
     const { nasdaqTotalView } = await import('venuewire/venues/nasdaq-totalview');
     try {
       await openFeed(nasdaqTotalView({ lines: { A: udpMulticast('233.54.12.111:26477') } }), { capture: { file: 'x.pcap' } });
     } catch (error) {
       console.log(JSON.stringify({ code: error.code, text: error.message + ' ' + error.hint }));
     }`,
  );
  const missing = node(['missing.mjs']);
  const told = missing.stdout ? JSON.parse(missing.stdout) : {};
  expect(told.code === 'VW_ADDON_NOT_FOUND', `says that there is no addon: ${told.code} ${missing.stderr}`);
  expect(
    [`${process.platform}-${process.arch}`, 'prebuilds', 'npx'].every((t) => told.text?.includes(t)),
    'names the platform, what was looked for and the command',
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(problems.length === 0 ? 0 : 1);
