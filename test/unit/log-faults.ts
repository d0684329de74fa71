/**
 * Files with faults, for the writer of a log. What is written lies in memory as the kernel would have it, and a power cut keeps of it
 * what was made durable, and of the rest any sectors, in any order.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogFile, LogFiles } from '../../src/log/files.js';
import type { Random } from '../../src/simulator/random.js';

const SECTOR = 512;

export interface Faults {
  /** A write may be short. */
  readonly short?: boolean;
  /** Bytes that the disk still takes; a write beyond them fails with ENOSPC, after a part of it perhaps. */
  room?: number;
  /** So many syncs fail. */
  syncFails?: number;
}

class Image {
  now: Uint8Array;
  durable: Uint8Array;
  isNamed: boolean;
  constructor(path: string) {
    this.isNamed = existsSync(path);
    this.now = this.isNamed ? readFileSync(path) : new Uint8Array(0);
    this.durable = this.now.slice();
  }
}

export class FaultyFiles implements LogFiles {
  readonly #images = new Map<string, Image>();
  #isDead = false;
  /** Operations so far: of these one is the last. */
  operations = 0;
  constructor(
    readonly random: Random,
    readonly faults: Faults = {},
    /** The power is cut in this operation. */
    readonly lastOperation = Number.POSITIVE_INFINITY,
  ) {}

  get isDead(): boolean {
    return this.#isDead;
  }

  #operation(): void {
    if (this.#isDead) throw new Error('there is no power');
    if (++this.operations < this.lastOperation) return;
    this.#isDead = true;
  }

  open(path: string): LogFile {
    this.#operation();
    const image = this.#images.get(path) ?? new Image(path);
    this.#images.set(path, image);
    mkdirSync(dirname(path), { recursive: true });
    const show = (): void => {
      if (!this.#isDead) writeFileSync(path, image.now);
    };
    show();
    return {
      write: async (blocks, at) => {
        const all = Buffer.concat(blocks);
        let bytes = this.faults.short && this.random.below(3) === 0 ? 1 + this.random.below(all.length) : all.length;
        const { room } = this.faults;
        if (room !== undefined) {
          bytes = Math.min(bytes, room);
          if (bytes === 0)
            throw Object.assign(new Error('ENOSPC: no space left on device, writev'), { code: 'ENOSPC' });
          this.faults.room = room - bytes;
        }
        this.#operation();
        const next = new Uint8Array(Math.max(image.now.length, at + bytes));
        next.set(image.now);
        next.set(all.subarray(0, bytes), at);
        image.now = next;
        show();
        if (this.#isDead) throw new Error('the power is cut');
        return bytes;
      },
      sync: async () => {
        this.#operation();
        if (this.#isDead) throw new Error('the power is cut');
        if ((this.faults.syncFails ?? 0) > 0) {
          this.faults.syncFails = (this.faults.syncFails as number) - 1;
          throw new Error('EIO: i/o error, fdatasync');
        }
        image.durable = image.now.slice();
      },
      truncate: (bytes) => {
        if (this.#isDead) return;
        image.now = image.now.slice(0, bytes);
        show();
      },
      close: () => {},
    };
  }

  syncFolder(): void {
    for (const image of this.#images.values()) image.isNamed = true;
  }

  /** What the disk has after the power cut, put where the files were. */
  restart(): void {
    this.#isDead = true;
    const { random } = this;
    for (const [path, image] of this.#images) {
      if (!image.isNamed && random.below(2) === 0) {
        rmSync(path, { force: true });
        continue;
      }
      const { now, durable } = image;
      const from = Math.min(now.length, durable.length);
      const length = from + random.below(now.length - from + 1);
      const kept = new Uint8Array(length);
      kept.set(durable.subarray(0, length));
      for (let at = 0; at < length; at += SECTOR) {
        const end = Math.min(at + SECTOR, length);
        const isSame = Buffer.compare(now.subarray(at, end), durable.subarray(at, end)) === 0;
        if (!isSame && random.below(3) > 0) kept.set(now.subarray(at, end), at);
      }
      writeFileSync(path, kept);
    }
  }
}
