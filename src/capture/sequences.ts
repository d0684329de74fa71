/** What each multicast line of a capture carried: which numbers, in which session, and which lines say the same. */
import type { CapturedPayload } from '../feed/batch.js';
import type { Decoder } from '../layout/index.js';
import type { Framing } from '../patterns/framing.js';
import { EMPTY_DATAGRAM, FramingReader, tableLengths } from './framing-reader.js';
import type { Findings } from './messages.js';

/** Numbers [begin, end). */
export interface Span {
  readonly begin: bigint;
  readonly end: bigint;
}

export function lesser(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}
export function greater(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

/** Numbers in spans that do not overlap. */
export const sizeOf = (spans: readonly Span[]): bigint => spans.reduce((n, s) => n + (s.end - s.begin), 0n);

/** Spans in rising order that do not touch. */
export class Spans {
  #list: { begin: bigint; end: bigint }[] = [];
  /** Numbers that were added when they were there already. */
  repeated = 0n;

  get list(): readonly Span[] {
    return this.#list;
  }
  get first(): bigint {
    return this.#list[0]?.begin ?? 0n;
  }
  get end(): bigint {
    return this.#list.at(-1)?.end ?? 0n;
  }
  get count(): bigint {
    return sizeOf(this.#list);
  }

  add(begin: bigint, end: bigint): void {
    const last = this.#list.at(-1);
    if (last !== undefined && begin === last.end) {
      last.end = end;
      return;
    }
    if (last === undefined || begin > last.end) {
      this.#list.push({ begin, end });
      return;
    }
    this.#insert(begin, end);
  }

  #insert(begin: bigint, end: bigint): void {
    const list = this.#list;
    let i = list.length;
    while (i > 0 && (list[i - 1] as Span).end >= begin) i--;
    let j = i;
    let from = begin;
    let to = end;
    for (; j < list.length && (list[j] as Span).begin <= end; j++) {
      const s = list[j] as Span;
      const low = greater(s.begin, begin);
      const high = lesser(s.end, end);
      if (high > low) this.repeated += high - low;
      from = lesser(from, s.begin);
      to = greater(to, s.end);
    }
    list.splice(i, j - i, { begin: from, end: to });
  }

  /** What is missing between `begin` and `end`. */
  missing(begin = this.first, end = this.end): Span[] {
    const out: Span[] = [];
    let at = begin;
    for (const s of this.#list) {
      if (s.end <= at) continue;
      if (s.begin >= end) break;
      if (s.begin > at) out.push({ begin: at, end: lesser(s.begin, end) });
      at = s.end;
    }
    if (at < end) out.push({ begin: at, end });
    return out;
  }

  /** The parts of `span` that are here. */
  within(span: Span): Span[] {
    return this.#list
      .filter((s) => s.end > span.begin && s.begin < span.end)
      .map((s) => ({
        begin: greater(s.begin, span.begin),
        end: lesser(s.end, span.end),
      }));
  }
}

/** One session on one line. */
export interface SessionTrack {
  readonly session: string;
  readonly spans: Spans;
  packets: number;
  /** Numbers that came after greater ones. */
  reordered: number;
  /** One past the greatest number that the line is known to have reached, heartbeats included. */
  reached: bigint;
  firstTime: bigint;
  lastTime: bigint;
}

/** A destination of the capture, and a channel in it where the framing has several. */
export interface LineTrack {
  /** `ip:port`, and `#key` where the framing's channel field tells channels apart. */
  readonly name: string;
  readonly destination: string;
  readonly key: bigint;
  readonly sessions: SessionTrack[];
  /** Hash of the first message behind some numbers: what tells two lines of one feed from two feeds. */
  readonly marks: Map<string, number>;
  /** Who sent to it, the first few. */
  readonly sources: Set<string>;
  /** Packets to one machine that state messages and hold none: somebody asks for these numbers. */
  readonly requests: { packets: number; readonly spans: Spans };
}

const MARKS = 4096;
const SOURCES = 8;
const MARKED_BYTES = 64;

function hash(view: DataView, at: number, length: number): number {
  let h = 0x811c9dc5;
  const end = at + Math.min(length, MARKED_BYTES);
  for (let i = at; i < end; i++) h = Math.imul(h ^ view.getUint8(i), 0x01000193);
  return h ^ length;
}

/** Follows the numbers of every line. */
export class Tracker {
  readonly lines = new Map<string, LineTrack>();
  /** What the capture holds for the port: datagrams, TCP segments with a payload, and records of a file. */
  datagrams = 0;
  segments = 0;
  records = 0;
  readonly #reader: FramingReader;
  constructor(
    readonly framing: Framing,
    decoder: Decoder | undefined,
    readonly findings: Findings,
    readonly port: number | undefined,
  ) {
    this.#reader = new FramingReader(framing, decoder === undefined ? {} : { tableLength: tableLengths(decoder) });
  }

  #line(destination: string, key: bigint): LineTrack {
    const name = this.framing.channel === undefined ? destination : `${destination}#${key}`;
    let line = this.lines.get(name);
    if (line === undefined) {
      const requests = { packets: 0, spans: new Spans() };
      line = { name, destination, key, sessions: [], marks: new Map(), sources: new Set(), requests };
      this.lines.set(name, line);
    }
    return line;
  }

  packet(p: CapturedPayload): void {
    if (this.port !== undefined && p.destinationPort !== this.port) return;
    if (p.transport !== 'udp') {
      if (p.transport === 'file') this.records++;
      else if (p.view.byteLength > 0) this.segments++;
      return;
    }
    this.datagrams++;
    const { view } = p;
    const reader = this.#reader;
    if (view.byteLength === 0) this.findings.packet(p.number, p.destination, EMPTY_DATAGRAM);
    for (let at = 0; at < view.byteLength; ) {
      const next = reader.read(view, at, view.byteLength);
      if (next < 0) {
        this.findings.packet(p.number, p.destination, reader.problem);
        return;
      }
      this.#one(p, view);
      at = next;
    }
  }

  #one(p: CapturedPayload, view: DataView): void {
    const { packet } = this.#reader;
    const { kind, number, session } = packet;
    if (kind === 'ignore' || kind === 'unavailable') return;
    const line = this.#line(p.destination, packet.channel);
    if (line.sources.size < SOURCES) line.sources.add(p.source);
    if (packet.count > 0 && packet.body === packet.end && !isMulticast(p.destination)) {
      line.requests.packets++;
      line.requests.spans.add(packet.sequence, packet.sequence + BigInt(packet.count));
      return;
    }
    let track = line.sessions.find((s) => s.session === session);
    if (track === undefined) {
      track = {
        session,
        spans: new Spans(),
        packets: 0,
        reordered: 0,
        reached: 0n,
        firstTime: p.time,
        lastTime: p.time,
      };
      line.sessions.push(track);
    }
    track.packets++;
    track.lastTime = p.time;
    const { spans } = track;
    if (kind === 'heartbeat' || kind === 'endOfSession') {
      const reached = number === 'last' ? packet.sequence + 1n : number === 'next' ? packet.sequence : 0n;
      if (reached > track.reached && spans.list.length > 0) track.reached = reached;
      if (number !== 'numbered') return;
    }
    if (!packet.counted || this.framing.numbering === 'none') return;
    let count = 0n;
    if (this.framing.numbering === 'packet') count = 1n;
    else {
      const whole = this.#reader.messages(view, () => {
        count++;
      });
      if (!whole) this.findings.packet(p.number, p.destination, this.#reader.problem);
    }
    if (count === 0n) return;
    const begin = packet.sequence;
    if (spans.list.length > 0 && begin < spans.end) track.reordered++;
    spans.add(begin, begin + count);
    if (begin + count > track.reached) track.reached = begin + count;
    if (line.marks.size < MARKS) this.#mark(line, session, view);
  }

  #mark(line: LineTrack, session: string, view: DataView): void {
    this.#reader.messages(view, (at, length, sequence) => {
      const id = `${session}/${sequence}`;
      if (line.marks.size < MARKS && !line.marks.has(id)) line.marks.set(id, hash(view, at, length));
    });
  }
}

