import type { TextEncoding } from './field.js';
import type { PlanField } from './plan.js';

/** ISO 8859-1 characters, so that a one-byte text allocates nothing. */
export const CHARACTERS: readonly string[] = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i));

/** Text without the spaces and nul bytes that pad it. */
export function decodeText(
  data: DataView,
  at: number,
  size: number,
  left: boolean,
  encoding: TextEncoding = 'latin1',
): string {
  let end = at + size;
  while (end > at) {
    const c = data.getUint8(end - 1);
    if (c !== 0x20 && c !== 0) break;
    end--;
  }
  let start = at;
  if (left) while (start < end && (data.getUint8(start) === 0x20 || data.getUint8(start) === 0)) start++;
  let out = '';
  for (let i = start; i < end; i++) {
    const c = data.getUint8(i);
    if (c > 0x7f && encoding === 'utf8')
      return Buffer.from(data.buffer, data.byteOffset + start, end - start).toString('utf8');
    out += CHARACTERS[c];
  }
  return out;
}

const SETS = 4096;

/**
 * Strings already made, found by the bytes they were made from: a repeated symbol allocates nothing. Two places a set,
 * so that two symbols that fall together do not drive each other out.
 */
export class TextCache {
  readonly #words: number;
  readonly #keys: Int32Array;
  readonly #strings: (string | undefined)[] = new Array(2 * SETS);
  readonly #key: Int32Array;
  constructor(
    readonly size: number,
    readonly left: boolean,
  ) {
    this.#words = (size + 3) >> 2;
    this.#keys = new Int32Array(2 * SETS * this.#words);
    this.#key = new Int32Array(this.#words);
  }

