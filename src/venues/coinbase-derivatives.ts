import { coinbaseDerivativesSbe17 } from '../decoders/coinbase-derivatives-sbe-1.7.js';
import { udpMulticast } from '../patterns/network.js';
import { request } from '../patterns/recovery.js';
import { privateLine, sourceAllowList } from '../patterns/security.js';
import { snapshot } from '../patterns/snapshot.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type Lines, ladder, needs, rung, type Servers, type VenueOptions } from './options.js';
import { coinbaseRetransmission, coinbaseSnapshot } from './patterns/coinbase.js';

export interface CoinbaseDerivativesOptions extends VenueOptions {
  /** The incremental lines of the channel. */
  readonly lines: Lines;
  /** The snapshot lines of the channel. */
  readonly snapshotLines?: Lines;
  /** Number of the channel, as the subscription says. Default 1. */
  readonly channel?: number;
  readonly retransmission?: Servers;
}

/**
 * Coinbase Derivatives UDP market data 1.7: order by order, prices with nine decimals. Sources: Coinbase Derivatives UDP
 * Market Data 1.7; captures of 1.2.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function coinbaseDerivatives(options: CoinbaseDerivativesOptions): Venue<typeof coinbaseDerivativesSbe17> {
  needs('coinbaseDerivatives', options, 'lines');
  const { lines, snapshotLines } = options;
  return defineVenue({
    name: 'coinbase-derivatives',
    decoder: coinbaseDerivativesSbe17,
    framing: 'coinbase-udp',
    channels: {
      derivatives: { key: options.channel ?? 1, lines, ...(snapshotLines ? { snapshot: snapshotLines } : {}) },
    },
    join: options.join ?? 'live',
    recovery: ladder(options, [
      options.retransmission && request(coinbaseRetransmission, { timeout: '100ms', ...rung(options.retransmission) }),
      snapshotLines && snapshot(coinbaseSnapshot, {}),
    ]),
    security: [privateLine(), sourceAllowList()],
    unconfirmed: [
      'addresses and channel numbers: they come with the subscription',
      'whether the number of a snapshot packet is the last included, here taken so',
      'a lost snapshot packet within an instrument is not noticed: its numbers begin anew with each instrument',
    ],
  });
}

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof coinbaseDerivativesSbe17> =>
  coinbaseDerivatives({
    lines: { A: udpMulticast('239.255.3.1:26477'), B: udpMulticast('239.255.3.2:26477') },
    snapshotLines: { A: udpMulticast('239.255.3.3:26477') },
    retransmission: { servers: ['127.0.0.1:17001'] },
  });
