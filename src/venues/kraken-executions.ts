import { krakenExecutions2 } from '../decoders/kraken-executions-2.js';
import { apiKey } from '../patterns/credentials.js';
import { defineIntegrity } from '../patterns/integrity.js';
import { websocket } from '../patterns/network.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { needs } from './options.js';
import { connectionOf, type InternetOptions } from './patterns/internet.js';

/** Of Kraken's private channels: credentials are `apiKey`. */
export interface KrakenPrivateOptions extends Omit<InternetOptions, 'instruments' | 'depth'> {
  /** Where tokens are asked for; default: the venue's public address. */
  readonly tokenUrl?: string;
}

/**
 * Kraken executions: one's own orders and trades. A token is asked for before each connection, by a signed request; behind a number that
 * is missing all is connected to anew, and the snapshot tells what is open. Source: Kraken WebSocket API 2, REST authentication.
 * @throws VenuewireError `VW_VENUE` or `VW_NETWORK` naming the option that is not right.
 */
export function krakenExecutions(options: KrakenPrivateOptions = {}): Venue<typeof krakenExecutions2> {
  needs('krakenExecutions', options);
  const { credentials } = options;
  return defineVenue({
    name: 'kraken-executions',
    decoder: krakenExecutions2,
    lines: { A: websocket(options.url ?? 'wss://ws-auth.kraken.com/v2') },
    integrity: defineIntegrity({
      per: 'connection',
      position: { type: 'sequence', of: 'connection', field: 'sequence', messages: ['execution'] },
    }),
    ...connectionOf(credentials === undefined ? options : { ...options, instruments: ['account'] }, {
      session: {
        url: options.tokenUrl ?? 'https://api.kraken.com/0/private/GetWebSocketsToken',
        body: 'nonce={nonce}',
        headers: {
          'API-Key': '{credentials.key}',
          'API-Sign': '{signature}',
          'Content-Type': 'application/x-www-form-urlencoded',
        },
        signature: {
          hmac: 'sha512',
          secret: 'base64',
          of: [{ text: '{path}' }, { text: '{nonce}{body}', hash: 'sha256' }],
        },
        token: ['result', 'token'],
        refused: ['error', 0],
      },
      subscribe: [
        {
          method: 'subscribe',
          params: { channel: 'executions', token: '{session}', snap_orders: true, snap_trades: true },
        },
      ],
      recover: 'connection',
      clock: { field: 'time' },
      refused: [{ path: ['success'], equals: false, text: ['error'], fatal: true }],
      maintenance: [{ path: ['data', 0, 'system'], equals: 'maintenance' }],
      silence: '5s',
      rates: { connects: { count: 100, per: '10min' } },
    }),
    unconfirmed: ['names of members of the answer with the token', 'the scope of the numbers'],
  });
}

/** As recordings are read. */
export const example = () => krakenExecutions({ credentials: apiKey('env:KRAKEN_API_KEY', 'env:KRAKEN_API_SECRET') });
