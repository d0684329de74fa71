// The recovery proxy: messages that it serves by requests and by replay, and the time from a hole to its end, on this machine.
// Usage: node bench/proxy/run.mjs [--seconds N] [--holes N]. Rates are per second of the clock, and per second of the
// proxy's own processor time: the second says what it would do on a core of its own.
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'hdr-histogram-js';
import { moldudp64 } from '../../dist/decoders/moldudp64.js';
import { soupbintcp } from '../../dist/decoders/soupbintcp.js';
import { openFeed } from '../../dist/index.js';
import { encode } from '../../dist/layout/index.js';
import { udpUnicast, waitForOtherLine } from '../../dist/patterns/index.js';
import { openProxy, viaProxy } from '../../dist/proxy/index.js';
import { VenueHistory } from '../../dist/simulator/history.js';
import { ItchGenerator } from '../../dist/simulator/itch-generator.js';
import { MoldUdp64Framing } from '../../dist/simulator/mold-udp64.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';

const HERE = '127.0.0.1';
const MESSAGES = 200_000;
const PACKET_BYTES = 1_400;
const OUTSTANDING = 64;
const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const grouped = (n) => Math.round(n).toLocaleString('en');

const venueAt = (port, more = {}) =>
  nasdaqTotalView({ lines: { A: udpUnicast(`${HERE}:${port}`) }, reorder: '0ms', ...more });

async function serve(port, folder) {
  const proxy = await openProxy(venueAt(port), { folder, log: { sync: 'never' } });
  process.on('message', (word) => {
    if (word === 'end') proxy.close().then(() => process.exit());
    else process.send({ cpu: process.cpuUsage(), next: proxy.channels[0].next });
  });
  process.send({ address: proxy.address });
}
async function socketAt(port = 0) {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 8 << 20, sendBufferSize: 8 << 20 });
  await new Promise((resolve) => socket.bind(port, HERE, resolve));
  return socket;
}

async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'venuewire-bench-proxy-'));
  const free = await socketAt();
  const port = free.address().port;
  free.close();
  await sleep(20);
  const child = fork(fileURLToPath(import.meta.url), ['serve', String(port), folder]);
  const answer = () => new Promise((resolve) => child.once('message', resolve));
  const ask = () => {
    const said = answer();
    child.send('state');
    return said;
  };
  const { address } = await answer();
  const history = VenueHistory.generate(new ItchGenerator({ seed: 1, symbols: 100, messages: MESSAGES }));
  const lines = await socketAt();
  try {
    await publish(history, lines, port, ask);
    await requests(history, address, ask);
    await replay(history, address, ask);
    await holes(history, lines, port, address);
  } finally {
    child.send('end');
    await new Promise((resolve) => child.once('exit', resolve));
    lines.close();
    rmSync(folder, { recursive: true });
  }
}

/** The day, but for the last part, which comes with holes. */
async function publish(history, lines, port, ask) {
  const framing = new MoldUdp64Framing(history.session);
  const last = history.next - option('holes', 2_000) * 20;
  for (let next = 1, sent = 0; next < last; sent++) {
    const end = next + Math.min(last - next, history.fitting(next, next + 40, PACKET_BYTES - framing.headerLength));
    lines.send(framing.packet(history, next, end), port, HERE);
    next = end;
    // No more than the receive buffer holds before the proxy has read it.
    if (sent % 500 === 499) while ((await ask()).next < next) await sleep(1);
  }
  while ((await ask()).next < last) await sleep(5);
}

const rates = (what, messages, seconds, before, after) => {
  const cpu = (after.user + after.system - before.user - before.system) / 1e6;
  console.log(
    `${what}: ${grouped(messages / seconds)} messages/s by the clock, ${grouped(messages / cpu)} for a second of the proxy's processor time`,
  );
};

async function requests(history, address, ask) {
  const socket = await socketAt();
  const [host, port] = address.split(':');
  const seconds = option('seconds', 5);
  let messages = 0;
  let at = 1;
  const send = () => {
    const sequenceNumber = BigInt(1 + ((at * 7919) % (MESSAGES / 2)));
    at++;
    socket.send(
      encode(moldudp64, 'requestPacket', { session: history.session, sequenceNumber, messageCount: 1_000 }),
      Number(port),
      host,
    );
  };
  socket.on('message', (bytes) => {
    messages += bytes.readUInt16BE(18);
    send();
  });
  const { cpu: before } = await ask();
  const began = performance.now();
  for (let i = 0; i < OUTSTANDING; i++) send();
  await sleep(seconds * 1_000);
  const { cpu: after } = await ask();
  socket.removeAllListeners('message');
  rates('re-requests served (aim 1,000,000/s)', messages, (performance.now() - began) / 1_000, before, after);
  socket.close();
}

async function replay(history, address, ask) {
  const [host, port] = address.split(':');
  const { cpu: before } = await ask();
  const began = performance.now();
  const wanted = MESSAGES / 2;
  let bytes = 0;
  const size = history.size(1, wanted + 1) + wanted;
  const socket = connect(Number(port), host);
  socket.write(
    encode(soupbintcp, 'loginRequest', {
      username: 'any',
      password: 'body',
      requestedSession: history.session,
      requestedSequenceNumber: 1n,
    }),
  );
  await new Promise((resolve) =>
    socket.on('data', (part) => {
      bytes += part.length;
      if (bytes >= size) resolve();
    }),
  );
  socket.destroy();
  const { cpu: after } = await ask();
  rates('replayed by SoupBinTCP', wanted, (performance.now() - began) / 1_000, before, after);
}

/** Packets of ten messages; every second of them does not come to the consumer. */
async function holes(history, lines, port, address) {
  const free = await socketAt();
  const own = free.address().port;
  free.close();
  await sleep(20);
  const venue = viaProxy(venueAt(own, { ladder: [waitForOtherLine({ for: '0ms' })] }), { proxy: [address] });
  const feed = await openFeed(venue, { spin: process.argv.includes('--spin') });
  const opened = new Map();
  const took = build({ numberOfSignificantValueDigits: 3 });
  feed.on('gapOpened', ({ begin, time }) => opened.set(begin, time));
  feed.on('gapFilled', ({ begin, time }) => {
    const from = opened.get(begin);
    if (from !== undefined) took.recordValue(Number(time - from));
    opened.delete(begin);
  });
  const reading = feed.run({});
  await sleep(200);
  const framing = new MoldUdp64Framing(history.session);
  const wanted = option('holes', 2_000);
  for (let next = history.next - wanted * 20; next < history.next; next += 20) {
    const [first, second] = [framing.packet(history, next, next + 10), framing.packet(history, next + 10, next + 20)];
    lines.send(first, port, HERE);
    lines.send(second, port, HERE);
    await sleep(1);
    lines.send(second, own, HERE);
    await sleep(1);
  }
  await sleep(300);
  const { ledger } = feed.statistics();
  feed.close();
  await reading;
  const us = (p) => (took.getValueAtPercentile(p) / 1_000).toFixed(1);
  console.log(
    `hole → closed, of ${took.totalCount} holes: p50 ${us(50)} µs (aim 100), p90 ${us(90)}, p99 ${us(99)}; ledger ${JSON.stringify(ledger)}`,
  );
}

if (process.argv[2] === 'serve') await serve(Number(process.argv[3]), process.argv[4]);
else await measure();
