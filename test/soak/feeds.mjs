// The feeds of the soak: opens one for each venue that it is told of, reads it in the way that is asked for, and closes it at
// the end of its day. Once a second it looks whether every ledger balances, and at its memory, threads and descriptors.
import { readdirSync } from 'node:fs';
import { openBooks } from '../../dist/books/index.js';
import { openFeed } from '../../dist/index.js';
import { env, udpMulticast, userPassword } from '../../dist/patterns/index.js';
import { StreamDigest } from '../../dist/simulator/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';
import { itchOverSoup } from '../../dist/venues/soupbintcp-feed.js';

const LOOK_MS = 1000;
const HERE = '127.0.0.1';
/** Enough for servers in JavaScript on a machine that has other work: what is given up is given up because nobody has it. Not where bits turn: numbers that were never said would be asked for to the end. */
const PATIENT = { timeout: '1s', tries: 20 };
/** Gauges of a ledger are brought up to date about every millisecond while packets come, and at rest after the last one. */
const LOOKS = 200;
const AGAIN_MS = 5;
/**
 * A ring takes memory as it is written for the first time: at this rate the usual one of 8 MiB would grow by 300 KiB a minute for half
 * an hour. This one has been written all over within a minute, and is then written over again and again.
 */
const RING_BYTES = 1 << 18;
const open = new Map();
const samples = [];
const unbalanced = [];
const entries = (folder) => readdirSync(`/proc/self/${folder}`).length;
const balances = (l) => l.expected === l.delivered + l.recovered + l.abandoned + l.inFlight;

function venueOf({ read, recovery, lines, addresses, damaged }) {
  const credentials = userPassword(env('VENUEWIRE_SIMULATED_USER'), env('VENUEWIRE_SIMULATED_PASSWORD'));
  if (read === 'stream') return itchOverSoup({ servers: [addresses.replay], credentials, join: 'beginning' });
  return nasdaqTotalView({
    lines: { A: udpMulticast(lines.A, { interface: HERE }), B: udpMulticast(lines.B, { interface: HERE }) },
    join: 'beginning',
    ...(recovery.includes('rerequest')
      ? { rerequest: { servers: [addresses.rerequest], ...(damaged ? {} : PATIENT) } }
      : {}),
    ...(recovery.includes('replay') ? { replay: { server: addresses.replay, credentials } } : {}),
    ...(recovery.includes('glimpse') ? { glimpse: { server: addresses.glimpse, credentials } } : {}),
  });
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads it to its end in one of the ways there are; handlers are for messages. */
async function readToEnd(feed, read, handlers) {
  if (read === 'batches') {
    for await (const batch of feed) batch.read(handlers);
  } else if (read === 'poll') {
    for (;;) {
      if (feed.poll(handlers) === 0) await pause(1);
      if (feed.closed) return;
    }
  } else await feed.run(handlers);
}

async function follow(asked) {
  const { id, read } = asked;
  const more = read === 'poll' ? { wake: 'poll' } : read === 'events' ? { books: true } : {};
  const feed = await openFeed(venueOf(asked), { ringBytes: RING_BYTES, ...more });
  open.set(id, feed);
  const books = read === 'events' ? openBooks(feed) : undefined;
  feed.on('sessionEnded', () => feed.close());
  const digest = new StreamDigest();
  const { view } = feed.ring;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const take = (m, at) => digest.add(at.sequence, bytes, m.$at, m.$length);
  const reading = readToEnd(feed, read, Object.fromEntries(feed.decoder.names.map((name) => [name, take])));
  const look = setInterval(() => {
    if (read !== 'stream' && feed.receive.length === 0) return;
    clearInterval(look);
    process.send({ id, kind: 'opened' });
  }, 5);
  await reading;
  clearInterval(look);
  open.delete(id);
  const { ledger, feed: counters } = feed.statistics();
  const { unknownOrders = 0 } = books?.counters() ?? {};
  process.send({ id, kind: 'over', digest: digest.toString(), count: digest.count, ledger, counters, unknownOrders });
}

/** Looks until it balances once: counters and gauges are read while the feed's thread writes them. */
async function lookAtLedger(id, feed) {
  for (let looks = 1; open.has(id) && !balances(feed.statistics().ledger); looks++) {
    if (looks === LOOKS) return unbalanced.push({ id, ledger: feed.statistics().ledger });
    await pause(AGAIN_MS);
  }
}

function look() {
  for (const [id, feed] of open) lookAtLedger(id, feed);
  global.gc();
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  samples.push({
    ms: Math.round(performance.now()),
    rss,
    native: rss - heapTotal,
    heap: heapUsed,
    threads: entries('task'),
    descriptors: entries('fd'),
  });
}

// One feed to the end first, so that what is loaded once is loaded before it is measured.
const warm = await openFeed(
  nasdaqTotalView({ lines: { A: udpMulticast('239.255.77.77:26477', { interface: HERE }) } }),
);
setTimeout(() => warm.close(), 200);
await warm.run({});
global.gc();
await pause(LOOK_MS);
const before = { threads: entries('task'), descriptors: entries('fd') };
const looking = setInterval(look, LOOK_MS);
process.on('message', async (asked) => {
  if (asked.end !== true)
    return follow(asked).catch((error) => process.send({ id: asked.id, kind: 'over', error: `${error.stack}` }));
  clearInterval(looking);
  global.gc();
  await pause(LOOK_MS);
  const after = { threads: entries('task'), descriptors: entries('fd') };
  process.send({ id: -1, kind: 'memory', samples, unbalanced, before, after });
});
process.send({ id: -1, kind: 'ready' });
