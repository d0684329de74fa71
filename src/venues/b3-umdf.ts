import { b3UmdfSbe22 } from '../decoders/b3-umdf-sbe-2.2.js';
import { udpMulticast } from '../patterns/network.js';
import { privateLine } from '../patterns/security.js';
import { snapshot } from '../patterns/snapshot.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type Lines, ladder, needs, type VenueOptions } from './options.js';
import { umdfSnapshot } from './patterns/loops.js';

export interface B3UmdfOptions extends VenueOptions {
  /** The channels by name: number, incremental lines A and B and the snapshot lines that belong to them. */
  readonly channels: Readonly<
    Record<string, { readonly channelId: number; readonly lines: Lines; readonly snapshot?: Lines }>
  >;
}

/**
 * B3 Binary UMDF 2.2. Sources: SBE schema 2.2, captures. There is no request service: what lines A and B both lost is taken
 * from the snapshot loop. Position is SequenceVersion and packet number.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function b3Umdf(options: B3UmdfOptions): Venue<typeof b3UmdfSbe22> {
  needs('b3Umdf', options, 'channels');
  const looped = Object.values(options.channels).some((c) => c.snapshot !== undefined);
  return defineVenue({
    name: 'b3-umdf',
    decoder: b3UmdfSbe22,
    framing: 'b3-umdf',
    channels: Object.fromEntries(
      Object.entries(options.channels).map(([name, { channelId, lines, snapshot }]) => [
        name,
        { key: channelId, lines, ...(snapshot === undefined ? {} : { snapshot }) },
      ]),
    ),
    join: options.join ?? 'live',
    recovery: ladder(options, [looped ? snapshot(umdfSnapshot, { timeout: '60s' }) : undefined]),
    security: [privateLine()],
    unconfirmed: [
      'addresses and channel numbers: they come with the subscription',
      'lastSequenceVersion of a snapshot is not compared',
    ],
  });
}

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof b3UmdfSbe22> =>
  b3Umdf({
    channels: {
      'channel-78': {
        channelId: 78,
        lines: { A: udpMulticast('239.255.10.1:26477'), B: udpMulticast('239.255.10.2:26477') },
        snapshot: { A: udpMulticast('239.255.10.3:26477'), B: udpMulticast('239.255.10.4:26477') },
      },
    },
  });
