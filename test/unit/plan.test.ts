// `plan`: what is wrong with a venue or a machine is found before anything connects, and nothing is invented.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileVenue } from '../../src/feed/compile.js';
import type { Network } from '../../src/patterns/network.js';
import type { Venue } from '../../src/patterns/venue.js';
import { bufferNeed } from '../../src/plan/check-machine.js';
import { checkRest } from '../../src/plan/check-rest.js';
import {
  type Machine,
  machineFrom,
  type Plan,
  type PlanOptions,
  plan,
  RULES,
  readMachine,
} from '../../src/plan/index.js';
import { routeTo } from '../../src/plan/machine.js';
import type { Subject } from '../../src/plan/subject.js';
import { internetVenues, venues } from '../../src/venues/registry.js';
import { venuewire } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'vw-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));
const secret = (name: string, text: string, mode = 0o600): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
};

const card = (name: string, address: string): Machine['interfaces'][number] => ({
  name,
  up: true,
  state: 'up',
  mtu: 1500,
  reversePath: 0,
  addresses: [{ address, prefix: 24 }],
});
const MACHINE: Machine = {
  platform: 'linux',
  interfaces: [
    { ...card('lo', '127.0.0.1'), mtu: 65536, state: 'unknown', addresses: [{ address: '127.0.0.1', prefix: 8 }] },
    card('eth0', '192.0.2.5'),
    card('eth1', '10.1.0.2'),
    card('eth2', '10.2.0.2'),
  ],
  routes: [
    { interface: 'eth0', network: '0.0.0.0', prefix: 0, metric: 0, rejects: false },
    { interface: 'eth1', network: '10.1.0.0', prefix: 24, metric: 0, rejects: false },
  ],
  joined: {},
  receiveBufferMost: 16_777_216,
  membershipsMost: 20,
  capabilities: [],
  lockedMemory: 8_388_608,
  openFiles: 1024,
  processors: 8,
  memory: 64 * 2 ** 30,
  clockSource: 'tsc',
  timeKeepers: ['chronyd'],
};

const FILE = `apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: planned }
spec:
  decoder: nasdaq-totalview-itch-5.0
  lines:
    A: { type: udpMulticast, address: 233.54.12.111:26477, interface: eth1 }
    B: { type: udpMulticast, address: 233.49.196.111:26477, interface: eth2 }
  recovery:
    - { type: waitForOtherLine, for: 1ms }
    - { type: request, pattern: moldudp64-rerequest, servers: ['10.1.1.1:17000'], timeout: 50ms }
    - type: request
      pattern: soupbintcp-replay
      servers: ['10.1.1.5:18300']
      credentials: { type: userPassword, username: env:VW_PLAN_USER, password: env:VW_PLAN_PASSWORD }
      timeout: 2s
    - type: snapshot
      pattern: glimpse
      servers: ['10.1.1.6:18301']
      credentials: { type: userPassword, username: env:VW_PLAN_USER, password: env:VW_PLAN_PASSWORD }
`;
const NYSE = `apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: planned }
spec:
  decoder: nyse-pillar-integrated-2.5
  channels:
    one:
      key: 1
      lines:
        A: { type: udpMulticast, address: 224.0.59.76:11076, interface: eth1 }
        B: { type: udpMulticast, address: 224.0.59.204:11204, interface: eth2 }
      retransmission: { A: { type: udpMulticast, address: 224.0.59.77:11077, interface: eth1 } }
      snapshot: { A: { type: udpMulticast, address: 224.0.59.78:11078, interface: eth1 } }
  recovery:
    - { type: waitForOtherLine }
    - { type: request, pattern: nyse-retransmission, servers: ['10.1.1.9:7000'], credentials: { type: idAndSourceAddress, id: env:VW_PLAN_USER }, parameters: { productId: 1 } }
    - { type: snapshot, pattern: nyse-refresh, servers: ['10.1.1.9:7000'], credentials: { type: idAndSourceAddress, id: env:VW_PLAN_USER }, parameters: { productId: 1 } }
`;
const HKEX = `apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: planned }
spec:
  decoder: hkex-omd-c-1.45
  join: beginning
  lines:
    A: { type: udpMulticast, address: 233.54.12.111:26477, interface: eth1 }
    B: { type: udpMulticast, address: 233.49.196.111:26477, interface: eth2 }
  recovery:
    - { type: waitForOtherLine }
    - { type: request, pattern: hkex-retransmission, servers: ['10.1.1.9:7000'], credentials: { type: idAndSourceAddress, id: env:VW_PLAN_USER } }
`;
const GTP = `apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: planned }
spec:
  decoder: lse-gtp-level2-incremental-26.2
  lines:
    A: { type: udpMulticast, address: 233.54.12.111:26477, interface: eth1 }
    B: { type: udpMulticast, address: 233.49.196.111:26477, interface: eth2 }
  recovery:
    - { type: waitForOtherLine }
    - { type: request, pattern: lse-gtp-replay, servers: ['10.1.1.9:7000'], timeout: 50ms, credentials: { type: idAndSourceAddress, id: env:VW_PLAN_USER } }
`;
const DAY = { machine: MACHINE, date: '2026-11-27', now: new Date('2026-11-27T12:00:00Z') };
const changed = (text: string, ...changes: readonly (readonly [from: string, to: string])[]): string =>
  changes.reduce((now, [from, to]) => {
    expect(now).toContain(from);
    return now.replace(from, to);
  }, text);
