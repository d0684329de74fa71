/** Recorded messages of internet venues against what others computed from them; where the samples are not there, it says so. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Books, openBooks } from '../../src/books/index.js';
import { openFeed } from '../../src/feed/open.js';
import { recordedMessages } from '../../src/internet/recording.js';
import { VenueSession } from '../../src/internet/session.js';
import { decimalText } from '../../src/json/decimal.js';
import type { JsonDecoder } from '../../src/json/table.js';
import type { Integrity, Venue } from '../../src/patterns/index.js';
import { binanceSpot } from '../../src/venues/binance-spot.js';
import { coinbaseExchange } from '../../src/venues/coinbase-exchange.js';
import { krakenFutures } from '../../src/venues/kraken-futures.js';
import { krakenSpot } from '../../src/venues/kraken-spot.js';
import { krakenSpotV1 } from '../../src/venues/kraken-spot-v1.js';
import { oanda } from '../../src/venues/oanda.js';

const samples = fileURLToPath(new URL('../../../shared/samples/internet/', import.meta.url));
const present = existsSync(samples);
if (!present)
  console.warn(
    'internet samples: ../shared/samples/internet is not there; the books are tested on our own recordings alone',
  );

interface Final {
  readonly levels: readonly [number, number];
  readonly bids: readonly (readonly [string, string])[];
  readonly asks: readonly (readonly [string, string])[];
}
const expected = (name: string) => JSON.parse(readFileSync(`${samples}${name}.expected.json`, 'utf8'));

async function played(venue: Venue, name: string) {
  const feed = await openFeed(venue, { capture: { file: `${samples}${name}` } });
  const books = openBooks(feed, { depth: 10_000 });
  const troubles: string[] = [];
  feed.on('notice', (n) => {
    if (/gap|stale|malformed/.test(n.type)) troubles.push(`${feed.channels[n.channel]} ${n.type}`);
  });
  for await (const batch of feed) books.take(batch);
  const { ledger } = feed.statistics();
  expect(ledger).toMatchObject({ abandoned: 0, inFlight: 0, delivered: ledger.expected });
  expect(feed.session?.refused.size).toBe(0);
  expect(troubles).toEqual([]);
  return { feed, books };
}

/** The ten best levels and the number of all, as text. */
function finalOf(books: Books, symbol: string): Final {
  const digits = books.feed.session?.report(symbol)?.decimals ?? { price: 0, size: 0 };
  const side = (name: 'bid' | 'ask') =>
    books
      .depth(symbol, name)
      .map((l) => [decimalText(l.price, -10, digits.price), decimalText(l.size, -8, digits.size)] as const);
  const [bids, asks] = [side('bid'), side('ask')];
  return { levels: [bids.length, asks.length], bids: bids.slice(0, 10), asks: asks.slice(0, 10) };
}

/** Checksums of a recording under other rules than the venue's. */
async function checksUnder(venue: Venue, file: string, rules: Partial<Integrity>, change = (text: string) => text) {
  const session = new VenueSession(
    venue.decoder as unknown as JsonDecoder,
    { ...(venue.integrity as Integrity), ...rules },
    [],
    () => {},
  );
  for await (const { text, receivedNs } of recordedMessages(`${samples}${file}`))
    session.message(change(text), receivedNs);
  return session;
}

