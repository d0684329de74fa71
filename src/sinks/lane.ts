/**
 * The way to one sink: a bounded queue with a declared policy, one writer, retries, and the ledger. Nobody waits for a
 * lane but its own writer, except where the policy is to wait.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PipelineQueue } from '../patterns/pipeline.js';
import { answered } from './answered.js';
import { newestRows } from './conflater.js';
import { LedgerCounter, type SinkLedger } from './ledger.js';
import { joinBatches, Positions, type RowBatch, type RowPosition, type RowSchema } from './rows.js';
import { type Delivery, type Sink, type SinkContext, SinkRefusal } from './sink.js';
import { Spill, type SpillRefusal, type WriteAt } from './spill.js';

const FIRST_RETRY_MS = 20;
const LONGEST_RETRY_MS = 5_000;
/** A disk that has not taken what waits is asked again after so long. */
const SPILL_AGAIN_MS = 1_000;

export interface LaneStatistics {
  readonly delivery: Delivery | undefined;
  readonly ledger: SinkLedger;
  /** Rows passed over at the start: the store had them from before. */
  readonly resumed: number;
  /** Calls of `write`, those that failed, and how often the sink was opened. */
  readonly writes: number;
  readonly failures: number;
  readonly opened: number;
  /** How often the store, opened again, was behind what it had acknowledged: it has lost rows that are counted as stored. */
  readonly forgot: number;
  /** What the last failure said; empty: the last call succeeded. */
  readonly failing: string;
  readonly queueBytes: number;
  /** Rows on disk that are not in memory, bytes of their files, and of an earlier run what was not whole. */
  readonly spilled: number;
  readonly spillBytes: number;
  readonly spillCut: number;
  /** Why the disk did not take the last rows; empty: it did. */
  readonly spillFailing: string;
  /** Milliseconds from being accepted to being stored: of the last write, and the longest. */
  readonly delayMs: number;
  readonly delayMsMax: number;
  /** What the sink counts itself. */
  readonly sink: Readonly<Record<string, number>>;
}

interface Waiting {
  readonly batch: RowBatch;
  readonly at: number;
}

export class Lane {
  readonly #ledger = new LedgerCounter();
  readonly #queue: Waiting[] = [];
  #queueBytes = 0;
  /** Rows of the write that is on its way. */
  #todo: RowBatch[] = [];
  #spill: Spill | undefined;
  #spillAgainAt = 0;
  #stored = new Positions();
  #delivery: Delivery | undefined;
  #resumed = 0;
  #writes = 0;
  #failures = 0;
  #opened = 0;
  #forgot = 0;
  #failing = '';
  #delayMs = 0;
  #delayMsMax = 0;
  #isOpen = false;
  #ending = false;
  readonly #abort = new AbortController();
  #wakeWriter: (() => void) | undefined;
  #wakeWaiters: (() => void)[] = [];
  #writer: Promise<void> | undefined;

  constructor(
    readonly sink: Sink,
    readonly context: SinkContext,
    readonly options: PipelineQueue,
    readonly spillWriteAt?: WriteAt,
  ) {}

  /**
   * Opens the sink once, so that what is wrong with its declaration is thrown here and not retried. From then on failures
   * are retried.
   */
  async open(): Promise<readonly RowPosition[]> {
    await this.#open();
    this.#begun = new Positions(this.#stored);
    this.#storedBefore = new Positions(this.#stored);
    this.#openSpill();
    this.#writer = this.#write();
    return [...this.positions];
  }

  /** What an earlier run has left on disk was accepted by it, and is accepted here: it goes to the sink first. */
  #openSpill(): void {
    const { whenFull, spill: declared } = this.options;
    if (whenFull !== 'spill' || declared === undefined) return;
    const folder = join(declared.folder, ...this.context.pipeline.split('/'));
    const spill = new Spill(folder, declared.bytes, this.spillWriteAt);
    this.#spill = spill;
    for (let next = spill.read(); next !== undefined; next = spill.read()) {
      if (typeof next === 'number') continue;
      const left = next.batch.after(this.#storedBefore).rows;
      this.#resumed += next.batch.rows - left;
      this.#ledger.accepted += left;
      this.#ledger.spilled += left;
      for (const position of next.batch.positions()) this.#begun.raise(position);
    }
    spill.rewind();
  }

