/** Plays one scenario of a venue with one seed, in virtual time, and holds what came of it against what must be true. */
import { ACTION, CHANNEL_COUNTERS, FEED_COUNTERS, OUTCOME } from '../../contract.js';
import { VenuewireError } from '../../errors.js';
import { type CompiledVenue, compileVenue } from '../../feed/compile.js';
import { Ring } from '../../feed/ring.js';
import type { Decoder } from '../../layout/index.js';
import { native } from '../../native.js';
import type { Credentials } from '../../patterns/credentials.js';
import { completeFraming, type Framing } from '../../patterns/framing.js';
import { findFraming } from '../../patterns/framings.js';
import type { Recovery } from '../../patterns/recovery.js';
import type { Snapshot } from '../../patterns/snapshot.js';
import type { Stream } from '../../patterns/stream.js';
import type { Venue } from '../../patterns/venue.js';
import type { LineFaults } from '../line-faults.js';
import { PacketWriter } from '../packet-writer.js';
import { Random } from '../random.js';
import { type PathOptions, SimulatedNetwork } from '../simulated-network.js';
import { Audit } from './audit.js';
import { reachedBy } from './coverage.js';
import { Day, type DayPlan, MessagePool, START_NS } from './day.js';
import { DerivedServer } from './derived-server.js';
import { FixServer } from './fix-server.js';
import { type Scheduled, schedule } from './lines.js';
import type { CertifiedServer, CertifyFaults, ServerContext, VenueModel } from './model.js';
import { SessionDay } from './session-day.js';
import { SnapshotLoop } from './snapshot-loop.js';

type Rung = Venue['recovery'][number];
type StreamUse = NonNullable<Venue['streams']>[string];
/** A stream is a way to ask as well: its own rungs stand in the ladder. */
type StreamRung = StreamUse & { readonly type: 'stream'; readonly name: string };
export type ServerRung = Exclude<Rung, { type: 'waitForOtherLine' }> | StreamRung;

/** What a scenario asks for. Everything random comes from the seed. */
export interface Run {
  readonly day: DayPlan;
  readonly join?: 'live' | 'beginning' | 'snapshot';
  /** We begin to listen at this part of the day, 0 to 1. */
  readonly joinAt?: number;
  /** Faults of the live lines: the same for each, or by line. */
  readonly lines?: LineFaults | readonly LineFaults[];
  readonly retransmission?: LineFaults;
  readonly snapshot?: LineFaults;
  /** Times at which every live line is dead. */
  readonly outages?: readonly { readonly fromNs: number; readonly toNs: number }[];
  /** The last packets before the end are lost on every line, heartbeats after it are heard. */
  readonly tailNs?: number;
  /** Rungs of the ladder below the wait, by pattern id; default: all. */
  readonly only?: readonly string[];
  /** Faults of the servers of a pattern; a list: by server. */
  readonly servers?: Readonly<Record<string, CertifyFaults | readonly CertifyFaults[]>>;
  /** Servers of each pattern; default 1. */
  readonly serverCount?: number;
  readonly tries?: number;
  readonly window?: Partial<Venue['window']>;
  /** Instead of the limits that the patterns declare. */
  readonly limits?: NonNullable<ServerRung['limits']>;
  readonly path?: PathOptions;
  readonly stragglers?: number;
  /** Packets that the venue did not send (`belief-scenarios.ts`). */
  readonly foreign?: (day: Day, writer: PacketWriter) => ForeignPackets;
  /** Bytes of the messages are compared; false where replies are damaged on purpose. */
  readonly contents?: boolean;
  /** What has to come of it besides a true account. */
  readonly expect?: 'everything' | 'accounted';
  /** Where a gap was told a snapshot has to have been taken: nothing stands in its way. */
  readonly taken?: boolean;
  /** Numbers may stay unknown where a session ends: nobody told us that they had been. */
  readonly unknownEnd?: boolean;
  /** Rest between two cycles of a snapshot line. */
  readonly restNs?: number;
}

export interface ForeignPackets {
  readonly packets: readonly Scheduled[];
  /** Their session, as notices write it; undefined: the venue's own. */
  readonly session?: string;
}

export interface RunResult {
  readonly faults: readonly string[];
  readonly delivered: number;
  readonly recovered: number;
  readonly abandoned: number;
  /** From the first doubt to the good stream, in ns, one figure for each time; mean. NaN: there was no doubt. */
  readonly toGoodNs: number;
  readonly requests: number;
  /** The most requests within a declared window, as a share of what is allowed; NaN: nothing is declared. */
  readonly quotaShare: number;
  readonly counters: Readonly<Record<string, number>>;
  /** What was exercised: see coverage.ts. */
  readonly seen: ReadonlySet<string>;
  readonly timeNs: number;
}

