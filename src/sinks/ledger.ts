/** Where rows have gone, term by term: `accepted = stored + refused + dropped + pending`. */

export interface SinkLedger {
  /** Rows that the pipeline gave to the sink. */
  readonly accepted: number;
  /** Acknowledged by the other side. */
  readonly stored: number;
  /** The other side will never take them; by reason. */
  readonly refused: number;
  /** Given up here by the declared policy; by reason. */
  readonly dropped: number;
  /** In memory or spilled to disk, or sent and not acknowledged. */
  readonly pending: number;
  readonly reasons: Readonly<Record<string, number>>;
}

/** The equation of the law of delivery. */
export const sinkBalances = ({ accepted, stored, refused, dropped, pending }: SinkLedger): boolean =>
  accepted === stored + refused + dropped + pending;

/** Counts; `pending` is counted by itself, so that the equation says something. */
export class LedgerCounter {
  accepted = 0;
  stored = 0;
  queued = 0;
  writing = 0;
  /** On disk, and not in memory. */
  spilled = 0;
  readonly #refused = new Map<string, number>();
  readonly #dropped = new Map<string, number>();

  refuse(reason: string, rows: number): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + rows);
  }
  drop(reason: string, rows: number): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + rows);
  }
  get(): SinkLedger {
    const sum = (map: Map<string, number>): number => [...map.values()].reduce((a, b) => a + b, 0);
    return {
      accepted: this.accepted,
      stored: this.stored,
      refused: sum(this.#refused),
      dropped: sum(this.#dropped),
      pending: this.queued + this.writing + this.spilled,
      reasons: Object.fromEntries([...this.#refused, ...this.#dropped]),
    };
  }
}
