/** A day of a session whose peers number everything they say: its numbers come to be as they are used. */
import type { Random } from '../random.js';
import { Day, type DayPlan, type MessagePool, type Segment, START_NS } from './day.js';

/** What a number was used for. `session`: of the session itself, never sent again. */
export type NumberUse = 'message' | 'session' | 'nothing';

export class SessionDay extends Day {
  /** When each message of the day's plan is due. */
  readonly due: number[] = [];
  /** Of each position. */
  readonly uses: NumberUse[] = [];
  /** Bytes of each position as they were sent again. */
  override readonly variants = new Map<number, Uint8Array[]>();
  readonly #endNs: number;

  constructor(plan: DayPlan, pool: MessagePool, random: Random) {
    super({ ...plan, numbers: 0 }, pool, random);
    const interval = plan.intervalNs ?? 5_000_000;
    let at = START_NS;
    for (let i = 0; i < plan.numbers; i++) {
      this.due.push(at);
      at += interval;
      for (const p of plan.pauses ?? []) if (p.after === i) at += p.ns;
    }
    this.#endNs = at;
  }

  override get endNs(): number {
    return this.#endNs;
  }

  get current(): Segment {
    return this.segments.at(-1) as Segment;
  }
  /** The number that comes next. */
  get next(): bigint {
    return this.wire(this.end, this.current);
  }

  /** Uses the next number: for a message, or (undefined) for one that is never sent. */
  use(bytes: Uint8Array | undefined, use: NumberUse, nowNs: number): number {
    const at = this.end;
    this.units.push(bytes === undefined ? [] : [bytes]);
    this.times.push(nowNs);
    this.uses.push(use);
    (this.current as { to: number }).to = this.end;
    return at;
  }

  /** The same message with other bytes. */
  again(position: number, bytes: Uint8Array): void {
    const known = this.variants.get(position);
    if (known === undefined) this.variants.set(position, [bytes]);
    else known.push(bytes);
  }

  /** Numbers begin anew with `first`. */
  restart(first: bigint): void {
    const { current } = this;
    const { session } = current;
    const index = current.index + 1;
    this.segments.push({ index, from: this.end, to: this.end, first, session, begins: 'reset', ended: true });
  }
}
