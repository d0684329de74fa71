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

/** Everything that the live lines carry. */
export function schedule(
  day: Day,
  writer: PacketWriter,
  model: FeedModel,
  random: Random,
  options: LinesOptions,
): Schedule {
  const out: Scheduled[] = [];
  const { framing } = writer;
  const style = resetStyle(framing);
  const small = framing.message.lengthFrom === 'packet' && framing.numbering === 'message';
  const most = model.packetMessages ?? 12;
  for (let line = 0; line < options.lines; line++) {
    const r = random.fork(`line ${line}`);
    let lastNs = 0;
    const put = (timeNs: number, bytes: Uint8Array): void => {
      lastNs = Math.max(lastNs, timeNs);
      out.push({ timeNs: lastNs, line, bytes });
    };
    for (const segment of day.segments) {
      const startNs = day.times[segment.from] as number;
      if (segment.begins === 'reset' && style === 'uncounted') {
        const control = day.pool.control('reset', segment.first);
        // Its own number is not to be looked at.
        if (control !== undefined) {
          const packet = writer.packet(
            [control.bytes],
            { sequence: framing.zeroIsUnsequenced ? 1n : 0n, session: segment.session, timeNs: startNs },
            'reset',
          );
          put(startNs - 1_000, packet);
        }
      }
      for (let at = segment.from; at < segment.to; ) {
        if (day.never(at)) {
          at++;
          continue;
        }
        // A quiet time is filled with heartbeats.
        const due = day.times[at] as number;
        for (let t = lastNs + options.heartbeatNs; lastNs > 0 && t < due; t += options.heartbeatNs) {
          const beat = heartbeat(day, writer, at, segment, t);
          if (beat !== undefined) put(t, beat);
          else break;
        }
        let to = at + 1;
        const wanted = framing.numbering === 'packet' || day.alone(at) ? 1 : 1 + r.below(most);
        let bytes = day.size(at, writer);
        const room = 1_400 - framing.headerLength;
        while (
          to < segment.to &&
          to - at < Math.min(wanted, small ? wanted : writer.countMax) &&
          !day.never(to) &&
          !day.alone(to) &&
          (day.times[to] as number) - (day.times[to - 1] as number) < 1_000_000 &&
          bytes + day.size(to, writer) <= room
        ) {
          bytes += day.size(to, writer) + (small ? framing.headerLength : 0);
          to++;
        }
        put(day.times[to - 1] as number, together(day.packets(writer, at, to)));
        at = to;
      }
      const last = segment === day.segments.at(-1);
      const ends = last
        ? day.plan.ends !== false
        : segment.ended && day.segments[segment.index + 1]?.begins === 'session';
      const next = day.segments[segment.index + 1];
      const until = next === undefined ? Number.POSITIVE_INFINITY : (day.times[next.from] as number);
      for (let i = 0; i < (options.trailers ?? 3); i++) {
        const gapNs = last ? (i === 0 ? 20_000 : options.heartbeatNs) : 20_000;
        const t = lastNs + gapNs;
        if (t >= until) break;
        if (ends && writer.has('endOfSession')) {
          const previous = day.wire(segment.to - 1, segment);
          put(
            t,
            writer.idle('endOfSession', day.wire(segment.to, segment), previous, {
              session: segment.session,
              timeNs: t,
            }),
          );
        } else if (last) {
          const beat = heartbeat(day, writer, segment.to, segment, t);
          if (beat !== undefined) put(t, beat);
        }
      }
    }
  }
  if (options.stragglers) {
    const reset = day.segments.find((s) => s.begins === 'reset');
    if (reset !== undefined) {
      const from = Math.max(0, reset.from - options.stragglers);
      const line = options.lines - 1;
      const session = day.segmentOf(from).session;
      day.packets(writer, from, reset.from, { session }).forEach((bytes, i) => {
        out.push({ timeNs: (day.times[reset.from] as number) + 50_000 + i * 20_000, line, bytes });
      });
    }
  }
  out.push(...(options.foreign ?? []));
  return new Schedule(out.sort((a, b) => a.timeNs - b.timeNs || a.line - b.line));
}
