/** Messages as bytes: apart from the decoders, so that a program that only decodes does not carry it. */
import { type ErrorCode, VenuewireError } from '../errors.js';
import type { Decoder } from './decoder.js';
import { Constant, type Fields, type TextEncoding } from './field.js';
import {
  type PlanData,
  type PlanField,
  type PlanGroup,
  type PlanMessage,
  type PlanPart,
  type PlanRecord,
  type PlanSource,
  SBE_VERSION,
} from './plan.js';
import type { DecoderShape, MessageInput, Messages } from './types.js';
import { LONGEST_NUMBER, readReference } from './values.js';

type Input = Readonly<Record<string, unknown>>;
const NONE: Input = {};

/** What the encoder needs to know of a decoder. */
interface EncodeSource extends PlanSource {
  readonly lengthField: { readonly name: string; readonly excludes: number } | undefined;
}

const entriesOf = (part: PlanPart, values: Input): readonly Input[] => (values[part.name] as Input[] | undefined) ?? [];

/** What is put for a part of variable length: text in its encoding. */
function dataOf(value: unknown, encoding: TextEncoding): string | Uint8Array {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' && encoding === 'utf8' ? Buffer.from(value, 'utf8') : (value as string | Uint8Array);
}

const dataBytes = (part: PlanData, values: Input): number => dataOf(values[part.name], part.encoding).length;

/** What the parts that depend on `field` make it be: a count, a length, the first value that a given variant asks for. */
function derived(field: PlanField, record: PlanRecord, values: Input): bigint | undefined {
  let asked: bigint | undefined;
  for (const part of record.parts) {
    if (part.kind === 'group') {
      if (part.count.kind === 'field' && part.count.field === field) return BigInt(entriesOf(part, values).length);
    } else if (part.kind === 'data') {
      if (part.from?.field === field) return BigInt(dataBytes(part, values) - part.from.add);
    } else if (part.kind === 'when') {
      const given = values[part.name] as Input | undefined;
      if (given === undefined) {
        if (part.above !== undefined && part.on === field) asked ??= 0n;
        continue;
      }
      const inner = derived(field, part.record, given);
      if (inner !== undefined) return inner;
      if (part.on === field) asked = part.is?.[0] ?? (part.above ?? 0n) + 1n;
    }
  }
  return asked;
}

function decidesLength(field: PlanField, record: PlanRecord, values: Input): boolean {
  return record.parts.some(
    (p) =>
      (p.kind === 'group' && p.count.kind === 'field' && p.count.field === field) ||
      (p.kind === 'data' && p.from?.field === field) ||
      (p.kind === 'when' && values[p.name] !== undefined && decidesLength(field, p.record, values[p.name] as Input)),
  );
}

class Encoder {
  constructor(
    readonly source: EncodeSource,
    readonly plan: PlanMessage,
    readonly data: DataView,
    /** The schema version that is written. */
    readonly version: number,
  ) {}

  refusal(code: ErrorCode, name: string, what: string): VenuewireError {
    return new VenuewireError(code, `${this.plan.name}.${name}: ${what}`, 'Give a value that the field can hold.');
  }

  /** Of a field: neither a bigint nor an integer that a number holds exactly. */
  inexact(p: PlanField, value: unknown): VenuewireError {
    return this.refusal('VW_ENCODE_RANGE', p.name, `${String(value)} is not an integer that is held exactly`);
  }

  /** Refuses what is no integer that the bytes of a field hold. */
  inRange(p: PlanField, value: number | bigint): void {
    const signed = p.wire === 'int';
    const beyond = 2 ** (8 * p.size - (signed ? 1 : 0));
    const least = signed ? -beyond : 0;
    if ((typeof value === 'bigint' || Number.isInteger(value)) && value >= least && value < beyond) return;
    const range = `${BigInt(least)} to ${BigInt(beyond) - 1n}`;
    throw this.refusal('VW_ENCODE_RANGE', p.name, `${value} is not an integer from ${range}`);
  }

  /** A character as a byte. */
  character(name: string, code: number): number {
    if (code > 255) throw this.refusal('VW_ENCODE_TEXT', name, 'characters outside ISO 8859-1');
    return code;
  }

  blank(from: number, to: number): void {
    if (to > this.data.byteLength) {
      throw new VenuewireError(
        'VW_ENCODE_SPACE',
        `${this.plan.name} needs ${to - from} bytes more than the buffer has`,
        'Give a larger buffer.',
      );
    }
    for (let i = from; i < to; i++) this.data.setUint8(i, 0);
  }

