import type { Recovery } from '../patterns/recovery.js';
import type { Snapshot } from '../patterns/snapshot.js';
import type { Stream } from '../patterns/stream.js';

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
  /** Name of the module: `venuewire/venues/…`. */
  readonly module: string;
  /** The module; its function takes lines and servers and returns a venue. */
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
    module: 'nasdaq-totalview',
    load: () => import('./nasdaq-totalview.js'),
  },
  {
    id: 'eurex-eobi',
    says: 'Eurex and Xetra T7 EOBI 14.1: services A and B, product snapshots',
    decoders: ['eurex-eobi-14.1'],
    patterns: ['eurex-eobi-snapshot'],
    unconfirmed: ['where a cycle of the snapshot channel begins', 'addresses come in the reference data'],
    module: 'eurex-eobi',
    load: () => import('./eurex-eobi.js'),
  },
  {
    id: 'euronext-optiq',
    says: 'Euronext Optiq market data: lines A and B, snapshots by the shared market data number',
    decoders: ['euronext-optiq-6.67'],
    patterns: ['euronext-optiq-snapshot'],
    unconfirmed: ['compressed packets are counted and not read', 'addresses come with the subscription'],
    module: 'euronext-optiq',
    load: () => import('./euronext-optiq.js'),
  },
  {
    id: 'ice-impact',
    says: 'ICE iMpact 1.1.51: live and snapshot groups',
    decoders: ['ice-impact-1.1.51'],
    patterns: ['ice-impact-snapshot'],
    unconfirmed: ['what a market snapshot’s number counts', 'whether a TCP server replays ranges'],
    module: 'ice-impact',
    load: () => import('./ice-impact.js'),
  },
  {
    id: 'b3-umdf',
    says: 'B3 Binary UMDF 2.2: incremental lines and the snapshot loop',
    decoders: ['b3-umdf-sbe-2.2'],
    patterns: ['b3-umdf-snapshot'],
    unconfirmed: ['the packets of each snapshot cycle are numbered from 1', 'addresses come with the subscription'],
    module: 'b3-umdf',
    load: () => import('./b3-umdf.js'),
  },
  {
    id: 'fix44',
    says: 'FIX 4.4 market data session: numbered, resent and filled over in the session, resumed after a break',
    decoders: [],
    patterns: [],
    unconfirmed: ['whether a server resends market data or fills over it'],
    module: 'fix44',
    load: () => import('./fix44.js'),
  },
  {
    id: 'cboe-pitch',
    says: 'Cboe US equities PITCH: gap request proxy with answers on the gap multicast, spin servers',
    decoders: ['cboe-pitch-equities-2.41.29'],
    patterns: ['cboe-grp', 'cboe-spin'],
    unconfirmed: ['addresses, session sub ids and units come with the subscription'],
    module: 'cboe-pitch',
    load: () => import('./cboe-pitch.js'),
  },
  {
    id: 'nyse-pillar',
    says: 'NYSE Integrated Feed on Pillar: request server, retransmission and refresh groups',
    decoders: ['nyse-pillar-integrated-2.5a'],
    patterns: ['nyse-retransmission', 'nyse-refresh'],
    unconfirmed: [
      'whether a refresh of all symbols is enclosed by the flags first and last',
      'addresses, source ids, product and channel numbers come with the subscription',
    ],
    module: 'nyse-pillar',
    load: () => import('./nyse-pillar.js'),
  },
  {
    id: 'cta',
    says: 'CTA quotations (CQS): retransmission facility with answers on retransmission lines',
    decoders: ['cta-cqs-2.10'],
    patterns: ['siac-retransmission'],
    unconfirmed: [
      'the layout of retransmission requests and responses',
      'whether Reset Block Sequence takes the number that it sets',
    ],
    module: 'cta',
    load: () => import('./cta.js'),
  },
  {
    id: 'opra',
    says: 'OPRA options: retransmission facility with answers on retransmission lines',
    decoders: ['opra-6.3'],
    patterns: ['siac-retransmission'],
    unconfirmed: [
      'the layout of retransmission requests and responses',
      'whether Reset Block Sequence takes the number that it sets',
    ],
    module: 'opra',
    load: () => import('./opra.js'),
  },
  {
    id: 'memx',
    says: 'MEMX MEMOIR Depth: replay and snapshot over MEMX-TCP',
    decoders: ['memx-memoir-depth-1.3'],
    patterns: ['memx-replay', 'memx-depth-snapshot'],
    unconfirmed: ['how much a replay server gives for one request'],
    module: 'memx-memoir',
    load: () => import('./memx-memoir.js'),
  },
  {
    id: 'hkex-omd-c',
    says: 'HKEX OMD-C: retransmission on the same TCP connection, refresh lines',
    decoders: ['hkex-omd-c-1.45'],
    patterns: ['hkex-retransmission', 'hkex-refresh'],
    unconfirmed: ['how refresh packets are numbered and how long a turn takes'],
    module: 'hkex-omd-c',
    load: () => import('./hkex-omd-c.js'),
  },
  {
    id: 'lse-gtp',
    says: 'London Stock Exchange GTP Level 2: replay and recovery, one request for each connection',
    decoders: ['lse-gtp-level2-mbo-26.2'],
    patterns: ['lse-gtp-replay', 'lse-gtp-recovery'],
    unconfirmed: ['numbers of replayed packets', 'whether a request’s header must name the market data group'],
    module: 'lse-gtp',
    load: () => import('./lse-gtp.js'),
  },
  {
    id: 'lse-mitch',
    says: 'Millennium Level 2 MITCH (LSE, JSE, Turquoise): replay and snapshot of a segment',
    decoders: ['lse-mitch-11.9'],
    patterns: ['lse-mitch-replay', 'lse-mitch-snapshot'],
    unconfirmed: ['status codes of a Snapshot Response', 'what a Snapshot Request holds behind the instrument'],
    module: 'lse-mitch',
    load: () => import('./lse-mitch.js'),
  },
  {
    id: 'miax',
    says: 'MIAX Pearl Equities DoM over MACH: retransmission and last value refresh over ESesM',
    decoders: ['miax-pearl-equities-dom-1.3d'],
    patterns: ['miax-retransmission', 'miax-refresh'],
    unconfirmed: ['places in the answers of a refresh'],
    module: 'miax-dom',
    load: () => import('./miax-dom.js'),
  },
  {
    id: 'cme-mdp3',
    says: 'CME Globex MDP 3.0: replay over TCP, asked by FIX text, and the market recovery loop',
    decoders: ['cme-mdp3-sbe-1.13'],
    patterns: ['cme-tcp-replay', 'cme-market-recovery'],
    unconfirmed: [
      'the bytes around a TCP reply: only a public handler shows them',
      'numbers begin again each week without a mark',
    ],
    module: 'cme-mdp3',
    load: () => import('./cme-mdp3.js'),
  },
];

