/** `venuewire plan`: venue files against a machine, a day and what runs, before anything connects. */
import type { Command } from 'commander';
import {
  type Burst,
  type Change,
  machineFrom,
  type Plan,
  type PlanOptions,
  plan,
  type Severity,
  sarif,
} from '../plan/index.js';
import { SEVERITIES } from '../plan/rules.js';
import { readText } from '../venues/own.js';
import { oneOf, wholeNumber } from './choose.js';
import { FINDINGS, OK, usage } from './exit.js';
import { Output } from './output.js';
import { version } from './version.js';

const FORMATS = ['text', 'json', 'sarif'] as const;

interface Options {
  readonly against?: string;
  readonly machine?: string | false;
  readonly secrets: boolean;
  readonly date?: string;
  readonly burst?: number;
  readonly packetBytes?: number;
  readonly pause?: number;
  readonly buffer?: number;
  readonly failOn: Severity | 'never';
  readonly format: (typeof FORMATS)[number];
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function day(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const time = DAY.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(text)) return text;
  throw usage(`--date: '${text}' is no day`, 'Write it as 2026-11-27.');
}

function burst({ burst: packetsPerSecond, packetBytes, pause: pauseMs }: Options): Burst | undefined {
  if (packetsPerSecond === undefined) {
    if (packetBytes === undefined && pauseMs === undefined) return undefined;
    throw usage('--packet-bytes and --pause are about a burst, and none is given', 'Add --burst and packets a second.');
  }
  return {
    packetsPerSecond,
    ...(packetBytes === undefined ? {} : { packetBytes }),
    ...(pauseMs === undefined ? {} : { pauseMs }),
  };
}

function planOptions(options: Options): PlanOptions {
  const date = day(options.date);
  const rate = burst(options);
  const machine =
    typeof options.machine === 'string'
      ? machineFrom(readText(options.machine, 'Make it with: venuewire doctor --facts > machine.json'), options.machine)
      : options.machine === false
        ? options.machine
        : undefined;
  return {
    secrets: options.secrets,
    ...(machine === undefined ? {} : { machine }),
    ...(options.against === undefined ? {} : { against: options.against }),
    ...(date === undefined ? {} : { date }),
    ...(rate === undefined ? {} : { burst: rate }),
    ...(options.buffer === undefined ? {} : { receiveBufferBytes: options.buffer }),
  };
}

const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function changeLines(change: Change): string[] {
  const { path, kind, from, to, effect, part, because } = change;
  const what =
    kind === 'changed' ? `${valueText(from)} → ${valueText(to)}` : kind === 'added' ? valueText(to) : valueText(from);
  const does = effect === 'live' ? 'live' : `restarts the feed (${part})`;
  return [`  ${kind.padEnd(8)} ${path}: ${what}`, `           ${does}: ${because}`];
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

function textOf({ name, findings, changes, counts }: Plan): string[] {
  const lines = [
    `${name}: ${SEVERITIES.map((s) => counted(counts[s], s)).join(', ')}`,
    ...findings.flatMap(({ severity, rule, path, message, remedy, at }) => [
      `  ${severity.padEnd(8)} ${at === undefined ? '' : `${at.file}:${at.line}:${at.column}: `}${path || 'the machine'}: ${message} [${rule}]`,
      `           ${remedy}`,
    ]),
  ];
  if (changes === undefined) return lines;
  const restarts = changes.filter((c) => c.effect === 'restart').length;
  return [
    ...lines,
    `${counted(changes.length, 'change')}, of which ${restarts} restart the feed and ${changes.length - restarts} are live`,
    ...changes.flatMap(changeLines),
  ];
}

async function run(files: string[], options: Options): Promise<void> {
  if (options.against !== undefined && files.length > 1)
    throw usage('--against compares one venue', 'Plan the files one by one.');
  const given = planOptions(options);
  const plans: Plan[] = [];
  for (const file of files) plans.push(await plan(file, given));
  const out = new Output();
  if (options.format === 'sarif') {
    for (const line of JSON.stringify(sarif(plans, version()), null, 2).split('\n')) out.line(line);
  } else if (options.format === 'json') for (const p of plans) out.line(JSON.stringify(p));
  else for (const line of plans.flatMap(textOf)) out.line(line);
  await out.flush();
  const heavy = options.failOn === 'never' ? [] : SEVERITIES.slice(0, SEVERITIES.indexOf(options.failOn) + 1);
  process.exitCode = plans.some((p) => heavy.some((s) => p.counts[s] > 0)) ? FINDINGS : OK;
}

const MOST = Number.MAX_SAFE_INTEGER;
const DATAGRAM_MOST = 65_507;

export function configure(command: Command): void {
  command
    .argument('<venue-file...>', 'YAML, JSON or a module; schema/venue.schema.json describes it')
    .option('--against <venue-file>', 'what runs now: what is different, and what that does to the feed')
    .option('--machine <file>', 'facts about another machine, from venuewire doctor --facts; default: this machine')
    .option('--no-machine', 'look at no machine')
    .option('--no-secrets', 'do not look up what references name')
    .option('--date <day>', 'day that the venue is to run on, 2026-11-27; default: today')
    .option('--burst <n>', 'packets a second that a line brings at its peak', wholeNumber('--burst', 1, MOST))
    .option(
      '--packet-bytes <n>',
      'bytes of such a packet; default: 200',
      wholeNumber('--packet-bytes', 1, DATAGRAM_MOST),
    )
    .option('--pause <ms>', 'longest wait of the feed thread; default: 10', wholeNumber('--pause', 1, MOST))
    .option('--buffer <bytes>', 'receiveBufferBytes of the feed; default: 8 MiB', wholeNumber('--buffer', 1, MOST))
    .addOption(oneOf('--fail-on <severity>', 'exit with 1 from this severity on', [...SEVERITIES, 'never'], 'warning'))
    .addOption(oneOf('--format <name>', 'how it is printed', FORMATS, 'text'))
    .addHelpText(
      'after',
      `
Nothing is opened, connected to or sent. References are looked up, and what they name is never printed.
Exits with 0 when nothing is found, 1 when something is, 2 when a file cannot be read at all.

Examples:
  venuewire plan totalview.yaml
  venuewire plan venues/*.yaml --no-machine --no-secrets --format sarif > plan.sarif
  venuewire plan totalview.yaml --against running.yaml --machine machine.json
  venuewire plan totalview.yaml --burst 400000 --date 2026-12-01
`,
    )
    .action(run);
}