  get(data: DataView, at: number): string {
    const { size } = this;
    const words = this.#words;
    const key = this.#key;
    const keys = this.#keys;
    let hash = 0;
    let w = 0;
    let i = 0;
    for (; i + 4 <= size; i += 4, w++) {
      const v = data.getInt32(at + i, true);
      key[w] = v;
      hash = Math.imul(hash ^ v, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    if (i < size) {
      let v = 0;
      for (; i < size; i++) v = (v << 8) | data.getUint8(at + i);
      key[w] = v;
      hash = Math.imul(hash ^ v, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const set = ((hash ^ (hash >>> 12)) & (SETS - 1)) << 1;
    for (let p = set; p < set + 2; p++) {
      const string = this.#strings[p];
      if (string === undefined) return this.#put(p, data, at);
      let same = true;
      for (let k = 0, b = p * words; k < words; k++) {
        if (keys[b + k] !== key[k]) {
          same = false;
          break;
        }
      }
      if (same) return string;
    }
    // Full: the older of the two gives way.
    const first = this.#strings[set];
    this.#strings[set + 1] = first;
    keys.copyWithin((set + 1) * words, set * words, (set + 1) * words);
    return this.#put(set, data, at);
  }

  #put(place: number, data: DataView, at: number): string {
    const string = decodeText(data, at, this.size, this.left);
    this.#strings[place] = string;
    this.#keys.set(this.#key, place * this.#words);
    return string;
  }
}

const caches = new Map<number, TextCache>();
/** Wider texts (free text, descriptions) seldom repeat and would only fill memory. */
const WIDEST_CACHED = 32;

export function textReader(
  size: number,
  left: boolean,
  encoding: TextEncoding = 'latin1',
): (data: DataView, at: number) => string {
  if (size > WIDEST_CACHED || encoding !== 'latin1') return (data, at) => decodeText(data, at, size, left, encoding);
  const id = size * 2 + (left ? 1 : 0);
  let cache = caches.get(id);
  if (cache === undefined) {
    cache = new TextCache(size, left);
    caches.set(id, cache);
  }
  const found = cache;
  return (data, at) => found.get(data, at);
}

/** A number in ASCII: spaces around it, an optional sign. NaN when it is none. */
export function decodeDigits(data: DataView, at: number, size: number): number {
  let i = at;
  let end = at + size;
  while (end > i && (data.getUint8(end - 1) === 0x20 || data.getUint8(end - 1) === 0)) end--;
  while (i < end && data.getUint8(i) === 0x20) i++;
  if (i === end) return Number.NaN;
  let sign = 1;
  const first = data.getUint8(i);
  if (first === 0x2d || first === 0x2b) {
    if (first === 0x2d) sign = -1;
    if (++i === end) return Number.NaN;
  }
  let value = 0;
  for (; i < end; i++) {
    const c = data.getUint8(i) - 0x30;
    if (c < 0 || c > 9) return Number.NaN;
    value = value * 10 + c;
  }
  return sign * value;
}

/** As `decodeDigits`, for more characters than a number holds exactly; 0 when it is no number. */
export function decodeLongDigits(data: DataView, at: number, size: number): bigint {
  const shown = decodeText(data, at, size, true);
  return /^[+-]?[0-9]+$/.test(shown) ? BigInt(shown.startsWith('+') ? shown.slice(1) : shown) : 0n;
}

/** More characters than this do not fit a number exactly. */
export const LONGEST_NUMBER = 15;

export function readUint(data: DataView, at: number, size: number, big: boolean): number {
  switch (size) {
    case 1:
      return data.getUint8(at);
    case 2:
      return data.getUint16(at, !big);
    case 3:
      return big
        ? data.getUint16(at) * 0x100 + data.getUint8(at + 2)
        : data.getUint16(at, true) + data.getUint8(at + 2) * 0x10000;
    case 4:
      return data.getUint32(at, !big);
    case 5:
      return big
        ? data.getUint32(at) * 0x100 + data.getUint8(at + 4)
        : data.getUint32(at, true) + data.getUint8(at + 4) * 0x1_0000_0000;
    default:
      return big
        ? data.getUint16(at) * 0x1_0000_0000 + data.getUint32(at + 2)
        : data.getUint32(at, true) + data.getUint16(at + 4, true) * 0x1_0000_0000;
  }
}

export function readInt(data: DataView, at: number, size: number, big: boolean): number {
  switch (size) {
    case 1:
      return data.getInt8(at);
    case 2:
      return data.getInt16(at, !big);
    case 4:
      return data.getInt32(at, !big);
    default: {
      const value = readUint(data, at, size, big);
      const bound = 2 ** (8 * size - 1);
      return value >= bound ? value - 2 * bound : value;
    }
  }
}

/** The raw bits of up to 8 bytes, most significant first for text, in the field's order for numbers; what conditions compare. */
export function readBits(data: DataView, at: number, size: number, big: boolean): bigint {
  if (size === 8) return data.getBigUint64(at, !big);
  if (size <= 6) return BigInt(readUint(data, at, size, big));
  let value = 0n;
  for (let i = 0; i < size && i < 8; i++) value = (value << 8n) | BigInt(data.getUint8(at + (big ? i : size - 1 - i)));
  return value;
}

const isAscii = (p: PlanField): boolean => p.wire === 'char' || p.wire === 'text';

/**
 * The value of a field as an integer that counts, lengths and conditions use: "no value" is 0, text is its bytes (the
 * first 8, most significant first), and digits are the number they write.
 */
export function readReference(data: DataView, at: number, p: PlanField): bigint {
  if (p.wire === 'digits') {
    const n = p.size > LONGEST_NUMBER ? decodeLongDigits(data, at, p.size) : decodeDigits(data, at, p.size);
    return typeof n === 'bigint' ? BigInt.asIntN(64, n) : Number.isNaN(n) ? 0n : BigInt(n);
  }
  const bits = readBits(data, at, Math.min(p.size, 8), p.big || isAscii(p));
  if (p.nullBits !== undefined && bits === p.nullBits) return 0n;
  return p.wire === 'int' ? BigInt.asIntN(8 * p.size, bits) : bits;
}

/** A field's value as it stands, the sentinel for "no value" included. */
export function readRaw(data: DataView, at: number, p: PlanField): number | bigint | string | Uint8Array {
  switch (p.wire) {
    case 'uint':
      return p.size === 8 ? data.getBigUint64(at, !p.big) : readUint(data, at, p.size, p.big);
    case 'int':
      return p.size === 8 ? data.getBigInt64(at, !p.big) : readInt(data, at, p.size, p.big);
    case 'float':
      return p.size === 8 ? data.getFloat64(at, !p.big) : data.getFloat32(at, !p.big);
    case 'char':
      return CHARACTERS[data.getUint8(at)] as string;
    case 'text':
      return decodeText(data, at, p.size, p.field?.data.padLeft === true, p.field?.data.encoding);
    case 'digits':
      return p.size > LONGEST_NUMBER ? decodeLongDigits(data, at, p.size) : decodeDigits(data, at, p.size);
    case 'bytes':
      return new Uint8Array(data.buffer, data.byteOffset + at, p.size);
  }
}

export function hex(value: Uint8Array): string {
  let out = '';
  for (const b of value) out += b.toString(16).padStart(2, '0');
  return out;
}
