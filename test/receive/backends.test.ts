/**
 * Every receive backend on a virtual cable: the same frames, the same digest; what is lost is counted where it was lost;
 * without its rights each says which, and the command that grants them.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { day, venueFile } from '../interop/harness.js';
import { capture, fragmented, joined, type LineOptions, Network, notRun, parted } from './network.js';

const root = process.getuid?.() === 0;
if (!root) notRun('receive backends need network namespaces and raw frames: run as root');

/** Whether this kernel has VLAN interfaces (8021q); frames that are tagged need none. */
const vlans =
  root && spawnSync('ip', ['link', 'add', 'link', 'lo', 'name', 'vw-vlan', 'type', 'vlan', 'id', '9']).status === 0;
if (vlans) spawnSync('ip', ['link', 'delete', 'vw-vlan']);
else if (root) console.warn('NOT RUN: this kernel makes no VLAN interfaces (modprobe 8021q)');

/** Two groups on one port. */
const A = '233.54.12.111:26477';
const B = '233.49.196.111:26477';
const linesOn = (device: string, receive: string): Record<string, LineOptions> => ({
  A: { address: A, interface: device, receive },
  B: { address: B, interface: device, receive },
});

const balances = (l: { expected: number; delivered: number; recovered: number; abandoned: number; inFlight: number }) =>
  l.expected === l.delivered + l.recovered + l.abandoned + l.inFlight;

const BACKENDS = ['socket', 'ioUring', 'packetRing', 'afXdp'] as const;
const FRAMES = ['packetRing', 'afXdp'] as const;
const PACE = 40_000;

describe.skipIf(!root)('the same run', () => {
  const MESSAGES = 10_000;

  test.each(BACKENDS)('%s: lines A and B, two groups on one port, one of them with losses', async (receive) => {
    const { history } = day(MESSAGES);
    const net = new Network();
    const feed = net.receiver(linesOn('receiver', receive));
    const [decision] = await feed.decided();
    expect([decision?.asked, decision?.backend]).toEqual([receive, receive]);
    // Membership is told to the network whatever reads the frames.
    const joined = net.ip('maddress', 'show', 'dev', 'receiver');
    for (const line of [A, B]) expect(joined).toContain(line.split(':')[0]);
    net.send(capture(history, [A, B]), PACE);
    const { digest, count, ledger, counters } = await feed.outcome();
    expect([digest, count]).toEqual([history.digest().toString(16).padStart(16, '0'), MESSAGES]);
    expect(ledger).toEqual({ expected: MESSAGES, delivered: MESSAGES, recovered: 0, abandoned: 0, inFlight: 0 });
    expect([counters.ringDrops, counters.kernelDrops, counters.foreignDatagrams]).toEqual([0, 0, 0]);
  });

  test.skipIf(!vlans).each(BACKENDS)('%s: on a VLAN interface', async (receive) => {
    const { history } = day(MESSAGES);
    const net = new Network();
    net.ip('link', 'add', 'link', 'receiver', 'name', 'receiver.100', 'type', 'vlan', 'id', '100');
    net.ip('address', 'add', '10.98.0.2/24', 'dev', 'receiver.100');
    net.ip('link', 'set', 'receiver.100', 'up');
    net.inside('sysctl', '-q', 'net.ipv4.conf.receiver/100.rp_filter=0');
    const feed = net.receiver(linesOn('receiver.100', receive));
    await feed.decided();
    net.send(capture(history, [A, B], { vlan: 100 }), PACE);
    const { digest } = await feed.outcome();
    expect(digest).toBe(history.digest().toString(16).padStart(16, '0'));
  });

  test.each(FRAMES)('%s: tagged frames on an interface that knows nothing of the VLAN', async (receive) => {
    const { history } = day(MESSAGES);
    const net = new Network();
    const feed = net.receiver(linesOn('receiver', receive));
    await feed.decided();
    net.send(capture(history, [A, B], { vlan: 100 }), PACE);
    const { digest } = await feed.outcome();
    expect(digest).toBe(history.digest().toString(16).padStart(16, '0'));
  });

  test.each(BACKENDS)('%s: datagrams in fragments', async (receive) => {
    const { history } = day(MESSAGES);
    const net = new Network();
    const feed = net.receiver({ A: { address: A, interface: 'receiver', receive } });
    await feed.decided();
    const file = capture(history, [A], { faults: [] });
    const cut = fragmented(readFileSync(file), 200);
    writeFileSync(file, cut.file);
    net.send(file, PACE);
    const { digest, counters } = await feed.outcome();
    expect(digest).toBe(history.digest().toString(16).padStart(16, '0'));
    // The kernel puts them together before a socket sees them; whoever reads frames does it here, and says so.
    expect(cut.fragments).toBeGreaterThan(1000);
    const seen = receive === 'packetRing' || receive === 'afXdp' ? cut.fragments : 0;
    expect([counters.fragments, counters.fragmentsLost]).toEqual([seen, 0]);
  });

  test.each(BACKENDS)('%s: over more groups than a socket may join', async (receive) => {
    const CHANNELS = 24;
    const EACH = 100;
    const net = new Network();
    const groups = Array.from({ length: CHANNELS }, (_, i) =>
      ['A', 'B'].map((l) => `239.9.${l === 'A' ? 1 : 2}.${i}:9000`),
    );
    const line = (address = ''): LineOptions => ({ address, interface: 'receiver', receive });
    const feed = net.receiverOf(groups.map(([a, b]) => ({ A: line(a), B: line(b) })));
    await feed.decided();
    expect(net.ip('maddress', 'show', 'dev', 'receiver').match(/239\.9\./g)).toHaveLength(2 * CHANNELS);
    const days = groups.map((_, i) => day(EACH, i + 1).history);
    net.send(joined(days.map((history, i) => capture(history, groups[i] ?? []))), PACE);
    const { digests, count, ledger } = await feed.outcome();
    expect([count, ledger.delivered]).toEqual([CHANNELS * EACH, CHANNELS * EACH]);
    expect(digests).toEqual(days.map((history) => history.digest().toString(16).padStart(16, '0')));
  });

  test('afXdp: over all queues of an interface', async () => {
    const { history } = day(MESSAGES);
    const net = new Network({ queues: 2 });
    const feed = net.receiver(linesOn('receiver', 'afXdp'));
    const [decision] = await feed.decided();
    expect(decision?.detail).toContain('2 queues');
    net.send(capture(history, [A, B]), PACE);
    const { digest } = await feed.outcome();
    expect(digest).toBe(history.digest().toString(16).padStart(16, '0'));
  });

  test('afXdp: in generic mode where the driver cannot', async () => {
    const { history } = day(MESSAGES);
    // A veth whose frames may be longer than a page is refused the native mode.
    const net = new Network({ mtu: 9000 });
    const feed = net.receiver(linesOn('receiver', 'afXdp'));
    const [decision] = await feed.decided();
    expect(decision?.detail).toContain('generic mode');
    net.send(capture(history, [A, B]), PACE);
    const { digest } = await feed.outcome();
    expect(digest).toBe(history.digest().toString(16).padStart(16, '0'));
  });
});

