import { CHANNEL_COUNTERS, FEED_COUNTERS } from '../contract.js';
import { compileVenue } from '../feed/compile.js';
import { Ring } from '../feed/ring.js';
import { type NativeSession, native } from '../native.js';
import { type Credentials, env, udpMulticast, userPassword, type Venue, waitForOtherLine } from '../patterns/index.js';
import { nasdaqTotalView } from '../venues/nasdaq-totalview.js';
import { CheckingConsumer, type Range } from './consumer.js';
import { StreamDigest } from './digest.js';
import { ItchSnapshots } from './glimpse.js';
import { VenueHistory } from './history.js';
import { ItchGenerator } from './itch-generator.js';
import type { LineFaults } from './line-faults.js';
import { MoldUdp64Framing, MoldUdp64Server } from './mold-udp64.js';
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

/** Plays a venue's day through the native core in virtual time and says what came of it. */
export function runScenario(options: ScenarioOptions): ScenarioResult {
  const random = new Random(options.seed);
  const recovery = options.recovery ?? [];
  const history = VenueHistory.generate(
    new ItchGenerator({ seed: options.seed, symbols: options.symbols ?? 5, messages: options.messages ?? 1_000 }),
  );
  const state = new VenueState(history);
  const publisher = new Publisher(state, random.fork('publisher'), {
    ...options.publisher,
    framing: new MoldUdp64Framing(history.session),
    startNs: options.publisher?.startNs ?? 1_000_000,
  });
  const dayEndNs = publisher.timeOf(history.next);

  const outages: { fromNs: number; toNs: number }[] = [];
  const when = random.fork('outages');
  for (let i = 0; i < (options.outages?.count ?? 0); i++) {
    const fromNs = 1_000_000 + Math.floor(when.real() * (dayEndNs - 1_000_000));
    outages.push({ fromNs, toNs: fromNs + (options.outages?.ns ?? 0) });
  }
  const given = options.faults ?? {};
  const lines = [0, 1].map((i) => {
    const faults = (Array.isArray(given) ? (given[i] ?? {}) : given) as LineFaults;
    // What follows the last message is heard: a lost end cannot be known to be lost.
    return { untilNs: dayEndNs, ...faults, silence: [...(faults.silence ?? []), ...outages] };
  });

  const soup = (means: Means) => ({ users: SIMULATED_USERS, faults: options.servers?.[means] ?? {} });
  const servers = {
    rerequest: new MoldUdp64Server(state, random.fork('rerequest'), { faults: options.servers?.rerequest ?? {} }),
    replay: new SoupBinTcpServer(state, random.fork('replay'), soup('replay')),
    glimpse: new GlimpseServer(state, random.fork('glimpse'), new ItchSnapshots(history), soup('glimpse')),
  };

  const addon = native();
  const join = options.join ?? 'beginning';
  const compiled = compileVenue(options.venue ?? simulatedTotalView({ recovery, join, tries: options.tries ?? 5 }), {
    window: options.window,
  });
  const ring = new Ring(compiled.channels.length, options.ringBytes ?? 1 << 20, addon);
  const session: NativeSession = new addon.Session(compiled.spec, ring.bytes, ring.dataAt, ring.dataBytes);
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
      if (nowNs - readNs < (options.consumerNs ?? 0)) return;
      readNs = nowNs;
      consumer.drain();
    },
  });

  let unbalanced = 0;
  const checkpoints = options.checkpoints ?? 8;
  for (let i = 1; i <= checkpoints; i++) {
    network.run((dayEndNs * i) / checkpoints);
    if (!session.ledgerBalances()) unbalanced++;
  }
  // The day is over when the venue has said so; recovery may take longer.
  const endNs = dayEndNs + (options.graceNs ?? 60e9);
  network.run(endNs, () => state.over && publisher.dueNs === Number.POSITIVE_INFINITY && session.settled());
  const settled = session.settled();
  if (!session.ledgerBalances()) unbalanced++;
  session.finish(network.nowNs);
  // What did not fit into the ring comes when there is room.
  for (let i = 0; i < 1_000; i++) {
    consumer.drain();
    session.service(network.nowNs);
    if (ring.head === ring.tail) break;
  }
  session.updateGauges();
  if (!session.ledgerBalances()) unbalanced++;

  const counters: Record<string, number> = {};
  [...FEED_COUNTERS, ...CHANNEL_COUNTERS].forEach(({ name }, i) => {
    counters[name] = Number(ring.counter(i));
  });

  const { faults, expectedDigest } = judge(history, consumer, counters, unbalanced);
  return {
    seed: options.seed,
    history,
    consumer,
    counters,
    timeNs: network.nowNs,
    packets: network.delivered,
    unbalanced,
    checkpoints: checkpoints + 2,
    settled,
    servers,
    faults,
    expectedDigest,
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
  counters: Readonly<Record<string, number>>,
  unbalanced: number,
): { faults: string[]; expectedDigest: bigint } {
  const faults: string[] = [];
  const expect = (true_: boolean, what: () => string): void => {
    if (!true_) faults.push(what());
  };
  const counter = (name: string): number => counters[name] ?? Number.NaN;
  expect(unbalanced === 0, () => `the ledger did not balance at ${unbalanced} checkpoints`);
  expect(
    counter('expected') === counter('delivered') + counter('recovered') + counter('abandoned') + counter('inFlight'),
    () => `the ledger's own counters do not add up: ${JSON.stringify(counters)}`,
  );
  expect(counter('inFlight') === 0, () => `${counter('inFlight')} messages are in flight after the end`);
  expect(consumer.disorder === 0, () => `${consumer.disorder} messages came out of order`);
  expect(
    counter('delivered') === consumer.live && counter('recovered') === consumer.recovered,
    () => `counted ${counter('delivered')} + ${counter('recovered')}, seen ${consumer.live} + ${consumer.recovered}`,
  );

  // Every number is delivered once or named in gapAbandoned once.
  const lost = consumer.of('gapAbandoned').map(range);
  const abandoned = lost.reduce((n, r) => n + r.end - r.begin, 0);
  expect(counter('abandoned') === abandoned, () => `counted ${counter('abandoned')} abandoned, named ${abandoned}`);
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
  return { faults, expectedDigest: digest.value };
}
