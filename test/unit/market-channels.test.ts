/** Prints and best prices beside a book: what is subscribed to, what becomes of them, and that the book stays as it was. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openBooks } from '../../src/books/index.js';
import { EVENT_BYTES } from '../../src/contract.js';
import { type EventObject, EventView } from '../../src/events/index.js';
import { openFeed } from '../../src/feed/feed.js';
import type { Venue } from '../../src/patterns/index.js';
import { binanceSpot } from '../../src/venues/binance-spot.js';
import { coinbaseExchange } from '../../src/venues/coinbase-exchange.js';
import { krakenFutures } from '../../src/venues/kraken-futures.js';
import { krakenSpot } from '../../src/venues/kraken-spot.js';
import { krakenSpotV1 } from '../../src/venues/kraken-spot-v1.js';
import { oanda } from '../../src/venues/oanda.js';
import type { MarketOptions } from '../../src/venues/patterns/internet.js';
import { ASKED, JSON_MESSAGES } from './json-messages.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-channels-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Events and the book of a recording of the given messages. */
async function played(venue: Venue, said: readonly string[]) {
  const file = join(folder, `${venue.name}.frames.jsonl`);
  const lines = said.map((text, i) => JSON.stringify({ t: `${1_700_000_000 + i}`, dir: 'in', url: ASKED, text }));
  writeFileSync(file, `${lines.join('\n')}\n`);
  const feed = await openFeed(venue, { capture: { file } });
  const books = openBooks(feed);
  const events: EventObject[] = [];
  const view = new EventView();
  for await (const batch of feed) {
    books.takeEvents(batch, (records, count) => {
      const data = new DataView(records.buffer);
      for (let i = 0; i < count; i++) events.push(view.bind(data, i * EVENT_BYTES).toObject());
    });
  }
  return { events, books, refused: feed.session?.refused };
}
/** An image begins with a record that clears: of kind order, for books of every kind. */
const kindsOf = (events: readonly EventObject[]): string[] =>
  [...new Set(events.filter((e) => e.action !== 'clear').map((e) => e.kind as string))].sort();

const MARKETS: readonly (readonly [(options?: MarketOptions) => Venue, table: string, symbol: string])[] = [
  [krakenSpot, 'kraken-spot-2', 'AAA/USD'],
  [krakenSpotV1, 'kraken-spot-1', 'AAA/USD'],
  [krakenFutures, 'kraken-futures-1', 'PI_AAAUSD'],
  [coinbaseExchange, 'coinbase-exchange-1', 'AAA-USD'],
  [binanceSpot, 'binance-spot-1', 'AAABTC'],
];

describe.each(MARKETS)('%o', (make, table, symbol) => {
  const messages = JSON_MESSAGES[table] as readonly string[];
  const isOf = (word: RegExp) => messages.filter((text) => word.test(text));
  const tickers = isOf(/ticker/i).filter((text) => !text.includes('subscription'));

  it('subscribes to the book alone, unless channels are named', () => {
    const of = (channels?: MarketOptions['channels']) =>
      make({ instruments: [symbol], ...(channels === undefined ? {} : { channels }) });
    expect(of()).toEqual(of(['book']));
    const all = of(['book', 'trades', 'ticker']);
    expect(all.subscription?.subscribe).toEqual(of().subscription?.subscribe);
    expect(all.subscription?.alongside).toHaveLength(2);
    const stateless = of(['trades', 'ticker']);
    expect(stateless.subscription).toMatchObject({ subscribe: [], recover: 'next' });
    expect(stateless.integrity?.per).toBe('connection');
    expect(() => of(['quotes' as never])).toThrow(expect.objectContaining({ code: 'VW_SUBSCRIPTION' }));
    expect(() => of([])).toThrow(expect.objectContaining({ code: 'VW_SUBSCRIPTION' }));
  });

  it('gives prints and quotes as events, and a ticker leaves the book as it is', async () => {
    const all = await played(make({ channels: ['book', 'trades', 'ticker'] }), messages);
    expect(kindsOf(all.events)).toEqual(['level', 'quote', 'trade']);
    const without = await played(
      make(),
      messages.filter((text) => !tickers.includes(text)),
    );
    expect(tickers.length).toBeGreaterThan(0);
    for (const side of ['bid', 'ask'] as const)
      expect(all.books.depth(symbol, side)).toEqual(without.books.depth(symbol, side));
    expect(all.refused?.size).toBe(0);
  });

  it('without the book, a ticker alone is good from the first message on', async () => {
    const { events, books } = await played(make({ channels: ['ticker'] }), tickers);
    expect(kindsOf(events)).toEqual(['quote']);
    expect(events.map((e) => e.side)).toEqual(tickers.flatMap(() => ['bid', 'ask']));
    expect(books.top(symbol).stale).toBe(false);
  });
});

it('a quote tells price and size, or that a size was not told', async () => {
  const { events } = await played(krakenSpot({ channels: ['ticker'] }), [
    JSON_MESSAGES['kraken-spot-2']?.[3] as string,
  ]);
  expect(events.map((e) => [e.price, e.size])).toEqual([
    [1_002_500_000n, 74_000_000_000n],
    [1_003_600_000n, 136_144_813_783n],
  ]);
  const lite = JSON_MESSAGES['kraken-futures-1']?.[4] as string;
  const futures = await played(krakenFutures({ channels: ['ticker'] }), [lite]);
  expect(futures.events.map((e) => e.size)).toEqual([undefined, undefined]);
});

it('prints that a subscription begins with are none of now', async () => {
  const trade = JSON_MESSAGES['kraken-spot-2']?.[2] as string;
  const earlier = trade.replace('"type":"update"', '"type":"snapshot"');
  const { events } = await played(krakenSpot({ channels: ['trades'] }), [earlier, trade]);
  expect(events).toHaveLength(1);
});

it('OANDA: each price is a ladder and its best prices', async () => {
  const { events, books } = await played(oanda(), [JSON_MESSAGES['oanda-v20-3']?.[0] as string]);
  expect(kindsOf(events)).toEqual(['level', 'quote']);
  expect(events.filter((e) => e.kind === 'quote').map((e) => e.price)).toEqual([11_191_400_000n, 11_192_600_000n]);
  expect(books.top('EUR_USD').bid?.price).toBe(11_191_400_000n);
});
