// The layers over a lake, by dbt: what gold says is what the feed gave, and what does not qualify is kept apart with the reason.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runPipelines } from '../../src/sinks/index.js';
import { loadVenue } from '../../src/venues/load.js';
import { document, feedRows, root } from './harm.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'venuewire-dbt-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function sql(...statements: string[]): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  let rows: Record<string, unknown>[] = [];
  for (const statement of statements) rows = (await connection.runAndReadAll(statement)).getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

test('gold is what the feed gave; what does not qualify is kept apart, with the reason', async () => {
  const [lake, gold] = [join(folder, 'lake'), join(folder, 'gold')];
  const venue = await loadVenue(document(`{ type: parquet, folder: ${lake} }`, '{ writeRows: 10000 }'));
  await (await runPipelines(venue)).done;
  // Another source, whose rows are not all sound.
  const strange = join(lake, 'event/source=strange/date=2023-11-14');
  mkdirSync(strange, { recursive: true });
  mkdirSync(gold);
  await sql(`COPY (SELECT 'x' AS channel, '' AS epoch, number, '0' AS part, kind, 'trade' AS action, 'ABC' AS instrument,
      '2023-11-14 10:00:00+00' AS "receiveTime", price, '-2' AS "priceExponent", '5' AS size, '0' AS "sizeExponent"
    FROM (VALUES ('1', 'trade', '1050'), ('two', 'trade', '1'), ('3', NULL, '1'), ('4', 'trade', 'dear')) t(number, kind, price))
    TO '${strange}/strange.parquet' (FORMAT parquet)`);
  const project = join(root, 'deploy/lake');
  const words = [
    'build',
    '--project-dir',
    project,
    '--profiles-dir',
    project,
    '--target-path',
    join(folder, 'target'),
    '--log-path',
    folder,
  ];
  const env = {
    ...process.env,
    VENUEWIRE_LAKE: lake,
    VENUEWIRE_GOLD: gold,
    VENUEWIRE_LAKE_DB: join(folder, 'lake.duckdb'),
    DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
  };
  const { stdout: said, stderr } = spawnSync(join(root, 'build/services/dbt/bin/dbt'), words, {
    env,
    encoding: 'utf8',
  });
  expect(`${said}${stderr}`).toMatch(/PASS=\d+ WARN=0 ERROR=0 SKIP=0/);

  const feed = await feedRows();
  const trades = feed.filter(({ kind, price, size }) => kind === 'trade' && price !== undefined && size !== undefined);
  expect(trades.length).toBeGreaterThan(0);
  const [sums] = await sql(
    `SELECT count(*) AS n, sum(price * 10000)::BIGINT AS price, sum(size)::BIGINT AS size FROM '${gold}/trades.parquet' WHERE source = 'day'`,
  );
  const sum = (name: string): string => `${trades.reduce((total, row) => total + (row[name] as bigint), 0n)}`;
  expect(trades.every(({ priceExponent, sizeExponent }) => priceExponent === -4 && sizeExponent === 0)).toBe(true);
  expect(sums).toEqual({ n: `${trades.length}`, price: sum('price'), size: sum('size') });
  const [instruments] = await sql(
    `SELECT count(*) AS n, sum(events)::BIGINT AS events FROM '${gold}/instruments.parquet' WHERE source = 'day'`,
  );
  const named = feed.filter(({ instrument }) => instrument !== undefined);
  expect(instruments).toEqual({ n: `${new Set(named.map((r) => r.instrument)).size}`, events: `${named.length}` });
  const bars = await sql(
    `SELECT open::DOUBLE AS open, close::DOUBLE AS close, volume::DOUBLE AS volume, trades FROM '${gold}/bars_1m.parquet' WHERE source = 'strange'`,
  );
  expect(bars).toEqual([{ open: 10.5, close: 10.5, volume: 5, trades: '1' }]);
  const python = join(root, 'build/services/dbt/bin/python');
  const ask = `import duckdb; print(sorted(r[0] for r in duckdb.connect('${env.VENUEWIRE_LAKE_DB}', read_only=True).sql('select reason from silver_event_refused').fetchall()))`;
  expect(execFileSync(python, ['-c', ask], { encoding: 'utf8' }).trim()).toBe(
    "['kind is missing', 'number is no sequence number', 'price is no integer']",
  );
  console.log(
    `dbt: ${said
      .trimEnd()
      .split('\n')
      .find((line) => line.includes('PASS='))
      ?.replace(/^.*Done/, 'Done')}; ${trades.length} trades, 3 rows kept apart`,
  );
});
