import { nysePillarIntegrated25a } from '../decoders/nyse-pillar-integrated-2.5a.js';
import type { Decoder } from '../layout/index.js';
import { udpMulticast } from '../patterns/network.js';
import { request } from '../patterns/recovery.js';
import { privateLine, sourceAllowList } from '../patterns/security.js';
import { snapshot } from '../patterns/snapshot.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import {
  directoryOf,
  type FeedOf,
  type Lines,
  ladder,
  needs,
  rung,
  type Servers,
  type VenueOptions,
} from './options.js';
import { nyseRefresh, nyseRetransmission } from './patterns/nyse.js';
import { simulatedId } from './simulated.js';

export interface NysePillarOptions<D = typeof nysePillarIntegrated25a> extends VenueOptions, FeedOf<D> {
  /** The channels by name, with their number and the retransmission and refresh groups that belong to them. */
  readonly channels: Readonly<
    Record<
      string,
      { readonly channelId: number; readonly lines: Lines; readonly retransmission?: Lines; readonly refresh?: Lines }
    >
  >;
  /** Request servers A and B. Credentials: the source id; the server also checks our address. */
  readonly requestServer?: Servers;
  /** Number of the product that the feed is, as the subscription says. */
  readonly productId: number;
}

/**
 * NYSE Integrated Feed on Pillar, one venue connection for each product. Sources: NYSE Pillar Common Client 2.4p, Integrated
 * Feed 2.5a. Retransmissions and refreshes are asked of one server and come on multicast groups shared with others.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function nysePillar<D extends Decoder = typeof nysePillarIntegrated25a>(
  options: NysePillarOptions<D>,
): Venue<D> {
  needs('nysePillar', options, 'channels', 'productId');
  const decoder = (options.decoder ?? nysePillarIntegrated25a) as D;
  const { requestServer, productId } = options;
  const parameters = { productId };
  const refreshed = Object.values(options.channels).some((c) => c.refresh !== undefined);
  return defineVenue({
    name: options.name ?? 'nyse-pillar',
    decoder,
    framing: 'nyse-xdp',
    channels: Object.fromEntries(
      Object.entries(options.channels).map(([name, { channelId, lines, retransmission, refresh }]) => [
        name,
        {
          key: channelId,
          lines,
          ...(retransmission === undefined ? {} : { retransmission }),
          ...(refresh === undefined ? {} : { snapshot: refresh }),
        },
      ]),
    ),
    join: options.join ?? 'live',
    ...directoryOf(decoder, 'symbolIndexMapping', 'symbol'),
    recovery: ladder(options, [
      requestServer && request(nyseRetransmission, { ...rung(requestServer), parameters }),
      requestServer && refreshed ? snapshot(nyseRefresh, { ...rung(requestServer), parameters }) : undefined,
    ]),
    security: [privateLine(), sourceAllowList()],
    unconfirmed: ['addresses, source ids, product and channel numbers: they come with the subscription'],
  });
}

const parts: NysePillarOptions = {
  productId: 1,
  channels: {
    one: {
      channelId: 1,
      lines: { A: udpMulticast('239.255.2.1:11001'), B: udpMulticast('239.255.2.2:11001') },
      retransmission: { A: udpMulticast('239.255.2.3:11001'), B: udpMulticast('239.255.2.4:11001') },
      refresh: { A: udpMulticast('239.255.2.5:11001'), B: udpMulticast('239.255.2.6:11001') },
    },
  },
  requestServer: {
    servers: ['127.0.0.1:19001', '127.0.0.1:19002'],
    credentials: simulatedId(),
  },
};

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof nysePillarIntegrated25a> => nysePillar(parts);

/** A feed of the family with every part configured. */
export const exampleOf = (name: string, decoder: Decoder) => nysePillar({ ...parts, name, decoder });
