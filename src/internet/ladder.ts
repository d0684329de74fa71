/** One side of a book with what its checksum is made of: integers of the table's scale, and the digits as sent. */
import { placeOfPrice } from '../best-first.js';
import type { JsonLevel } from '../json/reader.js';
import { crc32 } from './crc32.js';

/** The digits of a number without its point and leading zeros. */
const digitsOf = (raw: bigint, exponent: number, decimals: number): string => {
  const cut = -exponent - decimals;
  return (cut > 0 ? raw / 10n ** BigInt(cut) : raw * 10n ** BigInt(-cut)).toString();
};

export class LadderSide {
  /** Best first. */
  readonly levels: JsonLevel[] = [];
  constructor(readonly isBid: boolean) {}

  set(level: JsonLevel): void {
    const at = placeOfPrice(this.levels, level.price, this.isBid);
    const there = this.levels[at]?.price === level.price;
    if (level.size === 0n) {
      if (there) this.levels.splice(at, 1);
    } else this.levels.splice(at, there ? 1 : 0, level);
  }

  /** Takes away, and gives, what is behind so many levels. */
  cut(depth: number): JsonLevel[] {
    return this.levels.length > depth ? this.levels.splice(depth) : [];
  }
}

/** Both sides of an instrument. */
export class Ladder {
  readonly bids = new LadderSide(true);
  readonly asks = new LadderSide(false);

  clear(): void {
    this.bids.levels.length = this.asks.levels.length = 0;
  }

  /** Applies levels in their order, then cuts; what was cut is given as levels of size 0. */
  apply(levels: readonly JsonLevel[], depth: number | undefined): JsonLevel[] {
    for (const level of levels) (level.side === 'B' ? this.bids : this.asks).set(level);
    if (depth === undefined) return [];
    return [...this.bids.cut(depth), ...this.asks.cut(depth)].map((level) => ({ ...level, size: 0n, cut: 1 }));
  }

  /** CRC-32 of prices and sizes as digits: asks, then bids, best first. */
  checksum(levels: number, price: number, size: number): number {
    let text = '';
    for (const side of [this.asks, this.bids]) {
      for (const l of side.levels.slice(0, levels))
        text += digitsOf(l.price, price, l.priceDecimals) + digitsOf(l.size, size, l.sizeDecimals);
    }
    return crc32(text);
  }
}
