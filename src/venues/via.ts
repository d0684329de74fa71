/** Venues whose servers are asked by one process on behalf of everybody: a recovery proxy (`venuewire proxy`). */
import { soupbintcp } from '../decoders/soupbintcp.js';
import { VenuewireError } from '../errors.js';
import { framingOf } from '../patterns/framings.js';
import { defineRecovery, request, requestRung } from '../patterns/recovery.js';
import { message, variable } from '../patterns/table.js';
import type { Venue } from '../patterns/venue.js';
import { moldudp64Rerequest, soupbintcpReplay } from './patterns/recoveries.js';

/** Addresses of proxies, in the order in which they are tried; and who we are to them, where they ask for it. */
export type Via = NonNullable<Venue['via']>;

/** A proxy's framing: what it speaks, and so what the feed behind it must be in. */
const SPOKEN = 'moldudp64';
/** Behind the newest message; what is older comes faster by replay. */
const RECENT_MESSAGES = 20_000;
/** A proxy keeps a request until it has been given the message itself. */
const TRIES = 20;

/** SoupBinTCP replay of a proxy that asks nobody who he is. */
const proxyReplay = defineRecovery({
  ...soupbintcpReplay,
  id: 'proxy-replay',
  source: 'docs/proxy.md',
  login: message(soupbintcp, 'loginRequest', {
    requestedSession: variable('session'),
    requestedSequenceNumber: variable('begin'),
  }),
});

function rungs({ proxy, credentials }: Via): Venue['recovery'] {
  const servers = [...proxy];
  const given = [
    request(moldudp64Rerequest, { servers, timeout: '50ms', tries: TRIES, limits: { age: RECENT_MESSAGES } }),
    credentials === undefined
      ? request(proxyReplay, { servers, timeout: '2s' })
      : request(soupbintcpReplay, { servers, credentials, timeout: '2s' }),
  ];
  return given.map((rung) => requestRung.parse(rung)) as Venue['recovery'];
}

/** @throws VenuewireError `VW_PROXY_VENUE` when a proxy cannot speak for the venue. */
export function checkSpoken(venue: Venue): void {
  const framing = venue.framing ?? framingOf(venue.decoder) ?? venue.decoder.framing;
  const id = typeof framing === 'string' ? framing : (framing as { id?: string } | undefined)?.id;
  if (id === SPOKEN) return;
  throw new VenuewireError(
    'VW_PROXY_VENUE',
    `${venue.name}: a proxy speaks MoldUDP64 and SoupBinTCP, and this feed is framed by '${id}'`,
    `Ask the venue's own servers: leave \`via\` out.`,
  );
}

/**
 * The same venue, but what is missing is asked of proxies, and never of the venue's servers. Waiting for the other line stays.
 * @throws VenuewireError `VW_PROXY_VENUE` when a proxy cannot speak for it.
 */
export function viaProxy<V extends Venue>(venue: V, via: Via): V {
  checkSpoken(venue);
  if (venue.join === 'snapshot') {
    throw new VenuewireError(
      'VW_PROXY_VENUE',
      `${venue.name} begins with a snapshot, which a proxy does not give`,
      'Write `join: beginning`: the proxy has the whole day.',
    );
  }
  const { via: _, ...rest } = venue;
  return withRungs(rest as V, rungs(via), []);
}

/** The same venue, but proxies are asked before its servers. */
export function proxiesFirst<V extends Venue>(venue: V, proxies: readonly string[]): V {
  checkSpoken(venue);
  const own = venue.recovery.filter(({ type }) => type !== 'waitForOtherLine');
  return withRungs(venue, rungs({ proxy: [...proxies] }), own);
}

function withRungs<V extends Venue>(venue: V, before: Venue['recovery'], behind: Venue['recovery']): V {
  const waits = venue.recovery.filter(({ type }) => type === 'waitForOtherLine');
  return Object.freeze({ ...venue, recovery: [...waits, ...before, ...behind] }) as V;
}
