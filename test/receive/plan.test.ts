// `venuewire plan` in network namespaces that are really broken, as root: what it says of a machine is so.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/plan/index.js';
import { folder } from '../interop/harness.js';
import { Network } from './network.js';

const root = process.getuid?.() === 0;
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const WITHOUT_RIGHTS = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'];

const venue = (line: string, recovery = '[]'): string => {
  const file = join(folder(), 'venue.yaml');
  writeFileSync(
    file,
    `apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: planned }
spec:
  decoder: nasdaq-totalview-itch-5.0
  lines: { A: ${line} }
  recovery: ${recovery}
`,
  );
  return file;
};
const LINE = "{ type: udpMulticast, address: '239.1.1.1:9000', interface: receiver }";
const RUNG = "[{ type: request, pattern: moldudp64-rerequest, servers: ['10.99.0.1:17000'] }]";

/** What is found in the namespace, notes aside. */
function found(net: Network, file: string, as: readonly string[] = []): string[] {
  const command = ['netns', 'exec', net.name, ...as, process.execPath, main, 'plan', file, '--format', 'json'];
  const ran = spawnSync('ip', command, { encoding: 'utf8' });
  expect(ran.stderr).toBe('');
  const made = JSON.parse(ran.stdout) as Plan;
  return made.findings.filter((f) => f.severity !== 'note').map((f) => f.rule);
}

describe.skipIf(!root)('plan in a network namespace', () => {
  test('that is in order finds nothing', () => {
    expect(found(new Network(), venue(LINE, RUNG))).toEqual([]);
  });
  test('with a small MTU', () => {
    expect(found(new Network({ mtu: 1400 }), venue(LINE, RUNG))).toEqual(['mtu-small']);
  });
  test('with an interface that is down, whose routes are gone with it', () => {
    const net = new Network();
    net.ip('link', 'set', 'receiver', 'down');
    expect(found(net, venue(LINE, RUNG))).toEqual(['interface-down', 'no-route']);
  });
  test('without the interface', () => {
    const net = new Network();
    net.ip('link', 'delete', 'receiver');
    expect(found(net, venue(LINE, RUNG))).toEqual(['interface-missing', 'no-route']);
  });
  test('without a route to the group, and with one that refuses it', () => {
    const net = new Network();
    const line = "{ type: udpMulticast, address: '239.1.1.1:9000' }";
    expect(found(net, venue(line, RUNG))).toEqual(['no-route']);
    net.ip('route', 'add', '239.0.0.0/8', 'dev', 'receiver');
    expect(found(net, venue(line, RUNG))).toEqual([]);
    net.ip('route', 'add', 'unreachable', '239.1.0.0/16');
    expect(found(net, venue(line, RUNG))).toEqual(['no-route']);
  });
  test('without a route to a server', () => {
    const rung = RUNG.replace('10.99.0.1', '10.98.0.1');
    expect(found(new Network(), venue(LINE, rung))).toEqual(['no-route']);
  });
  test('that checks the path back to senders strictly', () => {
    const net = new Network();
    net.inside('sysctl', '-q', 'net.ipv4.conf.receiver.rp_filter=1');
    expect(found(net, venue(LINE, RUNG))).toEqual(['reverse-path']);
  });
  test('where no group may be joined, as the kernel then says, too', () => {
    const net = new Network();
    net.inside('sysctl', '-q', 'net.ipv4.igmp_max_memberships=0');
    expect(found(net, venue(LINE, RUNG))).toEqual(['memberships-none']);
    const join = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton('239.1.1.1') + socket.inet_aton('10.99.0.2'))`;
    expect(() => net.inside('python3', '-c', join)).toThrow(/buffer space/);
  });
  test('with small buffers, which a right of the network lifts', () => {
    const most = Number(execFileSync('sysctl', ['-n', 'net.core.rmem_max'], { encoding: 'utf8' }));
    const net = new Network();
    expect(found(net, venue(LINE, RUNG))).toEqual([]);
    const expected = most < 8 << 20 ? ['receive-buffer-small'] : [];
    expect(found(net, venue(LINE, RUNG), WITHOUT_RIGHTS)).toEqual(expected);
  });
  test('without the rights of the backend', () => {
    const line = LINE.replace('}', ', receive: packetRing }');
    expect(found(new Network(), venue(line, RUNG))).toEqual([]);
    expect(found(new Network(), venue(line, RUNG), WITHOUT_RIGHTS)).toContain('receive-rights');
  });
  test('with few open files for many lines, and one processor', () => {
    const file = venue(LINE, RUNG);
    const channels = Array.from(
      { length: 250 },
      (_, i) => `    c${i}: { key: ${i}, lines: { A: ${LINE.replace('239.1.1.1', `239.2.1.${i}`)} } }\n`,
    );
    writeFileSync(file, `${readFileSync(file, 'utf8').replace(/ {2}lines:.*\n/, '')}  channels:\n${channels.join('')}`);
    const few = ['prlimit', '--nofile=300', 'taskset', '-c', '0'];
    expect(found(new Network(), file, few).sort()).toEqual(['open-files-few', 'processors-few']);
  });
});
