/** Writes records of a table of JSON: what `encodeInto` writes, with the plan of each message looked through once. */
import type { Decoder } from '../layout/decoder.js';
import { encodeInto } from '../layout/encode.js';
import type { PlanField, PlanMessage, PlanPart } from '../layout/plan.js';
import type { JsonLevel } from './reader.js';
import { LEVEL, LEVEL_AT } from './records.js';

type Values = Readonly<Record<string, unknown>>;
/** False: this value is for `encodeInto`, which knows all fields and says what is wrong with one. */
type Write = (view: DataView, at: number, value: unknown) => boolean;

const INT64_MOST = (1n << 63n) - 1n;
const UINT64_MOST = (1n << 64n) - 1n;

function whole({ size, wire }: PlanField): Write | undefined {
  const signed = wire === 'int';
  if (size === 8) {
    const [least, most] = signed ? [-INT64_MOST - 1n, INT64_MOST] : [0n, UINT64_MOST];
    return (view, at, value) => {
      if (typeof value === 'number') {
        if (!Number.isSafeInteger(value) || value < least) return false;
        view.setBigInt64(at, BigInt(value), true);
        return true;
      }
      if (typeof value !== 'bigint' || value < least || value > most) return false;
      view.setBigUint64(at, BigInt.asUintN(64, value), true);
      return true;
    };
  }
  if (signed || ![1, 2, 4].includes(size)) return undefined;
  const most = 2 ** (8 * size) - 1;
  return (view, at, value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) return false;
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    return true;
  };
}

/** Text of ISO 8859-1, filled up with spaces. */
const latin =
  ({ size }: PlanField): Write =>
  (view, at, value) => {
    if (typeof value !== 'string' || value.length > size) return false;
    for (let i = 0; i < value.length; i++) {
      const c = value.charCodeAt(i);
      if (c > 255) return false;
      view.setUint8(at + i, c);
    }
    for (let i = value.length; i < size; i++) view.setUint8(at + i, 0x20);
    return true;
  };

function writeOf(part: PlanPart): Write | undefined {
  if (part.kind !== 'field' || part.at < 0 || part.big || part.field === undefined) return undefined;
  if (part.wire === 'uint' || part.wire === 'int') return whole(part);
  if (part.wire === 'char') return latin(part);
  const { pad = 'space', padLeft, encoding } = part.field.data;
  return part.wire === 'text' && pad === 'space' && padLeft !== true && encoding !== 'utf8' ? latin(part) : undefined;
}

/** Levels as `levelsAt` lays them out. */
function writeLevels(view: DataView, from: number, levels: readonly JsonLevel[]): number {
  let at = from;
  for (let i = 0; i < levels.length; i++, at += LEVEL) {
    const level = levels[i] as JsonLevel;
    view.setUint8(at, level.side.charCodeAt(0));
    view.setBigInt64(at + LEVEL_AT.price, level.price, true);
    view.setBigInt64(at + LEVEL_AT.size, level.size, true);
    view.setUint8(at + LEVEL_AT.priceDecimals, level.priceDecimals);
    view.setUint8(at + LEVEL_AT.sizeDecimals, level.sizeDecimals);
    view.setUint8(at + LEVEL_AT.cut, level.cut);
  }
  return at;
}

interface FieldWriter {
  readonly name: string;
  readonly at: number;
  readonly size: number;
  readonly write: Write;
  /** Where nothing is given: zeros, or what stands for no value. */
  readonly absent: bigint;
  readonly isText: boolean;
}

class MessageWriter {
  readonly #fields: FieldWriter[] = [];
  readonly #names = new Set<string>();
  #count = -1;
  #levels = -1;
  #end = 0;
  /** Its parts are all of kinds that are known here. */
  readonly isKnown: boolean;

  constructor(
    plan: PlanMessage,
    readonly code: number,
    readonly typeField: string,
  ) {
    this.isKnown = plan.record.parts.every((part) => this.#part(part));
  }

  #part(part: PlanPart): boolean {
    if (part.kind === 'group') {
      const isLevels = part.name === 'levels' && part.size === LEVEL && part.at >= 0 && part.count.kind === 'field';
      if (!isLevels || part.count.kind !== 'field') return false;
      this.#levels = part.at;
      this.#count = part.count.field.at;
      this.#names.add(part.name);
      return true;
    }
    const write = writeOf(part);
    if (part.kind !== 'field' || write === undefined) return false;
    this.#end = Math.max(this.#end, part.at + part.size);
    this.#names.add(part.name);
    const { name, at, size, nullBits = 0n, wire } = part;
    this.#fields.push({ name, at, size, write, absent: nullBits, isText: wire === 'char' || wire === 'text' });
    return true;
  }

  /** Bytes written; -1: this is for `encodeInto`. */
  write(values: Values, view: DataView, offset: number): number {
    for (const name in values) if (!this.#names.has(name)) return -1;
    const levels = (values.levels as readonly JsonLevel[] | undefined) ?? NO_LEVELS;
    const end = this.#levels < 0 ? this.#end : this.#levels + levels.length * LEVEL;
    if (offset + end > view.byteLength) return -1;
    for (let i = 0; i < this.#fields.length; i++) {
      const { name, at, size, write, absent, isText } = this.#fields[i] as FieldWriter;
      if (at === this.#count) continue;
      const value = name === this.typeField ? this.code : values[name];
      if (value !== undefined && value !== null) {
        if (!write(view, offset + at, value)) return -1;
      } else if (isText) write(view, offset + at, '');
      else if (absent === 0n) for (let b = 0; b < size; b++) view.setUint8(offset + at + b, 0);
      else for (let b = 0; b < size; b++) view.setUint8(offset + at + b, Number((absent >> BigInt(8 * b)) & 255n));
    }
    if (this.#levels < 0) return end;
    view.setUint16(offset + this.#count, levels.length, true);
    return writeLevels(view, offset + this.#levels, levels) - offset;
  }
}
const NO_LEVELS: readonly JsonLevel[] = [];

export class RecordWriter {
  readonly #writers = new Map<string, MessageWriter>();
  constructor(readonly decoder: Decoder) {
    const { messageType } = decoder;
    for (const [index, name] of decoder.names.entries()) {
      const plan = decoder.plan(index);
      const [code] = plan.codes;
      const [typeField, ...more] = messageType;
      if (code === undefined || typeField === undefined || more.length > 0) continue;
      const writer = new MessageWriter(plan, code, typeField);
      if (writer.isKnown) this.#writers.set(name, writer);
    }
  }

  /**
   * Writes the record at `offset`; gives its length.
   * @throws VenuewireError `VW_ENCODE_…` when a value does not fit
   */
  write(message: string, values: Values, view: DataView, offset: number): number {
    const length = this.#writers.get(message)?.write(values, view, offset) ?? -1;
    return length >= 0 ? length : encodeInto(this.decoder, message, values as never, view, offset);
  }
}
