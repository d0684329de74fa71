/**
 * The framings of the venues, one record each. `source` names the document that says so. An id is what the message tables
 * call their framing; a variant has a suffix and names the decoders that take it.
 */
import { defineFraming, type Framing, type FramingInput, tag } from './framing.js';

/** 32-bit numbers that go on with 1: 0 means "not numbered". */
const ROLLS_TO_ONE = { max: 0xffff_ffff, first: 1 };

/** Packets that hold nothing, or the end of the session, by their message count. */
const heartbeatWhenEmpty = (number: 'next' | 'last'): NonNullable<FramingInput['kinds']>[number] => ({
  when: { field: 'count', equals: 0 },
  is: 'heartbeat',
  number,
});

/** A packet type of one character, and what it is. */
const byType = (
  offset: number,
  types: Readonly<Record<string, NonNullable<FramingInput['kinds']>[number]['is']>>,
): NonNullable<FramingInput['kinds']> =>
  Object.entries(types).map(([equals, is]) => ({ when: { offset, size: 1, equals }, is }));

// ── Nasdaq, and who took its transports ───────────────────────────────────────────────────────────────────────────

export const moldudp64 = defineFraming({
  id: 'moldudp64',
  source: 'MoldUDP64 1.00, Downstream Packet',
  byteOrder: 'big',
  headerLength: 20,
  session: { offset: 0, size: 10, type: 'text' },
  sequence: { offset: 10, size: 8 },
  count: { offset: 18, size: 2 },
  kinds: [heartbeatWhenEmpty('next'), { when: { field: 'count', equals: 0xffff }, is: 'endOfSession', number: 'next' }],
  message: { length: { offset: 0, size: 2, excludes: 2 }, prefix: 2 },
});

/** MoldUDP, the forerunner: numbers of 32 bits. */
export const moldudp = defineFraming({
  ...moldudp64,
  id: 'moldudp',
  source: 'public dissector of Nasdaq NOIS 2.2',
  unconfirmed: ['that an empty packet carries the next number, as in MoldUDP64'],
  headerLength: 16,
  sequence: { offset: 10, size: 4 },
  count: { offset: 14, size: 2 },
});

export const soupbintcp = defineFraming({
  id: 'soupbintcp',
  source: 'SoupBinTCP 3.00, Packet Types',
  decoders: ['session-soupbintcp'],
  byteOrder: 'big',
  headerLength: 3,
  packetLength: { offset: 0, size: 2, excludes: 2 },
  manyPackets: true,
  kinds: byType(2, {
    S: 'data',
    U: 'unsequenced',
    H: 'heartbeat',
    R: 'heartbeat',
    Z: 'endOfSession',
    '+': 'ignore',
    A: 'ignore',
    J: 'ignore',
    L: 'ignore',
    O: 'ignore',
  }),
});

export const binaryfile = defineFraming({
  id: 'binaryfile',
  source: 'BinaryFILE 1.00, File Format',
  byteOrder: 'big',
  headerLength: 2,
  packetLength: { offset: 0, size: 2, excludes: 2 },
  manyPackets: true,
  kinds: [{ when: { field: 'packetLength', equals: 0 }, is: 'endOfSession' }],
});

/** MoldUDP64 with its bytes the other way round; the session is the day and the feed. */
export const cixAspen = defineFraming({
  ...moldudp64,
  id: 'cix-aspen',
  source: 'CIX Aspen 1.11 and captures; recovery 1.1',
  unconfirmed: ['what ends a session'],
  byteOrder: 'little',
});

// ── Cboe ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Multicast, gap request proxy and spin servers alike. Number 0: unsequenced; outside trading hours heartbeats have it too. */
export const cboeSequencedUnit = defineFraming({
  id: 'cboe-sequenced-unit',
  source: 'Cboe US Multicast PITCH 2.41.66, Sequenced Unit Header',
  byteOrder: 'little',
  headerLength: 8,
  packetLength: { offset: 0, size: 2 },
  count: { offset: 2, size: 1 },
  channel: { offset: 3, size: 1 },
  sequence: { offset: 4, size: 4 },
  zeroIsUnsequenced: true,
  wrap: ROLLS_TO_ONE,
  kinds: [heartbeatWhenEmpty('next')],
  message: { length: { offset: 0, size: 1 } },
});

