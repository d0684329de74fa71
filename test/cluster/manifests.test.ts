// A real API server takes the objects that `venuewire kubernetes manifests` prints, field by field, and pods of them under the
// security standard that each network allows.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Manifest, manifests } from '../../src/kubernetes/index.js';
import { loadVenue, readVenue } from '../../src/venues/load.js';
import { type Answer, ApiServer } from './api-server.js';
import { FILES } from './venue-files.js';

const server = new ApiServer();
const NAMESPACE = 'markets';
const PATHS: Readonly<Record<string, string>> = {
  ServiceAccount: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`,
  ConfigMap: `/api/v1/namespaces/${NAMESPACE}/configmaps`,
  Service: `/api/v1/namespaces/${NAMESPACE}/services`,
  Pod: `/api/v1/namespaces/${NAMESPACE}/pods`,
  Deployment: `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`,
  NetworkPolicy: `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies`,
};
/** Kinds that others bring: no server knows them before their definitions are there. */
const OF_OTHERS = ['NetworkAttachmentDefinition'];
const made = async (text: string): Promise<Manifest[]> =>
  manifests((await readVenue(text)).resource as never, await loadVenue(text));
const tried = (object: object, kind: string): Promise<Answer> =>
  server.send('POST', `${PATHS[kind]}?fieldValidation=Strict&dryRun=All`, object);

interface WithTemplate {
  readonly spec: { readonly template: { readonly metadata: object; readonly spec: object } };
}
async function podUnder(standard: string, text: string): Promise<Answer> {
  const labels = { 'pod-security.kubernetes.io/enforce': standard };
  const path = `/api/v1/namespaces/${NAMESPACE}`;
  await server.send('PATCH', path, { metadata: { labels } }, 'application/merge-patch+json');
  const { template } = ((await made(text)).find((m) => m.kind === 'Deployment') as unknown as WithTemplate).spec;
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name: 'tried' }, spec: template.spec };
  return tried(pod, 'Pod');
}

beforeAll(async () => {
  await server.start();
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  expect((await server.send('POST', '/api/v1/namespaces', namespace)).status).toBe(201);
}, 180_000);
afterAll(() => server.stop());

describe('the objects of a venue file', () => {
  it.each(Object.entries(FILES))('of %s are taken, and no field of them is unknown', async (_name, text) => {
    const objects = (await made(text)).filter(({ kind }) => !OF_OTHERS.includes(kind));
    expect(objects.length).toBeGreaterThanOrEqual(4);
    for (const object of objects) {
      const { status, body } = await tried(object, object.kind);
      expect([object.kind, status, status === 201 ? undefined : body.message]).toEqual([object.kind, 201, undefined]);
    }
  });

  it('make a pod of the standard `restricted`, where it has a network of its own and needs no right', async () => {
    const { status, body } = await podUnder('restricted', FILES.pod as string);
    expect([status, status === 201 ? undefined : body.message]).toEqual([201, undefined]);
  });

  it('ask for no more than the receive backend needs: of `restricted` only the capability is missing', async () => {
    const { status, body } = await podUnder('restricted', FILES.macvlan as string);
    expect([status, body.message]).toEqual([403, expect.stringMatching(/NET_RAW/)]);
    expect(body.message).not.toMatch(/allowPrivilegeEscalation|runAsNonRoot|seccompProfile|hostNetwork/);
  });

  it('need `privileged` for the node’s network', async () => {
    expect((await podUnder('baseline', FILES.host as string)).status).toBe(403);
    expect((await podUnder('privileged', FILES.host as string)).status).toBe(201);
  });
});
