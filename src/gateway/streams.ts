/**
 * Streams that clients subscribe to. A stream knows what it is now and what changed lately; where each subscription stands is
 * one number. Whoever is behind, because it was away, is slow or wants less, gets from there to now in one step.
 */
import { randomUUID } from 'node:crypto';
import type { BookSideName } from '../books/books.js';
import { Update } from './update.js';
import type { WireDepth, WireLevel, WireLevelChange, WireNotice, WireState, WireTop, WireTrade } from './wire.js';

/** What a stream asks of its venue. */
export interface TopSource {
  top(): WireTop;
}
export interface DepthSource {
  depth(levels: number): WireDepth;
}

export interface Stream {
  readonly session: string;
  /** Of the last change; a subscription that has it has everything. */
  readonly sequence: number;
  /** Looks whether something has changed. */
  look(): boolean;
  /** Where a new subscription begins: 0, before everything, unless only what comes from now on counts. */
  readonly begin: number;
  /** What leads from `after` to now; none: nothing is to be told. */
  updates(after: number): readonly Update[];
}

/** A value of which only the latest counts. */
abstract class LatestStream<T> implements Stream {
  readonly session = randomUUID();
  sequence = 0;
  readonly begin = 0;
  #told = '';
  #update: Update | undefined;
  protected abstract now(): T;
  protected abstract message(sequence: number, value: T): Update;

  look(): boolean {
    const value = this.now();
    const text = JSON.stringify(value);
    if (text === this.#told) return false;
    this.#told = text;
    this.sequence++;
    this.#update = this.message(this.sequence, value);
    return true;
  }
  updates(after: number): readonly Update[] {
    return after === this.sequence || this.#update === undefined ? [] : [this.#update];
  }
}

export class TopStream extends LatestStream<WireTop> {
  constructor(readonly source: TopSource) {
    super();
  }
  protected now(): WireTop {
    return this.source.top();
  }
  protected message(sequence: number, top: WireTop): Update {
    return new Update({ type: 'top', sequence, top });
  }
}

export class StateStream extends LatestStream<WireState> {
  constructor(readonly state: () => WireState) {
    super();
  }
  protected now(): WireState {
    return this.state();
  }
  protected message(sequence: number, state: WireState): Update {
    return new Update({ type: 'state', sequence, state });
  }
}

interface Delta {
  readonly sequence: number;
  readonly levels: readonly WireLevelChange[];
  /** Of them, those whose prices were not there before, as `keyOf` names them. */
  readonly fresh: ReadonlySet<string>;
}

const NO_SIZE = '0';
type Told = Map<string, WireLevel>;

const keyOf = ([side, price]: readonly [BookSideName, string, ...unknown[]]): string => side + price;

/** What of a side is another than it was told; `told` is as it is then, `fresh` gets the prices that are new. */
function difference(
  side: BookSideName,
  now: readonly WireLevel[],
  told: Told,
  into: WireLevelChange[],
  fresh: Set<string>,
): void {
  const prices = new Set<string>();
  const changed: WireLevelChange[] = [];
  for (const level of now) {
    const [price, size, orders] = level;
    prices.add(price);
    const was = told.get(price);
    if (was !== undefined && was[1] === size && was[2] === orders) continue;
    if (was === undefined) fresh.add(keyOf([side, price]));
    told.set(price, level);
    changed.push([side, price, size, orders]);
  }
  if (told.size > prices.size) {
    for (const price of told.keys()) {
      if (prices.has(price)) continue;
      told.delete(price);
      into.push([side, price, NO_SIZE, 0]);
    }
  }
  into.push(...changed);
}

const isGone = ([, , size]: WireLevelChange): boolean => size === NO_SIZE;
/** Those that are gone first, so that a book never holds more levels than it has. */
const goneFirst = (levels: readonly WireLevelChange[]): WireLevelChange[] => [
  ...levels.filter(isGone),
  ...levels.filter((level) => !isGone(level)),
];

/** A book: an image, and what changed since. */
export class DepthStream implements Stream {
  readonly session = randomUUID();
  sequence = 0;
  readonly begin = 0;
  #depth: WireDepth = { bids: [], asks: [], stale: false, crossed: false };
  readonly #told = { bid: new Map() as Told, ask: new Map() as Told };
  readonly #deltas: Delta[] = [];
  /** Of this sequence, by where they begin. */
  readonly #made = new Map<number, Update>();

