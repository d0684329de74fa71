/**
 * The memory that the core writes and JavaScript reads without a crossing; the layout is stated in
 * native/core/batch.hpp. One reader: the thread that made the ring, or a worker it was given to.
 */
import { VenuewireError } from '../errors.js';
import { type NativeAddon, native } from '../native.js';

const HEAD = 0;
const TAIL = 64 / 4;
const BELL = 128 / 4;
const STATE = 192 / 4;
const COUNTERS = 256;

export const RUN = 1;
export const NOTICE = 2;
export const PACKET = 3;
export const UNKNOWN_TYPE = 0xffff;

export type FeedState = 'running' | 'ended' | 'failed' | 'closed';
const STATES: readonly FeedState[] = ['running', 'ended', 'failed', 'closed'];

export class Ring {
  /** The whole allocation; pass it to a worker with `dataAt` and `dataBytes`. */
  readonly memory: SharedArrayBuffer;
  /** 64-byte aligned: what the addon is given. */
  readonly bytes: Uint8Array;
  /** Over the data: byte offsets from `dataAt`. */
  readonly view: DataView;
  /** Over the data in 32-bit words. */
  readonly words: Uint32Array;
  /** 8-byte units of data, less one: positions are taken modulo this power of two. */
  readonly mask: number;
  readonly #header: Int32Array;
  readonly #counters: BigUint64Array;
  /** Nothing more is to be delivered. */
  closed = false;
  /** @internal What is being read, outermost first: a handler may read another batch. */
  reading: readonly { stop(): void }[] | undefined;

  /** @param dataBytes a power of two from 64 KiB to 1 GiB. */
  constructor(
    readonly channels: number,
    readonly dataBytes: number,
    addon: NativeAddon = native(),
  ) {
    if (!Number.isInteger(Math.log2(dataBytes)) || dataBytes < 65536 || dataBytes > 2 ** 30) {
      throw new VenuewireError(
        'VW_RING_SIZE',
        `A ring of ${dataBytes} bytes cannot be made`,
        'Use a power of two from 65536 to 1073741824.',
      );
    }
    const counterCount = addon.counters.feed.length + addon.counters.channel.length * channels;
    this.dataAt = Math.ceil((COUNTERS + 8 * counterCount) / 64) * 64;
    this.memory = new SharedArrayBuffer(this.dataAt + dataBytes + 64);
    const skip = addon.alignment(new Uint8Array(this.memory));
    this.bytes = new Uint8Array(this.memory, skip, this.dataAt + dataBytes);
    this.view = new DataView(this.memory, skip + this.dataAt, dataBytes);
    this.words = new Uint32Array(this.memory, skip + this.dataAt, dataBytes / 4);
    this.mask = dataBytes / 8 - 1;
    this.#header = new Int32Array(this.memory, skip, COUNTERS / 4);
    this.#counters = new BigUint64Array(this.memory, skip + COUNTERS, counterCount);
  }
  readonly dataAt: number;

  get head(): number {
    return Atomics.load(this.#header, HEAD) >>> 0;
  }
  get tail(): number {
    return Atomics.load(this.#header, TAIL) >>> 0;
  }
  /** Gives everything before `position` back to the core. */
  set tail(position: number) {
    Atomics.store(this.#header, TAIL, position | 0);
  }
  /** Ends delivery in this thread, at once: also the rest of what is being read. */
  close(): void {
    this.closed = true;
    for (const dispatcher of this.reading ?? []) dispatcher.stop();
  }
  /** The next publication rings again. */
  lowerBell(): void {
    Atomics.store(this.#header, BELL, 0);
  }
  get state(): FeedState {
    return STATES[Atomics.load(this.#header, STATE)] ?? 'failed';
  }
  /** Counter `index` in the order of `native().counters`, feed first, then each channel's. */
  counter(index: number): bigint {
    return this.#counters[index] ?? 0n;
  }
}
