import { VenuewireError } from '../errors.js';
import { jsonRecord, jsonValue, withJson } from '../plain.js';
import { bitName, Composite, Constant, type Fields, Filler } from './field.js';
import type { PlanField, PlanGroup, PlanMessage, PlanPart, PlanRecord, PlanWhen } from './plan.js';
import { formatPrice } from './price.js';
import type { PlainRecord, RecordView } from './types.js';
import {
  CHARACTERS,
  decodeDigits,
  decodeLongDigits,
  decodeText,
  LONGEST_NUMBER,
  readBits,
  readInt,
  readReference,
  readUint,
  textReader,
} from './values.js';

/** Node's name for a method that says how an object is printed; elsewhere it means nothing. */
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');
type Inspect = (value: unknown, options: object) => string;

const NOTHING = new DataView(new ArrayBuffer(0));

export function malformed(what: string): VenuewireError {
  return new VenuewireError(
    'VW_MESSAGE_MALFORMED',
    `malformed message: ${what}`,
    'The bytes do not follow the table: check the decoder version against the venue, or report the message.',
  );
}

/** What begins or ends behind the end of its message. */
const pastEnd = (name: string, view: View): VenuewireError =>
  malformed(`${name} leads past the end of ${view.$message.name}`);

/**
 * A window on one message (or one entry, or one variant) in a buffer: nothing is copied, and one object serves message
 * after message. Properties read the bytes at each access, so a view is valid until it is bound again.
 *
 * `bind` trusts its caller: lengths are checked once, before, with `decoder.lengthCheck`. The `$…` properties are the
 * view's mutable internals, public so that a hot loop may set them without a call; nobody else should write them.
 */
export class View<Plain extends PlainMessage = PlainMessage> {
  /** The buffer. */
  $data: DataView = NOTHING;
  /** First byte of the message, entry or variant in `$data`. */
  $at = 0;
  /** Bytes of the message; of an entry, the length of its fixed part on the wire. */
  $length = 0;
  /** Where the message ends in `$data`. */
  $end = 0;
  /** The record around this entry or variant. */
  $parent: View | undefined = undefined;
  readonly $children: (GroupView<Fields> | View | undefined)[] = [];
  declare readonly $record: PlanRecord;
  declare readonly $message: PlanMessage;

  /** Points the view at the message of `length` bytes at `offset`. */
  bind(data: DataView, offset: number, length: number): this {
    this.$data = data;
    this.$at = offset;
    this.$length = length;
    this.$end = offset + length;
    return this;
  }

  /**
   * A copy as a plain object: 64-bit integers stay bigints, groups become arrays, absent variants are left out.
   * `JSON.stringify` of it writes bigints as decimal strings and bytes as hexadecimal.
   * @throws VenuewireError `VW_MESSAGE_MALFORMED` when counts or lengths in the message lead past its end.
   */
  toObject(): Plain {
    return recordObject(this) as Plain;
  }

  /** What `JSON.stringify` writes: `toObject` with 64-bit integers as decimal strings and bytes as hexadecimal. */
  toJSON(): Record<string, unknown> {
    return jsonRecord(recordObject(this));
  }

