/** Plays one scenario of a venue with one seed, in virtual time, and holds what came of it against what must be true. */
import type { CompiledVenue } from '../../feed/compile.js';
import { type NativeSession, native } from '../../native.js';
import type { LineFaults } from '../line-faults.js';
import { playDay } from '../player.js';
import { Random } from '../random.js';
import { SimulatedNetwork } from '../simulated-network.js';
import { Audit } from './audit.js';
import { Cast } from './cast.js';
import { exercised } from './coverage.js';
import { Day, START_NS } from './day.js';
import type { DerivedServer } from './derived-server.js';
import { type Schedule, schedule } from './lines.js';
import type { Run, RunResult } from './run.js';
import { SessionDay } from './session-day.js';
import type { Stage } from './stage.js';
import { judge } from './verdict.js';

const HEARTBEAT_NS = 1e9;
const CHECKPOINTS = 4;
/** Recovery may take so long after the day. */
const GRACE_NS = 300e9;
/** What comes right after the end of a day has come by then. */
const AFTERMATH_NS = 10_000_000;
/** A stream that has nothing to say for so long has said everything. */
const CALM_NS = 20_000_000;

/** Plays it. */
export function play(stage: Stage, run: Run, seed: number): RunResult {
  const random = new Random(seed);
  const day = new (stage.framing.fix ? SessionDay : Day)(run.day, stage.pool, random.fork('day'));
  const foreign = run.foreign?.(day, stage.writer);
  const feed = stage.model.feed ?? {};
  const packets = schedule(day, stage.writer, feed, random.fork('lines'), {
    lines: stage.liveLines,
    heartbeatNs: feed.heartbeatNs ?? HEARTBEAT_NS,
    ...(run.stragglers === undefined ? {} : { stragglers: run.stragglers }),
    ...(foreign === undefined ? {} : { foreign: foreign.packets }),
  });
  const compiled = stage.compiled(run);
  const ring = stage.ring(compiled.channels.length);
  const session = new (native().Session)(compiled.spec, ring.bytes, ring.dataAt, ring.dataBytes);
  const audit = new Audit(ring, day, {
    join: run.join ?? 'live',
    contents: run.contents ?? true,
    messages: stage.decoder.names.length,
    foreign: foreign?.session,
  });
  let network: SimulatedNetwork | undefined;
  const cast = new Cast(stage, run, compiled, day, random, (role, packet) => {
    if (network === undefined) return;
    for (const l of compiled.lines) if (l.role === role) network.transmit(l.index, packet, network.nowNs);
  });
  const books = stage.books(ring);
  const drain = (): void => {
    books?.take(ring.tail, ring.head);
    audit.drain();
  };
  network = new SimulatedNetwork({
    session,
    publisher: packets,
    lines: lineFaults(stage, run, compiled, day),
    servers: cast.servers,
    others: cast.loops,
    ...(run.path === undefined ? {} : { path: run.path }),
    joinNs: run.joinAt === undefined ? 0 : (day.times[Math.floor(run.joinAt * (day.end - 1))] as number),
    random: random.fork('network'),
    drain,
  });
  const over = endOf(day, cast, packets, session, network);
  const times = { startNs: START_NS, dayEndNs: day.endNs, graceNs: GRACE_NS };
  const played = playDay({ network, session, ring, drain, ...times, checkpoints: CHECKPOINTS, over });
  audit.finish();
  books?.finish(day, audit);
  const faults = [...judge(stage, run, day, cast, played, audit), ...(books?.faults ?? [])];
  const n = (name: string): number => played.counters[name] ?? Number.NaN;
  return {
    faults,
    delivered: n('delivered'),
    recovered: n('recovered'),
    abandoned: n('abandoned'),
    toGoodNs: audit.cured === 0 ? Number.NaN : audit.staleForNs / audit.cured,
    requests: cast.all.reduce((sum, s) => sum + s.account.requests, 0),
    quotaShare: quotaShare(cast),
    counters: played.counters,
    seen: exercised(stage, run, cast, played.counters, session, audit.seen),
    timeNs: network.nowNs,
  };
}

/** What each line does wrong. */
function lineFaults(stage: Stage, run: Run, compiled: CompiledVenue, day: Day): LineFaults[] {
  // What says how far the venue got is heard: a lost end cannot be known to be lost.
  const untilNs = stage.hasHeartbeat ? day.endNs : ((day.times[day.end - 1] ?? 0) as number) - 1;
  const tail = run.tailNs === undefined ? [] : [{ fromNs: untilNs - run.tailNs, toNs: untilNs + 1 }];
  let live = 0;
  return compiled.lines.map((l): LineFaults => {
    if (l.role === 'retransmission') return run.retransmission ?? {};
    if (l.role === 'snapshot') return run.snapshot ?? {};
    const given = run.lines ?? {};
    const faults = (Array.isArray(given) ? (given[live++] ?? {}) : given) as LineFaults;
    return { untilNs, ...faults, silence: [...(faults.silence ?? []), ...(run.outages ?? []), ...tail] };
  });
}

/** Says when a run is over: everything has been sent and recovery has come to its end. */
function endOf(day: Day, cast: Cast, packets: Schedule, session: NativeSession, network: SimulatedNetwork) {
  const { streams } = cast;
  let calmNs = Number.NaN;
  return (): boolean => {
    const over =
      packets.dueNs === Number.POSITIVE_INFINITY && session.settled() && network.nowNs > day.endNs + AFTERMATH_NS;
    if (streams.length === 0 || !over) return over;
    // What is given up on a stream is subscribed to again: there is an answer on its way.
    if (!streams.some((s) => s.quiet)) calmNs = Number.NaN;
    else if (Number.isNaN(calmNs)) calmNs = network.nowNs;
    return network.nowNs > calmNs + CALM_NS;
  };
}

/** The most requests within a declared window, as a share of what is allowed; NaN: nothing is declared. */
function quotaShare(cast: Cast): number {
  let most = Number.NaN;
  for (const s of cast.servers.flat()) {
    for (const rate of (s as Partial<DerivedServer>).c?.pattern.limits.rates ?? []) {
      const share = s.account.requests / rate.count;
      most = Number.isNaN(most) ? share : Math.max(most, share);
    }
  }
  return most;
}
