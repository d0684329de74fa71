import { VenuewireError } from '../errors.js';
import type { Framing, PacketKind } from '../patterns/framing.js';
import { textValue } from '../patterns/framing.js';

interface Place {
  readonly offset: number;
  readonly size: number;
  readonly type?: 'uint' | 'digits' | 'tag' | 'tagText' | undefined;
  readonly byteOrder?: 'big' | 'little' | undefined;
  readonly bits?: readonly [number, number] | undefined;
}

/** What stands in the header of a packet. */
export interface PacketHead {
  /** Wire number of the first message (of the packet, where packets are numbered). */
  readonly sequence: bigint;
  /** Of the session; see `PacketWriter.sessionValue`. */
  readonly session?: bigint | string;
  /** When the venue sends it, in ns. */
  readonly timeNs?: number;
}

export interface PacketWriterOptions {
  /** Value of the channel field; default 0. */
  readonly channel?: bigint;
  /** Further header bytes for packets of a use. */
  readonly header?: Readonly<
    Record<string, readonly { offset: number; size: number; value: number | bigint }[] | undefined>
  >;
  /** The last touch on every packet. */
  readonly seal?: ((packet: Uint8Array) => void) | undefined;
}

const UNIT_NS = { ns: 1, us: 1_000, ms: 1_000_000, s: 1_000_000_000 };
const KINDS_OF_DATA = new Set<PacketKind>(['data']);

/** Writes packets by a framing record: the other direction of the engine that reads them. */
export class PacketWriter {
  readonly #avoid: readonly { readonly place: Place; readonly value: bigint; readonly taken: ReadonlySet<bigint> }[];

  constructor(
    readonly framing: Framing,
    readonly options: PacketWriterOptions = {},
  ) {
    // Where a header of zeros would be of another kind, another value makes it data: the least that no kind has.
    const rules = framing.kinds.map((k) => {
      const place = this.#kindPlace(k.when);
      return { place, value: this.#value(place, k.when.equals), of: k, computed: k.when.field !== undefined };
    });
    const avoid: { place: Place; value: bigint; taken: ReadonlySet<bigint> }[] = [];
    for (const r of rules) {
      if (r.computed || r.of.and !== undefined || r.value !== 0n || r.of.is === 'data') continue;
      const here = rules.filter((x) => x.place.offset === r.place.offset && x.place.size === r.place.size);
      const data = here.find((x) => KINDS_OF_DATA.has(x.of.is));
      const taken = new Set(here.map((x) => x.value));
      let value = data?.value ?? 1n;
      while (data === undefined && taken.has(value)) value++;
      avoid.push({ place: r.place, value, taken });
    }
    this.#avoid = avoid;
  }

  /** Most messages of one packet that the header can count, before the values that mean something else. */
  get countMax(): number {
    const { count, kinds } = this.framing;
    if (count === undefined) return this.framing.message.lengthFrom === 'packet' ? 1 : 1_000;
    const top = Math.min(2 ** (8 * count.size), 2 ** 31) - 1;
    const special = kinds
      .filter((k) => k.when.field === 'count' && k.when.equals !== 0)
      .map((k) => Number(k.when.equals));
    return Math.min(top, ...special.map((s) => s - 1));
  }

  /** Bytes of a message in a packet: prefix, trailer and alignment included. */
  step(length: number): number {
    const m = this.framing.message;
    const n = m.prefix + length + m.trailer;
    return Math.ceil(n / m.align) * m.align;
  }

  /** Whether there are packets of that kind, by the header alone. */
  has(kind: PacketKind): boolean {
    return this.framing.kinds.some((k) => k.is === kind);
  }

  #kindPlace(when: Framing['kinds'][number]['when']): Place {
    const place = when.field === undefined ? (when as Place) : (this.framing[when.field] as Place);
    return when.bits === undefined ? place : { ...place, bits: when.bits };
  }