  constructor(
    readonly source: DepthSource,
    readonly levels: number,
    readonly history: number,
  ) {}

  look(): boolean {
    const depth = this.source.depth(this.levels);
    const levels: WireLevelChange[] = [];
    const fresh = new Set<string>();
    difference('bid', depth.bids, this.#told.bid, levels, fresh);
    difference('ask', depth.asks, this.#told.ask, levels, fresh);
    const { stale, crossed } = this.#depth;
    const isSame = levels.length === 0 && depth.stale === stale && depth.crossed === crossed;
    if (isSame && this.sequence > 0) return false;
    this.#depth = depth;
    this.sequence++;
    this.#made.clear();
    this.#deltas.push({ sequence: this.sequence, levels, fresh });
    if (this.#deltas.length > this.history) this.#deltas.shift();
    return true;
  }

  updates(after: number): readonly Update[] {
    if (after === this.sequence) return [];
    let update = this.#made.get(after);
    if (update === undefined) {
      update = this.#from(after);
      this.#made.set(after, update);
    }
    return [update];
  }

  #from(after: number): Update {
    const { sequence } = this;
    const first = this.#deltas[0]?.sequence ?? 0;
    if (after <= 0 || after > sequence || after + 1 < first) return this.#image();
    const merged = new Map<string, WireLevelChange>();
    // Prices that were not there at `after`: those that are gone again need not be told.
    const came = new Set<string>();
    for (const { levels, fresh } of this.#deltas.slice(after + 1 - first)) {
      for (const level of levels) {
        const key = keyOf(level);
        if (!merged.has(key) && fresh.has(key)) came.add(key);
        merged.set(key, level);
      }
    }
    for (const key of came) if (isGone(merged.get(key) as WireLevelChange)) merged.delete(key);
    // Of a book that has become small, the image is shorter.
    const { bids, asks, stale, crossed } = this.#depth;
    if (merged.size > 2 * (bids.length + asks.length)) return this.#image();
    const levels = goneFirst([...merged.values()]);
    return new Update({ type: 'delta', after, sequence, levels, stale, crossed });
  }
  #image(): Update {
    return new Update({ type: 'snapshot', sequence: this.sequence, depth: this.#depth });
  }
}

/** Where records are kept that are told each. */
export interface Records<T> {
  readonly session: string;
  /** Of the last one. */
  sequence(): number;
  /** Those behind `after` that are still there, oldest first. */
  after(after: number): readonly T[];
}

/** Records: each is told, or that it was passed over. */
export class RecordStream<T extends { readonly sequence: number }> implements Stream {
  sequence: number;
  readonly #made = new Map<number, readonly Update[]>();
  constructor(
    readonly records: Records<T>,
    readonly message: (sequence: number, records: readonly T[]) => Update,
  ) {
    this.sequence = records.sequence();
  }
  get session(): string {
    return this.records.session;
  }
  get begin(): number {
    return this.sequence;
  }
  look(): boolean {
    const sequence = this.records.sequence();
    if (sequence === this.sequence) return false;
    this.sequence = sequence;
    this.#made.clear();
    return true;
  }
  updates(after: number): readonly Update[] {
    if (after >= this.sequence) return [];
    const kept = this.#made.get(after);
    if (kept !== undefined) return kept;
    const there = this.records.after(after).filter(({ sequence }) => sequence <= this.sequence);
    const first = there[0]?.sequence ?? this.sequence + 1;
    const updates: Update[] = [];
    if (first > after + 1) updates.push(new Update({ type: 'passedOver', from: after + 1, to: first - 1 }));
    if (there.length > 0) updates.push(this.message(this.sequence, there));
    this.#made.set(after, updates);
    return updates;
  }
}

export const tradesMessage = (sequence: number, trades: readonly WireTrade[]): Update =>
  new Update({ type: 'trades', sequence, trades });
export const noticesMessage = (sequence: number, notices: readonly WireNotice[]): Update =>
  new Update({ type: 'notices', sequence, notices });
