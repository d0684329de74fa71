// What Node brings: dgram, and a handler that counts packets and looks at none of their messages; with `delay` it reads the
// time of sending, which the first of them has.
import { createSocket } from 'node:dgram';
import { Reporter } from './reporter.mjs';

const [, ip, port, work] = process.argv.slice(2);
const socket = createSocket({ type: 'udp4', reuseAddr: true });
const TIMESTAMP = 20 + 2 + 5;
let packets = 0;
let sum = 0;
const reporter = new Reporter(() => {
  const count = packets;
  packets = 0;
  return { packets: count, sum };
});
socket.on(
  'message',
  work === 'delay'
    ? (bytes) => {
        packets++;
        reporter.delay(bytes.readUIntBE(TIMESTAMP, 6));
      }
    : (bytes) => {
        packets++;
        sum += bytes[17];
      },
);
socket.bind(Number(port), ip, () => {
  socket.addMembership(ip, '10.99.0.2');
  socket.setRecvBufferSize(8 << 20);
  reporter.ready();
});
