/** Top of book of ITCH messages: orders by reference, shares by price. For the demo's screen. */
import type { View } from '../layout/index.js';

interface Order {
  readonly book: Book;
  readonly buy: boolean;
  readonly price: number;
  shares: number;
}

class Book {
  stock = '';
  orders = 0;
  trades = 0;
  lastPrice = 0;
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  constructor(readonly locate: number) {}
}

export interface TopOfBook {
  readonly stock: string;
  readonly bid: number | undefined;
  readonly bidShares: number;
  readonly ask: number | undefined;
  readonly askShares: number;
  readonly last: number;
  readonly orders: number;
  readonly trades: number;
}

interface ItchFields {
  readonly stockLocate: number;
  readonly stock: string;
  readonly orderReferenceNumberHigh: number;
  readonly orderReferenceNumberLow: number;
  readonly originalOrderReferenceNumberHigh: number;
  readonly originalOrderReferenceNumberLow: number;
  readonly newOrderReferenceNumberHigh: number;
  readonly newOrderReferenceNumberLow: number;
  readonly buySellIndicator: string;
  readonly shares: number;
  readonly price: number;
  readonly executedShares: number;
  readonly executionPrice: number;
  readonly canceledShares: number;
}

const key = (high: number, low: number): number => high * 0x1_0000_0000 + low;

/** The books of all stocks; `handlers` are what a feed calls. */
export class TopBooks {
  readonly #books = new Map<number, Book>();
  readonly #orders = new Map<number, Order>();

  readonly handlers: Readonly<Record<string, (message: View) => void>> = {
    stockDirectory: (m) => {
      const v = m as unknown as ItchFields;
      this.#book(v.stockLocate).stock = v.stock;
    },
    addOrder: (m) => this.#add(m as unknown as ItchFields),
    addOrderWithMpid: (m) => this.#add(m as unknown as ItchFields),
    orderExecuted: (m) => {
      const v = m as unknown as ItchFields;
      this.#trade(v, v.executedShares, undefined);
    },
    orderExecutedWithPrice: (m) => {
      const v = m as unknown as ItchFields;
      this.#trade(v, v.executedShares, v.executionPrice);
    },
    orderCancel: (m) => {
      const v = m as unknown as ItchFields;
      this.#reduce(key(v.orderReferenceNumberHigh, v.orderReferenceNumberLow), v.canceledShares);
    },
    orderDelete: (m) => {
      const v = m as unknown as ItchFields;
      this.#reduce(key(v.orderReferenceNumberHigh, v.orderReferenceNumberLow), Number.POSITIVE_INFINITY);
    },
    orderReplace: (m) => {
      const v = m as unknown as ItchFields;
      const old = this.#reduce(
        key(v.originalOrderReferenceNumberHigh, v.originalOrderReferenceNumberLow),
        Number.POSITIVE_INFINITY,
      );
      if (old === undefined) return;
      this.#place(
        key(v.newOrderReferenceNumberHigh, v.newOrderReferenceNumberLow),
        old.book,
        old.buy,
        v.price,
        v.shares,
      );
    },
  };

  #book(locate: number): Book {
    let book = this.#books.get(locate);
    if (book === undefined) {
      book = new Book(locate);
      this.#books.set(locate, book);
    }
    return book;
  }

  #add(v: ItchFields): void {
    const book = this.#book(v.stockLocate);
    if (book.stock === '') book.stock = v.stock;
    const reference = key(v.orderReferenceNumberHigh, v.orderReferenceNumberLow);
    this.#place(reference, book, v.buySellIndicator === 'B', v.price, v.shares);
  }

  #place(reference: number, book: Book, buy: boolean, price: number, shares: number): void {
    this.#orders.set(reference, { book, buy, price, shares });
    const side = buy ? book.bids : book.asks;
    side.set(price, (side.get(price) ?? 0) + shares);
    book.orders++;
  }

  #trade(v: ItchFields, shares: number, price: number | undefined): void {
    const order = this.#reduce(key(v.orderReferenceNumberHigh, v.orderReferenceNumberLow), shares);
    if (order === undefined) return;
    order.book.trades++;
    order.book.lastPrice = price ?? order.price;
  }

  /** Takes shares off an order; returns it, undefined when it is not known. */
  #reduce(reference: number, shares: number): Order | undefined {
    const order = this.#orders.get(reference);
    if (order === undefined) return undefined;
    const taken = Math.min(shares, order.shares);
    order.shares -= taken;
    const side = order.buy ? order.book.bids : order.book.asks;
    const left = (side.get(order.price) ?? 0) - taken;
    if (left > 0) side.set(order.price, left);
    else side.delete(order.price);
    if (order.shares === 0) {
      this.#orders.delete(reference);
      order.book.orders--;
    }
    return order;
  }

  /** The `most` busiest stocks. */
  top(most: number): TopOfBook[] {
    return [...this.#books.values()]
      .filter((b) => b.stock !== '')
      .sort((a, b) => b.trades - a.trades || b.orders - a.orders || a.locate - b.locate)
      .slice(0, most)
      .map((b) => {
        const bid = best(b.bids, (a, c) => a > c);
        const ask = best(b.asks, (a, c) => a < c);
        return {
          stock: b.stock,
          bid,
          bidShares: bid === undefined ? 0 : (b.bids.get(bid) ?? 0),
          ask,
          askShares: ask === undefined ? 0 : (b.asks.get(ask) ?? 0),
          last: b.lastPrice,
          orders: b.orders,
          trades: b.trades,
        };
      })
      .sort((a, b) => (a.stock < b.stock ? -1 : 1));
  }
}

function best(side: ReadonlyMap<number, number>, better: (a: number, b: number) => boolean): number | undefined {
  let found: number | undefined;
  for (const price of side.keys()) if (found === undefined || better(price, found)) found = price;
  return found;
}
