/** Packets and their messages, by a framing: what the native core does with the same record, for looking at captures. */
import type { Decoder } from '../layout/index.js';
import { type Framing, type FramingField, type PacketKind, textValue } from '../patterns/framing.js';

type Load = (data: DataView, at: number, end: number) => bigint | undefined;
type LoadNumber = (data: DataView, at: number, end: number) => number;

export interface FramedPacket {
  kind: PacketKind;
  /** As on the wire; 0 where the framing has no numbers. */
  sequence: bigint;
  session: string;
  /** Value of the framing's channel field. */
  channel: bigint;
  /** Messages that the header states; -1: to the end of the packet. */
  count: number;
  /** First byte of the first message, and the end of the packet. */
  body: number;
  end: number;
}

/** A framing made ready to read with; `problem` says why the last call gave nothing. */
export class Framer {
  problem = '';
  /** A rule of the framing told the kind of the last packet; otherwise it is data because nothing else was said. */
  matched = false;
  readonly packet: FramedPacket = { kind: 'data', sequence: 0n, session: '', channel: 0n, count: -1, body: 0, end: 0 };
  readonly #packetLength: LoadNumber | undefined;
  readonly #sequence: Load | undefined;
  readonly #sequenceHigh: Load | undefined;
  readonly #count: LoadNumber | undefined;
  readonly #channel: Load | undefined;
  readonly #kinds: readonly {
    readonly holds: (d: DataView, at: number, end: number) => boolean;
    readonly kind: PacketKind;
  }[];
  readonly #controls: readonly {
    readonly holds: (d: DataView, at: number, end: number) => boolean;
    readonly counted: boolean;
  }[];
  readonly #messageLength: LoadNumber | undefined;

  constructor(
    readonly framing: Framing,
    readonly decoder: Decoder,
  ) {
    const f = framing;
    const load = (x: FramingField | undefined) => (x === undefined ? undefined : loader(x, f.byteOrder));
    const number = (x: FramingField | undefined) => (x === undefined ? undefined : numberLoader(x, f.byteOrder));
    this.#packetLength = number(f.packetLength);
    this.#sequence = load(f.sequence);
    this.#sequenceHigh = load(f.sequenceHigh);
    this.#count = number(f.count);
    this.#channel = load(f.channel);
    this.#messageLength = f.message.lengthFrom === 'field' ? number(f.message.length) : undefined;
    type Condition = { readonly equals: number | string };
    const condition = (place: FramingField, { equals }: Condition) => {
      const text = typeof equals === 'string';
      const value = text ? textValue(equals.padEnd(place.size)) : BigInt(equals);
      const read = loader(text ? { ...place, byteOrder: 'big' } : place, f.byteOrder);
      return (d: DataView, at: number, end: number) => read(d, at, end) === value;
    };
    this.#kinds = f.kinds.map((k) => {
      const place = (k.when.field === undefined ? k.when : f[k.when.field]) as FramingField;
      const first = condition(k.when.bits === undefined ? place : { ...place, bits: k.when.bits }, k.when);
      const also = (k as { and?: FramingField & Condition }).and;
      const second = also && condition(also, also);
      return { kind: k.is, holds: second ? (d, at, end) => first(d, at, end) && second(d, at, end) : first };
    });
    this.#controls = f.controls.map((c) => ({ holds: condition(c.when as FramingField, c.when), counted: c.counted }));
  }

  /** Bytes of the packet at the front of a stream; 0: more are needed; -1: this is no packet. */
  streamSize(data: DataView, at: number, end: number): number {
    const f = this.framing;
    if (f.packetLength === undefined || this.#packetLength === undefined) return -1;
    if (at + f.packetLength.offset + f.packetLength.size > end) return 0;
    const size = this.#packetLength(data, at, end) + f.packetLength.excludes;
    return size < f.shortestPacket || size <= 0 || size > 1 << 20 ? -1 : size;
  }

  /** Reads the packet at `at` into `packet`; returns where the next one begins, -1 when this is none (see `problem`). */
  read(data: DataView, at: number, end: number): number {
    const f = this.framing;
    const p = this.packet;
    if (end - at < f.shortestPacket) return this.#fail(`${end - at} bytes are too few for a packet of ${f.id}`);
    let packetEnd = end;
    let next = end;
    if (this.#packetLength !== undefined && f.packetLength !== undefined) {
      const size = this.#packetLength(data, at, end) + f.packetLength.excludes;
      if (size < f.shortestPacket || size > end - at) {
        return this.#fail(`the header states ${size} bytes, there are ${end - at}`);
      }
      packetEnd = at + size;
      if (f.manyPackets) next = packetEnd;
    }
    p.kind = 'data';
    this.matched = false;
    p.sequence = this.#sequence?.(data, at, packetEnd) ?? 0n;
    if (this.#sequenceHigh) p.sequence |= (this.#sequenceHigh(data, at, packetEnd) ?? 0n) << 32n;
    p.channel = this.#channel?.(data, at, packetEnd) ?? 0n;
    p.count = this.#count?.(data, at, packetEnd) ?? -1;
    p.body = Math.min(at + f.headerLength, packetEnd);
    p.end = packetEnd;
    for (const k of this.#kinds) {
      if (!k.holds(data, at, packetEnd)) continue;
      p.kind = k.kind;
      this.matched = true;
      return next;
    }
    if (f.zeroIsUnsequenced && p.sequence === 0n) p.kind = 'unsequenced';
    return next;
  }

  /** The session of the packet at `at`, as text. */
  session(data: DataView, at: number): string {
    const s = this.framing.session;
    if (s === undefined) return '';
    if (s.type === 'uint')
      return String(loader(s as FramingField, this.framing.byteOrder)(data, at, data.byteLength) ?? 0n);
    return Buffer.from(data.buffer, data.byteOffset + at, s.size)
      .toString('latin1')
      .replaceAll('\0', '')
      .trim();
  }

  /**
   * Calls `message` with offset, length and sequence of each message of the packet that was read. False when the packet
   * does not hold what it states (see `problem`).
   */
  messages(data: DataView, message: (at: number, length: number, sequence: bigint) => void): boolean {
    const f = this.framing;
    const m = f.message;
    const { kind, end, count, body } = this.packet;
    if (kind === 'ignore' || kind === 'unavailable') return true;
    if (kind === 'compressed') {
      this.problem = 'the packet is compressed';
      return false;
    }
    const around = m.prefix + m.trailer;
    const counted = kind !== 'unsequenced' && f.numbering !== 'none';
    let sequence = counted ? this.packet.sequence : 0n;
    const idle = kind !== 'data' && kind !== 'unsequenced';
    let at = body;
    for (let i = 0; at < end && (count < 0 || i < count); i++) {
      let step: number;
      switch (m.lengthFrom) {
        case 'field':
          step = (this.#messageLength as LoadNumber)(data, at, end);
          if (step < 0) return this.#short(i, 'its length is cut off');
          step += m.length?.excludes ?? 0;
          break;
        case 'delimiter': {
          let hit = at;
          while (hit < end && data.getUint8(hit) !== m.delimiter) hit++;
          if (hit === end) return this.#short(i, 'it has no end');
          step = hit + 1 - at;
          break;
        }
        case 'table': {
          const index = this.decoder.messageIndex(data, at + m.prefix, end - at - m.prefix);
          const plan = index < 0 ? undefined : this.decoder.plan(index);
          step = plan === undefined || plan.minLength !== plan.maxLength ? end - at : plan.minLength + around;
          break;
        }
        default:
          step = end - at;
      }
      if (step < around || step === 0) return this.#short(i, `it states ${step} bytes`);
      if (at + step > end) return this.#short(i, `it states ${step} bytes, ${end - at} are left`);
      const first = at + m.prefix;
      let takes = true;
      for (const c of this.#controls) {
        if (!c.holds(data, first, at + step)) continue;
        takes = c.counted;
        break;
      }
      message(first, step - around, takes ? sequence : 0n);
      if (counted && takes && f.numbering === 'message') sequence++;
      at += m.align > 1 ? Math.ceil(step / m.align) * m.align : step;
      if (count > 0 && !idle && i + 1 < count && at >= end) {
        this.problem = `the header states ${count} messages, there are ${i + 1}`;
        return false;
      }
    }
    return true;
  }

  #short(i: number, what: string): boolean {
    this.problem = `message ${i + 1} of the packet: ${what}`;
    return false;
  }
  #fail(problem: string): number {
    this.problem = problem;
    return -1;
  }
}

