/** A log that is there: read it, look at its books, add to it. */
import type { BooksOptions } from '../books/books.js';
import { findDecoder } from '../decoders/registry.js';
import { remedyOf, VenuewireError } from '../errors.js';
import type { AnyDecoder } from '../feed/batch.js';
import type { Feed } from '../feed/feed.js';
import { booksAt, type CheckpointOptions, checkpointPositions, type LogBooks, makeCheckpoints } from './checkpoints.js';
import type { LogFiles } from './files.js';
import { FORMAT_VERSION, ownNames, type SegmentMeta, segmentName } from './format.js';
import { LogLock } from './lock.js';
import { completeOptions, type LogWriterOptions } from './options.js';
import { endOf, type LogMoment, LogReader, type LogReadOptions, positionAt } from './reader.js';
import { type Found, recover } from './recover.js';
import { Segment, segmentPositions } from './segments.js';
import { type LogReport, verifyLog } from './verify.js';
import { LogWriter } from './writer.js';

export { LogWriter };

export interface LogOptions<D extends AnyDecoder = AnyDecoder> {
  /** Of the log's messages. Default: the ready one that the log names. */
  readonly decoder?: D;
}

/** How much a log holds; found without reading its entries. */
export interface LogStatistics {
  readonly venue: string;
  readonly decoder: string;
  readonly holds: 'records' | 'events';
  readonly channels: readonly string[];
  readonly segments: number;
  readonly bytes: number;
  readonly blocks: number;
  /** Positions: the first entry that is there, and one past the last. */
  readonly first: number;
  readonly end: number;
  /** Of the latest entry, ns since 1970. */
  readonly latestTime: bigint;
  /** Positions of the checkpoints of its books. */
  readonly checkpoints: readonly number[];
}

/** Made by `openLog`. */
export class Log<D extends AnyDecoder = AnyDecoder> {
  /** @internal Use `openLog`. */
  constructor(
    readonly folder: string,
    readonly decoder: D,
    readonly meta: SegmentMeta,
  ) {}

  get venue(): string {
    return this.meta.venue;
  }
  get holds(): 'records' | 'events' {
    return this.meta.holds;
  }
  get channels(): readonly string[] {
    return this.meta.channels;
  }
  /** The first entry that is there. */
  get first(): number {
    return segmentPositions(this.folder)[0] ?? 0;
  }
  /** One past the last entry that is there now. */
  get end(): number {
    return endOf(this.folder);
  }

  /**
   * Entries in order, batch by batch, as of a feed.
   * @throws VenuewireError `VW_LOG_GONE` when the first of them has been deleted; while reading `VW_LOG_DAMAGED`.
   */
  read(options: LogReadOptions = {}): LogReader<D> {
    return new LogReader(this.folder, this.decoder, this.meta, options);
  }

  /** What is added from now on, or from an entry on, as it is written. */
  tail(options: Omit<LogReadOptions, 'tail'> = {}): LogReader<D> {
    return this.read({ from: this.end, ...options, tail: true });
  }

  /** The first entry that is later than `time` (ns since 1970); undefined: none is. */
  positionAt(time: bigint): number | undefined {
    return positionAt(this.folder, time);
  }

  /** The books before an entry, or at a time; see `booksAt`. */
  books(at: LogMoment, options?: Omit<BooksOptions, 'checkpoint'>): Promise<LogBooks<D>> {
    return booksAt(this, at, options);
  }

  /** Makes checkpoints of its books, so that `books` reads little. */
  checkpoint(options?: CheckpointOptions): Promise<number> {
    return makeCheckpoints(this, options);
  }

  /** Reads and checks every byte. */
  verify(progress?: (bytes: number) => void): Promise<LogReport> {
    return verifyLog(this.folder, progress);
  }

  statistics(): LogStatistics {
    const { folder, venue, holds, channels, first } = this;
    const positions = segmentPositions(folder);
    let [bytes, blocks, end, latestTime] = [0, 0, first, 0n];
    for (const position of positions) {
      const segment = new Segment(folder, segmentName(position), position);
      segment.refresh();
      bytes += segment.size;
      blocks += segment.places.length;
      const last = segment.places.at(-1);
      end = last === undefined ? position : last.position + last.entries;
      latestTime = last?.latestTime ?? latestTime;
      segment.close();
    }
    const counts = { segments: positions.length, bytes, blocks, first, end, latestTime };
    return { venue, decoder: this.meta.decoder, holds, channels, ...counts, checkpoints: checkpointPositions(folder) };
  }
}

