/**
 * The records of a ring, as a log keeps them: runs and notices as they are, everything else left out. An entry is a message
 * or a notice. Runs are cut between messages where a block or a position asks for it.
 */
import {
  MESSAGE_HEAD_BYTES,
  MESSAGE_HEAD_LENGTH_AT,
  NOTICE_TIME_AT,
  RECORD_KIND,
  RECORD_KIND_AT,
  RECORD_UNITS_AT,
  RUN_BYTES,
  RUN_COUNT_AT,
  RUN_RECEIVE_TIME_AT,
  UNIT_BYTES,
} from '../contract.js';
import { remedyOf, VenuewireError } from '../errors.js';

const WORD = 4;
const UNIT_WORDS = UNIT_BYTES / WORD;
const RUN = RECORD_KIND.indexOf('run');
const NOTICE = RECORD_KIND.indexOf('notice');
const PAD = RECORD_KIND.indexOf('pad');
const KIND_WORD = RECORD_KIND_AT / WORD;
const COUNT_WORD = RUN_COUNT_AT / WORD;
const RUN_TIME_WORD = RUN_RECEIVE_TIME_AT / WORD;
const NOTICE_TIME_WORD = NOTICE_TIME_AT / WORD;
const LENGTH_WORD = MESSAGE_HEAD_LENGTH_AT / WORD;
const TWO_32 = 0x1_0000_0000n;

const unsound = (unit: number): VenuewireError =>
  new VenuewireError('VW_RING_RECORD', `There is no sound record at position ${unit}`, remedyOf('VW_RING_RECORD'));

/** The memory that records lie in. */
export interface RecordMemory {
  readonly words: Uint32Array;
  /** The same memory. */
  readonly bytes: Uint8Array;
  /** Units of it, less one: a power of two less one. */
  readonly mask: number;
}

/** What is given records, in order. */
export interface RecordTaker {
  /** Bytes that still fit into what is being filled; `most`, at least, fit into an empty one. */
  readonly room: number;
  readonly most: number;
  /** Whole records, `entries` in them; they fit. */
  take(memory: RecordMemory, at: number, bytes: number, span: Span): void;
  /** What is being filled is full. */
  next(): void;
  /** A single message that fits nowhere. */
  tooLong(bytes: number): void;
}

/** Records side by side: how much they hold. Times as halves of ns since 1970, so that nothing is allocated for a run. */
export class Span {
  entries = 0;
  messages = 0;
  firstHigh = 0;
  firstLow = 0;
  latestHigh = 0;
  latestLow = 0;

  get firstTime(): bigint {
    return BigInt(this.firstHigh) * TWO_32 + BigInt(this.firstLow);
  }
  get latestTime(): bigint {
    return BigInt(this.latestHigh) * TWO_32 + BigInt(this.latestLow);
  }
  clear(): void {
    this.entries = 0;
    this.messages = 0;
  }
  add(entries: number, messages: number, high: number, low: number): void {
    if (this.entries === 0) {
      this.firstHigh = this.latestHigh = high;
      this.firstLow = this.latestLow = low;
    } else if (high > this.latestHigh || (high === this.latestHigh && low > this.latestLow)) {
      this.latestHigh = high;
      this.latestLow = low;
    }
    this.entries += entries;
    this.messages += messages;
  }
}

/**
 * Gives [from, to) of a ring to `taker`, record by record, as few and as long pieces as there can be. Returns how many
 * messages there are; −1 where there is anything else beside them.
 */
export function eachRecord(memory: RecordMemory, from: number, to: number, taker: RecordTaker): number {
  const { words, mask } = memory;
  const span = new Span();
  let messages = 0;
  let isAll = true;
  let at = 0;
  let bytes = 0;
  const give = (): void => {
    if (bytes > 0) taker.take(memory, at, bytes, span);
    bytes = 0;
    span.clear();
  };
  for (let unit = from; unit !== to; ) {
    const w = (unit & mask) * UNIT_WORDS;
    const units = words[w + RECORD_UNITS_AT] as number;
    if (units === 0 || units > (to - unit) >>> 0 || (unit & mask) + units > mask + 1) throw unsound(unit);
    const kind = (words[w + KIND_WORD] as number) & 0xff;
    const size = units * UNIT_BYTES;
    unit = (unit + units) >>> 0;
    const isRun = kind === RUN;
    const count = isRun ? (words[w + COUNT_WORD] as number) : 0;
    messages += count;
    isAll &&= isRun || kind === PAD;
    if (!isRun && kind !== NOTICE) {
      give();
      continue;
    }
    if (bytes + size > taker.room) {
      give();
      if (size > taker.room) taker.next();
      if (size > taker.room) {
        if (isRun) splitRun(memory, w * WORD, size, taker);
        continue;
      }
    }
    if (bytes === 0 || at + bytes !== w * WORD) {
      give();
      at = w * WORD;
    }
    bytes += size;
    const time = w + (isRun ? RUN_TIME_WORD : NOTICE_TIME_WORD);
    span.add(isRun ? count : 1, count, (words[time + 1] as number) | 0, words[time] as number);
  }
  give();
  return isAll ? messages : -1;
}

