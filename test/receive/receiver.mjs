// A feed in a process of its own, in whatever namespace and with whatever rights it was started. Its first argument is JSON;
// it prints JSON, one line for what was decided, one for each notice that tests wait for, one for what came of it.
import { createInterface } from 'node:readline';
import { itch50 } from '../../dist/decoders/itch50.js';
import { openFeed } from '../../dist/index.js';
import { defineVenue, udpMulticast, waitForOtherLine } from '../../dist/patterns/index.js';
import { StreamDigest } from '../../dist/simulator/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';

const { lines, channels, options, reorder, busy } = JSON.parse(process.argv[2]);
const say = (object) => console.log(JSON.stringify(object));
const mapped = (of, map) => Object.fromEntries(Object.entries(of).map(([name, value]) => [name, map(value)]));
const multicast = (of) => mapped(of, ({ address, ...more }) => udpMulticast(address, more));
const join = 'beginning';
const venue =
  channels === undefined
    ? nasdaqTotalView({ lines: multicast(lines), join, reorder })
    : defineVenue({
        ...{ name: 'channels', decoder: itch50, framing: 'moldudp64', join },
        channels: mapped(channels, (of) => ({ lines: multicast(of) })),
        recovery: [waitForOtherLine({ for: reorder })],
      });

const feed = await openFeed(venue, options);
let open = Object.keys(channels ?? { one: true }).length;
for (const name of ['lineDown', 'lineUp']) feed.on(name, ({ reason }) => say({ [name]: reason }));
feed.on('sessionEnded', () => --open === 0 && feed.close());
createInterface({ input: process.stdin }).on('line', () => feed.close());
const look = setInterval(() => {
  const { receive } = feed;
  if (receive.length === 0) return;
  clearInterval(look);
  say({ receive });
}, 2);
const digest = new StreamDigest();
const digests = Object.keys(channels ?? {}).map(() => new StreamDigest());
const { view } = feed.ring;
const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const stages = () => {
  try {
    return feed.stages();
  } catch (error) {
    return error.code;
  }
};
let runs = 0;
/** A handler that lets nobody else on this thread do anything, until another one has received so many packets. */
const beBusy = ({ packets }) => {
  const received = () => feed.statistics().channels[0].packets;
  for (const until = received() + packets; received() < until; );
};
const each = (message, at) => {
  if (at.index === 0) runs++;
  if (at.sequence === busy?.sequence) beBusy(busy);
  digest.add(at.sequence, bytes, message.$at, message.$length);
  digests[at.channel]?.add(at.sequence, bytes, message.$at, message.$length);
};
try {
  await feed.run(Object.fromEntries(feed.decoder.names.map((name) => [name, each])));
  const { ledger, feed: counters, channels } = feed.statistics();
  say({
    digest: digest.toString(),
    digests: digests.map(String),
    count: digest.count,
    ledger,
    counters,
    packets: channels[0].packets,
    stages: stages(),
    runs,
  });
} catch (error) {
  say({ code: error.code, message: error.message, hint: error.hint, receive: feed.receive });
}
clearInterval(look);
process.stdin.destroy();
