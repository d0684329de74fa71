/** Every sink: what it needs, and where it is. A sink's file, and the client that it needs, is loaded when it is asked for. */
import type { PipelineSink, SinkOf } from '../patterns/pipeline.js';
import type { Sink } from './sink.js';

interface Entry<T extends PipelineSink['type']> {
  /** Packages that the sink loads when it is opened. */
  readonly packages: readonly string[];
  readonly load: () => Promise<(options: SinkOf<T>) => Sink>;
}

const sinks: { readonly [T in PipelineSink['type']]: Entry<T> } = {
  clickhouse: { packages: [], load: async () => (await import('./clickhouse.js')).clickhouse },
  duckdb: { packages: ['@duckdb/node-api'], load: async () => (await import('./duckdb.js')).duckdb },
  influxdb: { packages: [], load: async () => (await import('./line-protocol.js')).lineProtocol },
  kafka: { packages: ['@platformatic/kafka'], load: async () => (await import('./kafka.js')).kafka },
  kapacitor: { packages: [], load: async () => (await import('./line-protocol.js')).lineProtocol },
  log: { packages: [], load: async () => (await import('./log.js')).log },
  nats: {
    packages: ['@nats-io/transport-node', '@nats-io/jetstream'],
    load: async () => (await import('./nats.js')).nats,
  },
  parquet: { packages: ['hyparquet-writer', 'hyparquet'], load: async () => (await import('./lake.js')).parquet },
  postgresql: { packages: ['postgres'], load: async () => (await import('./postgresql.js')).postgresql },
  questdb: { packages: [], load: async () => (await import('./line-protocol.js')).lineProtocol },
  rabbitmq: { packages: ['rabbitmq-client'], load: async () => (await import('./rabbitmq.js')).rabbitmq },
  redis: { packages: ['redis'], load: async () => (await import('./redis.js')).redis },
  typedb: { packages: [], load: async () => (await import('./typedb.js')).typedb },
  zeromq: { packages: ['zeromq', 'msgpackr'], load: async () => (await import('./zeromq.js')).zeromq },
};

/** Packages that a sink of that type needs. */
export const packagesOf = (type: PipelineSink['type']): readonly string[] => sinks[type].packages;

/** The sink that a pipeline declares; it is opened later. */
export async function sinkOf(options: PipelineSink): Promise<Sink> {
  const make = (await sinks[options.type].load()) as (options: PipelineSink) => Sink;
  return make(options);
}
