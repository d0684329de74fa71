import { krakenSpot2 } from '../decoders/kraken-spot-2.js';
import { defineIntegrity } from '../patterns/integrity.js';
import { websocket } from '../patterns/network.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { connectionOf, type InternetOptions } from './patterns/internet.js';

const bookOf = ({ depth = 10 }: InternetOptions) => ({
  channel: 'book',
  symbol: '{instruments}',
  depth,
  snapshot: true,
});

/** Of Kraken: the books are always subscribed to. */
export interface KrakenOptions extends InternetOptions {
  /** Trades too. Default true. */
  readonly trades?: boolean;
}
const TRADES = { method: 'subscribe', params: { channel: 'trade', symbol: '{instruments}', snapshot: false } };

/**
 * Kraken spot, WebSocket 2: a checksum with image and update. Source: Kraken WebSocket API 2.
 * @throws VenuewireError `VW_VENUE` or `VW_NETWORK` naming the option that is not right.
 */
export function krakenSpot(options: KrakenOptions = {}): Venue<typeof krakenSpot2> {
  return defineVenue({
    name: 'kraken-spot',
    decoder: krakenSpot2,
    lines: { A: websocket(options.url ?? 'wss://ws.kraken.com/v2') },
    integrity: defineIntegrity({
      images: ['bookSnapshot'],
      changes: ['bookUpdate'],
      depth: options.depth ?? 10,
      checksum: { algorithm: 'crc32', field: 'checksum', levels: 10 },
    }),
    ...connectionOf(options, {
      subscribe: [{ method: 'subscribe', params: bookOf(options) }],
      ...(options.trades === false ? {} : { once: [TRADES] }),
      unsubscribe: [{ method: 'unsubscribe', params: bookOf(options) }],
      recover: 'subscription',
      refused: [{ path: ['success'], equals: false, text: ['error'] }],
      // Something comes each second, be it a heartbeat.
      silence: '5s',
      rates: { connects: { count: 100, per: '10min' } },
    }),
    unconfirmed: [],
  });
}

/** As recordings are read. */
export const example = () => krakenSpot();
