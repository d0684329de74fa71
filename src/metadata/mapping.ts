/**
 * What columns of a firm's database are in a venue resource: declared once, read in both directions. What a row holds is in the
 * resource, or kept beside it: nothing of it is lost, or the row is refused.
 */
import { z } from 'zod';
import { VenuewireError } from '../errors.js';
import { reference } from '../patterns/credentials.js';
import { endpoint } from '../patterns/units.js';
import { API_VERSION, KIND, venueFaults } from '../patterns/venue.js';
import { printableWord } from '../printable.js';
import type { MappingRecord } from './mapping-types.js';
import { type Path, pathOf, setAt, valueAt } from './path.js';

export type { MappingSource } from './mapping-types.js';
export type Mapping = Readonly<MappingRecord>;

const column = z
  .strictObject({
    path: z.string().min(1).describe('Where in the resource, for example spec.lines.A.address; {COLUMN} is that cell'),
    values: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe('What the database’s words are in the resource; others are refused'),
    type: z.enum(['text', 'number', 'boolean', 'list']).default('text'),
    separator: z.string().min(1).default(',').describe('Of a list'),
  })
  .refine(
    (c) => new Set(Object.values(c.values ?? {}).map(String)).size === Object.keys(c.values ?? {}).length,
    'has two words for one value',
  );

/** @internal */
export const source = z.strictObject({
  server: endpoint.describe('PostgreSQL, host:port'),
  database: z.string().min(1),
  username: reference.optional(),
  password: reference.optional(),
  table: z.string().regex(/^[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)?$/, 'must be a table, or schema.table'),
});

/** @internal */
export const mappingSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('MetadataMapping'),
  metadata: z.strictObject({ name: z.string().min(1) }),
  spec: z.strictObject({
    key: z.string().min(1).describe('Column that tells venues apart: metadata.name'),
    each: z
      .strictObject({ column: z.string().min(1), of: z.string().min(1) })
      .optional()
      .describe('A row for each entry of a part of the resource (spec.lines); the column names the entry'),
    columns: z.record(z.string(), column).describe('Columns by name; those that are not here are kept as annotations'),
    constants: z.record(z.string(), z.json()).default({}).describe('By path: what every venue of this database has'),
    postgresql: source.optional().describe('The table that rows come from and go to'),
  }),
});

/** A row of a database: text by column; null: nothing. */
export type MetadataRow = Readonly<Record<string, string | null>>;

/** A venue resource, as a file holds it. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What begins the annotations that keep columns. */
export const KEPT = 'metadata.venuewire.io/';

/** @throws VenuewireError `VW_METADATA` naming each place that is not right. */
export function defineMapping(data: unknown, name: string): Mapping {
  const result = mappingSchema.safeParse(data);
  if (!result.success) {
    const faults = venueFaults(result.error).map((f) => `${f.path.map(String).join('.')} ${f.message}`);
    throw new VenuewireError(
      'VW_METADATA',
      `${printableWord(name)}: ${printableWord(faults.join('; '))}`,
      'Correct these places; docs/metadata.md has an example.',
    );
  }
  const { columns, constants, each } = result.data.spec;
  for (const text of [
    ...Object.values(columns).map((c) => c.path),
    ...Object.keys(constants),
    ...(each ? [each.of] : []),
  ])
    pathOf(text.replace(/\{[^}]*\}/g, 'X'));
  return result.data;
}

type Column = Mapping['spec']['columns'][string];

function fault(row: MetadataRow, mapping: Mapping, column: string, why: string): VenuewireError {
  const key = printableWord(row[mapping.spec.key] ?? '(no key)');
  return new VenuewireError(
    'VW_METADATA',
    `row ${key}: ${printableWord(column)} ${why}`,
    'Correct the row, or the mapping.',
  );
}

/** The path of a column for one row: cells that it names are filled in. */
function pathFor(text: string, cell: (column: string) => string | null | undefined): Path | undefined {
  let isWhole = true;
  const filled = text.replace(/\{([^}]*)\}/g, (_all, name: string) => {
    const value = cell(name);
    if (value === null || value === undefined || value === '') isWhole = false;
    // A cell is one step, whatever it holds.
    return (value ?? '').replace(/[.[\]]/g, '-');
  });
  return isWhole ? pathOf(filled) : undefined;
}