/** What the newest segment of a log says of it. */
function metaOf(folder: string): SegmentMeta | undefined {
  for (const position of segmentPositions(folder).reverse()) {
    const segment = new Segment(folder, segmentName(position), position);
    try {
      const meta = segment.meta();
      if (meta !== undefined) return meta;
    } finally {
      segment.close();
    }
  }
  return undefined;
}

/**
 * Opens a log for reading; its writer may be at work, in this process or another.
 * @throws VenuewireError `VW_LOG_EMPTY` when there is none; `VW_LOG_DECODER` when its decoder is neither given nor a ready one.
 */
export async function openLog<D extends AnyDecoder = AnyDecoder>(
  folder: string,
  options: LogOptions<D> = {},
): Promise<Log<D>> {
  const meta = metaOf(folder);
  if (meta === undefined) {
    throw new VenuewireError('VW_LOG_EMPTY', `${folder} holds no log`, remedyOf('VW_LOG_EMPTY'));
  }
  const decoder = options.decoder ?? ((await findDecoder(meta.decoder)?.load()) as D | undefined);
  if (decoder === undefined || decoder.id !== meta.decoder) {
    throw new VenuewireError(
      'VW_LOG_DECODER',
      `${folder} holds messages of ${meta.decoder}${decoder === undefined ? '' : `, not of ${decoder.id}`}`,
      remedyOf('VW_LOG_DECODER'),
    );
  }
  return new Log(folder, decoder, meta);
}

/** What a log is of: a feed, or what says the same. */
export type LogSource = Pick<Feed, 'venue' | 'channels' | 'lines' | 'requesters' | 'servers'> & {
  readonly decoder: AnyDecoder;
};

/** @internal For tests: files with faults, a clock. */
export interface WriterParts {
  readonly files?: LogFiles;
  readonly now?: () => bigint;
  readonly prepared?: ReturnType<typeof prepareLog> | undefined;
}

/** @internal The lock of a log, and where it ends; `lock.release()` gives it back. */
export function prepareLog(folder: string): { readonly lock: LogLock; readonly found: Found } {
  const lock = new LogLock(folder);
  try {
    return { lock, found: recover(folder) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Opens a log for writing; it is made when it is not there. What another writer that was killed has not written whole is cut
 * off, and told in the log; positions go on.
 * @throws VenuewireError `VW_LOG_LOCKED` when it has a writer; `VW_LOG_OTHER` when it is of another feed; `VW_LOG_DAMAGED`;
 *   `VW_LOG_OPTION`; `VW_LOG_OPEN`.
 */
export function openLogWriter(
  folder: string,
  source: LogSource,
  options: LogWriterOptions & { readonly holds?: 'records' | 'events' } = {},
  parts: WriterParts = {},
): LogWriter {
  const { holds = 'records', ...given } = options;
  const complete = completeOptions(given);
  const { venue, decoder, channels, lines, requesters, servers } = source;
  const of = { venue, decoder: decoder.id, messages: decoder.names as string[], channels, lines, requesters, servers };
  const meta: SegmentMeta = { format: FORMAT_VERSION, ...of, holds, ...ownNames };
  const { lock, found } = parts.prepared ?? prepareLog(folder);
  try {
    if (found.meta !== undefined) checkSame(folder, found.meta, meta);
    const isSame = JSON.stringify(found.meta) === JSON.stringify(meta);
    return new LogWriter({
      folder,
      meta,
      options: complete,
      lock,
      found: isSame ? found : { ...found, open: undefined },
      ...parts,
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

function checkSame(folder: string, found: SegmentMeta, meta: SegmentMeta): void {
  const differing = (['decoder', 'channels', 'holds'] as const).find(
    (name) => JSON.stringify(found[name]) !== JSON.stringify(meta[name]),
  );
  if (differing === undefined) return;
  throw new VenuewireError(
    'VW_LOG_OTHER',
    `${folder}: ${differing} of the log: ${JSON.stringify(found[differing])}; now: ${JSON.stringify(meta[differing])}`,
    remedyOf('VW_LOG_OTHER'),
  );
}
