import { krakenSpot1 } from '../decoders/kraken-spot-1.js';
import { websocket } from '../patterns/network.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { needs } from './options.js';
import { type MarketOptions, marketOf } from './patterns/internet.js';

const bookOf = ({ depth = 10 }: MarketOptions) => ({ name: 'book', depth });

/**
 * Kraken spot, WebSocket 1: a checksum with each update. Source: Kraken WebSocket API 1.
 * @throws VenuewireError `VW_VENUE` or `VW_NETWORK` naming the option that is not right.
 */
export function krakenSpotV1(options: MarketOptions = {}): Venue<typeof krakenSpot1> {
  needs('krakenSpotV1', options);
  return defineVenue({
    name: 'kraken-spot-v1',
    decoder: krakenSpot1,
    lines: { A: websocket(options.url ?? 'wss://ws.kraken.com') },
    ...marketOf(options, {
      integrity: {
        images: ['bookSnapshot'],
        changes: ['bookUpdate'],
        depth: options.depth ?? 10,
        depthField: 'depth',
        checksum: { algorithm: 'crc32', field: 'checksum', levels: 10 },
      },
      said: {
        recover: 'subscription',
        maintenance: [{ path: ['status'], equals: 'maintenance' }],
        refused: [{ path: ['status'], equals: 'error', text: ['errorMessage'] }],
        silence: '5s',
        rates: { connects: { count: 100, per: '10min' } },
      },
      book: [
        { event: 'subscribe', pair: '{instruments}', subscription: bookOf(options) },
        { event: 'unsubscribe', pair: '{instruments}', subscription: bookOf(options) },
      ],
      trades: { event: 'subscribe', pair: '{instruments}', subscription: { name: 'trade' } },
      ticker: { event: 'subscribe', pair: '{instruments}', subscription: { name: 'ticker' } },
    }),
    unconfirmed: [],
  });
}

/** As recordings are read. */
export const example = (): Venue<typeof krakenSpot1> => krakenSpotV1();
