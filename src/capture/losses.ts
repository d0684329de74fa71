/** What each line of a group lost, which other line filled it, and what was sent again. */
import { type Answers, answersTo, type RecoveryTraffic } from './recovery-traffic.js';
import { type Group, greater, type LineTrack, type SessionTrack, type Span, Spans } from './sequences.js';

/** Numbers that a line lost. */
export interface Loss extends Span {
  readonly line: string;
  /** Lines of the group that brought them, with what each brought. */
  readonly filledBy: readonly { readonly line: string; readonly spans: readonly Span[] }[];
}

/** One session of lines that carry the same messages. */
export interface GroupReport {
  readonly lines: readonly string[];
  readonly because: string;
  readonly session: string;
  readonly tracks: readonly (SessionTrack | undefined)[];
  readonly losses: readonly Loss[];
  /** On no line. */
  readonly lost: readonly Span[];
  /** What the capture holds of recovery for it. */
  readonly answers: readonly Answers[];
  /** On no line, and nobody sent it again: what recovery would have been asked for. */
  readonly open: readonly Span[];
}

/** What is left of `spans` without `filled`. */
function without(spans: readonly Span[], filled: readonly Span[]): Span[] {
  const there = new Spans();
  for (const s of filled) there.add(s.begin, s.end);
  return spans.flatMap((s) => there.missing(s.begin, s.end));
}

/** One report for each session of the group. */
export function report(group: Group, recovery: readonly RecoveryTraffic[]): GroupReport[] {
  const sessions = [...new Set(group.lines.flatMap((l) => l.sessions.map((s) => s.session)))];
  return sessions.flatMap((session) => {
    const tracks = group.lines.map((l) => l.sessions.find((s) => s.session === session));
    const present = tracks.filter((t): t is SessionTrack => t !== undefined && t.spans.list.length > 0);
    if (present.length === 0) return [];
    const together = new Spans();
    for (const t of present) for (const s of t.spans.list) together.add(s.begin, s.end);
    const reached = present.reduce((n, t) => greater(n, t.reached), 0n);
    const losses = group.lines.flatMap((line, i) => {
      const track = tracks[i];
      if (track === undefined || track.spans.list.length === 0) return [];
      // Before its first and after its last number a line may simply not have been recorded; heartbeats say more.
      const missing = track.spans.missing(track.spans.first, track.reached);
      return missing.map(
        (span): Loss => ({ ...span, line: line.name, filledBy: fillers(group.lines, tracks, i, span) }),
      );
    });
    const lost = together.missing(together.first, reached);
    const answers = answersTo(group, session, recovery);
    const open = without(
      lost,
      answers.flatMap((a) => a.filled),
    );
    const lines = group.lines.map((l) => l.name);
    return [{ lines, because: group.because, session, tracks, losses, lost, answers, open }];
  });
}

function fillers(
  lines: readonly LineTrack[],
  tracks: readonly (SessionTrack | undefined)[],
  own: number,
  span: Span,
): Loss['filledBy'] {
  return lines.flatMap((line, i) => {
    const spans = i === own ? [] : (tracks[i]?.spans.within(span) ?? []);
    return spans.length > 0 ? [{ line: line.name, spans }] : [];
  });
}
