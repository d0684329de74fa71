/** `venuewire replay`: a capture through the production path, or sent to multicast again. */
import type { Command } from 'commander';
import { type ReplayTotals, replayToMulticast } from '../capture/multicast-replay.js';
import { Capture } from '../capture/packets.js';
import { openFeed } from '../feed/open.js';
import { skippedFrames } from '../feed/skipped.js';
import { feedCounter } from '../feed/statistics.js';
import { type FaultyCapture, faultyCapture } from '../simulator/faulty-capture.js';
import {
  again,
  captureThroughFeed,
  commaList,
  decimalFrom,
  ipPort,
  oneOf,
  onlyWith,
  typed,
  wholeNumber,
} from './choose.js';
import { consume, FEED_FORMATS, type FeedFormat, hasFindings, summary } from './consume.js';
import { filters } from './decode.js';
import { endOfCapture, Interrupt } from './end-of-capture.js';
import { usage } from './exit.js';
import { captureVenue, needsLines } from './feeds.js';
import { faultText, lineFaults } from './line-faults.js';
import { grouped, Output, Progress } from './output.js';
import { MessagePublisher } from './publish.js';
import { say } from './terminal.js';

interface ReplayOptions {
  readonly venue?: string;
  readonly decoder?: string;
  readonly framing?: string;
  readonly line: readonly string[];
  readonly format: FeedFormat;
  readonly summary?: boolean;
  readonly message?: string[];
  readonly where?: string;
  readonly symbol?: string;
  readonly limit?: number;
  readonly publish?: string;
  readonly waitSubscriber?: boolean;
  readonly toMulticast?: boolean;
  readonly speed: number;
  readonly interface: string;
  readonly map: readonly string[];
  readonly port?: number;
  readonly times: number;
  readonly realtime?: number;
  readonly fault: readonly string[];
  readonly seed: number;
}

async function throughFeed(given: Capture, options: ReplayOptions): Promise<void> {
  const { capture, release } = needsLines(options) ? await given.keep() : { capture: given, release: () => {} };
  try {
    await readAs(capture, options);
  } finally {
    release();
  }
}

async function readAs(capture: Capture, options: ReplayOptions): Promise<void> {
  const { venue, capture: source, found } = await captureVenue(capture, options);
  for (const text of found) say(text);
  const { passes } = filters(venue.decoder, options);
  const publisher = options.publish === undefined ? undefined : await MessagePublisher.bind(options.publish);
  if (publisher !== undefined) say(`published on ${publisher.endpoint}`);
  if (options.waitSubscriber) await publisher?.subscribed();
  const feed = await openFeed(venue, { capture: source });
  const interrupt = new Interrupt(capture.isPipe);
  interrupt.signal.addEventListener('abort', () => feed.close());
  const out = new Output();
  const progress = new Progress('replay', capture.size);
  const done = feedCounter(feed.ring, 'captureBytes');
  try {
    const consumed = await consume(feed, out, {
      format: options.format,
      summary: options.summary === true,
      limit: options.limit ?? Number.POSITIVE_INFINITY,
      passes,
      publisher,
      after: () => progress.update(done()),
    });
    progress.done();
    const text = summary(feed, consumed).join('\n');
    if (options.summary) {
      out.line(text);
      await out.flush();
    } else say(text);
    const skipped = skippedFrames(consumed.statistics.feed, feed.describe().foreign);
    endOfCapture({ skipped, fault: consumed.fault }, hasFindings(consumed));
  } finally {
    progress.done();
    interrupt.dispose();
    publisher?.close();
    feed.close();
  }
}

/** `ip:port=ip:port`, as it is typed. */
function remap(text: string) {
  const [from, to, more] = text.split('=');
  if (from === undefined || to === undefined || more !== undefined)
    throw usage(`--map '${text}' is not understood`, 'Write it as ip:port=ip:port.');
  const [ip = '', port = ''] = ipPort('--map', from).split(':');
  const [toIp = '', toPort = ''] = ipPort('--map', to).split(':');
  return { ip, port: Number(port), toIp, toPort: Number(toPort) };
}

const MS_NS = 1e6;

