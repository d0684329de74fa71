// Migrations of a cluster: two handlers of a simulated venue side by side, the comparison as a pod, and the operator that brings it on.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readSide, type SideSource } from '../../src/compare/index.js';
import { LoopbackVenue } from '../../src/simulator/index.js';
import { type Answer, ApiServer } from './api-server.js';
import { OperatorProcess } from './operator-process.js';
import { ATTACHMENTS, specOf } from './simulated.js';
import { StandInKubelet, type Started } from './stand-in-kubelet.js';

const server = new ApiServer();
const kubelet = new StandInKubelet(server);
const NAMESPACE = 'markets';
const API = `/apis/venuewire.io/v1alpha1/namespaces/${NAMESPACE}`;
const WAIT = { timeout: 90_000, interval: 100 };
const MERGE = 'application/merge-patch+json';
const DAY = { rate: 300, messages: 60_000 };
const CHANGED = 12_000;
const venue = new LoopbackVenue({ seed: 161, ...DAY });
/** The same day, but for one bit of every message behind one. */
const other = (() => {
  const { history } = new LoopbackVenue({ seed: 161, ...DAY });
  for (let n = CHANGED; n < history.next; n++) {
    const bytes = history.message(n);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
  }
  return new LoopbackVenue({ seed: 162, ...DAY, history });
})();
let operator: OperatorProcess;

interface Migration {
  readonly status?: {
    readonly due: string;
    readonly waiting: string;
    readonly score?: string;
    readonly proved: readonly { readonly step: string; readonly ok: boolean; readonly summary: string }[];
    readonly rolledBack?: { readonly step: string; readonly summary: string };
  };
}

const post = (plural: string, kind: string, name: string, spec: object): Promise<Answer> =>
  server.send('POST', `${API}/${plural}?fieldValidation=Strict`, {
    ...{ apiVersion: 'venuewire.io/v1alpha1', kind, metadata: { name, namespace: NAMESPACE }, spec },
  });
async function connect(name: string, of: LoopbackVenue, publish: number): Promise<void> {
  const { status, body } = await post('venueconnections', 'VenueConnection', name, specOf(of, {}, { publish }));
  expect([status, status === 201 ? '' : body.message]).toEqual([201, '']);
}
const migrate = (name: string, from: string, to: string, more: object = {}): Promise<Answer> =>
  post('venuemigrations', 'VenueMigration', name, {
    ...{
      from: { connection: from },
      to: { connection: to },
      image: 'registry.example/venuewire',
      equalMinutes: 2,
      minuteSeconds: 1,
    },
    ...more,
  });
const get = async (name: string): Promise<Migration> =>
  (await server.send('GET', `${API}/venuemigrations/${name}`)).body as unknown as Migration;
const due = async (name: string): Promise<string | undefined> => (await get(name)).status?.due;
const handlerOf = (name: string): Started | undefined =>
  kubelet.alive.find(({ pod }) => pod.metadata.labels['app.kubernetes.io/instance'] === name);
const fact = (ok: boolean, summary: string): object => ({ ok, summary, at: '2026-01-05T14:30:00Z' });
const FACTS = { captureAgrees: fact(true, 'digest 0123'), certified: fact(true, '5 seeds of 9 scenarios') };

beforeAll(async () => {
  await Promise.all([server.start(), venue.start(), other.start()]);
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const read = (name: string): object =>
    parse(readFileSync(fileURLToPath(new URL(`../../deploy/crds/${name}.yaml`, import.meta.url)), 'utf8'));
  for (const definition of [read('venueconnections'), read('venuemigrations'), ATTACHMENTS]) {
    const { status, body } = await server.send('POST', definitions, definition);
    if (status !== 201) throw new Error(body.message);
  }
  await server.send('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE },
  });
  for (const path of [`${API}/venueconnections`, `${API}/venuemigrations`])
    while ((await server.send('GET', path)).status !== 200) await new Promise((r) => setTimeout(r, WAIT.interval));
  await server.startControllers();
  kubelet.start();
  operator = new OperatorProcess(server.kubeconfig('operator'), 'operator');
  venue.begin();
  other.begin();
}, 120_000);
afterAll(async () => {
  await operator?.stop();
  await kubelet.stop();
  await Promise.all([venue.stop(), other.stop()]);
  await server.stop();
});

