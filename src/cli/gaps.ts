/** `venuewire gaps`: what each line of a capture lost, what the other line filled, what would have been asked for. */
import type { Command } from 'commander';
import { type GroupReport, report } from '../capture/losses.js';
import { Findings, framingsFor } from '../capture/messages.js';
import { Capture, type CaptureTotals } from '../capture/packets.js';
import { separateRecovery } from '../capture/recovery-traffic.js';
import { groupLines, type LineTrack, type Span, sizeOf as size, Tracker } from '../capture/sequences.js';
import { VenuewireError } from '../errors.js';
import { chooseFeed, commaList, ipPort, oneOf, wholeNumber } from './choose.js';
import { endOfCapture, Interrupt } from './end-of-capture.js';
import { usage } from './exit.js';
import { instantText } from './format.js';
import { grouped, Output, Progress, table } from './output.js';
import { say } from './terminal.js';

interface GapsOptions {
  readonly venue?: string;
  readonly decoder?: string;
  readonly framing?: string;
  readonly port?: number;
  readonly pair: readonly (readonly string[])[];
  readonly format: 'table' | 'ndjson';
}

export const spanText = ({ begin, end }: Span): string => (end - begin === 1n ? String(begin) : `${begin}–${end - 1n}`);
const spansText = (spans: readonly Span[]): string =>
  spans.length <= 8
    ? spans.map(spanText).join(', ')
    : `${spans.slice(0, 8).map(spanText).join(', ')} and ${spans.length - 8} more`;

const json = (span: Span) => ({
  begin: String(span.begin),
  end: String(span.end),
  count: String(span.end - span.begin),
});

function printNdjson(out: Output, reports: readonly GroupReport[], unit: string): void {
  for (const r of reports) {
    const common = { lines: r.lines, session: r.session, unit };
    for (const loss of r.losses) {
      const filledBy = loss.filledBy.map(({ line, spans }) => ({ line, spans: spans.map(json) }));
      out.line(JSON.stringify({ loss: { line: loss.line, ...json(loss), filledBy }, ...common }));
    }
    for (const lost of r.lost) out.line(JSON.stringify({ lost: json(lost), ...common }));
    for (const { line, sources, because, packets, numbers, filled } of r.answers) {
      const recovery = { line, sources, because, packets, numbers: String(numbers), filled: filled.map(json) };
      out.line(JSON.stringify({ recovery, ...common }));
    }
    const lines = r.lines.map((line, i) => {
      const t = r.tracks[i];
      if (t === undefined) return { line, packets: 0 };
      const missing = size(t.spans.missing(t.spans.first, t.reached));
      return {
        line,
        packets: t.packets,
        first: String(t.spans.first),
        last: String(t.spans.end - 1n),
        received: String(t.spans.count),
        missing: String(missing),
        repeated: String(t.spans.repeated),
        reordered: t.reordered,
      };
    });
    out.line(
      JSON.stringify({
        group: { ...common, because: r.because, lines, lost: String(size(r.lost)), open: String(size(r.open)) },
      }),
    );
  }
}

function printTable(out: Output, reports: readonly GroupReport[], unit: string): void {
  for (const r of reports) {
    const names = r.lines.map((_, i) => (r.lines.length === 1 ? 'line' : String.fromCharCode(65 + i)));
    const nameOf = (line: string) => names[r.lines.indexOf(line)] ?? line;
    const right = (title: string) => ({ title, right: true });
    const began = r.tracks.find((t) => t !== undefined)?.firstTime ?? 0n;
    out.line(`${r.session === '' ? '' : `session ${r.session}, `}from ${instantText(began)} (${r.because})`);
    out.line(
      table(
        [
          { title: '' },
          { title: 'DESTINATION' },
          right('PACKETS'),
          right('FIRST'),
          right('LAST'),
          right('RECEIVED'),
          right('MISSING'),
          right('TWICE'),
          right('LATE'),
        ],
        r.lines.map((line, i) => {
          const t = r.tracks[i];
          if (t === undefined) return [names[i] as string, line, 0];
          const missing = size(t.spans.missing(t.spans.first, t.reached));
          const cells = [
            t.spans.first,
            t.spans.end - 1n,
            grouped(t.spans.count),
            grouped(missing),
            grouped(t.spans.repeated),
          ];
          return [names[i] as string, line, grouped(t.packets), ...cells, grouped(t.reordered)];
        }),
      ),
    );
    for (const loss of r.losses) {
      const missing = size([loss]) - size(loss.filledBy.flatMap((f) => f.spans));
      const by = loss.filledBy.map(({ line, spans }) =>
        size(spans) === size([loss]) ? `filled by ${nameOf(line)}` : `${spansText(spans)} filled by ${nameOf(line)}`,
      );
      const state =
        by.length === 0
          ? 'on no other line'
          : by.join('; ') + (missing > 0n && r.lines.length === 2 ? ', the rest on no line' : '');
      out.line(`  lost on ${nameOf(loss.line)}: ${spanText(loss)} — ${state}`);
    }
    for (const a of r.answers) {
      const filled = a.filled.length === 0 ? 'nothing that is missing' : `filled ${spansText(a.filled)}`;
      out.line(
        `  recovery to ${a.line} from ${a.sources.join(', ')}: ${grouped(a.numbers)} ${unit}, ${filled} (${a.because})`,
      );
    }
    if (r.open.length > 0) {
      out.line(`  would have been asked for: ${spansText(r.open)} (${grouped(size(r.open))} ${unit})`);
    } else if (r.lost.length > 0) out.line('  everything that is missing from all lines was sent again');
    else if (r.losses.length > 0) out.line('  nothing is missing from both');
    else out.line('  nothing is missing');
    out.line('');
  }
  const all = size(reports.flatMap((r) => r.losses));
  const lost = size(reports.flatMap((r) => r.lost));
  const open = size(reports.flatMap((r) => r.open));
  const again = open < lost ? `, ${grouped(lost - open)} of those sent again` : '';
  out.line(`${grouped(all)} ${unit} lost on a line, ${grouped(lost)} on all lines of their group${again}`);
}

