/** What `doctor` looks at for receiving: interfaces, memberships, and what each receive backend needs. */
import { execPath } from 'node:process';
import { splitEndpoint } from '../patterns/units.js';
import type { Venue } from '../patterns/venue.js';
import { linesOf } from '../plan/lines.js';
import {
  CAPABILITIES,
  type Capability,
  cardAddress,
  interfaceBy,
  isIpv4,
  type Machine,
  type MachineInterface,
  readMachine,
} from '../plan/machine.js';
import { type Check, fail, ok, warn } from './doctor-checks.js';

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

/** Link and MTU of an interface. */
function link({ name, state, up, mtu }: MachineInterface): Check {
  const check = `interface ${name}`;
  if (state === 'not seen') return warn(check, 'not seen under /sys', 'Mount the sysfs of this network namespace.');
  const value = `link ${state}, MTU ${mtu}`;
  if (!up) return warn(check, value, `No feed comes by it: ip link set dev ${name} up`);
  return mtu >= ETHERNET_MTU
    ? ok(check, value)
    : warn(
        check,
        value,
        `Feeds send packets of up to ${ETHERNET_MTU} bytes: ip link set dev ${name} mtu ${ETHERNET_MTU}`,
      );
}

const grant = (names: readonly Capability[]): string => `setcap ${names.join(',').toLowerCase()}+ep ${execPath}`;

function capabilities({ capabilities: rights }: Machine): Check | undefined {
  if (rights === undefined) return undefined;
  const missing = (Object.keys(CAPABILITIES) as Capability[]).filter((name) => !rights.includes(name));
  return ok(
    'capabilities',
    rights.length > 0 ? rights.join(', ') : 'none that matter',
    missing.length === 0 ? '' : `Sockets need none. For packet rings, AF_XDP and real-time threads: ${grant(missing)}`,
  );
}

function lockedMemory({ lockedMemory: limit, capabilities: rights }: Machine): Check | undefined {
  if (limit === undefined) return undefined;
  const free = rights?.includes('CAP_IPC_LOCK') === true;
  const value = `${limit}${limit === 'unlimited' ? '' : ' bytes'} (ulimit -l)${free ? ', CAP_IPC_LOCK lifts it' : ''}`;
  return free || limit === 'unlimited' || limit >= XDP_BYTES
    ? ok('locked memory', value)
    : ok('locked memory', value, `AF_XDP gets fewer frames than it asks for: ulimit -l ${XDP_BYTES / 1024}`);
}

/** What AF_XDP would be on an interface, by its driver; trying it would take traffic away. */
function xdp({ name, driver }: MachineInterface, { capabilities: rights }: Machine): Check {
  const mode =
    driver === undefined || !NATIVE_XDP.has(driver)
      ? 'generic mode'
      : `native mode${ZERO_COPY_XDP.has(driver) ? ', without copies' : ''}`;
  const value = `${mode} (driver ${driver ?? 'unknown'})`;
  const needed: Capability[] = ['CAP_NET_RAW', 'CAP_NET_ADMIN', 'CAP_BPF'];
  return rights === undefined || needed.every((n) => rights.includes(n))
    ? ok(`AF_XDP on ${name}`, value)
    : ok(`AF_XDP on ${name}`, `${value}, without the rights`, `Only for receive: afXdp. ${grant(needed)}`);
}

function ioUring({ ioUring: off }: Machine): Check | undefined {
  if (off === undefined) return undefined;
  const value = { '0': 'allowed', '1': 'allowed to a group and to root', '2': 'switched off' }[off];
  return ok(
    'io_uring',
    `${value} (kernel.io_uring_disabled)`,
    off === '0' ? '' : 'Only for receive: ioUring. sysctl -w kernel.io_uring_disabled=0',
  );
}

/** Rings of venuewire-dpdk, which feeds read. */
function dpdk({ dpdkRings: rings = [] }: Machine): Check {
  return rings.length === 0
    ? ok('DPDK', 'no rings', 'Only for receive: dpdk. Start venuewire-dpdk (docs/receive.md).')
    : ok('DPDK', `${rings.length === 1 ? 'ring' : 'rings'} ${rings.join(', ')}`);
}

/** The ring that a line is read from. */
function ringOf(check: string, value: string, device: string | undefined, machine: Machine): Check {
  const ring = interfaceBy(machine, device ?? '')?.name ?? device ?? '';
  return machine.dpdkRings?.includes(ring) === true
    ? ok(check, `${value}, by venuewire-dpdk`)
    : fail(check, value, `No ring ${ring}: start venuewire-dpdk with --ring ${ring || 'NAME'} (docs/receive.md).`);
}

/** Lines of a venue: is each interface here, is its group joined, do two groups look the same to a card. */
function ofVenue(venue: Venue, machine: Machine): Check[] {
  const seen = new Map<number, string>();
  return linesOf(venue).flatMap(({ name, network }) => {
    if (network.type !== 'udpMulticast') return [];
    const group = splitEndpoint(network.address).host;
    const device = network.interface;
    const check = `line ${name}`;
    const value = `${network.address}${device === undefined ? '' : ` by ${device}`}`;
    if (network.receive === 'dpdk') return [ringOf(check, value, network.interface, machine)];
    if (device !== undefined && !isIpv4(device) && interfaceBy(machine, device) === undefined) {
      const known = machine.interfaces.map((i) => i.name);
      return [fail(check, value, `There is no interface ${device} here: there are ${known.join(', ')}.`)];
    }
    const alias = seen.get(cardAddress(group));
    seen.set(cardAddress(group), group);
    if (alias !== undefined && alias !== group)
      return [
        warn(check, value, `A card cannot tell ${group} from ${alias}: the kernel sorts out what is not wanted.`),
      ];
    const on = Object.keys(machine.joined).filter((where) => machine.joined[where]?.includes(group));
    return [
      on.length > 0
        ? ok(check, `${value}, joined on ${on.join(', ')}`)
        : ok(check, `${value}, joined by nobody`, 'As it is while no feed is open: look again while one is.'),
    ];
  });
}

/** All of them; `venue`: with its lines. Of the interfaces those that have an address, or that a line names. */
export function receiving(venue: Venue | undefined, machine: Machine = readMachine()): (Check | undefined)[] {
  const named = new Set(
    venue === undefined ? [] : linesOf(venue).map(({ network }) => 'interface' in network && network.interface),
  );
  const shown = machine.interfaces.filter((i) => i.name !== 'lo' && (named.has(i.name) || i.addresses.length > 0));
  return [
    ...shown.map(link),
    ...(venue === undefined ? [] : ofVenue(venue, machine)),
    capabilities(machine),
    lockedMemory(machine),
    ...shown.filter((i) => i.up).map((i) => xdp(i, machine)),
    ioUring(machine),
    dpdk(machine),
  ];
}
