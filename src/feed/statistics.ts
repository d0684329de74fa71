/** Counters with names: the ledger, what came in, gaps and recovery. Always on; reading them costs a load each. */
import { native } from '../native.js';
import type { Ring } from './ring.js';

/**
 * Every sequence number the venue used is in exactly one term:
 * `expected = delivered + recovered + abandoned + inFlight`.
 */
export interface Ledger {
  readonly expected: number;
  readonly delivered: number;
  readonly recovered: number;
  readonly abandoned: number;
  readonly inFlight: number;
}

export interface ChannelStatistics extends Ledger {
  readonly [counter: string]: number;
}

export interface FeedStatistics {
  /** The channels' ledgers added up. */
  readonly ledger: Ledger;
  readonly channels: readonly ChannelStatistics[];
  readonly feed: Readonly<Record<string, number>>;
}

const LEDGER = ['expected', 'delivered', 'recovered', 'abandoned', 'inFlight'] as const;

/** Reads all counters. Numbers are exact below 2^53. */
export function statistics(ring: Ring): FeedStatistics {
  const { counters } = native();
  let at = 0;
  const take = (names: readonly (readonly [string, string])[]): Record<string, number> =>
    Object.fromEntries(names.map(([name]) => [name, Number(ring.counter(at++))]));
  const feed = take(counters.feed);
  const channels = Array.from({ length: ring.channels }, () => take(counters.channel) as ChannelStatistics);
  const ledger = Object.fromEntries(
    LEDGER.map((name) => [name, channels.reduce((sum, c) => sum + (c[name] ?? 0), 0)]),
  ) as unknown as Ledger;
  return { ledger, channels, feed };
}

/** One counter of the feed, to be looked at often. */
export function feedCounter(ring: Ring, name: string): () => number {
  const index = native().counters.feed.findIndex(([n]) => n === name);
  return () => Number(ring.counter(index));
}

/** Whether a ledger's terms add up. A gauge may be a millisecond old while a feed runs: ask when it is at rest. */
export function balances(ledger: Ledger): boolean {
  return ledger.expected === ledger.delivered + ledger.recovered + ledger.abandoned + ledger.inFlight;
}

/** What the counters mean, for help texts and docs. */
export function counterLabels(): Readonly<Record<string, string>> {
  const { counters } = native();
  return Object.fromEntries([...counters.feed, ...counters.channel]);
}