const nasdaq = (...changes: (readonly [string, string])[]): string => changed(FILE, ...changes);
const nyse = (...changes: (readonly [string, string])[]): string => changed(NYSE, ...changes);
const adding = (text: string): string => `${FILE}${text}`;
/** What counts: a note says what is worth knowing. */
const found = (p: Plan): string[] => p.findings.filter((f) => f.severity !== 'note').map((f) => f.rule);
const on = (change: Partial<Machine>): PlanOptions => ({ machine: { ...MACHINE, ...change } });
const cards = (name: string, change: Partial<Machine['interfaces'][number]>): PlanOptions =>
  on({ interfaces: MACHINE.interfaces.map((i) => (i.name === name ? { ...i, ...change } : i)) });

beforeAll(() => {
  Object.assign(process.env, { VW_PLAN_USER: 'alice', VW_PLAN_PASSWORD: 'sesame' });
});

const A = 'A: { type: udpMulticast, address: 233.54.12.111:26477, interface: eth1 }';
const B = 'B: { type: udpMulticast, address: 233.49.196.111:26477, interface: eth2 }';
const only = (text: string): readonly [string, string][] => [
  [`\n    ${B}`, ''],
  [A, text],
];
const wait = '- { type: waitForOtherLine, for: 1ms }';
const zeromq = (name: string, place: string): string =>
  `    ${name}: { shape: { type: messages }, sink: { type: zeromq, bind: '${place}' } }\n`;

