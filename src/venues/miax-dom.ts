import { miaxPearlEquitiesDom13d } from '../decoders/miax-pearl-equities-dom-1.3d.js';
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
import { miaxRefresh, miaxRetransmission } from './patterns/miax.js';
import { simulatedId } from './simulated.js';

export interface MiaxDomOptions<D = typeof miaxPearlEquitiesDom13d> extends VenueOptions, FeedOf<D> {
  readonly lines: Lines;
  /** Two retransmission servers. Credentials: the user id. */
  readonly retransmission?: Servers;
  /** Last value refresh servers: the order book. */
  readonly refresh?: Servers;
  /** What the login says of us, as agreed with the exchange. */
  readonly login: { readonly esesmVersion: string; readonly applicationProtocol: string; readonly computerId: string };
}

/**
 * MIAX Pearl Equities Depth of Market 1.3d over MACH; the other MIAX feeds have the same transport. Sources: MACH 1.2e, ESesM
 * 1.0a, Pearl Equities DoM 1.3d.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function miaxDom<D extends Decoder = typeof miaxPearlEquitiesDom13d>(options: MiaxDomOptions<D>): Venue<D> {
  needs('miaxDom', options, 'lines', 'login');
  const decoder = (options.decoder ?? miaxPearlEquitiesDom13d) as D;
  const parameters = { ...options.login };
  return defineVenue({
    name: options.name ?? 'miax',
    decoder,
    framing: 'miax-mach',
    lines: options.lines,
    join: options.join ?? 'live',
    ...directoryOf(decoder, 'symbolUpdate', 'tickerSymbol'),
    recovery: ladder(options, [
      options.retransmission &&
        request(miaxRetransmission, { timeout: '1s', ...rung(options.retransmission), parameters }),
      options.refresh && snapshot(miaxRefresh, { ...rung(options.refresh), parameters }),
    ]),
    security: [privateLine(), sourceAllowList()],
    unconfirmed: ['addresses, versions and computer ids: they come with the subscription'],
  });
}

const parts: MiaxDomOptions = {
  lines: { A: udpMulticast('239.255.7.1:16001'), B: udpMulticast('239.255.7.2:16001') },
  retransmission: { servers: ['127.0.0.1:24001', '127.0.0.1:24002'], credentials: simulatedId() },
  refresh: { servers: ['127.0.0.1:24003'], credentials: simulatedId() },
  login: { esesmVersion: '1.0', applicationProtocol: 'DoM1.3', computerId: 'SIM1' },
};

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof miaxPearlEquitiesDom13d> => miaxDom(parts);

/** A feed of the family with every part configured. */
export const exampleOf = (name: string, decoder: Decoder) => miaxDom({ ...parts, name, decoder });
