/** Servers of text that lie, stall or flood, and what is not shown of our credentials: every case has a code and a bound. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { inspect } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type Books, openBooks } from '../../src/books/index.js';
import type { VenuewireError } from '../../src/errors.js';
import { type Feed, openFeed } from '../../src/feed/feed.js';
import type { LiveFrame } from '../../src/internet/live.js';
import { bearer, env, keyAndSession, type Venue } from '../../src/patterns/index.js';
import { retryAfterMs } from '../../src/transports/http.js';
import { Lines } from '../../src/transports/lines.js';
import { Backoff, TokenBucket } from '../../src/transports/pace.js';
import { betfair } from '../../src/venues/betfair.js';
import { binanceSpot } from '../../src/venues/binance-spot.js';
import { krakenSpot } from '../../src/venues/kraken-spot.js';
import { oanda } from '../../src/venues/oanda.js';
import { authority, binance, type Client, kraken2, SimulatedInternetVenue, trusted } from './simulated-internet.js';

const stops: (() => unknown)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
});
const TOKEN = 'never-to-be-seen-4711';
process.env.TEST_OANDA_TOKEN = TOKEN;
const QUICK = { reconnect: { first: '20ms', most: '100ms' }, imageWithin: '300ms', silence: '2s', rates: {} };

async function simulated(dialect = kraken2): Promise<SimulatedInternetVenue> {
  const sim = new SimulatedInternetVenue(dialect, ['AAA', 'BBB']);
  await sim.start();
  stops.push(() => sim.stop());
  return sim;
}
const kraken = (sim: SimulatedInternetVenue, more: object = {}): Venue =>
  krakenSpot({ url: sim.url, instruments: ['AAA', 'BBB'], security: trusted, subscription: { ...QUICK, ...more } });
const prices = (sim: SimulatedInternetVenue, more: object = {}): Venue =>
  oanda({
    url: `${sim.https}/v3/accounts`,
    account: '101-4-1',
    instruments: ['EUR_USD', 'USD_JPY'],
    credentials: bearer(env('TEST_OANDA_TOKEN')),
    security: trusted,
    subscription: { ...QUICK, ...more },
  });

async function opened(venue: Venue) {
  const frames: LiveFrame[] = [];
  const logged: string[] = [];
  const line = (text: string): void => void logged.push(text);
  const feed = (await openFeed(venue, { frames: (f) => frames.push(f), logger: { info: line, warn: line } })) as Feed;
  const books = openBooks(feed);
  const errors: VenuewireError[] = [];
  feed.on('connectionError', (error) => errors.push(error));
  stops.push(() => feed.close());
  void (async () => {
    for await (const batch of feed) books.take(batch);
  })();
  const codes = (): string[] => errors.map((e) => e.code);
  const toldOf = (code: string) => expect.poll(codes, { timeout: 10_000, interval: 10 }).toContain(code);
  return { feed, books, errors, frames, logged, toldOf };
}

const PRICE = (symbol: string, bid: string) =>
  `{"type":"PRICE","time":"2026-01-02T03:04:05.000000006Z","bids":[{"price":"${bid}","liquidity":1000000}],"asks":[{"price":"9.99999","liquidity":500000}],"closeoutBid":"${bid}","closeoutAsk":"9.99999","tradeable":true,"instrument":"${symbol}","note":"é€😀"}`;

describe('an HTTPS response that does not end', () => {
  it('is read line by line wherever its chunks are cut, with our token in the header alone', async () => {
    const sim = await simulated();
    const authorized: (string | undefined)[] = [];
    const bytes = Buffer.from(`\r\n${PRICE('EUR_USD', '1.11914')}\r\n\n${PRICE('USD_JPY', '114.305')}\n`);
    sim.http = (request, response) => {
      authorized.push(request.headers.authorization);
      let at = 0;
      // One byte a chunk at first, then the rest at once.
      const next = (): void => {
        if (at < 300) response.write(bytes.subarray(at, ++at), next);
        else response.write(bytes.subarray(at));
      };
      next();
    };
    const run = await opened(prices(sim));
    await expect.poll(() => run.books.instruments, { timeout: 5_000 }).toBe(2);
    expect(run.books.top('EUR_USD').bid?.price).toBe(11_191_400_000n);
    expect(run.books.top('USD_JPY').bid?.price).toBe(1_143_050_000_000n);
    expect(sim.asked).toEqual(['/v3/accounts/101-4-1/pricing/stream?instruments=EUR_USD%2CUSD_JPY&snapshot=true']);
    expect(authorized).toEqual([`Bearer ${TOKEN}`]);
    expect(run.errors).toEqual([]);
  });

  it('that breaks in a chunk is asked for again', async () => {
    const sim = await simulated();
    sim.http = (_request, response) => {
      response.write(
        `${PRICE('EUR_USD', sim.asked.length === 1 ? '1.1' : '1.2')}\n${PRICE('USD_JPY', '1.3').slice(0, 40)}`,
      );
      if (sim.asked.length === 1) setTimeout(() => response.socket?.destroy(), 30);
    };
    const run = await opened(prices(sim));
    await expect.poll(() => run.books.top('EUR_USD').bid?.price, { timeout: 5_000 }).toBe(12_000_000_000n);
    expect(run.books.top('EUR_USD').stale).toBe(false);
    expect(sim.asked.length).toBe(2);
  });

  const answer =
    (status: number, headers = {}) =>
    (response: ServerResponse) =>
      response.writeHead(status, headers).end(`{"errorMessage":"Insufficient authorization of ${TOKEN}"}`);
  it.each<readonly [string, (response: ServerResponse) => unknown, object, string]>([
    ['an endless line', (r) => flood(r, Buffer.alloc(65_536, 0x41)), { most: 100_000 }, 'VW_MESSAGE_SIZE'],
    [
      'a byte now and then',
      (r) => {
        const timer = setInterval(() => r.write('x'), 20);
        r.on('close', () => clearInterval(timer));
      },
      { silence: '200ms' },
      'VW_SILENCE',
    ],
    ['redirects without end', (r) => answer(302, { Location: '/again' })(r), {}, 'VW_HTTP_REDIRECT'],
    ['a refused token', answer(401), {}, 'VW_LOGIN_REFUSED'],
    ['too many requests', answer(429, { 'Retry-After': '0' }), {}, 'VW_HTTP_RATE'],
    ['an error of the server', answer(503, { 'Retry-After': '0' }), {}, 'VW_HTTP_STATUS'],
  ])('is told by code: %s; and the token is shown nowhere', async (_, serve, more, code) => {
    const sim = await simulated();
    sim.http = (_request, response) => void serve(response);
    const run = await opened(prices(sim, more));
    await run.toldOf(code);
    expect(sim.asked.every((path) => path.startsWith('/v3/accounts/'))).toBe(true);
    const all = [
      inspect(run.errors, { depth: 9 }),
      inspect(run.feed, { depth: 9 }),
      JSON.stringify(run.errors),
      JSON.stringify(run.frames, (_key, v) => (typeof v === 'bigint' ? String(v) : v)),
      run.logged.join('\n'),
    ].join('\n');
    expect(all).not.toContain(TOKEN);
  });
});

/** Writes for ever, as fast as it is taken. */
function flood(to: ServerResponse, bytes: Buffer): void {
  const next = (): void => {
    if (!to.destroyed) to.write(bytes, next);
  };
  next();
}

