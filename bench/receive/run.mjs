// Receive backends head to head over a virtual cable in a network namespace of its own, the same frames from the same sender:
// the highest rate without loss, and what a packet costs the receiving process. Needs root and a C compiler.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const built = fileURLToPath(new URL('../../build/bench', import.meta.url));
const GROUP = '233.54.12.111';
const PORT = '26477';
const PAYLOADS = [64, 200, 1000];
const RATES = [25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000, 400_000, 600_000];
const COST_RATE = 40_000;
const BACKENDS = ['socket', 'ioUring', 'packetRing', 'afXdp'];
const SETTLE_MS = 300;
const receiver = (script, ...more) => [process.execPath, join(here, script), 'receiver', GROUP, PORT, ...more];
const CONTENDERS = [
  ['dgram', receiver('dgram.mjs')],
  ['C, recvmmsg', [join(built, 'recvmmsg'), 'receiver', GROUP, PORT]],
  ...BACKENDS.map((name) => [name, receiver('venuewire.mjs', name)]),
];

function compile() {
  mkdirSync(built, { recursive: true });
  for (const name of ['sender', 'recvmmsg'])
    execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-o', join(built, name), join(here, `${name}.c`)]);
}

/** A namespace with the two ends of a cable. */
function cable() {
  const name = `vw-bench-${process.pid}`;
  const ip = (...args) => execFileSync('ip', args);
  ip('netns', 'add', name);
  ip('-n', name, 'link', 'add', 'sender', 'type', 'veth', 'peer', 'name', 'receiver');
  ip('-n', name, 'address', 'add', '10.99.0.2/24', 'dev', 'receiver');
  for (const device of ['lo', 'sender', 'receiver']) ip('-n', name, 'link', 'set', device, 'up');
  ip('netns', 'exec', name, 'sysctl', '-q', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.receiver.rp_filter=0');
  return { inside: (...command) => ['netns', 'exec', name, ...command], remove: () => ip('netns', 'delete', name) };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function measure(net, command, payload, rate, packets) {
  const child = spawn('ip', net.inside(...command), { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value ?? '{}');
  const { ready, detail } = await next();
  if (ready !== true) return { refused: detail ?? 'it did not start' };
  const send = [join(built, 'sender'), 'sender', GROUP, PORT, payload, packets, rate].map(String);
  const sent = JSON.parse(execFileSync('ip', net.inside(...send), { encoding: 'utf8' }));
  await pause(SETTLE_MS);
  child.kill('SIGTERM');
  const got = await next();
  return { ...got, detail, lost: packets - got.packets, offered: sent.perSecond };
}

const microseconds = (list, median) => (list.length === 0 ? '—' : median(list).toFixed(2));

export async function run({ quick, runs, table, median }) {
  if (process.getuid() !== 0) {
    console.log('\n### Receive backends\n\nNOT RUN: network namespaces and raw frames need root');
    return;
  }
  compile();
  const net = cable();
  try {
    for (const payload of quick ? [200] : PAYLOADS) await ofPayload(net, payload, { quick, runs, table, median });
  } finally {
    net.remove();
  }
}

async function ofPayload(net, payload, { quick, runs, table, median }) {
  const rows = [];
  for (const [name, command] of CONTENDERS) rows.push({ name, command, cost: [], best: 0, offered: 0, said: '' });
  // Each contender once a round, so that a slow moment of the machine meets them all.
  for (let i = 0; i < (quick ? 1 : Math.min(runs, 3)); i++) {
    for (const row of rows) {
      const r = await measure(net, row.command, payload, COST_RATE, COST_RATE);
      row.said = r.refused ?? r.detail ?? '';
      if (r.refused === undefined) row.cost.push((r.cpuSeconds / r.packets) * 1e6);
    }
  }
  for (const rate of quick ? RATES.slice(0, 2) : RATES) {
    for (const row of rows.filter((r) => r.cost.length > 0 && !r.over)) {
      const losses = [];
      for (let i = 0; i < (quick ? 1 : Math.min(runs, 3)); i++) {
        const r = await measure(net, row.command, payload, rate, rate);
        losses.push(r.lost);
        row.offered = Math.round(r.offered);
      }
      // The median: on a machine with other work one loss in three may be somebody else's.
      if (median(losses) === 0 && row.offered > 0.9 * rate) row.best = rate;
      else row.over = true;
    }
  }
  const dgram = rows[0];
  const bare = rows[1];
  table(
    `Receive, ${payload} bytes of payload, over a virtual cable`,
    ['receiver', 'packets/s without loss', '÷ dgram', 'offered last', 'CPU, µs a packet at 40,000/s', '÷ C', 'how'],
    rows.map((r) => [
      r.name,
      r.best,
      dgram.best > 0 ? (r.best / dgram.best).toFixed(1) : '—',
      r.offered,
      microseconds(r.cost, median),
      r.cost.length > 0 ? (median(r.cost) / median(bare.cost)).toFixed(2) : '—',
      r.said,
    ]),
  );
}
