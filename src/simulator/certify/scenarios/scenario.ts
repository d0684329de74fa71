/** A scenario, and what the groups of them share: the length of a day, an outage, a share of cases. */
import type { Random } from '../../random.js';
import { START_NS } from '../day.js';
import type { Run } from '../run.js';
import { patternOf, type ServerRung, type Stage } from '../stage.js';

export interface Scenario {
  readonly name: string;
  readonly says: string;
  readonly run: (random: Random) => Run;
}

/** Takes a scenario into the campaign, unless the venue's model says why it cannot happen there. */
export type Add = (name: string, says: string, run: Scenario['run']) => void;

/** Scenarios that a venue's declarations call for. */
export type Group = (stage: Stage, add: Add) => void;

/** Time between two messages of a live line. */
export const INTERVAL_NS = 20_000;

export const day = (numbers: number, more: object = {}): Run['day'] => ({ numbers, intervalNs: INTERVAL_NS, ...more });
export const spanNs = (numbers: number): number => numbers * INTERVAL_NS;

/** A time at which every live line is dead, in the middle of a day of so many numbers. */
export const outage = (random: Random, numbers: number, length: number): { fromNs: number; toNs: number } => {
  const fromNs = START_NS + Math.floor(spanNs(numbers) * (0.2 + 0.4 * random.real()));
  return { fromNs, toNs: fromNs + Math.floor(length * INTERVAL_NS) };
};

/** The probability of a fault: always, or about every second time. */
export const half = (random: Random): number => (random.below(3) === 0 ? 1 : 0.3 + 0.5 * random.real());

/** A probability up to `most`, or none at all. */
export const atMost =
  (random: Random) =>
  (most: number): number =>
    random.below(2) === 0 ? 0 : most * random.real();

/** Patterns of the rungs, each once. */
export const idsOf = (rungs: readonly ServerRung[]): string[] => [...new Set(rungs.map((r) => patternOf(r).id))];

/** The same fault for the servers of every pattern. */
export const everyServer = <T>(rungs: readonly ServerRung[], fault: T): Record<string, T> =>
  Object.fromEntries(idsOf(rungs).map((id) => [id, fault]));
