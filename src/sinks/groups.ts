/** Rows by what topics and keys are made of. */
import { isWords, type RowBatch, type Words } from './rows.js';

/**
 * The rows of each combination of these fields, in order, with the words of the combination joined by `.`; fields that the
 * schema has not, or that are no words, do not count. Where nothing is left to part by, all rows under ''.
 */
export function groupRows(batch: RowBatch, fields: readonly (string | undefined)[]): [string, RowBatch][] {
  const columns = fields.flatMap((field): Words[] => {
    const column = field === undefined ? undefined : batch.column(field);
    return column !== undefined && isWords(column) ? [column] : [];
  });
  if (columns.length === 0 || batch.rows === 0) return batch.rows === 0 ? [] : [['', batch]];
  const labelOf = (row: number): string => columns.map(({ codes, words }) => words[codes[row] as number]).join('.');
  // Often all are of one group, and then nothing is moved.
  if (columns.every(({ codes }) => codes.every((code) => code === codes[0]))) return [[labelOf(0), batch]];
  const [first, second] = columns;
  const groups = new Map<number, number[]>();
  const width = second?.words.length ?? 1;
  for (let row = 0; row < batch.rows; row++) {
    const key = (first?.codes[row] as number) * width + (second?.codes[row] ?? 0);
    const rows = groups.get(key);
    if (rows === undefined) groups.set(key, [row]);
    else rows.push(row);
  }
  return [...groups.values()].map((rows) => [labelOf(rows[0] as number), batch.pick(rows)]);
}
