/**
 * FIX tag=value as a framing: where a message ends, and fields found by their tags. As the core reads it
 * (native/core/framing.cpp): BodyLength (9) ends a message, CheckSum (10) behind it is verified.
 */

const SOH = 1;
const EQUALS = 0x3d;
const ZERO = 0x30;
const NINE = 0x39;
/** `10=nnn` and its separator. */
const TRAILER_BYTES = 7;
/** BeginString is at most so long, and BodyLength has at most so many digits. */
const BEGIN_END_MOST = 20;
const LENGTH_DIGITS_MOST = 8;
/** Digits of a tag's value that count. */
const VALUE_DIGITS_MOST = 20;
const TAG_MOST = 1_000_000;

const isDigit = (c: number): boolean => c >= ZERO && c <= NINE;

/** Bytes of the message at `at`; 0: more are needed to tell; -1: none begins here. */
export function fixSize(data: DataView, at: number, end: number): number {
  const byte = (i: number): number => data.getUint8(at + i);
  const size = end - at;
  if ((size > 0 && byte(0) !== ZERO + 8) || (size > 1 && byte(1) !== EQUALS)) return -1;
  let i = 2;
  while (i < size && byte(i) !== SOH) if (++i > BEGIN_END_MOST) return -1;
  if (i + 3 >= size) return 0;
  if (byte(i + 1) !== NINE || byte(i + 2) !== EQUALS) return -1;
  const first = i + 3;
  let body = 0;
  for (i = first; i < size && byte(i) !== SOH; i++) {
    if (!isDigit(byte(i)) || i >= first + LENGTH_DIGITS_MOST) return -1;
    body = body * 10 + (byte(i) - ZERO);
  }
  return i >= size ? 0 : i + 1 + body + TRAILER_BYTES;
}

/** Whether CheckSum stands where BodyLength says. */
export function fixTrailer(data: DataView, at: number, end: number): boolean {
  const trailer = end - TRAILER_BYTES;
  return (
    trailer > at &&
    data.getUint8(trailer - 1) === SOH &&
    data.getUint8(trailer) === ZERO + 1 &&
    data.getUint8(trailer + 1) === ZERO &&
    data.getUint8(trailer + 2) === EQUALS &&
    data.getUint8(end - 1) === SOH
  );
}

/** Whether CheckSum is the sum of the bytes in front of it. */
export function fixSum(data: DataView, at: number, end: number): boolean {
  let sum = 0;
  for (let i = at; i < end - TRAILER_BYTES; i++) sum += data.getUint8(i);
  return digits(data, end - 4, 3) === BigInt(sum & 0xff);
}

/** Where the value of the first field with that tag begins and ends. */
export function findTag(data: DataView, at: number, end: number, tag: number): readonly [number, number] | undefined {
  for (let p = at; p < end; ) {
    let stop = p;
    while (stop < end && data.getUint8(stop) !== SOH) stop++;
    if (stop === end) return undefined;
    let number = 0;
    let i = p;
    for (; i < stop && isDigit(data.getUint8(i)) && number < TAG_MOST; i++)
      number = number * 10 + (data.getUint8(i) - ZERO);
    if (number === tag && i < stop && data.getUint8(i) === EQUALS) return [i + 1, stop];
    p = stop + 1;
  }
  return undefined;
}

/** The value of a tag as a number: what is no digit is skipped. 0 where there is none. */
export function tagNumber(data: DataView, at: number, end: number, tag: number): bigint {
  const found = findTag(data, at, end, tag);
  return found === undefined ? 0n : digits(data, found[0], Math.min(found[1] - found[0], VALUE_DIGITS_MOST));
}

/** The value of a tag as up to eight characters, the first one most significant. */
export function tagText(data: DataView, at: number, end: number, tag: number): bigint {
  let value = 0n;
  const [from, stop] = findTag(data, at, end, tag) ?? [0, 0];
  for (let i = from; i < Math.min(stop, from + 8); i++) value = (value << 8n) | BigInt(data.getUint8(i));
  return value;
}

function digits(data: DataView, at: number, size: number): bigint {
  let value = 0n;
  for (let i = 0; i < size; i++) {
    const c = data.getUint8(at + i);
    if (isDigit(c)) value = value * 10n + BigInt(c - ZERO);
  }
  return BigInt.asUintN(64, value);
}
