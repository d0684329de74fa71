/**
 * Facts about a machine that matter to feeds. Plain data: `doctor` and `plan` read them in this one place, a file can keep
 * them for a machine that is elsewhere, and tests make them up.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { availableParallelism, networkInterfaces, totalmem } from 'node:os';
import { platform } from 'node:process';
import { z } from 'zod';
import { VenuewireError } from '../errors.js';
import { printableWord } from '../printable.js';
import type { MachineFacts } from './machine-types.js';

const count = z.int().min(0);
const address = z.strictObject({
  address: z.string().describe('IPv4 address'),
  prefix: z.int().min(0).max(32).describe('Bits of its network'),
});
const networkInterface = z.strictObject({
  name: z.string(),
  up: z.boolean().describe('Switched on, and its link is not down'),
  state: z.string().describe('As the kernel says it: up, down, unknown'),
  mtu: count.describe('Bytes of the longest packet'),
  reversePath: z
    .int()
    .min(0)
    .max(2)
    .describe('0: sources are not checked; 1: only those routed through it pass; 2: loose'),
  addresses: z.array(address),
  driver: z.string().optional(),
});
const route = z.strictObject({
  interface: z.string(),
  network: z.string().describe('IPv4 address of the network'),
  prefix: z.int().min(0).max(32),
  metric: count,
  rejects: z.boolean().describe('Packets are refused'),
});

/** @internal */
export const machineShape = z
  .strictObject({
    platform: z.string(),
    interfaces: z.array(networkInterface).describe('Loopback too'),
    routes: z.array(route).describe('Of the main table'),
    joined: z.record(z.string(), z.array(z.string())).describe('Groups that are joined, by interface'),
    receiveBufferMost: count.optional().describe('net.core.rmem_max, bytes'),
    membershipsMost: count.optional().describe('net.ipv4.igmp_max_memberships, groups of a socket'),
    backlog: count.optional().describe('net.core.netdev_max_backlog, packets'),
    busyPoll: count.optional().describe('net.core.busy_poll, microseconds'),
    busyRead: count.optional().describe('net.core.busy_read, microseconds'),
    ioUring: z.enum(['0', '1', '2']).optional().describe('kernel.io_uring_disabled'),
    dpdkRings: z.array(z.string()).optional().describe('Rings that venuewire-dpdk fills, by name'),
    capabilities: z.array(z.string()).optional().describe('Rights of the process that matter'),
    lockedMemory: z
      .union([count, z.literal('unlimited')])
      .optional()
      .describe('Bytes that may be locked'),
    openFiles: z.union([count, z.literal('unlimited')]).optional(),
    processors: count.describe('That this process may use'),
    memory: count.describe('Bytes'),
    clockSource: z.string().optional(),
    timeKeepers: z.array(z.string()).describe('Programs here that keep the clock right'),
  })
  .describe('Facts about a machine');
export type Machine = Readonly<MachineFacts>;
export type MachineInterface = Machine['interfaces'][number];

/** A file of /proc or /sys, where there is one. */
export function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

const number = (path: string): number | undefined => {
  const text = read(path);
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
};

export const CAPABILITIES = {
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_IPC_LOCK: 14,
  CAP_SYS_NICE: 23,
  CAP_BPF: 39,
} as const;
export type Capability = keyof typeof CAPABILITIES;
const CAP_SYS_ADMIN = 21n;

/** Rights of this process among those that matter; undefined where the kernel does not say. */
function capabilities(): Capability[] | undefined {
  const hex = read('/proc/self/status')?.match(/^CapEff:\s*([0-9a-f]+)$/m)?.[1];
  if (hex === undefined) return undefined;
  const bits = BigInt(`0x${hex}`);
  const has = (bit: bigint): boolean => ((bits >> bit) & 1n) === 1n;
  const names = (Object.keys(CAPABILITIES) as Capability[]).filter((name) => has(BigInt(CAPABILITIES[name])));
  return has(CAP_SYS_ADMIN) && !names.includes('CAP_BPF') ? [...names, 'CAP_BPF'] : names;
}

