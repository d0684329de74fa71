// What a batch costs to read in JavaScript, by its size. The core writes it, benny times the reading.
import b from 'benny';
import { itch50 } from '../../dist/decoders/itch50.js';
import { Dispatcher, read } from '../../dist/feed/batch.js';
import { compileVenue } from '../../dist/feed/compile.js';
import { Ring } from '../../dist/feed/ring.js';
import { native } from '../../dist/native.js';
import { udpMulticast } from '../../dist/patterns/index.js';
import { ItchGenerator, MoldUdp64Framing, VenueHistory } from '../../dist/simulator/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';
import { handlers } from '../capture/handlers.mjs';

const size = Number(process.argv[2]);
const history = VenueHistory.generate(new ItchGenerator({ seed: 1, symbols: 20, messages: 2000 + size }));
const ring = new Ring(1, 1 << 22);
const { spec } = compileVenue(nasdaqTotalView({ lines: { A: udpMulticast('239.1.1.1:1') } }));
const session = new (native().Session)(spec, ring.bytes, ring.dataAt, ring.dataBytes);
const framing = new MoldUdp64Framing(history.session);
const before = 1000; // past the opening, into the ordinary mix
let next = history.first + before;
for (let left = size; left > 0; ) {
  const n = Math.min(left, 20);
  session.datagram(0, framing.packet(history, next, next + n), 0, 1);
  next += n;
  left -= n;
}
session.service(1);
const dispatcher = new Dispatcher(ring, itch50, handlers, {});
const { tail, head } = ring;
let messages = 0;
await b.suite(
  `batch of ${size}`,
  b.add('read', () => {
    messages = read(ring, tail, head, dispatcher);
  }),
  b.complete((summary) => {
    const ops = summary.results[0].ops;
    const margin = summary.results[0].margin;
    console.log(JSON.stringify({ size: messages, nsPerBatch: 1e9 / ops, nsPerMessage: 1e9 / ops / messages, margin }));
  }),
);
