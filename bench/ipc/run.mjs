// Shared memory: what a reader in another process pays for a message, alone and as one of eight, and what the writer pays.
// Usage: node bench/ipc/run.mjs [--messages N] [--rate N]. The writer is a feed that reads a capture; processor time of each reader's
// thread says what its rate is where it has a core of its own: here there may be more readers than cores.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openFeed } from '../../dist/index.js';
import { openIpcReader, openIpcWriter } from '../../dist/ipc/index.js';
import { udpMulticast } from '../../dist/patterns/index.js';
import { nasdaqTotalView } from '../../dist/venues/nasdaq-totalview.js';
import { GROUP, input } from '../input.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const MESSAGES = option('messages', 2_000_000);
const RATE = option('rate', 400_000);
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

async function read(path) {
  let shares = 0;
  let messages = 0;
  let lost = 0;
  const reader = await openIpcReader(path, { lost: ({ begin, end }) => (lost += end - begin) });
  process.send('open');
  const before = process.cpuUsage();
  const handlers = { addOrder: (m) => (shares += m.shares) };
  for await (const batch of reader) messages += batch.read(handlers);
  const { user, system } = process.cpuUsage(before);
  process.send({ ns: ((user + system) * 1_000) / messages, messages, lost, shares }, () => process.exit());
}

/** A day at a rate, to so many readers. */
async function round(path, file, readers) {
  const feed = await openFeed(nasdaqTotalView({ lines: { A: udpMulticast(GROUP) } }), {
    capture: { file },
    ringBytes: 1 << 20,
  });
  const writer = openIpcWriter(path, feed, { bytes: 1 << 28 });
  const children = Array.from({ length: readers }, () => fork(fileURLToPath(import.meta.url), ['read', path]));
  const said = (child) => new Promise((resolve) => child.once('message', resolve));
  await Promise.all(children.map(said));
  const ends = children.map(said);
  const began = performance.now();
  let appending = 0;
  for await (const batch of feed) {
    const before = performance.now();
    writer.append(batch);
    appending += performance.now() - before;
    const due = began + (writer.position / RATE) * 1_000 - performance.now();
    if (due > 1) await new Promise((resolve) => setTimeout(resolve, due));
  }
  const seconds = (performance.now() - began) / 1_000;
  writer.close();
  const all = await Promise.all(ends);
  return {
    readers,
    rate: writer.position / seconds,
    appendNs: (appending * 1e6) / writer.position,
    ns: median(all.map(({ ns }) => ns)),
    worst: Math.max(...all.map(({ ns }) => ns)),
    lost: all.reduce((sum, { lost }) => sum + lost, 0),
    whole: all.every(({ messages, shares }) => messages === all[0].messages && shares === all[0].shares),
  };
}

async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'venuewire-bench-ipc-'));
  const { file } = input(MESSAGES);
  console.log(
    '| readers | M messages/s given | ns of a reader’s processor time a message, median (worst) | append, ns | lost | all alike |',
  );
  console.log('|---|---|---|---|---|---|');
  try {
    for (const readers of [1, 8, 1, 8, 1, 8]) {
      const r = await round(join(folder, 'feed'), file, readers);
      console.log(
        `| ${readers} | ${(r.rate / 1e6).toFixed(2)} | ${r.ns.toFixed(1)} (${r.worst.toFixed(1)}) | ${r.appendNs.toFixed(1)} | ${r.lost} | ${r.whole} |`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[2] === 'read') await read(process.argv[3]);
else await measure();
