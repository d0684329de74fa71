/** `venuewire demo`: a simulated venue and a live feed on loopback: faults, gaps that open and close, the ledger. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Notice, Position } from '../feed/batch.js';
import { type Feed, openFeed } from '../feed/feed.js';
import { balances } from '../feed/statistics.js';
import { formatPrice, type View } from '../layout/index.js';
import { printableWord } from '../printable.js';
import { capturedHistory } from '../simulator/captured-history.js';
import { LoopbackVenue, StreamDigest } from '../simulator/index.js';
import { wholeNumber } from './choose.js';
import { ledgerText } from './consume.js';
import { TopBooks } from './demo-book.js';
import { FINDINGS, OK } from './exit.js';
import { grouped, Output } from './output.js';
import { type FaultOptions, faultOptions, lineFaults } from './simulate.js';
import { dataStream, drawScreen } from './terminal.js';

interface DemoOptions extends FaultOptions {
  readonly capture?: string;
  readonly seconds: number;
  readonly seed: number;
  readonly rate: number;
  readonly symbols: number;
  readonly color: boolean;
}

const EVENTS = 8;
const STOCKS = 5;
/** After the venue's end recovery has so long to finish. */
const GRACE_MS = 5000;

/** What the screen shows, kept by the reader. */
class Watch {
  readonly digest = new StreamDigest();
  readonly books = new TopBooks();
  readonly events: string[] = [];
  messages = 0;
  opened = 0;
  filled = 0;
  abandoned = 0;
  ended = false;
  readonly #began = performance.now();

  notice(n: Notice): void {
    const range = n.end - n.begin === 1n ? `${n.begin}` : `${n.begin}–${n.end - 1n}`;
    const many = `${n.end - n.begin} message${n.end - n.begin === 1n ? '' : 's'}`;
    switch (n.type) {
      case 'gapOpened':
        this.opened++;
        this.#say(`gap opened    ${range} (${many})`);
        break;
      case 'gapFilled':
        this.filled++;
        this.#say(`gap filled    ${range} by ${n.reason}`);
        break;
      case 'gapAbandoned':
        this.abandoned++;
        this.#say(`GAP ABANDONED ${range}: ${n.reason}`);
        break;
      case 'sessionStarted':
        this.#say(`session ${n.session} started`);
        break;
      case 'sessionEnded':
        this.ended = true;
        this.#say(`session ended at ${n.begin}`);
        break;
      case 'recoveryFailed':
        this.#say(`recovery failed: ${n.reason}`);
        break;
      default:
        break;
    }
  }

  #say(text: string): void {
    const seconds = (performance.now() - this.#began) / 1000;
    this.events.push(`${seconds.toFixed(2).padStart(6)} s  ${text}`);
  }

  /** A feed's handlers: every message into the digest, those of orders into the books. */
  handlers(feed: Feed): Readonly<Record<string, (m: View, at: Position) => void>> {
    const { view } = feed.ring;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    return Object.fromEntries(
      feed.decoder.names.map((name: string) => {
        const book = this.books.handlers[name];
        return [
          name,
          (m: View, at: Position) => {
            this.messages++;
            if (at.sequenced && at.origin !== 'snapshot') this.digest.add(at.sequence, bytes, m.$at, m.$length);
            book?.(m);
          },
        ];
      }),
    );
  }
}

const ESC = '\x1b[';

class Screen {
  readonly #color: boolean;
  #lines = 0;
  #shown = 0;
  #lastMessages = 0;
  #lastAt = performance.now();
  #rate = 0;
  constructor(
    readonly live: boolean,
    color: boolean,
  ) {
    this.#color = live && color;
  }

