/**
 * Feeds by the names that people use: which venues send a layout, what a feed is also called, which version follows which.
 * Nothing here loads a table.
 */
import { VenuewireError } from '../errors.js';
import { nearestNames } from '../nearest.js';
import { type DecoderEntry, decoders, documentDate } from './registry.js';

/** Venues beside the table's own that send the same layout. Schema numbers and codes may be the venue's own. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  'cboe-canada-trades': ['Cboe Canada crossing facility'],
  'cboe-europe-pitch': ['Cboe Europe Derivatives (DXE)', 'Cboe NL'],
  'cboe-options-complex-auction': ['Cboe C2 Options', 'Cboe EDGX Options'],
  'cboe-options-complex-pitch-bzx': ['Cboe C2 Options', 'Cboe EDGX Options'],
  'cboe-options-complex-spin': ['Cboe C2 Options', 'Cboe EDGX Options'],
  'cboe-options-complex-top': ['Cboe C2 Options', 'Cboe EDGX Options'],
  'cboe-options-complex-top-spin': ['Cboe C2 Options', 'Cboe EDGX Options'],
  'cboe-options-pitch-bzx': ['Cboe C2 Options', 'Cboe EDGX Options'],
  'cboe-options-top': ['Cboe EDGX Options'],
  'cboe-options-top-spin': ['Cboe C2 Options', 'Cboe EDGX Options'],
  'cboe-pitch-equities': ['Cboe BYX Equities', 'Cboe BZX Equities', 'Cboe EDGA Equities', 'Cboe EDGX Equities'],
  'cboe-ascii-last-sale': ['Cboe BYX Equities', 'Cboe BZX Equities', 'Cboe EDGA Equities', 'Cboe EDGX Equities'],
  'cboe-ascii-pitch': ['Cboe BYX Equities', 'Cboe BZX Equities', 'Cboe EDGA Equities', 'Cboe EDGX Equities'],
  'cboe-ascii-top': ['Cboe BYX Equities', 'Cboe BZX Equities', 'Cboe EDGA Equities', 'Cboe EDGX Equities'],
  'cboe-summary-depth': ['Cboe BYX Equities', 'Cboe BZX Equities', 'Cboe EDGA Equities', 'Cboe EDGX Equities'],
  'cme-ebs-spectrum-sbe': ['CME derived data'],
  'jpx-flex-mbo': ['Nagoya Stock Exchange', 'Sapporo Securities Exchange', 'Fukuoka Stock Exchange'],
  'memx-memoir-depth': ['LTSE', '24X', 'Blue Ocean ATS'],
  'memx-memoir-last-sale': ['LTSE', '24X', 'Blue Ocean ATS'],
  'memx-memoir-top': ['LTSE', '24X', 'Blue Ocean ATS'],
  'miax-options-ctom': ['MIAX Emerald Options'],
  'nasdaq-bbo-itch': ['Nasdaq Texas (BX)', 'Nasdaq PSX'],
  'nasdaq-lastsale-itch': ['Nasdaq', 'Nasdaq Texas (BX)'],
  'nasdaq-nom-bono': ['Nasdaq PHLX'],
  'nasdaq-options-depth': ['Nasdaq GEMX', 'Nasdaq MRX', 'Nasdaq PHLX'],
  'nasdaq-options-orders': ['Nasdaq GEMX', 'Nasdaq MRX', 'Nasdaq PHLX'],
  'nasdaq-options-spread-depth': ['Nasdaq MRX', 'Nasdaq PHLX'],
  'nasdaq-options-spread-orders': ['Nasdaq MRX', 'Nasdaq PHLX'],
  'nasdaq-options-spread-top': ['Nasdaq MRX', 'Nasdaq PHLX'],
  'nasdaq-options-spread-trades': ['Nasdaq MRX', 'Nasdaq PHLX'],
  'nasdaq-options-top': ['Nasdaq GEMX', 'Nasdaq MRX', 'Nasdaq PHLX'],
  'nasdaq-options-trades': ['Nasdaq GEMX', 'Nasdaq MRX', 'Nasdaq PHLX', 'Nasdaq Texas Options'],
  'nasdaq-totalview-itch': ['Nasdaq Texas (BX)', 'Nasdaq PSX'],
  'nyse-arca-options-top': ['NYSE American Options'],
  'nyse-bqt': ['NYSE American', 'NYSE Arca', 'NYSE National', 'NYSE Texas'],
  'nyse-depth': ['NYSE American', 'NYSE Arca', 'NYSE National', 'NYSE Texas'],
  'nyse-openbook-aggregated': ['NYSE American'],
  'nyse-openbook-ultra': ['NYSE American'],
  'nyse-options-complex': ['NYSE American Options'],
  'nyse-options-deep': ['NYSE American Options'],
  'nyse-pillar-bbo': ['NYSE American', 'NYSE Arca', 'NYSE National', 'NYSE Texas'],
  'nyse-pillar-imbalances': ['NYSE American', 'NYSE Arca', 'NYSE Texas'],
  'nyse-pillar-integrated': ['NYSE American', 'NYSE Arca', 'NYSE National', 'NYSE Texas'],
  'nyse-trades': ['NYSE American', 'NYSE Arca', 'NYSE National', 'NYSE Texas'],
  'nyse-xdp-options-complex': ['NYSE American Options'],
  'nyse-xdp-options-deep': ['NYSE American Options'],
  'nyse-xdp-options-top': ['NYSE American Options'],
  'otc-link-ats-quote-book': ['Global OTC'],
  'otc-link-ats-quote-inside': ['Global OTC'],
  'otc-link-nqb-depth': ['MOON ATS', 'OTC Overnight'],
  'otc-link-nqb-retransmission': ['MOON ATS', 'OTC Overnight'],
  'otc-link-nqb-top': ['MOON ATS', 'OTC Overnight'],
};

/** What people call a feed, by the beginning of its family's name. */
// biome-ignore format: one feed a line
const ALIASES: readonly (readonly [family: string, ...names: string[]])[] = [
  ['asx-ntp-itch', 'ASX 24', 'NTP'],
  ['asx-trade-itch', 'ASX ITCH'],
  ['b3-umdf-sbe', 'UMDF'],
  ['bist-itch', 'BISTECH'],
  ['box-hsvf', 'SOLA', 'HSVF'],
  ['cboe-ascii-last-sale', 'Last Sale'],
  ['cboe-ascii-pitch', 'ASCII PITCH', 'TCP PITCH'],
  ['cboe-ascii-top', 'ASCII TOP', 'TCP TOP'],
  ['cboe-australia-pitch', 'PITCH', 'CXA'],
  ['cboe-c1-csm-', 'CSM'],
  ['cboe-c1-flex', 'FLEX'],
  ['cboe-canada-full-depth', 'PITCH', 'NEO'],
  ['cboe-canada-mbp', 'MBP', 'NEO'],
  ['cboe-cfe-pitch', 'PITCH', 'CFE'],
  ['cboe-cfe-top', 'TOP', 'CFE TOP'],
  ['cboe-europe-ascii-pitch', 'ASCII PITCH', 'TCP PITCH'],
  ['cboe-europe-pitch', 'PITCH', 'BXE', 'CXE', 'DXE'],
  ['cboe-one-equities', 'Cboe One'],
  ['cboe-one-options', 'Cboe One'],
  ['cboe-options-complex-pitch', 'Complex PITCH'],
  ['cboe-options-complex-pitch-bzx', 'Complex PITCH'],
  ['cboe-options-complex-top', 'Complex TOP'],
  ['cboe-options-complex-top-c1', 'Complex TOP'],
  ['cboe-options-pitch-bzx', 'PITCH', 'MC PITCH'],
  ['cboe-options-top', 'TOP'],
  ['cboe-options-top-bzx', 'TOP'],
  ['cboe-options-top-c1', 'TOP'],
  ['cboe-pitch-equities', 'PITCH', 'MC PITCH'],
  ['cboe-pitch-options', 'PITCH', 'MC PITCH'],
  ['cix-aspen', 'ASPEN', 'IntelligentCross'],
  ['cme-brokertec-ust-sbe', 'BrokerTec'],
  ['cme-ebs-spectrum-sbe', 'EBS'],
  ['cme-mdp3-sbe', 'MDP3', 'MDP'],
  ['cme-streamlined-sbe', 'Streamlined', 'Eris'],
  ['cta-cqs', 'CQS', 'SIP quotes'],
  ['cta-cts', 'CTS', 'SIP trades'],
  ['currenex-esp', 'ESP'],
  ['currenex-now', 'NOW'],
  ['eurex-eobi', 'EOBI', 'T7', 'Xetra'],
  ['euronext-optiq', 'Optiq', 'MDG'],
  ['finra-bbds', 'BBDS', 'OTCBB'],
  ['finra-tdds', 'TDDS', 'ORF'],
  ['hkex-mmdh', 'MMDH'],
  ['hkex-omd-c', 'OMD-C', 'OMDC'],
  ['hkex-omd-cc', 'OMD-CC', 'China Connect', 'Stock Connect'],
  ['hkex-omd-d', 'OMD-D', 'OMDD'],
  ['ice-impact', 'iMpact'],
  ['iex-deep-plus', 'DEEP+'],
  ['jnx-itch', 'JNX', 'PTS ITCH'],
  ['jpx-flex-mbo', 'FLEX', 'Arrowhead'],
  ['koscom-', 'MDCS', 'KRX', 'Exture'],
  ['lse-gtp-level1', 'GTP Level 1'],
  ['lse-gtp-level2-mbo', 'GTP', 'MBO'],
  ['lse-gtp-level2-mbp', 'MBP'],
  ['lse-mitch', 'MITCH'],
  ['memx-memoir-depth', 'MEMOIR'],
  ['memx-options-memoir-depth', 'MEMOIR'],
  ['miax-emerald-ais', 'AIS'],
  ['miax-emerald-order-feed', 'MOR'],
  ['miax-emerald-tom', 'ToM'],
  ['miax-onyx-dom', 'DoM'],
  ['miax-onyx-tom', 'ToM'],
  ['miax-options-ais', 'AIS'],
  ['miax-options-ctom', 'cToM'],
  ['miax-options-mpf', 'MPF'],
  ['miax-options-order-feed', 'MOR'],
  ['miax-options-tom', 'ToM'],
  ['miax-pearl-equities-dom', 'DoM'],
  ['miax-pearl-equities-tom', 'ToM'],
  ['miax-pearl-options-liquidity', 'PLF'],
  ['miax-pearl-options-tom', 'ToM'],
  ['miax-sapphire-ctom', 'cToM'],
  ['miax-sapphire-liquidity', 'SLF'],
  ['miax-sapphire-tom', 'ToM'],
  ['nasdaq-bbo-itch', 'QBBO', 'BBO'],
  ['nasdaq-ise-order-combo', 'Order Combo'],
  ['nasdaq-ise-top-combo', 'Top Combo'],
  ['nasdaq-lastsale-itch', 'NLS', 'PLS', 'BLS'],
  ['nasdaq-nlsplus-itch', 'NLS Plus', 'NLS+'],
  ['nasdaq-nois-itch', 'NOIS'],
  ['nasdaq-noiview-itch', 'NOIView', 'NOII'],
  ['nasdaq-nom-bono', 'BONO', 'TOPO'],
  ['nasdaq-nom-itto', 'ITTO'],
  ['nasdaq-ntx-options-depth', 'BX Depth'],
  ['nasdaq-ntx-options-top', 'BX Top'],
  ['nasdaq-options-depth', 'DOM'],
  ['nasdaq-options-top', 'TOM'],
  ['nasdaq-totalview-itch', 'TotalView', 'ITCH'],
  ['nyse-arcabook', 'ArcaBook'],
  ['nyse-bqt', 'BQT', 'XDP'],
  ['nyse-depth', 'XDP'],
  ['nyse-options-complex', 'Pillar Complex'],
  ['nyse-options-deep', 'Pillar Deep'],
  ['nyse-openbook-ultra', 'OpenBook'],
  ['nyse-pillar-', 'XDP'],
  ['nyse-pillar-bbo', 'BBO', 'Pillar BBO'],
  ['nyse-pillar-imbalances', 'Imbalances'],
  ['nyse-pillar-integrated', 'Pillar', 'Integrated'],
  ['nyse-trades', 'Trades', 'XDP'],
  ['nyse-xdp-', 'XDP'],
  ['odx-equities-itch', 'ODX'],
  ['opra', 'OPRA'],
  ['ose-itch', 'J-GATE', 'OSE ITCH'],
  ['tmx-alpha-', 'XMT', 'QuantumFeed'],
  ['tmx-sola-hsvf', 'SOLA', 'HSVF'],
  ['tmx-xmt-', 'XMT', 'QuantumFeed'],
  ['utp-uqdf', 'UQDF', 'SIP quotes'],
  ['utp-utdf', 'UTDF', 'SIP trades'],
];

