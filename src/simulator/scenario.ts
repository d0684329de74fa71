import { compileVenue } from '../feed/compile.js';
import { Ring } from '../feed/ring.js';
import { native } from '../native.js';
import { type Credentials, env, udpMulticast, userPassword, type Venue, waitForOtherLine } from '../patterns/index.js';
import { nasdaqTotalView } from '../venues/nasdaq-totalview.js';
import { CheckingConsumer, type Range } from './consumer.js';
import { StreamDigest } from './digest.js';
import { ItchSnapshots } from './glimpse.js';
import { VenueHistory } from './history.js';
import { ItchGenerator } from './itch-generator.js';
import type { LineFaults } from './line-faults.js';
import { MoldUdp64Framing, MoldUdp64Server } from './mold-udp64.js';
import { type Played, playDay, Verdict } from './player.js';
import { Publisher, type PublisherOptions } from './publisher.js';
import { Random } from './random.js';
import type { ServerFaults } from './server.js';
import { type PathOptions, SimulatedNetwork } from './simulated-network.js';
import { GlimpseServer, SoupBinTcpServer } from './soup-bin-tcp.js';
import { VenueState } from './venue-state.js';

/** A rung of the ladder that a scenario tries. */
export type Means = 'rerequest' | 'replay' | 'glimpse';

/** Options of `runScenario`; times in nanoseconds. Everything random comes from `seed`. */
export interface ScenarioOptions {
  readonly seed: number;
  /** Messages of the venue's day; default 1,000. */
  readonly messages?: number;
  readonly symbols?: number;
  /** Faults of the lines: the same for each, or one for each. Default: none. */
  readonly faults?: LineFaults | readonly LineFaults[];
  /** Times at which every line is dead: what only recovery can bring back. Each is `ns` long, at random times. */
  readonly outages?: { readonly count: number; readonly ns: number };
  /** The ladder below the wait for the other line, in this order. Default: none. */
  readonly recovery?: readonly Means[];
  /** Faults of each kind of server. Default: none. */
  readonly servers?: Readonly<Partial<Record<Means, ServerFaults>>>;
  readonly path?: PathOptions;
  /** Default `beginning`, so that everything has to be delivered. */
  readonly join?: 'live' | 'beginning' | 'snapshot';
  /** We begin to listen when this part of the day has been published, 0 to 1. Default 0. */
  readonly joinAt?: number;
  readonly publisher?: Partial<Omit<PublisherOptions, 'framing'>>;
  /** Instead of the TotalView venue that goes with `recovery`. Its requesters are the kinds of `recovery`, in order. */
  readonly venue?: Venue;
  /** Attempts of each rung; default 5. */
  readonly tries?: number;
  /** Bytes of the ring; default 1 MiB. */
  readonly ringBytes?: number;
  /** The consumer reads only when so much time has passed since it last did: a slow one. Default 0. */
  readonly consumerNs?: number;
  /** Parts of the venue's window, instead: fewer packets held, fewer holes tracked. */
  readonly window?: Partial<Venue['window']>;
  /** Builds the book from the stream, to be held against the venue's. */
  readonly book?: boolean;
  /** The ledger is checked so many times on the way; default 8. */
  readonly checkpoints?: number;
  /** After the day's end recovery has so long to finish; default 60 s. */
  readonly graceNs?: number;
}

/** What a scenario came to. */
export interface ScenarioResult {
  readonly seed: number;
  readonly history: VenueHistory;
  readonly consumer: CheckingConsumer;
  /** Counters of the channel and of the feed by name; exact below 2^53. */
  readonly counters: Readonly<Record<string, number>>;
  /** Virtual time at the end. */
  readonly timeNs: number;
  /** Packets that reached the core. */
  readonly packets: number;
  /** Checkpoints at which the ledger was found not to balance. */
  readonly unbalanced: number;
  readonly checkpoints: number;
  /** Nothing was missing when the run ended. */
  readonly settled: boolean;
  readonly servers: {
    readonly rerequest: MoldUdp64Server;
    readonly replay: SoupBinTcpServer;
    readonly glimpse: GlimpseServer;
  };
  /** Contradictions to the promises that hold for every run; empty: none. */
  readonly faults: readonly string[];
  /** Digest that the delivered stream ought to have: the venue's, less what was given up. */
  readonly expectedDigest: bigint;
}

/** When the venue begins to publish. */
const START_NS = 1_000_000;
const RING_BYTES = 1 << 20;

const USER = 'VENUEWIRE_SIMULATED_USER';
const PASSWORD = 'VENUEWIRE_SIMULATED_PASSWORD';

