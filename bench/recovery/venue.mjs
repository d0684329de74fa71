// The venue's side of the recovery bench, in a worker: publishes MoldUDP64 on loopback, leaves out every tenth packet,
// and answers re-requests. Times go into shared memory by the number of the missing message.
import { createSocket } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import { ItchGenerator, MoldUdp64Framing, VenueHistory } from '../../dist/simulator/index.js';

const { group, port, messages, seen, asked } = workerData;
const seenAt = new Float64Array(seen);
const askedAt = new Float64Array(asked);
const history = VenueHistory.generate(new ItchGenerator({ seed: 1, symbols: 20, messages }));
const framing = new MoldUdp64Framing(history.session);
const server = createSocket('udp4');
const out = createSocket('udp4');
const now = () => Number(process.hrtime.bigint());

server.on('message', (request, from) => {
  const first = Number(request.readBigUInt64BE(10));
  const count = request.readUInt16BE(18);
  if (askedAt[first] === 0) askedAt[first] = now();
  const end = Math.min(first + count, history.next, first + history.fitting(first, first + count, 1380));
  server.send(framing.packet(history, first, end), from.port, from.address);
});
server.bind(0, '127.0.0.1', () => {
  out.bind(0, '127.0.0.1', () => {
    out.setMulticastInterface('127.0.0.1');
    parentPort.postMessage({ server: server.address().port });
  });
});
parentPort.once('message', () => {
  let next = history.first;
  let packet = 0;
  let due = now();
  const turn = () => {
    // Paced, so that each hole is alone: 5,000 packets a second.
    if (now() < due) return setImmediate(turn);
    due += 200_000;
    if (next >= history.next) {
      out.send(framing.heartbeat(history, history.next), port, group);
      setTimeout(() => parentPort.postMessage({ done: true }), 200);
      return;
    }
    const end = Math.min(next + 5, history.next);
    packet++;
    if (packet % 10 !== 5) {
      // The packet after the missing one is what shows the hole.
      if (packet % 10 === 6) seenAt[next - 5] = now();
      out.send(framing.packet(history, next, end), port, group);
    }
    next = end;
    setImmediate(turn);
  };
  turn();
});