describe.runIf(present)('recorded messages of internet venues', () => {
  const V2 = 'kraken/kraken-v2-book10-btcusd';
  const V1 = 'kraken/kraken-v1-book10-xbtusd';

  it('Kraken 2: every checksum, the final book', async () => {
    const want = expected(V2);
    const { feed, books } = await played(krakenSpot(), `${V2}.frames.jsonl`);
    expect(feed.session?.report('BTC/USD')?.checks).toEqual({ ok: want.ok, bad: 0 });
    expect(finalOf(books, 'BTC/USD')).toEqual(want.final);
  });

  it('Kraken 1, depth 10: every checksum, the final book', async () => {
    const want = expected(V1);
    const { feed, books } = await played(krakenSpotV1(), `${V1}.frames.jsonl`);
    expect(feed.session?.report('XBT/USD')?.checks).toEqual({ ok: want.ok, bad: 0 });
    expect(finalOf(books, 'XBT/USD')).toEqual(want.final);
  });

  it('Kraken 1, depth 1000: every checksum of every pair, the final books', async () => {
    const want = expected('kraken/kraken-v1-book1000').perPair as Record<string, { ok: number; final: Final }>;
    const { feed, books } = await played(krakenSpotV1(), 'kraken/kraken-v1-book1000.frames.jsonl.gz');
    for (const [pair, { ok, final }] of Object.entries(want)) {
      expect(feed.session?.report(pair)?.checks, pair).toEqual({ ok, bad: 0 });
      expect(finalOf(books, pair), pair).toEqual(final);
    }
  });

  it('Kraken: without the cut, and with numbers that were doubles, checksums fail as they do elsewhere', async () => {
    const one = await checksUnder(krakenSpotV1(), `${V1}.frames.jsonl`, { depth: undefined, depthField: undefined });
    const { ok, bad } = expected(V1).withoutTruncation;
    expect(one.report('XBT/USD')?.checks).toEqual({ ok, bad });
    const two = await checksUnder(krakenSpot(), `${V2}.frames.jsonl`, { depth: undefined });
    expect(two.report('BTC/USD')?.checks).toEqual({ ok: 60, bad: 280 });
    const doubles = await checksUnder(krakenSpot(), `${V2}.frames.jsonl`, {}, (text) =>
      JSON.stringify(JSON.parse(text)),
    );
    expect(doubles.report('BTC/USD')?.checks).toEqual({ ok: 0, bad: 340 });
  });

  it('Kraken 1: tickers and trades', async () => {
    const want = expected('kraken/kraken-v1-ticker-trade');
    const decoder = krakenSpotV1().decoder;
    const count = async (file: string) => {
      const seen: Record<string, number> = {};
      const last: Record<string, Record<string, unknown>> = {};
      for await (const { text } of recordedMessages(`${samples}kraken/${file}.frames.jsonl`)) {
        for (const { message, values } of decoder.read(text)) {
          const key = `${message} ${values.symbol ?? ''}`.trim();
          seen[key] = (seen[key] ?? 0) + 1;
          last[key] = values;
        }
      }
      return { seen, last };
    };
    const ticker = await count('kraken-v1-ticker');
    expect(ticker.seen.heartbeat).toBe(want.heartbeatsTicker);
    for (const [pair, { count: n, last }] of Object.entries<{ count: number; last: Record<string, string> }>(
      want.ticker,
    )) {
      const v = ticker.last[`ticker ${pair}`] as Record<string, never>;
      expect(ticker.seen[`ticker ${pair}`]).toBe(n);
      for (const name of ['bid', 'ask', 'close'])
        expect(decimalText(v[name] as never, -10, v[`${name}Decimals`] as never)).toBe(last[name]);
    }
    const trade = await count('kraken-v1-trade');
    expect(trade.seen.heartbeat).toBe(want.heartbeatsTrade);
    for (const [pair, { trades, last }] of Object.entries<{ trades: number; last: string[] }>(want.trade)) {
      const v = trade.last[`trade ${pair}`] as Record<string, never>;
      expect(trade.seen[`trade ${pair}`]).toBe(trades);
      expect([
        decimalText(v.price as never, -10, v.priceDecimals as never),
        decimalText(v.size as never, -8, v.sizeDecimals as never),
      ]).toEqual(last.slice(0, 2));
      expect(decimalText(v.time as never, -9, 6)).toBe(last[2]);
    }
  });

  it('Kraken Futures: numbers of all products, the final books', async () => {
    const want = expected('kraken-futures/kraken-futures-v1').perProduct as Record<string, { final: Final }>;
    const { feed, books } = await played(krakenFutures(), 'kraken-futures/kraken-futures-v1.frames.jsonl.gz');
    for (const [product, { final }] of Object.entries(want)) {
      expect(finalOf(books, product), product).toEqual(final);
      expect(feed.session?.report(product)?.gaps, product).toBe(0);
    }
  });

  it.each(['binance-depth100ms.frames.jsonl.gz', 'binance_tr-depth100ms.frames.jsonl'])(
    'Binance %s: images joined, the final books',
    async (file) => {
      const name = `binance/${file.split('.')[0]}`;
      const want = expected(name).perSymbol as Record<string, { discarded: number; final: Final }>;
      const { feed, books } = await played(binanceSpot(), `binance/${file}`);
      for (const [symbol, { discarded, final }] of Object.entries(want)) {
        expect(finalOf(books, symbol), symbol).toEqual(final);
        expect(feed.session?.report(symbol), symbol).toMatchObject({ superseded: discarded, gaps: 0 });
      }
    },
  );

  it('Coinbase: no removal of an unknown level, the final books', async () => {
    const want = expected('coinbase/coinbase-exchange-level2').perProduct as Record<string, { final: Final }>;
    const { books } = await played(coinbaseExchange(), 'coinbase/coinbase-exchange-level2.frames.jsonl.gz');
    for (const [product, { final }] of Object.entries(want)) expect(finalOf(books, product), product).toEqual(final);
    expect(books.counters()).toMatchObject({ unknownLevels: 0, crossed: 0 });
  });

  it('OANDA: the last prices', async () => {
    const want = expected('oanda/oanda-pricing-stream').last as Record<
      string,
      { bid: string; ask: string; depth: number[] }
    >;
    const { books } = await played(oanda(), 'oanda/oanda-pricing-stream.jsonl');
    for (const [symbol, { bid, ask, depth }] of Object.entries(want)) {
      const { levels, bids, asks } = finalOf(books, symbol);
      expect([levels, bids[0]?.[0], asks[0]?.[0]], symbol).toEqual([depth, bid, ask]);
    }
  });
});
