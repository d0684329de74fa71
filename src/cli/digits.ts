/** Values as bytes of text, for `line-writers.ts`: each writes at `p` of `out` and returns where it ends. */
import { formatPrice } from '../layout/index.js';
import { decodeDigits, decodeLongDigits, decodeText, LONGEST_NUMBER, readInt, readUint } from '../layout/values.js';
import { printable } from '../printable.js';

export { readInt, readUint };

/** So many bytes behind what is written may be written as well: there must be room for them. */
export const OVERSHOOT = 4;

const ZERO = 0x30;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const HEX = Buffer.from('0123456789abcdef');
const TEN_THOUSAND = 10_000;
const HUNDRED_MILLION = 100_000_000;
const TWO_32 = 0x1_0000_0000;
/** High halves below this make numbers that are exact. */
const EXACT_HIGH = 0x20_0000;

/** Four digits each, first digit in the lowest byte. */
const FOUR = new Uint32Array(TEN_THOUSAND);
for (let i = 0; i < TEN_THOUSAND; i++) FOUR[i] = Buffer.from(String(i).padStart(4, '0'), 'latin1').readUInt32LE(0);

function below10000(view: DataView, p: number, v: number): number {
  const four = FOUR[v] as number;
  const count = v >= 1000 ? 4 : v >= 100 ? 3 : v >= 10 ? 2 : 1;
  view.setUint32(p, four >>> (32 - 8 * count), true);
  return p + count;
}

function eight(view: DataView, p: number, v: number): number {
  const high = (v / TEN_THOUSAND) | 0;
  view.setUint32(p, FOUR[high] as number, true);
  view.setUint32(p + 4, FOUR[v - high * TEN_THOUSAND] as number, true);
  return p + 8;
}

/** An integer from 0 to 2^53. */
export function unsigned(out: Buffer, view: DataView, p: number, v: number): number {
  if (v < TEN_THOUSAND) return below10000(view, p, v);
  if (v < HUNDRED_MILLION) {
    const high = (v / TEN_THOUSAND) | 0;
    const at = below10000(view, p, high);
    view.setUint32(at, FOUR[v - high * TEN_THOUSAND] as number, true);
    return at + 4;
  }
  const high = Math.floor(v / HUNDRED_MILLION);
  return eight(view, unsigned(out, view, p, high), v - high * HUNDRED_MILLION);
}

export function signed(out: Buffer, view: DataView, p: number, v: number): number {
  if (v >= 0) return unsigned(out, view, p, v);
  out[p] = MINUS;
  return unsigned(out, view, p + 1, -v);
}

const ascii = (out: Buffer, p: number, text: string): number => p + out.write(text, p, 'latin1');

const BILLION = 1_000_000_000;
const TWO_16 = 0x1_0000;
// 2^48 = TWO_48_BILLIONS * 10^9 + TWO_48_REST: what makes 64 bits decimal without a bigint.
const TWO_48_BILLIONS = 281_474;
const TWO_48_REST = 976_710_656;

/** An unsigned integer of 64 bits. */
function wide(out: Buffer, view: DataView, p: number, high: number, low: number): number {
  if (high < EXACT_HIGH) return unsigned(out, view, p, high * TWO_32 + low);
  const top = Math.floor(high / TWO_16);
  const rest = top * TWO_48_REST + (high - top * TWO_16) * TWO_32 + low;
  const billions = Math.floor(rest / BILLION);
  const ninth = rest - billions * BILLION;
  const at = unsigned(out, view, p, top * TWO_48_BILLIONS + billions);
  const first = Math.floor(ninth / HUNDRED_MILLION);
  out[at] = ZERO + first;
  return eight(view, at + 1, ninth - first * HUNDRED_MILLION);
}

/** `quoted`: 1 puts it between quotes. */
export function unsigned64(out: Buffer, view: DataView, p: number, high: number, low: number, quoted: 0 | 1): number {
  out[p] = QUOTE;
  const at = wide(out, view, p + quoted, high, low);
  out[at] = QUOTE;
  return at + quoted;
}

export function signed64(out: Buffer, view: DataView, p: number, high: number, low: number, quoted: 0 | 1): number {
  out[p] = QUOTE;
  let at = p + quoted;
  if ((high | 0) >= 0) at = wide(out, view, at, high, low);
  else {
    out[at] = MINUS;
    // Two's complement of both halves.
    at = wide(out, view, at + 1, (low === 0 ? -high : ~high) >>> 0, -low >>> 0);
  }
  out[at] = QUOTE;
  return at + quoted;
}

const scratch = new DataView(new ArrayBuffer(8));

/** A bigint from 0 to 2^64. */
export function bigint(out: Buffer, view: DataView, p: number, v: bigint): number {
  scratch.setBigUint64(0, v);
  return wide(out, view, p, scratch.getUint32(0), scratch.getUint32(4));
}

/** What JSON has no number for is null there. */
export function float(out: Buffer, p: number, v: number, isCsv: boolean): number {
  return ascii(out, p, isCsv || Number.isFinite(v) ? String(v) : 'null');
}

export function price(out: Buffer, p: number, v: number | bigint, exponent: number, quoted: 0 | 1): number {
  out[p] = QUOTE;
  const at = ascii(out, p + quoted, formatPrice(v, exponent));
  out[at] = QUOTE;
  return at + quoted;
}

