/** A capture as lines with faults would have brought it: what is lost, late, twice or damaged comes from a seed. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Capture, type CaptureTotals } from '../capture/packets.js';
import { VenuewireError } from '../errors.js';
import type { CapturedPayload } from '../feed/batch.js';
import { EventQueue } from './event-queue.js';
import { FaultyLine, type LineFaults } from './line-faults.js';
import { type FrameAddress, PcapWriter } from './pcap-writer.js';
import { Random } from './random.js';

const SECOND_NS = 1_000_000_000n;
const LAST_SECOND = 2n ** 32n - 1n;

export interface FaultyCaptureOptions {
  readonly seed: number;
  /** Faults of the line that is sent to `ip:port`. */
  readonly lines: ReadonlyMap<string, LineFaults>;
  /** Faults of all other lines. */
  readonly others: LineFaults;
  /** Called after each batch with the bytes of the capture that have been read so far. */
  readonly after?: (bytesRead: number) => void;
  readonly signal?: AbortSignal;
}

/** What became of the packets of one line. */
export type LineOutcome = Readonly<Record<'packets' | 'lost' | 'late' | 'twice' | 'damaged', number>>;

export interface FaultyCapture {
  readonly capture: Capture;
  /** By `ip:port`, in the order in which they appear. */
  readonly lines: ReadonlyMap<string, LineOutcome>;
  /** Packets that are not UDP over IPv4: they are left out. */
  readonly passedOver: number;
  /** Packets that the capture had cut short. */
  readonly truncated: number;
  readonly totals: CaptureTotals;
  readonly release: () => void;
}

const notKept = (name: string, cause: unknown): VenuewireError =>
  new VenuewireError(
    'VW_CAPTURE_OPEN',
    `What is left of ${name} cannot be kept in ${tmpdir()}: ${cause instanceof Error ? cause.message : cause}`,
    'Make room there, or set TMPDIR to another folder.',
  );

/** A file that has no name any more. */
function unnamedFile(name: string): number {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'venuewire-'));
    const descriptor = openSync(join(folder, 'capture'), 'wx+', 0o600);
    rmSync(folder, { recursive: true });
    return descriptor;
  } catch (cause) {
    throw notKept(name, cause);
  }
}

class Line {
  readonly #faulty: FaultyLine;
  packets = 0;
  late = 0;
  twice = 0;

  constructor(
    readonly address: FrameAddress,
    faults: LineFaults,
    random: Random,
  ) {
    this.#faulty = new FaultyLine(faults, random);
  }

  /** What arrives of a packet, and when; the bytes are its own. */
  pass(timeNs: number, view: DataView) {
    this.packets++;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
    const deliveries = this.#faulty.pass(timeNs, bytes);
    if (deliveries.length > 1) this.twice++;
    if ((deliveries[0]?.timeNs ?? timeNs) > timeNs) this.late++;
    return deliveries;
  }

  outcome(): LineOutcome {
    const { packets, late, twice } = this;
    return { packets, lost: this.#faulty.lost, late, twice, damaged: this.#faulty.damaged };
  }
}

/** The lines of a capture, and what is still on its way on them. */
class Lines {
  readonly lines = new Map<string, Line>();
  readonly #queue = new EventQueue<{ readonly line: Line; readonly bytes: Uint8Array }>();
  readonly #random: Random;
  readonly #pcap: PcapWriter;
  #first: bigint | undefined;
  passedOver = 0;
  truncated = 0;

  constructor(
    readonly options: FaultyCaptureOptions,
    sink: (bytes: Uint8Array) => void,
  ) {
    this.#random = new Random(options.seed);
    this.#pcap = new PcapWriter(sink);
  }

  take(p: CapturedPayload): void {
    if (p.transport !== 'udp' || p.destination.startsWith('[')) {
      this.passedOver++;
      return;
    }
    if (p.truncated) this.truncated++;
    this.#first ??= p.time;
    const timeNs = Number(p.time - this.#first);
    const line = this.#line(p);
    for (const d of line.pass(timeNs, p.view)) this.#queue.push(d.timeNs, { line, bytes: d.bytes });
    this.#write(timeNs);
  }

  end(): void {
    this.#write(Number.POSITIVE_INFINITY);
    this.#pcap.end();
  }

  #line(p: CapturedPayload): Line {
    let line = this.lines.get(p.destination);
    if (line === undefined) {
      const { lines, others } = this.options;
      const [source = '', sourcePort] = p.source.split(':');
      const [destination = ''] = p.destination.split(':');
      const address = { source, sourcePort: Number(sourcePort), destination, destinationPort: p.destinationPort };
      line = new Line(address, lines.get(p.destination) ?? others, this.#random.fork(p.destination));
      this.lines.set(p.destination, line);
    }
    return line;
  }

  /** Nothing that has not been read can arrive before `untilNs`. */
  #write(untilNs: number): void {
    while (this.#queue.size > 0 && this.#queue.dueNs <= untilNs) {
      const at = (this.#first ?? 0n) + BigInt(Math.round(this.#queue.dueNs));
      const next = this.#queue.pop();
      if (next === undefined) return;
      const seconds = at < 0n ? 0n : at / SECOND_NS;
      const within = seconds > LAST_SECOND ? LAST_SECOND : seconds;
      this.#pcap.udp(Number(within), at < 0n ? 0 : Number(at % SECOND_NS), next.line.address, next.bytes);
    }
  }
}

/**
 * Reads a capture to its end, passes the UDP datagrams of each destination over a line with faults, and keeps what arrives, in
 * the order of its arrival, in a file without a name, which is gone with the process or with `release`. Times are those of the
 * capture.
 * @throws VenuewireError `VW_CAPTURE_OPEN`, `VW_CAPTURE_FORMAT`
 */
export async function faultyCapture(given: Capture, options: FaultyCaptureOptions): Promise<FaultyCapture> {
  const descriptor = unnamedFile(given.name);
  const release = (): void => closeSync(descriptor);
  const write = (bytes: Uint8Array): void => {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    } catch (cause) {
      throw notKept(given.name, cause);
    }
  };
  try {
    const lines = new Lines(options, write);
    const { after, signal } = options;
    const totals = await given.read((p) => lines.take(p), {
      ...(after === undefined ? {} : { after }),
      ...(signal === undefined ? {} : { signal }),
    });
    lines.end();
    return {
      capture: new Capture(`/proc/self/fd/${descriptor}`, given.name),
      lines: new Map([...lines.lines].map(([name, line]) => [name, line.outcome()])),
      passedOver: lines.passedOver,
      truncated: lines.truncated,
      totals,
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}
