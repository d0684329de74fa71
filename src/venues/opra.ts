import { opra63 } from '../decoders/opra-6.3.js';
import { udpMulticast } from '../patterns/network.js';
import { request } from '../patterns/recovery.js';
import { privateLine, sourceAllowList } from '../patterns/security.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type Lines, ladder, needs, rung, type Servers, type VenueOptions } from './options.js';
import { siacRetransmission } from './patterns/siac.js';
import { simulatedUser } from './simulated.js';

export interface OpraOptions extends VenueOptions {
  /** The multicast lines by name, each with its two feeds and the retransmission groups that belong to it. */
  readonly channels: Readonly<
    Record<string, { readonly line: number; readonly lines: Lines; readonly retransmission?: Lines }>
  >;
  /** The retransmission facility. Credentials: user id and password. */
  readonly retransmission?: Servers;
}

/**
 * OPRA options quotes and trades, one channel for each multicast line. Sources: OPRA Binary Data Recipient Interface 6.3a; SIAC Autolink Facility
 * User Guide 1.6 for what a retransmission request names. Its layout is not confirmed: see `siac-retransmission`.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function opra(options: OpraOptions): Venue<typeof opra63> {
  needs('opra', options, 'channels');
  return defineVenue({
    name: 'opra',
    decoder: opra63,
    framing: 'siac-block-opra',
    channels: Object.fromEntries(
      Object.entries(options.channels).map(([name, { line, lines, retransmission }]) => [
        name,
        { key: line, lines, ...(retransmission === undefined ? {} : { retransmission }) },
      ]),
    ),
    join: options.join ?? 'live',
    recovery: ladder(options, [
      options.retransmission &&
        request(siacRetransmission, { timeout: '1s', ...rung(options.retransmission), parameters: { system: 'OPRA' } }),
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
