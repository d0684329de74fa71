/** `venuewire decode`: a capture, message by message. */
import type { Command } from 'commander';
import { Findings, framingsFor, Messages, type MutableFound } from '../capture/messages.js';
import { Capture, type CaptureTotals } from '../capture/packets.js';
import type { CapturedPayload } from '../feed/batch.js';
import { type Decoder, Field, type View } from '../layout/index.js';
import type { Framing } from '../patterns/framing.js';
import { chooseFeed, chooseMessages, commaList, oneOf, wholeNumber } from './choose.js';
import { endOfCapture, Interrupt } from './end-of-capture.js';
import { usage } from './exit.js';
import { textFilter, textFormatter, textReader } from './fix.js';
import { FORMATS, type Format, formatter, PRICES, type Prices } from './format.js';
import { lineWriter } from './line-writers.js';
import { Output, Progress } from './output.js';
import { Stats } from './stats.js';
import { symbolTest } from './symbol.js';
import { say, watched } from './terminal.js';
import { compileWhere } from './where.js';

interface DecodeOptions {
  readonly venue?: string;
  readonly decoder?: string;
  readonly fast?: string;
  readonly preamble?: number;
  readonly blocks?: boolean;
  readonly framing?: string;
  readonly port?: number;
  readonly format: Format;
  readonly prices?: Prices;
  readonly message?: string[];
  readonly where?: string;
  readonly symbol?: string;
  readonly limit?: number;
  readonly stats?: boolean;
}

const EXAMPLES = `
Examples:
  venuewire decode day.pcap.gz --decoder nasdaq-totalview-itch-5.0 --format ndjson | head
  venuewire decode day.pcap --decoder nasdaq-totalview-itch-5.0 --symbol AAPL --where 'price > 100 && shares >= 500'
  venuewire decode day.pcap --decoder nasdaq-totalview-itch-5.0 --prices text | jq 'select(.fields.price)'
  venuewire decode day.pcap --decoder cme-mdp3-sbe-1.9 --port 14340 --message snapshotFullRefresh52 --format pretty
  venuewire decode day.pcap --decoder iex-tops-1.6 --stats
  venuewire decode stream.dat --fast templates.xml --limit 10
  venuewire decode session.pcap --decoder fix-4.4-text --message MarketDataIncrementalRefresh --format pretty
  venuewire decode moex.dat --fast templates.xml --preamble 4
  zcat day.pcap.gz | venuewire decode - --decoder memx-memoir-depth-1.3 --limit 10 --format csv

--where compares fields: == != < <= > >= with && || ! and brackets. Prices are compared in their own unit (price > 100.25),
text with the code or what it stands for (buySellIndicator == "B" or "Buy"). A field inside a group passes when one of its
entries does. --format leaves shows every field with its offset from the first byte of the transport payload and its size;
where a packet is one message (MACH) or delimiters enclose it (HSVF), the framing's fields are among them, and packets that
are only a header are printed too. FIX messages are read by the dictionary of FIX 4.4; --message and --symbol choose among them,
and what a logon says of its password is never printed.
`;

/** The test that all filters of the command line make together. */
export function filters(
  decoder: Decoder,
  options: { readonly message?: readonly string[]; readonly where?: string; readonly symbol?: string },
): {
  readonly only: ReadonlySet<number> | undefined;
  readonly passes: (found: { readonly index: number; readonly view: View }) => boolean;
} {
  const text = textFilter(decoder, options);
  if (text !== undefined) return { only: undefined, passes: ({ view }) => text(view) };
  const only = options.message && chooseMessages(decoder, options.message);
  const where = options.where === undefined ? undefined : compileWhere(options.where, decoder);
  const symbol = options.symbol === undefined ? undefined : symbolTest(decoder, options.symbol);
  return {
    only,
    passes: ({ index, view }) => {
      // The symbol's test comes first: it learns from messages that are not printed.
      if (symbol !== undefined && !symbol(view)) return false;
      if (only !== undefined && !only.has(index)) return false;
      return where === undefined || where[index]?.(view) === true;
    },
  };
}

const filtered = (o: DecodeOptions): boolean =>
  o.message !== undefined || o.where !== undefined || o.symbol !== undefined || o.stats === true;

/** What decodes the capture; undefined where the file is a stream of FAST messages. */
async function chosenFeed(
  options: DecodeOptions,
): Promise<{ decoder: Decoder; framing: Framing | 'stream' | undefined }> {
  if (options.preamble !== undefined || options.blocks === true)
    throw usage(
      '--preamble and --blocks are about a stream of FAST messages',
      'Give its templates: --fast templates.xml.',
    );
  const { decoder, framing } = await chooseFeed(options);
  if (decoder === undefined)
    throw usage(
      'neither --decoder nor --venue is given',
      'venuewire list decoders has the ids; a path names your own.',
    );
  return { decoder, framing };
}

/** Says once what the raw integers of prices are; scales of a power of ten only: others depend on other messages. */
function tellScales(decoder: Decoder): void {
  const scales = new Set<number>();
  for (const { fields } of Object.values(decoder.messages))
    for (const part of Object.values(fields)) {
      const scale = part instanceof Field ? part.data.meaning?.scale : undefined;
      if (scale !== undefined) scales.add(scale);
    }
  if (scales.size === 0) return;
  const list = [...scales].sort((a, b) => b - a).map((scale) => `10^${scale}`);
  say(`prices are the integers of the wire, in units of ${list.join(' or ')}; --prices text writes them as decimals`);
}

type Print = (found: MutableFound) => void;

