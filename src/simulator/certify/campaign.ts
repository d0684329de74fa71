/** Scenario by scenario, seed by seed: what a venue's certification comes to. */
import { VenuewireError } from '../../errors.js';
import type { Venue } from '../../patterns/venue.js';
import { Random } from '../random.js';
import type { VenueModel } from './model.js';
import { models } from './models.js';
import type { RunResult } from './run.js';
import { play } from './runner.js';
import { type Scenario, scenariosOf } from './scenarios/index.js';
import { Stage } from './stage.js';

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
    `They are ${Object.keys(models).join(', ')}.`,
  );
}

/** One run: the seed alone decides. */
export function runOnce(stage: Stage, scenario: Scenario, seed: number): RunResult {
  const random = new Random(seed).fork(`${stage.model.id} ${scenario.name}`);
  try {
    return play(stage, scenario.run(random.fork('scenario')), random.seed);
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
export function runScenarioSeeds(
  stage: Stage,
  scenario: Scenario,
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
    const r = runOnce(stage, scenario, seed);
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
    venue: stage.model.id,
    scenario: scenario.name,
    says: scenario.says,
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
