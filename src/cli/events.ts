/** `venuewire events`: the normalised events of a capture. */
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { type Books, openBooks } from '../books/books.js';
import { InstrumentNames } from '../books/instruments.js';
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
import { type Feed as AnyFeed, openFeed } from '../feed/feed.js';
import { skippedFrames } from '../feed/skipped.js';
import { feedCounter } from '../feed/statistics.js';
import { DBN_SCHEMAS, type DbnSchema } from '../formats/dbn.js';
import { type Decoder, type EventRoles, formatPrice } from '../layout/index.js';
import { captureThroughFeed, oneOf } from './choose.js';
import { endOfCapture, Interrupt } from './end-of-capture.js';
import { Destination, eventFile, FILE_FORMATS, type FileFormat, only } from './event-file.js';
import { captureVenue, needsLines, tellRefused } from './feeds.js';
import { Output, Progress } from './output.js';
import { say } from './terminal.js';

interface EventsOptions {
  readonly venue?: string;
  readonly decoder?: string;
  readonly framing?: string;
  readonly line: readonly string[];
  readonly instrument?: string;
  readonly format: LineFormat | FileFormat;
  readonly schema: DbnSchema;
  readonly out?: string;
}
type LineFormat = 'ndjson' | 'csv';

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

/** What a row says of the instrument. */
function instrumentOf(number: number, names: InstrumentNames): Pick<Row, 'instrument' | 'symbol' | 'book'> {
  if (number === NO_INSTRUMENT) return { instrument: null, symbol: null, book: 'real' };
  const { key, symbol, book } = names.of(number);
  return { instrument: key, symbol: symbol === '' ? null : symbol, book };
}

function rowOf(data: DataView, at: number, names: InstrumentNames): Row {
  const kind = EVENT_KIND[data.getUint8(at + EVENT_KIND_AT)] as string;
  const number = data.getUint32(at + EVENT_INSTRUMENT_AT, true);
  if (kind === 'definition') names.told(number);
  const level = data.getUint8(at + EVENT_LEVEL_AT);
  const side = BOOK_SIDE[data.getUint8(at + EVENT_SIDE_AT)] as string;
  const states = kind === 'status' ? TRADING_STATE : kind === 'statistic' ? STATISTIC : undefined;
  return {
    eventTime: data.getBigInt64(at + EVENT_EVENT_TIME_AT, true).toString(),
    receiveTime: data.getBigInt64(at + EVENT_RECEIVE_TIME_AT, true).toString(),
    sequence: data.getBigUint64(at + EVENT_SEQUENCE_AT, true).toString(),
    channel: data.getUint16(at + EVENT_CHANNEL_AT, true),
    line: data.getUint8(at + EVENT_LINE_AT),
    ...instrumentOf(number, names),
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
const lineOf = (row: Row, format: LineFormat): string =>
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

/** Takes events; `flush` waits where its reader is slow. */
interface EventsTo {
  take(records: Uint8Array, count: number): void;
  flush(): Promise<void>;
  end(): Promise<void>;
  readonly leftOut: number;
}

/** Lines on standard output, or into a file. */
class Lines implements EventsTo {
  readonly leftOut = 0;
  readonly #out: Output;
  constructor(
    readonly names: InstrumentNames,
    readonly format: LineFormat,
    stream?: NodeJS.WriteStream,
  ) {
    this.#out = new Output(stream);
    if (format === 'csv') this.#out.line(COLUMNS.join(','));
  }
  take(records: Uint8Array, count: number): void {
    const data = new DataView(records.buffer, records.byteOffset);
    for (let i = 0; i < count; i++) this.#out.line(lineOf(rowOf(data, i * EVENT_BYTES, this.names), this.format));
  }
  async flush(): Promise<void> {
    if (this.#out.full) await this.#out.flush();
  }
  end(): Promise<void> {
    return this.#out.flush();
  }
}

/** A stream that hands what is written to a destination. */
function streamTo(destination: Destination): NodeJS.WriteStream {
  const stream = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      Promise.resolve(destination.write(chunk)).then(() => done(), done);
    },
  });
  // Whoever waits for what is written is told.
  stream.on('error', () => {});
  return stream as unknown as NodeJS.WriteStream;
}

