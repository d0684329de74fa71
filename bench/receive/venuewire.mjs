// A backend of ours into handlers of JavaScript: arbitrated, in sequence, every message a call; with `delay` the first message
// of each packet has the time of its sending.
import { openFeed } from '../../dist/index.js';
import { udpMulticast } from '../../dist/patterns/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';
import { Reporter } from './reporter.mjs';

const [device, ip, port, work, receive, wake, stamps] = process.argv.slice(2);
const feed = await openFeed(
  nasdaqTotalView({ lines: { A: udpMulticast(`${ip}:${port}`, { interface: device, receive }) }, reorder: '1ms' }),
  { wake, stamps: stamps === 'stamps' },
);
let messages = 0;
let before = 0;
const reporter = new Reporter(() => {
  const { channels, feed: f } = feed.statistics();
  const packets = channels[0].packets - before;
  before = channels[0].packets;
  return { packets, messages, drops: f.kernelDrops + f.ringDrops };
});
const each =
  work === 'delay'
    ? (m) => {
        messages++;
        if (m.timestamp !== 0) reporter.delay(m.timestamp);
      }
    : () => {
        messages++;
      };
const handlers = Object.fromEntries(feed.decoder.names.map((name) => [name, each]));
const look = setInterval(() => {
  if (feed.receive.length === 0) return;
  clearInterval(look);
  const [{ backend, detail }] = feed.receive;
  reporter.ready({ ready: backend === receive, detail });
}, 5);
const refused = (error) => {
  console.log(JSON.stringify({ ready: false, detail: `${error.code}: ${error.message}` }));
  process.exit(1);
};
const POLLS = 10_000; // before the event loop has a turn
if (wake === 'poll') {
  const turn = () => {
    for (let i = 0; i < POLLS; i++) feed.poll(handlers);
    setImmediate(turn);
  };
  try {
    turn();
  } catch (error) {
    refused(error);
  }
} else feed.run(handlers).catch(refused);