/** Families that another one has followed. */
const FOLLOWED_BY: Readonly<Record<string, string>> = {
  'asx-t24-itch': 'asx-ntp-itch',
  'lse-mitch': 'lse-gtp-level2-mbo',
  'nyse-imbalances': 'nyse-xdp-imbalances',
  'nyse-xdp-bbo': 'nyse-pillar-bbo',
  'nyse-xdp-imbalances': 'nyse-pillar-imbalances',
  'nyse-xdp-integrated': 'nyse-pillar-integrated',
  'nyse-xdp-options-complex': 'nyse-options-complex',
  'nyse-xdp-options-deep': 'nyse-options-deep',
  'nyse-xdp-options-top': 'nyse-arca-options-top',
};

/** Families whose versions stand beside each other: the venue runs two platforms. */
const BESIDE = new Set(['hkex-omd-d', 'hkex-omd-d-refresh', 'hkex-omd-d-retrans']);

/** The id without its version: the same for all versions of a feed. */
export const familyOf = (id: string): string => id.replace(/-[0-9][0-9.]*[a-zA-Z]*(-[0-9]{4})?$/, '');

/** Every venue that sends this layout, the table's own first. */
export const venuesOf = (entry: DecoderEntry): readonly string[] => [entry.venue, ...(ALSO[familyOf(entry.id)] ?? [])];

