/**
 * Which branches of the patterns a certification has reached. What a venue declares says what there is to reach: every
 * action and status of its reply rules, every kind of packet of its framing, every style of its rungs.
 */
import { ACTION, OUTCOME } from '../../contract.js';
import type { NativeSession } from '../../native.js';
import type { Cast } from './cast.js';
import type { DerivedServer } from './derived-server.js';
import type { CertifyFaults } from './model.js';
import type { Run } from './run.js';
import { patternOf, type Stage } from './stage.js';

/** The branches that a venue's declarations have, in words; `seen` of its runs has the same words. */
export function branchesOf(stage: Stage): Set<string> {
  const out = new Set<string>();
  const { framing } = stage;
  out.add(`numbering ${framing.numbering}`);
  // Streams whose messages come out of replies never carry the feed's own packets.
  const packets = stage.liveLines > 0 || framing.fix;
  if (framing.session !== undefined) out.add('session').add('notice sessionEnded');
  if (BigInt(framing.wrap.max) < 0xffff_ffff_ffff_ffffn) out.add('wrap');
  for (const k of packets ? framing.kinds : []) {
    if (k.is === 'heartbeat' && k.number !== 'none') out.add(`heartbeat ${k.number}`);
    if (k.is === 'endOfSession' || k.is === 'reset') out.add(`packet ${k.is}`);
  }
  for (const c of framing.controls) {
    if (c.is === 'heartbeat' && c.number !== 'none') out.add(`control heartbeat ${c.number}`);
    if (c.is === 'reset') out.add(`control reset ${c.counted ? 'counted' : 'uncounted'}`);
    if (c.is === 'unavailable') out.add('control unavailable');
  }
  for (const rung of stage.rungs) {
    const pattern = patternOf(rung);
    for (const r of pattern.replies) {
      if (r.do !== 'ignore') out.add(`${pattern.id}: ${r.do}`);
      if (r.do !== 'status') continue;
      for (const outcome of Object.values(r.statuses)) out.add(`${pattern.id}: ${outcome}`);
      out.add(`${pattern.id}: ${r.otherwise}`);
    }
    out.add(`${pattern.transport}, ${pattern.connection}`);
    if ('delivery' in pattern) out.add(`delivery ${pattern.delivery}`);
    if ('subscribe' in pattern) {
      out.add(`stream ${pattern.id}`).add('notice lineUp').add('notice lineDown');
      if (pattern.refresh > 0) out.add('state within the stream');
    }
    if ('onePerDatagram' in pattern && pattern.onePerDatagram) out.add('one datagram for each request');
    if (pattern.needsImage) out.add('image before the request');
    if ('from' in pattern) {
      out.add(`snapshot from ${pattern.from}`);
      out.add(`snapshot number ${pattern.number.is}, ${pattern.number.comes}`);
    }
  }
  return out;
}

/** What a run has put to use: what its audit saw, what the core tells of its requesters, what follows from its day. */
export function exercised(
  stage: Stage,
  run: Run,
  cast: Cast,
  counters: Readonly<Record<string, number>>,
  session: NativeSession,
  audited: Iterable<string>,
): Set<string> {
  const seen = new Set(audited);
  session.coverage().forEach(([actions, outcomes], i) => {
    const name = patternOf(cast.rungOf(cast.compiled.requesters[i]?.name ?? '')).id;
    ACTION.forEach((action, bit) => {
      if ((actions >>> bit) & 1) seen.add(`action ${action}`).add(`${name}: ${action}`);
    });
    OUTCOME.forEach((outcome, bit) => {
      if ((outcomes >>> bit) & 1) seen.add(`outcome ${outcome}`).add(`${name}: ${outcome}`);
    });
  });
  const served = new Set<string>();
  for (const s of cast.all) {
    const id = (s as Partial<DerivedServer>).c?.pattern.id;
    if (id !== undefined && s.account.served > 0) served.add(id);
    if (s.account.refused.unavailable !== undefined && stage.framing.controls.some((c) => c.is === 'unavailable')) {
      seen.add('control unavailable');
    }
  }
  for (const word of reachedBy(stage, run, counters, served)) seen.add(word);
  return seen;
}

/** What a run has reached by being run: the part that the core does not tell by itself. */
function reachedBy(
  stage: Stage,
  run: Run,
  counters: Readonly<Record<string, number>>,
  served: ReadonlySet<string>,
): string[] {
  const out: string[] = [];
  const { framing } = stage;
  out.push(`numbering ${framing.numbering}`, `join ${run.join ?? 'live'}`);
  if (framing.session !== undefined && (run.day.breaks ?? []).some((b) => b.kind === 'session')) out.push('session');
  if (run.day.beforeWrap !== undefined && run.day.beforeWrap < run.day.numbers) out.push('wrap');
  const heard = (counters.heartbeats ?? 0) > 0;
  for (const k of framing.kinds) {
    if (k.is === 'heartbeat' && k.number !== 'none' && heard) out.push(`heartbeat ${k.number}`);
    if (k.is === 'endOfSession' && run.day.ends !== false) out.push('packet endOfSession');
    if (k.is === 'reset' && (run.day.breaks ?? []).some((b) => b.kind === 'reset')) out.push('packet reset');
  }
  for (const c of framing.controls) {
    if (c.is === 'heartbeat' && c.number !== 'none' && heard) out.push(`control heartbeat ${c.number}`);
    if (c.is === 'reset' && (run.day.breaks ?? []).some((b) => b.kind === 'reset')) {
      out.push(`control reset ${c.counted ? 'counted' : 'uncounted'}`);
    }
  }
  const session = Object.values(run.servers ?? {})
    .flat()
    .map((f) => (f as CertifyFaults).session);
  if (session.some((f) => f?.resetAtLogon !== undefined) && (counters.resets ?? 0) > 0) out.push('packet reset');
  if (session.some((f) => f?.resetInSession !== undefined) && (counters.resets ?? 0) > 0) {
    for (const c of framing.controls) {
      if (c.is === 'reset') out.push(`control reset ${c.counted ? 'counted' : 'uncounted'}`);
    }
  }
  for (const rung of stage.rungs) {
    const pattern = patternOf(rung);
    if (!served.has(pattern.id)) continue;
    out.push(`${pattern.transport}, ${pattern.connection}`);
    if ('delivery' in pattern) out.push(`delivery ${pattern.delivery}`);
    if ('subscribe' in pattern) {
      out.push(`stream ${pattern.id}`);
      if (pattern.refresh > 0 && (counters.snapshots ?? 0) > 0) out.push('state within the stream');
    }
    if ('onePerDatagram' in pattern && pattern.onePerDatagram) out.push('one datagram for each request');
    if (pattern.needsImage) out.push('image before the request');
    if ('from' in pattern && (counters.snapshots ?? 0) > 0) {
      out.push(`snapshot from ${pattern.from}`, `snapshot number ${pattern.number.is}, ${pattern.number.comes}`);
    }
  }
  return out;
}

/** Branches that no run has reached. */
export const unreached = (declared: ReadonlySet<string>, seen: ReadonlySet<string>): string[] =>
  [...declared].filter((b) => !seen.has(b)).sort();
