/**
 * What a cluster has of one kind, kept up to date: listed once, then watched. A watch that ends is opened again where it was;
 * one that is too old (410) is listed anew. Level-triggered: who is told of a change looks at what there is.
 */
import { type Api, ApiError, type KubernetesObject } from './api.js';
import { type Kind, pathOf } from './kinds.js';
import { type Log, messageOf } from './log.js';
import type { OperatorMetrics } from './metrics.js';

export interface WatcherOptions {
  readonly kind: Kind;
  /** Default: every namespace. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string;
  /** Names, labels and versions alone: contents are neither asked for nor kept. */
  readonly metadataOnly?: boolean;
  readonly api: Api;
  readonly metrics: OperatorMetrics;
  readonly log: Log;
  readonly changed: (object: KubernetesObject) => void;
}

const PAGE = 500;
/** The server ends a watch after this, so that a connection that nobody tends is not there for ever. */
const WATCH_S = 290;
/** Bookmarks come about every minute: longer silence is a dead connection. */
const QUIET_MS = 150_000;
const WAIT_LEAST_MS = 200;
const WAIT_MOST_MS = 30_000;

export const keyOf = ({ metadata: { namespace, name } }: Pick<KubernetesObject, 'metadata'>): string =>
  `${namespace ?? ''}/${name}`;
const versionOf = ({ metadata }: KubernetesObject): number => Number(metadata.resourceVersion ?? 0);

export class Watcher {
  readonly items = new Map<string, KubernetesObject>();
  readonly #options: WatcherOptions;
  readonly #path: string;
  readonly #accept: { accept?: string };
  readonly #listed: Promise<void>;
  #resolveListed: () => void = () => {};
  #version: string | undefined;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#path = pathOf(options.kind, options.namespace);
    const as = (what: string): string => `application/json;as=${what};v=v1;g=meta.k8s.io`;
    this.#accept = options.metadataOnly === true ? { accept: as('PartialObjectMetadataList') } : {};
    this.#listed = new Promise((resolve) => {
      this.#resolveListed = resolve;
    });
  }

  /** Until all of it has been seen once. */
  get listed(): Promise<void> {
    return this.#listed;
  }

  /** What a call of ours brought back: it is newer than what the watch has told so far. */
  put(object: KubernetesObject): void {
    const known = this.items.get(keyOf(object));
    if (known === undefined || versionOf(known) <= versionOf(object)) this.items.set(keyOf(object), object);
  }

  /** Until `signal`. Errors are waited out, longer each time. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, kind } = this.#options;
    for (let wait = WAIT_LEAST_MS; !signal.aborted; ) {
      const began = performance.now();
      try {
        if (this.#version === undefined) await this.#list();
        await this.#watch(signal);
      } catch (cause) {
        if (signal.aborted) return;
        if (cause instanceof ApiError && cause.status === 410) this.#version = undefined;
        log('warn', 'a watch ended and is opened again', {
          resource: kind.plural,
          cause: messageOf(cause),
          waitMs: wait,
        });
      }
      if (performance.now() - began > WAIT_MOST_MS) wait = WAIT_LEAST_MS;
      // A server that ends every watch at once is not asked in a circle.
      await pause(wait * (0.5 + Math.random()), signal);
      wait = Math.min(wait * 2, WAIT_MOST_MS);
    }
  }

  #query(more: Record<string, string>): string {
    const { labelSelector } = this.#options;
    return new URLSearchParams({ ...(labelSelector === undefined ? {} : { labelSelector }), ...more }).toString();
  }

  async #list(): Promise<void> {
    const { api, metrics, kind, changed } = this.#options;
    metrics.lists.inc({ resource: kind.plural });
    const found = new Map<string, KubernetesObject>();
    let version = '';
    for (let next = ''; ; ) {
      const query = this.#query({ limit: String(PAGE), ...(next === '' ? {} : { continue: next }) });
      const page = await api.call('GET', `${this.#path}?${query}`, this.#accept);
      // Of none a server says null.
      for (const item of (page.items ?? []) as KubernetesObject[]) found.set(keyOf(item), item);
      version = page.metadata.resourceVersion as string;
      next = (page.metadata as { continue?: string }).continue ?? '';
      if (next === '') break;
    }
    const gone = [...this.items].filter(([key]) => !found.has(key));
    for (const [key, object] of gone) {
      this.items.delete(key);
      changed(object);
    }
    for (const [key, object] of found) {
      const known = this.items.get(key);
      if (known?.metadata.resourceVersion === object.metadata.resourceVersion) continue;
      this.put(object);
      changed(object);
    }
    this.#version = version;
    this.#resolveListed();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { api, metrics, kind } = this.#options;
    metrics.watches.inc({ resource: kind.plural });
    const query = this.#query({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: this.#version as string,
      timeoutSeconds: String(WATCH_S),
    });
    const accept = this.#accept.accept?.replace('List', '');
    for await (const { type, object } of api.watch(
      `${this.#path}?${query}`,
      accept === undefined ? {} : { accept },
      QUIET_MS,
      signal,
    )) {
      if (type === 'ERROR')
        throw new ApiError(Number(object.code ?? 0), String(object.reason ?? ''), String(object.message ?? ''));
      this.#take(type, object);
    }
  }

  #take(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', object: KubernetesObject): void {
    this.#version = object.metadata.resourceVersion;
    if (type === 'BOOKMARK') return;
    const key = keyOf(object);
    const known = this.items.get(key);
    if (type === 'DELETED') {
      if (known === undefined || known.metadata.uid === object.metadata.uid) this.items.delete(key);
    } else {
      // What a call of ours brought back may be ahead of the watch.
      if (known !== undefined && versionOf(known) > versionOf(object)) return;
      this.items.set(key, object);
    }
    this.#options.changed(object);
  }
}

export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
