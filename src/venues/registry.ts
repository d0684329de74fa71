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

/** Every recovery and snapshot pattern that venue files can name. */
// biome-ignore format: one pattern a line
export const patterns: readonly PatternEntry[] = [
  { id: 'moldudp64-rerequest', kind: 'recovery', says: 'MoldUDP64 request packet over UDP, answered by one packet', load: async () => (await import('./recoveries.js')).moldudp64Rerequest },
  { id: 'soupbintcp-replay', kind: 'recovery', says: 'SoupBinTCP login with the first message wanted', load: async () => (await import('./recoveries.js')).soupbintcpReplay },
  { id: 'glimpse', kind: 'snapshot', says: 'Nasdaq GLIMPSE: the books as of a number, over SoupBinTCP', load: async () => (await import('./recoveries.js')).glimpse },
  { id: 'cboe-grp', kind: 'recovery', says: 'Cboe gap request proxy; answers on the gap multicast of the unit', load: async () => (await import('./cboe.js')).cboeGapRequest },
  { id: 'cboe-spin', kind: 'snapshot', says: 'Cboe spin server: the orders of a unit as of an image', load: async () => (await import('./cboe.js')).cboeSpin },
  { id: 'nyse-retransmission', kind: 'recovery', says: 'NYSE Pillar and XDP request server; answers on retransmission lines', load: async () => (await import('./nyse.js')).nyseRetransmission },
  { id: 'memx-replay', kind: 'recovery', says: 'MEMX-TCP replay', load: async () => (await import('./memx.js')).memxReplay },
  { id: 'memx-depth-snapshot', kind: 'snapshot', says: 'MEMX-TCP: the whole state of Memoir Depth', load: async () => (await import('./memx.js')).memxDepthSnapshot },
  { id: 'iex-gap-fill-udp', kind: 'recovery', says: 'IEX-TP gap fill over UDP', load: async () => (await import('./iex.js')).iexGapFillUdp },
  { id: 'iex-gap-fill-tcp', kind: 'recovery', says: 'IEX-TP gap fill over TCP', load: async () => (await import('./iex.js')).iexGapFillTcp },
  { id: 'iex-snap', kind: 'snapshot', says: 'IEX SNAP over TCP', load: async () => (await import('./iex.js')).iexSnap },
  { id: 'hkex-retransmission', kind: 'recovery', says: 'HKEX OMD retransmission on the same TCP connection', load: async () => (await import('./hkex.js')).hkexRetransmission },
  { id: 'hkex-refresh', kind: 'snapshot', says: 'HKEX OMD refresh lines, which repeat the state', load: async () => (await import('./hkex.js')).hkexRefresh },
  { id: 'lse-gtp-replay', kind: 'recovery', says: 'LSE GTP replay, one request for each connection', load: async () => (await import('./lse.js')).lseGtpReplay },
  { id: 'miax-retransmission', kind: 'recovery', says: 'MIAX ESesM retransmission', load: async () => (await import('./miax.js')).miaxRetransmission },
  { id: 'coinbase-retransmission', kind: 'recovery', says: 'Coinbase Derivatives retransmission over UDP', load: async () => (await import('./coinbase.js')).coinbaseRetransmission },
  { id: 'aquis-replay', kind: 'recovery', says: 'Aquis replay over TCP', load: async () => (await import('./aquis.js')).aquisReplay },
];

export const findVenue = (id: string): VenueEntry | undefined => venues.find((v) => v.id === id);
export const findPattern = (id: string): PatternEntry | undefined => patterns.find((p) => p.id === id);
