/** `venuewire events`: the normalised events of a capture. */
import type { Command } from 'commander';
import { type Books, BY_ORDER, IMPLIED, openBooks } from '../books/books.js';
import { Capture } from '../capture/packets.js';
import {
  BOOK_SIDE,
  EVENT_ACTION,
  EVENT_ACTION_AT,
  EVENT_BYTES,
  EVENT_CHANNEL_AT,
  EVENT_EVENT_TIME_AT,
  EVENT_FLAGS_AT,
  EVENT_INSTRUMENT_AT,
  EVENT_KIND,
  EVENT_KIND_AT,
  EVENT_LEVEL_AT,
  EVENT_LINE_AT,
  EVENT_ORDER_ID_AT,
  EVENT_PRICE_AT,
  EVENT_PRICE_EXPONENT_AT,
  EVENT_RECEIVE_TIME_AT,
  EVENT_SEQUENCE_AT,
  EVENT_SIDE_AT,
  EVENT_SIZE_AT,
  EVENT_SIZE_EXPONENT_AT,
  STATISTIC,
  TRADING_STATE,
} from '../contract.js';
import { VenuewireError } from '../errors.js';
import { NO_EXPONENT } from '../events/compile.js';
import { openFeed } from '../feed/feed.js';
import { skippedFrames } from '../feed/skipped.js';
import { feedCounter } from '../feed/statistics.js';
import { formatPrice } from '../layout/index.js';
import { captureThroughFeed, oneOf } from './choose.js';
import { endOfCapture, Interrupt } from './end-of-capture.js';
import { captureVenue, needsLines, tellRefused } from './feeds.js';
import { Output, Progress } from './output.js';
import { say } from './terminal.js';

interface EventsOptions {
  readonly venue?: string;
  readonly decoder?: string;
  readonly framing?: string;
  readonly line: readonly string[];
  readonly instrument?: string;
  readonly format: 'ndjson' | 'csv';
}

/** The price or size that is none. */
const NONE = 0x7fff_ffff_ffff_ffffn;
const NO_INSTRUMENT = 0xffff_ffff;
const COLUMNS = [
  'eventTime',
  'receiveTime',
  'sequence',
  'channel',
  'line',
  'instrument',
  'symbol',
  'book',
  'kind',
  'action',
  'side',
  'orderId',
  'price',
  'size',
  'level',
  'state',
  'flags',
] as const;

type Row = Record<(typeof COLUMNS)[number], string | number | null>;

/** A decimal text as the event's exponent says; an exponent that no definition has told leaves the integer as it came. */
function decimal(value: bigint, exponent: number): string | null {
  if (value === NONE) return null;
  return formatPrice(value, exponent === NO_EXPONENT ? 0 : exponent);
}

/** Keys and names of instruments, read again when there are more. */
class Instruments {
  #keys: BigUint64Array = new BigUint64Array(0);
  constructor(readonly books: Books) {}