export const cboeCsm = defineFraming({
  id: 'cboe-csm',
  source: 'Cboe Streaming Market Data 1.4.2, packet header; captures',
  unconfirmed: ['what the number of an empty packet means'],
  byteOrder: 'big',
  headerLength: 16,
  packetLength: { offset: 1, size: 2 },
  sendTime: { offset: 3, size: 8, unit: 'ms' },
  count: { offset: 11, size: 1 },
  sequence: { offset: 12, size: 4 },
  kinds: [heartbeatWhenEmpty('next')],
  message: { length: { offset: 0, size: 2 } },
});

/** SoupTCP 2.0: a packet type, text, a line feed. Numbers are counted from the one that the login names. */
export const souptcp = defineFraming({
  id: 'souptcp',
  source: 'Cboe US Equities TCP PITCH, sessions; public dissector of 1.15.13',
  unconfirmed: ['that the number of the next message comes with the login alone'],
  byteOrder: 'big',
  headerLength: 1,
  shortestPacket: 2,
  packetDelimiter: 0x0a,
  manyPackets: true,
  kinds: byType(0, {
    S: 'data',
    U: 'unsequenced',
    H: 'heartbeat',
    R: 'heartbeat',
    '+': 'ignore',
    A: 'ignore',
    J: 'ignore',
    L: 'ignore',
    O: 'ignore',
  }),
  message: { trailer: 1 },
});

/** Lines of text without a number. */
export const cboeAsciiTop = defineFraming({
  id: 'cboe-ascii-top',
  source: 'public dissector of Cboe US Equities Top 1.3.9 (ASCII)',
  unconfirmed: ['that every line ends in a line feed alone'],
  byteOrder: 'big',
  headerLength: 0,
  shortestPacket: 2,
  message: { delimiter: 0x0a, trailer: 1 },
});

// ── NYSE ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export const nyseXdp = defineFraming({
  id: 'nyse-xdp',
  source: 'NYSE Pillar Common Client 2.4p, Packet Header and Delivery Flag',
  byteOrder: 'little',
  headerLength: 16,
  packetLength: { offset: 0, size: 2 },
  count: { offset: 3, size: 1 },
  sequence: { offset: 4, size: 4 },
  sendTime: { offset: 8, size: 4, unit: 's', nanos: { offset: 12, size: 4 } },
  kinds: [
    { when: { offset: 2, size: 1, equals: 1 }, is: 'heartbeat', number: 'next' },
    // Refresh packets have numbers of their own: one, first, middle, last.
    ...[17, 18, 19, 20].map((flag) => ({ when: { offset: 2, size: 1, equals: flag }, is: 'unsequenced' as const })),
  ],
  controls: [
    { when: { offset: 2, size: 2, equals: 1 }, is: 'reset' },
    {
      when: { offset: 2, size: 2, equals: 31 },
      is: 'unavailable',
      next: { offset: 4, size: 4 },
      last: { offset: 8, size: 4 },
      counted: false,
    },
  ],
  message: { length: { offset: 0, size: 2 } },
});

/** Legacy OpenBook Ultra: one type a packet, the packet header is the message header. */
export const nyseOpenbook = defineFraming({
  id: 'nyse-openbook',
  source: 'NYSE OpenBook Ultra 2.1, message header; captures of 2.1b',
  decoders: ['nyse-openbook-ultra'],
  unconfirmed: ['whether a packet takes one number or one for each body', 'the number of a heartbeat is 0 in captures'],
  byteOrder: 'big',
  headerLength: 0,
  shortestPacket: 16,
  packetLength: { offset: 0, size: 2, excludes: 2 },
  sequence: { offset: 4, size: 4 },
  numbering: 'packet',
  kinds: [
    { when: { offset: 2, size: 2, equals: 2 }, is: 'heartbeat' },
    { when: { offset: 2, size: 2, equals: 1 }, is: 'reset' },
  ],
});

// ── SBE over a numbered packet ────────────────────────────────────────────────────────────────────────────────────

export const cmeMdp3 = defineFraming({
  id: 'cme-mdp3',
  source: 'CME MDP 3.0, Packet Structure',
  unconfirmed: ['heartbeats take a packet number', 'numbers begin again each week, without a mark in the header'],
  byteOrder: 'little',
  headerLength: 12,
  sequence: { offset: 0, size: 4 },
  numbering: 'packet',
  sendTime: { offset: 4, size: 8 },
  message: { length: { offset: 0, size: 2 }, prefix: 2 },
});

/** The conflated and replay TCP variant: a technical header and one message. */
export const cmeTcp = defineFraming({
  id: 'cme-tcp',
  source: 'CME MDP 3.0 Conflated TCP, Technical Header; captures of 1.12',
  byteOrder: 'little',
  headerLength: 16,
  packetLength: { offset: 14, size: 2, excludes: 14 },
  manyPackets: true,
  sequence: { offset: 2, size: 4 },
  numbering: 'packet',
  sendTime: { offset: 6, size: 8 },
});

