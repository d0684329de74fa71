/** Scenario by scenario, seed by seed: what a venue's certification comes to. */
import { VenuewireError } from '../../errors.js';
import { jsonDecoderOf } from '../../internet/replay.js';
import type { Venue } from '../../patterns/venue.js';
import { Random } from '../random.js';
import { branchesOf } from './coverage.js';
import type { VenueModel } from './model.js';
import { models } from './models.js';
import type { RunResult } from './run.js';
import { play } from './runner.js';
import { type Scenario, scenariosOf } from './scenarios/index.js';
import { Stage } from './stage.js';
import { playText } from './text/text-run.js';
import { textModels, textStageOf, trialsOf } from './text/text-trials.js';

export interface Failure {
  readonly seed: number;
  readonly faults: readonly string[];
}

export interface ScenarioReport {
  readonly venue: string;
  readonly scenario: string;
  readonly says: string;
  readonly runs: number;
  readonly delivered: number;
  readonly recovered: number;
  readonly abandoned: number;
  /** Mean and longest simulated time from a doubt to the good stream, in ms; null: there was none, or it never ended. */
  readonly toGoodMs: { readonly mean: number; readonly longest: number } | null;
  readonly requests: number;
  /** The most that a run took of what the venue allows; null: it declares no rates. */
  readonly quotaShare: number | null;
  readonly failures: readonly Failure[];
  readonly seen: readonly string[];
}

/** The model of a ready venue, or of a venue of one's own: `venue` is then what there is to know. */
export async function modelOf(id: string, venue?: Venue): Promise<VenueModel> {
  if (venue !== undefined) return { id, venue: () => venue };
  const load = models[id];
  if (load !== undefined) return load();
  throw new VenuewireError(
    'VW_VENUE_UNKNOWN',
    `There is no venue '${id}' to certify`,
    `They are ${candidateIds().join(', ')}.`,
  );
}

/** A scenario of a venue, ready to be played. */
export interface Trial {
  readonly name: string;
  readonly says: string;
  /** One run: the seed alone decides. */
  play(seed: number): RunResult;
}

/** A venue that is put through its trials. */
export interface Candidate {
  readonly id: string;
  /** In the order of the report. */
  readonly trials: readonly Trial[];
  /** What its declarations have: `unreached` says what no run has put to use. */
  readonly branches: ReadonlySet<string>;
  /** Scenarios that are not played, and why. */
  readonly without: Readonly<Record<string, string>>;
}

const NOTHING: ReadonlySet<string> = new Set();

/** A venue of lines and servers. */
export function candidateOf(model: VenueModel): Candidate {
  const stage = new Stage(model);
  const trials = scenariosOf(stage).map((s) => trialOf(stage, s));
  return { id: model.id, trials, branches: branchesOf(stage), without: model.without ?? {} };
}
export const trialOf = (stage: Stage, { name, says, run }: Scenario): Trial => ({
  ...{ name, says },
  play: (seed) => {
    const random = new Random(seed).fork(`${stage.model.id} ${name}`);
    return play(stage, run(random.fork('scenario')), random.seed);
  },
});

/** A venue that sends text: a ready one by its id, or `venue`. */
export function textCandidateOf(id: string, venue?: Venue): Candidate {
  const stage = textStageOf(id, venue);
  const trials = trialsOf(stage).map((t): Trial => {
    const seedOf = (seed: number): number => new Random(seed).fork(`${id} ${t.name}`).seed;
    return { name: t.name, says: t.says, play: (seed) => playText(stage, t, seedOf(seed)) };
  });
  return { id, trials, branches: NOTHING, without: {} };
}

/**
 * A venue to be certified: a ready one by its id, or one of one's own.
 * @throws VenuewireError `VW_VENUE_UNKNOWN`, `VW_CERTIFY_TEXT`
 */
export async function findCandidate(id: string, venue?: Venue): Promise<Candidate> {
  const isText = venue === undefined ? textModels.includes(id) : jsonDecoderOf(venue) !== undefined;
  return isText ? textCandidateOf(id, venue) : candidateOf(await modelOf(id, venue));
}
/** Everything that `certify` knows by its id. */
export const candidateIds = (): string[] => [...Object.keys(models), ...textModels];

/** One run, whatever happens in it. */
function runOnce(trial: Trial, seed: number): RunResult {
  try {
    return trial.play(seed);
  } catch (cause) {
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    return {
      faults: [`the simulation broke off: ${text}`],
      delivered: 0,
      recovered: 0,
      abandoned: 0,
      toGoodNs: Number.NaN,
      requests: 0,
      quotaShare: Number.NaN,
      counters: {},
      seen: new Set(),
      timeNs: 0,
    };
  }
}

/** A scenario with the seeds from `first` to `last`. */
export function runScenarioSeeds(stage: Stage, scenario: Scenario, first: number, last: number): ScenarioReport {
  return runTrialSeeds(stage.model.id, trialOf(stage, scenario), first, last);
}

/** A trial with the seeds from `first` to `last`. */
export function runTrialSeeds(
  venue: string,
  trial: Trial,
  first: number,
  last: number,
  after: () => void = () => {},
): ScenarioReport {
  let delivered = 0;
  let recovered = 0;
  let abandoned = 0;
  let requests = 0;
  let goodNs = 0;
  let goods = 0;
  let longestNs = 0;
  let quotaShare = Number.NaN;
  const failures: Failure[] = [];
  const seen = new Set<string>();
  for (let seed = first; seed <= last; seed++) {
    const r = runOnce(trial, seed);
    delivered += r.delivered;
    recovered += r.recovered;
    abandoned += r.abandoned;
    requests += r.requests;
    if (!Number.isNaN(r.toGoodNs)) {
      goodNs += r.toGoodNs;
      goods++;
      longestNs = Math.max(longestNs, r.toGoodNs);
    }
    if (!Number.isNaN(r.quotaShare))
      quotaShare = Number.isNaN(quotaShare) ? r.quotaShare : Math.max(quotaShare, r.quotaShare);
    if (r.faults.length > 0) failures.push({ seed, faults: r.faults.slice(0, 4) });
    for (const word of r.seen) seen.add(word);
    after();
  }
  return {
    venue,
    scenario: trial.name,
    says: trial.says,
    runs: last - first + 1,
    delivered,
    recovered,
    abandoned,
    toGoodMs: goods === 0 ? null : { mean: goodNs / goods / 1e6, longest: longestNs / 1e6 },
    requests,
    quotaShare: Number.isNaN(quotaShare) ? null : quotaShare,
    failures,
    seen: [...seen],
  };
}

/** All scenarios of a model. */
export function certify(model: VenueModel, seeds: number): ScenarioReport[] {
  const stage = new Stage(model);
  return scenariosOf(stage).map((s) => runScenarioSeeds(stage, s, 1, seeds));
}
