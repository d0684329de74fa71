import type { TextEncoding } from './field.js';
import type { PlanData, PlanField, PlanGroup, PlanMessage, PlanPart, PlanRecord } from './plan.js';
import { decodeText, hex, readRaw, readReference, readUint } from './values.js';
import { malformed, type View } from './view.js';

/** A field as `leaves` reports it: name, value, offset from the first byte of the transport payload, size in bytes. */
export type Leaf = readonly [name: string, value: number | string, offset: number, size: number];

/**
 * What a walk tells of each piece of a message, in wire order: where it is in the buffer, and what it is (`field`
 * undefined for the bytes of a variable part; `text` is how they are characters, if they are).
 */
export type Visitor = (
  name: string,
  at: number,
  size: number,
  field: PlanField | undefined,
  text: TextEncoding | undefined,
) => void;

/**
 * Goes through a message field by field. The native core (native/core/catalogue.cpp) makes the same walk; `digest` holds
 * one against the other.
 */
class Walker {
  readonly #registers: bigint[];
  readonly #message: PlanMessage;
  readonly #data: DataView;
  readonly #start: number;
  readonly #end: number;
  /** Of the schema that the message was written by. */
  readonly #version: number;
  readonly #visit: Visitor;
  constructor(message: PlanMessage, data: DataView, start: number, end: number, visit: Visitor) {
    const version = message.versionField;
    this.#version =
      version === undefined ? message.version : readUint(data, start + version.at, version.size, version.big);
    this.#registers = new Array<bigint>(message.registers).fill(0n);
    this.#message = message;
    this.#data = data;
    this.#start = start;
    this.#end = end;
    this.#visit = visit;
  }

  #within(name: string, at: number, size: number): void {
    if (size < 0 || at + size > this.#end) throw malformed(`${name} leads past the end of ${this.#message.name}`);
  }

