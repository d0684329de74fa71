/** `venuewire log`: event logs written, read, checked and cut. */
import { Argument, type Command } from 'commander';
import { Capture } from '../capture/packets.js';
import { EVENT_KIND } from '../contract.js';
import { VenuewireError } from '../errors.js';
import type { EventHandlers, EventView } from '../events/view.js';
import { type BatchSink, type Position, read } from '../feed/batch.js';
import { openFeed } from '../feed/open.js';
import { skippedFrames } from '../feed/skipped.js';
import { feedCounter } from '../feed/statistics.js';
import type { View } from '../layout/index.js';
import {
  cutLog,
  type Log,
  type LogBatch,
  type LogMoment,
  type LogNote,
  type LogReader,
  openLog,
  openLogWriter,
} from '../log/index.js';
import { jsonRecord } from '../plain.js';
import { StreamDigest } from '../simulator/digest.js';
import { bookLines, ladder, moment } from './book-lines.js';
import { again, chooseDecoder, oneOf, wholeNumber } from './choose.js';
import { printer } from './consume.js';
import { endOfCapture, Interrupt } from './end-of-capture.js';
import { FINDINGS, OK, usage } from './exit.js';
import { captureVenue } from './feeds.js';
import { instantText } from './format.js';
import { noticeJson, noticeText } from './notices.js';
import { grouped, Output, Progress } from './output.js';
import { say } from './terminal.js';

const WAYS = ['write', 'stats', 'verify', 'cut', 'export', 'tail', 'book', 'checkpoint'] as const;
type Way = (typeof WAYS)[number];

interface LogVerbOptions {
  readonly venue?: string;
  readonly decoder?: string;
  readonly framing?: string;
  readonly line: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly at?: string;
  readonly instrument: readonly string[];
  readonly depth: number;
  readonly every: number;
  readonly follow?: boolean;
  readonly digest?: boolean;
  readonly sync: 'always' | 'never' | '1s';
  readonly format: 'ndjson' | 'pretty';
}

const CLOCK = /^\d{2}:\d{2}:\d{2}(\.\d{1,9})?$/;
const DAY_CHARACTERS = 10;

/** `#N`: an entry; a time; or a time of the day that the log ends in. */
function momentOf(log: Log, name: string, text: string): LogMoment {
  const day = new Date(Number(log.statistics().latestTime / 1_000_000n)).toISOString().slice(0, DAY_CHARACTERS);
  try {
    const at = moment(CLOCK.test(text) ? `${day}T${text}Z` : text);
    return 'sequence' in at ? Number(at.sequence) : at;
  } catch {
    throw usage(
      `${name} '${text}' is no moment`,
      'Write #ENTRY, a time of the log’s last day (09:31:07.5), or a time of UTC (2024-01-02T14:30:00.5Z).',
    );
  }
}

const range = (log: Log, { from, to }: LogVerbOptions): { from?: LogMoment; to?: LogMoment } => ({
  ...(from === undefined ? {} : { from: momentOf(log, '--from', from) }),
  ...(to === undefined ? {} : { to: momentOf(log, '--to', to) }),
});

async function open(folder: string, options: LogVerbOptions): Promise<Log> {
  if (options.decoder === undefined) return openLog(folder);
  return openLog(folder, { decoder: await chooseDecoder(options.decoder) });
}