  write(p: PlanField, at: number, value: unknown): void {
    const { data } = this;
    if (at + p.size > data.byteLength) this.blank(at, at + p.size);
    if (p.field === undefined) {
      this.blank(at, at + p.size);
      return;
    }
    if (value === undefined || value === null) {
      this.absent(p, at);
      return;
    }
    if (p.field.data.encoding === 'utf8' && typeof value === 'string') {
      this.text(p, at, Buffer.from(value, 'utf8').toString('latin1'), p.field.data.pad ?? 'space', false);
      return;
    }
    const name = p.name;
    switch (p.wire) {
      case 'uint':
      case 'int': {
        if (p.size === 8 || typeof value === 'bigint') {
          this.bits(p, at, this.integer(p, value));
          return;
        }
        const n = Number(value);
        this.inRange(p, n);
        for (let i = 0, rest = n < 0 ? n + 2 ** (8 * p.size) : n; i < p.size; i++) {
          data.setUint8(at + (p.big ? p.size - 1 - i : i), rest % 256);
          rest = Math.floor(rest / 256);
        }
        return;
      }
      case 'float':
        if (typeof value !== 'number') throw this.refusal('VW_ENCODE_RANGE', name, 'not a number');
        if (p.size === 8) data.setFloat64(at, value, !p.big);
        else data.setFloat32(at, value, !p.big);
        return;
      case 'char':
        if (typeof value !== 'string' || value.length !== 1)
          throw this.refusal('VW_ENCODE_TEXT', name, 'not one character');
        this.text(p, at, value, 'space', false);
        return;
      case 'text':
        if (typeof value !== 'string') throw this.refusal('VW_ENCODE_TEXT', name, 'not a text');
        this.text(p, at, value, p.field.data.pad ?? 'space', p.field.data.padLeft === true);
        return;
      case 'digits':
        this.digits(p, at, value as number | bigint);
        return;
      case 'bytes': {
        if (!(value instanceof Uint8Array) || value.length > p.size) {
          throw this.refusal('VW_ENCODE_BYTES', name, `not at most ${p.size} bytes`);
        }
        for (let i = 0; i < p.size; i++) data.setUint8(at + i, value[i] ?? 0);
        return;
      }
    }
  }

