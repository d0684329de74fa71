// What a cluster runs for a venue file: the whole of it is in test/golden/manifests, and is read there.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { VenuewireError } from '../../src/errors.js';
import { type Manifest, manifests, manifestsOf } from '../../src/kubernetes/index.js';
import { loadVenue, readVenue } from '../../src/venues/load.js';
import { FILES } from '../cluster/venue-files.js';
import { venuewire } from './cli-process.js';

const golden = fileURLToPath(new URL('../golden/manifests/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'vw-manifests-'));
afterAll(() => rmSync(folder, { recursive: true }));
const written = (name: string, text: string): string => {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, text);
  return path;
};
const made = async (text: string): Promise<Manifest[]> => {
  const { resource } = await readVenue(text);
  return manifests(resource as never, await loadVenue(text));
};
const refusal = async (text: string): Promise<VenuewireError> => {
  try {
    await made(text);
  } catch (error) {
    return error as VenuewireError;
  }
  throw new Error('it was not refused');
};
const kinds = (text: string): string[] => parseAllDocuments(text).map((d) => (d.toJS() as Manifest).kind);

describe('the objects of a venue file', () => {
  it.each(Object.entries(FILES))('of %s are those in test/golden/manifests', async (name, text) => {
    const { out: stdout, code: status } = await venuewire(['kubernetes', 'manifests', written(name, text)]);
    expect(status).toBe(0);
    const path = `${golden}${name}.yaml`;
    if (!existsSync(path) && process.env.VENUEWIRE_GOLDEN === 'write') {
      mkdirSync(golden, { recursive: true });
      writeFileSync(path, stdout);
    }
    expect(stdout).toBe(readFileSync(path, 'utf8'));
  });

  it('change their name with the venue, so that its pod is made anew, and not with how it is deployed', async () => {
    const name = async (text: string) => (await made(text)).find((m) => m.kind === 'ConfigMap')?.metadata.name;
    const text = FILES.host as string;
    expect(await name(text.replace('26477', '26478'))).not.toBe(await name(text));
    expect(await name(text.replace('memory: 4Gi', 'memory: 8Gi'))).toBe(await name(text));
  });

  it('keep their name where only what is for readers changes: the ConfigMap changes in place, and no pod does', async () => {
    const text = FILES.host as string;
    const [a, b] = await Promise.all([made(text), made(text.replace('spec:\n', 'spec:\n  description: of the day\n'))]);
    const of = (objects: Manifest[], kind: string) => objects.find((m) => m.kind === kind);
    expect(of(b, 'ConfigMap')?.metadata.name).toBe(of(a, 'ConfigMap')?.metadata.name);
    expect(of(b, 'ConfigMap')).not.toEqual(of(a, 'ConfigMap'));
    expect(of(b, 'Deployment')).toEqual(of(a, 'Deployment'));
  });

  it('publish messages at the port that is declared: of the pod, of its Service and of its policy', async () => {
    const objects = await made((FILES.pod as string).replace('deployment:', 'deployment:\n    publish: 5556'));
    const text = (kind: string) => JSON.stringify(objects.find((m) => m.kind === kind));
    expect(text('Deployment')).toContain('"--publish","zmq:tcp://0.0.0.0:5556"');
    for (const kind of ['Deployment', 'Service', 'NetworkPolicy']) expect(text(kind)).toContain('5556');
    const pipelines = 'pipelines: { p: { shape: { type: events }, sink: { type: duckdb, file: /x } } }';
    const both = (FILES.pod as string).replace('deployment:', `${pipelines}\n  deployment:\n    publish: 5556`);
    expect((await refusal(both)).message).toContain('has pipelines, and deployment.publish');
  });

  it('let a new pod join before the old one leaves, unless two would fight for a login or for a port', async () => {
    const strategy = async (text: string) =>
      ((await made(text)).find((m) => m.kind === 'Deployment') as unknown as { spec: { strategy: object } }).spec
        .strategy;
    const rolling = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    expect(await strategy(FILES.macvlan as string)).toEqual(rolling);
    expect(await strategy(FILES.pod as string)).toEqual(rolling);
    expect(await strategy(FILES.host as string)).toEqual({ type: 'Recreate' });
    const login = `{ type: userPassword, username: 'file:/run/secrets/venuewire/u', password: 'file:/run/secrets/venuewire/p' }`;
    const withLogin = (FILES.macvlan as string)
      .replace('moldudp64-rerequest,', `soupbintcp-replay, credentials: ${login},`)
      .replace('network: { type: macvlan', 'secret: login\n    network: { type: macvlan');
    expect(await strategy(withLogin)).toEqual({ type: 'Recreate' });
  });

  it('are another pod with another version of the Secret, where credentials are read when the handler is opened', async () => {
    const annotations = async (text: string, secretVersion: string) => {
      const { resource } = await readVenue(text);
      const objects = await manifestsOf(resource as never, { secretVersion });
      interface WithTemplate {
        readonly spec: { readonly template: { readonly metadata: { readonly annotations: object } } };
      }
      const deployment = objects.find((m) => m.kind === 'Deployment') as unknown as WithTemplate;
      return deployment.spec.template.metadata.annotations;
    };
    expect(await annotations(FILES.host as string, '7')).toEqual({ 'venuewire.io/secret-version': '7' });
    const login = 'deployment:\n    secret: login';
    expect(await annotations((FILES.pod as string).replace('deployment:', login), '7')).toEqual({});
  });

  it('hold a venue that the handler reads as the file itself', async () => {
    const text = FILES.host as string;
    const held = (await made(text)).find((m) => m.kind === 'ConfigMap') as unknown as { data: Record<string, string> };
    const { deployment: _, ...whole } = await loadVenue(text);
    expect(await loadVenue(held.data['venue.json'] as string)).toEqual(whole);
  });

  it('have a PodMonitor where the cluster knows it', async () => {
    const file = written('monitored', FILES.pod as string);
    const { out: stdout } = await venuewire(['kubernetes', 'manifests', file, '--groups', 'monitoring.coreos.com']);
    expect(kinds(stdout)).toContain('PodMonitor');
    expect(kinds((await venuewire(['kubernetes', 'manifests', file])).out)).not.toContain('PodMonitor');
  });

  it('hold no secret, and no token of the cluster', async () => {
    for (const text of Object.values(FILES)) {
      const all = JSON.stringify(await made(text));
      expect(all).not.toMatch(/"kind":"Secret"/);
      expect(all).toContain('"automountServiceAccountToken":false');
    }
  });
});

const HOST = FILES.host as string;
describe('a file that asks for what a pod does not have', () => {
  it.each([
    ['no deployment', HOST.replace(/ {2}deployment:[\s\S]*/, ''), /has no `deployment`/],
    ['multicast in the pod’s own network', HOST.replace('type: host', 'type: pod'), /lines\.A is multicast/],
    [
      'a line over no interface of the node',
      HOST.replace('{ type: host }', '{ type: macvlan, parents: { line-c: ens1 } }'),
      /lines\.A names no interface/,
    ],
    ['a secret as a variable', HOST.replace('file:/run/secrets/venuewire/user', 'env:VENUE_USER'), /is a variable/],
    [
      'a secret elsewhere',
      HOST.replace('file:/run/secrets/venuewire/user', 'file:/etc/user'),
      /is a file that the pod does not have/,
    ],
    ['a secret of no Secret', HOST.replace(/ {4}secret: .*\n/, ''), /is a file that the pod does not have/],
    ['a ring of DPDK', HOST.replace('receive: afXdp', 'receive: dpdk'), /lines\.A is received by dpdk/],
    ['a capture', HOST.replace(/A: \{.*\}/, 'A: { type: captureFile, path: day.pcap }'), /lines\.A is a capture/],
  ])('%s: is refused with what to do', async (_name, text, says) => {
    const error = await refusal(text);
    expect(error.code).toBe('VW_KUBERNETES');
    expect(error.message).toMatch(says);
    expect(error.hint).not.toBe('');
  });
});

it('a sink that writes files is refused: the pod has no place for them', async () => {
  const sink = '  pipelines: { day: { shape: { type: events }, sink: { type: duckdb, file: /data/day.duckdb } } }\n';
  const error = await refusal(HOST.replace('  deployment:', `${sink}  deployment:`));
  expect([error.code, error.message]).toEqual(['VW_KUBERNETES', expect.stringContaining('pipelines.day.sink')]);
});

it('a queue that spills to files is refused: the pod has no place for them', async () => {
  const queue = 'queue: { whenFull: spill, spill: { folder: /data } }';
  const day = `  pipelines: { day: { shape: { type: events }, sink: { type: questdb, server: "10.0.0.9:9000" }, ${queue} } }\n`;
  const error = await refusal(HOST.replace('  deployment:', `${day}  deployment:`));
  expect([error.code, error.message]).toEqual(['VW_KUBERNETES', expect.stringContaining('pipelines.day.queue')]);
});

describe('venuewire kubernetes', () => {
  it('prints the definitions that deploy/ has', async () => {
    const { out: stdout } = await venuewire(['kubernetes', 'definition']);
    const [connection = '', migration = ''] = stdout.split('---\n');
    for (const [name, text] of [
      ['venueconnections', connection],
      ['venuemigrations', migration],
    ]) {
      const path = fileURLToPath(new URL(`../../deploy/crds/${name}.yaml`, import.meta.url));
      expect(readFileSync(path, 'utf8')).toMatch(/^# Made by/);
      expect(readFileSync(path, 'utf8').replace(/^.*\n/, '')).toBe(text);
    }
  });
  it('says what is missing where no file is given', async () => {
    const { err: stderr, code: status } = await venuewire(['kubernetes', 'manifests']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('Give their files')]);
  });
});
