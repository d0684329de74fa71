// The chart and what Kustomize makes of it: by Helm and kubectl themselves, and in a real API server, where the operator works with
// no rights but those that the chart gives it.
import { exec, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { LoopbackVenue } from '../../src/simulator/index.js';
import { ApiServer, CHART_TOKEN } from './api-server.js';
import { OperatorProcess } from './operator-process.js';
import { ATTACHMENTS, specOf } from './simulated.js';
import { StandInKubelet } from './stand-in-kubelet.js';

const here = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const chart = here('deploy/helm/venuewire-operator');
const overlays = here('deploy/kustomize/overlays');
const golden = here('test/golden/chart/');
const folder = mkdtempSync(join(tmpdir(), 'vw-chart-'));
const NAMESPACE = 'venuewire-system';
const NAME = 'venuewire-operator';
const WAIT = { timeout: 60_000, interval: 100 };
/** Helm keeps what it knows in a folder of the test. */
const env = { ...process.env, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder };

/** Not awaited in place: the venue and the stand-in for kubelet are in this process. */
async function run(tool: 'helm' | 'kubectl', args: readonly string[], kubeconfig = '') {
  const path = here(`build/cluster/bin/${tool}`);
  if (!existsSync(path)) throw new Error(`There is no ${tool} here: run node test/cluster/prepare.mjs first.`);
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...env, KUBECONFIG: kubeconfig } });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { ...said, status };
}
async function ok(tool: 'helm' | 'kubectl', args: readonly string[], kubeconfig = ''): Promise<string> {
  const { status, stdout, stderr } = await run(tool, args, kubeconfig);
  expect([args.slice(0, 3).join(' '), status, status === 0 ? '' : stderr]).toEqual([args.slice(0, 3).join(' '), 0, '']);
  return stdout;
}
const template = (...values: string[]): Promise<string> =>
  ok('helm', ['template', NAME, chart, '--namespace', NAMESPACE, ...values]);
interface Shown {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: objects of any kind
  readonly [part: string]: any;
}
const objects = (text: string): Shown[] =>
  parseAllDocuments(text)
    .map((d) => d.toJS() as Shown | null)
    .filter((o) => o !== null);

function expectGolden(name: string, text: string): void {
  const path = `${golden}${name}.yaml`;
  if (!existsSync(path) && process.env.VENUEWIRE_GOLDEN === 'write') {
    mkdirSync(golden, { recursive: true });
    writeFileSync(path, text);
  }
  expect(text).toBe(readFileSync(path, 'utf8'));
}

afterAll(() => rmSync(folder, { recursive: true }));

describe('the chart', () => {
  it('passes Helm’s lint, and can be packed', async () => {
    expect(await ok('helm', ['lint', '--strict', chart])).toMatch(/0 chart\(s\) failed/);
    expect(await ok('helm', ['package', chart, '--destination', folder])).toMatch(/venuewire-operator-0\.1\.0\.tgz/);
  });
  it('carries the definition, the alerts and the dashboard that deploy/ has', () => {
    for (const [own, of] of [
      ['crds/venueconnections.yaml', 'crds/venueconnections.yaml'],
      ['crds/venuemigrations.yaml', 'crds/venuemigrations.yaml'],
      ['files/alerts.yaml', 'alerts/venuewire.yaml'],
      ['files/dashboard.json', 'dashboards/venuewire.json'],
    ])
      expect(readFileSync(join(chart, own as string), 'utf8')).toBe(readFileSync(here(`deploy/${of}`), 'utf8'));
  });
  it('makes what is in test/golden/chart: of its own values, and of one namespace with everything', async () => {
    expectGolden('default', await template());
    const values = join(folder, 'values.yaml');
    writeFileSync(
      values,
      JSON.stringify({
        image: { repository: 'registry.example/operator', digest: `sha256:${'0'.repeat(64)}` },
        watchNamespace: 'markets',
        imagePullSecrets: [{ name: 'pull' }],
        priorityClassName: 'feeds',
        nodeSelector: { 'venuewire.io/region': 'emea' },
        tolerations: [{ key: 'feeds', operator: 'Exists' }],
        metrics: { podMonitor: true, rules: true, dashboard: false },
        connections: { kraken: { decoder: 'kraken-spot-2', deployment: { image: 'x', network: { type: 'pod' } } } },
      }),
    );
    expectGolden('everything', await template('--values', values));
  });
  it.each([
    ['replicas=-1', /replicas.*minimum/],
    ['replicas=two', /replicas.*got string, want integer/],
    ['image.digest=sha256:123', /image\/digest.*pattern/],
    ['image.repository=', /image\/repository.*minLength/],
    ['logLevel=loud', /logLevel.*value must be one of/],
    ['workers=0', /workers.*minimum/],
    ['watchNamespace=Markets_1', /watchNamespace.*pattern/],
    ['replica=2', /additional properties 'replica' not allowed/],
    ['metrics.rule=true', /metrics.*additional properties 'rule' not allowed/],
    ['connections.totalview.decoder=x', /connections\/totalview.*missing property 'deployment'/],
  ])('refuses %s, and says why', async (value, says) => {
    const { status, stderr } = await run('helm', ['template', NAME, chart, '--set', value]);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(says);
  });
  it('gives no right to read, write or delete anything that the operator does not', async () => {
    const role = objects(await template()).find((o) => o.kind === 'ClusterRole') as Shown;
    const rights = (role.rules as { resources: string[]; verbs: string[] }[]).flatMap((r) =>
      r.resources.map((of) => `${of}: ${r.verbs.join(' ')}`),
    );
    expect(rights.filter((r) => /\*|secrets: .*(get|create|patch|delete)|pods: .*(create|delete)/.test(r))).toEqual([]);
  });
});