/** What is broken, its file, its machine, what is found (and nothing else), and where. */
const BROKEN: readonly [string, string | (() => string), PlanOptions, readonly string[], string][] = [
  // ── lines ──
  [
    'two lines of one address',
    nasdaq(['233.49.196.111:26477', '233.54.12.111:26477'], ['eth2', 'eth1']),
    {},
    ['VW_VENUE_LINES', 'lines-not-disjoint'],
    'spec.lines',
  ],
  [
    'a line that is another channel’s',
    nyse(['224.0.59.77:11077', '224.0.59.76:11076']),
    {},
    ['address-twice'],
    'spec.channels.one.retransmission.A',
  ],
  [
    'groups that a card cannot tell apart',
    nyse(['224.0.59.77:11077', '225.0.59.76:11077']),
    {},
    ['group-aliased'],
    'spec.channels.one.retransmission.A',
  ],
  [
    'a unicast line that hears a group',
    nasdaq([B, "B: { type: udpUnicast, address: '0.0.0.0:26477' }"]),
    {},
    ['port-shared'],
    'spec.lines.B',
  ],
  ['both lines by one interface', nasdaq(['eth2', 'eth1']), {}, ['lines-not-disjoint'], 'spec.lines.B'],
  [
    'both lines by the interface of the default route',
    nasdaq([', interface: eth1', ''], [', interface: eth2', '']),
    {},
    ['lines-not-disjoint'],
    'spec.lines.B',
  ],
  [
    'both lines from one sender',
    nasdaq(['eth1', 'eth1, source: 192.0.2.77'], ['eth2', 'eth2, source: 192.0.2.77']),
    {},
    ['lines-not-disjoint'],
    'spec.lines.B',
  ],
  [
    'one group on two ports',
    nasdaq(['233.49.196.111:26477', '233.54.12.111:26478']),
    {},
    ['lines-not-disjoint'],
    'spec.lines.B',
  ],
  [
    'a source-specific group without a source',
    nasdaq(['233.49.196.111', '232.49.196.111']),
    {},
    ['source-missing'],
    'spec.lines.B',
  ],
  [
    'a source that is a group',
    nasdaq(['eth2', 'eth2, source: 233.1.1.1']),
    {},
    ['source-wrong'],
    'spec.lines.B.source',
  ],
  [
    'a source that is a name',
    nasdaq(['eth2', 'eth2, source: feed.example']),
    {},
    ['source-wrong'],
    'spec.lines.B.source',
  ],
  [
    'a line over TCP, which nothing opens',
    nasdaq([B, "B: { type: tcp, address: 'venue.example:443' }"]),
    {},
    ['VW_NETWORK_NO_ENGINE'],
    'spec.lines.B',
  ],
  // ── machine ──
  ['an interface that is not there', nasdaq(['eth2', 'eth7']), {}, ['interface-missing'], 'spec.lines.B.interface'],
  ['an interface that is down', FILE, cards('eth2', { up: false, state: 'down' }), ['interface-down'], 'spec.lines.B'],
  ['a small MTU', FILE, cards('eth2', { mtu: 1400 }), ['mtu-small'], 'spec.lines.B'],
  [
    'no route to the groups',
    nasdaq(
      [', interface: eth1', ''],
      [', interface: eth2', ''],
      ["servers: ['10.1.1.1:17000']", "servers: ['10.1.0.1:17000']"],
      ["servers: ['10.1.1.5:18300']", "servers: ['10.1.0.1:18300']"],
      ["servers: ['10.1.1.6:18301']", "servers: ['10.1.0.1:18301']"],
    ),
    on({ routes: MACHINE.routes.slice(1) }),
    ['no-route', 'no-route'],
    'spec.lines.A',
  ],
  [
    'no route to a server',
    nasdaq(
      ["servers: ['10.1.1.5:18300']", "servers: ['10.1.0.1:18300']"],
      ["servers: ['10.1.1.6:18301']", "servers: ['10.1.0.1:18301']"],
    ),
    on({ routes: MACHINE.routes.slice(1) }),
    ['no-route'],
    'spec.recovery.1.servers.0',
  ],
  [
    'a route that refuses',
    nasdaq(["servers: ['10.1.1.1:17000']", "servers: ['10.9.1.1:17000']"]),
    on({ routes: [...MACHINE.routes, { interface: 'lo', network: '10.9.0.0', prefix: 16, metric: 0, rejects: true }] }),
    ['no-route'],
    'spec.recovery.1.servers.0',
  ],
  ['a small receive buffer', FILE, on({ receiveBufferMost: 212_992 }), ['receive-buffer-small'], 'spec.lines.A'],
  [
    'a burst that the buffer does not hold',
    changed(
      FILE,
      ['{ name: planned }', "{ name: planned, annotations: { venuewire.io/burst: '2000000' } }"],
      ['for: 1ms', 'for: 0ms'],
      ['timeout: 50ms', 'timeout: 1ms'],
    ),
    {},
    ['burst-too-large'],
    'spec.lines.A',
  ],
  ['no group may be joined', FILE, on({ membershipsMost: 0 }), ['memberships-none'], 'spec.lines.A'],
  ['few open files', FILE, on({ openFiles: 16 }), ['open-files-few'], 'spec'],
  ['a strict path back to senders', FILE, cards('eth2', { reversePath: 1 }), ['reverse-path'], 'spec.lines.B'],
  [
    'a packet ring without the right',
    nasdaq(['eth2', 'eth2, receive: packetRing']),
    {},
    ['receive-rights'],
    'spec.lines.B.receive',
  ],
  [
    'io_uring that is switched off',
    nasdaq(['eth2', 'eth2, receive: ioUring']),
    on({ ioUring: '2' }),
    ['receive-rights'],
    'spec.lines.B.receive',
  ],
  [
    'a ring of DPDK that nobody fills',
    nasdaq(['eth2', 'line-b, receive: dpdk']),
    on({ dpdkRings: ['line-a'] }),
    ['ring-missing'],
    'spec.lines.B.receive',
  ],
  ['one processor', FILE, on({ processors: 1 }), ['processors-few'], 'spec'],
  [
    'more held than the memory is',
    adding('  window: { bytes: 1073741824 }\n'),
    on({ memory: 2 ** 30 }),
    ['memory-small'],
    'spec.window.bytes',
  ],
  ['a slow clock', FILE, on({ clockSource: 'hpet' }), ['clock-slow'], 'spec'],
  [
    'a registered address that is elsewhere',
    adding('  security: [{ type: sourceAllowList, address: 10.1.0.99 }]\n'),
    {},
    ['address-not-here'],
    'spec.security.0.address',
  ],
  // ── recovery ──
  [
    'a ladder that asks nobody',
    () => `${FILE.slice(0, FILE.indexOf('    - { type: request'))}`,
    {},
    ['no-recovery'],
    'spec.recovery',
  ],
  ['a wait for a line that is not there', nasdaq([`\n    ${B}`, '']), {}, ['wait-for-nobody'], 'spec.recovery.0'],
  [
    'a wait behind a request',
    changed(FILE, [`    ${wait}\n`, ''], ['    - type: snapshot', `    ${wait}\n    - type: snapshot`]),
    {},
    ['VW_VENUE_LADDER'],
    'spec.recovery',
  ],
  [
    'answers on lines that are not declared',
    nyse(['      retransmission: { A: { type: udpMulticast, address: 224.0.59.77:11077, interface: eth1 } }\n', '']),
    {},
    ['answers-have-no-line'],
    'spec.recovery.1',
  ],
  [
    'a beginning that nobody has',
    changed(FILE.slice(0, FILE.indexOf('    - { type: request')), ['  recovery:', '  join: beginning\n  recovery:']),
    {},
    ['join-unreachable', 'no-recovery'],
    'spec.join',
  ],
  ['a beginning that servers no longer have', HKEX, {}, ['age-too-short'], 'spec.join'],
  ['logins that come too quickly', GTP, {}, ['login-outrun'], 'spec.recovery.1.timeout'],
  [
    'a window that a burst fills',
    FILE,
    { burst: { packetsPerSecond: 400_000 } },
    ['window-short'],
    'spec.window.packets',
  ],
  [
    'more than the venue serves at once',
    nyse([
      'parameters: { productId: 1 } }\n    - { type: snapshot',
      'parameters: { productId: 1 }, limits: { perRequest: 5000 } }\n    - { type: snapshot',
    ]),
    {},
    ['limits-beyond-pattern'],
    'spec.recovery.1.limits.perRequest',
  ],
  [
    'tries that the quota does not have',
    nasdaq(['timeout: 50ms }', 'timeout: 50ms, tries: 5, limits: { rates: [{ count: 2, per: 10s }] } }']),
    {},
    ['quota-outrun'],
    'spec.recovery.1.tries',
  ],
  [
    'one server twice',
    nasdaq(["servers: ['10.1.1.1:17000']", "servers: ['10.1.1.1:17000', '10.1.1.1:17000']"]),
    {},
    ['server-twice'],
    'spec.recovery.1.servers.1',
  ],
  [
    'a recovery that does not fit the framing',
    nasdaq(
      ['pattern: moldudp64-rerequest', 'pattern: iex-gap-fill-udp'],
      ['recovery:', 'framing: cme-mdp3\n  recovery:'],
    ),
    {},
    ['VW_RECOVERY_FRAMING', 'VW_RECOVERY_FRAMING'],
    'spec.recovery.1',
  ],
  [
    'security that nobody carries out',
    adding('  security: [{ type: messageHmac, key: env:VW_PLAN_PASSWORD }]\n'),
    {},
    ['VW_SECURITY_NO_ENGINE'],
    'spec.security',
  ],
  // ── secrets ──
  [
    'a variable that is not set',
    nasdaq(['env:VW_PLAN_USER', 'env:VW_PLAN_NOBODY']),
    {},
    ['secret-missing'],
    'spec.recovery.2.credentials.username',
  ],
  [
    'a file that is not there',
    nasdaq(['env:VW_PLAN_USER', `file:${folder}/nobody`]),
    {},
    ['secret-missing'],
    'spec.recovery.2.credentials.username',
  ],
  [
    'a secret that everybody reads',
    () => nasdaq(['env:VW_PLAN_PASSWORD', `file:${secret('open', 'sesame', 0o644)}`]),
    {},
    ['secret-exposed'],
    'spec.recovery.2.credentials.password',
  ],
  [
    'a password that the server has no room for',
    () => nasdaq(['env:VW_PLAN_PASSWORD', `file:${secret('long', 'x'.repeat(64))}`]),
    {},
    ['VW_ENCODE_TEXT'],
    'spec.recovery.2',
  ],
  [
    'credentials that no message holds',
    nasdaq([
      "servers: ['10.1.1.1:17000'], ",
      "servers: ['10.1.1.1:17000'], credentials: { type: token, token: env:VW_PLAN_USER }, ",
    ]),
    {},
    ['VW_CREDENTIAL_UNUSED'],
    'spec.recovery.1',
  ],
  // ── the rest ──
  [
    'a table that another one follows',
    nyse(['nyse-pillar-integrated-2.5\n', 'nyse-pillar-integrated-2.5a\n']),
    {},
    ['decoder-superseded'],
    'spec.decoder',
  ],
  ['a table of a later day', nyse(), { date: '2020-01-02' }, ['decoder-early'], 'spec.decoder'],
  [
    'two sinks at one place',
    adding(`  pipelines:\n${zeromq('one', 'tcp://127.0.0.1:5599')}${zeromq('two', 'tcp://127.0.0.1:5599')}`),
    {},
    ['endpoint-twice'],
    'spec.pipelines.two.sink.bind',
  ],
  [
    'a file in a folder that is not there',
    adding(
      `  pipelines:\n    one: { shape: { type: events }, sink: { type: duckdb, file: ${folder}/no/day.duckdb } }\n`,
    ),
    {},
    ['folder-missing'],
    'spec.pipelines.one.sink.file',
  ],
  [
    'a word that is not known',
    nasdaq(['interface: eth1', 'interfase: eth1']),
    {},
    ['VW_VENUE'],
    'spec.lines.A.interfase',
  ],
  [
    'two channels of one key',
    changed(FILE, ['  recovery:', '  channels: { one: { key: 1 }, two: { key: 1 } }\n  recovery:']),
    {},
    ['channel-key-twice'],
    'spec.channels.two.key',
  ],
];

