// What feeds of whole plants take: OPRA's lines and CME's channels, each twice, on the loopback interface of a network
// namespace of its own, by each receive backend. As root; without, by sockets alone.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const feed = fileURLToPath(new URL('feed.mjs', import.meta.url));
const PLANTS = [
  ['opra', 1],
  ['opra', 96],
  ['cme', 1],
  ['cme', 30],
];
const mib = (bytes) => (bytes / 2 ** 20).toFixed(1);

export function run({ table }) {
  const root = process.getuid() === 0;
  const rows = [];
  for (const [plant, channels] of PLANTS) {
    for (const backend of root ? ['socket', 'ioUring', 'packetRing', 'afXdp'] : ['socket']) {
      const command = [process.execPath, '--expose-gc', feed, plant, String(channels), backend];
      const inside = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...command];
      const [program, ...args] = root ? inside : command;
      const said = JSON.parse(execFileSync(program, args, { encoding: 'utf8' }));
      rows.push(
        said.refused === undefined
          ? [
              `${plant}, ${channels}`,
              backend,
              said.groups,
              said.openMs.toFixed(0),
              mib(said.rss),
              mib(said.heldMost),
              said.descriptors,
              said.threads,
              `${(said.idle * 100).toFixed(1)} %`,
              said.detail,
            ]
          : [`${plant}, ${channels}`, backend, said.refused, '', '', '', '', '', '', ''],
      );
    }
  }
  table(
    'A feed of a whole plant, idle',
    [
      'plant, channels',
      'backend',
      'groups',
      'open, ms',
      'memory, MiB',
      'most for gaps, MiB',
      'descriptors',
      'threads',
      'CPU',
      'how',
    ],
    rows,
  );
}
