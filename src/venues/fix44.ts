import { fixText } from '../decoders/fix44-text.js';
import type { Credentials } from '../patterns/credentials.js';
import { fix44Framing } from '../patterns/framings.js';
import { type Protection, sourceAllowList } from '../patterns/security.js';
import { stream } from '../patterns/stream.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { needs } from './options.js';
import { type FixSession, fix44Stream } from './patterns/streams.js';
import { simulatedFix } from './simulated.js';

export { fixText } from '../decoders/fix44-text.js';

export interface Fix44Options extends FixSession {
  /** `host:port` of the servers, in the order in which they are tried after a break. */
  readonly servers: readonly string[];
  /** `fixLogon(…)`: SenderCompID, TargetCompID, user and password. */
  readonly credentials: Credentials;
  /** How long an answer to a ResendRequest may take to make progress; default 2s. */
  readonly timeout?: string;
  /** What the connection is protected by: TLS as most brokers run it is `[{ type: 'tls' }]`. */
  readonly security?: readonly Protection[];
}

/**
 * A FIX 4.4 market data session over TCP: one numbered stream, recovered within itself. Source: FIX 4.4 with errata,
 * volumes 2 and 3. TLS is asked for by `security`.
 * @throws VenuewireError `VW_VENUE` naming the option that is not right.
 */
export function fix44(options: Fix44Options): Venue<typeof fixText> {
  needs('fix44', options, 'servers', 'credentials', 'symbols');
  const { servers, credentials, timeout, security = [sourceAllowList()], ...session } = options;
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
    security: [...security],
    unconfirmed: ['whether a server resends market data or fills over it'],
  });
}

/** With every part configured: what `certify` plays, what captures are read as, what the docs show. */
export const example = (): Venue<typeof fixText> =>
  fix44({
    servers: ['127.0.0.1:18000'],
    symbols: ['EUR/USD', 'USD/JPY', 'XAU/USD'],
    credentials: simulatedFix(),
  });
