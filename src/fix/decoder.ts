/**
 * FIX tag=value. A view finds fields in the bytes of one message without making anything; `toObject` gives names, types
 * and groups by the dictionary.
 */
import { DAMAGED_FIX, VenuewireError } from '../errors.js';
import type { FixDictionary, FixField, FixGroup, FixMembers, FixMessageType } from './dictionary.js';

const SOH = 1;
const EQUALS = 0x3d;
const MOST_TAG = 99_999_999;
/** Fields a message may have before it is taken for damaged. */
const MOST_FIELDS = 1 << 16;
const LONGEST = 1 << 24;

export type FixValue = string | number | boolean | bigint | Uint8Array | readonly FixObject[];
export type FixObject = { readonly [name: string]: FixValue };

const bad = (
  code: 'CHECKSUM' | 'DUPLICATE' | 'END' | 'GROUP' | 'LENGTH' | 'MALFORMED' | 'VALUE',
  what: string,
): VenuewireError => new VenuewireError(`VW_FIX_${code}`, what, DAMAGED_FIX);

/** A message: where each field stands. One view is bound to message after message. */
export class FixView {
  bytes: Uint8Array = new Uint8Array(0);
  /** Fields of the message, framing included. */
  count = 0;
  #tags = new Int32Array(64);
  #at = new Int32Array(64);
  #end = new Int32Array(64);
  type: FixMessageType | undefined;

  clear(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.count = 0;
    this.type = undefined;
  }
  add(tag: number, at: number, end: number): void {
    if (this.count === this.#tags.length) {
      if (this.count >= MOST_FIELDS) throw bad('MALFORMED', `a message of more than ${MOST_FIELDS} fields`);
      const grow = (a: Int32Array) => {
        const more = new Int32Array(2 * a.length);
        more.set(a);
        return more;
      };
      this.#tags = grow(this.#tags);
      this.#at = grow(this.#at);
      this.#end = grow(this.#end);
    }
    this.#tags[this.count] = tag;
    this.#at[this.count] = at;
    this.#end[this.count++] = end;
  }
  tagAt(i: number): number {
    return this.#tags[i] as number;
  }
  startAt(i: number): number {
    return this.#at[i] as number;
  }
  endAt(i: number): number {
    return this.#end[i] as number;
  }

  /** The index of the first field with that tag from `from` on, or -1. Allocates nothing. */
  find(tag: number, from = 0): number {
    const tags = this.#tags;
    for (let i = from; i < this.count; i++) if (tags[i] === tag) return i;
    return -1;
  }
  has(tag: number): boolean {
    return this.find(tag) >= 0;
  }
  /** The value as text; undefined when the field is absent. */
  text(tag: number): string | undefined {
    const i = this.find(tag);
    return i < 0 ? undefined : this.textAt(i);
  }
  textAt(i: number): string {
    const { bytes } = this;
    let out = '';
    for (let at = this.startAt(i); at < this.endAt(i); at++) out += String.fromCharCode(bytes[at] as number);
    return out;
  }
  /** The value as an integer, NaN when it is absent or none. Allocates nothing. */
  int(tag: number): number {
    const i = this.find(tag);
    return i < 0 ? Number.NaN : this.intAt(i);
  }
  intAt(i: number): number {
    return integerOf(this.bytes, this.startAt(i), this.endAt(i));
  }
  /** The first byte of the value, -1 when it is absent or empty. Allocates nothing. */
  byte(tag: number): number {
    const i = this.find(tag);
    return i < 0 || this.startAt(i) === this.endAt(i) ? -1 : (this.bytes[this.startAt(i)] as number);
  }
  /**
   * A price or quantity as an integer of 10^exponent units: `scaled(270, -4)` of `101.25` is 1012500. NaN when the field
   * is absent, is no number, has more decimals, or is not exact as a number. Allocates nothing.
   */
  scaled(tag: number, exponent: number): number {
    const i = this.find(tag);
    if (i < 0) return Number.NaN;
    const { bytes } = this;
    const end = this.endAt(i);
    let at = this.startAt(i);
    const negative = bytes[at] === 0x2d;
    if (negative) at++;
    if (at === end) return Number.NaN;
    let value = 0;
    let decimals = -1;
    for (; at < end; at++) {
      const c = bytes[at] as number;
      if (c === 0x2e && decimals < 0) {
        decimals = 0;
        continue;
      }
      if (c < 0x30 || c > 0x39) return Number.NaN;
      if (decimals === -exponent) {
        if (c !== 0x30) return Number.NaN;
        continue;
      }
      value = value * 10 + (c - 0x30);
      if (decimals >= 0) decimals++;
    }
    for (let d = Math.max(decimals, 0); d < -exponent; d++) value *= 10;
    if (value > Number.MAX_SAFE_INTEGER) return Number.NaN;
    return negative ? -value : value;
  }
}

