import { betfairStream1 } from '../decoders/betfair-stream-1.js';
import { keyAndSession } from '../patterns/credentials.js';
import { defineIntegrity } from '../patterns/integrity.js';
import { tls } from '../patterns/network.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { needs } from './options.js';
import { connectionOf, type InternetOptions } from './patterns/internet.js';

export { BetfairMarkets, type MarketBook, type Rung, type RunnerBook } from './patterns/betfair-markets.js';

/** Of Betfair: credentials are `keyAndSession`, the application key and a session token; instruments are ids of markets. */
export interface BetfairOptions extends Omit<InternetOptions, 'url'> {
  /** `host:port`; default: the venue's public address. */
  readonly server?: string;
}

/**
 * Betfair Exchange Stream: markets as lines of JSON inside TLS. Source: Exchange Stream API.
 * @throws VenuewireError `VW_VENUE` or `VW_NETWORK` naming the option that is not right.
 */
export function betfair(options: BetfairOptions = {}): Venue<typeof betfairStream1> {
  needs('betfair', options);
  const fields = ['EX_ALL_OFFERS', 'EX_TRADED', 'EX_TRADED_VOL', 'EX_LTP', 'EX_MARKET_DEF'];
  return defineVenue({
    name: 'betfair',
    decoder: betfairStream1,
    lines: { A: tls(options.server ?? 'stream-api.betfair.com:443') },
    integrity: defineIntegrity({ per: 'connection', images: ['runnerImage'], changes: ['runnerChange'] }),
    ...connectionOf(options, {
      login: [{ op: 'authentication', id: 1, appKey: '{credentials.key}', session: '{credentials.session}' }],
      subscribe: [
        {
          ...{ op: 'marketSubscription', id: 2, marketFilter: { marketIds: '{instruments}' } },
          ...{ marketDataFilter: { fields }, heartbeatMs: 5000 },
          ...{ initialClk: '{resume.initialClk}', clk: '{resume.clk}' },
        },
      ],
      // After a break what was missed comes, or images of all markets.
      resume: {
        tokens: ['initialClk', 'clk'],
        part: { member: 'segmentType', last: 'SEG_END' },
        answer: { member: 'ct', patch: 'RESUB_DELTA', image: 'SUB_IMAGE' },
        refused: { member: 'errorCode', equals: 'INVALID_CLOCK' },
      },
      recover: 'connection',
      clock: { field: 'time' },
      refused: [{ path: ['statusCode'], equals: 'FAILURE', text: ['errorCode'], fatal: true }],
      // Twice the heartbeat.
      silence: '10s',
      keepAlive: { send: { op: 'heartbeat', id: 3 }, every: '30s' },
    }),
    unconfirmed: [
      'how often a session token is renewed: it is read at each connection',
      'a whole session that is resumed: one message of it is public',
    ],
  });
}

/** As recordings are read. */
export const example = (): Venue<typeof betfairStream1> =>
  betfair({ instruments: ['1.200806927'], credentials: keyAndSession('env:BETFAIR_APP_KEY', 'env:BETFAIR_SESSION') });
