import type { Decoder } from '../layout/index.js';
import { udpMulticast } from '../patterns/network.js';
import { request } from '../patterns/recovery.js';
import { privateLine } from '../patterns/security.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type Lines, ladder, needs, rung, type Servers, type VenueOptions } from './options.js';
import { moldudp64Rerequest, soupbintcpReplay } from './patterns/recoveries.js';
import { simulatedUser } from './simulated.js';

export interface NasdaqItchOptions<D> extends VenueOptions {
  /** The message table of the feed: ITTO, BONO, Depth of Market, … */
  readonly decoder: D;
  /** What the venue is called. */
  readonly name: string;
  readonly lines: Lines;
  /** MoldUDP64 re-request servers. */
  readonly rerequest?: Servers;
  /** SoupBinTCP servers that replay the session from any message on. */
  readonly replay?: Servers;
}

/**
 * A feed over MoldUDP64 with re-request and SoupBinTCP replay: Nasdaq options and auxiliary feeds, and who took the same
 * transports. Sources: MoldUDP64 1.00, SoupBinTCP 3.00.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function nasdaqItch<D extends Decoder>(options: NasdaqItchOptions<D>): Venue<D> {
  needs('nasdaqItch', options, 'decoder', 'name', 'lines');
  const { decoder, name, lines, rerequest, replay } = options;
  return defineVenue({
    name,
    decoder,
    framing: 'moldudp64',
    lines,
    join: options.join ?? 'live',
    recovery: ladder(options, [
      rerequest && request(moldudp64Rerequest, { timeout: '50ms', ...rung(rerequest) }),
      replay && request(soupbintcpReplay, { timeout: '2s', ...rung(replay) }),
    ]),
    security: [privateLine()],
    unconfirmed: [
      'lines and addresses: they come with the subscription',
      'that this feed has re-request and SoupBinTCP servers as TotalView has; its snapshot (GLIMPSE) is another table',
    ],
  });
}

/** A feed of the family with every part configured. */
export const exampleOf = (name: string, decoder: Decoder) =>
  nasdaqItch({
    name,
    decoder,
    lines: { A: udpMulticast('239.255.0.1:26477'), B: udpMulticast('239.255.0.2:26477') },
    rerequest: { servers: ['127.0.0.1:17001', '127.0.0.1:17011'] },
    replay: { servers: ['127.0.0.1:17002'], credentials: simulatedUser() },
  });
