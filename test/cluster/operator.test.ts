// The operator against a real API server, etcd and the real controllers of Deployments, ReplicaSets and garbage; handlers are real
// processes on a simulated venue's multicast. What stands in for kubelet and scheduler: stand-in-kubelet.ts.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { LoopbackVenue } from '../../src/simulator/index.js';
import { type Answer, ApiServer } from './api-server.js';
import { Cuttable } from './cuttable.js';
import { OperatorProcess } from './operator-process.js';
import { ATTACHMENTS, specOf } from './simulated.js';
import { StandInKubelet, type Started } from './stand-in-kubelet.js';

const server = new ApiServer();
const cable = new Cuttable();
const kubelet = new StandInKubelet(server, ['many']);
const NAMESPACE = 'markets';
const CONNECTIONS = `/apis/venuewire.io/v1alpha1/namespaces/${NAMESPACE}/venueconnections`;
const MERGE = 'application/merge-patch+json';
const WAIT = { timeout: 40_000, interval: 100 };
const RATE = 400;
const SECONDS = 600;
const venue = new LoopbackVenue({
  ...{ seed: 16, rate: RATE, messages: RATE * SECONDS },
  // Messages a packet: few, so that both lines lose the same one now and then.
  faults: [
    { loss: 0.1, burst: { probability: 0, length: 0 }, duplicate: 0, reorder: 0, reorderNs: 0 },
    { loss: 0.1, burst: { probability: 0, length: 0 }, duplicate: 0, reorder: 0, reorderNs: 0 },
  ],
});
let operator: OperatorProcess;
let viaCable = '';

interface Resource {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly generation: number;
    readonly resourceVersion: string;
    readonly finalizers?: string[];
    readonly labels?: Record<string, string>;
    readonly ownerReferences?: { readonly uid: string }[];
  };
  readonly spec: Record<string, unknown>;
  readonly status?: {
    observedGeneration: number;
    conditions: { type: string; status: string; reason: string; message: string; observedGeneration: number }[];
  };
  readonly data?: Record<string, string>;
}

const resource = (name: string, spec: object = {}, deployment: object = {}): object => ({
  apiVersion: 'venuewire.io/v1alpha1',
  kind: 'VenueConnection',
  metadata: { name, namespace: NAMESPACE },
  spec: specOf(venue, spec, deployment),
});

const sent = async (method: string, path: string, body?: object, type?: string): Promise<Answer> => {
  const answer = await server.send(method, path, body, type);
  expect(answer.status, `${method} ${path}: ${answer.body.message}`).toBeLessThan(300);
  return answer;
};
const create = (of: object) => sent('POST', `${CONNECTIONS}?fieldValidation=Strict`, of);
const change = (name: string, body: object) => sent('PATCH', `${CONNECTIONS}/${name}`, body, MERGE);
const get = async (name: string): Promise<Resource> =>
  (await server.send('GET', `${CONNECTIONS}/${name}`)).body as unknown as Resource;
const conditionOf = (r: Resource, type: string) => r.status?.conditions.find((c) => c.type === type);
/** `True Ready 2`: status, reason, and the generation that it is about. */
const said = async (name: string, type: string): Promise<string> => {
  const c = conditionOf(await get(name), type);
  return c === undefined ? 'nothing' : `${c.status} ${c.reason} ${c.observedGeneration}`;
};
const becomes = (name: string, type: string, text: string) => expect.poll(() => said(name, type), WAIT).toBe(text);

const KINDS: Readonly<Record<string, string>> = {
  ServiceAccount: 'api/v1/{}serviceaccounts',
  ConfigMap: 'api/v1/{}configmaps',
  Service: 'api/v1/{}services',
  Pod: 'api/v1/{}pods',
  Deployment: 'apis/apps/v1/{}deployments',
  ReplicaSet: 'apis/apps/v1/{}replicasets',
  NetworkPolicy: 'apis/networking.k8s.io/v1/{}networkpolicies',
  NetworkAttachmentDefinition: 'apis/k8s.cni.cncf.io/v1/{}network-attachment-definitions',
};
const pathOf = (kind: string, namespace = NAMESPACE): string =>
  `/${(KINDS[kind] as string).replace('{}', `namespaces/${namespace}/`)}`;
