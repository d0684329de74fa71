/**
 * A venue's day: what it says, number by number, over sessions, resets and jumps, and when. Positions count from 0 over the
 * whole day; wire numbers are what packets carry.
 */
import { type Decoder, encode } from '../../layout/index.js';
import { type Framing, type PacketKind, textValue } from '../../patterns/framing.js';
import { sampleMessage } from '../message-sampler.js';
import { sampleOrder } from '../order-sampler.js';
import type { PacketWriter } from '../packet-writer.js';
import type { Random } from '../random.js';
import type { FeedModel } from './model.js';

/** What one number counts: one message, or (where packets are numbered) the messages of one packet. */
export type Unit = readonly Uint8Array[];

/** Where the numbering breaks off. */
export interface Break {
  /** The first position after it. */
  readonly at: number;
  /**
   * A new session; the numbers of the same session again from the first, as the feed says it (`reset`) or without a word
   * (`restart`); or a leap to a higher number (`jump`).
   */
  readonly kind: 'session' | 'reset' | 'restart' | 'jump';
  /** `session`: the old one is ended with a packet that says so, where there is one. Default true. */
  readonly ended?: boolean;
  /** `jump`: numbers that are left out and never were. */
  readonly by?: number;
  /** Quiet time before it. Default 1 ms. */
  readonly quietNs?: number;
}

export interface DayPlan {
  readonly numbers: number;
  readonly intervalNs?: number;
  /** So many numbers before the highest that the framing can write, where it wraps. */
  readonly beforeWrap?: number;
  readonly breaks?: readonly Break[];
  readonly pauses?: readonly { readonly after: number; readonly ns: number }[];
  /** The venue ends its session at the end of the day (default), or goes on with heartbeats. */
  readonly ends?: boolean;
}

/** Positions [from, to) that are numbered in one go. */
export interface Segment {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  /** Wire number of `from`. */
  readonly first: bigint;
  readonly session: bigint | string;
  readonly begins: 'start' | 'session' | 'reset' | 'restart' | 'jump';
  readonly ended: boolean;
}

export const START_NS = 10_000_000;
const LONGEST = 1_000;
/** Share of the messages that make books among those that could. */
const ORDERLY = 0.8;
const TRIES = 8;

/** Messages to choose from, made once for a venue. */
export class MessagePool {
  readonly messages: readonly Uint8Array[];
  readonly #controls = new Map<number, Uint8Array>();

  constructor(
    readonly decoder: Decoder,
    readonly writer: PacketWriter,
    readonly model: FeedModel,
    random: Random,
    size = 256,
  ) {
    const names = decoder.names.filter((n) => !model.without?.includes(n));
    const orders = random.fork('orders');
    const out: Uint8Array[] = [];
    for (let i = 0; out.length < size && i < size * 4; i++) {
      const name = names[i % names.length] as string;
      const message = writer.normalise(sampleMessage(decoder, name, random));
      if (message.length > LONGEST || message.length === 0 || this.#steers(message)) continue;
      out.push(this.#orderly(name, message.length, orders) ?? message);
    }
    this.messages = out;
  }

  /** A message of that name and length that makes books, mostly; undefined where there is none. */
  #orderly(name: string, length: number, random: Random): Uint8Array | undefined {
    if (this.decoder.events?.messages[name] === undefined || random.chance(1 - ORDERLY)) return undefined;
    for (let i = 0; i < TRIES; i++) {
      const message = this.writer.normalise(sampleOrder(this.decoder, name, random));
      if (message.length === length && !this.#steers(message)) return message;
    }
    return undefined;
  }

  #steers(message: Uint8Array): boolean {
    return this.writer.framing.controls.some((c) => holds(message, c.when, this.writer.framing.byteOrder));
  }

  /** The control message of that kind, saying that `next` comes next; undefined: the framing has none. */
  control(
    kind: PacketKind,
    next: bigint,
    last?: bigint,
  ): { readonly bytes: Uint8Array; readonly rule: Framing['controls'][number] } | undefined {
    const { framing } = this.writer;
    const at = framing.controls.findIndex((c) => c.is === kind);
    const rule = framing.controls[at];
    if (rule === undefined) return undefined;
    const made = this.model.control?.(kind, next);
    if (made !== undefined) return { bytes: made, rule };
    let template = this.#controls.get(at);
    if (template === undefined) {
      template = this.#find(rule);
      this.#controls.set(at, template);
    }
    const bytes = template.slice();
    if (rule.next !== undefined) this.writer.put(bytes, rule.next, next);
    if (rule.last !== undefined && last !== undefined) this.writer.put(bytes, rule.last, last);
    return { bytes, rule };
  }

  #find(rule: Framing['controls'][number]): Uint8Array {
    const { framing } = this.writer;
    for (const name of this.decoder.names) {
      const bytes = this.writer.normalise(encode(this.decoder, name, {}));
      if (holds(bytes, rule.when, framing.byteOrder)) return bytes;
    }
    // The table does not know it: its type and room for what it says.
    const size = Math.max(...[rule.when, rule.next, rule.last].map((p) => (p === undefined ? 0 : p.offset + p.size)));
    const bytes = new Uint8Array(size);
    const text = typeof rule.when.equals === 'string';
    const value = text ? textValue(String(rule.when.equals).padEnd(rule.when.size)) : BigInt(rule.when.equals);
    this.writer.put(bytes, text ? { ...rule.when, byteOrder: 'big' } : rule.when, value);
    return this.writer.normalise(bytes);
  }
}