  #paint(code: number, text: string): string {
    return this.#color ? `${ESC}${code}m${text}${ESC}0m` : text;
  }

  /** Messages a second since the last frame. */
  measure(messages: number): void {
    const now = performance.now();
    if (now - this.#lastAt < 250) return;
    this.#rate = ((messages - this.#lastMessages) * 1000) / (now - this.#lastAt);
    this.#lastMessages = messages;
    this.#lastAt = now;
  }

  /** Where things stand: what was delivered, and what had to be done for it. */
  #status(venue: LoopbackVenue, feed: Feed, watch: Watch): readonly [string, string] {
    const { ledger } = feed.statistics();
    const { published, lost, requests, replayLogins } = venue.stats();
    return [
      `published ${grouped(published)}  delivered ${grouped(ledger.delivered)}  recovered ${grouped(ledger.recovered)}  ` +
        `in flight ${grouped(ledger.inFlight)}  abandoned ${grouped(ledger.abandoned)}`,
      `${grouped(Math.round(this.#rate))} messages/s  gaps ${watch.opened}  packets lost on A ${lost[0] ?? 0}, on B ${lost[1] ?? 0}  requests ${requests + replayLogins}`,
    ];
  }

  books(watch: Watch): string[] {
    const price = (p: number | undefined) => (p === undefined || p === 0 ? '–' : formatPrice(p, -4).slice(0, -2));
    return [
      `${'STOCK'.padEnd(9)}${'SHARES'.padStart(9)}${'BID'.padStart(11)}${'ASK'.padStart(11)}${'SHARES'.padStart(9)}${'LAST'.padStart(11)}${'ORDERS'.padStart(8)}${'TRADES'.padStart(8)}`,
      ...watch.books
        .top(STOCKS)
        .map(
          (t) =>
            `${printableWord(t.stock).padEnd(9)}${grouped(t.bidShares).padStart(9)}${this.#paint(32, price(t.bid).padStart(11))}${this.#paint(31, price(t.ask).padStart(11))}` +
            `${grouped(t.askShares).padStart(9)}${price(t.last).padStart(11)}${grouped(t.orders).padStart(8)}${grouped(t.trades).padStart(8)}`,
        ),
    ];
  }

  draw(venue: LoopbackVenue, feed: Feed, watch: Watch): void {
    this.measure(watch.messages);
    if (!this.live) return;
    // A line that wraps would be two, and the next frame would begin in the wrong place.
    const cut = (text: string) => printableWord(text).slice(0, (dataStream.columns || 80) - 1);
    const [delivered, effort] = this.#status(venue, feed, watch);
    const lines = [
      this.#paint(1, cut(delivered)),
      cut(effort),
      '',
      ...this.books(watch),
      '',
      ...watch.events.slice(-EVENTS).map(cut),
    ];
    drawScreen(this.#lines, lines);
    this.#lines = lines.length;
  }

  /** For a log: what is new since the last call, and where things stand; at the end the verdict says that. */
  log(venue: LoopbackVenue, feed: Feed, watch: Watch, out: Output, ended = false): void {
    if (this.live) return;
    const news = watch.events.slice(this.#shown);
    this.#shown = watch.events.length;
    for (const event of news.slice(0, EVENTS)) out.line(event);
    if (news.length > EVENTS) out.line(`          … and ${news.length - EVENTS} more`);
    if (!ended) for (const line of this.#status(venue, feed, watch)) out.line(`          ${line}`);
  }
}

async function demo(options: DemoOptions): Promise<void> {
  const history = options.capture === undefined ? undefined : await capturedHistory(options.capture);
  const rate = history === undefined ? options.rate : Math.max(1, Math.ceil(history.length / options.seconds));
  // Times at which both lines are dead: only the servers can bring back what was said then.
  const dayNs = options.seconds * 1e9;
  const silence = [0.2, 0.45, 0.7].map((p) => ({ fromNs: p * dayNs, toNs: p * dayNs + 30e6 }));
  const venue = new LoopbackVenue({
    seed: options.seed,
    symbols: options.symbols,
    rate,
    messages: rate * options.seconds,
    faults: lineFaults(options).map((f) => ({ ...f, silence, untilNs: 0.95 * dayNs })),
    publisher: { heartbeatNs: 200e6 },
    ...(history === undefined ? {} : { history }),
  });
  const out = new Output();
  const screen = new Screen(dataStream.isTTY === true, options.color);
  const watch = new Watch();
  await venue.start();
  const declared = venue.venue({ recovery: ['rerequest', 'replay'] });
  out.line(
    `A venue with ${grouped(venue.history.length)} messages on ${venue.lines.A} (A) and ${venue.lines.B} (B), re-request on ${venue.addresses.rerequest}, replay on ${venue.addresses.replay}`,
  );
  out.line(
    `Faults: A loses ${percent(options.loss[0])} of its packets, B ${percent(options.loss[1] ?? options.loss[0])}; three times both are dead for 30 ms`,
  );
  out.line('');
  await out.flush();
  let feed: Feed | undefined;
  let redraw: NodeJS.Timeout | undefined;
  let log: NodeJS.Timeout | undefined;
  const interrupted = new AbortController();
  const stop = (): void => interrupted.abort();
  process.once('SIGINT', stop);
  try {
    const opened = await openFeed(declared);
    feed = opened;
    opened.on('notice', (n) => watch.notice(n));
    opened.on('unknown', (view, at) => {
      watch.messages++;
      const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      if (at.sequenced && at.origin !== 'snapshot') watch.digest.add(at.sequence, bytes);
    });
    const reading = opened.run(watch.handlers(opened));
    redraw = setInterval(() => screen.draw(venue, opened, watch), 100);
    log = setInterval(() => {
      screen.log(venue, opened, watch, out);
      void out.flush();
    }, 1000);
    venue.begin();
    await Promise.race([venue.finished, reading, aborted(interrupted.signal)]);
    await settled(opened, venue, interrupted.signal);
    opened.close();
    await reading;
    clearInterval(redraw);
    clearInterval(log);
    screen.draw(venue, opened, watch);
    screen.log(venue, opened, watch, out, true);
    if (!screen.live) for (const line of ['', ...screen.books(watch)]) out.line(line);
    process.exitCode = verdict(venue, opened, watch, out);
    await out.flush();
  } finally {
    clearInterval(redraw);
    clearInterval(log);
    process.removeListener('SIGINT', stop);
    feed?.close();
    await venue.stop();
  }
}

const percent = (p = 0): string => `${Number((100 * p).toFixed(2))} %`;

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** Until the feed has accounted for everything that was published, or the grace is over. */
async function settled(feed: Feed, venue: LoopbackVenue, signal: AbortSignal): Promise<void> {
  const until = performance.now() + GRACE_MS;
  while (performance.now() < until && !signal.aborted && !feed.closed) {
    const { ledger } = feed.statistics();
    if (ledger.inFlight === 0 && ledger.delivered + ledger.recovered + ledger.abandoned >= venue.stats().published)
      return;
    await sleep(10);
  }
}

/** Says whether the feed delivered what the venue said. */
function verdict(venue: LoopbackVenue, feed: Feed, watch: Watch, out: Output): number {
  const { ledger } = feed.statistics();
  const { history } = venue;
  const published = venue.stats().published;
  const ours = watch.digest.toString();
  const theirs = history
    .digest(history.first, history.first + published)
    .toString(16)
    .padStart(16, '0');
  const whole = ledger.expected === published && ledger.abandoned === 0;
  out.line('');
  out.line(`ledger: ${ledgerText(ledger)}`);
  out.line(`gaps: ${watch.opened} opened, ${watch.filled} ranges filled, ${watch.abandoned} abandoned`);
  out.line(`digest of what was delivered: ${ours} (${grouped(watch.digest.count)} messages)`);
  out.line(`digest of what the venue said: ${theirs} (${grouped(published)} messages)`);
  if (balances(ledger) && ours === theirs && whole) {
    out.line('The ledger balances, and what was delivered is what the venue said: every message, once, in order.');
    return OK;
  }
  if (!balances(ledger)) out.line('THE LEDGER DOES NOT BALANCE.');
  if (ours !== theirs) out.line('WHAT WAS DELIVERED DIFFERS FROM WHAT THE VENUE SAID.');
  return FINDINGS;
}

export function configure(command: Command): void {
  command
    .option('--capture <file>', 'the venue publishes the messages of this TotalView pcap or BinaryFILE')
    .option('--seconds <n>', 'length of the day', wholeNumber('--seconds', 1, 3600), 8)
    .option('--seed <n>', 'everything random comes from it', wholeNumber('--seed', 0, 2 ** 32 - 1), 1)
    .option('--rate <n>', 'messages a second', wholeNumber('--rate', 1, 1_000_000), 20_000)
    .option('--symbols <n>', 'stocks', wholeNumber('--symbols', 1, 10_000), 20);
  faultOptions(command, [0.03, 0.05])
    .option('--no-color', 'no colours')
    .addHelpText(
      'after',
      `
Real multicast and real recovery servers on loopback. Ends by itself; exits with 1 when the ledger does not balance or the
delivered messages are not the venue's.

Examples:
  venuewire demo
  venuewire demo --seed 7 --loss 0.1 --seconds 4
  venuewire demo --capture day.pcap
`,
    )
    .action(demo);
}