describe('a migration', () => {
  it('from a connection to itself is refused, and so is another way for one that has begun', async () => {
    const same = await migrate('same', 'old', 'old');
    expect([same.status, same.body.message]).toEqual([422, expect.stringContaining('from and to are one connection')]);
    const both = await migrate('both', 'old', 'new', { from: { connection: 'old', output: 'zmq:tcp://x:1' } });
    expect([both.status, both.body.message]).toEqual([422, expect.stringContaining('give `connection`, or `output`')]);
    await migrate('begun', 'old', 'new');
    const turned = await server.send(
      'PATCH',
      `${API}/venuemigrations/begun`,
      { spec: { to: { connection: 'x' } } },
      MERGE,
    );
    expect([turned.status, turned.body.message]).toEqual([422, expect.stringContaining('make another migration')]);
    await expect
      .poll(async () => (await get('begun')).status?.waiting, WAIT)
      .toBe('the connection old, which is not there');
    await server.send('DELETE', `${API}/venuemigrations/begun`);
  });

  it('is brought on by facts: planned, attached, side by side, promoted; the old one is removed, and no message is lost or repeated', async () => {
    await connect('old', venue, 5556);
    await connect('new', venue, 5566);
    await migrate('totalview', 'old', 'new');
    await expect.poll(() => due('totalview'), WAIT).toBe('captureAgrees');
    expect((await get('totalview')).status?.waiting).toBe('a fact in spec.evidence.captureAgrees');
    expect(handlerOf('totalview-compare')).toBe(undefined);
    // A day of equal minutes, so that a consumer is there before the switch.
    await server.send('PATCH', `${API}/venuemigrations/totalview`, { spec: { evidence: FACTS } }, MERGE);
    await expect.poll(() => handlerOf('totalview-compare')?.isReady, WAIT).toBe(true);
    const ip = handlerOf('totalview-compare')?.address.split(':')[0];
    const passedOn: bigint[] = [];
    const consumer: SideSource = await readSide(`zmq:tcp://${ip}:5557`, (m) => passedOn.push(m.sequence));
    const old = handlerOf('old') as Started;
    await expect.poll(() => due('totalview'), WAIT).toBe('done');
    const { status } = await get('totalview');
    expect(status?.proved.map((p) => [p.step, p.ok])).toEqual(
      ['planned', 'captureAgrees', 'certified', 'shadowed', 'promoted', 'oldRemoved'].map((step) => [step, true]),
    );
    expect(status?.proved[4]?.summary).toMatch(/^passed on \d+ = old \d+ \+ new \d+, lost 0$/);
    expect(status?.score).toBe('100.0000 %');
    expect(old.endedAt).toBeGreaterThan(0);
    expect(handlerOf('new')?.isReady).toBe(true);
    const at = passedOn.length;
    await expect.poll(() => passedOn.length, WAIT).toBeGreaterThan(at + 100);
    consumer.close();
    const first = Number(passedOn[0]);
    expect(passedOn.map(Number)).toEqual(Array.from({ length: passedOn.length }, (_, i) => first + i));
  });

  it('goes back with the first difference: the new one is removed, and the old one goes on', async () => {
    await connect('changed', other, 5576);
    await migrate('second', 'new', 'changed', { evidence: FACTS, equalMinutes: 1_000 });
    await expect.poll(() => due('second'), WAIT).toBe('rolledBack');
    const { status } = await get('second');
    expect(status?.rolledBack?.step).toBe('shadowed');
    expect(status?.rolledBack?.summary).toMatch(/differs from byte \d+ on\n {2}old .*\n.*\n {2}new /);
    await expect.poll(() => handlerOf('changed'), WAIT).toBe(undefined);
    await expect.poll(async () => (await server.send('GET', `${API}/venueconnections/changed`)).status, WAIT).toBe(404);
    expect(handlerOf('new')?.isReady).toBe(true);
  });

  it('goes back when a fact says no, and when it is asked to', async () => {
    await connect('third', venue, 5586);
    await migrate('failed', 'new', 'third', { evidence: { ...FACTS, certified: fact(false, 'one scenario of 9') } });
    await expect.poll(async () => (await get('failed')).status?.rolledBack?.summary, WAIT).toBe('one scenario of 9');
    await expect.poll(async () => (await server.send('GET', `${API}/venueconnections/third`)).status, WAIT).toBe(404);
    await connect('fourth', venue, 5586);
    await migrate('asked', 'new', 'fourth');
    await expect.poll(() => due('asked'), WAIT).toBe('captureAgrees');
    await server.send('PATCH', `${API}/venuemigrations/asked`, { spec: { rollBack: true } }, MERGE);
    await expect
      .poll(async () => (await get('asked')).status?.rolledBack?.summary, WAIT)
      .toBe('a roll-back was asked for');
  });
});