  #field(p: PlanField, at: number): void {
    this.#within(p.name, at, p.size);
    if (p.slot >= 0) this.#registers[p.slot] = readReference(this.#data, at, p);
    this.#visit(p.name, at, p.size, p, undefined);
  }

  #uint(p: PlanField, at: number): number {
    this.#field(p, at);
    return readUint(this.#data, at, p.size, p.big);
  }

  record(record: PlanRecord, origin: number, blockEnd: number): number {
    let cursor = blockEnd;
    this.#within(record.kind, origin, Math.max(0, blockEnd - origin));
    const { parts, firstDynamic } = record;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as PlanPart;
      const at = part.at >= 0 ? origin + part.at : cursor;
      if (i < firstDynamic) {
        const p = part as PlanField;
        if (this.#version < p.since || (record.block && at + p.size > blockEnd)) {
          // A block of an older version ends before the fields that were added later, or has padding there.
          if (p.since === 0) throw malformed(`the block of ${this.#message.name} ends before ${p.name}`);
          if (p.slot >= 0) this.#registers[p.slot] = 0n;
          continue;
        }
        this.#field(p, at);
        continue;
      }
      cursor = this.#part(part, at, cursor, origin);
    }
    return cursor;
  }

  /** Whether a group or data that a later version added is not in this message. */
  #isAbsent(part: PlanGroup | PlanData, at: number): boolean {
    return part.since > 0 && (at === this.#end || this.#version < part.since);
  }

  #part(part: PlanPart, at: number, cursor: number, origin: number): number {
    if ((part.kind === 'group' || part.kind === 'data') && this.#isAbsent(part, at)) return cursor;
    switch (part.kind) {
      case 'field':
        this.#field(part, at);
        return at + part.size;
      case 'data': {
        let start = at;
        let length: number;
        if (part.prefix !== undefined) {
          length = this.#uint(part.prefix, at);
          start += part.prefix.size;
        } else {
          length = Number(this.#registers[part.from?.field.slot ?? 0] ?? 0n) + (part.from?.add ?? 0);
          if (length < 0) length = 0;
        }
        this.#within(part.name, start, length);
        if (length > 0)
          this.#visit(part.name, start, length, undefined, part.wire === 'text' ? part.encoding : undefined);
        return start + length;
      }
      case 'when': {
        const value = this.#registers[part.on.slot] ?? 0n;
        const there =
          part.above !== undefined
            ? value > part.above
            : part.is?.includes(BigInt.asUintN(8 * Math.min(part.on.size, 8), value)) === true;
        return there ? this.record(part.record, at, at + part.record.fixedEnd) : cursor;
      }
      case 'group': {
        const { count } = part;
        const end = this.#end;
        let step = part.size;
        let from = at;
        let n = -1;
        let limit = end;
        if (count.kind === 'dimension') {
          this.#within(part.name, at, count.size);
          step = this.#uint(count.block, at + count.block.at);
          n = this.#uint(count.number, at + count.number.at);
          from = at + count.size;
        } else if (count.kind === 'fixed') {
          n = count.count;
        } else if (count.kind === 'field') {
          n = Number(this.#registers[count.field.slot] ?? 0n);
          if (n < 0) throw malformed(`${part.name} has a negative number of entries`);
        } else if (count.kind === 'untilLength') {
          limit = origin + Number(this.#registers[count.field.slot] ?? 0n);
          if (limit > end || limit < from) throw malformed(`${part.name} leads past the end of ${this.#message.name}`);
        }
        // Entries without bytes are bounded by the bytes of the whole message.
        if (n > 0 && (step > 0 ? from + n * step > end : n > end - this.#start))
          throw malformed(`${n} entries of ${part.name} lead past the end of ${this.#message.name}`);
        // Nothing to read: an entry of no bytes at all cannot be counted on to end.
        if (step === 0 && part.record.firstDynamic === part.record.parts.length) return from;
        for (let i = 0; n < 0 ? from < limit : i < n; i++) {
          this.#within(part.name, from, step);
          const to = this.record(part.record, from, from + step);
          if (to <= from && (n < 0 || step === 0)) throw malformed(`an entry of ${part.name} has no length`);
          from = to;
        }
        if (n < 0 && from !== limit) throw malformed(`${part.name} does not end where its length says`);
        return from;
      }
    }
  }
}

/** Walks the message that `view` is bound to. */
export function walk(view: View, visit: Visitor): void {
  const m = view.$message;
  const record = m.record;
  const data = view.$data;
  const start = view.$at;
  const end = view.$end;
  if (view.$length < m.minLength || end > data.byteLength)
    throw malformed(`${view.$length} bytes are too few for ${m.name}`);
  let blockEnd = start + record.fixedEnd;
  if (m.blockLengthField !== undefined) {
    const b = m.blockLengthField;
    blockEnd = start + m.headerSize + readUint(data, start + b.at, b.size, b.big);
    if (blockEnd > end) throw malformed(`the block leads past the end of ${m.name}`);
  }
  new Walker(m, data, start, end, visit).record(record, start, blockEnd);
}

/**
 * Every field of a message in wire order, header and fillers included, groups flattened. 64-bit integers are decimal
 * strings, "no value" keeps its raw number, text is without padding, bytes are hexadecimal; numbers in ASCII that are
 * none are text. `base` is where offset 0 of the view's buffer is in the transport payload (subtracted: pass the
 * position of the payload's first byte in the buffer).
 * @throws VenuewireError `VW_MESSAGE_MALFORMED`
 */
export function leaves(view: View, base = 0): Leaf[] {
  const data = view.$data;
  const out: Leaf[] = [];
  walk(view, (name, at, size, p, asText) => {
    let value: number | string;
    if (p === undefined) {
      value = asText
        ? decodeText(data, at, size, false, asText)
        : hex(new Uint8Array(data.buffer, data.byteOffset + at, size));
    } else {
      const raw = readRaw(data, at, p);
      if (typeof raw === 'bigint') value = raw.toString();
      else if (raw instanceof Uint8Array) value = hex(raw);
      else if (p.wire === 'digits' && Number.isNaN(raw)) value = decodeText(data, at, size, true);
      else value = raw;
    }
    out.push([name, value, at - base, size]);
  });
  return out;
}

/** The fields of a message as plain JSON values: `toObject` with 64-bit integers as decimal strings, bytes as hexadecimal. */
export function fields(view: View): Record<string, unknown> {
  return view.toJSON();
}

const PRIME_HIGH = 0x100;
const PRIME_LOW = 0x1b3;

/** FNV-1a, 64 bits, in two halves: no bigint per byte. */
export class Fnv1a64 {
  #high = 0xcbf29ce4;
  #low = 0x84222325;
  byte(b: number): void {
    const low = (this.#low ^ b) >>> 0;
    // low * 0x1b3 in 64 bits: the product of 32 and 9 bits is exact as a number.
    const product = low * PRIME_LOW;
    this.#high =
      (Math.imul(this.#high, PRIME_LOW) + Math.imul(low, PRIME_HIGH) + Math.floor(product / 0x1_0000_0000)) >>> 0;
    this.#low = product >>> 0;
  }
  /** `size` bytes of `value`, least significant first. */
  uint(value: number, size: number): void {
    for (let i = 0, v = value; i < size; i++, v = Math.floor(v / 256)) this.byte(v & 255);
  }
  bytes(data: DataView, at: number, size: number): void {
    for (let i = 0; i < size; i++) this.byte(data.getUint8(at + i));
  }
  get value(): bigint {
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }
}

/**
 * What a walk saw, as one number: FNV-1a over the message's index (2 bytes) and, for each field, its offset in the
 * message (4), its size (4) and its bytes; integers least significant first. The native core computes the same.
 */
export function digest(view: View, into = new Fnv1a64()): bigint {
  into.uint(view.$message.index, 2);
  walk(view, (_name, at, size) => {
    into.uint(at - view.$at, 4);
    into.uint(size, 4);
    into.bytes(view.$data, at, size);
  });
  return into.value;
}