/** Whom the simulated servers let in. */
export const SIMULATED_USERS = { SIMUSR: 'SIMPASS' };

/** Credentials for the simulated servers, as references to environment variables, which are set if they are not. */
export function simulatedCredentials(): Credentials {
  process.env[USER] ??= 'SIMUSR';
  process.env[PASSWORD] ??= 'SIMPASS';
  return userPassword(env(USER), env(PASSWORD));
}

/** The simulated TotalView venue: two lines, and the rungs that are asked for. Its addresses are never dialled. */
export function simulatedTotalView(options: {
  readonly recovery?: readonly Means[];
  readonly join?: 'live' | 'beginning' | 'snapshot';
  readonly tries?: number;
}): Venue {
  const { recovery = [], tries = 5 } = options;
  const credentials = simulatedCredentials();
  const whole = nasdaqTotalView({
    lines: { A: udpMulticast('239.255.0.1:26477'), B: udpMulticast('239.255.0.2:26477') },
    join: options.join ?? 'beginning',
    rerequest: { servers: ['127.0.0.1:17001'], tries },
    replay: { server: '127.0.0.1:17002', credentials },
    glimpse: { server: '127.0.0.1:17003', credentials },
  });
  // The venue's own rungs, in the order that is asked for.
  const index: Readonly<Record<Means, number>> = { rerequest: 1, replay: 2, glimpse: 3 };
  const rungs = recovery.map((means) => {
    const rung = whole.recovery[index[means]] as Exclude<Venue['recovery'][number], { type: 'waitForOtherLine' }>;
    return { ...rung, tries };
  });
  return { ...whole, recovery: [whole.recovery[0] ?? (waitForOtherLine() as Venue['recovery'][number]), ...rungs] };
}

/** Times at which every line is dead. */
function outagesOf(options: ScenarioOptions, random: Random, dayEndNs: number): { fromNs: number; toNs: number }[] {
  const { count = 0, ns = 0 } = options.outages ?? {};
  return Array.from({ length: count }, () => {
    const fromNs = START_NS + Math.floor(random.real() * (dayEndNs - START_NS));
    return { fromNs, toNs: fromNs + ns };
  });
}

/** Faults of both lines. What follows the last message is heard: a lost end cannot be known to be lost. */
function linesOf(options: ScenarioOptions, random: Random, dayEndNs: number): LineFaults[] {
  const outages = outagesOf(options, random, dayEndNs);
  const given = options.faults ?? {};
  return [0, 1].map((i) => {
    const faults = (Array.isArray(given) ? (given[i] ?? {}) : given) as LineFaults;
    return { untilNs: dayEndNs, ...faults, silence: [...(faults.silence ?? []), ...outages] };
  });
}

function serversOf(options: ScenarioOptions, state: VenueState, random: Random): ScenarioResult['servers'] {
  const faults = (means: Means): ServerFaults => options.servers?.[means] ?? {};
  const soup = (means: Means) => ({ users: SIMULATED_USERS, faults: faults(means) });
  return {
    rerequest: new MoldUdp64Server(state, random.fork('rerequest'), { faults: faults('rerequest') }),
    replay: new SoupBinTcpServer(state, random.fork('replay'), soup('replay')),
    glimpse: new GlimpseServer(state, random.fork('glimpse'), new ItchSnapshots(state.history), soup('glimpse')),
  };
}

