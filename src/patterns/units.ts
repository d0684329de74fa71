import { z } from 'zod';
import type { Duration } from './types.js';

export type { Duration } from './types.js';

/** What each name means, as the description of an enumeration. */
export const meanings = (of: Readonly<Record<string, string>>): string =>
  Object.entries(of)
    .map(([name, meaning]) => `\`${name}\`: ${meaning}`)
    .join('; ');

/** @internal A time span in text: a number and its unit. */
export const duration = z
  .string()
  .regex(
    /^\d+(\.\d+)?(ns|us|ms|s|min|h|d)$/,
    'must be a number and a unit: ns, us, ms, s, min, h or d, for example 250us',
  )
  .refine((span) => isWithin(span, LONGEST_NS), 'must be 100 years (36500d) or less')
  .describe('A time span: a number and its unit (ns, us, ms, s, min, h, d), for example `250us`');

/** Times are counted in 64 bits of nanoseconds since 1970: this much fits behind each of them. */
const LONGEST_NS = 36_500 * 86_400e9;
const UNIT_NS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, min: 60e9, h: 3600e9, d: 86400e9 } as const;

function spanNs(span: string): number {
  const at = span.search(/[a-z]/);
  const unit = UNIT_NS[span.slice(at) as keyof typeof UNIT_NS];
  return Math.round(Number(span.slice(0, at)) * unit);
}

/** Whether a span is not longer; what is no span is nothing to complain of here. */
export const isWithin = (span: string, mostNs: number): boolean => !(spanNs(span) > mostNs);

/** Nanoseconds of a checked span. */
export const nanoseconds = (span: Duration): bigint => BigInt(spanNs(span));

const spans = new Map<string, number>();
/** The same as a number, for loops: each span is worked out once. */
export function nanosecondsOf(span: Duration): number {
  let n = spans.get(span);
  if (n === undefined) {
    n = Number(nanoseconds(span));
    spans.set(span, n);
  }
  return n;
}

/** @internal An unsigned number of up to 64 bits: a number where it is exact, decimal digits where it is not. */
export const unsigned = z
  .union([
    z.int().min(0),
    z
      .string()
      .regex(/^\d{1,20}$/, 'must be decimal digits')
      .refine((digits) => !/^\d+$/.test(digits) || BigInt(digits) < 2n ** 64n, 'must be below 2^64'),
  ])
  .describe('An unsigned number of up to 64 bits; beyond 2^53 as decimal digits in quotes');

const portOf = (text: string): number => Number(text.slice(text.lastIndexOf(':') + 1));
/** What consists of digits and dots alone is an address and not a name. */
const octetsFit = (text: string): boolean => {
  const host = text.slice(0, text.lastIndexOf(':'));
  if (!/^[0-9.]+$/.test(host)) return true;
  const octets = host.split('.');
  return octets.length === 4 && octets.every((o) => /^\d{1,3}$/.test(o) && Number(o) <= 255);
};

/** @internal `host:port`. */
export const endpoint = z
  .string()
  .regex(/^[^\s:]+:\d{1,5}$/, 'must be host:port, for example 10.1.1.5:18300')
  .refine((text) => portOf(text) >= 1 && portOf(text) <= 65535, 'must have a port from 1 to 65535')
  .refine((text) => octetsFit(text), 'must be an IPv4 address of four numbers from 0 to 255, or a name')
  .describe('`host:port`');

/** Splits a checked endpoint. */
export function splitEndpoint(text: string): { host: string; port: number } {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
}
