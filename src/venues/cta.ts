import { ctaCqs210 } from '../decoders/cta-cqs-2.10.js';
import { udpMulticast } from '../patterns/network.js';
import { request } from '../patterns/recovery.js';
import { privateLine, sourceAllowList } from '../patterns/security.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type Lines, ladder, needs, rung, type Servers, type VenueOptions } from './options.js';
import { siacRetransmission } from './patterns/siac.js';
import { simulatedUser } from './simulated.js';

export interface CtaCqsOptions extends VenueOptions {
  /** The multicast lines by name, each with its two feeds and the retransmission groups that belong to it. */
  readonly channels: Readonly<
    Record<string, { readonly line: number; readonly lines: Lines; readonly retransmission?: Lines }>
  >;
  /** The retransmission facility. Credentials: user id and password. */
  readonly retransmission?: Servers;
}

/**
 * CTA quotations (CQS), one channel for each multicast line. Sources: CTA CQS Pillar Output Specification 2.10a; SIAC Autolink Facility
 * User Guide 1.6 for what a retransmission request names. Its layout is not confirmed: see `siac-retransmission`.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function ctaCqs(options: CtaCqsOptions): Venue<typeof ctaCqs210> {
  needs('ctaCqs', options, 'channels');
  return defineVenue({
    name: 'cta',
    decoder: ctaCqs210,
    framing: 'siac-block',
    channels: Object.fromEntries(
      Object.entries(options.channels).map(([name, { line, lines, retransmission }]) => [
        name,
        { key: line, lines, ...(retransmission === undefined ? {} : { retransmission }) },
      ]),
    ),
    join: options.join ?? 'live',
    recovery: ladder(options, [
      options.retransmission &&
        request(siacRetransmission, { timeout: '1s', ...rung(options.retransmission), parameters: { system: 'CQS' } }),
    ]),
    security: [privateLine(), sourceAllowList()],
    unconfirmed: [
      'the layout of retransmission requests and responses; thresholds for a day',
      'whether Reset Block Sequence takes the number that it sets',
      'addresses and line numbers: they come with the subscription',
    ],
  });
}

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof ctaCqs210> =>
  ctaCqs({
    channels: {
      one: {
        line: 1,
        lines: { A: udpMulticast('239.255.9.1:18001'), B: udpMulticast('239.255.9.2:18001') },
        retransmission: { A: udpMulticast('239.255.9.3:18001'), B: udpMulticast('239.255.9.4:18001') },
      },
    },
    retransmission: {
      servers: ['127.0.0.1:26001'],
      credentials: simulatedUser(),
    },
  });
