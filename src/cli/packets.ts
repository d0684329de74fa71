/** The packets of a capture, through the native reader: pcap, pcapng, BinaryFILE, gzip, `-`. */
import { statSync } from 'node:fs';
import { moldudp64 as anyDecoder } from '../decoders/moldudp64.js';
import { type BatchSink, type CapturedPayload, Dispatcher, read } from '../feed/batch.js';
import { compileVenue } from '../feed/compile.js';
import { captureBytes } from '../feed/feed.js';
import { Ring } from '../feed/ring.js';
import { feedCounter, statistics } from '../feed/statistics.js';
import type { Decoder } from '../layout/index.js';
import { native, nativeError } from '../native.js';
import { captureFile } from '../patterns/network.js';
import { defineVenue } from '../patterns/venue.js';

export interface CaptureTotals {
  /** Frames of the capture, and those without a UDP or TCP payload. */
  readonly frames: number;
  readonly skipped: number;
}

export interface PacketOptions {
  /** Called after each batch with the bytes of the capture that have been read so far: the place to wait for a slow reader of the output. */
  readonly after?: (bytesRead: number) => Promise<void> | void;
  /** Asked after each batch: true ends the reading. */
  readonly enough?: () => boolean;
}

/** An opened capture: the size is known before it is read. */
export class Capture {
  readonly size: number;
  readonly #source: string | Uint8Array;
  /** @param file a path, `-` for standard input, or the bytes. */
  constructor(file: string | Uint8Array) {
    this.#source = captureBytes(file);
    this.size = typeof this.#source === 'string' ? fileSize(this.#source) : this.#source.length;
  }

  /** What `openFeed` takes for it. */
  get source(): string | Uint8Array {
    return this.#source;
  }

  /**
   * Calls `packet` for each UDP or TCP payload (of a BinaryFILE: for each message), in order. The payload's view is valid
   * during the call.
   * @throws VenuewireError `VW_CAPTURE_…`; packets before the fault have been passed on.
   */
  async read(packet: (p: CapturedPayload) => void, options: PacketOptions = {}): Promise<CaptureTotals> {
    const decoder: Decoder = anyDecoder as unknown as Decoder;
    const venue = defineVenue({
      name: 'capture',
      decoder: decoder as never,
      lines: { A: captureFile('capture') },
    });
    const { spec } = compileVenue(venue, { capture: true });
    const ring = new Ring(1, 4 << 20);
    const feed = new (native().Feed)(
      spec,
      ring.bytes,
      ring.dataAt,
      ring.dataBytes,
      {
        kind: 'capture',
        ...(typeof this.#source === 'string' ? { file: this.#source } : { memory: this.#source }),
        routes: [],
        packets: true,

        cpu: -1,
      },
      null,
    );
    const done = feedCounter(ring, 'captureBytes');
    const sink: BatchSink = { packet };
    const dispatcher = new Dispatcher(ring, decoder as never, {}, sink);
    try {
      feed.start();
      for (;;) {
        // The state is read first: what is published before it changes is seen after it.
        const { state } = ring;
        const { tail, head } = ring;
        if (tail === head) {
          if (state === 'failed') {
            throw nativeError(feed.failure(), 'VW_CAPTURE_OPEN');
          }
          if (state !== 'running') break;
          feed.wait(50);
          continue;
        }
        read(ring, tail, head, dispatcher);
        ring.tail = head;
        await options.after?.(done());
        if (options.enough?.()) break;
      }
      const counters = statistics(ring).feed;
      return { frames: counters.captureFrames ?? 0, skipped: counters.captureSkipped ?? 0 };
    } finally {
      feed.close();
    }
  }
}

function fileSize(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