function loader(f: FramingField, order: 'big' | 'little'): Load {
  const { offset, size } = f;
  const big = (f.byteOrder ?? order) === 'big';
  if (f.type === 'digits') {
    return (d, at, end) => {
      if (at + offset + size > end) return undefined;
      let value = 0n;
      for (let i = 0; i < size; i++) {
        const c = d.getUint8(at + offset + i) - 48;
        if (c >= 0 && c <= 9) value = value * 10n + BigInt(c);
      }
      return value;
    };
  }
  const shift = BigInt(f.bits?.[0] ?? 0);
  const mask = f.bits === undefined ? undefined : (1n << BigInt(f.bits[1])) - 1n;
  const whole: Load =
    size === 8
      ? (d, at, end) => (at + offset + 8 > end ? undefined : d.getBigUint64(at + offset, !big))
      : (d, at, end) => {
          if (at + offset + size > end) return undefined;
          let value = 0;
          if (size <= 6) {
            for (let i = 0; i < size; i++) value = value * 256 + d.getUint8(at + offset + (big ? i : size - 1 - i));
            return BigInt(value);
          }
          let wide = 0n;
          for (let i = 0; i < size; i++)
            wide = (wide << 8n) | BigInt(d.getUint8(at + offset + (big ? i : size - 1 - i)));
          return wide;
        };
  if (mask === undefined) return whole;
  return (d, at, end) => {
    const v = whole(d, at, end);
    return v === undefined ? undefined : (v >> shift) & mask;
  };
}

/** As `loader`, for values that fit a number; -1 when the bytes are not there. */
function numberLoader(f: FramingField, order: 'big' | 'little'): LoadNumber {
  const little = (f.byteOrder ?? order) === 'little';
  const { offset, size } = f;
  if (f.type !== 'digits' && f.bits === undefined) {
    if (size === 1) return (d, at, end) => (at + offset + 1 > end ? -1 : d.getUint8(at + offset));
    if (size === 2) return (d, at, end) => (at + offset + 2 > end ? -1 : d.getUint16(at + offset, little));
    if (size === 4) return (d, at, end) => (at + offset + 4 > end ? -1 : d.getUint32(at + offset, little));
  }
  const load = loader(f, order);
  return (d, at, end) => Number(load(d, at, end) ?? -1n);
}
