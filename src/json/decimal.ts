/** Decimal text to scaled integers and back, without a double in between. */

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;
const LARGEST = (1n << 63n) - 1n;

export interface Decimal {
  /** value = raw * 10^exponent, of the exponent asked for. */
  readonly raw: bigint;
  /** Digits behind the point, as written. */
  readonly decimals: number;
}

/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: 19 }, (_, n) => 10 ** n);
const BIG_POWERS = POWERS.map((_, n) => 10n ** BigInt(n));
const ZERO = 0x30;
const NINE = 0x39;
const POINT = 0x2e;

/** Short numbers without sign and exponent: nearly all that come. `undefined`: look closer. */
function parseShort(text: string, exponent: number): Decimal | undefined {
  let value = 0;
  let point = -1;
  const n = text.length;
  if (n === 0 || n > EXACT_DIGITS + 1) return undefined;
  for (let i = 0; i < n; i++) {
    const c = text.charCodeAt(i);
    if (c >= ZERO && c <= NINE) value = value * 10 + (c - ZERO);
    else if (c === POINT && point < 0 && i > 0) point = i;
    else return undefined;
  }
  const decimals = point < 0 ? 0 : n - 1 - point;
  const zeros = -exponent - decimals;
  if (point === n - 1 || zeros < 0 || zeros >= POWERS.length || n - (point < 0 ? 0 : 1) > EXACT_DIGITS)
    return undefined;
  const scaled = value * (POWERS[zeros] as number);
  if (scaled <= Number.MAX_SAFE_INTEGER) return { raw: BigInt(scaled), decimals };
  const raw = BigInt(value) * (BIG_POWERS[zeros] as bigint);
  return raw > LARGEST ? undefined : { raw, decimals };
}

/** The number as an integer of that scale; undefined where it is none, or does not fit 64 bits exactly. */
export function parseDecimal(text: string, exponent: number): Decimal | undefined {
  const short = parseShort(text, exponent);
  if (short !== undefined) return short;
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', part = '', shift] = match;
  const decimals = part.length - (shift === undefined ? 0 : Number(shift));
  let zeros = -exponent - decimals;
  let digits = whole + part;
  if (zeros < 0) {
    const cut = digits.length + zeros;
    if (/[^0]/.test(digits.slice(Math.max(0, cut)))) return undefined;
    digits = cut > 0 ? digits.slice(0, cut) : '0';
    zeros = 0;
  }
  if (digits.length + zeros > 40) return undefined;
  const raw = BigInt(digits + '0'.repeat(zeros));
  if (raw > LARGEST) return undefined;
  return { raw: sign === '-' ? -raw : raw, decimals: Math.max(0, decimals) };
}

/** The text of such a number, with so many digits behind the point. */
export function decimalText(raw: bigint, exponent: number, decimals: number): string {
  const negative = raw < 0n;
  const digits = (negative ? -raw : raw).toString().padStart(1 - exponent, '0');
  const point = digits.length + exponent;
  const part = digits.slice(point).padEnd(decimals, '0');
  const kept = part.slice(0, decimals);
  const rest = part.slice(decimals).replace(/0+$/, '');
  const behind = kept + rest;
  return `${negative ? '-' : ''}${digits.slice(0, point)}${behind === '' ? '' : `.${behind}`}`;
}