export const b3Umdf = defineFraming({
  id: 'b3-umdf',
  source: 'B3 Binary UMDF 2.2, Packet Header; captures',
  byteOrder: 'little',
  headerLength: 16,
  channel: { offset: 0, size: 1 },
  session: { offset: 2, size: 2, type: 'uint', ordered: true },
  sequence: { offset: 4, size: 4 },
  numbering: 'packet',
  restarts: true,
  sendTime: { offset: 8, size: 8 },
  // SequenceReset_1 and Sequence_2 come in packets of number 0; template at 2, body at 8.
  controls: [
    { when: { offset: 2, size: 2, equals: 1 }, is: 'reset', counted: false },
    {
      when: { offset: 2, size: 2, equals: 2 },
      is: 'heartbeat',
      number: 'next',
      next: { offset: 8, size: 4 },
      counted: false,
    },
  ],
  message: { length: { offset: 0, size: 2 }, prefix: 4 },
});

/** The number is 35 bits: 32 and, in the flags, three more; the flags also hold the restart counter. */
export const euronextOptiq = defineFraming({
  id: 'euronext-optiq',
  source: 'Euronext Optiq MDG 5.31, Market Data Packet Header',
  byteOrder: 'little',
  headerLength: 16,
  sendTime: { offset: 0, size: 8 },
  sequence: { offset: 8, size: 4 },
  sequenceHigh: { offset: 12, size: 2, bits: [4, 3] },
  numbering: 'packet',
  session: { offset: 12, size: 2, type: 'uint', bits: [1, 3] },
  channel: { offset: 14, size: 2 },
  kinds: [{ when: { offset: 12, size: 2, bits: [0, 1], equals: 1 }, is: 'compressed' }],
  // The market data sequence number of the aggregator, which its channels share.
  item: { number: { offset: 8, size: 8 } },
  message: { length: { offset: 0, size: 2 }, prefix: 2 },
});

/** Number per packet; heartbeats of single products are messages. Technical heartbeats belong to another port. */
export const eurexEobi = defineFraming({
  id: 'eurex-eobi',
  source: 'Eurex T7 EOBI 14.1, Packet Header; captures',
  byteOrder: 'little',
  headerLength: 32,
  shortestPacket: 32,
  sequence: { offset: 8, size: 4 },
  numbering: 'packet',
  restarts: true,
  sendTime: { offset: 24, size: 8 },
  // Messages are also numbered for each market segment (product).
  item: { key: { offset: 12, size: 4 }, number: { offset: 4, size: 4 } },
  kinds: [
    { when: { offset: 0, size: 2, byteOrder: 'big', equals: 0xc0f8 }, is: 'ignore' },
    {
      when: { offset: 18, size: 1, equals: 1 },
      and: { offset: 8, size: 4, equals: 1 },
      is: 'reset',
    },
  ],
  message: { length: { offset: 0, size: 2 } },
});

export const coinbaseUdp = defineFraming({
  id: 'coinbase-udp',
  source: 'Coinbase Derivatives UDP Market Data 1.7, Packet Header; captures of 1.2',
  byteOrder: 'little',
  headerLength: 24,
  sendTime: { offset: 0, size: 8 },
  sequence: { offset: 8, size: 8 },
  channel: { offset: 16, size: 2 },
  count: { offset: 19, size: 1 },
  kinds: [
    // Snapshot packets carry the number that they are valid at.
    { when: { offset: 18, size: 1, bits: [1, 1], equals: 1 }, is: 'unsequenced' },
    heartbeatWhenEmpty('next'),
  ],
  message: { length: { offset: 0, size: 2 } },
});

export const deribitUdp = defineFraming({
  id: 'deribit-udp',
  source: 'Deribit Starbase, multicast and retransmit pages',
  unconfirmed: [
    'the first 8 of the 16 bytes of a message header, here a length (itself included) and transaction flags',
    'what the bits of the packet type mean',
    'what the number of an empty packet means',
  ],
  byteOrder: 'little',
  headerLength: 24,
  sendTime: { offset: 0, size: 8 },
  sequence: { offset: 8, size: 8 },
  channel: { offset: 16, size: 4 },
  count: { offset: 22, size: 2 },
  kinds: [heartbeatWhenEmpty('next')],
  message: { length: { offset: 0, size: 2 }, prefix: 8 },
});

