/** Venues that send text, connected to: real TLS and WebSockets on loopback, books held against the truth through every fault. */
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Books, openBooks } from '../../src/books/index.js';
import type { VenuewireError } from '../../src/errors.js';
import type { Feed } from '../../src/feed/feed.js';
import { openFeed } from '../../src/feed/open.js';
import type { LiveFrame } from '../../src/internet/live.js';
import { decimalText } from '../../src/json/decimal.js';
import type { Venue } from '../../src/patterns/index.js';
import type { SubscriptionInput } from '../../src/patterns/subscription.js';
import { binanceSpot } from '../../src/venues/binance-spot.js';
import { coinbaseExchange } from '../../src/venues/coinbase-exchange.js';
import { krakenFutures as krakenFuturesVenue } from '../../src/venues/kraken-futures.js';
import { krakenSpot } from '../../src/venues/kraken-spot.js';
import {
  binance,
  coinbase,
  type Dialect,
  kraken2,
  krakenFutures,
  SimulatedInternetVenue,
  trusted,
} from './simulated-internet.js';

const stops: (() => unknown)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
});

/** Quick enough for tests; what is real is in the venues. */
const QUICK: Partial<SubscriptionInput> = {
  reconnect: { first: '20ms', most: '200ms' },
  imageWithin: '300ms',
  silence: '2s',
  rates: {},
};
const SYMBOLS = ['AAA', 'BBB', 'CCC'];

const VENUES: Readonly<Record<string, { dialect: Dialect; make(v: SimulatedInternetVenue, more?: object): Venue }>> = {
  kraken: { dialect: kraken2, make: (v, more) => krakenSpot(options(v, more)) },
  futures: { dialect: krakenFutures, make: (v, more) => krakenFuturesVenue(options(v, more)) },
  coinbase: { dialect: coinbase, make: (v, more) => coinbaseExchange(options(v, more)) },
  binance: {
    dialect: binance,
    make: (v, more) => binanceSpot({ ...options(v, more), imageUrl: `${v.https}/depth` }),
  },
};
const options = (v: SimulatedInternetVenue, more: object = {}) => ({
  url: v.url,
  instruments: SYMBOLS,
  security: trusted,
  subscription: { ...QUICK, ...more },
});

interface Run {
  readonly sim: SimulatedInternetVenue;
  readonly feed: Feed;
  readonly books: Books;
  readonly errors: VenuewireError[];
  readonly notices: string[];
  readonly frames: LiveFrame[];
  /** Ticks, reading meanwhile, until it holds. */
  until(holds: () => boolean): Promise<void>;
}

async function simulated(name: keyof typeof VENUES): Promise<SimulatedInternetVenue> {
  const sim = new SimulatedInternetVenue((VENUES[name] as { dialect: Dialect }).dialect, SYMBOLS);
  await sim.start();
  stops.push(() => sim.stop());
  return sim;
}

async function live(name: keyof typeof VENUES, sim: SimulatedInternetVenue, more: object = {}): Promise<Run> {
  const frames: LiveFrame[] = [];
  const feed = (await openFeed((VENUES[name] as (typeof VENUES)[string]).make(sim, more), {
    frames: (frame) => frames.push(frame),
  })) as Feed;
  const books = openBooks(feed, { depth: 1000 });
  const errors: VenuewireError[] = [];
  const notices: string[] = [];
  feed.on('connectionError', (error) => errors.push(error));
  feed.on('notice', (n) =>
    notices.push(`${feed.channels[n.channel] ?? ''} ${n.type}${n.reason === 'none' ? '' : ` ${n.reason}`}`),
  );
  const reading = (async () => {
    for await (const batch of feed) books.take(batch);
  })();
  stops.push(() => feed.close());
  const until = async (holds: () => boolean): Promise<void> => {
    const timer = setInterval(() => sim.tick(), 2);
    try {
      await expect.poll(holds, { timeout: 15_000, interval: 10 }).toBe(true);
    } finally {
      clearInterval(timer);
    }
  };
  void reading;
  return { sim, feed, books, errors, notices, frames, until };
}

const shown = (books: Books, symbol: string, side: 'bid' | 'ask'): unknown[] =>
  books.depth(symbol, side).map((l) => [decimalText(l.price, -10, 1), decimalText(l.size, -8, 8)]);
