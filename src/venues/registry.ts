import type { Recovery } from '../patterns/recovery.js';
import type { Snapshot } from '../patterns/snapshot.js';

/** What is known of a ready venue before it is loaded. */
export interface VenueEntry {
  readonly id: string;
  readonly says: string;
  /** Ids of the decoders that its feeds use. */
  readonly decoders: readonly string[];
  /** Ids of the recovery and snapshot patterns that it can use. */
  readonly patterns: readonly string[];
  /** What no public source confirms. */
  readonly unconfirmed: readonly string[];
  /** The module; its functions take lines and servers and return a venue. */
  readonly load: () => Promise<object>;
}

/** Every ready venue, by id. */
export const venues: readonly VenueEntry[] = [
  {
    id: 'nasdaq-totalview',
    says: 'Nasdaq TotalView-ITCH 5.0: MoldUDP64 lines, re-request, SoupBinTCP replay, GLIMPSE',
    decoders: ['nasdaq-totalview-itch-5.0'],
    patterns: ['moldudp64-rerequest', 'soupbintcp-replay', 'glimpse'],
    unconfirmed: ['addresses come with the subscription', 'limits of the re-request servers are not public'],
    load: () => import('./nasdaq-totalview.js'),
  },
];

/** What is known of a recovery or snapshot pattern before it is loaded. */
export interface PatternEntry {
  readonly id: string;
  readonly kind: 'recovery' | 'snapshot';
  readonly says: string;
  readonly load: () => Promise<Recovery | Snapshot>;
}

const shared = () => import('./recoveries.js');

/** Every recovery and snapshot pattern that venue files can name. */
export const patterns: readonly PatternEntry[] = [
  {
    id: 'moldudp64-rerequest',
    kind: 'recovery',
    says: 'MoldUDP64 request packet over UDP, answered by one packet',
    load: async () => (await shared()).moldudp64Rerequest,
  },
  {
    id: 'soupbintcp-replay',
    kind: 'recovery',
    says: 'SoupBinTCP login with the first message wanted',
    load: async () => (await shared()).soupbintcpReplay,
  },
  {
    id: 'glimpse',
    kind: 'snapshot',
    says: 'Nasdaq GLIMPSE: the books as of a number, over SoupBinTCP',
    load: async () => (await shared()).glimpse,
  },
];

export const findVenue = (id: string): VenueEntry | undefined => venues.find((v) => v.id === id);
export const findPattern = (id: string): PatternEntry | undefined => patterns.find((p) => p.id === id);
