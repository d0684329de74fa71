/** What a broker, a store or a file format is to a pipeline. */
import { remedyOf, VenuewireError } from '../errors.js';
import type { RowBatch, RowPosition } from './rows.js';

/**
 * `exactlyOnce`: the position is stored with the rows, in one transaction or under one key, so that nothing is stored
 * twice whatever is killed. `atLeastOnce`: rows may come twice after a failure, and their position tells. `atMostOnce`:
 * nobody acknowledges; what is lost is told to whoever receives by the numbers.
 */
export type Delivery = 'exactlyOnce' | 'atLeastOnce' | 'atMostOnce';

export interface SinkContext {
  /** Venue and pipeline: what positions are stored under. */
  readonly pipeline: string;
  readonly venue: string;
}

export interface SinkOpened {
  readonly delivery: Delivery;
  /** Where this pipeline stands in the store. */
  readonly positions: readonly RowPosition[];
}

/** Rows that the other side will not take, however often they are sent. */
export interface Refusal {
  readonly reason: string;
  readonly rows: number;
}

/**
 * A sink. Calls come one at a time. When one of them throws, or a server does not answer in time, the sink is closed and
 * opened again, and what `open` then says of positions tells whether the rows of the failed call are in the store.
 */
export interface Sink {
  /** No server answers what is written (files, a publisher that waits for its readers): then no answer can be missing. */
  readonly unanswered?: boolean;
  /** Connects, and makes what is missing: tables, topics. */
  open(context: SinkContext): Promise<SinkOpened>;
  /**
   * Resolves when the other side has acknowledged every row that is not refused.
   * @throws SinkRefusal when the batch will never be taken; anything else is tried again.
   */
  write(batch: RowBatch): Promise<readonly Refusal[] | undefined>;
  /** Resolves when everything written is where it outlives the other side's process. */
  flush(): Promise<void>;
  /** Ends connections; never throws. */
  close(): Promise<void>;
  /** Counters of its own. */
  metrics?(): Readonly<Record<string, number>>;
}

/** What a sink throws when rows are wrong, not the connection. A batch of several rows is halved until the wrong one is found. */
export class SinkRefusal extends Error {
  constructor(
    /** One or two words for the ledger: `outOfRange`. */
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** The same error for every sink whose settings cannot be done. */
export const sinkOption = (text: string, remedy = remedyOf('VW_SINK_OPTION')): VenuewireError =>
  new VenuewireError('VW_SINK_OPTION', text, remedy);
