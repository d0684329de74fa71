/** What a feed asks of the scheduler and of busy polling is done, or refused with the right that is missing and its command. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { day, until } from '../interop/harness.js';
import { capture, Network } from './network.js';

const root = process.getuid?.() === 0;
const A = '233.54.12.111:26477';
const line = { A: { address: A, interface: 'receiver' } };
const limited = (...more: string[]): string[] => ['setpriv', '--bounding-set=-sys_nice,-net_admin', ...more];

/** Whether limits can be raised here, as a service manager does it. */
const raises = root && spawnSync('prlimit', ['--rtprio=7', 'true']).status === 0;
if (root && !raises) console.warn('NOT RUN: limits of real-time priorities cannot be raised here (CAP_SYS_RESOURCE)');

const SCHED_FIFO = 1;
/** Policy and priority of the feed's thread: fields 41 and 40 of proc_pid_stat(5). */
function scheduling(pid: number): { readonly policy: number; readonly priority: number } | undefined {
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8');
    if (!text.includes('(venuewire)')) continue;
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { policy: Number(fields[38]), priority: Number(fields[37]) };
  }
  return undefined;
}
const affinity = (pid: number): string | undefined =>
  readdirSync(`/proc/${pid}/task`)
    .map((task) => readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8'))
    .find((text) => text.startsWith('Name:\tvenuewire\n'))
    ?.match(/^Cpus_allowed_list:\s+(\S+)/m)?.[1];

describe.skipIf(!root)('a real-time priority', () => {
  test('is that of the feed thread, which receives everything', async () => {
    const { history } = day(2_000);
    const net = new Network();
    const feed = net.receiver(line, { realtimePriority: 7 });
    await feed.decided();
    expect(scheduling(feed.pid)).toEqual({ policy: SCHED_FIFO, priority: 7 });
    net.send(capture(history, [A], { faults: [] }), 20_000);
    expect((await feed.outcome()).digest).toBe(history.digest().toString(16).padStart(16, '0'));
  });

  test('is refused without the right, with what grants it', async () => {
    const net = new Network();
    const { code, message } = await net.receiver(line, { realtimePriority: 7 }, limited()).failure();
    expect(code).toBe('VW_REALTIME');
    expect(message).toContain(`setcap cap_sys_nice+ep ${process.execPath}`);
    expect(message).toContain('ulimit -r 7');
  });

  test.skipIf(!raises)('is granted without the right where the limit allows it', async () => {
    const net = new Network();
    const allowed = net.receiver(line, { realtimePriority: 7 }, ['prlimit', '--rtprio=7', ...limited()]);
    await allowed.decided();
    expect(scheduling(allowed.pid)).toEqual({ policy: SCHED_FIFO, priority: 7 });
    allowed.close();
    await allowed.outcome();
  });
});

describe.skipIf(!root)('a NUMA node', () => {
  test('gives the feed thread its CPUs', async () => {
    const net = new Network();
    const feed = net.receiver(line, { numaNode: 0 });
    await feed.decided();
    const cpus = readFileSync('/sys/devices/system/node/node0/cpulist', 'utf8').trim();
    await until('the feed thread to be there', () => affinity(feed.pid));
    expect(affinity(feed.pid)).toBe(cpus);
    feed.close();
    await feed.outcome();
  });

  test('that is not there is refused by its number', async () => {
    const net = new Network();
    const { code, message } = await net.receiver(line, { numaNode: 513 }).failure();
    expect([code, message]).toEqual(['VW_NUMA', expect.stringContaining('no NUMA node 513')]);
  });
});

describe.skipIf(!root)('busy polling', () => {
  test.each(['socket', 'ioUring', 'afXdp'])('%s: is preferred where that is allowed', async (receive) => {
    const { history } = day(2_000);
    const net = new Network();
    const feed = net.receiver({ A: { ...line.A, receive } }, { busyPollUs: 20, preferBusyPoll: true });
    expect((await feed.decided())[0]?.backend).toBe(receive);
    net.send(capture(history, [A], { faults: [] }), 20_000);
    expect((await feed.outcome()).digest).toBe(history.digest().toString(16).padStart(16, '0'));
  });

  test.each(['socket', 'ioUring'])('%s: is refused without CAP_NET_ADMIN, with what grants it', async (receive) => {
    const net = new Network();
    const options = { busyPollUs: 20, preferBusyPoll: true };
    const { code, message } = await net.receiver({ A: { ...line.A, receive } }, options, limited()).failure();
    expect([code, message]).toEqual(['VW_RECEIVE_RIGHT', expect.stringContaining('setcap cap_net_admin+ep')]);
  });

  test('a packet ring, which nothing polls, is refused rather than left as it is', async () => {
    const net = new Network();
    const { code } = await net.receiver({ A: { ...line.A, receive: 'packetRing' } }, { busyPollUs: 20 }).failure();
    expect(code).toBe('VW_RECEIVE_UNSUPPORTED');
  });
});
