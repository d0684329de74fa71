/** The simulated venues that send text, as users have them: each fault strikes, and the books are the venue's again. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Books, openBooks } from '../../src/books/index.js';
import type { Feed } from '../../src/feed/feed.js';
import { openFeed } from '../../src/feed/open.js';
import { decimalText } from '../../src/json/decimal.js';
import type { Venue } from '../../src/patterns/index.js';
import type { InternetFault } from '../../src/simulator/internet/faults.js';
import { SIMULATED_INTERNET, simulateInternet } from '../../src/simulator/internet/simulate.js';
import { venuewire } from './cli-process.js';

const stops: (() => unknown)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
});
const SYMBOLS = ['AAA', 'BBB', 'CCC'];
/** Quick enough for a test. close1013 and silence ask for rests of seconds: they are in live-venues.test.ts. */
const QUICK = { reconnect: { first: '20ms', most: '200ms' }, imageWithin: '300ms', rates: {} };
const FAULTS: readonly InternetFault[] = [
  ...([
    'drop',
    'cutMidMessage',
    'wrongChecksum',
    'gap',
    'damaged',
    'close1001',
    'close1006',
    'http503',
    'maintenance',
  ] as const),
];

const side = (books: Books, symbol: string, name: 'bid' | 'ask') =>
  books.depth(symbol, name).map((l) => [decimalText(l.price, -10, 1), decimalText(l.size, -8, 8)]);

async function opened(id: string) {
  const simulation = await simulateInternet(id, { seed: 3, everyMs: 5 });
  stops.push(() => simulation.stop());
  const { venue, server } = simulation;
  const feed = (await openFeed({ ...venue, subscription: { ...venue.subscription, ...QUICK } } as Venue)) as Feed;
  stops.push(() => feed.close());
  const books = openBooks(feed, { depth: 1000 });
  const notices: string[] = [];
  feed.on('notice', (n) => notices.push(n.type));
  void (async () => {
    for await (const batch of feed) books.take(batch);
  })();
  const agree = (): boolean =>
    SYMBOLS.every((symbol) => {
      const truth = server.books.get(symbol);
      const isGood = books.numberOf(symbol) >= 0 && !books.top(symbol).stale;
      const shown = isGood && [side(books, symbol, 'bid'), side(books, symbol, 'ask')];
      return JSON.stringify(shown) === JSON.stringify([truth?.levels('bids'), truth?.levels('asks')]);
    });
  const agrees = () => expect.poll(agree, { timeout: 10_000, interval: 1 }).toBe(true);
  return { simulation, notices, agrees };
}

describe.each(SIMULATED_INTERNET.filter((id) => id !== 'kraken-executions'))('%s, simulated', (id) => {
  it('is connected to as declared, and its books are right behind every fault', { timeout: 30_000 }, async () => {
    const { simulation, notices, agrees } = await opened(id);
    await agrees();
    // Coinbase has neither numbers nor checksums: a lost message is seen by nobody there.
    const seen = FAULTS.filter((fault) => id !== 'coinbase-exchange' || fault !== 'gap');
    for (const fault of seen.filter((f) => f !== 'wrongChecksum' || id === 'kraken-spot')) {
      const before = notices.length;
      simulation.strike(fault);
      await expect.poll(() => notices.slice(before).includes('stale'), { timeout: 10_000, interval: 1 }).toBe(true);
      await agrees();
    }
    expect(simulation.struck.length).toBeGreaterThan(5);
  });
});

it('a venue that there is none of is refused, by its name', async () => {
  await expect(simulateInternet('nowhere')).rejects.toMatchObject({ code: 'VW_SIMULATOR_OPTION' });
  await expect(simulateInternet('__proto__')).rejects.toMatchObject({ code: 'VW_SIMULATOR_OPTION' });
});

it('simulate VENUE prints a venue file, says what has happened, and refuses what it does not know', async () => {
  const done = await venuewire(['simulate', 'kraken-spot', '--seconds', '1', '--instruments', 'BTC/USD']);
  expect(done.code).toBe(0);
  expect(done.out).toMatch(/url: wss:\/\/localhost:\d+\/stream/);
  expect(done.out).toContain('- BTC/USD');
  expect(done.err).toContain('0 connections');
  const unknown = await venuewire(['simulate', 'kraken-spot', '--faults', 'dorp']);
  expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('drop')]);
  expect((await venuewire(['simulate', 'nowhere'])).code).toBe(2);
});
