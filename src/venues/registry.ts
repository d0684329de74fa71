import { findDecoder } from '../decoders/registry.js';
import type { Decoder } from '../layout/index.js';
import type { Recovery } from '../patterns/recovery.js';
import type { Snapshot } from '../patterns/snapshot.js';
import type { Stream } from '../patterns/stream.js';
import type { Venue, VenueFault } from '../patterns/venue.js';

/** The module of a ready venue: the function that makes it, and the venue as an example. */
export interface VenueModule {
  /** The venue with every part configured, on addresses that nobody has. */
  readonly example: () => Venue;
}

/** What is known of a ready venue before it is loaded; the rest is what its example says (`describeVenue`). */
export interface VenueEntry {
  readonly id: string;
  readonly says: string;
  /** Name of the module: `venuewire/venues/…`. Its function takes lines and servers and returns a venue. */
  readonly module: string;
  readonly load: () => Promise<VenueModule>;
}

const entry = <Id extends string>(id: Id, says: string, module: string, load: () => Promise<unknown>) => ({
  id,
  says,
  module,
  load: load as VenueEntry['load'],
});

interface Family {
  readonly exampleOf: (name: string, decoder: Decoder) => Venue;
}

/** One more feed of a family: only its table is its own. */
const feedOf = <Id extends string>(
  id: Id,
  says: string,
  table: string,
  module: string,
  family: () => Promise<object>,
) =>
  entry(id, says, module, async () => {
    const { exampleOf, ...rest } = (await family()) as Family;
    const decoder = await findDecoder(table)?.load();
    return { ...rest, example: () => exampleOf(id, decoder as Decoder) };
  });
const nasdaqItch = () => import('./nasdaq-itch.js');
const nysePillar = () => import('./nyse-pillar.js');
const cboePitch = () => import('./cboe-pitch.js');
const miaxDom = () => import('./miax-dom.js');
const memxMemoir = () => import('./memx-memoir.js');
const hkexOmd = () => import('./hkex-omd-c.js');
const lseGtp = () => import('./lse-gtp.js');
const tmxQuantumFeed = () => import('./tmx-quantumfeed.js');