function integerOf(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  const negative = bytes[at] === 0x2d;
  if (negative) at++;
  if (at >= end || end - at > 15) return Number.NaN;
  let value = 0;
  for (; at < end; at++) {
    const c = (bytes[at] as number) - 0x30;
    if (c < 0 || c > 9) return Number.NaN;
    value = value * 10 + c;
  }
  return negative ? -value : value;
}

export interface FixDecodeOptions {
  /** The byte between fields; SOH, or for logs another one such as `|`. */
  readonly separator?: number;
}

export class FixDecoder {
  readonly #separator: number;
  readonly #lengths = new Map<number, number>();
  readonly #byName = new Map<string, FixField>();
  readonly #seen = new SeenTags();
  /** Groups of the message that have ended. */
  readonly #closed: FixGroup[] = [];

  constructor(
    readonly dictionary: FixDictionary,
    options: FixDecodeOptions = {},
  ) {
    this.#separator = options.separator ?? SOH;
    for (const f of dictionary.fields.values()) {
      this.#byName.set(f.name, f);
      if (f.lengthTag !== undefined) this.#lengths.set(f.tag, f.lengthTag);
    }
  }

  /** Bytes of the message that begins at `offset`, 0 when more of them are needed. @throws VenuewireError `VW_FIX_…` */
  size(bytes: Uint8Array, offset = 0, end = bytes.length): number {
    const begin = this.#field(bytes, offset, end, 8);
    if (begin < 0) return 0;
    const length = this.#field(bytes, begin, end, 9);
    if (length < 0) return 0;
    const body = integerOf(bytes, begin + 2, length - 1);
    if (!(body >= 0 && body <= LONGEST)) throw bad('LENGTH', 'BodyLength is no length');
    // The trailer is 10=nnn and a separator.
    return length + body + 7 > end ? 0 : length - offset + body + 7;
  }

  /** Where the field behind `tag=` at `offset` ends, its separator included; -1 when the bytes end before. */
  #field(bytes: Uint8Array, offset: number, end: number, tag: number): number {
    if (offset + 2 > end) return -1;
    if (bytes[offset] !== 0x30 + tag || bytes[offset + 1] !== EQUALS)
      throw bad('MALFORMED', `no field ${tag} at ${offset}`);
    const most = Math.min(end, offset + 32);
    for (let at = offset + 2; at < most; at++) if (bytes[at] === this.#separator) return at + 1;
    if (most === end) return -1;
    throw bad('MALFORMED', `field ${tag} at ${offset} has no end`);
  }

