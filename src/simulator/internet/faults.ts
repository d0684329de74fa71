/** What goes wrong at a simulated venue that sends text: one fault after the other, by seed. */
import type { Random } from '../random.js';
import type { Refusal, ScriptedVenue } from './script.js';

/** Ticks that nothing is said for, or that what is said is held back for. */
const STILL_TICKS = 200;
const SLOW_TICKS = 30;
const LOSE_MOST = 3;
const CHECKSUM = /("(?:checksum|c)":"?)\d+/;
const RETRY_AFTER_S = 1;
/** Connections that are refused while a venue is under maintenance. */
const CLOSED_MOST = 3;
const SKEW_MS = 37_000;

type Fault = (venue: ScriptedVenue, random: Random) => void;
const closing =
  (code: number, why: string): Fault =>
  ({ clients }) => {
    for (const client of [...clients]) client.close(code, why);
  };
const drop: Fault = ({ clients }) => {
  for (const client of [...clients]) client.drop();
};

/** The next connections are refused. */
const refused =
  (refusal: Refusal, times: (random: Random) => number = () => 1): Fault =>
  (venue, random) => {
    for (let left = times(random); left > 0; left--) venue.refusals.push(refusal);
    drop(venue, random);
  };

/** The next message of somebody's book is changed, or lost. */
const mangled =
  (change: (text: string) => string | undefined, times: (random: Random) => number): Fault =>
  (venue, random) => {
    let left = times(random);
    venue.mangle = (text, _client, symbol) => {
      if (left === 0) venue.mangle = (whole) => whole;
      const isNobodys = symbol === '' && venue.books.size > 0;
      if (left === 0 || isNobodys || change(text) === text) return text;
      left--;
      return change(text);
    };
  };

export const INTERNET_FAULTS = {
  drop,
  cutMidMessage: ({ clients }) => {
    for (const client of [...clients]) client.cut();
  },
  wrongChecksum: mangled(
    (text) => text.replace(CHECKSUM, '$11'),
    () => 1,
  ),
  gap: mangled(
    () => undefined,
    (random) => 1 + random.below(LOSE_MOST),
  ),
  damaged: mangled(
    (text) => text.slice(0, text.length >> 1),
    () => 1,
  ),
  silence: (venue) => {
    venue.stillTicks = STILL_TICKS;
  },
  /** What is said comes late, and then all at once. */
  slow: (venue) => {
    venue.slowTicks = SLOW_TICKS;
  },
  close1001: closing(1001, 'proxy restarting'),
  close1006: closing(1006, ''),
  close1013: closing(1013, 'Market data unavailable'),
  http429: refused({ status: 429, retryAfterS: RETRY_AFTER_S }),
  http503: refused({ status: 503, retryAfterS: RETRY_AFTER_S }),
  /** The token that let the client in is no longer good, and it is not let in with it; a new one comes a little later. */
  expiredToken: (venue, random) => {
    if (venue.token === undefined) return;
    venue.token = `token-${random.u32()}`;
    venue.renew(venue.token);
    drop(venue, random);
  },
  /** The venue's clock, or ours, is wrong from now on. */
  clockSkew: (venue, random) => {
    venue.skewMs = random.below(2) === 0 ? SKEW_MS : -SKEW_MS;
  },
  /** It is told where the venue has a word for it; then all are sent away, and nobody is let in for a while. */
  maintenance: (venue, random) => {
    const said = venue.dialect.maintenance?.();
    if (said !== undefined) for (const client of venue.clients) venue.say(client, said);
    for (let left = 1 + random.below(CLOSED_MOST); left > 0; left--) venue.refusals.push({ status: 503 });
    closing(1001, 'maintenance')(venue, random);
  },
} as const satisfies Readonly<Record<string, Fault>>;
export type InternetFault = keyof typeof INTERNET_FAULTS;