/** Every ready venue, by id: what `list`, `replay`, `certify` and the documentation know. */
// biome-ignore format: one venue a line
export const venues = [
  entry('nasdaq-totalview', 'Nasdaq TotalView-ITCH 5.0: MoldUDP64 lines, re-request, SoupBinTCP replay, GLIMPSE', 'nasdaq-totalview', () => import('./nasdaq-totalview.js')),
  entry('eurex-eobi', 'Eurex and Xetra T7 EOBI 14.1: services A and B, product snapshots', 'eurex-eobi', () => import('./eurex-eobi.js')),
  entry('euronext-optiq', 'Euronext Optiq market data: lines A and B, snapshots by the shared market data number', 'euronext-optiq', () => import('./euronext-optiq.js')),
  entry('ice-impact', 'ICE iMpact 1.1.51: live and snapshot groups', 'ice-impact', () => import('./ice-impact.js')),
  entry('b3-umdf', 'B3 Binary UMDF 2.2: incremental lines and the snapshot loop', 'b3-umdf', () => import('./b3-umdf.js')),
  entry('fix44', 'FIX 4.4 market data session: numbered, resent and filled over in the session, resumed after a break', 'fix44', () => import('./fix44.js')),
  entry('cboe-pitch', 'Cboe US equities PITCH: gap request proxy with answers on the gap multicast, spin servers', 'cboe-pitch', () => import('./cboe-pitch.js')),
  entry('nyse-pillar', 'NYSE Integrated Feed on Pillar: request server, retransmission and refresh groups', 'nyse-pillar', () => import('./nyse-pillar.js')),
  entry('cta', 'CTA quotations (CQS): retransmission facility with answers on retransmission lines', 'cta', () => import('./cta.js')),
  entry('opra', 'OPRA options: retransmission facility with answers on retransmission lines', 'opra', () => import('./opra.js')),
  entry('memx', 'MEMX MEMOIR Depth: replay and snapshot over MEMX-TCP', 'memx-memoir', () => import('./memx-memoir.js')),
  entry('hkex-omd-c', 'HKEX OMD-C: retransmission on the same TCP connection, refresh lines', 'hkex-omd-c', () => import('./hkex-omd-c.js')),
  entry('lse-gtp', 'London Stock Exchange GTP Level 2: replay and recovery, one request for each connection', 'lse-gtp', () => import('./lse-gtp.js')),
  entry('lse-mitch', 'Millennium Level 2 MITCH (LSE, JSE, Turquoise): replay and snapshot of a segment', 'lse-mitch', () => import('./lse-mitch.js')),
  entry('miax', 'MIAX Pearl Equities DoM over MACH: retransmission and last value refresh over ESesM', 'miax-dom', () => import('./miax-dom.js')),
  entry('cme-mdp3', 'CME Globex MDP 3.0: replay over TCP, asked by FIX text, and the market recovery loop', 'cme-mdp3', () => import('./cme-mdp3.js')),
  entry('coinbase-derivatives', 'Coinbase Derivatives Market Data API: retransmission over UDP, snapshot lines', 'coinbase-derivatives', () => import('./coinbase-derivatives.js')),
  entry('iex-deep-plus', 'IEX DEEP+ over IEX-TP: gap fill over UDP and TCP, SNAP', 'iex-deep-plus', () => import('./iex-deep-plus.js')),
  entry('jpx-ose', 'JPX Osaka Exchange ITCH: MoldUDP64 rewind, GLIMPSE snapshot', 'jpx-ose', () => import('./jpx-ose.js')),
  entry('soupbintcp-feed', 'Nasdaq TotalView-ITCH 5.0 over SoupBinTCP alone, resumed after a break', 'soupbintcp-feed', () => import('./soupbintcp-feed.js')),
  feedOf('nasdaq-itto', 'Nasdaq Options Market ITTO: MoldUDP64 lines, re-request, SoupBinTCP replay', 'nasdaq-nom-itto-4.0', 'nasdaq-itch', nasdaqItch),
  feedOf('nasdaq-bono', 'Nasdaq Options Market BONO (PHLX TOPO): MoldUDP64 lines, re-request, SoupBinTCP replay', 'nasdaq-nom-bono-3.2', 'nasdaq-itch', nasdaqItch),
  feedOf('nasdaq-options-depth', 'Nasdaq GEMX, ISE, MRX, PHLX Depth of Market: MoldUDP64 lines, re-request, SoupBinTCP replay', 'nasdaq-options-depth-2.1', 'nasdaq-itch', nasdaqItch),
  feedOf('nasdaq-options-top', 'Nasdaq GEMX, ISE, MRX, PHLX Top of Market: MoldUDP64 lines, re-request, SoupBinTCP replay', 'nasdaq-options-top-2.1', 'nasdaq-itch', nasdaqItch),
  feedOf('nasdaq-options-trades', 'Nasdaq options Trade Feed: MoldUDP64 lines, re-request, SoupBinTCP replay', 'nasdaq-options-trades-2.1', 'nasdaq-itch', nasdaqItch),
  feedOf('nasdaq-texas-options-depth', 'Nasdaq Texas Options Depth of Market: MoldUDP64 lines, re-request, SoupBinTCP replay', 'nasdaq-ntx-options-depth-2.2', 'nasdaq-itch', nasdaqItch),
  feedOf('nasdaq-texas-options-top', 'Nasdaq Texas Options Top of Market: MoldUDP64 lines, re-request, SoupBinTCP replay', 'nasdaq-ntx-options-top-2.2', 'nasdaq-itch', nasdaqItch),
  feedOf('nyse-trades', 'NYSE Trades on Pillar: request server, retransmission and refresh groups', 'nyse-trades-2.6', 'nyse-pillar', nysePillar),
  feedOf('nyse-bbo', 'NYSE BBO on Pillar: request server, retransmission and refresh groups', 'nyse-pillar-bbo-2.5', 'nyse-pillar', nysePillar),
  feedOf('nyse-depth', 'NYSE Depth on Pillar: request server, retransmission and refresh groups', 'nyse-depth-1.6', 'nyse-pillar', nysePillar),
  feedOf('nyse-imbalances', 'NYSE Order Imbalances on Pillar: request server, retransmission and refresh groups', 'nyse-pillar-imbalances-2.2', 'nyse-pillar', nysePillar),
  feedOf('nyse-bqt', 'NYSE Best Quote and Trades on Pillar: request server, retransmission and refresh groups', 'nyse-bqt-2.4', 'nyse-pillar', nysePillar),
  feedOf('nyse-options-top', 'NYSE Arca and American Options Top on Pillar: request server, retransmission and refresh groups', 'nyse-arca-options-top-1.2j', 'nyse-pillar', nysePillar),
  feedOf('nyse-options-deep', 'NYSE Arca and American Options Deep on Pillar: request server, retransmission and refresh groups', 'nyse-options-deep-1.2', 'nyse-pillar', nysePillar),
  feedOf('nyse-options-complex', 'NYSE Arca and American Options Complex on Pillar: request server, retransmission and refresh groups', 'nyse-options-complex-1.0', 'nyse-pillar', nysePillar),
  feedOf('cboe-options-pitch', 'Cboe C1 options PITCH: gap request proxy with answers on the gap multicast', 'cboe-pitch-options-2.41', 'cboe-pitch', cboePitch),
  feedOf('cboe-bzx-options-pitch', 'Cboe BZX, C2, EDGX options PITCH: gap request proxy with answers on the gap multicast', 'cboe-options-pitch-bzx-2.41', 'cboe-pitch', cboePitch),
  feedOf('cboe-options-top', 'Cboe C2, EDGX options TOP: gap request proxy with answers on the gap multicast', 'cboe-options-top-1.2.54', 'cboe-pitch', cboePitch),
  feedOf('cboe-cfe-pitch', 'Cboe Futures PITCH: gap request proxy with answers on the gap multicast', 'cboe-cfe-pitch-1.2.19', 'cboe-pitch', cboePitch),
  feedOf('cboe-cfe-top', 'Cboe Futures TOP: gap request proxy with answers on the gap multicast', 'cboe-cfe-top-1.2.20', 'cboe-pitch', cboePitch),
  feedOf('cboe-europe-pitch', 'Cboe Europe PITCH: gap request proxy with answers on the gap multicast', 'cboe-europe-pitch-6.67', 'cboe-pitch', cboePitch),
  feedOf('cboe-australia-pitch', 'Cboe Australia PITCH: gap request proxy with answers on the gap multicast', 'cboe-australia-pitch-1.0.12', 'cboe-pitch', cboePitch),
  feedOf('cboe-canada-pitch', 'Cboe Canada full depth PITCH: gap request proxy with answers on the gap multicast', 'cboe-canada-full-depth-1.0.14', 'cboe-pitch', cboePitch),
  feedOf('cboe-one', 'Cboe One equities: gap request proxy with answers on the gap multicast', 'cboe-one-equities-1.4.13', 'cboe-pitch', cboePitch),
  feedOf('miax-options-tom', 'MIAX Options ToM over MACH: retransmission and last value refresh over ESesM', 'miax-options-tom-2.5', 'miax-dom', miaxDom),
  feedOf('miax-options-ctom', 'MIAX and MIAX Emerald Options cToM over MACH: retransmission and last value refresh over ESesM', 'miax-options-ctom-1.3a', 'miax-dom', miaxDom),
  feedOf('miax-emerald-tom', 'MIAX Emerald Options ToM over MACH: retransmission and last value refresh over ESesM', 'miax-emerald-tom-1.3', 'miax-dom', miaxDom),
  feedOf('miax-pearl-options-tom', 'MIAX Pearl Options ToM over MACH: retransmission and last value refresh over ESesM', 'miax-pearl-options-tom-2.3', 'miax-dom', miaxDom),
  feedOf('miax-sapphire-tom', 'MIAX Sapphire Options ToM over MACH: retransmission and last value refresh over ESesM', 'miax-sapphire-tom-2.0', 'miax-dom', miaxDom),
  feedOf('miax-pearl-equities-tom', 'MIAX Pearl Equities ToM over MACH: retransmission and last value refresh over ESesM', 'miax-pearl-equities-tom-1.1c', 'miax-dom', miaxDom),
  feedOf('miax-onyx-dom', 'MIAX Onyx Futures DoM over MACH: retransmission and last value refresh over ESesM', 'miax-onyx-dom-1.0', 'miax-dom', miaxDom),
  feedOf('memx-top', 'MEMX, LTSE, 24X, Blue Ocean MEMOIR Top: replay over MEMX-TCP', 'memx-memoir-top-1.3', 'memx-memoir', memxMemoir),
  feedOf('memx-last-sale', 'MEMX, LTSE, 24X, Blue Ocean MEMOIR Last Sale: replay over MEMX-TCP', 'memx-memoir-last-sale-1.3', 'memx-memoir', memxMemoir),
  feedOf('memx-options-depth', 'MEMX Options MEMOIR Depth: replay over MEMX-TCP', 'memx-options-memoir-depth-1.6a', 'memx-memoir', memxMemoir),
  feedOf('memx-options-top', 'MEMX Options MEMOIR Top: replay over MEMX-TCP', 'memx-options-memoir-top-1.6a', 'memx-memoir', memxMemoir),
  feedOf('hkex-omd-d', 'HKEX OMD-D 1.49: retransmission on the same TCP connection, refresh lines', 'hkex-omd-d-1.49', 'hkex-omd-c', hkexOmd),
  feedOf('hkex-omd-d-new', 'HKEX OMD-D 2.2, the new platform: retransmission on the same TCP connection, refresh lines', 'hkex-omd-d-2.2', 'hkex-omd-c', hkexOmd),
  feedOf('hkex-omd-cc', 'HKEX China Connect: retransmission on the same TCP connection, refresh lines', 'hkex-omd-cc-1.4', 'hkex-omd-c', hkexOmd),
  feedOf('lse-gtp-level1', 'London Stock Exchange GTP Level 1: replay, one request for each connection', 'lse-gtp-level1-26.2', 'lse-gtp', lseGtp),
  feedOf('lse-gtp-mbp', 'London Stock Exchange GTP Level 2 MBP: replay, one request for each connection', 'lse-gtp-level2-mbp-26.2', 'lse-gtp', lseGtp),
  feedOf('turquoise-level2', 'Turquoise GTP Level 2: replay, one request for each connection', 'turquoise-gtp-level2-incremental-26.3', 'lse-gtp', lseGtp),
  feedOf('tmx-level2', 'TMX TSX and TSXV QuantumFeed level 2: lines A and B; recovery is not public', 'tmx-xmt-level2-3.6', 'tmx-quantumfeed', tmxQuantumFeed),
  feedOf('tmx-level1', 'TMX TSX and TSXV QuantumFeed level 1: lines A and B; recovery is not public', 'tmx-xmt-level1-2.8', 'tmx-quantumfeed', tmxQuantumFeed),
  feedOf('tmx-alpha-level2', 'TMX Alpha QuantumFeed level 2: lines A and B; recovery is not public', 'tmx-alpha-level2-2.2', 'tmx-quantumfeed', tmxQuantumFeed),
] as const;

