/**
 * The shape `records`: what the feed delivered as it is, messages and notices, for a log. A row is a stretch of it; its number
 * is the position behind its last entry, so that a store that has a row has everything before it.
 */
import type { Batch } from '../feed/feed.js';
import type { LogSource } from '../log/index.js';
import { eachRecord, type RecordMemory, type RecordTaker, type Span } from '../log/records.js';
import type { Numbering } from './numbering.js';
import { POSITION_FIELDS, RowBatch, type RowSchema } from './rows.js';
import type { AnyFeed, Emit, MessageShaper } from './shaper.js';

/** Rows of `records` say what they are of. */
export interface RecordSchema extends RowSchema {
  readonly source: LogSource;
}

export const RECORD_CHANNEL = 'log';
const ALWAYS = 'always' as const;
const FIELDS = [
  ...POSITION_FIELDS,
  { name: 'entries', dtype: 'u32', unit: 'messages and notices', state: ALWAYS },
  { name: 'records', dtype: 'bytes', unit: 'as docs/event-log.md says', state: ALWAYS },
] as const;
/** Where the two are among a row's columns. */
export const ENTRIES_AT = POSITION_FIELDS.length;
export const RECORDS_AT = POSITION_FIELDS.length + 1;
/** Of a row, at most; a longer message has a row by itself. */
const ROW_BYTES = 256 << 10;

/** Puts stretches of records together until a row is full. */
class Stretches implements RecordTaker {
  readonly most = Number.MAX_SAFE_INTEGER;
  rows: Uint8Array[] = [];
  counts: number[] = [];
  #pieces: Uint8Array[] = [];
  #size = 0;
  #entries = 0;

  get room(): number {
    return ROW_BYTES - this.#size;
  }
  take(memory: RecordMemory, at: number, bytes: number, { entries }: Span): void {
    this.#pieces.push(memory.bytes.slice(at, at + bytes));
    this.#size += bytes;
    this.#entries += entries;
  }
  next(): void {
    if (this.#size === 0) return;
    this.rows.push(joined(this.#pieces, this.#size));
    this.counts.push(this.#entries);
    this.#pieces = [];
    this.#size = this.#entries = 0;
  }
  /** Rows take messages of any length. */
  tooLong(): void {}
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const out = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

export class RecordRows implements MessageShaper {
  readonly reads = 'messages';
  readonly #schema: RecordSchema;
  readonly #stretches = new Stretches();
  /** Of the next entry. */
  #position: bigint;
  readonly #memory: RecordMemory;

  constructor(
    readonly feed: AnyFeed,
    numbering: Numbering,
  ) {
    const { venue, decoder, channels, lines, requesters, servers, ring } = feed;
    const source: LogSource = { venue, decoder, channels, lines, requesters, servers };
    this.#schema = { name: 'records', version: 1, fields: FIELDS, source };
    this.#position = numbering.known.find(({ channel }) => channel === RECORD_CHANNEL)?.number ?? 0n;
    const { words, view, mask } = ring;
    this.#memory = { words, bytes: new Uint8Array(view.buffer, view.byteOffset, view.byteLength), mask };
  }

  take(batch: Batch, emit: Emit): void {
    const stretches = this.#stretches;
    eachRecord(this.#memory, batch.from, batch.to, stretches);
    stretches.next();
    const { rows, counts } = stretches;
    stretches.rows = [];
    stretches.counts = [];
    if (rows.length === 0) return;
    const ends = BigUint64Array.from(counts, (entries) => {
      this.#position += BigInt(entries);
      return this.#position;
    });
    const word = (text: string) => ({ codes: new Uint32Array(rows.length), words: [text] });
    const part = new Uint32Array(rows.length);
    const position = [word(RECORD_CHANNEL), word(''), ends, part];
    emit(new RowBatch(this.#schema, rows.length, [...position, Uint32Array.from(counts), rows]));
  }
}