describe('Kustomize', () => {
  it('begins with what the chart makes', async () => {
    expect(readFileSync(here('deploy/kustomize/base/operator.yaml'), 'utf8')).toBe(await template());
  });
  it.each([
    ['dev', 1, undefined, '512Mi', true],
    ['test', 2, undefined, '512Mi', false],
    ['production-emea', 2, 'emea', '1Gi', false],
    ['production-amer', 2, 'amer', '1Gi', false],
  ] as const)('makes %s of it', async (overlay, replicas, region, memory, isLoud) => {
    const all = objects(await ok('kubectl', ['kustomize', join(overlays, overlay)]));
    expect(all.map((o) => o.kind).sort()).toEqual(
      [
        'ClusterRole',
        'ClusterRoleBinding',
        'CustomResourceDefinition',
        'CustomResourceDefinition',
        'Deployment',
        'Namespace',
        'PodDisruptionBudget',
      ].concat(['Role', 'RoleBinding', 'ServiceAccount']),
    );
    const deployment = all.find((o) => o.kind === 'Deployment') as Shown;
    const { spec, metadata } = deployment.spec.template;
    expect([deployment.spec.replicas, spec.containers[0].resources.limits.memory]).toEqual([replicas, memory]);
    expect([metadata.labels['venuewire.io/region'], spec.nodeSelector?.['venuewire.io/region']]).toEqual([
      region,
      region,
    ]);
    expect(spec.containers[0].args.includes('--log=debug')).toBe(isLoud);
  });
});

