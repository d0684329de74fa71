/** The machine: whether lines and servers can be reached from it, and what it has for them. */
import { isIP } from 'node:net';
import { splitEndpoint } from '../patterns/units.js';
import type { Venue } from '../patterns/venue.js';
import { interfaceOf, isGroup } from './check-lines.js';
import { linesOf } from './lines.js';
import { FAST_CLOCKS, interfaceBy, isIpv4, type Machine, routeTo } from './machine.js';
import type { Burst, Subject } from './subject.js';

/** A check that has a machine to look at. */
type On = (subject: Subject, machine: Machine) => void;

const ETHERNET_MTU = 1500;
/** Descriptors that Node and the feed have without any line or server. */
const OWN_FILES = 64;
const LOOPBACK = 'lo';

/** Servers of rungs and streams, with where each list stands. */
export const serverUses = (venue: Venue) => [
  ...venue.recovery.flatMap((rung, i) =>
    rung.type === 'waitForOtherLine' ? [] : [{ path: ['recovery', i], use: rung }],
  ),
  ...Object.entries(venue.streams ?? {}).map(([name, use]) => ({ path: ['streams', name], use })),
];

const interfaces: On = ({ venue, found }, machine) => {
  const names = machine.interfaces.map((i) => i.name).join(', ');
  const told = new Set<string>();
  for (const line of linesOf(venue)) {
    const { network, path } = line;
    if (network.type !== 'udpMulticast' && network.type !== 'udpUnicast') continue;
    const named = network.interface;
    // That is the name of a ring, of which the kernel may have no interface.
    if (network.type === 'udpMulticast' && network.receive === 'dpdk') {
      const ring = interfaceBy(machine, interfaceOf(network, machine) ?? '')?.name ?? named ?? '';
      const rings = machine.dpdkRings ?? [];
      if (!rings.includes(ring))
        found('ring-missing', [...path, 'receive'], `no ring ${ring}; there are ${rings.join(', ') || 'none'}`);
      continue;
    }
    if (named !== undefined && interfaceBy(machine, named) === undefined) {
      found('interface-missing', [...path, 'interface'], `there is no interface ${named}; there are ${names}`);
      continue;
    }
    const by = interfaceBy(machine, interfaceOf(network, machine) ?? '');
    if (by === undefined) {
      if (network.type === 'udpMulticast') found('no-route', path, `no route leads to ${network.address}`);
      continue;
    }
    if (told.has(by.name)) continue;
    told.add(by.name);
    if (!by.up) found('interface-down', path, `${by.name} is ${by.state}`, `ip link set dev ${by.name} up`);
    if (by.name !== LOOPBACK && by.mtu < ETHERNET_MTU)
      found('mtu-small', path, `${by.name} has an MTU of ${by.mtu}`, `ip link set dev ${by.name} mtu ${ETHERNET_MTU}`);
    const source = network.type === 'udpMulticast' ? network.source : undefined;
    const isRouted = source !== undefined && isIpv4(source) && routeTo(machine, source) === by.name;
    if (by.name !== LOOPBACK && by.reversePath === 1 && !isRouted) {
      const remedy = `sysctl -w net.ipv4.conf.${by.name}.rp_filter=2`;
      found('reverse-path', path, `${by.name} checks the path back to senders strictly`, remedy);
    }
  }
};

const servers: On = ({ venue, found }, machine) => {
  for (const { path, use } of serverUses(venue)) {
    use.servers.forEach((server, i) => {
      const { host } = splitEndpoint(server);
      if (isIP(host) !== 4 || routeTo(machine, host) !== undefined) return;
      found('no-route', [...path, 'servers', i], `no route leads to ${server}`, 'Add a route.');
    });
  }
};

const ownAddresses: On = ({ venue, found }, machine) => {
  const check = (path: readonly PropertyKey[], address: string | undefined): void => {
    if (address === undefined || interfaceBy(machine, address) !== undefined) return;
    found('address-not-here', path, `no interface has the address ${address}`);
  };
  for (const { path, use } of serverUses(venue)) {
    check([...path, 'localAddress'], use.localAddress);
    const { credentials } = use;
    if (credentials.type === 'idAndSourceAddress')
      check([...path, 'credentials', 'localAddress'], credentials.localAddress);
  }
  venue.security.forEach((protection, i) => {
    if (protection.type === 'sourceAllowList') check(['security', i, 'address'], protection.address);
  });
  for (const { path, network } of linesOf(venue)) {
    if (network.type !== 'udpUnicast') continue;
    const { host } = splitEndpoint(network.address);
    if (host !== '0.0.0.0' && isIpv4(host)) check([...path, 'address'], host);
  }
};