/** What people call the feed beside its name. */
export function aliasesOf(entry: DecoderEntry): readonly string[] {
  const family = familyOf(entry.id);
  return ALIASES.filter(([own]) => (own.endsWith('-') ? family.startsWith(own) : family === own)).flatMap(
    ([, ...names]) => names,
  );
}

/** Versions by their numbers, then by their letters: 1.9 before 1.13, 2.1 before 2.1k. */
function compareVersions(a: string, b: string): number {
  const parts = (v: string): string[] => v.match(/[0-9]+|[a-z]+/gi) ?? [];
  const [x, y] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const [p = '', q = ''] = [x[i], y[i]];
    if (p === q) continue;
    const numbers = p !== '' && q !== '' && !Number.isNaN(Number(p)) && !Number.isNaN(Number(q));
    return numbers ? Number(p) - Number(q) : p < q ? -1 : 1;
  }
  return 0;
}

/** Oldest first: by the dates of their documents where every one has a date, else by their numbers. */
function inOrder(entries: readonly DecoderEntry[]): DecoderEntry[] {
  const dated = entries.every((e) => documentDate(e.id) !== undefined);
  const date = (e: DecoderEntry): string => documentDate(e.id) ?? '';
  return [...entries].sort(
    (a, b) => (dated ? date(a).localeCompare(date(b)) : 0) || compareVersions(a.version, b.version),
  );
}

