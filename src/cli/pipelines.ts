/** `venuewire run` of a venue that declares pipelines: rows go to sinks, and the ledgers are printed. */
import { balances } from '../feed/statistics.js';
import type { Venue } from '../patterns/venue.js';
import { type PipelineStatistics, runPipelines, sinkBalances } from '../sinks/index.js';
import { FINDINGS, OK, usage } from './exit.js';
import { grouped, Output } from './output.js';
import { clearLine, drawLine, say, watched } from './terminal.js';

const LOOK_MS = 1_000;

export interface PipelinesOptions {
  readonly seconds?: number;
  readonly once?: boolean;
}

/** Options of `run` that are about printing messages, which pipelines do instead. */
const PRINTING = ['summary', 'message', 'where', 'symbol', 'limit', 'publish'] as const;

function checkOptions(venue: Venue, options: object): void {
  const given = PRINTING.filter((name) => (options as Record<string, unknown>)[name] !== undefined);
  if (given.length === 0) return;
  throw usage(
    `${venue.name} declares pipelines, and --${given[0]} is about messages that are printed`,
    'Leave the option out, or select in the pipeline: spec.pipelines.NAME.select.',
  );
}

const lineOf = (
  name: string,
  { delivery, ledger, resumed, failing, forgot, conflated, delayMsMax }: PipelineStatistics,
): string =>
  JSON.stringify({
    pipeline: name,
    delivery,
    ...ledger,
    resumed,
    conflated,
    forgot,
    delayMsMax: Math.round(delayMsMax),
    failing,
  });

/** Until the feed ends, or Ctrl-C; a line for each pipeline on standard output. */
export async function runDeclared(venue: Venue, options: PipelinesOptions): Promise<void> {
  checkOptions(venue, options);
  const run = await runPipelines(venue);
  const { feed } = run;
  const close = (): void => feed.close();
  process.once('SIGINT', close);
  process.once('SIGTERM', close);
  if (options.once) feed.on('sessionEnded', close);
  const timer = options.seconds === undefined ? undefined : setTimeout(close, options.seconds * 1000);
  say(`${venue.name}: pipelines ${Object.keys(run.statistics()).join(', ')}; ends with Ctrl-C`);
  const failing = new Map<string, string>();
  const look = setInterval(() => {
    const all = Object.entries(run.statistics());
    for (const [name, statistics] of all) {
      if (statistics.failing !== '' && failing.get(name) !== statistics.failing) {
        say(`${name}: ${statistics.failing}; it is tried again`);
      }
      failing.set(name, statistics.failing);
    }
    const text = all.map(
      ([name, { ledger }]) => `${name} ${grouped(ledger.stored)} stored, ${grouped(ledger.pending)} pending`,
    );
    if (watched()) drawLine(text.join('; '));
  }, LOOK_MS);
  const out = new Output();
  try {
    const { pipelines, feed: statistics } = await run.done;
    if (watched()) clearLine();
    for (const [name, of] of Object.entries(pipelines)) out.line(lineOf(name, of));
    await out.flush();
    const whole = Object.values(pipelines).every(
      ({ ledger, forgot }) =>
        sinkBalances(ledger) && ledger.pending + ledger.refused + ledger.dropped === 0 && forgot === 0,
    );
    const { ledger } = statistics;
    process.exitCode = whole && balances(ledger) && Number(ledger.abandoned) === 0 ? OK : FINDINGS;
  } finally {
    clearInterval(look);
    clearTimeout(timer);
    process.removeListener('SIGINT', close);
    process.removeListener('SIGTERM', close);
  }
}
