/** `venuewire doctor`: whether this machine is fit for market data, and what to do where it is not. */
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { arch, platform, versions } from 'node:process';
import type { Command } from 'commander';
import { native } from '../native.js';
import { FAST_CLOCKS, type Machine, read, readMachine } from '../plan/machine.js';
import { chooseVenue, oneOf } from './choose.js';
import { type Check, fail, ok, type Status, warn } from './doctor-checks.js';
import { receiving } from './doctor-receive.js';
import { describeError, ENVIRONMENT, FINDINGS, OK } from './exit.js';
import { bytesText, Output } from './output.js';

const WANTED_BUFFER = 8 << 20;
const WANTED_GROUPS = 64;
function nodeVersion(): Check {
  const value = `${versions.node}, Node-API ${versions.napi}, ${platform}-${arch}`;
  return Number(versions.node.split('.')[0]) >= 20
    ? ok('Node', value)
    : fail('Node', value, 'Install Node 20 or later.');
}

function addon(): Check {
  try {
    native();
  } catch (error) {
    const [what = '', todo = ''] = describeError(error).replace('venuewire: ', '').trim().split('\n  ');
    return fail('addon', what, todo);
  }
  const loaded = read('/proc/self/maps')?.match(/\/\S*venuewire\S*\.node$/m)?.[0];
  return ok('addon', loaded ?? 'loaded');
}

function receiveBuffer({ receiveBufferMost: bytes }: Machine): Check | undefined {
  if (bytes === undefined) return undefined;
  const value = `${bytesText(bytes)} (net.core.rmem_max)`;
  return bytes >= WANTED_BUFFER
    ? ok('receive buffer', value)
    : warn(
        'receive buffer',
        value,
        `A feed asks for ${bytesText(WANTED_BUFFER)}; with less, bursts are lost in the kernel: sysctl -w net.core.rmem_max=16777216`,
      );
}

function memberships({ membershipsMost: groups }: Machine): Check | undefined {
  if (groups === undefined) return undefined;
  const value = `${groups} groups a socket (net.ipv4.igmp_max_memberships)`;
  return groups >= WANTED_GROUPS
    ? ok('multicast groups', value)
    : warn(
        'multicast groups',
        value,
        `Enough for feeds of few groups. For more: sysctl -w net.ipv4.igmp_max_memberships=${WANTED_GROUPS}`,
      );
}

function reversePath({ interfaces }: Machine): Check | undefined {
  if (!existsSync('/proc/sys/net/ipv4')) return undefined;
  const strict = interfaces.filter((i) => i.addresses.length > 0 && i.reversePath === 1).map((i) => i.name);
  return strict.length === 0
    ? ok('reverse path filter', 'off or loose')
    : warn(
        'reverse path filter',
        `strict on ${strict.join(', ')}`,
        'Datagrams from sources that are routed elsewhere are dropped silently: sysctl -w net.ipv4.conf.all.rp_filter=2',
      );
}

function backlog({ backlog: packets }: Machine): Check | undefined {
  if (packets === undefined) return undefined;
  return packets >= 1000
    ? ok('device backlog', `${packets} packets (net.core.netdev_max_backlog)`)
    : warn('device backlog', `${packets} packets`, 'sysctl -w net.core.netdev_max_backlog=10000');
}

function busyPoll({ busyPoll: poll, busyRead }: Machine): Check | undefined {
  if (poll === undefined) return undefined;
  return ok(
    'busy polling',
    `busy_poll ${poll}, busy_read ${busyRead ?? '?'}`,
    poll > 0 ? '' : 'Only for lowest latency: the busyPollUs option of a feed, or sysctl -w net.core.busy_poll=50',
  );
}

function processors({ processors: n }: Machine): Check {
  const value = `${n} of ${cpus().length} usable, load ${loadavg()[0]?.toFixed(1)}`;
  return n >= 2
    ? ok('processors', value)
    : warn('processors', value, 'A feed thread and JavaScript share one processor: bursts will wait. Use two or more.');
}

function governor(): Check | undefined {
  const text = read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor');
  if (text === undefined) return undefined;
  return text === 'performance'
    ? ok('frequency governor', text)
    : warn('frequency governor', text, 'Clocks that change cost latency: cpupower frequency-set -g performance');
}

