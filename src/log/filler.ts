/** Entries into blocks: one block is filled at a time, in memory that is used again. */
import { BLOCK_BYTES_MAX, BLOCK_HEAD_BYTES, type BlockKind, blockBytes, sealBlock } from './format.js';
import type { RecordMemory, RecordTaker, Span } from './records.js';

/** A block that is ready for its file. */
export interface Block {
  readonly kind: BlockKind;
  /** Head and payload. */
  readonly bytes: Uint8Array;
  readonly position: number;
  readonly entries: number;
  readonly latestTime: bigint;
  /** What `bytes` lies in, to be given back; undefined: it is not used again. */
  readonly memory: Uint8Array | undefined;
}

export class BlockFiller implements RecordTaker {
  /** Of the next entry. */
  position: number;
  /** The latest of all entries so far. */
  latestTime: bigint;
  /** Messages that no block can hold. */
  readonly most = BLOCK_BYTES_MAX;
  readonly #free: Uint8Array[] = [];
  readonly #freeMost: number;
  #memory: Uint8Array | undefined;
  #size = 0;
  #begin = 0;
  #entries = 0;
  #messages = 0;
  #firstTime = 0n;

  constructor(
    readonly kind: 'records' | 'events',
    readonly blockBytes: number,
    position: number,
    latestTime: bigint,
    /** Is given each block, in order. */
    readonly sealed: (block: Block) => void,
    /** Is told of a message that no block can hold; its place stays empty. */
    readonly skipped: () => void,
    /** Entries before it outlive a power cut. */
    readonly durable: () => number,
    /** Memory of blocks that is kept to be used again, bytes: as much as may wait. */
    keptBytes: number,
  ) {
    this.#freeMost = Math.ceil(keptBytes / this.blockBytes);
    this.position = position;
    this.latestTime = latestTime;
  }

  get room(): number {
    return this.blockBytes - this.#size;
  }
  /** Bytes in the block that is being filled. */
  get size(): number {
    return this.#size;
  }

  /** Entries in it. */
  get pending(): number {
    return this.#entries;
  }

  take(memory: RecordMemory, at: number, bytes: number, span: Span): void {
    this.add(memory.bytes.subarray(at, at + bytes), span.entries, span.messages, span.firstTime, span.latestTime);
  }

  /** Adds whole entries; they go into one block. */
  add(bytes: Uint8Array, entries: number, messages: number, firstTime: bigint, latestTime: bigint): void {
    if (this.#size > 0 && bytes.length > this.room) this.next();
    this.#memory ??= this.#new(bytes.length);
    if (this.#size === 0) {
      this.#begin = this.position;
      this.#firstTime = firstTime;
    }
    this.#memory.set(bytes, BLOCK_HEAD_BYTES + this.#size);
    this.#size += bytes.length;
    this.#entries += entries;
    this.#messages += messages;
    this.position += entries;
    if (latestTime > this.latestTime) this.latestTime = latestTime;
  }

  #new(bytes: number): Uint8Array {
    if (bytes > this.blockBytes) return new Uint8Array(blockBytes(bytes));
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(blockBytes(this.blockBytes));
  }

  /** Closes the block, where it holds something. */
  next(): void {
    if (this.#size === 0) return;
    const memory = this.#memory as Uint8Array;
    const { kind, latestTime } = this;
    const bytes = sealBlock(memory, {
      kind,
      bytes: this.#size,
      position: this.#begin,
      entries: this.#entries,
      messages: this.#messages,
      firstTime: this.#firstTime,
      latestTime,
      durable: this.durable(),
    });
    const block = { kind, bytes, position: this.#begin, entries: this.#entries, latestTime, memory };
    this.#memory = undefined;
    this.#size = this.#entries = this.#messages = 0;
    this.sealed(block);
  }

  tooLong(): void {
    this.next();
    this.skipped();
  }

  /** Memory of a block that has been written. */
  release({ memory }: Block): void {
    if (memory?.length === blockBytes(this.blockBytes) && this.#free.length < this.#freeMost) this.#free.push(memory);
  }
}
