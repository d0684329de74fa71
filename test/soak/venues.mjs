// The venues of the soak, in a process of their own: one day after the other on each place, with faults, until it is time to
// stop. Its parent starts the feeds' process and hands on what each of the two says. Prints what came of it as JSON.
// Usage: venues.mjs SECONDS
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LoopbackVenue, simulatedCredentials } from '../../dist/simulator/index.js';

const seconds = Number(process.argv[2]);
const MS = 1e6;
const DAY_SECONDS = 12;
const RATE = 150;
const LOSSY = {
  loss: 0.03,
  burst: { probability: 0.002, length: 20 },
  duplicate: 0.02,
  reorder: 0.05,
  reorderNs: 2 * MS,
  jitterNs: 200_000,
};
const DEAD = { ...LOSSY, silence: [{ fromNs: 3_000 * MS, toNs: 3_400 * MS }] };
const SERVERS = {
  rerequest: {
    silent: 0.1,
    servePart: 0.2,
    split: 0.3,
    late: 0.2,
    lateNs: 20 * MS,
    outOfOrder: 0.2,
    toSomebodyElse: 0.1,
  },
  replay: { refuse: 0.1, split: 0.5, closeHalfway: 0.1, late: 0.2, lateNs: 20 * MS },
  glimpse: { split: 0.5, closeHalfway: 0.1 },
};
/** Each place has one venue after the other; `read` is how the feed is read. `damaged`: bits turn, and what is said cannot be compared. */
const PLACES = [
  { read: 'run', recovery: ['rerequest'], faults: [LOSSY, LOSSY] },
  { read: 'batches', recovery: ['rerequest', 'replay', 'glimpse'], faults: [DEAD, DEAD], servers: SERVERS },
  { read: 'events', recovery: ['replay'], faults: [LOSSY, {}] },
  { read: 'poll', recovery: ['rerequest'], faults: [{ ...LOSSY, truncate: 0.02 }, LOSSY] },
  { read: 'run', recovery: ['rerequest'], faults: [{ ...LOSSY, flip: 0.02 }, LOSSY], damaged: true },
  { read: 'stream', recovery: [], faults: [{}, {}], servers: { replay: { split: 0.5 } } },
  // One feed that is open all the time.
  { read: 'run', recovery: ['rerequest'], faults: [LOSSY, LOSSY], rate: 100, whole: true },
];

simulatedCredentials();
const feeds = fork(fileURLToPath(new URL('feeds.mjs', import.meta.url)), [], { execArgv: ['--expose-gc'] });
const waiting = new Map();
/** The next word of that kind from the feeds' process about a feed. */
const heard = (id, kind) => new Promise((resolve) => waiting.set(`${id} ${kind}`, resolve));
feeds.on('message', ({ id, kind, ...said }) => {
  waiting.get(`${id} ${kind}`)?.(said);
  waiting.delete(`${id} ${kind}`);
});
feeds.once('exit', (code) => {
  if (waiting.size === 0) return;
  console.error(`the process of the feeds ended (${code}) while ${[...waiting.keys()]} was waited for`);
  process.exit(1);
});

const outcomes = [];
let id = 0;
async function day(place, spec) {
  const own = id++;
  const rate = spec.rate ?? RATE;
  const messages = Math.round(rate * (spec.whole ? seconds : Math.min(DAY_SECONDS, seconds)));
  const venue = new LoopbackVenue({
    seed: 1 + own,
    messages,
    rate,
    symbols: 10,
    faults: spec.faults,
    ...(spec.servers === undefined ? {} : { servers: spec.servers }),
    publisher: { heartbeatNs: 100 * MS, endPackets: 20 },
  });
  await venue.start();
  const { lines, addresses } = venue;
  const opened = heard(own, 'opened');
  const over = heard(own, 'over');
  const { read, recovery, damaged = false } = spec;
  feeds.send({ id: own, read, recovery, lines, addresses, damaged });
  await opened;
  venue.begin();
  const got = await over;
  outcomes.push({
    place,
    messages,
    damaged,
    same: got.digest === venue.history.digest().toString(16).padStart(16, '0'),
    lost: venue.stats().lost.reduce((a, b) => a + b, 0),
    ...got,
  });
  await venue.stop();
}

const began = Date.now();
await heard(-1, 'ready');
await Promise.all(
  PLACES.map(async (spec, place) => {
    do await day(place, spec);
    while (!spec.whole && Date.now() - began < (seconds - DAY_SECONDS) * 1000);
  }),
);
const ended = heard(-1, 'memory');
feeds.send({ end: true });
console.log(JSON.stringify({ outcomes, ...(await ended) }));
feeds.disconnect();