async function write(folder: string, file: string | undefined, options: LogVerbOptions): Promise<void> {
  if (file === undefined) throw usage('no capture is given', 'venuewire log write FOLDER CAPTURE --venue ID');
  const given = new Capture(file);
  const { capture, release } = given.isPipe ? await given.keep() : { capture: given, release: () => {} };
  const interrupt = new Interrupt(capture.isPipe);
  const progress = new Progress('log write', capture.size);
  try {
    const { venue, capture: source, found } = await captureVenue(capture, options);
    for (const text of found) say(text);
    const feed = await openFeed(venue, { capture: source, signal: interrupt.signal });
    const done = feedCounter(feed.ring, 'captureBytes');
    const writer = openLogWriter(folder, feed, { sync: options.sync === '1s' ? 1_000 : options.sync });
    tellTorn(folder, writer.cutBytes);
    let fault: VenuewireError | undefined;
    try {
      for await (const batch of feed) {
        writer.append(batch);
        if (writer.full) await writer.room();
        progress.update(done());
      }
    } catch (error) {
      if (!(error instanceof VenuewireError) || error.code !== 'VW_CAPTURE_MALFORMED') throw error;
      fault = error;
    } finally {
      progress.done();
      await finished(await writer.close());
    }
    endOfCapture({ skipped: skippedFrames(feed.statistics().feed, feed.describe().foreign), fault }, false);
  } finally {
    progress.done();
    interrupt.dispose();
    release();
  }
}

const tellTorn = (folder: string, bytes: number): void => {
  if (bytes > 0) say(`VW_LOG_TORN: ${folder}: ${grouped(bytes)} bytes of a torn end were cut off and kept beside it`);
};

async function finished(said: object): Promise<void> {
  const out = new Output();
  out.line(JSON.stringify(said));
  await out.flush();
}

async function stats(folder: string, options: LogVerbOptions): Promise<void> {
  const { latestTime, checkpoints, ...rest } = (await open(folder, options)).statistics();
  const line = { ...rest, entries: rest.end - rest.first, latestTime: String(latestTime), checkpoints };
  const out = new Output();
  if (options.format === 'ndjson') out.line(JSON.stringify(line));
  else {
    const shown = { ...line, latestTime: instantText(latestTime), checkpoints: checkpoints.length };
    for (const [name, value] of Object.entries(shown)) out.line(`${name.padEnd(DAY_CHARACTERS + 2)}${value}`);
  }
  await out.flush();
}

async function verify(folder: string, options: LogVerbOptions): Promise<void> {
  const log = await open(folder, options);
  const progress = new Progress('log verify', log.statistics().bytes);
  const report = await log.verify((bytes) => progress.update(bytes));
  progress.done();
  const { faults, notes, ...counts } = report;
  const out = new Output();
  for (const fault of faults) out.line(JSON.stringify({ fault }));
  for (const note of notes.filter(({ code }) => code !== undefined)) out.line(JSON.stringify({ note }));
  const digests = options.digest && report.isSound ? { digests: await digestsOf(log, options) } : {};
  out.line(JSON.stringify({ summary: { ...counts, faults: faults.length, ...digests } }));
  await out.flush();
  process.exitCode = report.isSound ? OK : FINDINGS;
}

