// A live feed of ours whose socket is a function: what would come from the venue is said by the bench.
import { openBooks } from '../../dist/books/index.js';
import { compileVenue } from '../../dist/feed/compile.js';
import { Feed } from '../../dist/feed/feed.js';
import { LiveVenue } from '../../dist/internet/live.js';
import { withChannels } from '../../dist/internet/replay.js';

const MAKERS = {
  kraken: async () => (await import('../../dist/venues/kraken-spot.js')).krakenSpot,
  coinbase: async () => (await import('../../dist/venues/coinbase-exchange.js')).coinbaseExchange,
  binance: async () => (await import('../../dist/venues/binance-spot.js')).binanceSpot,
  betfair: async () => (await import('../../dist/venues/betfair.js')).betfair,
};

/** Instruments that the messages are about, once each. */
function instrumentsOf(decoder, messages) {
  const key = decoder.instrument[0];
  const all = messages.flatMap(({ text, url }) => decoder.read(text, { url }).map(({ values }) => values[key]));
  return [...new Set(all)].filter((symbol) => symbol !== undefined);
}

/** @returns the feed with its books, read as they come; `live.say` hands a message over as the socket would */
export async function liveFeed(name, messages) {
  const make = await MAKERS[name]();
  const { decoder } = make();
  const instruments = instrumentsOf(decoder, messages);
  // A login is not what is measured, and a recording answers no requests.
  const venue = make({ instruments, subscription: { rates: {}, recover: 'next', login: [], silence: '1h' } });
  const [lineName, line] = Object.entries(venue.lines)[0];
  let events;
  const live = new LiveVenue(
    venue,
    decoder,
    venue.subscription,
    lineName,
    line,
    (_target, told) => {
      events = told;
      setImmediate(() => told.open());
      const pause = (isPaused) => () => {
        live.isPaused = isPaused;
      };
      return { send: () => {}, close: () => {}, pause: pause(true), resume: pause(false) };
    },
    undefined,
  );
  live.say = (text) => events.message(text);
  const whole = withChannels(venue, live.line, instruments);
  const feed = new Feed(whole, compileVenue(whole, { transports: { lines: { [lineName]: live } } }), {});
  feed.session = live.session;
  const books = openBooks(feed, { depth: 1000 });
  live.reading = (async () => {
    for await (const batch of feed) books.take(batch);
  })();
  while (events === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { live, feed, books, decoder };
}
