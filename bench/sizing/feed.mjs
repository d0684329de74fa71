// One feed of a plant, opened and left idle: what it takes. Usage: feed.mjs opra|cme CHANNELS BACKEND
import { readdirSync } from 'node:fs';
import { openFeed } from '../../dist/index.js';
import { udpMulticast } from '../../dist/patterns/index.js';
import { cmeMdp3 } from '../../dist/venues/cme-mdp3.js';
import { opra } from '../../dist/venues/opra.js';

const [plant, count, receive] = process.argv.slice(2);
const IDLE_MS = 2000;
const group = (kind, i) => udpMulticast(`239.77.${kind}.${i + 1}:${20_000 + kind}`, { interface: '127.0.0.1' });
const PLANTS = {
  /** Each line twice. */
  opra: (i) => ({ line: i + 1, lines: { A: group(1, i), B: group(2, i) } }),
  /** Increments twice, and the market recovery lines twice. */
  cme: (i) => ({
    channelId: 300 + i,
    lines: { A: group(1, i), B: group(2, i) },
    recovery: { A: group(3, i), B: group(4, i) },
  }),
};
const channels = Object.fromEntries(Array.from({ length: Number(count) }, (_, i) => [`C${i + 1}`, PLANTS[plant](i)]));
const held = () => ({
  rss: process.memoryUsage.rss(),
  descriptors: readdirSync('/proc/self/fd').length,
  threads: readdirSync('/proc/self/task').length,
});
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const venue = plant === 'opra' ? opra({ channels }) : cmeMdp3({ channels });
await pause(200); // what Node does by itself after its start
global.gc();
const before = held();
const from = performance.now();
const feed = await openFeed(venue, { receive });
const running = feed.run({}).catch((error) => {
  console.log(JSON.stringify({ refused: `${error.code}: ${error.message}` }));
  process.exit(0);
});
while (feed.receive.length === 0) await pause(1);
const openMs = performance.now() - from;
await pause(200);
const after = held();
const cpu = process.cpuUsage();
await pause(IDLE_MS);
const { user, system } = process.cpuUsage(cpu);
const { lines } = feed.describe();
console.log(
  JSON.stringify({
    groups: lines.length,
    openMs,
    rss: after.rss - before.rss,
    descriptors: after.descriptors - before.descriptors,
    threads: after.threads - before.threads,
    heldMost: feed.statistics().feed.heldBytesMax,
    idle: (user + system) / 1000 / IDLE_MS,
    detail: feed.receive[0].detail,
  }),
);
feed.close();
await running;
