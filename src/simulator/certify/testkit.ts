/**
 * The certification of a venue as a test of your own: the same scenarios that `venuewire certify` plays, by seed and in
 * simulated time, without a socket. Nothing here is needed by a live feed.
 */
import { VenuewireError } from '../../errors.js';
import type { Venue, VenueDeclaration, VenueResource } from '../../patterns/venue.js';
import { loadVenue, resolveVenue } from '../../venues/load.js';
import { findVenue } from '../../venues/registry.js';
import { type Candidate, candidateOf, findCandidate, modelOf, runTrialSeeds, type ScenarioReport } from './campaign.js';
import type { VenueModel } from './model.js';

export type { ScenarioReport } from './campaign.js';

export interface CertifyOptions {
  /** Runs of each scenario; default 20. Together with the venue they decide everything that happens. */
  readonly seeds?: number;
  /** Only this seed: plays one run again that failed. */
  readonly seed?: number;
  /** Only the scenarios of these names; default: all that the venue's patterns call for. */
  readonly scenarios?: readonly string[];
  /** What cannot be derived from the venue: the messages of its day, what its servers leave open. */
  readonly model?: Omit<VenueModel, 'id' | 'venue'>;
  /** Called after each scenario, for progress. */
  readonly after?: (report: ScenarioReport) => void;
}

/** A run in which something was not true. */
export interface CertifyFailure {
  readonly scenario: string;
  readonly seed: number;
  /** What was not true, in words. */
  readonly faults: readonly string[];
}

export interface CertifyReport {
  readonly venue: string;
  readonly scenarios: readonly ScenarioReport[];
  readonly runs: number;
  /** Empty when the venue passes. */
  readonly failures: readonly CertifyFailure[];
}

const SEEDS = 20;

/** What can be certified: a venue, a resource, the path of a file, or the id of a ready venue. */
export type Certifiable = Venue | VenueDeclaration | VenueResource | string | URL;

async function candidateFor(venue: Certifiable, more: CertifyOptions['model']): Promise<Candidate> {
  const isReady = typeof venue === 'string' && findVenue(venue) !== undefined;
  if (isReady && more === undefined) return findCandidate(venue);
  if (isReady) return candidateOf({ ...(await modelOf(venue)), ...more });
  const made = typeof venue === 'string' || venue instanceof URL ? await loadVenue(venue) : await resolveVenue(venue);
  if (more === undefined) return findCandidate(made.name, made);
  return candidateOf({ ...(await modelOf(made.name, made)), ...more });
}

/**
 * Plays a venue's recovery against every scenario that its patterns call for. Loss, reordering, duplicates, dead, slow and
 * hostile servers, session changes: the ledger balances, and each message is delivered in its turn or named as lost.
 * It lasts a few milliseconds a run and blocks the thread while a scenario is played.
 * @throws VenuewireError `VW_VENUE…` when it is no venue, `VW_CERTIFY_SCENARIO` when there is no scenario of a name.
 * @example
 * ```ts
 * import { certify } from 'venuewire/testkit';
 * const { failures } = await certify('my-venue.yaml', { seeds: 50 });
 * ```
 */
export async function certify(venue: Certifiable, options: CertifyOptions = {}): Promise<CertifyReport> {
  const { id, trials: all } = await candidateFor(venue, options.model);
  for (const name of options.scenarios ?? []) {
    if (all.some((s) => s.name === name)) continue;
    throw new VenuewireError(
      'VW_CERTIFY_SCENARIO',
      `${id} has no scenario '${name}'`,
      `It has: ${all.map((s) => s.name).join('; ')}`,
    );
  }
  const [first, last] = options.seed === undefined ? [1, options.seeds ?? SEEDS] : [options.seed, options.seed];
  const scenarios: ScenarioReport[] = [];
  for (const scenario of all) {
    if (options.scenarios !== undefined && !options.scenarios.includes(scenario.name)) continue;
    const report = runTrialSeeds(id, scenario, first, last);
    scenarios.push(report);
    options.after?.(report);
    // Whoever waits for something else gets a turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return {
    venue: id,
    scenarios,
    runs: scenarios.reduce((n, s) => n + s.runs, 0),
    failures: scenarios.flatMap((s) => s.failures.map(({ seed, faults }) => ({ scenario: s.scenario, seed, faults }))),
  };
}
