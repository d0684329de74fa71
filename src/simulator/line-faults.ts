import type { Random } from './random.js';

/** What goes wrong on one line; probabilities are per packet, from 0 to 1, times in nanoseconds. All default to 0. */
export interface LineFaults {
  /** A packet is lost. */
  readonly loss?: number;
  /** A burst begins: this packet and those after it are lost, `length` in all. */
  readonly burst?: { readonly probability: number; readonly length: number };
  /** A packet comes twice; the second copy up to `duplicateDelayNs` (default 100 µs) later. */
  readonly duplicate?: number;
  readonly duplicateDelayNs?: number;
  /** A packet is overtaken: it is late by up to `reorderNs` (default 100 µs). */
  readonly reorder?: number;
  readonly reorderNs?: number;
  /** Every packet takes so long. */
  readonly delayNs?: number;
  /** … and up to so much longer, evenly; packets may overtake one another. */
  readonly jitterNs?: number;
  /** A packet is cut at a random byte. */
  readonly truncate?: number;
  /** One bit of a packet is turned. */
  readonly flip?: number;
  /** The line is dead from `fromNs` to `toNs`. */
  readonly silence?: readonly { readonly fromNs: number; readonly toNs: number }[];
  /** From this time on nothing goes wrong any more; default: never. */
  readonly untilNs?: number;
}

/** A packet on its way: `bytes` arrive at `timeNs`. */
export interface Delivery {
  readonly timeNs: number;
  readonly bytes: Uint8Array;
}

/** Applies `LineFaults` to one line: a packet at a time goes in, what arrives and when comes out. */
export class FaultyLine {
  sent = 0;
  lost = 0;
  damaged = 0;
  #burstLeft = 0;

  readonly #fine: boolean;

  constructor(
    readonly faults: LineFaults,
    readonly random: Random,
  ) {
    const { untilNs: _, silence = [], ...others } = faults;
    this.#fine = silence.length === 0 && Object.values(others).every((f) => f === undefined || f === 0);
  }

  /** What becomes of the packet sent at `timeNs`: nothing, itself, or itself twice; damaged ones are copies. */
  pass(timeNs: number, bytes: Uint8Array): Delivery[] {
    const { faults: f, random } = this;
    this.sent++;
    if (this.#fine) return [{ timeNs, bytes }];
    if (timeNs >= (f.untilNs ?? Number.POSITIVE_INFINITY)) return [{ timeNs: timeNs + (f.delayNs ?? 0), bytes }];
    // One draw per fault and packet, whatever happens to it, keeps seeds comparable.
    const lost = random.chance(f.loss ?? 0);
    const burst = random.chance(f.burst?.probability ?? 0);
    const late = random.chance(f.reorder ?? 0) ? random.below(f.reorderNs ?? 100_000) : 0;
    const jitter = random.below((f.jitterNs ?? 0) + 1);
    const twice = random.chance(f.duplicate ?? 0);
    const again = random.below((f.duplicateDelayNs ?? 100_000) + 1);
    const cut = random.chance(f.truncate ?? 0);
    const turned = random.chance(f.flip ?? 0);
    const place = random.real();
    if (burst && this.#burstLeft === 0) this.#burstLeft = f.burst?.length ?? 0;
    const inBurst = this.#burstLeft > 0;
    if (inBurst) this.#burstLeft--;
    const silent = f.silence?.some((s) => timeNs >= s.fromNs && timeNs < s.toNs) === true;
    if (lost || inBurst || silent) {
      this.lost++;
      return [];
    }
    let arriving = bytes;
    if (cut) {
      this.damaged++;
      arriving = bytes.slice(0, Math.floor(place * bytes.length));
    } else if (turned) {
      this.damaged++;
      arriving = bytes.slice();
      const bit = Math.floor(place * bytes.length * 8);
      arriving[bit >> 3] = (arriving[bit >> 3] as number) ^ (1 << (bit & 7));
    }
    const at = timeNs + (f.delayNs ?? 0) + jitter + late;
    const out = [{ timeNs: at, bytes: arriving }];
    if (twice) out.push({ timeNs: at + again, bytes: arriving });
    return out;
  }
}
