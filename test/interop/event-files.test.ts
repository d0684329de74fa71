/** Files of events, read by pyarrow, DuckDB and databento: they hold what the lines of the same capture say. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { EVENT_TABLE } from '../../src/events/index.js';
import { fixture, venuewire } from '../unit/cli-process.js';
import { built, folder } from './harness.js';

const script = fileURLToPath(new URL('counterparts/read_events.py', import.meta.url));
const shared = fileURLToPath(new URL('../../../shared/captures/', import.meta.url));

type Row = Record<string, unknown>;
function readByOthers(...words: string[]): Row[] {
  const out = execFileSync(`${built}/python/bin/python3`, [script, ...words], { encoding: 'utf8', maxBuffer: 1 << 29 });
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

async function written(capture: string, decoder: string, ending: string, ...format: string[]): Promise<string> {
  const path = join(folder(), `events.${ending}`);
  const ran = await venuewire(['events', capture, '--decoder', decoder, ...format, '--out', path]);
  expect(ran.err).not.toContain('VW_');
  return path;
}

const ITCH = ['nasdaq-totalview-itch-5.0', fixture('itch50-clean.pcap')] as const;
const CAPTURES: (readonly [decoder: string, capture: string])[] = [
  ITCH,
  ...(
    [
      ['ice-impact-1.1.33', 'ice-impact-v1.1.33/ice-impact-v1.1.33.pcap'],
      ['cme-mdp3-sbe-1.6', 'cme-mdp3-v1.6-ab/cme-mdp3-v1.6-ab.pcapng'],
      ['miax-pearl-options-tom-1.9', 'miax-tom-v1.9/miax-tom-v1.9.pcap'],
    ] as const
  )
    .map(([id, path]) => [id, join(shared, path)] as const)
    .filter(([, path]) => existsSync(path)),
];
if (!existsSync(shared)) console.warn('../shared/captures is not there: only our own fixture is read by others');

describe.each(CAPTURES)('%s', (decoder, capture) => {
  test.each([
    ['arrow', 'arrow'],
    ['arrow-stream', 'arrows'],
    ['parquet', 'parquet'],
  ])(
    'pyarrow reads every event of a file of %s as the lines have it',
    async (format, ending) => {
      const lines = (await venuewire(['events', capture, '--decoder', decoder])).json();
      const rows = readByOthers('table', await written(capture, decoder, ending, '--format', format));
      expect(rows).toHaveLength(lines.length);
      for (const [i, row] of rows.entries()) {
        const { instrumentKey, level, ...said } = row;
        const { instrument, level: shown, state, ...line } = lines[i] as Row;
        expect({ i, ...said, instrumentKey }).toEqual({ i, ...line, instrumentKey: instrument });
        if (state === null) expect(level).toBe(shown);
      }
    },
    120_000,
  );
});

describe('files of events', () => {
  test('DuckDB counts in Parquet what the lines hold', async () => {
    const [decoder, capture] = ITCH;
    const counts = new Map<string, number>();
    for (const line of (await venuewire(['events', capture, '--decoder', decoder])).json()) {
      const key = `${line.kind} ${line.action}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const told = readByOthers('sql', await written(capture, decoder, 'parquet', '--format', 'parquet'));
    expect(new Map(told.map((row) => [`${row[0]} ${row[1]}`, row[2]]))).toEqual(counts);
  });

  test('the Arrow schema says dtype, unit and state of each field', async () => {
    const [decoder, capture] = ITCH;
    const told = readByOthers('schema', await written(capture, decoder, 'arrow', '--format', 'arrow'));
    expect(told.map(({ name, nullable, metadata }) => ({ name, nullable, metadata }))).toEqual(
      EVENT_TABLE.fields.map(({ name, dtype, unit, state, none, exponent }) => ({
        name,
        nullable: state === 'optional',
        metadata: JSON.parse(JSON.stringify({ dtype, unit, state, none, exponent })),
      })),
    );
  });
});

/** Whole numbers of billionths: what DBN's prices are. */
const sides = (rows: unknown): unknown[] =>
  (rows as [string | number, string | number, number][]).map(([price, size, orders]) => [
    Math.round(Number(price) * 1e9),
    Number(size),
    orders,
  ]);