async function openTo(
  options: EventsOptions,
  decoder: Decoder,
  names: InstrumentNames,
  destination: Destination | undefined,
): Promise<EventsTo> {
  const { format } = options;
  if (format === 'ndjson' || format === 'csv') {
    return new Lines(names, format, destination === undefined ? undefined : streamTo(destination));
  }
  return eventFile(format, options.schema, decoder.events as EventRoles, names, destination as Destination);
}

async function readEvents(capture: Capture, options: EventsOptions): Promise<void> {
  const { venue, capture: source, found } = await captureVenue(capture, options);
  for (const text of found) say(text);
  const feed = await openFeed(venue, { capture: source });
  const interrupt = new Interrupt(capture.isPipe);
  interrupt.signal.addEventListener('abort', () => feed.close());
  const progress = new Progress('events', capture.size);
  const isFile = options.format !== 'ndjson' && options.format !== 'csv';
  let destination: Destination | undefined;
  let gaps = 0;
  feed.on('gapOpened', () => gaps++);
  try {
    const books = openBooks(feed);
    const names = new InstrumentNames(books);
    if (isFile || options.out !== undefined) destination = await Destination.open(options.out);
    const to = await openTo(options, feed.decoder, names, destination);
    const fault = await takeAll(feed, books, options.instrument, names, to, (done) => progress.update(done));
    progress.done();
    await to.end();
    await destination?.close();
    tellRefused(feed);
    if (to.leftOut > 0) say(`${to.leftOut} events left out: ${options.schema} has no place for them`);
    endOfCapture({ skipped: skippedFrames(feed.statistics().feed), fault }, gaps > 0);
  } finally {
    progress.done();
    interrupt.dispose();
    feed.close();
  }
}

/** Reads to the capture's end; returns its fault, what came before it being taken. */
async function takeAll(
  feed: AnyFeed,
  books: Books,
  instrument: string | undefined,
  names: InstrumentNames,
  to: EventsTo,
  update: (done: number) => void,
): Promise<VenuewireError | undefined> {
  const done = feedCounter(feed.ring, 'captureBytes');
  try {
    for await (const batch of feed) {
      books.takeEvents(batch, (records, count) => {
        if (instrument === undefined) return to.take(records, count);
        const kept = only(instrument, names, records, count);
        to.take(kept, kept.length / EVENT_BYTES);
      });
      update(done());
      await to.flush();
    }
    return undefined;
  } catch (error) {
    if (error instanceof VenuewireError && error.code === 'VW_CAPTURE_MALFORMED') return error;
    throw error;
  }
}

export function configure(command: Command): void {
  captureThroughFeed(command)
    .option('--instrument <symbol>', 'only this one: its symbol, or the number that messages know it by')
    .addOption(
      oneOf('--format <name>', 'lines, or a file for other tools', ['ndjson', 'csv', ...FILE_FORMATS], 'ndjson'),
    )
    .addOption(oneOf('--schema <name>', 'with --format dbn: which records', DBN_SCHEMAS, 'mbo'))
    .option('--out <path>', 'the file; default: standard output')
    .addHelpText(
      'after',
      `
A line for each normalised event: orders, levels, trades, quotes, states of trading, definitions, imbalances, statistics.
Prices and sizes are exact decimal text; a price whose scale no definition has told is the integer as it came.
arrow, arrow-stream and parquet have a column for each field of an event (docs/events.md); they need the package apache-arrow
or hyparquet-writer. dbn writes DBN 3: order by order (mbo), levels (mbp-1, mbp-10), trades, definition or status; a value that
DBN has no room for ends it (VW_DBN_VALUE).

Examples:
  venuewire events day.pcap --decoder nasdaq-totalview-itch-5.0 --instrument AAPL
  venuewire events day.itch.gz --venue nasdaq-totalview --format csv > events.csv
  venuewire events day.pcap --venue nasdaq-totalview --format parquet --out day.parquet
  venuewire events day.pcap --decoder cme-mdp3-sbe-1.9 --format dbn --schema mbp-10 --out day.dbn
  venuewire events day.frames.jsonl.gz --venue coinbase-exchange
`,
    )
    .action(events);
}
