/** One side of a book with what its checksum is made of: integers of the table's scale, and the digits as sent. */

import type { JsonLevel } from '../json/reader.js';
import { crc32Of } from './crc32.js';

/** The digits of a number without its point and leading zeros. */
const digitsOf = (raw: bigint, exponent: number, decimals: number): string => {
  const cut = -exponent - decimals;
  return (cut > 0 ? raw / 10n ** BigInt(cut) : raw * 10n ** BigInt(-cut)).toString();
};

const NONE: readonly JsonLevel[] = [];

export class LadderSide {
  /** Best first. */
  readonly levels: JsonLevel[] = [];
  /** What a level puts into the checksum, once it was asked for. */
  readonly #digits: (string | undefined)[] = [];
  constructor(readonly isBid: boolean) {}

  #place(price: bigint): number {
    let low = 0;
    let high = this.levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = (this.levels[middle] as JsonLevel).price;
      if (this.isBid ? there > price : there < price) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  set(level: JsonLevel): void {
    const at = this.#place(level.price);
    const there = this.levels[at]?.price === level.price;
    if (level.size === 0n) {
      if (!there) return;
      this.levels.splice(at, 1);
      this.#digits.splice(at, 1);
    } else if (there) {
      this.levels[at] = level;
      this.#digits[at] = undefined;
    } else {
      this.levels.splice(at, 0, level);
      this.#digits.splice(at, 0, undefined);
    }
  }

  clear(): void {
    this.levels.length = this.#digits.length = 0;
  }

  /** Goes on with the checksum of what stands before. */
  checksum(levels: number, price: number, size: number, before: number): number {
    let c = before;
    const most = Math.min(levels, this.levels.length);
    for (let i = 0; i < most; i++) {
      let digits = this.#digits[i];
      if (digits === undefined) {
        const l = this.levels[i] as JsonLevel;
        digits = digitsOf(l.price, price, l.priceDecimals) + digitsOf(l.size, size, l.sizeDecimals);
        this.#digits[i] = digits;
      }
      c = crc32Of(digits, c);
    }
    return c;
  }

  /** Takes away, and gives, what is behind so many levels. */
  cut(depth: number): readonly JsonLevel[] {
    if (this.levels.length <= depth) return NONE;
    this.#digits.length = depth;
    return this.levels.splice(depth);
  }
}

/** Both sides of an instrument. */
export class Ladder {
  readonly bids = new LadderSide(true);
  readonly asks = new LadderSide(false);

  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }

  /** All that is there, best first. */
  levels(): readonly JsonLevel[] {
    return [...this.bids.levels, ...this.asks.levels];
  }

  /** Applies levels in their order, then cuts; what was cut is given as levels of size 0. */
  apply(levels: readonly JsonLevel[], depth: number | undefined): readonly JsonLevel[] {
    for (const level of levels) (level.side === 'B' ? this.bids : this.asks).set(level);
    if (depth === undefined) return NONE;
    const [bids, asks] = [this.bids.cut(depth), this.asks.cut(depth)];
    if (bids.length + asks.length === 0) return NONE;
    return [...bids, ...asks].map((level) => ({ ...level, size: 0n, cut: 1 }));
  }

  /** CRC-32 of prices and sizes as digits: asks, then bids, best first. */
  checksum(levels: number, price: number, size: number): number {
    const asks = this.asks.checksum(levels, price, size, -1);
    return ~this.bids.checksum(levels, price, size, asks) >>> 0;
  }
}
