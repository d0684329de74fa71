// The lake and the embedded store on a disk that is full, and with the writer killed. The disk is a tmpfs that the test mounts as root.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runPipelines, sinkBalances } from '../../src/sinks/index.js';
import { loadVenue } from '../../src/venues/load.js';
import { document, feedRows, harmed, MESSAGES } from './harm.js';
import type { Server } from './servers.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'venuewire-lake-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COLUMNS = ['instrument', 'kind', 'action', 'side', 'price', 'size', 'orderId', 'receiveTime'];
const plain = (r: Record<string, unknown>): string =>
  `${r.number}.${r.part} ${COLUMNS.map((c) => r[c] ?? '').join(' ')}`;

/** All rows of a lake, or of a DuckDB file, as the feed's are compared. */
async function rowsOf(from: string, file = ':memory:'): Promise<string[]> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  const receive = file === ':memory:' ? 'epoch_ns("receiveTime")' : '"receiveTime"';
  const columns = COLUMNS.map((c) => (c === 'receiveTime' ? `${receive} AS "receiveTime"` : `"${c}"`)).join(', ');
  const reader = await connection.runAndReadAll(`SELECT number, part, ${columns} FROM ${from} ORDER BY number, part`);
  const rows = reader.getRowObjects().map(plain);
  connection.closeSync();
  instance.closeSync();
  return rows;
}
const filesOf = (lake: string): string => `read_parquet('${lake}/event/*/*/*.parquet', hive_partitioning = true)`;
const wanted = async (): Promise<string[]> => (await feedRows()).map(plain);
const NOBODY = undefined as unknown as Server;

describe('The lake', () => {
  test.each([1, 2, 3])('has every event once, however often the writer is killed (seed %i)', async (seed) => {
    const lake = join(folder, `lake-${seed}`);
    const kills = ['producer', 'producer', 'producer', 'producer'] as const;
    const { pipelines } = await harmed(document(`{ type: parquet, folder: ${lake} }`), seed, NOBODY, kills);
    expect(await rowsOf(filesOf(lake))).toEqual(await wanted());
    expect(pipelines.ticks).toMatchObject({
      delivery: 'exactlyOnce',
      forgot: 0,
      ledger: { pending: 0, dropped: 0, refused: 0 },
    });
    const names = readdirSync(lake, { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => name.includes('/.'))).toEqual([]);
    expect(names).toContain('event/source=day');
    console.log(
      `Parquet, seed ${seed}: ${(await wanted()).length} events, each once, ${names.filter((n) => n.endsWith('.parquet')).length} files; ${kills.length} kills; last process ${JSON.stringify(pipelines.ticks?.ledger)}`,
    );
  });

  test('carries what fields are, and how far it has come, in each file', async () => {
    const lake = join(folder, 'lake-1');
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(
      `SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata('${lake}/event/*/*/*.parquet') ORDER BY file_name DESC`,
    );
    const pairs = new Map(
      reader
        .getRows()
        .reverse()
        .map(([key, value]) => [String(key), String(value)]),
    );
    expect(pairs.get('venuewire.schema')).toBe('event.v1');
    expect(pairs.get('venuewire.source')).toBe('day');
    expect(JSON.parse(pairs.get('venuewire.field.price') ?? '')).toMatchObject({
      dtype: 'i64',
      unit: 'raw',
      exponent: 'priceExponent',
    });
    const last = (await feedRows()).at(-1);
    expect(JSON.parse(pairs.get('venuewire.positions') ?? '')).toEqual([
      [last?.channel, last?.epoch, `${last?.number}`, `${last?.part}`],
    ]);
    connection.closeSync();
    instance.closeSync();
  });
});

describe('DuckDB', () => {
  test.each([1, 2])('has every event once, however often the writer is killed (seed %i)', async (seed) => {
    const file = join(folder, `day-${seed}.duckdb`);
    const kills = ['producer', 'producer', 'producer', 'producer'] as const;
    const { pipelines } = await harmed(document(`{ type: duckdb, file: ${file} }`), seed, NOBODY, kills);
    const rows = await rowsOf('event', file);
    expect(rows).toEqual(await wanted());
    expect(pipelines.ticks).toMatchObject({ forgot: 0, ledger: { pending: 0, dropped: 0, refused: 0 } });
    console.log(
      `DuckDB, seed ${seed}: ${rows.length} events, each once; ${kills.length} kills; last process ${JSON.stringify(pipelines.ticks?.ledger)}`,
    );
  });
});

describe('A disk that is full', () => {
  const disk = (): string => join(folder, 'disk');
  const mount = (options: string): Buffer => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk()]);
  beforeAll(() => {
    if (process.getuid?.() !== 0) throw new Error('This test mounts a tmpfs of its own: run it as root.');
    execFileSync('mkdir', ['-p', disk()]);
  });

  test.each([
    ['parquet', 'folder', 'lake'],
    ['duckdb', 'file', 'day.duckdb'],
  ])(
    'loses nothing: what it did not take is pending, and stored when there is room (%s)',
    async (type, option, name) => {
      mount('size=600k');
      try {
        const at = join(disk(), name);
        const venue = await loadVenue(document(`{ type: ${type}, ${option}: ${at} }`));
        const run = await runPipelines(venue, { closeMs: 120_000 });
        let isFull = false;
        const timer = setInterval(() => {
          const ticks = run.statistics().ticks;
          expect(ticks === undefined || sinkBalances(ticks.ledger)).toBe(true);
          if (isFull || !/space|ENOSPC/i.test(ticks?.failing ?? '')) return;
          isFull = true;
          execFileSync('mount', ['-o', 'remount,size=512m', disk()]);
        }, 5);
        const { pipelines } = await run.done;
        clearInterval(timer);
        expect(isFull, 'the disk was full').toBe(true);
        const { ledger, forgot } = pipelines.ticks ?? {};
        expect(ledger).toMatchObject({ pending: 0, dropped: 0, refused: 0, stored: ledger?.accepted });
        expect(forgot).toBe(0);
        const rows = type === 'parquet' ? await rowsOf(filesOf(at)) : await rowsOf('event', at);
        expect(rows).toEqual(await wanted());
        console.log(
          `${type}, full disk: ${rows.length} events of ${MESSAGES} messages, each once; ${JSON.stringify(ledger)}`,
        );
      } finally {
        execFileSync('umount', [disk()]);
      }
    },
  );
});
