// What the lake's files hold, read by two readers that nobody here wrote: hyparquet and DuckDB.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../src/simulator/index.js';
import {
  RowBatch,
  type RowColumn,
  type RowField,
  type RowSchema,
  type RowType,
  sinkOf,
} from '../../src/sinks/index.js';
import { numberColumn, POSITION_FIELDS } from '../../src/sinks/rows.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'venuewire-parquet-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NUMBERS = ['i64', 'u64', 'u32', 'u16', 'u8', 'i8', 'f64'] as const;
const TYPES: readonly RowType[] = [...NUMBERS, 'text', 'word', 'bytes'];
const NONE: Readonly<Partial<Record<RowType, string>>> = {
  ...{ i64: `${2n ** 63n - 1n}`, u64: '0', u32: '0', u16: '0', u8: '0', i8: '-1', text: '', word: '' },
};
const fieldsOf = (state: 'always' | 'optional'): RowField[] =>
  TYPES.filter((dtype) => state === 'always' || dtype !== 'bytes').map((dtype) => {
    const none = NONE[dtype];
    return {
      ...{ name: `${state}_${dtype}`, dtype, unit: 'raw', state },
      ...(state === 'optional' && none !== undefined ? { none } : {}),
    };
  });
const FIELDS = [...POSITION_FIELDS, ...fieldsOf('always'), ...fieldsOf('optional')];
const SCHEMA: RowSchema = { name: 'any', version: 1, fields: FIELDS };

const BITS: Readonly<Record<string, number>> = { i64: 64, u64: 64, u32: 32, u16: 16, u8: 8, i8: 8 };
/** How numbers go on: alike, in steps, near each other, or anything that the type has. */
const WAYS = ['same', 'steps', 'near', 'any', 'edges'] as const;

function numbersOf(random: Random, dtype: (typeof NUMBERS)[number], rows: number): RowColumn {
  const column = numberColumn(dtype, rows) as unknown as (number | bigint)[];
  const way = random.pick(WAYS);
  const wide = (): bigint => (BigInt(random.between(0, 2 ** 31 - 1)) << 33n) ^ BigInt(random.between(0, 2 ** 31 - 1));
  if (dtype === 'f64') {
    for (let i = 0; i < rows; i++) column[i] = random.chance(0.2) ? Number.NaN : Number(wide()) / 7;
    return column as unknown as RowColumn;
  }
  const bits = BITS[dtype] as number;
  const inType = (value: bigint): bigint =>
    dtype.startsWith('i') ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  let at = wide();
  for (let i = 0; i < rows; i++) {
    if (way === 'steps') at += 3n;
    if (way === 'near') at += BigInt(random.between(-1_000, 1_000));
    if (way === 'any') at = wide() << BigInt(random.between(0, 40));
    if (way === 'edges') at = random.pick([0n, -1n, 1n << 63n, (1n << 63n) - 1n, 1n << 31n, (1n << 31n) - 1n]);
    const value = inType(random.chance(0.1) ? BigInt(NONE[dtype] as string) : at);
    column[i] = bits === 64 ? value : Number(value);
  }
  return column as unknown as RowColumn;
}

function batchOf(random: Random, rows: number): RowBatch {
  const each = <T>(of: (i: number) => T): T[] => Array.from({ length: rows }, (_, i) => of(i));
  const columns = FIELDS.map(({ name, dtype }): RowColumn => {
    if (name === 'number') return BigUint64Array.from(each((i) => BigInt(i + 1)));
    if (name === 'part') return new Uint32Array(rows);
    if (dtype === 'text') return each((i) => (random.chance(0.2) ? '' : `text ${i % 17} ü`));
    if (dtype === 'bytes')
      return each(() => Uint8Array.from({ length: random.between(0, 9) }, () => random.between(0, 255)));
    if (dtype !== 'word') return numbersOf(random, dtype, rows);
    const words = name.startsWith('optional')
      ? ['', 'A', 'BB', 'unused']
      : Array.from({ length: random.between(1, 300) }, (_, i) => `W${i}`);
    const most = Math.max(0, words.length - 2);
    return { codes: Uint32Array.from(each(() => random.between(0, most))), words };
  });
  return new RowBatch(SCHEMA, rows, columns);
}

