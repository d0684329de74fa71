/**
 * Venue connections as public documents describe them, in the words of a run book: a row for each feed, with its source.
 * Families are what several feeds have in common. Facts, not copies: what no document confirms stands under `unconfirmed`.
 */
import type { Row } from './run-book.js';

type Family = Omit<Row, 'venue' | 'feed' | 'region'>;

const LINE = 'cross-connect or extranet; no encryption';
const KNOWN = `${LINE}; source IP known to the venue`;
const NOT_CONFIRMED = 'security';

// biome-ignore format: one family a paragraph
const FAMILIES = {
  itch: {
    network: 'UDP multicast, lines A and B', framing: 'MoldUDP64: session, first sequence number, message count',
    recovery: 'MoldUDP64 re-request over UDP; SoupBinTCP log in with the next sequence number', snapshot: 'GLIMPSE over SoupBinTCP, on request',
    credentials: 'user and password for the TCP services', security: KNOWN, unconfirmed: NOT_CONFIRMED, source: 'MoldUDP64 1.00; SoupBinTCP 3.00; GLIMPSE 5.0 (2026)',
  },
  itchOptions: {
    network: 'UDP multicast, lines A and B', framing: 'MoldUDP64: session, first sequence number, message count',
    recovery: 'MoldUDP64 re-request over UDP; SoupBinTCP log in with the next sequence number', snapshot: 'GLIMPSE of the feed over SoupBinTCP, on request',
    credentials: 'user and password for the TCP services', security: KNOWN, unconfirmed: NOT_CONFIRMED, source: 'MoldUDP64 1.00; SoupBinTCP 3.00; GLIMPSE of each options feed',
  },
  itchRewind: {
    network: 'UDP multicast, two systems', framing: 'MoldUDP64: session, first sequence number, message count',
    recovery: 'MoldUDP64 rewind request over UDP', snapshot: 'GLIMPSE style, over SoupBinTCP', credentials: 'user and password; the IP address is checked',
    security: KNOWN, source: 'OSE J-GATE Connectivity 2.1; OSE ITCH 5.0.6',
  },
  soup: {
    network: 'TCP, one connection', framing: 'SoupBinTCP: length and type, numbers are counted', recovery: 'log in with the next sequence number', snapshot: 'none: replay from 1',
    credentials: 'user and password', security: KNOWN, unconfirmed: NOT_CONFIRMED, source: 'SoupBinTCP 3.00; Nasdaq TotalView-ITCH 5.0 (2026)',
  },
  utp: {
    network: 'UDP multicast, lines A and B', framing: 'MoldUDP64: session, first sequence number, message count', recovery: 'MoldUDP64 re-request over UDP',
    snapshot: 'Snap-Shot service over SoupBinTCP, on request', credentials: 'user and password for the snapshot', security: 'private network; IP controlled; no TLS', unconfirmed: 'recovery',
    source: 'UTP Output 3.0c; UTP Snap-Shot 3.0',
  },
  pitch: {
    network: 'UDP multicast, lines A to E by unit', framing: 'sequenced unit header: first sequence number and count',
    recovery: 'TCP gap request proxy (GRP); answers on the gap multicast of the unit', snapshot: 'Spin server, TCP',
    credentials: 'session, user and password for GRP and Spin', security: 'cross-connect, dedicated line or approved extranet; no TLS', source: 'Cboe Multicast PITCH 2.41.66',
  },
  pitchEurope: {
    network: 'UDP multicast, lines A to E by unit', framing: 'sequenced unit header: first sequence number and count',
    recovery: 'TCP gap request proxy (GRP); answers on the gap multicast of the unit', snapshot: 'Spin server, TCP',
    credentials: 'session, user and password for GRP and Spin', security: 'cross-connect, dedicated line or approved extranet; no TLS', source: 'Cboe Europe Multicast PITCH 6.67',
  },
  pillar: {
    network: 'UDP multicast, lines A and B by channel', framing: 'XDP packet header: first sequence number and message count',
    recovery: 'request server over TCP; retransmissions on groups of their own', snapshot: 'refresh asked of the request server, on refresh multicast groups',
    credentials: 'source id, with our IP address', security: 'dedicated line; firewall by source IP; no TLS', source: 'NYSE Pillar Common Client 2.4p',
  },
  mdp3: {
    network: 'UDP multicast, incremental A and B', framing: 'SBE behind the packet sequence number', recovery: 'TCP replay, one request for each connection, then the server closes',
    snapshot: 'market recovery loop on multicast', credentials: 'FIX logon for the TCP replay', security: 'leased line or co-location; no TLS', source: 'CME client systems wiki (MDP 3.0)',
  },
  memx: {
    network: 'UDP multicast, A and B', framing: 'MEMX-UDP: session, first sequence number and message count', recovery: 'MEMX-TCP replay on the same TCP connection',
    snapshot: 'snapshot server, TCP, replay all', credentials: 'typed token', security: LINE, unconfirmed: NOT_CONFIRMED, source: 'MEMX-UDP 1.1; MEMX-TCP 1.2; MEMOIR Depth 1.3',
  },
  memxNoSnapshot: {
    network: 'UDP multicast, A and B', framing: 'MEMX-UDP: session, first sequence number and message count', recovery: 'MEMX-TCP replay on the same TCP connection',
    snapshot: 'none', credentials: 'typed token', security: LINE, unconfirmed: `${NOT_CONFIRMED}, snapshot`, source: 'MEMX-UDP 1.1; MEMX-TCP 1.2',
  },
  iex: {
    network: 'UDP multicast, A and B', framing: 'IEX-TP: first sequence number and message count', recovery: 'gap fill request over UDP, answered to the source; gap fill over TCP, one request per connection',
    snapshot: 'SNAP, TCP', credentials: 'token for SNAP', security: LINE, unconfirmed: NOT_CONFIRMED, source: 'IEX-TP 1.26; DEEP+ 1.04; DEEP+ SNAP 1.05',
  },
  iexTops: {
    network: 'UDP multicast, A and B', framing: 'IEX-TP: first sequence number and message count', recovery: 'gap fill request over UDP, answered to the source; gap fill over TCP, one request per connection',
    snapshot: 'none', credentials: 'none', security: LINE, unconfirmed: NOT_CONFIRMED, source: 'IEX-TP 1.26',
  },
  iexOptions: {
    network: 'UDP multicast', framing: 'SBE transport: first sequence number and message count', recovery: 'request over TCP; answers on a retransmission multicast group',
    snapshot: 'snapshot feed that repeats', credentials: 'logon id, with our address', security: LINE, unconfirmed: `${NOT_CONFIRMED}, credentials, snapshot`, source: 'IEX Options Market Data Transport 1.03',
  },
  impact: {
    network: 'UDP multicast, live groups', framing: 'packet header: first sequence number and message count', recovery: 'no request for ranges: the next snapshot',
    snapshot: 'snapshot multicast groups, market after market', credentials: 'user and password for the TCP definitions', security: 'leased line; tunnel (VPN) for tests', unconfirmed: 'recovery', source: 'ICE iMpact 1.1.51 record; vendor pages',
  },
  gtp: {
    network: 'UDP multicast, primary and secondary', framing: 'unit header: first sequence number and message count', recovery: 'TCP replay, one request per connection, the server closes',
    snapshot: 'recovery service, TCP, on request', credentials: 'comp id and our IP, no password', security: 'firewall by IP; private line; no TLS', source: 'LSE GTP 26.2',
  },
  mitch: {
    network: 'UDP multicast, primary and secondary', framing: 'unit header: first sequence number and message count', recovery: 'replay over TCP, one request per connection, to be closed within 5 s of the last message',
    snapshot: 'snapshot of a segment, TCP, on request', credentials: 'user and password', security: 'firewall by IP; private line; no TLS', source: 'Level 2 MITCH 11.9',
  },
  omd: {
    network: 'UDP multicast, lines A and B', framing: 'packet header: first sequence number and message count', recovery: 'retransmission request and answer on the same TCP connection',
    snapshot: 'refresh multicast, continuous loop', credentials: 'user name and registered IP', security: 'dedicated line; registered IP; no TLS', source: 'HKEX OMD-C 1.45; OMD-D 2.0',
  },
  miax: {
    network: 'UDP multicast, A and B', framing: 'MACH: numbered messages, several in a datagram', recovery: 'ESesM retransmission request over TCP; one request per connection, then goodbye',
    snapshot: 'last value refresh by TCP', credentials: 'user name and computer id with address', security: LINE, unconfirmed: `${NOT_CONFIRMED}, credentials`, source: 'MIAX MACH 1.2e; ESesM 1.0a',
  },
  eobi: {
    network: 'UDP multicast, services A and B', framing: 'header with the number of the packet (ApplSeqNum)', recovery: 'no retransmission: the next snapshot', snapshot: 'snapshot channel, cycle by product',
    credentials: 'none for multicast', security: LINE, unconfirmed: NOT_CONFIRMED, source: 'T7 EOBI 14.1 manual',
  },
  optiq: {
    network: 'UDP multicast, lines A and B', framing: 'packet sequence number of 35 bits, with a restart counter', recovery: 'no request server: the next snapshot', snapshot: 'snapshot multicast, every 2 s at the soonest',
    credentials: 'none for multicast', security: LINE, unconfirmed: NOT_CONFIRMED, source: 'Euronext Optiq MDG 5.31',
  },
  cta: {
    network: 'UDP multicast, lines', framing: 'block header: first sequence number and message count', recovery: 'retransmission facility over TCP; answers on retransmission multicast lines',
    snapshot: 'request on the TCP connection, snapshot multicast lines', credentials: 'user id and password for the facility', security: 'private extranet; IP controlled; no TLS', source: 'CQS 2.10a; CQS Snapshot 2.1',
  },
  opra: {
    network: 'UDP multicast, lines', framing: 'block header: first sequence number and message count', recovery: 'retransmission facility over TCP; answers on retransmission multicast lines',
    snapshot: 'none', credentials: 'user id and password for the facility', security: 'private extranet; IP controlled; no TLS', source: 'OPRA 6.3a',
  },
  umdf: {
    network: 'UDP multicast, incremental A and B', framing: 'packet sequence number with a version', recovery: 'no request service: the next snapshot', snapshot: 'snapshot loop on multicast',
    credentials: 'none', security: LINE, unconfirmed: `${NOT_CONFIRMED}, credentials`, source: 'B3 Binary UMDF 2.2',
  },
  moex: {
    network: 'UDP multicast, incremental A and B', framing: 'FAST behind a sequence number', recovery: 'TCP replay, one request per connection', snapshot: 'snapshot multicast A and B, repeated',
    credentials: 'FIX logon for the replay', security: 'dedicated line; VPN for tests', unconfirmed: 'security', source: 'MOEX FAST service pages',
  },
  flex: {
    network: 'UDP multicast', framing: 'packet header: sequence number, reboot count, message count', recovery: 'TCP, one-shot request from a fixed address', snapshot: 'TCP, one request per connection, on request',
    credentials: 'shared user id and fixed source IP', security: 'dedicated line; source IP checked', unconfirmed: 'security', source: 'TSE FLEX MBO 1.1',
  },
  coinbase: {
    network: 'UDP multicast, A and B', framing: 'packet header: first sequence number and message count', recovery: 'retransmission request over UDP, one datagram back', snapshot: 'snapshot multicast, cycle after cycle',
    credentials: 'none', security: LINE, unconfirmed: `${NOT_CONFIRMED}, credentials`, source: 'Coinbase Derivatives UDP 1.7',
  },
  starbase: {
    network: 'UDP multicast', framing: 'packet header: first sequence number and message count', recovery: 'retransmission request over UDP, one datagram back', snapshot: 'snapshot multicast, cycle after cycle',
    credentials: 'none', security: LINE, unconfirmed: `${NOT_CONFIRMED}, credentials, snapshot`, source: 'Deribit Starbase retransmit page',
  },
  xmt: {
    network: 'UDP multicast, A and B', framing: 'STX text header with a business header per message', recovery: 'TCP gap fill, layout not public', credentials: 'user and password', security: LINE,
    unconfirmed: 'recovery, credentials, security', source: 'TMX QuantumFeed record; public pages',
  },
  hsvf: {
    network: 'UDP multicast', framing: 'HSVF: text between STX and ETX, 9 digits of sequence', recovery: 'TCP retransmission request and answer on the same connection', snapshot: 'dictionary and top of book on request, TCP',
    credentials: 'user and password', security: LINE, unconfirmed: 'security', source: 'BOX SOLA HSVF 1.9',
  },
  aquis: {
    network: 'UDP multicast', framing: 'each message is numbered, a count in front', recovery: 'replay request and answer on the same TCP connection', snapshot: 'snapshot multicast, every 10 s', credentials: 'user and password',
    security: LINE, unconfirmed: NOT_CONFIRMED, source: 'Aquis AMD 4.1',
  },
  cix: {
    network: 'UDP multicast', framing: 'Mold-like, little-endian: first sequence number and message count', recovery: 're-request over UDP, one datagram back', snapshot: 'TCP snapshot, Soup-like', credentials: 'user and password for the snapshot',
    security: LINE, unconfirmed: NOT_CONFIRMED, source: 'CIX Aspen recovery 1.1',
  },
  nqb: {
    network: 'UDP multicast', framing: 'packet header: first sequence number and message count', recovery: 'TCP request, answers on the same connection or on multicast', snapshot: 'Spin, TCP', credentials: 'user and password',
    security: LINE, unconfirmed: `${NOT_CONFIRMED}, credentials`, source: 'OTC Link NQB 1.18',
  },
  krakenWs: {
    network: 'WebSocket over TLS with SNI', framing: 'JSON per frame, one WebSocket message each', recovery: 'none: subscribe again', snapshot: 'first message after subscription', credentials: 'none for public data', security: 'TLS',
    source: 'Kraken WebSocket v2 documentation',
  },
  oanda: {
    network: 'HTTPS, chunked, does not end', framing: 'newline-delimited JSON', recovery: 'none: reconnect', snapshot: 'first prices', credentials: 'bearer token in the Authorization header', security: 'TLS', source: 'OANDA v20 developer pages',
  },
  betfair: {
    network: 'TLS socket, port 443', framing: 'JSON, CRLF delimited', recovery: 'resume: subscribe with the last clk', snapshot: 'SUB_IMAGE after the subscription', credentials: 'application key and session token', security: 'TLS', source: 'Betfair Exchange Stream API schema',
  },
  ibkr: {
    network: 'WebSocket to a local gateway', framing: 'JSON per frame, one WebSocket message each', recovery: 'none: subscribe again', snapshot: 'first message after subscription', credentials: 'external login by browser', security: 'TLS with a certificate of its own',
    unconfirmed: 'recovery', source: 'Interactive Brokers Client Portal API, client libraries’ documentation',
  },
} as const satisfies Readonly<Record<string, Family>>;

