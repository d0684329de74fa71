import { coinbaseExchange1 } from '../decoders/coinbase-exchange-1.js';
import { websocket } from '../patterns/network.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { needs } from './options.js';
import { type MarketOptions, marketOf } from './patterns/internet.js';

/** level2 wants a login since 2023; level2_batch brings the same messages without. */
const CHANNELS = ['level2_batch', 'heartbeat'];

/**
 * Coinbase Exchange level2: no numbers; what is lost shows in the connection alone. Source: Coinbase Exchange WebSocket feed.
 * @throws VenuewireError `VW_VENUE` or `VW_NETWORK` naming the option that is not right.
 */
export function coinbaseExchange(options: MarketOptions = {}): Venue<typeof coinbaseExchange1> {
  needs('coinbaseExchange', options);
  return defineVenue({
    name: 'coinbase-exchange',
    decoder: coinbaseExchange1,
    lines: { A: websocket(options.url ?? 'wss://ws-feed.exchange.coinbase.com') },
    ...marketOf(options, {
      integrity: { images: ['bookSnapshot'], changes: ['bookUpdate'] },
      said: {
        recover: 'subscription',
        clock: { field: 'time' },
        refused: [{ path: ['type'], equals: 'error', text: ['reason'] }],
        silence: '10s',
        rates: { connects: { count: 8, per: '1s' }, messages: { count: 8, per: '1s' } },
        // Images of deep books have several million characters.
        most: 100 << 20,
      },
      book: [
        { type: 'subscribe', product_ids: '{instruments}', channels: CHANNELS },
        { type: 'unsubscribe', product_ids: '{instruments}', channels: CHANNELS },
      ],
      trades: { type: 'subscribe', product_ids: '{instruments}', channels: ['matches', 'heartbeat'] },
      ticker: { type: 'subscribe', product_ids: '{instruments}', channels: ['ticker', 'heartbeat'] },
    }),
    unconfirmed: ['that level2 messages are never dropped, as the venue promises'],
  });
}

/** As recordings are read. */
export const example = (): Venue<typeof coinbaseExchange1> => coinbaseExchange();