// ── MEMX, IEX, MIAX ───────────────────────────────────────────────────────────────────────────────────────────────

export const memxUdp = defineFraming({
  id: 'memx-udp',
  source: 'MEMX-UDP 1.1, Packet Header; captures',
  byteOrder: 'big',
  headerLength: 20,
  shortestPacket: 18,
  session: { offset: 2, size: 8, type: 'uint' },
  sequence: { offset: 10, size: 8 },
  count: { offset: 18, size: 2 },
  kinds: [
    { when: { offset: 0, size: 1, equals: 0 }, is: 'heartbeat', number: 'last' },
    { when: { offset: 0, size: 1, equals: 1 }, is: 'endOfSession', number: 'last' },
  ],
  message: { length: { offset: 0, size: 2, excludes: 2 }, prefix: 2 },
});

export const memxTcp = defineFraming({
  id: 'memx-tcp',
  source: 'MEMX-TCP 1.2, Common Header',
  decoders: ['session-memx-tcp'],
  byteOrder: 'big',
  headerLength: 3,
  packetLength: { offset: 1, size: 2, excludes: 3 },
  manyPackets: true,
  kinds: [
    { when: { offset: 0, size: 1, equals: 11 }, is: 'data' },
    { when: { offset: 0, size: 1, equals: 0 }, is: 'heartbeat' },
    { when: { offset: 0, size: 1, equals: 4 }, is: 'endOfSession' },
    { when: { offset: 0, size: 1, equals: 104 }, is: 'unsequenced' },
    ...[1, 2, 3, 5, 6, 7, 8, 9, 10, 100, 101, 102, 103].map((type) => ({
      when: { offset: 0, size: 1, equals: type },
      is: 'ignore' as const,
    })),
  ],
});

/**
 * Messages of venues that send text (JSON): one record of the table a packet, written by `internet/session` from what a
 * transport or a recording brings. A hole in the numbers is what the venue's own way of checking has found missing.
 */
export const venueMessages = defineFraming({
  id: 'venue-messages',
  source: 'src/internet/packets.ts',
  byteOrder: 'little',
  headerLength: 24,
  packetLength: { offset: 20, size: 4, excludes: 24 },
  manyPackets: true,
  channel: { offset: 0, size: 4 },
  session: { offset: 4, size: 4, type: 'uint' },
  sequence: { offset: 8, size: 8 },
  count: { offset: 16, size: 2 },
  kinds: [
    { when: { offset: 18, size: 1, equals: 1 }, is: 'heartbeat', number: 'next' },
    { when: { offset: 18, size: 1, equals: 2 }, is: 'endOfSession', number: 'next' },
  ],
  message: { length: { offset: 0, size: 2, excludes: 2 }, prefix: 2 },
});

export const iexTp = defineFraming({
  id: 'iex-tp',
  source: 'IEX Transport Protocol 1.26, Outbound Segment',
  decoders: ['session-iex-tp'],
  byteOrder: 'little',
  headerLength: 40,
  packetLength: { offset: 12, size: 2, excludes: 40 },
  channel: { offset: 4, size: 4 },
  session: { offset: 8, size: 4, type: 'uint' },
  count: { offset: 14, size: 2 },
  sequence: { offset: 24, size: 8 },
  sendTime: { offset: 32, size: 8 },
  kinds: [heartbeatWhenEmpty('next')],
  message: { length: { offset: 0, size: 2, excludes: 2 }, prefix: 2 },
});

export const iexSnapTcp = defineFraming({
  id: 'iex-snap-tcp',
  source: 'IEX DEEP+ SNAP 1.05, Message Framing',
  byteOrder: 'little',
  headerLength: 0,
  shortestPacket: 3,
  packetLength: { offset: 0, size: 2, excludes: 2 },
  manyPackets: true,
});

/** A packet begins with an SBE message of 22 bytes: length, header, channel and number; messages follow it. */
export const iexOptions = defineFraming({
  id: 'iex-options',
  source: 'IEX Options Market Data Transport 1.03; SBE schema 1.03, templates 300 to 302',
  unconfirmed: ['the length in front of each message, here taken as not counting itself'],
  byteOrder: 'little',
  headerLength: 22,
  channel: { offset: 10, size: 4 },
  sequence: { offset: 14, size: 8 },
  kinds: [
    { when: { offset: 4, size: 2, equals: 300 }, is: 'heartbeat', number: 'last' },
    { when: { offset: 4, size: 2, equals: 302 }, is: 'endOfSession', number: 'last' },
  ],
  message: { length: { offset: 0, size: 2, excludes: 2 }, prefix: 2 },
});

