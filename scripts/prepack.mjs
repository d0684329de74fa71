// Run by `npm pack` and `npm publish`: refuses a package without its binaries or with old ones, and writes its bill of
// materials (sbom.cdx.json). `npm pack --ignore-scripts` makes one anyway, for trying things out.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MADE_FROM, sourcesDigest, TARGETS } from './prebuild.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const problems = [];

for (const file of ['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js'])
  if (!existsSync(join(root, file))) problems.push(`${file} is missing: npm run build:ts`);

const table = join(root, 'dist/decoders/itch50.d.ts');
if (!existsSync(table) || !readFileSync(table, 'utf8').includes('`B` Buy · `S` Sell'))
  problems.push('the declarations of message tables do not say what fields mean: npm run build:ts');

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
// Tables are data that nobody steps through: their source maps stay out of the package (`files`), and so do references to them.
const tables = join(root, 'dist/decoders');
for (const name of readdirSync(tables, { recursive: true })) {
  if (!name.endsWith('.js')) continue;
  const text = readFileSync(join(tables, name), 'utf8');
  const without = text.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n');
  if (without !== text) writeFileSync(join(tables, name), without);
}
// `npm sbom --omit dev` leaves out what development needs as well: the lock file says what users get.
const sbom = JSON.parse(
  execFileSync('npm', ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  }),
);
const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const shipped = new Set(
  Object.entries(packages)
    .filter(([path, about]) => path !== '' && !about.dev && !about.devOptional && !about.peer && !about.optional)
    .map(([path, about]) => `${path.split('node_modules/').at(-1)}@${about.version}`),
);
const fullName = ({ group, name: own }) => (group ? `${group}/${own}` : own);
const components = sbom.components.filter((c) => shipped.has(`${fullName(c)}@${c.version}`));
const kept = new Set([...components.map((c) => c['bom-ref']), sbom.metadata?.component?.['bom-ref']]);
const dependencies = sbom.dependencies
  .filter((d) => kept.has(d.ref))
  .map((d) => ({ ...d, dependsOn: d.dependsOn?.filter((ref) => kept.has(ref)) }));
writeFileSync(join(root, 'sbom.cdx.json'), `${JSON.stringify({ ...sbom, components, dependencies }, null, 1)}\n`);
console.error(
  `${name} ${version}: ${Object.keys(TARGETS).length} binaries, ${components.length} components in sbom.cdx.json`,
);