  /**
   * Binds `view` to the message at `offset`; returns where the next one begins.
   * @throws VenuewireError `VW_FIX_END` (more bytes are needed), `VW_FIX_MALFORMED`, `VW_FIX_LENGTH`, `VW_FIX_CHECKSUM`,
   * `VW_FIX_DUPLICATE` (a tag twice in the message, or in an entry of a group)
   */
  decode(view: FixView, bytes: Uint8Array, offset = 0, limit = bytes.length): number {
    const size = this.size(bytes, offset, limit);
    if (size === 0) throw bad('END', `the message at ${offset} goes on behind the bytes`);
    const end = offset + size;
    const separator = this.#separator;
    view.clear(bytes);
    let sum = 0;
    const trailer = end - 7;
    let dataLength = -1;
    let lengthTag = 0;
    for (let at = offset; at < end; ) {
      let tag = 0;
      const from = at;
      for (; at < end; at++) {
        const c = bytes[at] as number;
        if (c === EQUALS) break;
        if (c < 0x30 || c > 0x39) throw bad('MALFORMED', `no tag at ${from}`);
        tag = tag * 10 + (c - 0x30);
        if (tag > MOST_TAG) throw bad('MALFORMED', `the tag at ${from} is too long`);
      }
      if (at === end || at === from || bytes[from] === 0x30) throw bad('MALFORMED', `no tag at ${from}`);
      const start = ++at;
      // A data field may have separators in it: its length stands before it.
      if (dataLength >= 0 && this.#lengths.get(tag) === lengthTag) {
        if (dataLength > trailer - start) throw bad('MALFORMED', `field ${tag} leads past the end`);
        at = start + dataLength;
        if (bytes[at] !== separator) throw bad('MALFORMED', `field ${tag} has not the length that ${lengthTag} says`);
      } else {
        while (at < end && bytes[at] !== separator) at++;
        if (at === end) throw bad('MALFORMED', `field ${tag} has no end`);
      }
      view.add(tag, start, at);
      const field = this.dictionary.fields.get(tag);
      if (field?.type === 'length' && tag !== 9) {
        dataLength = integerOf(bytes, start, at);
        lengthTag = tag;
        if (!(dataLength >= 0)) throw bad('MALFORMED', `field ${tag} is no length`);
      } else dataLength = -1;
      at++;
      if (from < trailer) {
        if (at > trailer) throw bad('LENGTH', 'the body is not as long as BodyLength says');
        for (let i = from; i < at; i++) sum += bytes[i] as number;
      }
    }
    const last = view.count - 1;
    if (view.tagAt(last) !== 10 || view.startAt(last) !== end - 4)
      throw bad('LENGTH', 'there is no CheckSum where BodyLength says');
    if (separator === SOH && view.intAt(last) !== (sum & 255))
      throw bad('CHECKSUM', `CheckSum says ${view.textAt(last)}, the bytes come to ${sum & 255}`);
    if (view.count < 4 || view.tagAt(2) !== 35) throw bad('MALFORMED', 'MsgType is not the third field');
    view.type = this.dictionary.messages.get(view.textAt(2));
    this.#walk(view, undefined);
    return end;
  }

  /**
   * Names, values and groups. A group's entry begins with its first field; a field that belongs to no open group closes it.
   * @throws VenuewireError `VW_FIX_GROUP` where entries are not as many as NumInGroup says; `VW_FIX_DUPLICATE` where a
   * message of a type that the dictionary does not have has a tag twice (of a known type `decode` has refused it).
   */
  toObject(view: FixView): FixObject {
    const out: Record<string, FixValue> = {};
    this.#walk(view, out);
    return out;
  }

  /** Goes through the message's fields and groups, into an object or only to check them. */
  #walk(view: FixView, into: Record<string, FixValue> | undefined): void {
    const { header, trailer } = this.dictionary;
    const members = view.type?.members;
    this.#seen.clear();
    this.#closed.length = 0;
    for (let i = 0; i < view.count && i >= 0; ) {
      const tag = view.tagAt(i);
      const group = members?.get(tag) ?? header.get(tag) ?? trailer.get(tag);
      if (group !== undefined) {
        i = this.#group(view, i, group, into);
        continue;
      }
      // Of a type that the dictionary does not have, groups are not known: only an object cannot hold a tag twice.
      if (!this.#seen.add(tag) && (members !== undefined || into !== undefined)) throw this.#duplicate(view, i);
      if (this.#closed.length > 0 && !isMember(tag, members, header, trailer)) {
        const last = this.#closed.find((g) => g.members.has(tag));
        if (last !== undefined) {
          if (into === undefined) return;
          throw bad('GROUP', `field ${tag} stands behind ${last.name}, whose entries are fewer than that`);
        }
      }
      if (into !== undefined) this.#put(view, i, into);
      i++;
    }
  }