const objectsOf = async (kind: string, instance: string, namespace = NAMESPACE): Promise<Resource[]> => {
  const query = `labelSelector=${encodeURIComponent(`app.kubernetes.io/instance=${instance}`)}`;
  const { body } = await server.send('GET', `${pathOf(kind, namespace)}?${query}`);
  return body.items as unknown as Resource[];
};
/** Everything of a connection that is in the cluster: `Kind name version`. */
const everything = async (instance: string, kinds = Object.keys(KINDS)): Promise<string[]> => {
  const all = await Promise.all(
    kinds.map(async (kind) => (await objectsOf(kind, instance)).map((o) => [kind, o] as const)),
  );
  return all.flat().map(([kind, { metadata }]) => `${kind} ${metadata.name} ${metadata.resourceVersion}`);
};
const handlersOf = (name: string): Started[] =>
  kubelet.alive.filter(({ pod }) => pod.metadata.labels['app.kubernetes.io/instance'] === name);
const eventsOf = async (name: string): Promise<string[]> => {
  const { body } = await server.send('GET', `/apis/events.k8s.io/v1/namespaces/${NAMESPACE}/events?limit=500`);
  const events = body.items as unknown as { regarding: { name: string; kind: string }; reason: string }[];
  return events.filter((e) => e.regarding.kind === 'VenueConnection' && e.regarding.name === name).map((e) => e.reason);
};
const ledgerOf = async ({ address }: Started): Promise<Record<string, number>> => {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  const of = (term: string): number =>
    Number(new RegExp(`^venuewire_channel_${term}\\{.*\\} (\\S+)$`, 'm').exec(text)?.[1]);
  return { delivered: of('delivered_total'), recovered: of('recovered_total'), abandoned: of('abandoned_total') };
};

/** For hooks, where nothing is expected yet; the hook's own time bounds it. */
async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await is())) await new Promise((r) => setTimeout(r, WAIT.interval));
}