  integer(p: PlanField, value: unknown): bigint {
    if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isSafeInteger(value))) {
      throw this.inexact(p, value);
    }
    this.inRange(p, value);
    return BigInt(value);
  }

  bits(p: PlanField, at: number, value: bigint): void {
    if (p.size === 8) {
      this.data.setBigUint64(at, BigInt.asUintN(64, value), !p.big);
      return;
    }
    let rest = BigInt.asUintN(8 * p.size, value);
    for (let i = 0; i < p.size; i++, rest >>= 8n)
      this.data.setUint8(at + (p.big ? p.size - 1 - i : i), Number(rest & 255n));
  }

  text(p: PlanField, at: number, value: string, pad: 'space' | 'nul' | 'zero', left: boolean): void {
    if (value.length > p.size) throw this.refusal('VW_ENCODE_TEXT', p.name, `more than ${p.size} characters`);
    const fill = pad === 'space' ? 0x20 : pad === 'nul' ? 0 : 0x30;
    const shift = left ? p.size - value.length : 0;
    for (let i = 0; i < p.size; i++) {
      const c = i < shift || i >= shift + value.length ? fill : value.charCodeAt(i - shift);
      this.data.setUint8(at + i, this.character(p.name, c));
    }
  }

  digits(p: PlanField, at: number, value: number | bigint): void {
    if (typeof value === 'number' && Number.isNaN(value)) {
      this.text(p, at, '', 'space', false);
      return;
    }
    if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) {
      throw this.inexact(p, value);
    }
    const negative = value < 0;
    let shown = (negative ? -value : value).toString();
    const pad = p.field?.data.pad ?? 'zero';
    if (negative) shown = `-${pad === 'zero' ? shown.padStart(p.size - 1, '0') : shown}`;
    this.text(p, at, shown, pad, pad === 'zero' || p.field?.data.padLeft === true);
  }

  absent(p: PlanField, at: number): void {
    if (p.nullBits !== undefined) this.bits(p, at, p.nullBits);
    else if (p.wire === 'char') this.text(p, at, '', 'space', false);
    else if (p.wire === 'text') this.text(p, at, '', p.field?.data.pad ?? 'space', false);
    else if (p.wire === 'digits') this.digits(p, at, p.size > LONGEST_NUMBER ? 0n : 0);
    else this.blank(at, at + p.size);
  }

  fieldValue(p: PlanField, record: PlanRecord, values: Input): unknown {
    const given = values[p.name];
    if (p.slot < 0) return given;
    const needed = derived(p, record, values);
    if (needed === undefined) return given;
    const asInput = (): unknown => {
      if (p.wire === 'char' || p.wire === 'text') {
        let s = '';
        for (let i = p.size - 1; i >= 0; i--) s += String.fromCharCode(Number((needed >> BigInt(8 * i)) & 255n));
        return s;
      }
      const signed = p.wire === 'int' ? BigInt.asIntN(8 * p.size, needed) : needed;
      return p.size === 8 || p.size > LONGEST_NUMBER ? signed : Number(signed);
    };
    if (given === undefined) return asInput();
    if (!decidesLength(p, record, values)) return given;
    if (given === null || Number.isNaN(given)) {
      if (needed === 0n) return given;
    } else if (BigInt(given as number | bigint) === needed) return given;
    // The length of the message: the encoder sets it last, whatever was given.
    if (this.source.lengthField?.name === p.name) return asInput();
    throw this.refusal('VW_ENCODE_COUNT', p.name, `${String(given)} was given, the parts it counts make it ${needed}`);
  }

  /** Whether `part` was added after the version that is written. */
  isLater(part: PlanPart, values: Input): boolean {
    if (part.kind === 'when' || part.since <= this.version) return false;
    const value = values[part.name];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return true;
    throw this.refusal('VW_ENCODE_VERSION', part.name, `sent since version ${part.since}, not in ${this.version}`);
  }

  record(record: PlanRecord, values: Input, origin: number, base: number): number {
    const { data } = this;
    for (const name in values) {
      if (!record.byName.has(name) && !(record.fields[name] instanceof Constant)) {
        if (values[name] === undefined) continue;
        throw this.refusal('VW_ENCODE_FIELD', name, 'there is no such field to write');
      }
    }
    let cursor = origin + base + (record.block ? record.blockLength : 0);
    if (record.block) this.blank(origin + base, cursor);
    else cursor = origin + record.fixedEnd;
    for (const part of record.parts) {
      const at = part.at >= 0 ? origin + part.at : cursor;
      if (this.isLater(part, values)) continue;
      switch (part.kind) {
        case 'field': {
          if (part.slot >= 0) this.places.set(part, at);
          this.write(part, at, this.fieldValue(part, record, values));
          cursor = Math.max(cursor, at + part.size);
          break;
        }
        case 'group':
          cursor = this.group(part, values, at);
          break;
        case 'data': {
          const value = dataOf(values[part.name], part.encoding);
          const n = value.length;
          let to = at;
          if (part.prefix !== undefined) {
            this.write(part.prefix, at, n);
            to += part.prefix.size;
          }
          if (to + n > data.byteLength) this.blank(to, to + n);
          for (let i = 0; i < n; i++) {
            const c = typeof value === 'string' ? value.charCodeAt(i) : ((value as Uint8Array)[i] as number);
            data.setUint8(to + i, this.character(part.name, c));
          }
          cursor = to + n;
          break;
        }
        case 'when': {
          const given = values[part.name] as Input | undefined;
          const there = this.holds(part);
          if (given !== undefined && !there) {
            throw this.refusal('VW_ENCODE_VARIANT', part.name, `given, but ${part.on.name} says it is absent`);
          }
          if (there) cursor = this.record(part.record, given ?? NONE, at, 0);
          break;
        }
      }
    }
    for (const part of record.parts) {
      if (part.kind === 'group' && part.count.kind === 'untilLength') {
        const length = part.count.field;
        this.write(length, origin + length.at, cursor - origin);
      }
    }
    return cursor;
  }

  /** Where the field that a condition reads was written: conditions follow their fields, so the bytes are there. */
  readonly places = new Map<PlanField, number>();
  holds(part: Extract<PlanPart, { kind: 'when' }>): boolean {
    const at = this.places.get(part.on);
    if (at === undefined) return false;
    const value = readReference(this.data, at, part.on);
    if (part.above !== undefined) return value > part.above;
    return part.is?.includes(BigInt.asUintN(8 * Math.min(part.on.size, 8), value)) === true;
  }

  group(part: PlanGroup, values: Input, start: number): number {
    const entries = entriesOf(part, values);
    const { count } = part;
    let at = start;
    let n = entries.length;
    if (count.kind === 'dimension') {
      this.blank(at, at + count.size);
      this.write(count.block, at + count.block.at, part.size);
      this.write(count.number, at + count.number.at, n);
      at += count.size;
    } else if (count.kind === 'fixed') {
      if (n > count.count)
        throw this.refusal('VW_ENCODE_COUNT', part.name, `${n} entries where ${count.count} are sent`);
      n = count.count;
    }
    for (let i = 0; i < n; i++) {
      const from = at;
      at = this.record(part.record, entries[i] ?? NONE, at, 0);
      if (!part.record.block && at < from + part.size) {
        this.blank(at, from + part.size);
        at = from + part.size;
      }
    }
    return at;
  }
}