/** What is sent: the capture, or what faults leave of it. */
async function withFaults(
  capture: Capture,
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<FaultyCapture | undefined> {
  if (options.fault.length === 0) return undefined;
  const faults = lineFaults(options.fault);
  const progress = new Progress('faults', capture.size);
  try {
    const after = (done: number): void => progress.update(done);
    const faulty = await faultyCapture(capture, { seed: options.seed, ...faults, after, signal });
    const unheard = [...faults.lines.keys()].filter((line) => !faulty.lines.has(line));
    if (unheard.length > 0 && !signal.aborted) {
      faulty.release();
      const there = [...faulty.lines.keys()].join(', ') || 'nothing';
      throw usage(`--fault: nothing is sent to ${unheard.join(', ')}`, `The capture has datagrams to ${there}.`);
    }
    return faulty;
  } finally {
    progress.done();
  }
}

async function toMulticast(given: Capture, options: ReplayOptions): Promise<void> {
  if (given.isPipe && options.times !== 1)
    throw usage('--times: what comes through a pipe can be sent once', 'Write the capture into a file first.');
  const interrupt = new Interrupt(given.isPipe);
  let faulty: FaultyCapture | undefined;
  try {
    faulty = await withFaults(given, options, interrupt.signal);
    for (const [line, outcome] of faulty?.lines ?? []) say(`seed ${options.seed}: ${faultText(line, outcome)}`);
    await sendToMulticast(faulty?.capture ?? given, faulty, options, interrupt.signal);
  } finally {
    interrupt.dispose();
    faulty?.release();
  }
}

async function sendToMulticast(
  capture: Capture,
  faulty: FaultyCapture | undefined,
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<void> {
  const progress = new Progress('replay', capture.size);
  const began = performance.now();
  let totals: ReplayTotals;
  try {
    totals = await replayToMulticast(capture, {
      interface: options.interface,
      ttl: 1,
      speed: options.speed,
      times: options.times,
      port: options.port ?? 0,
      realtimePriority: options.realtime ?? 0,
      map: options.map.map(remap),
      after: (done) => progress.update(done),
      signal,
    });
  } finally {
    progress.done();
  }
  const { packets, lastLateNs, mostLateNs } = totals;
  const truncated = totals.truncated + (faulty?.truncated ?? 0);
  const passedOver = totals.passedOver + (faulty?.passedOver ?? 0);
  const seconds = ((performance.now() - began) / 1000).toFixed(2);
  const late = (ns: number): string => `${(ns / MS_NS).toFixed(3)} ms`;
  say(
    `sent ${grouped(packets)} datagrams to ${totals.destinations.join(', ') || 'nobody'} in ${seconds} s${options.speed > 0 ? `; the latest went ${late(mostLateNs)} after it was due, the last ${late(lastLateNs)}` : ''}`,
  );
  if (passedOver > 0) say(`${grouped(passedOver)} packets were not UDP over IPv4, or for another port`);
  if (truncated > 0) say(`${grouped(truncated)} datagrams were cut by the capture and sent as they are`);
  endOfCapture(faulty?.totals ?? totals, false);
}

/** Options that are about what is sent, and those about what is read. */
const SENDING = ['speed', 'times', 'interface', 'map', 'port', 'realtime', 'fault', 'seed'] as const;
const READING = [
  ...(['venue', 'decoder', 'framing', 'line', 'format', 'summary'] as const),
  ...(['message', 'where', 'symbol', 'limit', 'publish', 'waitSubscriber'] as const),
];

async function replay(file: string, options: ReplayOptions, command: Command): Promise<void> {
  if (!options.toMulticast) onlyWith(command, '--to-multicast', SENDING);
  if (options.fault.length === 0) onlyWith(command, '--fault', ['seed']);
  if (options.publish === undefined) onlyWith(command, '--publish', ['waitSubscriber']);
  const reading = options.toMulticast ? typed(command, READING) : undefined;
  if (reading !== undefined)
    throw usage(
      `${reading} and --to-multicast exclude each other: what is sent is not read`,
      `Leave ${reading} out, or send and read in two commands.`,
    );
  const capture = new Capture(file);
  await (options.toMulticast ? toMulticast(capture, options) : throughFeed(capture, options));
}

export function configure(command: Command): void {
  captureThroughFeed(command)
    .addOption(oneOf('--format <name>', 'how messages are printed', FEED_FORMATS, 'ndjson'))
    .option('--summary', 'only what came of it: rates, ledger, digest')
    .option('--message <names>', 'only these messages, separated by commas', commaList)
    .option('--where <expression>', 'only messages whose fields pass (see decode --help)')
    .option('--symbol <name>', 'only messages of this instrument')
    .option('--limit <n>', 'stop after so many messages', wholeNumber('--limit', 1, Number.MAX_SAFE_INTEGER))
    .option(
      '--publish <address>',
      'publish messages, for example zmq:tcp://127.0.0.1:5556 (msgpack, topic = message name)',
    )
    .option('--wait-subscriber', 'with --publish: begin when somebody has subscribed')
    .option('--to-multicast', 'send the captured datagrams to their groups instead')
    .option(
      '--speed <n>',
      'with --to-multicast: times the original speed; 0: as fast as it goes',
      decimalFrom('--speed', 0),
      1,
    )
    .option(
      '--times <n>',
      'with --to-multicast: how often the capture is sent; 0: until Ctrl-C',
      wholeNumber('--times', 0, 0xffffffff),
      1,
    )
    .option('--interface <address>', 'with --to-multicast: interface to send from, its name or address', '127.0.0.1')
    .option('--map <from=to>', 'with --to-multicast: send to another group, ip:port=ip:port; again for more', again, [])
    .option('--port <n>', 'with --to-multicast: only datagrams to this port', wholeNumber('--port', 0, 65535))
    .option(
      '--realtime <priority>',
      'with --to-multicast: real-time priority of the sending thread, 1 to 99; for exact times on a busy machine',
      wholeNumber('--realtime', 1, 99),
    )
    .option(
      '--fault <faults>',
      "with --to-multicast: what goes wrong on the lines, name=value,… of loss, burst (0.001x20), duplicate, reorder, reorderBy, delay, jitter, truncate and flip; of one line with 'ip:port/' in front; again for more",
      again,
      [],
    )
    .option('--seed <n>', 'with --fault: everything random comes from it', wholeNumber('--seed', 0, 2 ** 32 - 1), 1)
    .addHelpText(
      'after',
      `
A capture is read through the same core as live lines: A and B are put together, gaps found, the ledger kept.

Examples:
  venuewire replay day.pcap --venue nasdaq-totalview --summary
  venuewire replay day.pcap --decoder cme-mdp3-sbe-1.9 --line A=224.0.28.19:14360 --line B=224.0.28.146:15360
  venuewire replay day.pcap --to-multicast --speed 10 --map 233.54.12.111:26477=239.1.1.1:26477
  venuewire replay day.pcap --to-multicast --seed 7 --fault loss=0.01,reorder=0.02 --fault 233.49.196.111:26477/loss=0.05,delay=2ms
`,
    )
    .action(replay);
}
