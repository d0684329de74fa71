/** Plays a day through the native core in virtual time: the one player of every simulation. */
import { CHANNEL_COUNTERS, FEED_COUNTERS } from '../contract.js';
import type { Ring } from '../feed/ring.js';
import type { NativeSession } from '../native.js';
import type { SimulatedNetwork } from './simulated-network.js';

/** What is played. Times are virtual, in nanoseconds. */
export interface Performance {
  readonly network: SimulatedNetwork;
  readonly session: NativeSession;
  readonly ring: Ring;
  /** Reads the ring. */
  readonly drain: () => void;
  /** The day goes from here … */
  readonly startNs: number;
  readonly dayEndNs: number;
  /** … and the ledger is checked so many times in it. */
  readonly checkpoints: number;
  /** Recovery may take so much longer. */
  readonly graceNs: number;
  /** Whether nothing more is to come. */
  readonly over: () => boolean;
}

/** How it went. */
export interface Played {
  /** Checkpoints at which the ledger was found not to balance, and all of them. */
  readonly unbalanced: number;
  readonly checkpoints: number;
  /** Nothing was missing when the run ended. */
  readonly settled: boolean;
  /** Counters of the feed and of the first channel, by name; exact below 2^53. */
  readonly counters: Readonly<Record<string, number>>;
}

/** After the end the ring is read and filled again so often: what did not fit comes when there is room. */
const LAST_READS = 1_000;
/** Checkpoints after the day: recovery has ended; the feed has been closed. */
const AFTER_THE_DAY = 2;

export function playDay(p: Performance): Played {
  const { network, session, ring, checkpoints } = p;
  let unbalanced = 0;
  const check = (): void => {
    if (!session.ledgerBalances()) unbalanced++;
  };
  for (let i = 1; i <= checkpoints; i++) {
    network.run(p.startNs + ((p.dayEndNs - p.startNs) * i) / checkpoints);
    check();
  }
  network.run(p.dayEndNs + p.graceNs, p.over);
  const settled = session.settled();
  check();
  session.finish(network.nowNs);
  for (let i = 0; i < LAST_READS; i++) {
    p.drain();
    session.service(network.nowNs);
    if (ring.head === ring.tail) break;
  }
  session.updateGauges();
  check();
  const counters: Record<string, number> = {};
  [...FEED_COUNTERS, ...CHANNEL_COUNTERS].forEach(({ name }, i) => {
    counters[name] = Number(ring.counter(i));
  });
  return { unbalanced, checkpoints: checkpoints + AFTER_THE_DAY, settled, counters };
}

/** What was not true of a run, in words. */
export class Verdict {
  readonly faults: string[] = [];
  constructor(readonly counters: Played['counters']) {}

  expect(right: boolean, what: () => string): void {
    if (!right) this.faults.push(what());
  }

  /** NaN: there is no such counter. */
  counter(name: string): number {
    return this.counters[name] ?? Number.NaN;
  }

  /** The ledger, which holds for every run; `named`: numbers that notices have named as given up. */
  ledger(played: Played, named: number): void {
    const n = (name: string): number => this.counter(name);
    this.expect(
      played.unbalanced === 0,
      () => `the ledger did not balance at ${played.unbalanced} of ${played.checkpoints} checks`,
    );
    this.expect(
      n('expected') === n('delivered') + n('recovered') + n('abandoned') + n('inFlight'),
      () =>
        `expected ${n('expected')}, delivered ${n('delivered')}, recovered ${n('recovered')}, abandoned ${n('abandoned')}, in flight ${n('inFlight')}`,
    );
    this.expect(n('inFlight') === 0, () => `${n('inFlight')} in flight after the end`);
    this.expect(n('abandoned') === named, () => `${n('abandoned')} counted as abandoned, ${named} named`);
  }
}