const GENERATED = join(shared, 'books/itch50-generated-200000-norare.itch.gz');

describe('DBN', () => {
  const L3 = [ITCH, ...(existsSync(GENERATED) ? [['nasdaq-totalview-itch-5.0', GENERATED] as const] : [])];
  test.each(L3)(
    '%s %s: databento’s rules make the books of the MBO file that we print',
    async (decoder, capture) => {
      const ours = (await venuewire(['book', capture, '--decoder', decoder])).json().slice(0, -1);
      const theirs = readByOthers('book', await written(capture, decoder, 'dbn', '--format', 'dbn'));
      const byName = (rows: Row[]) =>
        new Map(rows.map((row) => [row.symbol ?? row.instrument, [sides(row.bids), sides(row.asks)]]));
      expect(byName(theirs)).toEqual(byName(ours));
    },
    120_000,
  );

  test.each(['mbp-1', 'mbp-10'])(
    'every record of %s has the levels of a book of the MBO file, and no other',
    async (schema) => {
      const [decoder, capture] = ITCH;
      const mbo = await written(capture, decoder, 'dbn', '--format', 'dbn');
      const mbp = await written(capture, decoder, `${schema}.dbn`, '--format', 'dbn', '--schema', schema);
      const [told] = readByOthers('levels', mbo, mbp) as { agree: number; of: number }[];
      expect(told?.of).toBeGreaterThan(1_000);
      expect(told).toEqual({ agree: told?.of, of: told?.of });
    },
    120_000,
  );

  test.each(['mbo', 'mbp-1', 'mbp-10', 'trades', 'definition', 'status'])(
    'databento makes a data frame of %s, with symbols',
    async (schema) => {
      const [decoder, capture] = ITCH;
      const [told] = readByOthers(
        'frame',
        await written(capture, decoder, 'dbn', '--format', 'dbn', '--schema', schema),
      );
      const lines = (await venuewire(['events', capture, '--decoder', decoder])).json();
      expect(told?.schema).toBe(schema);
      const kinds: Record<string, string> = { trades: 'trade', definition: 'definition', status: 'status' };
      const same = lines.filter((l) =>
        schema in kinds ? l.kind === kinds[schema] : ['order', 'trade'].includes(l.kind as string),
      );
      if (!schema.startsWith('mbp')) expect(told?.rows).toBe(same.length);
      expect(told?.symbols).toEqual([...new Set(same.map((l) => l.symbol))].sort());
    },
  );

  test.each(CAPTURES.filter(([id]) => id.startsWith('cme') || id.startsWith('miax')))(
    '%s: the last mbp-10 record of each instrument has the levels that we print',
    async (decoder, capture) => {
      const path = await written(capture, decoder, 'dbn', '--format', 'dbn', '--schema', 'mbp-10');
      const ours = new Map<unknown, unknown[][]>();
      for (const line of (await venuewire(['book', capture, '--decoder', decoder, '--depth', '10']))
        .json()
        .slice(0, -1)) {
        const name = line.symbol ?? line.instrument;
        ours.set(name, [sides(line.bids), sides(line.asks)]);
        if (line.impliedBids !== undefined)
          ours.set(`${name} (implied)`, [sides(line.impliedBids), sides(line.impliedAsks)]);
      }
      const some = (both: readonly unknown[][]): boolean => both.some((side) => side.length > 0);
      const told = readByOthers('last', path).map((row) => [row.symbol, [sides(row.bids), sides(row.asks)]] as const);
      const orderless = (both: readonly unknown[][]) =>
        both.map((side) => (side as number[][]).map(([price, size, orders]) => [price, size, orders || null]));
      expect(new Map(told.filter(([, both]) => some(both)).map(([name, both]) => [name, orderless(both)]))).toEqual(
        new Map([...ours].filter(([, both]) => some(both)).map(([name, both]) => [name, orderless(both)])),
      );
    },
    120_000,
  );
});
