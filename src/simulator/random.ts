/** A 32-bit mix with good avalanche (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** FNV-1a, 32 bits, over the UTF-16 units of a text. */
function hashText(text: string, from: number): number {
  let h = from ^ 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix(h);
}

/**
 * Seeded randomness: xoshiro128**, its state filled from the seed by a splitmix sequence. Same seed, same numbers, on
 * every platform. Not for secrets.
 *
 * `fork(name)` gives an independent stream that depends on the seed and the name alone, so that drawing more from one
 * part of a simulation does not disturb another.
 */
export class Random {
  readonly seed: number;
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** @param seed an unsigned 32-bit integer; other numbers are reduced to one. */
  constructor(seed: number) {
    this.seed = seed >>> 0;
    let s = this.seed;
    const next = (): number => {
      s = (s + 0x9e3779b9) >>> 0;
      return mix(s);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1;
  }

  /** A stream of its own for the part `name`. */
  fork(name: string): Random {
    return new Random(hashText(name, this.seed));
  }

  /** An integer from 0 to 2^32 - 1. */
  u32(): number {
    const b = this.#b;
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    this.#c ^= this.#a;
    this.#d ^= b;
    this.#b = b ^ this.#c;
    this.#a ^= this.#d;
    this.#c ^= b << 9;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** A number from 0 (inclusive) to 1 (exclusive), in steps of 2^-32. */
  real(): number {
    return this.u32() / 0x1_0000_0000;
  }

  /** An integer from 0 to `n` - 1; `n` up to 2^32. */
  below(n: number): number {
    return Math.floor((this.u32() / 0x1_0000_0000) * n);
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True with probability `p`. Draws even when `p` is 0 or 1, so that changing a probability keeps the stream in step. */
  chance(p: number): boolean {
    return this.u32() < p * 0x1_0000_0000;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Puts `items` in a random order, in place. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const t = items[i] as T;
      items[i] = items[j] as T;
      items[j] = t;
    }
    return items;
  }
}
