/**
 * The memory that the core writes and JavaScript reads without a crossing; its layout is declared in native/contract.
 * One reader: the thread that made the ring, or a worker it was given to.
 */
import {
  BELL_AT,
  CHANNEL_COUNTERS,
  CONTRACT,
  CONTRACT_AT,
  COUNTERS_AT,
  FEED_COUNTERS,
  FEED_STATE,
  type FeedState,
  HEAD_AT,
  RECORD_KIND,
  RECORD_KIND_AT,
  RECORD_UNITS_AT,
  RUN_COUNT_AT,
  STATE_AT,
  TAIL_AT,
  UNIT_BYTES,
} from '../contract.js';
import { remedyOf, VenuewireError } from '../errors.js';
import { type NativeAddon, native } from '../native.js';
import type { StageHistograms } from './stages.js';

const WORD = 4;
const CACHE_LINE = 64;
const COUNTER = 8;
const RUN = RECORD_KIND.indexOf('run');

/**
 * glibc takes up to 32 MiB from its heap once such blocks have been freed: zeroed page by page, and kept when it is free
 * again, so that opening and closing feeds would keep a gigabyte resident. What is longer is mapped: pages come when they
 * are written, and go with the ring. Only addresses are spent on the rest.
 */
const MAPPED_BYTES = (32 << 20) + (64 << 10);
const LARGE_BYTES = 1 << 20;

function allocate(bytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes < LARGE_BYTES ? bytes : Math.max(bytes, MAPPED_BYTES));
  } catch (cause) {
    throw new VenuewireError(
      'VW_MEMORY',
      `There is no memory for a ring of ${bytes} bytes: ${cause instanceof Error ? cause.message : cause}`,
      remedyOf('VW_MEMORY'),
    );
  }
}

/** A reading of the ring that is under way. */
export interface Reading {
  /** From here on nobody is called. */
  stop(): void;
  /** Messages that it has passed over, with the one that is being handled. */
  passed(ring: Ring): number;
}

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
  #checked = false;
  /** Nothing more is to be delivered. */
  closed = false;
  /** @internal Where stamps of batches go; undefined: they are not asked for. */
  stages: StageHistograms | undefined;
  /** @internal What is being read, outermost first: a handler may read another batch. */
  reading: readonly Reading[] | undefined;
  /** Messages of what was read before the reading that began last, and most that a reading from its place has come to. */
  #handedBefore = 0;
  /** @internal */ $handedHere = 0;
  /** @internal Where the reading that began last began. */
  $readFrom = -1;
  /** @internal Up to where books have taken what begins there; −1: none have. */
  $takenTo = -1;

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
    const counterCount = FEED_COUNTERS.length + CHANNEL_COUNTERS.length * channels;
    this.dataAt = Math.ceil((COUNTERS_AT + COUNTER * counterCount) / CACHE_LINE) * CACHE_LINE;
    this.memory = allocate(this.dataAt + dataBytes + CACHE_LINE);
    const skip = addon.alignment(new Uint8Array(this.memory));
    this.bytes = new Uint8Array(this.memory, skip, this.dataAt + dataBytes);
    this.view = new DataView(this.memory, skip + this.dataAt, dataBytes);
    this.words = new Uint32Array(this.memory, skip + this.dataAt, dataBytes / WORD);
    this.mask = dataBytes / UNIT_BYTES - 1;
    this.#header = new Int32Array(this.memory, skip, COUNTERS_AT / WORD);
    this.#counters = new BigUint64Array(this.memory, skip + COUNTERS_AT, counterCount);
  }
  readonly dataAt: number;

  get head(): number {
    return Atomics.load(this.#header, HEAD_AT / WORD) >>> 0;
  }
  get tail(): number {
    return Atomics.load(this.#header, TAIL_AT / WORD) >>> 0;
  }
  /** Gives everything before `position` back to the core. */
  set tail(position: number) {
    Atomics.store(this.#header, TAIL_AT / WORD, position | 0);
  }
  /** Messages handed to the reader in this thread so far, the one that is being handled among them; once each. */
  get handed(): number {
    let here = Math.max(this.$handedHere, this.#taken());
    // Once closed nothing more is handed, though what is being read is walked over to its end.
    if (!this.closed) for (const dispatcher of this.reading ?? []) here = Math.max(here, dispatcher.passed(this));
    return this.#handedBefore + here;
  }
  /** @internal A reading begins: another one of the same place hands the same messages again. */
  beginReading(from: number): void {
    if (from === this.$readFrom) return;
    this.check();
    this.#handedBefore += this.$handedHere;
    this.$handedHere = 0;
    this.$readFrom = from;
    this.$takenTo = -1;
  }
  /** @internal [from, to) has been handed over in the core: its messages are counted when somebody asks. */
  take(from: number, to: number): void {
    if (this.closed) return;
    this.beginReading(from);
    this.$takenTo = to;
  }
  #taken(): number {
    if (this.$takenTo < 0 || this.closed) return 0;
    let messages = 0;
    for (let unit = this.$readFrom; unit !== this.$takenTo; ) {
      const at = ((unit & this.mask) * UNIT_BYTES) / WORD;
      const units = this.words[at + RECORD_UNITS_AT / WORD] as number;
      const kind = (this.words[at + RECORD_KIND_AT / WORD] as number) & 0xff;
      if (units === 0 || units > (this.$takenTo - unit) >>> 0) break;
      if (kind === RUN) messages += this.words[at + RUN_COUNT_AT / WORD] as number;
      unit = (unit + units) >>> 0;
    }
    return messages;
  }
  /** @internal Its records are written in this language, not by the core. */
  writtenHere(): void {
    Atomics.store(this.#header, CONTRACT_AT / WORD, CONTRACT | 0);
  }
  /** @internal A reading is over, or a handler has ended it. */
  endReading(messages: number): void {
    if (this.closed) return;
    this.$handedHere = Math.max(this.$handedHere, messages, this.#taken());
    this.$takenTo = -1;
  }
  /** Ends delivery in this thread, at once: also the rest of what is being read. */
  close(): void {
    this.$handedHere = this.handed - this.#handedBefore;
    this.closed = true;
    for (const dispatcher of this.reading ?? []) dispatcher.stop();
  }
  /** The next publication rings again. */
  lowerBell(): void {
    Atomics.store(this.#header, BELL_AT / WORD, 0);
  }
  get state(): FeedState {
    return FEED_STATE[Atomics.load(this.#header, STATE_AT / WORD)] ?? 'failed';
  }
  /**
   * @throws VenuewireError `VW_RING_CONTRACT` when a core of another version writes here, or none has begun to.
   */
  check(): void {
    if (this.#checked) return;
    const found = Atomics.load(this.#header, CONTRACT_AT / WORD) >>> 0;
    this.#checked = found === CONTRACT;
    if (this.#checked) return;
    throw new VenuewireError(
      'VW_RING_CONTRACT',
      `The ring is written by contract ${found}, this library reads ${CONTRACT}`,
      'Use the addon and the library of one version: npm run build:native, or install venuewire again.',
    );
  }
  /** Counter `index` in the order of the contract: the feed's, then each channel's. */
  counter(index: number): bigint {
    return this.#counters[index] ?? 0n;
  }
}