/** A value as both readers can say it. */
const plain = (value: unknown, dtype: RowType): string => {
  if (value === null || value === undefined) return 'none';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (dtype === 'f64') return String(Number(value));
  if (typeof value === 'bigint' && dtype === 'u64') return `${BigInt.asUintN(64, value)}`;
  if (typeof value === 'number' && dtype === 'u32') return `${value >>> 0}`;
  return String(value);
};

async function written(batch: RowBatch, name: string, compression: 'none' | 'snappy'): Promise<string> {
  const lake = join(folder, name);
  const sink = await sinkOf({ type: 'parquet', folder: lake, compression });
  await sink.open({ venue: 'v', pipeline: 'v/p' });
  await sink.write(batch);
  await sink.close();
  const path = readdirSync(lake, { recursive: true, encoding: 'utf8' }).find((one) => one.endsWith('.parquet'));
  return join(lake, path as string);
}
const wantedOf = (batch: RowBatch): string[][] =>
  Array.from({ length: batch.rows }, (_, row) => {
    const has = batch.row(row);
    return FIELDS.map(({ name, dtype }) => plain(has[name], dtype));
  });

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'rows of every type are read as they were, by hyparquet and by DuckDB (seed %i)',
  async (seed) => {
    const random = new Random(seed);
    const batch = batchOf(random, random.pick([1, 2, 7, 31, 32, 33, 127, 128, 129, 130, 1_000, 3_001]));
    const file = await written(batch, `seed-${seed}`, seed % 2 === 0 ? 'none' : 'snappy');
    const wanted = wantedOf(batch);
    const objects = await parquetReadObjects({ file: await asyncBufferFromFile(file), utf8: false });
    expect(objects.map((row) => FIELDS.map(({ name, dtype }) => plain(row[name], dtype)))).toEqual(wanted);
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const columns = FIELDS.map(({ name, dtype }) =>
      dtype === 'bytes' ? `hex("${name}")` : dtype === 'f64' ? `"${name}"` : `"${name}"::VARCHAR`,
    );
    const reader = await connection.runAndReadAll(`SELECT ${columns.join(', ')} FROM '${file}'`);
    const rows = reader
      .getRows()
      .map((row) =>
        row.map((value, i) =>
          FIELDS[i]?.dtype === 'bytes' ? String(value).toLowerCase() : plain(value, FIELDS[i]?.dtype as RowType),
        ),
      );
    expect(rows).toEqual(wanted);
    connection.closeSync();
  },
);

test('the bounds of a chunk are those of its values, and its nulls are counted', async () => {
  const batch = batchOf(new Random(11), 2_000);
  const file = await written(batch, 'bounds', 'none');
  const { row_groups: groups } = await parquetMetadataAsync(await asyncBufferFromFile(file));
  expect(groups.length).toBe(1);
  FIELDS.forEach((field, i) => {
    const { statistics, path_in_schema: path } = groups[0]?.columns[i]?.meta_data ?? {};
    expect(path).toEqual([field.name]);
    const values = Array.from({ length: batch.rows }, (_, row) => batch.row(row)[field.name]);
    const there = values.filter((value) => value !== undefined);
    expect(statistics?.null_count, field.name).toBe(BigInt(values.length - there.length));
    if (statistics?.min_value === undefined || statistics.max_value === undefined) return;
    const sorted = (there as bigint[]).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    expect([statistics.min_value, statistics.max_value].map(String), field.name).toEqual(
      [sorted[0], sorted.at(-1)].map(String),
    );
  });
  expect(groups[0]?.columns.some(({ meta_data }) => meta_data?.statistics?.min_value !== undefined)).toBe(true);
});

test('many row groups are one table', async () => {
  const rows = 250_000;
  const numbers = BigUint64Array.from({ length: rows }, (_, i) => BigInt(i));
  const word = { codes: new Uint32Array(rows), words: ['c'] };
  const batch = new RowBatch({ name: 'long', version: 1, fields: POSITION_FIELDS }, rows, [
    word,
    word,
    numbers,
    new Uint32Array(rows),
  ]);
  const file = await written(batch, 'long', 'none');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const sums = `SELECT count(*)::VARCHAR, sum(number)::VARCHAR, count(DISTINCT number)::VARCHAR, min(channel) FROM '${file}'`;
  const said = (await connection.runAndReadAll(sums)).getRows();
  expect(said).toEqual([[`${rows}`, `${(rows * (rows - 1)) / 2}`, `${rows}`, 'c']]);
  connection.closeSync();
});
