/** What a venue declares and nothing here does is refused before anything is opened; so is what contradicts itself. */
import type { Framing } from '../../patterns/framing.js';
import type { Network } from '../../patterns/network.js';
import { noEngine } from '../../patterns/network.js';
import type { Recovery } from '../../patterns/recovery.js';
import type { Protection } from '../../patterns/security.js';
import type { Snapshot } from '../../patterns/snapshot.js';
import type { Stream } from '../../patterns/stream.js';
import type { Venue } from '../../patterns/venue.js';
import { fault } from './framing.js';

/** Protections that are arranged outside of this process: nothing is left for it to do. */
const ARRANGED = ['privateLine', 'sourceAllowList', 'vpn'];
/** What sockets are opened for, and what a capture can hold in plain bytes. */
const LIVE: readonly Network['type'][] = ['udpMulticast', 'udpUnicast'];
const CAPTURED: readonly Network['type'][] = [...LIVE, 'tcp', 'captureFile'];

/** Something that is connected to. */
export interface Connection {
  readonly name: string;
  /** A group is joined and not connected to: no TLS is possible there. */
  readonly multicast: boolean;
  /** By its transport. */
  readonly protects: readonly Protection['type'][];
}

/**
 * A protection is carried out on every connection, or the venue is refused.
 * @throws VenuewireError `VW_SECURITY_NO_ENGINE`: nobody's password goes out in clear because a word was not understood.
 */
export function checkSecurity(venue: Venue, connections: readonly Connection[]): void {
  for (const { type } of venue.security) {
    if (ARRANGED.includes(type)) continue;
    const concerned = connections.filter((c) => !(c.multicast && (type === 'tls' || type === 'mutualTls')));
    const without = concerned.find((c) => !c.protects.includes(type));
    if (concerned.length > 0 && without === undefined) continue;
    throw fault(
      'VW_SECURITY_NO_ENGINE',
      `${venue.name}: the security '${type}' is declared, and nothing here carries it out${without === undefined ? '' : ` on ${without.name}`}`,
      `Give a transport that protects by '${type}': openFeed(venue, { transports }). Leave it out only where the connection is protected in another way: a private line, a VPN, a TLS proxy on this machine.`,
    );
  }
}

/** @throws VenuewireError `VW_NETWORK_NO_ENGINE` */
export function checkNetwork(network: Network, live: boolean, where: string): void {
  if (!(live ? LIVE : CAPTURED).includes(network.type)) throw noEngine(network.type, where);
}

/**
 * Two lines of one address are one line: nothing would be gained, and its losses would be counted as covered.
 * @throws VenuewireError `VW_VENUE_LINES`
 */
export function checkLines(
  lines: readonly {
    readonly name: string;
    readonly role: string;
    readonly channel: number;
    readonly network: Network;
  }[],
  venue: Venue,
): void {
  const places = new Map<string, string>();
  for (const { name, role, channel, network } of lines) {
    if (!('address' in network)) continue;
    const { address } = network;
    const own = 'interface' in network ? network.interface : undefined;
    const source = 'source' in network ? network.source : undefined;
    const place = JSON.stringify([role, channel, address, own, source]);
    const other = places.get(place);
    if (other !== undefined) {
      throw fault(
        'VW_VENUE_LINES',
        `${venue.name}: line ${name} is line ${other}: both are ${address}`,
        'Give each line its own group and port, or its own interface.',
      );
    }
    places.set(place, name);
  }
}

/** @throws VenuewireError `VW_VENUE_LADDER`: a wait behind a request would wait for what has been asked for already. */
export function checkLadder(venue: Venue): void {
  const asked = venue.recovery.findIndex((r) => r.type !== 'waitForOtherLine');
  const waits = venue.recovery.findLastIndex((r) => r.type === 'waitForOtherLine');
  if (asked < 0 || waits < asked) return;
  throw fault(
    'VW_VENUE_LADDER',
    `${venue.name}: recovery.${waits} waits for the other line after recovery.${asked} has asked a server`,
    'Put the wait first.',
  );
}

const usesSession = (value: unknown): boolean => JSON.stringify(value ?? null).includes('"variable":"session"');

/**
 * @throws VenuewireError `VW_RECOVERY_FRAMING`: the numbers that the server counts are not those of the feed.
 */
export function checkPattern(pattern: Recovery | Snapshot | Stream, feed: Framing, where: string): void {
  const misfit = (what: string): Error =>
    fault(
      'VW_RECOVERY_FRAMING',
      `${where}: '${pattern.id}' does not fit the framing '${feed.id ?? 'of the feed'}': ${what}`,
      'Use the recovery that the venue has for this feed, or correct the framing.',
    );
  if ('subscribe' in pattern) return;
  if (feed.numbering === 'none') throw misfit('its packets have no numbers that could be missing');
  if (usesSession(safe([pattern.login, pattern.request])) && feed.session === undefined) {
    throw misfit('it asks for a session, and the framing has none');
  }
  if ('from' in pattern || feed.numbering !== 'packet') return;
  const counted = pattern.replies.some((r) => r.do === 'message');
  const packets = pattern.replies.some((r) => r.do === 'packet') || pattern.delivery !== 'replies';
  if (counted && !packets) throw misfit('it brings single messages, and the framing numbers packets');
}

/** Without the tables, which refer to themselves. */
const safe = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value ?? null, (key, v: unknown) =>
      key === 'table' || key === 'framing' ? undefined : typeof v === 'bigint' ? v.toString() : v,
    ),
  );
