/**
 * Run books of many venues come to few patterns: what each connection chooses on each list, how sure that is, which choices
 * are shared, and what would have to depend on the venue for one pattern to serve more of them.
 */
import type { Axis } from './axes.js';
import { type Classified, classifyRows } from './classify.js';
import { type Coverage, coverageOf } from './coverage.js';
import type { RunBook } from './run-book.js';

export { AXES, type Axis, type ColumnName, ITEMS, type Item } from './axes.js';
export { catalogue } from './catalogue.js';
export type { Choice, Classified } from './classify.js';
export type { Conditional, Coverage, NearDuplicate, Pattern } from './coverage.js';
export { coveragePicture, itemsPicture } from './picture.js';
export { htmlReport, jsonReport, markdownReport } from './report.js';
export { type Row, type RunBook, readRunBook, runBookText } from './run-book.js';

/** What run books come to. */
export interface Analysis {
  readonly venues: readonly Classified[];
  readonly coverage: Coverage;
  /** Connections that more than one row has. */
  readonly twice: readonly string[];
  /** Titles of columns that nothing was made of. */
  readonly unread: readonly string[];
}

/** Connections of more than one row. */
function repeated(venues: readonly Classified[]): string[] {
  const counts = new Map<string, number>();
  for (const { venue, feed, region } of venues) {
    const name = [venue, feed, region].filter((x) => x !== undefined).join(' ');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].flatMap(([name, n]) => (n > 1 ? [name] : []));
}

/**
 * Classifies the connections of run books and looks for what they share. Nothing is opened or sent.
 * @param axes on which patterns are told apart; default: all.
 */
export function classify(
  books: RunBook | readonly RunBook[],
  options: { readonly axes?: readonly Axis[] } = {},
): Analysis {
  const all = 'rows' in books ? [books] : books;
  const venues = classifyRows(all.flatMap((b) => b.rows));
  return {
    venues,
    coverage: coverageOf(venues, options.axes),
    twice: repeated(venues),
    unread: [...new Set(all.flatMap((b) => b.unread))],
  };
}