/** A venue ready to be played: what does not depend on the scenario is made once. */
export class Stage {
  readonly venue: Venue;
  readonly decoder: Decoder;
  readonly framing: Framing;
  readonly pool: MessagePool;
  readonly writer: PacketWriter;
  readonly rungs: readonly ServerRung[];
  readonly liveLines: number;
  readonly #compiled = new Map<string, CompiledVenue>();
  #ring: Ring | undefined;

  constructor(readonly model: VenueModel) {
    this.venue = alone(model.venue());
    const compiled = compileVenue({ ...this.venue, join: 'live' });
    this.decoder = compiled.decoder;
    this.framing = compiled.framing;
    this.liveLines = compiled.lines.filter((l) => l.role === 'live').length;
    this.rungs = [
      ...this.venue.recovery.filter((r) => r.type !== 'waitForOtherLine'),
      ...Object.entries(this.venue.streams ?? {}).map(([name, use]) => ({ ...use, type: 'stream' as const, name })),
    ];
    this.writer = new PacketWriter(this.framing, {
      channel: compiled.channels[0]?.key ?? 0n,
      header: model.feed?.header ?? {},
      seal: model.feed?.seal,
    });
    this.pool = new MessagePool(this.decoder, this.writer, model.feed ?? {}, new Random(1).fork(model.id));
  }

  static patternOf(rung: ServerRung | Rung | StreamUse): Recovery | Snapshot | Stream {
    if (!('pattern' in rung)) throw new TypeError('a wait has no pattern');
    if (typeof rung.pattern !== 'string') return rung.pattern;
    throw new VenuewireError(
      'VW_VENUE_UNRESOLVED',
      `The pattern '${rung.pattern}' has not been loaded`,
      'Resolve the venue first.',
    );
  }

  /** The venue as a scenario wants it. */
  compiled(run: Run): CompiledVenue {
    const key = JSON.stringify([
      run.join ?? 'live',
      run.only ?? null,
      run.serverCount ?? 1,
      run.tries ?? 3,
      run.window ?? null,
      run.limits ?? null,
    ]);
    let c = this.#compiled.get(key);
    if (c === undefined) {
      const { only, serverCount = 1 } = run;
      const recovery: Rung[] = [];
      this.venue.recovery.forEach((r, i) => {
        if (r.type === 'waitForOtherLine') {
          recovery.push(r);
          return;
        }
        if (only !== undefined && !only.includes(Stage.patternOf(r).id)) return;
        const servers =
          r.servers.length === 0
            ? []
            : Array.from({ length: serverCount }, (_, k) => `127.0.0.1:${17000 + 100 * i + k}`);
        const limits = run.limits === undefined ? r.limits : { ...r.limits, ...run.limits };
        recovery.push({ ...r, servers, tries: run.tries ?? 3, limits } as Rung);
      });
      const streams =
        this.venue.streams &&
        Object.fromEntries(
          Object.entries(this.venue.streams).map(([name, use], i) => [
            name,
            {
              ...use,
              servers: Array.from({ length: serverCount }, (_, k) => `127.0.0.1:${18000 + 100 * i + k}`),
              tries: run.tries ?? 3,
            },
          ]),
        );
      c = compileVenue({
        ...this.venue,
        ...(streams === undefined ? {} : { streams }),
        join: run.join ?? 'live',
        recovery,
        window: { ...this.venue.window, ...SMALL, ...run.window },
      });
      this.#compiled.set(key, c);
    }
    return c;
  }

  /** A ring, blank: its memory is used again. */
  ring(channels: number): Ring {
    this.#ring ??= new Ring(channels, 1 << 19);
    this.#ring.bytes.fill(0, 0, this.#ring.dataAt);
    return this.#ring;
  }
}

/** A day is short: this holds all of it, and a hundred thousand sessions can be made. */
const SMALL = { packets: 1024, bytes: 4 << 20, holes: 256 };

const SIMULATED = { user: 'VENUEWIRE_SIMULATED_USER', password: 'VENUEWIRE_SIMULATED_PASSWORD' };

/** The same kind of credentials with simulated values: nothing of a real venue is read. */
function simulatedCredentials(c: Credentials): Credentials {
  process.env[SIMULATED.user] ??= 'SIMU';
  process.env[SIMULATED.password] ??= 'SIMPW';
  return Object.fromEntries(
    Object.entries(c).map(([key, value]) => {
      if (key === 'type' || typeof value !== 'string') return [key, value];
      if (key === 'localAddress') return [key, '127.0.0.1'];
      return [key, `env:${/password|token|key/i.test(key) ? SIMULATED.password : SIMULATED.user}`];
    }),
  ) as Credentials;
}

