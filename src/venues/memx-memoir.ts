import { memxMemoirDepth13 } from '../decoders/memx-memoir-depth-1.3.js';
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
import { memxDepthSnapshot, memxReplay } from './patterns/memx.js';
import { simulatedToken } from './simulated.js';

export interface MemxMemoirOptions<D = typeof memxMemoirDepth13> extends VenueOptions, FeedOf<D> {
  readonly lines: Lines;
  /** Replay servers. Credentials: a token, `user:password`. */
  readonly replay?: Servers;
  /** Snapshot servers: the whole state of the feed. */
  readonly snapshot?: Servers;
}

/**
 * MEMX MEMOIR Depth 1.3 over MEMX-UDP; LTSE, 24X and Blue Ocean have the same transport. Sources: MEMX-UDP 1.1, MEMX-TCP
 * 1.2, MEMOIR Depth 1.3.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function memxMemoir<D extends Decoder = typeof memxMemoirDepth13>(options: MemxMemoirOptions<D>): Venue<D> {
  needs('memxMemoir', options, 'lines');
  const decoder = (options.decoder ?? memxMemoirDepth13) as D;
  return defineVenue({
    name: options.name ?? 'memx',
    decoder,
    framing: 'memx-udp',
    lines: options.lines,
    join: options.join ?? 'live',
    ...directoryOf(decoder, 'instrumentDirectory', 'symbol'),
    recovery: ladder(options, [
      options.replay && request(memxReplay, { timeout: '1s', ...rung(options.replay) }),
      options.snapshot && snapshot(memxDepthSnapshot, rung(options.snapshot)),
    ]),
    security: [privateLine(), sourceAllowList()],
    unconfirmed: [
      'addresses: they come with the subscription',
      'how many messages a replay server gives for one request: limits are not public',
    ],
  });
}

const parts: MemxMemoirOptions = {
  lines: { A: udpMulticast('239.255.3.1:12001'), B: udpMulticast('239.255.3.2:12001') },
  replay: { servers: ['127.0.0.1:20001'], credentials: simulatedToken() },
  snapshot: { servers: ['127.0.0.1:20002'], credentials: simulatedToken() },
};

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof memxMemoirDepth13> => memxMemoir(parts);

/** A feed of the family with every part configured; snapshots are of the depth table. */
export const exampleOf = (name: string, decoder: Decoder) => {
  const { snapshot: _, ...live } = parts;
  return memxMemoir({ ...live, name, decoder });
};
