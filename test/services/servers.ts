/** Real servers for tests, on ports and in folders of their own. They are ended by their process ids. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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

/** RabbitMQ takes ten seconds on a machine that has nothing else to do. */
const START_MS = 120_000;
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
    readonly env: Readonly<Record<string, string>> = {},
  ) {}
  pid = (): number => this.#child?.pid as number;
  async start(): Promise<void> {
    const until = Date.now() + START_MS;
    while (Date.now() < until) {
      let hasEnded = false;
      const child = spawn(this.command, this.words, {
        cwd: this.folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...this.env },
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
    await this.kill();
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

/** The jars of a broker, put there by prepare.mjs. */
export const kafkaJars = (): string => join(new URL('../..', import.meta.url).pathname, 'build/services/kafka', '*');

/** A broker in KRaft mode that is its own controller. */
export async function kafkaServer(): Promise<Server> {
  const [port, controller] = [await freePort(), await freePort()];
  const folder = folderOf('kafka');
  const settings = join(folder, 'server.properties');
  const listeners = `PLAINTEXT://127.0.0.1:${port}`;
  writeFileSync(
    settings,
    `process.roles=broker,controller
node.id=1
listeners=${listeners},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=${listeners}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:${controller}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=${join(folder, 'logs')}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
`,
  );
  const java = ['-cp', kafkaJars(), '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
  const format = ['kafka.tools.StorageTool', 'format', '--standalone', '-t', 'MkU3OEVBNTcwNTJENDM2Qg', '-c', settings];
  const made = spawnSync('java', [...java, ...format], { encoding: 'utf8', cwd: folder });
  if (made.status !== 0) throw new Error(`kafka.tools.StorageTool failed:\n${made.stdout}${made.stderr}`);
  const words = ['-Xmx512m', ...java, 'kafka.Kafka', settings];
  const server = new Process(port, folder, 'java', words, {}, accepts);
  await server.start();
  return server;
}

const root = new URL('../..', import.meta.url).pathname;

/** ClickHouse's engine out of npm, behind an HTTP interface of ours. */
export async function clickhouseServer(): Promise<Server> {
  const port = await freePort();
  const folder = folderOf('clickhouse');
  const words = [
    join(root, 'test/services/clickhouse/server.mjs'),
    join(root, 'build/services/clickhouse'),
    folder,
    `${port}`,
  ];
  const server = new Process(port, folder, process.execPath, words, {}, accepts);
  await server.start();
  return server;
}

/** Debian's server, which is old. */
export async function oldClickhouseServer(): Promise<Server> {
  const [port, tcp] = [await freePort(), await freePort()];
  const folder = folderOf('clickhouse-old');
  const config = join(folder, 'config.xml');
  writeFileSync(
    config,
    `<yandex><logger><level>warning</level><console>1</console></logger><http_port>${port}</http_port><tcp_port>${tcp}</tcp_port>
<listen_host>127.0.0.1</listen_host><path>${folder}/</path><tmp_path>${folder}/tmp/</tmp_path><mark_cache_size>1000000</mark_cache_size>
<users_config>config.xml</users_config><default_profile>default</default_profile><default_database>default</default_database>
<profiles><default/></profiles><quotas><default/></quotas>
<users><default><password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default></users></yandex>
`,
  );
  const server = new Process(port, folder, 'clickhouse-server', [`--config-file=${config}`], {}, accepts);
  await server.start();
  return server;
}

/** InfluxDB 1, Debian's. */
export async function influxServer(): Promise<Server> {
  const [port, rpc] = [await freePort(), await freePort()];
  const folder = folderOf('influxdb');
  const config = join(folder, 'influxdb.conf');
  writeFileSync(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
[monitor]
  store-enabled = false
`,
  );
  const server = new Process(port, folder, 'influxd', ['-config', config], {}, accepts);
  await server.start();
  return server;
}

/** NATS with JetStream, Debian's. */
export async function natsServer(): Promise<Server> {
  const port = await freePort();
  const folder = folderOf('nats');
  const words = ['-js', '-sd', folder, '-a', '127.0.0.1', '-p', `${port}`];
  const server = new Process(port, folder, 'nats-server', words, {}, accepts);
  await server.start();
  return server;
}

const RABBITMQ = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** RabbitMQ, Debian's, with a name server of Erlang of its own. */
export async function rabbitmqServer(): Promise<Server> {
  const [port, dist, names] = [await freePort(), await freePort(), await freePort()];
  const folder = folderOf('rabbitmq');
  const env = {
    HOME: folder,
    RABBITMQ_NODENAME: `vw${port}@localhost`,
    RABBITMQ_NODE_PORT: `${port}`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_DIST_PORT: `${dist}`,
    ERL_EPMD_PORT: `${names}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    // Without the shell between us and the server: its process id is the one that is killed.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
  const server = new Process(port, folder, RABBITMQ, [], {}, accepts, env);
  await server.start();
  return {
    port,
    pid: server.pid,
    kill: server.kill,
    start: () => server.start(),
    end: async () => {
      await server.kill();
      spawnSync('epmd', ['-port', `${names}`, '-kill'], { env: { ...process.env, ...env } });
      await server.end();
    },
  };
}
