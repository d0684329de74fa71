/** `venuewire book`: the order books that a capture builds up. */
import type { Command } from 'commander';
import { type Books, openBooks } from '../books/books.js';
import type { BookMoment } from '../books/until.js';
import { Capture } from '../capture/packets.js';
import { VenuewireError } from '../errors.js';
import { openFeed } from '../feed/feed.js';
import { skippedFrames } from '../feed/skipped.js';
import { feedCounter } from '../feed/statistics.js';
import { bookLines, ladder, moment } from './book-lines.js';
import { again, captureThroughFeed, oneOf, wholeNumber } from './choose.js';
import { endOfCapture, Interrupt } from './end-of-capture.js';
import { captureVenue, needsLines, tellRefused } from './feeds.js';
import { Output, Progress } from './output.js';
import { say } from './terminal.js';

interface BookOptions {
  readonly venue?: string;
  readonly decoder?: string;
  readonly framing?: string;
  readonly line: readonly string[];
  readonly instrument: readonly string[];
  readonly at?: BookMoment;
  readonly depth: number;
  readonly format: 'ndjson' | 'pretty';
}

async function book(file: string, options: BookOptions): Promise<void> {
  const given = new Capture(file);
  const { capture, release } = needsLines(options) ? await given.keep() : { capture: given, release: () => {} };
  try {
    await readBooks(capture, options);
  } finally {
    release();
  }
}

async function readBooks(capture: Capture, options: BookOptions): Promise<void> {
  const { venue, capture: source, found } = await captureVenue(capture, options);
  for (const text of found) say(text);
  const feed = await openFeed(venue, { capture: source });
  const books = openBooks(feed, { depth: options.depth });
  const interrupt = new Interrupt(capture.isPipe);
  interrupt.signal.addEventListener('abort', () => feed.close());
  const out = new Output();
  const progress = new Progress('book', capture.size);
  const done = feedCounter(feed.ring, 'captureBytes');
  const began = performance.now();
  let gaps = 0;
  let fault: VenuewireError | undefined;
  feed.on('gapOpened', () => gaps++);
  try {
    try {
      for await (const batch of feed) {
        progress.update(done());
        if (options.at === undefined) books.take(batch);
        else if (books.takeUntil(batch, options.at) && feed.channels.length === 1) break;
      }
    } catch (error) {
      // What came before the fault of a capture is printed first.
      if (!(error instanceof VenuewireError) || error.code !== 'VW_CAPTURE_MALFORMED') throw error;
      fault = error;
    }
    progress.done();
    const seconds = (performance.now() - began) / 1000;
    for (const line of bookLines(books, gaps, options.depth, options.instrument)) {
      out.line(options.format === 'pretty' ? `${ladder(line)}\n` : JSON.stringify(line));
      if (out.full) await out.flush();
    }
    const summary = summaryOf(books, seconds);
    out.line(options.format === 'pretty' ? pretty(summary) : JSON.stringify({ summary }));
    await out.flush();
    tellRefused(feed);
    endOfCapture({ skipped: skippedFrames(feed.statistics().feed), fault }, gaps > 0);
  } finally {
    progress.done();
    interrupt.dispose();
    feed.close();
  }
}

function summaryOf(books: Books, seconds: number) {
  const c = books.counters();
  return {
    messages: c.messages,
    events: c.operations,
    instruments: books.instruments,
    orders: c.orders,
    levels: c.levels,
    size: books.size().toString(),
    unknownOrders: c.unknownOrders,
    crossed: c.crossed,
    seconds,
  };
}

const pretty = (summary: object): string =>
  Object.entries(summary)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

export function configure(command: Command): void {
  captureThroughFeed(command)
    .option(
      '--instrument <symbol>',
      'only this one: its symbol, or the number that messages know it by; again for more',
      again,
      [],
    )
    .option('--at <moment>', 'as the books stood then: #SEQUENCE, or a time of UTC', moment)
    .option('--depth <n>', 'levels of each side', wholeNumber('--depth', 1, 1_000_000), 100_000)
    .addOption(oneOf('--format <name>', 'how books are printed', ['ndjson', 'pretty'], 'ndjson'))
    .addHelpText(
      'after',
      `
A line for each instrument that has a level at the capture's end, or at a moment, best prices first, then a summary. At
#1234 all messages up to number 1234 of each channel are in the books, at a time all that were received until then.

Examples:
  venuewire book day.pcap --decoder nasdaq-totalview-itch-5.0 --instrument AAPL --depth 10 --format pretty
  venuewire book day.itch.gz --venue nasdaq-totalview | tail -n 1
  venuewire book day.pcap --venue nasdaq-totalview --at 2024-01-02T14:30:00.5Z --instrument AAPL --instrument MSFT
  venuewire book day.pcap --venue nasdaq-totalview --at '#250000'
  venuewire book day.frames.jsonl.gz --venue kraken-spot --depth 10
`,
    )
    .action(book);
}