/** Bytes that the kernel charges a socket's buffer for a datagram: its room comes in steps. Measured on loopback, Linux 6.18. */
const CHARGED: readonly (readonly [payloadMost: number, bytes: number])[] = [
  [190, 832],
  [640, 1280],
  [1664, 2304],
  [65507, 66560],
];
const charged = (payload: number): number =>
  (CHARGED.find(([most]) => payload <= most) ?? CHARGED.at(-1))?.[1] as number;

const DEFAULT_PACKET_BYTES = 200;
const DEFAULT_PAUSE_MS = 10;

/** Bytes to ask for, so that a pause of the feed thread loses nothing; the kernel counts against twice of what is asked for. */
export function bufferNeed({
  packetsPerSecond,
  packetBytes = DEFAULT_PACKET_BYTES,
  pauseMs = DEFAULT_PAUSE_MS,
}: Burst): number {
  return Math.ceil((packetsPerSecond * (pauseMs / 1000) * charged(packetBytes)) / 2);
}

const buffers: On = ({ venue, burst, receiveBufferBytes, found }, machine) => {
  const first = linesOf(venue).find(({ network }) => network.type.startsWith('udp'));
  if (first === undefined) return;
  // With the right to administer the network the limit does not hold.
  const most = machine.capabilities?.includes('CAP_NET_ADMIN') ? Number.POSITIVE_INFINITY : machine.receiveBufferMost;
  const granted = Math.min(receiveBufferBytes, most ?? Number.POSITIVE_INFINITY);
  if (granted < receiveBufferBytes) {
    const message = `net.core.rmem_max is ${most}: of ${receiveBufferBytes} bytes that a feed asks for it gets ${most}`;
    found('receive-buffer-small', first.path, message);
  }
  if (burst === undefined) return;
  const need = bufferNeed(burst);
  if (need > granted) {
    const pause = burst.pauseMs ?? DEFAULT_PAUSE_MS;
    const message = `${burst.packetsPerSecond} packets a second fill ${need} bytes in ${pause} ms, and a socket has ${granted}`;
    found('burst-too-large', first.path, message);
  }
};

const sockets: On = ({ venue, found }, machine) => {
  const lines = linesOf(venue);
  const groups = lines.filter(isGroup);
  const [first] = groups;
  if (first !== undefined && machine.membershipsMost === 0)
    found('memberships-none', first.path, 'net.ipv4.igmp_max_memberships is 0');
  const need = lines.length + serverUses(venue).length + OWN_FILES;
  const { openFiles } = machine;
  if (typeof openFiles === 'number' && openFiles < need)
    found('open-files-few', [], `the feed may need ${need} files, and the process may have ${openFiles}`);
};

/** What a receive backend needs beyond what every process may. */
export const RECEIVE_RIGHTS: Readonly<Record<string, readonly string[]>> = {
  packetRing: ['CAP_NET_RAW'],
  afXdp: ['CAP_NET_RAW', 'CAP_NET_ADMIN', 'CAP_BPF'],
};
const IO_URING_OFF = '2';

const rights: On = ({ venue, found }, { capabilities, ioUring }) => {
  for (const line of linesOf(venue).filter(isGroup)) {
    const { receive } = line.network;
    const path = [...line.path, 'receive'];
    if (receive === 'ioUring' && ioUring === IO_URING_OFF)
      found('receive-rights', path, 'io_uring is switched off', 'sysctl -w kernel.io_uring_disabled=0');
    const missing = (RECEIVE_RIGHTS[receive ?? ''] ?? []).filter((right) => capabilities?.includes(right) === false);
    if (missing.length === 0) continue;
    const remedy = `setcap ${missing.join(',').toLowerCase()}+ep on the program, or receive: socket.`;
    found('receive-rights', path, `${receive} needs ${missing.join(', ')}`, remedy);
  }
};

const resources: On = ({ venue, receiveBufferBytes, found }, machine) => {
  if (machine.processors < 2) found('processors-few', [], 'this process may use one processor');
  const held = venue.window.bytes * Math.max(1, Object.keys(venue.channels ?? {}).length);
  const all = held + linesOf(venue).length * receiveBufferBytes;
  if (all > machine.memory / 2)
    found('memory-small', ['window', 'bytes'], `${all} bytes may be held, and the machine has ${machine.memory}`);
};

const clock: On = ({ found }, { clockSource, timeKeepers }) => {
  if (clockSource !== undefined && !FAST_CLOCKS.includes(clockSource))
    found('clock-slow', [], `the clock is ${clockSource}`);
  if (timeKeepers.length === 0) found('clock-unkept', [], 'no chrony, ntpd or PTP runs here');
};

export function checkMachine(subject: Subject): void {
  const { machine } = subject;
  if (machine === undefined) return;
  for (const check of [interfaces, servers, ownAddresses, buffers, sockets, rights, resources, clock])
    check(subject, machine);
}
