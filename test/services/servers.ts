/** Real servers for tests, on ports and in folders of their own. They are ended by their process ids. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Server {
  readonly port: number;
  readonly pid: () => number;
  /** At once, as by a crash. */
  kill(): Promise<void>;
  /** Again, upon the same folder. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  end(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** A process that listens on a port; started again when it ends before it does, as a server does that its dead self hinders. */
class Process implements Server {
  #child: ChildProcess | undefined;
  #said = '';
  constructor(
    readonly port: number,
    readonly folder: string,
    readonly command: string,
    readonly words: readonly string[],
    readonly as: { uid?: number; gid?: number },
    readonly ready: (port: number) => Promise<boolean>,
  ) {}
  pid = (): number => this.#child?.pid as number;
  async start(): Promise<void> {
    const until = Date.now() + 60_000;
    while (Date.now() < until) {
      let hasEnded = false;
      const child = spawn(this.command, this.words, {
        cwd: this.folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        ...this.as,
      });
      this.#child = child;
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (bytes) => {
          this.#said = `${this.#said}${bytes}`.slice(-4_000);
        });
      }
      child.once('exit', () => {
        hasEnded = true;
      });
      while (!hasEnded && Date.now() < until) {
        if (await this.ready(this.port)) return;
        await pause(50);
      }
      await pause(100);
    }
    throw new Error(`${this.command} did not start:\n${this.#said}`);
  }
  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }
  kill = (): Promise<void> => this.#end('SIGKILL');
  async end(): Promise<void> {
    await this.#end('SIGINT');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const folderOf = (name: string): string => mkdtempSync(join(tmpdir(), `venuewire-${name}-`));

export async function redisServer(): Promise<Server> {
  const port = await freePort();
  const folder = folderOf('redis');
  // Every write is on disk before it is acknowledged, so that killing the server loses nothing.
  const words = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
  ];
  const server = new Process(port, folder, 'redis-server', words, {}, accepts);
  await server.start();
  return server;
}

/** The newest of Debian's. */
export const postgresFolder = (): string | undefined => {
  const all = '/usr/lib/postgresql';
  const versions = existsSync(all) ? readdirSync(all).sort((a, b) => Number(b) - Number(a)) : [];
  return versions[0] === undefined ? undefined : join(all, versions[0], 'bin');
};

export async function postgresServer(): Promise<Server> {
  const bin = postgresFolder() as string;
  const port = await freePort();
  const folder = folderOf('postgres');
  // It refuses to run as root.
  const idOf = (flag: string): number => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  const as = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  if (as.uid !== undefined) chownSync(folder, as.uid, as.gid);
  const made = spawnSync(join(bin, 'initdb'), ['-A', 'trust', '-U', 'postgres', '-D', folder], {
    encoding: 'utf8',
    cwd: folder,
    ...as,
  });
  if (made.status !== 0) throw new Error(`initdb failed:\n${made.stdout}${made.stderr}`);
  const isReady = async (at: number): Promise<boolean> =>
    spawnSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', `${at}`]).status === 0;
  const words = ['-D', folder, '-p', `${port}`, '-k', folder, '-c', 'listen_addresses=127.0.0.1'];
  const server = new Process(port, folder, join(bin, 'postgres'), words, as, isReady);
  await server.start();
  return server;
}
