/** Which line of a channel was first, counted from what is delivered. */
import {
  ORIGIN,
  RECORD_CHANNEL_AT,
  RECORD_KIND,
  RECORD_KIND_AT,
  RECORD_UNITS_AT,
  RUN_COUNT_AT,
  RUN_LINE_AT,
  RUN_ORIGIN_AT,
  UNIT_BYTES,
} from '../contract.js';
import type { Ring } from '../feed/ring.js';

const RUN = RECORD_KIND.indexOf('run');
const LIVE = ORIGIN.indexOf('live');
/** A line's number has a byte. */
const LINES = 256;

export class LineRace {
  readonly #won: readonly Float64Array[];
  readonly #recovered: Float64Array;
  constructor(channels: number) {
    this.#won = Array.from({ length: channels }, () => new Float64Array(LINES));
    this.#recovered = new Float64Array(channels);
  }

  /** Counts [from, to) of the ring, run by run. */
  take({ view, mask }: Pick<Ring, 'view' | 'mask'>, from: number, to: number): void {
    for (let unit = from; unit !== to; ) {
      const at = (unit & mask) * UNIT_BYTES;
      const units = view.getUint32(at + RECORD_UNITS_AT, true);
      if (units === 0) return;
      if (view.getUint8(at + RECORD_KIND_AT) === RUN) {
        const channel = view.getUint16(at + RECORD_CHANNEL_AT, true);
        const count = view.getUint32(at + RUN_COUNT_AT, true);
        const won = this.#won[channel];
        if (won !== undefined && view.getUint8(at + RUN_ORIGIN_AT) === LIVE) {
          const line = view.getUint8(at + RUN_LINE_AT);
          won[line] = (won[line] as number) + count;
        } else {
          this.#recovered[channel] = (this.#recovered[channel] ?? 0) + count;
        }
      }
      unit = (unit + units) >>> 0;
    }
  }

  won(channel: number, line: number): number {
    return this.#won[channel]?.[line] ?? 0;
  }
  recovered(channel: number): number {
    return this.#recovered[channel] ?? 0;
  }
}
