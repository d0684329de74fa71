/** The native books, message by message, without a feed around them. */
import {
  BOOK_SIDE,
  BOOK_TOP_BYTES,
  EVENT_BYTES,
  EVENT_FLAGS_AT,
  EVENT_KIND,
  EVENT_KIND_AT,
  EVENT_LAST,
  EVENT_PRICE_EXPONENT_AT,
  MESSAGE_HEAD_BYTES,
  MESSAGE_HEAD_LENGTH_AT,
  MESSAGE_HEAD_TYPE_AT,
  RECORD_KIND,
  RECORD_KIND_AT,
  RUN_BYTES,
  RUN_COUNT_AT,
  RUN_SEQUENCE_AT,
  UNIT_BYTES,
} from '../../src/contract.js';
import { compileEvents } from '../../src/events/compile.js';
import { compileCatalogue, type Decoder, type EventRoles } from '../../src/layout/index.js';
import { native } from '../../src/native.js';

const RING = 1 << 18;
const DEPTH = 4_096;

export class NativeSteps {
  readonly #ring = new Uint8Array(new SharedArrayBuffer(RING));
  readonly #data = new DataView(this.#ring.buffer);
  readonly #state = new Float64Array(4);
  readonly #books;
  readonly #prices = new BigInt64Array(DEPTH);
  readonly #sizes = new BigInt64Array(DEPTH);
  readonly #orders = new Uint32Array(DEPTH);
  readonly #numbers = new Map<bigint, number>();
  readonly #events = new Uint8Array(1 << 16);
  #sequence = 0n;
  /** The table of best prices. */
  readonly tops: SharedArrayBuffer;

  /** `instruments`: room for that many; memory of books is freed late, so that tests make few and small ones. */
  constructor(decoder: Decoder, instruments = 16_384) {
    const table = compileCatalogue(decoder);
    const program = compileEvents(decoder, decoder.events as EventRoles, { orders: 64, instrumentsMax: instruments });
    const compiled = new Uint8Array(table.length + program.length);
    compiled.set(table);
    compiled.set(program, table.length);
    this.tops = new SharedArrayBuffer((instruments + 1) * BOOK_TOP_BYTES);
    this.#books = new (native().Books)(compiled, this.#ring, 0, RING, new Uint8Array(this.tops));
  }

  /** Applies one message; `type` is its index in the table. */
  take(type: number, bytes: Uint8Array): void {
    const padded = Math.ceil(bytes.length / UNIT_BYTES) * UNIT_BYTES;
    const units = (RUN_BYTES + MESSAGE_HEAD_BYTES + padded) / UNIT_BYTES;
    const d = this.#data;
    d.setUint32(0, units, true);
    d.setUint8(RECORD_KIND_AT, RECORD_KIND.indexOf('run'));
    d.setBigUint64(RUN_SEQUENCE_AT, this.#sequence++, true);
    d.setUint32(RUN_COUNT_AT, 1, true);
    d.setUint32(RUN_BYTES + MESSAGE_HEAD_LENGTH_AT, bytes.length, true);
    d.setUint16(RUN_BYTES + MESSAGE_HEAD_TYPE_AT, type, true);
    this.#ring.set(bytes, RUN_BYTES + MESSAGE_HEAD_BYTES);
    this.#books.take(0, units, this.#events, this.#state);
    if (this.#state[3] !== 1) throw new Error('the record is not sound');
  }

  /** The number that the next message has. */
  next(sequence: number): void {
    this.#sequence = BigInt(sequence);
  }
  save(): Uint8Array {
    return this.#books.save();
  }
  load(checkpoint: Uint8Array): boolean {
    return this.#books.load(checkpoint);
  }
  /** Everything that the books say, and the queues behind it. */
  text(): string {
    let text = '';
    const keys = new BigUint64Array(this.#books.instruments());
    this.#books.keys(0, keys);
    for (const key of keys) {
      for (const side of ['bid', 'ask'] as const) {
        const rows = this.rows(key, side);
        text += `${key} ${side} ${rows.join(' ')} ${rows.map(([price]) => this.queue(key, side, price).join())}\n`;
      }
    }
    const { operations, orders, levels, trades, unknownOrders } = this.counters();
    return text + JSON.stringify({ operations, orders, levels, trades, unknownOrders });
  }

  /** As `take`; what it made of it. */
  events(type: number, bytes: Uint8Array) {
    this.take(type, bytes);
    const data = new DataView(this.#events.buffer);
    return Array.from({ length: this.#state[1] as number }, (_, i) => ({
      kind: EVENT_KIND[data.getUint8(i * EVENT_BYTES + EVENT_KIND_AT)] as string,
      last: (data.getUint8(i * EVENT_BYTES + EVENT_FLAGS_AT) & EVENT_LAST) !== 0,
      priceExponent: data.getInt8(i * EVENT_BYTES + EVENT_PRICE_EXPONENT_AT),
    }));
  }

  rows(key: bigint, side: 'bid' | 'ask'): (readonly [bigint, bigint, number])[] {
    const number = this.#numberOf(key);
    if (number === undefined) return [];
    const n = this.#books.depth(number, BOOK_SIDE.indexOf(side), this.#prices, this.#sizes, this.#orders);
    return Array.from({ length: n }, (_, i) => [
      this.#prices[i] as bigint,
      this.#sizes[i] as bigint,
      this.#orders[i] as number,
    ]);
  }

  queue(key: bigint, side: 'bid' | 'ask', price: bigint): bigint[] {
    const number = this.#numberOf(key);
    if (number === undefined) return [];
    const ids = new BigUint64Array(DEPTH);
    return [...ids.subarray(0, this.#books.queue(number, BOOK_SIDE.indexOf(side), price, ids))];
  }

  #numberOf(key: bigint): number | undefined {
    if (this.#numbers.size !== this.#books.instruments()) {
      const keys = new BigUint64Array(this.#books.instruments());
      this.#books.keys(0, keys);
      keys.forEach((k, i) => {
        this.#numbers.set(k, i);
      });
    }
    return this.#numbers.get(key);
  }

  counters() {
    return this.#books.counters();
  }
  consistent(): boolean {
    return this.#books.consistent();
  }
}
