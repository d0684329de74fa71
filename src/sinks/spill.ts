/**
 * What a sink cannot take yet, on disk: batches of rows in files of a folder, in the order in which they came. A file has blocks;
 * a block is a mark, its length and its CRC-32C (u32, little-endian), then the rows as Node's structured clone writes them. The first
 * block of a schema in a file says what the schema is, so that each file can be read by itself. What has been written outlives the
 * process, not a power cut: what of it is not whole then is cut off, and told.
 */
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { remedyOf, VenuewireError } from '../errors.js';
import { LogLock } from '../log/lock.js';
import { native } from '../native.js';
import { usedWords } from './frames.js';
import { isWords, RowBatch, type RowColumn, type RowSchema } from './rows.js';

/** Why rows could not be written: the declared bytes are used up, or the disk does not take them. */
export type SpillRefusal = 'spillFull' | 'spillFailed';
/** Node's `writeSync`; tests put faults in its place. */
export type WriteAt = (fd: number, bytes: Uint8Array, from: number, length: number, at: number) => number;

interface Block {
  readonly schema: number;
  readonly definition?: RowSchema;
  readonly rows: number;
  readonly columns: readonly RowColumn[];
  /** When the rows were accepted, ms since 1970. */
  readonly at: number;
}

export interface Spilled {
  readonly batch: RowBatch;
  readonly at: number;
}

/** One file of the folder. */
interface SpillFile {
  readonly path: string;
  readonly fd: number;
  readonly schemas: RowSchema[];
  bytes: number;
  rows: number;
  readAt: number;
  rowsRead: number;
}

const MARK = 0x42_53_57_56;
const HEAD_BYTES = 12;
const SUFFIX = '.spill';
const NAME_DIGITS = 8;
const FILES_OF_BOUND = 16;
const FILE_BYTES_LEAST = 64 << 10;
const FILE_BYTES_MOST = 64 << 20;

export class Spill {
  #files: SpillFile[] = [];
  #next = 0;
  #bytes = 0;
  #lock: LogLock | undefined;
  #failing = '';
  #cut = 0;
  readonly #fileBytes: number;

  /** @throws VenuewireError `VW_SPILL_OPEN` when the folder cannot be used, or another process does. */
  constructor(
    readonly folder: string,
    readonly most: number,
    readonly writeAt: WriteAt = writeSync as WriteAt,
  ) {
    this.#fileBytes = Math.min(FILE_BYTES_MOST, Math.max(FILE_BYTES_LEAST, Math.floor(most / FILES_OF_BOUND)));
    try {
      mkdirSync(folder, { recursive: true });
      this.#lock = new LogLock(folder);
      const names = readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
      for (const name of names.sort()) this.#found(join(folder, name), Number.parseInt(name, 10));
    } catch (cause) {
      this.close();
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new VenuewireError('VW_SPILL_OPEN', `${folder}: ${text}`, remedyOf('VW_SPILL_OPEN'));
    }
  }

  /** Takes a file of an earlier run as far as it is whole; nothing behind the first wrong byte has its place. */
  #found(path: string, number: number): void {
    this.#next = number + 1;
    const size = statSync(path).size;
    const file: SpillFile = { ...fileAt(path, openSync(path, 'r+')), bytes: size };
    this.#files.push(file);
    if (this.#cut > 0) file.bytes = 0;
    for (let block = blockAt(file, 0); block !== undefined; block = blockAt(file, file.readAt)) {
      file.rows += block.rows;
      file.readAt = block.end;
    }
    this.#cut += size - file.readAt;
    if (file.readAt < size) ftruncateSync(file.fd, file.readAt);
    file.bytes = file.readAt;
    file.readAt = 0;
    this.#bytes += file.bytes;
  }

  /** There is something here that has not been cleared. */
  get active(): boolean {
    return this.#files.length > 0;
  }
  get bytes(): number {
    return this.#bytes;
  }
  /** Bytes of earlier runs that were not whole. */
  get cut(): number {
    return this.#cut;
  }
  /** What the disk said last; empty: it took the last rows. */
  get failing(): string {
    return this.#failing;
  }

  /** Writes a batch behind all others, whole or not at all. */
  append(batch: RowBatch, at: number): SpillRefusal | undefined {
    try {
      const last = this.#files.at(-1);
      const file = last === undefined || last.bytes >= this.#fileBytes ? this.#add() : last;
      const known = file.schemas.indexOf(batch.schema);
      const schema = known < 0 ? file.schemas.length : known;
      const bytes = blockOf({ schema, ...(known < 0 ? { definition: batch.schema } : {}), ...plain(batch), at });
      if (this.#bytes + bytes.length > this.most) return this.#refuse('spillFull', `its ${this.most} bytes are full`);
      this.#write(file, bytes);
      if (known < 0) file.schemas.push(batch.schema);
      file.rows += batch.rows;
      this.#failing = '';
      return undefined;
    } catch (cause) {
      return this.#refuse('spillFailed', cause instanceof Error ? cause.message : String(cause));
    }
  }

  #refuse(reason: SpillRefusal, text: string): SpillRefusal {
    this.#failing = `${this.folder}: ${text}`;
    return reason;
  }

