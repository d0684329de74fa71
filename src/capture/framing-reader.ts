/**
 * Reads packets by a framing, in TypeScript: a second execution of the records that the native core executes, without the
 * addon. What it gives is what the core gives; what is malformed is told, never thrown.
 */
import { createViews, type Decoder, type View, walk } from '../layout/index.js';
import {
  type Framing,
  type FramingField,
  type NumberMeaning,
  type PacketKind,
  textValue,
} from '../patterns/framing.js';
import { findTag, fixSize, fixSum, fixTrailer, tagNumber, tagText } from './fix-framing.js';

/** The header of the packet that was read. Offsets count from the first byte of the data. */
export interface PacketHeader {
  kind: PacketKind;
  /** What `sequence` says in a packet without numbered messages. */
  number: NumberMeaning;
  /** The session as text, without padding; a number in decimal digits; empty where the framing has none. */
  session: string;
  /** Number of the first message, or of the packet; 0 where the framing has none. */
  sequence: bigint;
  /** Value of the channel field; 0 where the framing has none. */
  channel: bigint;
  /** Messages that the header states; -1: as many as there are. */
  count: number;
  /** When the venue sent it, in ns since 1970; 0 where the framing does not say. */
  sendTime: bigint;
  /** false: its messages take no numbers. */
  counted: boolean;
  /** The header states more bytes than there are: its whole messages are read, the others are missing. */
  cut: boolean;
  begin: number;
  /** First byte of the first message, prefix included. */
  body: number;
  end: number;
}

/** Offset and length of one message without prefix and trailer, and its number (0: none). */
export type MessageVisitor = (at: number, length: number, sequence: bigint) => void;

export interface ReaderOptions {
  /**
   * Bytes of the message at `at`, of which at most `length` follow, for framings whose message length comes from the
   * table; negative: unknown, the message then goes to the packet's end.
   */
  readonly tableLength?: (data: DataView, at: number, length: number) => number;
  /** Longest packet of a stream; default 1 MiB. */
  readonly packetBytesMax?: number;
}

/** Reads a field of the packet or message that is from `at` to `end`; what is found by a tag is looked for up to there. */
type Load<T> = (data: DataView, at: number, end: number) => T;
/** Whether the field is there and has its value. */
type Rule = Load<boolean>;
interface KindRule {
  readonly rules: readonly Rule[];
  readonly kind: PacketKind;
  readonly number: NumberMeaning;
}

/** A datagram without a byte holds no packet of any framing: it is told and counted. */
export const EMPTY_DATAGRAM = 'the datagram is empty';

