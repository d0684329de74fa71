/** What instruments are called, by their numbers in the books: for lines, tables and files of events. */
import { type Books, BY_ORDER, IMPLIED } from './books.js';

/** Which book of an instrument: the real one, that of implied interest, that of orders beside the venue's levels. */
export type BookOfInstrument = 'real' | 'implied' | 'orders';

export interface InstrumentName {
  /** The venue's key as text: its number, or its symbol. */
  readonly key: string;
  /** '' where the venue has not told it. */
  readonly symbol: string;
  readonly book: BookOfInstrument;
}

const KEY_BYTES = 8;

/** A key of characters as text. */
export function keyText(key: bigint, isText: boolean): string {
  if (!isText) return key.toString();
  const bytes = Buffer.alloc(KEY_BYTES);
  bytes.writeBigUInt64BE(key);
  return bytes.toString('latin1').trimEnd();
}

/** Names are kept; `told` says that a definition may have changed one. */
export class InstrumentNames {
  readonly #names: (InstrumentName | undefined)[] = [];
  #keys: BigUint64Array = new BigUint64Array(0);
  constructor(readonly books: Books) {}

  of(number: number): InstrumentName {
    const kept = this.#names[number];
    if (kept !== undefined && kept.symbol !== '') return kept;
    if (number >= this.#keys.length) this.#keys = this.books.keys();
    const name = this.#read(number, this.#keys[number] as bigint);
    this.#names[number] = name;
    return name;
  }

  told(number: number): void {
    this.#names[number] = undefined;
  }

  #read(number: number, key: bigint): InstrumentName {
    const symbol = this.books.name(number);
    if (this.books.keyedByText) return { key: symbol === '' ? keyText(key, true) : symbol, symbol, book: 'real' };
    const book = (key & IMPLIED) !== 0n ? 'implied' : (key & BY_ORDER) !== 0n ? 'orders' : 'real';
    const own = book === 'real' ? key : key & ~(book === 'implied' ? IMPLIED : BY_ORDER);
    return { key: own.toString(), symbol, book };
  }
}
