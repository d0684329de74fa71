/** What a connection’s resource comes to, and whether a cluster has it already. No client, no clock. */
import { type Manifest, manifestsOf } from 'venuewire/kubernetes';
import { plan } from 'venuewire/plan';
import type { KubernetesObject } from './api.js';
import { CONNECTION, OF_OTHERS } from './kinds.js';
import { messageOf } from './log.js';

export interface Desired {
  readonly children: readonly Manifest[];
  /** Errors of the plan, each with what to do; then there are no children. */
  readonly refused: readonly string[];
}

export interface ClusterFacts {
  /** API groups beside Kubernetes' own that the cluster has. */
  readonly groups: readonly string[];
  /** Version of the connection’s Secret; undefined where there is none. */
  readonly secretVersion: string | undefined;
}

/** The objects of a connection, owned by it. */
export async function desired(resource: KubernetesObject, facts: ClusterFacts): Promise<Desired> {
  const { groups, secretVersion } = facts;
  const { name, namespace, uid, annotations } = resource.metadata;
  const venue = {
    apiVersion: CONNECTION.apiVersion,
    kind: CONNECTION.kind,
    metadata: { name, namespace, ...(annotations === undefined ? {} : { annotations }) },
    spec: resource.spec,
  };
  try {
    // The machine and the secrets are those of a node: not of this pod.
    const { findings } = await plan(JSON.stringify(venue), { machine: false, secrets: false });
    const refused = findings
      .filter(({ severity }) => severity === 'error')
      .map(({ path, message, remedy }) => `${path}: ${message}. ${remedy}`);
    if (refused.length > 0) return { children: [], refused };
    const owner = { apiVersion: CONNECTION.apiVersion, kind: CONNECTION.kind, name, uid };
    const ownerReferences = [{ ...owner, controller: true, blockOwnerDeletion: true }];
    const secret = secretVersion === undefined ? {} : { secretVersion };
    const options = { groups, ...secret, ...(namespace === undefined ? {} : { namespace }) };
    const objects = await manifestsOf(venue as never, options);
    const missing = objects.find((o) => isMissing(o, groups));
    if (missing !== undefined) return { children: [], refused: [missingText(missing)] };
    return { children: objects.map((o) => ({ ...o, metadata: { ...o.metadata, ownerReferences } })), refused: [] };
  } catch (cause) {
    return { children: [], refused: [messageOf(cause)] };
  }
}

/** A kind that others bring, and that this cluster has not. */
function isMissing({ apiVersion }: Manifest, groups: readonly string[]): boolean {
  const group = apiVersion.split('/', 1)[0] as string;
  return OF_OTHERS.includes(group) && !groups.includes(group);
}
const missingText = ({ kind, apiVersion }: Manifest): string =>
  `spec.deployment: the cluster knows no ${kind} of ${apiVersion}. Install what brings it (Multus) and start the operator again, or use network host.`;

/** Whether an object has all that is desired of it. What the server or others added beside it is theirs. */
export function has(live: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(live) && live.length === wanted.length && wanted.every((part, i) => has(live[i], part));
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof live !== 'object' || live === null) return false;
    return Object.entries(wanted).every(([key, part]) => part === undefined || has((live as never)[key], part));
  }
  return live === wanted;
}

/** Items of a list have neither. */
export const withoutKind = ({ apiVersion: _, kind: __, ...rest }: Manifest | KubernetesObject): object => rest;
