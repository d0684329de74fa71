/** Rows as records of a broker: those of one category and instrument that follow each other, and in headers what they are. */
import { type Codec, columnsPayload, rowsPayload } from './frames.js';
import { jsonLines } from './json-lines.js';
import { isWords, type RowBatch, type RowPosition } from './rows.js';

export type RecordEncoding = 'json' | 'rows' | 'columns';

export function recordValue(rows: RowBatch, encoding: RecordEncoding, codec: Codec | undefined): Buffer {
  if (encoding === 'json') return Buffer.from(jsonLines(rows));
  return (codec as Codec).pack(encoding === 'rows' ? rowsPayload(rows) : columnsPayload(rows));
}

/** From where to where the rows are, and how they are written. */
export function recordHeaders(
  rows: RowBatch,
  encoding: RecordEncoding,
  pipeline: string,
): Readonly<Record<'schema' | 'encoding' | 'rows' | 'pipeline' | 'channel' | 'epoch' | 'first' | 'last', string>> {
  const [first, last] = [rows.position(0), rows.position(rows.rows - 1)];
  return {
    schema: `${rows.schema.name}.v${rows.schema.version}`,
    ...{ encoding, rows: `${rows.rows}`, pipeline },
    ...{ channel: first.channel, epoch: first.epoch },
    first: `${first.number}.${first.part}`,
    last: `${last.number}.${last.part}`,
  };
}

/** What a record is called, so that one that is sent again is known as such. */
export const recordId = (rows: RowBatch, pipeline: string): string => {
  const { channel, epoch, first, last, schema } = recordHeaders(rows, 'json', pipeline);
  return `${pipeline}/${channel}/${epoch}/${schema}/${recordWords(rows).join('/')}/${first}-${last}`;
};

/** Category and instrument, as far as the schema has them: those of the first row. */
export const recordWords = (rows: RowBatch): string[] =>
  [rows.schema.category, rows.schema.instrument].flatMap((field) => {
    const column = field === undefined ? undefined : rows.column(field);
    return column !== undefined && isWords(column) ? [column.words[column.codes[0] as number] as string] : [];
  });

/** A word of a subject or routing key, whose own marks are written %HEX. */
export const subjectWord = (word: string): string =>
  word === ''
    ? '%'
    : word.replace(/[%.*>#\s]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`);

export const positionText = (positions: Iterable<RowPosition>): string =>
  JSON.stringify([...positions].map(({ channel, epoch, number, part }) => [channel, epoch, `${number}`, part]));
export const readPositions = (text: string): RowPosition[] =>
  (JSON.parse(text) as [string, string, string, number][]).map(([channel, epoch, number, part]) => ({
    ...{ channel, epoch, part },
    number: BigInt(number),
  }));
