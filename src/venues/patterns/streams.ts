/** Connections that are lines by themselves: a SoupBinTCP session that is counted, a FIX session that is numbered. */
import { z } from 'zod';
import { soupbintcp } from '../../decoders/soupbintcp.js';
import { tag } from '../../patterns/framing.js';
import { fix44Framing } from '../../patterns/framings.js';
import { defineStream, type Stream } from '../../patterns/stream.js';
import { credential, fix, message, type Value, variable } from '../../patterns/table.js';
import { type VenueFault, venueFaults } from '../../patterns/venue.js';

/** SoupBinTCP as a live feed: the login names the session and the first message wanted, and again after every break. */
export const soupbintcpFeed = defineStream({
  id: 'soupbintcp-feed',
  source: 'SoupBinTCP 3.00',
  transport: 'tcp',
  framing: 'soupbintcp',
  login: message(soupbintcp, 'loginRequest', {
    username: credential('username'),
    password: credential('password'),
    requestedSession: variable('session'),
    requestedSequenceNumber: variable('begin'),
  }),
  heartbeat: message(soupbintcp, 'clientHeartbeat'),
  logout: message(soupbintcp, 'logoutRequest'),
  keepAlive: { send: '1s', silence: '15s' },
  replies: [
    { on: message(soupbintcp, 'sequencedData'), do: 'message', payload: 'message' },
    { on: message(soupbintcp, 'loginAccepted'), do: 'loginAccepted', number: 'sequenceNumber', session: 'session' },
    {
      on: message(soupbintcp, 'loginRejected', { rejectReasonCode: 'S' }),
      do: 'sessionUnavailable',
      number: 'rejectReasonCode',
    },
    { on: message(soupbintcp, 'loginRejected'), do: 'loginRejected', number: 'rejectReasonCode' },
    { on: message(soupbintcp, 'serverHeartbeat'), do: 'ignore' },
    { on: message(soupbintcp, 'debugPacket'), do: 'ignore' },
    { on: message(soupbintcp, 'endOfSession'), do: 'sessionEnd' },
  ],
});

const SYMBOLS_MAX = 10_000;
const fixText = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the separator and its like end a field
    .regex(/^[^\u0000-\u001f=]+$/, 'must be text without = and control characters');

/** @internal */
export const fixSessionSchema = z.strictObject({
  symbols: z.array(fixText(64)).min(1).max(SYMBOLS_MAX).describe('Symbol (55) of each instrument'),
  depth: z.int().min(0).default(0).describe('MarketDepth (264): 0 the whole book, 1 the top'),
  entries: z
    .array(fixText(2))
    .min(1)
    .max(32)
    .default(['0', '1', '2'])
    .describe('MDEntryTypes (269); default bid, offer and trade'),
  heartbeat: z.int().min(1).max(3600).default(30).describe('HeartBtInt (108) in seconds'),
  resume: z
    .boolean()
    .default(true)
    .describe('The server’s session goes on after a break, or else each logon begins it anew'),
  login: z.boolean().default(true).describe('Username (553) and Password (554) are sent in the logon'),
});

/** What differs from one FIX market data session to another. */
export interface FixSession {
  /** Symbol (55) of each instrument. */
  symbols: string[];
  /** MarketDepth (264): 0 the whole book (the default), 1 the top. */
  depth?: number | undefined;
  /** MDEntryTypes (269). Default: bid, offer and trade. */
  entries?: string[] | undefined;
  /** HeartBtInt (108) in seconds. Default: 30. */
  heartbeat?: number | undefined;
  /** The server’s session goes on after a break (the default), or else each logon begins it anew. */
  resume?: boolean | undefined;
  /** Username (553) and Password (554) are sent in the logon (the default). */
  login?: boolean | undefined;
}

/** The stream for options that came from a file. */
export function fix44StreamFrom(
  options: Readonly<Record<string, unknown>>,
): { readonly pattern: Stream } | { readonly faults: readonly VenueFault[] } {
  const result = fixSessionSchema.safeParse(options);
  return result.success ? { pattern: fix44Stream(result.data) } : { faults: venueFaults(result.error) };
}

type Tag = [tag: number, value: Value];

const BEGIN_STRING: Tag = [8, 'FIX.4.4'];
const SENDER: Tag = [49, credential('senderCompId')];
const TARGET: Tag = [56, credential('targetCompId')];

