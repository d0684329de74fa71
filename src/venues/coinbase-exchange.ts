import { coinbaseExchange1 } from '../decoders/coinbase-exchange-1.js';
import { defineIntegrity } from '../patterns/integrity.js';
import { websocket } from '../patterns/network.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import type { InternetOptions } from './patterns/internet.js';

/**
 * Coinbase Exchange level2: no numbers; what is lost shows in the connection alone. Source: Coinbase Exchange WebSocket feed.
 * @throws VenuewireError `VW_VENUE` or `VW_NETWORK` naming the option that is not right.
 */
export function coinbaseExchange(options: InternetOptions = {}): Venue<typeof coinbaseExchange1> {
  return defineVenue({
    name: 'coinbase-exchange',
    decoder: coinbaseExchange1,
    lines: { A: websocket(options.url ?? 'wss://ws-feed.exchange.coinbase.com') },
    integrity: defineIntegrity({ images: ['bookSnapshot'], changes: ['bookUpdate'] }),
    unconfirmed: ['that level2 messages are never dropped, as the venue promises'],
  });
}

/** As recordings are read. */
export const example = () => coinbaseExchange();
