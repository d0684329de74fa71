/** The operator put together: watches, a queue, workers, polls of handlers. It runs while this process has the lease. */
import { setMaxListeners } from 'node:events';
import type { Api, KubernetesObject } from './api.js';
import { Events } from './events.js';
import { Handlers } from './handlers.js';
import { CHILDREN, CONNECTION, groupOf, type Kind, MIGRATION, OF_OTHERS, POD, SECRET } from './kinds.js';
import { type Log, messageOf } from './log.js';
import type { OperatorMetrics } from './metrics.js';
import { isOver, Migrator } from './migrate.js';
import { WorkQueue } from './queue.js';
import { Reconciler } from './reconcile.js';
import { keyOf, pause, Watcher } from './watcher.js';

export interface OperatorOptions {
  readonly api: Api;
  readonly metrics: OperatorMetrics;
  readonly log: Log;
  /** Name of this process in events. */
  readonly identity: string;
  /** Default: every namespace. */
  readonly namespace?: string | undefined;
  /** Resources worked on at once. Default: 4. */
  readonly workers?: number;
  /** Handlers are asked how they are this often. Default: 5 s. */
  readonly pollMs?: number;
}

const WORKERS = 4;
/** Every resource is looked at again, whether or not something was told. */
const AGAIN_MS = 10 * 60_000;
const SELECTOR = 'app.kubernetes.io/part-of=venuewire,app.kubernetes.io/component in (handler,comparison)';

export class Operator {
  readonly #options: OperatorOptions;
  readonly #queue = new WorkQueue();
  readonly #migrations = new WorkQueue();
  readonly #secretVersions = new Map<string, string>();
  #progressAt = performance.now();

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  /** Workers that have had something to do for so long without an end of any of it: something hangs. */
  get stuckMs(): number {
    return this.#queue.idle ? 0 : performance.now() - this.#progressAt;
  }