describe('a broken venue or machine', () => {
  it('is one of more than forty', () => {
    expect(BROKEN.length).toBeGreaterThanOrEqual(40);
  });
  it.each(BROKEN)('%s is found, and nothing else', async (_name, file, options, rules, path) => {
    const made = await plan(typeof file === 'string' ? file : file(), { ...DAY, ...options });
    expect(found(made).sort()).toEqual([...rules].sort());
    const [first] = made.findings.filter((f) => f.rule === rules[0]);
    expect(first?.path).toBe(path);
    expect(first?.remedy).not.toBe('');
    expect(first?.at?.line).toBeGreaterThan(0);
  });
});

/** A good venue's lines, on the two cards of the machine. */
const onCards = <L extends Readonly<Record<string, Network>> | undefined>(lines: L): L =>
  (lines === undefined
    ? undefined
    : Object.fromEntries(
        Object.entries(lines).map(([name, line], i) => [
          name,
          line.type === 'udpMulticast' ? { ...line, interface: i % 2 === 0 ? 'eth1' : 'eth2' } : line,
        ]),
      )) as L;
function placed(venue: Venue): Venue {
  const { lines, channels, ...rest } = venue;
  const own = Object.entries(channels ?? {}).map(([name, c]) => [
    name,
    {
      ...c,
      ...(c.lines === undefined ? {} : { lines: onCards(c.lines) }),
      ...(c.retransmission === undefined ? {} : { retransmission: onCards(c.retransmission) }),
      ...(c.snapshot === undefined ? {} : { snapshot: onCards(c.snapshot) }),
    },
  ]);
  return Object.freeze({
    ...rest,
    ...(lines === undefined ? {} : { lines: onCards(lines) }),
    ...(channels === undefined ? {} : { channels: Object.fromEntries(own) }),
  }) as Venue;
}

