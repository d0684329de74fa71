/** `venuewire book`: the order books that a capture builds up. */
import type { Command } from 'commander';
import { type BookLevel, type BookSideName, type Books, BY_ORDER, IMPLIED, openBooks } from '../books/books.js';
import { Capture } from '../capture/packets.js';
import { VenuewireError } from '../errors.js';
import { openFeed } from '../feed/feed.js';
import { skippedFrames } from '../feed/skipped.js';
import { feedCounter } from '../feed/statistics.js';
import { decimalText } from '../json/decimal.js';
import { formatPrice } from '../layout/index.js';
import { captureThroughFeed, oneOf, wholeNumber } from './choose.js';
import { endOfCapture, Interrupt } from './end-of-capture.js';
import { captureVenue, needsLines, tellRefused } from './feeds.js';
import { Output, Progress } from './output.js';
import { say } from './terminal.js';

interface BookOptions {
  readonly venue?: string;
  readonly decoder?: string;
  readonly framing?: string;
  readonly line: readonly string[];
  readonly instrument?: string;
  readonly depth: number;
  readonly format: 'ndjson' | 'pretty';
}

type Row = readonly [price: string, size: string, orders: number | null];

/** What an instrument's book is at the end, as it is printed. */
interface BookLine {
  readonly instrument: string;
  readonly symbol?: string;
  readonly bids: readonly Row[];
  readonly asks: readonly Row[];
  /** Where the venue has implied orders: apart from the real ones. */
  readonly impliedBids?: readonly Row[];
  readonly impliedAsks?: readonly Row[];
  /** Where the venue tells levels and orders: the levels that the orders make. */
  readonly orderBids?: readonly Row[];
  readonly orderAsks?: readonly Row[];
  readonly state: 'good' | 'stale';
  readonly checks: { readonly ok: number; readonly bad: number };
  readonly gaps: number;
  readonly updates: number;
}

/** Digits behind the point that prices and sizes have at least. */
type Digits = { readonly price: number; readonly size: number };

function rows(books: Books, levels: readonly BookLevel[], digits: Digits | undefined): Row[] {
  return levels.map(({ price, size, orders }) => [
    digits ? decimalText(price, books.priceExponent, digits.price) : plain(formatPrice(price, books.priceExponent)),
    digits ? decimalText(size, books.sizeExponent, digits.size) : plain(formatPrice(size, books.sizeExponent)),
    orders === 0 ? null : orders,
  ]);
}

/** Decimal text without trailing zeros. */
const plain = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

function keyText(key: bigint, isText: boolean): string {
  if (!isText) return key.toString();
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(key);
  return bytes.toString('latin1').trimEnd();
}

/** Lines of all instruments that have a level. */
function* bookLines(books: Books, allGaps: number, depth: number, only: string | undefined): Generator<BookLine> {
  const keys = [...books.keys()];
  const text = books.keyedByText;
  const reportOf = (number: number) => books.feed.session?.report(books.name(number));
  const side = (number: number | undefined, name: BookSideName): Row[] =>
    number === undefined ? [] : rows(books, books.depth({ number }, name, depth), reportOf(number)?.decimals);
  const kinds = {
    real: new Map<bigint, number>(),
    implied: new Map<bigint, number>(),
    orders: new Map<bigint, number>(),
  };
  keys.forEach((key, number) => {
    const kind = (key & IMPLIED) !== 0n ? 'implied' : (key & BY_ORDER) !== 0n && !text ? 'orders' : 'real';
    const own = kind === 'implied' ? key ^ IMPLIED : kind === 'orders' ? key ^ BY_ORDER : key;
    kinds[kind].set(own, number);
  });
  const { real, implied, orders } = kinds;
  for (const key of new Set([...real.keys(), ...implied.keys(), ...orders.keys()])) {
    const number = real.get(key) ?? implied.get(key) ?? (orders.get(key) as number);
    const symbol = books.name(number);
    const instrument = text && symbol !== '' ? symbol : keyText(key, text);
    if (only !== undefined && only !== instrument && only !== symbol) continue;
    const [bids, asks] = [side(real.get(key), 'bid'), side(real.get(key), 'ask')];
    const [impliedBids, impliedAsks] = [side(implied.get(key), 'bid'), side(implied.get(key), 'ask')];
    const [orderBids, orderAsks] = [side(orders.get(key), 'bid'), side(orders.get(key), 'ask')];
    const shown = { impliedBids, impliedAsks, orderBids, orderAsks };
    if (bids.length + asks.length + Object.values(shown).flat().length === 0) continue;
    yield {
      instrument,
      ...(symbol !== '' && symbol !== instrument ? { symbol } : {}),
      bids,
      asks,
      ...(impliedBids.length + impliedAsks.length > 0 ? { impliedBids, impliedAsks } : {}),
      ...(orderBids.length + orderAsks.length > 0 ? { orderBids, orderAsks } : {}),
      state: books.top({ number }).stale ? 'stale' : 'good',
      checks: reportOf(number)?.checks ?? { ok: 0, bad: 0 },
      gaps: reportOf(number)?.gaps ?? allGaps,
      updates: books.updates({ number }),
    };
  }
}

function ladder(line: BookLine): string {
  const most = Math.max(line.bids.length, line.asks.length);
  const head = `${line.symbol ?? line.instrument}${line.state === 'stale' ? '  STALE' : ''}`;
  const side = (row: Row | undefined): [string, string, string] =>
    row === undefined ? ['', '', ''] : [row[2] === null ? '' : String(row[2]), row[1], row[0]];
  const out = [
    head,
    `${'orders'.padStart(8)}${'size'.padStart(12)}${'bid'.padStart(14)}  ${'ask'.padEnd(14)}${'size'.padEnd(12)}orders`,
  ];
  for (let i = 0; i < most; i++) {
    const [bo, bs, bp] = side(line.bids[i]);
    const [ao, as, ap] = side(line.asks[i]);
    out.push(`${bo.padStart(8)}${bs.padStart(12)}${bp.padStart(14)}  ${ap.padEnd(14)}${as.padEnd(12)}${ao}`.trimEnd());
  }
  return out.join('\n');
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
        books.take(batch);
        progress.update(done());
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
    .option('--instrument <symbol>', 'only this one: its symbol, or the number that messages know it by')
    .option('--depth <n>', 'levels of each side', wholeNumber('--depth', 1, 1_000_000), 100_000)
    .addOption(oneOf('--format <name>', 'how books are printed', ['ndjson', 'pretty'], 'ndjson'))
    .addHelpText(
      'after',
      `
A line for each instrument that has a level at the capture's end, best prices first, then a summary.

Examples:
  venuewire book day.pcap --decoder nasdaq-totalview-itch-5.0 --instrument AAPL --depth 10 --format pretty
  venuewire book day.itch.gz --venue nasdaq-totalview | tail -n 1
  venuewire book day.frames.jsonl.gz --venue kraken-spot --depth 10
`,
    )
    .action(book);
}
