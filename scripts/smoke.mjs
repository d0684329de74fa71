// A minute's trust in one Node: load the addon, read a capture by handler and by iteration, in this thread and in a
// worker that is then ended, and leave. argv[2]: where `venuewire` is imported from (default: the build in dist).
import { Worker } from 'node:worker_threads';

const from = process.argv[2] ?? new URL('../dist/', import.meta.url).href;
const at = (name) =>
  from === 'package' ? (name === 'index' ? 'venuewire' : `venuewire/${name}`) : `${from}${name}.js`;
const { openFeed } = await import(at('index'));
const { itch50 } = await import(at('decoders/itch50'));
const { encode } = await import(at(from === 'package' ? 'layout' : 'layout/index'));
const { udpMulticast } = await import(at(from === 'package' ? 'patterns' : 'patterns/index'));
const { nasdaqTotalView } = await import(at('venues/nasdaq-totalview'));

const order = Buffer.from(
  encode(itch50, 'addOrder', {
    stockLocate: 7,
    trackingNumber: 0,
    timestamp: 34_200_000_000_000,
    orderReferenceNumber: 1n,
    buySellIndicator: 'B',
    shares: 100,
    stock: 'TEST',
    price: 1_000_000,
  }),
);
function capture(packets) {
  const mold = Buffer.alloc(22 + order.length);
  mold.write('DAY0000001', 0, 'latin1');
  mold.writeUInt16BE(1, 18);
  mold.writeUInt16BE(order.length, 20);
  order.copy(mold, 22);
  const frame = 16 + 28 + mold.length;
  const bytes = Buffer.alloc(24 + packets * frame);
  for (const [i, v] of [0xa1b23c4d, 0x00040002, 0, 0, 262144, 101].entries()) bytes.writeUInt32LE(v, 4 * i);
  for (let i = 0; i < packets; i++) {
    let p = 24 + i * frame;
    bytes.writeUInt32LE(1_700_000_000, p);
    bytes.writeUInt32LE(i, p + 4);
    bytes.writeUInt32LE(28 + mold.length, p + 8);
    bytes.writeUInt32LE(28 + mold.length, p + 12);
    p += 16;
    bytes.writeUInt16BE(0x4500, p);
    bytes.writeUInt16BE(28 + mold.length, p + 2);
    bytes.writeUInt16BE((64 << 8) | 17, p + 8);
    bytes.writeUInt32BE(0xe9360c6f, p + 16);
    bytes.writeUInt16BE(26477, p + 22);
    bytes.writeUInt16BE(8 + mold.length, p + 24);
    mold.copy(bytes, p + 28);
    bytes.writeBigUInt64BE(BigInt(i + 1), p + 28 + 10);
  }
  return bytes;
}
const open = (bytes) =>
  openFeed(nasdaqTotalView({ lines: { A: udpMulticast('233.54.12.111:26477') } }), {
    capture: { file: bytes },
    ringBytes: 65536,
  });
const same = (name, got, wanted) => {
  if (got !== wanted) throw new Error(`${name}: ${got} instead of ${wanted}`);
};

const bytes = capture(20_000);
let shares = 0;
const summary = await (await open(bytes)).run({
  addOrder(m) {
    shares += m.shares;
  },
});
same('messages', summary.messages, 20_000);
same('shares', shares, 2_000_000);
same('delivered', summary.statistics.ledger.delivered, 20_000);
let iterated = 0;
for await (const batch of await open(bytes)) iterated += batch.read({});
same('iterated', iterated, 20_000);
// A worker of our own text: it uses the same package by the same name.
const worker = new Worker(
  `const { parentPort, workerData } = require('node:worker_threads');
   (async () => {
     const { openFeed } = await import(workerData.index);
     const { udpMulticast } = await import(workerData.patterns);
     const { nasdaqTotalView } = await import(workerData.venue);
     for (let n = 0; ; n++) {
       const feed = await openFeed(nasdaqTotalView({ lines: { A: udpMulticast('233.54.12.111:26477') } }),
         { capture: { file: workerData.bytes }, ringBytes: 65536 });
       await feed.run({ addOrder() { if (n === 1) parentPort.postMessage('reading'); } });
     }
   })();`,
  {
    eval: true,
    workerData: {
      bytes,
      index: from === 'package' ? import.meta.resolve('venuewire') : at('index'),
      patterns: from === 'package' ? import.meta.resolve('venuewire/patterns') : at('patterns/index'),
      venue:
        from === 'package' ? import.meta.resolve('venuewire/venues/nasdaq-totalview') : at('venues/nasdaq-totalview'),
    },
  },
);
await new Promise((resolve, reject) => {
  worker.once('message', resolve);
  worker.once('error', reject);
});
same('worker', await worker.terminate(), 1);
// One more feed is open and waits for its reader when the process ends.
(await open(bytes)).poll({});
console.log(`Node ${process.versions.node}: ok`);
process.exit(0);
