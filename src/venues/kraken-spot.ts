import { krakenSpot2 } from '../decoders/kraken-spot-2.js';
import { defineIntegrity } from '../patterns/integrity.js';
import { websocket } from '../patterns/network.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import type { InternetOptions } from './patterns/internet.js';

/**
 * Kraken spot, WebSocket 2: a checksum with image and update. Source: Kraken WebSocket API 2.
 * @throws VenuewireError `VW_VENUE` or `VW_NETWORK` naming the option that is not right.
 */
export function krakenSpot(options: InternetOptions = {}): Venue<typeof krakenSpot2> {
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
    unconfirmed: [],
  });
}

/** As recordings are read. */
export const example = () => krakenSpot();