/** The versions of a feed, oldest first. */
export const versionsOf = (entry: DecoderEntry): readonly DecoderEntry[] =>
  inOrder(decoders.filter((d) => familyOf(d.id) === familyOf(entry.id)));

/** The version, or the feed, that has followed this one; undefined: it is current. */
export function supersededBy(entry: DecoderEntry): DecoderEntry | undefined {
  const family = familyOf(entry.id);
  if (BESIDE.has(family)) return undefined;
  const versions = versionsOf(entry);
  const next = versions[versions.indexOf(entry) + 1];
  if (next !== undefined) return next;
  const follower = decoders.find((d) => familyOf(d.id) === FOLLOWED_BY[family]);
  return follower && versionsOf(follower)[0];
}

const words = (text: string): string[] => text.toLowerCase().match(/[a-z0-9+]+/g) ?? [];

/** 3: one of the names; 2: all words of it are in one of the names; 1: they are in the names and what is beside them; 0: they are not. */
function likeness(wanted: string, names: readonly string[], beside: readonly string[]): number {
  const own = words(wanted);
  const wordsOf = names.map(words);
  if (wordsOf.some((all) => all.join(' ') === own.join(' '))) return 3;
  const within = (all: readonly string[]): boolean => own.length > 0 && own.every((w) => all.includes(w));
  if (wordsOf.some(within)) return 2;
  return within([...wordsOf, ...beside.map(words)].flat()) ? 1 : 0;
}

/** The same of a feed; its version, whole, may stand beside the name: `ITCH 5.0`. */
function feedLikeness(wanted: string, names: readonly string[], venues: readonly string[], version: string): number {
  const named = wanted.split(/\s+/).filter((word) => word.toLowerCase() !== version.toLowerCase());
  const best = likeness(wanted, names, venues);
  return best === 0 && named.join(' ') !== wanted ? Math.min(1, likeness(named.join(' '), names, venues)) : best;
}

export interface FeedQuery {
  readonly venue?: string | undefined;
  /** The feed's name, or what people call it: `ITTO`, `PITCH`. */
  readonly feed?: string | undefined;
}

