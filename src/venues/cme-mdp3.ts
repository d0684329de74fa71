import { cmeMdp3Sbe113 } from '../decoders/cme-mdp3-sbe-1.13.js';
import { udpMulticast } from '../patterns/network.js';
import { request } from '../patterns/recovery.js';
import { privateLine, sourceAllowList } from '../patterns/security.js';
import { snapshot } from '../patterns/snapshot.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type Lines, ladder, needs, rung, type Servers, type VenueOptions } from './options.js';
import { cmeSnapshotLoop, cmeTcpReplay } from './patterns/cme.js';
import { simulatedUser } from './simulated.js';

export interface CmeMdp3Options extends VenueOptions {
  /** The channels by name: number, incremental lines A and B, market recovery lines. */
  readonly channels: Readonly<
    Record<string, { readonly channelId: number; readonly lines: Lines; readonly recovery?: Lines }>
  >;
  /** TCP replay servers. Credentials: user and password. */
  readonly replay?: Servers;
}

/**
 * CME Globex MDP 3.0, message tables of SBE schema 1.13. Sources: CME client systems wiki (MDP 3.0: TCP recovery, market
 * recovery, channel reset), SBE schema; for the bytes around a TCP reply the public EPAM handler. Packets are numbered, not
 * messages: what delivery counts are packets.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function cmeMdp3(options: CmeMdp3Options): Venue<typeof cmeMdp3Sbe113> {
  needs('cmeMdp3', options, 'channels');
  const looped = Object.values(options.channels).some((c) => c.recovery !== undefined);
  return defineVenue({
    name: 'cme-mdp3',
    decoder: cmeMdp3Sbe113,
    framing: 'cme-mdp3',
    channels: Object.fromEntries(
      Object.entries(options.channels).map(([name, { channelId, lines, recovery }]) => [
        name,
        { key: channelId, lines, ...(recovery === undefined ? {} : { snapshot: recovery }) },
      ]),
    ),
    join: options.join ?? 'live',
    recovery: ladder(options, [
      options.replay && request(cmeTcpReplay, { timeout: '4s', ...rung(options.replay) }),
      looped ? snapshot(cmeSnapshotLoop, {}) : undefined,
    ]),
    security: [privateLine(), sourceAllowList()],
    unconfirmed: [
      'addresses come in the venue’s configuration file',
      'numbers begin again each week, without a mark in the header',
      'an Admin Heartbeat takes a packet number',
    ],
  });
}

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof cmeMdp3Sbe113> =>
  cmeMdp3({
    channels: {
      equities: {
        channelId: 310,
        lines: { A: udpMulticast('239.255.8.1:17001'), B: udpMulticast('239.255.8.2:17001') },
        recovery: { A: udpMulticast('239.255.8.3:17001'), B: udpMulticast('239.255.8.4:17001') },
      },
    },
    replay: {
      servers: ['127.0.0.1:25001'],
      credentials: simulatedUser(),
    },
  });
