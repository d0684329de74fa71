#!/usr/bin/env node
// Runs the benches: every contender in a process of its own, in turn, several times; prints medians and ratios.
// node bench/run.mjs [capture|core|scale|book|doorbell|live|crossing|lines|recovery|decoders|receive|replay|sizing …] [--quick] [--messages N] [--runs N]
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GROUP, input } from './input.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const args = process.argv.slice(2);
const quick = args.includes('--quick');
const option = (name, fallback) => {
  const i = args.indexOf(`--${name}`);
  return i < 0 ? fallback : Number(args[i + 1]);
};
const runs = option('runs', quick ? 1 : 5);
const messages = option('messages', quick ? 200_000 : 10_000_000);
const all = [
  'capture',
  'core',
  'scale',
  'book',
  'doorbell',
  'live',
  'crossing',
  'lines',
  'recovery',
  'decoders',
  'receive',
  'replay',
  'sizing',
];
const wanted = all.filter((name) => args.includes(name));
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const million = (x) => (x / 1e6).toFixed(1);

const node = (script, ...rest) =>
  execFileSync(process.execPath, [join(here, script), ...rest.map(String)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

function table(title, head, rows) {
  console.log(`\n### ${title}\n\n| ${head.join(' | ')} |\n|${head.map(() => '---').join('|')}|`);
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
}

/** Each contender once a round, so that a slow moment of the machine meets them all. */
function inTurn(contenders, run) {
  const results = contenders.map(() => []);
  for (let i = 0; i < runs; i++) {
    for (const [k, c] of contenders.entries()) results[k].push(run(c));
  }
  return results;
}

function benchCapture() {
  const source = input(messages);
  const contenders = [
    ['capture/venuewire.mjs', 'poll'],
    ['capture/venuewire.mjs', 'run'],
    ['capture/columns.mjs'],
    ['capture/flyweight.mjs'],
    ['capture/dataview.mjs'],
    ['capture/objects.mjs'],
    ['capture/columns.mjs', 'selected'],
  ];
  const results = inTurn(contenders, ([script, ...rest]) => node(script, source.file, GROUP, ...rest)[0]);
  const sums = new Set(results.filter((_, i) => !contenders[i][0].endsWith('columns.mjs')).map((r) => r[0].checksum));
  if (sums.size !== 1) throw new Error(`the contenders disagree: ${[...sums].join(' ')}`);
  const rate = results.map((r) => median(r.map((x) => x.perSecond)));
  const of = (i, k) => (rate[i] / rate[k]).toFixed(2);
  console.log(
    `\ninput: ${source.messages} messages, ${source.bytes} bytes, sha256 ${source.sha256.slice(0, 16)}…, one line`,
  );
  table(
    'Capture → five fields of every message',
    ['contender', 'M messages/s (median)', '÷ flyweights', '÷ loads only', '÷ plain objects'],
    results.map((r, i) => [r[0].name, million(rate[i]), of(i, 3), of(i, 4), of(i, 5)]),
  );
}

let built;
function buildCore() {
  if (built) return built;
  const folder = join(root, 'build-bench');
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'] };
  execFileSync('cmake', ['-S', join(root, 'native'), '-B', folder, '-DBUILD_BENCH=ON', '-DBUILD_TESTING=OFF'], quiet);
  execFileSync('cmake', ['--build', folder, '-j2'], quiet);
  built = folder;
  return folder;
}

async function compiledVenue(lines = 1) {
  const { compileVenue } = await import('../dist/feed/compile.js');
  const { udpMulticast } = await import('../dist/patterns/index.js');
  const { nasdaqTotalView } = await import('../dist/venues/nasdaq-totalview.js');
  const file = join(mkdtempSync(join(tmpdir(), 'venuewire-')), 'venue.bin');
  writeFileSync(
    file,
    compileVenue(
      nasdaqTotalView({
        lines: { A: udpMulticast(GROUP), ...(lines > 1 ? { B: udpMulticast('233.49.196.111:26477') } : {}) },
      }),
    ).spec,
  );
  return file;
}

async function benchCore() {
  const source = input(messages);
  const folder = buildCore();
  const text = execFileSync(join(folder, 'bench_replay'), [source.file, await compiledVenue(), '6'], {
    encoding: 'utf8',
  });
  console.log(`\n### The core alone\n\n\`\`\`\n${text.trim()}\n\`\`\``);
  const lossy = execFileSync(join(folder, 'bench_arbitration'), [source.file, await compiledVenue(2)], {
    encoding: 'utf8',
  });
  console.log(`\n### Arbitration and hole tracking\n\n\`\`\`\n${lossy.trim()}\n\`\`\``);
}

/** Passes of which the best counts: one that nothing else on the machine has disturbed. */
const SCALE_PASSES = 30;

/** A packet is to cost at most this many times the first of its curve, at these sizes. */
const SCALE_AIM = 1.2;
const SCALE_AIMED = { channels: 1_000, lines: 256, holes: 10_000, instruments: 100_000 };

/** What a packet costs beside other channels, lines, open holes and selected instruments, and what memory they take. */
async function benchScale() {
  const { compileVenue } = await import('../dist/feed/compile.js');
  const { defineVenue, udpMulticast } = await import('../dist/patterns/index.js');
  const { nasdaqNomItto40: decoder } = await import('../dist/decoders/nasdaq-nom-itto-4.0.js');
  const venue = defineVenue({ name: 'scale', decoder, framing: 'moldudp64', lines: { A: udpMulticast(GROUP) } });
  const file = join(mkdtempSync(join(tmpdir(), 'venuewire-')), 'scale.bin');
  writeFileSync(file, compileVenue(venue).spec);
  // An order of the long form: its type, bytes, and where its option's key stands.
  const args = [quick ? '6000' : '60000', String(quick ? 1 : SCALE_PASSES), 'all', file, 'A', '30', '18'];
  const text = execFileSync(join(buildCore(), 'bench_scale'), args, { encoding: 'utf8' });
  const rows = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const what of ['channels', 'lines', 'holes', 'instruments']) {
    const curve = rows.filter((r) => what in r);
    table(
      `A packet of four messages beside so many ${what}`,
      [what, 'ns a packet (best)', '÷ the first', 'memory of the feed, KiB'],
      curve.map((r) => [r[what], r.ns.toFixed(0), (r.ns / curve[0].ns).toFixed(2), (r.bytes / 1024).toFixed(0)]),
    );
    const times = curve.find((r) => r[what] === SCALE_AIMED[what]).ns / curve[0].ns;
    console.log(
      `\n${what}: aimed at ${SCALE_AIM} times at ${SCALE_AIMED[what]}, ${times <= SCALE_AIM ? 'reached' : 'MISSED'}: ${times.toFixed(2)}`,
    );
  }
}

/**
 * Starts a receiver, sends, and returns what the receiver says. With `stopped` it has had a second to get warm, then stands
 * still while everything is sent, so that it is timed over a full queue, with nobody else at work.
 */
async function receive(script, wake, { packets, perPacket, rate, segments = 1, work = 'fields', stopped = false }) {
  const folder = buildCore();
  const group = '239.255.77.1';
  const port = 40_000 + Math.floor(Math.random() * 10_000);
  const warm = stopped ? 20_000 : 0;
  const child = spawn(
    process.execPath,
    [join(here, script), `${group}:${port}`, wake, packets, perPacket, work, warm].map(String),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  const ended = new Promise((resolve) => child.on('close', resolve));
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (d) => {
      text += d;
      if (text.includes('ready')) resolve();
    });
    child.on('close', () => reject(new Error('the receiver ended early')));
  });
  // A group is joined before it is ready, a feed thread a moment later.
  await new Promise((resolve) => setTimeout(resolve, 150));
  const send = async (...how) => {
    const sender = spawn(join(folder, 'bench_blast'), [group, port, ...how].map(String), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    sender.stdout.on('data', (d) => {
      said += d;
    });
    await new Promise((resolve) => sender.on('close', resolve));
    return JSON.parse(said);
  };
  if (stopped) {
    await send(warm, perPacket, 20_000, segments);
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill('SIGSTOP');
  }
  const sent = await send(packets, perPacket, rate, segments, 1 + warm * perPacket);
  if (stopped) child.kill('SIGCONT');
  const stop = setTimeout(() => child.kill('SIGTERM'), 1500);
  await ended;
  clearTimeout(stop);
  return { ...JSON.parse(text.trim().split('\n').at(-1)), sent };
}

