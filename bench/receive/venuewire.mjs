// A backend of ours into handlers of JavaScript: arbitrated, in sequence, every message a call.
import { openFeed } from '../../dist/index.js';
import { udpMulticast } from '../../dist/patterns/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';

const [device, ip, port, receive] = process.argv.slice(2);
const feed = await openFeed(
  nasdaqTotalView({ lines: { A: udpMulticast(`${ip}:${port}`, { interface: device, receive }) } }),
);
let messages = 0;
const count = () => {
  messages++;
};
let before;
process.on('SIGTERM', () => {
  const { user, system } = process.cpuUsage(before);
  const { channels, feed: f } = feed.statistics();
  const { packets } = channels[0];
  console.log(
    JSON.stringify({ packets, messages, cpuSeconds: (user + system) / 1e6, drops: f.kernelDrops + f.ringDrops }),
  );
  process.exit(0);
});
const look = setInterval(() => {
  if (feed.receive.length === 0) return;
  clearInterval(look);
  const [{ backend, detail }] = feed.receive;
  before = process.cpuUsage();
  console.log(JSON.stringify({ ready: backend === receive, detail }));
}, 5);
feed.run(Object.fromEntries(feed.decoder.names.map((name) => [name, count]))).catch((error) => {
  console.log(JSON.stringify({ ready: false, detail: `${error.code}: ${error.message}` }));
  process.exit(1);
});
