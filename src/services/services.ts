/** The services that were asked for, as data: 12 publishers, 27 subscribers and an example. */
import type { PipelineInput } from '../patterns/pipeline.js';

export interface PublisherEntry {
  readonly role: 'publisher';
  readonly name: string;
  readonly says: string;
  /** Name of the port that it binds. */
  readonly port: string;
  /** The ready venue whose feed it publishes. */
  readonly venue: string;
  readonly pipeline: Pick<PipelineInput, 'select' | 'shape'>;
  readonly topicBy?: 'instrument' | 'category';
}

export interface SubscriberEntry {
  readonly role: 'subscriber';
  readonly name: string;
  readonly says: string;
  /** Ports and topics; several are put together. */
  readonly from: readonly { readonly port: string; readonly topics?: readonly string[] }[];
  /** Type of the sink; it is configured where it is run. */
  readonly sink: string;
  /** Name of the port that it binds, where it publishes what it makes. */
  readonly port?: string;
  /** What it would take beside a sink, and nobody has built. */
  readonly lacks?: string;
}
export type ServiceEntry = PublisherEntry | SubscriberEntry;

/** Best prices and trades. */
const ticks = (instruments?: string[]): PublisherEntry['pipeline'] => ({
  shape: { type: 'ticks' },
  ...(instruments === undefined ? {} : { select: { instruments } }),
});
const bookTop = (instruments?: string[]): PublisherEntry['pipeline'] => ({
  shape: { type: 'bookTop' },
  ...(instruments === undefined ? {} : { select: { instruments } }),
});
type Kinds = NonNullable<NonNullable<PipelineInput['select']>['kinds']>;
const events = (kinds: Kinds, instruments?: string[]): PublisherEntry['pipeline'] => ({
  shape: { type: 'events' },
  select: { kinds, ...(instruments === undefined ? {} : { instruments }) },
});
const publisher = (
  name: string,
  port: string,
  venue: string,
  pipeline: PublisherEntry['pipeline'],
  says: string,
  topicBy: 'instrument' | 'category' = 'instrument',
): PublisherEntry => ({ role: 'publisher', ...{ name, port, venue, pipeline, says, topicBy } });
const subscriber = (
  name: string,
  sink: string,
  from: readonly (string | SubscriberEntry['from'][number])[],
  says: string,
  more: Pick<SubscriberEntry, 'port' | 'lacks'> = {},
): SubscriberEntry => ({
  role: 'subscriber',
  ...{ name, sink, says },
  from: from.map((one) => (typeof one === 'string' ? { port: one } : one)),
  ...more,
});

const EURUSD = ['EUR/USD'];
const OANDA_EURUSD = { port: 'oanda-tick', topics: ['bookTop.EUR_USD'] };
/** As OANDA tells them: no event has their fields. */
const TRANSACTIONS: PublisherEntry['pipeline'] = {
  shape: { type: 'messages' },
  select: { messages: ['transaction'] },
};
const STATISTICS = 'rolling statistics in Python (pandas, CuPy)';

