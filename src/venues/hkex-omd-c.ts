import { hkexOmdC145 } from '../decoders/hkex-omd-c-1.45.js';
import type { Decoder } from '../layout/index.js';
import { udpMulticast } from '../patterns/network.js';
import { request } from '../patterns/recovery.js';
import { privateLine, sourceAllowList } from '../patterns/security.js';
import { snapshot } from '../patterns/snapshot.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type FeedOf, type Lines, ladder, needs, rung, type Servers, type VenueOptions } from './options.js';
import { hkexRefresh, hkexRetransmission } from './patterns/hkex.js';
import { simulatedId } from './simulated.js';

export interface HkexOmdCOptions<D = typeof hkexOmdC145> extends VenueOptions, FeedOf<D> {
  /** The channels by name, with their number and the refresh channel that belongs to them. */
  readonly channels: Readonly<
    Record<string, { readonly channelId: number; readonly lines: Lines; readonly refresh?: Lines }>
  >;
  /** Up to four retransmission servers. Credentials: the user id; the server also checks our address. */
  readonly retransmission?: Servers;
}

/**
 * HKEX securities market data, OMD-C 1.45 (Standard, Premium and FullTick alike). Source: HKEX OMD-C Binary Interface
 * Specifications 1.45. Refresh lines need no server: they repeat the state all day.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function hkexOmdC<D extends Decoder = typeof hkexOmdC145>(options: HkexOmdCOptions<D>): Venue<D> {
  needs('hkexOmdC', options, 'channels');
  const decoder = (options.decoder ?? hkexOmdC145) as D;
  const refreshed = Object.values(options.channels).some((c) => c.refresh !== undefined);
  return defineVenue({
    name: options.name ?? 'hkex-omd-c',
    decoder,
    framing: 'hkex-omd',
    channels: Object.fromEntries(
      Object.entries(options.channels).map(([name, { channelId, lines, refresh }]) => [
        name,
        { key: channelId, lines, ...(refresh === undefined ? {} : { snapshot: refresh }) },
      ]),
    ),
    join: options.join ?? 'live',
    recovery: ladder(options, [
      options.retransmission && request(hkexRetransmission, { timeout: '1s', ...rung(options.retransmission) }),
      refreshed ? snapshot(hkexRefresh, {}) : undefined,
    ]),
    security: [privateLine(), sourceAllowList()],
    unconfirmed: [
      'addresses and channel numbers: they come with the subscription',
      'how long a turn of the refresh takes',
    ],
  });
}

const parts: HkexOmdCOptions = {
  channels: {
    one: {
      channelId: 1,
      lines: { A: udpMulticast('239.255.4.1:13001'), B: udpMulticast('239.255.4.2:13001') },
      refresh: { A: udpMulticast('239.255.4.3:13001'), B: udpMulticast('239.255.4.4:13001') },
    },
  },
  retransmission: {
    servers: ['127.0.0.1:21001', '127.0.0.1:21002'],
    credentials: simulatedId(),
  },
};

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof hkexOmdC145> => hkexOmdC(parts);

/** A feed of the family with every part configured. */
export const exampleOf = (name: string, decoder: Decoder) => hkexOmdC({ ...parts, name, decoder });