  of(number: number): { instrument: string | null; symbol: string | null; book: string } {
    if (number === NO_INSTRUMENT) return { instrument: null, symbol: null, book: 'real' };
    if (number >= this.#keys.length) this.#keys = this.books.keys();
    const symbol = this.books.name(number);
    const key = this.#keys[number] as bigint;
    if (this.books.keyedByText) return { instrument: symbol, symbol, book: 'real' };
    const book = (key & IMPLIED) !== 0n ? 'implied' : (key & BY_ORDER) !== 0n ? 'orders' : 'real';
    const own = book === 'real' ? key : key & ~(book === 'implied' ? IMPLIED : BY_ORDER);
    return { instrument: own.toString(), symbol: symbol === '' ? null : symbol, book };
  }
}

function rowOf(data: DataView, at: number, instruments: Instruments): Row {
  const kind = EVENT_KIND[data.getUint8(at + EVENT_KIND_AT)] as string;
  const level = data.getUint8(at + EVENT_LEVEL_AT);
  const side = BOOK_SIDE[data.getUint8(at + EVENT_SIDE_AT)] as string;
  const states = kind === 'status' ? TRADING_STATE : kind === 'statistic' ? STATISTIC : undefined;
  return {
    eventTime: data.getBigInt64(at + EVENT_EVENT_TIME_AT, true).toString(),
    receiveTime: data.getBigInt64(at + EVENT_RECEIVE_TIME_AT, true).toString(),
    sequence: data.getBigUint64(at + EVENT_SEQUENCE_AT, true).toString(),
    channel: data.getUint16(at + EVENT_CHANNEL_AT, true),
    line: data.getUint8(at + EVENT_LINE_AT),
    ...instruments.of(data.getUint32(at + EVENT_INSTRUMENT_AT, true)),
    kind,
    action: EVENT_ACTION[data.getUint8(at + EVENT_ACTION_AT)] as string,
    side: side === 'none' ? null : side,
    orderId: data.getBigUint64(at + EVENT_ORDER_ID_AT, true).toString(),
    price: decimal(data.getBigInt64(at + EVENT_PRICE_AT, true), data.getInt8(at + EVENT_PRICE_EXPONENT_AT)),
    size: decimal(data.getBigInt64(at + EVENT_SIZE_AT, true), data.getInt8(at + EVENT_SIZE_EXPONENT_AT)),
    level: states === undefined && level > 0 ? level : null,
    state: states === undefined ? null : (states[level] as string),
    flags: data.getUint8(at + EVENT_FLAGS_AT),
  };
}

const quoted = (value: string | number | null): string => {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const lineOf = (row: Row, format: EventsOptions['format']): string =>
  format === 'csv' ? COLUMNS.map((name) => quoted(row[name])).join(',') : JSON.stringify(row);

async function events(file: string, options: EventsOptions): Promise<void> {
  const given = new Capture(file);
  const { capture, release } = needsLines(options) ? await given.keep() : { capture: given, release: () => {} };
  try {
    await readEvents(capture, options);
  } finally {
    release();
  }
}

async function readEvents(capture: Capture, options: EventsOptions): Promise<void> {
  const { venue, capture: source, found } = await captureVenue(capture, options);
  for (const text of found) say(text);
  const feed = await openFeed(venue, { capture: source });
  const books = openBooks(feed);
  const instruments = new Instruments(books);
  const interrupt = new Interrupt(capture.isPipe);
  interrupt.signal.addEventListener('abort', () => feed.close());
  const out = new Output();
  const progress = new Progress('events', capture.size);
  const done = feedCounter(feed.ring, 'captureBytes');
  let gaps = 0;
  let fault: VenuewireError | undefined;
  feed.on('gapOpened', () => gaps++);
  if (options.format === 'csv') out.line(COLUMNS.join(','));
  const only = options.instrument;
  try {
    try {
      for await (const batch of feed) {
        books.takeEvents(batch, (records, count) => {
          const data = new DataView(records.buffer, records.byteOffset);
          for (let i = 0; i < count; i++) {
            const row = rowOf(data, i * EVENT_BYTES, instruments);
            if (only === undefined || row.instrument === only || row.symbol === only)
              out.line(lineOf(row, options.format));
          }
        });
        progress.update(done());
        if (out.full) await out.flush();
      }
    } catch (error) {
      // What came before the fault of a capture is printed first.
      if (!(error instanceof VenuewireError) || error.code !== 'VW_CAPTURE_MALFORMED') throw error;
      fault = error;
    }
    progress.done();
    await out.flush();
    tellRefused(feed);
    endOfCapture({ skipped: skippedFrames(feed.statistics().feed), fault }, gaps > 0);
  } finally {
    progress.done();
    interrupt.dispose();
    feed.close();
  }
}

export function configure(command: Command): void {
  captureThroughFeed(command)
    .option('--instrument <symbol>', 'only this one: its symbol, or the number that messages know it by')
    .addOption(oneOf('--format <name>', 'how events are printed', ['ndjson', 'csv'], 'ndjson'))
    .addHelpText(
      'after',
      `
A line for each normalised event: orders, levels, trades, quotes, states of trading, definitions, imbalances, statistics.
Prices and sizes are exact decimal text; a price whose scale no definition has told is the integer as it came.

Examples:
  venuewire events day.pcap --decoder nasdaq-totalview-itch-5.0 --instrument AAPL
  venuewire events day.itch.gz --venue nasdaq-totalview --format csv > events.csv
  venuewire events day.frames.jsonl.gz --venue coinbase-exchange
`,
    )
    .action(events);
}
