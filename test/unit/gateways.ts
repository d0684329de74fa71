// Gateways over a simulated venue, for tests: the venue's day is known, so that every book has a truth that is not ours.
import { WebSocket } from 'ws';
import { itch50 } from '../../src/decoders/itch50.js';
import { openFeed } from '../../src/feed/open.js';
import { GatewayClient, type GatewayClientOptions, type WireDepth } from '../../src/gateway/client.js';
import { type Gateway, type GatewayOptions, serveGateway } from '../../src/gateway/index.js';
import { formatPrice } from '../../src/layout/index.js';
import type { VenueHistory } from '../../src/simulator/history.js';
import { LoopbackVenue, type LoopbackVenueOptions } from '../../src/simulator/loopback-venue.js';

export const VENUE = 'totalview';

export interface Simulated {
  readonly venue: LoopbackVenue;
  readonly gateway: Gateway;
  /** Publishes the day, and resolves when the gateway has all of it. */
  day(): Promise<void>;
  client(options?: GatewayClientOptions): GatewayClient;
  close(): Promise<void>;
}

export async function simulated(
  options: GatewayOptions = {},
  of: Partial<LoopbackVenueOptions> = {},
): Promise<Simulated> {
  const venue = new LoopbackVenue({
    ...{ seed: 11, symbols: 4, messages: 4_000, rate: 20_000, faults: { loss: 0.02 } },
    publisher: { heartbeatNs: 50_000_000, endPackets: 4 },
    ...of,
  });
  await venue.start();
  const feed = await openFeed(venue.venue({ recovery: ['rerequest'] }), { stamps: true });
  const gateway = await serveGateway({ [VENUE]: feed }, { listen: '127.0.0.1:0', everyMs: 5, ...options });
  while (feed.receive.length === 0 && !feed.closed) await turn();
  const clients: GatewayClient[] = [];
  return {
    venue,
    gateway,
    day: async () => {
      venue.begin();
      await until(() => feed.messages >= venue.history.length);
    },
    client: (given) => {
      const client = new GatewayClient(gateway.address, { WebSocket, ...given });
      clients.push(client);
      return client;
    },
    close: async () => {
      for (const client of clients) client.close();
      await gateway.close();
      await venue.stop();
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
/** Waits for a condition; the test's own bound ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await turn();
}

interface Order {
  readonly stock: string;
  readonly side: 'bid' | 'ask';
  readonly price: number;
  left: number;
}

/** The book of a stock at a day's end, read off the messages by hand. */
export function referenceDepth(history: VenueHistory, stock: string, levels: number): WireDepth {
  const orders = new Map<bigint, Order>();
  const reduce = (id: bigint, by: number): void => {
    const order = orders.get(id);
    if (order === undefined) return;
    order.left -= by;
    if (order.left === 0) orders.delete(id);
  };
  for (let number = history.first; number < history.next; number++) {
    const bytes = history.message(number);
    const { message, fields: f } = decoded(bytes);
    if (message === 'addOrder' || message === 'addOrderWithMpid') {
      const side = f.buySellIndicator === 'B' ? 'bid' : 'ask';
      const { stock: of, price, shares } = f as { stock: string; price: number; shares: number };
      orders.set(f.orderReferenceNumber as bigint, { stock: of, side, price, left: shares });
    } else if (message === 'orderExecuted' || message === 'orderExecutedWithPrice') {
      reduce(f.orderReferenceNumber as bigint, f.executedShares as number);
    } else if (message === 'orderCancel') reduce(f.orderReferenceNumber as bigint, f.canceledShares as number);
    else if (message === 'orderDelete') orders.delete(f.orderReferenceNumber as bigint);
    else if (message === 'orderReplace') {
      const was = orders.get(f.originalOrderReferenceNumber as bigint);
      orders.delete(f.originalOrderReferenceNumber as bigint);
      if (was === undefined) continue;
      orders.set(f.newOrderReferenceNumber as bigint, { ...was, price: f.price as number, left: f.shares as number });
    }
  }
  const side = (name: 'bid' | 'ask') => {
    const at = new Map<number, { size: number; orders: number }>();
    for (const order of orders.values()) {
      if (order.stock !== stock || order.side !== name) continue;
      const level = at.get(order.price) ?? { size: 0, orders: 0 };
      at.set(order.price, { size: level.size + order.left, orders: level.orders + 1 });
    }
    return [...at]
      .sort(([a], [b]) => (name === 'bid' ? b - a : a - b))
      .slice(0, levels)
      .map(([price, { size, orders: n }]) => [formatPrice(price, -4), String(size), n] as const);
  };
  return { bids: side('bid'), asks: side('ask'), stale: false, crossed: false };
}

function decoded(bytes: Uint8Array): { readonly message: string; readonly fields: Readonly<Record<string, unknown>> } {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const message = itch50.names[itch50.messageIndex(data, 0, bytes.length)] as keyof typeof itch50.messages & string;
  return {
    message,
    fields: itch50.view(message).bind(data, 0, bytes.length).toObject() as unknown as Record<string, unknown>,
  };
}