/** Venues that send text, by id: their recordings are read. */
// biome-ignore format: one venue a line
export const internetVenues: readonly VenueEntry[] = [
  entry('kraken-spot', 'Kraken spot, WebSocket 2: a checksum with image and update', 'kraken-spot', () => import('./kraken-spot.js')),
  entry('kraken-spot-v1', 'Kraken spot, WebSocket 1: a checksum with each update', 'kraken-spot-v1', () => import('./kraken-spot-v1.js')),
  entry('kraken-executions', 'Kraken executions: own orders and trades, with a token for each connection', 'kraken-executions', () => import('./kraken-executions.js')),
  entry('kraken-futures', 'Kraken Futures: a number for each product', 'kraken-futures', () => import('./kraken-futures.js')),
  entry('coinbase-exchange', 'Coinbase Exchange: levels without numbers', 'coinbase-exchange', () => import('./coinbase-exchange.js')),
  entry('coinbase-advanced', 'Coinbase Advanced: a number for all that a connection brings', 'coinbase-advanced', () => import('./coinbase-advanced.js')),
  entry('binance-spot', 'Binance spot: ranges of numbers, joined to an image over HTTPS', 'binance-spot', () => import('./binance-spot.js')),
  entry('betfair', 'Betfair Exchange Stream: ladders of markets as lines of JSON inside TLS', 'betfair', () => import('./betfair.js')),
  entry('oanda', 'OANDA v20: prices as whole ladders, numbered transactions', 'oanda', () => import('./oanda.js')),
];

