/**
 * One connection made to be what it declares. Looks at what there is and not at what happened; does again what failed, and nothing
 * that is done.
 */
import { createHash } from 'node:crypto';
import type { Manifest } from 'venuewire/kubernetes';
import { type Api, ApiError, JSON_PATCH, type KubernetesObject } from './api.js';
import { type Condition, conditionsOf, isRolledOut, withTimes } from './conditions.js';
import { type Desired, desired, has, withoutKind } from './desired.js';
import type { Events } from './events.js';
import type { HandlerState } from './handlers.js';
import { CHILDREN, CONFIG_MAP, CONNECTION, DEPLOYMENT, type Kind, pathOf } from './kinds.js';
import type { Log } from './log.js';
import type { OperatorMetrics } from './metrics.js';
import { keyOf, type Watcher } from './watcher.js';

export const PAUSE = 'venuewire.io/pause-reconciliation';
/** Held until the handler’s pods have ended: a resource made anew at once does not fight with the old one for a login. */
export const FINALIZER = 'venuewire.io/teardown';
const MANAGER = 'venuewire-operator';
const STATUS_MANAGER = 'venuewire-operator-status';

export interface ReconcilerOptions {
  readonly api: Api;
  readonly events: Events;
  readonly metrics: OperatorMetrics;
  readonly log: Log;
  readonly connections: Pick<Watcher, 'items' | 'put'>;
  /** By kind. */
  readonly children: ReadonlyMap<string, Pick<Watcher, 'items' | 'put'>>;
  readonly pods: Pick<Watcher, 'items'>;
  readonly stateOf: (pod: KubernetesObject) => HandlerState | undefined;
  /** Names and versions, by `namespace/name`. */
  readonly secrets: Pick<Watcher, 'items'>;
  /** API groups of others that the cluster has. */
  readonly groups: readonly string[];
}

const isOf = (owner: KubernetesObject, child: KubernetesObject): boolean =>
  child.metadata.ownerReferences?.some((o) => o.uid === owner.metadata.uid) === true;
const controllerOf = (object: KubernetesObject) => object.metadata.ownerReferences?.find((o) => o.controller === true);

