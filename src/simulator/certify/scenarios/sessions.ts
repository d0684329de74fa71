/**
 * What certification puts the sessions of a stream through: sessions that change or begin again and do not say so,
 * subscriptions that are refused, a peer that is somebody else. Each scenario follows from a declaration.
 */
import type { Stream } from '../../../patterns/stream.js';
import type { Random } from '../../random.js';
import type { CertifyFaults, SessionFaults } from '../model.js';
import type { Run } from '../run.js';
import { patternOf, type Stage } from '../stage.js';
import type { Add } from './scenario.js';
import { STREAM_DAY } from './streams.js';

export function sessionScenarios(stage: Stage, add: Add): void {
  const { framing } = stage;
  for (const rung of stage.rungs.filter((x) => x.type === 'stream')) {
    const pattern = patternOf(rung) as Stream;
    const { id } = pattern;
    const does = (action: Stream['replies'][number]['do']): boolean => pattern.replies.some((x) => x.do === action);
    const session = (
      name: string,
      says: string,
      faults: (r: Random) => SessionFaults,
      others: CertifyFaults = {},
      more: Partial<Run> = {},
    ): void => {
      add(`${id}: ${name}`, says, (r) => ({
        day: STREAM_DAY,
        join: framing.fix ? 'live' : 'beginning',
        servers: { [id]: { ...others, session: faults(r) } },
        ...more,
      }));
    };
    if (does('sessionUnavailable') && framing.session !== undefined) {
      session(
        'session change without an end',
        'the next session is there, and nothing has said that the last one was over',
        () => ({ noEnd: 1 }),
        {},
        {
          day: { ...STREAM_DAY, breaks: [{ at: 100, kind: 'session', quietNs: 2_000_000_000 }] },
          expect: 'everything',
        },
      );
    }
    if (framing.fix && pattern.resume !== undefined) {
      session(
        'begins again at 1',
        'a new connection finds numbers that have begun again, and nothing says so',
        (r) => ({ restartsAtOne: 0.3 + 0.5 * r.real() }),
        { closeHalfway: 0.8 },
        { unknownEnd: true },
      );
    }
    if (framing.fix && framing.controls.some((c) => c.is === 'reset')) {
      session('reset to a lower number', 'numbers may only rise', () => ({ resetsLower: 0.02 }));
    }
    if (pattern.peer.length > 0) session('somebody else', 'another peer answers', () => ({ wrongPeer: 0.02 }));
    if (does('subscriptionRejected')) {
      session('subscription refused', 'the state is not given, or not always', (r) => ({
        refusesSubscription: 0.3 + 0.6 * r.real(),
      }));
    }
  }
}