const LIVE = [
  ['live/venuewire.mjs', 'doorbell'],
  ['live/venuewire.mjs', 'poll'],
  ['live/dgram.mjs', 'dgram'],
];
const RATES = [25, 50, 75, 100, 150, 200, 300, 400, 500, 600, 700, 800, 1000, 1200].map((k) => k * 1000);

/** The delay from a packet's sending to its handler, ours beside `dgram` in each round, and what a packet costs. */
async function benchDoorbell(rate = 10_000) {
  const delays = LIVE.map(() => []);
  for (let i = 0; i < runs; i++) {
    for (const [k, [script, wake]] of LIVE.entries()) {
      const packets = quick ? 2000 : 2 * rate;
      delays[k].push(await receive(script, wake, { packets, perPacket: 1, rate, work: 'delay' }));
    }
  }
  const of = (list, key) => median(list.map((r) => r[key]));
  const dgram = delays.at(-1);
  table(
    `Wire → handler at ${rate} packets/s, one message each (µs)`,
    ['receiver', 'p50', '÷ dgram', 'p99', '÷ dgram', 'p99.9', 'CPU, µs a packet', 'lost'],
    delays.map((list) => {
      const us = (key) => (of(list, key) / 1000).toFixed(1);
      const ratio = (key) => (of(list, key) / of(dgram, key)).toFixed(2);
      const cpu = median(list.map((r) => (r.cpuSeconds / Math.max(1, r.messages)) * 1e6)).toFixed(1);
      return [list[0].name, us('p50'), ratio('p50'), us('p99'), ratio('p99'), us('p999'), cpu, of(list, 'lost')];
    }),
  );
  for (const key of ['p50', 'p99']) {
    const times = of(delays[0], key) / of(dgram, key);
    console.log(
      `- ${times <= 1 ? 'reached' : 'MISSED '}: ${key} of the doorbell: aim dgram's, was ${times.toFixed(2)} of it`,
    );
  }
}

