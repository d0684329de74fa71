// Live multicast → typed handler. Prints what came, what was lost, and the delay from send to handler (`delay`), or reads
// five fields of every message (`fields`).
import { availableParallelism } from 'node:os';
import { build } from 'hdr-histogram-js';
import { openFeed } from '../../dist/index.js';
import { udpMulticast } from '../../dist/patterns/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';

const [group, wake, packets, perPacket, work, warm] = process.argv.slice(2);
const before = Number(warm ?? 0) * Number(perPacket);
const expected = before + Number(packets) * Number(perPacket);
const histogram = build({ highestTrackableValue: 10_000_000_000, numberOfSignificantValueDigits: 3 });
const feed = await openFeed(nasdaqTotalView({ lines: { A: udpMulticast(group, { interface: '127.0.0.1' }) } }), {
  wake: wake === 'poll' ? 'poll' : 'doorbell',
  // A feed thread that spins wants a core beside the reader's and the sender's.
  spin: wake === 'poll' && availableParallelism() > 2,
});
let messages = 0;
let first = 0n;
let last = 0n;
let checksum = 0;
let cpuBefore;
const handlers =
  work === 'delay'
    ? {
        addOrder(m) {
          const now = process.hrtime.bigint();
          messages++;
          histogram.recordValue(
            Math.max(0, Number(now) - (m.orderReferenceNumberHigh * 4294967296 + m.orderReferenceNumberLow)),
          );
        },
      }
    : {
        addOrder(m) {
          if (messages++ === before) first = process.hrtime.bigint();
          else if (messages === expected) last = process.hrtime.bigint();
          checksum += m.stockLocate + m.shares + m.price + m.orderReferenceNumberLow + m.timestamp;
        },
      };
const report = () => {
  const s = feed.statistics();
  feed.close();
  console.log(
    JSON.stringify({
      name: `venuewire, ${wake}`,
      messages,
      checksum,
      lost: expected - messages,
      kernelDrops: s.feed.kernelDrops,
      ledger: s.ledger,
      seconds: Number(last - first) / 1e9,
      cpuSeconds: (process.cpuUsage(cpuBefore).user + process.cpuUsage(cpuBefore).system) / 1e6,
      p50: histogram.getValueAtPercentile(50),
      p99: histogram.getValueAtPercentile(99),
      p999: histogram.getValueAtPercentile(99.9),
    }),
  );
  process.exit(0);
};
process.on('SIGTERM', report);
cpuBefore = process.cpuUsage();
process.stdout.write('{"ready":true}\n');
if (wake === 'poll') {
  const turn = () => {
    for (let i = 0; i < 10_000 && messages < expected; i++) feed.poll(handlers);
    if (messages >= expected) report();
    else setImmediate(turn);
  };
  turn();
} else {
  const check = setInterval(() => messages >= expected && report(), 20);
  await feed.run(handlers);
  clearInterval(check);
}