function clock({ clockSource: source }: Machine): Check | undefined {
  if (source === undefined) return undefined;
  return FAST_CLOCKS.includes(source)
    ? ok('clock', source)
    : warn(
        'clock',
        source,
        'Every reading of this clock is a system call: boot with clocksource=tsc if the processor’s is stable.',
      );
}

function files({ openFiles: most }: Machine): Check | undefined {
  if (most === undefined) return undefined;
  const value = String(most);
  return most === 'unlimited' || most >= 1024 ? ok('open files', value) : warn('open files', value, 'ulimit -n 4096');
}

/** Whether a datagram sent to a group on loopback comes back: what the simulator and the demo rest on. */
function loopbackMulticast(): Promise<Check> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    const end = (result: Check) => {
      clearTimeout(timer);
      socket.close();
      resolve(result);
    };
    const advice = 'Give loopback a multicast route: ip route add 239.0.0.0/8 dev lo; ip link set lo multicast on';
    const timer = setTimeout(() => end(warn('multicast on loopback', 'nothing comes back', advice)), 500);
    socket.on('error', (error) => end(warn('multicast on loopback', error.message, advice)));
    socket.on('message', () => end(ok('multicast on loopback', 'works')));
    socket.bind(0, () => {
      try {
        socket.addMembership('239.255.77.1', '127.0.0.1');
        socket.setMulticastInterface('127.0.0.1');
        socket.setMulticastLoopback(true);
        socket.send('venuewire', socket.address().port, '239.255.77.1');
      } catch (error) {
        end(warn('multicast on loopback', error instanceof Error ? error.message : String(error), advice));
      }
    });
  });
}

/** Everything that is looked at, in the order in which it is printed. */
export async function examine(venueName?: string): Promise<Check[]> {
  const venue = venueName === undefined ? undefined : await chooseVenue(venueName);
  const machine = readMachine();
  const system =
    platform === 'linux' || existsSync('/proc/sys/net')
      ? []
      : [warn('system', platform, 'Only Linux is supported: kernel limits are not looked at elsewhere.')];
  return [
    nodeVersion(),
    addon(),
    ...system,
    receiveBuffer(machine),
    memberships(machine),
    reversePath(machine),
    backlog(machine),
    await loopbackMulticast(),
    busyPoll(machine),
    ...receiving(venue, machine),
    processors(machine),
    governor(),
    clock(machine),
    files(machine),
    ok('memory', bytesText(machine.memory)),
  ].filter((c): c is Check => c !== undefined);
}

const MARKS: Readonly<Record<Status, string>> = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' };

interface DoctorOptions {
  readonly format: 'table' | 'ndjson';
  readonly facts?: boolean;
}

async function doctor(venue: string | undefined, options: DoctorOptions): Promise<void> {
  if (options.facts) {
    const out = new Output();
    for (const line of JSON.stringify(readMachine(), null, 2).split('\n')) out.line(line);
    return out.flush();
  }
  const checks = await examine(venue);
  const out = new Output();
  const width = checks.reduce((w, c) => Math.max(w, c.check.length), 0);
  for (const c of checks) {
    if (options.format === 'ndjson') {
      out.line(JSON.stringify(c));
      continue;
    }
    out.line(`${MARKS[c.status]}  ${c.check.padEnd(width)}  ${c.value}`);
    if (c.advice !== '') out.line(`${' '.repeat(width + 8)}${c.advice}`);
  }
  await out.flush();
  process.exitCode = checks.some((c) => c.status === 'fail')
    ? ENVIRONMENT
    : checks.some((c) => c.status === 'warn')
      ? FINDINGS
      : OK;
}

export function configure(command: Command): void {
  command
    .argument('[venue]', 'venue file or ready venue whose lines are looked at too')
    .addOption(oneOf('--format <name>', 'how it is printed', ['table', 'ndjson'], 'table'))
    .option('--facts', 'the facts about this machine as JSON, for venuewire plan --machine, and nothing else')
    .addHelpText(
      'after',
      `
Exits with 0 when all is well, 1 when something could be better, 3 when feeds cannot be opened here.

Examples:
  venuewire doctor
  venuewire doctor totalview.yaml
  venuewire doctor --format ndjson | grep -v '"ok"'
  venuewire doctor --facts > machine.json
`,
    )
    .action(doctor);
}
