import type { Decoder } from '../layout/index.js';
import { udpMulticast } from '../patterns/network.js';
import { privateLine } from '../patterns/security.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type Lines, ladder, needs, type VenueOptions } from './options.js';

export interface TmxQuantumFeedOptions<D> extends VenueOptions {
  /** The message table of the feed: level 1 or level 2, TSX or Alpha. */
  readonly decoder: D;
  /** What the venue is called. */
  readonly name: string;
  /** The streams by name, with their number; messages are numbered within a stream. */
  readonly streams: Readonly<Record<string, { readonly stream: number; readonly lines: Lines }>>;
}

/**
 * TMX QuantumFeed (XMT): lines A and B of each stream. No public source says how TMX retransmits; what both lines lose is given
 * up. Give `ladder` where you know. Source: public dissectors of QuantumFeed XMT.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function tmxQuantumFeed<D extends Decoder>(options: TmxQuantumFeedOptions<D>): Venue<D> {
  needs('tmxQuantumFeed', options, 'decoder', 'name', 'streams');
  const { decoder, name, streams } = options;
  return defineVenue({
    name,
    decoder,
    framing: 'tmx-xmt',
    channels: Object.fromEntries(
      Object.entries(streams).map(([channel, { stream, lines }]) => [channel, { key: stream, lines }]),
    ),
    join: options.join ?? 'live',
    recovery: ladder(options, []),
    security: [privateLine()],
    unconfirmed: ['recovery: no public source', 'streams and addresses: they come with the subscription'],
  });
}

/** A feed of the family with every part configured. */
export const exampleOf = (name: string, decoder: Decoder) =>
  tmxQuantumFeed({
    name,
    decoder,
    streams: {
      one: { stream: 1, lines: { A: udpMulticast('239.255.8.1:17001'), B: udpMulticast('239.255.8.2:17001') } },
    },
  });