function unicode(out: Buffer, p: number, c: number): number {
  out[p] = BACKSLASH;
  out[p + 1] = 0x75;
  out[p + 2] = ZERO;
  out[p + 3] = ZERO;
  out[p + 4] = HEX[c >> 4] as number;
  out[p + 5] = HEX[c & 15] as number;
  return p + 6;
}

const SHORT_ESCAPES = new Map([
  [0x08, 0x62],
  [0x09, 0x74],
  [0x0a, 0x6e],
  [0x0c, 0x66],
  [0x0d, 0x72],
]);

/** A character of ISO 8859-1 that is not plain ASCII. */
function special(out: Buffer, p: number, c: number): number {
  if (c === QUOTE || c === BACKSLASH || SHORT_ESCAPES.has(c)) {
    out[p] = BACKSLASH;
    out[p + 1] = SHORT_ESCAPES.get(c) ?? c;
    return p + 2;
  }
  if (c < 0xa0) return unicode(out, p, c);
  out[p] = 0xc0 | (c >> 6);
  out[p + 1] = 0x80 | (c & 0x3f);
  return p + 2;
}

const isPlain = (c: number): boolean => c >= 0x20 && c < 0x7f && c !== QUOTE && c !== BACKSLASH;

export function character(out: Buffer, p: number, c: number): number {
  out[p] = QUOTE;
  let at = p + 1;
  if (isPlain(c)) out[at++] = c;
  else at = special(out, at, c);
  out[at] = QUOTE;
  return at + 1;
}

/** The end of a text without what pads it. */
function trimmed(data: DataView, at: number, size: number): number {
  let end = at + size;
  while (end > at) {
    const c = data.getUint8(end - 1);
    if (c !== 0x20 && c !== 0) break;
    end--;
  }
  return end;
}

function untrimmed(data: DataView, at: number, end: number): number {
  let start = at;
  while (start < end && (data.getUint8(start) === 0x20 || data.getUint8(start) === 0)) start++;
  return start;
}

function isAscii(data: DataView, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (data.getUint8(i) > 0x7f) return false;
  return true;
}

export function text(
  out: Buffer,
  p: number,
  data: DataView,
  at: number,
  size: number,
  left: boolean,
  utf8: boolean,
): number {
  const end = trimmed(data, at, size);
  const start = left ? untrimmed(data, at, end) : at;
  if (utf8 && !isAscii(data, start, end))
    return p + out.write(printable(JSON.stringify(decodeText(data, at, size, left, 'utf8'))), p);
  out[p++] = QUOTE;
  for (let i = start; i < end; i++) {
    const c = data.getUint8(i);
    if (isPlain(c)) out[p++] = c;
    else p = special(out, p, c);
  }
  out[p] = QUOTE;
  return p + 1;
}

/** A cell of CSV: between quotes where it has to be. */
function cell(out: Buffer, p: number, value: string): number {
  const needs = /[",\n\r]/.test(value);
  return p + out.write(printable(needs ? `"${value.replaceAll('"', '""')}"` : value), p);
}

const isPlainCell = (c: number): boolean => c >= 0x20 && c < 0x7f && c !== QUOTE && c !== 0x2c;

export function csvCharacter(out: Buffer, p: number, c: number): number {
  if (!isPlainCell(c)) return cell(out, p, String.fromCharCode(c));
  out[p] = c;
  return p + 1;
}

export function csvText(
  out: Buffer,
  p: number,
  data: DataView,
  at: number,
  size: number,
  left: boolean,
  utf8: boolean,
): number {
  const end = trimmed(data, at, size);
  const start = left ? untrimmed(data, at, end) : at;
  let to = p;
  for (let i = start; i < end; i++) {
    const c = data.getUint8(i);
    if (!isPlainCell(c)) return cell(out, p, decodeText(data, at, size, left, utf8 ? 'utf8' : 'latin1'));
    out[to++] = c;
  }
  return to;
}

/** A number in ASCII; what is none is null in JSON. */
export function digits(
  out: Buffer,
  view: DataView,
  p: number,
  data: DataView,
  at: number,
  size: number,
  isCsv: boolean,
): number {
  if (size > LONGEST_NUMBER) {
    const value = String(decodeLongDigits(data, at, size));
    return ascii(out, p, isCsv ? value : `"${value}"`);
  }
  const v = decodeDigits(data, at, size);
  return Number.isNaN(v) ? ascii(out, p, isCsv ? 'NaN' : 'null') : signed(out, view, p, v);
}

export function digitsPrice(
  out: Buffer,
  p: number,
  data: DataView,
  at: number,
  size: number,
  exponent: number,
  quoted: 0 | 1,
): number {
  const v = size > LONGEST_NUMBER ? decodeLongDigits(data, at, size) : decodeDigits(data, at, size);
  if (typeof v === 'number' && Number.isNaN(v)) return ascii(out, p, quoted === 0 ? 'NaN' : 'null');
  return price(out, p, v, exponent, quoted);
}

export function hex(out: Buffer, p: number, data: DataView, at: number, size: number, quoted: 0 | 1): number {
  out[p] = QUOTE;
  let to = p + quoted;
  for (let i = at; i < at + size; i++) {
    const b = data.getUint8(i);
    out[to++] = HEX[b >> 4] as number;
    out[to++] = HEX[b & 15] as number;
  }
  out[to] = QUOTE;
  return to + quoted;
}
