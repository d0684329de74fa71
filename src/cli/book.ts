/** `venuewire book`: the order books that a capture builds up. */
import type { Command } from 'commander';
import { type Books, openBooks } from '../books/books.js';
import type { BookMoment } from '../books/until.js';
import { bookLines, ladder, moment, takeUpTo } from './book-lines.js';
import { readCapture } from './capture-feed.js';
import { again, captureThroughFeed, oneOf, wholeNumber } from './choose.js';
import { Output } from './output.js';

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

const book = (file: string, options: BookOptions): Promise<void> =>
  readCapture('book', file, options, async (from) => {
    const books = openBooks(from.feed, { depth: options.depth });
    const out = new Output();
    const began = performance.now();
    await from.each((batch) => takeUpTo(books, batch, options.at));
    const seconds = (performance.now() - began) / 1000;
    for (const line of bookLines(books, from.gaps, options.depth, options.instrument)) {
      out.line(options.format === 'pretty' ? `${ladder(line)}\n` : JSON.stringify(line));
      if (out.full) await out.flush();
    }
    const summary = summaryOf(books, seconds);
    out.line(options.format === 'pretty' ? pretty(summary) : JSON.stringify({ summary }));
    await out.flush();
  });

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
