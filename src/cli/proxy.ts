/** `venuewire proxy`: one process that asks the venue, and is asked by everybody else. */
import type { Command } from 'commander';
import type { Reference } from '../patterns/credentials.js';
import { jsonValue } from '../plain.js';
import { openProxy, type ProxyConsumer, type RecoveryProxy } from '../proxy/index.js';
import { loadVenue } from '../venues/load.js';
import { TIMER_SECONDS_MOST, wholeNumber } from './choose.js';
import { FINDINGS, OK, usage } from './exit.js';
import { Output } from './output.js';
import { say } from './terminal.js';

const MIB = 1 << 20;
const MEMORY_MOST = 1 << 20;

interface ProxyVerbOptions {
  readonly log: string;
  readonly listen: string;
  readonly peer: readonly string[];
  readonly consumer: readonly ProxyConsumer[];
  readonly rebroadcast?: string;
  readonly shared?: string;
  readonly interface?: string;
  readonly ttl: number;
  readonly memory: number;
  readonly sync: 'always' | 'never' | number;
  readonly seconds?: number;
  readonly once?: boolean;
}

const KEYS = ['name', 'address', 'username', 'password', 'requests', 'messages', 'priority'] as const;
type Key = (typeof KEYS)[number];
const isKey = (text: string): text is Key => KEYS.includes(text as Key);

/** `name=risk,address=10.1.2.0/24,requests=100,priority=1` */
function consumer(text: string): ProxyConsumer {
  const said: Partial<Record<Key, string>> = {};
  for (const part of text.split(',')) {
    const [key = '', ...value] = part.split('=');
    if (!isKey(key) || value.length === 0)
      throw usage(`--consumer: '${part}' is not understood`, `Write KEY=VALUE of ${KEYS.join(', ')}.`);
    said[key] = value.join('=');
  }
  const { name, address, username, password, requests, messages, priority } = said;
  if (name === undefined) throw usage('--consumer: it has no name', 'Write for example name=risk,requests=100.');
  if ((username === undefined) !== (password === undefined))
    throw usage('--consumer: a login is username and password', 'Write username=env:NAME,password=env:NAME.');
  return {
    name,
    ...(address === undefined ? {} : { address }),
    ...(username === undefined
      ? {}
      : { credentials: { username: referenceOf(username), password: referenceOf(password as string) } }),
    ...(requests === undefined ? {} : { requestsPerSecond: Number(requests) }),
    ...(messages === undefined ? {} : { messagesPerSecond: Number(messages) }),
    ...(priority === undefined ? {} : { priority: Number(priority) }),
  };
}
function referenceOf(text: string): Reference {
  if (/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/.test(text)) return text as Reference;
  throw usage('--consumer: a secret is never written out', 'Name where it is: env:NAME or file:PATH.');
}

const again = (text: string, before: readonly string[]): readonly string[] => [...before, text];
const oneMore = (text: string, before: readonly ProxyConsumer[]): readonly ProxyConsumer[] => [
  ...before,
  consumer(text),
];

/** Policies by their names, or ms. */
function sync(text: string): 'always' | 'never' | number {
  return text === 'always' || text === 'never' ? text : wholeNumber('--sync', 1, 86_400_000)(text);
}

async function print(line: object): Promise<void> {
  const out = new Output();
  out.line(JSON.stringify(jsonValue(line)));
  await out.flush();
}

async function serve(proxy: RecoveryProxy, options: ProxyVerbOptions): Promise<void> {
  const stop = (): void => {
    proxy.close().catch(() => {});
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  if (options.once) proxy.feed.on('sessionEnded', stop);
  const timer = options.seconds === undefined ? undefined : setTimeout(stop, options.seconds * 1000);
  try {
    await print({ listening: proxy.address, channels: proxy.channels });
    await proxy.done;
  } finally {
    clearTimeout(timer);
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
  }
}

async function proxy(file: string, options: ProxyVerbOptions): Promise<void> {
  const venue = await loadVenue(file, { isProxy: true });
  const { rebroadcast: address } = options;
  const opened = await openProxy(venue, {
    folder: options.log,
    listen: options.listen,
    peers: options.peer,
    consumers: options.consumer,
    ...(options.shared === undefined ? {} : { shared: options.shared }),
    memoryBytes: options.memory * MIB,
    log: { sync: options.sync },
    ...(address === undefined
      ? {}
      : {
          rebroadcast: {
            address,
            ttl: options.ttl,
            ...(options.interface === undefined ? {} : { interface: options.interface }),
          },
        }),
  });
  say(`${venue.name}: requests and replay at ${opened.address}, the day in ${options.log}; ends with Ctrl-C`);
  await serve(opened, options);
  const { feed, ...said } = opened.statistics();
  await print({ ...said, ledger: feed.ledger });
  process.exitCode = feed.ledger.abandoned === 0 && said.log.pending === 0 ? OK : FINDINGS;
}

export function configure(command: Command): void {
  command
    .argument('<venue-file>', 'YAML or JSON; its own `via` is not followed, so that one file is everybody’s')
    .requiredOption('--log <folder>', 'event log that keeps the day (docs/event-log.md)')
    .option('--listen <address>', 'host:port, UDP for requests and TCP for replay', '127.0.0.1:0')
    .option('--peer <address>', 'another proxy of the venue, asked before the venue is; may be repeated', again, [])
    .option('--consumer <rights>', `who may come: ${KEYS.join('=,')}=; may be repeated`, oneMore, [])
    .option('--rebroadcast <address>', 'send the session out again to that group:port, arbitrated, as MoldUDP64')
    .option('--interface <address>', 'address of the interface that it leaves by')
    .option('--shared <path>', 'for readers on this machine: ipc:/dev/shm/NAME (docs/proxy.md)')
    .option('--ttl <n>', 'routers that it passes', wholeNumber('--ttl', 0, 255), 1)
    .option(
      '--memory <mib>',
      'messages kept in memory; older ones are read from the log',
      wholeNumber('--memory', 16, MEMORY_MOST),
      256,
    )
    .option('--sync <policy>', 'when the log outlives a power cut: always, never, or ms', sync, 1_000)
    .option('--seconds <n>', 'end after so many seconds', wholeNumber('--seconds', 1, TIMER_SECONDS_MOST))
    .option('--once', 'end when the session has ended')
    .addHelpText(
      'after',
      `
Consumers add to the venue file: via: { proxy: [10.1.1.9:17100] }. Prints one line when it listens, and what it has done at the end.
A proxy that is started again goes on behind what its log has.

Examples:
  venuewire proxy totalview.yaml --log /data/itch --listen 10.1.1.9:17100
  venuewire proxy totalview.yaml --log /data/itch --listen 10.1.1.9:17100 --peer 10.1.1.10:17100
  venuewire proxy totalview.yaml --log /data/itch --consumer name=risk,address=10.1.2.0/24,priority=1 --consumer name=others,requests=100
  venuewire proxy totalview.yaml --log /data/itch --rebroadcast 239.1.1.1:26477 --interface 10.1.1.9
`,
    )
    .action(proxy);
}
