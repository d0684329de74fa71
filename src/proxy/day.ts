/**
 * The messages of a session by number, as they came out of a feed: the latest ones in memory, all of them in the log, from
 * which the others are fetched when somebody asks.
 */
import {
  MESSAGE_HEAD_BYTES,
  MESSAGE_HEAD_LENGTH_AT,
  MESSAGE_HEAD_TYPE_AT,
  NOTICE_CODE_AT,
  NOTICE_TYPE,
  ORIGIN,
  RECORD_CHANNEL_AT,
  RECORD_KIND,
  RECORD_KIND_AT,
  RECORD_UNITS_AT,
  RUN_BYTES,
  RUN_COUNT_AT,
  RUN_ORIGIN_AT,
  RUN_SEQUENCE_AT,
  UNIT_BYTES,
} from '../contract.js';
import { noticeAt } from '../feed/batch.js';
import type { Ring } from '../feed/ring.js';

/** A message's length in front of it, 16 bits, big-endian: as a MoldUDP64 packet has it. */
export const PREFIX_BYTES = 2;
const CHUNK_MESSAGES = 32_768;
const CHUNK_BYTES = 2 << 20;
const RUN = RECORD_KIND.indexOf('run');
const NOTICE = RECORD_KIND.indexOf('notice');
const SNAPSHOT = ORIGIN.indexOf('snapshot');
const SESSION_STARTED = NOTICE_TYPE.indexOf('sessionStarted');
const SESSION_ENDED = NOTICE_TYPE.indexOf('sessionEnded');
const RESET = NOTICE_TYPE.indexOf('reset');
const FLAGS_AT = RECORD_KIND_AT + 1;
const CHANNEL_SHIFT = (RECORD_CHANNEL_AT - RECORD_KIND_AT) * 8;
const WORD = 4;
/** Of a message in its run: in the upper half of the word that its type begins. */
const OFFSET_SHIFT = 16;
const TWO_32 = 0x1_0000_0000;
const BYTE = 0xff;

/** Messages behind one another, each with its length in front. */
class Content {
  bytes = new Uint8Array(CHUNK_BYTES);
  /** Where each message's prefix begins, and the end of the last. */
  readonly offsets = new Uint32Array(CHUNK_MESSAGES + 1);
}

/** Messages with numbers behind one another. */
export class Chunk {
  count = 0;
  /** Undefined: only the log has it. */
  content: Content | undefined = new Content();
  /** It is being fetched from the log. */
  coming: Promise<void> | undefined;
  used = 0;

  constructor(
    readonly first: number,
    /** Of its first message, in the log. */
    readonly position: number,
  ) {}

  get end(): number {
    return this.first + this.count;
  }
  takes(length: number): boolean {
    const { content, count } = this;
    if (content === undefined || count === CHUNK_MESSAGES) return false;
    // A chunk takes one message whatever its length.
    return count === 0 || (content.offsets[count] as number) + PREFIX_BYTES + length <= content.bytes.length;
  }
  add(from: Uint8Array, at: number, length: number): void {
    const content = this.content as Content;
    const to = content.offsets[this.count] as number;
    const end = to + PREFIX_BYTES + length;
    if (end > content.bytes.length) content.bytes = new Uint8Array(end);
    const { bytes } = content;
    bytes[to] = length >>> 8;
    bytes[to + 1] = length & BYTE;
    for (let i = 0, byte = to + PREFIX_BYTES; i < length; i++) bytes[byte + i] = from[at + i] as number;
    content.offsets[++this.count] = end;
  }
  /** How many messages from number `begin` on, at most `count`, take no more than `room` bytes with their prefixes. */
  fitting(begin: number, count: number, room: number): number {
    const { offsets } = this.content as Content;
    const from = begin - this.first;
    const to = Math.min(this.count, from + count);
    const last = (offsets[from] as number) + room;
    let i = from;
    while (i < to && (offsets[i + 1] as number) <= last) i++;
    return i - from;
  }
  /** Messages [begin, end) with their prefixes: a window on memory that does not change. */
  blocks(begin: number, end: number): Uint8Array {
    const { offsets, bytes } = this.content as Content;
    return bytes.subarray(offsets[begin - this.first], offsets[end - this.first]);
  }
}