/** Small packets of one message each, several in a datagram. Session 0 says nothing. */
export const miaxMach = defineFraming({
  id: 'miax-mach',
  source: 'MIAX MACH 1.2e, MACH Packet; captures',
  byteOrder: 'little',
  headerLength: 12,
  packetLength: { offset: 8, size: 2 },
  manyPackets: true,
  sequence: { offset: 0, size: 8 },
  session: { offset: 11, size: 1, type: 'uint' },
  kinds: [
    { when: { field: 'session', equals: 0 }, is: 'ignore' },
    { when: { offset: 10, size: 1, equals: 0 }, is: 'heartbeat', number: 'last' },
    { when: { offset: 10, size: 1, equals: 1 }, is: 'heartbeat' },
    { when: { offset: 10, size: 1, equals: 2 }, is: 'endOfSession', number: 'last' },
  ],
});

export const miaxEsesm = defineFraming({
  id: 'miax-esesm',
  source: 'MIAX ESesM 1.0a, Packet Types',
  decoders: ['session-miax-esesm'],
  byteOrder: 'little',
  headerLength: 3,
  packetLength: { offset: 0, size: 2, excludes: 2 },
  manyPackets: true,
  kinds: byType(2, {
    s: 'data',
    U: 'unsequenced',
    0: 'heartbeat',
    1: 'heartbeat',
    G: 'ignore',
    l: 'ignore',
    r: 'ignore',
    c: 'ignore',
    a: 'ignore',
    X: 'ignore',
    u: 'ignore',
    T: 'ignore',
  }),
});

// ── ICE, London, Hong Kong ────────────────────────────────────────────────────────────────────────────────────────

export const iceImpact = defineFraming({
  id: 'ice-impact',
  source: 'ICE iMpact 1.1.51, Message Block; captures of 1.1.33 (2,333 heartbeats carry the next number)',
  byteOrder: 'big',
  headerLength: 16,
  session: { offset: 0, size: 2, type: 'uint' },
  sequence: { offset: 2, size: 4 },
  count: { offset: 6, size: 2 },
  sendTime: { offset: 8, size: 8 },
  kinds: [heartbeatWhenEmpty('next')],
  message: { length: { offset: 1, size: 2, excludes: 3 } },
});

export const iceImpactMs = defineFraming({
  ...iceImpact,
  id: 'ice-impact-ms',
  source: 'ICE iMpact 1.1.24 and 1.1.33; captures',
  decoders: ['ice-impact-1.1.24', 'ice-impact-1.1.33'],
  sendTime: { offset: 8, size: 8, unit: 'ms' },
});

/** GTP. Replay and recovery servers send no heartbeats; their packets are numbered 0. */
export const lseUnitHeader = defineFraming({
  id: 'lse-unit-header',
  source: 'LSE GTP 26.2, Unit Header',
  byteOrder: 'little',
  headerLength: 8,
  packetLength: { offset: 0, size: 2 },
  count: { offset: 2, size: 1 },
  channel: { offset: 3, size: 1 },
  sequence: { offset: 4, size: 4 },
  zeroIsUnsequenced: true,
  kinds: [heartbeatWhenEmpty('next')],
  message: { length: { offset: 0, size: 2 } },
});

export const lseUnitHeaderMitch = defineFraming({
  ...lseUnitHeader,
  id: 'lse-unit-header-mitch',
  source: 'LSE Level 2 MITCH 11.9, Unit Header',
  decoders: ['lse-mitch'],
  message: { length: { offset: 0, size: 1 } },
});

/** Heartbeats repeat the last number. Sequence Reset (100) says which number comes next. OMD-D may compress. */
export const hkexOmd = defineFraming({
  id: 'hkex-omd',
  source: 'HKEX OMD-C 1.45, Packet Header and Sequence Reset; OMD-D 2.0, Compression Mode',
  byteOrder: 'little',
  headerLength: 16,
  packetLength: { offset: 0, size: 2 },
  count: { offset: 2, size: 1 },
  sequence: { offset: 4, size: 4 },
  sendTime: { offset: 8, size: 8 },
  kinds: [
    heartbeatWhenEmpty('last'),
    // OMD-C has a filler here, blank or 0.
    { when: { offset: 3, size: 1, equals: 1 }, is: 'compressed' },
  ],
  controls: [{ when: { offset: 2, size: 2, equals: 100 }, is: 'reset', next: { offset: 4, size: 4 }, counted: false }],
  message: { length: { offset: 0, size: 2 } },
});

