// How exactly `replay --to-multicast` keeps the times of a capture, measured at a receiver on the loopback interface by the
// kernel's time stamps. `--seconds N`: so much of each capture (60; 0: all of it), `--speed N`, `--capture FILE`.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const built = path('../../build/bench');
const main = path('../../dist/cli/main.js');
const shared = ['ice-impact-v1.1.33', 'miax-tom-v1.9'].map((id) => path(`../../../shared/captures/${id}/${id}.pcap`));
const given = (name, fallback) => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? fallback : process.argv[i + 1];
};
const SETTLE_MS = 300;
const LAST = 100; // packets at the end whose middle lateness is what has added up

/** Times and destinations of the datagrams that a capture has. */
async function wanted(file) {
  const { Capture } = await import('../../dist/capture/index.js');
  const times = [];
  const groups = new Set();
  await new Capture(file).read((p) => {
    if (p.transport !== 'udp') return;
    times.push(p.time);
    groups.add(p.destination);
  });
  return { times, groups: [...groups] };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Replays it to receivers here; returns when each datagram came, and what the command said. */
async function replayed(file, groups, speed, seconds) {
  const receiver = spawn(join(built, 'stamps'), ['127.0.0.1', ...groups], { stdio: ['ignore', 'pipe', 'inherit'] });
  const times = [];
  await new Promise((resolve, reject) => {
    createInterface({ input: receiver.stdout }).on('line', (line) =>
      line === 'ready' ? resolve() : times.push(BigInt(line)),
    );
    receiver.once('close', () => reject(new Error('the receiver ended early')));
  });
  const realtime = given('realtime');
  const args = [main, 'replay', file, '--to-multicast', '--speed', String(speed)];
  if (realtime !== undefined) args.push('--realtime', realtime);
  // A session of its own: where the kernel shares processors out by session (autogroup), a receiver here takes none of the sender's part.
  const sender = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  sender.stderr.on('data', (text) => {
    said += text;
  });
  const stop = seconds > 0 ? setTimeout(() => sender.kill('SIGINT'), seconds * 1000) : undefined;
  await new Promise((resolve) => sender.once('close', resolve));
  clearTimeout(stop);
  await pause(SETTLE_MS);
  receiver.kill('SIGTERM');
  await new Promise((resolve) => receiver.once('close', resolve));
  return { times, said };
}

/** What is aimed at, at the speed of the capture. */
const AIM_US = { median: 50, drift: 1000 };

const us = (ns) => (ns / 1000).toFixed(1);

function errors(got, due, speed) {
  const late = got.map((time, i) => Number(time - got[0]) - Number(due[i] - due[0]) / speed);
  const between = late
    .slice(1)
    .map((x, i) => Math.abs(x - late[i]))
    .sort((a, b) => a - b);
  const at = (part) => us(between[Math.floor((between.length - 1) * part)]);
  const end = late.slice(-LAST).sort((a, b) => a - b);
  return [at(0.5), at(0.99), at(1), us(late.at(-1)), us(end[Math.floor(end.length / 2)])];
}

export async function run({ quick, table }) {
  const speed = Number(given('speed', 1));
  const seconds = Number(given('seconds', quick ? 5 : 60));
  const own = given('capture');
  const files = own === undefined ? shared : [own];
  mkdirSync(built, { recursive: true });
  execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-o', join(built, 'stamps'), path('stamps.c')]);
  const rows = [];
  for (const file of files) {
    if (!existsSync(file)) {
      console.log(`\nNOT RUN: ${basename(file)} is not beside this checkout; name another one with --capture`);
      continue;
    }
    const { times, groups } = await wanted(file);
    const { times: got, said } = await replayed(file, groups, speed, seconds);
    const sent = Number(/sent ([\d,]+)/.exec(said)?.[1].replaceAll(',', ''));
    if (sent !== got.length) throw new Error(`${sent} datagrams were sent and ${got.length} came:\n${said}`);
    rows.push([basename(file), `${sent} of ${times.length}`, ...errors(got, times, speed)]);
  }
  table(
    `A capture sent to multicast at ${speed}×${seconds > 0 ? `, ${seconds} s of it` : ''}: its times at the receiver (µs)`,
    [
      'capture',
      'packets',
      'error between packets: median',
      'p99',
      'most',
      'drift: last packet',
      'middle of the last 100',
    ],
    rows,
  );
  if (speed !== 1) return;
  for (const [name, , median, , , last] of rows) {
    const good = Number(median) < AIM_US.median && Math.abs(Number(last)) < AIM_US.drift;
    console.log(
      `- ${good ? 'reached' : 'MISSED '}: ${name}: aim a median below ${AIM_US.median} and a drift below ${AIM_US.drift} µs, was ${median} and ${last}`,
    );
  }
}
