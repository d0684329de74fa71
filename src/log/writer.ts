/**
 * The one writer of a log. Entries are copied into blocks in memory; libuv's threads write those to the disk. Nobody waits for the
 * disk but who asks for it: `room`, `flush`, `sync`.
 */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EVENT_BYTES, EVENT_RECEIVE_TIME_AT, UNIT_BYTES } from '../contract.js';
import { remedyOf, VenuewireError } from '../errors.js';
import type { Batch } from '../feed/feed.js';
import type { Ring } from '../feed/ring.js';
import { type LogFiles, nodeFiles } from './files.js';
import { type Block, BlockFiller } from './filler.js';
import {
  CHECKPOINT_FOLDER,
  isCheckpointName,
  isSegmentName,
  type LogEnd,
  type LogNote,
  noteBlock,
  type SegmentMeta,
} from './format.js';
import type { LogLock } from './lock.js';
import type { CompleteWriterOptions } from './options.js';
import { cutRecords, eachRecord, type RecordMemory, type RecordTaker, Span } from './records.js';
import type { Found } from './recover.js';
import { SegmentWriter } from './segment-writer.js';

const FIRST_RETRY_MS = 20;
const LONGEST_RETRY_MS = 5_000;
const CLOSE_MS = 30_000;
const NS_PER_MS = 1_000_000n;
const WORD = 4;
/** Of memory that is no ring. */
const FLAT = 0x7fff_ffff;
/** Blocks of one go, between two looks at what waits. */
const BLOCKS_AT_ONCE = 256;

/** Where entries have gone: `accepted = written + dropped + pending`, at every instant. */
export interface LogWriterStatistics {
  /** Entries that were given to this writer: messages and notices, or events. */
  readonly accepted: number;
  /** In the file: the end of this process does not harm them. */
  readonly written: number;
  /** Given up here, by the policy or because no block could hold them; told in the log. */
  readonly dropped: number;
  /** In memory. */
  readonly pending: number;
  /** Entries before this position of the log outlive a power cut, but those that are `unsure`. */
  readonly durable: number;
  /** Written, and the disk would not say that they outlive a power cut; told in the log. */
  readonly unsure: number;
  /** Of the next entry. */
  readonly position: number;
  readonly bytes: number;
  readonly blocks: number;
  readonly syncs: number;
  readonly segments: number;
  /** Segments that retention has deleted. */
  readonly retired: number;
  readonly failures: number;
  /** What the last write or sync said; empty: it succeeded. */
  readonly failing: string;
  readonly queueBytes: number;
  readonly queueBytesMax: number;
}

/** What a writer is made of. */
interface Parts {
  readonly folder: string;
  readonly meta: SegmentMeta;
  readonly options: CompleteWriterOptions;
  readonly lock: LogLock;
  readonly found: Found;
  readonly files?: LogFiles;
  readonly now?: () => bigint;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Times of `count` events from `at` on. */
function eventTimes(view: DataView, at: number, count: number): Span {
  const span = new Span();
  for (let i = 0, time = at + EVENT_RECEIVE_TIME_AT; i < count; i++, time += EVENT_BYTES) {
    span.add(1, 0, view.getInt32(time + HALF, true), view.getUint32(time, true));
  }
  return span;
}
const HALF = 4;

/** Counts entries that are dropped. */
class EntryCounter implements RecordTaker {
  readonly room = Number.MAX_SAFE_INTEGER;
  readonly most = Number.MAX_SAFE_INTEGER;
  entries = 0;
  take(_memory: RecordMemory, _at: number, _bytes: number, span: Span): void {
    this.entries += span.entries;
  }
  next(): void {}
  tooLong(): void {}
}

/** Made by `openLogWriter`. Append every batch of a feed, in order. */
export class LogWriter {
  readonly folder: string;
  /** What was found at the beginning: bytes of a torn end that were cut off. */
  readonly cutBytes: number;
  readonly #parts: Parts;
  readonly #options: CompleteWriterOptions;
  readonly #files: LogFiles;
  readonly #filler: BlockFiller;
  readonly #begin: number;
  #segment: SegmentWriter | undefined;
  #queue: Block[] = [];
  #queueBytes = 0;
  #queueBytesMax = 0;
  /** Positions: behind the last entry written, and behind the last one that outlives a power cut. */
  #writtenTo: number;
  #durableTo: number;
  #dropped = 0;
  #written = 0;
  #unsure = 0;
  #bytes = 0;
  #blocks = 0;
  #syncs = 0;
  #segments = 0;
  #retired = 0;
  #failures = 0;
  #failing = '';
  #droppingFrom = -1;
  #dropReason = '';
  #memory: { readonly ring: Ring; readonly memory: RecordMemory } | undefined;
  #work: Promise<void> | undefined;
  #linger: NodeJS.Timeout | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> | undefined;
  /** A sync of the segment has failed: nothing more goes into it. */
  #isDoubtful = false;
  #waiters: (() => void)[] = [];
  #closed = false;
  readonly #abort = new AbortController();

