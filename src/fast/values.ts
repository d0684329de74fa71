/** The values of FAST fields, their text forms, and arithmetic that is exact at 64 bits and quick below 53. */
import { FAST_TYPE } from '../contract.js';
import { type FastType, fastError, fastFault } from './model.js';

/** A 64-bit integer: a number where a number is exact, a bigint beyond. */
export type Wide = number | bigint;

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
export const narrow = (v: bigint): Wide => (v <= SAFE && v >= -SAFE ? Number(v) : v);

export function add(a: Wide, b: Wide): Wide {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return narrow(BigInt(a) + BigInt(b));
}

/** A decimal as the stream has it: mantissa * 10^exponent. Nothing passes through floating point. */
export class FastDecimal {
  constructor(
    readonly $mantissa: Wide,
    readonly exponent: number,
  ) {}
  get mantissa(): bigint {
    return BigInt(this.$mantissa);
  }
  /** For arithmetic that may be inexact. */
  toNumber(): number {
    return Number(this.toString());
  }
  toString(): string {
    const { mantissa, exponent } = this;
    if (exponent >= 0) return (mantissa * 10n ** BigInt(exponent)).toString();
    const digits = (mantissa < 0n ? -mantissa : mantissa).toString().padStart(1 - exponent, '0');
    const point = digits.length + exponent;
    return `${mantissa < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
  }
  toJSON(): { mantissa: string; exponent: number } {
    return { mantissa: this.mantissa.toString(), exponent: this.exponent };
  }
}

export type FastValue = Wide | string | Uint8Array | FastDecimal;

export const BOUNDS: Readonly<Record<string, readonly [Wide, Wide]>> = {
  int8: [-0x80, 0x7f],
  uInt8: [0, 0xff],
  int16: [-0x8000, 0x7fff],
  uInt16: [0, 0xffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  uInt32: [0, 0xffff_ffff],
  int64: [-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn],
  uInt64: [0, 0xffff_ffff_ffff_ffffn],
};
export const isInteger = (type: FastType): boolean => type in BOUNDS;
export const isWide = (type: FastType): boolean => type === 'int64' || type === 'uInt64';

/** In a dictionary: nothing yet, or "absent"; from 2 on the type of the value. */
export const UNDEFINED = 0;
export const EMPTY = 1;
export const tagOf = (type: FastType): number => 2 + FAST_TYPE.indexOf(type);

const utf8 = new TextEncoder();
const fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
export const encodeUtf8 = (text: string): Uint8Array => utf8.encode(text);
/** Undefined when the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return fatal.decode(bytes);
  } catch {
    return undefined;
  }
}
export const repairUtf8 = (bytes: Uint8Array): string => lenient.decode(bytes);

export function sameValue(a: FastValue, b: FastValue): boolean {
  if (a === b) return true;
  if (a instanceof FastDecimal && b instanceof FastDecimal)
    return a.exponent === b.exponent && a.$mantissa === b.$mantissa;
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
  return false;
}

/** Where a sum leaves the type. */
export const inside = (v: Wide, type: FastType): boolean => {
  const bounds = BOUNDS[type] as readonly [Wide, Wide];
  return v >= bounds[0] && v <= bounds[1];
};

export function decimalOf(text: string): FastDecimal | undefined {
  const found = /^(-?)([0-9]*)(?:\.([0-9]*))?$/.exec(text.trim());
  if (found === null || (found[2] === '' && (found[3] ?? '') === '')) return undefined;
  let exponent = 0 - (found[3]?.length ?? 0);
  let mantissa = BigInt(`${found[2]}${found[3] ?? ''}`);
  if (mantissa === 0n) return new FastDecimal(0, 0);
  while (mantissa % 10n === 0n) {
    mantissa /= 10n;
    exponent++;
  }
  return new FastDecimal(narrow(found[1] === '-' ? -mantissa : mantissa), exponent);
}

/**
 * A value from the text of a templates file.
 * @throws VenuewireError `VW_FAST_S3`
 */
export function parseValue(type: FastType, text: string, where: string): FastValue {
  const bad = () => fastError('S3', `${where}: '${text}' is no ${type}`);
  switch (type) {
    case 'ascii':
      if (!/^[\0-\x7f]*$/.test(text)) throw bad();
      return text;
    case 'unicode':
      return text;
    case 'byteVector': {
      const digits = text.replace(/[ \t\r\n]/g, '');
      if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) throw bad();
      return Uint8Array.from(digits.match(/../g) ?? [], (d) => Number.parseInt(d, 16));
    }
    case 'decimal': {
      const value = decimalOf(text);
      if (value === undefined || Math.abs(value.exponent) > 63 || !inside(value.$mantissa, 'int64')) throw bad();
      return value;
    }
    default: {
      const digits = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
      if (!/^-?[0-9]+$/.test(digits)) throw bad();
      const value = narrow(BigInt(digits));
      if (!inside(value, type)) throw bad();
      return value;
    }
  }
}

/**
 * A value from what a caller of the encoder gives.
 * @throws VenuewireError `VW_FAST_VALUE`
 */
export function acceptValue(type: FastType, given: unknown, where: string): FastValue {
  const bad = () => {
    const shown = typeof given === 'object' && given !== null ? 'this object' : String(given);
    return fastFault('VALUE', `${where}: ${shown} is no ${type}`, 'Give a value of the field’s type.');
  };
  switch (type) {
    case 'ascii':
      if (typeof given !== 'string' || !/^[\0-\x7f]*$/.test(given)) throw bad();
      return given;
    case 'unicode':
      if (typeof given !== 'string') throw bad();
      return given;
    case 'byteVector':
      if (!(given instanceof Uint8Array)) throw bad();
      return given.slice();
    case 'decimal': {
      let value: FastDecimal | undefined;
      if (typeof given === 'string') value = decimalOf(given);
      else if (given instanceof FastDecimal) value = given;
      else if (typeof given === 'object' && given !== null) {
        const { mantissa, exponent } = given as { mantissa?: unknown; exponent?: unknown };
        const m = integer(mantissa);
        if (m !== undefined && Number.isInteger(exponent)) value = new FastDecimal(m, exponent as number);
      }
      if (value === undefined) throw bad();
      if (Math.abs(value.exponent) > 63 || !inside(value.$mantissa, 'int64'))
        throw fastError('R1', `${where}: exponent or mantissa are beyond the bounds`);
      return value;
    }
    default: {
      const value = integer(given);
      if (value === undefined || !inside(value, type)) throw bad();
      return value;
    }
  }
}

function integer(given: unknown): Wide | undefined {
  if (typeof given === 'bigint') return narrow(given);
  if (typeof given === 'number' && Number.isSafeInteger(given)) return given === 0 ? 0 : given;
  return typeof given === 'string' && /^-?[0-9]{1,30}$/.test(given) ? narrow(BigInt(given)) : undefined;
}
