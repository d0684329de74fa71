/** Times of messages as instants: nanoseconds since 1970, and `Date`. */
import { VenuewireError } from '../errors.js';

const MS_NS = 1_000_000n;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** How far a zone's clock is ahead of UTC at an instant, in ms. */
function offsetMs(zone: string, ms: number): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const { year, month, day, hour, minute, second } = part as Record<string, number>;
  return Date.UTC(year as number, (month as number) - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
}

/**
 * The instant of a time that counts from a midnight: `instantAt('2024-01-02', 'America/New_York', message.timestamp)`.
 * Nanoseconds since 1970, UTC.
 * @param day the day of the session, `YYYY-MM-DD`. @param zone an IANA time zone. @param ns nanoseconds since its midnight.
 * @throws VenuewireError `VW_TIME` for a day or a zone that there is not.
 */
export function instantAt(day: string, zone: string, ns: number | bigint): bigint {
  const utc = DAY.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(utc)) throw new VenuewireError('VW_TIME', `'${day}' is no day`, "Write it '2024-01-02'.");
  try {
    // The second look is for a midnight on the other side of a change from the first guess.
    const guess = utc - offsetMs(zone, utc);
    return BigInt(utc - offsetMs(zone, guess)) * MS_NS + BigInt(ns);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new VenuewireError('VW_TIME', `'${zone}' is no time zone`, "Use an IANA name: 'America/New_York'.", cause);
  }
}

/** An instant as a `Date`, which holds milliseconds: what is finer is cut off. */
export const dateOf = (ns: bigint): Date => new Date(Number(ns / MS_NS));
