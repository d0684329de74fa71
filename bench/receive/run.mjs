// Receive backends head to head over a virtual cable in a network namespace of its own, the same frames from the same sender:
// delays from the wire to the handler, steadily and in bursts; what a packet costs the receiving process; and the highest rate
// without loss. Needs root and a C compiler. `--only delays`, `--only rates`: one part; `--only stamps`: what stamps cost.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const built = fileURLToPath(new URL('../../build/bench', import.meta.url));
const GROUP = '233.54.12.111';
const PORT = '26477';
/** Messages in a packet of so many bytes. */
const MESSAGES = { 64: 2, 200: 5, 1000: 27 };
const RATES = [25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000, 400_000, 600_000];
const RATE_SECONDS = 0.5;
const TRIES = 3;
const COST_RATE = 40_000;
const DELAY = { rate: 20_000, payload: 200, burst: 50 };
const ROUNDS = 2;
const STAMP_ROUNDS = 9;
const SETTLE_MS = 200;
const BACKENDS = ['socket', 'ioUring', 'packetRing', 'afXdp'];

const at = ['receiver', GROUP, PORT];
const dgram = { name: 'dgram', command: (work) => [process.execPath, join(here, 'dgram.mjs'), ...at, work] };
const bare = { name: 'C, recvmmsg', command: (work) => [join(built, 'recvmmsg'), ...at, work] };
const ours = (backend, wake) => ({
  name: wake === 'doorbell' ? backend : `${backend}, ${wake}`,
  command: (work) => [process.execPath, join(here, 'venuewire.mjs'), ...at, work, backend, wake],
});
/** The program polls all the time, on a core of its own: it is there while its contender is, and not in what that one takes. */
const program = fileURLToPath(new URL('../../build/dpdk/venuewire-dpdk', import.meta.url));
const dpdk = {
  ...ours('dpdk', 'doorbell'),
  beside: [
    program,
    ...['-l', '0', '--no-huge', '-m', '256', '--no-shconf', '--no-pci', '--no-telemetry'],
    ...['--vdev=net_af_packet0,iface=receiver,blocksz=65536,framecnt=65536', '--', '--ring', 'receiver'],
  ],
};
const RECEIVERS = [dgram, bare, ...BACKENDS.map((b) => ours(b, 'doorbell')), ...(existsSync(program) ? [dpdk] : [])];
const WITH_POLL = [...RECEIVERS, ...BACKENDS.map((b) => ours(b, 'poll'))];

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

