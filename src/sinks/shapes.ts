/** From batches of a feed to rows: what each shape makes of them, and the position that each row has. */
import { type Books, BY_ORDER, IMPLIED, openBooks, type TopOfBook } from '../books/books.js';
import {
  BOOK_SIDE,
  EVENT_ACTION,
  EVENT_ACTION_AT,
  EVENT_BYTES,
  EVENT_CHANNEL_AT,
  EVENT_EVENT_TIME_AT,
  EVENT_FLAGS_AT,
  EVENT_INSTRUMENT_AT,
  EVENT_KIND,
  EVENT_KIND_AT,
  EVENT_LEVEL_AT,
  EVENT_ORDER_ID_AT,
  EVENT_PRICE_AT,
  EVENT_PRICE_EXPONENT_AT,
  EVENT_RECEIVE_TIME_AT,
  EVENT_SEQUENCE_AT,
  EVENT_SIDE_AT,
  EVENT_SIZE_AT,
  EVENT_SIZE_EXPONENT_AT,
} from '../contract.js';
import { EVENT_SCHEMA, NO_VALUE } from '../events/view.js';
import type { Notice, Position } from '../feed/batch.js';
import type { Batch } from '../feed/feed.js';
import type { Flyweight } from '../layout/index.js';
import type { Pipeline } from '../patterns/pipeline.js';
import { ColumnRows } from './column-rows.js';
import type { Numbering } from './numbering.js';
import { RecordRows } from './record-rows.js';
import { POSITION_FIELDS, RowBatch, type RowColumn, type RowField, type RowSchema } from './rows.js';
import type { AnyFeed, Emit, EventShaper, MessageShaper, Shaper } from './shaper.js';
import { sinkOption } from './sink.js';

const HALVES = 2;
const ALWAYS = 'always' as const;
const OPTIONAL = 'optional' as const;
const WORD_FIELDS = new Set(['kind', 'action', 'side']);

/** The fields of the normalised event, its codes as words, behind the position and the instrument's name. */
const eventFields: readonly RowField[] = [
  ...POSITION_FIELDS,
  { name: 'instrument', dtype: 'word', unit: 'symbol, or the venue’s number', state: OPTIONAL, none: '' },
  ...EVENT_SCHEMA.fields
    .filter(({ name }) => !['channel', 'instrument', 'reserved', 'line'].includes(name))
    .map(({ name, dtype, unit, exponent, state, none }): RowField => {
      const isWord = WORD_FIELDS.has(name);
      return {
        name,
        dtype: isWord ? 'word' : dtype,
        unit: isWord ? 'name' : unit,
        ...(exponent === undefined ? {} : { exponent }),
        state: state === OPTIONAL ? OPTIONAL : ALWAYS,
        ...(none === undefined ? {} : { none }),
      };
    }),
];

export const EVENT_ROWS: RowSchema = {
  name: 'event',
  version: 1,
  fields: eventFields,
  category: 'kind',
  instrument: 'instrument',
};

const NO_INSTRUMENT = 0xffff_ffff;

