// Opens feeds where the machine gives no more (and, of memory, where it gives again). Prints one line of JSON: what each
// attempt came to. Usage: limits.mjs memory|threads
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { itch50 } from '../../../dist/decoders/itch50.js';
import { openFeed } from '../../../dist/index.js';
import { defineVenue, env, request, udpMulticast, userPassword } from '../../../dist/patterns/index.js';
import { soupbintcpReplay } from '../../../dist/venues/patterns/recoveries.js';
import { capture, liveAddress, openCapture, openLive } from './day.mjs';

const [mode] = process.argv.slice(2);
process.env.VW_L = 'x';
const bytes = capture(200);
const small = { ringBytes: 65536 };
const told = [];
const attempt = async (open) => {
  try {
    const feed = await open();
    told.push((await feed.run()).messages > 0 ? 'read' : 'nothing read');
  } catch (error) {
    told.push(error.code ?? String(error));
  }
};
const limit = (what) => execFileSync('prlimit', ['--pid', String(process.pid), what]);
/** Addresses this process has, and so many bytes more. */
const limitMemory = (more) => {
  const [, kB] = /VmSize:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
  limit(`--as=${Number(kB) * 1024 + more}:`);
};
const elsewhere = liveAddress();
/** Its server may send packets of 64 MiB: room for one is taken when the feed opens. */
const greedy = () =>
  openFeed(
    defineVenue({
      name: 'greedy',
      decoder: itch50,
      lines: { A: udpMulticast(`${elsewhere.group}:${elsewhere.port}`, { interface: '127.0.0.1' }) },
      recovery: [
        request(soupbintcpReplay, {
          servers: ['127.0.0.1:9'],
          credentials: userPassword(env('VW_L'), env('VW_L')),
          limits: { packetBytes: 64 << 20 },
        }),
      ],
    }),
    small,
  );

const open = await openLive(liveAddress(), small);
const running = open.run();
await attempt(() => openCapture(bytes, small));
if (mode === 'memory') {
  limitMemory(24 << 20);
  await attempt(() => openCapture(bytes, { ringBytes: 2 ** 28 }));
  await attempt(greedy);
  limit('--as=unlimited:');
  await attempt(() => openCapture(bytes, small));
} else {
  limit('--nproc=1:');
  // Each needs a stack of its own, and none is left over.
  const second = await openLive(liveAddress(), small);
  const third = await openLive(liveAddress(), small);
  const failed = await Promise.allSettled([second.run(), third.run()]);
  told.push(failed.find((r) => r.status === 'rejected')?.reason.code);
}
open.close();
await running;
console.log(JSON.stringify(told));
process.exit(0);
