/** Books of levels out of normalised events, for the DBN schemas that carry levels: the state after each event. */
import { placeOfPrice } from '../best-first.js';
import type { EventAction, EventKind } from '../contract.js';
import { VenuewireError } from '../errors.js';
import { NO_VALUE } from '../events/view.js';

export const UNDEFINED_PRICE = NO_VALUE;
const U32_MAX = 0xffff_ffffn;

export const refused = (what: string): VenuewireError =>
  new VenuewireError('VW_DBN_VALUE', what, 'Convert to Arrow or Parquet, which hold every event as it is.');

/** A level: price in 1e-9, size and orders as DBN counts them. Another one takes its place when it changes. */
export interface DbnLevel {
  readonly price: bigint;
  readonly size: bigint;
  readonly orders: number;
}

/** What of an event the levels need. */
export interface LevelEvent {
  readonly kind: EventKind;
  readonly action: EventAction;
  readonly side: 'bid' | 'ask' | 'none';
  readonly orderId: bigint;
  /** In 1e-9; undefined: none. */
  readonly price: bigint | undefined;
  readonly size: bigint | undefined;
  /** Of a numbered level, from 1; else 0. */
  readonly level: number;
}

interface Order {
  readonly side: 'bid' | 'ask';
  price: bigint;
  size: bigint;
}

class Side {
  readonly levels: (DbnLevel | undefined)[] = [];
  constructor(readonly isBid: boolean) {}

  change(price: bigint, size: bigint, orders: number): void {
    const at = placeOfPrice(this.levels, price, this.isBid);
    const level = this.levels[at];
    if (level === undefined || level.price !== price) {
      if (size > 0n) this.levels.splice(at, 0, { price, size, orders });
      return;
    }
    const left = level.size + size;
    if (left <= 0n) this.levels.splice(at, 1);
    else this.levels[at] = { price, size: left, orders: level.orders + orders };
  }

  set(price: bigint, size: bigint, orders: number): void {
    const at = placeOfPrice(this.levels, price, this.isBid);
    const known = this.levels[at]?.price === price;
    if (size > 0n) this.levels.splice(at, known ? 1 : 0, { price, size, orders });
    else if (known) this.levels.splice(at, 1);
  }

  /** By number, as venues count levels: what a new one pushes behind the depth is gone. */
  numbered(event: LevelEvent, depth: number): void {
    const at = event.level - 1;
    while (this.levels.length < at) this.levels.push(undefined);
    if (event.action === 'cancel') {
      this.levels.splice(at, 1);
    } else if (event.price !== undefined) {
      const level = { price: event.price, size: event.size ?? 0n, orders: Number(event.orderId) };
      this.levels.splice(at, event.action === 'add' ? 0 : 1, level);
      if (this.levels.length > depth) this.levels.length = depth;
    }
    while (this.levels.length > 0 && this.levels.at(-1) === undefined) this.levels.pop();
  }
}

export function fits32(value: bigint, what: string): number {
  if (value < 0n || value > U32_MAX) throw refused(`${what} ${value} has more than 32 bits`);
  return Number(value);
}

const LEVEL_BYTES = 32;

const isSame = (a: DbnLevel | undefined, b: DbnLevel | undefined): boolean =>
  a?.price === b?.price && a?.size === b?.size && a?.orders === b?.orders;

/** The levels of one instrument. */
export class LevelBook {
  readonly bid = new Side(true);
  readonly ask = new Side(false);
  /** The levels of its last record as DBN writes them. */
  readonly shown: Uint8Array;
  readonly #levels: (DbnLevel | undefined)[];
  readonly #view: DataView;
  readonly #orders = new Map<bigint, Order>();
  /** `depth`: levels of a side that are numbered; `count`: levels of a record. */
  constructor(
    readonly depth: number,
    readonly count: number,
  ) {
    this.#levels = new Array<DbnLevel | undefined>(2 * count).fill(undefined);
    this.shown = new Uint8Array(count * LEVEL_BYTES);
    this.#view = new DataView(this.shown.buffer);
    for (let i = 0; i < count; i++) this.#write(i);
  }

  /** Shows what is: the number of the first level that differs from what was shown, −1: none does. */
  show(): number {
    const levels = this.#levels;
    const bids = this.bid.levels;
    const asks = this.ask.levels;
    let first = -1;
    for (let i = 0; i < this.count; i++) {
      const bid = bids[i];
      const ask = asks[i];
      if (levels[2 * i] === bid && levels[2 * i + 1] === ask) continue;
      const differs = !isSame(levels[2 * i], bid) || !isSame(levels[2 * i + 1], ask);
      levels[2 * i] = bid;
      levels[2 * i + 1] = ask;
      if (!differs) continue;
      if (first < 0) first = i;
      this.#write(i);
    }
    return first;
  }

  #write(i: number): void {
    const view = this.#view;
    const at = i * LEVEL_BYTES;
    const bid = this.#levels[2 * i];
    const ask = this.#levels[2 * i + 1];
    view.setBigInt64(at, bid?.price ?? UNDEFINED_PRICE, true);
    view.setBigInt64(at + 8, ask?.price ?? UNDEFINED_PRICE, true);
    view.setUint32(at + 16, fits32(bid?.size ?? 0n, 'size of a level'), true);
    view.setUint32(at + 20, fits32(ask?.size ?? 0n, 'size of a level'), true);
    view.setUint32(at + 24, bid?.orders ?? 0, true);
    view.setUint32(at + 28, ask?.orders ?? 0, true);
  }

  clear(side: 'bid' | 'ask' | 'none'): void {
    for (const one of ['bid', 'ask'] as const) {
      if (side !== 'none' && side !== one) continue;
      this[one].levels.length = 0;
      for (const [id, order] of this.#orders) if (order.side === one) this.#orders.delete(id);
    }
  }

  apply(event: LevelEvent): void {
    const { kind, action, side, price, size } = event;
    if (action === 'clear') this.clear(side);
    else if (side === 'none') return;
    else if (kind === 'order') this.#order(event, side);
    else if (kind === 'level' && event.level > 0) this[side].numbered(event, this.depth);
    else if (kind === 'level' && price !== undefined) {
      this[side].set(price, action === 'cancel' ? 0n : (size ?? 0n), Number(event.orderId));
    } else if (kind === 'quote') {
      this[side].levels.length = 0;
      if (price !== undefined && size !== undefined && size > 0n) this[side].set(price, size, Number(event.orderId));
    }
  }

  #order({ action, orderId, price, size = 0n }: LevelEvent, side: 'bid' | 'ask'): void {
    if (price === undefined || action === 'fill') return;
    const key = (id: bigint, of: 'bid' | 'ask'): bigint => (id << 1n) | (of === 'bid' ? 0n : 1n);
    const own = key(orderId, side);
    const other = key(orderId, side === 'bid' ? 'ask' : 'bid');
    const at = action === 'modify' && !this.#orders.has(own) ? other : own;
    const known = this.#orders.get(at);
    if (action === 'cancel') {
      if (known === undefined) return;
      known.size -= size;
      this[side].change(known.price, -size, known.size <= 0n ? -1 : 0);
      if (known.size <= 0n) this.#orders.delete(at);
      return;
    }
    if (known !== undefined) {
      this[known.side].change(known.price, -known.size, -1);
      this.#orders.delete(at);
    }
    this.#orders.set(own, { side, price, size });
    this[side].change(price, size, 1);
  }
}
