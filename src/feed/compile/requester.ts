/** Requesters in the form of the native core: connection, templates, reply rules and limits of one server or stream. */
import { SNAPSHOT_FROM, type SnapshotFrom } from '../../contract.js';
import type { Framing } from '../../patterns/framing.js';
import { noEngine } from '../../patterns/network.js';
import type { Recovery } from '../../patterns/recovery.js';
import type { Snapshot } from '../../patterns/snapshot.js';
import type { Stream } from '../../patterns/stream.js';
import { nanoseconds, splitEndpoint } from '../../patterns/units.js';
import type { Venue } from '../../patterns/venue.js';
import { compileCondition, fault, resolveFraming } from './framing.js';
import { NO_LIMIT, SNAPSHOT_NUMBER_OF } from './names.js';
import type { CompiledRequester } from './records.js';
import { compileRules } from './replies.js';
import { type Context, compileOutgoing, constantOf } from './templates.js';

type Rung = Exclude<Venue['recovery'][number], { type: 'waitForOtherLine' }>;
type StreamUse = NonNullable<Venue['streams']>[string];

export interface Requester {
  readonly name: string;
  readonly pattern: Recovery | Snapshot | Stream;
  readonly rung: Rung | StreamUse;
  readonly channel: number;
  /** Never connected to: the packets come from a capture. */
  readonly silent: boolean;
  /** A transport connects to it. */
  readonly carried?: boolean;
  /** Of a stream: which line of its channel it is. */
  readonly line?: number;
  /** Where in the venue it is declared. */
  readonly path: readonly PropertyKey[];
}

const least = (...values: (bigint | undefined)[]): bigint =>
  values.reduce<bigint>((a, b) => (b !== undefined && b < a ? b : a), NO_LIMIT);
const optionalBig = (v: number | string | undefined): bigint | undefined => (v === undefined ? undefined : BigInt(v));
export const ns = (span: string | undefined): bigint => (span === undefined ? 0n : nanoseconds(span));

/** Everything that we say. */
function compileTemplates(pattern: Requester['pattern'], c: Context) {
  const stream = 'subscribe' in pattern ? pattern : undefined;
  const templates = {
    login: compileOutgoing(pattern.login, c),
    request: compileOutgoing(pattern.request, c),
    heartbeat: compileOutgoing(pattern.heartbeat, c),
    logout: compileOutgoing(pattern.logout, c),
    resume: compileOutgoing(stream?.resume, c),
    probe: compileOutgoing(stream?.probe, c),
    answer: compileOutgoing(stream?.answer, c),
    gapFill: compileOutgoing(stream?.gapFill, c),
    subscribe: (stream?.subscribe ?? []).map((t) => compileOutgoing(t, c)),
    resend: (stream?.resend ?? []).map((t) => compileOutgoing(t, c)),
    peer: (stream?.peer ?? []).flatMap(([tag, value]) => {
      const text = constantOf(value, c);
      // Nobody is connected to, and whom a credential names is not looked up.
      return text === undefined ? [] : [{ tag, text }];
    }),
  };
  refuseUnused(c);
  return templates;
}

/** What is declared and no message holds would be ignored: it is refused. */
function refuseUnused({ where, credentials, parameters, used, sent }: Context): void {
  const unused = Object.keys(parameters).filter((name) => !used.has(name));
  if (unused.length > 0) {
    throw fault(
      'VW_VENUE_PARAMETER',
      `${where}: the pattern has no parameter '${unused.join("', '")}'`,
      used.size === 0 ? 'Leave it out: the pattern has none.' : `Its parameters are ${[...used].join(', ')}.`,
    );
  }
  const parts = Object.keys(credentials).filter((part) => part !== 'type' && part !== 'localAddress');
  if (parts.length === 0 || parts.some((part) => sent.has(part))) return;
  throw fault(
    'VW_CREDENTIAL_UNUSED',
    `${where}: credentials '${credentials.type}' are declared, and no message of the pattern holds any of them`,
    sent.size === 0 ? 'Leave them out: this server asks for none.' : `The pattern sends ${[...sent].join(', ')}.`,
  );
}