type Condition = Framing['controls'][number]['when'];

/** Whether the field says what the rule wants. */
function holds(bytes: Uint8Array, when: Condition, order: 'big' | 'little'): boolean {
  if (when.offset + when.size > bytes.length) return false;
  const text = typeof when.equals === 'string';
  const big = text || (when.byteOrder ?? order) === 'big';
  let value = 0n;
  for (let i = 0; i < when.size; i++) {
    value = (value << 8n) | BigInt(bytes[when.offset + (big ? i : when.size - 1 - i)] ?? 0);
  }
  if (when.bits !== undefined) value = (value >> BigInt(when.bits[0])) & ((1n << BigInt(when.bits[1])) - 1n);
  return value === (text ? textValue(String(when.equals).padEnd(when.size)) : BigInt(when.equals));
}

/** How a feed says that its numbers begin again: by a message that takes a number or not, or by a mark in the header. */
export type ResetStyle = 'counted' | 'uncounted' | 'mark' | undefined;

export function resetStyle(framing: Framing): ResetStyle {
  if (framing.kinds.some((k) => k.is === 'reset')) return 'mark';
  const control = framing.controls.find((c) => c.is === 'reset');
  return control === undefined ? undefined : control.counted ? 'counted' : 'uncounted';
}

export class Day {
  readonly units: Unit[] = [];
  /** When each position is published. */
  readonly times: number[] = [];
  readonly segments: Segment[] = [];
  readonly framing: Framing;
  /** Other bytes that a position may be delivered with, where what is sent again is marked. */
  readonly variants?: ReadonlyMap<number, readonly Uint8Array[]>;
  readonly #wf: bigint;
  /** Numbers before they begin again; 0: they never do. */
  readonly #period: bigint;
  readonly #never = new Set<number>();

  constructor(
    readonly plan: DayPlan,
    readonly pool: MessagePool,
    random: Random,
  ) {
    this.framing = pool.writer.framing;
    this.#wf = BigInt(this.framing.wrap.first);
    const max = BigInt(this.framing.wrap.max);
    this.#period = max === 0xffff_ffff_ffff_ffffn ? 0n : max - this.#wf + 1n;
    const given = pool.model.messages?.(random.fork('messages'), plan.numbers);
    const byPacket = this.framing.numbering === 'packet';
    const breaks = plan.breaks ?? [];
    const at = new Map(breaks.map((b) => [b.at, b]));
    const intervalNs = plan.intervalNs ?? 20_000;
    let time = START_NS;
    let segment = this.#open('start', 0, this.#firstNumber(), 0, true);
    for (let i = 0; i < plan.numbers; i++) {
      const b = at.get(this.units.length);
      if (b !== undefined && b.kind === 'jump') {
        for (let n = b.by ?? 50; n > 0; n--) {
          this.#never.add(this.units.length);
          this.units.push([]);
          this.times.push(time);
        }
      } else if (b !== undefined && this.units.length > 0) {
        time += b.quietNs ?? 1_000_000;
        segment = this.#open(b.kind, this.units.length, this.#wf, segment.index + 1, b.ended ?? true);
        if (b.kind === 'reset' && resetStyle(this.framing) === 'counted') {
          const control = pool.control('reset', segment.first);
          if (control !== undefined) {
            this.units.push([control.bytes]);
            this.times.push(time);
            time += intervalNs;
            continue;
          }
        }
      }
      const many = byPacket ? 1 + random.below(3) : 1;
      const unit: Uint8Array[] = [];
      for (let k = 0; k < many; k++) unit.push(given?.[i] ?? random.pick(pool.messages));
      this.units.push(unit);
      this.times.push(time);
      time += intervalNs;
      for (const p of plan.pauses ?? []) if (p.after === this.units.length - 1) time += p.ns;
    }
    this.#close();
  }

