/**
 * Prometheus metrics of a feed: its counters as the core keeps them, how long gaps last and how long messages wait, and where
 * rows of pipelines are. Needs the optional package prom-client. Counters are read when they are scraped; nothing is
 * counted twice.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CHANNEL_COUNTERS, type CounterDeclaration, FEED_COUNTERS } from '../contract.js';
import { VenuewireError } from '../errors.js';
import type { Notice } from '../feed/batch.js';
import type { Feed } from '../feed/feed.js';
import { peer } from '../peer.js';
import type { PipelineStatistics } from '../sinks/index.js';

type Labels = Readonly<Record<string, string>>;
interface Metric {
  reset(): void;
}
interface Counter extends Metric {
  inc(labels: Labels, value: number): void;
}
interface Gauge extends Metric {
  set(labels: Labels, value: number): void;
}
interface Histogram extends Metric {
  observe(labels: Labels, value: number): void;
}
/** Where a client keeps metrics. */
export interface MetricsRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
}
interface Declared {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: MetricsRegistry[];
  readonly buckets?: number[];
}
/** What is used of prom-client, so that its types are needed by nobody who does not have it. */
interface Prometheus {
  readonly Registry: new () => MetricsRegistry;
  readonly Counter: new (of: Declared) => Counter;
  readonly Gauge: new (of: Declared) => Gauge;
  readonly Histogram: new (of: Declared) => Histogram;
}
type AnyFeed = Pick<Feed, 'statistics' | 'channels' | 'lines'> & { readonly closed?: boolean };

/** What probes ask. */
export interface Health {
  /** The feed has not ended. Silence of a market is no fault: a handler that is started anew loses its books. */
  readonly live: boolean;
  /** Every channel has brought something, and nothing of it is missing. */
  readonly ready: boolean;
  /** Why it is not. */
  readonly reasons: readonly string[];
}

export interface MetricsOptions {
  /** Label `venue` of every metric. */
  readonly venue: string;
  /** Ledgers of the sinks, where the feed has pipelines. */
  readonly pipelines?: () => Readonly<Record<string, PipelineStatistics>>;
}

/** Counters of the first two lines of a channel, in their order. */
const LINES = ['packetsA', 'packetsB'] as const;
const LETTERS = ['A', 'B'] as const;
const isOfLine = (name: string): boolean => (LINES as readonly string[]).includes(name);

