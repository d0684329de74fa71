import { eurexEobi141 } from '../decoders/eurex-eobi-14.1.js';
import { udpMulticast } from '../patterns/network.js';
import { privateLine } from '../patterns/security.js';
import { snapshot } from '../patterns/snapshot.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type Lines, ladder, needs, type VenueOptions } from './options.js';
import { eurexSnapshot } from './patterns/loops.js';

export interface EurexEobiOptions extends VenueOptions {
  /** The channels by name: lines of services A and B and the snapshot lines that belong to them. */
  readonly channels: Readonly<Record<string, { readonly lines: Lines; readonly snapshot?: Lines }>>;
}

/**
 * Eurex and Xetra T7 EOBI 14.1, one channel for each partition and market. Source: T7 EOBI Manual 14.1. There is no server to
 * ask: what services A and B both lost is taken from the snapshot channel. Packets are numbered, and each product's messages
 * by themselves. After the failure of a partition numbers start again at 1; what the old sender still says is told by its
 * send time.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function eurexEobi(options: EurexEobiOptions): Venue<typeof eurexEobi141> {
  needs('eurexEobi', options, 'channels');
  const looped = Object.values(options.channels).some((c) => c.snapshot !== undefined);
  return defineVenue({
    name: 'eurex-eobi',
    decoder: eurexEobi141,
    framing: 'eurex-eobi',
    channels: Object.fromEntries(
      Object.entries(options.channels).map(([name, { lines, snapshot }]) => [
        name,
        { lines, ...(snapshot === undefined ? {} : { snapshot }) },
      ]),
    ),
    join: options.join ?? 'live',
    recovery: ladder(options, [looped ? snapshot(eurexSnapshot, { timeout: '60s' }) : undefined]),
    security: [privateLine()],
    unconfirmed: [
      'addresses: they come in the reference data (RDI)',
      'whether a functional heartbeat takes a number of the channel',
      'a failover whose first packet both lines lost is told by a lower number that was sent later',
    ],
  });
}

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof eurexEobi141> =>
  eurexEobi({
    channels: {
      'partition-1': {
        lines: { A: udpMulticast('239.255.7.1:26477'), B: udpMulticast('239.255.7.2:26477') },
        snapshot: { A: udpMulticast('239.255.7.3:26477'), B: udpMulticast('239.255.7.4:26477') },
      },
    },
  });
