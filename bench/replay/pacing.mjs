// How exactly `replay --to-multicast` keeps the times of a capture: what leaves is recorded by tcpdump on the loopback
// interface, whose times are the kernel's, and compared packet by packet with the capture. Needs the right to record.
// Usage: node bench/replay/pacing.mjs CAPTURE [SPEED]
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Capture } from '../../dist/capture/index.js';

const [file, speedText = '1'] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: node bench/replay/pacing.mjs CAPTURE [SPEED]');
const speed = Number(speedText);
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'venuewire-pacing-'));
const recorded = join(folder, 'recorded.pcap');

async function times(path) {
  const list = [];
  await new Capture(path).read((p) => {
    if (p.transport === 'udp') list.push({ time: p.time, to: p.destination });
  });
  return list;
}

const wanted = await times(file);
const groups = new Set(wanted.map((p) => p.to));
const filter = [...groups].map((g) => `(dst host ${g.split(':')[0]} and dst port ${g.split(':')[1]})`).join(' or ');
const tcpdump = spawn(
  'tcpdump',
  ['-i', 'lo', '-U', '-B', '65536', '--time-stamp-precision=nano', '-w', recorded, `udp and (${filter})`],
  { stdio: ['ignore', 'ignore', 'pipe'] },
);
await new Promise((resolve) => tcpdump.stderr.once('data', resolve));
console.log(
  execFileSync(process.execPath, [main, 'replay', file, '--to-multicast', '--speed', speedText], { encoding: 'utf8' }),
);
const deadline = Date.now() + 5000;
let got = [];
while (got.length < wanted.length && Date.now() < deadline) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  got = await times(recorded);
}
tcpdump.kill('SIGINT');
await new Promise((resolve) => tcpdump.once('close', resolve));
got = await times(recorded);
rmSync(folder, { recursive: true });
if (got.length !== wanted.length) throw new Error(`${wanted.length} packets were sent, ${got.length} recorded`);

const error = (i) => Number(got[i].time - got[0].time) - Number(wanted[i].time - wanted[0].time) / speed;
const gaps = wanted
  .slice(1)
  .map((_, i) => Math.abs(error(i + 1) - error(i)))
  .sort((a, b) => a - b);
const at = (part) => (gaps[Math.floor((gaps.length - 1) * part)] / 1000).toFixed(1);
console.log(
  JSON.stringify({
    capture: file.split('/').at(-1),
    speed,
    packets: wanted.length,
    interPacketErrorUs: { median: at(0.5), p99: at(0.99), most: at(1) },
    firstTenMostUs: (Math.max(...Array.from({ length: 10 }, (_, i) => Math.abs(error(i)))) / 1000).toFixed(1),
    driftAtEndUs: (error(wanted.length - 1) / 1000).toFixed(1),
  }),
);