/** The tables of a venue, a feed, or both: those whose names are like it most. */
export function findDecoders(wanted: FeedQuery): readonly DecoderEntry[] {
  const rated = decoders.map((entry) => {
    const [venues, feeds] = [venuesOf(entry), [entry.feed, ...aliasesOf(entry)]];
    const venue = wanted.venue === undefined ? 1 : likeness(wanted.venue, venues, feeds);
    const feed = wanted.feed === undefined ? 1 : feedLikeness(wanted.feed, feeds, venues, entry.version);
    return { entry, score: venue === 0 || feed === 0 ? 0 : venue + feed };
  });
  const best = Math.max(...rated.map((r) => r.score));
  return best === 0 ? [] : rated.filter((r) => r.score === best).map((r) => r.entry);
}

/** The error for a venue and feed that no table is for: it names what is like them. */
export function unknownFeed({ venue, feed }: FeedQuery): VenuewireError {
  const ofVenue = venue === undefined ? decoders : findDecoders({ venue });
  const near =
    ofVenue.length === 0
      ? nearestNames(venue as string, [...new Set(decoders.flatMap((d) => [...venuesOf(d), ...aliasesOf(d)]))])
      : nearestNames(feed ?? '', [...new Set(ofVenue.flatMap((d) => [d.feed, ...aliasesOf(d)]))]);
  const said = [venue, feed].filter((t) => t !== undefined).join(' ');
  const meant = near.length > 0 ? `Did you mean ${near.join(', ')}? ` : '';
  const hint = `${meant}All, with what feeds are also called: venuewire list decoders --notes`;
  return new VenuewireError('VW_DECODER_UNKNOWN', `no decoder is for '${said}'`, hint);
}

export interface DecoderChoice {
  readonly entry: DecoderEntry;
  /** What the choice rests on. A document's date is not the day on which a venue began to send by it. */
  readonly note: string;
}

/** The last family of a chain of followers. */
function lastFamily(family: string): string {
  const next = FOLLOWED_BY[family];
  return next === undefined ? family : lastFamily(next);
}

/**
 * The table for a venue's feed, by the names that people use, on a day (`2024-05-31`): of those whose document is not
 * younger, the one with the youngest document. Without a day, or where no source gives dates, the newest version; the note
 * says which it was.
 * @throws VenuewireError `VW_DECODER_UNKNOWN` when there is no such feed, `VW_DECODER_AMBIGUOUS` when several are meant.
 */
export function decoderFor(wanted: FeedQuery & { readonly date?: string | undefined }): DecoderChoice {
  const found = findDecoders(wanted);
  const said = [wanted.venue, wanted.feed].filter((t) => t !== undefined).join(' ');
  if (found.length === 0) throw unknownFeed(wanted);
  const families = [...new Set(found.map((d) => lastFamily(familyOf(d.id))))];
  if (families.length > 1) {
    const names = found.map((d) => `${d.venue} ${d.feed} (${d.id})`).slice(0, 8);
    throw new VenuewireError(
      'VW_DECODER_AMBIGUOUS',
      `'${said}' may be ${families.length} feeds: ${names.join(', ')}${found.length > names.length ? ', …' : ''}`,
      'Name the venue and the feed, or give the id of the decoder.',
    );
  }
  return ofDay(
    decoders.filter((d) => lastFamily(familyOf(d.id)) === families[0]),
    wanted.date,
  );
}

function ofDay(chain: readonly DecoderEntry[], date: string | undefined): DecoderChoice {
  const current = inOrder(chain.filter((d) => supersededBy(d) === undefined));
  const newest = (current.at(-1) ?? chain[0]) as DecoderEntry;
  if (date === undefined) return { entry: newest, note: 'no day was given: the newest version' };
  const dated = chain.filter((d) => documentDate(d.id) !== undefined);
  if (dated.length < chain.length) {
    const note = `no source dates every version of this feed: the newest one, whatever was sent on ${date}`;
    return { entry: newest, note };
  }
  const byDate = inOrder(dated);
  const entry = byDate.filter((d) => (documentDate(d.id) as string) <= date).at(-1);
  if (entry !== undefined) {
    const note = `its document is of ${documentDate(entry.id)}; when the venue began to send by it no source says`;
    return { entry, note };
  }
  const oldest = byDate[0] as DecoderEntry;
  return {
    entry: oldest,
    note: `every document is younger than ${date}: the oldest one, of ${documentDate(oldest.id)}`,
  };
}
