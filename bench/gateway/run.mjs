#!/usr/bin/env node
// Clients of a gateway, some of which read slowly: how late news is for those who read, what the others cost, and whether every
// book is right at the end. node bench/gateway/run.mjs [--clients 1000] [--slow 200] [--rate 400] [--messages 16000]
import { fork, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { setTimeout as rest } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { GatewayClient } from '../../dist/gateway/client.js';

// As root: in a network namespace of its own with socket buffers of a wide-area connection. Else the system's buffers, of several
// megabytes on loopback, take most of what a slow client does not read.
const OWN = 'VENUEWIRE_BENCH_NAMESPACE';
if (process.getuid() === 0 && process.env[OWN] === undefined) {
  const begin =
    'ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo && ' +
    'sysctl -qw net.ipv4.tcp_wmem="4096 16384 65536" net.ipv4.tcp_rmem="4096 65536 65536" && exec "$@"';
  const env = { ...process.env, [OWN]: '1' };
  const words = ['-n', 'sh', '-c', begin, 'sh', process.execPath, ...process.argv.slice(1)];
  process.exit(spawnSync('unshare', words, { stdio: 'inherit', env }).status ?? 1);
}

const option = (name, usual) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? usual : Number(process.argv[at + 1]);
};
const clients = option('clients', 1_000);
const slow = option('slow', 200);
const of = {
  rate: option('rate', 400),
  messages: option('messages', 16_000),
  symbols: option('symbols', 20),
  seed: 7,
};
/** Books that a client follows; slow ones follow more, so that they fall behind sooner. */
const FOLLOWED = option('books', 5);
const SLOW_FOLLOWED = 20;
const SLOW_LEVELS = 50;
/** … and get the state so many times, which fills the system's own buffers. */
const SLOW_STATES = 6;
const LEVELS = 10;
/** Every other slow client reads for so long in so long; the others read nothing until the day is over. */
const [READ_MS, EVERY_MS] = [20, 4_000];
const RECONNECTED = 50;

const server = fork(new URL('./serve.mjs', import.meta.url), [JSON.stringify(of)]);
const answers = [];
server.on('message', (message) => answers.shift()?.(message));
const asked = (what) =>
  new Promise((resolve) => {
    answers.push(resolve);
    if (what !== undefined) server.send(what);
  });
const { address } = await asked();

// The day's beginning names the instruments.
server.send('begin');
const one = new GatewayClient(address, { WebSocket });
let names = [];
while (names.length < of.symbols) {
  names = (await one.instruments('day', { limit: 10_000 })).instruments.map(({ instrument }) => instrument);
  await rest(20);
}

const delays = [];
const paused = [];
const events = { slow: 0, caughtUp: 0, begunAnew: 0, error: 0, wrong: 0 };
class Pausing extends WebSocket {
  constructor(...given) {
    super(...given);
    paused.push(this);
  }
}
const all = [];
for (let i = 0; i < clients; i++) {
  const isSlow = i < slow;
  const client = new GatewayClient(address, {
    WebSocket: isSlow ? Pausing : WebSocket,
    onConnection: ({ type }) => {
      if (type in events) events[type]++;
    },
  });
  const books = new Map();
  for (let n = 0; n < (isSlow ? SLOW_FOLLOWED : FOLLOWED); n++) {
    const instrument = names[(i + n) % names.length];
    client.watchDepth({ venue: 'day', instrument, levels: isSlow ? SLOW_LEVELS : LEVELS }, (book) =>
      books.set(instrument, book),
    );
  }
  for (let n = 0; isSlow && n < SLOW_STATES; n++) client.watchState({ venue: 'day' }, () => {});
  if (!isSlow) {
    // How long a trade takes from its receipt in the feed's thread to this process; clients share one, so it is no less than true.
    client.watchTrades({ venue: 'day', instrument: names[i % names.length] }, (trades) => {
      const now = Date.now();
      for (const { receiveTime } of trades) delays.push(now - Number(BigInt(receiveTime) / 1_000n) / 1_000);
    });
  }
  all.push({ client, books, isSlow });
  if (i % 50 === 49) await rest(5);
}
const isDone = async () => (await asked('statistics')).statistics;
const before = await isDone();
for (const socket of paused) socket.pause();
const pausing = setInterval(() => {
  const reading = paused.filter((socket, i) => i % 2 === 0 && socket.readyState === WebSocket.OPEN);
  for (const socket of reading) socket.resume();
  setTimeout(() => {
    for (const socket of reading) if (socket.readyState === WebSocket.OPEN && !isOver) socket.pause();
  }, READ_MS);
}, EVERY_MS);
let isOver = false;
// Some lose their connection, and resume.
const losing = setInterval(() => {
  const { client } = all[slow + Math.floor(Math.random() * (clients - slow))];
  client.reconnect();
}, 20);
setTimeout(() => clearInterval(losing), RECONNECTED * 20);

let now = await isDone();
let queuedMost = 0;
while (!now.isOver) {
  await rest(200);
  now = await isDone();
  queuedMost = Math.max(queuedMost, now.queuedBytes);
}
isOver = true;
clearInterval(pausing);
for (const socket of paused) if (socket.isPaused) socket.resume();

// Every book of every client is that of the gateway, which is that of the day (test/unit/gateway.test.ts).
const digest = (depth) =>
  createHash('sha256')
    .update(JSON.stringify([depth.bids, depth.asks]))
    .digest('hex');
const truth = new Map();
for (const name of names)
  for (const levels of [LEVELS, SLOW_LEVELS])
    truth.set(`${name} ${levels}`, digest(await one.depth('day', name, levels)));
const wrong = () =>
  all.flatMap(({ books, isSlow }) =>
    [...books].filter(
      ([name, book]) => digest(book.toDepth()) !== truth.get(`${name} ${isSlow ? SLOW_LEVELS : LEVELS}`),
    ),
  ).length;
const missing = () => all.reduce((sum, { books, isSlow }) => sum + (isSlow ? SLOW_FOLLOWED : FOLLOWED) - books.size, 0);
const patience = performance.now() + 60_000;
while ((wrong() > 0 || missing() > 0) && performance.now() < patience) await rest(200);
const end = await isDone();
delays.sort((a, b) => a - b);
const at = (part) => (delays[Math.min(delays.length - 1, Math.floor(delays.length * part))] ?? Number.NaN).toFixed(1);
const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const books = all.reduce((sum, { books: own }) => sum + own.size, 0);
console.log(
  `${clients} clients, ${slow} of them slow, ${FOLLOWED} and ${SLOW_FOLLOWED} books each, ${of.rate} messages/s, ${of.messages} messages${process.env[OWN] === undefined ? '; buffers of the system' : ''}`,
);
console.log(`receipt to client, trades: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms (${delays.length})`);
console.log(
  `slow ${end.slow} times, caught up ${events.caughtUp}, disconnected ${end.slowEnded}; waited for one client at most ${end.queuedMost} bytes, for all ${queuedMost}`,
);
console.log(
  `gateway: memory before ${mib(before.rss)}, at most ${mib(end.most)}; ${(end.bytesOut / 2 ** 20).toFixed(0)} MiB in ${end.messagesOut} messages; CPU ${(end.cpuMs / 1_000).toFixed(1)} s`,
);
console.log(
  `books: ${books}, wrong ${wrong()}, missing ${missing()}; errors ${events.error}, begun anew ${events.begunAnew}; ledger ${JSON.stringify(end.ledger)}`,
);
process.exitCode = wrong() + missing() + events.error > 0 ? 1 : 0;
for (const { client } of all) client.close();
one.close();
server.send('end');