/** Of several channels only the first is played; credentials are simulated. */
function alone(venue: Venue): Venue {
  const first = Object.entries(venue.channels ?? {})[0];
  const recovery = venue.recovery
    .filter((r) => r.type === 'waitForOtherLine' || r.channel === undefined || r.channel === first?.[0])
    .map((r) => (r.type === 'waitForOtherLine' ? r : { ...r, credentials: simulatedCredentials(r.credentials) }));
  // Delivery begins where the scenario says.
  const channels = first === undefined ? undefined : { [first[0]]: { ...first[1], join: undefined } };
  const streams =
    venue.streams &&
    Object.fromEntries(
      Object.entries(venue.streams).map(([name, use]) => [
        name,
        { ...use, credentials: simulatedCredentials(use.credentials) },
      ]),
    );
  const { session: _, channels: __, ...rest } = venue;
  return {
    ...rest,
    ...(channels === undefined ? {} : { channels }),
    ...(streams === undefined ? {} : { streams }),
    recovery,
  } as Venue;
}

const framingOf = (named: string | object, feed: Framing): Framing => {
  if (named === 'feed') return feed;
  if (typeof named === 'string') {
    const found = findFraming(named);
    if (found !== undefined) return found;
    throw new VenuewireError('VW_FRAMING_UNKNOWN', `There is no framing '${named}'`, 'Correct the pattern.');
  }
  return completeFraming(named as Framing);
};

/** Whether a snapshot has come from there. */
const servesSnapshots = (s: CertifiedServer): boolean => {
  const pattern = (s as Partial<DerivedServer>).c?.pattern;
  return pattern !== undefined && 'from' in pattern && s.account.served > 0;
};

