import { euronextOptiq667 } from '../decoders/euronext-optiq-6.67.js';
import { udpMulticast } from '../patterns/network.js';
import { privateLine } from '../patterns/security.js';
import { snapshot } from '../patterns/snapshot.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type Lines, ladder, needs, type VenueOptions } from './options.js';
import { optiqSnapshot } from './patterns/loops.js';

export interface EuronextOptiqOptions extends VenueOptions {
  /** The channels by name: number, lines and the snapshot lines that belong to them. */
  readonly channels: Readonly<
    Record<string, { readonly channelId: number; readonly lines: Lines; readonly snapshot?: Lines }>
  >;
}

/**
 * Euronext Optiq market data, message tables 6.67. Sources: Optiq MDG 5.31, public definition of 6.67. There is no server to
 * ask: what both lines lost is taken from the snapshot lines. Position is restart counter and 35-bit packet number.
 * Compressed packets are counted and not read.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function euronextOptiq(options: EuronextOptiqOptions): Venue<typeof euronextOptiq667> {
  needs('euronextOptiq', options, 'channels');
  const looped = Object.values(options.channels).some((c) => c.snapshot !== undefined);
  return defineVenue({
    name: 'euronext-optiq',
    decoder: euronextOptiq667,
    framing: 'euronext-optiq',
    channels: Object.fromEntries(
      Object.entries(options.channels).map(([name, { channelId, lines, snapshot }]) => [
        name,
        { key: channelId, lines, ...(snapshot === undefined ? {} : { snapshot }) },
      ]),
    ),
    join: options.join ?? 'live',
    recovery: ladder(options, [looped ? snapshot(optiqSnapshot, { timeout: '60s' }) : undefined]),
    security: [privateLine()],
    unconfirmed: [
      'addresses and channel numbers: they come with the subscription',
      'channels whose packets are compressed cannot be read yet',
    ],
  });
}

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof euronextOptiq667> =>
  euronextOptiq({
    channels: {
      equities: {
        channelId: 7,
        lines: { A: udpMulticast('239.255.8.1:26477'), B: udpMulticast('239.255.8.2:26477') },
        snapshot: { A: udpMulticast('239.255.8.3:26477'), B: udpMulticast('239.255.8.4:26477') },
      },
    },
  });
