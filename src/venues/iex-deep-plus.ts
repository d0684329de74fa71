import { iexDeepPlus10 } from '../decoders/iex-deep-plus-1.0.js';
import { udpMulticast } from '../patterns/network.js';
import { request } from '../patterns/recovery.js';
import { privateLine, sourceAllowList } from '../patterns/security.js';
import { snapshot } from '../patterns/snapshot.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type Lines, ladder, needs, rung, type Servers, type VenueOptions } from './options.js';
import { iexGapFillTcp, iexGapFillUdp, iexSnap } from './patterns/iex.js';
import { simulatedToken } from './simulated.js';

/** DEEP+ in the header of every segment and request. */
const DEEP_PLUS = 0x8005;

export interface IexDeepPlusOptions extends VenueOptions {
  readonly lines: Lines;
  /** Channel id, as the subscription says. */
  readonly channel?: number;
  /** Gap fill over UDP: up to 1,000 messages a request. */
  readonly gapFill?: Servers;
  /** Gap fill over TCP: any range of the session, one connection each. */
  readonly gapFillTcp?: Servers;
  /** SNAP servers. Credentials: a token. */
  readonly snap?: Servers;
}

/**
 * IEX DEEP+ over IEX-TP: order by order. Sources: IEX-TP 1.26, DEEP+ 1.04, DEEP+ SNAP 1.05.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function iexDeepPlus(options: IexDeepPlusOptions): Venue<typeof iexDeepPlus10> {
  needs('iexDeepPlus', options, 'lines');
  const parameters = { messageProtocolId: DEEP_PLUS };
  return defineVenue({
    name: 'iex-deep-plus',
    decoder: iexDeepPlus10,
    framing: 'iex-tp',
    lines: options.lines,
    ...(options.channel === undefined ? {} : { channels: { 'deep-plus': { key: options.channel } } }),
    join: options.join ?? 'live',
    recovery: ladder(options, [
      options.gapFill && request(iexGapFillUdp, { timeout: '100ms', ...rung(options.gapFill), parameters }),
      options.gapFillTcp && request(iexGapFillTcp, { timeout: '1s', ...rung(options.gapFillTcp), parameters }),
      options.snap && snapshot(iexSnap, rung(options.snap)),
    ]),
    security: [privateLine(), sourceAllowList()],
    unconfirmed: [
      'addresses and channel ids: they come with the subscription',
      'request rates of the gap fill servers',
    ],
  });
}

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof iexDeepPlus10> =>
  iexDeepPlus({
    lines: { A: udpMulticast('239.255.1.1:26477'), B: udpMulticast('239.255.1.2:26477') },
    channel: 7,
    gapFill: { servers: ['127.0.0.1:17001'] },
    gapFillTcp: { servers: ['127.0.0.1:17002'] },
    snap: { servers: ['127.0.0.1:17003'], credentials: simulatedToken() },
  });
