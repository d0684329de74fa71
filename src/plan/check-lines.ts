/** Lines: addresses, groups, senders, and whether what one line loses the other can bring. */
import type { Network } from '../patterns/network.js';
import { splitEndpoint } from '../patterns/units.js';
import { linesOf, type PlacedLine } from './lines.js';
import { cardAddress, interfaceBy, isIpv4, isMulticast, type Machine, routeTo } from './machine.js';
import type { Check, Subject } from './subject.js';

type Multicast = Extract<Network, { type: 'udpMulticast' }>;
export const isGroup = (line: PlacedLine): line is PlacedLine & { readonly network: Multicast } =>
  line.network.type === 'udpMulticast';

/** Name of the interface that a line comes by, as far as it is known. */
export function interfaceOf(network: Network, machine: Machine | undefined): string | undefined {
  const named = 'interface' in network ? network.interface : undefined;
  if (machine === undefined) return named;
  if (named !== undefined) return interfaceBy(machine, named)?.name;
  return network.type === 'udpMulticast' ? routeTo(machine, splitEndpoint(network.address).host) : undefined;
}

const shown = ({ role, channel, name }: PlacedLine): string =>
  `line ${[channel, role === 'live' ? undefined : role, name].filter((x) => x !== undefined).join('/')}`;

/** Each pair of them, once. */
function* pairs<T>(list: readonly T[]): Generator<readonly [T, T]> {
  for (let i = 0; i < list.length; i++) for (let j = 0; j < i; j++) yield [list[j] as T, list[i] as T];
}

const addresses: Check = ({ venue, machine, found }) => {
  const places = new Map<string, PlacedLine>();
  for (const line of linesOf(venue)) {
    const { network } = line;
    if (!('address' in network)) continue;
    const source = 'source' in network ? network.source : undefined;
    const place = JSON.stringify([network.type, network.address, interfaceOf(network, machine), source]);
    const other = places.get(place);
    places.set(place, line);
    // The same role in the same channel is refused when the venue is opened, and said so.
    if (other === undefined || (other.role === line.role && other.channel === line.channel)) continue;
    found('address-twice', line.path, `${shown(line)} and ${shown(other)} are both ${network.address}`);
  }
};

const ports: Check = ({ venue, found }) => {
  const groups = linesOf(venue).filter(isGroup);
  for (const line of linesOf(venue)) {
    if (line.network.type !== 'udpUnicast') continue;
    const { host, port } = splitEndpoint(line.network.address);
    if (host !== '0.0.0.0') continue;
    const other = groups.find((g) => splitEndpoint(g.network.address).port === port);
    if (other === undefined) continue;
    found('port-shared', line.path, `${shown(line)} hears ${shown(other)} too: ${other.network.address}`);
  }
};

const aliases: Check = ({ venue, machine, found }) => {
  const seen = new Map<string, string>();
  for (const line of linesOf(venue).filter(isGroup)) {
    const group = splitEndpoint(line.network.address).host;
    const key = `${cardAddress(group)} ${interfaceOf(line.network, machine) ?? ''}`;
    const other = seen.get(key);
    seen.set(key, group);
    if (other === undefined || other === group) continue;
    found('group-aliased', line.path, `${shown(line)}: ${group} and ${other} have one Ethernet address`);
  }
};

/** What the lines of one channel and role have in common; loopback has nothing that could fail. */
const disjoint: Check = ({ venue, machine, found }) => {
  const live = linesOf(venue)
    .filter(isGroup)
    .filter((l) => l.role === 'live');
  for (const [a, b] of pairs(live)) {
    if (a.channel !== b.channel) continue;
    const by = interfaceOf(b.network, machine);
    if (by === 'lo') continue;
    const [groupA, groupB] = [a, b].map((l) => splitEndpoint(l.network.address).host);
    const common = [
      ...(by !== undefined && by === interfaceOf(a.network, machine) ? [`come by ${by}`] : []),
      ...(groupA === groupB ? [`are the group ${groupA}`] : []),
      ...(b.network.source !== undefined && b.network.source === a.network.source
        ? [`are sent by ${b.network.source}`]
        : []),
    ];
    if (common.length > 0) found('lines-not-disjoint', b.path, `${shown(a)} and ${shown(b)} both ${common.join(', ')}`);
  }
};

const SOURCE_SPECIFIC = '232.';
const sources: Check = ({ venue, machine, found }) => {
  for (const line of linesOf(venue).filter(isGroup)) {
    const { source, address } = line.network;
    if (source === undefined) {
      if (address.startsWith(SOURCE_SPECIFIC))
        found('source-missing', line.path, `${shown(line)}: ${address} is source-specific, and no source is named`);
      continue;
    }
    const own = machine !== undefined && interfaceBy(machine, source);
    const wrong = !isIpv4(source)
      ? 'is no IPv4 address'
      : isMulticast(source)
        ? 'is a group'
        : source.startsWith('0.')
          ? 'is no address'
          : own && own.name !== 'lo'
            ? 'is this machine'
            : undefined;
    if (wrong !== undefined) found('source-wrong', [...line.path, 'source'], `${shown(line)}: its source ${wrong}`);
  }
};

const keys: Check = ({ venue, found }) => {
  const seen = new Map<string, string>();
  for (const [name, c] of Object.entries(venue.channels ?? {})) {
    if (c.lines !== undefined || c.key === undefined) continue;
    const other = seen.get(String(c.key));
    seen.set(String(c.key), name);
    if (other !== undefined)
      found('channel-key-twice', ['channels', name, 'key'], `channels ${other} and ${name} have the key ${c.key}`);
  }
};

export const checkDeclaredLines = (subject: Subject): void => {
  for (const check of [addresses, ports, aliases, disjoint, sources, keys]) check(subject);
};
