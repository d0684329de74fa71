// A worker that sends a packet of one order to a live venue every millisecond until it is told to stop; then says how many.
import { createSocket } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import { packet } from './day.mjs';

const { group, port } = workerData;
const socket = createSocket('udp4');
let sent = 0;
socket.bind(0, '127.0.0.1', () => {
  socket.setMulticastInterface('127.0.0.1');
  const timer = setInterval(() => socket.send(packet(++sent, 1), port, group), 1);
  parentPort.once('message', () => {
    clearInterval(timer);
    socket.close(() => parentPort.postMessage(sent));
  });
});
