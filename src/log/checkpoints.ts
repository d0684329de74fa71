/**
 * Books at positions inside a log, in files beside its segments, so that the books of any moment are one of them and a
 * stretch of the log. Whoever reads the log can make them: the writer is not asked.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Books, type BooksOptions, openBooks } from '../books/books.js';
import { remedyOf, VenuewireError } from '../errors.js';
import type { AnyDecoder } from '../feed/batch.js';
import type { Feed } from '../feed/feed.js';
import { native } from '../native.js';
import { CHECKPOINT_FOLDER, checkpointName, isCheckpointName } from './format.js';
import type { Log } from './log.js';
import { type LogMoment, type LogReader, positionAt } from './reader.js';

const MAGIC = 0x434c_5756; // "VWLC"
const VERSION = 1;
const HEAD_BYTES = 32;
const AT = { magic: 0, version: 4, position: 8, bytes: 16, crc: 20 } as const;
const DEFAULT_EVERY = 1_000_000;

/** Positions of the checkpoints of a log, in order. */
export function checkpointPositions(folder: string): number[] {
  try {
    return readdirSync(join(folder, CHECKPOINT_FOLDER))
      .filter(isCheckpointName)
      .map((name) => Number.parseInt(name, 10))
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

/** The books before the entry at `position`, as `books.checkpoint()` gave them; undefined: the file is not sound. */
export function readCheckpoint(folder: string, position: number): Uint8Array | undefined {
  const file = readFileSync(join(folder, CHECKPOINT_FOLDER, checkpointName(position)));
  if (file.length < HEAD_BYTES) return undefined;
  const isOurs = file.readUInt32LE(AT.magic) === MAGIC && file[AT.version] === VERSION;
  const bytes = file.subarray(HEAD_BYTES);
  const isSound =
    Number(file.readBigUInt64LE(AT.position)) === position &&
    file.readUInt32LE(AT.bytes) === bytes.length &&
    file.readUInt32LE(AT.crc) === native().crc32c(bytes, 0, bytes.length);
  return isOurs && isSound ? bytes : undefined;
}

/** Is there whole under its name, or not at all. */
export function writeCheckpoint(folder: string, position: number, books: Uint8Array): void {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(MAGIC, AT.magic);
  head[AT.version] = VERSION;
  head.writeBigUInt64LE(BigInt(position), AT.position);
  head.writeUInt32LE(books.length, AT.bytes);
  head.writeUInt32LE(native().crc32c(books, 0, books.length), AT.crc);
  const place = join(folder, CHECKPOINT_FOLDER);
  mkdirSync(place, { recursive: true });
  const made = join(place, `${checkpointName(position)}.${process.pid}`);
  const fd = openSync(made, 'w');
  try {
    for (const part of [head, books]) {
      for (let done = 0; done < part.length; ) done += writeSync(fd, part, done, part.length - done);
    }
    fsyncSync(fd);
  } catch (error) {
    rmSync(made, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(made, join(place, checkpointName(position)));
}

/** Books, and what of the log is in them. */
export interface LogBooks<D extends AnyDecoder = AnyDecoder> {
  readonly books: Books<D>;
  /** Entries before it are in the books. */
  readonly position: number;
  /** Where they began: a checkpoint, or the first entry that the log still has. */
  readonly begin: number;
  readonly fromCheckpoint: boolean;
  /** Bytes of the checkpoint. */
  readonly checkpointBytes: number;
}

/** The latest sound checkpoint that is not behind `position`. */
export function checkpointBefore(
  folder: string,
  position: number,
  first: number,
): { readonly position: number; readonly bytes: Uint8Array } | undefined {
  for (const at of checkpointPositions(folder).reverse()) {
    if (at > position || at < first) continue;
    const bytes = readCheckpoint(folder, at);
    if (bytes !== undefined) return { position: at, bytes };
  }
  return undefined;
}

const booksOf = <D extends AnyDecoder>(reader: LogReader<D>, options: BooksOptions): Books<D> =>
  openBooks(reader as unknown as Feed<D, never>, options);

/**
 * The books as they stood before entry `at`, or when everything received until a time was in them: a checkpoint, and the
 * entries from there. What is read is bounded by the distance of checkpoints.
 * @throws VenuewireError `VW_LOG_EVENTS` for a log of events; of `openBooks`.
 */
export async function booksAt<D extends AnyDecoder>(
  log: Log<D>,
  at: LogMoment,
  options: Omit<BooksOptions, 'checkpoint'> = {},
): Promise<LogBooks<D>> {
  if (log.holds === 'events') {
    throw new VenuewireError('VW_LOG_EVENTS', `${log.folder} holds events`, remedyOf('VW_LOG_EVENTS'));
  }
  const { first, end } = log;
  const position = typeof at === 'number' ? at : (positionAt(log.folder, at.time) ?? end);
  if (position < first || position > end) {
    throw new VenuewireError(
      'VW_LOG_GONE',
      `${log.folder} has entries ${first} up to ${end}: there are no books before entry ${position}`,
      remedyOf('VW_LOG_GONE'),
    );
  }
  const checkpoint = checkpointBefore(log.folder, position, first);
  const begin = checkpoint?.position ?? first;
  const reader = log.read({ from: begin, to: position });
  const books = booksOf(reader, {
    ...options,
    ...(checkpoint === undefined ? {} : { checkpoint: checkpoint.bytes }),
  });
  for await (const batch of reader) books.take(batch);
  return {
    books,
    position,
    begin,
    fromCheckpoint: checkpoint !== undefined,
    checkpointBytes: checkpoint?.bytes.length ?? 0,
  };
}

export interface CheckpointOptions {
  /** Entries between two checkpoints, about: they are at ends of blocks. Default 1,000,000. */
  readonly every?: number;
  /** Go on with what the writer adds. */
  readonly tail?: boolean;
  readonly signal?: AbortSignal;
  /** Bounds of the books, as of `openBooks`. */
  readonly books?: Omit<BooksOptions, 'checkpoint'>;
  /** Is told each one. */
  readonly made?: (checkpoint: { readonly position: number; readonly bytes: number }) => void;
}

/** Makes checkpoints behind the last one that there is; resolves with how many. */
export async function makeCheckpoints<D extends AnyDecoder>(
  log: Log<D>,
  options: CheckpointOptions = {},
): Promise<number> {
  const every = options.every ?? DEFAULT_EVERY;
  const last = checkpointBefore(log.folder, log.end, log.first);
  const begin = last?.position ?? log.first;
  const { tail, signal } = options;
  const reader = log.read({ from: begin, ...(tail ? { tail } : {}), ...(signal ? { signal } : {}) });
  const books = booksOf(reader, { ...options.books, ...(last === undefined ? {} : { checkpoint: last.bytes }) });
  let made = 0;
  let before = begin;
  for await (const batch of reader) {
    books.take(batch);
    if (batch.end - before < every) continue;
    before = batch.end;
    const bytes = books.checkpoint();
    writeCheckpoint(log.folder, batch.end, bytes);
    made++;
    options.made?.({ position: batch.end, bytes: bytes.length });
  }
  return made;
}
