/** Events into files for other tools: what `venuewire events --format` names, and where the bytes go. */
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENT_ACTION, EVENT_ACTION_AT, EVENT_BYTES, EVENT_INSTRUMENT_AT } from '../contract.js';
import { VenuewireError } from '../errors.js';
import { EVENT_TABLE, EventColumns, type Naming } from '../events/columns.js';
import type { DbnSchema, DbnWriter } from '../formats/dbn.js';
import type { WriteBytes } from '../formats/write-bytes.js';
import type { EventRoles } from '../layout/index.js';
import { usage } from './exit.js';
import { dataStream, writeData } from './terminal.js';

export const FILE_FORMATS = ['arrow', 'arrow-stream', 'parquet', 'dbn'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** Takes events as records; `flush` writes what is enough for a piece of the file, `end` the rest. */
export interface EventFile {
  take(records: Uint8Array, count: number): void;
  flush(): Promise<void>;
  end(): Promise<void>;
  /** Events that the format has no place for. */
  readonly leftOut: number;
}

/** Where bytes go: a file, or standard output. */
export class Destination {
  readonly #file: FileHandle | undefined;
  private constructor(
    readonly path: string | undefined,
    file: FileHandle | undefined,
  ) {
    this.#file = file;
  }

  /** @throws VenuewireError `VW_OUTPUT` when the file cannot be written. */
  static async open(path: string | undefined): Promise<Destination> {
    if (path === undefined) {
      if (dataStream.isTTY === true) {
        throw usage('this format is not for a terminal', 'Give --out PATH, or send it into a file: > day.arrow');
      }
      return new Destination(undefined, undefined);
    }
    try {
      return new Destination(path, await open(path, 'w'));
    } catch (cause) {
      throw cannot(path, cause);
    }
  }

  readonly write: WriteBytes = async (bytes) => {
    if (this.#file === undefined) return writeData(bytes);
    return writeAll(this.#file, this.path as string, bytes);
  };

  async close(): Promise<void> {
    try {
      await this.#file?.close();
    } catch (cause) {
      throw cannot(this.path as string, cause);
    }
  }
}

async function writeAll(file: FileHandle, path: string, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
  } catch (cause) {
    throw cannot(path, cause);
  }
}

const cannot = (path: string, cause: unknown): VenuewireError => {
  const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new VenuewireError(
    'VW_OUTPUT',
    `${path} could not be written: ${why}`,
    'Make room there, or name another file.',
  );
};

/** Rows of a table, batch by batch. */
class TableFile implements EventFile {
  readonly leftOut = 0;
  readonly #columns: EventColumns;
  readonly #full: Parameters<TableWriter['batch']>[0][] = [];
  constructor(
    names: Naming,
    readonly writer: TableWriter,
  ) {
    this.#columns = new EventColumns(names);
  }
  take(records: Uint8Array, count: number): void {
    for (let at = 0; at < count; ) {
      at = this.#columns.add(records, at, count);
      if (this.#columns.full) this.#full.push(this.#columns.take());
    }
  }
  async flush(): Promise<void> {
    for (const batch of this.#full.splice(0)) await this.writer.batch(batch);
  }
  async end(): Promise<void> {
    await this.flush();
    if (this.#columns.length > 0) await this.writer.batch(this.#columns.take());
    await this.writer.end();
  }
}

interface TableWriter {
  batch(batch: ReturnType<EventColumns['take']>): Promise<void>;
  end(): Promise<void>;
}

const DBN_BYTES = 1 << 18;

/**
 * A file of events in a format.
 * @throws VenuewireError `VW_PEER_MISSING`, `VW_DBN_SCHEMA`
 */
export async function eventFile(
  format: FileFormat,
  schema: DbnSchema,
  roles: EventRoles,
  names: Naming,
  destination: Destination,
): Promise<EventFile> {
  const { write } = destination;
  if (format === 'parquet') {
    const { ParquetWriter } = await import('../formats/parquet.js');
    return new TableFile(names, await ParquetWriter.open(EVENT_TABLE, write));
  }
  if (format !== 'dbn') {
    const { ArrowWriter } = await import('../formats/arrow.js');
    return new TableFile(names, await ArrowWriter.open(EVENT_TABLE, format === 'arrow' ? 'file' : 'stream', write));
  }
  const { DbnWriter } = await import('../formats/dbn.js');
  const spool = await Spool.open(destination.path);
  try {
    return new DbnFile(new DbnWriter(schema, roles, names, spool.write), spool, destination.write);
  } catch (error) {
    await spool.dispose();
    throw error;
  }
}

/** What has to wait for what stands in front of it: a file that has no name. */
class Spool {
  private constructor(
    readonly path: string,
    readonly file: FileHandle,
  ) {}

  static async open(beside: string | undefined): Promise<Spool> {
    const isFile = beside !== undefined && !beside.startsWith('/dev/');
    const path = `${isFile ? beside : join(tmpdir(), 'venuewire')}.${process.pid}.records`;
    try {
      const file = await open(path, 'wx+');
      // It goes with the process, however that ends.
      await unlink(path);
      return new Spool(path, file);
    } catch (cause) {
      throw cannot(path, cause);
    }
  }

  readonly write: WriteBytes = (bytes) => writeAll(this.file, this.path, bytes);

  async copyTo(write: WriteBytes): Promise<void> {
    const chunk = Buffer.alloc(DBN_BYTES);
    for (let at = 0; ; ) {
      const { bytesRead } = await this.file.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) return;
      await write(Uint8Array.prototype.slice.call(chunk, 0, bytesRead));
      at += bytesRead;
    }
  }

  dispose(): Promise<void> {
    return this.file.close();
  }
}

/** The metadata come first in the file, and are known last. */
class DbnFile implements EventFile {
  constructor(
    readonly dbn: DbnWriter,
    readonly spool: Spool,
    readonly write: WriteBytes,
  ) {}
  take(records: Uint8Array, count: number): void {
    this.dbn.events(records, count);
  }
  async flush(): Promise<void> {
    if (this.dbn.pending >= DBN_BYTES) await this.dbn.flush();
  }
  async end(): Promise<void> {
    try {
      await this.dbn.flush();
      await this.write(this.dbn.metadata());
      await this.spool.copyTo(this.write);
    } finally {
      await this.spool.dispose();
    }
  }
  get leftOut(): number {
    return this.dbn.leftOut;
  }
}

const CLEAR = EVENT_ACTION.indexOf('clear');
const NO_INSTRUMENT = 0xffff_ffff;

/** Keeps the events of one instrument, and those that empty every book. */
export function only(text: string, names: Naming, records: Uint8Array, count: number): Uint8Array {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const out = new Uint8Array(count * EVENT_BYTES);
  let kept = 0;
  for (let at = 0; at < count * EVENT_BYTES; at += EVENT_BYTES) {
    const number = view.getUint32(at + EVENT_INSTRUMENT_AT, true);
    if (number === NO_INSTRUMENT) {
      if (view.getUint8(at + EVENT_ACTION_AT) !== CLEAR) continue;
    } else {
      const { key, symbol } = names.of(number);
      if (key !== text && symbol !== text) continue;
    }
    out.set(records.subarray(at, at + EVENT_BYTES), kept);
    kept += EVENT_BYTES;
  }
  return out.subarray(0, kept);
}
