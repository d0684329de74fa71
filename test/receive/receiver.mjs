// A feed in a process of its own, in whatever namespace and with whatever rights it was started. Its first argument is JSON;
// it prints JSON, one line for what was decided, one for each notice that tests wait for, one for what came of it.
import { createInterface } from 'node:readline';
import { openFeed } from '../../dist/index.js';
import { udpMulticast } from '../../dist/patterns/index.js';
import { StreamDigest } from '../../dist/simulator/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';

const { lines, options, reorder } = JSON.parse(process.argv[2]);
const say = (object) => console.log(JSON.stringify(object));
const venue = nasdaqTotalView({
  lines: Object.fromEntries(
    Object.entries(lines).map(([name, { address, ...more }]) => [name, udpMulticast(address, more)]),
  ),
  join: 'beginning',
  reorder,
});

const feed = await openFeed(venue, options);
feed.on('sessionEnded', () => feed.close());
createInterface({ input: process.stdin }).on('line', () => feed.close());
const look = setInterval(() => {
  const { receive } = feed;
  if (receive.length === 0) return;
  clearInterval(look);
  say({ receive });
}, 2);
const digest = new StreamDigest();
const { view } = feed.ring;
const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const stages = () => {
  try {
    return feed.stages();
  } catch (error) {
    return error.code;
  }
};
const each = (message, at) => digest.add(at.sequence, bytes, message.$at, message.$length);
try {
  await feed.run(Object.fromEntries(feed.decoder.names.map((name) => [name, each])));
  const { ledger, feed: counters, channels } = feed.statistics();
  say({
    digest: digest.toString(),
    count: digest.count,
    ledger,
    counters,
    packets: channels[0].packets,
    stages: stages(),
  });
} catch (error) {
  say({ code: error.code, message: error.message, hint: error.hint, receive: feed.receive });
}
clearInterval(look);
process.stdin.destroy();
