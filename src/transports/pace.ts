/** How often something may be done, and when it is tried again. */

/** Allows so many in any span; says how long to wait for the next. */
export class TokenBucket {
  readonly #at: number[] = [];
  constructor(
    readonly count: number,
    readonly perMs: number,
  ) {}

  /** Takes one; milliseconds until it may be done. */
  take(nowMs: number): number {
    if (this.count === Number.POSITIVE_INFINITY) return 0;
    const oldest = this.#at.length < this.count ? undefined : (this.#at.shift() as number);
    const at = oldest === undefined ? nowMs : Math.max(nowMs, oldest + this.perMs);
    this.#at.push(at);
    return at - nowMs;
  }
}

/** Rests that double up to a bound. Half of each is random, so that many clients do not come back at once. */
export class Backoff {
  #next: number;
  constructor(
    readonly firstMs: number,
    readonly mostMs: number,
    readonly random: () => number = Math.random,
  ) {
    this.#next = firstMs;
  }

  next(): number {
    const rest = this.#next;
    this.#next = Math.min(rest * 2, this.mostMs);
    return rest / 2 + (rest / 2) * this.random();
  }
  /** The longest rest comes next. */
  longest(): void {
    this.#next = this.mostMs;
  }
  reset(): void {
    this.#next = this.firstMs;
  }
}
