// How fast a missed morning comes back: everything is published before the feed opens, which then joins at the beginning
// and recovers it all, by TCP replay or by UDP re-request. The servers are JavaScript in a worker: their speed counts too.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { openFeed } from '../../dist/index.js';
import { LoopbackVenue } from '../../dist/simulator/index.js';

if (isMainThread) {
  const [means, count] = process.argv.slice(2);
  const worker = new Worker(new URL(import.meta.url), { workerData: { means, messages: Number(count) } });
  const venue = await new Promise((resolve) => worker.once('message', resolve));
  const { nasdaqTotalView } = await import('../../dist/venues/nasdaq-totalview.js');
  const { env, udpMulticast, userPassword } = await import('../../dist/patterns/index.js');
  Object.assign(process.env, venue.environment);
  const rung = venue.recovery.find((r) => r.type === 'request');
  const credentials = userPassword(env('VENUEWIRE_SIMULATED_USER'), env('VENUEWIRE_SIMULATED_PASSWORD'));
  const feed = await openFeed(
    nasdaqTotalView({
      lines: { A: udpMulticast(venue.line, { interface: '127.0.0.1' }) },
      join: 'beginning',
      ...(means === 'replay'
        ? { replay: { server: rung.servers[0], credentials } }
        : { rerequest: { servers: rung.servers } }),
    }),
  );
  let first = 0n;
  let last = 0n;
  feed.on('gapOpened', () => {
    if (first === 0n) first = process.hrtime.bigint();
  });
  feed.on('sessionEnded', () => {
    last = process.hrtime.bigint();
    feed.close();
  });
  await feed.run({});
  const { ledger } = feed.statistics();
  console.log(JSON.stringify({ means, ledger, perSecond: (ledger.recovered / Number(last - first)) * 1e9 }));
  await worker.terminate();
} else {
  const { means, messages } = workerData;
  const venue = new LoopbackVenue({
    seed: 1 + Math.floor(Math.random() * 1e6),
    messages,
    rate: 1_000_000,
    publisher: { endPackets: 10_000, heartbeatNs: 20e6 },
  });
  await venue.start();
  venue.begin();
  const wait = setInterval(() => {
    if (venue.stats().published < venue.history.length) return;
    clearInterval(wait);
    const { recovery } = venue.venue({ recovery: [means] });
    const environment = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => name.startsWith('VENUEWIRE_')),
    );
    parentPort.postMessage({
      line: venue.lines.A,
      environment,
      recovery: JSON.parse(JSON.stringify(recovery.map((r) => ({ type: r.type, servers: r.servers })))),
    });
  }, 20);
}
