import { cboePitchEquities24129 } from '../decoders/cboe-pitch-equities-2.41.29.js';
import type { Decoder } from '../layout/index.js';
import { udpMulticast } from '../patterns/network.js';
import { request } from '../patterns/recovery.js';
import { privateLine, sourceAllowList } from '../patterns/security.js';
import { snapshot } from '../patterns/snapshot.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type FeedOf, type Lines, ladder, needs, rung, type Servers, type VenueOptions } from './options.js';
import { cboeGapRequest, cboeSpin } from './patterns/cboe.js';
import { simulatedMember } from './simulated.js';

export interface CboePitchOptions<D = typeof cboePitchEquities24129> extends VenueOptions, FeedOf<D> {
  /** The units by name; messages are numbered within a unit. `gap`: its gap response multicast. */
  readonly units: Readonly<Record<string, { readonly unit: number; readonly lines: Lines; readonly gap?: Lines }>>;
  /** Gap request proxies. Credentials: user, password and, as the third part, the session sub id. */
  readonly gapRequest?: Servers;
  /** The spin servers, by the unit's name. */
  readonly spin?: Readonly<Record<string, Servers>>;
}

/**
 * Cboe US equities Multicast PITCH, one channel for each unit. Source: Cboe US Equities/Options Multicast PITCH 2.41.66,
 * message tables of 2.41.29. Options, futures, TOP and the feeds of Europe, Canada and Australia have the same transport:
 * give their `decoder`. In Europe the limits are lower: give `gapRequest.limits`.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function cboePitch<D extends Decoder = typeof cboePitchEquities24129>(options: CboePitchOptions<D>): Venue<D> {
  needs('cboePitch', options, 'units');
  const { gapRequest, spin = {} } = options;
  return defineVenue({
    name: options.name ?? 'cboe-pitch',
    decoder: (options.decoder ?? cboePitchEquities24129) as D,
    framing: 'cboe-sequenced-unit',
    channels: Object.fromEntries(
      Object.entries(options.units).map(([name, { unit, lines, gap }]) => [
        name,
        { key: unit, lines, ...(gap === undefined ? {} : { retransmission: gap }) },
      ]),
    ),
    join: options.join ?? 'live',
    recovery: ladder(options, [
      gapRequest && request(cboeGapRequest, rung(gapRequest)),
      Object.entries(spin).map(([channel, servers]) => snapshot(cboeSpin, { ...rung(servers), channel })),
    ]),
    security: [privateLine(), sourceAllowList()],
    unconfirmed: ['addresses, session sub ids and which units there are: they come with the subscription'],
  });
}

const parts: CboePitchOptions = {
  units: {
    one: {
      unit: 1,
      lines: { A: udpMulticast('239.255.1.1:30001'), B: udpMulticast('239.255.1.2:30001') },
      gap: { A: udpMulticast('239.255.1.3:30001') },
    },
  },
  gapRequest: { servers: ['127.0.0.1:18001', '127.0.0.1:18002'], credentials: simulatedMember() },
  spin: { one: { servers: ['127.0.0.1:18003'], credentials: simulatedMember() } },
};

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof cboePitchEquities24129> => cboePitch(parts);

/** A feed of the family with every part configured; spin servers are of other tables than these. */
export const exampleOf = (name: string, decoder: Decoder) => cboePitch({ ...parts, spin: {}, name, decoder });
