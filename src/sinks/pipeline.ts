/** Runs the pipelines of a venue: one feed, read once, and a lane of its own to each sink. */
import { type Notice, noticeAt } from '../feed/batch.js';
import { type Batch, type FeedOptions, openFeed } from '../feed/feed.js';
import type { FeedStatistics } from '../feed/statistics.js';
import { type Pipeline, readsEvents } from '../patterns/pipeline.js';
import { nanosecondsOf } from '../patterns/units.js';
import type { Venue } from '../patterns/venue.js';
import { Conflater } from './conflater.js';
import { Lane, type LaneStatistics } from './lane.js';
import { Numbering } from './numbering.js';
import { sinkOf } from './registry.js';
import type { RowBatch } from './rows.js';
import type { AnyFeed, EventShaper, Shaper } from './shaper.js';
import { shaperOf } from './shapes.js';
import { type Sink, sinkOption } from './sink.js';

const NS_PER_MS = 1e6;
const CLOSE_MS = 30_000;

export interface PipelineOptions {
  /** Of the feed: a capture, transports, a signal. `books` bounds the books of events. */
  readonly feed?: Omit<FeedOptions, 'events' | 'wake'>;
  /** So long what waits is written for at the end. Default 30 s; what is left then is `pending`. */
  readonly closeMs?: number;
  /** Sinks of your own, instead of the declared ones, by the pipeline's name. */
  readonly sinks?: Readonly<Record<string, Sink>>;
  /** Only these of the venue's pipelines. */
  readonly only?: readonly string[];
}

export interface PipelineStatistics extends LaneStatistics {
  /** Rows that newer ones of the same instrument took the place of, where `every` is declared. */
  readonly conflated: number;
}

export interface PipelinesSummary {
  readonly feed: FeedStatistics;
  readonly pipelines: Readonly<Record<string, PipelineStatistics>>;
}

interface Run {
  readonly name: string;
  readonly lane: Lane;
  readonly shaper: Shaper;
  readonly conflater: Conflater | undefined;
  readonly emit: (rows: RowBatch) => void;
}

/** Pipelines at work. `done` ends with the feed; `close` ends the feed. */
export class PipelinesRun {
  readonly done: Promise<PipelinesSummary>;
  readonly #runs: readonly Run[];
  constructor(
    readonly feed: AnyFeed,
    runs: readonly Run[],
    readonly options: PipelineOptions,
  ) {
    this.#runs = runs;
    this.done = this.#run();
  }

  /** Of each pipeline, at this instant. */
  statistics(): Readonly<Record<string, PipelineStatistics>> {
    return Object.fromEntries(
      this.#runs.map(({ name, lane, conflater }) => [
        name,
        { ...lane.statistics(), conflated: conflater?.conflated ?? 0 },
      ]),
    );
  }

  /** Ends the feed; what was accepted is still written. */
  async close(): Promise<PipelinesSummary> {
    this.feed.close();
    return this.done;
  }

  async #run(): Promise<PipelinesSummary> {
    const runs = this.#runs;
    const eventRuns = runs.filter(({ shaper }) => shaper.reads === 'events');
    const messageRuns = runs.filter(({ shaper }) => shaper.reads === 'messages');
    const waiting = runs.filter(({ lane }) => lane.options.whenFull === 'wait');
    try {
      for await (const batch of this.feed as AsyncIterable<Batch>) {
        if (eventRuns.length > 0) this.#events(batch, eventRuns);
        for (const { shaper, emit } of messageRuns) {
          if (shaper.reads === 'messages') shaper.take(batch, emit);
        }
        for (const { conflater } of runs) conflater?.turn(performance.now());
        for (const { lane } of waiting) if (lane.full) await lane.room();
      }
    } finally {
      for (const { conflater } of runs) conflater?.end();
      await Promise.all(runs.map(({ lane }) => lane.close(this.options.closeMs ?? CLOSE_MS)));
    }
    return { feed: this.feed.statistics(), pipelines: this.statistics() };
  }

  /** The books take a batch once, whatever the number of pipelines. */
  #events(batch: Batch, runs: readonly Run[]): void {
    const { feed } = this;
    const shapers = runs.map(({ shaper, emit }) => [shaper as EventShaper, emit] as const);
    feed.kept?.take(batch.from, batch.to, {
      events: (records, count) => {
        for (const [shaper, emit] of shapers) shaper.events(records, count, emit);
      },
      notice: (position) => {
        const notice: Notice = noticeAt(feed.ring, position);
        for (const [shaper] of shapers) shaper.notice(notice);
      },
    });
    batch.taken = true;
    for (const [shaper, emit] of shapers) shaper.end(emit);
  }
}

