/** How venues that send text speak, and books whose truth is known. */
import { crc32 } from '../../internet/crc32.js';
import { Random } from '../random.js';

export type Side = 'bids' | 'asks';
export type Level = readonly [price: string, size: string];
const PRICE_DIGITS = 1;
const SIZE_DIGITS = 8;
/** Changes that a book remembers. */
const LOG_MOST = 1_000;

/** The true book of an instrument: ticks by price, at most `depth` levels of each side. */
export class TrueBook {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  /** Of the last change. */
  sequence = 100;
  /** The venue's clock. */
  timeMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  /** What has changed, oldest first. */
  readonly log: { readonly sequence: number; readonly side: Side; readonly level: Level }[] = [];
  readonly #random: Random;
  constructor(
    readonly symbol: string,
    readonly depth: number,
    seed: number,
  ) {
    this.#random = new Random(seed).fork(symbol);
    for (let i = 0; i < Math.min(depth, 10); i++) {
      this.bids.set(10_000 - i, this.#size());
      this.asks.set(10_001 + i, this.#size());
    }
  }
  #below = (n: number): number => this.#random.below(n);
  #size(): number {
    return 1 + this.#below(500_000_000);
  }

  side(side: Side): [number, number][] {
    return [...this[side]].sort(([a], [b]) => (side === 'bids' ? b - a : a - b)).slice(0, this.depth);
  }
  levels(side: Side): Level[] {
    return this.side(side).map(([price, size]) => [
      (price / 10).toFixed(PRICE_DIGITS),
      (size / 1e8).toFixed(SIZE_DIGITS),
    ]);
  }

  /** Changes a level; what leaves the depth is gone, as for a client who cuts. */
  change(): { side: Side; level: Level } {
    const side: Side = this.#below(2) === 0 ? 'bids' : 'asks';
    const book = this[side];
    const base = side === 'bids' ? 10_000 : 10_001;
    const price = base + (side === 'bids' ? -1 : 1) * this.#below(Math.min(this.depth, 20) + 3);
    const size = book.has(price) && book.size > 3 && this.#below(3) === 0 ? 0 : this.#size();
    if (size === 0) book.delete(price);
    else book.set(price, size);
    for (const [p] of [...book].sort(([a], [b]) => (side === 'bids' ? b - a : a - b)).slice(this.depth)) book.delete(p);
    const level: Level = [(price / 10).toFixed(PRICE_DIGITS), (size / 1e8).toFixed(SIZE_DIGITS)];
    this.log.push({ sequence: ++this.sequence, side, level });
    if (this.log.length > LOG_MOST) this.log.shift();
    return { side, level };
  }

  /** As Kraken says it: digits without point and leading zeros, asks then bids; by the zlib of Node. */
  checksum(): number {
    const text = (['asks', 'bids'] as const)
      .flatMap((side) => this.levels(side).slice(0, 10))
      .flat()
      .map((t) => t.replace('.', '').replace(/^0+/, ''))
      .join('');
    return crc32(text);
  }
}

/** How a venue speaks. Symbols are those of books; what is subscribed to may be called otherwise. */
export interface Dialect {
  /** What is subscribed to, of a symbol; default: the symbol. */
  instrumentOf?(symbol: string): string;
  /** Digits of prices and sizes as the feed has them; default: those of the books, 1 and 8. */
  readonly digits?: readonly [price: number, size: number];
  /** false: no message of it has the venue's time. */
  readonly tellsTime?: false;
  /** Levels of each side that are kept up; default: all. */
  readonly depth?: number;
  /** Which instruments a message of the client subscribes to (or leaves). */
  subscribed(
    message: Record<string, unknown>,
  ): { readonly on: boolean; readonly symbols: readonly string[] } | undefined;
  /** Another way than JSON; what is no message of it, such as a word that keeps the connection alive. */
  parse?(text: string): Record<string, unknown>;
  words?(text: string): boolean;
  /** The first thing that is said. */
  greeting?(): string;
  /** Which instruments an address asks for. */
  asked?(url: string): readonly string[];
  /** The token that a message has, and what is said to a wrong one. */
  tokenOf?(message: Record<string, unknown>): string | undefined;
  refused?(message: Record<string, unknown>): string;
  /** Instead of images: everything that a client who goes on has missed; undefined: it begins anew. */
  resumed?(message: Record<string, unknown>, books: readonly TrueBook[]): string | undefined;
  /** Said with each change, to everybody: what is about no book. */
  idle?(timeMs: number): string;
  /** The answer to a request for a token. */
  session?(token: string): string;
  /** Puts the number of its connection into a message. */
  numbered?(text: string, client: object): string;
  /** How maintenance is told. */
  maintenance?(): string;
  image(book: TrueBook, connection?: number): string | undefined;
  update(book: TrueBook, change: { side: Side; level: Level }, books: readonly TrueBook[]): string;
  answer?(message: Record<string, unknown>, symbol: string): string | undefined;
  /** Which instruments' trades a message subscribes to, and a print at the best price, bought. */
  subscribedToTrades?(message: Record<string, unknown>): readonly string[];
  trade?(book: TrueBook): string;
}

const iso = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');
const objects = (levels: readonly Level[]) => levels.map(([price, qty]) => `{"price":${price},"qty":${qty}}`).join(',');
type Params = { readonly channel: string; readonly symbol: readonly string[] };
export const kraken2: Dialect = {
  depth: 10,
  maintenance: () => '{"channel":"status","type":"update","data":[{"system":"maintenance"}]}',
  subscribed: ({ method, params }) =>
    /subscribe/.test(String(method)) && (params as Params).channel === 'book'
      ? { on: method === 'subscribe', symbols: (params as Params).symbol }
      : undefined,
  subscribedToTrades: ({ method, params }) =>
    method === 'subscribe' && (params as Params).channel === 'trade' ? (params as Params).symbol : [],
  answer: ({ method }, symbol) =>
    `{"method":"${String(method)}","result":{"channel":"book","symbol":"${symbol}"},"success":true}`,
  trade: (b) =>
    `{"channel":"trade","type":"update","data":[{"symbol":"${b.symbol}","side":"buy","price":${b.levels('asks')[0]?.[0]},"qty":1.50000000,"ord_type":"market","trade_id":${b.sequence},"timestamp":"${iso(b.timeMs)}"}]}`,
  image: (b) =>
    `{"channel":"book","type":"snapshot","data":[{"symbol":"${b.symbol}","bids":[${objects(b.levels('bids'))}],"asks":[${objects(b.levels('asks'))}],"checksum":${b.checksum()}}]}`,
  update: (b, { side, level }) =>
    `{"channel":"book","type":"update","data":[{"symbol":"${b.symbol}","bids":[${side === 'bids' ? objects([level]) : ''}],"asks":[${side === 'asks' ? objects([level]) : ''}],"checksum":${b.checksum()},"timestamp":"${iso(b.timeMs)}"}]}`,
};
export const krakenFutures: Dialect = {
  subscribed: ({ event, product_ids: symbols }) =>
    /subscribe$/.test(String(event)) ? { on: event === 'subscribe', symbols: symbols as string[] } : undefined,
  image: (b) =>
    `{"feed":"book_snapshot","product_id":"${b.symbol}","timestamp":${b.timeMs},"seq":${b.sequence},"bids":[${objects(b.levels('bids'))}],"asks":[${objects(b.levels('asks'))}]}`,
  update: (b, { side, level: [price, qty] }) =>
    `{"feed":"book","product_id":"${b.symbol}","side":"${side === 'bids' ? 'buy' : 'sell'}","seq":${b.sequence},"price":${price},"qty":${qty},"timestamp":${b.timeMs}}`,
};
export const coinbase: Dialect = {
  subscribed: ({ type, product_ids: symbols }) =>
    /subscribe$/.test(String(type)) ? { on: type === 'subscribe', symbols: symbols as string[] } : undefined,
  image: (b) =>
    JSON.stringify({ type: 'snapshot', product_id: b.symbol, bids: b.levels('bids'), asks: b.levels('asks') }),
  update: (b, { side, level }) =>
    JSON.stringify({
      type: 'l2update',
      product_id: b.symbol,
      changes: [[side === 'bids' ? 'buy' : 'sell', ...level]],
      time: iso(b.timeMs),
    }),
};
export const binance: Dialect = {
  subscribed: ({ method, params }) =>
    /SUBSCRIBE/.test(String(method))
      ? {
          on: method === 'SUBSCRIBE',
          symbols: (params as string[]).map((p) => (p.split('@')[0] as string).toUpperCase()),
        }
      : undefined,
  answer: () => '{"result":null,"id":1}',
  maintenance: () => '{"e":"serverShutdown","E":1770123456789}',
  image: () => undefined,
  update: (b, { side, level }) =>
    JSON.stringify({
      stream: `${b.symbol.toLowerCase()}@depth@100ms`,
      data: {
        e: 'depthUpdate',
        E: b.timeMs,
        s: b.symbol,
        U: b.sequence,
        u: b.sequence,
        b: side === 'bids' ? [level] : [],
        a: side === 'asks' ? [level] : [],
      },
    }),
};

const l2 = (b: TrueBook, type: string, changes: readonly { side: Side; level: Level }[]): string =>
  JSON.stringify({
    channel: 'l2_data',
    client_id: '',
    timestamp: iso(b.timeMs),
    sequence_num: 0,
    events: [
      {
        type,
        product_id: b.symbol,
        updates: changes.map(({ side, level: [price_level, new_quantity] }) => ({
          side: side === 'bids' ? 'bid' : 'offer',
          event_time: iso(b.timeMs),
          price_level,
          new_quantity,
        })),
      },
    ],
  });
const numbers = new WeakMap<object, number>();
export const coinbaseAdvanced: Dialect = {
  subscribed: ({ type, channel, product_ids: symbols }) =>
    /subscribe$/.test(String(type)) && channel === 'level2'
      ? { on: type === 'subscribe', symbols: symbols as string[] }
      : undefined,
  numbered: (text, client) => {
    const next = numbers.get(client) ?? 0;
    numbers.set(client, next + 1);
    return text.replace('"sequence_num":0', `"sequence_num":${next}`);
  },
  image: (b) =>
    l2(
      b,
      'snapshot',
      (['bids', 'asks'] as const).flatMap((side) => b.levels(side).map((level) => ({ side, level }))),
    ),
  update: (b, change) => l2(b, 'update', [change]),
};
