/** `venuewire query`: SQL over a DuckDB file that pipelines have written, and over Parquet files. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { VenuewireError } from '../errors.js';
import { peer } from '../peer.js';
import { jsonRecord } from '../plain.js';
import { oneOf } from './choose.js';
import { usage } from './exit.js';
import { Output, table } from './output.js';

type DuckDb = typeof import('@duckdb/node-api');

interface QueryOptions {
  readonly format: 'ndjson' | 'csv' | 'table';
}

const quoted = (value: unknown): string => {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

async function query(file: string, sql: string, { format }: QueryOptions): Promise<void> {
  const isMemory = file === ':memory:';
  if (!isMemory && !existsSync(file)) {
    throw usage(
      `there is no file '${file}'`,
      "Give the file of a duckdb sink, or :memory: and name Parquet files in the SQL: FROM 'day/*.parquet'.",
    );
  }
  const { DuckDBInstance } = await peer<DuckDb>('@duckdb/node-api', 'venuewire query');
  const out = new Output();
  try {
    // Whoever asks changes nothing.
    const instance = await DuckDBInstance.create(file, isMemory ? {} : { access_mode: 'READ_ONLY' });
    const connection = await instance.connect();
    const result = await connection.stream(sql);
    const names = result.deduplicatedColumnNames();
    const rows: string[][] = [];
    if (format === 'csv') out.line(names.map(quoted).join(','));
    for await (const chunk of result.yieldRowsJson()) {
      for (const row of chunk) {
        if (format === 'ndjson')
          out.line(JSON.stringify(jsonRecord(Object.fromEntries(names.map((name, i) => [name, row[i]])))));
        else if (format === 'csv') out.line(row.map(quoted).join(','));
        else rows.push(row.map((value) => (value === null ? '' : String(value))));
      }
      await out.flush();
    }
    if (format === 'table')
      out.line(
        table(
          names.map((title) => ({ title })),
          rows,
        ),
      );
    await out.flush();
    connection.closeSync();
    instance.closeSync();
  } catch (cause) {
    if (cause instanceof VenuewireError) throw cause;
    throw new VenuewireError(
      'VW_QUERY',
      `${file}: ${cause instanceof Error ? cause.message.split('\n')[0] : cause}`,
      'Correct the SQL; SHOW TABLES and DESCRIBE event say what there is. A file that is being written by another process cannot be read.',
    );
  }
}

export function configure(command: Command): void {
  command
    .argument('<file>', 'a DuckDB file, or :memory:')
    .argument('<sql>', 'one statement')
    .addOption(
      oneOf(
        '--format <name>',
        'how rows are printed; integers beyond 32 bits are decimal text',
        ['ndjson', 'csv', 'table'],
        'ndjson',
      ),
    )
    .addHelpText(
      'after',
      `
Needs the package @duckdb/node-api. Files are opened for reading only.

Examples:
  venuewire query day.duckdb "SHOW TABLES" --format table
  venuewire query day.duckdb "SELECT instrument, count(*) AS trades FROM event WHERE kind = 'trade' GROUP BY ALL ORDER BY trades DESC"
  venuewire query :memory: "SELECT count(*) FROM 'lake/*.parquet'"
`,
    )
    .action(query);
}
