/**
 * Feeds that read the ring of venuewire-dpdk, over a virtual cable and DPDK's drivers for interfaces of the kernel, without
 * huge pages. First: node test/receive/prepare.mjs
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { type Counterpart, day, until, venueFile } from '../interop/harness.js';
import { capture, fragmented, type LineOptions, Network, notRun, parted } from './network.js';

const program = fileURLToPath(new URL('../../build/dpdk/venuewire-dpdk', import.meta.url));
const root = process.getuid?.() === 0;
const ready = root && existsSync(program);
if (!root) notRun('DPDK’s drivers want raw frames: run as root');
else if (!ready) notRun('venuewire-dpdk is not built: node test/receive/prepare.mjs --install');

const A = '233.54.12.111:26477';
const B = '233.49.196.111:26477';
const PACE = 20_000;
const hex = (digest: bigint): string => digest.toString(16).padStart(16, '0');
/** As many frames wait in the kernel for the program as any of these tests sends. */
const AF_PACKET = 'net_af_packet0,iface=receiver,blocksz=65536,framecnt=65536';

const running: { readonly one: Counterpart; readonly socket: string }[] = [];
afterEach(async () => {
  for (const { one, socket } of running.splice(0)) {
    if (one.exit === undefined) await killed(one);
    rmSync(socket, { force: true }); // what is killed leaves it behind
  }
});

