// What the lifecycle tests and their child processes share: a day's packets as a capture, a live venue on loopback and
// its sender. Plain JavaScript over the built package, so that a child process or a worker can load it.
import { createSocket } from 'node:dgram';
import { itch50 } from '../../../dist/decoders/itch50.js';
import { openFeed } from '../../../dist/index.js';
import { encode } from '../../../dist/layout/index.js';
import { udpMulticast } from '../../../dist/patterns/index.js';
import { nasdaqTotalView } from '../../../dist/venues/nasdaq-totalview.js';

export { openBooks } from '../../../dist/books/index.js';

const order = Buffer.from(
  encode(itch50, 'addOrder', {
    stockLocate: 1,
    trackingNumber: 0,
    timestamp: 34_200_000_000_000,
    orderReferenceNumber: 1n,
    buySellIndicator: 'B',
    shares: 100,
    stock: 'TEST',
    price: 1_000_000,
  }),
);

/** One MoldUDP64 packet of `count` orders; the order reference is the sequence number. */
export function packet(first, count, session = 'DAY0000001') {
  const bytes = Buffer.alloc(20 + count * (2 + order.length));
  bytes.write(session.padEnd(10), 0, 'latin1');
  bytes.writeBigUInt64BE(BigInt(first), 10);
  bytes.writeUInt16BE(count, 18);
  for (let i = 0, at = 20; i < count; i++, at += 2 + order.length) {
    bytes.writeUInt16BE(order.length, at);
    order.copy(bytes, at + 2);
    bytes.writeBigUInt64BE(BigInt(first + i), at + 2 + 11);
  }
  return bytes;
}

/** A pcap of raw IPv4: `packets` datagrams of `count` orders to 233.54.12.111:26477. */
export function capture(packets, count = 25) {
  const size = packet(1, count).length;
  const frame = 16 + 28 + size;
  const bytes = Buffer.alloc(24 + packets * frame);
  bytes.writeUInt32LE(0xa1b23c4d, 0);
  bytes.writeUInt32LE(0x00040002, 4);
  bytes.writeUInt32LE(262144, 16);
  bytes.writeUInt32LE(101, 20);
  for (let i = 0; i < packets; i++) {
    let at = 24 + i * frame;
    bytes.writeUInt32LE(1_700_000_000 + Math.floor(i / 1e5), at);
    bytes.writeUInt32LE((i % 1e5) * 10_000, at + 4);
    bytes.writeUInt32LE(28 + size, at + 8);
    bytes.writeUInt32LE(28 + size, at + 12);
    at += 16;
    bytes.writeUInt16BE(0x4500, at);
    bytes.writeUInt16BE(28 + size, at + 2);
    bytes.writeUInt16BE((64 << 8) | 17, at + 8);
    bytes.writeUInt32BE(0x0a000001, at + 12);
    bytes.writeUInt32BE(0xe9360c6f, at + 16);
    bytes.writeUInt16BE(4000, at + 20);
    bytes.writeUInt16BE(26477, at + 22);
    bytes.writeUInt16BE(8 + size, at + 24);
    packet(1 + i * count, count).copy(bytes, at + 28);
  }
  return bytes;
}

export const captureVenue = () => nasdaqTotalView({ lines: { A: udpMulticast('233.54.12.111:26477') } });
export const openCapture = (file, options = {}) => openFeed(captureVenue(), { capture: { file }, ...options });

/** A group and port of this process's own, so that tests do not hear each other. */
let ports = 0;
export function liveAddress() {
  ports++;
  return {
    group: `239.77.${process.pid & 255}.${1 + (ports % 250)}`,
    port: 20_000 + ((process.pid * 7 + ports) % 20_000),
  };
}
export const openLive = ({ group, port }, options = {}) =>
  openFeed(nasdaqTotalView({ lines: { A: udpMulticast(`${group}:${port}`, { interface: '127.0.0.1' }) } }), {
    receiveBufferBytes: 1 << 20,
    ...options,
  });

/** Sends to a live venue until told to stop, a packet a turn of the loop. */
export class Sender {
  sequence = 1;
  #socket = createSocket('udp4');
  #stopped = false;
  #address;
  constructor(address) {
    this.#address = address;
  }
  async start(count = 10) {
    await new Promise((resolve) => this.#socket.bind(0, '127.0.0.1', resolve));
    this.#socket.setMulticastInterface('127.0.0.1');
    this.#socket.setMulticastLoopback(true);
    const turn = () => {
      if (this.#stopped) return this.#socket.close();
      this.send(count);
      setImmediate(turn);
    };
    turn();
  }
  send(count) {
    const bytes = packet(this.sequence, count);
    this.sequence += count;
    this.#socket.send(bytes, this.#address.port, this.#address.group);
  }
  stop() {
    this.#stopped = true;
  }
}
