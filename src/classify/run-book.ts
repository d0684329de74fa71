/** Run books: rows of what people wrote down about venue connections, from CSV, JSON or YAML. */
import { readFileSync, statSync } from 'node:fs';
import { VenuewireError } from '../errors.js';
import { peer } from '../peer.js';
import { printableWord } from '../printable.js';
import { readYaml } from '../venues/yaml.js';
import { COLUMNS, type ColumnName } from './axes.js';

/** What a run book says of a connection: text by column, as it is written. */
export type Row = Readonly<Partial<Record<ColumnName, string>>>;

export interface RunBook {
  readonly rows: readonly Row[];
  /** Titles of columns that nothing was made of. */
  readonly unread: readonly string[];
}

export const RUN_BOOK_LIMITS = { bytes: 64 << 20, rows: 1_000_000, cell: 2000 } as const;

const fault = (name: string, what: string, hint: string): VenuewireError =>
  new VenuewireError('VW_RUN_BOOK', `${printableWord(name)}: ${what}`, hint);
const HINT =
  'Give a table with a row for each connection, and a title above each column: venue, feed, network, framing, recovery …';

/** Titles as people write them: `Network Protocol`, `network_protocol`. */
const titleWords = (title: string): string =>
  title
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[_.-]+/g, ' ')
    .trim();

/** Which column a title is; a title that was named by the caller wins. */
function columnsOf(
  titles: readonly string[],
  named: Readonly<Partial<Record<ColumnName, string>>>,
): (ColumnName | undefined)[] {
  const taken = new Set<ColumnName>();
  const find = (title: string): ColumnName | undefined => {
    const own = (Object.keys(named) as ColumnName[]).find((c) => titleWords(named[c] as string) === titleWords(title));
    if (own !== undefined) return own;
    const words = titleWords(title);
    const names = Object.keys(COLUMNS) as ColumnName[];
    const exact = names.find((c) => c === words);
    return exact ?? names.find((c) => named[c] === undefined && !taken.has(c) && COLUMNS[c].test(words));
  };
  return titles.map((title) => {
    const column = find(title);
    if (column === undefined || taken.has(column)) return undefined;
    taken.add(column);
    return column;
  });
}

const cellText = (value: unknown): string | undefined => {
  if (value === null || value === undefined || value === '') return undefined;
  const text = Array.isArray(value)
    ? value.map(String).join(', ')
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);
  return text.length > RUN_BOOK_LIMITS.cell ? text.slice(0, RUN_BOOK_LIMITS.cell) : text;
};

function bookOf(
  name: string,
  titles: readonly string[],
  rows: readonly (readonly unknown[])[],
  named: Readonly<Partial<Record<ColumnName, string>>>,
): RunBook {
  const columns = columnsOf(titles, named);
  for (const [column, title] of Object.entries(named)) {
    if (columns.includes(column as ColumnName)) continue;
    throw fault(
      name,
      `there is no column '${printableWord(title)}'`,
      `Its columns are: ${titles.map(printableWord).join(', ')}.`,
    );
  }
  if (!columns.includes('venue')) {
    const hint = `Its columns are: ${titles
      .map((t) => printableWord(t))
      .join(', ')
      .slice(0, 500)}. Say which one names the venue: --column venue=TITLE.`;
    throw fault(name, 'no column names the venue', hint);
  }
  if (rows.length > RUN_BOOK_LIMITS.rows) throw fault(name, `has more than ${RUN_BOOK_LIMITS.rows} rows`, 'Divide it.');
  return {
    rows: rows.flatMap((cells) => {
      const row: Partial<Record<ColumnName, string>> = {};
      columns.forEach((column, i) => {
        const text = column === undefined ? undefined : cellText(cells[i])?.trim();
        if (column !== undefined && text !== undefined && text !== '') row[column] = text;
      });
      return Object.keys(row).length === 0 ? [] : [row];
    }),
    unread: titles.filter((title, i) => columns[i] === undefined && title.trim() !== ''),
  };
}

