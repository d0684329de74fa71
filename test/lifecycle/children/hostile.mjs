// Careless and hostile use of the library, in a process of its own: what must never end it. Prints JSON.
// Usage: hostile.mjs arguments|scribble|opens|terminated [N]
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { compileVenue } from '../../../dist/feed/compile.js';
import { Ring } from '../../../dist/feed/ring.js';
import { native } from '../../../dist/native.js';
import { capture, captureVenue, liveAddress, openCapture, openLive } from './day.mjs';

const [mode, count = '100'] = process.argv.slice(2);
const say = (what) => console.log(JSON.stringify(what));
const throwing = {
  valueOf() {
    throw new Error('valueOf');
  },
};
const refusal = (call) => {
  try {
    call();
    return 'none';
  } catch (error) {
    return error.code ?? error.message;
  }
};

/** Every argument of the addon, in turn, as something else. */
function badArguments() {
  const addon = native();
  const { spec } = compileVenue(captureVenue(), { capture: true });
  const ring = new Ring(1, 65536);
  const thread = { cpu: -1, numaNode: -1, realtimePriority: 0 };
  const sockets = { receiveBufferBytes: 0, busyPollUs: 0, preferBusyPoll: false, stamps: false, spin: false };
  const live = { kind: 'live', ...sockets, ...thread };
  const bytes = new Uint8Array(new SharedArrayBuffer(100));
  const captured = {
    kind: 'capture',
    memory: bytes,
    routes: [{ ip: '*', port: 0, line: 0 }],
    packets: false,
    ...thread,
  };
  const values = [undefined, null, 1n, Symbol('x'), throwing, {}, [], 'x', -1, Number.NaN, Infinity, () => {}];
  const told = {};
  const tell = (name, call) => {
    const result = refusal(call);
    told[result] = (told[result] ?? 0) + 1;
    if (result !== 'none' && result !== 'valueOf' && !result.startsWith('VW_')) told[name] = result;
  };
  const feed = (...args) => new addon.Feed(...args).close();
  const whole = [spec, ring.bytes, ring.dataAt, ring.dataBytes, live, null];
  for (const v of values) {
    for (let i = 0; i < whole.length; i++) tell(`Feed ${i}`, () => feed(...whole.with(i, v)));
    for (let i = 0; i < 4; i++) tell(`Session ${i}`, () => new addon.Session(...whole.slice(0, 4).with(i, v)));
    for (const source of [live, captured]) {
      for (const key of Object.keys(source)) tell(key, () => feed(...whole.with(4, { ...source, [key]: v })));
    }
    for (const key of ['ip', 'port', 'line']) {
      const routes = [{ ip: '*', port: 0, line: 0, [key]: v }];
      tell(`route ${key}`, () => feed(...whole.with(4, { ...captured, routes })));
    }
    tell('routes', () => feed(...whole.with(4, { ...captured, routes: [v] })));
    tell('alignment', () => addon.alignment(v));
    tell('digest', () => addon.digest(v, v));
    tell('FastDecoder', () => new addon.FastDecoder(v, v, v, v, v, v));
    const session = new addon.Session(...whole.slice(0, 4));
    const methods = Object.getOwnPropertyNames(addon.Session.prototype).filter((n) => n !== 'constructor');
    for (const name of methods) {
      tell(`Session.${name}`, () => session[name](v, v, v, v));
      tell(`Session.${name} of another`, () => addon.Session.prototype[name].call({}, v));
    }
    const opened = new addon.Feed(...whole);
    for (const name of ['wait', 'keepAlive', 'describe', 'failure', 'close', 'start', 'wait']) {
      if (name === 'wait' && v === Infinity) continue; // a day
      tell(`Feed.${name}`, () => opened[name](v));
    }
  }
  // A ring or a capture in memory that can be taken away.
  tell('ring', () => feed(...whole.with(1, new Uint8Array(1 << 20))));
  tell('memory', () => feed(...whole.with(4, { ...captured, memory: new Uint8Array(100) })));
  return told;
}

/** Another thread writes over the ring while it is read. */
async function scribble(rounds) {
  const told = {};
  const bytes = capture(4000);
  for (let i = 0; i < rounds; i++) {
    const feed = await openCapture(bytes, { ringBytes: 65536 });
    const worker = new Worker(new URL(import.meta.url), { workerData: { memory: feed.ring.memory, seed: i } });
    await new Promise((resolve) => worker.once('message', resolve));
    try {
      await feed.run({ addOrder: (m) => m.price });
      told.ended = (told.ended ?? 0) + 1;
    } catch (error) {
      const name = error.code ?? error.name;
      told[name] = (told[name] ?? 0) + 1;
    }
    await worker.terminate();
  }
  return told;
}

/** Opens and closes feeds; the resident memory after a tenth of them and after all. */
async function opens(n) {
  const bytes = capture(10);
  let early = 0;
  for (let i = 0; i < n; i++) {
    const feed = i % 2 === 0 ? await openCapture(bytes) : await openLive(liveAddress());
    if (i % 2 === 0) await feed.run();
    feed.close();
    if (i === n / 10) early = process.memoryUsage().rss;
  }
  return { early, end: process.memoryUsage().rss };
}

async function terminated(rounds) {
  for (let i = 0; i < rounds; i++) {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
      workerData: { mode: 'opens', bytes: capture(50) },
    });
    await new Promise((resolve) => worker.once('message', resolve));
    // Another moment each time.
    const until = performance.now() + (i % 20);
    while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
    await worker.terminate();
  }
  return 'survived';
}

if (!isMainThread) {
  const words = new Uint32Array(workerData.memory);
  let x = workerData.seed * 2654435761 + 1;
  parentPort.postMessage('up');
  for (;;) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    words[x % words.length] = Math.imul(x, 2246822519);
  }
} else if (mode === 'arguments') say(badArguments());
else if (mode === 'scribble') say(await scribble(Number(count)));
else if (mode === 'opens') say(await opens(Number(count)));
else say(await terminated(Number(count)));
process.exit(0);
