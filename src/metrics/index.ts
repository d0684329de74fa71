/** What monitoring reads of a feed. */
export {
  FeedMetrics,
  type Health,
  type MetricsOptions,
  type MetricsRegistry,
  type MetricsServer,
  metricsOf,
  serveMetrics,
} from './prometheus.js';