/** @internal Names of a channel's live lines in their order; a connection that is a line by itself has none. */
export function lineNames(lines: readonly string[], channel: string): string[] {
  const live = lines.filter((name) => !/(^|\/)(retransmission|snapshot)\//.test(name));
  const own = live.filter((name) => name.startsWith(`${channel}/`)).map((name) => name.slice(channel.length + 1));
  return own.length > 0 ? own : live.filter((name) => !name.includes('/'));
}
/** Nothing that a running venue changes: captures have no server to scrape. */
const isOfCaptures = (name: string): boolean => name.startsWith('capture');

const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
const NS_PER_SECOND = 1e9;
const isTime = ({ unit }: CounterDeclaration): boolean => unit === 'nanoseconds';

/** Name of a counter: base units at its end, then `_total` where it only grows. */
function metricName(scope: 'feed' | 'channel', counter: CounterDeclaration): string {
  const base = snake(counter.name.replace(/Ns$/, ''));
  const unit = isTime(counter) ? '_seconds' : '';
  return `venuewire_${scope}_${base}${unit}${counter.kind === 'counter' ? '_total' : ''}`;
}

const GAP_SECONDS = [0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const WAIT_SECONDS = [
  0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1,
];
/** Gaps whose beginning is remembered; a venue that loses more at once has another problem. */
const GAPS_MOST = 65_536;

interface Kept {
  readonly counter: CounterDeclaration;
  readonly metric: Counter | Gauge;
}

/** The time of day in nanoseconds, finer than `Date.now()`: that clock's ticks are looked for whenever metrics are scraped. */
class FineClock {
  #offset = 0;
  /** Waits for the next millisecond of the clock, at most about one. */
  adjust(): void {
    const before = Date.now();
    let now = before;
    while (now === before) now = Date.now();
    this.#offset = now - performance.now();
  }
  now(): number {
    return (this.#offset + performance.now()) * 1e6;
  }
}

/** The metrics of one feed. Made by `metricsOf`. */
export class FeedMetrics {
  readonly registry: MetricsRegistry;
  readonly #feed: AnyFeed;
  readonly #options: MetricsOptions;
  readonly #ofFeed: readonly Kept[];
  readonly #ofChannels: readonly Kept[];
  readonly #packets: Counter;
  readonly #sinkRows: Counter | undefined;
  readonly #sinkPending: Gauge | undefined;
  readonly #gaps: Histogram;
  readonly #waits: Histogram;
  readonly #clock = new FineClock();
  readonly #open = new Map<string, { readonly end: bigint; readonly since: bigint }>();

  /** @internal Use `metricsOf`. */
  constructor(client: Prometheus, feed: AnyFeed, options: MetricsOptions) {
    this.#feed = feed;
    this.#options = options;
    this.registry = new client.Registry();
    const registers = [this.registry];
    const make =
      (scope: 'feed' | 'channel', labelNames: string[]) =>
      (counter: CounterDeclaration): Kept => {
        const of = { name: metricName(scope, counter), help: counter.meaning, labelNames, registers };
        return { counter, metric: counter.kind === 'counter' ? new client.Counter(of) : new client.Gauge(of) };
      };
    this.#ofFeed = FEED_COUNTERS.filter((c) => !isOfCaptures(c.name)).map(make('feed', ['venue']));
    this.#ofChannels = CHANNEL_COUNTERS.filter((c) => !isOfLine(c.name)).map(make('channel', ['venue', 'channel']));
    const help = 'packets received on a line of a channel';
    const labelNames = ['venue', 'channel', 'line'];
    this.#packets = new client.Counter({ name: 'venuewire_line_packets_total', help, labelNames, registers });
    if (options.pipelines !== undefined) {
      const rows = {
        name: 'venuewire_sink_rows_total',
        help: 'rows of a pipeline by what became of them',
        labelNames: ['venue', 'pipeline', 'outcome'],
        registers,
      };
      this.#sinkRows = new client.Counter(rows);
      const waiting = {
        name: 'venuewire_sink_pending_rows',
        help: 'rows that wait for a sink',
        labelNames: ['venue', 'pipeline'],
        registers,
      };
      this.#sinkPending = new client.Gauge(waiting);
    }
    this.#gaps = new client.Histogram({
      ...{
        name: 'venuewire_gap_seconds',
        help: 'from the announcement of a gap until it was filled or given up',
        registers,
      },
      ...{ labelNames: ['venue', 'channel', 'outcome'], buckets: GAP_SECONDS },
    });
    this.#waits = new client.Histogram({
      ...{
        name: 'venuewire_receive_to_handler_seconds',
        help: 'from the receipt of a batch’s first message until its handler',
        registers,
      },
      ...{ labelNames: ['venue'], buckets: WAIT_SECONDS },
    });
    this.#clock.adjust();
  }

  /** Each notice of the feed: gaps are timed from it. */
  notice(n: Notice): void {
    const isEnd = n.type === 'gapFilled' || n.type === 'gapAbandoned';
    if (n.type !== 'gapOpened' && !isEnd) return;
    const key = `${n.channel}:${n.begin}`;
    if (!isEnd) {
      if (this.#open.size < GAPS_MOST) this.#open.set(key, { end: n.end, since: n.time });
      return;
    }
    const gap = this.#open.get(key);
    if (gap === undefined) return;
    this.#open.delete(key);
    // What is left of a gap goes on.
    if (n.end < gap.end) this.#open.set(`${n.channel}:${n.end}`, gap);
    const labels = {
      venue: this.#options.venue,
      channel: this.#feed.channels[n.channel] ?? '',
      outcome: n.type === 'gapFilled' ? 'filled' : 'abandoned',
    };
    this.#gaps.observe(labels, Number(n.time - gap.since) / NS_PER_SECOND);
  }

  /** The first message of each batch, when its handler is called. @param receivedAt nanoseconds since the Unix epoch. */
  message(receivedAt: number): void {
    this.#waits.observe({ venue: this.#options.venue }, Math.max(0, this.#clock.now() - receivedAt) / NS_PER_SECOND);
  }

  #put({ counter, metric }: Kept, labels: Record<string, string>, value: number): void {
    const shown = isTime(counter) ? value / NS_PER_SECOND : value;
    if ('set' in metric) metric.set(labels, shown);
    else metric.inc(labels, shown);
  }

  /** What the counters are now: they replace what was there. */
  #collect(): void {
    const { feed, channels } = this.#feed.statistics();
    const { venue, pipelines } = this.#options;
    for (const { metric } of [...this.#ofFeed, ...this.#ofChannels]) metric.reset();
    this.#packets.reset();
    for (const kept of this.#ofFeed)
      this.#put(kept, { venue }, (feed as Record<string, number>)[kept.counter.name] ?? 0);
    channels.forEach((all, i) => {
      const channel = this.#feed.channels[i] ?? String(i);
      const counters = all as Readonly<Record<string, number>>;
      for (const kept of this.#ofChannels) this.#put(kept, { venue, channel }, counters[kept.counter.name] ?? 0);
      const names = lineNames(this.#feed.lines, channel);
      LINES.forEach((name, at) => {
        const count = counters[name] ?? 0;
        if (names[at] === undefined && count === 0) return;
        this.#packets.inc({ venue, channel, line: names[at] ?? (LETTERS[at] as string) }, count);
      });
    });
    this.#sinkRows?.reset();
    this.#sinkPending?.reset();
    for (const [pipeline, { ledger }] of Object.entries(pipelines?.() ?? {})) {
      for (const outcome of ['accepted', 'stored', 'refused', 'dropped'] as const)
        this.#sinkRows?.inc({ venue, pipeline, outcome }, ledger[outcome]);
      this.#sinkPending?.set({ venue, pipeline }, ledger.pending);
    }
    this.#clock.adjust();
  }

  /** Whether the feed lives, and whether what it gives is whole. */
  health(): Health {
    const { channels } = this.#feed.statistics();
    const live = this.#feed.closed !== true;
    const reasons = live ? [] : ['the feed has ended'];
    channels.forEach((c, i) => {
      const name = this.#feed.channels[i] ?? String(i);
      if (c.packets === 0 && c.recoveryPackets === 0) reasons.push(`${name}: nothing received yet`);
      if (c.missing > 0) reasons.push(`${name}: ${c.missing} numbers are missing`);
    });
    return { live, ready: reasons.length === 0, reasons };
  }

  /** All metrics as Prometheus reads them. */
  async text(): Promise<string> {
    this.#collect();
    return this.registry.metrics();
  }
}

/**
 * Metrics of a feed; call its `notice` and `message`, or leave the histograms empty.
 * @throws VenuewireError `VW_PEER_MISSING` when prom-client is not installed.
 */
export async function metricsOf(feed: AnyFeed, options: MetricsOptions): Promise<FeedMetrics> {
  const loaded = await peer<Prometheus & { readonly default?: Prometheus }>('prom-client', 'Prometheus metrics');
  return new FeedMetrics(loaded.default ?? loaded, feed, options);
}

export interface MetricsServer {
  /** Where it listens: `127.0.0.1:9464`. */
  readonly address: string;
  close(): Promise<void>;
}

const HEADERS_MS = 5_000;
const CONNECTIONS_MOST = 64;

/** `:9464` is every address of this machine. */
function placeOf(text: string): { readonly host: string; readonly port: number } {
  const at = text.lastIndexOf(':');
  const port = Number(text.slice(at + 1));
  if (at >= 0 && /^\d+$/.test(text.slice(at + 1)) && port <= 65535)
    return { host: text.slice(0, at) || '0.0.0.0', port };
  throw new VenuewireError('VW_METRICS', `'${text}' is no place to listen`, 'Write it as :9464, or 127.0.0.1:9464.');
}

type Served = Pick<FeedMetrics, 'text' | 'registry' | 'health'>;

/** What is answered at each path. */
const ANSWERS: Readonly<Record<string, (metrics: Served, response: ServerResponse) => void>> = {
  '/metrics': (metrics, response) => {
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text),
      () => response.writeHead(500, { 'content-type': 'text/plain' }).end('the metrics could not be read\n'),
    );
  },
  '/livez': (metrics, response) => answerHealth(response, metrics.health(), 'live'),
  '/readyz': (metrics, response) => answerHealth(response, metrics.health(), 'ready'),
};

function answerHealth(response: ServerResponse, health: Health, asked: 'live' | 'ready'): void {
  response.writeHead(health[asked] ? 200 : 503, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(health)}\n`);
}

/**
 * Answers `GET /metrics`, and probes at `/livez` and `/readyz`, at a place, `[host]:port`.
 * @throws VenuewireError `VW_METRICS` when it is none, or is taken.
 */
export async function serveMetrics(metrics: Served, place: string): Promise<MetricsServer> {
  const { host, port } = placeOf(place);
  const server: Server = createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: HEADERS_MS },
    (request, response) => {
      const answer = ANSWERS[request.url?.split('?', 1)[0] ?? ''];
      if (answer !== undefined && (request.method === 'GET' || request.method === 'HEAD')) answer(metrics, response);
      else {
        const paths = Object.keys(ANSWERS).join(', ');
        response.writeHead(answer === undefined ? 404 : 405, { 'content-type': 'text/plain' }).end(`GET ${paths}\n`);
      }
    },
  );
  server.maxConnections = CONNECTIONS_MOST;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new VenuewireError(
          'VW_METRICS',
          `metrics cannot be served at ${place}: ${cause.code}`,
          'Choose another port, or an address of this machine.',
        ),
      ),
    );
    server.listen(port, host, () => resolve());
  });
  // Nobody waits for a scrape.
  server.unref();
  const bound = server.address() as AddressInfo;
  return {
    address: `${bound.address}:${bound.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
