/**
 * Calls to an API server. Where it is, whom it trusts and who we are comes from @kubernetes/client-node, files of a pod and
 * exec credentials included; the calls are made here, because its own watches have no time limit and drop lines that they
 * cannot read. Source: Kubernetes documentation, "Kubernetes API Concepts".
 */
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { OperatorMetrics } from './metrics.js';

/** An object of a cluster, as far as an operator reads it. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    deletionTimestamp?: string;
    creationTimestamp?: string;
    finalizers?: string[];
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { uid: string; kind: string; name: string; controller?: boolean }[];
  };
  // Each kind has its own parts; who reads them says which.
  // biome-ignore lint/suspicious/noExplicitAny: objects of any kind
  [part: string]: any;
}

/** What the server answered instead of doing it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export interface CallOptions {
  readonly body?: unknown;
  /** Content type of the body. Default: `application/json`. */
  readonly type?: string;
  readonly accept?: string;
}

export interface ApiOptions {
  readonly metrics: OperatorMetrics;
  /** Calls a second, and how many at once may exceed it. */
  readonly rate?: number;
  readonly burst?: number;
}

const CALL_MS = 30_000;
const BODY_MOST = 256 << 20;
const LINE_MOST = 8 << 20;
const RATE = 200;
const BURST = 400;
const APPLY = 'application/apply-patch+yaml';
export const JSON_PATCH = 'application/json-patch+json';

export class Api {
  readonly #config: KubeConfig;
  readonly #server: URL;
  readonly #metrics: OperatorMetrics;
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #filled = performance.now();

  constructor(config: KubeConfig, { metrics, rate = RATE, burst = BURST }: ApiOptions) {
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error('the kubeconfig names no cluster: set KUBECONFIG, or run in a pod');
    this.#config = config;
    this.#server = new URL(cluster.server);
    this.#metrics = metrics;
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Waits until one more call is within the rate. */
  async #allowed(): Promise<void> {
    for (;;) {
      const now = performance.now();
      this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filled) * this.#rate) / 1000);
      this.#filled = now;
      if (this.#tokens >= 1) {
        this.#tokens--;
        return;
      }
      await new Promise((r) => setTimeout(r, Math.ceil(((1 - this.#tokens) * 1000) / this.#rate)));
    }
  }

  async #open(method: string, path: string, options: CallOptions, signal: AbortSignal): Promise<IncomingMessage> {
    const settings: RequestOptions = { method, signal, headers: { accept: options.accept ?? 'application/json' } };
    await this.#config.applyToHTTPSOptions(settings as never);
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    if (body !== undefined)
      Object.assign(settings.headers as object, {
        'content-type': options.type ?? 'application/json',
        'content-length': Buffer.byteLength(body),
      });
    const url = new URL(this.#server.pathname.replace(/\/$/, '') + path, this.#server);
    const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
    return new Promise((resolve, reject) => {
      const sent = request(url, settings, resolve);
      sent.on('error', reject).end(body);
    });
  }

  /** @throws ApiError for every answer that is not 2xx. */
  async call(method: string, path: string, options: CallOptions = {}): Promise<KubernetesObject> {
    await this.#allowed();
    let code = 'none';
    try {
      const answer = await this.#open(method, path, options, AbortSignal.timeout(CALL_MS));
      code = String(answer.statusCode);
      const body = await whole(answer);
      if ((answer.statusCode ?? 0) >= 300) throw errorOf(answer.statusCode ?? 0, body);
      return JSON.parse(body) as KubernetesObject;
    } finally {
      this.#metrics.requests.inc({ method, code });
    }
  }

  /**
   * What a watch says, until the server or `signal` ends it.
   * @param quietMs nothing, and no bookmark either, for so long: the connection is taken for dead.
   */
  async *watch(path: string, options: CallOptions, quietMs: number, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    await this.#allowed();
    const own = new AbortController();
    const abort = (): void => own.abort();
    signal.addEventListener('abort', abort);
    let quiet = setTimeout(abort, quietMs);
    try {
      const answer = await this.#open('GET', path, options, own.signal);
      this.#metrics.requests.inc({ method: 'WATCH', code: String(answer.statusCode) });
      if (answer.statusCode !== 200) throw errorOf(answer.statusCode ?? 0, await whole(answer));
      let text = '';
      for await (const part of answer.setEncoding('utf8')) {
        clearTimeout(quiet);
        quiet = setTimeout(abort, quietMs);
        text += part;
        const lines = text.split('\n');
        text = lines.pop() as string;
        if (text.length > LINE_MOST) throw new Error(`a watch line of ${path} is longer than ${LINE_MOST} characters`);
        for (const line of lines) if (line !== '') yield JSON.parse(line) as WatchEvent;
      }
    } finally {
      clearTimeout(quiet);
      signal.removeEventListener('abort', abort);
      own.abort();
    }
  }

  /** Server-side apply: fields that `object` has are ours, the others stay whose they are. */
  apply(path: string, object: object, fieldManager: string, force: boolean): Promise<KubernetesObject> {
    return this.call('PATCH', `${path}?fieldManager=${fieldManager}&force=${force}`, { body: object, type: APPLY });
  }
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubernetesObject;
}

async function whole(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer) {
    bytes += (part as Buffer).length;
    if (bytes > BODY_MOST) throw new Error(`an answer of more than ${BODY_MOST} bytes`);
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The server answers with a Status object; what is in front of it may not. */
export function errorOf(code: number, body: string): ApiError {
  try {
    const { reason, message } = JSON.parse(body) as { reason?: string; message?: string };
    return new ApiError(code, reason ?? '', message ?? body);
  } catch {
    return new ApiError(code, '', body.trim().slice(0, 300) || `answer ${code}`);
  }
}