/** Every book is good, and what the venue's is. */
function agree({ sim, books }: Run): boolean {
  return SYMBOLS.every((symbol) => {
    const truth = sim.books.get(symbol);
    return (
      truth !== undefined &&
      books.numberOf(symbol) >= 0 &&
      !books.top(symbol).stale &&
      JSON.stringify([shown(books, symbol, 'bid'), shown(books, symbol, 'ask')]) ===
        JSON.stringify([truth.levels('bids'), truth.levels('asks')])
    );
  });
}
const changes = (run: Run): number =>
  SYMBOLS.reduce(
    (n, s) => n + Math.max(0, run.books.numberOf(s) < 0 ? 0 : run.books.updates({ number: run.books.numberOf(s) })),
    0,
  );
/** Goes on until so many more messages were taken, then holds the books against the truth. */
async function goesOn(run: Run, messages = 200): Promise<void> {
  const from = changes(run);
  await run.until(() => changes(run) > from + messages && SYMBOLS.every((s) => !run.books.top(s).stale));
  await expect.poll(() => agree(run), { timeout: 5_000, interval: 10 }).toBe(true);
  const { ledger } = run.feed.statistics();
  expect(ledger.expected).toBe(ledger.delivered + ledger.recovered + ledger.abandoned + ledger.inFlight);
}

describe.each(Object.keys(VENUES))('%s', (name) => {
  it('is subscribed to, and its books are the venue’s', async () => {
    const run = await live(name, await simulated(name));
    await goesOn(run);
    expect(run.errors).toEqual([]);
    expect(run.feed.statistics().ledger.abandoned).toBe(0);
    expect(run.sim.connections).toBe(1);
  });

  it('is connected to again after a drop in the middle of a message, and told so', async () => {
    const run = await live(name, await simulated(name));
    await goesOn(run, 60);
    const [client] = run.sim.clients;
    // The first bytes of a frame of 100: no more of it comes.
    client?.raw.write(Buffer.from([0x81, 100, 0x7b, 0x22]));
    await new Promise((resolve) => setImmediate(resolve));
    client?.raw.destroy();
    await run.until(() => run.sim.connections === 2);
    await goesOn(run, 60);
    expect(run.notices).toContain('connection lineDown connectionClosed');
    for (const symbol of SYMBOLS) expect(run.notices).toContain(`${symbol} stale`);
    expect(run.errors).toEqual([]);
  });

  it.each([1001, 1006, 1012])('is connected to again after a close with %i', async (code) => {
    const run = await live(name, await simulated(name));
    await goesOn(run, 60);
    const [client] = run.sim.clients;
    if (code === 1006) client?.socket.terminate();
    else client?.socket.close(code, 'CloudFlare WebSocket proxy restarting');
    await run.until(() => run.sim.connections === 2);
    await goesOn(run, 60);
    expect(run.errors).toEqual([]);
  });
});

