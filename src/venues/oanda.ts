import { oandaV203 } from '../decoders/oanda-v20-3.js';
import { defineIntegrity } from '../patterns/integrity.js';
import { httpsStream } from '../patterns/network.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { needs } from './options.js';
import { connectionOf, type InternetOptions } from './patterns/internet.js';

/** Of OANDA: credentials are a bearer token. */
export interface OandaOptions extends InternetOptions {
  /** Number of the account, to connect. */
  readonly account?: string;
}

/**
 * OANDA v20: each price is a whole ladder; transactions have ids, of which heartbeats tell the last. Source: OANDA v20 REST API.
 * @throws VenuewireError `VW_VENUE` or `VW_NETWORK` naming the option that is not right.
 */
export function oanda(options: OandaOptions = {}): Venue<typeof oandaV203> {
  needs('oanda', options);
  return defineVenue({
    name: 'oanda',
    decoder: oandaV203,
    lines: { A: httpsStream(options.url ?? 'https://stream-fxpractice.oanda.com/v3/accounts') },
    integrity: defineIntegrity({
      images: ['price'],
      position: {
        type: 'lastId',
        messages: ['transaction'],
        field: 'id',
        told: { message: 'transactionHeartbeat', field: 'lastTransactionId' },
      },
    }),
    ...connectionOf(options, {
      path: `/${options.account ?? ''}/pricing/stream?instruments={instruments}&snapshot=true`,
      headers: { Authorization: 'Bearer {credentials.token}' },
      // Each price is an image.
      recover: 'next',
      clock: { field: 'time' },
      silence: '10s',
      rates: { connects: { count: 2, per: '1s' } },
    }),
    unconfirmed: [],
  });
}

/** As recordings are read. */
export const example = (): Venue<typeof oandaV203> => oanda();