  #firstNumber(): bigint {
    const before = this.plan.beforeWrap;
    if (before === undefined || this.#period === 0n) return this.#wf;
    return BigInt(this.framing.wrap.max) - BigInt(before) + 1n;
  }

  #open(begins: Segment['begins'], from: number, first: bigint, index: number, ended: boolean): Segment {
    this.#close();
    const sessions = this.segments.filter((s) => s.begins === 'session').length + (begins === 'session' ? 1 : 0);
    const segment = { index, from, to: from, first, session: this.sessionValue(sessions), begins, ended };
    this.segments.push(segment);
    return segment;
  }

  #close(): void {
    const last = this.segments.pop();
    if (last !== undefined) this.segments.push({ ...last, to: this.units.length });
  }

  /** Value of the header's session field in the n-th session of the day. */
  sessionValue(n: number): bigint | string {
    const s = this.framing.session;
    if (s === undefined) return 0n;
    if (s.type === 'uint') return BigInt(1 + n);
    return `S${String(1 + n).padStart(Math.min(s.size - 1, 9), '0')}`;
  }

  get end(): number {
    return this.units.length;
  }
  get endNs(): number {
    return (this.times[this.end - 1] ?? START_NS) + 1;
  }
  /** Numbers that the venue left out: nobody ever had them. */
  never(position: number): boolean {
    return this.#never.has(position);
  }

  segmentOf(position: number): Segment {
    const s = this.segments;
    let i = s.length - 1;
    while (i > 0 && (s[i] as Segment).from > position) i--;
    return s[i] as Segment;
  }

  wire(position: number, segment = this.segmentOf(position)): bigint {
    const number = segment.first + BigInt(position - segment.from);
    if (this.#period === 0n) return number;
    return ((((number - this.#wf) % this.#period) + this.#period) % this.#period) + this.#wf;
  }

  /** The position that a wire number means in a segment; may lie outside of it. */
  position(wire: bigint, segment: Segment): number {
    let offset = wire - segment.first;
    if (this.#period !== 0n) {
      offset = ((offset % this.#period) + this.#period) % this.#period;
      if (offset > this.#period / 2n) offset -= this.#period;
    }
    return segment.from + Number(offset);
  }

  /** One past the last position that every line has carried at that time. */
  publishedAt(nowNs: number): number {
    let low = 0;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.times[middle] as number) < nowNs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Bytes that a position's messages take in a packet. */
  size(position: number, writer: PacketWriter): number {
    return (this.units[position] ?? []).reduce((n, m) => n + writer.step(m.length), 0);
  }

  /** The packets that carry [begin, end), each as large as may be. `use`: how they are marked. */
  packets(
    writer: PacketWriter,
    begin: number,
    end: number,
    options: {
      readonly use?: string;
      readonly bytes?: number;
      readonly most?: number;
      readonly session?: bigint | string;
      readonly timeNs?: number;
    } = {},
  ): Uint8Array[] {
    const { framing } = writer;
    const byPacket = framing.numbering === 'packet';
    const most = Math.max(1, byPacket ? 1 : Math.min(options.most ?? 1_000, writer.countMax));
    const room = (options.bytes ?? 1_400) - framing.headerLength;
    const out: Uint8Array[] = [];
    for (let at = begin; at < end; ) {
      if (this.never(at)) {
        at++;
        continue;
      }
      const segment = this.segmentOf(at);
      const messages: Uint8Array[] = [];
      let bytes = 0;
      let to = at;
      while (to < end && to < segment.to && to - at < most && !this.never(to)) {
        const size = this.size(to, writer);
        if (to > at && (bytes + size > room || this.alone(to))) break;
        bytes += size;
        messages.push(...(this.units[to] as Unit));
        to++;
        if (this.alone(to - 1)) break;
      }
      const mark = resetStyle(framing) === 'mark' && segment.begins === 'reset' && at === segment.from;
      const head = {
        sequence: this.wire(at, segment),
        session: options.session ?? segment.session,
        timeNs: options.timeNs ?? this.times[to - 1] ?? 0,
      };
      out.push(
        writer.packet(messages, head, options.use ?? 'data', mark && options.use === undefined ? 'reset' : 'data'),
      );
      at = to;
    }
    return out;
  }

  /** Positions that have a packet of their own: what marks or says a reset. */
  alone(position: number): boolean {
    const segment = this.segmentOf(position);
    return segment.begins === 'reset' && position === segment.from && resetStyle(this.framing) !== 'uncounted';
  }
}
