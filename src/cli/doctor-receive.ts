/** What `doctor` looks at for receiving: interfaces, memberships, and what each receive backend needs. */
import { readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { execPath } from 'node:process';
import type { Network } from '../patterns/network.js';
import { splitEndpoint } from '../patterns/units.js';
import type { Venue } from '../patterns/venue.js';
import { type Check, fail, ok, read, warn } from './doctor-checks.js';

/** Bytes of frames that AF_XDP takes for a default feed. */
const XDP_BYTES = 32 << 20;
const ETHERNET_MTU = 1500;

/** Drivers that run XDP programs themselves, and those of them that need no copy; every other interface has generic mode. */
const NATIVE_XDP: ReadonlySet<string> = new Set(
  'bnxt_en bonding cpsw dpaa2-eth ena enetc fec gve hv_netvsc i40e ice igb igc ixgbe ixgbevf mlx4_en mlx5_core mvneta mvpp2 netsec nfp octeontx2 qede sfc stmmac thunderx tsnep tun veth virtio_net vmxnet3 xen_netfront'.split(
    ' ',
  ),
);
const ZERO_COPY_XDP: ReadonlySet<string> = new Set('i40e ice igb igc ixgbe mlx5_core nfp stmmac tsnep'.split(' '));

/** Interfaces other than loopback, as the kernel of this namespace has them. */
export const interfaces = (): string[] =>
  (read('/proc/net/dev') ?? '')
    .split('\n')
    .flatMap((line) => /^\s*([^\s:|]+):/.exec(line)?.[1] ?? [])
    .filter((name) => name !== 'lo');

const ofInterface = (name: string, what: string): string | undefined => read(`/sys/class/net/${name}/${what}`);

function driverOf(name: string): string | undefined {
  try {
    return readlinkSync(`/sys/class/net/${name}/device/driver`).split('/').at(-1);
  } catch {
    return ofInterface(name, 'tun_flags') === undefined ? undefined : 'tun';
  }
}

/** Link and MTU of an interface. */
function link(name: string): Check {
  const state = ofInterface(name, 'operstate');
  const mtu = Number(ofInterface(name, 'mtu') ?? 0);
  const check = `interface ${name}`;
  if (state === undefined) return warn(check, 'not seen under /sys', 'Mount the sysfs of this network namespace.');
  const value = `link ${state}, MTU ${mtu}`;
  if (state === 'down') return warn(check, value, `No feed comes by it: ip link set dev ${name} up`);
  return mtu >= ETHERNET_MTU
    ? ok(check, value)
    : warn(
        check,
        value,
        `Feeds send packets of up to ${ETHERNET_MTU} bytes: ip link set dev ${name} mtu ${ETHERNET_MTU}`,
      );
}

const CAPABILITIES = { CAP_NET_ADMIN: 12, CAP_NET_RAW: 13, CAP_IPC_LOCK: 14, CAP_SYS_NICE: 23, CAP_BPF: 39 } as const;
type Capability = keyof typeof CAPABILITIES;
const CAP_SYS_ADMIN = 21n;

function held(): ReadonlySet<Capability> | undefined {
  const hex = read('/proc/self/status')?.match(/^CapEff:\s*([0-9a-f]+)$/m)?.[1];
  if (hex === undefined) return undefined;
  const bits = BigInt(`0x${hex}`);
  const has = (bit: bigint): boolean => ((bits >> bit) & 1n) === 1n;
  const names = (Object.keys(CAPABILITIES) as Capability[]).filter((name) => has(BigInt(CAPABILITIES[name])));
  return new Set(has(CAP_SYS_ADMIN) ? [...names, 'CAP_BPF'] : names);
}

const grant = (names: readonly Capability[]): string => `setcap ${names.join(',').toLowerCase()}+ep ${execPath}`;

export function capabilities(): Check | undefined {
  const rights = held();
  if (rights === undefined) return undefined;
  const missing = (Object.keys(CAPABILITIES) as Capability[]).filter((name) => !rights.has(name));
  return ok(
    'capabilities',
    rights.size > 0 ? [...rights].join(', ') : 'none that matter',
    missing.length === 0 ? '' : `Sockets need none. For packet rings, AF_XDP and real-time threads: ${grant(missing)}`,
  );
}

export function lockedMemory(): Check | undefined {
  const limit = read('/proc/self/limits')?.match(/^Max locked memory\s+(\S+)/m)?.[1];
  if (limit === undefined) return undefined;
  const free = held()?.has('CAP_IPC_LOCK') === true;
  const value = `${limit}${limit === 'unlimited' ? '' : ' bytes'} (ulimit -l)${free ? ', CAP_IPC_LOCK lifts it' : ''}`;
  return free || limit === 'unlimited' || Number(limit) >= XDP_BYTES
    ? ok('locked memory', value)
    : ok('locked memory', value, `AF_XDP gets fewer frames than it asks for: ulimit -l ${XDP_BYTES / 1024}`);
}

/** What AF_XDP would be on an interface, by its driver; trying it would take traffic away. */
function xdp(name: string): Check {
  const driver = driverOf(name);
  const mode =
    driver === undefined || !NATIVE_XDP.has(driver)
      ? 'generic mode'
      : `native mode${ZERO_COPY_XDP.has(driver) ? ', without copies' : ''}`;
  const value = `${mode} (driver ${driver ?? 'unknown'})`;
  const needed: Capability[] = ['CAP_NET_RAW', 'CAP_NET_ADMIN', 'CAP_BPF'];
  const rights = held();
  return rights === undefined || needed.every((n) => rights.has(n))
    ? ok(`AF_XDP on ${name}`, value)
    : ok(`AF_XDP on ${name}`, `${value}, without the rights`, `Only for receive: afXdp. ${grant(needed)}`);
}

export function ioUring(): Check | undefined {
  const off = read('/proc/sys/kernel/io_uring_disabled');
  if (off === undefined) return undefined;
  const value = { '0': 'allowed', '1': 'allowed to a group and to root', '2': 'switched off' }[off] ?? off;
  return ok(
    'io_uring',
    `${value} (kernel.io_uring_disabled)`,
    off === '0' ? '' : 'Only for receive: ioUring. sysctl -w kernel.io_uring_disabled=0',
  );
}

/** Groups that have been joined, by interface, in dotted form. */
export function memberships(text = read('/proc/net/igmp') ?? ''): Map<string, Set<string>> {
  const out = new Map<string, Set<string>>();
  let groups = new Set<string>();
  for (const line of text.split('\n').slice(1)) {
    const device = /^\d+\s+([^\s:]+)/.exec(line)?.[1];
    if (device !== undefined) {
      groups = new Set();
      out.set(device, groups);
    }
    // An address as it lies in memory: its first byte is the last of the number.
    const hex = /^\s+([0-9A-F]{8})\s/.exec(line)?.[1];
    if (hex !== undefined)
      groups.add(
        (hex.match(/../g) as string[])
          .reverse()
          .map((b) => Number.parseInt(b, 16))
          .join('.'),
      );
  }
  return out;
}

/** The 23 bits that an Ethernet card tells groups by. */
export const cardAddress = (group: string): number =>
  group.split('.').reduce((n, part) => (n * 256 + Number(part)) % 2 ** 32, 0) % 2 ** 23;

const multicastLines = (venue: Venue | undefined): [string, Network & { readonly type: 'udpMulticast' }][] =>
  [venue?.lines, ...Object.values(venue?.channels ?? {}).flatMap((c) => [c.lines, c.retransmission, c.snapshot])]
    .flatMap((set) => Object.entries(set ?? {}))
    .flatMap(([name, line]) => (line.type === 'udpMulticast' ? [[name, line]] : []));

/** Lines of a venue: is each interface here, is its group joined, do two groups look the same to a card. */
function ofVenue(venue: Venue): Check[] {
  const joined = memberships();
  const known = ['lo', ...interfaces()];
  const seen = new Map<number, string>();
  return multicastLines(venue).flatMap(([name, line]) => {
    const group = splitEndpoint(line.address).host;
    const device = line.interface;
    const check = `line ${name}`;
    const value = `${line.address}${device === undefined ? '' : ` by ${device}`}`;
    if (device !== undefined && !/^\d+\.\d+\.\d+\.\d+$/.test(device) && !known.includes(device))
      return [fail(check, value, `There is no interface ${device} here: there are ${known.join(', ')}.`)];
    const alias = seen.get(cardAddress(group));
    seen.set(cardAddress(group), group);
    if (alias !== undefined && alias !== group)
      return [
        warn(check, value, `A card cannot tell ${group} from ${alias}: the kernel sorts out what is not wanted.`),
      ];
    const on = [...joined].filter(([, groups]) => groups.has(group)).map(([where]) => where);
    return [
      on.length > 0
        ? ok(check, `${value}, joined on ${on.join(', ')}`)
        : ok(check, `${value}, joined by nobody`, 'As it is while no feed is open: look again while one is.'),
    ];
  });
}

/** All of them; `venue`: with its lines. Of the interfaces those that have an address, or that a line names. */
export function receiving(venue: Venue | undefined): (Check | undefined)[] {
  const named = new Set(multicastLines(venue).map(([, line]) => line.interface));
  const addressed = networkInterfaces();
  const shown = interfaces().filter((name) => named.has(name) || addressed[name] !== undefined);
  const up = shown.filter((name) => ofInterface(name, 'operstate') !== 'down');
  return [
    ...shown.map(link),
    ...(venue === undefined ? [] : ofVenue(venue)),
    capabilities(),
    lockedMemory(),
    ...up.map(xdp),
    ioUring(),
  ];
}