  /** @internal Use `openLogWriter`. */
  constructor(parts: Parts) {
    const { folder, options, found } = parts;
    this.folder = folder;
    this.#parts = parts;
    this.#options = options;
    this.#files = parts.files ?? nodeFiles;
    this.cutBytes = found.cut;
    this.#begin = this.#writtenTo = found.position;
    // What is in the files when a log is opened is made durable with what comes.
    this.#durableTo = 0;
    this.#filler = new BlockFiller(
      parts.meta.holds,
      options.blockBytes,
      found.position,
      found.latestTime,
      (block) => this.#enqueue(block),
      () => this.#drop(1, 'tooLong'),
      () => this.#durableTo,
      options.queueBytes,
    );
    if (found.open !== undefined) {
      const { path, at, places } = found.open;
      this.#segment = new SegmentWriter(path, this.#files.open(path), at, places);
    }
    if (found.cut > 0) this.#note({ type: 'tornTail', code: 'VW_LOG_TORN', reason: 'killed', bytes: found.cut });
    this.#note({ type: 'started', reason: found.meta === undefined ? 'new' : 'goesOn' });
    this.#pump();
  }

  /** Of the next entry. */
  get position(): number {
    return this.#filler.position;
  }

  /** Entries before it are acknowledged, as the option `sync` says: in the file, or durable. */
  get acknowledged(): number {
    return this.#options.sync === 'always' ? this.#durableTo : this.#writtenTo;
  }

