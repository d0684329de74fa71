/** Events as columns: typed arrays with a schema, from which files of tables are written. */
import {
  EVENT_ACTION_AT,
  EVENT_BYTES,
  EVENT_CHANNEL_AT,
  EVENT_EVENT_TIME_AT,
  EVENT_FLAGS_AT,
  EVENT_INSTRUMENT_AT,
  EVENT_KIND,
  EVENT_KIND_AT,
  EVENT_LEVEL_AT,
  EVENT_LINE_AT,
  EVENT_ORDER_ID_AT,
  EVENT_PRICE_AT,
  EVENT_PRICE_EXPONENT_AT,
  EVENT_RECEIVE_TIME_AT,
  EVENT_SEQUENCE_AT,
  EVENT_SIDE_AT,
  EVENT_SIZE_AT,
  EVENT_SIZE_EXPONENT_AT,
} from '../contract.js';
import { EVENT_SCHEMA, type EventField } from './view.js';

/** A column of a table: what its values are, in which unit, and whether there may be none. */
export interface TableField extends Omit<EventField, 'at' | 'dtype'> {
  /** `text`: the column holds codes, signed 32 bits, of the texts of the batch; -1: none. */
  readonly dtype: EventField['dtype'] | 'text';
  /** Nanoseconds since 1970, UTC. */
  readonly instant?: true;
}

export interface TableSchema {
  readonly name: string;
  readonly fields: readonly TableField[];
}

export type Column = BigInt64Array | BigUint64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array | Int8Array;

/** Rows of a table as columns. */
export interface ColumnBatch {
  readonly schema: TableSchema;
  readonly length: number;
  readonly columns: Readonly<Record<string, Column>>;
  /** Of each field of texts: those that its codes are of. Texts are only ever added. */
  readonly texts: Readonly<Record<string, readonly string[]>>;
}

const BOOKS = ['real', 'implied', 'orders'] as const;
const NO_INSTRUMENT = 0xffff_ffff;

/** The table of events: the fields of an event record, and what its instrument is called. */
export const EVENT_TABLE: TableSchema = {
  name: 'venuewire.events.1',
  fields: [
    ...EVENT_SCHEMA.fields
      .filter((field) => field.state !== 'reserved')
      .map(({ at: _, ...field }): TableField => (field.name === 'receiveTime' ? { ...field, instant: true } : field)),
    {
      name: 'instrumentKey',
      dtype: 'text',
      unit: 'the venue’s key of the instrument',
      state: 'optional',
      none: 'null',
    },
    { name: 'symbol', dtype: 'text', unit: 'symbol', state: 'optional', none: 'null' },
    { name: 'book', dtype: 'u8', unit: 'code', state: 'always', values: BOOKS },
  ],
};

/** Who knows what instruments are called. */
export interface Naming {
  of(number: number): { readonly key: string; readonly symbol: string; readonly book: (typeof BOOKS)[number] };
  told(number: number): void;
}

/** Texts and their codes. */
class Texts {
  readonly list: string[] = [];
  readonly #codes = new Map<string, number>();
  code(text: string): number {
    if (text === '') return -1;
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    this.#codes.set(text, this.list.length);
    return this.list.push(text) - 1;
  }
}

const WORD = 8;
const EVENT_WORDS = EVENT_BYTES / WORD;
const DEFINITION = EVENT_KIND.indexOf('definition');
const ROWS = 65_536;

/** Gathers event records until there are enough for a batch. */
export class EventColumns {
  /** Rows in it. */
  length = 0;
  readonly #keys = new Texts();
  readonly #symbols = new Texts();
  #columns: ReturnType<typeof columnsOf>;
  constructor(
    readonly names: Naming,
    readonly capacity: number = ROWS,
  ) {
    this.#columns = columnsOf(capacity);
  }

  get full(): boolean {
    return this.length === this.capacity;
  }

