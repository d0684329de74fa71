/** Bytes of a FAST stream: stop-bit entities, presence maps, and the state that operators share. */
import { CHARACTERS } from '../layout/values.js';
import { fastError, fastFault } from './model.js';
import { decodeUtf8, EMPTY, encodeUtf8, type FastValue, narrow, repairUtf8, type Wide } from './values.js';

export interface FastLimits {
  /** Bytes of a string or byte vector, also of one put together by delta or tail. */
  readonly text: number;
  /** Entries of all sequences of a message together. */
  readonly entries: number;
  /** Templates inside templates, by references in the stream. */
  readonly depth: number;
  /** Bytes of a message in the normal form, which the native execution writes. */
  readonly record: number;
}
export const LIMITS: FastLimits = { text: 1 << 16, entries: 1 << 14, depth: 16, record: 1 << 24 };

/** Beyond it seven more bits leave the exact numbers. */
const ROOM = 2 ** 46;
/** Nothing in a FAST stream needs more than 66 bits. */
const WIDEST = 1n << 66n;

type SavedMap = readonly [map: number, mask: number, at: number, end: number, from: number];

export class FastReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  /** Of each dictionary entry whether it has a value and of what type, and the value. */
  readonly tags: Uint8Array;
  readonly values: (FastValue | undefined)[];
  entries = 0;
  depth = 0;
  #map = 0;
  #mask = 0;
  #mapAt = 0;
  #mapEnd = 0;
  #mapFrom = 0;

  constructor(
    slots: number,
    readonly limits: FastLimits,
    readonly strict: boolean,
  ) {
    this.tags = new Uint8Array(slots);
    this.values = new Array<FastValue | undefined>(slots).fill(undefined);
  }

  reset(): void {
    this.tags.fill(0);
    this.values.fill(undefined);
  }
  put(slot: number, tag: number, value: FastValue): void {
    this.tags[slot] = tag;
    this.values[slot] = value;
  }
  empty(slot: number): void {
    this.tags[slot] = EMPTY;
    this.values[slot] = undefined;
  }

  over(what: string): never {
    throw fastFault('END', `the bytes end inside ${what}`, 'Give the whole message, or wait for more of the stream.');
  }
  limit(what: string): never {
    throw fastFault('LIMIT', what, 'The bytes are damaged, the templates are not theirs, or the limit is too low.');
  }

  // ── Presence maps ────────────────────────────────────────────────────────────────────────────────────────────

  openMap(): void {
    const { bytes, end } = this;
    let at = this.at;
    this.#mapAt = at;
    this.#mapFrom = at;
    for (;;) {
      if (at >= end) this.over('a presence map');
      if ((bytes[at++] as number) >= 0x80) break;
    }
    if (this.strict && at - this.at > 1 && ((bytes[at - 1] as number) & 0x7f) === 0)
      throw fastError('R7', `the presence map at ${this.at} is overlong`);
    this.at = at;
    this.#mapEnd = at;
    this.#mask = 0;
  }
  /** At the end of the segment: whole bytes of the map that no instruction asked for. */
  closeMap(): void {
    if (this.strict && Math.max(this.#mapAt, this.#mapFrom + 1) < this.#mapEnd)
      throw fastError('R8', `the presence map at ${this.#mapFrom} has too many bits`);
  }
  /** The next bit; bits behind the end of the map are zero. */
  bit(): boolean {
    let mask = this.#mask;
    if (mask === 0) {
      if (this.#mapAt === this.#mapEnd) return false;
      this.#map = this.bytes[this.#mapAt++] as number;
      mask = 0x40;
    }
    this.#mask = mask >> 1;
    return (this.#map & mask) !== 0;
  }
  saveMap(): SavedMap {
    return [this.#map, this.#mask, this.#mapAt, this.#mapEnd, this.#mapFrom];
  }
  restoreMap(saved: SavedMap): void {
    [this.#map, this.#mask, this.#mapAt, this.#mapEnd, this.#mapFrom] = saved;
  }

  // ── Integers ─────────────────────────────────────────────────────────────────────────────────────────────────

  unsigned(): Wide {
    const { bytes, end } = this;
    let at = this.at;
    if (at >= end) this.over('an integer');
    let byte = bytes[at++] as number;
    if (byte >= 0x80) {
      this.at = at;
      return byte & 0x7f;
    }
    if (byte === 0 && this.strict) this.#overlong();
    let value = byte;
    while (value < ROOM) {
      if (at >= end) this.over('an integer');
      byte = bytes[at++] as number;
      value = value * 128 + (byte & 0x7f);
      if (byte >= 0x80) {
        this.at = at;
        return value;
      }
    }
    return this.#long(BigInt(value), at);
  }

  signed(): Wide {
    const { bytes, end } = this;
    let at = this.at;
    if (at >= end) this.over('an integer');
    let byte = bytes[at++] as number;
    let value = (byte & 0x40) !== 0 ? (byte & 0x7f) - 128 : byte & 0x7f;
    if (byte >= 0x80) {
      this.at = at;
      return value;
    }
    if (this.strict && at < end) {
      const second = (bytes[at] as number) & 0x40;
      if ((byte === 0 && second === 0) || (byte === 0x7f && second !== 0)) this.#overlong();
    }
    while (value < ROOM && value >= -ROOM) {
      if (at >= end) this.over('an integer');
      byte = bytes[at++] as number;
      value = value * 128 + (byte & 0x7f);
      if (byte >= 0x80) {
        this.at = at;
        return value;
      }
    }
    return this.#long(BigInt(value), at);
  }

  #long(value: bigint, from: number): Wide {
    const { bytes, end } = this;
    let v = value;
    for (let at = from; ; ) {
      if (at >= end) this.over('an integer');
      const byte = bytes[at++] as number;
      v = (v << 7n) | BigInt(byte & 0x7f);
      if (v > WIDEST || v < -WIDEST) throw fastError('D2', `the integer at ${this.at} has more than 64 bits`);
      if (byte >= 0x80) {
        this.at = at;
        return narrow(v);
      }
    }
  }
  #overlong(): never {
    throw fastError('R6', `the integer at ${this.at} is overlong`);
  }

  /** Undefined is NULL: zero. */
  nullableUnsigned(): Wide | undefined {
    const value = this.unsigned();
    if (typeof value === 'number') return value === 0 ? undefined : value - 1;
    return narrow(value - 1n);
  }
  nullableSigned(): Wide | undefined {
    const value = this.signed();
    if (typeof value === 'number') return value === 0 ? undefined : value > 0 ? value - 1 : value;
    return value > 0n ? narrow(value - 1n) : value;
  }

  // ── Strings ──────────────────────────────────────────────────────────────────────────────────────────────────

  ascii(): string {
    const { bytes, end } = this;
    const from = this.at;
    if (from >= end) this.over('a string');
    const first = bytes[from] as number;
    if ((first & 0x7f) !== 0) return this.#characters(from);
    this.at = from + 1;
    return first === 0x80 ? '' : this.#afterPreamble(from + 1);
  }
  nullableAscii(): string | undefined {
    const { bytes, end } = this;
    const from = this.at;
    if (from >= end) this.over('a string');
    const first = bytes[from] as number;
    if ((first & 0x7f) !== 0) return this.#characters(from);
    if (first === 0x80) {
      this.at = from + 1;
      return undefined;
    }
    if (from + 1 >= end) this.over('a string');
    const second = bytes[from + 1] as number;
    if (second === 0x80) {
      this.at = from + 2;
      return '';
    }
    if (second === 0) return this.#afterPreamble(from + 2);
    if (this.strict) this.#longString(from);
    return this.#characters(from + 1);
  }
  /** What follows a zero preamble is a nul character; anything else would not have needed the preamble. */
  #afterPreamble(at: number): string {
    if (at >= this.end) this.over('a string');
    if (this.strict && ((this.bytes[at] as number) & 0x7f) !== 0) this.#longString(at - 1);
    return this.#characters(at);
  }
  #longString(at: number): never {
    throw fastError('R9', `the string at ${at} is overlong`);
  }
  #characters(from: number): string {
    const { bytes, end } = this;
    const bound = Math.min(end, from + this.limits.text);
    let out = '';
    for (let at = from; at < bound; ) {
      const byte = bytes[at++] as number;
      out += CHARACTERS[byte & 0x7f];
      if (byte >= 0x80) {
        this.at = at;
        return out;
      }
    }
    if (bound === end) this.over('a string');
    return this.limit(`the string at ${from} is longer than ${this.limits.text} bytes`);
  }

  /** So many bytes, not copied. */
  take(length: Wide): Uint8Array {
    if (length > this.limits.text) this.limit(`${length} bytes are more than ${this.limits.text}`);
    const n = Number(length);
    if (n > this.end - this.at) this.over('a byte vector');
    const from = this.at;
    this.at = from + n;
    return this.bytes.subarray(from, this.at);
  }
  vector(): Uint8Array {
    return this.take(this.#length(this.unsigned()));
  }
  nullableVector(): Uint8Array | undefined {
    const length = this.nullableUnsigned();
    return length === undefined ? undefined : this.take(this.#length(length));
  }
  #length(length: Wide): Wide {
    if (length > 0xffff_ffff) throw fastError('D2', `the length before ${this.at} is no uInt32`);
    return length;
  }
  text(bytes: Uint8Array): string {
    const text = decodeUtf8(bytes);
    if (text !== undefined) return text;
    if (this.strict) throw fastError('R2', `the string before ${this.at} is not UTF-8`);
    return repairUtf8(bytes);
  }
}

/** The text, its UTF-8 bytes or the bytes themselves: what delta and tail cut. */
export const piecesOf = (value: string | Uint8Array): Uint8Array =>
  typeof value === 'string' ? encodeUtf8(value) : value;