/** Bytes of an address as it lies in memory: the first is the last of the number. */
const dotted = (hex: string): string =>
  (hex.match(/../g) as string[])
    .reverse()
    .map((b) => Number.parseInt(b, 16))
    .join('.');

/** Groups that have been joined, by interface, from the text of /proc/net/igmp. */
export function joinedGroups(text: string): Map<string, Set<string>> {
  const out = new Map<string, Set<string>>();
  let groups = new Set<string>();
  for (const line of text.split('\n').slice(1)) {
    const device = /^\d+\s+([^\s:]+)/.exec(line)?.[1];
    if (device !== undefined) {
      groups = new Set();
      out.set(device, groups);
    }
    const hex = /^\s+([0-9A-F]{8})\s/.exec(line)?.[1];
    if (hex !== undefined) groups.add(dotted(hex));
  }
  return out;
}

/** Where venuewire-dpdk listens; the core has the same. */
const DPDK_FOLDER = '/run/venuewire';
const DPDK_SUFFIX = '.dpdk';

/** Rings by name; undefined where no such program was ever started. */
function dpdkRings(): string[] | undefined {
  try {
    return readdirSync(DPDK_FOLDER)
      .filter((name) => name.endsWith(DPDK_SUFFIX))
      .map((name) => name.slice(0, -DPDK_SUFFIX.length))
      .sort();
  } catch {
    return undefined;
  }
}

/** Clocks that are read without a system call. */
export const FAST_CLOCKS: readonly string[] = ['tsc', 'kvm-clock', 'arch_sys_counter', 'hyperv_clocksource_tsc_page'];

const RTF_REJECT = 0x200;

/** Routes from the text of /proc/net/route. */
export function routesOf(text: string): Machine['routes'] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [device = '', network = '', , flags = '0', , , metric = '0', mask = ''] = line.trim().split(/\s+/);
      if (!/^[0-9A-F]{8}$/.test(network) || !/^[0-9A-F]{8}$/.test(mask)) return [];
      const prefix = [...Number.parseInt(mask, 16).toString(2)].filter((bit) => bit === '1').length;
      const rejects = (Number.parseInt(flags, 16) & RTF_REJECT) !== 0;
      return [{ interface: device, network: dotted(network), prefix, metric: Number(metric), rejects }];
    });
}

function driverOf(name: string): string | undefined {
  try {
    return readlinkSync(`/sys/class/net/${name}/device/driver`).split('/').at(-1);
  } catch {
    return read(`/sys/class/net/${name}/tun_flags`) === undefined ? undefined : 'tun';
  }
}

const IFF_UP = 1;
const DOWN = ['down', 'lowerlayerdown', 'notpresent'];

function interfaceOf(name: string, strictEverywhere: number): MachineInterface {
  const state = read(`/sys/class/net/${name}/operstate`) ?? 'not seen';
  const flags = Number(read(`/sys/class/net/${name}/flags`) ?? IFF_UP);
  const own = number(`/proc/sys/net/ipv4/conf/${name}/rp_filter`) ?? 0;
  const driver = driverOf(name);
  return {
    name,
    state,
    up: !DOWN.includes(state) && (flags & IFF_UP) !== 0,
    mtu: number(`/sys/class/net/${name}/mtu`) ?? 0,
    reversePath: Math.max(strictEverywhere, own),
    addresses: (networkInterfaces()[name] ?? [])
      .filter((a) => a.family === 'IPv4')
      .map((a) => ({ address: a.address, prefix: Number(a.cidr?.split('/')[1] ?? 32) })),
    ...(driver === undefined ? {} : { driver }),
  };
}

/** Names of the interfaces of this network namespace, loopback too. */
const interfaceNames = (): string[] =>
  (read('/proc/net/dev') ?? '').split('\n').flatMap((line) => /^\s*([^\s:|]+):/.exec(line)?.[1] ?? []);

/** Programs that keep a clock right, by the names that the kernel has of them (15 characters). */
const TIME_KEEPERS = ['chronyd', 'ntpd', 'openntpd', 'phc2sys', 'ptp4l', 'systemd-timesyn', 'timemaster'];

