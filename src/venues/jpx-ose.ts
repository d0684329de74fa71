import { oseItch506 } from '../decoders/ose-itch-5.0.6.js';
import { udpMulticast } from '../patterns/network.js';
import { request } from '../patterns/recovery.js';
import { privateLine, sourceAllowList } from '../patterns/security.js';
import { snapshot } from '../patterns/snapshot.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type Lines, ladder, needs, rung, type Servers, type VenueOptions } from './options.js';
import { glimpse, moldudp64Rerequest } from './patterns/recoveries.js';
import { simulatedUser } from './simulated.js';

export interface JpxOseOptions extends VenueOptions {
  /** Systems 1 and 2: the same numbers, other packets. */
  readonly lines: Lines;
  /** Rewind servers: one datagram for each request. */
  readonly rewind?: Servers;
  /** Snapshot servers over SoupBinTCP. */
  readonly snapshot?: Servers;
}

/**
 * JPX OSE (J-GATE) ITCH 5.0.6 over MoldUDP64. The session begins with `JP` and changes when the venue restarts within the
 * day. Sources: OSE ITCH 5.0.6, OSE Connectivity 2.1.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function jpxOse(options: JpxOseOptions): Venue<typeof oseItch506> {
  needs('jpxOse', options, 'lines');
  return defineVenue({
    name: 'jpx-ose',
    decoder: oseItch506,
    framing: 'moldudp64',
    lines: options.lines,
    join: options.join ?? 'live',
    recovery: ladder(options, [
      // The venue asks for patience: bursts of requests look like a storm to its network.
      options.rewind &&
        request(moldudp64Rerequest, {
          timeout: '100ms',
          limits: { rates: [{ count: 20, per: '1s' }] },
          ...rung(options.rewind),
        }),
      options.snapshot && snapshot(glimpse, rung(options.snapshot)),
    ]),
    security: [privateLine(), sourceAllowList()],
    unconfirmed: [
      'addresses: they come with the subscription',
      'how many rewind requests a second the network takes; 20 are asked here',
      'the layout of the packet that completes a snapshot, here taken as that of GLIMPSE 5.0',
    ],
  });
}

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof oseItch506> =>
  jpxOse({
    lines: { 1: udpMulticast('239.255.2.1:26477'), 2: udpMulticast('239.255.2.2:26477') },
    rewind: { servers: ['127.0.0.1:17001'] },
    snapshot: {
      servers: ['127.0.0.1:17003'],
      credentials: simulatedUser(),
    },
  });