/** A framing made ready to read with. One reader reads one packet at a time; nothing is allocated per message. */
export class FramingReader {
  /** Why the last call gave nothing. */
  problem = '';
  readonly packet: PacketHeader = {
    kind: 'data',
    number: 'none',
    session: '',
    sequence: 0n,
    channel: 0n,
    count: -1,
    sendTime: 0n,
    counted: true,
    cut: false,
    begin: 0,
    body: 0,
    end: 0,
  };
  readonly #packetLength: Load<number> | undefined;
  readonly #sequence: Load<bigint> | undefined;
  readonly #sequenceHigh: Load<bigint> | undefined;
  readonly #count: Load<number> | undefined;
  readonly #channel: Load<bigint> | undefined;
  readonly #sendTime: Load<bigint> | undefined;
  readonly #sendNanos: Load<bigint> | undefined;
  readonly #session: Load<string> | undefined;
  readonly #kinds: readonly KindRule[];
  readonly #controls: readonly (KindRule & {
    readonly counted: boolean;
    readonly next: Load<bigint> | undefined;
    readonly nextEnd: number;
  })[];
  readonly #messageLength: Load<number> | undefined;
  readonly #wrapMax: bigint;
  readonly #wrapFirst: bigint;

  constructor(
    readonly framing: Framing,
    readonly options: ReaderOptions = {},
  ) {
    const f = framing;
    const order = f.byteOrder;
    const wide = (x: FramingField | undefined) => (x === undefined ? undefined : loadWide(x, order));
    const narrow = (x: FramingField | undefined) => (x === undefined ? undefined : loadNumber(x, order));
    const rule = (place: FramingField & { readonly tag?: number | undefined }, equals: number | string): Rule => {
      const text = typeof equals === 'string';
      if (place.tag !== undefined) {
        const { tag } = place;
        const value = text ? textValue(equals) : BigInt(equals);
        const load = text ? tagText : tagNumber;
        return (d, at, end) => findTag(d, at, end, tag) !== undefined && load(d, at, end, tag) === value;
      }
      const value = text ? textValue(equals.padEnd(place.size)) : BigInt(equals);
      const load = loadWide(text ? { ...place, byteOrder: 'big' } : place, order);
      const size = place.offset + place.size;
      return (d, at, end) => at + size <= end && load(d, at, end) === value;
    };
    this.#packetLength = narrow(f.packetLength);
    this.#sequence = wide(f.sequence);
    this.#sequenceHigh = wide(f.sequenceHigh);
    this.#count = narrow(f.count);
    this.#channel = wide(f.channel);
    this.#sendTime = wide(f.sendTime);
    this.#sendNanos = wide(f.sendTime?.nanos);
    const s = f.session;
    if (s !== undefined) {
      if (s.type === 'uint') {
        const load = loadWide({ ...s, type: 'uint' }, order);
        this.#session = (d, at, end) => String(load(d, at, end));
      } else this.#session = textOnce(s.offset, s.size);
    }
    this.#kinds = f.kinds.map((k) => {
      const place = (k.when.field === undefined ? k.when : f[k.when.field]) as FramingField;
      const first = rule(
        {
          offset: place.offset,
          size: place.size,
          byteOrder: place.byteOrder,
          bits: k.when.bits ?? place.bits,
          tag: k.when.tag,
        },
        k.when.equals,
      );
      return {
        rules: k.and === undefined ? [first] : [first, rule(k.and, k.and.equals)],
        kind: k.is,
        number: k.number,
      };
    });
    this.#controls = f.controls.map((c) => ({
      rules:
        c.and === undefined ? [rule(c.when, c.when.equals)] : [rule(c.when, c.when.equals), rule(c.and, c.and.equals)],
      kind: c.is,
      number: c.number,
      counted: c.counted,
      next: wide(c.next),
      nextEnd: c.next === undefined || c.next.type === 'tag' ? 0 : c.next.offset + c.next.size,
    }));
    this.#messageLength = f.message.lengthFrom === 'field' ? narrow(f.message.length) : undefined;
    this.#wrapMax = BigInt(f.wrap.max);
    this.#wrapFirst = BigInt(f.wrap.first);
  }

  /** Whether packets say where they end. */
  get tellsSize(): boolean {
    const { fix, packetLength, packetDelimiter } = this.framing;
    return fix || packetLength !== undefined || packetDelimiter !== undefined;
  }

  /** Bytes of the packet at the front of a stream; 0: more are needed to tell; -1: it is no packet of this framing. */
  streamSize(data: DataView, at: number, end: number): number {
    const { packetDelimiter } = this.framing;
    const most = this.options.packetBytesMax ?? 1 << 20;
    if (this.framing.fix) {
      const size = fixSize(data, at, end);
      // A length that lies makes the rest of the stream unreadable.
      return size > most || (size > 0 && at + size <= end && !fixTrailer(data, at, at + size)) ? -1 : size;
    }
    if (packetDelimiter !== undefined) {
      const size = delimitedSize(data, at, end, packetDelimiter);
      if (size > most || (size === 0 && end - at >= most)) return -1;
      return size > 0 && size < this.framing.shortestPacket ? -1 : size;
    }
    const p = this.framing.packetLength;
    if (p === undefined || this.#packetLength === undefined) return -1;
    if (at + p.offset + p.size > end) return 0;
    const size = this.#packetLength(data, at, end) + p.excludes;
    return size < this.framing.shortestPacket || size <= 0 || size > most ? -1 : size;
  }

  /**
   * Reads the header of the packet at `at` into `packet`. Returns where the next packet begins (`end`, when the datagram
   * holds one), or -1 when there is none that could be read: `problem` says why.
   */
  read(data: DataView, at: number, end: number): number {
    const f = this.framing;
    const p = this.packet;
    p.cut = false;
    if (end > data.byteLength || end - at < f.shortestPacket) {
      this.problem = `${Math.min(end, data.byteLength) - at} bytes, the shortest packet has ${f.shortestPacket}`;
      return -1;
    }
    let stop = end;
    if (f.fix) {
      stop = this.#fixEnd(data, at, end);
      if (stop < 0) return -1;
    }
    if (f.packetLength !== undefined && this.#packetLength !== undefined) {
      const size = this.#packetLength(data, at, end) + f.packetLength.excludes;
      p.cut = size > end - at;
      if (size < f.shortestPacket || size <= 0 || p.cut) {
        this.problem = `the header states ${size} bytes, there are ${end - at}`;
        if (!p.cut) return -1;
      } else stop = at + size;
    }
    if (f.packetDelimiter !== undefined) {
      const size = delimitedSize(data, at, end, f.packetDelimiter);
      if (size < f.shortestPacket) {
        this.problem = size === 0 ? 'no byte ends it' : `${size} bytes, the shortest packet has ${f.shortestPacket}`;
        return -1;
      }
      stop = at + size;
    }
    p.begin = at;
    p.end = stop;
    p.body = Math.min(at + f.headerLength, stop);
    p.kind = 'data';
    p.number = 'none';
    p.counted = true;
    p.session = this.#session === undefined ? '' : this.#session(data, at, stop);
    p.sequence = this.#sequence === undefined ? 0n : this.#sequence(data, at, stop);
    if (this.#sequenceHigh !== undefined) p.sequence |= this.#sequenceHigh(data, at, stop) << 32n;
    p.channel = this.#channel === undefined ? 0n : this.#channel(data, at, stop);
    const sent = this.#sendTime === undefined ? 0n : this.#sendTime(data, at, stop) * UNIT_NS[f.sendTime?.unit ?? 'ns'];
    p.sendTime = BigInt.asIntN(64, this.#sendNanos === undefined ? sent : sent + this.#sendNanos(data, at, stop));
    const counted = f.count !== undefined && at + f.count.offset + f.count.size <= stop;
    p.count = counted && this.#count !== undefined ? this.#count(data, at, stop) : -1;
    const next = f.manyPackets || f.fix ? stop : end;
    for (const k of this.#kinds) {
      if (!k.rules.every((holds) => holds(data, at, stop))) continue;
      p.kind = k.kind;
      p.number = k.number;
      if (p.kind === 'unsequenced') p.counted = false;
      return p.cut ? this.#cutPacket(next) : next;
    }
    if (f.count !== undefined && !counted) {
      this.problem = 'it ends before its message count';
      return -1;
    }
    if (p.cut && this.#cutPacket(next) < 0) return -1;
    if (f.zeroIsUnsequenced && p.sequence === 0n) p.kind = 'unsequenced';
    if (p.kind === 'data' && this.#controls.length > 0) this.#steer(data);
    if (p.kind === 'unsequenced') p.counted = false;
    return next;
  }

  /** Where the FIX message at `at` ends; -1: it is none that is whole and sound. */
  #fixEnd(data: DataView, at: number, end: number): number {
    const size = fixSize(data, at, end);
    const stop = at + size;
    const { sequence } = this.framing;
    if (size < 0) this.problem = 'it does not begin with the fields 8 and 9';
    else if (size === 0) this.problem = 'it ends within its fields 8 and 9';
    else if (stop > end) this.problem = `its BodyLength makes it ${size} bytes, there are ${end - at}`;
    else if (!fixTrailer(data, at, stop)) this.problem = 'there is no CheckSum where BodyLength says';
    else if (!fixSum(data, at, stop)) this.problem = 'its CheckSum is not the sum of its bytes';
    else if (sequence?.type === 'tag' && findTag(data, at, stop, sequence.offset) === undefined)
      this.problem = `it has no field ${sequence.offset}`;
    else return stop;
    return -1;
  }

  /** Only data is taken from a packet that is cut, and only messages that have lengths of their own. */
  #cutPacket(next: number): number {
    const p = this.packet;
    if (p.kind !== 'data') return -1;
    if (this.framing.message.lengthFrom === 'packet') p.body = p.end;
    return next;
  }

  /** The last message is of a type that the table does not know: it was taken to the packet's end. */
  #boundedByPacket = false;

  /** Control messages come alone in their packet, so the first message decides. */
  #steer(data: DataView): void {
    const p = this.packet;
    const m = this.framing.message;
    const step = this.#step(data, p.body, p.end);
    if (step < m.prefix + m.trailer || step <= 0 || p.body + step > p.end) return;
    const at = p.body + m.prefix;
    const end = p.body + step - m.trailer;
    for (const c of this.#controls) {
      if (!c.rules.every((holds) => holds(data, at, end))) continue;
      p.kind = c.kind;
      p.number = c.number;
      p.counted = c.counted;
      if (c.kind === 'heartbeat' && c.next !== undefined && at + c.nextEnd <= end) p.sequence = c.next(data, at, end);
      return;
    }
  }

  /** Bytes from a message's prefix to the next message, without alignment; -1: it has no length. */
  #step(data: DataView, at: number, end: number): number {
    const m = this.framing.message;
    switch (m.lengthFrom) {
      case 'field': {
        const length = m.length as NonNullable<typeof m.length>;
        if (at + length.offset + length.size > end) return -1;
        return (this.#messageLength as Load<number>)(data, at, end) + length.excludes;
      }
      case 'delimiter': {
        for (let i = at; i < end; i++) if (data.getUint8(i) === m.delimiter) return i + 1 - at;
        return -1;
      }
      case 'table': {
        const room = end - at - m.prefix - m.trailer;
        if (room < 0) return -1;
        const size = this.options.tableLength?.(data, at + m.prefix, room) ?? -1;
        this.#boundedByPacket = size < 0;
        return size < 0 ? end - at : size + m.prefix + m.trailer;
      }
      default:
        return end - at;
    }
  }

  /**
   * Calls `visit` for each message of the packet that was read, in order. False when the packet does not hold what it
   * states: `problem` says why, and what came before has been visited. Packets without messages give none.
   */
  messages(data: DataView, visit: MessageVisitor): boolean {
    const f = this.framing;
    const p = this.packet;
    const m = f.message;
    const data_ = p.kind === 'data' || p.kind === 'unsequenced' || p.kind === 'reset' || p.number === 'numbered';
    if (!data_ && p.counted) {
      if (p.kind === 'compressed') this.problem = 'its messages are compressed';
      return p.kind !== 'compressed';
    }
    const around = m.prefix + m.trailer;
    const counted = p.counted && f.numbering !== 'none';
    let sequence = counted ? p.sequence : 0n;
    let at = p.body;
    let n = 0;
    this.#boundedByPacket = false;
    while (at < p.end && (p.count < 0 || n < p.count)) {
      const step = this.#step(data, at, p.end);
      if (step < around || step <= 0 || at + step > p.end) {
        this.problem =
          step < 0 ? `message ${n + 1} is cut off` : `message ${n + 1} states ${step} bytes, ${p.end - at} are left`;
        return false;
      }
      if (p.cut && this.#boundedByPacket) break;
      visit(at + m.prefix, step - around, sequence);
      n++;
      if (counted && f.numbering === 'message') sequence = sequence === this.#wrapMax ? this.#wrapFirst : sequence + 1n;
      at += m.align > 1 ? Math.ceil(step / m.align) * m.align : step;
    }
    if (p.cut) {
      this.problem = `the header states more bytes than there are: ${n} whole ${n === 1 ? 'message' : 'messages'}`;
      return false;
    }
    if (n === 0 && f.numbering === 'message' && (p.kind === 'data' || (p.kind === 'reset' && p.count !== 0))) {
      this.problem = 'there is no message in it';
      return false;
    }
    // What is behind a message of unknown length cannot be parted: it is in that message.
    if (this.#boundedByPacket) return true;
    if (p.count >= 0 && n < p.count) {
      this.problem = `the header states ${p.count} messages, there are ${n}`;
      return false;
    }
    return true;
  }
}

/** The lengths of a decoder's messages, for framings whose messages do not say them. */
export function tableLengths(decoder: Decoder): NonNullable<ReaderOptions['tableLength']> {
  const views: (View | undefined)[] = [];
  const readers = createViews(decoder);
  return (data, at, length) => {
    const index = decoder.messageIndex(data, at, length);
    const reader = readers[index];
    if (reader === undefined) return -1;
    const plan = decoder.plan(index);
    if (plan.minLength === plan.maxLength || length < plan.minLength) return plan.minLength;
    views[index] ??= new reader.View();
    let end = at;
    try {
      walk((views[index] as View).bind(data, at, length), (_, begin, size) => {
        end = begin + size;
      });
    } catch {
      return length + 1; // it leads past the packet
    }
    return end - at;
  };
}

const UNIT_NS = { ns: 1n, us: 1_000n, ms: 1_000_000n, s: 1_000_000_000n } as const;

function text(data: DataView, at: number, size: number): string {
  let out = '';
  for (let i = 0; i < size; i++) out += String.fromCharCode(data.getUint8(at + i));
  return out.replaceAll('\0', ' ').trim();
}

/** As `text`; the bytes of the packet before give its string again. */
function textOnce(offset: number, size: number): Load<string> {
  const seen = new Uint8Array(size);
  let shown = text(new DataView(seen.buffer), 0, size);
  return (data, at) => {
    const from = at + offset;
    let same = true;
    for (let i = 0; i < size; i++) {
      const b = data.getUint8(from + i);
      if (seen[i] === b) continue;
      seen[i] = b;
      same = false;
    }
    if (!same) shown = text(data, from, size);
    return shown;
  };
}

/** Bytes from `at` up to the delimiter, which is counted; 0: there is none before `end`. */
function delimitedSize(data: DataView, at: number, end: number, delimiter: number): number {
  for (let i = at; i < end; i++) if (data.getUint8(i) === delimiter) return i + 1 - at;
  return 0;
}

/** Unsigned, of any width. Numbers in ASCII skip what is not a digit. */
function loadWide(f: FramingField, order: 'big' | 'little'): Load<bigint> {
  const { offset, size } = f;
  if (f.type === 'tag') return (d, at, end) => tagNumber(d, at, end, offset);
  if (f.type === 'tagText') return (d, at, end) => tagText(d, at, end, offset);
  if (f.type === 'digits') {
    return (d, at) => {
      let value = 0n;
      for (let i = 0; i < size; i++) {
        const c = d.getUint8(at + offset + i) - 0x30;
        if (c >= 0 && c <= 9) value = value * 10n + BigInt(c);
      }
      return value;
    };
  }
  const little = (f.byteOrder ?? order) === 'little';
  if (f.bits === undefined && size === 8) return (d, at) => d.getBigUint64(at + offset, little);
  if (f.bits === undefined && size <= 6) {
    const load = loadNumber(f, order);
    return (d, at, end) => BigInt(load(d, at, end));
  }
  const [low, width] = f.bits ?? [0, 64];
  const mask = (1n << BigInt(width)) - 1n;
  return (d, at) => {
    let value = 0n;
    for (let i = 0; i < size; i++)
      value = (value << 8n) | BigInt(d.getUint8(at + offset + (little ? size - 1 - i : i)));
    return (value >> BigInt(low)) & mask;
  };
}

/** Unsigned, for lengths and counts. */
function loadNumber(f: FramingField, order: 'big' | 'little'): Load<number> {
  const { offset, size } = f;
  const little = (f.byteOrder ?? order) === 'little';
  if (f.type === 'digits' || f.type === 'tag' || f.bits !== undefined || size > 6) {
    const load = loadWide(f, order);
    return (d, at, end) => Number(load(d, at, end));
  }
  if (size === 1) return (d, at) => d.getUint8(at + offset);
  if (size === 2) return (d, at) => d.getUint16(at + offset, little);
  if (size === 4) return (d, at) => d.getUint32(at + offset, little);
  return (d, at) => {
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + d.getUint8(at + offset + (little ? size - 1 - i : i));
    return value;
  };
}
