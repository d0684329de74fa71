/** Requesters in the form of the native core: connection, templates, reply rules and limits of one server or stream. */
import {
  LIFECYCLE,
  PURPOSE,
  SNAPSHOT_COUNT,
  SNAPSHOT_FROM,
  SNAPSHOT_NUMBER,
  type SnapshotFrom,
} from '../../contract.js';
import type { SpecWriter } from '../../layout/spec.js';
import type { Framing } from '../../patterns/framing.js';
import { noEngine } from '../../patterns/network.js';
import type { Recovery } from '../../patterns/recovery.js';
import type { Snapshot } from '../../patterns/snapshot.js';
import type { Stream } from '../../patterns/stream.js';
import { nanoseconds, splitEndpoint } from '../../patterns/units.js';
import type { Venue } from '../../patterns/venue.js';
import { fault, resolveFraming, writeCondition, writeField } from './framing.js';
import { NO_LIMIT, SNAPSHOT_NUMBER_OF } from './names.js';
import { writeRules } from './replies.js';
import { type Context, compileOutgoing, writeTemplate } from './templates.js';

type Rung = Exclude<Venue['recovery'][number], { type: 'waitForOtherLine' }>;
type StreamUse = NonNullable<Venue['streams']>[string];

export interface Requester {
  readonly name: string;
  readonly pattern: Recovery | Snapshot | Stream;
  readonly rung: Rung | StreamUse;
  readonly channel: number;
  /** Of a stream: which line of its channel it is. */
  readonly line?: number;
}

const least = (...values: (bigint | undefined)[]): bigint =>
  values.reduce<bigint>((a, b) => (b !== undefined && b < a ? b : a), NO_LIMIT);
const optionalBig = (v: number | string | undefined): bigint | undefined => (v === undefined ? undefined : BigInt(v));
export const ns = (span: string | undefined): bigint => (span === undefined ? 0n : nanoseconds(span));

export function writeRequester(w: SpecWriter, q: Requester, feed: Framing, framingIndex: (f: Framing) => number): void {
  const { pattern, rung } = q;
  const c: Context = { where: `${q.name}`, feed, credentials: rung.credentials, parameters: rung.parameters };
  if (pattern.transport === 'tls') throw noEngine('tls', q.name);
  const from = 'from' in pattern ? SNAPSHOT_FROM.indexOf(pattern.from as SnapshotFrom) : 0;
  if ('from' in pattern && from < 0) {
    throw fault(
      'VW_SNAPSHOT_NO_ENGINE',
      `${q.name}: a snapshot from '${pattern.from}' can be declared, but this version has no engine for it`,
      "Use a snapshot from 'request', 'loop' or 'requestOnLines', or leave the rung out.",
    );
  }
  const templates = {
    login: compileOutgoing(pattern.login, c),
    request: compileOutgoing(pattern.request, c),
    heartbeat: compileOutgoing(pattern.heartbeat, c),
    logout: compileOutgoing(pattern.logout, c),
  };
  const own = pattern.limits;
  const other = rung.limits ?? {};
  const snapshot = 'from' in pattern;
  const stream = 'subscribe' in pattern ? pattern : undefined;
  const purpose = snapshot ? 'snapshot' : stream === undefined ? 'replay' : 'feed';
  w.text(q.name)
    .flag(pattern.transport !== 'udp')
    .u8(PURPOSE.indexOf(purpose))
    .u8(LIFECYCLE.indexOf(pattern.connection));
  w.u32(q.channel >>> 0);
  w.list(rung.servers, (server) => {
    const { host, port } = splitEndpoint(server);
    w.text(host).u16(port);
  });
  const source = rung.credentials.type === 'idAndSourceAddress' ? rung.credentials.localAddress : undefined;
  w.text(rung.localAddress ?? source ?? '');
  w.u16(framingIndex(resolveFraming(pattern.framing, feed, q.name)));
  w.flag(!snapshot && pattern.delivery === 'feedPackets');
  w.flag('onePerDatagram' in pattern && pattern.onePerDatagram);
  w.flag(snapshot || ('serial' in pattern && pattern.serial && pattern.delivery !== 'lines'));
  w.flag(pattern.needsImage);
  for (const t of [templates.login, templates.request, templates.heartbeat, templates.logout]) writeTemplate(w, t);
  writeRules(w, pattern, c);
  w.list(other.rates ?? own.rates, (l) => {
    w.u32(l.count).u64(nanoseconds(l.per));
  });
  w.u64(least(optionalBig(other.perRequest ?? own.perRequest), templates.request.countMax));
  w.u64(least(optionalBig(other.age ?? own.age)));
  w.u64(ns(pattern.connectTimeout)).u64(ns(pattern.loginTimeout));
  w.u64(ns(pattern.keepAlive.send)).u64(ns(pattern.keepAlive.silence));
  w.u64(ns(other.loginGap ?? own.loginGap))
    .u64(ns(other.cooldown ?? own.cooldown))
    .u64(ns(other.patience ?? own.patience));
  w.u32(other.packetBytes ?? own.packetBytes);
  w.u8(from)
    .u8('from' in pattern ? SNAPSHOT_NUMBER.indexOf(SNAPSHOT_NUMBER_OF[pattern.number.comes]) : 0)
    .u8('from' in pattern ? SNAPSHOT_COUNT.indexOf(pattern.number.of) : 0);
  for (const t of [stream?.resume, stream?.probe, stream?.answer, stream?.gapFill])
    writeTemplate(w, compileOutgoing(t, c));
  w.list(stream?.subscribe ?? [], (t) => {
    writeTemplate(w, compileOutgoing(t, c));
  });
  w.u64(ns(stream?.keepAlive.probe))
    .u64(ns(stream?.reconnect.first ?? '100ms'))
    .u64(ns(stream?.reconnect.most ?? '10s'));
  const resent = stream?.resent;
  if (resent === undefined) {
    writeField(w, undefined, 'big');
    w.u64(0);
  } else writeCondition(w, resent.field, resent.equals, 'big');
  w.u32(stream?.refresh ?? 0).u8(q.line ?? 0);
}
