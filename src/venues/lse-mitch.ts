import { lseMitch119 } from '../decoders/lse-mitch-11.9.js';
import { udpMulticast } from '../patterns/network.js';
import { request } from '../patterns/recovery.js';
import { privateLine, sourceAllowList } from '../patterns/security.js';
import { snapshot } from '../patterns/snapshot.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type Lines, ladder, needs, rung, type Servers, type VenueOptions } from './options.js';
import { lseMitchReplay, lseMitchSnapshot } from './patterns/lse.js';
import { simulatedUser } from './simulated.js';

export interface LseMitchOptions extends VenueOptions {
  /** The market data groups by name: one character and the lines. */
  readonly groups: Readonly<Record<string, { readonly group: string; readonly lines: Lines }>>;
  /** Replay servers. Credentials: user and password. */
  readonly replay?: Servers;
  /** Recovery servers by the group's name, each with the segment whose books are taken. */
  readonly recovery?: Readonly<Record<string, Servers & { readonly segment: string }>>;
}

/**
 * Millennium Exchange Level 2 MITCH 11.9 (LSE; JSE, Turquoise and others alike). Source: MIT303 issue 11.9. Snapshots are of
 * one segment; a channel that carries several needs its own ladder.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function lseMitch(options: LseMitchOptions): Venue<typeof lseMitch119> {
  needs('lseMitch', options, 'groups');
  const { replay, recovery = {} } = options;
  return defineVenue({
    name: 'lse-mitch',
    decoder: lseMitch119,
    framing: 'lse-unit-header-mitch',
    channels: Object.fromEntries(
      Object.entries(options.groups).map(([name, { group, lines }]) => [name, { key: group, lines }]),
    ),
    join: options.join ?? 'live',
    recovery: ladder(options, [
      replay && request(lseMitchReplay, { timeout: '1s', ...rung(replay) }),
      Object.entries(recovery).map(([channel, { segment, ...s }]) =>
        snapshot(lseMitchSnapshot, { ...rung(s), parameters: { segment }, channel }),
      ),
    ]),
    security: [privateLine(), sourceAllowList()],
    unconfirmed: ['addresses: they come with the subscription', 'which segments a channel carries'],
  });
}

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof lseMitch119> =>
  lseMitch({
    groups: {
      one: { group: 'A', lines: { A: udpMulticast('239.255.6.1:15001'), B: udpMulticast('239.255.6.2:15001') } },
    },
    replay: { servers: ['127.0.0.1:23001'], credentials: simulatedUser() },
    recovery: { one: { servers: ['127.0.0.1:23002'], credentials: simulatedUser(), segment: 'SET0' } },
  });