/** Who is given what records hold. */
interface RecordCalls {
  readonly message: (channel: number, sequence: number, at: number, length: number, entry: number) => void;
  readonly notice: (unit: number, entry: number) => void;
}

/** Walks records; `entry` counts them as a log does, messages and notices, from 0. Returns how many there are. */
export function eachMessage(ring: Ring, from: number, to: number, calls: RecordCalls): number {
  const { words, view, mask } = ring;
  let entry = 0;
  for (let unit = from; unit !== to; ) {
    const at = (unit & mask) * UNIT_BYTES;
    const w = at / WORD;
    const kind = view.getUint8(at + RECORD_KIND_AT);
    if (kind === NOTICE) calls.notice(unit, entry++);
    else if (kind === RUN) {
      const count = words[w + RUN_COUNT_AT / WORD] as number;
      // What has no number of its own, and what a snapshot brought, is nobody's to ask for.
      if (view.getUint8(at + FLAGS_AT) === 0 && view.getUint8(at + RUN_ORIGIN_AT) !== SNAPSHOT) {
        const channel = (words[w + RECORD_KIND_AT / WORD] as number) >>> CHANNEL_SHIFT;
        const sequence = sequenceAt(words, w);
        for (let i = 0, message = at + RUN_BYTES; i < count; i++) {
          const length = words[(message + MESSAGE_HEAD_LENGTH_AT) / WORD] as number;
          const offset = (words[(message + MESSAGE_HEAD_TYPE_AT) / WORD] as number) >>> OFFSET_SHIFT;
          calls.message(channel, sequence + offset, message + MESSAGE_HEAD_BYTES, length, entry + i);
          message += MESSAGE_HEAD_BYTES + Math.ceil(length / UNIT_BYTES) * UNIT_BYTES;
        }
      }
      entry += count;
    }
    unit = (unit + (words[w + RECORD_UNITS_AT / WORD] as number)) >>> 0;
  }
  return entry;
}
const sequenceAt = (words: Uint32Array, w: number): number =>
  (words[w + RUN_SEQUENCE_AT / WORD + 1] as number) * TWO_32 + (words[w + RUN_SEQUENCE_AT / WORD] as number);

/** The session that a channel is in. */
export class Day {
  /** Blank: none has begun. */
  session = '';
  over = false;
  #chunks: Chunk[] = [];
  #waiting = new Set<() => void>();

  constructor(
    readonly channel: string,
    private readonly memory: DayMemory,
  ) {}

  /** Number of the first message; 0: there is none. */
  get first(): number {
    return this.#chunks[0]?.first ?? 0;
  }
  /** Number of the next message; 0: none has come. */
  get next(): number {
    return this.#chunks.at(-1)?.end ?? 0;
  }

  /** Begins a session, unless it is the one that is on. */
  begin(session: string): void {
    this.over = false;
    if (session === this.session) return;
    this.session = session;
    this.restart();
  }
  /** Numbers begin again. */
  restart(): void {
    for (const chunk of this.#chunks) this.memory.forget(chunk);
    this.#chunks = [];
  }

  /** Takes the message with that number; one that is there already is left. */
  add(sequence: number, bytes: Uint8Array, at: number, length: number, position: number): void {
    let chunk = this.#chunks.at(-1);
    const next = chunk?.end ?? 0;
    if (sequence < next) return;
    if (chunk === undefined || sequence !== next || !chunk.takes(length)) {
      chunk = new Chunk(sequence, position);
      this.#chunks.push(chunk);
      this.memory.keep(chunk);
    }
    chunk.add(bytes, at, length);
  }

  /** The chunk that has the number; undefined: there is none. */
  chunkOf(sequence: number): Chunk | undefined {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle] as Chunk).end > sequence) high = middle;
      else low = middle + 1;
    }
    const found = this.#chunks[low];
    return found !== undefined && found.first <= sequence ? found : undefined;
  }
  /** The first number from `sequence` on that is there; undefined: none is. */
  firstFrom(sequence: number): number | undefined {
    if (this.chunkOf(sequence) !== undefined) return sequence;
    return this.#chunks.find(({ first }) => first > sequence)?.first;
  }

  /** Is called once, when there is more. */
  wake(call: () => void): void {
    this.#waiting.add(call);
  }
  unwake(call: () => void): void {
    this.#waiting.delete(call);
  }
  /** Tells those who wait that there is more. */
  told(): void {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const call of waiting) call();
  }

  /** A chunk whose bytes are there; a promise where they have to be fetched from the log. */
  read(chunk: Chunk): Chunk | Promise<void> {
    this.memory.touch(chunk);
    return chunk.content === undefined ? this.memory.fetch(chunk, this.channel) : chunk;
  }
}

