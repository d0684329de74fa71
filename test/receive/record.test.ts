/** `venuewire record` on a virtual cable: what others read in its files is what was sent. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { day, folder, until } from '../interop/harness.js';
import { capture, Network } from './network.js';

const root = process.getuid?.() === 0;
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const A = '233.54.12.111:26477';
const B = '233.49.196.111:26477';
const PACE = 30_000;
const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
const readers = { capinfos: has('capinfos'), tshark: has('tshark'), tcpdump: has('tcpdump') };
for (const [name, there] of Object.entries(readers)) if (!there) console.warn(`NOT RUN: ${name} is not installed`);

/** Frames as hexadecimal, as tshark reads them. */
const frames = (file: string): string[] =>
  execFileSync('tshark', ['-r', file, '-T', 'json', '-x', '-j', 'none'], { encoding: 'utf8', maxBuffer: 1 << 28 })
    .split('\n')
    .flatMap(
      (line) => /"frame_raw": \["([0-9a-f]+)"|^\s+"([0-9a-f]{28,})",/.exec(line)?.slice(1).filter(Boolean) ?? [],
    );

async function recorded(net: Network, file: string, pcap: string, more: readonly string[]): Promise<string> {
  const lines = [A, B].flatMap((line) => ['--line', `${line}@receiver`]);
  const recorder = net.program(process.execPath, [main, 'record', file, ...lines, ...more]);
  await recorder.said(/recorded by/);
  const sent = net.send(pcap, PACE);
  const got = new RegExp(`^${sent.toLocaleString('en-US')} packets`);
  // Everything that was sent is in the ring or the file now: the end writes what is left.
  recorder.interrupt();
  await recorder.said(got);
  await until('the recorder to end', () => recorder.exit !== undefined);
  expect(recorder.exit, recorder.transcript()).toBe(0);
  return recorder.transcript();
}

/** What a replay of the files, one behind the other, says of them. */
const digestOf = (files: readonly string[]): string =>
  execFileSync(
    process.execPath,
    [main, 'replay', '-', '--venue', 'nasdaq-totalview', '--line', `A=${A}`, '--line', `B=${B}`, '--summary'],
    { input: Buffer.concat(files.map((f) => readFileSync(f))), encoding: 'utf8' },
  );

describe.skipIf(!root)('record', () => {
  test.skipIf(!readers.tshark || !readers.capinfos)(
    'frames are in the file as they were, VLAN tags and all',
    async () => {
      const { history } = day(5_000);
      const net = new Network();
      const pcap = capture(history, [A, B], { vlan: 100, faults: [] });
      const file = join(folder(), 'day.pcapng');
      await recorded(net, file, pcap, ['--receive', 'packetRing']);
      const sent = frames(pcap);
      expect(sent.length).toBeGreaterThan(1000);
      expect(frames(file)).toEqual(sent);
      const about = execFileSync('capinfos', ['-M', file], { encoding: 'utf8' });
      expect(about).toMatch(/File timestamp precision:\s+nanoseconds/);
      expect(about).toContain('Name = receiver');
      expect(about).toContain('dst host 233.54.12.111 and udp dst port 26477');
    },
  );

  test.each(['packetRing', 'socket'])('by %s, what is replayed from the file is the day', async (receive) => {
    const { history } = day(5_000);
    const net = new Network();
    const file = join(folder(), 'day.pcapng');
    await recorded(net, file, capture(history, [A, B]), ['--receive', receive]);
    expect(digestOf([file])).toContain(`digest ${history.digest().toString(16).padStart(16, '0')} of 5,000 messages`);
    if (!readers.tcpdump) return;
    const count = (args: readonly string[]): number =>
      execFileSync('tcpdump', ['-nr', file, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
        .trimEnd()
        .split('\n').length;
    expect(count(['udp', 'dst', 'port', '26477'])).toBe(count([]));
  });

  test('files that change by size hold the day together, and only the latest are kept where that is asked for', async () => {
    const { history } = day(50_000);
    const net = new Network();
    const pcap = capture(history, [A, B], { faults: [] });
    const all = folder();
    await recorded(net, join(all, 'day.pcapng'), pcap, ['--rotate-size', '512K']);
    const files = readdirSync(all).sort();
    expect(files.length).toBeGreaterThan(3);
    expect(files[0]).toBe('day.00001.pcapng');
    expect(digestOf(files.map((f) => join(all, f)))).toContain('of 50,000 messages');
    const some = folder();
    await recorded(net, join(some, 'day.pcapng'), pcap, ['--rotate-size', '512K', '--keep', '2']);
    expect(readdirSync(some).length).toBe(2);
    expect(existsSync(join(some, 'day.00001.pcapng'))).toBe(false);
  });

  test('what a stopped recorder has lost is counted, printed, and stands in the file', async () => {
    const { history } = day(100_000);
    const net = new Network();
    const file = join(folder(), 'day.pcapng');
    const recorder = net.program(process.execPath, [
      main,
      'record',
      file,
      '--line',
      `${A}@receiver`,
      '--buffer',
      '64K',
    ]);
    await recorder.said(/recorded by packetRing/);
    process.kill(recorder.child.pid as number, 'SIGSTOP');
    const sent = net.send(capture(history, [A], { faults: [] }));
    process.kill(recorder.child.pid as number, 'SIGCONT');
    recorder.interrupt();
    const [, lost = ''] = await recorder.said(/^([\d,]+) packets were lost/);
    const [, kept = ''] = await recorder.said(/^([\d,]+) packets, /);
    const number = (text: string): number => Number(text.replaceAll(',', ''));
    expect(number(lost) + number(kept)).toBe(sent);
    await until('the recorder to end', () => recorder.exit !== undefined);
    expect(recorder.exit).toBe(1);
  });

  test('without CAP_NET_RAW it records datagrams, and says what frames would need', async () => {
    const { history } = day(2_000);
    const net = new Network();
    const at = folder();
    execFileSync('chmod', ['777', at]);
    const file = join(at, 'day.pcapng');
    const as = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', process.execPath, main];
    const recorder = net.program('setpriv', [
      ...as,
      'record',
      file,
      '--line',
      `${A}@receiver`,
      '--line',
      `${B}@receiver`,
    ]);
    const [said] = await recorder.said(/recorded by.*/);
    expect(said).toContain('recorded by socket');
    expect(said).toContain('setcap cap_net_raw+ep');
    net.send(capture(history, [A, B]), PACE);
    recorder.interrupt();
    await until('the recorder to end', () => recorder.exit !== undefined);
    expect(digestOf([file])).toContain('of 2,000 messages');
  });

  test('a file that cannot be written is an error that names it', async () => {
    const net = new Network();
    const recorder = net.program(process.execPath, [main, 'record', '/dev/full', '--line', `${A}@receiver`]);
    await recorder.said(/VW_RECORD_WRITE: \/dev\/full: No space left on device/);
    await until('the recorder to end', () => recorder.exit !== undefined);
    expect(recorder.exit).toBe(3);
  });
});
