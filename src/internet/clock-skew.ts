/** Whether our clock and the venue's agree, by the times that messages tell. */
import { remedyOf, VenuewireError } from '../errors.js';
import type { JsonFound } from '../json/reader.js';
import type { Subscription } from '../patterns/subscription.js';
import { nanosecondsOf } from '../patterns/units.js';

type Rule = NonNullable<Subscription['clock']>;
/** A message that waited on its way looks late: the difference is the least of so many. */
const ENOUGH = 20;
const NANOSECONDS = 1e9;
const sizeOf = (n: bigint): bigint => (n < 0n ? -n : n);

/** Of one connection. */
export class ClockSkew {
  readonly #most: bigint;
  #seen = 0;
  #least: bigint | undefined;
  #told = false;

  constructor(
    readonly where: string,
    readonly rule: Rule,
  ) {
    this.#most = BigInt(nanosecondsOf(rule.within));
  }

  /** Once: what a person has to mend. */
  take(found: readonly JsonFound[], receivedNs: bigint): VenuewireError | undefined {
    if (this.#told) return undefined;
    for (const { values } of found) {
      const time = values[this.rule.field];
      if (typeof time !== 'bigint') continue;
      const late = receivedNs - time;
      if (this.#least === undefined || sizeOf(late) < sizeOf(this.#least)) this.#least = late;
      if (++this.#seen < ENOUGH) continue;
      const least = this.#least;
      this.#seen = 0;
      this.#least = undefined;
      if (sizeOf(least) <= this.#most) continue;
      this.#told = true;
      return apart(this.where, Number(least) / NANOSECONDS);
    }
    return undefined;
  }
}

const apart = (where: string, seconds: number): VenuewireError =>
  new VenuewireError(
    'VW_CLOCK_SKEW',
    `${where}: our clock is ${Math.abs(seconds).toFixed(1)} s ${seconds > 0 ? 'ahead of' : 'behind'} the venue's`,
    remedyOf('VW_CLOCK_SKEW'),
  );