/** A message of ours with the header that each has. */
const say = (type: string, ...tags: Tag[]) =>
  fix(BEGIN_STRING, [35, type], SENDER, TARGET, [34, variable('clientSequence')], [52, variable('time')], ...tags);

/** Numbers of ours that are asked for and will not be said again: SequenceReset with GapFillFlag. */
const gapFill = fix(
  BEGIN_STRING,
  [35, '4'],
  SENDER,
  TARGET,
  [34, variable('asked')],
  [43, 'Y'],
  [52, variable('time')],
  [122, variable('time')],
  [123, 'Y'],
  [36, variable('filledTo')],
);

/** What is done about a message of the server, by its MsgType (35). */
const replies: Parameters<typeof defineStream>[0]['replies'] = [
  { when: { tag: 35, equals: 'A' }, do: 'loginAccepted' },
  { when: { tag: 35, equals: '1' }, do: 'answer', echo: tag(112, 'text') },
  { when: { tag: 35, equals: '2' }, do: 'answerNumber', number: tag(7), last: tag(16) },
  { when: { tag: 35, equals: '5' }, do: 'goodbye' },
  { when: { tag: 35, equals: 'W' }, do: 'snapshotEnd', number: tag(262) },
  { when: { tag: 35, equals: 'Y' }, do: 'subscriptionRejected', number: tag(262), last: tag(281, 'text') },
  // Refused as a message: they name its type, and its number at most.
  { when: { tag: 35, equals: 'j' }, and: { tag: 372, equals: 'V' }, do: 'subscriptionRejected', last: tag(380) },
  { when: { tag: 35, equals: '3' }, and: { tag: 372, equals: 'V' }, do: 'subscriptionRejected', last: tag(373) },
  { when: { tag: 35, equals: '3' }, do: 'ignore' },
  { when: { tag: 35, equals: '0' }, do: 'ignore' },
];

/** MarketDataRequest: a snapshot, and what changes from then on. */
const subscription = (symbols: readonly string[], depth: number, entries: readonly string[], sentBefore: Tag[] = []) =>
  say(
    'V',
    ...sentBefore,
    [262, variable('correlation')],
    [263, 1],
    [264, depth],
    [265, 1],
    [267, entries.length],
    ...entries.map((e): Tag => [269, e]),
    [146, symbols.length],
    ...symbols.map((s): Tag => [55, s]),
  );

/**
 * A FIX 4.4 session for market data. What is missing is requested in it (ResendRequest); what the server only fills over is
 * lost, and the instruments are subscribed to again: each answers with a full refresh (W), then increments (X).
 */
export function fix44Stream(session: FixSession): Stream {
  const { symbols, depth = 0, entries = ['0', '1', '2'], heartbeat = 30, resume = true, login = true } = session;
  const user: Tag[] = login
    ? [
        [553, credential('username')],
        [554, credential('password')],
      ]
    : [];
  return defineStream({
    id: 'fix-4.4-market-data',
    source: 'FIX 4.4 with errata, volumes 2 (session protocol) and 3 (market data)',
    unconfirmed: [
      'how soon the state of a subscription has to begin: after 10 s without progress it is subscribed to again',
      'whether a server resends market data or fills over it: most fill over',
      'whether a subscription survives a break of the connection: it is made again',
    ],
    transport: 'tcp',
    framing: fix44Framing,
    delivery: 'feedPackets',
    login: say('A', [98, 0], [108, heartbeat], [141, 'Y'], ...user),
    ...(resume ? { resume: say('A', [98, 0], [108, heartbeat], ...user, [789, variable('begin')]) } : {}),
    subscribe: [subscription(symbols, depth, entries)],
    // A server that has had it passes over what is marked as sent before; one that has not must not lose it.
    resend: [
      subscription(symbols, depth, entries, [
        [43, 'Y'],
        [122, variable('sentTime')],
      ]),
    ],
    peer: [BEGIN_STRING, [49, credential('targetCompId')], [56, credential('senderCompId')]],
    request: say('2', [7, variable('begin')], [16, variable('last')]),
    heartbeat: say('0'),
    answer: say('0', [112, variable('echo')]),
    probe: say('1', [112, 'venuewire']),
    gapFill,
    logout: say('5'),
    keepAlive: { send: `${heartbeat}s`, probe: `${Math.ceil(heartbeat * 1.2)}s`, silence: `${heartbeat * 2}s` },
    resent: { field: tag(43, 'text'), equals: 'Y' },
    refresh: symbols.length,
    replies,
  });
}
