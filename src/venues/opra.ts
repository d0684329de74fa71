import { opra63 } from '../decoders/opra-6.3.js';
import { udpMulticast } from '../patterns/network.js';
import type { Venue } from '../patterns/venue.js';
import { needs } from './options.js';
import { type SiacOptions, siacVenue } from './patterns/siac.js';
import { simulatedUser } from './simulated.js';

export type OpraOptions = SiacOptions;

/**
 * OPRA options quotes and trades, one channel for each multicast line. Sources: OPRA Binary Data Recipient Interface 6.3a; SIAC Autolink Facility
 * User Guide 1.6 for what a retransmission request names. Its layout is not confirmed: see `siac-retransmission`.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function opra(options: OpraOptions): Venue<typeof opra63> {
  needs('opra', options, 'channels');
  return siacVenue({ name: 'opra', decoder: opra63, framing: 'siac-block-opra', system: 'OPRA' }, options);
}

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof opra63> =>
  opra({
    channels: {
      one: {
        line: 1,
        lines: { A: udpMulticast('239.255.10.1:18001'), B: udpMulticast('239.255.10.2:18001') },
        retransmission: { A: udpMulticast('239.255.10.3:18001'), B: udpMulticast('239.255.10.4:18001') },
      },
    },
    retransmission: {
      servers: ['127.0.0.1:26001'],
      credentials: simulatedUser(),
    },
  });
