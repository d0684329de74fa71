/**
 * One operator works at a time: who holds a Lease. A holder that cannot renew it in time stops before another one may begin.
 * Times of other machines are not compared with ours: a lease has run out when it has not changed for its duration, as seen
 * from here. Source: Kubernetes documentation, "Leases"; the times are those of its own components.
 */
import { type Api, ApiError, type KubernetesObject } from './api.js';
import { LEASE, pathOf } from './kinds.js';
import { type Log, messageOf } from './log.js';
import { pause } from './watcher.js';

export interface LeaseOptions {
  readonly api: Api;
  readonly log: Log;
  readonly namespace: string;
  readonly name: string;
  /** Who we are: no two processes say the same. */
  readonly identity: string;
  /** Others wait so long after the last renewal. Default: 15 s. */
  readonly durationMs?: number;
  /** We stop when we could not renew for so long. Default: 10 s; less than the duration. */
  readonly renewWithinMs?: number;
  /** Default: 2 s. */
  readonly everyMs?: number;
}

const DURATION_MS = 15_000;
const RENEW_MS = 10_000;
const EVERY_MS = 2_000;

export class LeaderElection {
  readonly #options: Required<LeaseOptions>;
  readonly #path: string;
  /** What was last seen of the lease, and when it last changed. */
  #seen = { text: '', at: 0 };

  constructor(options: LeaseOptions) {
    this.#options = { durationMs: DURATION_MS, renewWithinMs: RENEW_MS, everyMs: EVERY_MS, ...options };
    this.#path = pathOf(LEASE, options.namespace);
  }

  /** Until the lease is ours. */
  async acquire(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await this.#tried()) return;
      await pause(this.#options.everyMs * (0.75 + Math.random() / 2), signal);
    }
  }

  /** Renews it until that fails for too long, or another has it. Resolves with why; undefined after `signal`. */
  async keep(signal: AbortSignal): Promise<string | undefined> {
    let renewed = performance.now();
    while (!signal.aborted) {
      await pause(this.#options.everyMs, signal);
      if (signal.aborted) break;
      const late = new AbortController();
      const left = this.#options.renewWithinMs - (performance.now() - renewed);
      const isOurs = await Promise.race([this.#tried(), pause(Math.max(0, left), late.signal).then(() => undefined)]);
      late.abort();
      if (isOurs) renewed = performance.now();
      else if (isOurs === false && this.#holder !== '' && this.#holder !== this.#options.identity)
        return `${this.#holder} has the lease`;
      else if (performance.now() - renewed >= this.#options.renewWithinMs)
        return `the lease could not be renewed for ${this.#options.renewWithinMs} ms`;
    }
    return undefined;
  }

  /** Gives it back, so that nobody has to wait for it. */
  async release(): Promise<void> {
    try {
      const lease = await this.#options.api.call('GET', `${this.#path}/${this.#options.name}`);
      if (lease.spec?.holderIdentity !== this.#options.identity) return;
      lease.spec.holderIdentity = '';
      await this.#options.api.call('PUT', `${this.#path}/${this.#options.name}`, { body: lease });
    } catch (cause) {
      this.#options.log('warn', 'the lease could not be given back: it runs out', { cause: messageOf(cause) });
    }
  }

  #holder = '';

  /** Takes or renews it, where it is free, ours or has run out. */
  async #tried(): Promise<boolean> {
    const { api, name, namespace, log } = this.#options;
    try {
      const lease = await api.call('GET', `${this.#path}/${name}`).catch((cause) => {
        if (cause instanceof ApiError && cause.status === 404) return undefined;
        throw cause;
      });
      if (lease === undefined) {
        const body = {
          apiVersion: LEASE.apiVersion,
          kind: LEASE.kind,
          metadata: { name, namespace },
          spec: this.#spec(),
        };
        await api.call('POST', this.#path, { body });
        return true;
      }
      if (!this.#isFree(lease)) return false;
      await api.call('PUT', `${this.#path}/${name}`, { body: { ...lease, spec: this.#spec(lease) } });
      this.#holder = this.#options.identity;
      return true;
    } catch (cause) {
      // Another one was quicker (409), or the server is away: it is tried again.
      log('debug', 'the lease could not be taken', { cause: messageOf(cause) });
      return false;
    }
  }

  #isFree(lease: KubernetesObject): boolean {
    this.#holder = String(lease.spec?.holderIdentity ?? '');
    const text = JSON.stringify(lease.spec ?? {});
    if (text !== this.#seen.text) this.#seen = { text, at: performance.now() };
    if (this.#holder === '' || this.#holder === this.#options.identity) return true;
    const duration = Number(lease.spec?.leaseDurationSeconds ?? 0) * 1000;
    return performance.now() - this.#seen.at > duration;
  }

  #spec(before?: KubernetesObject): object {
    const { identity, durationMs } = this.#options;
    const now = `${new Date().toISOString().slice(0, -1)}000Z`;
    const isOurs = before?.spec?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: isOurs ? before.spec.acquireTime : now,
      renewTime: now,
      leaseTransitions: Number(before?.spec?.leaseTransitions ?? 0) + (isOurs || before === undefined ? 0 : 1),
    };
  }
}
