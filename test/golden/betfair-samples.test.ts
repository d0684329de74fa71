/** Betfair's market stream: the state at every checkpoint of recordings that somebody else's cache agrees on. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openBooks } from '../../src/books/index.js';
import { bookLines } from '../../src/cli/book-lines.js';
import { openFeed } from '../../src/feed/open.js';
import { decimalText } from '../../src/json/decimal.js';
import { BetfairMarkets, betfair } from '../../src/venues/betfair.js';

const samples = new URL('../../../shared/samples/internet/betfair/', import.meta.url).pathname;
const present = existsSync(samples);
const atEnd: (() => void)[] = [];
afterAll(() => {
  for (const end of atEnd) end();
});
if (!present) console.log('no ../shared/samples/internet/betfair: its recordings are not held against');

const read = (name: string): string => {
  const bytes = readFileSync(`${samples}${name}`);
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
};

describe.runIf(present)('recorded markets of Betfair', () => {
  it.each([
    'betfair-self-1.197931750.jsonl.gz',
    'betfair-self-1.200806927.jsonl.gz',
    'betfair-basic-1.132153978.jsonl',
  ])('%s: the book at every checkpoint', (name) => {
    const want = JSON.parse(read(`${name.replace(/\.jsonl(\.gz)?$/, '')}.expected.json`));
    const lines = read(name).split('\n').filter(Boolean);
    const markets = new BetfairMarkets();
    const books = () => markets.ids.map((id) => markets.book(id));
    const checkpoints = [...want.checkpoints];
    lines.forEach((line, i) => {
      markets.apply(line);
      if (i + 1 === want.bookAtMiddle.afterLine) expect(books()).toEqual(want.bookAtMiddle.book);
      if (i + 1 !== checkpoints[0]?.afterLine) return;
      const { bookSha256, clk } = checkpoints.shift();
      expect(createHash('sha256').update(JSON.stringify(books())).digest('hex'), `line ${i + 1}`).toBe(bookSha256);
      expect(markets.clk ?? null, `line ${i + 1}`).toBe(clk);
    });
    expect(checkpoints).toEqual([]);
    expect(books()).toEqual(want.finalBook.book ?? want.finalBook);
  });
});

describe.runIf(present)('the same through the feed', () => {
  it.each(['betfair-self-1.197931750.jsonl.gz', 'betfair-self-1.200806927.jsonl.gz'])(
    '%s: what can be backed and layed, in the middle',
    async (name) => {
      const want = JSON.parse(read(`${name.replace(/\.jsonl\.gz$/, '')}.expected.json`)).bookAtMiddle;
      const [market] = want.book;
      const folder = mkdtempSync(join(tmpdir(), 'venuewire-betfair-'));
      atEnd.push(() => rmSync(folder, { recursive: true }));
      const file = join(folder, 'part.jsonl');
      writeFileSync(file, read(name).split('\n').slice(0, want.afterLine).join('\n'));
      const feed = await openFeed(betfair(), { capture: { file } });
      const books = openBooks(feed, { depth: 1_000 });
      for await (const batch of feed) books.take(batch);
      const side = (symbol: string, of: 'bid' | 'ask') =>
        books.depth(symbol, of).map((l) => [Number(decimalText(l.price, -10, 0)), Number(decimalText(l.size, -8, 0))]);
      for (const runner of market.runners) {
        const symbol = `${market.id}/${runner.id}`;
        expect(runner.atb.length, symbol).toBeGreaterThan(0);
        expect([side(symbol, 'bid'), side(symbol, 'ask')], symbol).toEqual([runner.atb, runner.atl]);
      }
      // Every one is printed as a real book, whatever the bits of its key are.
      const printed = [...bookLines(books as never, 0, 1, [])];
      expect(printed.length).toBe(market.runners.length);
      for (const line of printed) expect([line.bids.length, line.impliedBids]).toEqual([1, undefined]);
      expect(feed.session?.refused.size).toBe(0);
      expect(feed.statistics().ledger.abandoned).toBe(0);
    },
  );
});
