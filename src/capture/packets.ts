/** The packets of a capture, through the native reader: pcap, pcapng, BinaryFILE, gzip, `-`. */
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  mkdtempSync,
  openSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stdin } from 'node:process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { moldudp64 as anyDecoder } from '../decoders/moldudp64.js';
import { VenuewireError } from '../errors.js';
import { type AnyDecoder, type CapturedPayload, Dispatcher, read } from '../feed/batch.js';
import { captureBytes, type NativeCaptureBytes } from '../feed/capture-source.js';
import { compileVenue } from '../feed/compile.js';
import { Ring } from '../feed/ring.js';
import { type SkippedFrames, skippedFrames } from '../feed/skipped.js';
import { feedCounter, statistics } from '../feed/statistics.js';
import { ANY_THREAD, type NativeFeed, native, nativeError } from '../native.js';
import { captureFile } from '../patterns/network.js';
import { defineVenue } from '../patterns/venue.js';

export interface CaptureTotals {
  readonly frames: number;
  /** Frames that gave no packet, and why. */
  readonly skipped: SkippedFrames;
  /** `VW_CAPTURE_MALFORMED`: the capture ends badly. Everything before has been passed on; whoever reads it has to tell. */
  readonly fault: VenuewireError | undefined;
}

export interface PacketOptions {
  /** Called after each batch with the bytes of the capture that have been read so far: the place to wait for a slow reader of the output. */
  readonly after?: (bytesRead: number) => Promise<void> | void;
  /** Asked after each batch: true ends the reading. */
  readonly enough?: () => boolean;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/** So long may a batch follow the other before timers and signals get their turn. */
const TURN_MS = 20;

/** A capture: the size is known before it is read, unless it comes through a pipe. */
export class Capture {
  readonly #bytes: NativeCaptureBytes;
  /** What errors call it. */
  readonly name: string;

