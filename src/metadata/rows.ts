/** Rows of databases: CSV, JSON, and tables of PostgreSQL. */
import { stringify } from 'yaml';
import { csvRows } from '../classify/run-book.js';
import { VenuewireError } from '../errors.js';
import { referenced } from '../patterns/credentials.js';
import { splitEndpoint } from '../patterns/units.js';
import { peer } from '../peer.js';
import { printableWord } from '../printable.js';
import { quotedName } from '../sql.js';
import type { Mapping, MappingSource, MetadataRow, Resource } from './mapping.js';

const fault = (name: string, why: string): VenuewireError =>
  new VenuewireError(
    'VW_METADATA',
    `${printableWord(name)}: ${why}`,
    'Give CSV with titles, or JSON: a list of objects of texts, numbers and booleans.',
  );

function jsonRows(text: string, name: string): MetadataRow[] {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw fault(name, 'is no JSON');
  }
  if (!Array.isArray(data)) throw fault(name, 'is no list');
  return data.map((row, i) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) throw fault(name, `row ${i + 1} is no object`);
    return Object.fromEntries(
      Object.entries(row).map(([column, value]) => {
        if (value === null) return [column, null];
        if (typeof value === 'object') throw fault(name, `row ${i + 1}: ${printableWord(column)} is no single value`);
        if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
          throw fault(
            name,
            `row ${i + 1}: ${printableWord(column)} is a number that JSON does not keep: write it as text`,
          );
        return [column, String(value)];
      }),
    );
  });
}

/**
 * Rows of a file: JSON where its name ends so, else CSV.
 * @throws VenuewireError `VW_METADATA`, or `VW_RUN_BOOK` where it is no CSV.
 */
export async function readRows(text: string, name: string): Promise<MetadataRow[]> {
  if (/\.json$/i.test(name)) return jsonRows(text, name);
  const [titles = [], ...rows] = await csvRows(text, name);
  if (new Set(titles).size < titles.length) throw fault(name, 'has two columns of one title');
  return rows.map((cells, i) => {
    if (cells.length !== titles.length)
      throw fault(name, `row ${i + 1} has ${cells.length} cells, and there are ${titles.length} titles`);
    return Object.fromEntries(titles.map((title, at) => [title, cells[at] === '' ? null : (cells[at] as string)]));
  });
}

/** Columns in the order in which rows have them. */
const columnsOf = (rows: readonly MetadataRow[]): string[] => [...new Set(rows.flatMap((row) => Object.keys(row)))];
const csvCell = (text: string): string =>
  /[",\r\n]/.test(text) || text.trim() !== text ? `"${text.replaceAll('"', '""')}"` : text;

/** Rows as the text of a file: JSON where its name ends so, else CSV. */
export function rowsText(rows: readonly MetadataRow[], name: string): string {
  if (/\.json$/i.test(name)) return `${JSON.stringify(rows, null, 2)}\n`;
  const titles = columnsOf(rows);
  return [titles, ...rows.map((row) => titles.map((title) => row[title] ?? ''))]
    .map((cells) => `${cells.map(csvCell).join(',')}\n`)
    .join('');
}

/** A resource as the text of a venue file: YAML that reads back the same, whatever texts are in it. */
export const resourceText = (resource: Resource): string =>
  // Blocks of YAML lose blanks before a line's end.
  stringify(resource, { lineWidth: 0, blockQuote: false });

type Postgres = typeof import('postgres');
type Sql = import('postgres').Sql;
const CONNECT_SECONDS = 10;

async function connected<T>(source: MappingSource, work: (sql: Sql) => Promise<T>): Promise<T> {
  const { default: postgres } = await peer<{ default: Postgres }>('postgres', 'Metadata in PostgreSQL');
  const { host, port } = splitEndpoint(source.server);
  const { database, username, password } = source;
  const sql = postgres({
    ...{ host, port, database, max: 1, connect_timeout: CONNECT_SECONDS, onnotice: () => {} },
    ...(username === undefined ? {} : { username: referenced(username, 'username') }),
    ...(password === undefined ? {} : { password: referenced(password, 'password') }),
  });
  try {
    return await work(sql);
  } catch (cause) {
    if (cause instanceof VenuewireError) throw cause;
    throw new VenuewireError(
      'VW_METADATA_DATABASE',
      `PostgreSQL at ${source.server}, ${source.table}: ${cause instanceof Error ? printableWord(cause.message) : cause}`,
      'Check that the server runs, that the table is there and that this user may read and change it.',
    );
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const tableName = (table: string): string => table.split('.').map(quotedName).join('.');

/** All rows of the mapping's table, each value as PostgreSQL writes it. */
export const databaseRows = (source: MappingSource): Promise<MetadataRow[]> =>
  connected(source, async (sql) => {
    const rows = await sql.unsafe(
      `SELECT (SELECT jsonb_object_agg(key, value) FROM jsonb_each_text(to_jsonb(t))) AS "row" FROM ${tableName(source.table)} t`,
    );
    return rows.map(({ row }) => row as MetadataRow);
  });

/** Changes rows by their keys, and adds those that are not there, in one transaction; columns that a row lacks stay. Returns how many. */
export const writeDatabase = (
  source: MappingSource,
  rows: readonly MetadataRow[],
  { spec }: Mapping,
): Promise<number> =>
  connected(source, async (sql) => {
    const keys = spec.each === undefined ? [spec.key] : [spec.key, spec.each.column];
    const table = tableName(source.table);
    await sql.begin(async (transaction) => {
      for (const row of rows) {
        const columns = Object.keys(row).map(quotedName);
        const chosen = `SELECT ${columns.join(', ')} FROM jsonb_populate_record(NULL::${table}, $1::text::jsonb)`;
        const same = keys.map((k) => `t.${quotedName(k)} = k.${quotedName(k)}`).join(' AND ');
        const record = `jsonb_populate_record(NULL::${table}, $1::text::jsonb) k`;
        const json = JSON.stringify(row);
        const changed = await transaction.unsafe(
          `UPDATE ${table} t SET (${columns.join(', ')}) = ROW(${columns.map((c) => `k.${c}`).join(', ')}) FROM ${record} WHERE ${same}`,
          [json],
        );
        if (changed.count === 0)
          await transaction.unsafe(`INSERT INTO ${table} (${columns.join(', ')}) ${chosen}`, [json]);
      }
    });
    return rows.length;
  });
