import { lseGtpLevel2Mbo262 } from '../decoders/lse-gtp-level2-mbo-26.2.js';
import type { Decoder } from '../layout/index.js';
import { udpMulticast } from '../patterns/network.js';
import { request } from '../patterns/recovery.js';
import { privateLine, sourceAllowList } from '../patterns/security.js';
import { snapshot } from '../patterns/snapshot.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type FeedOf, type Lines, ladder, needs, rung, type Servers, type VenueOptions } from './options.js';
import { lseGtpRecovery, lseGtpReplay } from './patterns/lse.js';
import { simulatedId } from './simulated.js';

export interface LseGtpOptions<D = typeof lseGtpLevel2Mbo262> extends VenueOptions, FeedOf<D> {
  /** The market data groups by name: one character and the primary and secondary line. */
  readonly groups: Readonly<Record<string, { readonly group: string; readonly lines: Lines }>>;
  /** Replay servers by the group's name. Credentials: the CompID; the server also checks our address. */
  readonly replay?: Readonly<Record<string, Servers>>;
  /** Recovery servers by the group's name: the order books of the channel. */
  readonly recovery?: Readonly<Record<string, Servers>>;
}

/**
 * London Stock Exchange GTP 26.2, Level 2 MBO. Source: GTP-002 Technical Guide, issue 26.2. The recovery service gives one
 * kind of state for each request: here order books; directory, status and statistics are other kinds.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function lseGtp<D extends Decoder = typeof lseGtpLevel2Mbo262>(options: LseGtpOptions<D>): Venue<D> {
  needs('lseGtp', options, 'groups');
  const decoder = (options.decoder ?? lseGtpLevel2Mbo262) as D;
  const { replay = {}, recovery = {} } = options;
  return defineVenue({
    name: options.name ?? 'lse-gtp',
    decoder,
    framing: 'lse-unit-header',
    channels: Object.fromEntries(
      Object.entries(options.groups).map(([name, { group, lines }]) => [name, { key: group, lines }]),
    ),
    join: options.join ?? 'live',
    recovery: ladder(options, [
      Object.entries(replay).map(([channel, s]) => request(lseGtpReplay, { timeout: '1s', ...rung(s), channel })),
      Object.entries(recovery).map(([channel, s]) => snapshot(lseGtpRecovery, { ...rung(s), channel })),
    ]),
    security: [privateLine(), sourceAllowList()],
    unconfirmed: ['addresses, and which server serves which channel: they come with the subscription'],
  });
}

const parts: LseGtpOptions = {
  groups: {
    one: { group: 'A', lines: { A: udpMulticast('239.255.5.1:14001'), B: udpMulticast('239.255.5.2:14001') } },
  },
  replay: { one: { servers: ['127.0.0.1:22001'], credentials: simulatedId() } },
  recovery: { one: { servers: ['127.0.0.1:22002'], credentials: simulatedId() } },
};

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof lseGtpLevel2Mbo262> => lseGtp(parts);

/** A feed of the family with every part configured; recovery is of order books. */
export const exampleOf = (name: string, decoder: Decoder) => lseGtp({ ...parts, recovery: {}, name, decoder });