/** What is known of a recovery or snapshot pattern before it is loaded. */
export interface PatternEntry {
  readonly id: string;
  readonly kind: 'recovery' | 'snapshot' | 'stream';
  readonly says: string;
  readonly load: () => Promise<Recovery | Snapshot | Stream>;
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
  { id: 'eurex-eobi-snapshot', kind: 'snapshot', says: 'Eurex EOBI snapshot channel, product after product', load: async () => (await import('./loops.js')).eurexSnapshot },
  { id: 'euronext-optiq-snapshot', kind: 'snapshot', says: 'Euronext Optiq snapshot lines', load: async () => (await import('./loops.js')).optiqSnapshot },
  { id: 'ice-impact-snapshot', kind: 'snapshot', says: 'ICE iMpact snapshot group, market after market', load: async () => (await import('./loops.js')).impactSnapshot },
  { id: 'b3-umdf-snapshot', kind: 'snapshot', says: 'B3 snapshot loop', load: async () => (await import('./loops.js')).umdfSnapshot },
  { id: 'soupbintcp-feed', kind: 'stream', says: 'SoupBinTCP as a live feed, resumed with the next number', load: async () => (await import('./streams.js')).soupbintcpFeed },
  { id: 'nyse-refresh', kind: 'snapshot', says: 'NYSE Pillar refresh of all symbols, asked of the request server, on refresh lines', load: async () => (await import('./nyse.js')).nyseRefresh },
  { id: 'siac-retransmission', kind: 'recovery', says: 'SIAC (CTA, OPRA) retransmission facility; the layout is a placeholder', load: async () => (await import('./siac.js')).siacRetransmission },
  { id: 'lse-gtp-recovery', kind: 'snapshot', says: 'LSE GTP recovery: the order books of a channel', load: async () => (await import('./lse.js')).lseGtpRecovery },
  { id: 'lse-mitch-replay', kind: 'recovery', says: 'LSE MITCH replay over TCP', load: async () => (await import('./lse.js')).lseMitchReplay },
  { id: 'lse-mitch-snapshot', kind: 'snapshot', says: 'LSE MITCH: the books of a segment', load: async () => (await import('./lse.js')).lseMitchSnapshot },
  { id: 'miax-refresh', kind: 'snapshot', says: 'MIAX last value refresh: the order book', load: async () => (await import('./miax.js')).miaxRefresh },
  { id: 'cme-tcp-replay', kind: 'recovery', says: 'CME MDP 3.0 replay over TCP, asked by FIX text', load: async () => (await import('./cme.js')).cmeTcpReplay },
  { id: 'cme-market-recovery', kind: 'snapshot', says: 'CME MDP 3.0 market recovery loop', load: async () => (await import('./cme.js')).cmeSnapshotLoop },
];

export const findVenue = (id: string): VenueEntry | undefined => venues.find((v) => v.id === id);
export const findPattern = (id: string): PatternEntry | undefined => patterns.find((p) => p.id === id);
