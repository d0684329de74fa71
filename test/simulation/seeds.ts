import { expect } from 'vitest';
import { BookAt, type ItchBook } from '../../src/simulator/itch-book.js';
import { runScenario, type ScenarioOptions, type ScenarioResult } from '../../src/simulator/scenario.js';

const only = process.env.VENUEWIRE_SEED;

/**
 * Runs a scenario for `count` seeds from `first` on (or for the one in VENUEWIRE_SEED), and holds each to what is true of
 * every run and to `check`. A failure names the seed.
 */
export function forSeeds(
  first: number,
  count: number,
  scenario: Omit<ScenarioOptions, 'seed'>,
  check: (result: ScenarioResult) => void,
): void {
  const seeds = only === undefined ? Array.from({ length: count }, (_, i) => first + i) : [Number(only)];
  for (const seed of seeds) {
    const result = runScenario({ seed, ...scenario });
    try {
      expect(result.faults).toEqual([]);
      expect(result.settled, 'something is still missing at the end').toBe(true);
      check(result);
    } catch (cause) {
      throw new Error(`Seed ${seed}; this one alone: VENUEWIRE_SEED=${seed}. ${(cause as Error).message}`, { cause });
    }
  }
}

/** Every message of the day was delivered, in order, byte for byte. */
export function complete(r: ScenarioResult): void {
  expect(r.consumer.of('gapAbandoned')).toEqual([]);
  expect(r.counters.abandoned).toBe(0);
  expect(r.consumer.digest.count).toBe(r.history.length);
  expect(r.consumer.digest.value).toBe(r.history.digest());
}

/** The feed went on to the day's last message, delivered or given up. */
export function reachedTheEnd(r: ScenarioResult): void {
  const given = r.consumer.of('gapAbandoned').map((n) => Number(n.end));
  expect(Math.max(r.consumer.next, ...given)).toBe(r.history.next);
}

/** What the stream made of the book is what the venue has. */
export function sameBook(r: ScenarioResult): void {
  const book = r.consumer.book as ItchBook;
  expect(book.faults).toBe(0);
  // The same orders; when they were told, and in which order, differs.
  const told = (b: ItchBook): string[] =>
    b
      .snapshot()
      .map((m) => {
        const copy = Buffer.from(m);
        copy.fill(0, 5, 11);
        return copy.toString('hex');
      })
      .sort();
  expect(told(book)).toEqual(told(new BookAt(r.history).at(r.history.next)));
}
