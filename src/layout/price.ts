/**
 * The decimal text of a scaled integer: `formatPrice(1234500, -4)` is `'123.4500'`. Every declared decimal is shown, and
 * nothing passes through floating point.
 */
export function formatPrice(value: number | bigint, exponent: number): string {
  const integer = BigInt(value);
  if (exponent >= 0) return (integer * 10n ** BigInt(exponent)).toString();
  const negative = integer < 0n;
  const digits = (negative ? -integer : integer).toString().padStart(1 - exponent, '0');
  const point = digits.length + exponent;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}
