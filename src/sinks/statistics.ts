/**
 * Rolling statistics of ticks, over columns: rows of the shape `ticks` in, a row for each instrument that they are about out. Windows are
 * (time - window, time], by the time of receipt.
 */
import { POSITION_FIELDS, RowBatch, type RowColumn, type RowSchema, type Words } from './rows.js';

const F64 = { dtype: 'f64', state: 'optional' } as const;
const STATISTIC_ROWS: RowSchema = {
  name: 'statistic',
  version: 1,
  category: 'category',
  instrument: 'instrument',
  fields: [
    ...POSITION_FIELDS,
    { name: 'category', dtype: 'word', unit: 'name', state: 'always' },
    { name: 'instrument', dtype: 'word', unit: 'symbol, or the venue’s number', state: 'always' },
    { name: 'receiveTime', dtype: 'i64', unit: 'ns since 1970-01-01T00:00:00Z', state: 'always' },
    { name: 'trades', dtype: 'u32', unit: 'trades in the window', state: 'always' },
    { name: 'volume', dtype: 'f64', unit: 'size traded in the window', state: 'always' },
    { name: 'vwap', unit: 'price: volume-weighted mean of the window', ...F64 },
    { name: 'volatility', unit: 'sample standard deviation of logarithmic returns from trade to trade', ...F64 },
    { name: 'spread', unit: 'price: ask less bid, now', ...F64 },
    { name: 'meanSpread', unit: 'price: mean of the spreads told in the window', ...F64 },
    { name: 'imbalance', unit: '(bid size - ask size) / (bid size + ask size), now', ...F64 },
    { name: 'correlation', unit: 'of returns of the mid price, a step each, with those of the reference', ...F64 },
  ],
};

const TWO_32 = 0x1_0000_0000;
const NONE_HIGH = 0x7fff_ffff;
const NONE_LOW = 0xffff_ffff;
/** Sums that are added to and taken from drift: after so many they are made anew. */
const SUMS_ANEW = 4_096;
/** Returns that a correlation is of: the window in steps. */
const STEPS = 60;
/** Variance below which a price has not moved: what rounding makes of one that stands still. */
const STILL = 1e-24;
/** Returns that are kept: rows of a batch are about different times, so that one instrument may be steps ahead of another. */
const KEPT = 256;

/** Rows of the first batch may be before its first one. */
const placeOf = (step: number): number => ((step % KEPT) + KEPT) % KEPT;

