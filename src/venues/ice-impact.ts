import { iceImpact1151 } from '../decoders/ice-impact-1.1.51.js';
import { udpMulticast } from '../patterns/network.js';
import { privateLine } from '../patterns/security.js';
import { snapshot } from '../patterns/snapshot.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type Lines, ladder, needs, type VenueOptions } from './options.js';
import { impactSnapshot } from './patterns/loops.js';

export interface IceImpactOptions extends VenueOptions {
  /** The channels by name: live group and the snapshot lines that belong to them. */
  readonly channels: Readonly<Record<string, { readonly lines: Lines; readonly snapshot?: Lines }>>;
}

/**
 * ICE iMpact 1.1.51, full order depth or price levels. Sources: public definition of 1.1.51, captures of 1.1.24 and 1.1.33.
 * Whether a range can be requested over the TCP connection of the product definitions is not public: what is lost is taken
 * from the snapshot group.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function iceImpact(options: IceImpactOptions): Venue<typeof iceImpact1151> {
  needs('iceImpact', options, 'channels');
  const looped = Object.values(options.channels).some((c) => c.snapshot !== undefined);
  return defineVenue({
    name: 'ice-impact',
    decoder: iceImpact1151,
    framing: 'ice-impact',
    channels: Object.fromEntries(
      Object.entries(options.channels).map(([name, { lines, snapshot }]) => [
        name,
        { lines, ...(snapshot === undefined ? {} : { snapshot }) },
      ]),
    ),
    join: options.join ?? 'live',
    recovery: ladder(options, [looped ? snapshot(impactSnapshot, { timeout: '60s' }) : undefined]),
    security: [privateLine()],
    unconfirmed: [
      'addresses: they come with the subscription',
      'TCP login for product definitions, and whether it replays ranges',
    ],
  });
}

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof iceImpact1151> =>
  iceImpact({
    channels: {
      futures: {
        lines: { A: udpMulticast('239.255.9.1:26477'), B: udpMulticast('239.255.9.2:26477') },
        snapshot: { A: udpMulticast('239.255.9.3:26477'), B: udpMulticast('239.255.9.4:26477') },
      },
    },
  });
