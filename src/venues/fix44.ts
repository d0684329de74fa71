import { atLeast, char, defineDecoder, group, message, toEnd } from '../layout/index.js';
import type { Credentials } from '../patterns/credentials.js';
import { sourceAllowList } from '../patterns/security.js';
import { stream } from '../patterns/stream.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { type FixSession, fix44Framing, fix44Stream } from './streams.js';

/** Whole FIX messages as characters. A table of the FIX dictionary reads their fields. */
export const fixText = defineDecoder({
  id: 'fix-4.4-text',
  venue: 'FIX',
  feed: 'Market data session',
  version: '4.4',
  specification: 'FIX 4.4 with errata, volume 1',
  framing: 'fix-4.4',
  byteOrder: 'big',
  header: { begin: char(0) },
  messageType: 'begin',
  checked: ['every message begins with tag 8'],
  messages: {
    /** From `8=FIX.4.4` to the end of the checksum. */
    fixMessage: message('8', atLeast(1), { rest: group(1, toEnd, 1, { character: char(0) }) }),
  },
});

export interface Fix44Options extends FixSession {
  /** `host:port` of the servers, in the order in which they are tried after a break. */
  readonly servers: readonly string[];
  /** `fixLogon(…)`: SenderCompID, TargetCompID, user and password. */
  readonly credentials: Credentials;
  /** How long an answer to a ResendRequest may take to make progress; default 2s. */
  readonly timeout?: string;
}

/**
 * A FIX 4.4 market data session over TCP: one numbered stream, recovered within itself. Source: FIX 4.4 with errata,
 * volumes 2 and 3. Where TLS is asked for, put a TLS tunnel in between: there is no engine for it yet.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function fix44(options: Fix44Options): Venue<typeof fixText> {
  const { servers, credentials, timeout, ...session } = options;
  return defineVenue({
    name: 'fix44',
    decoder: fixText,
    framing: fix44Framing,
    streams: {
      A: stream(fix44Stream(session), {
        servers: [...servers],
        credentials,
        ...(timeout === undefined ? {} : { timeout }),
      }),
    },
    recovery: [],
    security: [sourceAllowList()],
    unconfirmed: [
      'whether a server resends market data or fills over it',
      'TLS, which most venues ask for, is not there',
    ],
  });
}