  /** @param file a path, `-` for standard input, or the bytes. */
  constructor(file: string | Uint8Array, name?: string) {
    this.#bytes = captureBytes(file);
    this.name = name ?? ('memory' in this.#bytes ? 'the capture in memory' : nameOf(this.#bytes.file));
  }

  /** Bytes of the file; 0 where they come through a pipe. */
  get size(): number {
    if ('memory' in this.#bytes) return this.#bytes.memory.length;
    const status = statusOf(this.#bytes.file);
    return status?.isFile() === true ? status.size : 0;
  }
  /** It can be read only once, as fast as somebody writes. */
  get isPipe(): boolean {
    if ('memory' in this.#bytes) return false;
    const status = statusOf(this.#bytes.file);
    return status?.isFIFO() === true || status?.isSocket() === true;
  }
  /** What `openFeed` takes for it. */
  get source(): string | Uint8Array {
    return 'file' in this.#bytes ? this.#bytes.file : this.#bytes.memory;
  }

  /**
   * Calls `packet` for each UDP or TCP payload (of a BinaryFILE: for each message), in order. The payload's view is valid
   * during the call.
   * @throws VenuewireError `VW_CAPTURE_OPEN` and `VW_CAPTURE_FORMAT`. A capture that ends badly does not throw: see `fault`.
   */
  async read(packet: (p: CapturedPayload) => void, options: PacketOptions = {}): Promise<CaptureTotals> {
    const decoder: AnyDecoder = anyDecoder;
    const venue = defineVenue({ name: 'capture', decoder, lines: { A: captureFile('capture') } });
    const ring = new Ring(1, 4 << 20);
    let wake: () => void = () => {};
    const feed = new (native().Feed)(
      compileVenue(venue, { capture: true }).spec,
      ring.bytes,
      ring.dataAt,
      ring.dataBytes,
      { kind: 'capture', ...this.#bytes, name: this.name, routes: [], packets: true, ...ANY_THREAD },
      () => {
        ring.lowerBell();
        wake();
      },
    );
    const stop = (): void => wake();
    options.signal?.addEventListener('abort', stop);
    try {
      feed.start();
      const fault = await readAll(ring, feed, new Dispatcher(ring, decoder, {}, { packet }), options, (resolve) => {
        wake = resolve;
      });
      const { feed: counters } = statistics(ring);
      return { frames: counters.captureFrames ?? 0, skipped: skippedFrames(counters), fault };
    } finally {
      options.signal?.removeEventListener('abort', stop);
      feed.close();
    }
  }

  /**
   * The same capture in a form that can be read again: what comes through a pipe is kept in a file without a name, which
   * is gone with the process or with `release`.
   */
  async keep(): Promise<KeptCapture> {
    const release = (): void => {};
    if ('memory' in this.#bytes) return { capture: this, release };
    const { file } = this.#bytes;
    if (!this.isPipe) {
      const again = file === '-' && statusOf(file)?.isFile() === true;
      return { capture: again ? new Capture('/proc/self/fd/0', this.name) : this, release };
    }
    try {
      const descriptor = await spool(file === '-' ? stdin : createReadStream(file));
      return {
        capture: new Capture(`/proc/self/fd/${descriptor}`, this.name),
        release: () => closeSync(descriptor),
      };
    } catch (cause) {
      throw new VenuewireError(
        'VW_CAPTURE_OPEN',
        `${this.name} could not be kept for a second reading: ${cause instanceof Error ? cause.message : cause}`,
        'Name the lines (--line) so that one reading is enough, or write the capture into a file first.',
      );
    }
  }
}

/** Whether the first bytes may be a capture's: what is none, and may have no end, is not kept. */
function mayBeCapture(first: Uint8Array): boolean {
  const bytes = Buffer.from(first.buffer, first.byteOffset, first.length);
  if (bytes.length < 4) return true;
  const magics = [0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a];
  const length = bytes.readUInt16BE(0);
  return magics.includes(bytes.readUInt32BE(0)) || length === 0x1f8b || (length > 0 && length <= 2048);
}

/** Writes a stream into a file that has no name any more; returns its descriptor. */
async function spool(stream: Readable): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'venuewire-'));
  const path = join(folder, 'capture');
  const descriptor = openSync(path, 'wx+', 0o600);
  rmSync(folder, { recursive: true });
  try {
    let begun = false;
    await pipeline(
      stream,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          yield chunk;
          if (!begun && !mayBeCapture(chunk)) return;
          begun = true;
        }
      },
      createWriteStream(path, { fd: descriptor, autoClose: false }),
    );
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

export interface KeptCapture {
  readonly capture: Capture;
  readonly release: () => void;
}

/** Reads batch by batch until the capture, its reader or the caller ends it; returns the fault that the capture ends with. */
async function readAll(
  ring: Ring,
  feed: NativeFeed,
  dispatcher: Dispatcher,
  options: PacketOptions,
  onWake: (resolve: () => void) => void,
): Promise<VenuewireError | undefined> {
  const done = feedCounter(ring, 'captureBytes');
  let turned = performance.now();
  while (options.signal?.aborted !== true) {
    // The state is read first: what is published before it changes is seen after it.
    const { state } = ring;
    const { tail, head } = ring;
    if (tail === head) {
      if (state === 'failed') return faultOf(feed);
      if (state !== 'running') return undefined;
      await new Promise<void>((resolve) => {
        onWake(resolve);
        // Published between the look and the promise.
        if (ring.head !== head || ring.state !== 'running' || options.signal?.aborted === true) resolve();
      });
      continue;
    }
    read(ring, tail, head, dispatcher);
    ring.tail = head;
    await options.after?.(done());
    if (options.enough?.()) return undefined;
    if (performance.now() - turned < TURN_MS) continue;
    await turn();
    turned = performance.now();
  }
  return undefined;
}

function faultOf(feed: NativeFeed): VenuewireError {
  const fault = nativeError(feed.failure(), 'VW_CAPTURE_OPEN');
  if (fault.code === 'VW_CAPTURE_MALFORMED') return fault;
  throw fault;
}

const nameOf = (file: string): string => (file === '-' ? 'standard input' : file);

/** Nothing where it cannot be looked at: opening it will say what is wrong. */
function statusOf(file: string): Stats | undefined {
  try {
    return file === '-' ? fstatSync(0) : statSync(file);
  } catch {
    return undefined;
  }
}