/** The id of a ready venue. */
export type VenueId = (typeof venues)[number]['id'];

/** What a ready venue is made of. */
export interface VenueDescription {
  readonly id: string;
  readonly says: string;
  /** Ids of the message tables of its feed. */
  readonly decoders: readonly string[];
  /** Ids of the recovery, snapshot and stream patterns that it can use. */
  readonly patterns: readonly string[];
  /** What no public source confirms, of the venue and of its patterns. */
  readonly unconfirmed: readonly string[];
}

/** Read from the venue itself, so that no list says anything else. */
export async function describeVenue({ id, says, load }: VenueEntry): Promise<VenueDescription> {
  const venue = (await load()).example();
  const used = [...venue.recovery, ...Object.values(venue.streams ?? {})].flatMap((use) =>
    'pattern' in use && typeof use.pattern === 'object' ? [use.pattern] : [],
  );
  return {
    id,
    says,
    decoders: [venue.decoder.id],
    patterns: used.map((p) => p.id),
    unconfirmed: [...new Set([...venue.unconfirmed, ...used.flatMap((p) => p.unconfirmed)])],
  };
}

/** What is known of a recovery or snapshot pattern before it is loaded. */
export interface PatternEntry {
  readonly id: string;
  readonly kind: 'recovery' | 'snapshot' | 'stream';
  readonly says: string;
  /** The pattern; of one that is made for its use, an example. */
  readonly load: () => Promise<Recovery | Snapshot | Stream>;
  /** Makes it from the `options` of its use, or says what is wrong with them. */
  readonly make?: (
    options: Readonly<Record<string, unknown>>,
  ) => Promise<{ readonly pattern: Stream } | { readonly faults: readonly VenueFault[] }>;
}