  /** Until `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    const { api, metrics, log, namespace, identity } = this.#options;
    // Each watch and each wait listens to it.
    setMaxListeners(0, signal);
    const groups = await this.#groups();
    const enqueue = (key: string): void => {
      if (this.#queue.idle) this.#progressAt = performance.now();
      this.#queue.add(key);
    };
    const common = { api, metrics, log, namespace };
    const connections = new Watcher({ ...common, kind: CONNECTION, changed: (o) => enqueue(keyOf(o)) });
    const migrations = new Watcher({ ...common, kind: MIGRATION, changed: (o) => this.#migrations.add(keyOf(o)) });
    const ofOwner = (o: KubernetesObject): void => {
      for (const { kind, name } of o.metadata.ownerReferences ?? []) {
        if (kind === CONNECTION.kind) enqueue(`${o.metadata.namespace}/${name}`);
        if (kind === MIGRATION.kind) this.#migrations.add(`${o.metadata.namespace}/${name}`);
      }
    };
    const ofInstance = (o: KubernetesObject): void =>
      enqueue(`${o.metadata.namespace}/${o.metadata.labels?.['app.kubernetes.io/instance']}`);
    const there = CHILDREN.filter((kind) => !OF_OTHERS.includes(groupOf(kind)) || groups.includes(groupOf(kind)));
    const watched = (kind: Kind): Watcher =>
      new Watcher({ ...common, kind, labelSelector: SELECTOR, changed: ofOwner });
    const children = new Map(there.map((kind) => [kind.kind, watched(kind)]));
    const pods = new Watcher({ ...common, kind: POD, labelSelector: SELECTOR, changed: ofInstance });
    const secrets = new Watcher({
      ...common,
      kind: SECRET,
      metadataOnly: true,
      changed: (secret) => void this.#rotated(secret, connections, events, enqueue),
    });
    const events = new Events(api, log, identity);
    const handlers = new Handlers(ofInstance);
    const reconciler = new Reconciler({
      ...{ api, metrics, log, events, connections, children, pods, secrets, groups },
      stateOf: (pod) => handlers.stateOf(pod),
    });
    const migrator = new Migrator({ api, metrics, log, events, migrations, connections, children, pods, groups });
    const isThere = await this.#knows(MIGRATION);
    if (!isThere) log('warn', 'the cluster does not know VenueMigration: apply deploy/crds and start again');
    const all = [connections, ...(isThere ? [migrations] : []), pods, secrets, ...children.values()];
    const running = all.map((watcher) => watcher.run(signal));
    signal.addEventListener('abort', () => {
      this.#queue.close();
      this.#migrations.close();
    });
    await Promise.race([Promise.all(all.map((watcher) => watcher.listed)), aborted(signal)]);
    log('info', 'all is listed', { connections: connections.items.size, groups });
    for (const key of connections.items.keys()) enqueue(key);
    const workers = Array.from({ length: this.#options.workers ?? WORKERS }, () =>
      this.#work(CONNECTION, this.#queue, (key) => reconciler.reconcile(key)),
    );
    workers.push(this.#work(MIGRATION, this.#migrations, (key) => migrator.reconcile(key)));
    await Promise.all([
      ...running,
      ...workers,
      this.#poll(handlers, pods, migrations, signal),
      this.#again(connections, enqueue, signal),
    ]);
  }

  /** Definitions are installed once by Helm: a later one may be missing. */
  async #knows({ apiVersion, plural }: Kind): Promise<boolean> {
    const { resources } = await this.#options.api.call('GET', `/apis/${apiVersion}`);
    return (resources as { name: string }[]).some(({ name }) => name === plural);
  }

  /** Groups of others that the cluster has now. */
  async #groups(): Promise<string[]> {
    const { groups } = await this.#options.api.call('GET', '/apis');
    const names = (groups as { name: string }[]).map(({ name }) => name);
    return OF_OTHERS.filter((group) => names.includes(group));
  }

  async #work(kind: Kind, queue: WorkQueue, reconcile: (key: string) => Promise<void>): Promise<void> {
    const { metrics, log } = this.#options;
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      const end = metrics.seconds.startTimer({ kind: kind.kind });
      try {
        await reconcile(key);
        queue.succeeded(key);
        metrics.reconciles.inc({ kind: kind.kind, outcome: 'ok' });
      } catch (cause) {
        const waitMs = queue.retry(key);
        metrics.reconciles.inc({ kind: kind.kind, outcome: 'failed' });
        log('warn', 'not reconciled; it is tried again', { kind: kind.kind, key, cause: messageOf(cause), waitMs });
      }
      end();
      this.#progressAt = performance.now();
      queue.done(key);
      metrics.waiting.set(this.#queue.waiting);
    }
  }

  async #poll(handlers: Handlers, pods: Watcher, migrations: Watcher, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const there = [...pods.items.values()].filter(
        ({ metadata: m }) =>
          m.deletionTimestamp === undefined && m.labels?.['app.kubernetes.io/component'] === 'handler',
      );
      await handlers.poll(there);
      for (const [key, migration] of migrations.items) if (!isOver(migration)) this.#migrations.add(key);
      await pause(this.#options.pollMs ?? Handlers.everyMs, signal);
    }
  }

  async #again(connections: Watcher, enqueue: (key: string) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(AGAIN_MS, signal);
      for (const key of connections.items.keys()) enqueue(key);
    }
  }

  /** Connections whose Secret it is are looked at again, and are told. */
  async #rotated(
    secret: KubernetesObject,
    connections: Watcher,
    events: Events,
    enqueue: (key: string) => void,
  ): Promise<void> {
    const { namespace, name, uid = '', resourceVersion = '' } = secret.metadata;
    const before = this.#secretVersions.get(uid);
    this.#secretVersions.set(uid, resourceVersion);
    for (const connection of connections.items.values()) {
      if (connection.metadata.namespace !== namespace || connection.spec?.deployment?.secret !== name) continue;
      enqueue(keyOf(connection));
      if (before === undefined || before === resourceVersion) continue;
      this.#options.log('info', 'a secret was rotated', { key: keyOf(connection), secret: name });
      await events.tell(connection, 'SecretRotated', 'Rotate', `Secret ${name} has changed`);
    }
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
