// A gateway over a simulated day on loopback, in a process of its own. By messages of its parent: begins the day, tells how it is.

import { serveGateway } from '../../dist/gateway/index.js';
import { openFeed } from '../../dist/index.js';
import { LoopbackVenue } from '../../dist/simulator/index.js';

const { messages, rate, symbols, seed } = JSON.parse(process.argv[2]);
const venue = new LoopbackVenue({
  ...{ seed, symbols, messages, rate, faults: { loss: 0.02 } },
  publisher: { heartbeatNs: 50_000_000, endPackets: 8 },
});
await venue.start();
const feed = await openFeed(venue.venue({ recovery: ['rerequest', 'replay'] }));
// Candles by receive time and trades are kept as in life; a slow client has longer here than the day lasts.
const gateway = await serveGateway(
  { day: feed },
  { listen: '127.0.0.1:0', limits: { queueBytes: 65_536, slowMs: 600_000, requestsPerSecond: 1_000_000 } },
);
let most = 0;
const look = setInterval(() => {
  most = Math.max(most, process.memoryUsage().rss);
}, 50);
process.on('message', async (what) => {
  if (what === 'begin') venue.begin();
  if (what === 'statistics') {
    const { heapUsed, external, rss } = process.memoryUsage();
    const { ledger } = feed.statistics();
    const cpu = process.cpuUsage();
    const isOver = feed.messages >= venue.history.length;
    process.send({
      statistics: {
        ...gateway.statistics(),
        ledger,
        isOver,
        rss,
        most,
        heapUsed,
        external,
        cpuMs: (cpu.user + cpu.system) / 1_000,
      },
    });
  }
  if (what === 'end') {
    clearInterval(look);
    await gateway.close();
    await venue.stop();
    process.disconnect();
  }
});
process.send({ address: gateway.address, symbols: venue.history.length });
