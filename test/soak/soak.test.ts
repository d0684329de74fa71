/**
 * Feeds of every kind for half an hour (VENUEWIRE_SOAK_SECONDS: another time), beside each other in one process, one day after
 * the other, with faults on the lines and in the servers: nothing is lost, every ledger balances all the time, and memory,
 * threads and descriptors are as they were.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';

const SECONDS = Number(process.env.VENUEWIRE_SOAK_SECONDS ?? 1800);
/** The last day ends, and what it has lost comes back. */
const AFTERWARDS_MS = 120_000;
/**
 * What V8 and the allocator do by themselves in a process of this size, in which a feed is opened every two seconds: more in the
 * first minutes, when code is compiled and heaps find their size.
 */
const GROWTH_MOST_MIB = SECONDS < 600 ? 24 : 6;
const MIB = 1 << 20;

interface Ledger {
  readonly expected: number;
  readonly delivered: number;
  readonly recovered: number;
  readonly abandoned: number;
  readonly inFlight: number;
}
interface Outcome {
  readonly place: number;
  readonly messages: number;
  readonly damaged: boolean;
  readonly same: boolean;
  readonly lost: number;
  readonly count: number;
  readonly ledger: Ledger;
  readonly unknownOrders: number;
  readonly error?: string;
}
interface Held {
  readonly threads: number;
  readonly descriptors: number;
}
/** `native`: all of `rss` that is not V8's heap; `heap`: what lives in that one. */
type Memory = Readonly<Record<'rss' | 'native' | 'heap', number>>;
interface Report {
  readonly outcomes: readonly Outcome[];
  readonly samples: readonly (Held & Memory & { readonly ms: number })[];
  readonly unbalanced: readonly object[];
  readonly before: Held;
  readonly after: Held;
}

let report: Report;
beforeAll(
  async () => {
    const venues = fileURLToPath(new URL('venues.mjs', import.meta.url));
    const limits = { maxBuffer: 256 * MIB, timeout: SECONDS * 1000 + AFTERWARDS_MS };
    const { stdout } = await promisify(execFile)(process.execPath, [venues, String(SECONDS)], limits);
    report = JSON.parse(stdout) as Report;
  },
  SECONDS * 1000 + AFTERWARDS_MS,
);

/**
 * Memory as a line by least squares, MiB a second. Without the first sixth, in which everything is used for the first time, and
 * the last fifth, in which feeds end that no others follow.
 */
function fitted(of: keyof Memory): { readonly slope: number; readonly seconds: number } {
  const { length } = report.samples;
  const from = report.samples.slice(Math.floor(length / 6), Math.ceil(length * 0.8));
  const x = from.map((s) => s.ms / 1000);
  const y = from.map((s) => s[of] / MIB);
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
  const [mx, my] = [mean(x), mean(y)];
  const over = x.reduce((sum, v, i) => sum + (v - mx) * ((y[i] as number) - my), 0);
  const under = x.reduce((sum, v) => sum + (v - mx) ** 2, 0);
  return { slope: over / under, seconds: (x.at(-1) as number) - (x[0] as number) };
}

describe('a soak', () => {
  test('delivers every day as it was said, or recovers what was lost', () => {
    const { outcomes } = report;
    expect(new Set(outcomes.map((o) => o.place)).size).toBe(7);
    expect(outcomes.filter((o) => o.error !== undefined)).toEqual([]);
    // Of lines whose bits turn only the ledger is known: a number may be another one, and a message may be too.
    const sound = outcomes.filter((o) => !o.damaged);
    const wrong = sound.filter((o) => !o.same || o.count !== o.messages || o.ledger.abandoned + o.ledger.inFlight > 0);
    expect(wrong.map(({ place, count, messages, ledger }) => ({ place, count, messages, ledger }))).toEqual([]);
    expect(sound.filter((o) => o.unknownOrders > 0)).toEqual([]);
    expect(sound.reduce((n, o) => n + o.lost, 0)).toBeGreaterThan(0);
    expect(sound.reduce((n, o) => n + o.ledger.recovered, 0)).toBeGreaterThan(0);
  });

  test('has a balanced ledger in every feed, whenever it is looked at and at the end', () => {
    expect(report.unbalanced.slice(0, 3)).toEqual([]);
    for (const { ledger: l } of report.outcomes)
      expect(l.expected).toBe(l.delivered + l.recovered + l.abandoned + l.inFlight);
  });

  test('leaves no thread and no descriptor behind', () => {
    expect(report.after).toEqual(report.before);
  });

  test(`holds no more memory at its end than at its begin, but ${GROWTH_MOST_MIB} MiB that the fit may be wrong by`, () => {
    const highest = Math.max(...report.samples.map((s) => s.rss)) / MIB;
    const messages = report.outcomes.reduce((n, o) => n + o.count, 0);
    const per = (n: number): string => `${(n * 60 * 1024).toFixed(0)} KiB a minute`;
    console.log(
      `soak: ${report.outcomes.length} days of ${messages} messages in ${SECONDS} s; memory at most ${highest.toFixed(0)} MiB, slope ${per(fitted('rss').slope)} (without the heap of V8 ${per(fitted('native').slope)}, what lives in it ${per(fitted('heap').slope)}); threads ${report.before.threads} before, ${Math.max(...report.samples.map((s) => s.threads))} at most, ${report.after.threads} after`,
    );
    // The heap itself is as large as V8 likes it: what lives in it, and all beside it, must not grow.
    for (const of of ['native', 'heap'] as const) {
      const { slope, seconds } = fitted(of);
      expect(slope * seconds, of).toBeLessThan(GROWTH_MOST_MIB);
    }
  });
});