/** Plays it. */
export function play(stage: Stage, run: Run, seed: number): RunResult {
  const random = new Random(seed);
  const { model } = stage;
  const feedModel = model.feed ?? {};
  const sessionDay = stage.framing.fix ? new SessionDay(run.day, stage.pool, random.fork('day')) : undefined;
  const day = sessionDay ?? new Day(run.day, stage.pool, random.fork('day'));
  const heartbeatNs = feedModel.heartbeatNs ?? 1e9;
  const hasHeartbeat =
    stage.writer.has('heartbeat') ||
    day.pool.control('heartbeat', 1n) !== undefined ||
    stage.writer.has('endOfSession');
  const foreign = run.foreign?.(day, stage.writer);
  const packets = schedule(day, stage.writer, feedModel, random.fork('lines'), {
    lines: stage.liveLines,
    heartbeatNs,
    ...(run.stragglers === undefined ? {} : { stragglers: run.stragglers }),
    ...(foreign === undefined ? {} : { foreign: foreign.packets }),
  });
  // What says how far the venue got is heard: a lost end cannot be known to be lost.
  const untilNs = hasHeartbeat ? day.endNs : ((day.times[day.end - 1] ?? 0) as number) - 1;
  const tail = run.tailNs === undefined ? [] : [{ fromNs: untilNs - run.tailNs, toNs: untilNs + 1 }];

  const compiled = stage.compiled(run);
  const addon = native();
  const ring = stage.ring(compiled.channels.length);
  const session = new addon.Session(compiled.spec, ring.bytes, ring.dataAt, ring.dataBytes);
  const audit = new Audit(ring, day, {
    join: run.join ?? 'live',
    contents: run.contents ?? true,
    messages: stage.decoder.names.length,
    foreign: foreign?.session,
  });

  let live = 0;
  const lines = compiled.lines.map((l): LineFaults => {
    if (l.role === 'retransmission') return run.retransmission ?? {};
    if (l.role === 'snapshot') return run.snapshot ?? {};
    const given = run.lines ?? {};
    const faults = (Array.isArray(given) ? (given[live++] ?? {}) : given) as LineFaults;
    return { untilNs, ...faults, silence: [...(faults.silence ?? []), ...(run.outages ?? []), ...tail] };
  });

  let network: SimulatedNetwork | undefined;
  const transmit = (role: 'retransmission' | 'snapshot', packet: Uint8Array): void => {
    if (network === undefined) return;
    for (const l of compiled.lines) if (l.role === role) network.transmit(l.index, packet, network.nowNs);
  };
  const contextOf = (rung: ServerRung, faults: CertifyFaults, name: string): ServerContext => {
    const pattern = Stage.patternOf(rung);
    const replies = new PacketWriter(framingOf(pattern.framing, stage.framing), {
      channel: compiled.channels[0]?.key ?? 0n,
      header: model.feed?.header ?? {},
      seal: model.feed?.seal,
    });
    const lineFraming = 'lineFraming' in pattern ? framingOf(pattern.lineFraming, stage.framing) : stage.framing;
    return {
      pattern,
      model: model.servers?.[pattern.id] ?? {},
      limits: { ...pattern.limits, ...rung.limits, ...run.limits } as ServerContext['limits'],
      day,
      feed: stage.writer,
      replies,
      lines: new PacketWriter(lineFraming, {
        channel: compiled.channels[0]?.key ?? 0n,
        header: model.feed?.header ?? {},
        seal: model.feed?.seal,
      }),
      random: random.fork(name),
      faults,
      transmit,
    };
  };
  const faultsOf = (id: string, index: number): CertifyFaults => {
    const given = run.servers?.[id] ?? {};
    return (Array.isArray(given) ? (given[index] ?? {}) : given) as CertifyFaults;
  };
  const make = (c: ServerContext): CertifiedServer =>
    c.model.create?.(c) ?? (sessionDay === undefined ? new DerivedServer(c) : new FixServer(c, sessionDay));
  const rungOf = (name: string): ServerRung => {
    const rungs = stage.rungs.filter((r) => run.only === undefined || run.only.includes(Stage.patternOf(r).id));
    const found =
      stage.rungs.find((r) => r.type === 'stream' && r.name === name) ??
      rungs.find((r) => Stage.patternOf(r).id === name) ??
      rungs.find((r) => name.startsWith(`${Stage.patternOf(r).id}-`));
    return found as ServerRung;
  };
  const loops: CertifiedServer[] = [];
  const servers = compiled.requesters.map((q) => {
    const rung = rungOf(q.name);
    const pattern = Stage.patternOf(rung);
    if ('from' in pattern && pattern.from === 'loop') {
      loops.push(new SnapshotLoop(contextOf(rung, faultsOf(pattern.id, 0), q.name), run.restNs ?? 20_000_000));
      return [];
    }
    return q.servers.map((_, i) => make(contextOf(rung, faultsOf(pattern.id, i), `${q.name} ${i}`)));
  });

  network = new SimulatedNetwork({
    session,
    publisher: packets,
    lines,
    servers,
    others: loops,
    ...(run.path === undefined ? {} : { path: run.path }),
    joinNs: run.joinAt === undefined ? 0 : (day.times[Math.floor(run.joinAt * (day.end - 1))] as number),
    random: random.fork('network'),
    drain: () => audit.drain(),
  });

  const streams = servers.flat().filter((s) => s.quiet !== undefined);
  let unbalanced = 0;
  for (let i = 1; i <= 4; i++) {
    network.run(START_NS + ((day.endNs - START_NS) * i) / 4);
    if (!session.ledgerBalances()) unbalanced++;
  }
  const endNs = day.endNs + 300e9;
  let calmNs = Number.NaN;
  network.run(endNs, () => {
    const over =
      packets.dueNs === Number.POSITIVE_INFINITY && session.settled() && network.nowNs > day.endNs + 10_000_000;
    if (streams.length === 0 || !over) return over;
    // What is given up on a stream is subscribed to again: there is an answer on its way.
    if (!streams.some((s) => s.quiet)) calmNs = Number.NaN;
    else if (Number.isNaN(calmNs)) calmNs = network.nowNs;
    return network.nowNs > calmNs + 20_000_000;
  });
  const settled = session.settled();
  if (!session.ledgerBalances()) unbalanced++;
  session.finish(network.nowNs);
  for (let i = 0; i < 1_000; i++) {
    audit.drain();
    session.service(network.nowNs);
    if (ring.head === ring.tail) break;
  }
  session.updateGauges();
  if (!session.ledgerBalances()) unbalanced++;
  audit.finish();

  const counters: Record<string, number> = {};
  [...FEED_COUNTERS, ...CHANNEL_COUNTERS].forEach(({ name }, i) => {
    counters[name] = Number(ring.counter(i));
  });

  const faults = [...audit.faults];
  const expect = (right: boolean, what: () => string): void => {
    if (!right) faults.push(what());
  };
  const n = (name: string): number => counters[name] ?? Number.NaN;
  const window = { ...stage.venue.window, ...SMALL, ...run.window };
  expect(unbalanced === 0, () => `the ledger did not balance at ${unbalanced} of 6 checks`);
  expect(
    n('expected') === n('delivered') + n('recovered') + n('abandoned') + n('inFlight'),
    () =>
      `expected ${n('expected')}, delivered ${n('delivered')}, recovered ${n('recovered')}, abandoned ${n('abandoned')}, in flight ${n('inFlight')}`,
  );
  expect(n('inFlight') === 0, () => `${n('inFlight')} in flight after the end`);
  expect(n('abandoned') === audit.abandoned, () => `${n('abandoned')} counted as abandoned, ${audit.abandoned} named`);
  expect(
    n('delivered') + n('recovered') === audit.numbers,
    () => `${n('delivered')} + ${n('recovered')} counted, ${audit.numbers} seen`,
  );
  expect(n('windowBytes') <= window.bytes, () => `${n('windowBytes')} bytes held, ${window.bytes} declared`);
  expect(
    n('windowPacketsMax') <= window.packets,
    () => `${n('windowPacketsMax')} packets held, ${window.packets} declared`,
  );
  expect(settled, () => 'recovery did not come to an end');
  expect(run.unknownEnd === true || audit.untold === 0, () => `${audit.untold} numbers that nothing was said about`);
  if (run.expect === 'everything') {
    const why = [...new Set(audit.of('gapAbandoned').map((x) => x.reason))].join(', ');
    expect(audit.abandoned === 0, () => `${audit.abandoned} given up (${why}) although all could be had`);
  }
  if (run.taken === true) {
    expect(
      n('gapsOpened') === 0 || n('snapshots') > 0,
      () => 'no snapshot was taken although nothing was wrong with it',
    );
  }
  const all = [...servers.flat(), ...loops];
  for (const s of all) for (const v of s.account.violations) faults.push(v);
  // A stream goes on exactly where a snapshot that was given ended.
  const byThemselves = all.filter((s) => s.account.boundaries.length > 0);
  if (
    run.contents !== false &&
    byThemselves.length > 0 &&
    byThemselves.length === all.filter((s) => servesSnapshots(s)).length
  ) {
    const ends = new Set(
      byThemselves.flatMap((s) => s.account.boundaries.map((b) => day.wire(b, day.segmentOf(Math.max(0, b - 1))))),
    );
    for (const x of audit.of('snapshotEnded')) {
      expect(ends.has(x.begin), () => `a snapshot ended at ${x.begin}, none was given that does`);
    }
  }

  // A stream that is up again says so, once all that was lost has come or stands in a new state.
  if (streams.length > 0 && run.contents !== false) {
    const mood = audit.notices.filter((x) => x.type === 'stale' || x.type === 'good').at(-1);
    const mends = audit.abandoned === 0 || stage.rungs.some((r) => ((Stage.patternOf(r) as Stream).refresh ?? 0) > 0);
    const answered = !Object.values(run.servers ?? {}).some((f) => [f].flat().some((x) => x.session?.noState));
    expect(mood?.type !== 'stale' || !mends || !answered, () => 'the stream is still stale although all is well');
  }

  const seen = new Set(audit.seen);
  session.coverage().forEach(([actions, outcomes], i) => {
    const name = Stage.patternOf(rungOf(compiled.requesters[i]?.name ?? '')).id;
    ACTION.forEach((action, bit) => {
      if ((actions >>> bit) & 1) seen.add(`action ${action}`).add(`${name}: ${action}`);
    });
    OUTCOME.forEach((outcome, bit) => {
      if ((outcomes >>> bit) & 1) seen.add(`outcome ${outcome}`).add(`${name}: ${outcome}`);
    });
  });
  const served = new Set<string>();
  for (const s of all) {
    const id = (s as Partial<DerivedServer>).c?.pattern.id;
    if (id !== undefined && s.account.served > 0) served.add(id);
    if (s.account.refused.unavailable !== undefined && stage.framing.controls.some((c) => c.is === 'unavailable')) {
      seen.add('control unavailable');
    }
  }
  for (const word of reachedBy(stage, run, counters, served)) seen.add(word);
  let quotaShare = Number.NaN;
  for (const s of servers.flat()) {
    const rates = (s as Partial<DerivedServer>).c?.pattern.limits.rates ?? [];
    for (const r of rates) {
      const share = s.account.requests / r.count;
      quotaShare = Number.isNaN(quotaShare) ? share : Math.max(quotaShare, share);
    }
  }
  return {
    faults,
    delivered: n('delivered'),
    recovered: n('recovered'),
    abandoned: n('abandoned'),
    toGoodNs: audit.cured === 0 ? Number.NaN : audit.staleForNs / audit.cured,
    requests: all.reduce((sum, s) => sum + s.account.requests, 0),
    quotaShare,
    counters,
    seen,
    timeNs: network.nowNs,
  };
}