/** Plays a venue's day through the native core in virtual time and says what came of it. */
export function runScenario(options: ScenarioOptions): ScenarioResult {
  const {
    seed,
    recovery = [],
    join = 'beginning',
    tries = 5,
    consumerNs = 0,
    graceNs = 60e9,
    checkpoints = 8,
  } = options;
  const random = new Random(seed);
  const history = VenueHistory.generate(
    new ItchGenerator({ seed, symbols: options.symbols ?? 5, messages: options.messages ?? 1_000 }),
  );
  const state = new VenueState(history);
  const publisher = new Publisher(state, random.fork('publisher'), {
    ...options.publisher,
    framing: new MoldUdp64Framing(history.session),
    startNs: options.publisher?.startNs ?? START_NS,
  });
  const dayEndNs = publisher.timeOf(history.next);
  const lines = linesOf(options, random.fork('outages'), dayEndNs);
  const servers = serversOf(options, state, random);

  const addon = native();
  const compiled = compileVenue(options.venue ?? simulatedTotalView({ recovery, join, tries }), {
    window: options.window,
  });
  const ring = new Ring(compiled.channels.length, options.ringBytes ?? RING_BYTES, addon);
  const session = new addon.Session(compiled.spec, ring.bytes, ring.dataAt, ring.dataBytes);
  const consumer = new CheckingConsumer(ring, compiled.decoder, options.book ? { book: true } : {});
  let readNs = 0;
  const network = new SimulatedNetwork({
    session,
    publisher,
    lines,
    servers: recovery.map((means) => [servers[means]]),
    ...(options.path ? { path: options.path } : {}),
    joinNs: options.joinAt ? publisher.timeOf(Math.floor(history.first + options.joinAt * history.length)) : 0,
    random: random.fork('network'),
    drain: (nowNs) => {
      if (nowNs - readNs < consumerNs) return;
      readNs = nowNs;
      consumer.drain();
    },
  });
  // The day is over when the venue has said so; recovery may take longer.
  const over = (): boolean => state.over && publisher.dueNs === Number.POSITIVE_INFINITY && session.settled();
  const drain = (): void => consumer.drain();
  const played = playDay({ network, session, ring, drain, startNs: 0, dayEndNs, checkpoints, graceNs, over });
  return {
    seed,
    history,
    consumer,
    timeNs: network.nowNs,
    packets: network.delivered,
    ...played,
    servers,
    ...judge(history, consumer, played),
  };
}

const range = (n: { readonly begin: bigint; readonly end: bigint }): Range => ({
  begin: Number(n.begin),
  end: Number(n.end),
});

/** Holds a run against what must be true of every run. */
function judge(
  history: VenueHistory,
  consumer: CheckingConsumer,
  played: Played,
): Pick<ScenarioResult, 'faults' | 'expectedDigest'> {
  const verdict = new Verdict(played.counters);
  const counter = (name: string): number => verdict.counter(name);
  const expect = (right: boolean, what: () => string): void => verdict.expect(right, what);
  const lost = consumer.of('gapAbandoned').map(range);
  const abandoned = lost.reduce((n, r) => n + r.end - r.begin, 0);
  verdict.ledger(played, abandoned);
  expect(consumer.disorder === 0, () => `${consumer.disorder} messages came out of order`);
  expect(
    counter('delivered') === consumer.live && counter('recovered') === consumer.recovered,
    () => `counted ${counter('delivered')} + ${counter('recovered')}, seen ${consumer.live} + ${consumer.recovered}`,
  );

  // Every number is delivered once or named in gapAbandoned once.
  const given = new Uint8Array(history.length + 2);
  for (const r of lost) {
    for (let s = r.begin; s < r.end; s++) {
      const i = s - history.first;
      expect(i >= 0 && i < given.length, () => `${s} was given up and never existed`);
      expect(given[i] !== 1, () => `${s} was given up twice`);
      given[i] = 1;
    }
  }
  const started = consumer.of('sessionStarted')[0];
  const skipped = [...consumer.skipped];
  const from = Math.min(consumer.digest.count ? consumer.first : Infinity, ...lost.map((r) => r.begin));
  const to = Math.max(consumer.next, ...lost.map((r) => r.end));
  expect(started !== undefined, () => 'the session was never announced');
  if (consumer.digest.count > 0 && from < consumer.first) skipped.push({ begin: from, end: consumer.first });
  for (const r of skipped) {
    for (let s = r.begin; s < r.end; s++) {
      expect(given[s - history.first] === 1, () => `${s} was neither delivered nor given up`);
    }
  }
  expect(
    consumer.live + consumer.recovered + abandoned === (Number.isFinite(from) ? to - from : 0),
    () => `${consumer.live + consumer.recovered} delivered and ${abandoned} given up of [${from}, ${to})`,
  );
  expect(
    counter('expected') === (Number.isFinite(from) ? to - from : 0),
    () => `expected says ${counter('expected')}, the numbers [${from}, ${to}) are ${to - from}`,
  );

  const digest = new StreamDigest();
  if (Number.isFinite(from)) {
    for (let s = from; s < Math.min(to, history.next); s++) {
      if (given[s - history.first] !== 1) digest.add(s, history.message(s));
    }
  }
  expect(digest.value === consumer.digest.value, () => 'the delivered messages are not the venue’s');
  if (counter('gapsOpened') > 0 || abandoned > 0) {
    const announced = consumer.of('gapOpened').length;
    expect(counter('gapsOpened') === announced, () => `${counter('gapsOpened')} gaps counted, ${announced} announced`);
  }
  return { faults: verdict.faults, expectedDigest: digest.value };
}
