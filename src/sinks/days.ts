/** The instant of rows, and the days that stores part them by. */
import type { RowBatch, RowSchema } from './rows.js';

const NS_PER_DAY = 86_400_000_000_000n;
const EPOCH = 'ns since 1970';

/** Which field is the instant that rows are parted and kept by; -1: none. */
export const instantOf = ({ fields }: RowSchema): number =>
  fields.findIndex(({ unit, dtype, state }) => unit.startsWith(EPOCH) && dtype === 'i64' && state === 'always');
/** Runs of rows of one day, in order. */
export function* byDay(batch: RowBatch): Generator<RowBatch> {
  const at = instantOf(batch.schema);
  if (at < 0) {
    yield batch;
    return;
  }
  const times = batch.columns[at] as BigInt64Array;
  let from = 0;
  while (from < batch.rows) {
    const end = ((times[from] as bigint) / NS_PER_DAY + 1n) * NS_PER_DAY;
    const begin = end - NS_PER_DAY;
    let to = from + 1;
    while (to < batch.rows && (times[to] as bigint) < end && (times[to] as bigint) >= begin) to++;
    yield batch.slice(from, to);
    from = to;
  }
}
