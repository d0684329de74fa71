/** From publishers on ZeroMQ to a sink, with the lane and the ledger of a pipeline. */
import type { PipelineQueue, PipelineSink } from '../patterns/pipeline.js';
import { Lane, type LaneStatistics } from './lane.js';
import { Placer } from './placer.js';
import { sinkOf } from './registry.js';
import type { RowBatch } from './rows.js';
import type { Sink } from './sink.js';
import { type Subscriber, type SubscriberCounters, type SubscriberOptions, subscribe } from './zeromq-subscriber.js';

const CLOSE_MS = 30_000;

export interface RelayOptions {
  /** What positions are stored under. */
  readonly name: string;
  readonly sources: readonly SubscriberOptions[];
  readonly sink: PipelineSink;
  readonly queue: PipelineQueue;
  readonly closeMs?: number;
  /** What rows become before they go to the sink; undefined: nothing. */
  readonly make?: (rows: RowBatch) => RowBatch | undefined;
  /** A sink of your own, instead of the declared one. */
  readonly own?: Sink;
}

export interface RelaySummary {
  readonly sink: LaneStatistics;
  /** Of each source. */
  readonly sources: readonly SubscriberCounters[];
}

/** A relay at work. `done` ends with `close`. */
export class RelayRun {
  readonly done: Promise<RelaySummary>;
  constructor(
    readonly subscribers: readonly Subscriber[],
    readonly lane: Lane,
    readonly closeMs: number,
    readonly make: (rows: RowBatch) => RowBatch | undefined = (rows) => rows,
  ) {
    this.done = this.#run();
  }

  statistics(): RelaySummary {
    return { sink: this.lane.statistics(), sources: this.subscribers.map((one) => one.counters()) };
  }

  /** Ends the subscriptions; what was accepted is still written. */
  async close(): Promise<RelaySummary> {
    for (const subscriber of this.subscribers) subscriber.close();
    return this.done;
  }

  async #run(): Promise<RelaySummary> {
    const placer = new Placer();
    try {
      await Promise.all(
        this.subscribers.map(async (subscriber) => {
          for await (const { topic, session, first, rows } of subscriber) {
            const made = this.make(placer.inTopic(rows, topic, session, first));
            if (made !== undefined) this.lane.push(made);
            if (this.lane.full) await this.lane.room();
          }
        }),
      );
    } finally {
      await this.lane.close(this.closeMs);
    }
    return this.statistics();
  }
}

/**
 * Rows of all sources go to one sink. Where the sink stores positions and a publisher has a replay port, a restart asks for
 * what was published meanwhile.
 */
export async function runRelay({ name, sources, sink, queue, closeMs, own, make }: RelayOptions): Promise<RelayRun> {
  const lane = new Lane(own ?? (await sinkOf(sink)), { venue: name, pipeline: name }, queue);
  await lane.open();
  const resume = (topic: string, session: string): number | undefined => {
    const at = lane.positions.of(topic, session);
    return at && Number(at.number) + 1;
  };
  const subscribers: Subscriber[] = [];
  try {
    for (const source of sources) subscribers.push(await subscribe({ resume, ...source }));
    return new RelayRun(subscribers, lane, closeMs ?? CLOSE_MS, make);
  } catch (error) {
    for (const subscriber of subscribers) subscriber.close();
    await lane.close(0);
    throw error;
  }
}