/** The value that a cell stands for; undefined: it stands for none. */
function fromCell(text: string, { values, type, separator }: Column): unknown {
  if (values !== undefined) return Object.hasOwn(values, text) ? values[text] : undefined;
  if (type === 'number') return text.trim() !== '' && String(Number(text)) === text ? Number(text) : undefined;
  if (type === 'boolean') return { true: true, false: false }[text];
  return type === 'list' ? text.split(separator) : text;
}

/** The cell that stands for a value; undefined: none can. */
function toCell(value: unknown, { values, type, separator }: Column): string | null | undefined {
  if (value === undefined || value === null) return null;
  if (values !== undefined) return Object.entries(values).find(([, v]) => v === value)?.[0];
  if (type === 'list') return Array.isArray(value) ? value.map(String).join(separator) : undefined;
  return typeof value === 'object' ? undefined : String(value);
}

const NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
const NAME_MOST = 64;
/** A key as resources are called; where it is another text, an annotation keeps it. */
const nameOf = (key: string): string =>
  NAME.test(key) && key.length <= NAME_MOST
    ? key
    : key
        .toLowerCase()
        .replace(/[^a-z0-9.-]+/g, '-')
        .replace(/^[.-]+|[.-]+$/g, '')
        .slice(0, NAME_MOST)
        .replace(/[.-]+$/, '');

const keptName = (column: string, entry: string | null | undefined): string =>
  `${KEPT}${column}${entry === null || entry === undefined ? '' : `/${entry}`}`;

/** Puts one row into its resource. */
function add(row: MetadataRow, mapping: Mapping, resource: Record<string, unknown>): void {
  const { key, each, columns } = mapping.spec;
  const entry = each === undefined ? undefined : row[each.column];
  if (each !== undefined) {
    if (entry === null || entry === undefined || entry === '') throw fault(row, mapping, each.column, 'is empty');
    const at = pathOf(`${each.of}.${entry.replace(/[.[\]]/g, '-')}`);
    if (valueAt(resource, at) !== undefined)
      throw fault(row, mapping, each.column, `has '${printableWord(entry)}' twice`);
    setAt(resource, at, {}, each.of);
  }
  for (const [name, cell] of Object.entries(row)) {
    if (name === key || name === each?.column || cell === null || cell === '') continue;
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (column === undefined) {
      const kept = pathOf('metadata.annotations');
      setAt(
        resource,
        kept,
        { ...(valueAt(resource, kept) as object | undefined), [keptName(name, entry)]: cell },
        name,
      );
      continue;
    }
    const path = pathFor(column.path, (other) => row[other]);
    if (path === undefined)
      throw fault(row, mapping, name, `goes to ${column.path}, and a cell that it names is empty`);
    const value = fromCell(cell, column);
    if (value === undefined) {
      const why =
        column.values === undefined ? `is no ${column.type}` : `is none of ${Object.keys(column.values).join(', ')}`;
      throw fault(row, mapping, name, why);
    }
    const known = valueAt(resource, path);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(value))
      throw fault(row, mapping, name, 'says another thing than a row before, or than a constant');
    setAt(resource, path, value, column.path);
  }
}

/** Cells as they count: nothing and an empty text are one. */
const normal = (row: MetadataRow): Record<string, string> =>
  Object.fromEntries(Object.entries(row).flatMap(([k, v]) => (v === null || v === '' ? [] : [[k, v]])));
export const sameRow = (a: MetadataRow, b: MetadataRow): boolean => {
  const [x, y] = [normal(a), normal(b)];
  return Object.keys(x).length === Object.keys(y).length && Object.entries(x).every(([k, v]) => y[k] === v);
};

/**
 * The resources of rows, in the order of the rows. Rows of one key are one resource.
 * @throws VenuewireError `VW_METADATA` naming row and column where a row cannot be said in a resource and told back the same.
 */
