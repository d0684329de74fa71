/** What `plan` looks for: one line a rule. A finding has the code of an error, where opening the venue would fail with it, or the id of a rule. */

export const SEVERITIES = ['error', 'warning', 'note'] as const;
/** `error`: the venue does not work so; `warning`: it works, and something will be lost or refused; `note`: worth knowing. */
export type Severity = (typeof SEVERITIES)[number];

/** Severity, what it means, and what to do. */
export type RuleMeaning = readonly [severity: Severity, cause: string, remedy: string];

// biome-ignore format: one line a rule
const table = {
  // ── lines ──
  'address-twice': ['error', 'Two lines listen to one address: each packet is taken for both.', 'Give each line its own group and port.'],
  'port-shared': ['warning', 'A line that listens on every address of a port also hears groups on that port.', 'Name the address of this machine instead of 0.0.0.0, or use another port.'],
  'group-aliased': ['warning', 'An Ethernet card cannot tell two groups on one interface apart: the kernel sorts out what is not wanted.', 'Put the lines on two interfaces, or ask the venue which groups it uses.'],
  'lines-not-disjoint': ['warning', 'Two lines share an interface, a group or a sender: one failure takes both.', 'Bring each line by an interface, a group and a sender of its own.'],
  'source-missing': ['error', 'A group of 232.0.0.0/8 is only sent to who names its sender.', 'Give the line `source`: the address that the venue sends from.'],
  'source-wrong': ['error', 'A source filter is no address of a sender: nothing would pass it.', 'Give the IPv4 address that the venue sends from.'],
  // ── the machine ──
  'interface-missing': ['error', 'There is no such interface.', 'Correct the name, or plan on the machine that it is for: --machine.'],
  'interface-down': ['error', 'The interface is down: nothing comes by it.', 'ip link set dev NAME up'],
  'no-route': ['error', 'No route leads there.', 'Name the interface of the line, or add a route.'],
  'mtu-small': ['warning', 'Feeds send packets of up to 1500 bytes, which do not pass this interface whole.', 'ip link set dev NAME mtu 1500'],
  'receive-buffer-small': ['warning', 'The kernel grants less receive buffer than a feed asks for.', 'sysctl -w net.core.rmem_max=16777216'],
  'burst-too-large': ['warning', 'A burst of the declared rate fills the receive buffer while the feed thread waits for its processor.', 'Raise receiveBufferBytes and net.core.rmem_max, and give the feed thread a processor of its own.'],
  'memberships-none': ['error', 'The kernel lets a socket join no group.', 'sysctl -w net.ipv4.igmp_max_memberships=64'],
  'open-files-few': ['error', 'The feed opens more sockets than the process may have files.', 'ulimit -n 4096'],
  'reverse-path': ['warning', 'Packets of senders that are routed elsewhere are dropped silently.', 'sysctl -w net.ipv4.conf.NAME.rp_filter=2'],
  'receive-rights': ['error', 'The receive backend needs rights that this process does not have.', 'Grant them, or use receive: socket or auto.'],
  'ring-missing': ['error', 'No venuewire-dpdk fills the ring that the interface of the line names.', 'Start it (docs/receive.md), or use receive: socket or auto.'],
  'processors-few': ['warning', 'The feed thread and JavaScript share one processor: bursts will wait.', 'Use two or more.'],
  'memory-small': ['warning', 'What the venue may hold is more than half of the memory.', 'Lower `window`, or give the machine more.'],
  'clock-slow': ['warning', 'Every reading of this clock is a system call.', 'Boot with clocksource=tsc if the processor’s is stable.'],
  'clock-unkept': ['note', 'No program here keeps the clock right: receive times cannot be compared with the venue’s.', 'Run chrony, ntpd or PTP; in a container, on its host.'],
  'address-not-here': ['error', 'Connections are to be made from an address that this machine does not have.', 'Correct the address, or plan on the machine that it is for: --machine.'],
  // ── recovery ──
  'no-recovery': ['warning', 'Nothing is asked for what the lines lose: it is lost.', 'Add a rung of type request or snapshot, where the venue has one.'],
  'wait-for-nobody': ['warning', 'A rung waits for another line, and there is none.', 'Add the other line, or leave the wait out.'],
  'answers-have-no-line': ['error', 'Answers come on lines of their own, which are not declared.', 'Declare `retransmission` or `snapshot` lines of each channel.'],
  'join-unreachable': ['error', 'Delivery is to begin with the first number, and nothing brings what was missed.', 'Add a rung that requests, or join live.'],
  'age-too-short': ['warning', 'Delivery is to begin with the first number, and servers keep less than a day.', 'Join by snapshot, or add a rung that has the whole day.'],
  'window-short': ['warning', 'At the declared rate more comes than the window holds, before the first request is answered.', 'Raise `window.packets` and `window.bytes`, or shorten the timeouts.'],
  'limits-beyond-pattern': ['warning', 'The venue file allows itself more than the pattern says that the venue does: it will refuse.', 'Leave the limit out, unless your subscription says so.'],
  'quota-outrun': ['warning', 'The tries of one hole are more than the venue allows in their time: the next rung is taken at once.', 'Lower `tries`, raise `timeout`, or raise `limits.patience`.'],
  'login-outrun': ['warning', 'The venue wants more time between two logins than a request may take.', 'Raise `timeout` above `loginGap`.'],
  'server-twice': ['warning', 'One server stands twice in a list: it is no second one.', 'Leave it out, or give the address of another.'],
  'channel-key-twice': ['error', 'Two channels on shared lines have one key: they cannot be told apart.', 'Give each its own key.'],
  // ── secrets ──
  'secret-missing': ['error', 'What a reference names is not there, or is empty.', 'Set the variable, or write the file.'],
  'secret-exposed': ['warning', 'Every user of this machine can read the file of a secret.', 'chmod 600 FILE'],
  'certificate-invalid': ['error', 'The file of a certificate or key holds none.', 'Put the PEM text there.'],
  'certificate-expired': ['error', 'A certificate is no longer valid.', 'Renew it.'],
  'certificate-early': ['error', 'A certificate is not yet valid.', 'Wait, or correct the clock.'],
  'certificate-expiring': ['warning', 'A certificate ends within 30 days.', 'Renew it before.'],
  'certificate-key': ['error', 'The private key is not that of the certificate.', 'Put the two together that belong together.'],
  // ── message tables ──
  'decoder-superseded': ['warning', 'The venue has a later version of the feed on that day.', 'Take the later table, or keep this one where the venue still sends by it.'],
  'decoder-early': ['warning', 'The table’s document is younger than the day.', 'Take the table of that day: venuewire list decoders.'],
  // ── pipelines ──
  'package-missing': ['error', 'A sink needs a package that is not installed.', 'npm install NAME'],
  'endpoint-twice': ['error', 'Two sinks listen at one place.', 'Give each its own port or path.'],
  'folder-missing': ['error', 'The folder of a file that a sink writes is not there.', 'Make it.'],
  // ── knowledge ──
  'unconfirmed': ['note', 'No public source confirms it.', 'Compare with your subscription before relying on it.'],
} as const satisfies Readonly<Record<string, RuleMeaning>>;

export type RuleId = keyof typeof table;
export const RULES: Readonly<Record<RuleId, RuleMeaning>> = table;