/** Values by time, as far as the window reaches, and their sums. */
class Window {
  #times: number[] = [];
  #a: number[] = [];
  #b: number[] = [];
  #first = 0;
  #taken = 0;
  sumA = 0;
  sumB = 0;
  get count(): number {
    return this.#times.length - this.#first;
  }
  add(time: number, a: number, b: number): void {
    this.#times.push(time);
    this.#a.push(a);
    this.#b.push(b);
    this.sumA += a;
    this.sumB += b;
  }
  forget(until: number): void {
    while (this.#first < this.#times.length && (this.#times[this.#first] as number) <= until) {
      this.sumA -= this.#a[this.#first] as number;
      this.sumB -= this.#b[this.#first] as number;
      this.#first++;
      this.#taken++;
    }
    if (this.#taken < SUMS_ANEW && this.count > 0) return;
    this.#taken = 0;
    for (const list of [this.#times, this.#a, this.#b]) list.splice(0, this.#first);
    this.#first = 0;
    this.sumA = this.#a.reduce((sum, value) => sum + value, 0);
    this.sumB = this.#b.reduce((sum, value) => sum + value, 0);
  }
}

class Instrument {
  /** Price times size, and size. */
  readonly traded = new Window();
  /** Returns and their squares. */
  readonly returns = new Window();
  readonly spreads = new Window();
  last = Number.NaN;
  spread = Number.NaN;
  imbalance = Number.NaN;
  mid = Number.NaN;
  correlation = Number.NaN;
  /** Returns of the mid price by step, the newest at the place of `step`; `sampled` is the mid of the last step. */
  readonly samples = new Float64Array(KEPT);
  sampled = Number.NaN;
  count = 0;
  step = Number.NaN;

  /** Steps that are over get their returns. */
  reach(step: number): void {
    if (Number.isNaN(this.step)) this.step = step;
    for (let left = Math.min(KEPT + 1, step - this.step); left > 0; left--) {
      const at = step - left + 1;
      if (!Number.isNaN(this.mid)) {
        if (!Number.isNaN(this.sampled)) {
          this.samples[placeOf(at)] = Math.log(this.mid / this.sampled);
          this.count = Math.min(KEPT, this.count + 1);
        }
        this.sampled = this.mid;
      }
    }
    this.step = Math.max(this.step, step);
  }
}

/** Columns of a batch that statistics are made of, 64-bit integers as halves. */
class Columns {
  readonly instruments: Words;
  readonly times: Int32Array;
  constructor(readonly rows: RowBatch) {
    this.instruments = rows.column('instrument') as Words;
    this.times = this.halves('receiveTime');
  }
  halves(name: string): Int32Array {
    const { buffer, byteOffset, length } = this.rows.column(name) as BigInt64Array;
    return new Int32Array(buffer, byteOffset, length * 2);
  }
  numbers(name: string): Int8Array {
    return this.rows.column(name) as Int8Array;
  }
}
/** NaN for the value that stands for none. */
function wide(halves: Int32Array, row: number): number {
  const low = (halves[row * 2] as number) >>> 0;
  const high = halves[row * 2 + 1] as number;
  return high === NONE_HIGH && low === NONE_LOW ? Number.NaN : high * TWO_32 + low;
}

export class RollingStatistics {
  readonly #instruments = new Map<string, Instrument>();
  readonly #windowNs: number;
  readonly #reference: string | undefined;
  /** Times are told from the first one on, which numbers of 53 bits do for 104 days. */
  #origin: { readonly low: number; readonly high: number } | undefined;
  /** Words of the last batch, and their instruments. */
  #words: readonly string[] = [];
  #byCode: (Instrument | undefined)[] = [];

  /** @param reference the instrument that others are correlated with. */
  constructor(windowNs: number, reference?: string) {
    this.#windowNs = windowNs;
    this.#reference = reference;
  }

  /** What rows of another kind say nothing of is left as it was. */
  take(rows: RowBatch): RowBatch | undefined {
    const { fields } = rows.schema;
    const has = (wanted: string): boolean => fields.some(({ name }) => name === wanted);
    if (rows.rows === 0 || !(has('bidPrice') || has('kind'))) return undefined;
    const columns = new Columns(rows);
    this.#time(columns.times, 0);
    return this.#batch(rows, has('bidPrice') ? this.#tops(columns) : this.#trades(columns));
  }

  #time(times: Int32Array, row: number): number {
    const [low, high] = [(times[row * 2] as number) >>> 0, times[row * 2 + 1] as number];
    this.#origin ??= { low, high };
    return (high - this.#origin.high) * TWO_32 + (low - this.#origin.low);
  }

  #instrument({ codes, words }: Words, row: number): Instrument {
    if (words !== this.#words) {
      this.#words = words;
      this.#byCode = [];
    }
    const code = codes[row] as number;
    let found = this.#byCode[code];
    if (found === undefined) {
      const name = words[code] as string;
      found = this.#instruments.get(name) ?? new Instrument();
      this.#instruments.set(name, found);
      this.#byCode[code] = found;
    }
    return found;
  }

  /** The last row of each instrument that there is something about. */
  #trades(columns: Columns): Map<Instrument, number> {
    const { instruments, times } = columns;
    const kinds = columns.rows.column('kind') as Words;
    const trade = kinds.words.indexOf('trade');
    const [prices, sizes] = [columns.halves('price'), columns.halves('size')];
    const [priceExponents, sizeExponents] = [columns.numbers('priceExponent'), columns.numbers('sizeExponent')];
    const last = new Map<Instrument, number>();
    for (let row = 0; row < columns.rows.rows; row++) {
      const [price, size] = [wide(prices, row), wide(sizes, row)];
      if (kinds.codes[row] !== trade || Number.isNaN(price + size) || price <= 0) continue;
      const instrument = this.#instrument(instruments, row);
      const time = this.#time(times, row);
      const worth = price * 10 ** (priceExponents[row] as number);
      const amount = size * 10 ** (sizeExponents[row] as number);
      instrument.traded.add(time, worth * amount, amount);
      const change = Math.log(worth / instrument.last);
      if (!Number.isNaN(change)) instrument.returns.add(time, change, change * change);
      instrument.last = worth;
      last.set(instrument, row);
    }
    return last;
  }

  #tops(columns: Columns): Map<Instrument, number> {
    const { instruments, times } = columns;
    const [bids, asks] = [columns.halves('bidPrice'), columns.halves('askPrice')];
    const [bidSizes, askSizes] = [columns.halves('bidSize'), columns.halves('askSize')];
    const exponents = columns.numbers('priceExponent');
    const last = new Map<Instrument, number>();
    for (let row = 0; row < columns.rows.rows; row++) {
      const instrument = this.#instrument(instruments, row);
      const time = this.#time(times, row);
      instrument.reach(Math.floor(time / (this.#windowNs / STEPS)));
      const unit = 10 ** (exponents[row] as number);
      const [bid, ask] = [wide(bids, row) * unit, wide(asks, row) * unit];
      instrument.spread = ask - bid;
      // While a side is empty the mid price is the last that there was.
      if (!Number.isNaN(instrument.spread)) instrument.mid = (ask + bid) / 2;
      const [bidSize, askSize] = [wide(bidSizes, row), wide(askSizes, row)];
      instrument.imbalance = (bidSize - askSize) / (bidSize + askSize);
      if (!Number.isNaN(instrument.spread)) instrument.spreads.add(time, instrument.spread, 0);
      last.set(instrument, row);
    }
    // Behind all prices of the batch: what is about a step earlier may stand behind what is about a later one.
    for (const [instrument, row] of last)
      instrument.correlation = this.#correlation(instrument, this.#time(times, row));
    return last;
  }

  #batch(rows: RowBatch, last: ReadonlyMap<Instrument, number>): RowBatch | undefined {
    if (last.size === 0) return undefined;
    const found = [...last].sort(([, a], [, b]) => a - b);
    const times = new Columns(rows).times;
    for (const [{ traded, returns, spreads }, row] of found) {
      const until = this.#time(times, row) - this.#windowNs;
      for (const window of [traded, returns, spreads]) window.forget(until);
    }
    const picked = rows.pick(found.map(([, row]) => row));
    const column = (of: (instrument: Instrument) => number): Float64Array =>
      Float64Array.from(found, ([instrument]) => of(instrument));
    const columns: RowColumn[] = [
      ...POSITION_FIELDS.map(({ name }) => picked.column(name)),
      { codes: new Uint32Array(found.length), words: ['statistic'] },
      picked.column('instrument'),
      picked.column('receiveTime'),
      Uint32Array.from(found, ([{ traded }]) => traded.count),
      column(({ traded }) => traded.sumB),
      column(({ traded }) => (traded.count === 0 ? Number.NaN : traded.sumA / traded.sumB)),
      column(({ returns }) => deviation(returns)),
      column(({ spread }) => spread),
      column(({ spreads }) => (spreads.count === 0 ? Number.NaN : spreads.sumA / spreads.count)),
      column(({ imbalance }) => imbalance),
      column(({ correlation }) => correlation),
    ];
    return new RowBatch(STATISTIC_ROWS, found.length, columns);
  }

  /** Pearson's, of the steps that both have. */
  #correlation(instrument: Instrument, time: number): number {
    const other = this.#reference === undefined ? undefined : this.#instruments.get(this.#reference);
    if (other === undefined) return Number.NaN;
    const step = Math.floor(time / (this.#windowNs / STEPS));
    for (const one of [instrument, other]) one.reach(step);
    const known = (one: Instrument): number => one.count - (one.step - step);
    const count = Math.max(0, Math.min(STEPS, known(instrument), known(other)));
    let [sumX, sumY, sumXX, sumYY, sumXY] = [0, 0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      const at = placeOf(step - i);
      const [x, y] = [instrument.samples[at] as number, other.samples[at] as number];
      sumX += x;
      sumY += y;
      sumXX += x * x;
      sumYY += y * y;
      sumXY += x * y;
    }
    const [varianceX, varianceY] = [count * sumXX - sumX * sumX, count * sumYY - sumY * sumY];
    if (count < 2 || Math.min(varianceX, varianceY) <= count * count * STILL) return Number.NaN;
    return (count * sumXY - sumX * sumY) / Math.sqrt(varianceX * varianceY);
  }
}

function deviation({ count, sumA, sumB }: Window): number {
  return count < 2 ? Number.NaN : Math.sqrt(Math.max(0, (sumB - (sumA * sumA) / count) / (count - 1)));
}
