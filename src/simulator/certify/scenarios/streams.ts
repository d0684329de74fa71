/** What certification puts a stream through: a connection that is itself a line. Each scenario follows from a declaration. */
import type { Stream } from '../../../patterns/stream.js';
import { nanosecondsOf } from '../../../patterns/units.js';
import type { Random } from '../../random.js';
import type { CertifyFaults, SessionFaults } from '../model.js';
import type { Run } from '../run.js';
import { patternOf, type Stage } from '../stage.js';
import { type Add, atMost, half } from './scenario.js';

export const STREAM_DAY: Run['day'] = { numbers: 200, intervalNs: 5_000_000 };

type Faults = (r: Random) => CertifyFaults;

/** Adds the scenarios of one stream: what is common to them. */
class StreamScenarios {
  readonly id: string;
  /** Where the session itself takes numbers, what is filled over is not to be had again. */
  readonly all: Partial<Run>;

  constructor(
    readonly stage: Stage,
    readonly pattern: Stream,
    readonly add: Add,
  ) {
    this.id = pattern.id;
    this.all = stage.framing.fix ? {} : { expect: 'everything' };
  }

  does(action: Stream['replies'][number]['do']): boolean {
    return this.pattern.replies.some((x) => x.do === action);
  }

  run(more: Partial<Run> = {}): Run {
    return { day: STREAM_DAY, join: this.stage.framing.fix ? 'live' : 'beginning', ...more };
  }

  plain(name: string, says: string, more: (r: Random) => Partial<Run>): void {
    this.add(`${this.id}: ${name}`, says, (r) => this.run(more(r)));
  }

  faulty(name: string, says: string, faults: Faults, more: Partial<Run> = this.all): void {
    this.plain(name, says, (r) => ({ servers: { [this.id]: faults(r) }, ...more }));
  }

  session(
    name: string,
    says: string,
    faults: (r: Random) => SessionFaults,
    others: CertifyFaults = {},
    more: Partial<Run> = {},
  ): void {
    this.faulty(name, says, (r) => ({ ...others, session: faults(r) }), more);
  }
}

export function streamScenarios(stage: Stage, add: Add): void {
  for (const rung of stage.rungs.filter((x) => x.type === 'stream')) {
    const s = new StreamScenarios(stage, patternOf(rung) as Stream, add);
    connection(s);
    quiet(s);
    s.faulty('hostile', 'bits of what the server says are turned', (r) => ({ mutate: 0.02 + 0.2 * r.real() }), {
      contents: false,
      unknownEnd: true,
    });
    missing(s);
    numbers(s);
    dialogue(s);
    everything(s);
  }
}

function connection(s: StreamScenarios): void {
  s.plain('clean', 'nothing goes wrong', () => ({ expect: 'everything' }));
  if (s.pattern.login !== undefined && !s.stage.framing.fix) {
    s.plain('joined live', 'delivery begins with the newest', () => ({ join: 'live', expect: 'everything' }));
  }
  s.faulty('split', 'messages come in pieces', (r) => ({ split: half(r) }), { expect: 'everything' });
  s.faulty('connection refused', 'nobody listens, or not always', (r) => ({ refuse: half(r) }));
  s.faulty('closed half-way', 'the server closes, and is asked to go on from there', (r) => ({
    closeHalfway: half(r),
  }));
  s.faulty('stalls', 'the server stops, and keeps the connection', (r) => ({ stall: half(r) }));
  s.faulty('silent', 'the server says nothing from the beginning', (r) => ({ silent: half(r) }));
  s.plain('fail-over', 'the first server is dead, the second answers', (r) => ({
    serverCount: 2,
    servers: { [s.id]: [r.below(2) === 0 ? { refuse: 1 } : { silent: 1 }, {}] },
    ...s.all,
  }));
  if (s.does('loginRejected') || s.does('goodbye')) {
    s.faulty('login rejected', 'we are not let in, or not always', (r) => ({ rejectLogin: half(r) }));
  }
}

function quiet(s: StreamScenarios): void {
  const { silence, send } = s.pattern.keepAlive;
  if (silence === undefined || send === undefined) return;
  const ns = nanosecondsOf(silence) * 2;
  const pause = (r: Random): Run['day'] => ({ ...STREAM_DAY, pauses: [{ after: 50 + r.below(100), ns }] });
  s.plain('quiet', 'nothing happens for twice the time after which a silent server is given up', (r) => ({
    day: pause(r),
    expect: 'everything',
  }));
  if (s.pattern.probe === undefined) return;
  s.plain('quiet, without heartbeats', 'the server only answers when it is asked', (r) => ({
    day: pause(r),
    servers: { [s.id]: { session: { mute: 1 } } },
    expect: 'everything',
  }));
}

