import { expect, test } from 'vitest';
import { groupRows } from '../../src/sinks/groups.js';
import { jsonLines, readJsonLines } from '../../src/sinks/json-lines.js';
import { POSITION_FIELDS, RowBatch, type RowSchema } from '../../src/sinks/rows.js';

const schema: RowSchema = {
  name: 'tick',
  version: 1,
  category: 'kind',
  instrument: 'instrument',
  fields: [
    ...POSITION_FIELDS,
    { name: 'kind', dtype: 'word', unit: '', state: 'always' },
    { name: 'instrument', dtype: 'word', unit: '', state: 'optional', none: '' },
    { name: 'price', dtype: 'i64', unit: 'raw', state: 'optional', none: '9223372036854775807' },
    { name: 'id', dtype: 'u64', unit: '', state: 'always' },
    { name: 'note', dtype: 'text', unit: '', state: 'always' },
    { name: 'bytes', dtype: 'bytes', unit: '', state: 'always' },
    { name: 'ratio', dtype: 'f64', unit: '', state: 'optional' },
  ],
};
const rows = Array.from({ length: 12 }, (_, n) => n);
const batch = new RowBatch(schema, rows.length, [
  { codes: new Uint32Array(rows.length), words: ['day'] },
  { codes: new Uint32Array(rows.length), words: [''] },
  BigUint64Array.from(rows, (n) => BigInt(n)),
  new Uint32Array(rows.length),
  { codes: Uint32Array.from(rows, (n) => n % 2), words: ['trade', 'quote'] },
  { codes: Uint32Array.from(rows, (n) => n % 3), words: ['', 'ABC', 'X"Z'] },
  BigInt64Array.from(rows, (n) => (n % 5 === 0 ? 9223372036854775807n : -(2n ** 62n) + BigInt(n))),
  BigUint64Array.from(rows, (n) => 18446744073709551615n - BigInt(n)),
  rows.map((n) => `line\n${n} é "quoted"`),
  rows.map((n) => Uint8Array.of(n & 255, 0, 255)),
  Float64Array.from(rows, (n) => (n === 3 ? Number.NaN : n / 7)),
]);
const all = (of: RowBatch) => Array.from({ length: of.rows }, (_, row) => of.row(row));

test('rows are the same again after lines of JSON, integers of 64 bits to the digit, values that are none left out', () => {
  const text = jsonLines(batch);
  expect(text.split('\n').length).toBe(rows.length + 1);
  expect(text.split('\n')[0]).toBe(
    '{"channel":"day","epoch":"","number":"0","part":0,"kind":"trade","id":"18446744073709551615",' +
      '"note":"line\\n0 é \\"quoted\\"","bytes":"AAD/","ratio":0}',
  );
  expect(all(readJsonLines(text, schema))).toEqual(all(batch));
});

test.each(['{"number":"x"}', '{"number":', '[]\n{}', '{"number":1.5,"part":0}'])(
  'a line that is no row throws: %s',
  (line) => {
    expect(() => readJsonLines(line, schema)).toThrow();
  },
);

test('rows are parted by what keys are made of, each part in order', () => {
  const groups = groupRows(batch, ['kind', 'instrument']);
  expect(groups.map(([label]) => label)).toEqual([
    'trade.',
    'quote.ABC',
    'trade.X"Z',
    'quote.',
    'trade.ABC',
    'quote.X"Z',
  ]);
  expect(groups.flatMap(([, part]) => all(part).map((r) => Number(r.number))).sort((a, b) => a - b)).toEqual(rows);
  for (const [, part] of groups) {
    const numbers = all(part).map((r) => Number(r.number));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  }
  expect(groupRows(batch, [undefined])).toEqual([['', batch]]);
  expect(groupRows(batch.slice(0, 0), ['kind'])).toEqual([]);
});