/** A run that no block takes whole: as shorter runs with the same head. */
function splitRun({ words, bytes }: RecordMemory, at: number, size: number, taker: RecordTaker): void {
  const w = at / WORD;
  const count = words[w + COUNT_WORD] as number;
  const end = at + size;
  let message = at + RUN_BYTES;
  for (let i = 0; i < count; ) {
    const begin = message;
    let taken = 0;
    for (; i < count; i++, taken++) {
      const length = MESSAGE_HEAD_BYTES + roundUp(words[message / WORD + LENGTH_WORD] as number);
      if (message + length > end) throw unsound(at / UNIT_BYTES);
      if (RUN_BYTES + (message - begin) + length > taker.most) break;
      message += length;
    }
    if (taken === 0) {
      const length = words[message / WORD + LENGTH_WORD] as number;
      taker.tooLong(length);
      message += MESSAGE_HEAD_BYTES + roundUp(length);
      i++;
      continue;
    }
    const part = new Uint8Array(RUN_BYTES + message - begin);
    part.set(bytes.subarray(at, at + RUN_BYTES));
    part.set(bytes.subarray(begin, message), RUN_BYTES);
    const own = new Uint32Array(part.buffer);
    own[RECORD_UNITS_AT / WORD] = part.length / UNIT_BYTES;
    own[COUNT_WORD] = taken;
    const span = new Span();
    span.add(taken, taken, (words[w + RUN_TIME_WORD + 1] as number) | 0, words[w + RUN_TIME_WORD] as number);
    if (part.length > taker.room) taker.next();
    taker.take({ words: own, bytes: part, mask: 0 }, 0, part.length, span);
  }
}

const roundUp = (bytes: number): number => Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES;

/** The records of a block in memory: how far they go, and what is cut off. */
export interface Cut {
  /** Bytes from the beginning of the block. */
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts records of [0, bytes), which nobody else reads, to the entries `first` up to `end`, counted from the first of them.
 * Heads of runs are written anew where they are cut.
 */
export function cutRecords(view: DataView, bytes: number, first: number, end: number): Cut {
  let entry = 0;
  let from = -1;
  for (let at = 0; at < bytes; ) {
    const units = view.getUint32(at + RECORD_UNITS_AT, true);
    const next = at + units * UNIT_BYTES;
    if (units === 0 || next > bytes) throw unsound(at / UNIT_BYTES);
    const isRun = view.getUint8(at + RECORD_KIND_AT) === RUN;
    const count = isRun ? view.getUint32(at + RUN_COUNT_AT, true) : 1;
    if (entry >= end) return { from: from < 0 ? at : from, to: at };
    if (isRun && end < entry + count) {
      // What is behind the last message stays in the record, and is not counted.
      view.setUint32(at + RUN_COUNT_AT, end - entry, true);
    }
    if (from < 0 && first < entry + count) {
      from = first > entry && isRun ? cutFront(view, at, first - entry) : at;
    }
    entry += count;
    at = next;
  }
  return { from: from < 0 ? bytes : from, to: bytes };
}

/** Leaves out the first messages of a run: its head moves to where the others begin. */
function cutFront(view: DataView, at: number, messages: number): number {
  const units = view.getUint32(at + RECORD_UNITS_AT, true);
  const count = view.getUint32(at + RUN_COUNT_AT, true);
  let skipped = 0;
  for (let i = 0; i < messages; i++) {
    const message = at + RUN_BYTES + skipped;
    if (message + MESSAGE_HEAD_BYTES > at + units * UNIT_BYTES) throw unsound(at / UNIT_BYTES);
    skipped += MESSAGE_HEAD_BYTES + roundUp(view.getUint32(message + MESSAGE_HEAD_LENGTH_AT, true));
  }
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  bytes.copyWithin(at + skipped, at, at + RUN_BYTES);
  view.setUint32(at + skipped + RECORD_UNITS_AT, units - skipped / UNIT_BYTES, true);
  view.setUint32(at + skipped + RUN_COUNT_AT, count - messages, true);
  return at + skipped;
}

/** How many entries of [0, bytes) come before the first one that is later than `time`; undefined: none is. */
export function entriesUntil(view: DataView, bytes: number, time: bigint): number | undefined {
  let entry = 0;
  for (let at = 0; at < bytes; ) {
    const units = view.getUint32(at + RECORD_UNITS_AT, true);
    if (units === 0 || at + units * UNIT_BYTES > bytes) throw unsound(at / UNIT_BYTES);
    const isRun = view.getUint8(at + RECORD_KIND_AT) === RUN;
    if (view.getBigInt64(at + (isRun ? RUN_RECEIVE_TIME_AT : NOTICE_TIME_AT), true) > time) return entry;
    entry += isRun ? view.getUint32(at + RUN_COUNT_AT, true) : 1;
    at += units * UNIT_BYTES;
  }
  return undefined;
}

/** Calls `notice` or `run` with the place of each record of [0, bytes). */
export function eachPlace(
  view: DataView,
  bytes: number,
  call: { readonly notice: (at: number) => void; readonly run: (at: number, count: number, end: number) => void },
): void {
  for (let at = 0; at < bytes; ) {
    const units = view.getUint32(at + RECORD_UNITS_AT, true);
    const next = at + units * UNIT_BYTES;
    if (units === 0 || next > bytes) throw unsound(at / UNIT_BYTES);
    if (view.getUint8(at + RECORD_KIND_AT) === RUN) call.run(at, view.getUint32(at + RUN_COUNT_AT, true), next);
    else call.notice(at);
    at = next;
  }
}
