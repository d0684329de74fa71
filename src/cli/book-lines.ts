/** Books as they are printed: a line for each instrument, or a ladder. */
import { type BookLevel, type BookSideName, type Books, BY_ORDER, IMPLIED } from '../books/books.js';
import { keyText } from '../books/instruments.js';
import type { BookMoment } from '../books/until.js';
import type { Batch } from '../feed/feed.js';
import { decimalText } from '../json/decimal.js';
import { formatPrice } from '../layout/index.js';
import { usage } from './exit.js';

/** Of a level: price and size as exact decimal text, orders where the venue tells them. */
export type Row = readonly [price: string, size: string, orders: number | null];

/** What an instrument's book is at the end, as it is printed. */
export interface BookLine {
  readonly instrument: string;
  readonly symbol?: string;
  readonly bids: readonly Row[];
  readonly asks: readonly Row[];
  /** Where the venue has implied orders: apart from the real ones. */
  readonly impliedBids?: readonly Row[];
  readonly impliedAsks?: readonly Row[];
  /** Where the venue tells levels and orders: the levels that the orders make. */
  readonly orderBids?: readonly Row[];
  readonly orderAsks?: readonly Row[];
  readonly state: 'good' | 'stale';
  readonly checks: { readonly ok: number; readonly bad: number };
  readonly gaps: number;
  readonly updates: number;
}

/** Digits behind the point that prices and sizes have at least. */
type Digits = { readonly price: number; readonly size: number };

function rows(books: Books, levels: readonly BookLevel[], digits: Digits | undefined): Row[] {
  return levels.map(({ price, size, orders }) => [
    digits ? decimalText(price, books.priceExponent, digits.price) : plain(formatPrice(price, books.priceExponent)),
    digits ? decimalText(size, books.sizeExponent, digits.size) : plain(formatPrice(size, books.sizeExponent)),
    orders === 0 ? null : orders,
  ]);
}

/** Decimal text without trailing zeros. */
const plain = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

/** Lines of all instruments that have a level. */
export function* bookLines(books: Books, allGaps: number, depth: number, only: readonly string[]): Generator<BookLine> {
  const keys = [...books.keys()];
  const text = books.keyedByText;
  const reportOf = (number: number) => books.feed.session?.report(books.name(number));
  const side = (number: number | undefined, name: BookSideName): Row[] =>
    number === undefined ? [] : rows(books, books.depth({ number }, name, depth), reportOf(number)?.decimals);
  const kinds = {
    real: new Map<bigint, number>(),
    implied: new Map<bigint, number>(),
    orders: new Map<bigint, number>(),
  };
  keys.forEach((key, number) => {
    // A key of text has all its bits: none of them says anything.
    const kind = text ? 'real' : (key & IMPLIED) !== 0n ? 'implied' : (key & BY_ORDER) !== 0n ? 'orders' : 'real';
    const own = kind === 'implied' ? key ^ IMPLIED : kind === 'orders' ? key ^ BY_ORDER : key;
    kinds[kind].set(own, number);
  });
  const { real, implied, orders } = kinds;
  for (const key of new Set([...real.keys(), ...implied.keys(), ...orders.keys()])) {
    const number = real.get(key) ?? implied.get(key) ?? (orders.get(key) as number);
    const symbol = books.name(number);
    const instrument = text && symbol !== '' ? symbol : keyText(key, text);
    if (only.length > 0 && !only.includes(instrument) && !only.includes(symbol)) continue;
    const [bids, asks] = [side(real.get(key), 'bid'), side(real.get(key), 'ask')];
    const [impliedBids, impliedAsks] = [side(implied.get(key), 'bid'), side(implied.get(key), 'ask')];
    const [orderBids, orderAsks] = [side(orders.get(key), 'bid'), side(orders.get(key), 'ask')];
    const shown = { impliedBids, impliedAsks, orderBids, orderAsks };
    if (bids.length + asks.length + Object.values(shown).flat().length === 0) continue;
    yield {
      instrument,
      ...(symbol !== '' && symbol !== instrument ? { symbol } : {}),
      bids,
      asks,
      ...(impliedBids.length + impliedAsks.length > 0 ? { impliedBids, impliedAsks } : {}),
      ...(orderBids.length + orderAsks.length > 0 ? { orderBids, orderAsks } : {}),
      state: books.top({ number }).stale ? 'stale' : 'good',
      checks: reportOf(number)?.checks ?? { ok: 0, bad: 0 },
      gaps: reportOf(number)?.gaps ?? allGaps,
      updates: books.updates({ number }),
    };
  }
}