  /** What `console.log` prints: the fields, not the buffer. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return `${this.$record?.kind === 'message' ? this.$message.name : ''} ${shown(() => ({ ...this.toObject() }), options, inspect)}`.trim();
  }
}

/** A view may be bound to nothing yet, or to bytes that are no such message: printing it never throws. */
function shown(plain: () => unknown, options: object, inspect: Inspect): string {
  try {
    return inspect(plain(), options);
  } catch (error) {
    return error instanceof VenuewireError ? `<${error.message}>` : '<not bound to a message>';
  }
}

/**
 * What `toObject` returns: a plain object, which compares and clones as one. `JSON.stringify` finds a `toJSON` that turns
 * what JSON has no form for into text; it is in no list of the object's properties.
 */
export interface PlainMessage {
  toJSON(): Record<string, unknown>;
}

function recordObject(view: View): PlainMessage {
  const out: Record<string, unknown> = {};
  const source = view as unknown as Record<string, unknown>;
  fixedEnd(view);
  for (const [name, part] of Object.entries(view.$record.fields)) {
    if (part instanceof Filler || part instanceof Composite) continue;
    const value = source[name];
    if (value === undefined) continue;
    if (value instanceof GroupView) out[name] = value.toArray();
    else if (value instanceof View) out[name] = recordObject(value);
    else out[name] = value instanceof Uint8Array ? value.slice() : value;
  }
  return withJson(out) as unknown as PlainMessage;
}

/** Whether the version of the message is older than what was added in version `since`. */
function isOlder(view: View, since: number): boolean {
  const m = view.$message;
  const field = m.versionField;
  if (field === undefined) return m.version < since;
  return readUint(view.$data, messageStart(view) + field.at, field.size, field.big) < since;
}

/** The first byte of the message that an entry or a variant is part of. */
function messageStart(view: View): number {
  let v = view;
  while (v.$parent !== undefined) v = v.$parent;
  return v.$at;
}

/** A reference to a field of this record or of one around it. */
function referenced(view: View, field: PlanField, up: number): bigint {
  let v = view;
  for (let i = 0; i < up; i++) v = v.$parent as View;
  const at = field.at >= 0 ? v.$at + field.at : locate(v, v.$record.parts.indexOf(field));
  if (at < 0 || at + field.size > v.$end) return 0n;
  return readReference(v.$data, at, field);
}

/** The end of the record's fixed part as it is on the wire. */
function fixedEnd(view: View): number {
  const record = view.$record;
  if (!record.block) return view.$at + record.fixedEnd;
  if (record.kind === 'entry') return view.$at + view.$length;
  const m = view.$message;
  const length = m.blockLengthField;
  if (length === undefined) return view.$at + record.fixedEnd;
  const block = readUint(view.$data, view.$at + length.at, length.size, length.big);
  const end = view.$at + m.headerSize + block;
  if (end > view.$end) throw pastEnd(`a block of ${block} bytes`, view);
  if (view.$at + record.leastEnd > end) throw malformed(`a block of ${block} bytes is too short for ${m.name}`);
  return end;
}

/** Where a variable part begins; -1 when it is absent. */
function locate(view: View, index: number): number {
  const cursor = endOfParts(view, fixedEnd(view), index);
  const { at } = view.$record.parts[index] as PlanPart;
  return at >= 0 ? view.$at + at : cursor;
}

/** Where the variable parts before part `index` end; the first of them begins at `cursor`. */
function endOfParts(view: View, cursor: number, index = view.$record.parts.length): number {
  const { parts, firstDynamic } = view.$record;
  let end = cursor;
  for (let i = firstDynamic; i < index; i++) end = endOf(view, parts[i] as PlanPart, i, end);
  return end;
}

function endOf(view: View, part: PlanPart, index: number, cursor: number): number {
  const at = part.at >= 0 ? view.$at + part.at : cursor;
  let end: number;
  switch (part.kind) {
    case 'field':
      end = at + part.size;
      break;
    case 'data': {
      end = isAbsent(view, part, at) ? at : at + (part.prefix?.size ?? 0) + dataLength(view, part, at);
      break;
    }
    case 'when':
      end = holds(view, part) ? variantEnd(bindVariant(view, part, index, at)) : cursor;
      break;
    case 'group': {
      const g = bindGroup(view, part, index, at);
      end = g.$endOfEntries();
      break;
    }
  }
  if (end > view.$end) throw pastEnd(part.name, view);
  return end;
}

/** Whether a group or data that a later version added is not in this message. */
const isAbsent = (view: View, part: { readonly since: number }, at: number): boolean =>
  part.since > 0 && (at === view.$end || isOlder(view, part.since));

function dataLength(view: View, part: Extract<PlanPart, { kind: 'data' }>, at: number): number {
  if (part.prefix !== undefined) {
    if (at + part.prefix.size > view.$end) throw pastEnd(part.name, view);
    return readUint(view.$data, at, part.prefix.size, part.prefix.big);
  }
  const from = part.from;
  const length = from === undefined ? 0 : Number(referenced(view, from.field, from.up)) + from.add;
  return Math.max(length, 0);
}

function holds(view: View, part: PlanWhen): boolean {
  const value = referenced(view, part.on, part.up);
  if (part.above !== undefined) return value > part.above;
  const bits = BigInt.asUintN(8 * Math.min(part.on.size, 8), value);
  return part.is?.includes(bits) === true;
}

function variantEnd(view: View): number {
  const end = endOfParts(view, fixedEnd(view));
  if (end > view.$end) throw pastEnd('a variant', view);
  return end;
}

/** Puts an entry or a variant where it begins in the record around it. */
function place(view: View, around: View, at: number, length: number): View {
  view.$data = around.$data;
  view.$at = at;
  view.$length = length;
  view.$end = around.$end;
  return view;
}

function bindVariant(view: View, part: PlanWhen, slot: number, at: number): View {
  let child = view.$children[slot] as View | undefined;
  if (child === undefined) {
    child = new (recordClass(part.record, view.$message))();
    child.$parent = view;
    view.$children[slot] = child;
  }
  const length = part.record.fixedEnd;
  if (at + length > view.$end) throw pastEnd(part.name, view);
  return place(child, view, at, length);
}

function bindGroup(view: View, part: PlanGroup, slot: number, at: number): GroupView<Fields> {
  let group = view.$children[slot] as GroupView<Fields> | undefined;
  if (group === undefined) {
    group = new GroupView<Fields>(part, view);
    view.$children[slot] = group;
  }
  group.$rebind(at);
  return group;
}

/**
 * The entries of a repeating group. One reused view serves all entries: `at(i)` and iteration move it, so copy what is
 * to be kept (`toObject`).
 */
export class GroupView<F extends Fields> {
  /** Number of entries. */
  length = 0;
  #first = 0;
  #step = 0;
  #entry: View | undefined;
  /** Looks for where entries end, so that the entry a caller holds stays where it is. */
  #probe: View | undefined;
  /** An entry whose place is known, where entries differ in length. */
  #index = 0;
  #indexAt = 0;
  readonly #variable: boolean;
  constructor(
    readonly $part: PlanGroup,
    readonly $parent: View,
  ) {
    this.#variable = $part.record.firstDynamic < $part.record.parts.length;
  }

