/** `venuewire certify`: a venue against the recovery scenarios that its patterns call for, by seed, in simulated time. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type Command, InvalidArgumentError } from 'commander';
import { VenuewireError } from '../errors.js';
import {
  type Candidate,
  candidateIds,
  findCandidate,
  runTrialSeeds,
  type ScenarioReport,
  type Trial,
} from '../simulator/certify/campaign.js';
import { unreached } from '../simulator/certify/coverage.js';
import type { Task } from '../simulator/certify/worker.js';
import { loadVenue } from '../venues/load.js';
import { isPath } from '../venues/own.js';
import { oneOf } from './choose.js';
import { didYouMean, FINDINGS, OK, usage } from './exit.js';
import { grouped, Output, Progress, table } from './output.js';

interface Options {
  readonly all?: boolean;
  readonly seeds: number;
  readonly scenario?: string;
  readonly seed?: number;
  readonly format: 'table' | 'ndjson';
  readonly jobs: number;
}

const whole = (least: number) => (text: string) => {
  const n = Number(text);
  if (!Number.isSafeInteger(n) || n < least) throw new InvalidArgumentError(`must be a whole number from ${least} on`);
  return n;
};

interface Entrant {
  readonly id: string;
  readonly file: boolean;
  readonly candidate: Candidate;
  /** Those of its trials that are played. */
  readonly trials: readonly Trial[];
}

async function entrant(id: string, options: Options): Promise<Entrant> {
  const file = !candidateIds().includes(id);
  if (file && !isPath(id) && !existsSync(id)) {
    throw usage(
      `there is no venue '${id}' to certify, and no file of that name`,
      didYouMean(id, candidateIds(), 'list venues'),
      'VW_VENUE_UNKNOWN',
    );
  }
  const candidate = await findCandidate(id, file ? await loadVenue(id) : undefined);
  const all = candidate.trials;
  const trials = options.scenario === undefined ? all : all.filter((s) => s.name === options.scenario);
  if (trials.length === 0 && !options.all) {
    throw usage(`${id} has no scenario '${options.scenario}'`, `It has: ${all.map((s) => s.name).join('; ')}`);
  }
  return { id, file, candidate, trials };
}

/** Seeds of one scenario that are played in one go: large enough to be worth the way, small enough to share the work. */
const SPAN = 50;

/** Plays everything on worker threads; reports come scenario by scenario, put together from their spans. */
async function campaign(entrants: readonly Entrant[], options: Options): Promise<ScenarioReport[]> {
  const tasks: Task[] = [];
  const [from, to] = options.seed === undefined ? [1, options.seeds] : [options.seed, options.seed];
  for (const e of entrants) {
    for (const s of e.trials) {
      for (let first = from; first <= to; first += SPAN) {
        const last = Math.min(to, first + SPAN - 1);
        tasks.push({ id: tasks.length, venue: e.id, file: e.file, scenario: s.name, first, last });
      }
    }
  }
  const total = tasks.reduce((n, t) => n + t.last - t.first + 1, 0);
  const progress = new Progress('certify', total, (n) => `${grouped(Math.round(n))} runs/s`);
  const results: ScenarioReport[] = new Array(tasks.length);
  let done = 0;
  const take = (task: Task, report: ScenarioReport): void => {
    results[task.id] = report;
    done += report.runs;
    progress.update(done);
  };
  if (options.jobs <= 1 || tasks.length <= 2) {
    for (const task of tasks) {
      const e = entrants.find((x) => x.id === task.venue) as Entrant;
      const trial = e.trials.find((t) => t.name === task.scenario) as Trial;
      take(task, runTrialSeeds(e.candidate.id, trial, task.first, task.last));
    }
  } else {
    let next = 0;
    const script = new URL('../simulator/certify/worker.js', import.meta.url);
    await Promise.all(
      Array.from({ length: Math.min(options.jobs, tasks.length) }, () => {
        const worker = new Worker(script);
        return new Promise<void>((resolve, reject) => {
          const give = (): void => {
            const task = tasks[next++];
            if (task !== undefined) worker.postMessage(task);
            else void worker.terminate().then(() => resolve());
          };
          worker.on('message', (answer: { id: number; report?: ScenarioReport; error?: string }) => {
            if (answer.report === undefined) {
              reject(new VenuewireError('VW_CERTIFY', `A worker failed: ${answer.error}`, 'Please report this.'));
              return;
            }
            take(tasks[answer.id] as Task, answer.report);
            give();
          });
          worker.on('error', reject);
          give();
        });
      }),
    );
  }
  progress.done();
  return joined(results);
}

/** Spans of one scenario make one report. */
function joined(parts: readonly ScenarioReport[]): ScenarioReport[] {
  const out = new Map<string, ScenarioReport>();
  for (const p of parts) {
    const key = `${p.venue}\n${p.scenario}`;
    const a = out.get(key);
    if (a === undefined) {
      out.set(key, p);
      continue;
    }
    const both = [a.toGoodMs, p.toGoodMs].filter((x) => x !== null);
    out.set(key, {
      ...a,
      runs: a.runs + p.runs,
      delivered: a.delivered + p.delivered,
      recovered: a.recovered + p.recovered,
      abandoned: a.abandoned + p.abandoned,
      requests: a.requests + p.requests,
      toGoodMs:
        both.length === 0
          ? null
          : {
              mean: both.reduce((s, x) => s + x.mean, 0) / both.length,
              longest: Math.max(...both.map((x) => x.longest)),
            },
      quotaShare: a.quotaShare === null ? p.quotaShare : Math.max(a.quotaShare, p.quotaShare ?? 0),
      failures: [...a.failures, ...p.failures],
      seen: [...new Set([...a.seen, ...p.seen])],
    });
  }
  return [...out.values()];
}

