// The same with what Node brings: dgram, a Buffer, one plain object a message.
import { createSocket } from 'node:dgram';
import { build } from 'hdr-histogram-js';

const [group, , packets, perPacket, work, warm] = process.argv.slice(2);
const [ip, port] = group.split(':');
const before = Number(warm ?? 0) * Number(perPacket);
const expected = before + Number(packets) * Number(perPacket);
const histogram = build({ highestTrackableValue: 10_000_000_000, numberOfSignificantValueDigits: 3 });
const socket = createSocket({ type: 'udp4', reuseAddr: true });
let messages = 0;
let first = 0n;
let last = 0n;
let checksum = 0;
let cpuBefore;
const addOrder =
  work === 'delay'
    ? (m) => {
        const now = process.hrtime.bigint();
        messages++;
        histogram.recordValue(Math.max(0, Number(now - m.orderReferenceNumber)));
      }
    : (m) => {
        if (messages++ === before) first = process.hrtime.bigint();
        else if (messages === expected) last = process.hrtime.bigint();
        checksum +=
          m.stockLocate + m.shares + m.price / 1e4 + Number(m.orderReferenceNumber & 0xffffffffn) + m.timestamp;
      };
socket.on('message', (b) => {
  const count = b.readUInt16BE(18);
  if (count === 0xffff) return;
  let at = 20;
  for (let i = 0; i < count; i++) {
    const length = b.readUInt16BE(at);
    at += 2;
    if (b[at] === 0x41) {
      addOrder({
        stockLocate: b.readUInt16BE(at + 1),
        trackingNumber: b.readUInt16BE(at + 3),
        timestamp: b.readUIntBE(at + 5, 6),
        orderReferenceNumber: b.readBigUInt64BE(at + 11),
        buySellIndicator: String.fromCharCode(b[at + 19]),
        shares: b.readUInt32BE(at + 20),
        stock: b.latin1Slice(at + 24, at + 32).trimEnd(),
        price: b.readUInt32BE(at + 32),
      });
    }
    at += length;
  }
});
const report = () => {
  console.log(
    JSON.stringify({
      name: 'dgram',
      messages,
      checksum,
      lost: expected - messages,
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
setInterval(() => messages >= expected && report(), 20);
socket.bind(Number(port), ip, () => {
  socket.addMembership(ip, '127.0.0.1');
  socket.setRecvBufferSize(8 << 20);
  cpuBefore = process.cpuUsage();
  process.stdout.write('{"ready":true}\n');
});