/** By channel, as `venuewire replay --summary` and `run --summary` say it of a feed. */
async function digestsOf(log: Log, options: LogVerbOptions): Promise<Record<string, string>> {
  const reader = log.read(range(log, options));
  const digests = log.channels.map(() => new StreamDigest());
  const { view } = reader.ring;
  const memory = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const take = ({ $at, $length }: View, { sequenced, origin, channel, sequence }: Position): void => {
    if (sequenced && origin !== 'snapshot') digests[channel]?.add(sequence, memory, $at, $length);
  };
  const handlers = Object.fromEntries(log.decoder.names.map((name: string) => [name, take])) as never;
  const unknown = (bytes: DataView, { sequenced, origin, channel, sequence }: Position): void => {
    if (!sequenced || origin === 'snapshot') return;
    digests[channel]?.add(sequence, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  };
  const sink = { unknown };
  for await (const batch of reader) batch.read(handlers, sink);
  return Object.fromEntries(log.channels.map((name, i) => [name, String(digests[i])]));
}

async function cut(folder: string): Promise<void> {
  const done = await cutLog(folder);
  if (done === undefined) {
    say(`${folder} is sound: nothing was cut`);
    return;
  }
  await finished(done);
  process.exitCode = FINDINGS;
}

/** Prints entries as they come. */
class EntryPrinter {
  readonly #print: (view: View, at: Position) => string;
  readonly #handlers: never;
  readonly #sink: BatchSink;
  readonly #events: EventHandlers;
  #position = 0;
  constructor(
    readonly reader: LogReader,
    readonly out: Output,
    readonly format: LogVerbOptions['format'],
  ) {
    this.#print = printer(reader, format);
    const take = (view: View, at: Position): void => this.#line(this.#print(view, at));
    this.#handlers = Object.fromEntries(reader.decoder.names.map((name: string) => [name, take])) as never;
    this.#sink = {
      notice: (notice) => this.#line(format === 'ndjson' ? noticeJson(notice, reader) : noticeText(notice, reader)),
      unknown: (bytes, at) => this.#unknown(bytes, at),
    };
    const event = (view: EventView): void => this.#line(JSON.stringify(jsonRecord(view.toObject())));
    this.#events = Object.fromEntries(EVENT_KIND.map((kind) => [kind, event]));
  }
  batch(batch: LogBatch): void {
    this.#position = batch.position;
    if (batch.records !== undefined) batch.events(this.#events);
    else read(this.reader.ring, batch.from, batch.to, this.reader.dispatcher(this.#handlers, this.#sink));
  }
  note(note: LogNote): void {
    this.out.line(JSON.stringify({ note }));
  }
  #unknown(bytes: DataView, at: Position): void {
    const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
    this.#line(JSON.stringify({ time: String(at.receivedAt), sequence: String(at.sequence), unknown: hex }));
  }
  #line(text: string): void {
    const position = this.#position++;
    this.out.line(text.startsWith('{') ? `{"position":${position},${text.slice(1)}` : `#${position}  ${text}`);
  }
}

async function print(way: 'export' | 'tail', folder: string, options: LogVerbOptions): Promise<void> {
  const log = await open(folder, options);
  const out = new Output();
  const interrupt = new Interrupt(false);
  const { signal } = interrupt;
  let printing: EntryPrinter | undefined;
  const note = (told: LogNote): void => printing?.note(told);
  const reader =
    way === 'tail'
      ? log.tail({ ...range(log, options), signal, note })
      : log.read({ ...range(log, options), signal, note });
  printing = new EntryPrinter(reader as LogReader, out, options.format);
  try {
    for await (const batch of reader) {
      printing.batch(batch as LogBatch);
      await out.flush();
    }
    await out.flush();
  } finally {
    interrupt.dispose();
  }
}

async function book(folder: string, options: LogVerbOptions): Promise<void> {
  const log = await open(folder, options);
  const at = options.at === undefined ? log.end : momentOf(log, '--at', options.at);
  // As `venuewire book` has it: the entry that is named is in the books.
  const moment = typeof at === 'number' && options.at !== undefined ? at + 1 : at;
  const began = performance.now();
  const { books, position, begin, fromCheckpoint, checkpointBytes } = await log.books(moment, { depth: options.depth });
  const milliseconds = Math.round(performance.now() - began);
  const out = new Output();
  for (const line of bookLines(books, 0, options.depth, options.instrument)) {
    out.line(options.format === 'pretty' ? `${ladder(line)}\n` : JSON.stringify(line));
    if (out.full) await out.flush();
  }
  const { orders, levels, unknownOrders } = books.counters();
  const counts = { instruments: books.instruments, orders, levels, unknownOrders };
  out.line(JSON.stringify({ summary: { position, begin, fromCheckpoint, checkpointBytes, ...counts, milliseconds } }));
  await out.flush();
  if (begin > 0 && !fromCheckpoint) say(`the log begins with entry ${begin}: what was before it is not in the books`);
}

async function checkpoint(folder: string, options: LogVerbOptions): Promise<void> {
  const log = await open(folder, options);
  const interrupt = new Interrupt(false);
  const out = new Output();
  const began = performance.now();
  try {
    await log.checkpoint({
      every: options.every,
      tail: options.follow === true,
      signal: interrupt.signal,
      made: (made) => {
        out.line(JSON.stringify({ ...made, seconds: Number(((performance.now() - began) / 1000).toFixed(3)) }));
        void out.flush();
      },
    });
  } finally {
    interrupt.dispose();
  }
  await out.flush();
}

async function run(way: Way, folder: string, file: string | undefined, options: LogVerbOptions): Promise<void> {
  if (file !== undefined && way !== 'write') throw usage(`'${file}' is too much`, `venuewire log ${way} FOLDER`);
  switch (way) {
    case 'write':
      return write(folder, file, options);
    case 'stats':
      return stats(folder, options);
    case 'verify':
      return verify(folder, options);
    case 'cut':
      return cut(folder);
    case 'book':
      return book(folder, options);
    case 'checkpoint':
      return checkpoint(folder, options);
    default:
      return print(way, folder, options);
  }
}

export function configure(command: Command): void {
  command
    .addArgument(new Argument('<what>', 'what is done with the log').choices(WAYS))
    .argument('<folder>', 'the log')
    .argument('[capture]', 'write: what is read through a feed, and written')
    .option('--venue <file-or-id>', 'write: venue file, or a ready venue (venuewire list venues)')
    .option('--decoder <id>', 'message table, where there is no venue; or where the log’s is one of your own')
    .option('--framing <id>', 'write: how packets carry messages; default: what the decoder names')
    .option('--line <name=ip:port>', 'write: destination that is this line; again for more', again, [])
    .addOption(oneOf('--sync <when>', 'write: when entries outlive a power cut', ['always', 'never', '1s'], '1s'))
    .option('--from <moment>', 'export, tail, verify --digest: the first entry, #ENTRY, or a time')
    .option('--to <moment>', 'export, tail, verify --digest: one past the last, #ENTRY, or a time')
    .option('--at <moment>', 'book: as the books stood then, #ENTRY, or a time; default: the end')
    .option('--instrument <symbol>', 'book: only this one; again for more', again, [])
    .option('--depth <n>', 'book: levels of each side', wholeNumber('--depth', 1, 1_000_000), 100_000)
    .option('--every <n>', 'checkpoint: entries between two', wholeNumber('--every', 1, 1e12), 1_000_000)
    .option('--follow', 'checkpoint: go on with what the writer adds, until Ctrl-C')
    .option('--digest', 'verify: the digest of each channel, as replay --summary says it of a capture')
    .addOption(oneOf('--format <name>', 'how entries and books are printed', ['ndjson', 'pretty'], 'ndjson'))
    .addHelpText(
      'after',
      `
write      a capture through a feed into a log (a venue that runs writes one with a pipeline: docs/event-log.md)
stats      how much there is, without reading it
verify     every byte read and checked; exits with 1 when something is damaged or missing
cut        ends the log before its first damage; what lies behind is kept beside it. Exits with 1 when it has cut
export     entries as lines, with their positions
tail       the same of what is added from now on (or from --from on), until Ctrl-C
book       the books of a moment: the last checkpoint, and the entries from there
checkpoint makes checkpoints, so that book has little to read

A moment is #ENTRY, a time of the log's last day (09:31:07.5), or a time of UTC (2024-01-02T14:30:00.5Z).

Examples:
  venuewire log write /data/itch day.pcap --venue nasdaq-totalview
  venuewire log stats /data/itch --format pretty
  venuewire log verify /data/itch --digest
  venuewire log export /data/itch --from 09:30:00 --to 09:30:01
  venuewire log tail /data/itch --format pretty
  venuewire log checkpoint /data/itch --every 1000000
  venuewire log book /data/itch --at 09:31:07.5 --instrument AAPL --depth 10 --format pretty
  venuewire log book /data/itch --at '#5000000' --instrument AAPL
`,
    )
    .action(run);
}
