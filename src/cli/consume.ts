/** A feed to standard output: messages, notices, and at the end what the ledger says. */
import { VenuewireError } from '../errors.js';
import { type Position, read } from '../feed/batch.js';
import type { Feed } from '../feed/feed.js';
import {
  balances,
  type ChannelStatistics,
  type FeedStatistics,
  type Ledger,
  type ReaderStatistics,
} from '../feed/statistics.js';
import type { View } from '../layout/index.js';
import type { FeedMetrics } from '../metrics/index.js';
import type { Venue } from '../patterns/venue.js';
import { printableWord } from '../printable.js';
import { StreamDigest } from '../simulator/digest.js';
import { fieldsJson, type Read, textReader } from './fix.js';
import { fieldsWriter, formatter, instantText, quote } from './format.js';
import { FilledOnce, noticeJson, noticeText } from './notices.js';
import { grouped, type Output } from './output.js';
import type { MessagePublisher } from './publish.js';

export const FEED_FORMATS = ['ndjson', 'pretty', 'table'] as const;
export type FeedFormat = (typeof FEED_FORMATS)[number];

export interface ConsumeOptions {
  readonly format: FeedFormat;
  /** Only what came of it, not the messages. */
  readonly summary: boolean;
  readonly limit: number;
  readonly passes: (found: { readonly index: number; readonly view: View }) => boolean;
  readonly publisher?: MessagePublisher | undefined;
  /** Called after each batch. */
  readonly after?: (messages: number) => void;
  /** Is told each notice, and when the first message of each batch was received. */
  readonly observer?: Pick<FeedMetrics, 'notice' | 'message'> | undefined;
}

export interface Consumed {
  readonly messages: number;
  readonly printed: number;
  readonly seconds: number;
  /** By channel: what was delivered in sequence, as one number. */
  readonly digests: readonly StreamDigest[];
  readonly statistics: FeedStatistics;
  /** `VW_CAPTURE_MALFORMED`: the capture ended badly. What came before it is counted here; whoever asked has to tell. */
  readonly fault: VenuewireError | undefined;
}

const LETTERS = 'ABCDEFGHIJKLMNOP';