/** The share of messages that are dropped. */
const drop = (r: Random): number => 0.01 + 0.1 * r.real();

/** Messages that are missing within the stream. */
function missing(s: StreamScenarios): void {
  const asks = s.pattern.request !== undefined;
  if (asks) {
    const resent: Partial<Run> = { expect: 'everything' };
    s.session('resent', 'what is missing is asked for and comes', (r) => ({ drop: drop(r) }), {}, resent);
    s.session('resent in part', 'only a part is sent again', (r) => ({ drop: drop(r) }), { servePart: 0.5 });
    s.session('resent late', 'and more than was asked for', (r) => ({ drop: drop(r) }), { late: 0.5, overlap: 0.5 });
    s.session('asked in vain', 'what is missing is asked for, and nobody answers', (r) => ({
      drop: drop(r),
      deaf: half(r),
    }));
    s.session('closed while resending', 'the server closes', (r) => ({ drop: drop(r) }), { closeHalfway: 0.7 });
  }
  if (s.stage.framing.controls.some((c) => c.is === 'unavailable')) {
    if (asks) {
      s.session('filled over', 'what is asked for will not come', (r) => ({ drop: drop(r), fills: half(r) }));
    }
    s.session('filled over in its turn', 'numbers that nobody ever had', (r) => ({ fillsInTurn: drop(r) }));
  }
}

/** Numbers and sessions that begin anew. */
function numbers(s: StreamScenarios): void {
  const { framing } = s.stage;
  const unknown: Partial<Run> = { unknownEnd: true };
  if (framing.controls.some((c) => c.is === 'reset')) {
    s.session('reset within the session', 'numbers go on with others', () => ({ resetInSession: 0.02 }), {}, unknown);
  }
  if (framing.kinds.some((k) => k.is === 'reset') && s.pattern.resume !== undefined) {
    const broken: CertifyFaults = { closeHalfway: 0.8 };
    const atLogon = (r: Random): SessionFaults => ({ resetAtLogon: half(r) });
    s.session('reset by the logon', 'a new connection begins anew', atLogon, broken, unknown);
  }
  if (s.pattern.resent !== undefined) {
    s.session('number too low', 'the two sides do not mean the same numbers', (r) => ({ tooLow: drop(r) }));
  }
  if (s.does('sessionEnd') && framing.session !== undefined) {
    s.plain('session roll', 'a session ends, and the next one begins', (r) => ({
      day: { ...STREAM_DAY, breaks: [{ at: 60 + r.below(80), kind: 'session', quietNs: 20_000_000_000 }] },
    }));
    s.faulty('cache', 'what is older is not kept', () => ({ cacheDepth: 5, closeHalfway: 0.8 }), {});
  }
}

/** What else the two sides say. */
function dialogue(s: StreamScenarios): void {
  const unharmed: Partial<Run> = { expect: 'everything' };
  if (s.pattern.refresh > 0) s.session('no state', 'a subscription is not answered', (r) => ({ noState: half(r) }));
  if (s.does('goodbye')) s.session('goodbye', 'the server says that it goes', (r) => ({ goodbye: half(r) }));
  if (s.does('answer') && s.pattern.probe !== undefined) {
    s.session('test request', 'the server asks whether we are there', () => ({ tests: 1 }), {}, unharmed);
  }
  if (s.does('answerNumber')) {
    s.session('asked for ours', 'the server asks for what we have said', () => ({ asks: 1 }), {}, unharmed);
  }
}

/** What a server does wrong, each with a probability of its own. */
function anyFaults(r: Random): CertifyFaults {
  const p = atMost(r);
  return {
    refuse: p(0.3),
    silent: p(0.2),
    closeHalfway: p(0.4),
    stall: p(0.2),
    rejectLogin: p(0.2),
    split: p(0.5),
    late: p(0.5),
    servePart: p(0.3),
    overlap: p(0.5),
    session: {
      drop: p(0.1),
      fills: p(0.5),
      fillsInTurn: p(0.05),
      deaf: p(0.3),
      noState: p(0.3),
      goodbye: p(0.3),
      tests: r.below(2),
      asks: r.below(2),
    },
  };
}

function everything(s: StreamScenarios): void {
  s.plain('everything at once', 'the server does whatever it wants', (r) => {
    const serverCount = 1 + r.below(3);
    return { serverCount, servers: { [s.id]: Array.from({ length: serverCount }, () => anyFaults(r)) } };
  });
}