describe('what is missing makes one instrument stale, and it alone is recovered', () => {
  it.each([
    ['kraken', 'a wrong checksum', (text: string) => text.replace(/"checksum":\d+/, '"checksum":1')],
    ['kraken', 'a lost message', () => undefined],
    ['futures', 'a gap in the numbers', () => undefined],
    ['binance', 'a gap in the ranges', () => undefined],
  ] as const)('%s: %s', async (name, _, harm) => {
    const sim = await simulated(name);
    const run = await live(name, sim);
    await goesOn(run, 60);
    let harmed = 0;
    const [heard, asked] = [sim.heard.length, sim.asked.length];
    // Every second one, until it is asked anew: what one message changes the next may change again, and then nothing is wrong.
    const isRecovering = (): boolean => sim.heard.length > heard || sim.asked.length > asked;
    sim.mangle = (text, _client, symbol) =>
      symbol === 'BBB' && !text.includes('snapshot') && !isRecovering() && harmed++ % 2 === 0 ? harm(text) : text;
    await run.until(() => run.notices.includes('BBB stale'));
    await goesOn(run, 60);
    expect(run.notices).not.toContain('AAA stale');
    expect(run.notices).not.toContain('CCC stale');
    expect(run.notices).toContain('BBB good');
    expect(sim.connections).toBe(1);
    if (name === 'binance') {
      expect(sim.asked.slice(asked).every((url) => url.includes('BBB'))).toBe(true);
      expect(sim.asked.length).toBeGreaterThan(asked);
    } else {
      expect(sim.heard.slice(heard).every((text) => text.includes('BBB') && !text.includes('AAA'))).toBe(true);
      expect(sim.heard.length).toBe(heard + 2);
    }
  });

  it('an image that does not come is asked for again', async () => {
    const sim = await simulated('kraken');
    let swallowed = 0;
    sim.mangle = (text, _client, symbol) =>
      symbol === 'CCC' && text.includes('snapshot') && swallowed++ < 2 ? undefined : text;
    const run = await live('kraken', sim);
    await goesOn(run, 60);
    expect(swallowed).toBeGreaterThan(2);
    expect(sim.connections).toBe(1);
  });

  it('an image older than what is held is asked for again (Binance)', async () => {
    const sim = await simulated('binance');
    const images = new Map<string, number>();
    sim.http = (request, response) => {
      const symbol = new URL(request.url ?? '', 'https://x').searchParams.get('symbol') ?? '';
      const book = sim.books.get(symbol);
      const nth = (images.get(symbol) ?? 0) + 1;
      images.set(symbol, nth);
      const lastUpdateId = (book?.sequence ?? 0) - (nth === 1 ? 50 : 0);
      response.end(JSON.stringify({ lastUpdateId, bids: book?.levels('bids'), asks: book?.levels('asks') }));
    };
    const run = await live('binance', sim);
    const ticking = setInterval(() => sim.tick(), 2);
    stops.push(() => clearInterval(ticking));
    await expect.poll(() => [...images.values()].every((n) => n > 1), { timeout: 10_000 }).toBe(true);
    clearInterval(ticking);
    await goesOn(run, 60);
  });
});

describe('what a person has to mend is told by code', () => {
  const answer = (raw: Socket, status: string, more = ''): boolean => {
    raw.end(`HTTP/1.1 ${status}\r\n${more}Content-Length: 0\r\nConnection: close\r\n\r\n`);
    return true;
  };
  it.each([
    ['429 Too Many Requests', 'Retry-After: 0\r\n', 'VW_HTTP_RATE'],
    ['503 Service Unavailable', 'Retry-After: 0\r\n', 'VW_HTTP_STATUS'],
    ['403 Forbidden', '', 'VW_LOGIN_REFUSED'],
    ['302 Found', 'Location: wss://elsewhere.example/\r\n', 'VW_HTTP_REDIRECT'],
  ])('an upgrade answered by %s', async (status, more, code) => {
    const sim = await simulated('kraken');
    sim.refuse = (nth, raw) => nth <= 2 && answer(raw, status, more);
    const run = await live('kraken', sim);
    await goesOn(run, 60);
    expect(run.errors.map((e) => e.code)).toEqual([code, code]);
    expect(sim.connections).toBe(3);
  });

  it('the rest that Retry-After asks for is kept', async () => {
    const sim = await simulated('kraken');
    const at: number[] = [];
    sim.refuse = (nth, raw) => {
      at.push(performance.now());
      return nth === 1 && answer(raw, '503 Service Unavailable', 'Retry-After: 1\r\n');
    };
    await goesOn(await live('kraken', sim), 60);
    expect((at[1] as number) - (at[0] as number)).toBeGreaterThan(950);
  });

  it('a subscription that the venue refuses, while the others go on', async () => {
    const sim = await simulated('kraken');
    sim.onClient = (client) =>
      client.socket.send(
        '{"method":"subscribe","success":false,"error":"Currency pair not supported XXX","symbol":"XXX"}',
      );
    const run = await live('kraken', sim);
    await goesOn(run, 60);
    expect(run.errors).toMatchObject([{ code: 'VW_SUBSCRIPTION_REFUSED' }]);
    expect(run.errors[0]?.message).toContain('Currency pair not supported XXX');
  });

  it('a close that has a reason', async () => {
    const run = await live('kraken', await simulated('kraken'));
    await goesOn(run, 60);
    for (const { socket } of run.sim.clients) socket.close(1008, 'slow down');
    await run.until(() => run.sim.connections === 2);
    await goesOn(run, 60);
    expect(run.errors).toMatchObject([{ code: 'VW_WEBSOCKET_CLOSE' }]);
  });

  it('silence', async () => {
    const sim = await simulated('kraken');
    const run = await live('kraken', sim, { silence: '150ms', keepAlive: undefined });
    await goesOn(run, 60);
    await expect.poll(() => sim.connections, { timeout: 5_000 }).toBeGreaterThan(1);
    expect(run.errors[0]?.code).toBe('VW_SILENCE');
    expect(run.notices).toContain('connection lineDown timedOut');
    await goesOn(run, 60);
  });

  it('a ping that is not answered ends the connection', async () => {
    const sim = await simulated('futures');
    sim.onClient = (client) => {
      // It hears nothing any more, and so answers nothing.
      if (client.nth === 1) client.socket.on('ping', () => client.raw.pause());
      if (client.nth === 1) client.socket.pong = () => {};
    };
    const run = await live('futures', sim, { keepAlive: { every: '50ms', within: '100ms' } });
    await run.until(() => sim.connections === 2);
    await goesOn(run, 60);
  });
});

