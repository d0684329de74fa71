import { binanceSpot1 } from '../decoders/binance-spot-1.js';
import { defineIntegrity } from '../patterns/integrity.js';
import { websocket } from '../patterns/network.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import type { InternetOptions } from './patterns/internet.js';

/**
 * Binance spot depth: ranges of update numbers, joined to the image that is asked for over HTTPS. Source: Binance Spot API
 * documentation.
 * @throws VenuewireError `VW_VENUE` or `VW_NETWORK` naming the option that is not right.
 */
export function binanceSpot(options: InternetOptions = {}): Venue<typeof binanceSpot1> {
  return defineVenue({
    name: 'binance-spot',
    decoder: binanceSpot1,
    lines: { A: websocket(options.url ?? 'wss://stream.binance.com:9443/stream') },
    integrity: defineIntegrity({
      images: ['depthSnapshot'],
      changes: ['depthUpdate'],
      position: {
        type: 'range',
        messages: ['depthUpdate'],
        first: 'firstUpdateId',
        last: 'finalUpdateId',
        imageLast: 'lastUpdateId',
      },
    }),
    unconfirmed: ['levels beyond the limit of the image stay unknown until they change'],
  });
}

/** As recordings are read. */
export const example = () => binanceSpot();