export function resourcesOf(rows: readonly MetadataRow[], mapping: Mapping): Resource[] {
  const { key, each } = mapping.spec;
  const groups = new Map<string, MetadataRow[]>();
  for (const row of rows) {
    const name = row[key];
    if (name === null || name === undefined || name === '') throw fault(row, mapping, key, 'is empty');
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [row]);
    else if (each === undefined) throw fault(row, mapping, key, 'is there twice');
    else group.push(row);
  }
  const taken = new Set<string>();
  return [...groups].map(([of, group]) => {
    const name = nameOf(of);
    const [first = {}] = group;
    if (name === '' || taken.has(name))
      throw fault(first, mapping, key, `comes to the name '${name}', as another one does`);
    taken.add(name);
    const annotations = name === of ? {} : { annotations: { [keptName(key, undefined)]: of } };
    const metadata = { name, ...annotations };
    const resource: Record<string, unknown> = { apiVersion: API_VERSION, kind: KIND, metadata, spec: {} };
    for (const [path, value] of Object.entries(mapping.spec.constants))
      setAt(resource, pathOf(path), structuredClone(value), path);
    for (const row of group) add(row, mapping, resource);
    const made = resource as unknown as Resource;
    const back = rowsOf(made, mapping);
    const lost = group.find((row, i) => !sameRow(row, back[i] ?? {}));
    if (lost !== undefined)
      throw fault(lost, mapping, key, 'cannot be told back as it is: two columns share a place, or a cell names one');
    return made;
  });
}

/** Columns that annotations keep, for one entry. */
function keptOf(resource: Resource, mapping: Mapping, entry: string | undefined): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, text] of Object.entries(resource.metadata.annotations ?? {})) {
    if (!name.startsWith(KEPT)) continue;
    const column = name.slice(KEPT.length);
    if (column === mapping.spec.key) continue;
    if (mapping.spec.each === undefined) out[column] = text;
    else if (column.endsWith(`/${entry}`)) out[column.slice(0, -`/${entry}`.length)] = text;
  }
  return out;
}

/**
 * The rows of a resource: one, or one for each entry of the part that `each` names.
 * @throws VenuewireError `VW_METADATA` where a value has no form in the database.
 */
export function rowsOf(resource: Resource, mapping: Mapping): MetadataRow[] {
  const { key, each, columns } = mapping.spec;
  const entries =
    each === undefined ? [undefined] : Object.keys((valueAt(resource, pathOf(each.of)) as object | undefined) ?? {});
  return entries.map((entry) => {
    const name = resource.metadata.annotations?.[keptName(key, undefined)] ?? resource.metadata.name;
    const row: Record<string, string | null> = { [key]: name };
    if (each !== undefined && entry !== undefined) row[each.column] = entry;
    for (const [name, column] of Object.entries(columns)) {
      const path = pathFor(column.path, (other) => row[other]);
      const value = path === undefined ? undefined : valueAt(resource, path);
      const cell = toCell(value, column);
      if (cell === undefined)
        throw fault(row, mapping, name, `has no form in the database: it is ${JSON.stringify(value)}`);
      row[name] = cell;
    }
    return { ...row, ...keptOf(resource, mapping, entry) };
  });
}

export interface Drift {
  readonly key: string;
  /** Column; undefined: the whole row. */
  readonly column: string | undefined;
  readonly database: string | null | undefined;
  readonly file: string | null | undefined;
}

const rowKey = (row: MetadataRow, { spec: { key, each } }: Mapping): string =>
  each === undefined ? String(row[key]) : `${row[key]} ${row[each.column]}`;

/** Where the database and the resources say different things, by row and column. */
export function driftOf(rows: readonly MetadataRow[], resources: readonly Resource[], mapping: Mapping): Drift[] {
  const files = new Map(resources.flatMap((r) => rowsOf(r, mapping)).map((row) => [rowKey(row, mapping), row]));
  const database = new Map(rows.map((row) => [rowKey(row, mapping), row]));
  const whole = (key: string, has: 'database' | 'file'): Drift => ({
    key,
    column: undefined,
    database: has === 'database' ? 'is there' : undefined,
    file: has === 'file' ? 'is there' : undefined,
  });
  return [
    ...[...database].flatMap(([key, row]): Drift[] => {
      const file = files.get(key);
      if (file === undefined) return [whole(key, 'database')];
      const [a, b] = [normal(row), normal(file)];
      return [...new Set([...Object.keys(a), ...Object.keys(b)])]
        .filter((column) => a[column] !== b[column])
        .map((column) => ({ key, column, database: a[column] ?? null, file: b[column] ?? null }));
    }),
    ...[...files.keys()].filter((key) => !database.has(key)).map((key) => whole(key, 'file')),
  ];
}