const ms = (n: number): string => (n < 10 ? n.toFixed(2) : n < 1000 ? n.toFixed(0) : `${(n / 1000).toFixed(1)}k`);

function rowOf(r: ScenarioReport): (string | number)[] {
  return [
    r.scenario,
    r.failures.length === 0 ? 'ok' : `FAILED ${r.failures.length}/${r.runs}`,
    grouped(r.delivered),
    grouped(r.recovered),
    grouped(r.abandoned),
    r.toGoodMs === null ? '-' : ms(r.toGoodMs.mean),
    grouped(r.requests),
    r.quotaShare === null ? '-' : `${Math.ceil(r.quotaShare * 100)} %`,
  ];
}

const COLUMNS = [
  { title: 'SCENARIO' },
  { title: 'OUTCOME' },
  { title: 'DELIVERED', right: true },
  { title: 'RECOVERED', right: true },
  { title: 'ABANDONED', right: true },
  { title: 'GOOD AFTER MS', right: true },
  { title: 'REQUESTS', right: true },
  { title: 'OF QUOTA', right: true },
];

/** A branch of coverage.ts for somebody who has never seen it. */
const inWords = (branch: string): string =>
  branch
    .replace(/^control (.*)$/, 'a message of the feed that means: $1')
    .replace(/^packet (.*)$/, 'a packet that means: $1')
    .replace(/^heartbeat (.*)$/, 'an idle packet, which gives the $1 number')
    .replace(/^([\w.-]+): (.*)$/, '$1: a reply that means $2');

const counted = (n: number, what: string): string => `${grouped(n)} ${what}${n === 1 ? '' : 's'}`;

/** A word of the shell. */
const quoted = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

async function certify(venue: string | undefined, options: Options): Promise<void> {
  if ((venue === undefined) === (options.all !== true)) {
    throw usage('give a venue, a venue file or --all', 'For example: venuewire certify nasdaq-totalview');
  }
  const ids = options.all ? candidateIds() : [venue as string];
  const entrants: Entrant[] = [];
  for (const id of ids) entrants.push(await entrant(id, options));
  if (entrants.every((e) => e.trials.length === 0)) {
    const names = [...new Set(entrants.flatMap((e) => e.candidate.trials.map((t) => t.name)))];
    throw usage(
      `no venue has a scenario '${options.scenario}'`,
      didYouMean(options.scenario ?? '', names, 'certify VENUE'),
    );
  }
  const reports = await campaign(entrants, options);
  const out = new Output();
  for (const e of entrants) {
    const own = reports.filter((r) => r.venue === e.candidate.id);
    if (own.length === 0) continue;
    if (options.format === 'ndjson') {
      for (const { seen: _, ...r } of own) out.line(JSON.stringify(r));
      continue;
    }
    const runs = own.reduce((n, r) => n + r.runs, 0);
    const failed = own.reduce((n, r) => n + r.failures.length, 0);
    out.line(
      `${e.id}: ${counted(own.length, 'scenario')}, ${counted(runs, 'run')}, ${failed === 0 ? 'all good' : `${failed} failed`}`,
    );
    out.line(table(COLUMNS, own.map(rowOf)));
    for (const r of own) {
      const first = r.failures[0];
      if (first === undefined) continue;
      out.line(`\n${r.scenario}: ${r.failures.length} of ${r.runs} seeds failed. Seed ${first.seed}:`);
      for (const f of first.faults) out.line(`  ${f}`);
      out.line(`  venuewire certify ${quoted(e.id)} --scenario ${quoted(r.scenario)} --seed ${first.seed}`);
    }
    for (const [name, why] of Object.entries(e.candidate.without)) {
      out.line(`'${name}' is not played, because it cannot happen here or proves nothing: ${why}.`);
    }
    if (options.scenario === undefined && options.seed === undefined) {
      const missed = unreached(e.candidate.branches, new Set(own.flatMap((r) => r.seen)));
      if (missed.length > 0) {
        out.line(
          'Declared by the venue, and not put to use by any of these runs. With few --seeds that is chance; else',
        );
        out.line('nothing here has shown that it works:');
        for (const branch of missed) out.line(`  ${inWords(branch)}`);
      }
    }
    out.line('');
  }
  await out.flush();
  process.exitCode = reports.some((r) => r.failures.length > 0) ? FINDINGS : OK;
}

export function configure(command: Command): void {
  command
    .argument('[venue]', 'a ready venue, or a venue file that uses known patterns')
    .option('--all', 'every ready venue')
    .option('--seeds <n>', 'runs of each scenario', whole(1), 200)
    .option('--scenario <name>', 'only this one')
    .option('--seed <n>', 'only this seed', whole(0))
    .option('--jobs <n>', 'worker threads', whole(1), Math.min(2, availableParallelism()))
    .addOption(oneOf('--format <name>', 'how it is printed', ['table', 'ndjson'], 'table'))
    .addHelpText(
      'after',
      `
The venue, its lines and its servers are simulated from its own declarations, in simulated time: nothing is sent. Venues that send
text are put through lost, cut, silent and refused connections, expired tokens, wrong clocks and maintenance.
A failed run is named with the command that plays it alone.

Examples:
  venuewire certify nasdaq-totalview
  venuewire certify my-venue.yaml --seeds 50
  venuewire certify kraken-spot --scenario wrongChecksum
  venuewire certify --all
  venuewire certify cboe-pitch --scenario 'cboe-grp: stalls' --seed 17
`,
    )
    .action(certify);
}