const GOOD: readonly [string, string, PlanOptions][] = [
  ['the venue itself', FILE, {}],
  ['with channels, retransmission and refresh lines', NYSE, {}],
  ['with sources of two senders', nasdaq(['eth1', 'eth1, source: 192.0.2.7'], ['eth2', 'eth2, source: 192.0.2.8']), {}],
  [
    'source-specific groups with their sources',
    nasdaq(
      ['233.54.12.111', '232.54.12.111'],
      ['233.49.196.111', '232.49.196.111'],
      ['eth1', 'eth1, source: 192.0.2.7'],
      ['eth2', 'eth2, source: 192.0.2.8'],
    ),
    {},
  ],
  ['interfaces by their addresses', nasdaq(['eth1', '10.1.0.2'], ['eth2', '10.2.0.2']), {}],
  ['one line, and no wait', nasdaq([`\n    ${B}`, ''], [`    ${wait}\n`, '']), {}],
  [
    'one unicast line',
    changed(FILE, ...only("A: { type: udpUnicast, address: '10.1.0.2:26477' }"), [`    ${wait}\n`, '']),
    {},
  ],
  ['lines on loopback', nasdaq(['eth1', 'lo'], ['eth2', 'lo']), {}],
  ['a burst that fits', FILE, { burst: { packetsPerSecond: 50_000 } }],
  ['large packets on a card with large frames', FILE, cards('eth2', { mtu: 9000 })],
  [
    'a strict path back to a sender that is routed there',
    nasdaq(['eth1', 'eth1, source: 10.1.0.77'], ['eth2', 'eth2, source: 192.0.2.8']),
    cards('eth1', { reversePath: 1 }),
  ],
  [
    'a small rmem_max, which CAP_NET_ADMIN lifts',
    FILE,
    on({ receiveBufferMost: 212_992, capabilities: ['CAP_NET_ADMIN'] }),
  ],
  [
    'a packet ring with the right',
    nasdaq(['eth2', 'eth2, receive: packetRing']),
    on({ capabilities: ['CAP_NET_RAW'] }),
  ],
  ['auto, which takes what it may', nasdaq(['eth1', 'eth1, receive: auto'], ['eth2', 'eth2, receive: auto']), {}],
  [
    'a machine that does not say much',
    FILE,
    {
      machine: {
        platform: 'linux',
        interfaces: MACHINE.interfaces,
        routes: MACHINE.routes,
        joined: {},
        processors: 2,
        memory: 2 ** 33,
        timeKeepers: [],
      },
    },
  ],
  [
    'a registered address of this machine',
    adding('  security: [{ type: privateLine }, { type: sourceAllowList, address: 10.1.0.2 }]\n'),
    {},
  ],
  ['servers by name', nasdaq(["'10.1.1.1:17000'", "'rerequest.example:17000'"]), {}],
  [
    'lower limits than the pattern’s',
    nyse([
      'parameters: { productId: 1 } }\n    - { type: snapshot',
      'parameters: { productId: 1 }, limits: { perRequest: 500 } }\n    - { type: snapshot',
    ]),
    {},
  ],
  [
    'two sinks at two places',
    adding(`  pipelines:\n${zeromq('one', 'tcp://127.0.0.1:5599')}${zeromq('two', 'tcp://127.0.0.1:5600')}`),
    {},
  ],
  [
    'no machine and no secrets',
    nasdaq(['eth1', 'eth8'], ['eth2', 'eth9'], ['env:VW_PLAN_USER', 'env:VW_PLAN_NOBODY']),
    { machine: false, secrets: false },
  ],
  [
    'an old table on a day of its time',
    nyse(['nyse-pillar-integrated-2.5\n', 'nyse-pillar-integrated-2.5a\n']),
    { date: '2023-01-03' },
  ],
];