  /** Reads the group's header again; the view calls this at each access. */
  $rebind(at: number): void {
    const part = this.$part;
    const owner = this.$parent;
    const data = owner.$data;
    const end = owner.$end;
    const count = part.count;
    this.#step = part.size;
    this.#first = at;
    this.#index = 0;
    this.#indexAt = at;
    this.length = 0;
    if (isAbsent(owner, part, at)) return;
    let n: number;
    switch (count.kind) {
      case 'dimension':
        if (at + count.size > end) throw pastEnd(part.name, owner);
        this.#step = readUint(data, at + count.block.at, count.block.size, count.block.big);
        n = readUint(data, at + count.number.at, count.number.size, count.number.big);
        if (n > 0 && this.#step < part.record.leastEnd) {
          throw malformed(`entries of ${this.#step} bytes are too short for ${part.name}`);
        }
        this.#first = at + count.size;
        break;
      case 'fixed':
        n = count.count;
        break;
      case 'field':
        n = Number(referenced(owner, count.field, count.up));
        break;
      case 'toEnd':
      case 'untilLength': {
        let limit = end;
        if (count.kind === 'untilLength') {
          limit = owner.$at + Number(referenced(owner, count.field, 0));
          if (limit > end) throw pastEnd(part.name, owner);
        }
        if (!this.#variable) {
          n = limit < at ? 0 : Math.floor((limit - at) / part.size);
          if (limit < at || at + n * part.size !== limit)
            throw malformed(`${part.name} does not end where its length says`);
        } else {
          n = 0;
          for (let p = at; p < limit; n++) p = this.#endFrom(p);
        }
        break;
      }
    }
    // Entries without bytes are bounded by the bytes of the whole message.
    const most = this.#step > 0 ? Math.floor((end - this.#first) / this.#step) : end - messageStart(owner);
    if (n < 0 || n > Math.max(most, 0)) {
      throw malformed(`${n} entries of ${part.name} lead past the end of ${owner.$message.name}`);
    }
    this.length = n;
    this.#indexAt = this.#first;
  }

