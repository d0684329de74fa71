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
  const groups = options.lines ?? ['233.54.12.111:26477', '233.49.196.111:26477'];
  const addresses = groups.map((group, i) => {
    const at = group.lastIndexOf(':');
    return {
      source: `10.1.${i + 1}.10`,
      sourcePort: 40_000 + i,
      destination: group.slice(0, at),
      destinationPort: Number(group.slice(at + 1)),
    };
  });
  const faulty = (options.faults ?? []).length > 0;
  const lines = groups.map((_, i) => new FaultyLine(options.faults?.[i] ?? {}, random.fork(`faults of line ${i}`)));
  const framing = options.framing ?? new MoldUdp64Framing(history.session);
  const state = new VenueState(history);
  const publisher = new Publisher(state, random.fork('publisher'), {
    heartbeatNs: 1e9,
    ...options.publisher,
    framing,
    lines: groups.length,
    startNs: 0,
  });
  const pcap = new PcapWriter(sink, options);
  const startSeconds = options.startSeconds ?? START;
  const write = (line: number, timeNs: number, bytes: Uint8Array): void => {
    const seconds = Math.floor(timeNs / 1e9);
    const address = addresses[line];
    if (address) pcap.udp(startSeconds + seconds, timeNs - seconds * 1e9, address, bytes);
  };

  const arrived = faulty ? new Uint8Array(history.length) : undefined;
  const queue = new EventQueue<{ readonly line: number; readonly timeNs: number; readonly bytes: Uint8Array }>();
  const next = groups.map(() => history.first);
  const flush = (untilNs: number): void => {
    while (queue.size > 0 && queue.dueNs <= untilNs) {
      const d = queue.pop();
      if (d) write(d.line, d.timeNs, d.bytes);
    }
  };
  while (publisher.dueNs !== Number.POSITIVE_INFINITY) {
    publisher.tick(
      publisher.dueNs + 1e6,
      (line, bytes, timeNs) => {
        if (arrived === undefined) {
          write(line, timeNs, bytes);
          return;
        }
        const begin = next[line] as number;
        const end = publisher.nextOf(line);
        next[line] = end;
        const deliveries = (lines[line] as FaultyLine).pass(timeNs, bytes);
        for (const d of deliveries) queue.push(d.timeNs, { line, ...d });
        if (deliveries.length > 0) arrived.fill(1, begin - history.first, end - history.first);
        flush(timeNs);
      },
      1_024,
    );
  }
  flush(Number.POSITIVE_INFINITY);
  pcap.end();
  const lost: number[] = [];
  arrived?.forEach((yes, i) => {
    if (yes === 0) lost.push(history.first + i);
  });
  return { packets: pcap.frames, bytes: pcap.bytes, lost };
}