describe('a good venue', () => {
  it.each(GOOD)('%s: nothing is invented', async (_name, file, options) => {
    const made = await plan(file, { ...DAY, ...options });
    expect(made.findings.filter((f) => f.severity !== 'note')).toEqual([]);
  });

  /** True of ready venues: tables that have a successor, and venues whose recovery no public source describes. */
  const TRUE_OF_READY = ['decoder-superseded', 'no-recovery'];
  it.each(venues.map((v) => [v.id, v] as const))('%s, which is ready: nothing is invented', async (_id, entry) => {
    const made = await plan(placed((await entry.load()).example()), { ...DAY, secrets: false });
    expect(found(made).filter((rule) => !TRUE_OF_READY.includes(rule))).toEqual([]);
  });
  it.each(internetVenues.map((v) => [v.id, v] as const))(
    '%s, which sends text: nothing is invented',
    async (_id, entry) => {
      const made = await plan((await entry.load()).example(), { ...DAY, secrets: false });
      expect(found(made).filter((rule) => !TRUE_OF_READY.includes(rule))).toEqual([]);
    },
  );
});

describe('plan', () => {
  it('says everything that is wrong, and not only the first', async () => {
    const text = nasdaq(
      ['eth1', 'eth8'],
      ['eth2', 'eth9'],
      ['env:VW_PLAN_USER', 'env:VW_PLAN_NOBODY'],
      ['pattern: glimpse', 'pattern: glimpse\n      parameters: { no: 1 }'],
    );
    const { counts, findings } = await plan(text, DAY);
    expect(found({ findings } as Plan)).toEqual([
      'interface-missing',
      'interface-missing',
      'secret-missing',
      'VW_VENUE_PARAMETER',
    ]);
    expect(counts).toMatchObject({ error: 4, warning: 0 });
  });

  it('shows no secret, whatever is found', async () => {
    process.env.VW_PLAN_LONG = 'a-very-secret-word-that-is-far-too-long-for-any-field';
    const text = nasdaq(['env:VW_PLAN_PASSWORD', 'env:VW_PLAN_LONG'], ['timeout: 2s', 'timeouts: 2s']);
    const whole = JSON.stringify([await plan(text, DAY), await plan(text.replace('timeouts', 'timeout'), DAY)]);
    expect(whole).toContain('VW_ENCODE_TEXT');
    for (const word of ['sesame', 'a-very-secret', 'alice']) expect(whole).not.toContain(word);
  });

  it('looks up no secret of a FIX session that is only looked at, nor of one that a capture holds', async () => {
    const fix44 = venues.find((v) => v.id === 'fix44');
    const venue = (await fix44?.load())?.example() as Venue;
    delete process.env.VENUEWIRE_SIMULATED_USER;
    expect(found(await plan(venue, { ...DAY, secrets: false }))).toEqual([]);
    expect(() => compileVenue(venue, { capture: true })).not.toThrow();
  });

  it('finds certificates that are over, early, about to end, of another key, and none', async () => {
    const at = (...parts: string[]): string => join(folder, ...parts);
    const make = (name: string, ...more: string[]): void => {
      const args = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-subj',
        '/CN=vw',
      ];
      execFileSync('openssl', [...args, '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), ...more], {
        stdio: 'ignore',
      });
    };
    make('a', '-days', '365');
    make('b', '-days', '365');
    secret('none.pem', 'no certificate');
    const file = (certificate: string, key: string): string =>
      adding(`  pipelines:
    one:
      shape: { type: bookTop }
      sink: { type: redis, server: 'r.example:6379', tls: { certificate: 'file:${at(certificate)}', key: 'file:${at(key)}' } }
`);
    const day = 86_400_000;
    const cases: [string, string, number, string[]][] = [
      ['a.pem', 'a.key', 1, []],
      ['a.pem', 'a.key', -2, ['certificate-early']],
      ['a.pem', 'a.key', 350, ['certificate-expiring']],
      ['a.pem', 'a.key', 400, ['certificate-expired']],
      ['a.pem', 'b.key', 1, ['certificate-key']],
      ['none.pem', 'a.key', 1, ['certificate-invalid']],
    ];
    for (const [certificate, key, days, rules] of cases) {
      const made = await plan(file(certificate, key), { ...DAY, now: new Date(Date.now() + days * day) });
      expect(found(made), `${certificate} ${key} ${days}`).toEqual(rules);
    }
  });

  it('counts a burst as the kernel charges it: measured on loopback', () => {
    // 2 MiB of room (twice what is asked for) take 2520 datagrams of 64 bytes, 1638 of 200, 910 of 1400.
    for (const [packetBytes, packets] of [
      [64, 2520],
      [200, 1638],
      [1400, 910],
    ] as const) {
      const need = bufferNeed({ packetsPerSecond: packets * 100, packetBytes, pauseMs: 10 });
      expect(Math.abs(need - 2 ** 20) / 2 ** 20).toBeLessThan(0.01);
    }
  });

  it('refuses facts of a machine that are none, and takes its own', () => {
    const own = readMachine();
    expect(machineFrom(JSON.stringify(own), 'machine.json')).toEqual(own);
    for (const text of ['', '{}', '[]', '{"platform":"linux","interfaces":7}', 'no'])
      expect(() => machineFrom(text, 'm.json')).toThrow(expect.objectContaining({ code: 'VW_MACHINE' }));
  });

  it('knows the route of an address as the kernel chooses it', () => {
    expect(routeTo(MACHINE, '10.1.0.9')).toBe('eth1');
    expect(routeTo(MACHINE, '10.9.0.9')).toBe('eth0');
    expect(routeTo(MACHINE, '127.0.0.9')).toBe('lo');
    expect(routeTo(MACHINE, '192.0.2.5')).toBe('lo');
    expect(routeTo({ ...MACHINE, routes: [] }, '10.9.0.9')).toBeUndefined();
  });
});

