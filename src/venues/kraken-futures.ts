import { krakenFutures1 } from '../decoders/kraken-futures-1.js';
import { websocket } from '../patterns/network.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { needs } from './options.js';
import { type MarketOptions, marketOf } from './patterns/internet.js';

/**
 * Kraken Futures: a number for each product. Source: Kraken Futures WebSocket API 1.
 * @throws VenuewireError `VW_VENUE` or `VW_NETWORK` naming the option that is not right.
 */
export function krakenFutures(options: MarketOptions = {}): Venue<typeof krakenFutures1> {
  needs('krakenFutures', options);
  return defineVenue({
    name: 'kraken-futures',
    decoder: krakenFutures1,
    lines: { A: websocket(options.url ?? 'wss://futures.kraken.com/ws/v1') },
    ...marketOf(options, {
      integrity: {
        images: ['bookSnapshot'],
        changes: ['bookUpdate'],
        position: { type: 'sequence', field: 'seq', messages: ['bookSnapshot', 'bookUpdate'] },
      },
      said: {
        recover: 'subscription',
        clock: { field: 'time' },
        refused: [
          { path: ['event'], equals: 'error', text: ['message'] },
          { path: ['event'], equals: 'alert', text: ['message'] },
        ],
        // A client must ping at least once a minute.
        keepAlive: { every: '20s' },
      },
      book: [
        { event: 'subscribe', feed: 'book', product_ids: '{instruments}' },
        { event: 'unsubscribe', feed: 'book', product_ids: '{instruments}' },
      ],
      trades: { event: 'subscribe', feed: 'trade', product_ids: '{instruments}' },
      ticker: { event: 'subscribe', feed: 'ticker_lite', product_ids: '{instruments}' },
    }),
    unconfirmed: [],
  });
}

/** As recordings are read. */
export const example = (): Venue<typeof krakenFutures1> => krakenFutures();