  #duplicate(view: FixView, i: number): VenuewireError {
    return bad('DUPLICATE', `field ${view.tagAt(i)} is there twice`);
  }

  #put(view: FixView, i: number, into: Record<string, FixValue>): void {
    const field = this.dictionary.fields.get(view.tagAt(i));
    put(into, field?.name ?? String(view.tagAt(i)), this.#value(view, i, field));
  }

  /**
   * The entries of the group whose NumInGroup is field `i`; returns the index of the field behind it. -1 where entries
   * are not as many as they should be and nothing is made of them.
   */
  #group(view: FixView, i: number, group: FixGroup, into: Record<string, FixValue> | undefined): number {
    const seen = this.#seen;
    if (!seen.add(group.tag)) throw this.#duplicate(view, i);
    const n = view.intAt(i);
    if (!(n >= 0) || n > view.count) {
      if (into === undefined) return -1;
      throw bad('GROUP', `${group.name} is '${view.textAt(i)}'`);
    }
    const entries: FixObject[] | undefined = into && [];
    let at = i + 1;
    for (let k = 0; k < n; k++) {
      if (at >= view.count || view.tagAt(at) !== group.first) {
        if (into === undefined) return -1;
        throw bad('GROUP', `${group.name} says ${n} entries, there are ${k}`);
      }
      const entry: Record<string, FixValue> | undefined = into && {};
      const outer = seen.enter();
      at = this.#entry(view, at, group, entry);
      seen.leave(outer);
      if (at < 0) return at;
      if (entry !== undefined) entries?.push(entry);
    }
    if (!this.#closed.includes(group)) this.#closed.push(group);
    if (into !== undefined) put(into, group.name, entries ?? []);
    return at;
  }

  /** One entry; returns the index of the field behind it. */
  #entry(view: FixView, from: number, group: FixGroup, into: Record<string, FixValue> | undefined): number {
    let at = from;
    do {
      const tag = view.tagAt(at);
      const inner = group.members.get(tag);
      if (inner !== undefined) {
        at = this.#group(view, at, inner, into);
        if (at < 0) return at;
        continue;
      }
      if (!this.#seen.add(tag)) throw this.#duplicate(view, at);
      if (into !== undefined) this.#put(view, at, into);
      at++;
    } while (at < view.count && group.members.has(view.tagAt(at)) && view.tagAt(at) !== group.first);
    return at;
  }

  #value(view: FixView, i: number, field: FixField | undefined): FixValue {
    switch (field?.type) {
      case 'int':
      case 'length':
      case 'numInGroup': {
        const n = view.intAt(i);
        if (!Number.isNaN(n)) return n;
        const text = view.textAt(i);
        return /^-?[0-9]{1,40}$/.test(text) ? BigInt(text) : text;
      }
      case 'boolean': {
        const text = view.textAt(i);
        return text === 'Y' ? true : text === 'N' ? false : text;
      }
      case 'data':
        return view.bytes.slice(view.startAt(i), view.endAt(i));
      default:
        // Prices and quantities stay the text that was sent: nothing passes through floating point.
        return view.textAt(i);
    }
  }

  /**
   * The bytes of a message: BeginString, BodyLength, MsgType and CheckSum are filled in, header fields first, the body in
   * the order of the dictionary.
   * @throws VenuewireError `VW_FIX_VALUE`
   */
  encode(type: string, fields: Readonly<Record<string, unknown>>): Uint8Array {
    const message = this.dictionary.messages.get(type);
    if (message === undefined) throw this.#refuse(`there is no message ${type}`);
    const body: number[] = [];
    const done = new Set<string>(['BeginString', 'BodyLength', 'MsgType', 'CheckSum']);
    this.#write(body, 35, type);
    for (const members of [this.dictionary.header, message.members]) this.#members(body, members, fields, done);
    for (const name of Object.keys(fields)) if (!done.has(name)) throw this.#refuse(`${type} has no field ${name}`);
    const head: number[] = [];
    this.#write(head, 8, this.dictionary.begin);
    this.#write(head, 9, String(body.length));
    const all = [...head, ...body];
    let sum = 0;
    for (const b of all) sum += b;
    this.#write(all, 10, String(sum & 255).padStart(3, '0'));
    return Uint8Array.from(all);
  }

  #refuse(what: string): VenuewireError {
    return new VenuewireError('VW_FIX_VALUE', what, 'Use the names of the dictionary and values of its types.');
  }

  #members(into: number[], members: FixMembers, given: Readonly<Record<string, unknown>>, done: Set<string>): void {
    for (const [tag, group] of members) {
      const field = this.dictionary.fields.get(tag) as FixField;
      const value = given[field.name];
      if (done.has(field.name)) continue;
      done.add(field.name);
      if (value === undefined || value === null) continue;
      if (group === undefined) {
        this.#write(into, tag, value, field);
        continue;
      }
      if (!Array.isArray(value)) throw this.#refuse(`${field.name} is no list of entries`);
      this.#write(into, tag, String(value.length));
      for (const entry of value as Record<string, unknown>[]) {
        const own = new Set<string>();
        this.#members(into, group.members, entry, own);
        const first = this.dictionary.fields.get(group.first)?.name ?? '';
        if (entry[first] === undefined || entry[first] === null)
          throw this.#refuse(`an entry of ${field.name} has no ${first}`);
        for (const name of Object.keys(entry))
          if (!own.has(name)) throw this.#refuse(`${field.name} has no field ${name}`);
      }
    }
  }

  #write(into: number[], tag: number, value: unknown, field?: FixField): void {
    const text = `${tag}=`;
    for (let i = 0; i < text.length; i++) into.push(text.charCodeAt(i));
    if (value instanceof Uint8Array) {
      for (const b of value) into.push(b);
    } else {
      const shown = typeof value === 'boolean' ? (value ? 'Y' : 'N') : String(value);
      for (let i = 0; i < shown.length; i++) {
        const c = shown.charCodeAt(i);
        if (c > 0xff || c === this.#separator) throw this.#refuse(`${field?.name ?? tag}: '${shown}' cannot be sent`);
        into.push(c);
      }
    }
    into.push(this.#separator);
  }
}

