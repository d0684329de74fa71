/**
 * One migration brought on by one step at a time, as far as facts prove: planned, the facts that others attach, side by side,
 * promoted, the old one removed. A fact that says no goes back to the old one, and removes the new one.
 */
import { dueStep, type Evidence, type MigrationState, type MigrationStep, prove } from 'venuewire/compare';
import { type MigrationSpec, migrationManifests } from 'venuewire/kubernetes';
import { type Api, ApiError, type KubernetesObject } from './api.js';
import { desired, has, withoutKind } from './desired.js';
import type { Events } from './events.js';
import { addressOf } from './handlers.js';
import { CHILDREN, CONNECTION, type Kind, MIGRATION, pathOf } from './kinds.js';
import type { Log } from './log.js';
import type { OperatorMetrics } from './metrics.js';
import { keyOf, type Watcher } from './watcher.js';

const MANAGER = 'venuewire-operator';
const STATUS_MANAGER = 'venuewire-operator-status';
const ANSWER_MS = 2_000;

export interface MigratorOptions {
  readonly api: Api;
  readonly events: Events;
  readonly metrics: OperatorMetrics;
  readonly log: Log;
  readonly migrations: Pick<Watcher, 'items' | 'put'>;
  readonly connections: Pick<Watcher, 'items'>;
  /** Deployments and Services that compare, by kind. */
  readonly children: ReadonlyMap<string, Pick<Watcher, 'items' | 'put'>>;
  readonly pods: Pick<Watcher, 'items'>;
  readonly groups: readonly string[];
}

/** What `venuewire compare --status` answers. */
interface Comparison {
  readonly step: 'shadow' | 'promoted' | 'oldRemoved' | 'rolledBack';
  readonly equalMinutes: number;
  readonly minute?: { readonly score: number };
  readonly total: { readonly compared: number; readonly equal: number; readonly score: number };
  readonly ledger: {
    readonly forwarded: number;
    readonly fromOld: number;
    readonly fromNew: number;
    readonly lost: number;
  };
  readonly first?: readonly string[];
}

/** A fact, or what is waited for. */
type Found = { readonly ok: boolean; readonly summary: string; readonly at?: string } | { readonly waits: string };
const waits = (what: string): Found => ({ waits: what });

/** Migrations that are over need nothing more. */
export const isOver = (migration: KubernetesObject): boolean => ['done', 'rolledBack'].includes(migration.status?.due);

export class Migrator {
  readonly #options: MigratorOptions;
  constructor(options: MigratorOptions) {
    this.#options = options;
  }

  /** @param key `namespace/name`. */
  async reconcile(key: string): Promise<void> {
    const migration = this.#options.migrations.items.get(key);
    if (migration === undefined || migration.metadata.deletionTimestamp !== undefined) return;
    const before = stateOf(migration);
    let state = before;
    let waiting = '';
    let comparison: Comparison | undefined;
    for (let due = dueStep(state); due !== undefined; due = dueStep(state)) {
      if (due === 'shadowed' && (await this.#isReady(migration))) await this.#compare(migration);
      comparison ??= await this.#comparisonOf(migration);
      const found = await this.#found(migration, due, comparison);
      if ('waits' in found) {
        waiting = found.waits;
        break;
      }
      // Of a roll-back the time is its own: what was made after it is not of it.
      const at = found.ok && found.at !== undefined ? found.at : new Date().toISOString();
      const evidence: Evidence = { ok: found.ok, summary: found.summary, at };
      state = prove(state, due, evidence);
      await this.#tellStep(migration, due, evidence);
    }
    if (state.rolledBack !== undefined) await this.#removeNew(migration, state.rolledBack.evidence.at);
    await this.#tell(migration, state, waiting, comparison);
  }

  async #found(migration: KubernetesObject, due: MigrationStep, comparison: Comparison | undefined): Promise<Found> {
    const spec = migration.spec as MigrationSpec;
    if (spec.rollBack === true) return { ok: false, summary: 'a roll-back was asked for' };
    if (due === 'planned') return this.#planned(migration);
    if (due === 'captureAgrees' || due === 'certified')
      return spec.evidence?.[due] ?? waits(`a fact in spec.evidence.${due}`);
    if (comparison === undefined) return waits('the comparison: both connections have to be ready first');
    if (comparison.step === 'rolledBack')
      return { ok: false, summary: (comparison.first ?? ['a difference']).join('\n').slice(0, 1_000) };
    const { equal, compared } = comparison.total;
    if (due === 'shadowed' || due === 'promoted') {
      if (comparison.step === 'shadow')
        return waits(`${spec.equalMinutes} equal minutes, ${comparison.equalMinutes} so far`);
      if (due === 'shadowed')
        return { ok: true, summary: `${equal} of ${compared} equal, ${spec.equalMinutes} minutes in a row` };
      const { forwarded, fromOld, fromNew, lost } = comparison.ledger;
      return { ok: lost === 0, summary: `passed on ${forwarded} = old ${fromOld} + new ${fromNew}, lost ${lost}` };
    }
    if (comparison.step !== 'oldRemoved') return waits('an equal minute after the switch');
    return this.#oldRemoved(migration);
  }

  #connection(migration: KubernetesObject, name: string): KubernetesObject | undefined {
    return this.#options.connections.items.get(`${migration.metadata.namespace}/${name}`);
  }