export function ladder(line: BookLine): string {
  const most = Math.max(line.bids.length, line.asks.length);
  const head = `${line.symbol ?? line.instrument}${line.state === 'stale' ? '  STALE' : ''}`;
  const side = (row: Row | undefined): [string, string, string] =>
    row === undefined ? ['', '', ''] : [row[2] === null ? '' : String(row[2]), row[1], row[0]];
  const out = [
    head,
    `${'orders'.padStart(8)}${'size'.padStart(12)}${'bid'.padStart(14)}  ${'ask'.padEnd(14)}${'size'.padEnd(12)}orders`,
  ];
  for (let i = 0; i < most; i++) {
    const [bo, bs, bp] = side(line.bids[i]);
    const [ao, as, ap] = side(line.asks[i]);
    out.push(`${bo.padStart(8)}${bs.padStart(12)}${bp.padStart(14)}  ${ap.padEnd(14)}${as.padEnd(12)}${ao}`.trimEnd());
  }
  return out.join('\n');
}

const INSTANT = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z?)$/;
const NANOSECONDS = 9;

/** `#SEQUENCE`, nanoseconds since 1970, or a time of UTC: `2024-01-02T14:30:00.000123Z`. */
export function moment(text: string): BookMoment {
  if (/^#\d{1,19}$/.test(text)) return { sequence: BigInt(text.slice(1)) };
  if (/^\d{10,19}$/.test(text)) return { time: BigInt(text) };
  const [, day, clock, part = ''] = INSTANT.exec(text) ?? [];
  const ms = Date.parse(`${day}T${clock}Z`);
  if (Number.isNaN(ms)) {
    throw usage(
      `--at: '${text}' is no moment`,
      'Write #SEQUENCE, a time of UTC (2024-01-02T14:30:00.5Z), or nanoseconds since 1970.',
    );
  }
  return { time: BigInt(ms) * 1_000_000n + BigInt(part.padEnd(NANOSECONDS, '0')) };
}

/** The best prices of an instrument, as they are printed. */
export interface TopLine {
  readonly instrument: string;
  readonly symbol?: string;
  readonly bid: Row | null;
  readonly ask: Row | null;
  readonly state: 'good' | 'stale';
  readonly crossed: boolean;
}

/** Best prices of the real books, in the order in which instruments were first seen. */
export function topLine(books: Books, number: number): TopLine | undefined {
  const key = books.keys()[number] as bigint;
  const text = books.keyedByText;
  if (!text && (key & (IMPLIED | BY_ORDER)) !== 0n) return undefined;
  const symbol = books.name(number);
  const instrument = text && symbol !== '' ? symbol : keyText(key, text);
  const { bid, ask, stale, crossed } = books.top({ number });
  const digits = books.feed.session?.report(symbol)?.decimals;
  const [b = null] = bid === undefined ? [] : rows(books, [bid], digits);
  const [a = null] = ask === undefined ? [] : rows(books, [ask], digits);
  return {
    instrument,
    ...(symbol !== '' && symbol !== instrument ? { symbol } : {}),
    bid: b,
    ask: a,
    state: stale ? 'stale' : 'good',
    crossed,
  };
}

/** Takes a batch, up to a moment where one is asked for. True: nothing more is wanted. */
export function takeUpTo(books: Books, batch: Batch, at: BookMoment | undefined): boolean {
  if (at !== undefined) return books.takeUntil(batch, at) && batch.feed.channels.length === 1;
  books.take(batch);
  return false;
}