/** One message a packet; the packet's header is the message's. */
export const hkexMmdh = defineFraming({
  id: 'hkex-mmdh',
  source: 'public dissector of HKEX MMDH 2.1',
  unconfirmed: [
    'that the first length counts the whole packet',
    'whether the number or the internal number is the one that counts messages',
  ],
  byteOrder: 'little',
  headerLength: 0,
  shortestPacket: 24,
  packetLength: { offset: 0, size: 2 },
  manyPackets: true,
  sequence: { offset: 4, size: 4 },
  sendTime: { offset: 12, size: 8 },
});

// ── Consolidated US feeds ─────────────────────────────────────────────────────────────────────────────────────────

/** Line Integrity repeats the last number and takes none; Reset Block Sequence moves the counter. Blocks are padded to 2. */
export const siacBlock = defineFraming({
  id: 'siac-block',
  source: 'CTA CQS 2.10a and CTS 2.11, Block Header',
  unconfirmed: ['whether Reset Block Sequence takes the number that it sets'],
  byteOrder: 'big',
  headerLength: 20,
  packetLength: { offset: 1, size: 2 },
  sequence: { offset: 5, size: 4 },
  wrap: ROLLS_TO_ONE,
  count: { offset: 9, size: 1 },
  sendTime: { offset: 10, size: 4, unit: 's', nanos: { offset: 14, size: 4 } },
  controls: [
    { when: { offset: 2, size: 2, equals: 'CT' }, is: 'heartbeat', number: 'last', counted: false },
    { when: { offset: 2, size: 2, equals: 'CL' }, is: 'reset' },
  ],
  message: { length: { offset: 0, size: 2 } },
});

/** Snapshots: another order of the same header, and the last number of the feed that the snapshot stands for. */
export const siacSnapshotBlock = defineFraming({
  id: 'siac-snapshot-block',
  source: 'public dissector of CTA CQS Snapshot 2.1',
  unconfirmed: ['control messages of the snapshot lines'],
  byteOrder: 'big',
  headerLength: 24,
  packetLength: { offset: 1, size: 2 },
  sequence: { offset: 3, size: 4 },
  wrap: ROLLS_TO_ONE,
  count: { offset: 7, size: 1 },
  sendTime: { offset: 14, size: 4, unit: 's', nanos: { offset: 18, size: 4 } },
  message: { length: { offset: 0, size: 2 } },
});

/** OPRA: one more header byte, and messages without a length: the type decides. */
export const siacBlockOpra = defineFraming({
  id: 'siac-block-opra',
  source: 'OPRA Binary 6.3a, Block Header',
  decoders: ['opra-'],
  unconfirmed: ['whether Reset Block Sequence takes the number that it sets'],
  byteOrder: 'big',
  headerLength: 21,
  packetLength: { offset: 1, size: 2 },
  sequence: { offset: 6, size: 4 },
  wrap: ROLLS_TO_ONE,
  count: { offset: 10, size: 1 },
  sendTime: { offset: 11, size: 4, unit: 's', nanos: { offset: 15, size: 4 } },
  controls: [
    { when: { offset: 1, size: 2, equals: 'HN' }, is: 'heartbeat', number: 'last', counted: false },
    { when: { offset: 1, size: 2, equals: 'HK' }, is: 'reset' },
  ],
  message: { lengthFrom: 'table' },
});

// ── Text, and the small ones ──────────────────────────────────────────────────────────────────────────────────────

/** STX, a message in ASCII, ETX. The packet's number is that of its first message. BOX: nine digits. */
export const hsvf = defineFraming({
  id: 'hsvf',
  source: 'BOX SOLA HSVF 1.9, Message Header; captures',
  unconfirmed: [
    'whether 999,999,999 is followed by 0 or 1',
    'the number of a Circuit Assurance, here taken as saying nothing',
  ],
  byteOrder: 'big',
  headerLength: 0,
  shortestPacket: 10,
  sequence: { offset: 1, size: 9, type: 'digits' },
  wrap: { max: 999_999_999, first: 1 },
  controls: [{ when: { offset: 9, size: 2, equals: 'V ' }, is: 'heartbeat', counted: false }],
  message: { delimiter: 3, prefix: 1, trailer: 1 },
});