/** A frame of a server (RFC 6455, 5.2) with that length in its header, whatever follows. */
function header(first: number, length: number): Buffer {
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
const TEXT = 0x81;
const BINARY = 0x82;
const COMPRESSED = 0xc1;

describe('a WebSocket', () => {
  const BOMB = deflateRawSync(Buffer.alloc(300 << 20, 0x20), { level: 9 });
  it.each<readonly [string, (client: Client) => void, string]>([
    ['a message of 1 GB', ({ raw }) => raw.write(header(TEXT, 1 << 30)), 'VW_MESSAGE_SIZE'],
    ['a message of 2^63 bytes', ({ raw }) => raw.write(header(TEXT, 2 ** 62)), 'VW_MESSAGE_SIZE'],
    [
      'a message that unpacks to 300 MB',
      ({ raw }) => raw.write(Buffer.concat([header(COMPRESSED, BOMB.length), BOMB])),
      'VW_MESSAGE_SIZE',
    ],
    ['bytes instead of text', ({ raw }) => raw.write(Buffer.from([BINARY, 2, 0x7b, 0x7d])), 'VW_WEBSOCKET'],
    ['text that is no UTF-8', ({ raw }) => raw.write(Buffer.from([TEXT, 2, 0xc0, 0xaf])), 'VW_WEBSOCKET'],
    ['a frame that is masked', ({ raw }) => raw.write(Buffer.from([TEXT, 0x82, 0, 0, 0, 0, 1, 1])), 'VW_WEBSOCKET'],
    ['a frame of an unknown kind', ({ raw }) => raw.write(Buffer.from([0x83, 0])), 'VW_WEBSOCKET'],
    [
      'fragments without end',
      ({ raw }) => {
        raw.write(Buffer.concat([Buffer.from([0x01, 0x7e, 0xff, 0xff]), Buffer.alloc(65_535, 0x20)]));
        for (let i = 0; i < 200; i++)
          raw.write(Buffer.concat([Buffer.from([0x00, 0x7e, 0xff, 0xff]), Buffer.alloc(65_535, 0x20)]));
      },
      'VW_MESSAGE_SIZE',
    ],
  ])('that sends %s is left by code, without the memory of it', async (_, harm, code) => {
    const sim = await simulated();
    sim.onClient = (client) => {
      if (client.nth === 1) harm(client);
    };
    const before = process.memoryUsage().rss;
    const run = await opened(kraken(sim, { most: 1 << 20 }));
    await run.toldOf(code);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
    // The next connection is good.
    await expect.poll(() => run.books.instruments, { timeout: 5_000 }).toBe(2);
    expect(sim.connections).toBe(2);
  });

  it('that sends JSON too deep, or none at all, leaves everything in doubt until it is subscribed to anew', async () => {
    for (const text of ['['.repeat(100_000), '{"a":'.repeat(5_000), '{"channel":"book"', '']) {
      const sim = await simulated();
      const run = await opened(kraken(sim));
      await expect.poll(() => run.books.instruments, { timeout: 5_000 }).toBe(2);
      const notices: string[] = [];
      run.feed.on('notice', (n) => notices.push(n.type));
      for (const { socket } of sim.clients) socket.send(text);
      await expect.poll(() => notices.filter((n) => n === 'good').length, { timeout: 5_000 }).toBe(2);
      expect(run.feed.session?.refused.size).toBe(1);
      expect(sim.connections).toBe(1);
      run.feed.close();
    }
  });

  it('whose upgrade is never answered, or is no upgrade, is told', async () => {
    const sim = await simulated();
    sim.refuse = (nth: number, raw: Socket) =>
      nth === 1 && raw.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n') !== undefined;
    const run = await opened(kraken(sim));
    await run.toldOf('VW_HTTP_STATUS');
  });
});

describe('an image that is asked for', () => {
  const deep = (sim: SimulatedInternetVenue) =>
    binanceSpot({
      url: sim.url,
      imageUrl: `${sim.https}/depth`,
      instruments: ['AAA', 'BBB'],
      security: trusted,
      subscription: { ...QUICK, image: { url: `${sim.https}/depth?symbol={instrument}`, most: 20_000 } },
    });
  it.each<readonly [string, (response: ServerResponse) => unknown, string]>([
    ['an answer without end', (r) => flood(r, Buffer.alloc(8_192, 0x20)), 'VW_MESSAGE_SIZE'],
    ['a redirect', (r) => r.writeHead(301, { Location: 'https://elsewhere.example/' }).end(), 'VW_HTTP_REDIRECT'],
    ['too many requests', (r) => r.writeHead(429, { 'Retry-After': '0' }).end(), 'VW_HTTP_RATE'],
  ])('and gets %s is told by code, and asked for again', async (_, serve, code) => {
    const sim = await simulated(binance);
    const good = sim.http;
    let harmed = 0;
    sim.http = (request, response) => (harmed++ < 2 ? void serve(response) : good(request, response));
    const run = await opened(deep(sim));
    const ticking = setInterval(() => sim.tick(), 5);
    stops.push(() => clearInterval(ticking));
    await run.toldOf(code);
    await expect.poll(() => run.books.instruments, { timeout: 10_000 }).toBe(2);
    await expect.poll(() => run.books.top('AAA').stale || run.books.top('BBB').stale, { timeout: 10_000 }).toBe(false);
    expect(sim.connections).toBe(1);
  });
});

describe('parts', () => {
  it('lines are cut wherever the chunks are', () => {
    const text = Buffer.from('a\r\nbé€\n\n😀\r\nrest');
    for (let size = 1; size <= text.length; size++) {
      const lines = new Lines(1000, 'x');
      const found: string[] = [];
      for (let at = 0; at < text.length; at += size) found.push(...lines.push(text.subarray(at, at + size)));
      expect(found).toEqual(['a', 'bé€', '', '😀']);
    }
    const lines = new Lines(4, 'x');
    expect(() => lines.push(Buffer.from('abcde'))).toThrow(expect.objectContaining({ code: 'VW_MESSAGE_SIZE' }));
  });
  it('Retry-After is seconds or a date, and bounded', () => {
    expect(retryAfterMs('3', 0)).toBe(3_000);
    expect(retryAfterMs('Thu, 01 Jan 1970 00:01:00 GMT', 10_000)).toBe(50_000);
    expect(retryAfterMs('99999999999', 0)).toBe(3_600_000);
    expect(retryAfterMs('soon', 0)).toBeUndefined();
    expect(retryAfterMs('Thu, 01 Jan 1970 00:00:00 GMT', 10_000)).toBe(0);
  });
  it('a bucket allows so many in any span', () => {
    const bucket = new TokenBucket(3, 1_000);
    expect([0, 0, 0, 0, 400, 400, 400].map((now) => now + bucket.take(now))).toEqual([
      0, 0, 0, 1_000, 1_000, 1_000, 2_000,
    ]);
  });
  it('rests double up to a bound, and half of each is random', () => {
    const least = new Backoff(100, 1_000, () => 0);
    expect([1, 2, 3, 4, 5].map(() => least.next())).toEqual([50, 100, 200, 400, 500]);
    const most = new Backoff(100, 1_000, () => 1);
    expect([1, 2, 3, 4, 5].map(() => most.next())).toEqual([100, 200, 400, 800, 1_000]);
    most.reset();
    expect(most.next()).toBe(100);
    most.longest();
    expect(most.next()).toBe(1_000);
  });
});

describe('Betfair, lines inside TLS', () => {
  const SESSION = 'session-never-shown-0815';
  process.env.TEST_BETFAIR_KEY = 'application-key-never-shown';
  process.env.TEST_BETFAIR_SESSION = SESSION;
  const image = (price: number) =>
    `{"op":"mcm","id":2,"initialClk":"a","clk":"b","pt":1471370159007,"ct":"SUB_IMAGE","mc":[{"id":"1.5","img":true,"rc":[{"id":7,"atb":[[${price},2.5],[1.5,3]],"atl":[[9,1]]},{"id":8,"hc":-1.5,"atb":[[2,2]]}]}]}`;

  async function stream(refuse = false, resumed?: (tokens: unknown) => string[]) {
    const heard: string[][] = [];
    const open = new Set<Socket>();
    const server = createTlsServer(authority.issue(), (socket) => {
      const lines: string[] = [];
      const nth = heard.push(lines);
      open.add(socket.on('error', () => {}));
      const say = (text: string): void => void socket.write(`${text}\r\n`);
      say('{"op":"connection","connectionId":"002-230915140112-174"}');
      socket.on('data', (bytes) => {
        for (const line of String(bytes).split('\r\n').filter(Boolean)) {
          lines.push(line);
          const { op, id, initialClk, clk } = JSON.parse(line);
          if (refuse && op === 'authentication')
            return socket.end(
              `{"op":"status","id":${id},"statusCode":"FAILURE","errorCode":"INVALID_SESSION_INFORMATION","errorMessage":"${SESSION}","connectionClosed":true}\r\n`,
            );
          if (clk !== undefined && resumed !== undefined) {
            for (const text of resumed({ initialClk, clk })) say(text);
            continue;
          }
          say(`{"op":"status","id":${id},"statusCode":"SUCCESS","connectionClosed":false}`);
          if (op !== 'marketSubscription') continue;
          say(image(nth === 1 ? 3 : 4));
          say('{"op":"mcm","id":2,"clk":"c","pt":1471370159008,"ct":"HEARTBEAT"}');
          say(
            '{"op":"mcm","id":2,"clk":"d","pt":1471370159009,"mc":[{"id":"1.5","rc":[{"id":7,"atb":[[1.5,0],[1.4,0],[2.5,8]]}]}]}',
          );
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const drop = (): void => {
      for (const socket of open) socket.destroy();
    };
    stops.push(drop, () => server.close());
    const venue = betfair({
      server: `localhost:${(server.address() as { port: number }).port}`,
      instruments: ['1.5'],
      credentials: keyAndSession(env('TEST_BETFAIR_KEY'), env('TEST_BETFAIR_SESSION')),
      security: trusted,
      subscription: QUICK,
    });
    const say = (text: string): void => {
      for (const socket of open) socket.write(`${text}\r\n`);
    };
    return { heard, drop, say, run: await opened(venue) };
  }

  it('is logged in to, subscribed to, and begins anew after a drop', async () => {
    const { heard, drop, run } = await stream();
    const bids = (symbol: string) => run.books.depth(symbol, 'bid').map((l) => Number(l.price) / 1e10);
    await expect.poll(() => bids('1.5/7'), { timeout: 5_000 }).toEqual([3, 2.5]);
    expect(bids('1.5/8/-1.5')).toEqual([2]);
    expect(heard[0]?.[0]).toBe(
      `{"op":"authentication","id":1,"appKey":"application-key-never-shown","session":"${SESSION}"}`,
    );
    expect(heard[0]?.[1]).toContain('"marketFilter":{"marketIds":["1.5"]}');
    const notices: string[] = [];
    run.feed.on('notice', (n) => notices.push(n.type));
    drop();
    await expect.poll(() => bids('1.5/7'), { timeout: 5_000 }).toEqual([4, 2.5]);
    expect(run.books.top('1.5/7').stale).toBe(false);
    expect(notices).toContain('stale');
    expect(run.errors).toEqual([]);
    expect(JSON.stringify(run.frames.map((f) => f.text))).not.toMatch(/never-shown/);
    expect(run.frames.filter((f) => f.dir === 'out')[0]?.text).toBe(
      '{"op":"authentication","id":1,"appKey":"***","session":"***"}',
    );
  });

  const bidsOf = ({ books }: { books: Books }, symbol: string) =>
    books.depth(symbol, 'bid').map((l) => Number(l.price) / 1e10);

  it('goes on where a drop was, by the tokens of the last message: what was missed comes, and no image', async () => {
    const given: unknown[] = [];
    const { heard, drop, run } = await stream(false, (tokens) => {
      given.push(tokens);
      return [
        '{"op":"mcm","id":2,"initialClk":"a2","clk":"e","pt":1471370160000,"ct":"RESUB_DELTA","mc":[{"id":"1.5","rc":[{"id":7,"atb":[[2.5,0],[2.4,6]]}]}]}',
      ];
    });
    await expect.poll(() => bidsOf(run, '1.5/7'), { timeout: 5_000 }).toEqual([3, 2.5]);
    const notices: string[] = [];
    run.feed.on('notice', (n) => notices.push(n.type));
    drop();
    await expect.poll(() => bidsOf(run, '1.5/7'), { timeout: 5_000 }).toEqual([3, 2.4]);
    // Of what had not changed everything is still there, and good.
    expect(bidsOf(run, '1.5/8/-1.5')).toEqual([2]);
    expect(run.books.depth('1.5/7', 'ask').map((l) => Number(l.price) / 1e10)).toEqual([9]);
    expect([run.books.top('1.5/7').stale, run.books.top('1.5/8/-1.5').stale]).toEqual([false, false]);
    expect(notices).toEqual(expect.arrayContaining(['lineDown', 'stale', 'good']));
    expect(given).toEqual([{ initialClk: 'a', clk: 'd' }]);
    // But for the tokens the subscription is the same.
    const [first, second] = heard.map((lines) => JSON.parse(lines[1] as string));
    expect({ ...second, initialClk: undefined, clk: undefined }).toEqual({ ...first });
    drop();
    await expect.poll(() => given.length, { timeout: 5_000 }).toBe(2);
    expect(given[1]).toEqual({ initialClk: 'a2', clk: 'e' });
    expect(run.errors).toEqual([]);
  });

  it('whose server knows the tokens no more is subscribed to without them, and gives an image', async () => {
    const { heard, drop, run } = await stream(false, () => [
      '{"op":"status","id":2,"statusCode":"FAILURE","errorCode":"INVALID_CLOCK","connectionClosed":true}',
    ]);
    await expect.poll(() => bidsOf(run, '1.5/7'), { timeout: 5_000 }).toEqual([3, 2.5]);
    drop();
    await expect.poll(() => bidsOf(run, '1.5/7'), { timeout: 5_000 }).toEqual([4, 2.5]);
    expect(run.books.top('1.5/7').stale).toBe(false);
    expect(heard).toHaveLength(3);
    expect(heard[2]?.[1]).not.toContain('clk');
    expect(run.errors).toEqual([]);
  });

  it('that has sent what cannot be read is not gone on with: it gives an image', async () => {
    const { heard, run, say } = await stream(false, () => []);
    await expect.poll(() => bidsOf(run, '1.5/7'), { timeout: 5_000 }).toEqual([3, 2.5]);
    say('{"op":"mcm","id":2,"clk":"x","pt":1471370159010,"mc":[{"id":"1.5","rc":[{"id":7,"atb":"none"}]}]}');
    await expect.poll(() => bidsOf(run, '1.5/7'), { timeout: 5_000 }).toEqual([4, 2.5]);
    expect(heard[1]?.[1]).not.toContain('clk');
  });

  it('that refuses the session is told by code, with the longest rest, and nothing is shown of it', async () => {
    const { run } = await stream(true);
    await run.toldOf('VW_LOGIN_REFUSED');
    expect(run.errors[0]?.message).toContain('INVALID_SESSION_INFORMATION');
    expect(inspect(run.errors, { depth: 9 }) + run.logged.join()).not.toContain(SESSION);
  });
});
