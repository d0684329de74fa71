/** Protections that are arranged outside of this process: what can be seen of them is looked at before anything is opened. */
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { remedyOf, VenuewireError } from '../errors.js';
import type { Protection } from '../patterns/security.js';

/** What is looked at; tests give their own. */
export interface Machine {
  interfaces(): Readonly<Record<string, readonly { readonly address: string }[] | undefined>>;
  /** `/proc/net/route`; undefined where there is none. */
  routes(): string | undefined;
}
const thisMachine: Machine = {
  interfaces: networkInterfaces,
  routes: () => {
    try {
      return readFileSync('/proc/net/route', 'utf8');
    } catch {
      return undefined;
    }
  },
};

const BITS = 32;
const numberOf = (address: string): number => address.split('.').reduce((n, part) => n * 256 + Number(part), 0);
/** `/proc/net/route` has addresses as the machine keeps them: hexadecimal, lowest byte first. */
const fromHex = (text: string): number => Buffer.from(text, 'hex').readUInt32LE();
const isUp = (flags: string): boolean => (Number.parseInt(flags, 16) & 1) === 1;

/** Whether a route that is not the default one leads to the whole network. */
function hasRoute(routes: string, network: string, by: string | undefined): boolean {
  const [address = '', length = String(BITS)] = network.split('/');
  const wanted = numberOf(address);
  return routes
    .split('\n')
    .slice(1)
    .some((line) => {
      const [name, destination = '', , flags = '0', , , , mask = ''] = line.split('\t');
      if (mask.length !== 8 || fromHex(mask) === 0 || !isUp(flags) || (by !== undefined && by !== name)) return false;
      const own = fromHex(mask);
      const ownLength = own.toString(2).replaceAll('0', '').length;
      return ownLength <= Number(length) && (wanted & own) >>> 0 === fromHex(destination);
    });
}

function checkVpn(venue: string, p: Extract<Protection, { type: 'vpn' }>, machine: Machine): void {
  const down = (what: string): VenuewireError =>
    new VenuewireError('VW_SECURITY_VPN', `${venue}: the VPN is not up: ${what}`, remedyOf('VW_SECURITY_VPN'));
  if (p.interface !== undefined && (machine.interfaces()[p.interface] ?? []).length === 0)
    throw down(`there is no interface ${p.interface} with an address`);
  if (p.route === undefined) return;
  const routes = machine.routes();
  if (routes === undefined) throw down('this system does not tell its routes: name the interface instead');
  const by = p.interface === undefined ? '' : ` by ${p.interface}`;
  if (!hasRoute(routes, p.route, p.interface)) throw down(`there is no route to ${p.route}${by} but the default one`);
}

/**
 * Looks whether the address of an allow list is one of this machine, and whether the tunnel is up.
 * @throws VenuewireError `VW_SECURITY_ADDRESS`, `VW_SECURITY_VPN`
 */
export function checkArranged(venue: string, security: readonly Protection[], machine: Machine = thisMachine): void {
  for (const p of security) {
    if (p.type === 'vpn') checkVpn(venue, p, machine);
    if (p.type !== 'sourceAllowList' || p.address === undefined) continue;
    const { address } = p;
    const own = Object.values(machine.interfaces()).flatMap((of) => (of ?? []).map((a) => a.address));
    // All of 127.0.0.0/8 is this machine.
    if (own.includes(address) || (isIPv4(address) && address.startsWith('127.'))) continue;
    throw new VenuewireError(
      'VW_SECURITY_ADDRESS',
      `${venue}: the venue admits ${address}, which is no address of this machine (${own.join(', ')})`,
      remedyOf('VW_SECURITY_ADDRESS'),
    );
  }
}
