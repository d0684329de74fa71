import { krakenSpot2 } from '../decoders/kraken-spot-2.js';
import { websocket } from '../patterns/network.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { needs } from './options.js';
import { type MarketOptions, marketOf } from './patterns/internet.js';

const bookOf = ({ depth = 10 }: MarketOptions) => ({
  channel: 'book',
  symbol: '{instruments}',
  depth,
  snapshot: true,
});

/**
 * Kraken spot, WebSocket 2: a checksum with image and update. Source: Kraken WebSocket API 2.
 * @throws VenuewireError `VW_VENUE` or `VW_NETWORK` naming the option that is not right.
 */
export function krakenSpot(options: MarketOptions = {}): Venue<typeof krakenSpot2> {
  needs('krakenSpot', options);
  return defineVenue({
    name: 'kraken-spot',
    decoder: krakenSpot2,
    lines: { A: websocket(options.url ?? 'wss://ws.kraken.com/v2') },
    ...marketOf(options, {
      integrity: {
        images: ['bookSnapshot'],
        changes: ['bookUpdate'],
        depth: options.depth ?? 10,
        checksum: { algorithm: 'crc32', field: 'checksum', levels: 10 },
      },
      said: {
        recover: 'subscription',
        clock: { field: 'time' },
        maintenance: [{ path: ['data', 0, 'system'], equals: 'maintenance' }],
        refused: [{ path: ['success'], equals: false, text: ['error'] }],
        // Something comes each second, be it a heartbeat.
        silence: '5s',
        rates: { connects: { count: 100, per: '10min' } },
      },
      book: [
        { method: 'subscribe', params: bookOf(options) },
        { method: 'unsubscribe', params: bookOf(options) },
      ],
      // Earlier prints would be told anew at each connection.
      trades: { method: 'subscribe', params: { channel: 'trade', symbol: '{instruments}', snapshot: false } },
      ticker: { method: 'subscribe', params: { channel: 'ticker', symbol: '{instruments}', event_trigger: 'bbo' } },
    }),
    unconfirmed: ['parameters of trade and ticker'],
  });
}

/** As recordings are read. */
export const example = (): Venue<typeof krakenSpot2> => krakenSpot();
