/** What monitoring reads of a gateway, beside what it reads of each feed. */

import { Feed } from '../feed/feed.js';
import { type FeedMetrics, type MetricsRegistry, metricsOf } from '../metrics/index.js';
import { peer } from '../peer.js';
import type { ConnectionCounts } from './connection.js';
import type { GatewayVenue } from './venue.js';

/** Counts of a gateway since it began, and what is now. */
export interface GatewayStatistics extends Readonly<ConnectionCounts> {
  readonly clients: number;
  readonly slowClients: number;
  readonly subscriptions: number;
  readonly streams: number;
  readonly accepted: number;
  readonly requests: number;
  readonly requestsRefused: number;
  /** Bytes that wait for clients now. */
  readonly queuedBytes: number;
}

type Kind = 'counter' | 'gauge';
/** Name, kind and meaning of each. */
const METRICS: Readonly<Record<keyof GatewayStatistics, readonly [string, Kind, string]>> = {
  clients: ['clients', 'gauge', 'WebSockets that are open'],
  slowClients: ['slow_clients', 'gauge', 'WebSockets that are sent nothing until they have read'],
  subscriptions: ['subscriptions', 'gauge', 'subscriptions of all WebSockets'],
  streams: ['streams', 'gauge', 'streams that are kept'],
  accepted: ['accepted_total', 'counter', 'WebSockets that were accepted'],
  requests: ['requests_total', 'counter', 'REST requests'],
  requestsRefused: ['requests_refused_total', 'counter', 'REST requests that were refused'],
  queuedBytes: ['queued_bytes', 'gauge', 'bytes that wait for clients'],
  queuedMost: ['queued_bytes_most', 'gauge', 'most bytes that ever waited for one client'],
  messagesOut: ['messages_out_total', 'counter', 'WebSocket messages written'],
  bytesOut: ['bytes_out_total', 'counter', 'bytes of them'],
  messagesIn: ['messages_in_total', 'counter', 'WebSocket messages of clients'],
  refused: ['messages_refused_total', 'counter', 'WebSocket messages of clients that were refused'],
  slow: ['slow_total', 'counter', 'times a client was too slow'],
  slowEnded: ['slow_ended_total', 'counter', 'clients disconnected because they stayed too slow'],
};

interface Metric {
  reset(): void;
  inc(value: number): void;
  set(value: number): void;
}
interface Prometheus {
  readonly Registry: new () => MetricsRegistry;
  readonly Counter: new (of: object) => Metric;
  readonly Gauge: new (of: object) => Metric;
}

/** Made when metrics are asked for first. */
export class GatewayMetrics {
  readonly #registry: MetricsRegistry;
  readonly #metrics: readonly (readonly [keyof GatewayStatistics, Kind, Metric])[];

  private constructor(client: Prometheus) {
    this.#registry = new client.Registry();
    const registers = [this.#registry];
    this.#metrics = Object.entries(METRICS).map(([of, [name, kind, help]]) => {
      const declared = { name: `venuewire_gateway_${name}`, help, registers };
      return [
        of as keyof GatewayStatistics,
        kind,
        kind === 'counter' ? new client.Counter(declared) : new client.Gauge(declared),
      ] as const;
    });
  }

  /** @throws VenuewireError `VW_PEER_MISSING` */
  static async make(): Promise<GatewayMetrics> {
    const loaded = await peer<Prometheus & { readonly default?: Prometheus }>('prom-client', 'Prometheus metrics');
    return new GatewayMetrics(loaded.default ?? loaded);
  }

  text(statistics: GatewayStatistics): Promise<string> {
    for (const [of, kind, metric] of this.#metrics) {
      metric.reset();
      if (kind === 'counter') metric.inc(statistics[of]);
      else metric.set(statistics[of]);
    }
    return this.#registry.metrics();
  }
}

/** Metrics of a venue's feed; undefined for an event log, which has no counters. */
export async function feedMetrics({ name, source }: GatewayVenue): Promise<FeedMetrics | undefined> {
  if (!(source instanceof Feed)) return undefined;
  const metrics = await metricsOf(source as Feed, { venue: name });
  source.on('notice', (notice) => metrics.notice(notice));
  return metrics;
}