  #add(): SpillFile {
    const path = join(this.folder, `${`${this.#next}`.padStart(NAME_DIGITS, '0')}${SUFFIX}`);
    const file = fileAt(path, openSync(path, 'w+'));
    this.#next++;
    this.#files.push(file);
    return file;
  }

  #write(file: SpillFile, bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        const written = this.writeAt(file.fd, bytes, done, bytes.length - done, file.bytes + done);
        if (written === 0) throw new Error('the disk takes no more');
        done += written;
      }
    } catch (error) {
      ftruncateSync(file.fd, file.bytes);
      throw error;
    }
    file.bytes += bytes.length;
    this.#bytes += bytes.length;
  }

  /** What has been written up to now is not read: it is in memory too. */
  skip(): void {
    for (const file of this.#files) {
      file.readAt = file.bytes;
      file.rowsRead = file.rows;
    }
  }

  /** From the beginning again. */
  rewind(): void {
    for (const file of this.#files) file.readAt = file.rowsRead = 0;
  }

  /** The next batch, or how many rows cannot be read any more; undefined: there is no more. */
  read(): Spilled | number | undefined {
    for (const file of this.#files) {
      if (file.readAt === file.bytes) continue;
      const block = blockAt(file, file.readAt);
      if (block === undefined) {
        const lost = file.rows - file.rowsRead;
        file.readAt = file.bytes;
        file.rowsRead = file.rows;
        this.#failing = `${file.path} is damaged`;
        return lost;
      }
      file.readAt = block.end;
      file.rowsRead += block.rows;
      return block;
    }
    return undefined;
  }

  /** Everything that has been read is acknowledged: its files are deleted, but the one that is read or written. */
  free(): void {
    while (this.#files.length > 1) {
      const first = this.#files[0] as SpillFile;
      if (first.readAt < first.bytes) return;
      this.#remove(first);
    }
  }

  /** Everything is acknowledged. */
  clear(): void {
    while (this.#files.length > 0) this.#remove(this.#files[0] as SpillFile);
  }

  #remove(file: SpillFile): void {
    this.#files.shift();
    this.#bytes -= file.bytes;
    closeSync(file.fd);
    rmSync(file.path, { force: true });
  }

  /** What is here stays for the next run. */
  close(): void {
    for (const { fd } of this.#files.splice(0)) closeSync(fd);
    this.#lock?.release();
    this.#lock = undefined;
  }
}

const fileAt = (path: string, fd: number): SpillFile => ({
  ...{ path, fd, schemas: [], bytes: 0, rows: 0, readAt: 0, rowsRead: 0 },
});

/** Words of thousands of instruments are many: only those of these rows are written. */
const plain = ({ rows, columns }: RowBatch): Pick<Block, 'rows' | 'columns'> => ({
  rows,
  columns: columns.map((column) => (isWords(column) ? usedWords(column.codes, column.words) : column)),
});

function blockOf(block: Block): Uint8Array {
  const payload = serialize(block);
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  bytes.writeUInt32LE(MARK, 0);
  bytes.writeUInt32LE(payload.length, 4);
  bytes.writeUInt32LE(native().crc32c(payload, 0, payload.length), 8);
  bytes.set(payload, HEAD_BYTES);
  return bytes;
}

/** A whole block; undefined where there is none. */
function blockAt(file: SpillFile, at: number): (Spilled & { readonly rows: number; readonly end: number }) | undefined {
  const head = Buffer.alloc(HEAD_BYTES);
  if (at + HEAD_BYTES > file.bytes || readSync(file.fd, head, 0, HEAD_BYTES, at) < HEAD_BYTES) return undefined;
  const length = head.readUInt32LE(4);
  const end = at + HEAD_BYTES + length;
  if (head.readUInt32LE(0) !== MARK || end > file.bytes) return undefined;
  // A buffer of its own: columns are views of it.
  const payload = Buffer.from(new ArrayBuffer(length));
  if (readSync(file.fd, payload, 0, length, at + HEAD_BYTES) < length) return undefined;
  if (native().crc32c(payload, 0, length) !== head.readUInt32LE(8)) return undefined;
  const { schema, definition, rows, columns, at: accepted } = deserialize(payload) as Block;
  if (definition !== undefined) file.schemas[schema] ??= definition;
  return { batch: new RowBatch(file.schemas[schema] as RowSchema, rows, columns), rows, end, at: accepted };
}