export const SERVICES: readonly ServiceEntry[] = [
  publisher('kraken_tick', 'kraken-tick', 'kraken-spot', ticks(), 'Kraken: quotes and trades'),
  publisher('kraken_depth', 'kraken-depth', 'kraken-spot', events(['level']), 'Kraken: levels of the books'),
  publisher('kraken_orders', 'kraken-orders', 'kraken-spot', events(['trade']), 'Kraken: executions'),
  publisher('kraken_eurusd', 'kraken-eurusd', 'kraken-spot', ticks(EURUSD), 'Kraken: EUR/USD'),
  publisher('kraken_eurusd_tick', 'kraken-eurusd', 'kraken-spot', bookTop(EURUSD), 'Kraken: EUR/USD quotes'),
  publisher(
    'kraken_eurusd_depth',
    'kraken-eu-depth',
    'kraken-spot',
    events(['level'], EURUSD),
    'Kraken: EUR/USD levels',
  ),
  publisher('oanda', 'oanda', 'oanda', { shape: { type: 'events' } }, 'OANDA: all of its stream'),
  publisher('oanda_tick', 'oanda-tick', 'oanda', bookTop(), 'OANDA: quotes'),
  publisher('oanda_orders', 'oanda-orders', 'oanda', TRANSACTIONS, 'OANDA: transactions (orders, fills)'),
  publisher('oandav20_tick', 'oanda-v20', 'oanda', bookTop(), 'OANDA v20: quotes', 'category'),
  publisher('oandav20_tick_topic', 'oanda-v20', 'oanda', bookTop(), 'OANDA v20: quotes, a topic for each instrument'),
  publisher('betfair_stream', 'betfair-stream', 'betfair', { shape: { type: 'events' } }, 'Betfair: stream of markets'),

  subscriber('influxdb_kraken_tick', 'influxdb', ['kraken-tick'], 'Kraken quotes and trades to InfluxDB'),
  subscriber('influxdb_kraken_depth', 'influxdb', ['kraken-depth'], 'Kraken levels to InfluxDB'),
  subscriber('influxdb_kraken_orders', 'influxdb', ['kraken-orders'], 'Kraken executions to InfluxDB'),
  subscriber('influxdb_kraken_eurusd', 'influxdb', ['kraken-eurusd'], 'Kraken EUR/USD to InfluxDB'),
  subscriber('influxdb_oanda_tick', 'influxdb', ['oanda-tick'], 'OANDA quotes to InfluxDB'),
  subscriber('influxdb_oanda_orders', 'influxdb', ['oanda-orders'], 'OANDA orders to InfluxDB'),
  subscriber('influxdb_oandav20_tick', 'influxdb', ['oanda-v20'], 'OANDA v20 quotes to InfluxDB'),
  subscriber('influxdb_twitter_sentiment', 'influxdb', ['twitter'], 'sentiment by location to InfluxDB'),
  subscriber('postgresql_kraken_tick', 'postgresql', ['kraken-tick'], 'Kraken quotes and trades to PostgreSQL'),
  subscriber('postgresql_kraken_depth', 'postgresql', ['kraken-depth'], 'Kraken levels to PostgreSQL'),
  subscriber('postgresql_oanda_tick', 'postgresql', ['oanda-tick'], 'OANDA quotes to PostgreSQL'),
  subscriber('postgresql_oanda_orders', 'postgresql', ['oanda-orders'], 'OANDA orders to PostgreSQL'),
  subscriber('typedb_kraken_orders', 'typedb', ['kraken-orders'], 'Kraken executions to TypeDB (Grakn)'),
  subscriber('kapacitor_kraken_tick', 'kapacitor', ['kraken-tick'], 'Kraken quotes and trades to Kapacitor’s alerts'),
  subscriber('kapacitor_oanda_tick', 'kapacitor', ['oanda-tick'], 'OANDA quotes to Kapacitor’s alerts'),
  subscriber('statistics_kraken_tick_pandas', 'zeromq', ['kraken-tick'], 'statistics of Kraken ticks', {
    ...{ port: 'statistics', lacks: STATISTICS },
  }),
  subscriber('statistics_kraken_tick_cuda', 'zeromq', ['kraken-tick'], 'statistics of Kraken ticks on a CUDA device', {
    ...{ port: 'statistics', lacks: STATISTICS },
  }),
  subscriber('stream_eurusd_tick', 'zeromq', ['kraken-eurusd', OANDA_EURUSD], 'EUR/USD of OANDA and Kraken together', {
    port: 'eurusd-tick',
  }),
  subscriber(
    'stream_eurusd_depth',
    'zeromq',
    ['kraken-eurusd', 'kraken-eu-depth'],
    'Kraken EUR/USD: quotes and levels',
    {
      port: 'eurusd-depth',
    },
  ),
  subscriber('stream_eurusd_order', 'zeromq', ['oanda-orders', 'kraken-orders'], 'orders and executions together', {
    port: 'eurusd-order',
  }),
  subscriber(
    'stream_oanda_position_order',
    'zeromq',
    ['oanda-tick', 'oanda-orders'],
    'OANDA: quotes and transactions',
    {
      port: 'oanda-pos-order',
    },
  ),
  subscriber('stream_kraken', 'zeromq', ['kraken-tick', 'kraken-depth'], 'Kraken: quotes, trades and levels', {
    port: 'kraken-all',
  }),
  subscriber('stream_ticks', 'zeromq', ['kraken-tick', 'oanda-tick', 'oanda-v20'], 'ticks of all venues together', {
    port: 'all-ticks',
  }),
  subscriber('redis_kraken_tick', 'redis', ['kraken-tick'], 'latest Kraken quotes and trades in Redis'),
  subscriber('redis_oanda_tick', 'redis', ['oanda-tick'], 'latest OANDA quotes in Redis'),
  subscriber('duckdb_kraken_tick', 'duckdb', ['kraken-tick'], 'Kraken quotes and trades in a DuckDB file'),
  subscriber('kafka_kraken_tick', 'kafka', ['kraken-tick'], 'Kraken quotes and trades to Kafka'),

  publisher('example', 'example', 'nasdaq-totalview', { shape: { type: 'events' } }, 'events of any venue file'),
];
