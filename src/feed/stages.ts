/** How long each datagram that brings something takes from stage to stage, for a feed that was opened with `stamps`. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import {
  STAMP_CLOCK,
  STAMPS_ARBITRATE_AT,
  STAMPS_CLOCK_AT,
  STAMPS_DECODE_AT,
  STAMPS_KERNEL_AT,
  STAMPS_RECEIVE_AT,
  STAMPS_RING_AT,
  type StampClock,
} from '../contract.js';

/**
 * `receive`: from the kernel's (or the card's) time until the feed's thread had it. `arbitrate`: until it was clear that its
 * messages are next. `decode`: until they were in the ring with their types. `ring`: until its batch was published. `handler`:
 * until the handler of the first of them was about to be called. `whole`: all of it.
 */
export const STAGES = ['receive', 'arbitrate', 'decode', 'ring', 'handler', 'whole'] as const;
export type Stage = (typeof STAGES)[number];

/** Of an HdrHistogram with three digits; nanoseconds. */
export interface StageTimes {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What `feed.stages()` gives. */
export interface StageSummary {
  readonly stages: Readonly<Record<Stage, StageTimes>>;
  /** Datagrams by whose time the first stamp has: `own` has none of the kernel, so they are not in `receive`. */
  readonly clocks: Readonly<Record<StampClock, number>>;
}

const NO_TIMES: StageTimes = { count: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };

function summary(h: RecordableHistogram): StageTimes {
  if (h.count === 0) return NO_TIMES;
  const at = (part: number): number => h.percentile(part);
  return { count: h.count, p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: h.max };
}

/** @internal The histograms of one ring's reader. */
export class StageHistograms {
  readonly #histograms = STAGES.map(() => createHistogram({ figures: 3 }));
  readonly #clocks = STAMP_CLOCK.map(() => 0);
  /** When the handlers of what is read now were called first: what was before it has been read. */
  #handler = 0;
  #last = 0;

  /** A batch is about to be read. */
  begin(): void {
    this.#handler = Number(process.hrtime.bigint());
  }

  /** The stamps at byte `at`, behind the messages that they are of. What is read again is not counted again. */
  note(view: DataView, at: number): void {
    const time = (field: number): number => Number(view.getBigInt64(at + field, true));
    const ring = time(STAMPS_RING_AT);
    const handler = this.#handler;
    this.begin();
    const clock = view.getUint8(at + STAMPS_CLOCK_AT);
    const [kernel, receive] = [time(STAMPS_KERNEL_AT), time(STAMPS_RECEIVE_AT)];
    const [arbitrate, decode] = [time(STAMPS_ARBITRATE_AT), time(STAMPS_DECODE_AT)];
    if (decode <= this.#last) return;
    this.#last = decode;
    this.#clocks[clock] = (this.#clocks[clock] ?? 0) + 1;
    if (kernel !== 0) this.#record('receive', receive - kernel);
    this.#record('arbitrate', arbitrate - receive);
    this.#record('decode', decode - arbitrate);
    this.#record('ring', ring - decode);
    this.#record('handler', handler - ring);
    this.#record('whole', handler - (kernel === 0 ? receive : kernel));
  }

  /** A histogram counts from 1: two stamps of one nanosecond are that far apart too. */
  #record(stage: Stage, ns: number): void {
    this.#histograms[STAGES.indexOf(stage)]?.record(Math.max(1, ns));
  }

  summary(): StageSummary {
    const stages = STAGES.map((name, i) => [name, summary(this.#histograms[i] as RecordableHistogram)] as const);
    const clocks = STAMP_CLOCK.map((name, i) => [name, this.#clocks[i] ?? 0] as const);
    return {
      stages: Object.fromEntries(stages) as Record<Stage, StageTimes>,
      clocks: Object.fromEntries(clocks) as Record<StampClock, number>,
    };
  }
}