function recordLength(record: PlanRecord, values: Input): number {
  let length = record.block ? record.blockLength : record.fixedEnd;
  for (const part of record.parts.slice(record.firstDynamic)) {
    if (part.kind === 'field') length += part.size;
    else if (part.kind === 'data') length += (part.prefix?.size ?? 0) + dataBytes(part, values);
    else if (part.kind === 'when')
      length += recordLength(part.record, (values[part.name] as Input | undefined) ?? NONE);
    else {
      const entries = entriesOf(part, values);
      if (part.count.kind === 'dimension') length += part.count.size;
      const n = part.count.kind === 'fixed' ? Math.max(part.count.count, entries.length) : entries.length;
      for (let i = 0; i < n; i++) length += Math.max(part.size, recordLength(part.record, entries[i] ?? NONE));
    }
  }
  return length;
}

/** What of the message follows from its name: the type fields, and for SBE the schema's numbers. */
function filledIn(source: EncodeSource, plan: PlanMessage, values: Input): Record<string, unknown> {
  const { record } = plan;
  const filled: Record<string, unknown> = { ...values };
  const types = source.messageType;
  let shift = types.reduce((n, name) => n + ((record.byName.get(name) as PlanField | undefined)?.size ?? 0), 0);
  const code = plan.codes[0] ?? plan.others[0] ?? 0;
  for (const name of types) {
    const p = record.byName.get(name) as PlanField;
    shift -= p.size;
    const own = Math.floor(code / 256 ** shift) % 256 ** p.size;
    if (filled[name] !== undefined) continue;
    if (p.wire === 'uint' || p.wire === 'int') filled[name] = own;
    else {
      let s = '';
      for (let i = p.size - 1; i >= 0; i--) s += String.fromCharCode(Math.floor(own / 256 ** i) % 256);
      filled[name] = s;
    }
  }
  if (source.sbe !== undefined) {
    filled[source.sbe.blockLength] = record.blockLength;
    filled.schemaId ??= source.sbe.schemaId;
    filled.version ??= source.sbe.version;
  }
  return filled;
}

/** Writes the message and returns its length. */
function write(source: EncodeSource, plan: PlanMessage, values: Input, data: DataView, offset: number): number {
  const { record } = plan;
  const filled = filledIn(source, plan, values);
  const version = plan.versionField === undefined ? plan.version : Number(filled[SBE_VERSION]);
  const e = new Encoder(source, plan, data, version);
  const end = e.record(record, filled, offset, source.sbe === undefined ? 0 : plan.headerSize);
  if (source.lengthField !== undefined) {
    const p = record.byName.get(source.lengthField.name) as PlanField;
    e.write(p, offset + p.at, end - offset - source.lengthField.excludes);
  }
  return end - offset;
}

/**
 * The bytes of message `name` of `decoder`. Type, lengths, counts and schema numbers are filled in; absent fields are
 * zero, blank or "no value".
 * @throws VenuewireError `VW_MESSAGE_NAME` when the decoder has no such message, `VW_ENCODE_…` when a value does not fit its field.
 */
export function encode<H extends Fields, M extends Messages, N extends keyof M & string>(
  decoder: Decoder<H, M>,
  name: N,
  values: MessageInput<DecoderShape<H, M>, N>,
): Uint8Array {
  const plan = decoder.plan(decoder.indexOf(name));
  const input = values as Input;
  const target = new Uint8Array(plan.headerSize + recordLength(plan.record, input));
  const length = write(decoder, plan, input, new DataView(target.buffer), 0);
  return target.subarray(0, length);
}

/**
 * As `encode`, into `target` at `offset`, allocating no bytes; returns the message's length.
 * @throws VenuewireError as `encode`, and `VW_ENCODE_SPACE` when the message does not fit in `target`.
 */
export function encodeInto<H extends Fields, M extends Messages, N extends keyof M & string>(
  decoder: Decoder<H, M>,
  name: N,
  values: MessageInput<DecoderShape<H, M>, N>,
  target: DataView,
  offset: number,
): number {
  return write(decoder, decoder.plan(decoder.indexOf(name)), values as Input, target, offset);
}