it('a connection is made anew before the venue ends it', async () => {
  const sim = await simulated('coinbase');
  const run = await live('coinbase', sim, { lifetime: '300ms' });
  await run.until(() => sim.connections >= 3);
  await goesOn(run, 20);
  expect(run.errors).toEqual([]);
});

it('a recording of what came, played, gives the same books', async () => {
  const { mkdtempSync, rmSync, writeFileSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const run = await live('binance', await simulated('binance'));
  await goesOn(run);
  run.feed.close();
  const folder = mkdtempSync(join(tmpdir(), 'venuewire-live-'));
  stops.push(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'day.frames.jsonl');
  const lines = run.frames.map(({ receivedNs, ...frame }) =>
    JSON.stringify({
      t: `${receivedNs / 1_000_000_000n}.${String(receivedNs % 1_000_000_000n).padStart(9, '0')}`,
      ...frame,
    }),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  const feed = await openFeed(binanceSpot(), { capture: { file } });
  const books = openBooks(feed, { depth: 1000 });
  for await (const batch of feed) books.take(batch);
  expect(agree({ ...run, books: books as unknown as Books })).toBe(true);
});

it('a venue that names no instruments is not connected to', async () => {
  await expect(openFeed(krakenSpot())).rejects.toMatchObject({ code: 'VW_SUBSCRIPTION' });
});

describe('on the command line', () => {
  it('a venue file of a venue that sends text is recorded, and its recording gives the books', async () => {
    const { mkdtempSync, readFileSync, rmSync, writeFileSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    const { join } = await import('node:path');
    const { venuewire } = await import('./cli-process.js');
    const sim = await simulated('kraken');
    const folder = mkdtempSync(join(tmpdir(), 'venuewire-record-'));
    stops.push(() => rmSync(folder, { recursive: true }));
    const [file, day] = [join(folder, 'venue.json'), join(folder, 'day.frames.jsonl')];
    const said = { channel: 'book', symbol: '{instruments}', depth: 10 };
    const spec = {
      decoder: 'kraken-spot-2',
      lines: { A: { type: 'websocket', url: sim.url } },
      integrity: krakenSpot().integrity,
      security: trusted,
      subscription: {
        instruments: SYMBOLS,
        subscribe: [{ method: 'subscribe', params: said }],
        recover: 'subscription',
      },
    };
    const head = { apiVersion: 'venuewire.io/v1alpha1', kind: 'VenueConnection', metadata: { name: 'sim' } };
    writeFileSync(file, JSON.stringify({ ...head, spec }));
    const ticking = setInterval(() => sim.tick(), 5);
    const recorded = await venuewire(['record', day, '--venue', file, '--seconds', '3']);
    clearInterval(ticking);
    expect(recorded.err).toMatch(/^[\d,]+ messages in /m);
    expect(recorded.code).toBe(0);
    expect(readFileSync(day, 'utf8').split('\n')[1]).toContain('"dir":"out"');
    const books = await venuewire(['book', day, '--venue', 'kraken-spot', '--format', 'ndjson']);
    const lines = books.out
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l));
    for (const { instrument, state, checks } of lines.filter((l) => l.summary === undefined)) {
      expect(SYMBOLS).toContain(instrument);
      expect(state).toBe('good');
      expect(checks.ok).toBeGreaterThan(10);
      expect(checks.bad).toBe(0);
    }
    expect(lines.length).toBe(4);
    // What is there is not written over.
    expect((await venuewire(['record', day, '--venue', file, '--seconds', '1'])).err).toContain('VW_RECORD_WRITE');
  });
});
