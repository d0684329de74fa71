/** How often somebody may do something: a bucket that fills evenly. */

/** Holds `most`, and gets `perSecond` back. */
export class Bucket {
  #left: number;
  #at = 0;
  constructor(
    readonly perSecond: number,
    readonly most: number,
  ) {
    this.#left = most;
  }
  /** Milliseconds until it may be done; 0: it may, and counts. */
  take(nowMs: number): number {
    if (this.#at === 0) this.#at = nowMs;
    this.#left = Math.min(this.most, this.#left + ((nowMs - this.#at) * this.perSecond) / 1_000);
    this.#at = nowMs;
    if (this.#left >= 1) {
      this.#left -= 1;
      return 0;
    }
    return Math.ceil(((1 - this.#left) * 1_000) / this.perSecond);
  }
}

/** A bucket for each name. Who was not seen for longest is forgotten first, so that names made up cost no memory. */
export class Buckets {
  readonly #buckets = new Map<string, Bucket>();
  constructor(
    readonly perSecond: number,
    readonly names: number,
  ) {}
  take(name: string, nowMs: number): number {
    const bucket = this.#buckets.get(name) ?? new Bucket(this.perSecond, 2 * this.perSecond);
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > this.names) this.#buckets.delete(this.#buckets.keys().next().value as string);
    return bucket.take(nowMs);
  }
}
