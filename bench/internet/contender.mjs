// One client and one recording, over and over: `node contender.mjs CLIENT VENUE SECONDS FOLDER`. Prints what it took as JSON.
import { createRequire } from 'node:module';
import { messagesOf, VENUES } from './recordings.mjs';

const [, , client, venue, seconds, folder] = process.argv;
const { isUpdate } = VENUES[venue];
const messages = await messagesOf(venue);
const updates = messages.filter(({ text }) => isUpdate(text)).length;
/** Levels of each side that are compared at the end. */
const LEVELS = 10;
const BEGAN_NS = 1_700_000_000_000_000_000n;
const turn = () => new Promise((resolve) => setImmediate(resolve));
/** Messages that a socket brings in one turn. */
const A_TURN = 256;

/** Ours: all of the way, from the text of a message through its checks and the core into books; and only up to the core. */
async function venuewire(toBooks) {
  const { liveFeed } = await import('./live-feed.mjs');
  const { live, feed, books, decoder } = await liveFeed(venue, messages);
  const { session } = live;
  let bad = 0;
  const { VenueSession } = await import('../../dist/internet/session.js');
  const alone = new VenueSession(decoder, live.venue.integrity, live.subscription.instruments, () => {});
  return {
    loop: async () => {
      const to = toBooks ? session : alone;
      to.lost(BEGAN_NS);
      to.opened(BEGAN_NS);
      for (let i = 0; i < messages.length; i++) {
        const { text, url, receivedNs } = messages[i];
        if (!toBooks) alone.message(text, receivedNs, { url });
        else if (url === undefined) live.say(text);
        else session.message(text, receivedNs, { url });
        if (toBooks && i % A_TURN === A_TURN - 1) {
          await turn();
          while (live.isPaused) await turn();
        }
      }
    },
    end: async () => {
      for (let still = 0, before = -1; toBooks && still < 10; ) {
        still = before === books.counters().operations ? still + 1 : 0;
        before = books.counters().operations;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      for (const symbol of live.subscription.instruments)
        bad += (toBooks ? session : alone).report(symbol)?.checks.bad ?? 0;
    },
    about: () => ({ wrongChecksums: bad, refused: (toBooks ? session : alone).refused.size }),
    book: (symbol) =>
      toBooks
        ? ['bid', 'ask'].map((side) =>
            books.depth(symbol, side, LEVELS).map((l) => [Number(l.price) / 1e10, Number(l.size) / 1e8]),
          )
        : undefined,
    close: () => feed.close(),
  };
}

/** ccxt's own client object and handlers; only the socket is missing. */
async function ccxt(checks) {
  const { default: library } = await import(
    createRequire(`${folder}/`)
      .resolve('ccxt')
      .replace(/dist\/ccxt\.cjs$/, 'js/ccxt.js')
  );
  const name = { kraken: 'kraken', coinbase: 'coinbaseexchange', binance: 'binance' }[venue];
  const exchange = new library.pro[name]();
  let wrong = 0;
  const ws = exchange.client(`wss://recording.invalid/stream`);
  if (checks) {
    // Its check needs numbers as text, and fails all the same, for JSON.parse has cut their zeros off: it would drop the book at
    // the first message. What it computes is computed here, and taken to be right.
    exchange.number = String;
    exchange.options.watchOrderBook = { ...exchange.options.watchOrderBook, checksum: true };
    const { crc32 } = exchange;
    let told;
    const { safeInteger } = exchange;
    exchange.safeInteger = (of, key, ...rest) => {
      const value = safeInteger(of, key, ...rest);
      if (key === 'checksum') told = value;
      return value;
    };
    exchange.crc32 = (...given) => {
      if (crc32(...given) !== told) wrong++;
      return told;
    };
  }
  let resolved = 0;
  let rejected = 0;
  const { resolve } = ws;
  ws.resolve = (result, hash) => {
    resolved++;
    return resolve.call(ws, result, hash);
  };
  ws.reject = () => void rejected++;
  const symbolOf = (id) => (venue === 'coinbase' ? id.replace('-', '/') : id);
  // Its image comes by a request of its own; what it does with one is its own code.
  const image = async ({ text, url }) => {
    const symbol = exchange.safeMarket(new URL(url).searchParams.get('symbol'), undefined, undefined, 'spot').symbol;
    const parsed = JSON.parse(text);
    exchange.fetchRestOrderBookSafe = async () => {
      const book = exchange.parseOrderBook(parsed, symbol);
      book.nonce = parsed.lastUpdateId;
      return book;
    };
    await exchange.fetchOrderBookSnapshot(ws, undefined, { symbol, limit: 5000, type: 'spot' });
  };
  const instruments = [
    ...new Set(messages.flatMap(({ url }) => (url === undefined ? [] : [new URL(url).searchParams.get('symbol')]))),
  ];
  return {
    loop: async () => {
      for (const id of instruments) {
        const { symbol } = exchange.safeMarket(id, undefined, undefined, 'spot');
        exchange.orderbooks[symbol] = exchange.orderBook({}, 5000);
      }
      for (const message of messages) {
        if (message.url !== undefined) await image(message);
        else ws.onMessage({ data: message.text });
      }
    },
    end: async () => {},
    about: () => ({ resolved, rejected, wrongChecksums: wrong, version: library.version }),
    book: (id) => {
      const book = exchange.orderbooks[symbolOf(id)];
      return book === undefined
        ? undefined
        : [book.bids, book.asks].map((side) => side.slice(0, LEVELS).map((level) => [level[0], level[1]]));
    },
    close: () => {},
  };
}

/** The least one can do by hand: JSON.parse, and a map of levels by price; no order, no checks, numbers as doubles. */
function plain() {
  const books = new Map();
  const sideOf = (symbol, side) => {
    const key = `${symbol} ${side}`;
    if (!books.has(key)) books.set(key, new Map());
    return books.get(key);
  };
  const set = (symbol, side, price, size) => {
    const levels = sideOf(symbol, side);
    if (Number(size) === 0) levels.delete(Number(price));
    else levels.set(Number(price), Number(size));
  };
  const clear = (symbol) => {
    sideOf(symbol, 'bid').clear();
    sideOf(symbol, 'ask').clear();
  };
  const take = {
    kraken: (m) => {
      if (m.channel !== 'book') return;
      for (const { symbol, bids, asks } of m.data) {
        if (m.type === 'snapshot') clear(symbol);
        for (const { price, qty } of bids) set(symbol, 'bid', price, qty);
        for (const { price, qty } of asks) set(symbol, 'ask', price, qty);
      }
    },
    coinbase: (m) => {
      if (m.type === 'snapshot') {
        clear(m.product_id);
        for (const [price, size] of m.bids) set(m.product_id, 'bid', price, size);
        for (const [price, size] of m.asks) set(m.product_id, 'ask', price, size);
      } else if (m.type === 'l2update')
        for (const [side, price, size] of m.changes) set(m.product_id, side === 'buy' ? 'bid' : 'ask', price, size);
    },
    binance: (m, url) => {
      const data = m.data ?? m;
      if (url !== undefined) {
        const symbol = new URL(url).searchParams.get('symbol');
        clear(symbol);
        for (const [price, size] of data.bids) set(symbol, 'bid', price, size);
        for (const [price, size] of data.asks) set(symbol, 'ask', price, size);
      } else if (data.e === 'depthUpdate') {
        for (const [price, size] of data.b) set(data.s, 'bid', price, size);
        for (const [price, size] of data.a) set(data.s, 'ask', price, size);
      }
    },
    betfair: (m) => {
      for (const { id, img, rc = [] } of m.mc ?? [])
        for (const { id: runner, atb = [], atl = [] } of rc) {
          if (img) clear(`${id}/${runner}`);
          for (const [price, size] of atb) set(`${id}/${runner}`, 'bid', price, size);
          for (const [price, size] of atl) set(`${id}/${runner}`, 'ask', price, size);
        }
    },
  }[venue];
  return {
    loop: async () => {
      for (const { text, url } of messages) take(JSON.parse(text), url);
    },
    end: async () => {},
    about: () => ({}),
    book: () => undefined,
    close: () => {},
  };
}

/** betfair-node's decoder of stream lines. It prints several lines a message: what prints them does nothing here. */
function betfairNode() {
  const require = createRequire(`${folder}/`);
  const decoder = require(`${folder}/node_modules/betfair-node/dist/betfair-stream-decoder.js`);
  const quiet = () => {};
  Object.assign(console, { log: quiet, warn: quiet });
  let changes = 0;
  const callbacks = {
    onMarketChange: () => void changes++,
    onOrderChange: quiet,
    onStatus: quiet,
    onConnection: quiet,
    onHeartbeat: quiet,
  };
  let state = decoder.createStreamDecoderState(1, ['1.200806927']);
  return {
    loop: async () => {
      for (const { text } of messages) state = decoder.processDataPacket(state, callbacks, text);
    },
    end: async () => {},
    about: () => ({ changes }),
    book: () => undefined,
    close: () => {},
  };
}

const run = await {
  venuewire: () => venuewire(true),
  session: () => venuewire(false),
  ccxt: () => ccxt(false),
  'ccxt-checksums': () => ccxt(true),
  plain,
  'betfair-node': betfairNode,
}[client]();
await run.loop();
await run.end();
const began = performance.now();
const cpu = process.cpuUsage();
let loops = 0;
while (performance.now() - began < Number(seconds) * 1000) {
  await run.loop();
  loops++;
}
await run.end();
const { user, system } = process.cpuUsage(cpu);
const wall = (performance.now() - began) / 1000;
const books = Object.fromEntries(
  { kraken: ['BTC/USD'], coinbase: ['SKL-USD', 'YFI-BTC'], binance: [], betfair: [] }[venue].map((s) => [
    s,
    run.book(s),
  ]),
);
process.stdout.write(
  `${JSON.stringify({ client, venue, loops, updates: updates * loops, seconds: wall, cpu: (user + system) / 1e6, rss: process.memoryUsage().rss, ...run.about(), books })}\n`,
);
run.close();
process.exit(0);
