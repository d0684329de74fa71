import { itch50 } from '../decoders/itch50.js';
import { VenuewireError } from '../errors.js';
import { encode } from '../layout/index.js';

interface OpenOrder {
  locate: number;
  side: string;
  shares: number;
  stock: string;
  price: number;
  mpid: string | undefined;
}

const directory = itch50.indexOf('stockDirectory');
const tradingAction = itch50.indexOf('stockTradingAction');
const regSho = itch50.indexOf('regShoRestriction');
const addOrder = itch50.indexOf('addOrder');
const addOrderWithMpid = itch50.indexOf('addOrderWithMpid');
const executed = itch50.indexOf('orderExecuted');
const executedWithPrice = itch50.indexOf('orderExecutedWithPrice');
const cancel = itch50.indexOf('orderCancel');
const remove = itch50.indexOf('orderDelete');
const replace = itch50.indexOf('orderReplace');

/** A 64-bit reference as a map key: exact, because generators and venues stay below 2^53. */
const key = (high: number, low: number): number => high * 0x1_0000_0000 + low;

/**
 * The state that ITCH 5.0 messages build up: stock directory, trading and short-sale states, open orders. It is read off
 * the messages alone, so it serves captured days as well as generated ones, and holds a generator to its word.
 */
export class ItchBook {
  /** Contradictions met: unknown or repeated references, executions and cancels of more than is left. */
  faults = 0;
  readonly #directory = new Map<number, Uint8Array>();
  readonly #actions = new Map<number, Uint8Array>();
  readonly #regSho = new Map<number, Uint8Array>();
  readonly #orders = new Map<number, OpenOrder>();
  #time = 0;
  readonly #views = {
    head: itch50.view('orderDelete'),
    add: itch50.view('addOrder'),
    addWithMpid: itch50.view('addOrderWithMpid'),
    executed: itch50.view('orderExecuted'),
    executedWithPrice: itch50.view('orderExecutedWithPrice'),
    cancel: itch50.view('orderCancel'),
    replace: itch50.view('orderReplace'),
  };

  get openOrders(): number {
    return this.#orders.size;
  }

  #reduce(reference: number, shares: number): void {
    const order = this.#orders.get(reference);
    if (order === undefined || shares > order.shares) {
      this.faults++;
      return;
    }
    order.shares -= shares;
    if (order.shares === 0) this.#orders.delete(reference);
  }

  /** Takes one message; ones that change nothing here are passed over. */
  apply(message: Uint8Array): void {
    const data = new DataView(message.buffer, message.byteOffset, message.byteLength);
    const length = message.length;
    const index = itch50.messageIndex(data, 0, length);
    if (index < 0 || itch50.lengthCheck(index, length) !== 'ok') {
      this.faults++;
      return;
    }
    const v = this.#views;
    const head = v.head.bind(data, 0, length);
    this.#time = head.timestamp;
    switch (index) {
      case directory:
        this.#directory.set(head.stockLocate, message.slice());
        return;
      case tradingAction:
        this.#actions.set(head.stockLocate, message.slice());
        return;
      case regSho:
        this.#regSho.set(head.stockLocate, message.slice());
        return;
      case addOrder:
      case addOrderWithMpid: {
        const m = v.add.bind(data, 0, length);
        const reference = key(m.orderReferenceNumberHigh, m.orderReferenceNumberLow);
        if (this.#orders.has(reference)) this.faults++;
        this.#orders.set(reference, {
          locate: m.stockLocate,
          side: m.buySellIndicator,
          shares: m.shares,
          stock: m.stock,
          price: m.price,
          mpid: index === addOrder ? undefined : v.addWithMpid.bind(data, 0, length).attribution,
        });
        return;
      }
      case executed: {
        const m = v.executed.bind(data, 0, length);
        this.#reduce(key(m.orderReferenceNumberHigh, m.orderReferenceNumberLow), m.executedShares);
        return;
      }
      case executedWithPrice: {
        const m = v.executedWithPrice.bind(data, 0, length);
        this.#reduce(key(m.orderReferenceNumberHigh, m.orderReferenceNumberLow), m.executedShares);
        return;
      }
      case cancel: {
        const m = v.cancel.bind(data, 0, length);
        this.#reduce(key(m.orderReferenceNumberHigh, m.orderReferenceNumberLow), m.canceledShares);
        return;
      }
      case remove: {
        if (!this.#orders.delete(key(head.orderReferenceNumberHigh, head.orderReferenceNumberLow))) this.faults++;
        return;
      }
      case replace: {
        const m = v.replace.bind(data, 0, length);
        const old = key(m.originalOrderReferenceNumberHigh, m.originalOrderReferenceNumberLow);
        const order = this.#orders.get(old);
        const reference = key(m.newOrderReferenceNumberHigh, m.newOrderReferenceNumberLow);
        if (order === undefined || this.#orders.has(reference)) {
          this.faults++;
          return;
        }
        this.#orders.delete(old);
        this.#orders.set(reference, { ...order, shares: m.shares, price: m.price });
        return;
      }
    }
  }

  /**
   * The state as messages, in the order in which GLIMPSE sends them: directory, trading actions, short-sale states,
   * open orders as Add Order messages with what is left of them.
   */
  snapshot(): Uint8Array[] {
    const byLocate = (map: Map<number, Uint8Array>): Uint8Array[] =>
      [...map.entries()].sort((a, b) => a[0] - b[0]).map(([, message]) => message);
    const out = [...byLocate(this.#directory), ...byLocate(this.#actions), ...byLocate(this.#regSho)];
    for (const [reference, order] of this.#orders) {
      const common = {
        stockLocate: order.locate,
        timestamp: this.#time,
        orderReferenceNumber: reference,
        buySellIndicator: order.side,
        shares: order.shares,
        stock: order.stock,
        price: order.price,
      };
      out.push(
        order.mpid === undefined
          ? encode(itch50, 'addOrder', common)
          : encode(itch50, 'addOrderWithMpid', { ...common, attribution: order.mpid }),
      );
    }
    return out;
  }
}

/** What a book is read from. */
export interface MessageList {
  readonly first: number;
  readonly next: number;
  message(sequence: number): Uint8Array;
}

/**
 * The book as of just before message `sequence`. Asking for rising numbers is cheap; a falling one starts over.
 * @throws VenuewireError `VW_SIMULATOR_RANGE` when the list does not reach that far.
 */
export class BookAt {
  #book = new ItchBook();
  #next: number;
  constructor(readonly messages: MessageList) {
    this.#next = messages.first;
  }

  at(sequence: number): ItchBook {
    if (sequence > this.messages.next) {
      throw new VenuewireError(
        'VW_SIMULATOR_RANGE',
        `The history ends before ${sequence}`,
        'Ask for a number that the venue has used.',
      );
    }
    if (sequence < this.#next) {
      this.#book = new ItchBook();
      this.#next = this.messages.first;
    }
    while (this.#next < sequence) this.#book.apply(this.messages.message(this.#next++));
    return this.#book;
  }
}