  /** Takes a batch of the log's feed; never waits. False: the queue was full, and its entries are dropped and counted. */
  append(batch: Batch): boolean {
    this.#checkOpen('records');
    const memory = this.#memoryOf(batch.feed.ring);
    if (!this.#takes(batch.bytes)) {
      const counter = new EntryCounter();
      eachRecord(memory, batch.from, batch.to, counter);
      this.#drop(counter.entries, 'queueFull');
      return false;
    }
    this.#endDropping();
    const messages = eachRecord(memory, batch.from, batch.to, this.#filler);
    if (messages >= 0) batch.passedOver(messages);
    this.#appended();
    return true;
  }

  /** Takes records that were copied out of a batch, without their first `skip` entries; as `append`, but never drops. */
  appendRecords(records: Uint8Array, skip = 0): void {
    this.#checkOpen('records');
    this.#endDropping();
    const bytes = skip > 0 || records.byteOffset % WORD !== 0 ? records.slice() : records;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { from, to } =
      skip > 0 ? cutRecords(view, bytes.length, skip, Number.POSITIVE_INFINITY) : { from: 0, to: bytes.length };
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / WORD);
    eachRecord({ words, bytes, mask: FLAT }, from / UNIT_BYTES, to / UNIT_BYTES, this.#filler);
    this.#appended();
  }

  /** Whether the policy would take so many bytes now. */
  fits(bytes: number): boolean {
    return this.#takes(bytes);
  }

  /** Entries that never came here have their place in the log, and are told there. */
  skip(entries: number, reason: string): void {
    this.#checkOpen(this.#parts.meta.holds);
    this.#drop(entries, reason);
  }

  /** Takes records of 64 bytes of a log that holds events; as `append`. */
  appendEvents(records: Uint8Array, count = records.length / EVENT_BYTES): boolean {
    this.#checkOpen('events');
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    if (!Number.isInteger(count) || count < 0 || count * EVENT_BYTES > records.length)
      throw new VenuewireError('VW_LOG_OPTION', `There are no ${count} events`, remedyOf('VW_LOG_OPTION'));
    if (!this.#takes(count * EVENT_BYTES)) {
      this.#drop(count, 'queueFull');
      return false;
    }
    this.#endDropping();
    for (let from = 0; from < count; ) {
      const most = Math.floor(this.#filler.room / EVENT_BYTES) || Math.floor(this.#options.blockBytes / EVENT_BYTES);
      const n = Math.min(count - from, most);
      const at = from * EVENT_BYTES;
      const { firstTime, latestTime } = eventTimes(view, at, n);
      this.#filler.add(records.subarray(at, at + n * EVENT_BYTES), n, 0, firstTime, latestTime);
      from += n;
    }
    this.#appended();
    return true;
  }

  /** There is no room; with `whenFull: 'wait'` wait for it before the next batch. */
  get full(): boolean {
    return this.#queueBytes >= this.#options.queueBytes;
  }
  /** Resolves when there is room, or the writer has been closed. */
  async room(): Promise<void> {
    while (this.full && !this.#abort.signal.aborted) await this.#progress();
  }

  /** Resolves when everything that was appended so far is acknowledged; what `sync` says decides what that means. */
  async flush(): Promise<void> {
    this.#filler.next();
    this.#endDropping();
    const to = this.position;
    this.#pump();
    while (this.acknowledged < to || (this.#writtenTo <= to && this.#queue.length > 0)) {
      if (this.#abort.signal.aborted) return;
      await this.#progress();
    }
  }

  /** Resolves when everything that was appended so far outlives a power cut. */
  async sync(): Promise<void> {
    await this.flush();
    const to = this.#writtenTo;
    while (this.#durableTo < to && !this.#abort.signal.aborted) await this.#syncNow();
  }

  statistics(): LogWriterStatistics {
    return {
      accepted: this.position - this.#begin,
      written: this.#written,
      dropped: this.#dropped,
      pending: this.#filler.pending + this.#queue.reduce((sum, { entries }) => sum + entries, 0),
      durable: this.#durableTo,
      unsure: this.#unsure,
      position: this.position,
      bytes: this.#bytes,
      blocks: this.#blocks,
      syncs: this.#syncs,
      segments: this.#segments,
      retired: this.#retired,
      failures: this.#failures,
      failing: this.#failing,
      queueBytes: this.#queueBytes,
      queueBytesMax: this.#queueBytesMax,
    };
  }

  /**
   * Writes what waits, makes it durable, and lets the log go. What the disk has not taken within that time stays `pending` in
   * the statistics that it resolves with.
   */
  async close(withinMs = CLOSE_MS): Promise<LogWriterStatistics> {
    if (this.#closed) return this.statistics();
    this.#closed = true;
    const timer = setTimeout(() => this.#abort.abort(), withinMs);
    this.#abort.signal.addEventListener('abort', () => this.#wake());
    const settle = (): Promise<void> => (this.#options.sync === 'never' ? this.flush() : this.sync());
    try {
      await settle();
      // The last block knows that everything before it is durable.
      this.#note({ type: 'ended', reason: 'closed' });
      await settle();
    } finally {
      clearTimeout(timer);
      clearTimeout(this.#linger);
      clearTimeout(this.#syncTimer);
      this.#abort.abort();
      await this.#work;
      await this.#syncing;
      this.#segment?.close();
      this.#parts.lock.release();
    }
    return this.statistics();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #checkOpen(holds: SegmentMeta['holds']): void {
    if (this.#closed) throw new VenuewireError('VW_LOG_CLOSED', 'The writer is closed', remedyOf('VW_LOG_CLOSED'));
    const { meta } = this.#parts;
    if (meta.holds === holds) return;
    throw new VenuewireError(
      'VW_LOG_OTHER',
      `${this.folder} holds ${meta.holds}, not ${holds}`,
      remedyOf('VW_LOG_OTHER'),
    );
  }

  #memoryOf(ring: Ring): RecordMemory {
    if (this.#memory?.ring === ring) return this.#memory.memory;
    const { words, view, mask } = ring;
    const memory = { words, bytes: new Uint8Array(view.buffer, view.byteOffset, view.byteLength), mask };
    this.#memory = { ring, memory };
    return memory;
  }

  /** One batch always fits, whatever its size. */
  #takes(bytes: number): boolean {
    if (this.#options.whenFull === 'wait' || this.#queueBytes === 0) return true;
    return this.#queueBytes + this.#filler.size + bytes <= this.#options.queueBytes;
  }

  #drop(entries: number, reason: string): void {
    if (entries === 0) return;
    if (this.#droppingFrom < 0) {
      this.#filler.next();
      this.#droppingFrom = this.position;
      this.#dropReason = reason;
    }
    this.#filler.position += entries;
    this.#dropped += entries;
    if (reason === 'tooLong') this.#endDropping();
  }

  #endDropping(): void {
    if (this.#droppingFrom < 0) return;
    const begin = this.#droppingFrom;
    this.#droppingFrom = -1;
    this.#note({ type: 'dropped', code: 'VW_LOG_FULL', reason: this.#dropReason, begin });
  }

  /** A note about what lies before the position, in order with the entries. */
  #note(note: Pick<LogNote, 'type' | 'code' | 'reason' | 'bytes'> & { readonly begin?: number }): void {
    const end = this.#end();
    const time = String(this.#now());
    const bytes = noteBlock({ begin: end.position, ...note, end: end.position, time }, end);
    this.#enqueue({ kind: 'note', bytes, entries: 0, memory: undefined, ...end });
  }

  #end(): LogEnd {
    const { position, latestTime } = this.#filler;
    return { position, latestTime, durable: this.#durableTo };
  }
  #now(): bigint {
    return this.#parts.now?.() ?? BigInt(Date.now()) * NS_PER_MS;
  }

  #enqueue(block: Block): void {
    this.#queue.push(block);
    this.#queueBytes += block.bytes.length;
    this.#queueBytesMax = Math.max(this.#queueBytesMax, this.#queueBytes);
  }

  #appended(): void {
    if (this.#queue.length > 0) this.#pump();
    if (this.#filler.size === 0 || this.#linger !== undefined) return;
    this.#linger = setTimeout(() => {
      this.#linger = undefined;
      this.#filler.next();
      this.#pump();
    }, this.#options.lingerMs);
  }

  #pump(): void {
    if (this.#work !== undefined || this.#abort.signal.aborted) return;
    this.#work = this.#write().finally(() => {
      this.#work = undefined;
      this.#wake();
      if (this.#queue.length > 0) this.#pump();
    });
  }

  async #write(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (this.#queue.length > 0 && !this.#abort.signal.aborted) {
      try {
        await this.#writeSome();
        this.#failing = '';
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        this.#failures++;
        this.#failing = messageOf(error);
        this.#wake();
        await this.#pause(retryMs);
        retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
      }
      this.#wake();
    }
  }

  async #writeSome(): Promise<void> {
    const segment = await this.#segmentFor(this.#queue[0] as Block);
    const blocks: Block[] = [];
    let bytes = segment.at;
    for (const block of this.#queue) {
      if (blocks.length === BLOCKS_AT_ONCE || (blocks.length > 0 && bytes > this.#options.segmentBytes)) break;
      blocks.push(block);
      bytes += block.bytes.length;
    }
    const before = segment.at;
    await segment.append(blocks);
    if (this.#options.sync === 'always') await this.#syncAppended(segment, before);
    for (const block of blocks) {
      this.#queueBytes -= block.bytes.length;
      this.#bytes += block.bytes.length;
      this.#written += block.entries;
      this.#filler.release(block);
    }
    this.#blocks += blocks.length;
    this.#queue.splice(0, blocks.length);
    const last = blocks.at(-1) as Block;
    this.#writtenTo = last.position + last.entries;
    if (this.#options.sync === 'always') this.#durableTo = this.#writtenTo;
    else this.#syncLater();
  }

  /** Before they are acknowledged. What the disk did not confirm is taken back, and written to another segment. */
  async #syncAppended(segment: SegmentWriter, before: number): Promise<void> {
    try {
      await segment.file.sync();
      this.#syncs++;
    } catch (error) {
      segment.undo(before);
      this.#leave();
      throw error;
    }
  }

  /** The segment that the block goes into; another one when this is full. */
  async #segmentFor(block: Block): Promise<SegmentWriter> {
    const segment = this.#segment;
    if (segment !== undefined && segment.entries > 0 && this.#isDoubtful) this.#leave();
    else if (segment !== undefined) {
      this.#isDoubtful = false;
      const isFull = segment.at > this.#options.segmentBytes && segment.entries > 0;
      if (!isFull) return segment;
      await segment.finish({ position: block.position, latestTime: block.latestTime, durable: this.#durableTo });
      await this.#syncing;
      if (this.#options.sync !== 'never') await this.#syncSegment(segment, this.#writtenTo);
      this.#leave();
    }
    const end = { position: block.position, latestTime: block.latestTime, durable: this.#durableTo };
    const { folder, meta } = this.#parts;
    this.#segment = await SegmentWriter.create(this.#files, folder, meta, end, this.#options.sync !== 'never');
    this.#segments++;
    this.#retire();
    return this.#segment;
  }

  #leave(): void {
    this.#segment?.close();
    this.#segment = undefined;
    this.#isDoubtful = false;
  }

  #syncLater(): void {
    if (typeof this.#options.sync !== 'number' || this.#syncTimer !== undefined || this.#closed) return;
    this.#syncTimer = setTimeout(() => {
      this.#syncTimer = undefined;
      void this.#syncNow();
    }, this.#options.sync);
  }

  async #syncNow(): Promise<void> {
    if (this.#syncing !== undefined) return this.#syncing;
    const segment = this.#segment;
    // Another segment is on its way: what a sync says of one that has failed is worth nothing.
    if (segment === undefined || this.#isDoubtful) return this.#progress();
    this.#syncing = this.#syncSegment(segment, this.#writtenTo).finally(() => {
      this.#syncing = undefined;
      this.#wake();
    });
    return this.#syncing;
  }

  /** After a failed sync nobody knows what the disk has: those entries are named, and another segment is begun. */
  async #syncSegment(segment: SegmentWriter, to: number): Promise<void> {
    const begin = this.#durableTo;
    try {
      await segment.file.sync();
      this.#syncs++;
      this.#durableTo = Math.max(this.#durableTo, to);
    } catch (error) {
      this.#failures++;
      this.#failing = messageOf(error);
      this.#unsure += to - begin;
      this.#filler.next();
      this.#note({ type: 'syncFailed', code: 'VW_LOG_SYNC', reason: messageOf(error), begin });
      this.#isDoubtful = true;
      this.#pump();
    }
  }

  /** Deletes whole segments that are too old, or too much. */
  #retire(): void {
    const { bytes = Number.POSITIVE_INFINITY, ms = Number.POSITIVE_INFINITY } = this.#options.retain;
    if (bytes === Number.POSITIVE_INFINITY && ms === Number.POSITIVE_INFINITY) return;
    const now = Number(this.#now() / NS_PER_MS);
    const all = readdirSync(this.folder).filter(isSegmentName).sort();
    const sizes = all.map((name) => statSync(join(this.folder, name)));
    let total = sizes.reduce((sum, { size }) => sum + size, 0);
    for (let i = 0; i < all.length - 1; i++) {
      const { size, mtimeMs } = sizes[i] as (typeof sizes)[number];
      if (total <= bytes && now - mtimeMs <= ms) break;
      rmSync(join(this.folder, all[i] as string));
      total -= size;
      this.#retired++;
    }
    this.#retireCheckpoints(Number.parseInt(readdirSync(this.folder).filter(isSegmentName).sort()[0] as string, 10));
  }

  #retireCheckpoints(first: number): void {
    const folder = join(this.folder, CHECKPOINT_FOLDER);
    if (!existsSync(folder)) return;
    for (const name of readdirSync(folder).filter(isCheckpointName)) {
      if (Number.parseInt(name, 10) < first) rmSync(join(folder, name));
    }
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
  #progress(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }
  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#abort.signal }).catch(() => {});
  }
}