type ParseCsv = (text: string, options: object) => string[][];
const DELIMITERS = [',', ';', '\t', '|'];

/** The delimiter that parts the titles into most columns, quoted text aside. */
function delimiterOf(text: string): string {
  const [head = ''] = text.replace(/"(?:[^"]|"")*"/g, '').split(/\r?\n|\r/, 1);
  return DELIMITERS.map((d) => [d, head.split(d).length] as const).sort((a, b) => b[1] - a[1])[0]?.[0] as string;
}

/**
 * Rows of CSV as people save it: commas, semicolons, tabs or bars, quotes, a mark of order.
 * @throws VenuewireError `VW_RUN_BOOK`
 */
export async function csvRows(text: string, name: string): Promise<string[][]> {
  const { parse } = await peer<{ parse: ParseCsv }>('csv-parse/sync', 'CSV');
  try {
    return parse(text, {
      bom: true,
      delimiter: delimiterOf(text.slice(0, 1 << 16)),
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: 1 << 20,
    });
  } catch (cause) {
    const { code = '', lines } = cause as { code?: string; lines?: number };
    throw fault(
      name,
      `line ${lines ?? '?'} is no CSV (${code})`,
      'A cell that holds the delimiter or a line end is in quotes, and a quote in it is doubled.',
    );
  }
}

/** Rows of a JSON or YAML document: a list of connections, a list under `venues`, or connections by name. */
function objects(data: unknown, name: string): Record<string, unknown>[] {
  const isObject = (v: unknown): v is Record<string, unknown> =>
    typeof v === 'object' && v !== null && !Array.isArray(v);
  const list = Array.isArray(data) ? data : isObject(data) && Array.isArray(data.venues) ? data.venues : undefined;
  const rows =
    list ?? (isObject(data) ? Object.entries(data).map(([venue, of]) => (isObject(of) ? { venue, ...of } : of)) : []);
  if (rows.length > 0 && rows.every(isObject)) return rows;
  throw fault(name, 'holds no list of connections', HINT);
}

/**
 * A run book's rows.
 * @param name what errors call it; its ending decides: `.json`, `.yaml` or `.yml`; everything else is CSV.
 * @param named titles of columns that their words do not tell.
 * @throws VenuewireError `VW_RUN_BOOK` when it is none, `VW_VENUE_SYNTAX` when it is no YAML.
 */
export async function readRunBook(
  text: string,
  name: string,
  named: Readonly<Partial<Record<ColumnName, string>>> = {},
): Promise<RunBook> {
  const ending = /\.(json|ya?ml)$/i.exec(name)?.[1]?.toLowerCase();
  if (ending !== undefined) {
    let data: unknown;
    if (ending === 'json') {
      try {
        data = JSON.parse(text.replace(/^\uFEFF/, ''));
      } catch {
        throw fault(name, 'is no JSON', 'Correct it: node -e "JSON.parse(…)" shows the place.');
      }
    } else data = readYaml(text, name).data;
    const rows = objects(data, name);
    const titles = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return bookOf(
      name,
      titles,
      rows.map((row) => titles.map((title) => row[title])),
      named,
    );
  }
  const [titles = [], ...rows] = await csvRows(text, name);
  if (titles.length === 0) throw fault(name, 'is empty', HINT);
  return bookOf(name, titles, rows, named);
}

/**
 * The text of a run book's file.
 * @throws VenuewireError `VW_RUN_BOOK` when it cannot be read, or is no file of a bearable size.
 */
export function runBookText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > RUN_BOOK_LIMITS.bytes) throw fault(path, `is longer than ${RUN_BOOK_LIMITS.bytes} bytes`, 'Divide it.');
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof VenuewireError) throw cause;
    throw fault(
      path,
      `could not be read: ${(cause as NodeJS.ErrnoException).code}`,
      'Check the path and the permissions.',
    );
  }
}