export const hsvfMx = defineFraming({
  ...hsvf,
  id: 'hsvf-mx',
  source: 'TMX Montreal SOLA HSVF 1.14, Message Header; captures',
  decoders: ['tmx-sola'],
  unconfirmed: ['what follows the greatest number', 'the number of a Circuit Assurance, here taken as saying nothing'],
  shortestPacket: 11,
  sequence: { offset: 1, size: 10, type: 'digits' },
  wrap: { max: 9_999_999_999, first: 1 },
  controls: [{ when: { offset: 10, size: 2, equals: 'V ' }, is: 'heartbeat', counted: false }],
});

/** The number, 40 bits in two parts, stands in the business header of the first message. */
export const tmxXmt = defineFraming({
  id: 'tmx-xmt',
  source: 'TSX QuantumFeed Level 2 (XMT) 2.1, Frame and Business Header; capture',
  unconfirmed: ['heartbeats and recovery: no public document'],
  byteOrder: 'little',
  headerLength: 11,
  shortestPacket: 23,
  packetLength: { offset: 3, size: 2, excludes: 5 },
  manyPackets: true,
  count: { offset: 10, size: 1 },
  channel: { offset: 16, size: 2 },
  sequence: { offset: 19, size: 4 },
  sequenceHigh: { offset: 18, size: 1 },
  message: { length: { offset: 0, size: 2 } },
});

export const otcLink = defineFraming({
  id: 'otc-link',
  source: 'OTC Markets Multicast Data Feeds 4.5, Packet Header; captures',
  unconfirmed: ['the number of a heartbeat, here the next'],
  byteOrder: 'big',
  headerLength: 12,
  packetLength: { offset: 0, size: 2 },
  sequence: { offset: 2, size: 4 },
  count: { offset: 7, size: 1 },
  kinds: [
    { when: { offset: 6, size: 1, bits: [0, 1], equals: 1 }, is: 'heartbeat', number: 'next' },
    { when: { offset: 6, size: 1, bits: [1, 1], equals: 1 }, is: 'reset' },
  ],
  message: { length: { offset: 0, size: 2 } },
});

/** Retransmitted messages come over TCP without packet headers. */
export const otcLinkTcp = defineFraming({
  id: 'otc-link-tcp',
  source: 'public dissector of OTC Link NQB 1.18',
  unconfirmed: ['that the stream has no packet headers'],
  byteOrder: 'big',
  headerLength: 0,
  shortestPacket: 3,
  packetLength: { offset: 0, size: 2 },
  manyPackets: true,
});

/** Text without lengths: the five characters of the code decide. Every message ends in 0xFF, which is part of it. */
export const koscomMdcs = defineFraming({
  id: 'koscom-mdcs',
  source: 'public dissectors of KOSCOM MDCS real time 2.018',
  unconfirmed: ['whether a datagram holds one message or several', 'the byte that ends a message'],
  byteOrder: 'big',
  headerLength: 0,
  shortestPacket: 5,
  message: { lengthFrom: 'table' },
});

/** SOH, a message, ETX; bodies are binary, so the table gives the length. */
export const currenexItch = defineFraming({
  id: 'currenex-itch',
  source: 'public dissectors of Currenex ESP 9 and NOW 10',
  unconfirmed: ['whether numbers count messages of the session'],
  byteOrder: 'big',
  headerLength: 0,
  shortestPacket: 11,
  sequence: { offset: 1, size: 4 },
  message: { lengthFrom: 'table', prefix: 1, trailer: 1 },
});

/** SOH, then messages in ASCII, each with a separator behind it. */
export const finraBbds = defineFraming({
  id: 'finra-bbds',
  source: 'public dissector of FINRA BBDS 2018.1A',
  unconfirmed: ['where the block keeps its number', 'the bytes of the separators'],
  byteOrder: 'big',
  headerLength: 1,
  shortestPacket: 3,
  message: { lengthFrom: 'table', trailer: 1 },
});

export const smallxUdp = defineFraming({
  id: 'smallx-udp',
  source: 'public dissector of Small Exchange market data 2.2',
  unconfirmed: [
    'the size of the length in front of a message: one byte here, which cannot hold the definitions',
    'that the length does not count itself',
    'what the number of an empty packet means',
  ],
  byteOrder: 'little',
  headerLength: 10,
  channel: { offset: 0, size: 1 },
  session: { offset: 1, size: 2, type: 'uint' },
  sequence: { offset: 5, size: 4 },
  count: { offset: 9, size: 1 },
  kinds: [heartbeatWhenEmpty('next')],
  message: { length: { offset: 0, size: 1, excludes: 1 }, prefix: 1 },
});

