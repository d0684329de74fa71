/**
 * The context of deploy/Dockerfile: the package as it is published, installed with the clients of its sinks in build/image/app.
 *   node scripts/image.mjs && buildah build -t venuewire -f deploy/Dockerfile build/image
 * With --operator: the package with the Kubernetes operator, and without those clients. Its pods run `venuewire-operator`.
 *   node scripts/image.mjs --operator && buildah build -t venuewire-operator -f deploy/Dockerfile build/image
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const image = join(root, 'build/image');
const app = join(image, 'app');
const run = (command, ...words) => execFileSync(command, words, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });

const addon = join(root, 'build/Release/venuewire.node');
if (!existsSync(addon)) throw new Error('build/Release/venuewire.node is not there: npm run build');
rmSync(image, { recursive: true, force: true });
mkdirSync(app, { recursive: true });
run('npm', 'pack', '--ignore-scripts', '--pack-destination', image);
const [packed] = readdirSync(image).filter((name) => name.endsWith('.tgz'));
const { devDependencies, peerDependenciesMeta } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const withOperator = process.argv.includes('--operator');
const operator = join(root, 'packages/operator');
const { venuewire: _, ...ofOperator } = JSON.parse(readFileSync(join(operator, 'package.json'), 'utf8')).dependencies;
const clients = withOperator
  ? Object.entries(ofOperator)
  : Object.keys(peerDependenciesMeta).map((name) => [name, devDependencies[name]]);
const dependencies = Object.fromEntries([['venuewire', `file:../${packed}`], ...clients]);
writeFileSync(join(app, 'package.json'), `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`);
run('npm', 'install', '--prefix', app, '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock');
// The addon of this machine: the tarball alone would build its own.
mkdirSync(join(app, 'node_modules/venuewire/build/Release'), { recursive: true });
cpSync(addon, join(app, 'node_modules/venuewire/build/Release/venuewire.node'));
if (withOperator) {
  run('npm', 'run', 'build', '--workspace', 'packages/operator');
  const place = join(app, 'node_modules/@venuewire/operator');
  for (const part of ['package.json', 'dist']) cpSync(join(operator, part), join(place, part), { recursive: true });
  chmodSync(join(place, 'dist/main.js'), 0o755);
  symlinkSync('../@venuewire/operator/dist/main.js', join(app, 'node_modules/.bin/venuewire-operator'));
}
rmSync(join(image, packed));
console.log(`the context is ${image}`);
