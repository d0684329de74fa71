/** Normalised events as they lie in memory: a reused view over records of 64 bytes, and the schema of their fields. */
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
  EVENT_LAST,
  EVENT_LEVEL_AT,
  EVENT_LINE_AT,
  EVENT_MAYBE_BAD_BOOK,
  EVENT_ORDER_ID_AT,
  EVENT_PRICE_AT,
  EVENT_PRICE_EXPONENT_AT,
  EVENT_RECEIVE_TIME_AT,
  EVENT_RESERVED_AT,
  EVENT_SEQUENCE_AT,
  EVENT_SIDE_AT,
  EVENT_SIZE_AT,
  EVENT_SIZE_EXPONENT_AT,
  EVENT_SNAPSHOT,
  type EventAction,
  type EventKind,
} from '../contract.js';

/** A price or size that is none. */
export const NO_VALUE = 0x7fff_ffff_ffff_ffffn;
const NO_VALUE_HIGH = 0x7fff_ffff;
const HIGH = 4;
const TWO_32 = 0x1_0000_0000;

/**
 * One event: a view that is bound to the next record for each call, so copy what you keep (`toObject`). Of every 64-bit
 * field there is the exact `bigint` and, for loops that must not allocate, a number.
 */
export class EventView {
  /** @internal */ $data: DataView = new DataView(new ArrayBuffer(EVENT_BYTES));
  /** @internal */ $at = 0;

  /** Binds the view to the record at byte `at`. */
  bind(data: DataView, at: number): this {
    this.$data = data;
    this.$at = at;
    return this;
  }

  #number(at: number): number {
    const p = this.$at + at;
    const high = this.$data.getInt32(p + HIGH, true);
    const low = this.$data.getUint32(p, true);
    return high === NO_VALUE_HIGH && low === 0xffff_ffff ? Number.NaN : high * TWO_32 + low;
  }

  get kind(): EventKind {
    return EVENT_KIND[this.$data.getUint8(this.$at + EVENT_KIND_AT)] as EventKind;
  }
  get action(): EventAction {
    return EVENT_ACTION[this.$data.getUint8(this.$at + EVENT_ACTION_AT)] as EventAction;
  }
  /** Of a trade, the aggressor's. */
  get side(): 'bid' | 'ask' | 'none' {
    return BOOK_SIDE[this.$data.getUint8(this.$at + EVENT_SIDE_AT)] as 'bid' | 'ask' | 'none';
  }
  /** When the venue says that it happened, in nanoseconds as the venue counts them. */
  get eventTime(): bigint {
    return this.$data.getBigInt64(this.$at + EVENT_EVENT_TIME_AT, true);
  }
  get eventTimeNumber(): number {
    return this.#number(EVENT_EVENT_TIME_AT);
  }
  /** When it was received, nanoseconds since 1970. */
  get receiveTime(): bigint {
    return this.$data.getBigInt64(this.$at + EVENT_RECEIVE_TIME_AT, true);
  }
  get receiveTimeNumber(): number {
    return this.#number(EVENT_RECEIVE_TIME_AT);
  }
  /** Of the message that it comes from. */
  get sequence(): bigint {
    return this.$data.getBigUint64(this.$at + EVENT_SEQUENCE_AT, true);
  }
  get sequenceNumber(): number {
    return this.#number(EVENT_SEQUENCE_AT);
  }
  /** The order; of a trade its number; of a level how many orders it has. */
  get orderId(): bigint {
    return this.$data.getBigUint64(this.$at + EVENT_ORDER_ID_AT, true);
  }
  /** Its two halves, where 2^53 is not enough and nothing may be allocated. */
  get orderIdLow(): number {
    return this.$data.getUint32(this.$at + EVENT_ORDER_ID_AT, true);
  }
  get orderIdHigh(): number {
    return this.$data.getUint32(this.$at + EVENT_ORDER_ID_AT + HIGH, true);
  }
  /** Raw: value = price * 10^priceExponent; `NO_VALUE`: none. */
  get price(): bigint {
    return this.$data.getBigInt64(this.$at + EVENT_PRICE_AT, true);
  }
  /** The same; NaN: none. Exact up to 2^53. */
  get priceNumber(): number {
    return this.#number(EVENT_PRICE_AT);
  }
  get size(): bigint {
    return this.$data.getBigInt64(this.$at + EVENT_SIZE_AT, true);
  }
  get sizeNumber(): number {
    return this.#number(EVENT_SIZE_AT);
  }
  /** The instrument's number in the books: `books.keys()[number]` is the venue's key. 4294967295: none. */
  get instrument(): number {
    return this.$data.getUint32(this.$at + EVENT_INSTRUMENT_AT, true);
  }
  get channel(): number {
    return this.$data.getUint16(this.$at + EVENT_CHANNEL_AT, true);
  }
  get line(): number {
    return this.$data.getUint8(this.$at + EVENT_LINE_AT);
  }
  /** Bits: `EVENT_…` of the contract. */
  get flags(): number {
    return this.$data.getUint8(this.$at + EVENT_FLAGS_AT);
  }
  /** The venue's event ends with it. */
  get last(): boolean {
    return (this.flags & EVENT_LAST) !== 0;
  }
  get snapshot(): boolean {
    return (this.flags & EVENT_SNAPSHOT) !== 0;
  }
  /** The book is stale: messages that it rests on are missing. */
  get stale(): boolean {
    return (this.flags & EVENT_MAYBE_BAD_BOOK) !== 0;
  }
  get priceExponent(): number {
    return this.$data.getInt8(this.$at + EVENT_PRICE_EXPONENT_AT);
  }
  get sizeExponent(): number {
    return this.$data.getInt8(this.$at + EVENT_SIZE_EXPONENT_AT);
  }
  /** The number of a numbered level; of a status event the state. */
  get level(): number {
    return this.$data.getUint8(this.$at + EVENT_LEVEL_AT);
  }

  /** A copy that stays. */
  toObject(): EventObject {
    const { kind, action, side, eventTime, receiveTime, sequence, orderId, price, size } = this;
    const { instrument, channel, line, flags, priceExponent, sizeExponent, level } = this;
    const none = (value: bigint): bigint | undefined => (value === NO_VALUE ? undefined : value);
    return {
      ...{ kind, action, side, eventTime, receiveTime, sequence, orderId, price: none(price), size: none(size) },
      ...{ instrument, channel, line, flags, priceExponent, sizeExponent, level },
    };
  }
}

