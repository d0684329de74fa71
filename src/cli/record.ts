/** `venuewire record`: what comes to multicast groups, into pcapng files. */
import { statSync } from 'node:fs';
import { setTimeout as later } from 'node:timers';
import type { Command } from 'commander';
import { record as recordGroups } from '../capture/record.js';
import { JsonDecoder } from '../json/table.js';
import type { NativeRecordOptions, NativeRecordProgress } from '../native.js';
import type { Network } from '../patterns/network.js';
import { splitEndpoint } from '../patterns/units.js';
import type { Venue } from '../patterns/venue.js';
import { again, chooseVenue, ipPort, oneOf, TIMER_SECONDS_MOST, wholeNumber } from './choose.js';
import { Interrupt } from './end-of-capture.js';
import { FINDINGS, OK, usage } from './exit.js';
import { bytesText, grouped } from './output.js';
import { recordText } from './record-text.js';
import { clearLine, drawLine, say, watched } from './terminal.js';

interface Options {
  readonly venue?: string;
  readonly line: readonly string[];
  readonly receive: NativeRecordOptions['receive'];
  readonly buffer: number;
  readonly rotateSize: number;
  readonly rotateSeconds: number;
  readonly keep: number;
  readonly seconds?: number;
}

type Group = NativeRecordOptions['sources'][number]['groups'][number];
const SECOND_NS = 1e9;
const BUFFER_BYTES = 64 << 20;
/** Of what one socket or ring may hold. */
const BUFFER_BYTES_MOST = 2 ** 30;

/** `group:port`, or `group:port@interface`, as it is typed. */
function typed(text: string): { readonly interface: string; readonly group: Group } {
  const at = text.indexOf('@');
  const { host, port } = splitEndpoint(ipPort('--line', at < 0 ? text : text.slice(0, at)));
  if (at === text.length - 1)
    throw usage(`--line: '${text}' names no interface behind @`, 'Write group:port@interface, or leave the @ out.');
  return { interface: at < 0 ? '' : text.slice(at + 1), group: { ip: host, port, source: '' } };
}

/** The multicast lines of a venue, of all its channels. Says which others it has: those are not recorded. */
async function ofVenue(name: string): Promise<{ readonly interface: string; readonly group: Group }[]> {
  const venue = await chooseVenue(name);
  const named = (of: string, set: Readonly<Record<string, Network>> = {}) =>
    Object.entries(set).map(([line, network]) => ({ name: of + line, network }));
  const channels = Object.entries(venue.channels ?? {});
  const all = [
    ...named('', venue.lines),
    ...channels.flatMap(([id, c]) => [c.lines, c.retransmission, c.snapshot].flatMap((set) => named(`${id}.`, set))),
  ];
  const streams = Object.keys(venue.streams ?? {}).map((stream) => `${stream} (a session)`);
  const others = all.flatMap((l) => (l.network.type === 'udpMulticast' ? [] : [`${l.name} (${l.network.type})`]));
  const left = [...others, ...streams];
  if (left.length > 0) say(`not recorded, because only multicast is: ${left.join(', ')}`);
  return all.flatMap(({ network: line }) => {
    if (line.type !== 'udpMulticast') return [];
    const { host, port } = splitEndpoint(line.address);
    return [{ interface: line.interface ?? '', group: { ip: host, port, source: line.source ?? '' } }];
  });
}

async function sources(options: Options): Promise<NativeRecordOptions['sources']> {
  const wanted = options.line.map(typed);
  if (options.venue !== undefined) wanted.push(...(await ofVenue(options.venue)));
  const byInterface = new Map<string, Group[]>();
  for (const { interface: name, group } of wanted) {
    const groups = byInterface.get(name) ?? [];
    byInterface.set(name, groups);
    if (!groups.some((g) => g.ip === group.ip && g.port === group.port && g.source === group.source))
      groups.push(group);
  }
  if (byInterface.size === 0)
    throw usage('there is nothing to record', 'Name a venue with multicast lines (--venue) or groups (--line).');
  return [...byInterface].map(([name, groups]) => ({ interface: name, groups }));
}

/** How each interface is recorded, once that is known. */
function announce(progress: NativeRecordProgress, names: readonly string[]): boolean {
  progress.receive.forEach((decision, i) => {
    const why = decision.refused.map((r) => `; not ${r.backend}: ${r.why}. ${r.remedy}`).join('');
    say(`${names[i] || 'the default interface'}: recorded by ${decision.backend}${why}`);
  });
  return progress.receive.length > 0;
}

/** What cannot become a file that is whole at every moment, or would be ignored, is refused. */
function checkTarget(path: string, options: Options): void {
  if (path === '-' || statSync(path, { throwIfNoEntry: false })?.isFIFO() === true)
    throw usage(`a recording cannot go to ${path === '-' ? 'standard output' : `the pipe ${path}`}`, 'Name a file.');
  if (options.keep > 0 && options.rotateSize === 0 && options.rotateSeconds === 0)
    throw usage(
      '--keep is for rotation, and nothing rotates',
      'Add --rotate-size or --rotate-seconds, or leave it out.',
    );
}