beforeAll(async () => {
  await Promise.all([server.start(), venue.start()]);
  const file = fileURLToPath(new URL('../../deploy/crds/venueconnections.yaml', import.meta.url));
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  for (const definition of [parse(readFileSync(file, 'utf8')), ATTACHMENTS])
    await sent('POST', definitions, definition);
  for (const name of [NAMESPACE, 'many'])
    await sent('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const path of [CONNECTIONS, pathOf('NetworkAttachmentDefinition')])
    await until(async () => (await server.send('GET', path)).status === 200);
  await server.startControllers();
  kubelet.start();
  venue.begin();
  viaCable = server.kubeconfig('via-cable', await cable.start(server.port));
  operator = new OperatorProcess(viaCable, 'first', ['--lease-seconds', '3']);
  await until(() => operator.said('all is listed').length === 1 || operator.process.exitCode !== null);
  if (operator.process.exitCode !== null) throw new Error(operator.text);
}, 60_000);
afterAll(async () => {
  await operator?.stop();
  await kubelet.stop();
  await Promise.all([cable.stop(), venue.stop()]);
  await server.stop();
});

describe('a connection that is created', () => {
  it('gets its objects, owned by it, and a handler that receives: Planned, Ready, Receiving', async () => {
    await create(resource('totalview'));
    await becomes('totalview', 'Planned', 'True Planned 1');
    await becomes('totalview', 'Ready', 'True Ready 1');
    await becomes('totalview', 'Receiving', 'True Receiving 1');
    const { metadata, status } = await get('totalview');
    expect(status?.observedGeneration).toBe(1);
    expect(conditionOf(await get('totalview'), 'Paused')?.status).toBe('False');
    expect(metadata.finalizers).toEqual(['venuewire.io/teardown']);
    for (const kind of [
      'ServiceAccount',
      'ConfigMap',
      'Service',
      'Deployment',
      'NetworkPolicy',
      'NetworkAttachmentDefinition',
    ]) {
      const objects = await objectsOf(kind, 'totalview');
      expect([kind, objects.map((o) => o.metadata.ownerReferences?.[0]?.uid)]).toEqual([kind, [metadata.uid]]);
    }
    const [handler, ...others] = handlersOf('totalview') as [Started];
    expect(others).toEqual([]);
    await expect.poll(async () => (await ledgerOf(handler)).recovered, WAIT).toBeGreaterThan(0);
    expect((await ledgerOf(handler)).abandoned).toBe(0);
  });

  it('whose plan has errors gets nothing, and is told why', async () => {
    const wrong = resource('wrong', { decoder: 'no-such-decoder' });
    await create(wrong);
    await becomes('wrong', 'Planned', 'False Refused 1');
    expect(conditionOf(await get('wrong'), 'Planned')?.message).toMatch(/^spec\.decoder: .*names no decoder/);
    expect(await said('wrong', 'Ready')).toBe('False NotPlanned 1');
    expect(await everything('wrong')).toEqual([]);
    await sent('DELETE', `${CONNECTIONS}/wrong`);
    await expect.poll(async () => (await server.send('GET', `${CONNECTIONS}/wrong`)).status, WAIT).toBe(404);
  });

  it('is applied once: what is as it should be is not written again', async () => {
    const kinds = Object.keys(KINDS).filter((kind) => !['Pod', 'ReplicaSet', 'Deployment'].includes(kind));
    const [before, applied] = [
      await everything('totalview', kinds),
      await operator.metric('venuewire_operator_applied_total'),
    ];
    const reconciles = await operator.metric('venuewire_operator_reconciles_total');
    for (const n of ['1', '2', '3']) await change('totalview', { metadata: { labels: { touched: n } } });
    await expect.poll(() => operator.metric('venuewire_operator_reconciles_total'), WAIT).toBeGreaterThan(reconciles);
    expect(await everything('totalview', kinds)).toEqual(before);
    expect(await operator.metric('venuewire_operator_applied_total')).toBe(applied);
  });
});

describe('a change', () => {
  it('that no handler reads changes the ConfigMap alone: the same process goes on', async () => {
    const [before] = handlersOf('totalview') as [Started];
    const [map] = (await objectsOf('ConfigMap', 'totalview')) as [Resource];
    const [deployment] = (await objectsOf('Deployment', 'totalview')) as [Resource];
    await change('totalview', { spec: { description: 'the lines of the test' } });
    await becomes('totalview', 'Ready', 'True Ready 2');
    const [changed, ...more] = (await objectsOf('ConfigMap', 'totalview')) as [Resource];
    expect(more).toEqual([]);
    expect(changed.metadata.name).toBe(map.metadata.name);
    expect(changed.data?.['venue.json']).toContain('the lines of the test');
    expect((await objectsOf('Deployment', 'totalview'))[0]?.metadata.generation).toBe(deployment.metadata.generation);
    expect(handlersOf('totalview')).toEqual([before]);
  });

  it('of the rest rolls: the new handler has joined before the old one leaves, and no object of before stays', async () => {
    const [before] = handlersOf('totalview') as [Started];
    const [map] = (await objectsOf('ConfigMap', 'totalview')) as [Resource];
    await change('totalview', { spec: { window: { packets: 2048 } } });
    await becomes('totalview', 'Ready', 'True Ready 3');
    await expect.poll(() => before.endedAt, WAIT).toBeGreaterThan(0);
    const [after, ...others] = handlersOf('totalview') as [Started];
    expect(others).toEqual([]);
    expect(after.readyAt).toBeGreaterThan(0);
    expect(after.readyAt).toBeLessThan(before.endedAt);
    expect(before.process.exitCode).toBe(0);
    expect(before.output).toMatch(/expected [\d,]+ = delivered/);
    await expect.poll(async () => (await objectsOf('ConfigMap', 'totalview')).length, WAIT).toBe(1);
    expect((await objectsOf('ConfigMap', 'totalview'))[0]?.metadata.name).not.toBe(map.metadata.name);
    expect(await eventsOf('totalview')).toEqual(expect.arrayContaining(['Applied', 'Rolling', 'Ready']));
  });

  it('is not applied while the annotation pauses it, and is when that is gone', async () => {
    const pause = 'venuewire.io/pause-reconciliation';
    await change('totalview', { metadata: { annotations: { [pause]: 'true' } } });
    await becomes('totalview', 'Paused', 'True Annotated 3');
    const kinds = ['ConfigMap', 'Deployment'];
    const names = async () =>
      (await everything('totalview', kinds)).map((text) => text.split(' ').slice(0, 2).join(' '));
    const before = await names();
    await change('totalview', { spec: { window: { packets: 8192 } } });
    await becomes('totalview', 'Paused', 'True Annotated 4');
    expect(await names()).toEqual(before);
    await change('totalview', { metadata: { annotations: { [pause]: null } } });
    await becomes('totalview', 'Paused', 'False Reconciled 4');
    await expect.poll(names, WAIT).not.toEqual(before);
    await becomes('totalview', 'Ready', 'True Ready 4');
  });
});

describe('a Secret', () => {
  const secret = (password: string): object => ({
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login', namespace: NAMESPACE } },
    stringData: { user: 'SIMUSR', password },
  });
  it('that is rotated makes a new handler where credentials are read at opening: it recovers what the old one could not', async () => {
    const secrets = `/api/v1/namespaces/${NAMESPACE}/secrets`;
    await sent('POST', secrets, secret('not-this'));
    const file = (key: string): string => `file:/run/secrets/venuewire/${key}`;
    const credentials = { type: 'userPassword', username: file('user'), password: file('password') };
    const replay = {
      type: 'request',
      pattern: 'soupbintcp-replay',
      servers: [venue.addresses.replay],
      credentials,
      timeout: '2s',
    };
    await create(
      resource('login', { recovery: [{ type: 'waitForOtherLine', for: '20ms' }, replay] }, { secret: 'login' }),
    );
    await becomes('login', 'Receiving', 'True Receiving 1');
    const [handler] = handlersOf('login') as [Started];
    await becomes('login', 'Degraded', 'True MessagesLost 1');
    expect((await ledgerOf(handler)).recovered).toBe(0);
    await sent('PATCH', `${secrets}/login`, secret('SIMPASS'), MERGE);
    await expect.poll(() => handler.endedAt, WAIT).toBeGreaterThan(0);
    await expect.poll(() => handlersOf('login').length, WAIT).toBe(1);
    const [after] = handlersOf('login') as [Started];
    // Two would fight for the login: the old one has ended before the new one began.
    expect(after.startedAt).toBeGreaterThanOrEqual(handler.endedAt);
    await expect.poll(async () => (await ledgerOf(after).catch(() => undefined))?.recovered, WAIT).toBeGreaterThan(0);
    expect((await ledgerOf(after)).abandoned).toBe(0);
    await becomes('login', 'Degraded', 'False Good 1');
    await expect.poll(() => eventsOf('login'), WAIT).toContain('SecretRotated');
    expect(operator.text).not.toMatch(/SIMPASS|not-this/);
  });
});

describe('a connection that is deleted', () => {
  it('is there until its handler has ended in order; then nothing of it is left', async () => {
    const [handler] = handlersOf('login') as [Started];
    await sent('DELETE', `${CONNECTIONS}/login`);
    await expect.poll(async () => (await server.send('GET', `${CONNECTIONS}/login`)).status, WAIT).toBe(404);
    expect(handler.endedAt).toBeGreaterThan(0);
    expect(handler.process.signalCode).toBe(null);
    expect(handler.output).toMatch(/expected [\d,]+ = delivered/);
    await expect.poll(() => everything('login'), WAIT).toEqual([]);
  });
});

describe('the operator', () => {
  const changed = async (n: number): Promise<void> => {
    await change('totalview', { spec: { description: `change ${n}` } });
    const { generation } = (await get('totalview')).metadata;
    await expect.poll(async () => (await get('totalview')).status?.observedGeneration, WAIT).toBe(generation);
    expect((await objectsOf('ConfigMap', 'totalview'))[0]?.data?.['venue.json']).toContain(`change ${n}`);
  };

  it('opens watches again that were cut, and sees what changed meanwhile without listing anew', async () => {
    await becomes('totalview', 'Ready', 'True Ready 4');
    const [lists, watches] = await Promise.all(
      ['lists', 'watches'].map((m) =>
        operator.metric(`venuewire_operator_${m}_total`, { resource: 'venueconnections' }),
      ),
    );
    // Long enough to be seen, shorter than the lease.
    cable.cut();
    await change('totalview', { spec: { description: 'while it was cut' } });
    cable.mend();
    const { generation } = (await get('totalview')).metadata;
    await expect.poll(async () => (await get('totalview')).status?.observedGeneration, WAIT).toBe(generation);
    expect(await operator.metric('venuewire_operator_watches_total', { resource: 'venueconnections' })).toBeGreaterThan(
      watches as number,
    );
    expect(await operator.metric('venuewire_operator_lists_total', { resource: 'venueconnections' })).toBe(lists);
    expect(operator.process.exitCode).toBe(null);
  });

  it('takes back what another writer wrote over, and leaves alone what it does not declare', async () => {
    const [deployment] = (await objectsOf('Deployment', 'totalview')) as [Resource];
    const path = `${pathOf('Deployment')}/totalview`;
    const containers = [{ name: 'handler', image: 'registry.example/other' }];
    const type = 'application/strategic-merge-patch+json';
    await sent(
      'PATCH',
      path,
      { metadata: { annotations: { theirs: 'kept' } }, spec: { template: { spec: { containers } } } },
      type,
    );
    interface Live {
      readonly metadata: { readonly annotations: Record<string, string> };
      readonly spec: { readonly template: { readonly spec: { readonly containers: { readonly image: string }[] } } };
    }
    const live = async () => (await server.send('GET', path)).body as unknown as Live;
    await expect.poll(async () => (await live()).spec.template.spec.containers[0]?.image, WAIT).toMatch(/venuewire@/);
    expect((await live()).metadata.annotations.theirs).toBe('kept');
    expect(deployment.metadata.uid).toBe((await objectsOf('Deployment', 'totalview'))[0]?.metadata.uid);
    await expect.poll(() => handlersOf('totalview').length, WAIT).toBe(1);
  });

  it('leaves alone an object that another controller owns, and says so', async () => {
    const owner = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'owner',
      uid: '11111111-2222-3333-4444-555555555555',
      controller: true,
    };
    // Owned by somebody who is there: what has lost its owner is collected.
    const made = await sent('POST', pathOf('ConfigMap'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'owner', namespace: NAMESPACE },
    });
    const uid = (made.body.metadata as { uid: string }).uid;
    const labels = { 'app.kubernetes.io/part-of': 'venuewire', 'app.kubernetes.io/component': 'handler' };
    await sent('POST', pathOf('ServiceAccount'), {
      ...{ apiVersion: 'v1', kind: 'ServiceAccount' },
      metadata: { name: 'fought', namespace: NAMESPACE, labels, ownerReferences: [{ ...owner, uid }] },
    });
    await create(resource('fought'));
    await becomes('fought', 'Degraded', 'True NameTaken 1');
    await sent('DELETE', `${CONNECTIONS}/fought`);
    await expect.poll(() => everything('fought'), WAIT).toEqual([]);
    expect((await server.send('GET', `${pathOf('ServiceAccount')}/fought`)).status).toBe(200);
  });

  it('waits for an API server that was killed, and goes on: handlers have not noticed', async () => {
    const [handler] = handlersOf('totalview') as [Started];
    await server.kill();
    await server.startAgain();
    // Its lease may have run out meanwhile: then it ended, and whoever starts it again is the cluster.
    const ended = await Promise.race([operator.ended, new Promise((r) => setTimeout(r, 5_000, 'alive'))]);
    if (ended !== 'alive') {
      expect(ended).toBe(1);
      operator = new OperatorProcess(viaCable, 'first-again', ['--lease-seconds', '3']);
    }
    await changed(1);
    expect(handlersOf('totalview')).toEqual([handler]);
    expect(handler.endedAt).toBe(0);
  });

  it('that loses its lease ends, and another one takes over: one works at a time', async () => {
    const second = new OperatorProcess(viaCable, 'second', ['--lease-seconds', '3']);
    await expect.poll(() => second.said('started').length, WAIT).toBe(1);
    await changed(2);
    expect(second.said('leading')).toEqual([]);
    operator.process.kill('SIGSTOP');
    await expect.poll(() => second.said('leading').length, WAIT).toBe(1);
    const applied = operator.said('applied').length;
    await changed(3);
    operator.process.kill('SIGCONT');
    expect(await operator.ended).toBe(1);
    expect(operator.said('stopped')[0]?.why).toMatch(/second_.* has the lease|could not be renewed/);
    expect(operator.said('applied').length).toBe(applied);
    operator = second;
  });
});