/** Who asked for what. */
function requestLines(lines: Iterable<LineTrack>, unit: string): string[] {
  return [...lines]
    .filter((l) => l.requests.packets > 0)
    .map(
      ({ name, sources, requests: { packets, spans } }) =>
        `${grouped(packets)} requests from ${[...sources].join(', ')} to ${name}: ${spansText(spans.list)} (${grouped(spans.count)} ${unit})`,
    );
}

/** Losses are looked for among datagrams: TCP loses nothing that a capture of it could show. */
function noDatagrams(tracker: Tracker, file: string, port: number | undefined): VenuewireError {
  const { segments, records } = tracker;
  const instead =
    segments > 0
      ? `, but ${grouped(segments)} TCP segments`
      : records > 0
        ? `, but ${grouped(records)} records without addresses`
        : '';
  return new VenuewireError(
    'VW_GAPS_NO_DATAGRAMS',
    `${file} has no UDP datagrams${port === undefined ? '' : ` to port ${port}`}${instead}`,
    segments + records > 0
      ? 'gaps compares numbered datagrams. Look at this capture with venuewire decode: it tells what a TCP stream lacks.'
      : 'Check the file and --port; venuewire decode --stats shows what is in a capture.',
  );
}

async function gaps(file: string, options: GapsOptions): Promise<void> {
  const chosen = await chooseFeed(options);
  const { decoder } = chosen;
  const framing = decoder === undefined ? chosen.framing : framingsFor(decoder, chosen.framing).udp;
  if (framing === undefined || framing === 'stream') {
    throw usage(
      'none of --decoder, --framing and --venue says how packets are numbered',
      'Name the feed’s decoder, or its framing: venuewire list decoders, venuewire list framings',
    );
  }
  if (framing.numbering === 'none') {
    throw usage(
      `packets of ${framing.id} carry no numbers`,
      'Losses can only be seen where the venue numbers what it sends.',
    );
  }
  if (framing.message.lengthFrom === 'table' && decoder === undefined) {
    throw usage(`${framing.id} needs a message table to count messages`, 'Name the decoder too: --decoder ID');
  }
  const capture = new Capture(file);
  const findings = new Findings(say);
  const tracker = new Tracker(framing, decoder, findings, options.port);
  const progress = new Progress('gaps', capture.size);
  const interrupt = new Interrupt(capture.isPipe);
  let totals: CaptureTotals;
  try {
    totals = await capture.read((p) => tracker.packet(p), {
      after: (done) => progress.update(done),
      signal: interrupt.signal,
    });
  } finally {
    interrupt.dispose();
    progress.done();
  }
  if (tracker.datagrams === 0) {
    endOfCapture(totals, findings.any);
    throw noDatagrams(tracker, capture.name, options.port);
  }
  const lines = [...tracker.lines.values()];
  const carrying = lines.filter((l) => l.requests.packets === 0 || l.sessions.length > 0);
  const { groups, recovery } = separateRecovery(groupLines(carrying, options.pair));
  const reports = groups.flatMap((g) => report(g, recovery));
  const out = new Output();
  const unit = framing.numbering === 'packet' ? 'packets' : 'messages';
  if (options.format === 'ndjson') printNdjson(out, reports, unit);
  else printTable(out, reports, unit);
  await out.flush();
  for (const text of requestLines(lines, unit)) say(text);
  if (findings.any) say(findings.summary);
  if (tracker.segments > 0) {
    say(`${grouped(tracker.segments)} TCP segments were left out: gaps compares datagrams`);
  }
  endOfCapture(totals, findings.any || reports.some((r) => r.losses.length > 0 || r.lost.length > 0));
}

const pairOf = (text: string): readonly string[] => {
  const lines = commaList(text).map((line) => ipPort('--pair', line));
  if (lines.length >= 2) return lines;
  throw usage(
    `--pair '${text}' names one line`,
    'Write two addresses: --pair 233.54.12.111:26477,233.49.196.111:26477',
  );
};

export function configure(command: Command): void {
  command
    .argument('<file>', 'pcap or pcapng of UDP lines, plain or gzip; - for standard input')
    .option('--decoder <id>', 'message table, or the module of your own; it names the framing')
    .option('--venue <file-or-id>', 'venue file, or a ready venue: its message table and framing')
    .option('--framing <id>', 'how packets are numbered, where no decoder is given or another framing is meant')
    .option('--port <n>', 'only packets to this port', wholeNumber('--port', 0, 65535))
    .option(
      '--pair <A,B>',
      'lines that carry the same messages, ip:port each; again for more pairs. Default: found by their contents',
      (text: string, before: readonly (readonly string[])[]) => [...before, pairOf(text)],
      [] as readonly (readonly string[])[],
    )
    .addOption(oneOf('--format <name>', 'how it is printed', ['table', 'ndjson'], 'table'))
    .addHelpText(
      'after',
      `
Numbers are the feed's own: of packets or of messages. Exits with 1 when something was lost.

Examples:
  venuewire gaps day.pcap --decoder cme-mdp3-sbe-1.9
  venuewire gaps day.pcap --framing moldudp64 --pair 233.54.12.111:26477,233.49.196.111:26477
  venuewire gaps day.pcap --decoder iex-tops-1.6 --format ndjson | grep '"lost"'
`,
    )
    .action(gaps);
}