describe.skipIf(!root)('losses', () => {
  test.each([
    ['socket', 'kernelDrops'],
    ['ioUring', 'kernelDrops'],
    ['packetRing', 'ringDrops'],
    ['afXdp', 'ringDrops'],
  ] as const)('%s: more than its buffers hold is in %s, and the ledger balances', async (receive, counter) => {
    const { history } = day(200_000);
    const net = new Network();
    const lines = { A: { address: A, interface: 'receiver', receive } };
    const feed = net.receiver(lines, { receiveBufferBytes: 65536 }, [], '10ms');
    await feed.decided();
    const file = capture(history, [A], { faults: [] });
    await feed.stop();
    let sent = net.send(file);
    feed.goOn();
    // What a socket has lost is told with the next datagram behind it; the last packets end the session.
    sent += net.send(parted(file, 50)[1], 1000);
    const { ledger, counters, packets } = await feed.outcome();
    expect(counters[counter]).toBeGreaterThan(0);
    expect(packets).toBeGreaterThan(0);
    expect(balances(ledger)).toBe(true);
    expect(ledger.abandoned).toBeGreaterThan(0);
    expect(packets + (counters[counter] as number) + net.lostOnTheCable()).toBe(sent);
  });
});

describe.skipIf(!root)('a feed that the event loop drives, with small buffers', () => {
  // io_uring is always read by the thread that made it.
  test.each(['socket', 'packetRing', 'afXdp'])(
    '%s: is received by its thread while a handler is busy, and what is lost is counted',
    async (receive) => {
      const { history } = day(12_000);
      const net = new Network();
      const lines = { A: { address: A, interface: 'receiver', receive } };
      const feed = net.busyReceiver(lines, { receiveBufferBytes: 65_536 }, { sequence: 2_000, packets: 600 });
      await feed.decided();
      const [first, last] = parted(capture(history, [A], { faults: [] }), 50);
      const sent = net.send(first, 1_500) + net.send(last, 1_000);
      const { ledger, counters, packets } = await feed.outcome();
      expect(balances(ledger)).toBe(true);
      expect(packets + (counters.kernelDrops ?? 0) + (counters.ringDrops ?? 0) + net.lostOnTheCable()).toBe(sent);
      // Batches that woke no other thread: the loop read them.
      expect((counters.batches ?? 0) - (counters.doorbells ?? 0)).toBeGreaterThan(0);
    },
  );
});

