/** Counters with names: the ledger, what came in, gaps and recovery. Always on; reading them costs a load each. */
import {
  CHANNEL_COUNTERS,
  type ChannelCounter,
  type CounterDeclaration,
  FEED_COUNTERS,
  type FeedCounter,
} from '../contract.js';
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

/**
 * The ledger says what was delivered into the ring; this, how much of it the reader was given, in messages:
 * `delivered = handed + unread`.
 */
export interface ReaderStatistics {
  /** Messages delivered into the ring, those of snapshots and those without a number among them. */
  readonly delivered: number;
  /** Messages handed to the reader, the one that is being handled among them; a batch that is read twice counts once. */
  readonly handed: number;
  /** Messages that wait in the ring; once the feed is closed (`close()`, `break`), those that were never handed over. */
  readonly unread: number;
}

/** Every counter of a channel by its name; `counters` says what each counts. */
export type ChannelStatistics = Readonly<Record<ChannelCounter, number>>;

export interface FeedStatistics {
  /** The channels' ledgers added up. */
  readonly ledger: Ledger;
  readonly reader: ReaderStatistics;
  readonly channels: readonly ChannelStatistics[];
  readonly feed: Readonly<Record<FeedCounter, number>>;
}

const LEDGER = ['expected', 'delivered', 'recovered', 'abandoned', 'inFlight'] as const;

/** What the counters are called, count, and in which unit; in the order in which they lie in the ring. */
export const counters: Readonly<Record<'feed' | 'channel', readonly CounterDeclaration[]>> = {
  feed: FEED_COUNTERS,
  channel: CHANNEL_COUNTERS,
};

/** Reads all counters. Numbers are exact below 2^53. */
export function statistics(ring: Ring): FeedStatistics {
  const { handed } = ring;
  let at = 0;
  const take = <N extends string>(table: readonly { readonly name: N }[]): Record<N, number> =>
    Object.fromEntries(table.map(({ name }) => [name, Number(ring.counter(at++))])) as Record<N, number>;
  const feed = take(FEED_COUNTERS);
  const channels = Array.from({ length: ring.channels }, () => take(CHANNEL_COUNTERS));
  const ledger = Object.fromEntries(
    LEDGER.map((name) => [name, channels.reduce((sum, c) => sum + c[name], 0)]),
  ) as unknown as Ledger;
  // The core counts before it publishes: what is handed over has been counted.
  const delivered = channels.reduce((sum, c) => sum + c.messages + c.snapshotMessages, 0);
  const reader = { delivered, handed, unread: delivered - handed };
  return { ledger, reader, channels, feed };
}

/** One counter of the feed, to be looked at often. */
export function feedCounter(ring: Ring, name: FeedCounter): () => number {
  const index = FEED_COUNTERS.findIndex((c) => c.name === name);
  return () => Number(ring.counter(index));
}

/** Whether a ledger's terms add up. A gauge may be a millisecond old while a feed runs: ask when it is at rest. */
export function balances(ledger: Ledger): boolean {
  return ledger.expected === ledger.delivered + ledger.recovered + ledger.abandoned + ledger.inFlight;
}
