/** The port registry: what is published where. Ports are those that were asked for; 5557, which nothing was said of, is the example's. */

export interface PortEntry {
  readonly port: number;
  /** As a port of a Kubernetes Service can be named: 15 characters at most. */
  readonly name: string;
  /** Who binds: `PUB` a publisher of a venue's feed, `SUB` a subscriber that publishes what it makes. */
  readonly kind: 'PUB' | 'SUB';
  /** What topics begin with; of `market.instrument` the category comes first: `trade.EUR/USD`. */
  readonly topics: readonly string[];
  readonly says: string;
  /** Published by a program that is not ours. */
  readonly isForeign?: true;
}

const pub = (port: number, name: string, topics: readonly string[], says: string): PortEntry => ({
  ...{ port, name, topics, says },
  kind: 'PUB',
});
const sub = (port: number, name: string, topics: readonly string[], says: string): PortEntry => ({
  ...{ port, name, topics, says },
  kind: 'SUB',
});

/** Best prices and trades: the shape `ticks`. */
const TICKS = ['bookTop.', 'trade.'];
const ALL = ['quote.', 'trade.', 'level.', 'order.', 'status.'];

export const PORTS: readonly PortEntry[] = [
  pub(5556, 'oanda', ALL, 'OANDA, main stream'),
  pub(5557, 'example', ALL, 'the example'),
  pub(5558, 'kraken-tick', TICKS, 'Kraken, quotes and trades of all instruments'),
  pub(5559, 'kraken-eurusd', ['bookTop.EUR/USD', 'trade.EUR/USD'], 'Kraken, EUR/USD'),
  pub(5560, 'kraken-depth', ['level.'], 'Kraken, levels of the books'),
  pub(5561, 'kraken-orders', ['trade.'], 'Kraken, executions'),
  pub(5562, 'oanda-tick', TICKS, 'OANDA, quotes of all instruments'),
  pub(5563, 'oanda-orders', ['transaction'], 'OANDA, transactions: orders and fills'),
  pub(5564, 'betfair-stream', ALL, 'Betfair, stream of markets'),
  { ...pub(5565, 'twitter', ['sentiment.'], 'sentiment by location'), isForeign: true },
  pub(5566, 'kraken-eu-depth', ['level.EUR/USD'], 'Kraken, levels of EUR/USD'),
  pub(5567, 'oanda-v20', ['bookTop', 'trade'], 'OANDA v20, quotes: by instrument or by category'),
  sub(5578, 'eurusd-tick', TICKS, 'OANDA and Kraken, EUR/USD quotes and trades together'),
  sub(5579, 'eurusd-depth', [...TICKS, 'level.'], 'Kraken EUR/USD, quotes and levels together'),
  sub(5580, 'eurusd-order', ['transaction', 'trade.'], 'OANDA transactions and Kraken executions together'),
  sub(5581, 'oanda-pos-order', ['bookTop.', 'transaction'], 'OANDA, quotes and transactions together'),
  sub(5582, 'kraken-all', [...TICKS, 'level.'], 'Kraken, quotes, trades and levels together'),
  sub(5583, 'all-ticks', TICKS, 'OANDA, OANDA v20 and Kraken, quotes and trades together'),
  sub(5584, 'statistics', ['statistic.'], 'rolling statistics'),
];
