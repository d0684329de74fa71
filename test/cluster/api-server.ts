// A real API server over a real etcd, on ports of its own, in a folder of its own. Nothing else of a cluster runs.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../build/cluster/bin/', import.meta.url));
const TOKEN = 'operator-of-the-tests';
/** Of the service account that the chart makes: it may do what the chart's rules say. */
export const CHART_TOKEN = 'operator-of-the-chart';
const CHART_ACCOUNT = 'system:serviceaccount:venuewire-system:venuewire-operator';
const STARTS_WITHIN_MS = 120_000;
const ASKED_EVERY_MS = 200;

export interface Answer {
  readonly status: number;
  readonly body: { readonly message?: string; readonly [key: string]: unknown };
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

export class ApiServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'vw-cluster-'));
  readonly #children = new Map<string, ChildProcess>();
  #port = 0;
  #api: string[] = [];

  /** @throws Error naming what to run, where the servers are not built. */
  async start(): Promise<void> {
    if (!existsSync(`${bin}kube-apiserver`) || !existsSync(`${bin}etcd`))
      throw new Error('There is no API server here: run node test/cluster/prepare.mjs first (it needs Go).');
    const [client, peer] = [await freePort(), await freePort()];
    this.#port = await freePort();
    const etcd = `http://127.0.0.1:${client}`;
    const peers = `http://127.0.0.1:${peer}`;
    this.#run('etcd', [
      ...['--data-dir', join(this.#folder, 'data'), '--listen-client-urls', etcd, '--advertise-client-urls', etcd],
      ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers, '--initial-cluster', `default=${peers}`],
      '--unsafe-no-fsync',
    ]);
    this.#api = [...this.#keys(), ...this.#options(etcd)];
    this.#run('kube-apiserver', this.#api);
    await this.#ready();
  }

  async #ready(): Promise<void> {
    const end = Date.now() + STARTS_WITHIN_MS;
    for (;;) {
      const answer = await this.send('GET', '/readyz').catch(() => undefined);
      if (answer?.status === 200) return;
      if (Date.now() > end) throw new Error(`the API server is not ready; its output is in ${this.#folder}`);
      await new Promise((r) => setTimeout(r, ASKED_EVERY_MS));
    }
  }

  get port(): number {
    return this.#port;
  }

  /** Ends the API server as a crash does; etcd stays. */
  async kill(): Promise<void> {
    const child = this.#children.get('kube-apiserver') as ChildProcess;
    const ended = new Promise((r) => child.once('exit', r));
    child.kill('SIGKILL');
    await ended;
  }
  async startAgain(): Promise<void> {
    this.#run('kube-apiserver', this.#api);
    await this.#ready();
  }

  /** A file as kubectl reads it. @param port of the API server, or of what stands before it. */
  kubeconfig(name: string, port = this.#port, token = TOKEN): string {
    const path = join(this.#folder, `${name}.json`);
    const cluster = { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'tests' },
      clusters: [{ name: 'tests', cluster }],
      users: [{ name: 'tests', user: { token } }],
      contexts: [{ name: 'tests', context: { cluster: 'tests', user: 'tests' } }],
    };
    writeFileSync(path, JSON.stringify(config));
    return path;
  }

  /** Kubernetes’ own controllers: those that make pods of Deployments, and that collect what lost its owner. */
  async startControllers(): Promise<void> {
    if (!existsSync(`${bin}kube-controller-manager`))
      throw new Error('There are no controllers here: run node test/cluster/prepare.mjs first (it needs Go).');
    this.#run('kube-controller-manager', [
      ...['--kubeconfig', this.kubeconfig('controllers'), '--leader-elect=false'],
      '--controllers=deployment-controller,replicaset-controller,garbage-collector-controller',
      ...['--bind-address', '127.0.0.1', '--secure-port', String(await freePort())],
      ...['--kube-api-qps', '500', '--kube-api-burst', '1000'],
    ]);
  }

  /** What service accounts are signed with, and who is who: one token may do everything. */
  #keys(): string[] {
    const key = join(this.#folder, 'service-account.key');
    const token = join(this.#folder, 'tokens.csv');
    execFileSync('openssl', ['genrsa', '-out', key, '2048'], { stdio: 'ignore' });
    const groups = '"system:serviceaccounts,system:authenticated"';
    writeFileSync(token, `${TOKEN},operator,1,system:masters\n${CHART_TOKEN},${CHART_ACCOUNT},2,${groups}\n`);
    return [
      ...['--service-account-key-file', key, '--service-account-signing-key-file', key, '--token-auth-file', token],
      ...[
        '--service-account-issuer',
        'https://kubernetes.default.svc',
        '--cert-dir',
        join(this.#folder, 'certificates'),
      ],
    ];
  }

  #options(etcd: string): string[] {
    return [
      ...['--etcd-servers', etcd, '--bind-address', '127.0.0.1', '--secure-port', String(this.#port)],
      ...['--service-cluster-ip-range', '10.0.0.0/24', '--authorization-mode', 'RBAC'],
      ...['--disable-admission-plugins', 'ServiceAccount'],
    ];
  }

  #run(name: string, args: readonly string[]): void {
    const output = openSync(join(this.#folder, `${name}.log`), 'a');
    this.#children.set(name, spawn(`${bin}${name}`, args, { stdio: ['ignore', output, output] }));
  }

  send(
    method: string,
    path: string,
    body?: object,
    type = 'application/json',
    accept = 'application/json',
  ): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    // Node frames no body of DELETE by itself.
    const length = text === undefined ? {} : { 'content-length': Buffer.byteLength(text) };
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': type, accept, ...length };
    // The server signs its own certificate; it is one of ours, on loopback.
    const options = { host: '127.0.0.1', port: this.#port, method, path, headers, rejectUnauthorized: false };
    return new Promise((resolve, reject) => {
      const sent = request(options, (answer) => {
        let said = '';
        answer.setEncoding('utf8').on('data', (part) => {
          said += part;
        });
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            body: said.startsWith('{') ? JSON.parse(said) : { message: said },
          }),
        );
      }).on('error', reject);
      sent.end(text);
    });
  }

  async stop(): Promise<void> {
    for (const child of [...this.#children.values()].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((r) => child.once('exit', r));
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true });
  }
}
