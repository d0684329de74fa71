/** Every sink: its type, and where it is. A sink's file, and the client that it needs, is loaded when it is asked for. */
import type { PipelineSink, SinkOf } from '../patterns/pipeline.js';
import type { Sink } from './sink.js';

type Makers = { readonly [T in PipelineSink['type']]: () => Promise<(options: SinkOf<T>) => Sink> };

const sinks: Makers = {
  clickhouse: async () => (await import('./clickhouse.js')).clickhouse,
  duckdb: async () => (await import('./duckdb.js')).duckdb,
  influxdb: async () => (await import('./line-protocol.js')).lineProtocol,
  kafka: async () => (await import('./kafka.js')).kafka,
  kapacitor: async () => (await import('./line-protocol.js')).lineProtocol,
  log: async () => (await import('./log.js')).log,
  parquet: async () => (await import('./lake.js')).parquet,
  postgresql: async () => (await import('./postgresql.js')).postgresql,
  questdb: async () => (await import('./line-protocol.js')).lineProtocol,
  redis: async () => (await import('./redis.js')).redis,
  zeromq: async () => (await import('./zeromq.js')).zeromq,
};

/** The sink that a pipeline declares; it is opened later. */
export async function sinkOf(options: PipelineSink): Promise<Sink> {
  const make = (await sinks[options.type]()) as (options: PipelineSink) => Sink;
  return make(options);
}
