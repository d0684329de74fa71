// Run by `npm pack` and `npm publish`: refuses a package without its binaries or with old ones, and writes its bill of
// materials (sbom.cdx.json). `npm pack --ignore-scripts` makes one anyway, for trying things out.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MADE_FROM, sourcesDigest, TARGETS } from './prebuild.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const problems = [];

for (const file of ['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js'])
  if (!existsSync(join(root, file))) problems.push(`${file} is missing: npm run build:ts`);

const { CONTRACT } = existsSync(join(root, 'dist/contract.js')) ? await import('../dist/contract.js') : {};
const made = existsSync(MADE_FROM) ? JSON.parse(readFileSync(MADE_FROM, 'utf8')) : {};
const wanted = sourcesDigest();
for (const [name, { file }] of Object.entries(TARGETS)) {
  if (!existsSync(join(root, 'prebuilds', file))) problems.push(`prebuilds/${file} is missing: npm run prebuild:all`);
  else if (made[name] !== wanted) problems.push(`prebuilds/${file} is of other sources: npm run prebuild:all`);
}
const own = join(root, 'prebuilds', TARGETS['linux-x64-glibc'].file);
if (existsSync(own) && process.platform === 'linux' && process.arch === 'x64') {
  const script = 'console.log(require(process.argv[1]).contract)';
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, own], { encoding: 'utf8' });
  if (stdout.trim() !== String(CONTRACT))
    problems.push(
      `prebuilds/${TARGETS['linux-x64-glibc'].file} has contract ${stdout.trim() || stderr.trim()}, dist has ${CONTRACT}`,
    );
}
if (problems.length > 0) {
  console.error(`venuewire is not packed:\n${problems.map((p) => `  ${p}`).join('\n')}`);
  process.exit(1);
}
const sbom = execFileSync(
  'npm',
  ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--omit', 'optional', '--omit', 'peer'],
  {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  },
);
const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const parsed = JSON.parse(sbom);
writeFileSync(join(root, 'sbom.cdx.json'), `${JSON.stringify(parsed, null, 1)}\n`);
console.error(
  `${name} ${version}: ${Object.keys(TARGETS).length} binaries, ${parsed.components.length} components in sbom.cdx.json`,
);
