/** The segment that is being written. Blocks are in it whole, or not at all. */
import { dirname, join } from 'node:path';
import type { LogFile, LogFiles } from './files.js';
import type { Block } from './filler.js';
import { type BlockPlace, indexBlock, type LogEnd, type SegmentMeta, segmentBlock, segmentName } from './format.js';

/** Blocks of one call. */
const VECTOR_MOST = 64;

export class SegmentWriter {
  /** Entries in it. */
  entries = 0;
  #at: number;
  readonly #places: BlockPlace[];

  constructor(
    readonly path: string,
    readonly file: LogFile,
    at: number,
    places: readonly BlockPlace[],
  ) {
    this.#at = at;
    this.#places = [...places];
    this.entries = places.reduce((sum, place) => sum + place.entries, 0);
  }

  /** A new one: what it is of, made to outlive a power cut where `durable`. */
  static async create(
    files: LogFiles,
    folder: string,
    meta: SegmentMeta,
    end: LogEnd,
    durable: boolean,
  ): Promise<SegmentWriter> {
    const path = join(folder, segmentName(end.position));
    const file = files.open(path);
    try {
      // What lies there has no entry: it would have another name.
      file.truncate(0);
      const segment = new SegmentWriter(path, file, 0, []);
      await segment.#write([segmentBlock(meta, end)]);
      if (durable) {
        await file.sync();
        files.syncFolder(dirname(path));
      }
      return segment;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Where the next block begins: bytes of the file so far. */
  get at(): number {
    return this.#at;
  }

  /** Writes the blocks, all of them. When that fails the file is as before. */
  async append(blocks: readonly Block[]): Promise<void> {
    const before = this.#at;
    const places = this.#places.length;
    try {
      for (let i = 0; i < blocks.length; i += VECTOR_MOST) {
        const some = blocks.slice(i, i + VECTOR_MOST);
        let at = this.#at;
        const found = some.map(({ bytes, position, entries, kind, latestTime }): BlockPlace => {
          const place = { at, position, entries, kind, latestTime };
          at += bytes.length;
          return place;
        });
        await this.#write(some.map(({ bytes }) => bytes));
        this.#places.push(...found);
      }
      this.entries += blocks.reduce((sum, block) => sum + block.entries, 0);
    } catch (error) {
      this.#places.length = places;
      this.#back(before);
      throw error;
    }
  }

  /** Takes back what was appended behind `at`. */
  undo(at: number): void {
    while ((this.#places.at(-1)?.at ?? -1) >= at) {
      const place = this.#places.pop() as BlockPlace;
      this.entries -= place.entries;
    }
    this.#back(at);
  }

  #back(at: number): void {
    this.#at = at;
    try {
      this.file.truncate(at);
    } catch {
      // The next write covers it; a reader takes nothing that is not whole.
    }
  }

  async #write(blocks: readonly Uint8Array[]): Promise<void> {
    let left = blocks;
    while (left.length > 0) {
      let written = await this.file.write(left, this.#at);
      if (written <= 0) throw new Error('nothing was written');
      this.#at += written;
      let i = 0;
      for (; i < left.length && written >= (left[i] as Uint8Array).length; i++) {
        written -= (left[i] as Uint8Array).length;
      }
      left = written === 0 ? left.slice(i) : [(left[i] as Uint8Array).subarray(written), ...left.slice(i + 1)];
    }
  }

  /** The index behind the last block: nothing is added any more. */
  async finish(end: LogEnd): Promise<void> {
    const before = this.#at;
    try {
      await this.#write([indexBlock(this.#places, before, end)]);
    } catch (error) {
      this.#back(before);
      throw error;
    }
  }

  close(): void {
    this.file.close();
  }
}