  async #open(): Promise<void> {
    const { delivery, positions } = await this.#answer(this.sink.open(this.context));
    this.#isOpen = true;
    this.#opened++;
    this.#delivery = delivery;
    const now = new Positions(positions);
    if (delivery === 'exactlyOnce' && [...this.#stored].some((position) => isForgotten(position, now))) this.#forgot++;
    this.#stored = now;
  }

  /** Where the store stands, and what an earlier run has left on disk for it. */
  get positions(): Positions {
    return new Positions([...this.#stored, ...this.#begun]);
  }

  statistics(): LaneStatistics {
    return {
      delivery: this.#delivery,
      ledger: this.#ledger.get(),
      resumed: this.#resumed,
      writes: this.#writes,
      failures: this.#failures,
      opened: this.#opened,
      forgot: this.#forgot,
      failing: this.#failing,
      queueBytes: this.#queueBytes,
      spilled: this.#ledger.spilled,
      spillBytes: this.#spill?.bytes ?? 0,
      spillCut: this.#spill?.cut ?? 0,
      spillFailing: this.#spill?.failing ?? '',
      delayMs: this.#delayMs,
      delayMsMax: this.#delayMsMax,
      sink: this.sink.metrics?.() ?? {},
    };
  }

  /** There is no room, and the policy is to wait for it. */
  get full(): boolean {
    return this.options.whenFull === 'wait' && !this.#fits(0, 0);
  }

  #fits(rows: number, bytes: number): boolean {
    const { queued } = this.#ledger;
    // One batch always fits, whatever its size.
    if (queued === 0) return true;
    return queued + rows <= this.options.rows && this.#queueBytes + bytes <= this.options.bytes;
  }

  /** Resolves when there is room, or the lane has ended. */
  async room(): Promise<void> {
    while (this.full && !this.#ending) await new Promise<void>((resolve) => this.#wakeWaiters.push(resolve));
  }

  /** Takes a batch; never waits. Rows that the store had when the pipeline began are passed over. */
  push(given: RowBatch): void {
    const batch = given.after(this.#begun);
    this.#resumed += given.rows - batch.rows;
    if (batch.rows === 0) return;
    const { writeRows, rows } = this.options;
    const most = Math.min(writeRows, rows);
    for (let from = 0; from < batch.rows; from += most)
      this.#accept(batch.slice(from, Math.min(batch.rows, from + most)));
  }

  #accept(batch: RowBatch): void {
    this.#ledger.accepted += batch.rows;
    const { whenFull } = this.options;
    if (this.#spill !== undefined) {
      this.#addOrSpill(this.#spill, batch);
      return;
    }
    const fits = whenFull === 'wait' || this.#fits(batch.rows, batch.bytes);
    if (!fits && whenFull === 'dropNewest') {
      this.#ledger.drop('queueFull', batch.rows);
      return;
    }
    if (!fits && whenFull === 'dropOldest') {
      while (!this.#fits(batch.rows, batch.bytes)) this.#dropFirst();
    }
    this.#add(batch);
    if (fits || whenFull !== 'conflate') return;
    this.#conflate();
    while (this.#queue.length > 1 && !this.#fits(0, 0)) this.#dropFirst();
  }

  /** While rows wait on disk, all others go behind them. */
  #addOrSpill(spill: Spill, batch: RowBatch): void {
    if (!spill.active && this.#fits(batch.rows, batch.bytes)) {
      this.#add(batch);
      return;
    }
    const refusal = (spill.active ? undefined : this.#beginSpill(spill)) ?? spill.append(batch, Date.now());
    if (refusal === undefined) this.#ledger.spilled += batch.rows;
    else this.#ledger.drop(refusal, batch.rows);
    this.#wakeWriter?.();
  }

  /**
   * What is in memory goes to disk too, and is read from memory all the same: a process that is killed then leaves everything
   * behind what the store has, without a hole.
   */
  #beginSpill(spill: Spill): SpillRefusal | undefined {
    if (performance.now() < this.#spillAgainAt) return 'spillFailed';
    const now = Date.now();
    for (const batch of [...this.#todo, ...this.#queue.map((one) => one.batch)]) {
      const refusal = spill.append(batch, now);
      if (refusal === undefined) continue;
      spill.clear();
      this.#spillAgainAt = performance.now() + SPILL_AGAIN_MS;
      return refusal;
    }
    spill.skip();
    return undefined;
  }

  /** Rows of the next write from disk; what was read before is acknowledged. */
  #refill(): void {
    const spill = this.#spill;
    if (!spill?.active) return;
    spill.free();
    while (this.#ledger.queued < this.options.writeRows) {
      const next = spill.read();
      if (next === undefined) break;
      if (typeof next === 'number') {
        this.#ledger.spilled -= next;
        this.#ledger.drop('spillDamaged', next);
        continue;
      }
      const batch = next.batch.after(this.#storedBefore);
      this.#ledger.spilled -= batch.rows;
      if (batch.rows > 0) this.#add(batch, performance.now() - (Date.now() - next.at));
    }
    if (this.#queue.length === 0) spill.clear();
  }

  /** What the store had at the first opening. */
  #storedBefore = new Positions();
  /** … and what was on disk: later positions are of rows that are accepted by this lane. */
  #begun = new Positions();

  #add(batch: RowBatch, at = performance.now()): void {
    this.#queue.push({ batch, at });
    this.#ledger.queued += batch.rows;
    this.#queueBytes += batch.bytes;
    this.#wakeWriter?.();
  }

  #take(): Waiting {
    const first = this.#queue.shift() as Waiting;
    this.#ledger.queued -= first.batch.rows;
    this.#queueBytes -= first.batch.bytes;
    return first;
  }

  #dropFirst(): void {
    this.#ledger.drop('queueFull', this.#take().batch.rows);
  }

  /** Of each schema, category and instrument only the newest row stays; the rest is counted as conflated. */
  #conflate(): void {
    const waiting = this.#queue.splice(0);
    const bySchema = new Map<RowSchema, Waiting[]>();
    for (const one of waiting) {
      const list = bySchema.get(one.batch.schema);
      if (list === undefined) bySchema.set(one.batch.schema, [one]);
      else list.push(one);
    }
    for (const list of bySchema.values()) {
      const batch = newestRows(joinBatches(list.map((one) => one.batch)));
      this.#queue.push({ batch, at: (list[0] as Waiting).at });
    }
    const rows = this.#queue.reduce((sum, { batch }) => sum + batch.rows, 0);
    this.#ledger.drop('conflated', this.#ledger.queued - rows);
    this.#ledger.queued = rows;
    this.#queueBytes = this.#queue.reduce((sum, { batch }) => sum + batch.bytes, 0);
  }

  /** The next write: what waits, of one schema, up to the rows of a write. */
  #next(): Waiting {
    const first = this.#take();
    const batches = [first.batch];
    let { rows } = first.batch;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (next.batch.schema !== first.batch.schema || rows + next.batch.rows > this.options.writeRows) break;
      rows += next.batch.rows;
      batches.push(this.#take().batch);
    }
    return { batch: joinBatches(batches), at: first.at };
  }

  async #write(): Promise<void> {
    for (;;) {
      if (this.#queue.length === 0) this.#refill();
      if (this.#queue.length === 0) {
        if (this.#ending) return;
        await new Promise<void>((resolve) => {
          this.#wakeWriter = resolve;
        });
        this.#wakeWriter = undefined;
        if (this.options.lingerMs > 0 && !this.#ending) await this.#pause(this.options.lingerMs);
        continue;
      }
      const { batch, at } = this.#next();
      this.#ledger.writing = batch.rows;
      this.#todo = [batch];
      const todo = this.#todo;
      while (todo.length > 0 && !this.#abort.signal.aborted) await this.#deliver(todo);
      if (this.#abort.signal.aborted) return;
      this.#delayMs = performance.now() - at;
      this.#delayMsMax = Math.max(this.#delayMsMax, this.#delayMs);
      for (const wake of this.#wakeWaiters.splice(0)) wake();
    }
  }

  /** Writes the first of `todo`; what becomes of it is in the ledger, or in `todo` again. */
  async #deliver(todo: RowBatch[]): Promise<void> {
    const batch = todo[0] as RowBatch;
    try {
      if (!this.#isOpen) {
        await this.#open();
        // Whether a write that failed has been stored, only the store knows.
        const left = batch.after(this.#stored);
        this.#count(batch.rows - left.rows);
        if (left.rows === 0) todo.shift();
        else todo[0] = left;
        return;
      }
      this.#writes++;
      const refusals = (await this.#answer(this.sink.write(batch))) ?? [];
      const refused = refusals.reduce((sum, { rows }) => sum + rows, 0);
      for (const { reason, rows } of refusals) this.#ledger.refuse(reason, rows);
      this.#ledger.writing -= refused;
      this.#count(batch.rows - refused);
      for (const position of batch.positions()) this.#stored.raise(position);
      this.#failing = '';
      this.#retryMs = FIRST_RETRY_MS;
      todo.shift();
    } catch (error) {
      await this.#failed(todo, batch, error);
    }
  }
  #retryMs = FIRST_RETRY_MS;

  /** Closing the sink, after a failure, ends the call that is given up. */
  #answer<T>(call: Promise<T>): Promise<T> {
    return this.sink.unanswered ? call : answered(call, this.options.answerMs);
  }

  #count(rows: number): void {
    this.#ledger.stored += rows;
    this.#ledger.writing -= rows;
  }

  async #failed(todo: RowBatch[], batch: RowBatch, error: unknown): Promise<void> {
    this.#failing = error instanceof Error ? error.message : String(error);
    if (error instanceof SinkRefusal) {
      todo.shift();
      if (batch.rows === 1) {
        this.#ledger.refuse(error.reason, 1);
        this.#ledger.writing--;
        return;
      }
      const half = batch.rows >>> 1;
      todo.unshift(batch.slice(0, half), batch.slice(half, batch.rows));
      return;
    }
    this.#failures++;
    this.#isOpen = false;
    await this.sink.close().catch(() => {});
    await this.#pause(this.#retryMs);
    this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#abort.signal }).catch(() => {});
  }

  /**
   * Writes what waits, flushes and closes. What the other side has not acknowledged by then stays `pending` in the ledger:
   * a restart begins at the stored position.
   */
  async close(withinMs: number): Promise<void> {
    this.#ending = true;
    this.#wakeWriter?.();
    for (const wake of this.#wakeWaiters.splice(0)) wake();
    const timer = setTimeout(() => this.#abort.abort(), withinMs);
    try {
      await Promise.race([
        this.#finish(),
        new Promise<void>((resolve) => this.#abort.signal.addEventListener('abort', () => resolve(), { once: true })),
      ]);
    } finally {
      clearTimeout(timer);
      this.#abort.abort();
      await this.sink.close().catch(() => {});
      this.#leave();
    }
  }

  /** What is not stored waits on disk for the next run. */
  #leave(): void {
    const spill = this.#spill;
    if (spill === undefined) return;
    this.#spillAgainAt = 0;
    if (!spill.active && this.#ledger.queued + this.#ledger.writing > 0) this.#beginSpill(spill);
    spill.close();
  }

  async #finish(): Promise<void> {
    await this.#writer;
    if (!this.#isOpen) return;
    try {
      await this.sink.flush();
    } catch (error) {
      this.#failing = error instanceof Error ? error.message : String(error);
    }
  }
}

function isForgotten(position: RowPosition, now: Positions): boolean {
  const has = now.of(position.channel, position.epoch);
  if (has === undefined) return true;
  return has.number < position.number || (has.number === position.number && has.part < position.part);
}
