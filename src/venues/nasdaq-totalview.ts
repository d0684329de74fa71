import { itch50 } from '../decoders/itch50.js';
import type { Credentials } from '../patterns/credentials.js';
import type { Network } from '../patterns/network.js';
import { udpMulticast } from '../patterns/network.js';
import { request, waitForOtherLine } from '../patterns/recovery.js';
import { privateLine } from '../patterns/security.js';
import { snapshot } from '../patterns/snapshot.js';
import { defineVenue, type Venue, type VenueInput } from '../patterns/venue.js';
import { needs } from './options.js';
import { glimpse, moldudp64Rerequest, soupbintcpReplay } from './patterns/recoveries.js';
import { simulatedUser } from './simulated.js';

interface Server {
  /** `host:port`. */
  readonly server: string;
  readonly credentials: Credentials;
}

export interface NasdaqTotalViewOptions {
  /** The lines by name, for example `{ A: udpMulticast('233.54.12.111:26477', { interface: 'eth1' }), B: … }`. */
  readonly lines: Readonly<Record<string, Network>>;
  /** MoldUDP64 re-request servers, `host:port` each. */
  readonly rerequest?: { readonly servers: readonly string[]; readonly tries?: number; readonly timeout?: string };
  /** A SoupBinTCP server that replays the session from any message on. */
  readonly replay?: Server;
  /** A GLIMPSE server: the books as of now. */
  readonly glimpse?: Server;
  /** Where delivery begins; default `live`. `beginning` needs `replay` or `rerequest`, `snapshot` needs `glimpse`. */
  readonly join?: 'live' | 'beginning' | 'snapshot';
  /** How long line A may wait for line B and the other way round; default 1ms. */
  readonly reorder?: string;
  /** Rungs of your own, instead of all of the above. */
  readonly ladder?: VenueInput['recovery'];
}

/**
 * Nasdaq TotalView-ITCH 5.0 over MoldUDP64. Sources: TotalView-ITCH 5.0 (2026), MoldUDP64 1.00, SoupBinTCP 3.00, GLIMPSE
 * 5.0 (2026). A rung that is not configured is left out of the ladder.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function nasdaqTotalView(options: NasdaqTotalViewOptions): Venue<typeof itch50> {
  needs('nasdaqTotalView', options, 'lines');
  const { rerequest, replay, glimpse: images } = options;
  const server = (s: Server) => ({ servers: [s.server], credentials: s.credentials });
  return defineVenue({
    name: 'nasdaq-totalview',
    decoder: itch50,
    framing: 'moldudp64',
    lines: options.lines,
    join: options.join ?? 'live',
    directory: { message: 'stockDirectory', symbol: 'stock' },
    recovery: options.ladder ?? [
      waitForOtherLine(options.reorder === undefined ? {} : { for: options.reorder }),
      ...(rerequest
        ? [request(moldudp64Rerequest, { timeout: '50ms', ...rerequest, servers: [...rerequest.servers] })]
        : []),
      ...(replay ? [request(soupbintcpReplay, { ...server(replay), timeout: '2s' })] : []),
      ...(images ? [snapshot(glimpse, server(images))] : []),
    ],
    security: [privateLine()],
    unconfirmed: [
      'lines A and B and the addresses: they come with the subscription',
      'limits of the re-request servers',
    ],
  });
}

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof itch50> =>
  nasdaqTotalView({
    lines: { A: udpMulticast('239.255.0.1:26477'), B: udpMulticast('239.255.0.2:26477') },
    rerequest: { servers: ['127.0.0.1:17001', '127.0.0.1:17011'] },
    replay: { server: '127.0.0.1:17002', credentials: simulatedUser() },
    glimpse: { server: '127.0.0.1:17003', credentials: simulatedUser() },
  });
