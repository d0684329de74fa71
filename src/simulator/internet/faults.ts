/** What goes wrong at a simulated venue that sends text: one fault after the other, by seed. */
import type { Socket } from 'node:net';
import type { Random } from '../random.js';
import type { SimulatedInternetVenue } from './venue.js';

/** A frame of 100 bytes of text begins; no more of it comes. */
const CUT_FRAME = Buffer.from([0x81, 100, 0x7b, 0x22]);
/** Ticks that nothing is said for. */
const STILL_TICKS = 200;
const LOSE_MOST = 3;
const CHECKSUM = /("checksum":)\d+/;

const answered = (status: string) => (_nth: number, raw: Socket) => {
  raw.end(`HTTP/1.1 ${status}\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  return true;
};

type Fault = (venue: SimulatedInternetVenue, random: Random) => void;
const closing =
  (code: number, why: string): Fault =>
  ({ clients }) => {
    for (const { socket } of clients) socket.close(code, why);
  };
const drop: Fault = ({ clients }) => {
  for (const { raw } of clients) raw.destroy();
};

/** The next connection is refused, once. */
const refused =
  (status: string): Fault =>
  (venue, random) => {
    venue.refuse = (nth, raw) => {
      venue.refuse = () => false;
      return answered(status)(nth, raw);
    };
    drop(venue, random);
  };

/** The next message of somebody's book is changed, or lost. */
const mangled =
  (change: (text: string) => string | undefined, times: (random: Random) => number): Fault =>
  (venue, random) => {
    let left = times(random);
    venue.mangle = (text, _client, symbol) => {
      if (left === 0) venue.mangle = (whole) => whole;
      if (left === 0 || symbol === '' || change(text) === text) return text;
      left--;
      return change(text);
    };
  };

export const INTERNET_FAULTS = {
  drop,
  cutMidMessage: (venue, random) => {
    for (const { raw } of venue.clients) raw.write(CUT_FRAME);
    setImmediate(() => drop(venue, random));
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
  close1001: closing(1001, 'proxy restarting'),
  close1006: ({ clients }) => {
    for (const { socket } of clients) socket.terminate();
  },
  close1013: closing(1013, 'Market data unavailable'),
  http429: refused('429 Too Many Requests'),
  http503: refused('503 Service Unavailable'),
} as const satisfies Readonly<Record<string, Fault>>;
export type InternetFault = keyof typeof INTERNET_FAULTS;
