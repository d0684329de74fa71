/**
 * A lake of Parquet files, `FOLDER/SCHEMA/source=VENUE/date=DAY/PIPELINE-NUMBER.parquet`. A write is a file for each day: written
 * under another name, synced and renamed, so that it is there whole or not at all. How far the pipeline has come is in
 * the metadata of its newest file: nothing is in the lake twice.
 */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VenuewireError } from '../errors.js';
import type { SinkOf } from '../patterns/pipeline.js';
import { peer } from '../peer.js';
import { byDay, instantOf } from './days.js';
import { writeChunk } from './parquet-chunk.js';
import { Positions, type RowBatch, type RowColumn, type RowField, type RowPosition } from './rows.js';
import type { Sink, SinkContext, SinkOpened } from './sink.js';

type Writer = typeof import('hyparquet-writer');
type Reader = typeof import('hyparquet');
type Element = import('hyparquet-writer').SchemaElement;

const NS_PER_MS = 1_000_000n;
const NUMBER_DIGITS = 12;
const DATE_LENGTH = 10;
const POSITIONS_KEY = 'venuewire.positions';
const UNDATED = 'none';

/** A name in which no reader of folders finds a meaning: what is neither a letter, a digit, - nor _ is written ~ and its bytes. */
const plainName = (text: string): string =>
  Array.from(Buffer.from(text), (byte) => {
    const letter = String.fromCharCode(byte);
    return /[A-Za-z0-9_-]/.test(letter) ? letter : `~${byte.toString(16).padStart(2, '0')}`;
  }).join('');

class LakeSink implements Sink {
  readonly unanswered = true;
  #writer: Writer | undefined;
  #venue = '';
  #pipeline = '';
  #number = 0;
  #positions = new Positions();
  #bytes = 0;
  constructor(readonly options: SinkOf<'parquet'>) {}

