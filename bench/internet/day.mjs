// Memory while a day is replayed: recordings over and over through a live feed and its books, resident bytes at intervals.
// `node bench/internet/day.mjs [VENUE] [MESSAGES]`; exits with 1 when the second half of the day needs more than the first.
import { liveFeed } from './live-feed.mjs';
import { messagesOf } from './recordings.mjs';

const [, , venue = 'kraken', wanted = '5000000'] = process.argv;
const INTERVALS = 20;
const A_TURN = 256;
const BEGAN_NS = 1_700_000_000_000_000_000n;
/** Resident bytes go up and down with the collector's runs. */
const SLACK = 1.15;
const turn = () => new Promise((resolve) => setImmediate(resolve));
const messages = await messagesOf(venue);
const { live, feed, books } = await liveFeed(venue, messages);
const seen = [];
let said = 0;
const each = Number(wanted) / INTERVALS;
while (said < Number(wanted)) {
  live.session.lost(BEGAN_NS);
  live.session.opened(BEGAN_NS);
  for (const { text, url, receivedNs } of messages) {
    if (url === undefined) live.say(text);
    else live.session.message(text, receivedNs, { url });
    if (++said % A_TURN === 0) {
      await turn();
      while (live.isPaused) await turn();
    }
    if (said % each === 0) {
      seen.push(process.memoryUsage().rss);
      process.stdout.write(
        `${said} messages: ${(seen.at(-1) / 1e6).toFixed(1)} MB, ${books.counters().levels} levels\n`,
      );
    }
  }
}
const { ledger } = feed.statistics();
const half = seen.length / 2;
const [first, second] = [Math.max(...seen.slice(1, half)), Math.max(...seen.slice(half))];
process.stdout.write(`ledger ${JSON.stringify(ledger)}\n`);
process.stdout.write(
  `most: ${(first / 1e6).toFixed(1)} MB in the first half, ${(second / 1e6).toFixed(1)} MB in the second\n`,
);
process.exit(second > first * SLACK ? 1 : 0);