export interface EventObject {
  readonly kind: EventKind;
  readonly action: EventAction;
  readonly side: 'bid' | 'ask' | 'none';
  readonly eventTime: bigint;
  readonly receiveTime: bigint;
  readonly sequence: bigint;
  readonly orderId: bigint;
  readonly price: bigint | undefined;
  readonly size: bigint | undefined;
  readonly instrument: number;
  readonly channel: number;
  readonly line: number;
  readonly flags: number;
  readonly priceExponent: number;
  readonly sizeExponent: number;
  readonly level: number;
}

/** A handler for each kind of event; all optional. The view is reused. */
export type EventHandlers = { readonly [K in EventKind]?: (event: EventView) => void };

export interface EventField {
  readonly name: string;
  readonly at: number;
  readonly dtype: 'i64' | 'u64' | 'u32' | 'u16' | 'u8' | 'i8';
  /** What one of it is; `raw`: value = field * 10^exponent, where `exponent` names the field that has it. */
  readonly unit: string;
  readonly exponent?: string;
  /** `always`: it has a value in every event; `optional`: `none` stands for no value; `reserved`: zero. */
  readonly state: 'always' | 'optional' | 'reserved';
  readonly none?: string;
  /** Names of its values, by number. */
  readonly values?: readonly string[];
}

const OPTIONAL = { state: 'optional', none: NO_VALUE.toString() } as const;
const ALWAYS = { state: 'always' } as const;

/** The fields of an event record, as data that goes with what is exported: dtype, unit and state of each. */
export const EVENT_SCHEMA: {
  readonly name: string;
  readonly bytes: number;
  readonly byteOrder: 'little';
  readonly fields: readonly EventField[];
} = {
  name: 'venuewire.event.1',
  bytes: EVENT_BYTES,
  byteOrder: 'little',
  fields: [
    {
      name: 'eventTime',
      at: EVENT_EVENT_TIME_AT,
      dtype: 'i64',
      unit: 'ns, from what the venue counts from',
      ...ALWAYS,
    },
    { name: 'receiveTime', at: EVENT_RECEIVE_TIME_AT, dtype: 'i64', unit: 'ns since 1970-01-01T00:00:00Z', ...ALWAYS },
    { name: 'sequence', at: EVENT_SEQUENCE_AT, dtype: 'u64', unit: 'sequence number', ...ALWAYS },
    { name: 'orderId', at: EVENT_ORDER_ID_AT, dtype: 'u64', unit: 'identifier', state: 'optional', none: '0' },
    { name: 'price', at: EVENT_PRICE_AT, dtype: 'i64', unit: 'raw', exponent: 'priceExponent', ...OPTIONAL },
    { name: 'size', at: EVENT_SIZE_AT, dtype: 'i64', unit: 'raw', exponent: 'sizeExponent', ...OPTIONAL },
    {
      name: 'instrument',
      at: EVENT_INSTRUMENT_AT,
      dtype: 'u32',
      unit: 'instrument number',
      state: 'optional',
      none: '4294967295',
    },
    { name: 'channel', at: EVENT_CHANNEL_AT, dtype: 'u16', unit: 'index', ...ALWAYS },
    { name: 'kind', at: EVENT_KIND_AT, dtype: 'u8', unit: 'code', ...ALWAYS, values: EVENT_KIND },
    { name: 'action', at: EVENT_ACTION_AT, dtype: 'u8', unit: 'code', ...ALWAYS, values: EVENT_ACTION },
    { name: 'side', at: EVENT_SIDE_AT, dtype: 'u8', unit: 'code', ...ALWAYS, values: BOOK_SIDE },
    { name: 'flags', at: EVENT_FLAGS_AT, dtype: 'u8', unit: 'bits', ...ALWAYS },
    { name: 'priceExponent', at: EVENT_PRICE_EXPONENT_AT, dtype: 'i8', unit: 'power of ten', ...ALWAYS },
    { name: 'sizeExponent', at: EVENT_SIZE_EXPONENT_AT, dtype: 'i8', unit: 'power of ten', ...ALWAYS },
    {
      name: 'level',
      at: EVENT_LEVEL_AT,
      dtype: 'u8',
      unit: 'level number, from 1; of a status event the state',
      state: 'optional',
      none: '0',
    },
    { name: 'line', at: EVENT_LINE_AT, dtype: 'u8', unit: 'index', ...ALWAYS },
    { name: 'reserved', at: EVENT_RESERVED_AT, dtype: 'u16', unit: 'none', state: 'reserved' },
  ],
};
