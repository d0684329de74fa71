import { itch50 } from '../decoders/itch50.js';
import type { Credentials } from '../patterns/credentials.js';
import { sourceAllowList } from '../patterns/security.js';
import { stream } from '../patterns/stream.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { needs } from './options.js';
import { soupbintcpFeed } from './patterns/streams.js';
import { simulatedUser } from './simulated.js';

export interface ItchOverSoupOptions {
  /** `host:port` of the servers, in the order in which they are tried after a break. */
  readonly servers: readonly string[];
  /** User and password. */
  readonly credentials: Credentials;
  /** Where delivery begins; default `live`. */
  readonly join?: 'live' | 'beginning';
}

/**
 * Nasdaq TotalView-ITCH 5.0 over SoupBinTCP alone: one counted session, which after a break goes on with the first message
 * that is missing. Source: SoupBinTCP 3.00, TotalView-ITCH 5.0.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function itchOverSoup(options: ItchOverSoupOptions): Venue<typeof itch50> {
  needs('itchOverSoup', options, 'servers', 'credentials');
  const { servers, credentials, join = 'live' } = options;
  return defineVenue({
    name: 'soupbintcp-feed',
    decoder: itch50,
    framing: 'moldudp64',
    streams: { A: stream(soupbintcpFeed, { servers: [...servers], credentials }) },
    join,
    recovery: [],
    security: [sourceAllowList()],
    unconfirmed: ['addresses come with the subscription'],
  });
}

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof itch50> =>
  itchOverSoup({ servers: ['127.0.0.1:18000'], credentials: simulatedUser() });
