import { itch50 } from '../decoders/itch50.js';
import { VenuewireError } from '../errors.js';
import { encode } from '../layout/index.js';
import { type Place, put } from '../layout/message-writer.js';
import { makeWriters } from './itch-writers.js';
import { Random } from './random.js';

/** Options of `ItchGenerator`. */
export interface ItchGeneratorOptions {
  readonly seed: number;
  /** Number of stocks, 1 to 60,000; default 20. */
  readonly symbols?: number;
  /** Messages in all, opening and closing ones included; at least `3 * symbols + 8`. */
  readonly messages: number;
  /** Most orders open at one time; default 100,000. */
  readonly openOrders?: number;
  /** Orders that are opened before any is deleted, so that so many stand from early on; default 0, below `openOrders`. */
  readonly standingOrders?: number;
  /**
   * How unevenly messages fall on the stocks: the exponent of Zipf's law, from 0 (evenly, the default) to 3. At 0.7 the
   * busiest of 8,000 has 2 % of the messages.
   */
  readonly symbolSkew?: number;
  /**
   * The part of the deletions, executions, replacements and cancellations that concern one of the newest orders, from 0
   * (all open orders alike, the default) to 1: half of them one of the newest √open.
   */
  readonly recency?: number;
}

/** An order that is open, as the generator keeps it: prices in units of 0.0001, as ITCH tells them. */
export interface GeneratedOrder {
  readonly reference: number;
  /** Number of the stock, from 0; messages know it by the next higher one (`stockLocate`). */
  readonly stock: number;
  readonly side: 'bid' | 'ask';
  readonly price: number;
  readonly shares: number;
}

/** The longest message the generator writes, in bytes. */
export const LONGEST_ITCH_MESSAGE = 64;

const HOUR = 3_600e9;
const SYSTEM_START = 3 * HOUR;
const MARKET_OPEN = 9.5 * HOUR;
const MARKET_CLOSE = 16 * HOUR;
const TICK = 100; // price4: one cent
const HIGHEST = 1_500_000_000;
const COLLAR = 50 * TICK;

const code = (character: string): number => character.charCodeAt(0);
const BUY = code('B');
const SELL = code('S');
const NORMAL = code('N');
const PASSIVE = code('P');
const ZERO = code('0');
const TIER_1 = code('1');
const TIER_2 = code('2');

/** Stock name number `i`: four letters or five, the first a Z. */
export function stockName(i: number): string {
  let name = '';
  for (let rest = i, k = 0; k < 3 || rest > 0; k++, rest = Math.floor(rest / 26)) {
    name = String.fromCharCode(65 + (rest % 26)) + name;
  }
  return `Z${name}`;
}

/** Parts per 10,000 of the trading day's messages, near to those of a real day. */
const MIX: readonly (readonly [kind: Kind, share: number])[] = [
  ['add', 3900],
  ['addWithMpid', 600],
  ['delete', 4000],
  ['replace', 700],
  ['execute', 380],
  ['executeWithPrice', 30],
  ['cancel', 200],
  ['trade', 80],
  ['imbalance', 60],
  ['tradingAction', 15],
  ['cross', 10],
  ['retailInterest', 10],
  ['participant', 5],
  ['collar', 5],
  ['regSho', 3],
  ['broken', 2],
];
type Kind =
  | 'add'
  | 'addWithMpid'
  | 'delete'
  | 'replace'
  | 'execute'
  | 'executeWithPrice'
  | 'cancel'
  | 'trade'
  | 'imbalance'
  | 'tradingAction'
  | 'cross'
  | 'retailInterest'
  | 'participant'
  | 'collar'
  | 'regSho'
  | 'broken';
const KINDS = MIX.map(([kind]) => kind);
const KIND_OF = new Uint8Array(10_000);
MIX.reduce((at, [, share], i) => {
  KIND_OF.fill(i, at, at + share);
  return at + share;
}, 0);

const MOST_SKEW = 3;

