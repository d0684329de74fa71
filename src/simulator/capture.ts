import { EventQueue } from './event-queue.js';
import type { VenueHistory } from './history.js';
import { FaultyLine, type LineFaults } from './line-faults.js';
import { MoldUdp64Framing } from './mold-udp64.js';
import { type PcapOptions, PcapWriter } from './pcap-writer.js';
import { type FeedFraming, Publisher, type PublisherOptions } from './publisher.js';
import { Random } from './random.js';
import { VenueState } from './venue-state.js';

/** Options of `writeCapture`; times in nanoseconds. */
export interface CaptureOptions extends PcapOptions {
  readonly seed: number;
  /** Multicast group and port of each line; default 233.54.12.111:26477 (A) and 233.49.196.111:26477 (B). */
  readonly lines?: readonly string[];
  /** Faults of each line, by its index. Default: none. */
  readonly faults?: readonly LineFaults[];
  /** Default: MoldUDP64. */
  readonly framing?: FeedFraming;
  readonly publisher?: Partial<Omit<PublisherOptions, 'framing' | 'lines' | 'startNs'>>;
  /** Time of the first message, seconds since the Unix epoch; default 2024-01-02 09:30 in New York. */
  readonly startSeconds?: number;
}

const START = 1_704_205_800;

const GROUPS = ['233.54.12.111:26477', '233.49.196.111:26477'];
const HEARTBEAT_NS = 1e9;
const FIRST_SOURCE_PORT = 40_000;
/** Time and packets that the publisher goes on at once. */
const STEP_NS = 1e6;
const STEP_PACKETS = 1_024;

/** Where the packets of a line come from and go to. */
function addressOf(group: string, line: number): Parameters<PcapWriter['udp']>[2] {
  const at = group.lastIndexOf(':');
  return {
    source: `10.1.${line + 1}.10`,
    sourcePort: FIRST_SOURCE_PORT + line,
    destination: group.slice(0, at),
    destinationPort: Number(group.slice(at + 1)),
  };
}

type Write = (line: number, timeNs: number, bytes: Uint8Array) => void;

/** Lines that lose and delay: what arrives is written in the order of its arrival. */
class FaultyLines {
  readonly #lines: readonly FaultyLine[];
  readonly #queue = new EventQueue<{ readonly line: number; readonly timeNs: number; readonly bytes: Uint8Array }>();
  readonly #arrived: Uint8Array;
  /** The number that each line comes to next. */
  readonly #next: number[];

  constructor(
    readonly history: VenueHistory,
    readonly publisher: Publisher,
    faults: readonly LineFaults[],
    lines: number,
    random: Random,
    readonly write: Write,
  ) {
    this.#lines = Array.from({ length: lines }, (_, i) => {
      return new FaultyLine(faults[i] ?? {}, random.fork(`faults of line ${i}`));
    });
    this.#arrived = new Uint8Array(history.length);
    this.#next = this.#lines.map(() => history.first);
  }

  take(line: number, bytes: Uint8Array, timeNs: number): void {
    const begin = this.#next[line] as number;
    const end = this.publisher.nextOf(line);
    this.#next[line] = end;
    const deliveries = (this.#lines[line] as FaultyLine).pass(timeNs, bytes);
    for (const d of deliveries) this.#queue.push(d.timeNs, { line, ...d });
    const { first } = this.history;
    if (deliveries.length > 0) this.#arrived.fill(1, begin - first, end - first);
    this.flush(timeNs);
  }

  flush(untilNs: number): void {
    while (this.#queue.size > 0 && this.#queue.dueNs <= untilNs) {
      const d = this.#queue.pop();
      if (d) this.write(d.line, d.timeNs, d.bytes);
    }
  }

  /** Numbers that no line has brought. */
  get lost(): number[] {
    const lost: number[] = [];
    this.#arrived.forEach((yes, i) => {
      if (yes === 0) lost.push(this.history.first + i);
    });
    return lost;
  }
}

/**
 * Writes a day as a capture of its multicast lines, in order of arrival. Ten million messages on two lines take a few
 * seconds.
 * @param sink takes the file's bytes, piece by piece.
 * @returns what was written; `lost`: the numbers that are on no line.
 */
export function writeCapture(
  history: VenueHistory,
  options: CaptureOptions,
  sink: (bytes: Uint8Array) => void,
): { readonly packets: number; readonly bytes: number; readonly lost: readonly number[] } {
  const random = new Random(options.seed);
  const { lines: groups = GROUPS, faults = [], startSeconds = START } = options;
  const addresses = groups.map(addressOf);
  const publisher = new Publisher(new VenueState(history), random.fork('publisher'), {
    heartbeatNs: HEARTBEAT_NS,
    ...options.publisher,
    framing: options.framing ?? new MoldUdp64Framing(history.session),
    lines: groups.length,
    startNs: 0,
  });
  const pcap = new PcapWriter(sink, options);
  const write: Write = (line, timeNs, bytes) => {
    const seconds = Math.floor(timeNs / 1e9);
    const address = addresses[line];
    if (address) pcap.udp(startSeconds + seconds, timeNs - seconds * 1e9, address, bytes);
  };
  const faulty =
    faults.length === 0 ? undefined : new FaultyLines(history, publisher, faults, groups.length, random, write);
  const emit = (line: number, bytes: Uint8Array, timeNs: number): void => {
    if (faulty === undefined) write(line, timeNs, bytes);
    else faulty.take(line, bytes, timeNs);
  };
  while (publisher.dueNs !== Number.POSITIVE_INFINITY) publisher.tick(publisher.dueNs + STEP_NS, emit, STEP_PACKETS);
  faulty?.flush(Number.POSITIVE_INFINITY);
  pcap.end();
  return { packets: pcap.frames, bytes: pcap.bytes, lost: faulty?.lost ?? [] };
}
