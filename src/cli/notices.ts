/** Notices as they are printed: with server and detail, and each range that is filled once, however many packets brought it. */
import type { Notice } from '../feed/batch.js';
import type { Feed } from '../feed/feed.js';
import { quote } from './format.js';

interface Range {
  begin: bigint;
  end: bigint;
}

/** Part of an announced gap that has come, by one way. */
interface Filled extends Range {
  first: Notice;
}

/** A gap that was announced, and what has come of it since. */
interface Gap extends Range {
  readonly filled: Filled[];
}

const size = ({ begin, end }: Range): bigint => end - begin;

/**
 * Joins the `gapFilled` notices of a gap: they are told when the gap is closed, or when another notice ends the matter.
 * Every other notice is passed on as it comes.
 */
export class FilledOnce {
  readonly #gaps = new Map<number, Gap[]>();
  constructor(readonly tell: (notice: Notice) => void) {}

  notice(n: Notice): void {
    const gaps = this.#gaps.get(n.channel) ?? [];
    if (n.type === 'gapFilled') {
      const gap = gaps.find((g) => n.begin >= g.begin && n.end <= g.end);
      if (gap === undefined) {
        this.tell(n);
        return;
      }
      add(gap.filled, n);
      if (gap.filled.reduce((sum, f) => sum + size(f), 0n) < size(gap)) return;
      gaps.splice(gaps.indexOf(gap), 1);
      this.#tellFilled(gap);
      return;
    }
    if (n.type === 'gapOpened') {
      gaps.push({ begin: n.begin, end: n.end, filled: [] });
      this.#gaps.set(n.channel, gaps);
    } else if (n.type === 'gapAbandoned') {
      // What is left of a gap is another gap: it may be filled or given up in its turn.
      for (const gap of gaps.filter((g) => n.begin < g.end && n.end > g.begin)) {
        this.#tellFilled(gap);
        const rest = [
          { begin: gap.begin, end: n.begin },
          { begin: n.end, end: gap.end },
        ].filter((r) => r.end > r.begin);
        gaps.splice(gaps.indexOf(gap), 1, ...rest.map((r): Gap => ({ ...r, filled: [] })));
      }
    } else if (n.type !== 'stale' && n.type !== 'recoveryFailed') {
      this.flush(n.channel);
    }
    this.tell(n);
  }

  /** Tells what has come of gaps that are still open. */
  flush(channel?: number): void {
    for (const [of, gaps] of this.#gaps) {
      if (channel !== undefined && of !== channel) continue;
      for (const gap of gaps) this.#tellFilled(gap);
    }
  }

  #tellFilled(gap: Gap): void {
    for (const { begin, end, first } of gap.filled) this.tell({ ...first, begin, end, count: end - begin });
    gap.filled.length = 0;
  }
}

/** Puts a range to the ones that it touches and that came the same way. */
function add(list: Filled[], n: Notice): void {
  const before = list.findIndex((f) => f.end === n.begin && f.first.reason === n.reason);
  const behind = list.findIndex((f) => f.begin === n.end && f.first.reason === n.reason);
  const [left, right] = [list[before], list[behind]];
  if (left !== undefined) {
    left.end = right?.end ?? n.end;
    if (right !== undefined) list.splice(behind, 1);
  } else if (right !== undefined) right.begin = n.begin;
  else list.push({ begin: n.begin, end: n.end, first: n });
  list.sort((a, b) => (a.begin < b.begin ? -1 : 1));
}

type Named = Pick<Feed, 'channels' | 'requesters' | 'servers'>;

/** Who it is about, where it is about a server: the requester's name, and the server's address. */
function serverOf(n: Notice, feed: Named): { readonly requester?: string; readonly server?: string } {
  const requester = feed.requesters[n.requester];
  if (requester === undefined) return {};
  const server = feed.servers[n.requester]?.[n.server];
  return server === undefined ? { requester } : { requester, server };
}

/** A line of JSON. Members that say nothing are left out: no server, no detail, no session. */
export function noticeJson(n: Notice, feed: Named): string {
  const { requester, server } = serverOf(n, feed);
  const member = (name: string, value: string | undefined): string =>
    value === undefined || value === '' ? '' : `,"${name}":${quote(value)}`;
  return (
    `{"notice":"${n.type}","time":"${n.time}","channel":${quote(feed.channels[n.channel] ?? '')},"begin":"${n.begin}",` +
    `"end":"${n.end}","count":"${n.count}","reason":"${n.reason}"${member('requester', requester)}${member('server', server)}` +
    `${n.detail === 0 ? '' : `,"detail":${n.detail}`}${member('session', n.session)}${member('sender', n.sender)}}`
  );
}

/** A line for people: `! gapAbandoned 476–479 (noRecovery)`. */
export function noticeText(n: Notice, feed: Named): string {
  const { requester, server } = serverOf(n, feed);
  const about = [
    n.reason === 'none' ? '' : n.reason,
    requester ?? '',
    server ?? '',
    n.detail === 0 ? '' : `detail ${detailText(n.detail)}`,
    n.session === '' ? '' : `session ${n.session.trimEnd()}`,
    n.sender === '' ? '' : `from ${n.sender}`,
  ].filter((text) => text !== '');
  const range = n.end > n.begin ? `${n.begin}–${n.end - 1n}` : `${n.begin}`;
  return `! ${n.type} ${range}${about.length === 0 ? '' : ` (${about.join(', ')})`}`;
}

const PRINTED_FROM = 0x20;
const PRINTED_TO = 0x7e;
/** Many venues' status codes are characters. */
const detailText = (detail: number): string =>
  detail > PRINTED_FROM && detail <= PRINTED_TO ? `${detail} '${String.fromCharCode(detail)}'` : String(detail);