describe('plan against what runs', () => {
  const against = (text: string) => plan(text, { ...DAY, against: FILE }).then((p) => p.changes ?? []);

  it('has no change where there is none, in whatever form the same is written', async () => {
    expect(await against(FILE)).toEqual([]);
    expect(
      await against(
        nasdaq([
          'decoder: nasdaq-totalview-itch-5.0',
          'decoder: nasdaq-totalview-itch-5.0\n  join: live\n  framing: moldudp64',
        ]),
      ).then((c) => c.map((x) => x.path)),
    ).toEqual(['framing']);
  });
  it.each([
    ['a description', nasdaq(['  decoder:', '  description: for readers\n  decoder:']), 'description', 'added', 'live'],
    [
      'a server',
      nasdaq(["'10.1.1.1:17000'", "'10.1.1.2:17000'"]),
      'recovery.request moldudp64-rerequest.servers',
      'changed',
      'restart',
    ],
    ['a line', nasdaq([`\n    ${B}`, '']), 'lines.B', 'removed', 'restart'],
    [
      'a limit',
      nasdaq(['timeout: 50ms }', 'timeout: 50ms, limits: { perRequest: 10 } }']),
      'recovery.request moldudp64-rerequest.limits',
      'added',
      'restart',
    ],
    [
      'a reference of a secret',
      nasdaq(['env:VW_PLAN_PASSWORD', 'env:VW_PLAN_USER']),
      'recovery.request soupbintcp-replay.credentials.password',
      'changed',
      'restart',
    ],
    ['the window', adding('  window: { packets: 8192 }\n'), 'window.packets', 'changed', 'restart'],
    ['the name', nasdaq(['name: planned', 'name: other']), 'name', 'changed', 'restart'],
    [
      'another pattern, which is one change',
      nasdaq(['pattern: moldudp64-rerequest', 'pattern: aquis-replay']),
      'recovery.request moldudp64-rerequest',
      'removed',
      'restart',
    ],
  ])('%s', async (_name, text, path, kind, effect) => {
    const changes = await against(text);
    expect(changes[0]).toMatchObject({ path, kind, effect });
    expect(changes.length).toBeLessThanOrEqual(2);
    for (const c of changes) expect(c.because).not.toBe('');
  });
  it('one rung more in the middle changes no other, and their order is a change', async () => {
    const rung =
      "    - { type: request, pattern: moldudp64-rerequest, servers: ['10.1.1.9:17000'], timeout: 90ms }\n    - type: request\n      pattern: soupbintcp-replay";
    const more = await against(nasdaq(['    - type: request\n      pattern: soupbintcp-replay', rung]));
    expect(more.map((c) => [c.path, c.kind])).toEqual([['recovery.request moldudp64-rerequest (2)', 'added']]);
    const at = [FILE.indexOf('    - type: request'), FILE.indexOf('    - type: snapshot')] as const;
    const turned = `${FILE.slice(0, at[0])}${FILE.slice(at[1])}${FILE.slice(at[0], at[1])}`;
    expect((await against(turned)).map((c) => c.path)).toEqual(['recovery']);
  });
});

