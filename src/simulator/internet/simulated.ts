/** Ready venues that send text and how each is simulated. */
import { apiKey, bearer, keyAndSession, type Reference } from '../../patterns/credentials.js';
import type { Venue } from '../../patterns/venue.js';
import { betfair } from '../../venues/betfair.js';
import { binanceSpot } from '../../venues/binance-spot.js';
import { coinbaseAdvanced } from '../../venues/coinbase-advanced.js';
import { coinbaseExchange } from '../../venues/coinbase-exchange.js';
import { krakenExecutions } from '../../venues/kraken-executions.js';
import { krakenFutures } from '../../venues/kraken-futures.js';
import { krakenSpot } from '../../venues/kraken-spot.js';
import { krakenSpotV1 } from '../../venues/kraken-spot-v1.js';
import { oanda } from '../../venues/oanda.js';
import type { InternetOptions } from '../../venues/patterns/internet.js';
import * as dialects from './dialects.js';
import * as lines from './line-dialects.js';

export interface Simulated {
  readonly dialect: dialects.Dialect;
  /** Books; default: AAA, BBB and CCC. */
  readonly symbols?: readonly string[];
  /** It is logged in to with a token. */
  readonly usesToken?: true;
  make(options: InternetOptions, at?: SimulatedAt): Venue;
}
/** Where a simulated venue is. */
export interface SimulatedAt {
  /** Where images are asked for; default: the venue's public address. */
  readonly https?: string;
  /** Where its token is read; default: `TOKEN_VARIABLE`. */
  readonly token?: Reference;
}
/** Where the token of a simulated venue is. */
export const TOKEN_VARIABLE = 'VENUEWIRE_SIMULATED_TOKEN';
const TOKEN: Reference = `env:${TOKEN_VARIABLE}`;

/** By id; ids may come from outside, so it has no names but its own. */
export const SIMULATED: Readonly<Record<string, Simulated>> = Object.assign(Object.create(null), {
  'kraken-spot': { dialect: dialects.kraken2, make: krakenSpot },
  'kraken-spot-v1': { dialect: lines.kraken1, make: krakenSpotV1 },
  'kraken-executions': {
    dialect: lines.krakenExecutions,
    symbols: [],
    usesToken: true,
    make: ({ instruments: _, ...options }, { token = TOKEN, https } = {}) =>
      krakenExecutions({
        ...options,
        ...(https === undefined ? {} : { tokenUrl: `${https}/0/private/GetWebSocketsToken` }),
        credentials: apiKey(token, token),
      }),
  },
  'kraken-futures': { dialect: dialects.krakenFutures, make: krakenFutures },
  'coinbase-exchange': { dialect: dialects.coinbase, make: coinbaseExchange },
  'coinbase-advanced': { dialect: dialects.coinbaseAdvanced, make: coinbaseAdvanced },
  'binance-spot': {
    dialect: dialects.binance,
    make: (options, { https } = {}) =>
      binanceSpot(https === undefined ? options : { ...options, imageUrl: `${https}/api/v3/depth` }),
  },
  betfair: {
    dialect: lines.betfair,
    symbols: ['1.1/7', '1.2/7', '1.3/7'],
    usesToken: true,
    make: ({ url: _, ...options }, { token = TOKEN } = {}) =>
      betfair({ ...options, credentials: keyAndSession(token, token) }),
  },
  oanda: {
    dialect: lines.oanda,
    usesToken: true,
    make: (options, { token = TOKEN } = {}) =>
      oanda({ ...options, account: '101-004-1-001', credentials: bearer(token) }),
  },
} satisfies Record<string, Simulated>);

export const SYMBOLS: readonly string[] = ['AAA', 'BBB', 'CCC'];