/** The venue, where it is one that sends text: nothing of multicast concerns it. */
async function ofText(options: Options): Promise<Venue | undefined> {
  if (options.venue === undefined) return undefined;
  const venue = await chooseVenue(options.venue);
  if (!(venue.decoder instanceof JsonDecoder)) return undefined;
  if (options.line.length > 0 || options.rotateSize > 0 || options.rotateSeconds > 0)
    throw usage(`${venue.name} sends text: --line and rotation are for multicast`, 'Leave them out.');
  return venue;
}

/** Ends by Ctrl-C, or after `--seconds`. */
async function frames(path: string, venue: Venue, seconds: number | undefined): Promise<void> {
  const interrupt = new Interrupt(false);
  const ending = new AbortController();
  const timer = seconds === undefined ? undefined : later(() => ending.abort(), seconds * 1000);
  try {
    const messages = await recordText(path, venue, AbortSignal.any([interrupt.signal, ending.signal]));
    say(`${grouped(messages)} messages in ${path}`);
  } finally {
    clearTimeout(timer);
    interrupt.dispose();
  }
}

async function record(path: string, options: Options): Promise<void> {
  checkTarget(path, options);
  const text = await ofText(options);
  if (text !== undefined) {
    await frames(path, text, options.seconds);
    return;
  }
  const from = await sources(options);
  const names = from.map((s) => s.interface);
  const interrupt = new Interrupt(false);
  const ending = new AbortController();
  const timer = options.seconds === undefined ? undefined : later(() => ending.abort(), options.seconds * 1000);
  let announced = false;
  try {
    const total = await recordGroups({
      path,
      sources: from,
      receive: options.receive,
      receiveBufferBytes: options.buffer,
      rotateBytes: options.rotateSize,
      rotateNs: options.rotateSeconds * SECOND_NS,
      keep: options.keep,
      after: (now) => {
        if (!announced) announced = announce(now, names);
        if (watched())
          drawLine(
            `${grouped(now.packets)} packets, ${bytesText(now.bytes)}, lost ${grouped(now.dropped)}: ${now.file}`,
          );
      },
      signal: AbortSignal.any([interrupt.signal, ending.signal]),
    });
    if (watched()) clearLine();
    const into = total.files === 1 ? total.file : `${grouped(total.files)} files, the last ${total.file}`;
    say(`${grouped(total.packets)} packets, ${bytesText(total.bytes)} in ${into}`);
    if (total.dropped > 0)
      say(`${grouped(total.dropped)} packets were lost: the buffer was full (--buffer), or the disk too slow`);
    process.exitCode = total.dropped > 0 ? FINDINGS : OK;
  } finally {
    clearTimeout(timer);
    interrupt.dispose();
  }
}

/** Bytes, with K, M or G behind the number. */
function size(name: string, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const match = /^(\d+)([KMG]?)$/i.exec(text);
    const bytes = match === null ? 0 : Number(match[1]) * 1024 ** ' KMG'.indexOf((match[2] || ' ').toUpperCase());
    if (!Number.isSafeInteger(bytes) || bytes < 1)
      throw usage(`${name}: '${text}' is no size`, 'Write bytes, or a number with K, M or G: 100M.');
    if (bytes > most) throw usage(`${name}: '${text}' is more than ${bytesText(most)}`, 'Write a lower size.');
    return bytes;
  };
}

export function configure(command: Command): void {
  command
    .argument(
      '<file>',
      'pcapng file, of venues that send text a file of frames; with rotation a number goes in front of its ending: day.00001.pcapng',
    )
    .option('--venue <file-or-id>', 'venue whose multicast lines are recorded')
    .option('--line <group:port@interface>', 'a group, and the interface it comes by; again for more', again, [])
    .addOption(
      oneOf(
        '--receive <name>',
        'how: frames as they are (packetRing), datagrams (socket), or the first of them',
        ['auto', 'packetRing', 'socket'],
        'auto',
      ),
    )
    .option(
      '--buffer <size>',
      'room for what the disk cannot take at once',
      size('--buffer', BUFFER_BYTES_MOST),
      BUFFER_BYTES,
    )
    .option('--rotate-size <size>', 'a new file after about so many bytes', size('--rotate-size'), 0)
    .option('--rotate-seconds <n>', 'a new file after so long', wholeNumber('--rotate-seconds', 1, 1e9), 0)
    .option('--keep <n>', 'with rotation: only the latest so many files', wholeNumber('--keep', 1, 1e6), 0)
    .option(
      '--seconds <n>',
      'end after so many seconds; else Ctrl-C ends it',
      wholeNumber('--seconds', 1, TIMER_SECONDS_MOST),
    )
    .addHelpText(
      'after',
      `
Times are the kernel’s, in nanoseconds. The recorder has buffers and a thread of its own: it holds up no feed. What is lost
is counted, printed, and stands in the file (interface statistics). Of a venue that sends text
its messages are recorded, a frame a line (docs/internet.md), without credentials; the venue file names the instruments. Frames as they are need CAP_NET_RAW; without it IP and
UDP headers are written anew, with what a socket tells. Exits with 1 when something was lost.

Examples:
  venuewire record day.pcapng --venue totalview.yaml
  venuewire record day.pcapng --line 233.54.12.111:26477@eth1 --line 233.49.196.111:26477@eth2
  venuewire record day.pcapng --venue totalview.yaml --rotate-size 1G --keep 24
  venuewire record day.frames.jsonl --venue kraken.yaml --seconds 3600
`,
    )
    .action(record);
}