describe('200 connections at once', () => {
  it('come to be what they declare, each object applied once; then all of them go, and nothing stays', async () => {
    // With the lease that it has by default: this machine is busy, and 3 s are few.
    await operator.stop();
    operator = new OperatorProcess(viaCable, 'third');
    await expect.poll(() => operator.said('all is listed').length, WAIT).toBe(1);
    const many = '/apis/venuewire.io/v1alpha1/namespaces/many/venueconnections';
    const names = Array.from({ length: 200 }, (_, i) => `venue-${i}`);
    const requests = () => operator.metric('venuewire_operator_api_requests_total');
    const reconciles = () => operator.metric('venuewire_operator_reconciles_total');
    const applied = () => operator.metric('venuewire_operator_applied_total');
    const [calls, worked, written, failed] = await Promise.all([
      ...[requests(), reconciles(), applied()],
      operator.metric('venuewire_operator_reconciles_total', { outcome: 'failed' }),
    ]);
    const began = performance.now();
    await Promise.all(
      names.map((name) => {
        const of = resource(name) as { metadata: object };
        return sent('POST', many, { ...of, metadata: { name, namespace: 'many' } });
      }),
    );
    const count = async (type: string): Promise<number> => {
      const { body } = await server.send('GET', many);
      return (body.items as unknown as Resource[]).filter((r) => conditionOf(r, type)?.status === 'True').length;
    };
    const long = { timeout: 240_000, interval: 500 };
    await expect.poll(() => count('Planned'), long).toBe(200);
    const plannedMs = performance.now() - began;
    await expect.poll(() => count('Ready'), long).toBe(200);
    const readyMs = performance.now() - began;
    const [callsAfter, workedAfter, writtenAfter, failedAfter] = await Promise.all([
      ...[requests(), reconciles(), applied()],
      operator.metric('venuewire_operator_reconciles_total', { outcome: 'failed' }),
    ]);
    const [c, w] = [(callsAfter as number) - (calls as number), (workedAfter as number) - (worked as number)];
    console.log(
      `200 connections: applied in ${(plannedMs / 1000).toFixed(1)} s, ready in ${(readyMs / 1000).toFixed(1)} s; ` +
        `${w} reconciles, ${c} API calls: ${(c / 200).toFixed(1)} a connection, ${(c / w).toFixed(1)} a reconcile`,
    );
    expect((writtenAfter as number) - (written as number)).toBe(200 * 6);
    expect(failedAfter).toBe(failed);
    await sent('DELETE', many);
    const left = async (): Promise<number> => {
      const paths = [many, ...Object.keys(KINDS).map((kind) => pathOf(kind, 'many'))];
      const all = await Promise.all(
        paths.map(async (path) => (await server.send('GET', path)).body.items as unknown[]),
      );
      return all.flat().length;
    };
    await expect.poll(left, long).toBe(0);
  }, 600_000);
});
