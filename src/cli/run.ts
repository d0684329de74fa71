/** `venuewire run`: a venue, live. */
import type { Command } from 'commander';
import type { Feed } from '../feed/feed.js';
import { openFeed } from '../feed/open.js';
import { type FeedMetrics, metricsOf, serveMetrics } from '../metrics/index.js';
import { loadVenue } from '../venues/load.js';
import { commaList, oneOf, TIMER_SECONDS_MOST, wholeNumber } from './choose.js';
import { consume, FEED_FORMATS, type FeedFormat, hasFindings, sourcesText, summary } from './consume.js';
import { filters } from './decode.js';
import { FINDINGS, OK } from './exit.js';
import { grouped, Output } from './output.js';
import { runDeclared } from './pipelines.js';
import { MessagePublisher } from './publish.js';
import { clearLine, drawLine, say, watched } from './terminal.js';

interface RunOptions {
  readonly format: FeedFormat;
  readonly summary?: boolean;
  readonly publish?: string;
  readonly metrics?: string;
  readonly message?: string[];
  readonly where?: string;
  readonly symbol?: string;
  readonly limit?: number;
  readonly seconds?: number;
  readonly once?: boolean;
}

const LOOK_MS = 20;

/** Tells how lines are received that ask for more than sockets, as soon as that is decided. */
function tellReceiving(feed: Pick<Feed, 'receive'>): NodeJS.Timeout {
  const look = setInterval(() => {
    if (feed.receive.length === 0) return;
    clearInterval(look);
    for (const { lines, asked, backend, detail, refused } of feed.receive) {
      if (asked === 'socket') continue;
      say(`lines ${lines.join(', ')}: received by ${backend || 'nothing'}${detail === '' ? '' : ` (${detail})`}`);
      for (const r of refused) say(`  not ${r.backend}: ${r.why}; ${r.remedy}`);
    }
  }, LOOK_MS);
  return look.unref();
}

/** Metrics of the feed, served for as long as it runs. */
async function observed(feed: Feed, venue: string, place: string | undefined): Promise<FeedMetrics | undefined> {
  if (place === undefined) return undefined;
  try {
    const metrics = await metricsOf(feed, { venue });
    say(`metrics at http://${(await serveMetrics(metrics, place)).address}/metrics`);
    return metrics;
  } catch (cause) {
    feed.close();
    throw cause;
  }
}

async function run(file: string, options: RunOptions): Promise<void> {
  const venue = await loadVenue(file);
  if (venue.pipelines !== undefined) return runDeclared(venue, options);
  const { passes } = filters(venue.decoder, options);
  const publisher = options.publish === undefined ? undefined : await MessagePublisher.bind(options.publish);
  const feed = await openFeed(venue);
  const metrics = await observed(feed, venue.name, options.metrics);
  const close = (): void => feed.close();
  process.once('SIGINT', close);
  process.once('SIGTERM', close);
  if (options.once) feed.on('sessionEnded', close);
  const timer = options.seconds === undefined ? undefined : setTimeout(close, options.seconds * 1000);
  const out = new Output();
  say(
    `${venue.name}: ${sourcesText(feed, venue)}; ends with Ctrl-C${publisher ? `, published on ${publisher.endpoint}` : ''}`,
  );
  const telling = tellReceiving(feed);
  let shown = performance.now();
  try {
    const consumed = await consume(feed, out, {
      format: options.format,
      summary: options.summary === true,
      limit: options.limit ?? Number.POSITIVE_INFINITY,
      passes,
      publisher,
      observer: metrics,
      after: (messages) => {
        const now = performance.now();
        if (!watched() || !options.summary || now < shown + 1000) return;
        shown = now;
        const { ledger } = feed.statistics();
        drawLine(`${grouped(messages)} messages, in flight ${ledger.inFlight}, abandoned ${ledger.abandoned}`);
      },
    });
    if (watched() && options.summary) clearLine();
    const text = summary(feed, consumed).join('\n');
    if (options.summary) {
      out.line(text);
      await out.flush();
    } else say(text);
    process.exitCode = hasFindings(consumed) ? FINDINGS : OK;
  } finally {
    clearTimeout(timer);
    clearInterval(telling);
    process.removeListener('SIGINT', close);
    process.removeListener('SIGTERM', close);
    publisher?.close();
    feed.close();
  }
}

export function configure(command: Command): void {
  command
    .argument('<venue-file>', 'YAML or JSON; schema/venue.schema.json describes it')
    .addOption(oneOf('--format <name>', 'how messages are printed', FEED_FORMATS, 'ndjson'))
    .option('--summary', 'only what came of it: rates, ledger, digest')
    .option('--seconds <n>', 'end after so many seconds', wholeNumber('--seconds', 1, TIMER_SECONDS_MOST))
    .option('--once', 'end when the session has ended')
    .option('--message <names>', 'only these messages, separated by commas', commaList)
    .option('--where <expression>', 'only messages whose fields pass (see decode --help)')
    .option('--symbol <name>', 'only messages of this instrument')
    .option('--limit <n>', 'stop after so many messages', wholeNumber('--limit', 1, Number.MAX_SAFE_INTEGER))
    .option(
      '--publish <address>',
      'publish messages, for example zmq:tcp://127.0.0.1:5556 (msgpack, topic = message name)',
    )
    .option('--metrics <address>', 'serve Prometheus metrics there: :9464, or 127.0.0.1:9464 (docs/metrics.md)')
    .addHelpText(
      'after',
      `
Notices (gaps, sessions) are part of the output, in order with the messages. The ledger is printed at the end.
A venue file with pipelines is run into its sinks instead: a line with the ledger of each is printed (docs/sinks.md).

Examples:
  venuewire run totalview.yaml --summary
  venuewire run totalview.yaml --message addOrder,orderExecuted --symbol AAPL
  venuewire run totalview.yaml --summary --metrics :9464
  venuewire run totalview.yaml --publish zmq:tcp://127.0.0.1:5556 > /dev/null
`,
    )
    .action(run);
}