  #made(): View {
    const entry = new (recordClass(this.$part.record, this.$parent.$message))();
    entry.$parent = this.$parent;
    return entry;
  }

  #place(entry: View, at: number): View {
    return place(entry, this.$parent, at, this.#step);
  }

  #endFrom(at: number): number {
    this.#within(at);
    this.#probe ??= this.#made();
    const end = endOfParts(this.#place(this.#probe, at), at + this.#step);
    if (end > this.$parent.$end || end <= at) throw malformed(`an entry of ${this.$part.name} leads past the end`);
    return end;
  }

  $endOfEntries(): number {
    if (!this.#variable) return this.#first + this.length * this.#step;
    let at = this.#first;
    for (let i = 0; i < this.length; i++) at = this.#endFrom(at);
    return at;
  }

  /** The view on entry `index`. */
  at(index: number): RecordView<F> {
    if (!(index >= 0 && index < this.length)) {
      throw new VenuewireError(
        'VW_GROUP_INDEX',
        `${this.$part.name} has ${this.length} entries, not ${index + 1}`,
        'Ask for an entry below `length`.',
      );
    }
    this.#entry ??= this.#made();
    if (!this.#variable) return this.#place(this.#entry, this.#first + index * this.#step) as RecordView<F>;
    if (index < this.#index) {
      this.#index = 0;
      this.#indexAt = this.#first;
    }
    for (; this.#index < index; this.#index++) this.#indexAt = this.#endFrom(this.#indexAt);
    this.#within(this.#indexAt);
    return this.#place(this.#entry, this.#indexAt) as RecordView<F>;
  }

  #within(at: number): void {
    const owner = this.$parent;
    if (at + this.#step > owner.$end) throw pastEnd(this.$part.name, owner);
  }

  *[Symbol.iterator](): IterableIterator<RecordView<F>> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  /** What `JSON.stringify` writes: a list of the entries. */
  toJSON(): unknown[] {
    return this.toArray().map(jsonValue);
  }

  /** What `console.log` prints. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return shown(() => this.toArray().map((e) => ({ ...e })), options, inspect);
  }

  /** The entries as plain objects. */
  toArray(): PlainRecord<F>[] {
    const out: PlainRecord<F>[] = [];
    for (let i = 0; i < this.length; i++) out.push(recordObject(this.at(i)) as unknown as PlainRecord<F>);
    return out;
  }
}

type Getter = (this: View) => unknown;

// One closure a field: the offset is a constant of the closure, which an optimising engine folds where it inlines.
function unsignedGetter(at: number, p: PlanField): Getter {
  const little = !p.big;
  switch (p.size) {
    case 1:
      return function () {
        return this.$data.getUint8(this.$at + at);
      };
    case 2:
      return little
        ? function () {
            return this.$data.getUint16(this.$at + at, true);
          }
        : function () {
            return this.$data.getUint16(this.$at + at, false);
          };
    case 4:
      return little
        ? function () {
            return this.$data.getUint32(this.$at + at, true);
          }
        : function () {
            return this.$data.getUint32(this.$at + at, false);
          };
    case 6:
      return little
        ? function () {
            const a = this.$at + at;
            return this.$data.getUint32(a, true) + this.$data.getUint16(a + 4, true) * 0x1_0000_0000;
          }
        : function () {
            const a = this.$at + at;
            return this.$data.getUint16(a, false) * 0x1_0000_0000 + this.$data.getUint32(a + 2, false);
          };
    case 8:
      return function () {
        return this.$data.getBigUint64(this.$at + at, little);
      };
    default: {
      const { size, big } = p;
      return function () {
        return readUint(this.$data, this.$at + at, size, big);
      };
    }
  }
}

function signedGetter(at: number, p: PlanField): Getter {
  const little = !p.big;
  switch (p.size) {
    case 1:
      return function () {
        return this.$data.getInt8(this.$at + at);
      };
    case 2:
      return function () {
        return this.$data.getInt16(this.$at + at, little);
      };
    case 4:
      return function () {
        return this.$data.getInt32(this.$at + at, little);
      };
    case 8:
      return function () {
        return this.$data.getBigInt64(this.$at + at, little);
      };
    default: {
      const { size, big } = p;
      return function () {
        return readInt(this.$data, this.$at + at, size, big);
      };
    }
  }
}

function fixedGetter(at: number, p: PlanField): Getter {
  switch (p.wire) {
    case 'uint':
      return unsignedGetter(at, p);
    case 'int':
      return signedGetter(at, p);
    case 'float': {
      const little = !p.big;
      return p.size === 8
        ? function () {
            return this.$data.getFloat64(this.$at + at, little);
          }
        : function () {
            return this.$data.getFloat32(this.$at + at, little);
          };
    }
    case 'char':
      return function () {
        return CHARACTERS[this.$data.getUint8(this.$at + at)];
      };
    case 'text': {
      const read = textReader(p.size, p.field?.data.padLeft === true, p.field?.data.encoding);
      return function () {
        return read(this.$data, this.$at + at);
      };
    }
    case 'digits': {
      const { size } = p;
      return size > LONGEST_NUMBER
        ? function () {
            return decodeLongDigits(this.$data, this.$at + at, size);
          }
        : function () {
            return decodeDigits(this.$data, this.$at + at, size);
          };
    }
    case 'bytes': {
      const { size } = p;
      return function () {
        return new Uint8Array(this.$data.buffer, this.$data.byteOffset + this.$at + at, size);
      };
    }
  }
}

/** The absence that a shorter block or a sentinel means. */
function withAbsence(get: Getter, at: number, p: PlanField): Getter {
  const { size, big, nullBits, since } = p;
  let read = get;
  if (nullBits !== undefined) {
    const present = read;
    if (p.wire === 'float' && Number.isNaN(p.field?.data.nullValue)) {
      read = function () {
        const v = present.call(this);
        return Number.isNaN(v) ? null : v;
      };
    } else if (size === 8) {
      const high = Number(nullBits >> 32n);
      const low = Number(nullBits & 0xffff_ffffn);
      const highAt = at + (big ? 0 : 4);
      const lowAt = at + (big ? 4 : 0);
      read = function () {
        const none =
          this.$data.getUint32(this.$at + lowAt, !big) === low &&
          this.$data.getUint32(this.$at + highAt, !big) === high;
        return none ? null : present.call(this);
      };
    } else if (size <= 4 && (p.wire === 'uint' || p.wire === 'int')) {
      const none = p.wire === 'int' ? Number(BigInt.asIntN(8 * size, nullBits)) : Number(nullBits);
      read = function () {
        const v = present.call(this);
        return v === none ? null : v;
      };
    } else {
      read = function () {
        return readBits(this.$data, this.$at + at, size, big) === nullBits ? null : present.call(this);
      };
    }
  }
  if (since === 0) return read;
  const within = read;
  return function () {
    return this.$at + at + size > fixedEnd(this) || isOlder(this, since) ? null : within.call(this);
  };
}

function define(proto: object, name: string, get: Getter): void {
  Object.defineProperty(proto, name, { get, enumerable: true, configurable: true });
}

function defineHalves(proto: object, name: string, p: PlanField, index: number): void {
  const little = !p.big;
  for (const [suffix, shift] of [
    ['High', p.big ? 0 : 4],
    ['Low', p.big ? 4 : 0],
  ] as const) {
    const at = p.at + shift;
    define(
      proto,
      name + suffix,
      p.at < 0
        ? function () {
            return this.$data.getUint32(locate(this, index) + shift, little);
          }
        : function () {
            return this.$data.getUint32(this.$at + at, little);
          },
    );
  }
}

function defineField(proto: object, name: string, p: PlanField, index: number): void {
  let get: Getter;
  if (p.at >= 0) {
    get = withAbsence(fixedGetter(p.at, p), p.at, p);
  } else {
    // Its place depends on what precedes: find it, and read as from a record that begins there.
    const read = withAbsence(fixedGetter(0, p), 0, p);
    const size = p.size;
    get = function () {
      const start = this.$at;
      const at = locate(this, index);
      if (at + size > this.$end) throw pastEnd(name, this);
      this.$at = at;
      try {
        return read.call(this);
      } finally {
        this.$at = start;
      }
    };
  }
  define(proto, name, get);
  if (p.size === 8 && (p.wire === 'uint' || p.wire === 'int')) defineHalves(proto, name, p, index);
  for (const [bit, place] of Object.entries(p.field?.data.places ?? {})) {
    const [low, width] = typeof place === 'number' ? [place, 1] : place;
    const single = typeof place === 'number';
    const mask = 2 ** width - 1;
    define(proto, bitName(name, bit), function () {
      const raw = get.call(this);
      const v = typeof raw === 'bigint' ? Number((raw >> BigInt(low)) & BigInt(mask)) : (Number(raw) >>> low) & mask;
      return single ? v === 1 : v;
    });
  }
}

function definePart(proto: object, part: PlanPart, index: number): void {
  const { name } = part;
  switch (part.kind) {
    case 'field':
      if (part.field !== undefined) defineField(proto, name, part, index);
      break;
    case 'group':
      define(proto, name, function () {
        return bindGroup(this, part, index, locate(this, index));
      });
      break;
    case 'when':
      define(proto, name, function () {
        const at = locate(this, index);
        return holds(this, part) ? bindVariant(this, part, index, at) : undefined;
      });
      break;
    case 'data': {
      const prefix = part.prefix?.size ?? 0;
      define(proto, name, function () {
        const at = locate(this, index);
        if (isAbsent(this, part, at)) return null;
        const length = dataLength(this, part, at);
        if (at + prefix + length > this.$end) throw pastEnd(name, this);
        return part.wire === 'text'
          ? decodeText(this.$data, at + prefix, length, false, part.encoding)
          : new Uint8Array(this.$data.buffer, this.$data.byteOffset + at + prefix, length);
      });
      break;
    }
  }
}

export type ViewClass = new () => View;

const classes = new WeakMap<PlanRecord, ViewClass>();

/** The view class of a record: made at the first use, so that a table costs little before it is read with. */
export function recordClass(record: PlanRecord, message: PlanMessage): ViewClass {
  const made = classes.get(record);
  if (made !== undefined) return made;
  const Reader = class extends View {};
  const proto = Reader.prototype;
  Object.defineProperty(proto, '$record', { value: record });
  Object.defineProperty(proto, '$message', { value: message });
  record.parts.forEach((part, index) => {
    definePart(proto, part, index);
  });
  for (const [name, part] of Object.entries(record.fields)) {
    if (part instanceof Constant) {
      const { value } = part;
      define(proto, name, () => value);
    } else if (part instanceof Composite) {
      const { first, second, as } = part;
      define(proto, name, function () {
        const fields = this as unknown as Record<string, number | bigint>;
        const a = fields[first] ?? 0;
        const b = fields[second] ?? 0;
        if (as === 'instant') return BigInt(a) * 1_000_000_000n + BigInt(b);
        return formatPrice(a, as === 'decimal' ? -Number(b) : Number(b));
      });
    }
  }
  classes.set(record, Reader);
  return Reader;
}

/** Whether a name of a table would hide a member of its view. */
export function isViewMember(name: string): boolean {
  return name in View.prototype || name.startsWith('$');
}