/** Whether `ip:port` is a group that anybody may join. */
export function isMulticast(destination: string): boolean {
  if (destination.startsWith('[')) return /^\[ff/i.test(destination);
  const first = Number(destination.split('.', 1)[0]);
  return first >= 224 && first <= 239;
}

/** Lines that carry the same messages. */
export interface Group {
  readonly lines: readonly LineTrack[];
  /** How it was found that they belong together. */
  readonly because: string;
}

/** IPv4 addresses by their number, IPv6 ones behind them by their text. */
function inOrder(a: string, b: string): number {
  if (a.startsWith('[') || b.startsWith('[')) return a < b ? -1 : a > b ? 1 : 0;
  const numeric = (destination: string): number => {
    const [ip = '', port = '0'] = destination.split(':');
    return ip.split('.').reduce((n, part) => n * 256 + Number(part), 0) * 65536 + Number(port);
  };
  return numeric(a) - numeric(b);
}

/** Whether what both lines have says the same. */
function alike(a: LineTrack, b: LineTrack): { readonly common: number; readonly same: number } {
  const [few, many] = a.marks.size < b.marks.size ? [a.marks, b.marks] : [b.marks, a.marks];
  let common = 0;
  let same = 0;
  for (const [id, mark] of few) {
    const other = many.get(id);
    if (other === undefined) continue;
    common++;
    if (other === mark) same++;
  }
  return { common, same };
}

/** Puts lines that carry the same messages together: as asked, else by numbers and contents that agree. */
export function groupLines(lines: readonly LineTrack[], pairs: readonly (readonly string[])[]): Group[] {
  const left = new Set(lines);
  const groups: Group[] = [];
  for (const pair of pairs) {
    const found = pair.flatMap((name) => [...left].filter((l) => l.name === name || l.destination === name));
    for (const line of found) left.delete(line);
    if (found.length > 0) groups.push({ lines: found, because: '--pair' });
  }
  const ordered = [...left].sort((a, b) => inOrder(a.destination, b.destination) || Number(a.key - b.key));
  for (const line of ordered) {
    if (!left.has(line)) continue;
    left.delete(line);
    const partners = ordered
      .filter((other) => left.has(other) && other.key === line.key)
      .map((other) => ({ other, ...alike(line, other) }))
      .filter(({ common, same }) => common > 0 && same >= 0.9 * common)
      .sort((a, b) => b.same - a.same);
    const best = partners[0];
    if (best === undefined) {
      groups.push({ lines: [line], because: 'no other line says the same' });
      continue;
    }
    left.delete(best.other);
    groups.push({ lines: [line, best.other], because: `${best.same} of ${best.common} numbers on both say the same` });
  }
  return groups;
}
