/** tcpdump, dumpcap, tshark and tcpreplay: what is on the wire is what we say, and a capture of it is the same stream. */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { udpMulticast } from '../../src/patterns/index.js';
import { writeCapture } from '../../src/simulator/capture.js';
import { StreamDigest } from '../../src/simulator/digest.js';
import { LoopbackVenue } from '../../src/simulator/loopback-venue.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { notByAfXdp } from '../live.js';
import { atEnd, Counterpart, day, folder, until, venueFile, Watched } from './harness.js';

const root = process.getuid?.() === 0;
beforeAll(() => {
  // A run of CI that cannot try this has not tried it.
  if (!root && process.env.CI) throw new Error('capturing and network namespaces need root: run as root');
});

const portOf = (address: string): string => address.slice(address.lastIndexOf(':') + 1);

/** tshark's reading of MoldUDP64 packets, one row a packet. */
function dissect(file: string, ports: readonly string[], fields: readonly string[]): string[][] {
  const out = execFileSync(
    'tshark',
    [
      ...['-r', file, '-Y', 'moldudp64', '-T', 'fields', '-E', 'separator=;'],
      ...ports.flatMap((p) => ['-d', `udp.port==${p},moldudp64`]),
      ...fields.flatMap((f) => ['-e', f]),
    ],
    { encoding: 'utf8', maxBuffer: 256 << 20, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return out
    .trimEnd()
    .split('\n')
    .map((row) => row.split(';'));
}

/** The messages of one line as tshark has them: each number once, the packets in their order. */
function dissected(file: string, port: string): { digest: StreamDigest; sessions: Set<string>; faults: number } {
  const digest = new StreamDigest();
  const sessions = new Set<string>();
  let faults = 0;
  let next = 1;
  const columns = ['moldudp64.session', 'moldudp64.msgseq', 'moldudp64.msgdata'];
  const marks = ['moldudp64.count.invalid', 'moldudp64.msglen.invalid', 'udp.dstport'];
  for (const [session, numbers, data, badCount, badLength, to] of dissect(file, [port], [...columns, ...marks])) {
    if (to !== port) continue;
    sessions.add(session as string);
    if (badCount !== '' || badLength !== '') faults++;
    const messages = data === '' ? [] : (data as string).split(',');
    for (const [i, n] of (numbers as string).split(',').entries()) {
      if (messages[i] === undefined || Number(n) !== next) continue;
      digest.add(next++, Buffer.from(messages[i], 'hex'));
    }
  }
  return { digest, sessions, faults };
}

const packetsIn = (file: string): number => {
  const said = spawnSync('capinfos', ['-c', '-M', '-T', '-r', file], { encoding: 'utf8' });
  // While the file is being written its end may be half a record.
  return said.status === 0 ? Number(said.stdout.trim().split(/\s+/).at(-1)) : 0;
};

async function simulated(messages: number): Promise<LoopbackVenue> {
  const venue = new LoopbackVenue({
    seed: 9,
    messages,
    rate: 20_000,
    faults: [{ loss: 0.05, duplicate: 0.02 }, {}],
    publisher: { heartbeatNs: 50_000_000, endPackets: 3 },
  });
  atEnd(() => venue.stop());
  await venue.start();
  return venue;
}

const captured = (file: string | Uint8Array, lines: { readonly A: string; readonly B: string }) =>
  Watched.open(
    nasdaqTotalView({ lines: { A: udpMulticast(lines.A), B: udpMulticast(lines.B) }, join: 'beginning' }),
    'digest',
    { capture: { file } },
  );

const taken = notByAfXdp('what it takes from lo, tcpdump does not see');

describe.skipIf(!root || taken)('a live feed and its captures', () => {
  test('the feed, the pcap of tcpdump, the pcapng of dumpcap, both as gzip, and tshark have one digest', async () => {
    const venue = await simulated(5_000);
    const at = folder();
    const ports = [portOf(venue.lines.A), portOf(venue.lines.B)];
    const filter = `udp and (dst port ${ports[0]} or dst port ${ports[1]})`;
    const files = { tcpdump: join(at, 'a.pcap'), dumpcap: join(at, 'b.pcapng') };
    const tcpdump = Counterpart.program('tcpdump', ['-i', 'lo', '-U', '-B', '8192', '-w', files.tcpdump, filter]);
    const dumpcap = Counterpart.program('dumpcap', ['-i', 'lo', '-q', '-f', filter, '-w', files.dumpcap]);
    await tcpdump.said(/listening on lo/);
    await dumpcap.said(/^File: /);
    const interfaceOf = { interface: '127.0.0.1' };
    const live = await Watched.open(
      nasdaqTotalView({
        lines: { A: udpMulticast(venue.lines.A, interfaceOf), B: udpMulticast(venue.lines.B, interfaceOf) },
        join: 'beginning',
        reorder: '5s',
      }),
    );
    venue.begin();
    await live.notice('sessionEnded');
    await venue.finished;
    const sent = venue.stats().packets - venue.stats().lost.reduce((a, b) => a + b, 0);
    await until('all packets in both files', () => Object.values(files).every((f) => packetsIn(f) >= sent));
    for (const tool of [tcpdump, dumpcap]) {
      tool.interrupt();
      await tool.over();
    }
    const expected = venue.history.digest();
    expect(live.digest.value, live.shown()).toBe(expected);
    const sources = [files.tcpdump, files.dumpcap, ...Object.values(files).map((f) => gzipSync(readFileSync(f)))];
    for (const source of sources) {
      const replayed = await captured(source, venue.lines);
      await replayed.ended;
      expect(replayed.failure).toBeUndefined();
      expect([replayed.digest.value, replayed.numbers.length]).toEqual([expected, 5_000]);
    }
    // Line B lost nothing: what tshark's own dissector finds in it is the day.
    const { digest, sessions, faults } = dissected(files.dumpcap, ports[1] as string);
    expect([digest.value, digest.count]).toEqual([expected, 5_000]);
    expect([...sessions]).toEqual([venue.history.session]);
    expect(faults).toBe(0);
  });
});

describe('tshark reads what our simulator writes', () => {
  test('captures, heartbeats and the end of session without a complaint', () => {
    const { history } = day(4_000);
    const file = join(folder(), 'day.pcap');
    const out = openSync(file, 'w');
    const lines = ['233.54.12.111:26477', '233.49.196.111:26478'];
    writeCapture(history, { seed: 1, lines }, (bytes) => writeSync(out, bytes));
    closeSync(out);
    for (const port of lines.map(portOf)) {
      const { digest, faults } = dissected(file, port);
      expect([digest.value, digest.count]).toEqual([history.digest(), 4_000]);
      expect(faults).toBe(0);
    }
    const last = dissect(file, lines.map(portOf), ['moldudp64.count']).at(-1);
    expect(last).toEqual(['65535']);
    const bad = execFileSync(
      'tshark',
      [
        '-r',
        file,
        '-o',
        'udp.check_checksum:TRUE',
        '-o',
        'ip.check_checksum:TRUE',
        '-Y',
        '_ws.malformed || udp.checksum.status == 0 || ip.checksum.status == 0',
      ],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    expect(bad).toBe('');
  });
});

/** A network of its own: two ends of a virtual cable. */
function namespace(): { name: string; inside(command: string, ...args: string[]): string } {
  const name = `venuewire-${process.pid}`;
  const ip = (...args: string[]): void => void execFileSync('ip', args);
  ip('netns', 'add', name);
  atEnd(() => ip('netns', 'delete', name));
  const inside = (command: string, ...args: string[]): string =>
    execFileSync('ip', ['netns', 'exec', name, command, ...args], { encoding: 'utf8' });
  ip('-n', name, 'link', 'add', 'sender', 'type', 'veth', 'peer', 'name', 'receiver');
  ip('-n', name, 'address', 'add', '10.99.0.1/24', 'dev', 'sender');
  ip('-n', name, 'address', 'add', '10.99.0.2/24', 'dev', 'receiver');
  for (const device of ['lo', 'sender', 'receiver']) ip('-n', name, 'link', 'set', device, 'up');
  // Sources of a capture are addresses of nobody here.
  for (const device of ['all', 'receiver']) inside('sysctl', '-q', `net.ipv4.conf.${device}.rp_filter=0`);
  return { name, inside };
}

describe.skipIf(!root)('tcpreplay', () => {
  test('sends a capture to a live feed: the same digest and ledger as of the file', async () => {
    const { history } = day(20_000);
    const at = folder();
    const file = join(at, 'day.pcap');
    const lines = { A: '233.54.12.111:26477', B: '233.49.196.111:26477' };
    const out = openSync(file, 'w');
    writeCapture(history, { seed: 1, lines: Object.values(lines), faults: [{ loss: 0.1 }, {}] }, (bytes) =>
      writeSync(out, bytes),
    );
    closeSync(out);
    const net = namespace();
    const venue = venueFile([
      'decoder: nasdaq-totalview-itch-5.0',
      'framing: moldudp64',
      'join: beginning',
      'lines:',
      ...Object.entries(lines).map(
        ([n, address]) => `  ${n}: { type: udpMulticast, address: '${address}', interface: 10.99.0.2 }`,
      ),
      'recovery: [{ type: waitForOtherLine, for: 1s }]',
    ]);
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const feed = Counterpart.program('ip', [
      ...['netns', 'exec', net.name, process.execPath, main, 'run', venue, '--summary', '--once'],
    ]);
    await until(
      'both groups joined',
      () => {
        const joined = net.inside('ip', 'maddress', 'show', 'dev', 'receiver');
        return Object.values(lines).every((l) => joined.includes(l.slice(0, l.indexOf(':'))));
      },
      () => feed.transcript(),
    );
    net.inside('tcpreplay', '-q', '-i', 'sender', '--pps=10000', file);
    const fromFile = await captured(file, lines);
    await fromFile.ended;
    expect(fromFile.digest.value).toBe(history.digest());
    await feed.over();
    expect(feed.transcript()).toContain(`digest ${fromFile.digest.toString()} of 20,000 messages`);
  });
});
