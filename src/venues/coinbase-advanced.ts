import { coinbaseAdvanced1 } from '../decoders/coinbase-advanced-1.js';
import { websocket } from '../patterns/network.js';
import { defineVenue, type Venue } from '../patterns/venue.js';
import { needs } from './options.js';
import { type MarketOptions, marketOf } from './patterns/internet.js';

const NUMBERED = [
  'bookSnapshot',
  'bookUpdate',
  'trade',
  'earlierTrade',
  'ticker',
  'heartbeat',
  'subscriptions',
  'unread',
];
const on = (channel: string) => ({ type: 'subscribe', product_ids: '{instruments}', channel });

/**
 * Coinbase Advanced level2: one number for all that a connection brings; where one is missing all is connected to anew. Source:
 * Coinbase Advanced Trade WebSocket.
 * @throws VenuewireError `VW_VENUE` or `VW_NETWORK` naming the option that is not right.
 */
export function coinbaseAdvanced(options: MarketOptions = {}): Venue<typeof coinbaseAdvanced1> {
  needs('coinbaseAdvanced', options);
  return defineVenue({
    name: 'coinbase-advanced',
    decoder: coinbaseAdvanced1,
    lines: { A: websocket(options.url ?? 'wss://advanced-trade-ws.coinbase.com') },
    ...marketOf(options, {
      integrity: {
        images: ['bookSnapshot'],
        changes: ['bookUpdate'],
        position: { type: 'sequence', of: 'connection', field: 'sequenceNum', messages: NUMBERED },
      },
      said: {
        recover: 'connection',
        // Without it quiet channels are closed.
        login: [{ type: 'subscribe', channel: 'heartbeats' }],
        clock: { field: 'time' },
        refused: [{ path: ['type'], equals: 'error', text: ['message'] }],
        silence: '10s',
        rates: { connects: { count: 8, per: '1s' }, messages: { count: 8, per: '1s' } },
        // Images of deep books have several million characters.
        most: 100 << 20,
      },
      book: [on('level2'), { ...on('level2'), type: 'unsubscribe' }],
      trades: on('market_trades'),
      ticker: on('ticker'),
    }),
    unconfirmed: ['the scope of the numbers: any that is not the next one is taken as a loss of the whole connection'],
  });
}

/** As recordings are read. */
export const example = () => coinbaseAdvanced();
