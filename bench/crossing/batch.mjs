// What a batch costs to read in JavaScript, by its size. The core writes it, benny times the reading.
import b from 'benny';
import { handlers } from '../capture/handlers.mjs';
import { library } from '../library.mjs';

const { itch50 } = await library('decoders/itch50.js');
const { Dispatcher, read } = await library('feed/batch.js');
const { compileVenue } = await library('feed/compile.js');
const { Ring } = await library('feed/ring.js');
const { native } = await library('native.js');
const { udpMulticast } = await library('patterns/index.js');
const { ItchGenerator, MoldUdp64Framing, VenueHistory } = await library('simulator/index.js');
const { nasdaqTotalView } = await library('venues/nasdaq-totalview.js');

const PACKET_MESSAGES = 20;
// Past the opening, into the ordinary mix; a first packet waits for a second one, so some go before what is measured.
const BEFORE = 1000;
const WARM_UP = 3 * PACKET_MESSAGES;
const size = Number(process.argv[2]);
const history = VenueHistory.generate(new ItchGenerator({ seed: 1, symbols: 20, messages: 2000 + size }));
const ring = new Ring(1, 1 << 22);
const { spec } = compileVenue(nasdaqTotalView({ lines: { A: udpMulticast('239.1.1.1:1') } }));
const session = new (native().Session)(spec, ring.bytes, ring.dataAt, ring.dataBytes);
const framing = new MoldUdp64Framing(history.session);
let next = history.first + BEFORE;

/** Gives the core so many messages, and returns where the ring then ends. */
function send(messages) {
  for (let left = messages; left > 0; ) {
    const n = Math.min(left, PACKET_MESSAGES);
    session.datagram(0, framing.packet(history, next, next + n), 0, 1);
    next += n;
    left -= n;
  }
  session.service(1);
  return ring.head;
}
const from = send(WARM_UP);
const to = send(size);
const dispatcher = new Dispatcher(ring, itch50, handlers, {});
let messages = read(ring, from, to, dispatcher);
if (messages !== size) throw new Error(`a batch of ${size} was to be read, ${messages} were`);
await b.suite(
  `batch of ${size}`,
  b.add('read', () => {
    messages = read(ring, from, to, dispatcher);
  }),
  b.configure({ cases: { maxTime: 1 } }),
  b.complete((summary) => {
    const ops = summary.results[0].ops;
    const margin = summary.results[0].margin;
    console.log(JSON.stringify({ size: messages, nsPerBatch: 1e9 / ops, nsPerMessage: 1e9 / ops / messages, margin }));
  }),
);