/** Every recovery, snapshot and stream pattern that venue files can name. */
// biome-ignore format: one pattern a line
export const patterns: readonly PatternEntry[] = [
  { id: 'moldudp64-rerequest', kind: 'recovery', says: 'MoldUDP64 request packet over UDP, answered by one packet', load: async () => (await import('./patterns/recoveries.js')).moldudp64Rerequest },
  { id: 'soupbintcp-replay', kind: 'recovery', says: 'SoupBinTCP login with the first message wanted', load: async () => (await import('./patterns/recoveries.js')).soupbintcpReplay },
  { id: 'glimpse', kind: 'snapshot', says: 'Nasdaq GLIMPSE: the books as of a number, over SoupBinTCP', load: async () => (await import('./patterns/recoveries.js')).glimpse },
  { id: 'cboe-grp', kind: 'recovery', says: 'Cboe gap request proxy; answers on the gap multicast of the unit', load: async () => (await import('./patterns/cboe.js')).cboeGapRequest },
  { id: 'cboe-spin', kind: 'snapshot', says: 'Cboe spin server: the orders of a unit as of an image', load: async () => (await import('./patterns/cboe.js')).cboeSpin },
  { id: 'nyse-retransmission', kind: 'recovery', says: 'NYSE Pillar and XDP request server; answers on retransmission lines', load: async () => (await import('./patterns/nyse.js')).nyseRetransmission },
  { id: 'memx-replay', kind: 'recovery', says: 'MEMX-TCP replay', load: async () => (await import('./patterns/memx.js')).memxReplay },
  { id: 'memx-depth-snapshot', kind: 'snapshot', says: 'MEMX-TCP: the whole state of Memoir Depth', load: async () => (await import('./patterns/memx.js')).memxDepthSnapshot },
  { id: 'iex-gap-fill-udp', kind: 'recovery', says: 'IEX-TP gap fill over UDP', load: async () => (await import('./patterns/iex.js')).iexGapFillUdp },
  { id: 'iex-gap-fill-tcp', kind: 'recovery', says: 'IEX-TP gap fill over TCP', load: async () => (await import('./patterns/iex.js')).iexGapFillTcp },
  { id: 'iex-snap', kind: 'snapshot', says: 'IEX SNAP over TCP', load: async () => (await import('./patterns/iex.js')).iexSnap },
  { id: 'hkex-retransmission', kind: 'recovery', says: 'HKEX OMD retransmission on the same TCP connection', load: async () => (await import('./patterns/hkex.js')).hkexRetransmission },
  { id: 'hkex-refresh', kind: 'snapshot', says: 'HKEX OMD refresh lines, which repeat the state', load: async () => (await import('./patterns/hkex.js')).hkexRefresh },
  { id: 'lse-gtp-replay', kind: 'recovery', says: 'LSE GTP replay, one request for each connection', load: async () => (await import('./patterns/lse.js')).lseGtpReplay },
  { id: 'miax-retransmission', kind: 'recovery', says: 'MIAX ESesM retransmission', load: async () => (await import('./patterns/miax.js')).miaxRetransmission },
  { id: 'coinbase-retransmission', kind: 'recovery', says: 'Coinbase Derivatives retransmission over UDP', load: async () => (await import('./patterns/coinbase.js')).coinbaseRetransmission },
  { id: 'coinbase-snapshot', kind: 'snapshot', says: 'Coinbase Derivatives snapshot lines, cycle after cycle', load: async () => (await import('./patterns/coinbase.js')).coinbaseSnapshot },
  { id: 'aquis-replay', kind: 'recovery', says: 'Aquis replay over TCP', load: async () => (await import('./patterns/aquis.js')).aquisReplay },
  { id: 'eurex-eobi-snapshot', kind: 'snapshot', says: 'Eurex EOBI snapshot channel, product after product', load: async () => (await import('./patterns/loops.js')).eurexSnapshot },
  { id: 'euronext-optiq-snapshot', kind: 'snapshot', says: 'Euronext Optiq snapshot lines', load: async () => (await import('./patterns/loops.js')).optiqSnapshot },
  { id: 'ice-impact-snapshot', kind: 'snapshot', says: 'ICE iMpact snapshot group, market after market', load: async () => (await import('./patterns/loops.js')).impactSnapshot },
  { id: 'b3-umdf-snapshot', kind: 'snapshot', says: 'B3 snapshot loop', load: async () => (await import('./patterns/loops.js')).umdfSnapshot },
  { id: 'soupbintcp-feed', kind: 'stream', says: 'SoupBinTCP as a live feed, resumed with the next number', load: async () => (await import('./patterns/streams.js')).soupbintcpFeed },
  { id: 'fix-4.4-market-data', kind: 'stream', says: 'FIX 4.4 market data session; options: symbols, depth, entries, heartbeat, resume, login', load: async () => (await import('./patterns/streams.js')).fix44Stream({ symbols: ['EUR/USD'] }), make: async (options) => (await import('./patterns/streams.js')).fix44StreamFrom(options) },
  { id: 'nyse-refresh', kind: 'snapshot', says: 'NYSE Pillar refresh of all symbols, asked of the request server, on refresh lines', load: async () => (await import('./patterns/nyse.js')).nyseRefresh },
  { id: 'siac-retransmission', kind: 'recovery', says: 'SIAC (CTA, OPRA) retransmission facility; the layout is a placeholder', load: async () => (await import('./patterns/siac.js')).siacRetransmission },
  { id: 'lse-gtp-recovery', kind: 'snapshot', says: 'LSE GTP recovery: the order books of a channel', load: async () => (await import('./patterns/lse.js')).lseGtpRecovery },
  { id: 'lse-mitch-replay', kind: 'recovery', says: 'LSE MITCH replay over TCP', load: async () => (await import('./patterns/lse.js')).lseMitchReplay },
  { id: 'lse-mitch-snapshot', kind: 'snapshot', says: 'LSE MITCH: the books of a segment', load: async () => (await import('./patterns/lse.js')).lseMitchSnapshot },
  { id: 'miax-refresh', kind: 'snapshot', says: 'MIAX last value refresh: the order book', load: async () => (await import('./patterns/miax.js')).miaxRefresh },
  { id: 'cme-tcp-replay', kind: 'recovery', says: 'CME MDP 3.0 replay over TCP, asked by FIX text', load: async () => (await import('./patterns/cme.js')).cmeTcpReplay },
  { id: 'cme-market-recovery', kind: 'snapshot', says: 'CME MDP 3.0 market recovery loop', load: async () => (await import('./patterns/cme.js')).cmeSnapshotLoop },
];

export const findVenue = (id: string): VenueEntry | undefined =>
  [...venues, ...internetVenues].find((v) => v.id === id);
export const findPattern = (id: string): PatternEntry | undefined => patterns.find((p) => p.id === id);
