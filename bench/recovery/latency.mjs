// Hole seen → request on the wire → hole closed, live on loopback by MoldUDP64 re-request, no wait for a second line.
import { Worker } from 'node:worker_threads';
import { build } from 'hdr-histogram-js';
import { openFeed } from '../../dist/index.js';
import { udpMulticast } from '../../dist/patterns/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';

const messages = Number(process.argv[2]);
const group = '239.255.78.1';
const port = 41_000 + Math.floor(Math.random() * 9000);
const seen = new SharedArrayBuffer(8 * (messages + 100));
const asked = new SharedArrayBuffer(8 * (messages + 100));
const worker = new Worker(new URL('./venue.mjs', import.meta.url), {
  workerData: { group, port, messages, seen, asked },
});
const told = (name) => new Promise((resolve) => worker.on('message', (m) => name in m && resolve(m[name])));
const server = await told('server');
const feed = await openFeed(
  nasdaqTotalView({
    lines: { A: udpMulticast(`${group}:${port}`, { interface: '127.0.0.1' }) },
    reorder: '0ms',
    rerequest: { servers: [`127.0.0.1:${server}`] },
  }),
);
const seenAt = new Float64Array(seen);
const askedAt = new Float64Array(asked);
const request = build({ numberOfSignificantValueDigits: 3 });
const closed = build({ numberOfSignificantValueDigits: 3 });
feed.on('gapFilled', (gap) => {
  const begin = Number(gap.begin);
  const from = seenAt[begin];
  if (!from) return;
  closed.recordValue(Math.max(0, Number(process.hrtime.bigint()) - from));
  if (askedAt[begin]) request.recordValue(Math.max(0, askedAt[begin] - from));
});
const reading = feed.run({});
await new Promise((resolve) => setTimeout(resolve, 200));
const done = told('done');
worker.postMessage('go');
await done;
const { ledger } = feed.statistics();
feed.close();
await reading;
await worker.terminate();
const at = (h, p) => h.getValueAtPercentile(p);
console.log(
  JSON.stringify({
    holes: closed.totalCount,
    ledger,
    request50: at(request, 50),
    request99: at(request, 99),
    closed50: at(closed, 50),
    closed99: at(closed, 99),
  }),
);
