/** The files of a log for those who read: which segments there are, where their blocks are, and blocks read and checked. */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { remedyOf, VenuewireError } from '../errors.js';
import { native } from '../native.js';
import {
  ALIGNMENT,
  BLOCK_HEAD_BYTES,
  type BlockHead,
  type BlockPlace,
  blockBytes,
  damaged,
  INDEX_TAIL_BYTES,
  indexAt,
  isSegmentName,
  type LogNote,
  readHead,
  readIndex,
  readJson,
  type SegmentMeta,
} from './format.js';

/** First positions of the segments of a log, in order. */
export function segmentPositions(folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter(isSegmentName)
      .map((name) => Number.parseInt(name, 10))
      .sort((a, b) => a - b);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new VenuewireError(
      'VW_LOG_OPEN',
      `${folder}: ${cause instanceof Error ? cause.message : cause}`,
      remedyOf('VW_LOG_OPEN'),
    );
  }
}

/** How a walk over blocks ended. `torn`: behind the last sound block lies something that is none. */
export interface WalkEnd {
  readonly at: number;
  readonly torn: boolean;
}

/** A segment that is read. What a writer adds later is seen by `refresh`. */
export class Segment {
  readonly path: string;
  /** Its blocks so far, without the first one (what the segment is) and the index. */
  readonly places: BlockPlace[] = [];
  /** Closed by its writer: nothing is added any more. */
  isWhole = false;
  readonly #fd: number;
  readonly #head = new Uint8Array(BLOCK_HEAD_BYTES);
  #meta: SegmentMeta | undefined;
  /** Blocks are known up to here. */
  #end = 0;

  /** @throws VenuewireError `VW_LOG_OPEN` */
  constructor(
    folder: string,
    name: string,
    /** Its first position, by its name. */
    readonly position: number,
  ) {
    this.path = join(folder, name);
    try {
      this.#fd = openSync(this.path, 'r');
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT') {
        throw new VenuewireError('VW_LOG_GONE', `${this.path} is not there any more`, remedyOf('VW_LOG_GONE'));
      }
      throw new VenuewireError('VW_LOG_OPEN', `${this.path}: ${code}`, remedyOf('VW_LOG_OPEN'));
    }
  }

  get size(): number {
    return fstatSync(this.#fd).size;
  }
  /** Behind the last block that is known. */
  get end(): number {
    return this.#end;
  }
  close(): void {
    closeSync(this.#fd);
  }

  read(into: Uint8Array, at: number): number {
    let done = 0;
    while (done < into.length) {
      const n = readSync(this.#fd, into, done, into.length - done, at + done);
      if (n === 0) break;
      done += n;
    }
    return done;
  }

  headAt(at: number): (BlockHead & { readonly payloadCrc: number }) | undefined {
    if (this.read(this.#head, at) < BLOCK_HEAD_BYTES) return undefined;
    return readHead(this.#head);
  }

  /** The payload of a block, checked; undefined: it is not there whole, or its checksum is wrong. */
  payload(at: number, head: BlockHead & { readonly payloadCrc: number }, into?: Uint8Array): Uint8Array | undefined {
    const bytes = into === undefined ? new Uint8Array(head.bytes) : into.subarray(0, head.bytes);
    if (this.read(bytes, at + BLOCK_HEAD_BYTES) < head.bytes) return undefined;
    return native().crc32c(bytes, 0, head.bytes) === head.payloadCrc ? bytes : undefined;
  }

  /** What the segment is; undefined: its first block is not written yet. */
  meta(): SegmentMeta | undefined {
    if (this.#meta !== undefined) return this.#meta;
    const head = this.headAt(0);
    const bytes = head?.kind === 'segment' ? this.payload(0, head) : undefined;
    if (head === undefined || bytes === undefined) return undefined;
    this.#end = Math.max(this.#end, blockBytes(head.bytes));
    this.#meta = readJson(bytes) as SegmentMeta;
    return this.#meta;
  }

  /**
   * Learns where blocks are: from the index, or by their heads, one by one. `whole`: payloads are read and checked, too.
   * Stops at what is no sound block.
   */
  refresh(whole = false): WalkEnd {
    if (this.meta() === undefined) return { at: 0, torn: this.size > 0 };
    if (this.isWhole) return { at: this.#end, torn: false };
    if (!whole && this.places.length === 0 && this.#readIndex()) return { at: this.#end, torn: false };
    const { size } = this;
    for (;;) {
      const at = this.#end;
      if (at === size) return { at, torn: false };
      const head = this.headAt(at);
      if (head === undefined || at + blockBytes(head.bytes) > size) return { at, torn: true };
      if (whole && this.payload(at, head) === undefined) return { at, torn: true };
      this.#end = at + blockBytes(head.bytes);
      if (head.kind === 'index') {
        this.isWhole = true;
        return { at: this.#end, torn: this.#end < size };
      }
      const { position, entries, kind, latestTime } = head;
      this.places.push({ at, position, entries, kind, latestTime });
    }
  }

  #readIndex(): boolean {
    const { size } = this;
    const tail = new Uint8Array(INDEX_TAIL_BYTES);
    if (size < INDEX_TAIL_BYTES || this.read(tail, size - INDEX_TAIL_BYTES) < INDEX_TAIL_BYTES) return false;
    const at = indexAt(tail);
    const head = at === undefined ? undefined : this.headAt(at);
    if (at === undefined || head?.kind !== 'index') return false;
    const bytes = this.payload(at, head);
    if (bytes === undefined) return false;
    this.places.push(...readIndex(bytes));
    this.#end = at + blockBytes(head.bytes);
    this.isWhole = true;
    return true;
  }

  /** Where the next sound block begins behind `from`; undefined: nowhere. What is damaged in between is passed over. */
  nextSound(from: number): number | undefined {
    const { size } = this;
    const chunk = new Uint8Array(SEARCH_BYTES);
    for (let at = Math.ceil(from / ALIGNMENT) * ALIGNMENT; at < size; at += SEARCH_BYTES - BLOCK_HEAD_BYTES) {
      const read = this.read(chunk, at);
      for (let i = 0; i + BLOCK_HEAD_BYTES <= read; i += ALIGNMENT) {
        const head = chunk[i] === FIRST_BYTE ? readHead(chunk, i) : undefined;
        if (head !== undefined && this.payload(at + i, head) !== undefined) return at + i;
      }
      if (read < SEARCH_BYTES) return undefined;
    }
    return undefined;
  }

  note(place: BlockPlace): LogNote {
    const head = this.headAt(place.at);
    const bytes = head && this.payload(place.at, head);
    if (bytes === undefined) throw damaged(this.path, place.at, 'is no sound block');
    return readJson(bytes) as LogNote;
  }
}
const SEARCH_BYTES = 1 << 20;
/** Of a head’s magic number. */
const FIRST_BYTE = 0x56;
