// A feed inside a worker thread; workerData: { mode, address | bytes }. Tells its parent what it has read.
import { parentPort, workerData } from 'node:worker_threads';
import { openCapture, openLive } from './day.mjs';

const { mode, address, bytes } = workerData;
if (mode === 'live') {
  const feed = await openLive(address);
  let n = 0;
  parentPort.postMessage('open');
  await feed.run({
    addOrder() {
      if (++n === 100) parentPort.postMessage('receiving');
    },
  });
} else if (mode === 'capture') {
  // Over and over: there is always one being read when the parent ends this thread.
  for (let round = 0; ; round++) {
    const feed = await openCapture(bytes, { ringBytes: 65536 });
    await feed.run({
      addOrder(m) {
        if (round === 0 && m.orderReferenceNumber === 100n) parentPort.postMessage('receiving');
      },
    });
  }
} else if (mode === 'opens') {
  parentPort.postMessage('up');
  for (;;) await (await openCapture(bytes, { ringBytes: 65536 })).run();
} else if (mode === 'poll') {
  const feed = await openCapture(bytes, { wake: 'poll', ringBytes: 65536 });
  const handlers = { addOrder() {} };
  for (let n = feed.poll(handlers); n >= 0; n = feed.poll(handlers)) if (n === 0) feed.wait(1000);
  parentPort.postMessage({ messages: feed.messages, statistics: feed.statistics() });
} else if (mode === 'blocked') {
  const feed = await openLive(address, { wake: 'poll' });
  parentPort.postMessage('receiving');
  for (;;) {
    feed.poll({});
    feed.wait(100);
  }
} else {
  const feed = await openCapture(bytes);
  const summary = await feed.run({ addOrder() {} });
  parentPort.postMessage(summary);
}
