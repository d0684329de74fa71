/** `venuewire top`: the best prices of a capture, or of a venue while it runs. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { type Books, openBooks } from '../books/books.js';
import type { BookMoment } from '../books/until.js';
import type { Feed } from '../feed/feed.js';
import { openFeed } from '../feed/open.js';
import { printable } from '../printable.js';
import { loadVenue } from '../venues/load.js';
import { bookLines, ladder, moment, type Row, type TopLine, takeUpTo, topLine } from './book-lines.js';
import { readCapture } from './capture-feed.js';
import { again, oneOf, TIMER_SECONDS_MOST, wholeNumber } from './choose.js';
import { FINDINGS, OK, usage } from './exit.js';
import { Output, table } from './output.js';
import { dataStream, drawScreen } from './terminal.js';

interface TopOptions {
  readonly venue?: string;
  readonly decoder?: string;
  readonly framing?: string;
  readonly line: readonly string[];
  readonly instrument: readonly string[];
  readonly at?: BookMoment;
  readonly depth: number;
  readonly every: number;
  readonly seconds?: number;
  readonly format: 'ndjson' | 'table';
}

const COLUMNS = [
  { title: 'INSTRUMENT' },
  { title: 'ORDERS', right: true },
  { title: 'SIZE', right: true },
  { title: 'BID', right: true },
  { title: 'ASK', right: true },
  { title: 'SIZE', right: true },
  { title: 'ORDERS', right: true },
  { title: '' },
] as const;
const VENUE_FILE = /\.(ya?ml|json|mjs|js)$/;
/** Lines of a terminal that tells no height. */
const SCREEN_LINES = 24;
/** In front of the rows of a table, and the line with the keys. */
const HEAD_LINES = 3;

function* lines(books: Books, only: readonly string[]): Generator<TopLine> {
  for (let number = 0; number < books.instruments; number++) {
    const line = topLine(books, number);
    if (line === undefined || (line.bid === null && line.ask === null)) continue;
    if (only.length > 0 && !only.includes(line.instrument) && !only.includes(line.symbol ?? '')) continue;
    yield line;
  }
}

const cells = (row: Row | null): [string, string, string] =>
  row === null ? ['', '', ''] : [row[0], row[1], row[2] === null ? '' : String(row[2])];

function tableOf(all: readonly TopLine[]): string[] {
  const rows = all.map((line) => {
    const [bid, bidSize, bidOrders] = cells(line.bid);
    const [ask, askSize, askOrders] = cells(line.ask);
    const state = [line.state === 'stale' ? 'STALE' : '', line.crossed ? 'CROSSED' : ''].filter((s) => s !== '');
    return [line.symbol ?? line.instrument, bidOrders, bidSize, bid, ask, askSize, askOrders, state.join(' ')];
  });
  return table(COLUMNS, rows).split('\n');
}

async function top(source: string, options: TopOptions): Promise<void> {
  const live = VENUE_FILE.test(source) && options.venue === undefined && options.decoder === undefined;
  if (live && options.at !== undefined) throw usage('--at is of captures', 'Leave it out, or name a capture.');
  if (live) return watch(source, options);
  if (VENUE_FILE.test(source) && !existsSync(source)) throw usage(`there is no file '${source}'`, 'Check the path.');
  return readCapture('top', source, options, async (from) => {
    const books = openBooks(from.feed, { depth: options.depth });
    await from.each((batch) => takeUpTo(books, batch, options.at));
    await print(books, from.gaps, options);
  });
}

async function print(books: Books, gaps: number, options: TopOptions): Promise<void> {
  const out = new Output();
  if (options.depth > 1) {
    for (const line of bookLines(books, gaps, options.depth, options.instrument)) {
      out.line(options.format === 'table' ? `${ladder(line)}\n` : JSON.stringify(line));
      if (out.full) await out.flush();
    }
  } else if (options.format === 'table') {
    for (const line of tableOf([...lines(books, options.instrument)])) out.line(line);
  } else {
    for (const line of lines(books, options.instrument)) {
      out.line(JSON.stringify(line));
      if (out.full) await out.flush();
    }
  }
  await out.flush();
}

/** What is shown of a venue that runs: a screen that is drawn anew, or lines of what has changed. */
interface Shown {
  show(books: Books, gaps: number): Promise<void>;
  end(): void;
}

class Screen implements Shown {
  #drawn = 0;
  readonly #keys: (key: Buffer) => void;
  constructor(
    readonly options: TopOptions,
    quit: () => void,
  ) {
    this.#keys = (key) => {
      // q, Ctrl-C and Escape.
      if (['q', 'Q', '\x03', '\x1b'].includes(key.toString('latin1'))) quit();
    };
    if (process.stdin.isTTY) {
      process.stdin.setRawMode(true).resume().on('data', this.#keys);
    }
  }

