// There is no kubelet and no scheduler here. This stands in for both: each pod that the real controllers make is bound to a node,
// its handler is started as a process of its own (`venuewire run`, the arguments of the pod) with the ConfigMap and the Secret
// as files, probed at /readyz, and ended with SIGTERM before the pod is gone. Images, networks and rights are not proved by it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../unit/cli-process.js';
import type { ApiServer } from './api-server.js';

const SECRETS = '/run/secrets/venuewire';
const LOOK_MS = 150;
/** A probe that fails for less than this is a hole that closes: the pods' own probes fail twice, 5 s apart. */
const UNREADY_MS = 3_000;
const MERGE = 'application/merge-patch+json';

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly labels: Record<string, string>;
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: { readonly args: string[]; readonly ports: { readonly containerPort: number }[] }[];
    readonly volumes?: { readonly configMap?: { name: string }; readonly secret?: { secretName: string } }[];
  };
}

export interface Started {
  readonly pod: Pod;
  readonly process: ChildProcess;
  readonly address: string;
  readonly folder: string;
  readonly startedAt: number;
  readyAt: number;
  endedAt: number;
  /** When it was last ready. */
  answeredAt: number;
  output: string;
  isReady: boolean;
}

export class StandInKubelet {
  /** Every handler that was ever started, by uid of its pod. */
  readonly started = new Map<string, Started>();
  readonly #server: ApiServer;
  /** Namespaces whose pods are only said to be ready, as are all that are no handlers: no process is started. */
  readonly #onPaper: readonly string[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'vw-kubelet-'));
  readonly #ended = new Set<string>();
  readonly #paper = new Set<string>();
  #stopping = false;
  #running: Promise<void> = Promise.resolve();
  #addresses = 0;

  constructor(server: ApiServer, onPaper: readonly string[] = []) {
    this.#server = server;
    this.#onPaper = onPaper;
  }

  start(): void {
    this.#running = this.#run();
  }
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    for (const { process } of this.started.values()) process.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true });
  }

  /** Handlers that run now. */
  get alive(): Started[] {
    return [...this.started.values()].filter((s) => s.endedAt === 0);
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      // A server that is away is waited for.
      await this.#look().catch(() => {});
      await new Promise((r) => setTimeout(r, LOOK_MS));
    }
  }

  async #look(): Promise<void> {
    const { body } = await this.#server.send('GET', '/api/v1/pods');
    for (const pod of (body.items as Pod[] | undefined) ?? []) {
      const isHandler = ['handler', 'comparison'].includes(pod.metadata.labels['app.kubernetes.io/component'] ?? '');
      if (!isHandler || this.#onPaper.includes(pod.metadata.namespace)) await this.#onlySay(pod);
      else await this.#tend(pod);
    }
  }

  async #tend(pod: Pod): Promise<void> {
    const { uid, deletionTimestamp } = pod.metadata;
    const known = this.started.get(uid);
    if (deletionTimestamp !== undefined) {
      if (known === undefined || known.endedAt > 0) await this.#gone(pod);
      else if (!this.#ended.has(uid)) {
        this.#ended.add(uid);
        known.process.kill('SIGTERM');
      }
      return;
    }
    if (known === undefined) return this.#begin(pod);
    await this.#exchangeSecret(known);
    const answer = await fetch(`http://${known.address}/readyz`).catch(() => undefined);
    const isReady = answer?.ok === true;
    if (isReady && known.readyAt === 0) known.readyAt = Date.now();
    if (isReady || !known.isReady) known.answeredAt = Date.now();
    if (isReady === known.isReady || (!isReady && Date.now() - known.answeredAt < UNREADY_MS)) return;
    known.isReady = isReady;
    await this.#say(pod, known.address.split(':')[0] as string, isReady);
  }

  async #begin(pod: Pod): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    await this.#bind(pod);
    const ip = `127.0.77.${++this.#addresses}`;
    const folder = join(this.#folder, uid);
    mkdirSync(join(folder, 'secrets'), { recursive: true });
    const map = pod.spec.volumes?.find((v) => v.configMap !== undefined)?.configMap?.name;
    if (map !== undefined) {
      const { body } = await this.#server.send('GET', `/api/v1/namespaces/${namespace}/configmaps/${map}`);
      const text = (body.data as Record<string, string>)['venue.json'] as string;
      writeFileSync(join(folder, 'venue.json'), text.replaceAll(SECRETS, join(folder, 'secrets')));
    }
    const container = pod.spec.containers[0] as Pod['spec']['containers'][0];
    const args = container.args.map((a) => {
      if (a.startsWith('/etc/venuewire')) return join(folder, 'venue.json');
      if (a.startsWith(':')) return `${ip}${a}`;
      // Every address of the pod is one of its own here, and names of Services are looked up.
      return a
        .replace('//0.0.0.0:', `//${ip}:`)
        .replace(/\/\/([a-z0-9-]+)\.[a-z0-9-]+:/, (_, name: string) => `//${this.#addressOf(name)}:`);
    });
    const address = `${ip}:${container.ports[0]?.containerPort}`;
    const process = spawn(globalThis.process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const started: Started = {
      ...{
        pod,
        process,
        address,
        folder,
        startedAt: Date.now(),
        readyAt: 0,
        endedAt: 0,
        answeredAt: 0,
        output: '',
        isReady: false,
      },
    };
    for (const stream of [process.stdout, process.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        started.output += part;
      });
    process.once('exit', () => {
      started.endedAt = Date.now();
    });
    this.started.set(uid, started);
    await this.#exchangeSecret(started);
    await this.#say(pod, ip, false);
    if (name === '') throw new Error('a pod without a name');
  }

  #addressOf(instance: string): string | undefined {
    const found = this.alive.find(({ pod }) => pod.metadata.labels['app.kubernetes.io/instance'] === instance);
    return found?.address.split(':')[0];
  }

  /** Files of a Secret are exchanged in place. */
  async #exchangeSecret({ pod, folder }: Started): Promise<void> {
    const secret = pod.spec.volumes?.find((v) => v.secret !== undefined)?.secret?.secretName;
    if (secret === undefined) return;
    const { body } = await this.#server.send('GET', `/api/v1/namespaces/${pod.metadata.namespace}/secrets/${secret}`);
    for (const [key, value] of Object.entries((body.data as Record<string, string> | undefined) ?? {}))
      writeFileSync(join(folder, 'secrets', key), Buffer.from(value, 'base64'));
  }

  async #onlySay(pod: Pod): Promise<void> {
    if (pod.metadata.deletionTimestamp !== undefined) return this.#gone(pod);
    if (this.#paper.has(pod.metadata.uid)) return;
    this.#paper.add(pod.metadata.uid);
    await this.#bind(pod);
    await this.#say(pod, undefined, true);
  }

  #path(pod: Pod): string {
    return `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
  }
  async #bind(pod: Pod): Promise<void> {
    const target = { apiVersion: 'v1', kind: 'Node', name: 'stand-in' };
    const metadata = { name: pod.metadata.name };
    await this.#server.send('POST', `${this.#path(pod)}/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata,
      target,
    });
  }
  async #say(pod: Pod, podIP: string | undefined, isReady: boolean): Promise<void> {
    const now = new Date().toISOString();
    const condition = { type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: now };
    const address = podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] };
    const status = { phase: 'Running', startTime: now, conditions: [condition], ...address };
    await this.#server.send('PATCH', `${this.#path(pod)}/status`, { status }, MERGE);
  }
  async #gone(pod: Pod): Promise<void> {
    await this.#server.send('DELETE', `${this.#path(pod)}`, {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds: 0,
    });
  }
}
