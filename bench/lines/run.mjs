// `venuewire decode` into lines of JSON and CSV, as a user calls it, into the null device: messages a second of the whole process, start
// included, and the most memory that was resident.
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { input } from '../input.mjs';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** Tells at the end, on standard error, what the process took. */
const AT_END = `data:text/javascript,${encodeURIComponent(
  `process.on('exit', () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
     process.stderr.write('TOOK ' + JSON.stringify({ maxRSS, cpu: userCPUTime + systemCPUTime }) + '\\n'); })`,
)}`;

function decode(file, words) {
  const nowhere = openSync('/dev/null', 'w');
  const began = process.hrtime.bigint();
  const args = ['--import', AT_END, cli, 'decode', file, '--decoder', 'nasdaq-totalview-itch-5.0', ...words];
  const { status, stderr } = spawnSync(process.execPath, args, {
    stdio: ['ignore', nowhere, 'pipe'],
    encoding: 'utf8',
  });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  closeSync(nowhere);
  const told = /TOOK (.*)/.exec(stderr ?? '');
  if (status !== 0 || told === null) throw new Error(`decode ${words.join(' ')} ended with ${status}: ${stderr}`);
  const { maxRSS, cpu } = JSON.parse(told[1]);
  return { seconds, cpuSeconds: cpu / 1e6, mebibytes: maxRSS / 1024 };
}

const CONTENDERS = [
  ['ndjson', ['--format', 'ndjson']],
  ['ndjson, prices as decimals', ['--format', 'ndjson', '--prices', 'text']],
  ['csv', ['--format', 'csv']],
];

export function run({ quick, runs, table, median }) {
  const { file, messages } = input(quick ? 200_000 : 1_000_000);
  const results = CONTENDERS.map(() => []);
  for (let i = 0; i < runs; i++)
    for (const [k, [, words]] of CONTENDERS.entries()) results[k].push(decode(file, words));
  const of = (list, name) => median(list.map((r) => r[name]));
  table(
    `decode of ${messages} messages into lines`,
    ['format', 'messages/s', 'processor seconds', 'most resident, MiB'],
    results.map((list, k) => [
      CONTENDERS[k][0],
      Math.round(messages / of(list, 'seconds')),
      of(list, 'cpuSeconds').toFixed(2),
      Math.round(Math.max(...list.map((r) => r.mebibytes))),
    ]),
  );
}