type Feed = readonly [
  venue: string,
  feed: string,
  region: string,
  family: keyof typeof FAMILIES,
  decoder: string | undefined,
];

// biome-ignore format: one feed a line
const FEEDS: readonly Feed[] = [
  ['Nasdaq', 'TotalView-ITCH 5.0', 'AMER', 'itch', 'nasdaq-totalview-itch-5.0'],
  ['Nasdaq Texas', 'TotalView-ITCH 5.0', 'AMER', 'itch', 'nasdaq-totalview-itch-5.0'],
  ['Nasdaq PSX', 'TotalView-ITCH 5.0', 'AMER', 'itch', 'nasdaq-totalview-itch-5.0'],
  ['Nasdaq (SoupBinTCP)', 'TotalView-ITCH 5.0', 'AMER', 'soup', 'nasdaq-totalview-itch-5.0'],
  ['Nasdaq Options Market', 'ITTO', 'AMER', 'itchOptions', 'nasdaq-nom-itto-4.0'],
  ['Nasdaq ISE', 'Depth of Market', 'AMER', 'itchOptions', 'nasdaq-options-depth-2.1'],
  ['Nasdaq PHLX', 'Top of Market', 'AMER', 'itchOptions', 'nasdaq-options-top-2.1'],
  ['ASX', 'Trade ITCH', 'APAC', 'itch', 'asx-trade-itch-3.1'],
  ['ASX 24', 'NTP ITCH', 'APAC', 'itch', 'asx-ntp-itch-1.05'],
  ['Japannext', 'ITCH', 'APAC', 'itch', 'jnx-itch-2.0'],
  ['JPX Osaka Exchange', 'ITCH', 'APAC', 'itchRewind', 'ose-itch-5.0.6'],
  ['UTP SIP', 'UQDF', 'AMER', 'utp', 'utp-uqdf-3.0c'],
  ['UTP SIP', 'UTDF', 'AMER', 'utp', 'utp-utdf-3.0c'],
  ['Cboe BZX Equities', 'PITCH', 'AMER', 'pitch', 'cboe-pitch-equities-2.41'],
  ['Cboe BYX Equities', 'PITCH', 'AMER', 'pitch', 'cboe-pitch-equities-2.41'],
  ['Cboe EDGA Equities', 'PITCH', 'AMER', 'pitch', 'cboe-pitch-equities-2.41'],
  ['Cboe EDGX Equities', 'PITCH', 'AMER', 'pitch', 'cboe-pitch-equities-2.41'],
  ['Cboe C1 Options', 'PITCH', 'AMER', 'pitch', 'cboe-pitch-options-2.41'],
  ['Cboe BZX Options', 'PITCH', 'AMER', 'pitch', 'cboe-options-pitch-bzx-2.41'],
  ['Cboe C2 Options', 'PITCH', 'AMER', 'pitch', 'cboe-options-pitch-bzx-2.41'],
  ['Cboe Futures Exchange', 'PITCH', 'AMER', 'pitch', 'cboe-cfe-pitch-1.2.19'],
  ['Cboe Europe Equities', 'PITCH', 'EMEA', 'pitchEurope', 'cboe-europe-pitch-6.67'],
  ['Cboe Australia', 'PITCH', 'APAC', 'pitch', 'cboe-australia-pitch-1.0.12'],
  ['Cboe Canada', 'PITCH', 'AMER', 'pitch', 'cboe-canada-full-depth-1.0.14'],
  ['NYSE', 'Integrated Feed', 'AMER', 'pillar', 'nyse-pillar-integrated-2.5'],
  ['NYSE Arca', 'Integrated Feed', 'AMER', 'pillar', 'nyse-pillar-integrated-2.5'],
  ['NYSE American', 'Integrated Feed', 'AMER', 'pillar', 'nyse-pillar-integrated-2.5'],
  ['NYSE National', 'Integrated Feed', 'AMER', 'pillar', 'nyse-pillar-integrated-2.5'],
  ['NYSE Texas', 'Integrated Feed', 'AMER', 'pillar', 'nyse-pillar-integrated-2.5'],
  ['NYSE Arca Options', 'Top', 'AMER', 'pillar', 'nyse-arca-options-top-1.2j'],
  ['NYSE American Options', 'Deep', 'AMER', 'pillar', 'nyse-options-deep-1.2'],
  ['CME Globex', 'MDP 3.0', 'AMER', 'mdp3', 'cme-mdp3-sbe-1.13'],
  ['MEMX', 'MEMOIR Depth', 'AMER', 'memx', 'memx-memoir-depth-1.3'],
  ['LTSE', 'MEMOIR Depth', 'AMER', 'memx', 'memx-memoir-depth-1.3'],
  ['24X', 'MEMOIR Depth', 'AMER', 'memx', 'memx-memoir-depth-1.3'],
  ['Blue Ocean ATS', 'MEMOIR Top', 'AMER', 'memxNoSnapshot', 'memx-memoir-top-1.3'],
  ['MEMX Options', 'MEMOIR Top', 'AMER', 'memxNoSnapshot', 'memx-options-memoir-top-1.6a'],
  ['IEX', 'DEEP+', 'AMER', 'iex', 'iex-deep-plus-1.0'],
  ['IEX', 'DEEP', 'AMER', 'iexTops', 'iex-deep-1.0'],
  ['IEX Options', 'Depth', 'AMER', 'iexOptions', 'iex-options-sbe-1.03'],
  ['ICE Futures', 'iMpact', 'AMER', 'impact', 'ice-impact-1.1.51'],
  ['London Stock Exchange', 'GTP Level 2', 'EMEA', 'gtp', 'lse-gtp-level2-incremental-26.2'],
  ['Turquoise', 'GTP Level 2', 'EMEA', 'gtp', 'turquoise-gtp-level2-incremental-26.3'],
  ['JSE', 'Level 2 MITCH', 'EMEA', 'mitch', 'lse-mitch-11.9'],
  ['HKEX Securities', 'OMD-C', 'APAC', 'omd', 'hkex-omd-c-1.45'],
  ['HKEX Derivatives', 'OMD-D', 'APAC', 'omd', 'hkex-omd-d-2.2'],
  ['HKEX China Connect', 'OMD-CC', 'APAC', 'omd', 'hkex-omd-cc-1.4'],
  ['MIAX Options', 'ToM', 'AMER', 'miax', 'miax-options-tom-2.5'],
  ['MIAX Emerald Options', 'ToM', 'AMER', 'miax', 'miax-emerald-tom-1.3'],
  ['MIAX Pearl Equities', 'DoM', 'AMER', 'miax', 'miax-pearl-equities-dom-1.3d'],
  ['MIAX Pearl Options', 'ToM', 'AMER', 'miax', 'miax-pearl-options-tom-2.3'],
  ['MIAX Sapphire Options', 'ToM', 'AMER', 'miax', 'miax-sapphire-tom-2.0'],
  ['Eurex', 'EOBI', 'EMEA', 'eobi', 'eurex-eobi-14.1'],
  ['Xetra', 'EOBI', 'EMEA', 'eobi', 'eurex-eobi-14.1'],
  ['Euronext', 'Optiq MDG', 'EMEA', 'optiq', 'euronext-optiq-5.25'],
  ['CTA (SIAC)', 'CQS', 'AMER', 'cta', 'cta-cqs-2.10'],
  ['OPRA (SIAC)', 'OPRA', 'AMER', 'opra', 'opra-6.3'],
  ['B3', 'Binary UMDF', 'AMER', 'umdf', 'b3-umdf-sbe-2.2'],
  ['MOEX', 'FAST', 'EMEA', 'moex', undefined],
  ['Tokyo Stock Exchange', 'FLEX', 'APAC', 'flex', 'jpx-flex-mbo-1.1'],
  ['Coinbase Derivatives', 'Market Data', 'AMER', 'coinbase', 'coinbase-derivatives-sbe-1.7'],
  ['Deribit', 'Starbase', 'EMEA', 'starbase', 'deribit-sbe-1.0'],
  ['TMX TSX', 'QuantumFeed Level 2', 'AMER', 'xmt', 'tmx-xmt-level2-3.6'],
  ['BOX Options', 'HSVF', 'AMER', 'hsvf', 'box-hsvf-1.9'],
  ['Aquis Exchange', 'AMD', 'EMEA', 'aquis', 'aquis-amd-4.1'],
  ['IntelligentCross', 'Aspen', 'AMER', 'cix', 'cix-aspen-1.11'],
  ['OTC Link', 'NQB Depth', 'AMER', 'nqb', 'otc-link-nqb-depth-1.18'],
  ['Kraken', 'WebSocket v2', 'AMER', 'krakenWs', undefined],
  ['OANDA', 'v20 pricing stream', 'AMER', 'oanda', undefined],
  ['Betfair', 'Exchange Stream', 'EMEA', 'betfair', undefined],
  ['Interactive Brokers', 'Client Portal', 'AMER', 'ibkr', undefined],
];

/** The rows of the catalogue. */
export const catalogue: readonly Row[] = FEEDS.map(([venue, feed, region, family, decoder]) => ({
  venue,
  feed,
  region,
  ...FAMILIES[family],
  ...(decoder === undefined ? {} : { decoder }),
}));
