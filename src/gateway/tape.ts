/** The last trades and candles of the instruments of a venue, within a bound of records in all. */
import type { EventAction } from '../contract.js';
import { type EventView, NO_VALUE } from '../events/view.js';
import { formatPrice } from '../layout/index.js';
import type { WireCandle, WireTrade } from './wire.js';

/** Lengths of candles, by name: nanoseconds. */
export const CANDLE_INTERVALS = { '1s': 1_000_000_000n, '1m': 60_000_000_000n, '1h': 3_600_000_000_000n } as const;
export type CandleInterval = keyof typeof CANDLE_INTERVALS;
const INTERVALS = Object.entries(CANDLE_INTERVALS) as [CandleInterval, bigint][];

interface Trade {
  readonly sequence: number;
  readonly action: EventAction;
  readonly price: bigint | undefined;
  readonly size: bigint | undefined;
  readonly side: WireTrade['side'];
  readonly id: bigint;
  readonly eventTime: bigint;
  readonly receiveTime: bigint;
}

interface Candle {
  readonly time: bigint;
  readonly open: bigint;
  high: bigint;
  low: bigint;
  close: bigint;
  volume: bigint;
  trades: number;
}

interface OfInstrument {
  sequence: number;
  priceExponent: number;
  sizeExponent: number;
  readonly trades: Trade[];
  readonly candles: Record<CandleInterval, Candle[]>;
}

/** What prices and sizes are powers of ten of. */
interface Exponents {
  readonly priceExponent: number;
  readonly sizeExponent: number;
}

export interface TapeBounds {
  readonly trades: number;
  readonly candles: number;
  readonly records: number;
}

const decimal = (value: bigint | undefined, exponent: number): string | null =>
  value === undefined ? null : formatPrice(value, exponent);
const given = (value: bigint): bigint | undefined => (value === NO_VALUE ? undefined : value);

export class Tape {
  readonly #bounds: TapeBounds;
  readonly #of = new Map<number, OfInstrument>();
  #records = 0;
  /** Trades of which nothing was kept, because the bound of all records was reached. */
  unkept = 0;

  constructor(bounds: TapeBounds) {
    this.#bounds = bounds;
  }

  get records(): number {
    return this.#records;
  }

  /** Adds a trade; its scale is the caller's, who knows the instrument. */
  add(event: EventView, { priceExponent, sizeExponent }: Exponents): void {
    let of = this.#of.get(event.instrument);
    if (of === undefined) {
      of = { sequence: 0, priceExponent, sizeExponent, trades: [], candles: { '1s': [], '1m': [], '1h': [] } };
      this.#of.set(event.instrument, of);
    }
    of.sequence++;
    of.priceExponent = priceExponent;
    of.sizeExponent = sizeExponent;
    const { action, side, orderId: id, eventTime, receiveTime } = event;
    const price = given(event.price);
    const size = given(event.size);
    const trade = { sequence: of.sequence, action, price, size, side, id, eventTime, receiveTime };
    if (!this.#keep(of.trades, trade, this.#bounds.trades)) this.unkept++;
    // What is undone stays in its candle: the venue's own figures do the same until the day's end.
    if (price === undefined || action === 'cancel') return;
    for (const [name, length] of INTERVALS)
      this.#count(of.candles[name], receiveTime - (receiveTime % length), price, size);
  }

  #keep<T>(list: T[], record: T, most: number): boolean {
    if (list.length >= most || this.#records >= this.#bounds.records) {
      if (list.length === 0) return false;
      list.shift();
    } else {
      this.#records++;
    }
    list.push(record);
    return true;
  }

  #count(candles: Candle[], time: bigint, price: bigint, size = 0n): void {
    // What comes late belongs to the last candle that is not behind it.
    const last = candles.at(-1);
    if (last === undefined || time > last.time) {
      const candle = { time, open: price, high: price, low: price, close: price, volume: size, trades: 1 };
      this.#keep(candles, candle, this.#bounds.candles);
      return;
    }
    if (price > last.high) last.high = price;
    if (price < last.low) last.low = price;
    last.close = price;
    last.volume += size;
    last.trades++;
  }

  /** How many trades there have been. */
  sequence(instrument: number): number {
    return this.#of.get(instrument)?.sequence ?? 0;
  }

  /** The last ones, behind `after`, oldest first. */
  trades(instrument: number, most: number, after = 0): WireTrade[] {
    const of = this.#of.get(instrument);
    if (of === undefined) return [];
    const first = of.trades[0]?.sequence ?? 0;
    const begin = Math.max(0, after + 1 - first, of.trades.length - most);
    return of.trades.slice(begin).map(({ sequence, action, price, size, side, id, eventTime, receiveTime }) => ({
      sequence,
      action,
      price: decimal(price, of.priceExponent),
      size: decimal(size, of.sizeExponent),
      side,
      id: String(id),
      eventTime: String(eventTime),
      receiveTime: String(receiveTime),
    }));
  }

  /** The last ones, oldest first. */
  candles(instrument: number, interval: CandleInterval, most: number): WireCandle[] {
    const of = this.#of.get(instrument);
    if (of === undefined) return [];
    const price = (value: bigint): string => formatPrice(value, of.priceExponent);
    return of.candles[interval].slice(-most).map(({ time, open, high, low, close, volume, trades }) => ({
      ...{ time: String(time), open: price(open), high: price(high), low: price(low), close: price(close) },
      ...{ volume: formatPrice(volume, of.sizeExponent), trades },
    }));
  }
}
