import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Random } from '../../src/simulator/index.js';
import { runPipelines, sinkBalances } from '../../src/sinks/index.js';
import { loadVenue } from '../../src/venues/load.js';

const root = new URL('../../', import.meta.url).pathname;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'venuewire-duckdb-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const document = (file: string): string => `apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: day }
spec:
  decoder: nasdaq-totalview-itch-5.0
  framing: moldudp64
  lines: { A: { type: captureFile, path: ${root}fixtures/itch50-clean.pcap } }
  pipelines:
    ticks: { shape: { type: events }, sink: { type: duckdb, file: ${file} }, queue: { writeRows: 100 } }
    raw: { shape: { type: raw }, sink: { type: duckdb, file: ${file} }, queue: { writeRows: 100 } }
`;

async function query(file: string, sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(sql)).getRows();
  connection.closeSync();
  instance.closeSync();
  return rows;
}
const digest = async (file: string) => {
  const [events, raw] = [
    await query(
      file,
      'SELECT count(*), count(DISTINCT (channel, epoch, number, part)), sum(hash(event)::HUGEINT) FROM event',
    ),
    await query(
      file,
      'SELECT count(*), count(DISTINCT (channel, epoch, number, part)), sum(hash(raw)::HUGEINT) FROM raw',
    ),
  ];
  return [...events, ...raw].flat().map(String);
};

test('events and messages of a venue file are in DuckDB, each once, with what their fields are', async () => {
  const file = join(folder, 'day.duckdb');
  const venue = await loadVenue(document(file));
  const { pipelines } = await (await runPipelines(venue)).done;
  for (const { ledger, delivery } of Object.values(pipelines)) {
    expect(sinkBalances(ledger)).toBe(true);
    expect(ledger.stored).toBe(ledger.accepted);
    expect(delivery).toBe('exactlyOnce');
  }
  const [count, distinct] = await digest(file);
  expect([count, distinct]).toEqual([`${pipelines.ticks?.ledger.stored}`, `${pipelines.ticks?.ledger.stored}`]);
  const [[comment]] = (await query(
    file,
    "SELECT comment FROM duckdb_columns() WHERE table_name = 'event' AND column_name = 'price'",
  )) as [[string]];
  expect(JSON.parse(comment)).toMatchObject({
    dtype: 'i64',
    unit: 'raw',
    exponent: 'priceExponent',
    state: 'optional',
  });
  // Run again, everything is there already.
  const again = await (await runPipelines(venue)).done;
  expect(again.pipelines.ticks).toMatchObject({ resumed: Number(count), ledger: { accepted: 0 } });
  expect((await digest(file))[0]).toBe(count);
});

test.each([11, 12, 13])(
  'a process that is killed while it writes leaves nothing out and nothing twice (seed %i)',
  async (seed) => {
    const random = new Random(seed);
    const [whole, killed] = [join(folder, 'whole.duckdb'), join(folder, 'killed.duckdb')];
    await (await runPipelines(await loadVenue(document(whole)))).done;
    let kills = 0;
    for (let isDone = false; !isDone; ) {
      const child = fork(join(root, 'test/unit/run-pipelines.mjs'), [], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      child.send({ document: document(killed) });
      const wanted = random.between(200, 1_500);
      isDone = await new Promise<boolean>((resolve) => {
        child.on('message', ({ stored, done }: { stored: number; done: boolean }) => {
          if (done) resolve(true);
          else if (stored >= wanted && kills < 4) child.kill('SIGKILL');
        });
        child.once('exit', (code) => resolve(code === 0));
      });
      if (!isDone) kills++;
    }
    expect(kills).toBeGreaterThan(0);
    expect(await digest(killed)).toEqual(await digest(whole));
  },
);