/** Whether what the feed gives can be given again: a capture is, what is live is not. */
const isRepeated = (venue: Venue, options: PipelineOptions): boolean =>
  options.feed?.capture !== undefined ||
  venue.join === 'beginning' ||
  Object.values(venue.lines ?? {}).some(({ type }) => type === 'captureFile');

/**
 * Opens the venue's feed and its sinks, and moves rows until the feed ends. A sink that cannot be opened at the start
 * rejects; later failures are retried and told in `statistics`.
 * @throws VenuewireError `VW_SINK_OPTION` when the venue has no such pipeline or a pipeline cannot be done.
 */
export async function runPipelines(venue: Venue, options: PipelineOptions = {}): Promise<PipelinesRun> {
  const { pipelines = {}, ...connection } = venue;
  const names = options.only ?? Object.keys(pipelines);
  const chosen = names.map((name): [string, Pipeline] => {
    const pipeline = Object.hasOwn(pipelines, name) ? pipelines[name] : undefined;
    if (pipeline !== undefined) return [name, pipeline];
    throw sinkOption(
      `${venue.name} has no pipeline '${name}'`,
      `It has ${Object.keys(pipelines).join(', ') || 'none'}.`,
    );
  });
  if (chosen.length === 0)
    throw sinkOption(`${venue.name} declares no pipelines`, 'Declare them under spec.pipelines.');
  const lanes = await openLanes(venue, chosen, options);
  try {
    const events = chosen.some(([, pipeline]) => readsEvents(pipeline));
    const bounds = options.feed?.books;
    const feed = (await openFeed(
      Object.freeze(connection) as Venue,
      {
        ...options.feed,
        ...(events ? { events: typeof bounds === 'object' ? bounds : true } : {}),
      } as FeedOptions,
    )) as AnyFeed;
    const runs = chosen.map(([name, pipeline], i): Run => {
      const lane = lanes[i] as Lane;
      const numbering = new Numbering(feed.channels, isRepeated(venue, options) ? [] : lane.positions);
      const push = (rows: RowBatch): void => lane.push(rows);
      const conflater =
        pipeline.every === undefined ? undefined : new Conflater(nanosecondsOf(pipeline.every) / NS_PER_MS, push);
      const emit = conflater === undefined ? push : (rows: RowBatch): void => conflater.take(rows);
      return { name, lane, conflater, emit, shaper: shaperOf(feed, pipeline, numbering) };
    });
    return new PipelinesRun(feed, runs, options);
  } catch (error) {
    await Promise.all(lanes.map((lane) => lane.close(0)));
    throw error;
  }
}

async function openLanes(
  venue: Venue,
  chosen: readonly (readonly [string, Pipeline])[],
  { sinks = {} }: PipelineOptions,
): Promise<Lane[]> {
  const lanes: Lane[] = [];
  try {
    for (const [name, pipeline] of chosen) {
      const sink = sinks[name] ?? (await sinkOf(pipeline.sink));
      const lane = new Lane(sink, { venue: venue.name, pipeline: `${venue.name}/${name}` }, pipeline.queue);
      lanes.push(lane);
      await lane.open();
    }
    return lanes;
  } catch (error) {
    await Promise.all(lanes.map((lane) => lane.close(0)));
    throw error;
  }
}