/** Every message carries its number; the packet's is that of its first. */
export const aquisAmd = defineFraming({
  id: 'aquis-amd',
  source: 'Aquis Market Data 4.1, Packet and Message Header',
  unconfirmed: ['where an empty packet carries the next number; shorter ones are refused'],
  byteOrder: 'little',
  headerLength: 1,
  shortestPacket: 7,
  count: { offset: 0, size: 1 },
  sequence: { offset: 3, size: 4, byteOrder: 'big' },
  kinds: [heartbeatWhenEmpty('next')],
  message: { length: { offset: 1, size: 1 } },
});

/** The replay server's stream: messages one after the other, without a count. */
export const aquisAmdTcp = defineFraming({
  id: 'aquis-amd-tcp',
  source: 'Aquis Market Data 4.1, Replay',
  decoders: ['aquis-amd-replay'],
  byteOrder: 'little',
  headerLength: 0,
  shortestPacket: 6,
  packetLength: { offset: 1, size: 1 },
  manyPackets: true,
  sequence: { offset: 2, size: 4, byteOrder: 'big' },
});

/** The restart count of the server is the session, the group the channel. Each tag has its length in front. */
export const jpxFlex = defineFraming({
  id: 'jpx-flex',
  source: 'TSE FLEX MBO 1.1, Packet Header',
  unconfirmed: ['byte order', 'which tags are control tags', 'that the length in front of a tag does not count itself'],
  byteOrder: 'big',
  headerLength: 26,
  channel: { offset: 0, size: 1 },
  session: { offset: 1, size: 1, type: 'uint' },
  sequence: { offset: 2, size: 4 },
  numbering: 'packet',
  message: { length: { offset: 0, size: 1, excludes: 1 }, prefix: 1 },
});

export const moexFast = defineFraming({
  id: 'moex-fast',
  source: 'MOEX FAST; a FORTS capture of 2013',
  unconfirmed: ['the four bytes in front of a FAST message', 'there is no message table'],
  byteOrder: 'little',
  headerLength: 4,
  sequence: { offset: 0, size: 4 },
  numbering: 'packet',
});

/**
 * FIX tag=value: a message is ended by its BodyLength, its CheckSum is verified, MsgSeqNum numbers it. A gap fill stands in
 * place of a range that will not come; a sequence reset says which number is next and ignores its own.
 */
export const fix44Framing = defineFraming({
  id: 'fix-4.4',
  source: 'FIX 4.4 with errata, volumes 1 and 2',
  byteOrder: 'big',
  headerLength: 0,
  fix: true,
  sequence: tag(34),
  kinds: [{ when: { tag: 35, equals: 'A' }, and: { tag: 141, equals: 'Y' }, is: 'reset', number: 'numbered' }],
  controls: [
    {
      when: { tag: 35, equals: '4' },
      and: { tag: 123, equals: 'Y' },
      is: 'unavailable',
      last: tag(36),
      lastIs: 'next',
    },
    { when: { tag: 35, equals: '4' }, is: 'reset', next: tag(36), counted: false },
  ],
});

/** Every framing that comes with the library. */
export const framings: readonly Framing[] = [
  moldudp64,
  moldudp,
  soupbintcp,
  binaryfile,
  cboeSequencedUnit,
  cboeCsm,
  souptcp,
  cboeAsciiTop,
  nyseXdp,
  nyseOpenbook,
  cmeMdp3,
  cmeTcp,
  b3Umdf,
  euronextOptiq,
  eurexEobi,
  coinbaseUdp,
  deribitUdp,
  memxUdp,
  memxTcp,
  iexTp,
  venueMessages,
  iexSnapTcp,
  iexOptions,
  miaxMach,
  miaxEsesm,
  iceImpact,
  iceImpactMs,
  lseUnitHeader,
  lseUnitHeaderMitch,
  hkexOmd,
  hkexMmdh,
  siacBlock,
  siacSnapshotBlock,
  siacBlockOpra,
  hsvf,
  hsvfMx,
  tmxXmt,
  otcLink,
  otcLinkTcp,
  koscomMdcs,
  currenexItch,
  finraBbds,
  smallxUdp,
  cixAspen,
  aquisAmd,
  aquisAmdTcp,
  jpxFlex,
  moexFast,
  fix44Framing,
];

/** The framing of that id, or undefined. */
export const findFraming = (id: string): Framing | undefined => framings.find((f) => f.id === id);

/** The framing that carries a decoder's messages: the variant that names it, or the one that it names itself. */
export const framingOf = (decoder: { readonly id: string; readonly framing: string }): Framing | undefined =>
  framings.find((f) => f.decoders.some((d) => decoder.id.startsWith(d))) ?? findFraming(decoder.framing);
