/** `venuewire events`: the normalised events of a capture. */
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { openBooks } from '../books/books.js';
import { InstrumentNames } from '../books/instruments.js';
import { EVENT_BYTES, STATISTIC, TRADING_STATE } from '../contract.js';
import { NO_EXPONENT } from '../events/compile.js';
import { EventView } from '../events/view.js';
import { DBN_SCHEMAS, type DbnSchema } from '../formats/dbn.js';
import { type Decoder, type EventRoles, formatPrice } from '../layout/index.js';
import { readCapture } from './capture-feed.js';
import { captureThroughFeed, oneOf, onlyWith } from './choose.js';
import { Destination, eventFile, FILE_FORMATS, type FileFormat, only } from './event-file.js';
import { Output } from './output.js';
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

function rowOf(event: EventView, names: InstrumentNames): Row {
  const { kind, level, side } = event;
  if (kind === 'definition') names.told(event.instrument);
  const states = kind === 'status' ? TRADING_STATE : kind === 'statistic' ? STATISTIC : undefined;
  return {
    eventTime: event.eventTime.toString(),
    receiveTime: event.receiveTime.toString(),
    sequence: event.sequence.toString(),
    channel: event.channel,
    line: event.line,
    ...instrumentOf(event.instrument, names),
    kind,
    action: event.action,
    side: side === 'none' ? null : side,
    orderId: event.orderId.toString(),
    price: decimal(event.price, event.priceExponent),
    size: decimal(event.size, event.sizeExponent),
    level: states === undefined && level > 0 ? level : null,
    state: states === undefined ? null : (states[level] as string),
    flags: event.flags,
  };
}

const quoted = (value: string | number | null): string => {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const lineOf = (row: Row, format: LineFormat): string =>
  format === 'csv' ? COLUMNS.map((name) => quoted(row[name])).join(',') : JSON.stringify(row);

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
  readonly #event = new EventView();
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
    for (let i = 0; i < count; i++)
      this.#out.line(lineOf(rowOf(this.#event.bind(data, i * EVENT_BYTES), this.names), this.format));
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

async function events(file: string, options: EventsOptions, command: Command): Promise<void> {
  if (options.format !== 'dbn') onlyWith(command, '--format dbn', ['schema']);
  await readCapture('events', file, options, async (from) => {
    const books = openBooks(from.feed);
    const names = new InstrumentNames(books);
    const { instrument } = options;
    const isFile = options.format !== 'ndjson' && options.format !== 'csv';
    const destination = isFile || options.out !== undefined ? await Destination.open(options.out) : undefined;
    const to = await openTo(options, from.feed.decoder, names, destination);
    await from.each(async (batch) => {
      books.takeEvents(batch, (records, count) => {
        if (instrument === undefined) return to.take(records, count);
        const kept = only(instrument, names, records, count);
        to.take(kept, kept.length / EVENT_BYTES);
      });
      await to.flush();
      return false;
    });
    await to.end();
    await destination?.close();
    if (to.leftOut > 0) say(`${to.leftOut} events left out: ${options.schema} has no place for them`);
  });
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
