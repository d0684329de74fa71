/** `venuewire decode`: a capture, message by message. */
import type { Command } from 'commander';
import { Findings, framingsFor, Messages } from '../capture/messages.js';
import { Capture, type CaptureTotals } from '../capture/packets.js';
import type { Decoder, Flyweight } from '../layout/index.js';
import { chooseFeed, chooseMessages, commaList, oneOf, wholeNumber } from './choose.js';
import { endOfCapture, Interrupt } from './end-of-capture.js';
import { usage } from './exit.js';
import { FORMATS, type Format, formatter } from './format.js';
import { Output, Progress } from './output.js';
import { Stats } from './stats.js';
import { symbolTest } from './symbol.js';
import { say } from './terminal.js';
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
  venuewire decode day.pcap --decoder cme-mdp3-sbe-1.9 --port 14340 --message snapshotFullRefresh52 --format pretty
  venuewire decode day.pcap --decoder iex-tops-1.6 --stats
  venuewire decode stream.dat --fast templates.xml --limit 10
  venuewire decode moex.dat --fast templates.xml --preamble 4
  zcat day.pcap.gz | venuewire decode - --decoder memx-memoir-depth-1.3 --limit 10 --format csv

--where compares fields: == != < <= > >= with && || ! and brackets. Prices are compared in their own unit (price > 100.25),
text with the code or what it stands for (buySellIndicator == "B" or "Buy"). A field inside a group passes when one of its
entries does. --format leaves shows every field with its offset from the first byte of the transport payload and its size;
where a packet is one message (MACH) or delimiters enclose it (HSVF), the framing's fields are among them, and packets that
are only a header are printed too.
`;

/** The test that all filters of the command line make together. */
export function filters(
  decoder: Decoder,
  options: { readonly message?: readonly string[]; readonly where?: string; readonly symbol?: string },
): {
  readonly only: ReadonlySet<number> | undefined;
  readonly passes: (found: { readonly index: number; readonly view: Flyweight }) => boolean;
} {
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

async function decode(file: string, options: DecodeOptions): Promise<void> {
  if (options.fast !== undefined) {
    const { decodeFast } = await import('./fast.js');
    return decodeFast(file, { ...options, fast: options.fast });
  }
  if (options.preamble !== undefined || options.blocks === true)
    throw usage(
      '--preamble and --blocks are about a stream of FAST messages',
      'Give its templates: --fast templates.xml.',
    );
  const chosen = await chooseFeed(options);
  const { decoder } = chosen;
  if (decoder === undefined)
    throw usage(
      'neither --decoder nor --venue is given',
      'venuewire list decoders has the ids; a path names your own.',
    );
  const framing = framingsFor(decoder, chosen.framing);
  const { only, passes } = filters(decoder, options);
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const capture = new Capture(file);
  const findings = new Findings(say);
  const out = new Output();
  const stats = options.stats ? new Stats(decoder) : undefined;
  const format = formatter(options.format, decoder, only);
  const progress = new Progress('decode', capture.size);
  let printed = 0;
  const messages = new Messages(
    decoder,
    framing,
    findings,
    (found) => {
      if (printed >= limit || !passes(found)) return;
      printed++;
      if (stats) stats.message(found);
      else out.line(format.message(found));
    },
    options.port,
    options.format === 'leaves' && !filtered(options)
      ? (packet, message, leaves) => out.line(JSON.stringify({ packet, message, leaves }))
      : undefined,
  );
  if (!stats && format.head !== '') out.line(format.head);
  const interrupt = new Interrupt(capture.isPipe);
  let totals: CaptureTotals;
  try {
    totals = await capture.read(
      (p) => {
        if (printed >= limit) return;
        stats?.packet(p);
        messages.packet(p);
      },
      {
        after: (done) => {
          progress.update(done);
          return out.full || capture.isPipe ? out.flush() : undefined;
        },
        enough: () => printed >= limit,
        signal: interrupt.signal,
      },
    );
    if (printed < limit) messages.finish();
  } finally {
    interrupt.dispose();
    progress.done();
    await out.flush();
  }
  if (stats) for (const text of stats.report(options.format)) out.line(text);
  await out.flush();
  if (findings.any) say(findings.summary);
  endOfCapture(totals, findings.any);
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
    .option('--message <names>', 'only these messages, separated by commas', commaList)
    .option('--where <expression>', 'only messages whose fields pass')
    .option('--symbol <name>', 'only messages of this instrument: its symbol, or its number')
    .option('--limit <n>', 'stop after so many messages', wholeNumber('--limit', 1, Number.MAX_SAFE_INTEGER))
    .option('--stats', 'messages by type, sizes, rates and channels instead of the messages')
    .addHelpText('after', EXAMPLES)
    .action(decode);
}