/** The program, at work on a ring that has the network's name. */
async function started(net: Network, more: readonly string[] = [], device = AF_PACKET): Promise<Counterpart> {
  const eal = ['-l', '0', '--no-huge', '-m', '256', '--no-shconf', '--no-pci', '--no-telemetry', `--vdev=${device}`];
  const one = net.program(program, [...eal, '--', '--ring', net.name, '--rest', '50', ...more]);
  running.push({ one, socket: `/run/venuewire/${net.name}.dpdk` });
  await one.said(/^venuewire-dpdk: port 0 .* into \/run\/venuewire\//);
  return one;
}
const killed = async (one: Counterpart): Promise<void> => {
  one.child.kill('SIGKILL');
  await until('the program to end', () => one.exit !== undefined);
};
const lineOf = (net: Network, address = A): LineOptions => ({ address, interface: net.name, receive: 'dpdk' });

describe.skipIf(!ready)('the same run', () => {
  const MESSAGES = 4_000;

  test.each([
    ['net_af_packet', AF_PACKET],
    ['net_pcap', 'net_pcap0,iface=receiver'],
    ['net_af_xdp', 'net_af_xdp0,iface=receiver'],
  ])('%s: lines A and B, two groups on one port, one of them with losses', async (driver, device) => {
    const { history } = day(MESSAGES);
    const net = new Network();
    await started(net, [], device);
    const feed = net.receiver({ A: lineOf(net), B: lineOf(net, B) });
    const [decision] = await feed.decided();
    expect(decision).toMatchObject({ asked: 'dpdk', backend: 'dpdk', detail: expect.stringContaining(driver) });
    const joined = net.ip('maddress', 'show', 'dev', 'receiver');
    for (const line of [A, B]) expect(joined).toContain(line.split(':')[0]);
    net.send(capture(history, [A, B]), PACE);
    const { digest, ledger, counters } = await feed.outcome();
    expect(digest).toBe(hex(history.digest()));
    expect(ledger).toEqual({ expected: MESSAGES, delivered: MESSAGES, recovered: 0, abandoned: 0, inFlight: 0 });
    expect([counters.ringDrops, counters.kernelDrops, counters.receiveErrors]).toEqual([0, 0, 0]);
  });

  test('frames with a VLAN tag, and datagrams in fragments', async () => {
    const { history } = day(MESSAGES);
    const net = new Network();
    // To the other driver the kernel gives datagrams that it has put together itself.
    await started(net, [], 'net_pcap0,iface=receiver');
    const tagged = net.receiver({ A: lineOf(net), B: lineOf(net, B) });
    await tagged.decided();
    net.send(capture(history, [A, B], { vlan: 100 }), PACE);
    expect((await tagged.outcome()).digest).toBe(hex(history.digest()));

    const feed = net.receiver({ A: lineOf(net) });
    await feed.decided();
    const file = capture(history, [A], { faults: [] });
    const cut = fragmented(readFileSync(file), 200);
    writeFileSync(file, cut.file);
    net.send(file, PACE);
    const { digest, counters } = await feed.outcome();
    expect(digest).toBe(hex(history.digest()));
    expect([counters.fragments, counters.fragmentsLost]).toEqual([cut.fragments, 0]);
  });

  test('two feeds in two processes have the whole of it, and stamps that begin where the program took the frame', async () => {
    const { history } = day(MESSAGES);
    const net = new Network();
    await started(net);
    const feeds = [{}, { stamps: true }].map((options) => net.receiver({ A: lineOf(net) }, options));
    for (const feed of feeds) await feed.decided();
    net.send(capture(history, [A], { faults: [] }), PACE);
    const [first, second] = await Promise.all(feeds.map((feed) => feed.outcome()));
    expect([first?.digest, second?.digest]).toEqual([hex(history.digest()), hex(history.digest())]);
    const stages = second?.stages as Exclude<typeof second, undefined>['stages'] & object;
    expect(stages.clocks).toMatchObject({ own: 0, kernel: 0, hardware: 0 });
    expect(stages.clocks.poller).toBeGreaterThan(0);
  });
});

describe.skipIf(!ready)('losses', () => {
  test('a feed that is overtaken counts what it has lost in ringDrops, and the ledger balances', async () => {
    const { history } = day(20_000);
    const net = new Network();
    await started(net, ['--slots', '256']);
    const feed = net.receiver({ A: lineOf(net) }, {}, [], '10ms');
    await feed.decided();
    const file = capture(history, [A], { faults: [] });
    await feed.stop();
    const sent = net.send(file, PACE);
    feed.goOn();
    const { ledger, counters, packets } = await feed.outcome();
    expect(counters.ringDrops).toBeGreaterThan(0);
    expect(ledger.abandoned).toBeGreaterThan(0);
    expect(ledger.expected).toBe(ledger.delivered + ledger.abandoned);
    expect(packets + (counters.ringDrops as number) + net.lostOnTheCable()).toBe(sent);
  });

  test('the program is killed: the line is told to be down and what is sent then is missing; started again, it goes on', async () => {
    const { history } = day(5_000);
    const net = new Network();
    const first = await started(net);
    const feed = net.receiver({ A: lineOf(net) }, {}, [], '10ms');
    await feed.decided();
    const [early, rest] = parted(capture(history, [A], { faults: [] }), 400);
    const [unheard, late] = parted(rest, 200);
    net.send(early, PACE);
    await killed(first);
    expect(await feed.lineDown()).toBe('connectionClosed');
    net.send(unheard, PACE);
    await started(net);
    await feed.lineUp();
    net.send(late, PACE);
    const { ledger, counters } = await feed.outcome();
    expect(ledger.delivered).toBeGreaterThan(0);
    expect(ledger.abandoned).toBeGreaterThan(0);
    expect([ledger.expected, counters.ringDrops]).toEqual([ledger.delivered + ledger.abandoned, 0]);
  });

  test('the program is killed: with line B by a socket nothing is missing', async () => {
    const { history } = day(5_000);
    const net = new Network();
    const first = await started(net);
    const feed = net.receiver({ A: lineOf(net), B: { address: B, interface: 'receiver', receive: 'socket' } });
    await feed.decided();
    const [early, rest] = parted(capture(history, [A, B], { faults: [] }), 400);
    net.send(early, PACE);
    await killed(first);
    await feed.lineDown();
    net.send(rest, PACE);
    expect((await feed.outcome()).digest).toBe(hex(history.digest()));
  });

  test('a feed is killed: the program goes on, and gives the next one all of it', async () => {
    const { history } = day(5_000);
    const net = new Network();
    const one = await started(net);
    const feed = net.receiver({ A: lineOf(net) });
    await feed.decided();
    process.kill(feed.pid, 'SIGKILL');
    const next = net.receiver({ A: lineOf(net) });
    await next.decided();
    net.send(capture(history, [A], { faults: [] }), PACE);
    expect((await next.outcome()).digest).toBe(hex(history.digest()));
    one.child.kill('SIGTERM');
    const [, written, missed] = await one.said(/: (\d+) frames written, (\d+) missed, \d+ passed over$/);
    expect([Number(written) > 0, missed]).toEqual([true, '0']);
  });
});

describe.skipIf(!ready)('rights, and what is not there', () => {
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];

  test('who may not read the ring is told by which option he may; a member of the group needs no right at all', async () => {
    const net = new Network();
    const own = await started(net);
    const { code, message } = await net.receiver({ A: lineOf(net) }, {}, nobody).failure();
    expect([code, message.includes('--group 65534')]).toEqual(['VW_RECEIVE_RIGHT', true]);
    await killed(own);
    await started(net, ['--group', '65534']);
    const feed = net.receiver({ A: lineOf(net) }, {}, nobody);
    expect((await feed.decided())[0]).toMatchObject({ backend: 'dpdk' });
    feed.close();
    await feed.outcome();
  });

  test('no program: the error names the ring’s socket; auto takes the ring where there is one, and says where it is not', async () => {
    const net = new Network();
    const absent = await net.receiver({ A: lineOf(net) }).failure();
    expect([absent.code, absent.message.includes(`/run/venuewire/${net.name}.dpdk`)]).toEqual([
      'VW_RECEIVE_ABSENT',
      true,
    ]);
    const polled = await net.receiver({ A: lineOf(net) }, { busyPollUs: 20 }).failure();
    expect(polled.code).toBe('VW_RECEIVE_UNSUPPORTED');
    await started(net);
    const auto = net.receiver({ A: { ...lineOf(net), receive: 'auto' } });
    expect((await auto.decided())[0]).toMatchObject({ asked: 'auto', backend: 'dpdk' });
    auto.close();
    await auto.outcome();
  });

  test('the command line says by what the lines are received', async () => {
    const net = new Network();
    await started(net);
    const file = venueFile([
      'decoder: nasdaq-totalview-itch-5.0',
      `lines: { A: { type: udpMulticast, address: '${A}', interface: ${net.name}, receive: dpdk } }`,
    ]);
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const run = net.program(process.execPath, [main, 'run', file, '--summary']);
    await run.said(/^lines A: received by dpdk \(ring .*, net_af_packet, 16384 slots\)$/);
    run.interrupt();
    await run.said(/^ledger: /);
  });

  test.each([
    [['--slots', '1000'], /'1000' is not a value/],
    [['--ring', '../etc'], /'\.\.\/etc' is not a value/],
    [['--port', '7'], /no such port/],
    [['receiver'], /'receiver' is no option/],
  ])('%s: the program says what is wrong', (more, says) => {
    const eal = ['--no-huge', '-m', '64', '--no-shconf', '--no-pci', '--no-telemetry', '-l', '0'];
    const { status, stderr } = spawnSync(program, [...eal, '--', ...more], { encoding: 'utf8' });
    expect([status, says.test(stderr)]).toEqual([1, true]);
  });
});
