// The built operator as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { samplesOf } from '../../packages/operator/src/handlers.js';

const main = fileURLToPath(new URL('../../packages/operator/dist/main.js', import.meta.url));

export class OperatorProcess {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  #text = '';

  constructor(kubeconfig: string, name: string, args: readonly string[] = []) {
    if (!existsSync(main))
      throw new Error(
        'The operator is not built: npm run build --workspace packages/operator (npm run test:cluster does it).',
      );
    this.process = spawn(process.execPath, [main, '--listen', '0', '--poll-seconds', '0.5', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, KUBECONFIG: kubeconfig, POD_NAME: name },
    });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.setEncoding('utf8').on('data', (part: string) => {
        this.#text += part;
      });
    this.ended = new Promise((resolve) => this.process.once('exit', (code) => resolve(code)));
  }

  get text(): string {
    return this.#text;
  }
  /** Its log, line by line. */
  get log(): { readonly level: string; readonly message: string; readonly [key: string]: unknown }[] {
    return this.#text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  }
  said(message: string): Record<string, unknown>[] {
    return this.log.filter((line) => line.message === message);
  }

  get(path: string): Promise<Response> {
    const port = this.said('started')[0]?.port;
    return fetch(`http://127.0.0.1:${port}${path}`);
  }
  /** Sum of a metric over those of its labels that fit. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const samples = samplesOf(await (await this.get('/metrics')).text()).get(name) ?? [];
    const fits = (of: Record<string, string>): boolean => Object.entries(labels).every(([k, v]) => of[k] === v);
    return samples.filter((s) => fits(s.labels)).reduce((sum, s) => sum + s.value, 0);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.process.kill(signal);
    return this.ended;
  }
}