async function benchLive() {
  await benchDoorbell();
  const best = [];
  for (const [script, wake] of LIVE) {
    let top = 0;
    let offered = 0;
    for (const rate of quick ? RATES.slice(0, 1) : RATES) {
      const list = [];
      for (let i = 0; i < Math.min(runs, 3); i++)
        list.push(await receive(script, wake, { packets: rate, perPacket: 10, rate, segments: 32 }));
      offered = median(list.map((r) => r.sent.perSecond));
      if (offered < 0.9 * rate || median(list.map((r) => r.lost)) > 0) break;
      top = rate;
    }
    best.push([wake, top, Math.round(offered)]);
  }
  table(
    'Highest rate without loss, 10 messages a packet, bursts of 32 packets, one second',
    ['receiver', 'packets/s', '÷ dgram', 'what the sender managed at the next step'],
    best.map(([wake, top, offered]) => [wake, top, (top / best[2][1]).toFixed(1), offered]),
  );

  const drains = LIVE.map(() => []);
  for (let i = 0; i < runs; i++) {
    for (const [k, [script, wake]] of LIVE.entries()) {
      const packets = quick ? 500 : 4800;
      const r = await receive(script, wake, { packets, perPacket: 10, rate: 50_000, segments: 32, stopped: true });
      drains[k].push(r.lost === 0 ? packets / r.seconds : 0);
    }
  }
  const rate = drains.map(median);
  table(
    'A full queue in the kernel, from the first message to the last',
    ['receiver', 'packets/s', '÷ dgram'],
    LIVE.map(([, wake], k) => [wake, Math.round(rate[k]), (rate[k] / rate[2]).toFixed(1)]),
  );
}

console.log(
  `${cpus()[0]?.model ?? 'CPU'} × ${cpus().length}, Linux ${release()}, Node ${process.versions.node}, V8 ${process.versions.v8}; ${runs} runs, medians`,
);
const benches = { capture: benchCapture, core: benchCore, scale: benchScale, doorbell: benchDoorbell, live: benchLive };
for (const name of wanted.length > 0 ? wanted : all) {
  const own = benches[name];
  if (own) await own();
  else if (existsSync(join(here, name, 'run.mjs')))
    await import(`./${name}/run.mjs`).then((m) => m.run({ quick, runs, table, median, node, buildCore }));
}
