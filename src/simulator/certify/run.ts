/** What a scenario asks for, and what a run of it comes to. */
import type { Venue } from '../../patterns/venue.js';
import type { LineFaults } from '../line-faults.js';
import type { PacketWriter } from '../packet-writer.js';
import type { PathOptions } from '../simulated-network.js';
import type { Day, DayPlan } from './day.js';
import type { Scheduled } from './lines.js';
import type { CertifyFaults, ServerContext } from './model.js';

/** What a scenario asks for. Everything random comes from the seed. */
export interface Run {
  readonly day: DayPlan;
  readonly join?: 'live' | 'beginning' | 'snapshot';
  /** We begin to listen at this part of the day, 0 to 1. */
  readonly joinAt?: number;
  /** Faults of the live lines: the same for each, or by line. */
  readonly lines?: LineFaults | readonly LineFaults[];
  readonly retransmission?: LineFaults;
  readonly snapshot?: LineFaults;
  /** Times at which every live line is dead. */
  readonly outages?: readonly { readonly fromNs: number; readonly toNs: number }[];
  /** The last packets before the end are lost on every line, heartbeats after it are heard. */
  readonly tailNs?: number;
  /** Rungs of the ladder below the wait, by pattern id; default: all. */
  readonly only?: readonly string[];
  /** Faults of the servers of a pattern; a list: by server. */
  readonly servers?: Readonly<Record<string, CertifyFaults | readonly CertifyFaults[]>>;
  /** Servers of each pattern; default 1. */
  readonly serverCount?: number;
  readonly tries?: number;
  readonly window?: Partial<Venue['window']>;
  /** Instead of the limits that the patterns declare. */
  readonly limits?: Partial<ServerContext['limits']>;
  readonly path?: PathOptions;
  readonly stragglers?: number;
  /** Packets that the venue did not send (`scenarios/belief.ts`). */
  readonly foreign?: (day: Day, writer: PacketWriter) => ForeignPackets;
  /** Bytes of the messages are compared; false where replies are damaged on purpose. */
  readonly contents?: boolean;
  /** What has to come of it besides a true account. */
  readonly expect?: 'everything' | 'accounted';
  /** Where a gap was told a snapshot has to have been taken: nothing stands in its way. */
  readonly taken?: boolean;
  /** Numbers may stay unknown where a session ends: nobody told us that they had been. */
  readonly unknownEnd?: boolean;
  /** Rest between two cycles of a snapshot line. */
  readonly restNs?: number;
}

export interface ForeignPackets {
  readonly packets: readonly Scheduled[];
  /** Their session, as notices write it; undefined: the venue's own. */
  readonly session?: string;
}

export interface RunResult {
  readonly faults: readonly string[];
  readonly delivered: number;
  readonly recovered: number;
  readonly abandoned: number;
  /** From the first doubt to the good stream, in ns, one figure for each time; mean. NaN: there was no doubt. */
  readonly toGoodNs: number;
  readonly requests: number;
  /** The most requests within a declared window, as a share of what is allowed; NaN: nothing is declared. */
  readonly quotaShare: number;
  readonly counters: Readonly<Record<string, number>>;
  /** What was exercised: see coverage.ts. */
  readonly seen: ReadonlySet<string>;
  readonly timeNs: number;
}