describe('a sink', () => {
  it('whose package is not installed is found', () => {
    const rules: string[] = [];
    const pipelines = {
      one: { sink: { type: 'redis' } },
      two: { sink: { type: 'zeromq', bind: 'tcp://127.0.0.1:1' } },
    };
    const venue = { decoder: { id: 'own' }, unconfirmed: [], recovery: [], pipelines } as unknown as Venue;
    const found = (rule: string, _path: unknown, message: string) => rules.push(`${rule}: ${message}`);
    checkRest({
      venue,
      installed: (name: string) => name !== 'redis' && name !== 'msgpackr',
      found,
    } as unknown as Subject);
    expect(rules).toEqual(['package-missing: redis needs redis', 'package-missing: zeromq needs msgpackr']);
  });
});

describe('venuewire plan', () => {
  const bad = join(folder, 'bad venue.yaml');
  const facts = join(folder, 'machine.json');
  beforeAll(() => {
    writeFileSync(bad, nasdaq(['eth2', 'eth7']));
    writeFileSync(join(folder, 'good.yaml'), FILE);
    writeFileSync(facts, JSON.stringify(MACHINE));
  });

  it('prints findings with file, line, column and what to do, and ends with 1', async () => {
    const { code, out } = await venuewire(['plan', bad, '--machine', facts]);
    expect(code).toBe(1);
    expect(out).toContain(`error    ${bad}:8:61: spec.lines.B.interface: there is no interface eth7`);
    expect(out).toContain('[interface-missing]');
  });
  it('ends with 0 where nothing is found, and where it is not to fail', async () => {
    expect((await venuewire(['plan', join(folder, 'good.yaml'), '--machine', facts])).code).toBe(0);
    expect((await venuewire(['plan', bad, '--machine', facts, '--fail-on', 'never'])).code).toBe(0);
  });
  it('gives JSON, a line for each file, and changes', async () => {
    const { code, json } = await venuewire([
      'plan',
      bad,
      '--machine',
      facts,
      '--against',
      join(folder, 'good.yaml'),
      '--format',
      'json',
    ]);
    expect(code).toBe(1);
    const [made] = json() as unknown as Plan[];
    expect(made?.counts.error).toBe(1);
    expect(made?.changes?.map((c) => [c.path, c.from, c.to])).toEqual([['lines.B.interface', 'eth2', 'eth7']]);
  });
  it('gives SARIF 2.1.0 with a place for each result and a rule for each id', async () => {
    const { out } = await venuewire(['plan', bad, join(folder, 'good.yaml'), '--machine', facts, '--format', 'sarif']);
    const log = JSON.parse(out);
    const [run] = log.runs;
    expect(log.version).toBe('2.1.0');
    expect(run.results.map((r: { level: string }) => r.level)).toContain('error');
    for (const result of run.results) {
      expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
      const { artifactLocation, region } = result.locations[0].physicalLocation;
      expect(artifactLocation.uri).not.toContain(' ');
      expect(region.startLine).toBeGreaterThan(0);
    }
  });
  it.each([
    [['plan', 'nowhere.yaml'], 2, 'VW_VENUE_FILE'],
    [['plan', bad, '--date', '2026-02-30'], 2, 'is no day'],
    [['plan', bad, '--pause', '5'], 2, '--burst'],
    [['plan', bad, '--machine', bad], 2, 'VW_MACHINE'],
    [['plan', bad, bad, '--against', bad], 2, 'one venue'],
  ])('%j is refused with %i', async (args, code, text) => {
    const ran = await venuewire(args);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(text);
  });
  it('is given the facts by doctor --facts', async () => {
    const { code, out } = await venuewire(['doctor', '--facts']);
    expect(code).toBe(0);
    expect(machineFrom(out, 'facts').interfaces.map((i) => i.name)).toContain('lo');
  });
});

describe('the rules', () => {
  it('are each on the page about planning', async () => {
    const { readFileSync } = await import('node:fs');
    const page = readFileSync(new URL('../../docs/planning.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \| (\w+) \|/gm)].map(([, id, severity]) => [id, severity]);
    expect(listed).toEqual(Object.entries(RULES).map(([id, [severity]]) => [id, severity]));
  });
  it('are each shown by a broken venue here', () => {
    const elsewhere = [
      'certificate-invalid',
      'certificate-expired',
      'certificate-early',
      'certificate-expiring',
      'certificate-key',
      'package-missing',
    ];
    const shown = new Set([...BROKEN.flatMap(([, , , rules]) => rules), ...elsewhere]);
    const missing = Object.entries(RULES).flatMap(([id, [severity]]) =>
      severity !== 'note' && !shown.has(id) ? [id] : [],
    );
    expect(missing).toEqual([]);
  });
});