export class Reconciler {
  readonly #options: ReconcilerOptions;
  /** What a resource comes to, by its uid, as long as its generation stays. */
  readonly #desired = new Map<string, { of: string; desired: Promise<Desired> }>();
  /** Hash of what the server made of an object that it does not keep as it is written (quantities): by uid. */
  readonly #accepted = new Map<string, string>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** @param key `namespace/name`. @throws what the server said: it is tried again. */
  async reconcile(key: string): Promise<void> {
    const resource = this.#options.connections.items.get(key);
    // What it owned is collected by the cluster.
    if (resource === undefined) return;
    if (resource.metadata.deletionTimestamp !== undefined) return this.#teardown(resource);
    const isPaused = resource.metadata.annotations?.[PAUSE] === 'true';
    if (isPaused) return this.#tell(resource, await this.#of(resource), [], true);
    await this.#hold(resource);
    const wanted = await this.#of(resource);
    const taken: string[] = [];
    for (const child of wanted.children)
      if (!(await this.#applied(resource, child))) taken.push(`${child.kind} ${child.metadata.name}`);
    if (wanted.refused.length === 0) await this.#prune(resource, wanted.children);
    await this.#tell(resource, wanted, taken, false);
  }

  #of(resource: KubernetesObject): Promise<Desired> {
    const { uid = '', generation, annotations, namespace } = resource.metadata;
    const name = resource.spec?.deployment?.secret as string | undefined;
    const secret = name === undefined ? undefined : this.#options.secrets.items.get(`${namespace}/${name}`);
    const secretVersion = secret?.metadata.resourceVersion;
    const of = JSON.stringify([generation, annotations, secretVersion]);
    const known = this.#desired.get(uid);
    if (known?.of === of) return known.desired;
    const made = desired(resource, { groups: this.#options.groups, secretVersion });
    this.#desired.set(uid, { of, desired: made });
    return made;
  }

  async #hold(resource: KubernetesObject): Promise<void> {
    const { finalizers = [], namespace, name, resourceVersion } = resource.metadata;
    if (finalizers.includes(FINALIZER)) return;
    const path = pathOf(CONNECTION, namespace, name);
    const body = { metadata: { resourceVersion, finalizers: [...finalizers, FINALIZER] } };
    const type = 'application/merge-patch+json';
    this.#options.connections.put(await this.#options.api.call('PATCH', path, { body, type }));
  }

  #childrenOf(kind: Kind): Pick<Watcher, 'items' | 'put'> | undefined {
    return this.#options.children.get(kind.kind);
  }

  /** @returns false where the name belongs to another. */
  async #applied(resource: KubernetesObject, child: Manifest): Promise<boolean> {
    const kind = CHILDREN.find((k) => k.kind === child.kind) as Kind;
    const cache = this.#childrenOf(kind);
    const { namespace, name } = child.metadata as { namespace: string; name: string };
    const live = cache?.items.get(keyOf(child as KubernetesObject));
    const owner = live === undefined ? undefined : controllerOf(live);
    if (owner !== undefined && owner.uid !== resource.metadata.uid) return false;
    if (live !== undefined && this.#isAsWanted(live, child)) return true;
    const { api, metrics, log, events } = this.#options;
    // Fields that others wrote over are ours again; those that we do not declare stay theirs.
    const made = await api.apply(pathOf(kind, namespace, name), child, MANAGER, true);
    cache?.put(made);
    metrics.applied.inc({ kind: kind.kind });
    log('info', 'applied', { key: keyOf(resource), kind: kind.kind, name, anew: live === undefined });
    if (!has(made, withoutKind(child))) this.#accepted.set(made.metadata.uid as string, fingerprint(made, child));
    if (kind === DEPLOYMENT || (kind === CONFIG_MAP && live !== undefined))
      await events.tell(
        resource,
        'Applied',
        'Apply',
        `${kind.kind} ${name} ${live === undefined ? 'made' : 'changed'}`,
      );
    return true;
  }

  #isAsWanted(live: KubernetesObject, child: Manifest): boolean {
    return (
      has(live, withoutKind(child)) || this.#accepted.get(live.metadata.uid as string) === fingerprint(live, child)
    );
  }

  /** Objects of generations before. What pods may still mount stays until they have ended. */
  async #prune(resource: KubernetesObject, wanted: readonly Manifest[]): Promise<void> {
    const { api, log } = this.#options;
    for (const kind of CHILDREN) {
      const cache = this.#childrenOf(kind);
      const old = [...(cache?.items.values() ?? [])].filter(
        (o) =>
          isOf(resource, o) &&
          o.metadata.deletionTimestamp === undefined &&
          !wanted.some((w) => w.kind === kind.kind && w.metadata.name === o.metadata.name),
      );
      for (const { metadata } of old) {
        if (kind === CONFIG_MAP && !this.#isSettled(resource)) continue;
        await ifThere(api.call('DELETE', pathOf(kind, metadata.namespace, metadata.name), precondition(metadata.uid)));
        cache?.items.delete(keyOf({ metadata }));
        log('info', 'removed', { key: keyOf(resource), kind: kind.kind, name: metadata.name });
      }
    }
  }

