/** Of each category and instrument the newest row, so often. */
import { isWords, joinBatches, type RowBatch, type RowSchema } from './rows.js';

export class Conflater {
  /** Rows that newer ones took the place of. */
  conflated = 0;
  #batches: RowBatch[] = [];
  #due = 0;
  #timer: NodeJS.Timeout | undefined;
  constructor(
    readonly everyMs: number,
    readonly push: (rows: RowBatch) => void,
  ) {}

  take(rows: RowBatch): void {
    this.#batches.push(rows);
    // What waits is bounded: a window that has very many rows is conflated before it is over.
    if (this.#batches.length >= BATCHES) this.#batches = this.#newest();
    this.#timer ??= setTimeout(() => this.#give(), this.everyMs);
  }

  /** A source that never pauses keeps timers from their turn. */
  turn(now: number): void {
    if (this.#timer === undefined) return;
    if (this.#due === 0) this.#due = now + this.everyMs;
    else if (now >= this.#due) this.#give();
  }

  end(): void {
    this.#give();
  }

  #give(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = 0;
    const batches = this.#newest();
    this.#batches = [];
    for (const batch of batches) this.push(batch);
  }

  #newest(): RowBatch[] {
    const bySchema = new Map<RowSchema, RowBatch[]>();
    for (const batch of this.#batches) {
      const list = bySchema.get(batch.schema);
      if (list === undefined) bySchema.set(batch.schema, [batch]);
      else list.push(batch);
    }
    return [...bySchema.values()].map((list) => {
      const joined = joinBatches(list);
      const kept = newestRows(joined);
      this.conflated += joined.rows - kept.rows;
      return kept;
    });
  }
}
const BATCHES = 256;

/** The last row of each category and instrument, in order. */
export function newestRows(batch: RowBatch): RowBatch {
  const { category, instrument } = batch.schema;
  const columns = [category, instrument].flatMap((field) => {
    const column = field === undefined ? undefined : batch.column(field);
    return column !== undefined && isWords(column) ? [column] : [];
  });
  const last = new Map<string, number>();
  for (let row = 0; row < batch.rows; row++) {
    last.set(columns.map(({ codes, words }) => words[codes[row] as number]).join('\n'), row);
  }
  if (last.size === batch.rows) return batch;
  return batch.pick([...last.values()].sort((a, b) => a - b));
}
