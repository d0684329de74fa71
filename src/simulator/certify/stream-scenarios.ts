/** What certification puts a stream through: a connection that is itself a line. Each scenario follows from a declaration. */
import type { Stream } from '../../patterns/stream.js';
import { nanosecondsOf } from '../../patterns/units.js';
import type { Random } from '../random.js';
import type { CertifyFaults, SessionFaults } from './model.js';
import type { Run, Stage } from './runner.js';
import { Stage as Stages } from './runner.js';
import type { Scenario } from './scenarios.js';

const INTERVAL_NS = 5_000_000;
const NUMBERS = 200;

export function streamScenarios(stage: Stage, add: (name: string, says: string, run: Scenario['run']) => void): void {
  const { framing } = stage;
  const day = (more: object = {}) => ({ numbers: NUMBERS, intervalNs: INTERVAL_NS, ...more });
  const half = (r: Random): number => (r.below(3) === 0 ? 1 : 0.3 + 0.5 * r.real());

  for (const rung of stage.rungs.filter((x) => x.type === 'stream')) {
    const pattern = Stages.patternOf(rung) as Stream;
    const { id } = pattern;
    const does = (action: Stream['replies'][number]['do']): boolean => pattern.replies.some((x) => x.do === action);
    // Where the session itself takes numbers, what is filled over is not to be had again.
    const all: Partial<Run> = framing.fix ? {} : { expect: 'everything' };
    const run = (more: Partial<Run> = {}): Run => ({ day: day(), join: framing.fix ? 'live' : 'beginning', ...more });
    const faulty = (
      name: string,
      says: string,
      faults: (r: Random) => CertifyFaults,
      more: Partial<Run> = all,
    ): void => {
      add(`${id}: ${name}`, says, (r) => run({ servers: { [id]: faults(r) }, ...more }));
    };
    const session = (
      name: string,
      says: string,
      faults: (r: Random) => SessionFaults,
      others: CertifyFaults = {},
      more: Partial<Run> = {},
    ): void => {
      faulty(name, says, (r) => ({ ...others, session: faults(r) }), more);
    };

    // ── the connection ───────────────────────────────────────────────────────────────────────────────────────────
    add(`${id}: clean`, 'nothing goes wrong', () => run({ expect: 'everything' }));
    if (pattern.login !== undefined && !framing.fix) {
      add(`${id}: joined live`, 'delivery begins with the newest', () => run({ join: 'live', expect: 'everything' }));
    }
    faulty('split', 'messages come in pieces', (r) => ({ split: half(r) }), { expect: 'everything' });
    faulty('connection refused', 'nobody listens, or not always', (r) => ({ refuse: half(r) }));
    faulty('closed half-way', 'the server closes, and is asked to go on from there', (r) => ({
      closeHalfway: half(r),
    }));
    faulty('stalls', 'the server stops, and keeps the connection', (r) => ({ stall: half(r) }));
    faulty('silent', 'the server says nothing from the beginning', (r) => ({ silent: half(r) }));
    add(`${id}: fail-over`, 'the first server is dead, the second answers', (r) =>
      run({ serverCount: 2, servers: { [id]: [r.below(2) === 0 ? { refuse: 1 } : { silent: 1 }, {}] }, ...all }),
    );
    if (does('loginRejected') || does('goodbye')) {
      faulty('login rejected', 'we are not let in, or not always', (r) => ({ rejectLogin: half(r) }));
    }
    const { silence, send } = pattern.keepAlive;
    if (silence !== undefined && send !== undefined) {
      const ns = nanosecondsOf(silence) * 2;
      add(`${id}: quiet`, 'nothing happens for twice the time after which a silent server is given up', (r) =>
        run({ day: day({ pauses: [{ after: 50 + r.below(100), ns }] }), expect: 'everything' }),
      );
      if (pattern.probe !== undefined) {
        add(`${id}: quiet, without heartbeats`, 'the server only answers when it is asked', (r) =>
          run({
            day: day({ pauses: [{ after: 50 + r.below(100), ns }] }),
            servers: { [id]: { session: { mute: 1 } } },
            expect: 'everything',
          }),
        );
      }
    }
    faulty('hostile', 'bits of what the server says are turned', (r) => ({ mutate: 0.02 + 0.2 * r.real() }), {
      contents: false,
      unknownEnd: true,
    });

    // ── the numbers ──────────────────────────────────────────────────────────────────────────────────────────────
    const drop = (r: Random): number => 0.01 + 0.1 * r.real();
    if (pattern.request !== undefined) {
      session(
        'resent',
        'what is missing is asked for and comes',
        (r) => ({ drop: drop(r) }),
        {},
        { expect: 'everything' },
      );
      session('resent in part', 'only a part is sent again', (r) => ({ drop: drop(r) }), { servePart: 0.5 });
      session('resent late', 'and more than was asked for', (r) => ({ drop: drop(r) }), { late: 0.5, overlap: 0.5 });
      session('asked in vain', 'what is missing is asked for, and nobody answers', (r) => ({
        drop: drop(r),
        deaf: half(r),
      }));
      session('closed while resending', 'the server closes', (r) => ({ drop: drop(r) }), { closeHalfway: 0.7 });
    }
    if (framing.controls.some((c) => c.is === 'unavailable')) {
      if (pattern.request !== undefined) {
        session('filled over', 'what is asked for will not come', (r) => ({ drop: drop(r), fills: half(r) }));
      }
      session('filled over in its turn', 'numbers that nobody ever had', (r) => ({ fillsInTurn: drop(r) }));
    }
    const unknown: Partial<Run> = { unknownEnd: true };
    if (framing.controls.some((c) => c.is === 'reset')) {
      session('reset within the session', 'numbers go on with others', () => ({ resetInSession: 0.02 }), {}, unknown);
    }
    if (framing.kinds.some((k) => k.is === 'reset') && pattern.resume !== undefined) {
      const broken: CertifyFaults = { closeHalfway: 0.8 };
      session(
        'reset by the logon',
        'a new connection begins anew',
        (r) => ({ resetAtLogon: half(r) }),
        broken,
        unknown,
      );
    }
    if (pattern.resent !== undefined) {
      session('number too low', 'the two sides do not mean the same numbers', (r) => ({ tooLow: drop(r) }));
    }
    if (does('sessionEnd') && framing.session !== undefined) {
      const at = (r: Random): number => 60 + r.below(80);
      add(`${id}: session roll`, 'a session ends, and the next one begins', (r) =>
        run({ day: day({ breaks: [{ at: at(r), kind: 'session', quietNs: 20_000_000_000 }] }) }),
      );
      faulty('cache', 'what is older is not kept', () => ({ cacheDepth: 5, closeHalfway: 0.8 }), {});
    }

    // ── what else is said ────────────────────────────────────────────────────────────────────────────────────────
    if (pattern.refresh > 0) session('no state', 'a subscription is not answered', (r) => ({ noState: half(r) }));
    if (does('goodbye')) session('goodbye', 'the server says that it goes', (r) => ({ goodbye: half(r) }));
    if (does('answer') && pattern.probe !== undefined) {
      session(
        'test request',
        'the server asks whether we are there',
        () => ({ tests: 1 }),
        {},
        { expect: 'everything' },
      );
    }
    if (does('answerNumber')) {
      session(
        'asked for ours',
        'the server asks for what we have said',
        () => ({ asks: 1 }),
        {},
        { expect: 'everything' },
      );
    }
    add(`${id}: everything at once`, 'the server does whatever it wants', (r) => {
      const p = (most: number): number => (r.below(2) === 0 ? 0 : most * r.real());
      const one = (): CertifyFaults => ({
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
      });
      const serverCount = 1 + r.below(3);
      return run({ serverCount, servers: { [id]: Array.from({ length: serverCount }, one) } });
    });
  }
}
