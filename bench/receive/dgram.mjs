// What Node brings: dgram, and a handler that counts packets and looks at none of their messages.
import { createSocket } from 'node:dgram';

const [, ip, port] = process.argv.slice(2);
const socket = createSocket({ type: 'udp4', reuseAddr: true });
let packets = 0;
let sum = 0;
socket.on('message', (bytes) => {
  packets++;
  sum += bytes[17];
});
let before;
process.on('SIGTERM', () => {
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ packets, cpuSeconds: (user + system) / 1e6, sum }));
  process.exit(0);
});
socket.bind(Number(port), ip, () => {
  socket.addMembership(ip, '10.99.0.2');
  socket.setRecvBufferSize(8 << 20);
  before = process.cpuUsage();
  console.log('{"ready":true}');
});