/** Names of instruments by their number in the books; code 0 is none. */
class Instruments {
  readonly words: string[] = [''];
  readonly #codes: number[] = [];
  readonly #unnamed: number[] = [];
  #keys: BigUint64Array = new BigUint64Array(0);
  readonly #books: Books;
  constructor(feed: AnyFeed) {
    this.#books = openBooks(feed);
  }
  /** Words are only added, so that batches share them: an instrument has another code once its symbol is known. */
  code(number: number): number {
    if (number === NO_INSTRUMENT) return 0;
    return this.#codes[number] ?? this.#name(number);
  }
  #name(number: number): number {
    const symbol = this.#books.name(number);
    if (symbol === '' && this.#unnamed[number] !== undefined) return this.#unnamed[number];
    if (number >= this.#keys.length) this.#keys = this.#books.keys();
    const key = this.#keys[number] ?? 0n;
    const isOther = !this.#books.keyedByText;
    const suffix = isOther && (key & IMPLIED) !== 0n ? '~implied' : isOther && (key & BY_ORDER) !== 0n ? '~orders' : '';
    const code = this.words.push(`${symbol === '' ? key & ~(IMPLIED | BY_ORDER) : symbol}${suffix}`) - 1;
    (symbol === '' ? this.#unnamed : this.#codes)[number] = code;
    return code;
  }
  top(number: number): TopOfBook {
    return this.#books.top({ number });
  }
}

/** Which instruments pass. */
function instrumentFilter(
  instruments: Instruments,
  names: readonly string[] | undefined,
): ((number: number) => boolean) | undefined {
  if (names === undefined) return undefined;
  const wanted = new Set(names);
  return (number) => wanted.has(instruments.words[instruments.code(number)] as string);
}

class EventRows implements EventShaper {
  readonly reads = 'events';
  readonly #instruments: Instruments;
  readonly #kinds: readonly boolean[] | undefined;
  readonly #passes: ((number: number) => boolean) | undefined;
  constructor(
    readonly feed: AnyFeed,
    { select }: Pipeline,
    readonly numbering: Numbering,
  ) {
    this.#instruments = new Instruments(feed);
    this.#kinds = select?.kinds && EVENT_KIND.map((kind) => (select.kinds as readonly string[]).includes(kind));
    this.#passes = instrumentFilter(this.#instruments, select?.instruments);
  }
  notice(notice: Notice): void {
    this.numbering.notice(notice);
  }
  end(): void {}

  events(records: DataView, count: number, emit: Emit): void {
    const { numbering } = this;
    const words = new Uint32Array(records.buffer, records.byteOffset, (count * EVENT_BYTES) / 4);
    const bytes = new Uint8Array(records.buffer, records.byteOffset, count * EVENT_BYTES);
    const at = new Uint32Array(count);
    const [channels, epochs, parts] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)];
    const numbers = new Uint32Array(count * HALVES);
    let rows = 0;
    for (let i = 0, word = 0; i < count; i++, word += EVENT_BYTES / 4) {
      const channel = (words[word + EVENT_CHANNEL_AT / 4] as number) & 0xffff;
      // What is not selected has its place in the numbering as well.
      numbering.next(
        channel,
        words[word + EVENT_SEQUENCE_AT / 4] as number,
        words[word + EVENT_SEQUENCE_AT / 4 + 1] as number,
      );
      if (this.#kinds !== undefined && !this.#kinds[bytes[word * 4 + EVENT_KIND_AT] as number]) continue;
      if (this.#passes !== undefined && !this.#passes(words[word + EVENT_INSTRUMENT_AT / 4] as number)) continue;
      at[rows] = word;
      channels[rows] = channel;
      epochs[rows] = numbering.epoch[channel] as number;
      numbers[rows * HALVES] = numbering.low[channel] as number;
      numbers[rows * HALVES + 1] = numbering.high[channel] as number;
      parts[rows] = numbering.part[channel] as number;
      rows++;
    }
    if (rows === 0) return;
    emit(
      new RowBatch(EVENT_ROWS, rows, [
        { codes: channels.subarray(0, rows), words: this.feed.channels },
        { codes: epochs.subarray(0, rows), words: numbering.epochs },
        new BigUint64Array(numbers.buffer, 0, rows),
        parts.subarray(0, rows),
        ...this.#columns(words, bytes, at.subarray(0, rows)),
      ]),
    );
  }

  #columns(words: Uint32Array, bytes: Uint8Array, at: Uint32Array): RowColumn[] {
    const rows = at.length;
    const wide = (offset: number): Uint32Array => {
      const out = new Uint32Array(rows * HALVES);
      for (let i = 0; i < rows; i++) {
        const word = (at[i] as number) + offset / 4;
        out[i * HALVES] = words[word] as number;
        out[i * HALVES + 1] = words[word + 1] as number;
      }
      return out;
    };
    const byte = (offset: number): Uint8Array => {
      const out = new Uint8Array(rows);
      for (let i = 0; i < rows; i++) out[i] = bytes[(at[i] as number) * 4 + offset] as number;
      return out;
    };
    const named = (offset: number, names: readonly string[]) => ({
      codes: Uint32Array.from(byte(offset)),
      words: names,
    });
    const instruments = new Uint32Array(rows);
    for (let i = 0; i < rows; i++) {
      instruments[i] = this.#instruments.code(words[(at[i] as number) + EVENT_INSTRUMENT_AT / 4] as number);
    }
    return [
      { codes: instruments, words: this.#instruments.words },
      new BigInt64Array(wide(EVENT_EVENT_TIME_AT).buffer),
      new BigInt64Array(wide(EVENT_RECEIVE_TIME_AT).buffer),
      new BigUint64Array(wide(EVENT_SEQUENCE_AT).buffer),
      new BigUint64Array(wide(EVENT_ORDER_ID_AT).buffer),
      new BigInt64Array(wide(EVENT_PRICE_AT).buffer),
      new BigInt64Array(wide(EVENT_SIZE_AT).buffer),
      named(EVENT_KIND_AT, EVENT_KIND),
      named(EVENT_ACTION_AT, EVENT_ACTION),
      named(EVENT_SIDE_AT, BOOK_SIDE),
      byte(EVENT_FLAGS_AT),
      new Int8Array(byte(EVENT_PRICE_EXPONENT_AT).buffer),
      new Int8Array(byte(EVENT_SIZE_EXPONENT_AT).buffer),
      byte(EVENT_LEVEL_AT),
    ];
  }
}

const PRICE_NONE = { state: OPTIONAL, none: NO_VALUE.toString() };
export const BOOK_TOP_ROWS: RowSchema = {
  name: 'book_top',
  version: 1,
  category: 'category',
  instrument: 'instrument',
  fields: [
    ...POSITION_FIELDS,
    { name: 'category', dtype: 'word', unit: 'name', state: ALWAYS },
    { name: 'instrument', dtype: 'word', unit: 'symbol, or the venue’s number', state: ALWAYS },
    { name: 'receiveTime', dtype: 'i64', unit: 'ns since 1970-01-01T00:00:00Z', state: ALWAYS },
    { name: 'bidPrice', dtype: 'i64', unit: 'raw', exponent: 'priceExponent', ...PRICE_NONE },
    { name: 'bidSize', dtype: 'i64', unit: 'raw', exponent: 'sizeExponent', ...PRICE_NONE },
    { name: 'bidOrders', dtype: 'u32', unit: 'orders', state: ALWAYS },
    { name: 'askPrice', dtype: 'i64', unit: 'raw', exponent: 'priceExponent', ...PRICE_NONE },
    { name: 'askSize', dtype: 'i64', unit: 'raw', exponent: 'sizeExponent', ...PRICE_NONE },
    { name: 'askOrders', dtype: 'u32', unit: 'orders', state: ALWAYS },
    { name: 'priceExponent', dtype: 'i8', unit: 'power of ten', state: ALWAYS },
    { name: 'sizeExponent', dtype: 'i8', unit: 'power of ten', state: ALWAYS },
    { name: 'stale', dtype: 'u8', unit: '1: messages that the book rests on are missing', state: ALWAYS },
    { name: 'crossed', dtype: 'u8', unit: '1: the best bid is not below the best ask', state: ALWAYS },
  ],
};

/** What the last event said of an instrument. */
interface Touched {
  readonly channel: number;
  readonly time: bigint;
  readonly priceExponent: number;
  readonly sizeExponent: number;
}

class BookTopRows implements EventShaper {
  readonly reads = 'events';
  readonly #instruments: Instruments;
  readonly #passes: ((number: number) => boolean) | undefined;
  readonly #touched = new Map<number, Touched>();
  readonly #last = new Map<number, string>();
  readonly #sequence: BigUint64Array;
  constructor(
    readonly feed: AnyFeed,
    { select }: Pipeline,
    readonly numbering: Numbering,
  ) {
    this.#instruments = new Instruments(feed);
    this.#passes = instrumentFilter(this.#instruments, select?.instruments);
    this.#sequence = new BigUint64Array(feed.channels.length);
  }
  notice(notice: Notice): void {
    this.numbering.notice(notice);
    if (notice.type === 'reset' || notice.type === 'sessionStarted') this.#sequence[notice.channel] = 0n;
  }

  events(records: DataView, count: number): void {
    for (let at = 0; at < count * EVENT_BYTES; at += EVENT_BYTES) {
      const number = records.getUint32(at + EVENT_INSTRUMENT_AT, true);
      const channel = records.getUint16(at + EVENT_CHANNEL_AT, true);
      const sequence = records.getBigUint64(at + EVENT_SEQUENCE_AT, true);
      if (sequence > (this.#sequence[channel] as bigint)) this.#sequence[channel] = sequence;
      if (number === NO_INSTRUMENT || (this.#passes !== undefined && !this.#passes(number))) continue;
      this.#touched.set(number, {
        channel,
        time: records.getBigInt64(at + EVENT_RECEIVE_TIME_AT, true),
        priceExponent: records.getInt8(at + EVENT_PRICE_EXPONENT_AT),
        sizeExponent: records.getInt8(at + EVENT_SIZE_EXPONENT_AT),
      });
    }
  }

  end(emit: Emit): void {
    const rows: { number: number; touched: Touched; top: TopOfBook; position: [number, number, bigint, number] }[] = [];
    for (const [number, touched] of this.#touched) {
      const top = this.#instruments.top(number);
      const { bid, ask } = top;
      const text = `${bid?.price} ${bid?.size} ${bid?.orders} ${ask?.price} ${ask?.size} ${ask?.orders} ${top.stale} ${top.crossed}`;
      if (this.#last.get(number) === text) continue;
      this.#last.set(number, text);
      const { channel } = touched;
      const sequence = this.#sequence[channel] as bigint;
      this.numbering.next(channel, Number(sequence & 0xffff_ffffn), Number(sequence >> 32n));
      const { epoch, part } = this.numbering;
      const reached = this.numbering.number(channel);
      rows.push({
        ...{ number, touched, top },
        position: [channel, epoch[channel] as number, reached, part[channel] as number],
      });
    }
    this.#touched.clear();
    if (rows.length > 0) emit(this.#batch(rows));
  }

  #batch(
    rows: readonly {
      number: number;
      touched: Touched;
      top: TopOfBook;
      position: readonly [number, number, bigint, number];
    }[],
  ): RowBatch {
    const price = (side: 'bid' | 'ask', what: 'price' | 'size') =>
      BigInt64Array.from(rows, ({ top }) => top[side]?.[what] ?? NO_VALUE);
    const orders = (side: 'bid' | 'ask') => Uint32Array.from(rows, ({ top }) => top[side]?.orders ?? 0);
    return new RowBatch(BOOK_TOP_ROWS, rows.length, [
      { codes: Uint32Array.from(rows, ({ position }) => position[0]), words: this.feed.channels },
      { codes: Uint32Array.from(rows, ({ position }) => position[1]), words: this.numbering.epochs },
      BigUint64Array.from(rows, ({ position }) => position[2]),
      Uint32Array.from(rows, ({ position }) => position[3]),
      { codes: new Uint32Array(rows.length), words: ['bookTop'] },
      {
        codes: Uint32Array.from(rows, ({ number }) => this.#instruments.code(number)),
        words: this.#instruments.words,
      },
      BigInt64Array.from(rows, ({ touched }) => touched.time),
      ...[price('bid', 'price'), price('bid', 'size'), orders('bid')],
      ...[price('ask', 'price'), price('ask', 'size'), orders('ask')],
      Int8Array.from(rows, ({ touched }) => touched.priceExponent),
      Int8Array.from(rows, ({ touched }) => touched.sizeExponent),
      Uint8Array.from(rows, ({ top }) => Number(top.stale)),
      Uint8Array.from(rows, ({ top }) => Number(top.crossed)),
    ]);
  }
}

/** Trades, and behind them the best prices as of the batch's end: two schemas, one numbering. */
class TickRows implements EventShaper {
  readonly reads = 'events';
  readonly #trades: EventRows;
  readonly #tops: BookTopRows;
  constructor(feed: AnyFeed, pipeline: Pipeline, numbering: Numbering) {
    this.#trades = new EventRows(feed, { ...pipeline, select: { ...pipeline.select, kinds: ['trade'] } }, numbering);
    this.#tops = new BookTopRows(feed, pipeline, numbering);
  }
  notice(notice: Notice): void {
    this.#tops.notice(notice);
  }
  events(records: DataView, count: number, emit: Emit): void {
    this.#trades.events(records, count, emit);
    this.#tops.events(records, count);
  }
  end(emit: Emit): void {
    this.#tops.end(emit);
  }
}

const MESSAGE_FIELDS: readonly RowField[] = [
  ...POSITION_FIELDS,
  { name: 'message', dtype: 'word', unit: 'name of the message', state: ALWAYS },
  { name: 'receiveTime', dtype: 'i64', unit: 'ns since 1970-01-01T00:00:00Z', state: ALWAYS },
];
const MESSAGE_ROWS: RowSchema = {
  name: 'message',
  version: 1,
  category: 'message',
  fields: [...MESSAGE_FIELDS, { name: 'fields', dtype: 'text', unit: 'JSON', state: ALWAYS }],
};
const RAW_ROWS: RowSchema = {
  name: 'raw',
  version: 1,
  category: 'message',
  fields: [...MESSAGE_FIELDS, { name: 'bytes', dtype: 'bytes', unit: 'the message as it came', state: ALWAYS }],
};

/** Columns that grow, and their batch. */
class MessageRows implements MessageShaper {
  readonly reads = 'messages';
  readonly #names: readonly string[];
  readonly #handlers: Record<string, (view: Flyweight, at: Position) => void>;
  #channels: number[] = [];
  #epochs: number[] = [];
  #numbers: bigint[] = [];
  #parts: number[] = [];
  #times: bigint[] = [];
  #messages: number[] = [];
  #texts: string[] = [];
  #bytes: Uint8Array[] = [];

  constructor(
    readonly feed: AnyFeed,
    readonly pipeline: Pipeline,
    readonly numbering: Numbering,
  ) {
    const { decoder } = feed;
    this.#names = decoder.names;
    for (const name of pipeline.select?.messages ?? []) {
      if (!this.#names.includes(name)) {
        throw sinkOption(`${decoder.id} has no message '${name}'`, `Its messages are ${this.#names.join(', ')}.`);
      }
    }
    this.#handlers = Object.fromEntries(this.#names.map((name) => [name, this.#handler(name)]));
  }

  #handler(name: string): (view: Flyweight, at: Position) => void {
    const { select, shape } = this.pipeline;
    const code = this.#names.indexOf(name);
    const passes = select?.messages === undefined || select.messages.includes(name);
    const isRaw = shape.type === 'raw';
    return (view, at) => {
      const { numbering } = this;
      const { channel, sequence } = at;
      numbering.next(channel, sequence >>> 0, Math.floor(sequence / 0x1_0000_0000));
      if (!passes) return;
      this.#channels.push(channel);
      this.#epochs.push(numbering.epoch[channel] as number);
      this.#numbers.push(numbering.number(channel));
      this.#parts.push(numbering.part[channel] as number);
      this.#times.push(at.receivedAt);
      this.#messages.push(code);
      if (isRaw) {
        const { $data, $at, $end } = view;
        this.#bytes.push(new Uint8Array($data.buffer, $data.byteOffset + $at, $end - $at).slice());
      } else this.#texts.push(JSON.stringify(view.toObject()));
    };
  }

  readonly #sink = { notice: (notice: Notice): void => this.numbering.notice(notice) };

  take(batch: Batch, emit: Emit): void {
    batch.read(this.#handlers as never, this.#sink);
    const rows = this.#channels.length;
    if (rows === 0) return;
    const isRaw = this.pipeline.shape.type === 'raw';
    const made = new RowBatch(isRaw ? RAW_ROWS : MESSAGE_ROWS, rows, [
      { codes: Uint32Array.from(this.#channels), words: this.feed.channels },
      { codes: Uint32Array.from(this.#epochs), words: this.numbering.epochs },
      BigUint64Array.from(this.#numbers),
      Uint32Array.from(this.#parts),
      { codes: Uint32Array.from(this.#messages), words: this.#names },
      BigInt64Array.from(this.#times),
      isRaw ? this.#bytes : this.#texts,
    ]);
    this.#channels = [];
    this.#epochs = [];
    this.#numbers = [];
    this.#parts = [];
    this.#times = [];
    this.#messages = [];
    this.#texts = [];
    this.#bytes = [];
    emit(made);
  }
}

/** The shaper of a pipeline. */
export function shaperOf(feed: AnyFeed, pipeline: Pipeline, numbering: Numbering): Shaper {
  switch (pipeline.shape.type) {
    case 'events':
      return new EventRows(feed, pipeline, numbering);
    case 'bookTop':
      return new BookTopRows(feed, pipeline, numbering);
    case 'ticks':
      return new TickRows(feed, pipeline, numbering);
    case 'columns':
      return new ColumnRows(feed, pipeline, numbering);
    case 'records':
      return new RecordRows(feed, numbering);
    default:
      return new MessageRows(feed, pipeline, numbering);
  }
}
