/** Holds what came of a run against what must be true: of every run, and of this one. */
import type { Stream } from '../../patterns/stream.js';
import { type Played, Verdict } from '../player.js';
import type { Audit } from './audit.js';
import type { Cast } from './cast.js';
import type { Day } from './day.js';
import type { DerivedServer } from './derived-server.js';
import type { CertifiedServer } from './model.js';
import type { Run } from './run.js';
import { patternOf, type Stage } from './stage.js';

/** What was not true of a run, in words. */
export function judge(stage: Stage, run: Run, day: Day, cast: Cast, played: Played, audit: Audit): string[] {
  const verdict = new Verdict(played.counters);
  verdict.ledger(played, audit.abandoned);
  const n = (name: string): number => verdict.counter(name);
  const window = stage.window(run);
  verdict.expect(
    n('delivered') + n('recovered') === audit.numbers,
    () => `${n('delivered')} + ${n('recovered')} counted, ${audit.numbers} seen`,
  );
  verdict.expect(n('windowBytes') <= window.bytes, () => `${n('windowBytes')} bytes held, ${window.bytes} declared`);
  verdict.expect(
    n('windowPacketsMax') <= window.packets,
    () => `${n('windowPacketsMax')} packets held, ${window.packets} declared`,
  );
  verdict.expect(played.settled, () => 'recovery did not come to an end');
  verdict.expect(
    run.unknownEnd === true || audit.untold === 0,
    () => `${audit.untold} numbers that nothing was said about`,
  );
  if (run.expect === 'everything') {
    const why = [...new Set(audit.of('gapAbandoned').map((x) => x.reason))].join(', ');
    verdict.expect(audit.abandoned === 0, () => `${audit.abandoned} given up (${why}) although all could be had`);
  }
  if (run.taken === true) {
    verdict.expect(
      n('gapsOpened') === 0 || n('snapshots') > 0,
      () => 'no snapshot was taken although nothing was wrong with it',
    );
  }
  verdict.faults.push(...cast.all.flatMap((s) => s.account.violations));
  if (run.contents !== false) {
    snapshotsFit(verdict, day, cast, audit);
    streamIsGood(verdict, stage, run, cast, audit);
  }
  return [...audit.faults, ...verdict.faults];
}

/** Whether a snapshot has come from there. */
const servesSnapshots = (s: CertifiedServer): boolean => {
  const pattern = (s as Partial<DerivedServer>).c?.pattern;
  return pattern !== undefined && 'from' in pattern && s.account.served > 0;
};

/** A feed goes on exactly where a snapshot that was given ended. */
function snapshotsFit(verdict: Verdict, day: Day, cast: Cast, audit: Audit): void {
  const byThemselves = cast.all.filter((s) => s.account.boundaries.length > 0);
  if (byThemselves.length === 0) return;
  if (byThemselves.length !== cast.all.filter((s) => servesSnapshots(s)).length) return;
  const ends = new Set(
    byThemselves.flatMap((s) => s.account.boundaries.map((b) => day.wire(b, day.segmentOf(Math.max(0, b - 1))))),
  );
  for (const x of audit.of('snapshotEnded')) {
    verdict.expect(ends.has(x.begin), () => `a snapshot ended at ${x.begin}, none was given that does`);
  }
}

/** A stream that is up again says so, once all that was lost has come or stands in a new state. */
function streamIsGood(verdict: Verdict, stage: Stage, run: Run, cast: Cast, audit: Audit): void {
  if (cast.streams.length === 0) return;
  const mood = audit.notices.filter((x) => x.type === 'stale' || x.type === 'good').at(-1);
  const mends = audit.abandoned === 0 || stage.rungs.some((r) => ((patternOf(r) as Stream).refresh ?? 0) > 0);
  const answered = !Object.values(run.servers ?? {}).some((f) => [f].flat().some((x) => x.session?.noState));
  verdict.expect(mood?.type !== 'stale' || !mends || !answered, () => 'the stream is still stale although all is well');
}
