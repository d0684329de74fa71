/**
 * Reads a log as a feed is read: batches, in order, with the same handlers, columns and books. Several readers, in other
 * processes too, read while the writer writes.
 */
import { type FSWatcher, watch } from 'node:fs';
import { EVENT_BYTES, EVENT_RECEIVE_TIME_AT, UNIT_BYTES } from '../contract.js';
import { remedyOf, VenuewireError } from '../errors.js';
import type { AnyDecoder } from '../feed/batch.js';
import { BLOCK_BYTES_MAX, type BlockPlace, damaged, type LogNote, type SegmentMeta, segmentName } from './format.js';
import { mendNames } from './names.js';
import { LogBatch, RecordReader } from './record-reader.js';
import { cutRecords, entriesUntil } from './records.js';
import { Segment, segmentPositions } from './segments.js';

/** A place in a log: an entry by its position, or the first one that is later than a time (ns since 1970). */
export type LogMoment = number | { readonly time: bigint };

export interface LogReadOptions {
  /** The first entry. Default: the first one that is there. */
  readonly from?: LogMoment;
  /** One past the last. Default: the end as it is when it is reached. */
  readonly to?: LogMoment;
  /** At the end, wait for more: until the signal, or `close`. */
  readonly tail?: boolean;
  readonly signal?: AbortSignal;
  /** Is given what the writer tells in the log, in order with the entries. */
  readonly note?: (note: LogNote) => void;
}

/** A change of a file that nobody was told of is seen after so long. */
const LOOK_MS = 100;
/** Other work has its turn after so long. */
const DRAIN_MS = 10;

/** Made by `log.read`. */
export class LogReader<D extends AnyDecoder = AnyDecoder>
  extends RecordReader<D>
  implements AsyncIterable<LogBatch<D>>
{
  /** Of the batch that is being read; behind the last one, of the next entry. */
  position = 0;
  /** Behind the last sound block there is something that is none: a writer is at work, or was killed. */
  isTorn = false;
  #segment: Segment | undefined;
  #next = 0;
  #place = 0;
  #closed = false;
  #until = Number.POSITIVE_INFINITY;
  #wake: (() => void) | undefined;

  /** @internal Use `log.read`. */
  constructor(
    readonly folder: string,
    decoder: D,
    meta: SegmentMeta,
    readonly options: LogReadOptions,
  ) {
    super(decoder, meta, BLOCK_BYTES_MAX);
    options.signal?.addEventListener('abort', () => this.close(), { once: true });
    if (options.signal?.aborted) this.#closed = true;
    this.#seek();
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }
  [Symbol.dispose](): void {
    this.close();
  }

  /** Batch by batch: each is valid until the next is asked for. */
  async *[Symbol.asyncIterator](): AsyncIterator<LogBatch<D>> {
    let until = performance.now() + DRAIN_MS;
    const changes = this.options.tail ? new Changes(this.folder, () => this.#wake?.()) : undefined;
    try {
      while (!this.#closed && this.position < this.#until) {
        const batch = this.#batch();
        if (batch !== undefined) {
          yield batch;
          this.position = batch.end;
        } else if (changes === undefined || this.#closed) break;
        else await this.#change(changes);
        if (performance.now() > until) {
          await new Promise<void>((resolve) => setImmediate(resolve));
          until = performance.now() + DRAIN_MS;
        }
      }
    } finally {
      changes?.close();
      this.#segment?.close();
      this.#segment = undefined;
      this.#closed = true;
    }
  }

  async #change(changes: Changes): Promise<void> {
    if (changes.seen()) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, LOOK_MS);
    });
    this.#wake = undefined;
  }

  /** Finds the first entry, and the last. */
  #seek(): void {
    const { from, to } = this.options;
    const positions = segmentPositions(this.folder);
    const first = positions[0] ?? 0;
    if (typeof to === 'number') this.#until = to;
    else if (to !== undefined) this.#until = positionAt(this.folder, to.time) ?? this.#until;
    const begin = typeof from === 'object' ? positionAt(this.folder, from.time) : (from ?? first);
    this.position = begin ?? endOf(this.folder);
    if (this.position < first) {
      throw new VenuewireError(
        'VW_LOG_GONE',
        `${this.folder} begins with entry ${first}: entry ${this.position} has been deleted`,
        remedyOf('VW_LOG_GONE'),
      );
    }
    const holds = positions.findLast((position) => position <= this.position);
    this.#next = holds ?? first;
  }

  /** The next block with entries; notes are told on the way. */
  #batch(): LogBatch<D> | undefined {
    for (;;) {
      const place = this.#nextPlace();
      if (place === undefined) return undefined;
      const segment = this.#segment as Segment;
      if (place.kind === 'note') {
        if (place.position >= this.position) this.#tell(segment.note(place));
        continue;
      }
      if (place.kind !== 'records' && place.kind !== 'events') continue;
      const end = place.position + place.entries;
      if (end <= this.position) continue;
      if (place.position >= this.#until) return undefined;
      return this.#read(segment, place);
    }
  }

  #tell(note: LogNote): void {
    this.options.note?.(note);
    if (note.end > this.position) this.position = note.end;
  }

  #nextPlace(): BlockPlace | undefined {
    for (;;) {
      const segment = this.#segment ?? this.#open(this.#next);
      if (segment === undefined) return undefined;
      const place = segment.places[this.#place];
      if (place !== undefined) {
        this.#place++;
        return place;
      }
      // Looked for before the segment is looked at again: what has a successor does not grow.
      const next = segmentPositions(this.folder).find((position) => position > segment.position);
      const { torn, at } = segment.refresh();
      if (segment.places.length > this.#place) continue;
      this.isTorn = torn;
      if (next === undefined) return undefined;
      if (torn) throw damaged(segment.path, at, 'is no sound block, and the log goes on in another segment');
      segment.close();
      this.#segment = undefined;
      this.#next = next;
    }
  }

  #open(position: number): Segment | undefined {
    if (!segmentPositions(this.folder).includes(position)) {
      // A log that has nothing yet; or it was deleted while it was waited for.
      const later = segmentPositions(this.folder).find((found) => found > position);
      if (later === undefined) return undefined;
      throw new VenuewireError('VW_LOG_GONE', `${this.folder}: entry ${position} is gone`, remedyOf('VW_LOG_GONE'));
    }
    const segment = new Segment(this.folder, segmentName(position), position);
    const meta = segment.meta();
    if (meta === undefined) {
      segment.close();
      return undefined;
    }
    segment.refresh();
    this.#segment = segment;
    this.#meta = meta;
    this.lines = meta.lines;
    this.requesters = meta.requesters;
    this.servers = meta.servers;
    this.#place = segment.places.findIndex(({ position: at, entries }) => at + entries >= this.position);
    if (this.#place < 0) this.#place = segment.places.length;
    return segment;
  }
  #meta: SegmentMeta | undefined;

  #read(segment: Segment, place: BlockPlace): LogBatch<D> {
    const head = segment.headAt(place.at);
    const bytes = head && segment.payload(place.at, head, this.memory);
    if (head === undefined || bytes === undefined) throw damaged(segment.path, place.at, 'is no sound block');
    const first = Math.max(0, this.position - place.position);
    const end = Math.min(place.entries, this.#until - place.position);
    const base = this.nextBase();
    if (place.kind === 'events') {
      const records = bytes.subarray(first * EVENT_BYTES, end * EVENT_BYTES);
      return new LogBatch(this, base, base, place.position + first, end - first, records);
    }
    mendNames(this.ring.view, head.bytes, this.#meta as SegmentMeta, this.decoder);
    const whole = first === 0 && end === place.entries;
    const { from, to } = whole ? { from: 0, to: head.bytes } : cutRecords(this.ring.view, head.bytes, first, end);
    const unit = (at: number): number => (base + at / UNIT_BYTES) >>> 0;
    return new LogBatch(this, unit(from), unit(to), place.position + first, end - first, undefined);
  }
}

/** Hears of changes in a folder; where the system tells nothing, somebody looks now and then. */
class Changes {
  #watcher: FSWatcher | undefined;
  #seen = false;
  constructor(folder: string, changed: () => void) {
    try {
      this.#watcher = watch(folder, { persistent: false }, () => {
        this.#seen = true;
        changed();
      });
      this.#watcher.on('error', () => this.close());
    } catch {
      // The folder is not there yet, or the limit of watches is reached.
    }
  }
  /** Something has changed since the last call. */
  seen(): boolean {
    const seen = this.#seen;
    this.#seen = false;
    return seen;
  }
  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

