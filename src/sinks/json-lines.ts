/** Rows as lines of JSON, which everything reads: 64-bit integers as decimal text, bytes as Base64, no value left out. */
import {
  isNone,
  isWords,
  numberColumn,
  RowBatch,
  type RowColumn,
  type RowField,
  type RowSchema,
  type RowType,
} from './rows.js';

const isWide = (dtype: RowType): dtype is 'i64' | 'u64' => dtype === 'i64' || dtype === 'u64';

/** Of a column, what each row adds to its line; empty where it has no value. */
function pieces(field: RowField, column: RowColumn): (row: number) => string {
  const name = `${JSON.stringify(field.name)}:`;
  if (isWords(column)) {
    const words = column.words.map((word) => (isNone(field, word) ? '' : `${name}${JSON.stringify(word)}`));
    return (row) => words[column.codes[row] as number] as string;
  }
  const { dtype } = field;
  const text = (value: string | number | bigint | Uint8Array): string => {
    if (typeof value === 'bigint') return `${name}"${value}"`;
    if (typeof value === 'string') return name + JSON.stringify(value);
    if (typeof value === 'number') return name + (Number.isFinite(value) ? value : 'null');
    return `${name}"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')}"`;
  };
  const values = column as ArrayLike<string | number | bigint | Uint8Array>;
  if (field.state === 'always') return (row) => text(values[row] as string);
  if (isWide(dtype) && field.none !== undefined) {
    const none = BigInt(field.none);
    return (row) => ((values[row] as bigint) === none ? '' : text(values[row] as bigint));
  }
  return (row) => (isNone(field, values[row] as string) ? '' : text(values[row] as string));
}

/** A line for each row, each ended by a line feed. */
export function jsonLines(batch: RowBatch): string {
  const of = batch.schema.fields.map((field, i) => pieces(field, batch.columns[i] as RowColumn));
  let out = '';
  for (let row = 0; row < batch.rows; row++) {
    let line = '';
    for (const piece of of) {
      const text = piece(row);
      if (text !== '') line += line === '' ? text : `,${text}`;
    }
    out += `{${line}}\n`;
  }
  return out;
}

/** @throws Error where a line is not a row of the schema. */
export function readJsonLines(text: string, schema: RowSchema): RowBatch {
  const rows = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const columns = schema.fields.map(({ name, dtype, none }): RowColumn => {
    const given = rows.map((row) => row[name] ?? none);
    if (dtype === 'text') return given.map((value) => String(value ?? ''));
    if (dtype === 'bytes') return given.map((value) => new Uint8Array(Buffer.from(String(value ?? ''), 'base64')));
    if (dtype === 'word') return wordsOf(given.map((value) => String(value ?? '')));
    const column = numberColumn(dtype, rows.length);
    given.forEach((value, row) => {
      (column as unknown as (number | bigint)[])[row] = isWide(dtype) ? BigInt(value as string) : Number(value);
    });
    return column;
  });
  return new RowBatch(schema, rows.length, columns);
}

/** Texts as codes and their words. */
export function wordsOf(texts: readonly string[]): { codes: Uint32Array; words: string[] } {
  const codeOf = new Map<string, number>();
  const codes = Uint32Array.from(texts, (text) => {
    const known = codeOf.get(text);
    if (known !== undefined) return known;
    codeOf.set(text, codeOf.size);
    return codeOf.size - 1;
  });
  return { codes, words: [...codeOf.keys()] };
}
