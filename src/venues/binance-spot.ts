import { binanceSpot1 } from '../decoders/binance-spot-1.js';
import { websocket } from '../patterns/network.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { needs } from './options.js';
import { type MarketOptions, marketOf } from './patterns/internet.js';

/** Of Binance: instruments in capitals, as messages have them. */
export interface BinanceOptions extends MarketOptions {
  /** Where images are asked for; default: the venue's public address. */
  readonly imageUrl?: string;
}

/**
 * Binance spot depth: ranges of update numbers, joined to the image that is asked for over HTTPS. Source: Binance Spot API
 * documentation.
 * @throws VenuewireError `VW_VENUE` or `VW_NETWORK` naming the option that is not right.
 */
export function binanceSpot(options: BinanceOptions = {}): Venue<typeof binanceSpot1> {
  needs('binanceSpot', options);
  return defineVenue({
    name: 'binance-spot',
    decoder: binanceSpot1,
    lines: { A: websocket(options.url ?? 'wss://stream.binance.com:9443/stream') },
    ...marketOf(options, {
      integrity: {
        images: ['depthSnapshot'],
        changes: ['depthUpdate'],
        position: {
          type: 'range',
          messages: ['depthUpdate'],
          first: 'firstUpdateId',
          last: 'finalUpdateId',
          imageLast: 'lastUpdateId',
        },
      },
      said: {
        recover: 'image',
        image: { url: `${options.imageUrl ?? 'https://api.binance.com/api/v3/depth'}?symbol={instrument}&limit=5000` },
        clock: { field: 'time' },
        // Ten minutes before a restart.
        maintenance: [
          { path: ['e'], equals: 'serverShutdown' },
          { path: ['data', 'e'], equals: 'serverShutdown' },
        ],
        // The server pings each 20 s and ends a connection after a day.
        silence: '60s',
        lifetime: '23h',
        rates: {
          connects: { count: 300, per: '5min' },
          messages: { count: 5, per: '1s' },
          requests: { count: 10, per: '10s' },
        },
      },
      book: [
        { method: 'SUBSCRIBE', params: ['{instrument:lower}@depth@100ms'], id: 1 },
        { method: 'UNSUBSCRIBE', params: ['{instrument:lower}@depth@100ms'], id: 1 },
      ],
      trades: { method: 'SUBSCRIBE', params: ['{instrument:lower}@aggTrade'], id: 2 },
      ticker: { method: 'SUBSCRIBE', params: ['{instrument:lower}@bookTicker'], id: 3 },
    }),
    unconfirmed: ['levels beyond the limit of the image stay unknown until they change'],
  });
}

/** As recordings are read. */
export const example = (): Venue<typeof binanceSpot1> => binanceSpot();
