// How fast a missed morning comes back: everything is published before the feed opens, which then joins at the beginning
// and recovers it all, by TCP replay or by UDP re-request. The servers are JavaScript in a process of their own, always this
// checkout's: their speed is in `perSecond`, and not in `clientNs`, the processor time of the feed's process for a message.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { library } from '../library.mjs';

const [means, count] = process.argv.slice(2);

/** What the venue's process tells of itself once everything is published. */
async function publish() {
  const { LoopbackVenue } = await import('../../dist/simulator/index.js');
  const venue = new LoopbackVenue({
    seed: 7,
    messages: Number(count),
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
    process.send({ line: venue.lines.A, environment, servers: recovery.find((r) => r.type === 'request').servers });
  }, 20);
}

async function recover() {
  const server = fork(fileURLToPath(import.meta.url), [means, count], { env: { ...process.env, BENCH_SERVER: '1' } });
  const venue = await new Promise((resolve) => server.once('message', resolve));
  const { openFeed } = await library('index.js');
  const { nasdaqTotalView } = await library('venues/nasdaq-totalview.js');
  const { env, udpMulticast, userPassword } = await library('patterns/index.js');
  Object.assign(process.env, venue.environment);
  const credentials = userPassword(env('VENUEWIRE_SIMULATED_USER'), env('VENUEWIRE_SIMULATED_PASSWORD'));
  const feed = await openFeed(
    nasdaqTotalView({
      lines: { A: udpMulticast(venue.line, { interface: '127.0.0.1' }) },
      join: 'beginning',
      ...(means === 'replay'
        ? { replay: { server: venue.servers[0], credentials } }
        : { rerequest: { servers: venue.servers } }),
    }),
  );
  let first = 0n;
  let last = 0n;
  let used;
  feed.on('gapOpened', () => {
    if (first !== 0n) return;
    first = process.hrtime.bigint();
    used = process.cpuUsage();
  });
  feed.on('gapFilled', () => {
    last = process.hrtime.bigint();
  });
  feed.on('sessionEnded', () => {
    used = process.cpuUsage(used);
    feed.close();
  });
  await feed.run({});
  server.kill();
  const { ledger } = feed.statistics();
  const clientNs = ((used.user + used.system) * 1000) / ledger.recovered;
  console.log(JSON.stringify({ means, ledger, perSecond: (ledger.recovered / Number(last - first)) * 1e9, clientNs }));
}

await (process.env.BENCH_SERVER === '1' ? publish() : recover());