  #isSettled(resource: KubernetesObject): boolean {
    return isRolledOut(this.#deploymentOf(resource)) && this.#podsOf(resource).length <= 1;
  }
  #deploymentOf(resource: KubernetesObject): KubernetesObject | undefined {
    const live = this.#childrenOf(DEPLOYMENT)?.items.get(keyOf(resource));
    return live !== undefined && isOf(resource, live) ? live : undefined;
  }
  #podsOf({ metadata: { namespace, name } }: KubernetesObject): KubernetesObject[] {
    return [...this.#options.pods.items.values()].filter(
      ({ metadata: m }) => m.namespace === namespace && m.labels?.['app.kubernetes.io/instance'] === name,
    );
  }

  /** What is said of it, where that is not what it says. */
  async #tell(resource: KubernetesObject, wanted: Desired, taken: readonly string[], paused: boolean): Promise<void> {
    const { api, events, connections } = this.#options;
    const { namespace, name, generation = 1 } = resource.metadata;
    const before = (resource.status?.conditions ?? []) as Condition[];
    const said = conditionsOf({
      ...{ paused, taken, refused: wanted.refused },
      deployment: this.#deploymentOf(resource),
      pods: this.#podsOf(resource).filter((pod) => pod.metadata.deletionTimestamp === undefined),
      stateOf: this.#options.stateOf,
    });
    const conditions = withTimes(said, before, generation, new Date().toISOString().replace(/\.\d+Z$/, 'Z'));
    const status = { observedGeneration: generation, conditions };
    if (has(resource.status, status)) return;
    const path = `${pathOf(CONNECTION, namespace, name)}/status`;
    const head = { apiVersion: CONNECTION.apiVersion, kind: CONNECTION.kind };
    const uid = resource.metadata.uid;
    connections.put(
      await api.apply(path, { ...head, metadata: { namespace, name, uid }, status }, STATUS_MANAGER, true),
    );
    await events.changes(resource, before, conditions);
  }

  /** The handler ends first: it logs out, and its sinks are flushed. Then the resource may go, and the rest goes with it. */
  async #teardown(resource: KubernetesObject): Promise<void> {
    const { finalizers = [], namespace, name, uid = '' } = resource.metadata;
    const at = finalizers.indexOf(FINALIZER);
    if (at < 0) return;
    const { api, log, events } = this.#options;
    const deployment = this.#deploymentOf(resource);
    if (deployment !== undefined && deployment.metadata.deletionTimestamp === undefined) {
      await events.tell(resource, 'Ending', 'Delete', 'the handler is ended, and its pod waited for');
      const foreground = { propagationPolicy: 'Foreground' };
      await ifThere(
        api.call('DELETE', pathOf(DEPLOYMENT, namespace, name), precondition(deployment.metadata.uid, foreground)),
      );
      // Who is told of the end is the watch.
      return;
    }
    if (deployment !== undefined || this.#podsOf(resource).length > 0) return;
    const body = [
      { op: 'test', path: `/metadata/finalizers/${at}`, value: FINALIZER },
      { op: 'remove', path: `/metadata/finalizers/${at}` },
    ];
    await ifThere(api.call('PATCH', pathOf(CONNECTION, namespace, name), { body, type: JSON_PATCH }));
    this.#desired.delete(uid);
    log('info', 'let go', { key: keyOf(resource) });
  }
}

/** Of the parts of a live object that are declared. */
function fingerprint(live: KubernetesObject, wanted: Manifest): string {
  const {
    resourceVersion: _,
    managedFields: __,
    generation: ___,
    ...metadata
  } = live.metadata as never as Record<string, unknown>;
  const parts = Object.keys(wanted).filter((part) => part !== 'metadata' && part !== 'apiVersion' && part !== 'kind');
  const { annotations: ____, ...own } = metadata;
  return createHash('sha256')
    .update(JSON.stringify([own, parts.map((part) => live[part]), wanted]))
    .digest('hex');
}

const precondition = (uid: string | undefined, more: object = {}): { body: object } => ({
  body: { apiVersion: 'v1', kind: 'DeleteOptions', ...(uid === undefined ? {} : { preconditions: { uid } }), ...more },
});

/** What is gone already need not be removed. */
async function ifThere(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (cause) {
    if (!(cause instanceof ApiError && cause.status === 404)) throw cause;
  }
}