  async #planned(migration: KubernetesObject): Promise<Found> {
    const { from, to } = migration.spec as MigrationSpec;
    for (const name of ['connection' in from ? from.connection : undefined, to.connection]) {
      if (name === undefined) continue;
      const connection = this.#connection(migration, name);
      if (connection === undefined) return waits(`the connection ${name}, which is not there`);
      if (connection.spec?.deployment?.publish === undefined) return waits(`deployment.publish of ${name}`);
      const { refused } = await desired(connection, { groups: this.#options.groups, secretVersion: undefined });
      if (refused.length > 0) return waits(`the plan of ${name}: ${refused[0]}`.slice(0, 1_000));
    }
    return { ok: true, summary: 'the plans have no errors' };
  }

  async #isReady(migration: KubernetesObject): Promise<boolean> {
    const { from, to } = migration.spec as MigrationSpec;
    const names = [to.connection, ...('connection' in from ? [from.connection] : [])];
    return names.every((name) =>
      this.#connection(migration, name)?.status?.conditions?.some(
        (c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True',
      ),
    );
  }

  /** What compares: applied where it is not there, and left as it is then: it holds what was found so far. */
  async #compare(migration: KubernetesObject): Promise<void> {
    const { api, children, log, metrics } = this.#options;
    const { name, namespace = '', uid } = migration.metadata;
    const { from, to } = migration.spec as MigrationSpec;
    const portOf = (connection: string): number => this.#connection(migration, connection)?.spec.deployment.publish;
    const ports = { from: 'connection' in from ? portOf(from.connection) : undefined, to: portOf(to.connection) };
    const of = { metadata: { name, namespace }, spec: migration.spec as MigrationSpec };
    const ownerReferences = [
      { apiVersion: MIGRATION.apiVersion, kind: MIGRATION.kind, name, uid, controller: true, blockOwnerDeletion: true },
    ];
    for (const child of migrationManifests(of, ports)) {
      const object = { ...child, metadata: { ...child.metadata, ownerReferences } };
      const cache = children.get(child.kind);
      const live = cache?.items.get(keyOf(object as KubernetesObject));
      if (live !== undefined && has(live, withoutKind(object as KubernetesObject))) continue;
      const kind = CHILDREN.find((k) => k.kind === child.kind) as Kind;
      cache?.put(await api.apply(pathOf(kind, namespace, child.metadata.name), object, MANAGER, true));
      metrics.applied.inc({ kind: kind.kind });
      log('info', 'applied', { key: keyOf(migration), kind: kind.kind, name: child.metadata.name });
    }
  }

  async #comparisonOf(migration: KubernetesObject): Promise<Comparison | undefined> {
    const { name, namespace } = migration.metadata;
    for (const pod of this.#options.pods.items.values()) {
      const { metadata } = pod;
      if (metadata.namespace !== namespace || metadata.labels?.['app.kubernetes.io/instance'] !== `${name}-compare`)
        continue;
      const address = metadata.deletionTimestamp === undefined ? addressOf(pod) : undefined;
      if (address === undefined) continue;
      try {
        const answer = await fetch(`http://${address}/status`, { signal: AbortSignal.timeout(ANSWER_MS) });
        if (answer.ok) return (await answer.json()) as Comparison;
      } catch {
        // It is asked again.
      }
    }
    return undefined;
  }

  async #oldRemoved(migration: KubernetesObject): Promise<Found> {
    const { from } = migration.spec as MigrationSpec;
    if (!('connection' in from)) return { ok: true, summary: 'the old handler is not ours: it may be ended' };
    if (!(await this.#removed(migration, from.connection))) return waits(`the end of ${from.connection}`);
    return { ok: true, summary: `${from.connection} has ended` };
  }

  /** The new one, where it is of before the roll-back. */
  async #removeNew(migration: KubernetesObject, at: string): Promise<void> {
    const { to } = migration.spec as MigrationSpec;
    const made = this.#connection(migration, to.connection)?.metadata.creationTimestamp;
    if (made !== undefined && Date.parse(made) <= Date.parse(at)) await this.#removed(migration, to.connection);
  }

  /** @returns whether it is gone; where it is not, it is deleted. */
  async #removed(migration: KubernetesObject, name: string): Promise<boolean> {
    const connection = this.#connection(migration, name);
    if (connection === undefined) return true;
    const { uid, deletionTimestamp } = connection.metadata;
    if (deletionTimestamp !== undefined) return false;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
    try {
      await this.#options.api.call('DELETE', pathOf(CONNECTION, migration.metadata.namespace, name), { body });
    } catch (cause) {
      if (!(cause instanceof ApiError && cause.status === 404)) throw cause;
    }
    this.#options.log('info', 'removed', { key: keyOf(migration), kind: CONNECTION.kind, name });
    return false;
  }

  async #tellStep(migration: KubernetesObject, step: MigrationStep, { ok, summary }: Evidence): Promise<void> {
    const { events, log } = this.#options;
    log('info', ok ? 'proved' : 'rolled back', { key: keyOf(migration), step, summary });
    const reason = ok ? `${step[0]?.toUpperCase()}${step.slice(1)}` : 'RolledBack';
    await events.tell(migration, reason, 'Migrate', summary, ok ? 'Normal' : 'Warning', MIGRATION);
  }

  async #tell(migration: KubernetesObject, state: MigrationState, waiting: string, comparison: Comparison | undefined) {
    const { api, migrations } = this.#options;
    const { namespace, name, uid, generation = 1 } = migration.metadata;
    const { rolledBack } = state;
    const score =
      comparison?.minute === undefined ? migration.status?.score : `${(comparison.minute.score * 100).toFixed(4)} %`;
    const status = {
      observedGeneration: generation,
      due: dueStep(state) ?? (rolledBack === undefined ? 'done' : 'rolledBack'),
      waiting,
      proved: state.proved.map(({ step, evidence: { ok, summary, at } }) => ({ step, ok, summary, at })),
      ...(score === undefined ? {} : { score }),
      ...(rolledBack === undefined ? {} : { rolledBack: { step: rolledBack.at, ...rolledBack.evidence } }),
    };
    if (has(migration.status, status)) return;
    const head = { apiVersion: MIGRATION.apiVersion, kind: MIGRATION.kind, metadata: { namespace, name, uid } };
    const path = `${pathOf(MIGRATION, namespace, name)}/status`;
    migrations.put(await api.apply(path, { ...head, status }, STATUS_MANAGER, true));
  }
}

/** What its status keeps. */
function stateOf({ metadata: { name }, status }: KubernetesObject): MigrationState {
  type Kept = Evidence & { readonly step: MigrationStep };
  const proved = ((status?.proved ?? []) as Kept[]).map(({ step, ...evidence }) => ({ step, evidence }));
  if (status?.rolledBack === undefined) return { name, proved };
  const { step, ...evidence } = status.rolledBack as Kept;
  return { name, proved, rolledBack: { at: step, evidence } };
}