/** What all days together keep in memory. */
export class DayMemory {
  bytes = 0;
  fetched = 0;
  #turn = 0;
  readonly #kept = new Set<Chunk>();

  /** @param fetch puts a chunk's messages back. */
  constructor(
    readonly bytesMax: number,
    readonly fetchInto: (chunk: Chunk, channel: string) => Promise<void>,
  ) {}

  keep(chunk: Chunk): void {
    this.#kept.add(chunk);
    this.touch(chunk);
    this.bytes += CHUNK_BYTES;
    while (this.bytes > this.bytesMax && this.#kept.size > LEAST_CHUNKS) this.#drop();
  }
  touch(chunk: Chunk): void {
    chunk.used = ++this.#turn;
  }
  forget(chunk: Chunk): void {
    if (!this.#kept.delete(chunk)) return;
    chunk.content = undefined;
    this.bytes -= CHUNK_BYTES;
  }
  #drop(): void {
    let oldest: Chunk | undefined;
    for (const chunk of this.#kept) {
      if (oldest === undefined || chunk.used < oldest.used) oldest = chunk;
    }
    if (oldest !== undefined) this.forget(oldest);
  }

  /** Several who ask for one chunk wait for one reading. */
  fetch(chunk: Chunk, channel: string): Promise<void> {
    chunk.coming ??= this.#fetch(chunk, channel).finally(() => {
      chunk.coming = undefined;
    });
    return chunk.coming;
  }
  async #fetch(chunk: Chunk, channel: string): Promise<void> {
    this.fetched++;
    await this.fetchInto(chunk, channel);
    this.keep(chunk);
  }
}
/** The one that is being filled, and one that is being read. */
const LEAST_CHUNKS = 2;

/** The days of a feed's channels, filled from its records. */
export class Days {
  readonly all: readonly Day[];
  #bytes: { readonly ring: Ring; readonly bytes: Uint8Array } | undefined;

  constructor(channels: readonly string[], memory: DayMemory) {
    this.all = channels.map((name) => new Day(name, memory));
  }

  /** Of that session; a blank one is the only one that there is. */
  of(session: string): Day | undefined {
    if (session === '') return this.all.length === 1 ? this.all[0] : undefined;
    return this.all.find((day) => day.session === session);
  }

  /** Takes the records [from, to) of a feed or of a log's reader; the first has that position in the log. */
  take(ring: Ring, from: number, to: number, position: number): number {
    const bytes = this.#memoryOf(ring);
    const entries = eachMessage(ring, from, to, {
      message: (channel, sequence, at, length, entry) =>
        this.all[channel]?.add(sequence, bytes, at, length, position + entry),
      notice: (unit) => this.#notice(ring, unit),
    });
    return entries;
  }
  told(): void {
    for (const day of this.all) day.told();
  }

  #memoryOf(ring: Ring): Uint8Array {
    if (this.#bytes?.ring !== ring) {
      const { view } = ring;
      this.#bytes = { ring, bytes: new Uint8Array(view.buffer, view.byteOffset, view.byteLength) };
    }
    return this.#bytes.bytes;
  }

  #notice(ring: Ring, unit: number): void {
    const code = ring.view.getUint8((unit & ring.mask) * UNIT_BYTES + NOTICE_CODE_AT);
    if (code !== SESSION_STARTED && code !== SESSION_ENDED && code !== RESET) return;
    const { channel, session } = noticeAt(ring, unit);
    const day = this.all[channel];
    if (code === SESSION_STARTED) day?.begin(session.trim());
    else if (code === RESET) day?.restart();
    else if (day !== undefined) day.over = true;
  }
}