  get #prefix(): string {
    return `${plainName(this.#pipeline)}-`;
  }

  async open({ venue, pipeline }: SinkContext): Promise<SinkOpened> {
    this.#venue = venue;
    this.#pipeline = pipeline;
    this.#writer = await peer<Writer>('hyparquet-writer', "The sink 'parquet'");
    const reader = await peer<Reader>('hyparquet', "The sink 'parquet'");
    try {
      await mkdir(this.options.folder, { recursive: true });
      this.#positions = new Positions(await this.#newest(reader));
      return { delivery: 'exactlyOnce', positions: [...this.#positions] };
    } catch (cause) {
      throw new VenuewireError(
        'VW_SINK_OPEN',
        `${this.options.folder}: ${cause instanceof Error ? cause.message : cause}`,
        'Check the path, its permissions and the room on the disk.',
      );
    }
  }

  /** Positions in the newest file; what an earlier process has not finished is removed. */
  async #newest(reader: Reader): Promise<readonly RowPosition[]> {
    let newest: { readonly path: string; readonly number: number } | undefined;
    for (const entry of await readdir(this.options.folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile()) continue;
      if (entry.name.startsWith(`.${this.#prefix}`)) await rm(path, { force: true });
      if (!entry.name.startsWith(this.#prefix) || !entry.name.endsWith('.parquet')) continue;
      const number = Number(entry.name.slice(this.#prefix.length, -'.parquet'.length));
      if (newest === undefined || number > newest.number) newest = { path, number };
    }
    this.#number = newest === undefined ? 0 : newest.number + 1;
    if (newest === undefined) return [];
    const file = await reader.asyncBufferFromFile(newest.path);
    const { key_value_metadata: pairs = [] } = await reader.parquetMetadataAsync(file);
    const stored = JSON.parse(pairs.find(({ key }) => key === POSITIONS_KEY)?.value ?? '[]') as string[][];
    return stored.map(([channel = '', epoch = '', number = '0', part = '0']) => ({
      ...{ channel, epoch, number: BigInt(number), part: Number(part) },
    }));
  }

  async write(batch: RowBatch): Promise<undefined> {
    for (const rows of byDay(batch)) await this.#file(rows);
  }

  async #file(batch: RowBatch): Promise<void> {
    const { schema } = batch;
    const at = instantOf(schema);
    const date = at < 0 ? UNDATED : dateOf((batch.columns[at] as BigInt64Array)[0] as bigint);
    const folder = join(this.options.folder, schema.name, `source=${plainName(this.#venue)}`, `date=${date}`);
    await mkdir(folder, { recursive: true });
    const positions = new Positions(this.#positions);
    for (const position of batch.positions()) positions.raise(position);
    const bytes = this.#parquet(batch, positions);
    const name = `${this.#prefix}${String(this.#number).padStart(NUMBER_DIGITS, '0')}.parquet`;
    const unfinished = join(folder, `.${name}`);
    const file = await open(unfinished, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, join(folder, name));
    // The name is on the disk when its folder is.
    const directory = await open(folder, 'r');
    await directory.sync().finally(() => directory.close());
    this.#number++;
    this.#bytes += bytes.length;
    this.#positions = positions;
  }

  #parquet(batch: RowBatch, positions: Positions): Uint8Array {
    const { ByteWriter, ParquetWriter } = this.#writer as Writer;
    const { schema } = batch;
    const instant = instantOf(schema);
    const bytes = new ByteWriter();
    const stored = [...positions].map(({ channel, epoch, number, part }) => [channel, epoch, `${number}`, `${part}`]);
    const writer = new ParquetWriter({
      writer: bytes,
      schema: [
        { name: schema.name, num_children: schema.fields.length },
        ...schema.fields.map((field, i) => elementOf(field, i === instant)),
      ],
      kvMetadata: [
        { key: 'venuewire.schema', value: `${schema.name}.v${schema.version}` },
        { key: 'venuewire.source', value: this.#venue },
        { key: 'venuewire.pipeline', value: this.#pipeline },
        { key: POSITIONS_KEY, value: JSON.stringify(stored) },
        ...schema.fields.map(({ name, ...field }) => ({
          key: `venuewire.field.${name}`,
          value: JSON.stringify(field),
        })),
      ],
      codec: this.options.compression === 'snappy' ? 'SNAPPY' : 'UNCOMPRESSED',
      createdBy: 'venuewire',
    });
    const compress = this.options.compression === 'snappy' ? writer.compressors.SNAPPY : undefined;
    for (let from = 0; from < batch.rows; from += ROW_GROUP) {
      const rows = batch.slice(from, Math.min(batch.rows, from + ROW_GROUP));
      const begin = bytes.offset;
      const columns = schema.fields.map((field, i) =>
        writeChunk(bytes, elementOf(field, i === instant), field, rows.columns[i] as RowColumn, compress),
      );
      const plain = columns.reduce((sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n), 0n);
      const sizes = { total_byte_size: plain, total_compressed_size: BigInt(bytes.offset - begin) };
      writer.row_groups.push({ columns, num_rows: BigInt(rows.rows), ...sizes });
      writer.num_rows += BigInt(rows.rows);
    }
    writer.finish();
    return bytes.getBytes();
  }

  metrics(): Readonly<Record<string, number>> {
    return { files: this.#number, bytes: this.#bytes };
  }
  async flush(): Promise<void> {}
  async close(): Promise<void> {}
}
const ROW_GROUP = 122_880;

const dateOf = (time: bigint): string => new Date(Number(time / NS_PER_MS)).toISOString().slice(0, DATE_LENGTH);

function elementOf({ name, dtype, state }: RowField, isInstant: boolean): Element {
  const head = { name, repetition_type: state === 'optional' ? 'OPTIONAL' : 'REQUIRED' } as const;
  if (dtype === 'text' || dtype === 'word') {
    return { ...head, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
  }
  if (dtype === 'bytes') return { ...head, type: 'BYTE_ARRAY' };
  if (dtype === 'f64') return { ...head, type: 'DOUBLE' };
  if (isInstant) {
    return { ...head, type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } };
  }
  const bits = Number(dtype.slice(1));
  const converted = `${dtype.startsWith('i') ? 'INT' : 'UINT'}_${bits}` as 'INT_64';
  return { ...head, type: bits === 64 ? 'INT64' : 'INT32', converted_type: converted };
}

/** A folder of Parquet files. */
export const parquet = (options: SinkOf<'parquet'>): Sink => new LakeSink(options);