  #value(place: Place, equals: number | string): bigint {
    return typeof equals === 'string' ? textValue(equals.padEnd(place.size)) : BigInt(equals);
  }

  /** Writes an unsigned number where a field of this framing stands, leaving other bits as they are. */
  put(bytes: Uint8Array, place: Place, value: bigint | number, from = 0): void {
    const at = from + place.offset;
    if (place.type === 'digits') {
      const text = value.toString().padStart(place.size, '0');
      for (let i = 0; i < place.size; i++) bytes[at + i] = text.charCodeAt(i);
      return;
    }
    const big = (place.byteOrder ?? this.framing.byteOrder) === 'big';
    if (typeof value === 'number' && place.bits === undefined) {
      let low = value % 0x1_0000_0000;
      const high = (value - low) / 0x1_0000_0000;
      for (let i = 0; i < place.size; i++) {
        if (i === 4) low = high;
        bytes[at + (big ? place.size - 1 - i : i)] = low & 255;
        low >>>= 8;
      }
      return;
    }
    let whole = BigInt(value);
    if (place.bits !== undefined) {
      const mask = ((1n << BigInt(place.bits[1])) - 1n) << BigInt(place.bits[0]);
      let old = 0n;
      for (let i = 0; i < place.size; i++) old = (old << 8n) | BigInt(bytes[at + (big ? i : place.size - 1 - i)] ?? 0);
      whole = (old & ~mask) | ((whole << BigInt(place.bits[0])) & mask);
    }
    // In two halves: big integers are slow.
    let rest = Number(whole & 0xffff_ffffn);
    const high = Number((whole >> 32n) & 0xffff_ffffn);
    for (let i = 0; i < place.size; i++) {
      if (i === 4) rest = high;
      bytes[at + (big ? place.size - 1 - i : i)] = rest & 255;
      rest >>>= 8;
    }
  }

  #session(bytes: Uint8Array, session: bigint | string): void {
    const s = this.framing.session;
    if (s === undefined) return;
    if (s.type === 'text') {
      const text = String(session).padEnd(s.size).slice(0, s.size);
      for (let i = 0; i < s.size; i++) bytes[s.offset + i] = text.charCodeAt(i);
      return;
    }
    this.put(bytes, { offset: s.offset, size: s.size, bits: s.bits, byteOrder: s.byteOrder }, BigInt(session));
  }

  /** The length that a message's own prefix says, written where the framing has it. */
  #length(bytes: Uint8Array, at: number, step: number): void {
    const { length, lengthFrom } = this.framing.message;
    if (lengthFrom !== 'field' || length === undefined) return;
    this.put(bytes, length, step - length.excludes, at);
  }

  /** A message as it is on the wire: where its length stands inside itself, the framing's is the one that counts. */
  normalise(message: Uint8Array): Uint8Array {
    if (this.framing.message.prefix > 0) return message;
    const out = message.slice();
    this.#length(out, 0, message.length);
    return out;
  }

  /** One packet of messages. `use` picks further header bytes; `kind` is what a reader is to take it for. */
  packet(
    messages: readonly Uint8Array[],
    head: PacketHead,
    use: string = 'data',
    kind: PacketKind = 'data',
  ): Uint8Array {
    const f = this.framing;
    const m = f.message;
    let size = f.headerLength;
    if (messages.length === 0 && kind !== 'data') size = f.shortestPacket;
    for (const message of messages) size += this.step(message.length);
    const bytes = new Uint8Array(Math.max(size, f.shortestPacket));
    let at = f.headerLength;
    for (const message of messages) {
      const step = m.prefix + message.length + m.trailer;
      bytes.set(message, at + m.prefix);
      if (m.prefix > 0) this.#length(bytes, at, step);
      if (m.delimiter !== undefined) bytes[at + step - 1] = m.delimiter;
      at += this.step(message.length);
    }
    for (const a of this.#avoid) this.put(bytes, a.place, a.value);
    const countFits = f.count !== undefined && f.count.offset + f.count.size <= bytes.length;
    if (f.count !== undefined && countFits) this.put(bytes, f.count, messages.length);
    if (f.channel !== undefined) this.put(bytes, f.channel, this.options.channel ?? 0n);
    if (head.session !== undefined) this.#session(bytes, head.session);
    if (f.sequence !== undefined) {
      const low = f.sequenceHigh === undefined ? head.sequence : head.sequence & 0xffff_ffffn;
      this.put(bytes, f.sequence, low);
      if (f.sequenceHigh !== undefined) this.put(bytes, f.sequenceHigh, head.sequence >> 32n);
    }
    if (f.sendTime !== undefined) {
      const ns = Math.max(0, Math.floor(head.timeNs ?? 0));
      const unit = UNIT_NS[f.sendTime.unit];
      this.put(bytes, f.sendTime, Math.floor(ns / unit));
      if (f.sendTime.nanos !== undefined) this.put(bytes, f.sendTime.nanos, ns % unit);
    }
    if (kind !== 'data' && !(kind === 'unsequenced' && f.zeroIsUnsequenced && head.sequence === 0n)) {
      const rule = f.kinds.find((k) => k.is === kind);
      if (rule !== undefined) {
        const place = this.#kindPlace(rule.when);
        this.put(
          bytes,
          typeof rule.when.equals === 'string' ? { ...place, byteOrder: 'big' } : place,
          this.#value(place, rule.when.equals),
        );
        if (rule.and !== undefined) this.put(bytes, rule.and, this.#value(rule.and, rule.and.equals));
      }
    }
    for (const h of this.options.header?.[use] ?? this.options.header?.[kind] ?? []) {
      this.put(bytes, h, h.value);
    }
    if (f.packetLength !== undefined) {
      this.put(bytes, f.packetLength, bytes.length - f.packetLength.excludes);
    }
    if (f.packetDelimiter !== undefined) bytes[bytes.length - 1] = f.packetDelimiter;
    this.options.seal?.(bytes);
    return bytes;
  }

  /**
   * A packet without messages of that kind; `next`: the wire number that the next message will have, `previous`: that of
   * the last one.
   */
  idle(kind: PacketKind, next: bigint, previous: bigint, head: Omit<PacketHead, 'sequence'>): Uint8Array {
    const rule = this.framing.kinds.find((k) => k.is === kind);
    if (rule === undefined) {
      throw new VenuewireError(
        'VW_SIMULATOR_KIND',
        `framing '${this.framing.id}' has no packet of kind '${kind}'`,
        'Declare it in `kinds`.',
      );
    }
    const sequence = rule.number === 'last' ? previous : next;
    return this.packet([], { ...head, sequence }, kind, kind);
  }
}

/** Datagrams in one: small packets that go out together. */
export function together(packets: readonly Uint8Array[]): Uint8Array {
  const first = packets[0];
  if (packets.length === 1 && first !== undefined) return first;
  const out = new Uint8Array(packets.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of packets) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