function zipf(n: number, exponent: number): Float64Array {
  const sums = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    sum += (i + 1) ** -exponent;
    sums[i] = sum;
  }
  return sums;
}

/** Which of them the part `u` of all the weight falls on. */
function drawn(sums: Float64Array, u: number): number {
  const wanted = u * (sums[sums.length - 1] as number);
  let low = 0;
  for (let high = sums.length - 1; low < high; ) {
    const middle = (low + high) >> 1;
    if ((sums[middle] as number) > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

type Writers = ReturnType<typeof makeWriters>;
let writers: Writers | undefined;

/** A share count as on a real day: mostly round lots, some odd ones. */
function lot(random: Random): number {
  const u = random.u32();
  return (u & 7) === 0 ? 1 + ((u >>> 3) % 99) : 100 * (1 + ((u >>> 3) % 10));
}

/**
 * A trading day of Nasdaq TotalView-ITCH 5.0 messages out of a seed: opening messages, a directory, trading actions and
 * short-sale states, then orders that are added, executed, cancelled, replaced and deleted, trades and imbalances, and
 * the closing messages. Order references live once and die once, executions never exceed what is left of an order,
 * timestamps never fall. Message bytes come from the itch50 table.
 */
export class ItchGenerator {
  /** Messages written so far. */
  written = 0;
  readonly messages: number;
  readonly symbols: number;
  readonly #random: Random;
  readonly #w: Writers;
  readonly #script: ((bytes: Uint8Array, view: DataView, offset: number) => number)[] = [];
  readonly #openOrdersMax: number;
  readonly #recency: number;
  /** Sums of the stocks' weights, where they differ. */
  readonly #weights: Float64Array | undefined;
  #standing: number;
  readonly #step: number;
  #now = SYSTEM_START;
  #match = 1;
  #nextReference = 1;
  // The stocks: name in two words, middle price.
  readonly #nameHigh: Uint32Array;
  readonly #nameLow: Uint32Array;
  readonly #middle: Int32Array;
  // Where buyers and sellers stay apart, whatever the middle does: without matching, only that keeps books uncrossed.
  readonly #divide: Int32Array;
  // The open orders, in no order: `#open` of them.
  #open = 0;
  #reference: Float64Array;
  #left: Uint32Array;
  #price4: Uint32Array;
  #stock: Uint16Array;
  #side: Uint8Array;
  readonly #own = new Uint8Array(LONGEST_ITCH_MESSAGE);
  readonly #ownView = new DataView(this.#own.buffer);
  #target: Uint8Array | undefined;
  #targetView: DataView | undefined;

  /** @throws VenuewireError `VW_SIMULATOR_OPTION` when the day does not fit into `messages`. */
  constructor(options: ItchGeneratorOptions) {
    const symbols = options.symbols ?? 20;
    const least = 3 * symbols + 8;
    if (!(symbols >= 1 && symbols <= 60_000) || !(options.messages >= least)) {
      throw new VenuewireError(
        'VW_SIMULATOR_OPTION',
        `A day of ${symbols} stocks cannot be told in ${options.messages} messages`,
        `Give 1 to 60,000 symbols and at least 3 * symbols + 8 messages (${least} here).`,
      );
    }
    writers ??= makeWriters();
    const w = writers;
    this.#w = w;
    this.messages = options.messages;
    this.symbols = symbols;
    this.#openOrdersMax = options.openOrders ?? 100_000;
    this.#standing = options.standingOrders ?? 0;
    if (!(this.#standing >= 0 && (this.#standing === 0 || this.#standing < this.#openOrdersMax))) {
      throw new VenuewireError(
        'VW_SIMULATOR_OPTION',
        `${this.#standing} orders cannot stand where at most ${this.#openOrdersMax} are open`,
        'Give standingOrders a number below openOrders.',
      );
    }
    const { symbolSkew = 0, recency = 0 } = options;
    if (!(symbolSkew >= 0 && symbolSkew <= MOST_SKEW) || !(recency >= 0 && recency <= 1)) {
      throw new VenuewireError(
        'VW_SIMULATOR_OPTION',
        `symbolSkew ${symbolSkew} or recency ${recency} is out of range`,
        `Give symbolSkew from 0 to ${MOST_SKEW} and recency from 0 to 1.`,
      );
    }
    this.#recency = recency;
    this.#weights = symbolSkew === 0 ? undefined : zipf(symbols, symbolSkew);
    this.#random = new Random(options.seed).fork('itch');
    this.#step = Math.min(1e6, ((MARKET_CLOSE - MARKET_OPEN) * 0.9) / options.messages);
    this.#nameHigh = new Uint32Array(symbols);
    this.#nameLow = new Uint32Array(symbols);
    this.#middle = new Int32Array(symbols);
    this.#divide = new Int32Array(symbols);
    for (let i = 0; i < symbols; i++) {
      const bytes = encode(itch50, 'stockDirectory', { stock: stockName(i) });
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      this.#nameHigh[i] = view.getUint32(w.directory.stock.at);
      this.#nameLow[i] = view.getUint32(w.directory.stock.at + 4);
      this.#middle[i] = this.#random.between(5, 500) * 100 * TICK;
      this.#divide[i] = this.#middle[i] as number;
    }
    const room = Math.min(this.#openOrdersMax, 4096);
    this.#reference = new Float64Array(room);
    this.#left = new Uint32Array(room);
    this.#price4 = new Uint32Array(room);
    this.#stock = new Uint16Array(room);
    this.#side = new Uint8Array(room);
    this.#opening();
  }

  /** Orders open after the last message written. */
  get openOrders(): number {
    return this.#open;
  }

  /** Calls `visit` for each order that is open after the last message written, in no order: what books must hold. */
  eachOpenOrder(visit: (order: GeneratedOrder) => void): void {
    for (let i = 0; i < this.#open; i++) {
      visit({
        reference: this.#reference[i] as number,
        stock: this.#stock[i] as number,
        side: this.#side[i] === BUY ? 'bid' : 'ask',
        price: this.#price4[i] as number,
        shares: this.#left[i] as number,
      });
    }
  }

  /** The next message in memory of its own, null after the last. */
  next(): Uint8Array | null {
    const length = this.#write(this.#own, this.#ownView, 0);
    return length === 0 ? null : this.#own.slice(0, length);
  }

  /**
   * Writes the next message at `offset`; `LONGEST_ITCH_MESSAGE` bytes of room are enough.
   * @returns its length in bytes, 0 after the last message.
   */
  writeInto(target: Uint8Array, offset: number): number {
    if (this.#target !== target) {
      this.#target = target;
      this.#targetView = new DataView(target.buffer, target.byteOffset, target.byteLength);
    }
    return this.#write(target, this.#targetView as DataView, offset);
  }

  #opening(): void {
    const w = this.#w;
    const at = (time: number): void => {
      this.#now = Math.max(this.#now, time);
    };
    const event = (code: string, time: number) => (bytes: Uint8Array, view: DataView, o: number) => {
      at(time);
      const n = w.systemEvent.writer.begin(bytes, o);
      put(view, o, w.systemEvent.eventCode, code.charCodeAt(0));
      return this.#head(view, o, 0, n);
    };
    const say = this.#script;
    say.push(event('O', SYSTEM_START));
    for (let i = 0; i < this.symbols; i++) {
      say.push((bytes, view, o) => {
        const n = w.directory.writer.begin(bytes, o);
        put(view, o, w.directory.tier, i % 3 === 0 ? TIER_2 : TIER_1);
        return this.#named(view, o, w.directory.stock, i, n);
      });
    }
    for (let i = 0; i < this.symbols; i++) say.push((bytes, view, o) => this.#tradingAction(bytes, view, o, i, 'T'));
    for (let i = 0; i < this.symbols; i++) say.push((bytes, view, o) => this.#regSho(bytes, view, o, i, ZERO));
    say.push(event('S', 4 * HOUR));
    say.push((bytes, view, o) => this.#head(view, o, 0, w.decline.writer.begin(bytes, o)));
    say.push(event('Q', MARKET_OPEN));
    this.#closing = [event('M', MARKET_CLOSE), event('E', 20 * HOUR), event('C', 20.1 * HOUR)];
  }
  #closing: readonly ((bytes: Uint8Array, view: DataView, offset: number) => number)[] = [];

  #write(bytes: Uint8Array, view: DataView, offset: number): number {
    const i = this.written;
    if (i >= this.messages) return 0;
    this.written = i + 1;
    const scripted = this.#script[i];
    if (scripted !== undefined) return scripted(bytes, view, offset);
    const last = this.messages - i;
    const closing = this.#closing;
    if (last <= closing.length) {
      return (closing[closing.length - last] as (b: Uint8Array, v: DataView, o: number) => number)(bytes, view, offset);
    }
    return this.#trade(bytes, view, offset);
  }

  /** What every message has: locate, tracking number, timestamp. Returns `length`. */
  #head(view: DataView, o: number, locate: number, length: number): number {
    const w = this.#w.head;
    this.#now += Math.floor(this.#random.real() * 2 * this.#step);
    put(view, o, w.locate, locate);
    put(view, o, w.tracking, 0);
    put(view, o, w.timestamp, this.#now);
    return length;
  }

  #named(view: DataView, o: number, place: Place, stock: number, length: number): number {
    view.setUint32(o + place.at, this.#nameHigh[stock] as number);
    view.setUint32(o + place.at + 4, this.#nameLow[stock] as number);
    return this.#head(view, o, stock + 1, length);
  }

  #tradingAction(bytes: Uint8Array, view: DataView, o: number, stock: number, state: string): number {
    const w = this.#w.tradingAction;
    const n = w.writer.begin(bytes, o);
    put(view, o, w.state, state.charCodeAt(0));
    return this.#named(view, o, w.stock, stock, n);
  }

  #regSho(bytes: Uint8Array, view: DataView, o: number, stock: number, action: number): number {
    const w = this.#w.regSho;
    const n = w.writer.begin(bytes, o);
    put(view, o, w.action, action);
    return this.#named(view, o, w.stock, stock, n);
  }

  /** A price some ticks away from the stock's middle, on the side's side of it. */
  #price(stock: number, buy: boolean): number {
    const away = (1 + this.#random.below(20)) * TICK;
    const middle = this.#middle[stock] as number;
    const divide = this.#divide[stock] as number;
    return Math.max(TICK, buy ? Math.min(middle, divide) - away : Math.max(middle, divide) + away);
  }

  #insert(reference: number, shares: number, stock: number, side: number, price: number): void {
    const i = this.#open;
    if (i === this.#reference.length) {
      const room = Math.min(this.#openOrdersMax, i * 2);
      const grow = <T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(from: T, to: T): T => {
        to.set(from);
        return to;
      };
      this.#reference = grow(this.#reference, new Float64Array(room));
      this.#left = grow(this.#left, new Uint32Array(room));
      this.#price4 = grow(this.#price4, new Uint32Array(room));
      this.#stock = grow(this.#stock, new Uint16Array(room));
      this.#side = grow(this.#side, new Uint8Array(room));
    }
    this.#reference[i] = reference;
    this.#left[i] = shares;
    this.#price4[i] = price;
    this.#stock[i] = stock;
    this.#side[i] = side;
    this.#open = i + 1;
  }

  #remove(i: number): void {
    const last = --this.#open;
    this.#reference[i] = this.#reference[last] as number;
    this.#left[i] = this.#left[last] as number;
    this.#price4[i] = this.#price4[last] as number;
    this.#stock[i] = this.#stock[last] as number;
    this.#side[i] = this.#side[last] as number;
  }

  #newReference(): number {
    this.#nextReference += 1 + this.#random.below(7);
    return this.#nextReference;
  }

  /** What happens next: of what is there to happen. */
  #kind(): Kind {
    const kind = KINDS[KIND_OF[this.#random.below(10_000)] as number] as Kind;
    if (
      this.#open === 0 &&
      (kind === 'delete' || kind === 'replace' || kind === 'cancel' || kind.startsWith('execute'))
    )
      return 'add';
    if (this.#open >= this.#openOrdersMax && (kind === 'add' || kind === 'addWithMpid')) return 'delete';
    if (this.#standing === 0 || kind !== 'delete') return kind;
    if (this.#open < this.#standing) return 'add';
    this.#standing = 0; // once so many stand, the mix is that of any day
    return kind;
  }

  /** An open order: any, or one of the newest, which stand last. */
  #known(): number {
    const random = this.#random;
    if (this.#recency === 0 || random.real() >= this.#recency) return random.below(this.#open);
    return this.#open - Math.floor(this.#open ** random.real());
  }

  #trade(bytes: Uint8Array, view: DataView, o: number): number {
    const random = this.#random;
    const kind = this.#kind();
    const order = this.#open === 0 ? 0 : this.#known();
    const stock = this.#weights === undefined ? random.below(this.symbols) : drawn(this.#weights, random.real());
    switch (kind) {
      case 'add':
        return this.#add(this.#w.add, bytes, view, o, stock);
      case 'addWithMpid':
        return this.#add(this.#w.addWithMpid, bytes, view, o, stock);
      case 'delete':
        return this.#delete(bytes, view, o, order);
      case 'replace':
        return this.#replace(bytes, view, o, order);
      case 'execute':
        return this.#execute(bytes, view, o, order, false);
      case 'executeWithPrice':
        return this.#execute(bytes, view, o, order, true);
      case 'cancel':
        return this.#cancel(bytes, view, o, order, stock);
      case 'trade':
        return this.#unbooked(this.#w.trade, bytes, view, o, stock, lot(random));
      case 'cross':
        return this.#unbooked(this.#w.cross, bytes, view, o, stock, 100 * random.below(100_000));
      case 'imbalance':
        return this.#imbalance(bytes, view, o, stock);
      case 'collar':
        return this.#collar(bytes, view, o, stock);
      case 'tradingAction':
        return this.#tradingAction(bytes, view, o, stock, random.below(2) === 0 ? 'H' : 'T');
      case 'participant': {
        const p = this.#w.participant;
        const n = p.writer.begin(bytes, o);
        put(view, o, p.mode, random.below(2) === 0 ? NORMAL : PASSIVE);
        return this.#named(view, o, p.stock, stock, n);
      }
      case 'regSho':
        return this.#regSho(bytes, view, o, stock, ZERO + random.below(3));
      case 'broken': {
        const { broken } = this.#w;
        const n = broken.writer.begin(bytes, o);
        put(view, o, broken.match, random.below(this.#match));
        return this.#head(view, o, stock + 1, n);
      }
      case 'retailInterest':
        return this.#retail(bytes, view, o, stock);
    }
  }

  #add(
    p: Writers['add'] | Writers['addWithMpid'],
    bytes: Uint8Array,
    view: DataView,
    o: number,
    stock: number,
  ): number {
    const random = this.#random;
    const buy = (random.u32() & 1) === 0;
    if (random.below(16) === 0) {
      const moved = (this.#middle[stock] as number) + (random.below(3) - 1) * TICK;
      this.#middle[stock] = Math.min(HIGHEST, Math.max(100 * TICK, moved));
    }
    const n = p.writer.begin(bytes, o);
    const reference = this.#newReference();
    const shares = lot(random);
    const side = buy ? BUY : SELL;
    put(view, o, p.reference, reference);
    put(view, o, p.side, side);
    put(view, o, p.shares, shares);
    const price = this.#price(stock, buy);
    put(view, o, p.price, price);
    this.#insert(reference, shares, stock, side, price);
    return this.#named(view, o, p.stock, stock, n);
  }

  #delete(bytes: Uint8Array, view: DataView, o: number, order: number): number {
    const { remove } = this.#w;
    const n = remove.writer.begin(bytes, o);
    put(view, o, remove.reference, this.#reference[order] as number);
    const locate = (this.#stock[order] as number) + 1;
    this.#remove(order);
    return this.#head(view, o, locate, n);
  }

  #replace(bytes: Uint8Array, view: DataView, o: number, order: number): number {
    const p = this.#w.replace;
    const n = p.writer.begin(bytes, o);
    const reference = this.#newReference();
    const shares = lot(this.#random);
    put(view, o, p.original, this.#reference[order] as number);
    put(view, o, p.reference, reference);
    put(view, o, p.shares, shares);
    const price = this.#price(this.#stock[order] as number, this.#side[order] === BUY);
    put(view, o, p.price, price);
    this.#reference[order] = reference;
    this.#left[order] = shares;
    this.#price4[order] = price;
    return this.#head(view, o, (this.#stock[order] as number) + 1, n);
  }

  #execute(bytes: Uint8Array, view: DataView, o: number, order: number, priced: boolean): number {
    const random = this.#random;
    const left = this.#left[order] as number;
    const shares = random.below(2) === 0 ? left : 1 + random.below(left);
    const locate = (this.#stock[order] as number) + 1;
    const p = priced ? this.#w.executeWithPrice : this.#w.execute;
    const n = p.writer.begin(bytes, o);
    put(view, o, p.reference, this.#reference[order] as number);
    put(view, o, p.shares, shares);
    put(view, o, p.match, this.#match++);
    if (priced) put(view, o, this.#w.executeWithPrice.price, this.#middle[locate - 1] as number);
    if (shares === left) this.#remove(order);
    else this.#left[order] = left - shares;
    return this.#head(view, o, locate, n);
  }

  /** An order of one share has nothing to cancel: something else is told. */
  #cancel(bytes: Uint8Array, view: DataView, o: number, order: number, stock: number): number {
    const left = this.#left[order] as number;
    if (left < 2) return this.#retail(bytes, view, o, stock);
    const { cancel } = this.#w;
    const shares = 1 + this.#random.below(left - 1);
    const n = cancel.writer.begin(bytes, o);
    put(view, o, cancel.reference, this.#reference[order] as number);
    put(view, o, cancel.shares, shares);
    this.#left[order] = left - shares;
    return this.#head(view, o, (this.#stock[order] as number) + 1, n);
  }

  /** A trade of orders that no book shows. */
  #unbooked(
    p: Writers['trade'] | Writers['cross'],
    bytes: Uint8Array,
    view: DataView,
    o: number,
    stock: number,
    shares: number,
  ): number {
    const n = p.writer.begin(bytes, o);
    put(view, o, p.shares, shares);
    put(view, o, p.price, this.#middle[stock] as number);
    put(view, o, p.match, this.#match++);
    return this.#named(view, o, p.stock, stock, n);
  }

  #imbalance(bytes: Uint8Array, view: DataView, o: number, stock: number): number {
    const random = this.#random;
    const p = this.#w.imbalance;
    const n = p.writer.begin(bytes, o);
    put(view, o, p.paired, 100 * random.below(10_000));
    put(view, o, p.imbalance, 100 * random.below(1_000));
    put(view, o, p.far, this.#price(stock, true));
    put(view, o, p.near, this.#price(stock, false));
    put(view, o, p.reference, this.#middle[stock] as number);
    return this.#named(view, o, p.stock, stock, n);
  }

  #collar(bytes: Uint8Array, view: DataView, o: number, stock: number): number {
    const p = this.#w.collar;
    const n = p.writer.begin(bytes, o);
    const middle = this.#middle[stock] as number;
    put(view, o, p.reference, middle);
    put(view, o, p.upper, middle + COLLAR);
    put(view, o, p.lower, Math.max(TICK, middle - COLLAR));
    put(view, o, p.extension, this.#random.below(3));
    return this.#named(view, o, p.stock, stock, n);
  }

  #retail(bytes: Uint8Array, view: DataView, o: number, stock: number): number {
    const p = this.#w.retail;
    return this.#named(view, o, p.stock, stock, p.writer.begin(bytes, o));
  }
}
