import { ctaCqs210 } from '../decoders/cta-cqs-2.10.js';
import { udpMulticast } from '../patterns/network.js';
import type { Venue } from '../patterns/venue.js';
import { needs } from './options.js';
import { type SiacOptions, siacVenue } from './patterns/siac.js';
import { simulatedUser } from './simulated.js';

export type CtaCqsOptions = SiacOptions;

/**
 * CTA quotations (CQS), one channel for each multicast line. Sources: CTA CQS Pillar Output Specification 2.10a; SIAC Autolink Facility
 * User Guide 1.6 for what a retransmission request names. Its layout is not confirmed: see `siac-retransmission`.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function ctaCqs(options: CtaCqsOptions): Venue<typeof ctaCqs210> {
  needs('ctaCqs', options, 'channels');
  return siacVenue({ name: 'cta', decoder: ctaCqs210, framing: 'siac-block', system: 'CQS' }, options);
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