/** A receiver in a process of its own, which is sent one run of packets after the other. */
class Receiver {
  #sequence = 1;
  constructor(net, command) {
    this.net = net;
    this.child = spawn('ip', net.inside(...command), { stdio: ['ignore', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }
  async #said() {
    return JSON.parse((await this.lines.next()).value ?? '{}');
  }
  async ready() {
    const { ready, detail } = await this.#said();
    return ready === true ? { detail: detail ?? '' } : { refused: detail ?? 'it did not start' };
  }
  async run(payload, rate, packets, burst = 0) {
    const of = ['sender', GROUP, PORT, payload, packets, rate, this.#sequence, burst];
    const sent = JSON.parse(
      execFileSync('ip', this.net.inside(join(built, 'sender'), ...of.map(String)), { encoding: 'utf8' }),
    );
    this.#sequence += packets * MESSAGES[payload];
    await pause(SETTLE_MS);
    this.child.kill('SIGUSR2');
    const got = await this.#said();
    return { ...got, lost: packets - got.packets, offered: sent.perSecond };
  }
  async end() {
    const over = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGTERM');
    await over;
  }
}

/** A program that a receiver needs beside it, once it has said that it is ready; ends it. */
async function started(net, command) {
  if (command === undefined) return async () => {};
  const child = spawn('ip', net.inside(...command), { stdio: ['ignore', 'pipe', 'ignore'] });
  const over = new Promise((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith('venuewire-dpdk:')) break;
  return async () => {
    child.kill('SIGTERM');
    await over;
  };
}

async function withReceiver(net, { command, beside }, work, use) {
  const end = await started(net, beside);
  try {
    const receiver = new Receiver(net, command(work));
    const { detail, refused } = await receiver.ready();
    if (refused !== undefined) return refused;
    await use(receiver);
    await receiver.end();
    return detail;
  } finally {
    await end();
  }
}

/** What the library is to reach: said with what it was. */
const AIMS = { socketRate: 0.85, dgramTimes: 10, xdpCost: 1 / 3, p50: 1.5 };
const aimed = (what, aim, was, good) =>
  console.log(`- ${good ? 'reached' : 'MISSED '}: ${what}: aim ${aim}, was ${was}`);

const us = (ns) => (ns / 1000).toFixed(1);

async function delays(net, { quick, table, median }) {
  const { rate, payload, burst } = DELAY;
  const packets = quick ? rate / 4 : rate;
  const rows = WITH_POLL.map((of) => ({ of, steady: [], bursts: [] }));
  // Each once a round, so that a slow moment of the machine meets them all.
  for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
    for (const row of rows) {
      row.said = await withReceiver(net, row.of, 'delay', async (receiver) => {
        await receiver.run(payload, rate, rate / 10); // code gets warm
        row.steady.push(await receiver.run(payload, rate, packets));
        row.bursts.push(await receiver.run(payload, rate, packets, burst));
      });
    }
  }
  for (const [kind, title] of [
    ['steady', `Wire → handler at ${rate} packets/s of ${payload} bytes (µs)`],
    ['bursts', `Wire → handler in bursts of ${burst} packets, ${rate} packets/s on the whole (µs)`],
  ]) {
    const p50 = ({ [kind]: list }) => median(list.map((r) => r.delays.p50));
    const bareOne = p50(rows[1]);
    table(
      title,
      ['receiver', 'p50', '÷ C', 'p99', 'p99.9', 'max', 'CPU, µs a packet', 'lost'],
      rows.map((row) => {
        const list = row[kind];
        if (list.length === 0) return [row.of.name, row.said, '', '', '', '', '', ''];
        const of = (key) => us(median(list.map((r) => r.delays[key])));
        const cpu = median(list.map((r) => (r.cpuSeconds / r.packets) * 1e6)).toFixed(1);
        const lost = median(list.map((r) => r.lost));
        return [row.of.name, of('p50'), (p50(row) / bareOne).toFixed(2), of('p99'), of('p999'), of('most'), cpu, lost];
      }),
    );
    const ourOwn = rows.slice(2).filter((row) => row[kind].length > 0);
    const best = ourOwn.reduce((least, row) => (p50(row) < p50(least) ? row : least));
    const times = p50(best) / bareOne;
    aimed(`p50 of ${best.of.name}`, `at most ${AIMS.p50} of C`, times.toFixed(2), times <= AIMS.p50);
  }
}

/** The highest of the rates that came whole in most of the tries, and that the sender could offer. */
async function highest(receiver, payload, rates, median) {
  let best = 0;
  let offered = 0;
  for (const rate of rates) {
    const losses = [];
    for (let tries = 0; tries < TRIES; tries++) {
      const r = await receiver.run(payload, rate, rate * RATE_SECONDS);
      offered = Math.round(r.offered);
      losses.push(r.lost);
      // On a machine with other work one loss in three may be somebody else's.
      if (r.lost === 0 && tries === 0) break;
    }
    if (median(losses) > 0 || offered < 0.9 * rate) break;
    best = rate;
  }
  return { best, offered };
}

async function rates(net, payload, { quick, table, median }) {
  const rows = [];
  for (const of of RECEIVERS) {
    const row = { name: of.name, best: 0, offered: 0, cost: 0 };
    row.said = await withReceiver(net, of, 'count', async (receiver) => {
      await receiver.run(payload, COST_RATE, COST_RATE / 10);
      const r = await receiver.run(payload, COST_RATE, quick ? COST_RATE / 4 : COST_RATE);
      row.cost = (r.cpuSeconds / r.packets) * 1e6;
      Object.assign(row, await highest(receiver, payload, quick ? RATES.slice(0, 2) : RATES, median));
    });
    rows.push(row);
  }
  const [node, c] = rows;
  table(
    `Receive, ${payload} bytes of payload, over a virtual cable`,
    [
      'receiver',
      'packets/s without loss',
      '÷ dgram',
      '÷ C',
      'offered last',
      `CPU, µs a packet at ${COST_RATE}/s`,
      '÷ C',
      'how',
    ],
    rows.map((r) => [
      r.name,
      r.best,
      node.best > 0 ? (r.best / node.best).toFixed(1) : '—',
      c.best > 0 ? (r.best / c.best).toFixed(2) : '—',
      r.offered,
      r.cost.toFixed(2),
      (r.cost / c.cost).toFixed(2),
      r.said,
    ]),
  );
  const named = (name) => rows.find((r) => r.name === name);
  const [socket, xdp] = [named('socket'), named('afXdp')];
  const most = Math.max(...rows.slice(2).map((r) => r.best)) / node.best;
  const share = socket.best / c.best;
  aimed('rate of socket', `${AIMS.socketRate} of C`, share.toFixed(2), share >= AIMS.socketRate);
  aimed('best rate', `${AIMS.dgramTimes} times dgram`, most.toFixed(1), most >= AIMS.dgramTimes);
  if (xdp.cost > 0) {
    const cost = xdp.cost / socket.cost;
    aimed('CPU of afXdp', `a third of socket`, cost.toFixed(2), cost <= AIMS.xdpCost);
  }
}

/** What a packet costs the receiving process without stamps and with them, in turn. */
async function stamps(net, { quick, table, median }) {
  const { rate, payload } = DELAY;
  const bare = ours('socket', 'doorbell');
  const costs = [[], []];
  for (let round = 0; round < (quick ? 2 : STAMP_ROUNDS); round++) {
    for (const [i, list] of costs.entries()) {
      const of = { command: (work) => [...bare.command(work), ...(i === 1 ? ['stamps'] : [])] };
      await withReceiver(net, of, 'count', async (receiver) => {
        await receiver.run(payload, rate, rate / 4); // code gets warm
        const r = await receiver.run(payload, rate, rate * 2);
        list.push((r.cpuSeconds / r.packets) * 1e6);
      });
    }
  }
  const [without, having] = costs.map(median);
  const differences = costs[0].map((cost, i) => costs[1][i] - cost);
  table(
    `What stamps cost: CPU of the receiving process, µs a packet at ${rate}/s, ${payload} bytes, ${costs[0].length} pairs in turn`,
    ['without', 'with stamps', 'median difference of the pairs', 'ratio'],
    [[without.toFixed(2), having.toFixed(2), median(differences).toFixed(2), (having / without).toFixed(2)]],
  );
}

export async function run({ quick, table, median }) {
  if (process.getuid() !== 0) {
    console.log('\n### Receive backends\n\nNOT RUN: network namespaces and raw frames need root');
    return;
  }
  compile();
  const only = process.argv[process.argv.indexOf('--only') + 1];
  const net = cable();
  try {
    if (only === 'stamps') return await stamps(net, { quick, table, median });
    if (only !== 'rates') await delays(net, { quick, table, median });
    if (only === 'delays') return;
    for (const payload of quick ? [200] : Object.keys(MESSAGES).map(Number))
      await rates(net, payload, { quick, table, median });
  } finally {
    net.remove();
  }
}
