// ZeroMQ with MessagePack: rows in frames, beside a send for each message as the obvious client code does it. One run, in
// turns, into one subscriber in a process of its own. `node bench/bus.mjs`; VENUEWIRE_BENCH_ROWS for another number.
import { fork } from 'node:child_process';
import { Packr } from 'msgpackr';
import * as zmq from 'zeromq';
import { EVENT_ROWS, RowBatch } from '../dist/sinks/index.js';
import { zeromq } from '../dist/sinks/zeromq.js';

const ROWS = Number(process.env.VENUEWIRE_BENCH_ROWS ?? 2_000_000);
const BATCH = 8_192;
/** In batches, where nothing else is at work on the machine. */
const AIM = { rate: 5_000_000, timesOneByOne: 10 };
const ROUNDS = 3;
const until = async (condition) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
};

if (process.argv[2] === 'count') {
  // The subscriber: counts rows by the header of each frame, or messages.
  const [, , , address, wanted, isFrames] = process.argv;
  const socket = new zmq.Subscriber({ receiveHighWaterMark: 0 });
  socket.connect(address);
  socket.subscribe('');
  const packr = new Packr({ useRecords: false });
  let rows = 0;
  for await (const frames of socket) {
    rows += isFrames === 'frames' ? packr.unpack(frames[1]).count : 1;
    if (rows >= Number(wanted)) break;
  }
  process.send(rows);
  process.disconnect();
} else {
  const words = { kind: ['trade'], action: ['trade'], side: ['bid', 'ask'], channel: ['day'], epoch: [''] };
  const batch = new RowBatch(
    EVENT_ROWS,
    BATCH,
    EVENT_ROWS.fields.map(({ name, dtype }) => {
      if (dtype === 'word') return { codes: new Uint32Array(BATCH), words: words[name] ?? ['AAPL'] };
      const [array, value] = {
        i64: [BigInt64Array, (i) => 1_700_000_000_000_000_000n + BigInt(i)],
        u64: [BigUint64Array, (i) => BigInt(i)],
        u32: [Uint32Array, (i) => i],
        u8: [Uint8Array, (i) => i & 7],
        i8: [Int8Array, () => -4],
      }[dtype];
      return array.from({ length: BATCH }, (_, i) => value(i));
    }),
  );
  const counted = (address, wanted, way) => {
    const child = fork(new URL(import.meta.url), ['count', address, wanted, way]);
    return new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('error', reject);
    });
  };
  const frames = async (encoding, rows, frameRows) => {
    const sink = zeromq({
      type: 'zeromq',
      bind: 'tcp://127.0.0.1:*',
      topicBy: 'category',
      encoding,
      frameRows,
      slow: 'wait',
      highWaterMark: 10_000,
      replayBytes: 0,
    });
    await sink.open({ venue: 'bench', pipeline: 'bench' });
    const done = counted(sink.endpoints.publish, rows, 'frames');
    await until(() => sink.metrics().subscribed === 1);
    const at = performance.now();
    for (let sent = 0; sent < rows; sent += BATCH) await sink.write(batch);
    await done;
    const rate = rows / ((performance.now() - at) / 1000);
    await sink.close();
    return rate;
  };
  const messages = async (rows) => {
    const socket = new zmq.XPublisher({ sendHighWaterMark: 0 });
    await socket.bind('tcp://127.0.0.1:*');
    const packr = new Packr({ useRecords: false });
    const done = counted(socket.lastEndpoint, rows, 'messages');
    await socket.receive();
    const at = performance.now();
    for (let sent = 0; sent < rows; sent++) await socket.send(['trade', packr.pack(batch.row(sent % BATCH))]);
    await done;
    const rate = rows / ((performance.now() - at) / 1000);
    socket.close();
    return rate;
  };
  const rates = {
    'columns, 4096 a frame': [],
    'columns, 512 a frame': [],
    'rows, 512 a frame': [],
    'a message each': [],
  };
  for (let round = 0; round < ROUNDS; round++) {
    rates['columns, 4096 a frame'].push(await frames('columns', ROWS, 4_096));
    rates['columns, 512 a frame'].push(await frames('columns', ROWS, 512));
    rates['rows, 512 a frame'].push(await frames('rows', ROWS / 10, 512));
    rates['a message each'].push(await messages(ROWS / 40));
  }
  const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const one = median(rates['a message each']);
  for (const [name, list] of Object.entries(rates)) {
    console.log(
      `${name.padEnd(22)} ${Math.round(median(list)).toLocaleString('en')} events/s, ${(median(list) / one).toFixed(1)} times a send for each`,
    );
  }
  const best = Math.max(...Object.values(rates).map(median));
  console.log(
    `in batches ${(best / AIM.rate).toFixed(2)} of the aim of ${AIM.rate.toLocaleString('en')} events/s, ${(best / one).toFixed(1)} times a send for each (aim ${AIM.timesOneByOne})`,
  );
}