  show(books: Books, gaps: number): Promise<void> {
    const { depth, instrument } = this.options;
    // A terminal that tells no size says 0.
    const height = (dataStream.rows || SCREEN_LINES) - HEAD_LINES;
    const body =
      depth > 1
        ? [...bookLines(books, gaps, depth, instrument)].flatMap((line) => [...ladder(line).split('\n'), ''])
        : tableOf([...lines(books, instrument)]);
    const rest = body.length > height ? [`… ${body.length - height} more: --instrument chooses`] : [];
    const width = dataStream.columns || Number.POSITIVE_INFINITY;
    const screen = [...body.slice(0, height), ...rest, `gaps ${gaps}   q ends`].map((l) =>
      printable(l).slice(0, width),
    );
    drawScreen(this.#drawn, screen);
    this.#drawn = screen.length;
    return Promise.resolve();
  }

  end(): void {
    if (!process.stdin.isTTY) return;
    process.stdin.off('data', this.#keys).setRawMode(false).pause();
  }
}

/** A line for each instrument whose best prices, or levels, are others than at the last look. */
class Changes implements Shown {
  readonly #out = new Output();
  readonly #last = new Map<string, string>();
  constructor(readonly options: TopOptions) {}
  async show(books: Books, gaps: number): Promise<void> {
    const { depth, instrument } = this.options;
    for (const line of depth > 1 ? bookLines(books, gaps, depth, instrument) : lines(books, instrument)) {
      const text = JSON.stringify(line);
      if (this.#last.get(line.instrument) === text) continue;
      this.#last.set(line.instrument, text);
      this.#out.line(text);
    }
    await this.#out.flush();
  }
  end(): void {}
}

async function watch(file: string, options: TopOptions): Promise<void> {
  const feed: Feed = await openFeed(await loadVenue(file));
  const close = (): void => feed.close();
  process.once('SIGINT', close);
  process.once('SIGTERM', close);
  const timer = options.seconds === undefined ? undefined : setTimeout(close, options.seconds * 1000);
  const screen = dataStream.isTTY === true;
  let shown: Shown | undefined;
  let look: NodeJS.Timeout | undefined;
  let gaps = 0;
  feed.on('gapOpened', () => gaps++);
  try {
    const books = openBooks(feed, { depth: options.depth });
    shown = screen ? new Screen(options, close) : new Changes(options);
    const view = shown;
    let busy = false;
    look = setInterval(() => {
      if (busy) return;
      busy = true;
      void view.show(books, gaps).finally(() => {
        busy = false;
      });
    }, options.every);
    for await (const batch of feed) books.take(batch);
    clearInterval(look);
    await view.show(books, gaps);
    process.exitCode = gaps > 0 ? FINDINGS : OK;
  } finally {
    clearInterval(look);
    clearTimeout(timer);
    shown?.end();
    process.removeListener('SIGINT', close);
    process.removeListener('SIGTERM', close);
    feed.close();
  }
}

export function configure(command: Command): void {
  command
    .argument(
      '<source>',
      'a capture (- for standard input), or a venue file (.yaml, .json, .mjs), which is opened live',
    )
    .option('--venue <file-or-id>', 'of a capture: venue file, or a ready venue (venuewire list venues)')
    .option('--decoder <id>', 'of a capture: message table, where there is no venue')
    .option('--framing <id>', 'of a capture: how packets carry messages; default: what the decoder names')
    .option('--line <name=ip:port>', 'of a capture: destination that is this line; again for more', again, [])
    .option(
      '--instrument <symbol>',
      'only this one: its symbol, or the number that messages know it by; again for more',
      again,
      [],
    )
    .option('--depth <n>', 'levels of each side; more than one: a ladder', wholeNumber('--depth', 1, 1_000), 1)
    .option('--at <moment>', 'of a capture, as the books stood then: #SEQUENCE, or a time of UTC', moment)
    .option('--every <ms>', 'live: how often it is looked', wholeNumber('--every', 10, 3_600_000), 250)
    .option('--seconds <n>', 'live: end after so many seconds', wholeNumber('--seconds', 1, TIMER_SECONDS_MOST))
    .addOption(oneOf('--format <name>', 'how a capture’s prices are printed', ['ndjson', 'table'], 'ndjson'))
    .addHelpText(
      'after',
      `
The best bid and ask of each instrument that has one. Of a capture: as they stand at its end, or at a moment. Live on a
terminal: a table, or a ladder (--depth), drawn anew; q ends it. Live into a pipe: a JSON line for each instrument whenever a
look finds it changed. Decoders that give books: venuewire list decoders.

Examples:
  venuewire top day.pcap --venue nasdaq-totalview --format table
  venuewire top day.pcap --decoder ice-impact-1.1.33 --at '#255055' --instrument 1660857
  venuewire top totalview.yaml
  venuewire top totalview.yaml --instrument AAPL --depth 10
  venuewire top totalview.yaml --every 1000 | jq -c '[.symbol, .bid[0], .ask[0]]'
`,
    )
    .action(top);
}