/** Tells an observer the first message of each batch. */
class FirstOfBatch {
  #isDue = false;
  constructor(readonly observer: ConsumeOptions['observer']) {}
  begin(): void {
    this.#isDue = this.observer !== undefined;
  }
  see(at: Position): void {
    if (!this.#isDue) return;
    this.#isDue = false;
    this.observer?.message(at.receivedAtNumber);
  }
}

/** Reads the feed to its end, or until `limit` messages have been printed. */
export async function consume(feed: Feed, out: Output, options: ConsumeOptions): Promise<Consumed> {
  const { decoder } = feed;
  const digests = feed.channels.map(() => new StreamDigest());
  const bytes = new Uint8Array(feed.ring.view.buffer, feed.ring.view.byteOffset, feed.ring.view.byteLength);
  const { publisher, observer } = options;
  const firsts = new FirstOfBatch(observer);
  const print = options.summary ? undefined : printer(feed, options.format);
  let messages = 0;
  let printed = 0;
  const readText = textReader(decoder);
  const said = (view: View): { readonly message: string; readonly fields: object } => {
    const text = readText?.(view);
    return { message: text?.name ?? view.$message.name, fields: text?.fields ?? { ...view.toObject() } };
  };
  const take = (view: View, at: Position): void => {
    messages++;
    firsts.see(at);
    if (at.sequenced && at.origin !== 'snapshot') digests[at.channel]?.add(at.sequence, bytes, view.$at, view.$length);
    if (printed >= options.limit) return;
    if (!options.passes({ index: view.$message.index, view })) return;
    printed++;
    if (print !== undefined) out.line(print(view, at));
    publisher?.add({
      channel: feed.channels[at.channel] ?? '',
      sequence: BigInt(at.sequence),
      time: at.receivedAt,
      ...said(view),
    });
  };
  const handlers = Object.fromEntries(decoder.names.map((name: string) => [name, take]));
  const write = options.format === 'ndjson' ? noticeJson : noticeText;
  const notices = new FilledOnce((n) => out.line(write(n, feed)));
  const dispatcher = feed.dispatcher(handlers as never, {
    notice: (n) => {
      observer?.notice(n);
      if (!options.summary && n.type !== 'endOfData') notices.notice(n);
    },
    unknown: (view, at) => {
      messages++;
      if (!at.sequenced || at.origin === 'snapshot') return;
      digests[at.channel]?.add(at.sequence, new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    },
  });
  const began = performance.now();
  let fault: VenuewireError | undefined;
  try {
    for await (const batch of feed) {
      firsts.begin();
      read(feed.ring, batch.from, batch.to, dispatcher);
      if (publisher !== undefined) await publisher.flush();
      if (out.full || feed.ring.head === batch.to) await out.flush();
      options.after?.(messages);
      if (printed >= options.limit) break;
    }
  } catch (error) {
    if (!(error instanceof VenuewireError) || error.code !== 'VW_CAPTURE_MALFORMED') throw error;
    fault = error;
  }
  notices.flush();
  await out.flush();
  return {
    messages,
    printed,
    seconds: (performance.now() - began) / 1000,
    digests,
    statistics: feed.statistics(),
    fault,
  };
}

export function printer(
  feed: Pick<Feed, 'decoder' | 'channels'>,
  format: FeedFormat,
): (view: View, at: Position) => string {
  const text = textReader(feed.decoder);
  if (format === 'ndjson') {
    const heads = feed.channels.map((c) => quote(c));
    const writers = feed.decoder.names.map((_: string, i: number) => fieldsWriter(feed.decoder.plan(i).record.fields));
    return (view, at) => {
      const read = text?.(view);
      const name = read?.name ?? view.$message.name;
      const fields = read === undefined ? writers[view.$message.index]?.(view) : fieldsJson(read);
      return `{"time":"${at.receivedAt}","channel":${heads[at.channel]},"line":"${LETTERS[at.line] ?? at.line}","sequence":"${at.sequence}","origin":"${at.origin}","message":${quote(name)},"fields":${fields}}`;
    };
  }
  const { message } = formatter(format, feed.decoder);
  let n = 0;
  return (view, at) => {
    const from = at.origin === 'live' ? (LETTERS[at.line] ?? '') : at.origin;
    const channel = `${feed.channels[at.channel]} ${from}`;
    const sequence = BigInt(at.sequence);
    const read = text?.(view);
    if (read !== undefined) return `${instantText(at.receivedAt)}  ${channel}  seq ${sequence}  ${readText(read)}`;
    const packet = ++n;
    return message({ packet, time: at.receivedAt, channel, sequence, view, base: 0, frame: undefined, packetAt: 0 });
  };
}

const readText = (read: Read): string => printableWord(`${read.name} ${fieldsJson(read)}`);

/** `expected 10 = delivered 8 + recovered 1 + abandoned 1 + in flight 0` */
export const ledgerText = (l: Ledger): string =>
  `expected ${grouped(l.expected)} = delivered ${grouped(l.delivered)} + recovered ${grouped(l.recovered)} + abandoned ${grouped(l.abandoned)} + in flight ${grouped(l.inFlight)}${balances(l) ? '' : '  DOES NOT BALANCE'}`;

/** `delivered 800 messages = handed over 100 + left unread 700` */
const readerText = (r: ReaderStatistics): string =>
  `delivered ${grouped(r.delivered)} messages = handed over ${grouped(r.handed)} + left unread ${grouped(r.unread)}`;

const SHOWN = [
  'gapsOpened',
  'gapsFilled',
  'gapsAbandoned',
  'reordered',
  'duplicates',
  'requests',
  'refusals',
  'malformed',
  'unknownMessages',
  'windowFull',
  'otherSession',
] as const;

function channelText(name: string, c: ChannelStatistics, digest: StreamDigest): string[] {
  const counters = SHOWN.filter((key) => (c[key] ?? 0) > 0).map((key) => `${key} ${grouped(c[key] ?? 0)}`);
  return [
    `  ${name}: ${ledgerText(c)}`,
    ...(counters.length > 0 ? [`    ${counters.join(', ')}`] : []),
    `    digest ${digest.toString()} of ${grouped(digest.count)} messages in sequence`,
  ];
}

const LISTED_STREAMS = 4;

/** What a feed listens to: its lines, and the sessions that it keeps. */
export function sourcesText(feed: Feed, venue: Venue): string {
  const count = (n: number, what: string): string => `${grouped(n)} ${what}${n === 1 ? '' : 's'}`;
  const streams = Object.entries(venue.streams ?? {}).map(
    ([name, { pattern, servers }]) =>
      `${name}: ${typeof pattern === 'string' ? pattern : pattern.id} to ${servers.join(', ')}`,
  );
  const listed = streams.slice(0, LISTED_STREAMS).join('; ');
  const more = streams.length > LISTED_STREAMS ? '; …' : '';
  return [
    ...(feed.lines.length > 0 || streams.length === 0 ? [count(feed.lines.length, 'line')] : []),
    ...(streams.length > 0 ? [`${count(streams.length, 'stream')} (${listed}${more})`] : []),
  ].join(', ');
}

/** What came of it: rates, ledger, digests. */
export function summary(feed: Feed, c: Consumed): string[] {
  const { statistics } = c;
  const rate = c.seconds > 0 ? Math.round(c.messages / c.seconds) : 0;
  const drops = statistics.feed.kernelDrops ?? 0;
  return [
    `${grouped(c.messages)} messages in ${c.seconds.toFixed(2)} s (${grouped(rate)}/s)`,
    `ledger: ${ledgerText(statistics.ledger)}`,
    ...(statistics.reader.unread > 0 ? [readerText(statistics.reader)] : []),
    ...feed.channels.flatMap((name, i) =>
      channelText(name, statistics.channels[i] as ChannelStatistics, c.digests[i] as StreamDigest),
    ),
    ...(drops > 0 ? [`  the kernel dropped ${grouped(drops)} datagrams: see venuewire doctor`] : []),
  ];
}

/** Whether something was lost or is not in order. */
export function hasFindings({ statistics: s }: Consumed): boolean {
  const bad = (c: ChannelStatistics) => (c.abandoned ?? 0) + (c.malformed ?? 0) + (c.unknownMessages ?? 0) > 0;
  return !balances(s.ledger) || s.channels.some(bad) || (s.feed.captureMalformed ?? 0) > 0;
}