  /** Takes records from number `from` up to `to`, as many as there is room for; returns the first that it has not taken. */
  add(records: Uint8Array, from: number, to: number): number {
    const end = Math.min(to, from + this.capacity - this.length);
    const { buffer, byteOffset, byteLength } = records;
    const i64 = new BigInt64Array(buffer, byteOffset, byteLength / WORD);
    const bytes = new DataView(buffer, byteOffset, byteLength);
    const c = this.#columns;
    for (let i = from, row = this.length; i < end; i++, row++) {
      const word = i * EVENT_WORDS;
      const at = i * EVENT_BYTES;
      c.eventTime[row] = i64[word + EVENT_EVENT_TIME_AT / WORD] as bigint;
      c.receiveTime[row] = i64[word + EVENT_RECEIVE_TIME_AT / WORD] as bigint;
      c.sequence[row] = i64[word + EVENT_SEQUENCE_AT / WORD] as bigint;
      c.orderId[row] = i64[word + EVENT_ORDER_ID_AT / WORD] as bigint;
      c.price[row] = i64[word + EVENT_PRICE_AT / WORD] as bigint;
      c.size[row] = i64[word + EVENT_SIZE_AT / WORD] as bigint;
      c.channel[row] = bytes.getUint16(at + EVENT_CHANNEL_AT, true);
      c.kind[row] = records[at + EVENT_KIND_AT] as number;
      c.action[row] = records[at + EVENT_ACTION_AT] as number;
      c.side[row] = records[at + EVENT_SIDE_AT] as number;
      c.flags[row] = records[at + EVENT_FLAGS_AT] as number;
      c.priceExponent[row] = records[at + EVENT_PRICE_EXPONENT_AT] as number;
      c.sizeExponent[row] = records[at + EVENT_SIZE_EXPONENT_AT] as number;
      c.level[row] = records[at + EVENT_LEVEL_AT] as number;
      c.line[row] = records[at + EVENT_LINE_AT] as number;
      this.#instrument(row, bytes.getUint32(at + EVENT_INSTRUMENT_AT, true), c.kind[row] === DEFINITION);
    }
    this.length += Math.max(0, end - from);
    return Math.max(from, end);
  }

  #instrument(row: number, number: number, defined: boolean): void {
    const c = this.#columns;
    c.instrument[row] = number;
    if (number === NO_INSTRUMENT) {
      c.instrumentKey[row] = -1;
      c.symbol[row] = -1;
      c.book[row] = 0;
      return;
    }
    if (defined) this.names.told(number);
    const name = this.names.of(number);
    c.instrumentKey[row] = this.#keys.code(name.key);
    c.symbol[row] = this.#symbols.code(name.symbol);
    c.book[row] = BOOKS.indexOf(name.book);
  }

  /** The rows that are in it, without a copy: they are the batch's from now on. */
  take(): ColumnBatch {
    const { length } = this;
    const columns = Object.fromEntries(
      Object.entries(this.#columns).map(([name, column]) => [name, column.subarray(0, length)]),
    );
    this.#columns = columnsOf(this.capacity);
    this.length = 0;
    const texts = { instrumentKey: this.#keys.list, symbol: this.#symbols.list };
    return { schema: EVENT_TABLE, length, columns, texts };
  }
}

function columnsOf(rows: number) {
  return {
    eventTime: new BigInt64Array(rows),
    receiveTime: new BigInt64Array(rows),
    sequence: new BigUint64Array(rows),
    orderId: new BigUint64Array(rows),
    price: new BigInt64Array(rows),
    size: new BigInt64Array(rows),
    instrument: new Uint32Array(rows),
    channel: new Uint16Array(rows),
    kind: new Uint8Array(rows),
    action: new Uint8Array(rows),
    side: new Uint8Array(rows),
    flags: new Uint8Array(rows),
    priceExponent: new Int8Array(rows),
    sizeExponent: new Int8Array(rows),
    level: new Uint8Array(rows),
    line: new Uint8Array(rows),
    instrumentKey: new Int32Array(rows),
    symbol: new Int32Array(rows),
    book: new Uint8Array(rows),
  };
}