describe('a release in a cluster', () => {
  const server = new ApiServer();
  const kubelet = new StandInKubelet(server);
  const venue = new LoopbackVenue({ seed: 160, rate: 200, messages: 40_000 });
  const values = join(folder, 'release.yaml');
  let kubeconfig = '';
  let operator: OperatorProcess | undefined;
  const helm = (...args: string[]) => ok('helm', [...args, '--namespace', NAMESPACE], kubeconfig);
  const kubectl = (...args: string[]) => ok('kubectl', [...args, '--namespace', NAMESPACE], kubeconfig);
  const argsOf = async (): Promise<string[]> =>
    JSON.parse(await kubectl('get', 'deployment', NAME, '-o', 'json')).spec.template.spec.containers[0].args;

  beforeAll(async () => {
    await Promise.all([server.start(), venue.start()]);
    await server.send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', ATTACHMENTS);
    await server.startControllers();
    kubelet.start();
    venue.begin();
    kubeconfig = server.kubeconfig('admin');
    writeFileSync(values, JSON.stringify({ connections: { simulated: specOf(venue) } }));
  }, 120_000);
  afterAll(async () => {
    await operator?.stop();
    await kubelet.stop();
    await venue.stop();
    await server.stop();
  });

  it('is installed with its definition; the operator brings the connection to Ready with the chart’s rights alone', async () => {
    await ok('kubectl', ['create', 'namespace', NAMESPACE], kubeconfig);
    await ok('kubectl', ['label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted'], kubeconfig);
    await helm('install', NAME, chart, '--values', values);
    const args = (await argsOf()).filter((a) => !a.startsWith('--listen') && !a.startsWith('--poll-seconds'));
    const own = server.kubeconfig('chart', server.port, CHART_TOKEN);
    operator = new OperatorProcess(own, NAME, [...args, `--lease-namespace=${NAMESPACE}`]);
    await kubectl('wait', '--for=condition=Ready', 'vc/simulated', '--timeout=60s');
    await kubectl('wait', '--for=condition=Receiving', 'vc/simulated', '--timeout=60s');
    expect(await kubectl('get', 'vc')).toMatch(
      /^NAME +DECODER +READY +REASON +AGE\nsimulated +nasdaq-totalview-itch-5\.0 +True +Ready +/,
    );
    expect(operator.log.filter((l) => l.level !== 'info')).toEqual([]);
    // The operator's own pods are made under the restricted standard.
    await expect
      .poll(async () => JSON.parse(await kubectl('get', 'deployment', NAME, '-o', 'json')).status.readyReplicas, WAIT)
      .toBe(2);
  });

  it('is upgraded: the operator is changed, and the handler is not', async () => {
    const before = kubelet.alive;
    await helm('upgrade', NAME, chart, '--values', values, '--set', 'workers=8,logLevel=debug');
    expect(await argsOf()).toEqual(expect.arrayContaining(['--workers=8', '--log=debug']));
    expect(JSON.parse(await helm('history', NAME, '-o', 'json')).map((r: { status: string }) => r.status)).toEqual([
      'superseded',
      'deployed',
    ]);
    await helm('rollback', NAME, '1');
    expect(await argsOf()).toEqual(expect.arrayContaining(['--workers=4', '--log=info']));
    expect(kubelet.alive).toEqual(before);
  });

  it('is uninstalled: the feed goes on, and is ended by itself while the operator is there', async () => {
    await helm('uninstall', NAME);
    expect((await kubectl('get', 'vc', '-o', 'name')).trim()).toBe('venueconnection.venuewire.io/simulated');
    expect(kubelet.alive.length).toBe(1);
    // The operator’s rights went with the release.
    await operator?.stop();
    operator = new OperatorProcess(server.kubeconfig('again'), NAME, ['--lease-namespace', NAMESPACE]);
    await kubectl('delete', 'vc', 'simulated', '--timeout=60s');
    await expect.poll(() => kubelet.alive.length, WAIT).toBe(0);
  });

  it('comes to be by the commands of docs/kubernetes-start.md', async () => {
    const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(readFileSync(here('docs/kubernetes-start.md'), 'utf8')) ?? [];
    const commands = block.trim().split('\n');
    expect(commands.length).toBe(10);
    const place = join(folder, 'start');
    mkdirSync(join(place, 'node_modules/.bin'), { recursive: true });
    symlinkSync(here('.'), join(place, 'node_modules/venuewire'));
    symlinkSync(here('dist/cli/main.js'), join(place, 'node_modules/.bin/venuewire'));
    const resource = {
      apiVersion: 'venuewire.io/v1alpha1',
      kind: 'VenueConnection',
      metadata: { name: 'started' },
      spec: specOf(venue),
    };
    writeFileSync(join(place, 'venue.yaml'), JSON.stringify(resource));
    const PATH = `${here('build/cluster/bin')}:${process.env.PATH}`;
    for (const command of commands.slice(1, -1)) {
      const options = { cwd: place, env: { ...env, PATH, KUBECONFIG: kubeconfig } };
      const ran = await new Promise<string>((resolve) =>
        exec(command, options, (error, stdout, stderr) =>
          resolve(error === null ? 'done' : `${command}\n${stdout}${stderr}`),
        ),
      );
      expect(ran).toBe('done');
    }
    expect(kubelet.alive.length).toBe(1);
    await ok('helm', ['uninstall', NAME, '--namespace', NAMESPACE], kubeconfig);
  });

  it('is made by Kustomize, too', async () => {
    for (const overlay of ['dev', 'production-emea']) {
      const out = await ok(
        'kubectl',
        ['apply', '--server-side', '--force-conflicts', '-k', join(overlays, overlay)],
        kubeconfig,
      );
      expect(out).toMatch(/deployment\.apps\/venuewire-operator serverside-applied/);
    }
  });
});