/** What is done with each message that passes. */
function printer(decoder: Decoder, options: DecodeOptions, only: ReadonlySet<number> | undefined, out: Output): Print {
  const { format } = options;
  const prices = options.prices ?? 'raw';
  if (prices === 'text' && format !== 'ndjson' && format !== 'csv')
    throw usage(`--prices is about ndjson and csv, not ${format}`, 'pretty and table write prices as decimals anyway.');
  const asText = textFormatter(format, decoder);
  const text = asText ?? formatter(format, decoder, only, prices);
  if (text.head !== '') out.line(text.head);
  if (asText !== undefined || (format !== 'ndjson' && format !== 'csv'))
    return (found) => out.line(text.message(found));
  const write = lineWriter(format, decoder, text, prices);
  return (found) => write(found, out);
}

async function decode(file: string, options: DecodeOptions): Promise<void> {
  if (options.fast !== undefined) {
    const { decodeFast } = await import('./fast.js');
    return decodeFast(file, { ...options, fast: options.fast });
  }
  const { decoder, framing } = await chosenFeed(options);
  const { only, passes } = filters(decoder, options);
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const capture = new Capture(file);
  const findings = new Findings(say);
  const out = new Output();
  const stats = options.stats ? new Stats(decoder.names, nameOf(decoder)) : undefined;
  const print: Print = stats === undefined ? printer(decoder, options, only, out) : (found) => stats.message(found);
  let printed = 0;
  let known = 0;
  const messages = new Messages(
    decoder,
    framingsFor(decoder, framing),
    findings,
    (found) => {
      known++;
      if (printed >= limit || !passes(found)) return;
      printed++;
      print(found);
    },
    options.port,
    options.format === 'leaves' && !filtered(options)
      ? (packet, message, leaves) => out.line(JSON.stringify({ packet, message, leaves }))
      : undefined,
  );
  const totals = await readCapture(capture, out, {
    packet(p) {
      stats?.packet(p);
      messages.packet(p);
    },
    enough: () => printed >= limit,
    finish: () => messages.finish(),
  });
  if (stats) for (const text of stats.report(options.format)) out.line(text);
  await out.flush();
  // Scripts that expect a silent standard error ask for the raw integers without the option.
  const asked = options.prices === undefined ? watched() : options.prices === 'raw';
  if (asked && printed > 0 && stats === undefined && isData(options.format)) tellScales(decoder);
  if (findings.any) say(findings.summary);
  if (known === 0 && findings.broken + findings.unknown > 0) say(anotherDecoder(decoder));
  endOfCapture(totals, findings.any);
}

/** What is said where nothing of a capture fits. */
const anotherDecoder = ({ id }: Decoder): string =>
  `Nothing here is a message of ${id}: try another --decoder (venuewire list decoders) or --framing (venuewire list framings).`;

/** The name of a message: its type's, or what its text says. */
function nameOf(decoder: Decoder): (found: MutableFound) => string {
  const read = textReader(decoder);
  return read === undefined ? ({ index }) => decoder.names[index] as string : ({ view }) => read(view).name;
}

const isData = (format: Format): boolean => format === 'ndjson' || format === 'csv';

interface CaptureReader {
  packet(p: CapturedPayload): void;
  enough(): boolean;
  finish(): void;
}

/** Reads the capture, with progress and back-pressure, until it ends, is interrupted or there is enough. */
async function readCapture(capture: Capture, out: Output, reader: CaptureReader): Promise<CaptureTotals> {
  const progress = new Progress('decode', capture.size);
  const interrupt = new Interrupt(capture.isPipe);
  try {
    const totals = await capture.read(
      (p) => {
        if (!reader.enough()) reader.packet(p);
      },
      {
        after: (done) => {
          progress.update(done);
          return out.full || capture.isPipe ? out.flush() : undefined;
        },
        enough: reader.enough,
        signal: interrupt.signal,
      },
    );
    if (!reader.enough()) reader.finish();
    return totals;
  } finally {
    interrupt.dispose();
    progress.done();
    await out.flush();
  }
}

export function configure(command: Command): void {
  command
    .argument('<file>', 'pcap, pcapng or BinaryFILE, plain or gzip; - for standard input')
    .option('--decoder <id>', 'message table (venuewire list decoders), or the module of your own: ./own.mjs')
    .option('--venue <file-or-id>', 'venue file, or a ready venue: its message table and framing')
    .option('--fast <templates>', 'the file is a stream of FAST messages; their templates (XML)')
    .option(
      '--preamble <bytes>',
      'with --fast: bytes in front of each message that are not FAST',
      wholeNumber('--preamble', 0, 255),
    )
    .option('--blocks', 'with --fast: the stream is in blocks, each with its length in front')
    .option('--framing <id>', 'how packets carry messages, or the file of your own; default: what the decoder names')
    .option('--port <n>', 'only packets from or to this port', wholeNumber('--port', 0, 65535))
    .addOption(oneOf('--format <name>', 'how messages are printed', FORMATS, 'ndjson'))
    .addOption(
      oneOf('--prices <how>', 'ndjson and csv: the integers of the wire and their scale once, or decimals', PRICES),
    )
    .option('--message <names>', 'only these messages, separated by commas', commaList)
    .option('--where <expression>', 'only messages whose fields pass')
    .option('--symbol <name>', 'only messages of this instrument: its symbol, or its number')
    .option('--limit <n>', 'stop after so many messages', wholeNumber('--limit', 1, Number.MAX_SAFE_INTEGER))
    .option('--stats', 'messages by type, sizes, rates and channels instead of the messages')
    .addHelpText('after', EXAMPLES)
    .action(decode);
}