/** Calls `look` with each segment that can hold what is looked for, until it has found something. */
function inSegments<T>(folder: string, positions: readonly number[], look: (segment: Segment) => T | undefined) {
  for (const position of positions) {
    const segment = new Segment(folder, segmentName(position), position);
    try {
      segment.refresh();
      const found = look(segment);
      if (found !== undefined) return found;
    } finally {
      segment.close();
    }
  }
  return undefined;
}

/** Behind the last entry that is there. */
export function endOf(folder: string): number {
  const positions = segmentPositions(folder).reverse();
  return inSegments(folder, positions, lastPosition) ?? positions.at(-1) ?? 0;
}
const lastPosition = ({ places, position }: Segment): number | undefined => {
  const last = places.at(-1);
  return last === undefined ? position : last.position + last.entries;
};

/** The position of the first entry that is later than `time`; undefined: none is. Bounded by one block and the indexes. */
export function positionAt(folder: string, time: bigint): number | undefined {
  const positions = segmentPositions(folder);
  // The latest time never falls: the first segment that reaches beyond it is found by halving.
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const latest = inSegments(folder, [positions[middle] as number], ({ places }) => places.at(-1)?.latestTime ?? 0n);
    if (latest !== undefined && latest > time) high = middle;
    else low = middle + 1;
  }
  return inSegments(folder, positions.slice(low), (segment) => {
    const place = segment.places.find(({ latestTime, entries }) => entries > 0 && latestTime > time);
    const head = place && segment.headAt(place.at);
    if (place === undefined || head === undefined) return undefined;
    const bytes = segment.payload(place.at, head);
    if (bytes === undefined) throw damaged(segment.path, place.at, 'is no sound block');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const before = place.kind === 'events' ? eventsUntil(view, time) : entriesUntil(view, bytes.length, time);
    return place.position + (before ?? place.entries);
  });
}

function eventsUntil(view: DataView, time: bigint): number | undefined {
  for (let at = 0; at < view.byteLength; at += EVENT_BYTES) {
    if (view.getBigInt64(at + EVENT_RECEIVE_TIME_AT, true) > time) return at / EVENT_BYTES;
  }
  return undefined;
}