function timeKeepers(): string[] {
  let processes: string[] = [];
  try {
    processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {}
  const names = new Set(processes.map((id) => read(`/proc/${id}/comm`) ?? ''));
  return TIME_KEEPERS.filter((name) => names.has(name));
}

const limit = (name: string): number | 'unlimited' | undefined => {
  const text = read('/proc/self/limits')?.match(new RegExp(`^${name}\\s+(\\S+)`, 'm'))?.[1];
  return text === undefined || text === 'unlimited' ? text : Number(text);
};

/** Leaves out what is not known. */
const known = <T extends object>(facts: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as never;

/** The facts of this machine, as this process sees it: its network namespace, its limits, its rights. */
export function readMachine(): Machine {
  const everywhere = number('/proc/sys/net/ipv4/conf/all/rp_filter') ?? 0;
  return {
    platform,
    interfaces: interfaceNames().map((name) => interfaceOf(name, everywhere)),
    routes: routesOf(read('/proc/net/route') ?? ''),
    joined: Object.fromEntries([...joinedGroups(read('/proc/net/igmp') ?? '')].map(([name, of]) => [name, [...of]])),
    processors: availableParallelism(),
    memory: totalmem(),
    timeKeepers: timeKeepers(),
    ...known({
      receiveBufferMost: number('/proc/sys/net/core/rmem_max'),
      membershipsMost: number('/proc/sys/net/ipv4/igmp_max_memberships'),
      backlog: number('/proc/sys/net/core/netdev_max_backlog'),
      busyPoll: number('/proc/sys/net/core/busy_poll'),
      busyRead: number('/proc/sys/net/core/busy_read'),
      ioUring: read('/proc/sys/kernel/io_uring_disabled') as Machine['ioUring'],
      dpdkRings: dpdkRings(),
      capabilities: capabilities(),
      lockedMemory: limit('Max locked memory'),
      openFiles: limit('Max open files'),
      clockSource: read('/sys/devices/system/clocksource/clocksource0/current_clocksource'),
    }),
  };
}

/**
 * Facts that a file has kept, as `venuewire doctor --facts` prints them.
 * @throws VenuewireError `VW_MACHINE` naming the first place that is not right.
 */
export function machineFrom(text: string, name: string): Machine {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    data = undefined;
  }
  const result = machineShape.safeParse(data);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new VenuewireError(
    'VW_MACHINE',
    `${printableWord(name)}: ${printableWord(issue?.path.join('.') ?? '') || 'the document'}: ${issue?.message ?? 'is none'}`,
    'Make it with: venuewire doctor --facts > machine.json',
  );
}

const bitsOf = (ip: string): number => ip.split('.').reduce((n, part) => (n * 256 + Number(part)) >>> 0, 0);
const within = (ip: string, network: string, prefix: number): boolean =>
  prefix === 0 || bitsOf(ip) >>> (32 - prefix) === bitsOf(network) >>> (32 - prefix);

export const isIpv4 = (text: string): boolean => {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((p) => /^\d{1,3}$/.test(p) && Number(p) <= 255);
};
export const isMulticast = (ip: string): boolean => within(ip, '224.0.0.0', 4);

/** Name of the interface that packets to the address leave by; undefined: nowhere. */
export function routeTo(machine: Machine, ip: string): string | undefined {
  if (within(ip, '127.0.0.0', 8)) return 'lo';
  if (machine.interfaces.some((i) => i.addresses.some((a) => a.address === ip))) return 'lo';
  const best = machine.routes
    .filter((r) => within(ip, r.network, r.prefix))
    .sort((a, b) => b.prefix - a.prefix || a.metric - b.metric)[0];
  return best === undefined || best.rejects ? undefined : best.interface;
}

/** The interface of that name, or with that address. */
export const interfaceBy = (machine: Machine, nameOrAddress: string): MachineInterface | undefined =>
  machine.interfaces.find(
    (i) => i.name === nameOrAddress || i.addresses.some(({ address: own }) => own === nameOrAddress),
  );

/** The 23 bits that an Ethernet card tells groups by. */
export const cardAddress = (group: string): number => bitsOf(group) % 2 ** 23;