describe.skipIf(!root)('rights', () => {
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
  const [EPERM, ENOSYS] = [1, 38];
  /** io_uring_setup has this number on every architecture. */
  const refused = (errno: number): string[] => [
    'python3',
    fileURLToPath(new URL('without.py', import.meta.url)),
    '425',
    String(errno),
  ];
  const without = (right: string): string[] => ['setpriv', `--bounding-set=-${right}`];

  test('packetRing and afXdp name the rights that are missing, and the command that grants them', async () => {
    const net = new Network();
    for (const [receive, rights] of [
      ['packetRing', 'cap_net_raw'],
      ['afXdp', 'cap_net_raw,cap_net_admin,cap_bpf'],
    ] as const) {
      const { code, message } = await net.receiver(linesOn('receiver', receive), {}, nobody).failure();
      expect(code).toBe('VW_RECEIVE_RIGHT');
      expect(message).toContain(`setcap ${rights}+ep ${process.execPath}`);
    }
    const { code, message } = await net.receiver(linesOn('receiver', 'afXdp'), {}, without('bpf,-sys_admin')).failure();
    expect([code, message.includes('CAP_BPF')]).toEqual(['VW_RECEIVE_RIGHT', true]);
  });

  test('afXdp takes as much memory as may be locked, and where that is too little names the limit', async () => {
    const net = new Network();
    const limited = (bytes: number): string[] => [...without('ipc_lock'), 'prlimit', `--memlock=${bytes}`];
    const some = net.receiver(linesOn('receiver', 'afXdp'), {}, limited(5 << 20));
    expect((await some.decided())[0]?.detail).toContain('2048 frames');
    some.close();
    await some.outcome();
    const { code, message } = await net.receiver(linesOn('receiver', 'afXdp'), {}, limited(65536)).failure();
    expect(code).toBe('VW_RECEIVE_MEMORY');
    expect(message).toContain('ulimit -l');
  });

  test('ioUring names what switches it on again, whoever has switched it off, and auto goes on without it', async () => {
    const net = new Network();
    const { code, message } = await net.receiver(linesOn('receiver', 'ioUring'), {}, refused(EPERM)).failure();
    expect(code).toBe('VW_RECEIVE_RIGHT');
    expect(message).toContain('sysctl -w kernel.io_uring_disabled=0');
    expect(message).toMatch(/in a container allow io_uring_setup, .* in its seccomp profile/);
    // A kernel that is built without it.
    const absent = await net.receiver(linesOn('receiver', 'ioUring'), {}, refused(ENOSYS)).failure();
    expect(absent).toMatchObject({
      code: 'VW_RECEIVE_UNSUPPORTED',
      message: expect.stringContaining('receive: socket'),
    });
    const auto = net.receiver(linesOn('receiver', 'auto'), {}, [...refused(EPERM), ...nobody]);
    expect((await auto.decided())[0]).toMatchObject({ backend: 'socket' });
    auto.close();
    await auto.outcome();
  });

  test('socket needs none', async () => {
    const net = new Network();
    const feed = net.receiver(linesOn('receiver', 'socket'), {}, [...refused(EPERM), ...nobody]);
    expect((await feed.decided())[0]).toMatchObject({ backend: 'socket' });
    feed.close();
    await feed.outcome();
  });

  test('auto takes what it may, and says what it could not take and why', async () => {
    const { history } = day(2_000);
    const net = new Network();
    const poor = net.receiver(linesOn('receiver', 'auto'), {}, nobody);
    const [plain] = await poor.decided();
    expect(plain).toMatchObject({ asked: 'auto', backend: 'socket' });
    expect(plain?.refused.map((r) => r.backend)).toEqual(['dpdk', 'afXdp', 'ioUring', 'packetRing']);
    expect(plain?.refused[0]?.why).toContain('/run/venuewire/receiver.dpdk');
    expect(plain?.refused[1]?.remedy).toContain('setcap');
    net.send(capture(history, [A, B]), PACE);
    expect((await poor.outcome()).digest).toBe(history.digest().toString(16).padStart(16, '0'));

    const rich = net.receiver(linesOn('receiver', 'auto'));
    expect((await rich.decided())[0]).toMatchObject({ backend: 'afXdp' });
    expect(net.ip('link', 'show', 'receiver')).toContain('xdp');
    // A second feed would get nothing, and does not take from the first.
    const second = net.receiver(linesOn('receiver', 'auto'));
    const [late] = await second.decided();
    expect(late).toMatchObject({ backend: 'socket' });
    expect(late?.refused[1]?.why).toContain('another program');
    rich.close();
    await rich.outcome();
    expect(net.ip('link', 'show', 'receiver')).not.toContain('xdp');
    second.close();
    await second.outcome();
  });

  test('the command line says what auto decided, and what it did not take', async () => {
    const net = new Network();
    const file = venueFile([
      'decoder: nasdaq-totalview-itch-5.0',
      `lines: { A: { type: udpMulticast, address: '${A}', interface: receiver, receive: auto } }`,
    ]);
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const run = net.program(process.execPath, [main, 'run', file, '--summary']);
    await run.said(/^lines A: received by afXdp \(native mode, copies, 1 queue, \d+ frames\)$/);
    await run.said(/^ {2}not packetRing: .*name it \(receive: packetRing\)/);
    run.interrupt();
    await run.said(/^ledger: /);
  });

  test('a second owner of an interface is refused with what to do about the first', async () => {
    const net = new Network();
    const first = net.receiver(linesOn('receiver', 'afXdp'));
    await first.decided();
    const { code, message } = await net.receiver(linesOn('receiver', 'afXdp')).failure();
    expect(code).toBe('VW_RECEIVE_BUSY');
    expect(message).toContain('ip link set dev receiver xdp off');
    first.close();
    await first.outcome();
  });
});
