/** What a day looks like on the lines: packets, heartbeats, resets and ends, each line with packets of its own sizes. */

import type { PacketWriter } from '../packet-writer.js';
import { together } from '../packet-writer.js';
import type { Random } from '../random.js';
import type { Day, Segment } from './day.js';
import { resetStyle } from './day.js';
import type { FeedModel } from './model.js';

export interface Scheduled {
  readonly timeNs: number;
  readonly line: number;
  readonly bytes: Uint8Array;
}

/** Packets in the order of their time, as the simulated network takes them. */
export class Schedule {
  #at = 0;
  constructor(readonly packets: readonly Scheduled[]) {}
  get dueNs(): number {
    return this.packets[this.#at]?.timeNs ?? Number.POSITIVE_INFINITY;
  }
  tick(nowNs: number, emit: (line: number, bytes: Uint8Array, timeNs: number) => void): void {
    for (let p = this.packets[this.#at]; p !== undefined && p.timeNs <= nowNs; p = this.packets[this.#at]) {
      this.#at++;
      emit(p.line, p.bytes, p.timeNs);
    }
  }
}

export interface LinesOptions {
  readonly lines: number;
  readonly heartbeatNs: number;
  /** End-of-session packets, or heartbeats after the end. */
  readonly trailers?: number;
  /** Packets of a sender that has not noticed a reset: that many of the old ones follow it on the last line. */
  readonly stragglers?: number;
  /** Packets that somebody else sends to the first line's group. */
  readonly foreign?: readonly Scheduled[];
}

/** An idle packet, by the header or by a control message; undefined: the feed has none. */
export function heartbeat(
  day: Day,
  writer: PacketWriter,
  position: number,
  segment: Segment,
  timeNs: number,
): Uint8Array | undefined {
  const head = { session: segment.session, timeNs };
  const next = day.wire(position, segment);
  const previous = position > segment.from ? day.wire(position - 1, segment) : next - 1n;
  if (writer.has('heartbeat')) {
    const rule = writer.framing.kinds.find((k) => k.is === 'heartbeat');
    if (rule?.number === 'numbered' || (rule?.number === 'last' && previous < 0n)) return undefined;
    return writer.idle('heartbeat', next, previous, head);
  }
  const control = day.pool.control('heartbeat', next);
  if (control === undefined || control.rule.counted) return undefined;
  if (control.rule.number === 'last' && position === segment.from) return undefined;
  const sequence = control.rule.next !== undefined ? 0n : control.rule.number === 'last' ? previous : next;
  return writer.packet([control.bytes], { ...head, sequence }, 'heartbeat');
}

/** Messages of a packet, unless the venue's model says otherwise. */
const MOST_MESSAGES = 12;
/** Payload of a packet that no router cuts. */
const PACKET_BYTES = 1_400;
/** Messages farther apart than this do not share a packet. */
const SAME_PACKET_NS = 1_000_000;
const TRAILERS = 3;
/** Time from the last packet of a session to the word that it has ended. */
const TRAILER_NS = 20_000;

/** Everything that the live lines carry. */
export function schedule(
  day: Day,
  writer: PacketWriter,
  model: FeedModel,
  random: Random,
  options: LinesOptions,
): Schedule {
  const out: Scheduled[] = [];
  for (let line = 0; line < options.lines; line++) {
    new LineWriter(day, writer, model, random.fork(`line ${line}`), options, line, out).write();
  }
  if (options.stragglers) out.push(...stragglers(day, writer, options.stragglers, options.lines - 1));
  out.push(...(options.foreign ?? []));
  return new Schedule(out.sort((a, b) => a.timeNs - b.timeNs || a.line - b.line));
}

/** A sender that has not noticed a reset goes on for a while. */
function stragglers(day: Day, writer: PacketWriter, count: number, line: number): Scheduled[] {
  const reset = day.segments.find((s) => s.begins === 'reset');
  if (reset === undefined) return [];
  const from = Math.max(0, reset.from - count);
  const { session } = day.segmentOf(from);
  return day.packets(writer, from, reset.from, { session }).map((bytes, i) => ({
    timeNs: (day.times[reset.from] as number) + 50_000 + i * 20_000,
    line,
    bytes,
  }));
}

/** One line's packets of the day: it cuts them as it likes. */
class LineWriter {
  #lastNs = 0;
  /** A packet has one message, and its length: several packets make a datagram. */
  readonly #small: boolean;

  constructor(
    readonly day: Day,
    readonly writer: PacketWriter,
    readonly model: FeedModel,
    readonly random: Random,
    readonly options: LinesOptions,
    readonly line: number,
    readonly out: Scheduled[],
  ) {
    const { framing } = writer;
    this.#small = framing.message.lengthFrom === 'packet' && framing.numbering === 'message';
  }

  write(): void {
    const { day } = this;
    for (const segment of day.segments) {
      this.#reset(segment);
      for (let at = segment.from; at < segment.to; ) {
        if (day.never(at)) {
          at++;
          continue;
        }
        this.#beatUntil(day.times[at] as number, at, segment);
        const to = this.#endOfPacket(at, segment);
        this.#put(day.times[to - 1] as number, together(day.packets(this.writer, at, to)));
        at = to;
      }
      this.#trailers(segment);
    }
  }

  #put(timeNs: number, bytes: Uint8Array): void {
    this.#lastNs = Math.max(this.#lastNs, timeNs);
    this.out.push({ timeNs: this.#lastNs, line: this.line, bytes });
  }

  /** Says that numbers begin again, where that has no number itself. */
  #reset(segment: Segment): void {
    const { day, writer } = this;
    if (segment.begins !== 'reset' || resetStyle(writer.framing) !== 'uncounted') return;
    const control = day.pool.control('reset', segment.first);
    if (control === undefined) return;
    const timeNs = day.times[segment.from] as number;
    // Its own number is not to be looked at.
    const sequence = writer.framing.zeroIsUnsequenced ? 1n : 0n;
    const packet = writer.packet([control.bytes], { sequence, session: segment.session, timeNs }, 'reset');
    this.#put(timeNs - 1_000, packet);
  }

  /** A quiet time is filled with heartbeats. */
  #beatUntil(due: number, at: number, segment: Segment): void {
    const { heartbeatNs } = this.options;
    if (this.#lastNs === 0) return;
    for (let t = this.#lastNs + heartbeatNs; t < due; t += heartbeatNs) {
      const beat = heartbeat(this.day, this.writer, at, segment, t);
      if (beat === undefined) break;
      this.#put(t, beat);
    }
  }

  /** Where the packet that begins at a position ends. */
  #endOfPacket(at: number, segment: Segment): number {
    const { day, writer } = this;
    const { framing } = writer;
    const most = this.model.packetMessages ?? MOST_MESSAGES;
    const wanted = framing.numbering === 'packet' || day.alone(at) ? 1 : 1 + this.random.below(most);
    const count = Math.min(wanted, this.#small ? wanted : writer.countMax);
    const room = PACKET_BYTES - framing.headerLength;
    let bytes = day.size(at, writer);
    let to = at + 1;
    while (
      to < segment.to &&
      to - at < count &&
      !day.never(to) &&
      !day.alone(to) &&
      (day.times[to] as number) - (day.times[to - 1] as number) < SAME_PACKET_NS &&
      bytes + day.size(to, writer) <= room
    ) {
      bytes += day.size(to, writer) + (this.#small ? framing.headerLength : 0);
      to++;
    }
    return to;
  }

  /** What follows the last message of a session: its end is told, or the line is idle. */
  #trailers(segment: Segment): void {
    const { day, writer, options } = this;
    const next = day.segments[segment.index + 1];
    const ends = next === undefined ? day.plan.ends !== false : segment.ended && next.begins === 'session';
    const until = next === undefined ? Number.POSITIVE_INFINITY : (day.times[next.from] as number);
    for (let i = 0; i < (options.trailers ?? TRAILERS); i++) {
      const timeNs = this.#lastNs + (next === undefined && i > 0 ? options.heartbeatNs : TRAILER_NS);
      if (timeNs >= until) break;
      if (ends && writer.has('endOfSession')) {
        const previous = day.wire(segment.to - 1, segment);
        const head = { session: segment.session, timeNs };
        this.#put(timeNs, writer.idle('endOfSession', day.wire(segment.to, segment), previous, head));
      } else if (next === undefined) {
        const beat = heartbeat(day, writer, segment.to, segment, timeNs);
        if (beat !== undefined) this.#put(timeNs, beat);
      }
    }
  }
}