function checkEngine({ pattern, name, carried }: Requester): void {
  if (pattern.transport === 'tls' && carried !== true) throw noEngine('tls', name);
  if (!('from' in pattern) || SNAPSHOT_FROM.includes(pattern.from as SnapshotFrom)) return;
  throw fault(
    'VW_SNAPSHOT_NO_ENGINE',
    `${name}: a snapshot from '${pattern.from}' can be declared, but this version has no engine for it`,
    "Use a snapshot from 'request', 'loop' or 'requestOnLines', or leave the rung out.",
  );
}

/** What may be asked for, how often and how long it may take: the rung's own limits before the pattern's. */
function compileLimits({ pattern, rung }: Requester, countMax: bigint) {
  const own = pattern.limits;
  const other = rung.limits ?? {};
  return {
    limits: (other.rates ?? own.rates).map((l) => ({ count: l.count, windowNs: nanoseconds(l.per) })),
    rangeMax: least(optionalBig(other.perRequest ?? own.perRequest), countMax),
    ageMax: least(optionalBig(other.age ?? own.age)),
    connectTimeoutNs: ns(pattern.connectTimeout),
    loginTimeoutNs: ns(pattern.loginTimeout),
    heartbeatNs: ns(pattern.keepAlive.send),
    silenceNs: ns(pattern.keepAlive.silence),
    loginGapNs: ns(other.loginGap ?? own.loginGap),
    cooldownNs: ns(other.cooldown ?? own.cooldown),
    patienceNs: ns(other.patience ?? own.patience),
    packetBytesMax: other.packetBytes ?? own.packetBytes,
  };
}

export function compileRequester(
  q: Requester,
  feed: Framing,
  framingIndex: (f: Framing) => number,
  allowedAddress?: string,
): CompiledRequester {
  const { pattern, rung } = q;
  const { credentials, parameters } = rung;
  checkEngine(q);
  const c: Context = {
    where: q.name,
    feed,
    credentials,
    parameters,
    silent: q.silent,
    used: new Set(),
    sent: new Set(),
  };
  const templates = compileTemplates(pattern, c);
  const snapshot = 'from' in pattern ? pattern : undefined;
  const stream = 'subscribe' in pattern ? pattern : undefined;
  const source = credentials.type === 'idAndSourceAddress' ? credentials.localAddress : undefined;
  const [resent, resentValue] = compileCondition(stream?.resent?.field, stream?.resent?.equals ?? 0, 'big');
  return {
    name: q.name,
    tcp: pattern.transport !== 'udp',
    purpose: snapshot !== undefined ? 'snapshot' : stream !== undefined ? 'feed' : 'replay',
    lifecycle: pattern.connection,
    channel: q.channel,
    servers: rung.servers.map(splitEndpoint),
    localAddress: rung.localAddress ?? source ?? allowedAddress ?? '',
    framing: framingIndex(resolveFraming(pattern.framing, feed, q.name)),
    repliesAreFeed: 'delivery' in pattern && pattern.delivery === 'feedPackets',
    requestPerDatagram: 'onePerDatagram' in pattern && pattern.onePerDatagram,
    serial: snapshot !== undefined || ('serial' in pattern && pattern.serial && pattern.delivery !== 'lines'),
    needsImage: pattern.needsImage,
    ...templates,
    rules: compileRules(pattern, c),
    ...compileLimits(q, templates.request.countMax),
    snapshotFrom: (snapshot?.from ?? 'request') as SnapshotFrom,
    snapshotNumber: SNAPSHOT_NUMBER_OF[snapshot?.number.comes ?? 'before'],
    snapshotCount: snapshot?.number.of ?? 'channel',
    probeNs: ns(stream?.keepAlive.probe),
    reconnectFirstNs: ns(stream?.reconnect.first ?? '100ms'),
    reconnectMostNs: ns(stream?.reconnect.most ?? '10s'),
    resent,
    resentValue,
    refreshItems: stream?.refresh ?? 0,
    refreshTimeoutNs: ns(stream?.refreshTimeout ?? '10s'),
    line: q.line ?? 0,
  };
}