const isMember = (tag: number, ...lists: readonly (FixMembers | undefined)[]): boolean =>
  lists.some((list) => list?.has(tag) === true);

/** Tags below it have a place of their own. */
const FIRST_HIGH_TAG = 1 << 14;
const MOST_LEVELS = 1 << 30;

/** Which tags a message, or an entry of a group, has had: each level its own. Allocates nothing once it is warm. */
class SeenTags {
  readonly #low = new Int32Array(FIRST_HIGH_TAG);
  readonly #high = new Map<number, number>();
  /** What levels that are still open had said of a tag: tag and level, one pair after the other. */
  readonly #undo: number[] = [];
  #undoLength = 0;
  #marks: number[] = [];
  #depth = 0;
  #level = 1;
  #newest = 1;

  clear(): void {
    if (this.#newest > MOST_LEVELS) {
      this.#low.fill(0);
      this.#newest = 0;
    }
    this.#level = ++this.#newest;
    this.#high.clear();
    this.#undoLength = 0;
    this.#depth = 0;
  }
  /** False where this level has had the tag. */
  add(tag: number): boolean {
    const old = tag < FIRST_HIGH_TAG ? (this.#low[tag] as number) : (this.#high.get(tag) ?? 0);
    if (old === this.#level) return false;
    this.#undo[this.#undoLength++] = tag;
    this.#undo[this.#undoLength++] = old;
    this.#set(tag, this.#level);
    return true;
  }
  /** Begins a level; `leave` takes what it returns. */
  enter(): number {
    const outer = this.#level;
    this.#level = ++this.#newest;
    this.#marks[this.#depth++] = this.#undoLength;
    return outer;
  }
  leave(outer: number): void {
    const mark = this.#marks[--this.#depth] as number;
    while (this.#undoLength > mark) {
      const old = this.#undo[--this.#undoLength] as number;
      this.#set(this.#undo[--this.#undoLength] as number, old);
    }
    this.#level = outer;
  }
  #set(tag: number, level: number): void {
    if (tag < FIRST_HIGH_TAG) this.#low[tag] = level;
    else this.#high.set(tag, level);
  }
}

/** A decoder for the messages of a dictionary. */
export const fixDecoder = (dictionary: FixDictionary, options: FixDecodeOptions = {}): FixDecoder =>
  new FixDecoder(dictionary, options);

function put(into: Record<string, FixValue>, name: string, value: FixValue): void {
  if (name !== '__proto__') into[name] = value;
  else Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true });
}
