/** `venuewire metadata`: venue files to and from a firm's databases, and where the two say different things. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Argument, type Command } from 'commander';
import { runBookText } from '../classify/index.js';
import { compileFaults } from '../feed/compile.js';
import {
  databaseRows,
  defineMapping,
  driftOf,
  type Mapping,
  type MetadataRow,
  type Resource,
  readRows,
  resourcesOf,
  resourceText,
  rowsOf,
  rowsText,
  writeDatabase,
} from '../metadata/index.js';
import { readVenue } from '../venues/load.js';
import { readText } from '../venues/own.js';
import { readYaml } from '../venues/yaml.js';
import { oneOf } from './choose.js';
import { FINDINGS, OK, usage } from './exit.js';
import { Output } from './output.js';
import { say } from './terminal.js';

interface Options {
  readonly mapping: string;
  readonly database?: boolean;
  readonly to?: string;
  readonly format: 'text' | 'ndjson';
}

const WAYS = ['import', 'export', 'drift'] as const;
type Way = (typeof WAYS)[number];

function sourceOf({ spec }: Mapping): NonNullable<Mapping['spec']['postgresql']> {
  if (spec.postgresql !== undefined) return spec.postgresql;
  throw usage(
    '--database is given, and the mapping has no postgresql',
    'Say in the mapping where the table is: spec.postgresql.',
  );
}

async function rowsFrom(files: readonly string[], mapping: Mapping, database: boolean): Promise<MetadataRow[]> {
  if (database) return databaseRows(sourceOf(mapping));
  const [file] = files;
  if (file === undefined || files.length > 1) throw usage('one file of rows is needed', 'Give it, or --database.');
  return readRows(runBookText(file), file);
}

/** A resource as the file holds it; what it declares is checked where it is used. */
function resourceFrom(file: string): Resource {
  const { data } = readYaml(readText(file), file);
  const found = data as Partial<Resource> | null;
  if (typeof found?.metadata?.name === 'string' && typeof found.spec === 'object') return found as Resource;
  throw usage(`${file} holds no venue resource`, 'Give files that have metadata and spec.');
}

/** Writes each resource that is a venue; the others are told. */
async function importRows(rows: readonly MetadataRow[], mapping: Mapping, to: string): Promise<number> {
  mkdirSync(to, { recursive: true });
  let refused = 0;
  let written = 0;
  const resources = resourcesOf(rows, mapping);
  for (const resource of resources) {
    const file = join(to, `${resource.metadata.name}.yaml`);
    const text = resourceText(resource);
    const { venue, faults } = await readVenue(text);
    for (const { message } of faults) say(`${resource.metadata.name}: ${message}`);
    if (venue === undefined) {
      refused++;
      continue;
    }
    for (const { error } of compileFaults(venue, { secrets: false }).slice(0, 1))
      say(`${file}: kept, and cannot be opened here: ${error.message}`);
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    writeFileSync(file, text);
    written++;
  }
  say(
    `${resources.length} venues of ${rows.length} rows: ${written} written, ${resources.length - written - refused} unchanged, ${refused} refused`,
  );
  return refused === 0 ? OK : FINDINGS;
}

async function run(way: Way, files: readonly string[], options: Options): Promise<void> {
  const { data } = readYaml(readText(options.mapping), options.mapping);
  const mapping = defineMapping(data, options.mapping);
  const database = options.database === true;
  if (way === 'import') {
    if (options.to === undefined) throw usage('it is not said where venue files go', 'Give --to and a folder.');
    process.exitCode = await importRows(await rowsFrom(files, mapping, database), mapping, options.to);
    return;
  }
  const out = new Output();
  if (way === 'export') {
    const rows = files.flatMap((file) => rowsOf(resourceFrom(file), mapping));
    if (database) say(`${await writeDatabase(sourceOf(mapping), rows, mapping)} rows written`);
    else if (options.to !== undefined) writeFileSync(options.to, rowsText(rows, options.to));
    else for (const line of rowsText(rows, 'rows.csv').trimEnd().split('\n')) out.line(line);
    return out.flush();
  }
  const [rowFile, ...rest] = files;
  const rows = await rowsFrom(database || rowFile === undefined ? [] : [rowFile], mapping, database);
  const drift = driftOf(rows, (database ? files : rest).map(resourceFrom), mapping);
  for (const d of drift) {
    const { key, column, database: a, file: b } = d;
    out.line(
      options.format === 'ndjson'
        ? JSON.stringify(d)
        : column === undefined
          ? `${key}: only in the ${a === undefined ? 'files' : 'database'}`
          : `${key}: ${column} is ${JSON.stringify(a)} in the database and ${JSON.stringify(b)} in the file`,
    );
  }
  await out.flush();
  process.exitCode = drift.length === 0 ? OK : FINDINGS;
}

export function configure(command: Command): void {
  command
    .addArgument(new Argument('<what>', 'rows to venue files, back, or where they differ').choices(WAYS))
    .argument('[files...]', 'import: rows; export: venue files; drift: rows, then venue files')
    .requiredOption('--mapping <file>', 'what columns are in a venue file (docs/metadata.md)')
    .option('--database', 'rows are those of the mapping’s PostgreSQL table')
    .option('--to <path>', 'import: folder of venue files; export: file of rows, .csv or .json')
    .addOption(oneOf('--format <name>', 'how drift is printed', ['text', 'ndjson'], 'text'))
    .addHelpText(
      'after',
      `
Rows are CSV with titles, or JSON: a list of objects. A row that could not be told back as it is, is refused. Columns that
the mapping does not name are kept as annotations. Exits with 1 when a venue is refused, or when there is drift.

Examples:
  venuewire metadata import venues.csv --mapping amdb.yaml --to venues
  venuewire metadata export venues/*.yaml --mapping amdb.yaml --to venues.csv
  venuewire metadata drift venues.csv venues/*.yaml --mapping amdb.yaml
  venuewire metadata import --database --mapping amdb.yaml --to venues
`,
    )
    .action(run);
}
