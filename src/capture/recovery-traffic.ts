/** Tells what a venue sent again from what its lines carried: answers to one machine, and lines of retransmissions. */
import { type Group, greater, isMulticast, type LineTrack, lesser, type Span, Spans, sizeOf } from './sequences.js';

/** What was sent again, or asked for, of one group of lines. */
export interface RecoveryTraffic {
  readonly line: LineTrack;
  /** How it was told from a line. */
  readonly because: string;
}

export interface Separated {
  readonly groups: readonly Group[];
  readonly recovery: readonly RecoveryTraffic[];
}

/** What lines brought between them in a session. */
function together(group: Group, session: string): Spans {
  const all = new Spans();
  for (const line of group.lines) {
    for (const track of line.sessions) {
      if (track.session === session) for (const s of track.spans.list) all.add(s.begin, s.end);
    }
  }
  return all;
}

/** The part of `spans` that a group's lines did not bring, though they went beyond it. */
export function filledBy(spans: Spans, group: Group, session: string): readonly Span[] {
  const brought = together(group, session);
  const reached = group.lines
    .flatMap((l) => l.sessions)
    .reduce((n, t) => (t.session === session ? greater(n, t.reached) : n), 0n);
  if (brought.list.length === 0) return [];
  return brought.missing(brought.first, reached).flatMap((hole) => spans.within(hole));
}

/** Whether all of a line's numbers, or nearly, are what another group's lines lost: then it is there for them. */
function fillsHolesOf(line: LineTrack, groups: readonly Group[]): boolean {
  return line.sessions.some((track) => {
    // Without a name for the session, numbers of other feeds lie in anybody's holes.
    if (track.session === '' || track.spans.list.length === 0) return false;
    return groups.some((g) => {
      const filled = sizeOf(filledBy(track.spans, g, track.session));
      return g.lines[0]?.key === line.key && 10n * filled >= 9n * track.spans.count;
    });
  });
}

/** Whether a line has only now and then a number of those that a group's lines brought while it ran. */
function isSparse(line: LineTrack, groups: readonly Group[]): boolean {
  return line.sessions.some((track) => {
    if (track.spans.list.length < 2) return false;
    return groups.some((g) => {
      if (g.lines[0]?.key !== line.key || !g.lines.some((l) => saysTheSame(l, line))) return false;
      const there = sizeOf(together(g, track.session).within({ begin: track.spans.first, end: track.spans.end }));
      return 4n * track.spans.count < there;
    });
  });
}

function saysTheSame(a: LineTrack, b: LineTrack): boolean {
  for (const [id, mark] of b.marks) if (a.marks.get(id) === mark) return true;
  return false;
}

/** Parts the lines of a feed from recovery traffic. Pairs that were asked for are lines. */
export function separateRecovery(groups: readonly Group[]): Separated {
  const isFeed = groups.some((g) => g.lines.some((l) => isMulticast(l.destination)));
  const recovery: RecoveryTraffic[] = [];
  const left = groups.filter((group) => {
    const [line] = group.lines;
    if (line === undefined || group.lines.length > 1 || group.because === '--pair') return true;
    const others = groups.filter((g) => g !== group);
    const because =
      isFeed && !isMulticast(line.destination)
        ? 'sent to one machine, while the feed is multicast'
        : fillsHolesOf(line, others)
          ? 'it carries what the lines lost'
          : isSparse(line, others)
            ? 'it carries a number of the lines now and then'
            : undefined;
    if (because === undefined) return true;
    recovery.push({ line, because });
    return false;
  });
  return { groups: left, recovery };
}

/** What a recovery line did for one session of a group. */
export interface Answers {
  readonly line: string;
  readonly sources: readonly string[];
  readonly because: string;
  readonly packets: number;
  readonly numbers: bigint;
  /** Of what no line brought. */
  readonly filled: readonly Span[];
}

export function answersTo(group: Group, session: string, recovery: readonly RecoveryTraffic[]): Answers[] {
  const brought = together(group, session);
  return recovery.flatMap(({ line, because }) => {
    const track = line.sessions.find((t) => t.session === session && t.spans.list.length > 0);
    if (track === undefined || line.key !== group.lines[0]?.key) return [];
    const overlap = lesser(track.spans.end, brought.end) > greater(track.spans.first, brought.first);
    if (!overlap) return [];
    const filled = filledBy(track.spans, group, session);
    return [
      {
        line: line.name,
        sources: [...line.sources],
        because,
        packets: track.packets,
        numbers: track.spans.count,
        filled,
      },
    ];
  });
}
