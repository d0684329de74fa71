/** What reads records that a feed delivered, out of memory of its own: a log's reader, a reader of shared memory. */
import { CONTRACT, CONTRACT_AT, UNIT_BYTES } from '../contract.js';
import { VenuewireError } from '../errors.js';
import type { EventHandlers } from '../events/view.js';
import { type AnyDecoder, type BatchSink, Dispatcher, type FeedHandlers } from '../feed/batch.js';
import type { ColumnTable } from '../feed/column-types.js';
import { ColumnReader, EVENT_COLUMNS, type EventColumnName, EventColumnReader } from '../feed/columns.js';
import { EventDispatcher } from '../feed/event-dispatcher.js';
import { Batch, type Feed } from '../feed/feed.js';
import { checkEventHandlers, checkHandlers } from '../feed/options.js';
import { Ring } from '../feed/ring.js';
import type { SegmentMeta } from './format.js';

const NOTHING: BatchSink = {};

/** One block of a log: read it before asking for the next. Everything that a feed's batch can do. */
export class LogBatch<D extends AnyDecoder = AnyDecoder> extends Batch<D> {
  /** @internal */
  constructor(
    readonly log: RecordReader<D>,
    from: number,
    to: number,
    /** Of its first entry. */
    readonly position: number,
    readonly entries: number,
    /** Records of 64 bytes, where the log holds events. */
    readonly records: Uint8Array | undefined,
  ) {
    super(log as unknown as Feed<D>, from, to);
  }
  /** One past its last entry: keep it with what you made of the batch, and read from there after a restart. */
  get end(): number {
    return this.position + this.entries;
  }
  override events(handlers: EventHandlers, sink: BatchSink = NOTHING): void {
    const view = this.#view();
    this.log.eventDispatcher(handlers, sink).events(view, this.entries);
  }
  override eventColumns<const N extends EventColumnName>(
    names: readonly N[] = EVENT_COLUMNS as readonly N[],
  ): ColumnTable<N> {
    const view = this.#view();
    const reader = this.log.eventColumnReader(names);
    reader.begin();
    reader.add(view, this.entries);
    return reader.end() as ColumnTable<N>;
  }
  #view(): DataView {
    const { records } = this;
    if (records !== undefined) return new DataView(records.buffer, records.byteOffset, records.byteLength);
    throw new VenuewireError(
      'VW_EVENTS',
      'This log holds messages, not events',
      'Read its messages, or take events with openBooks(reader).takeEvents(batch, …).',
    );
  }
}

/** What a batch needs of its feed: names, memory, and what handlers were made into. */
export class RecordReader<D extends AnyDecoder = AnyDecoder> {
  readonly ring: Ring;
  /** The books are the reader's own: `openBooks(reader)`. */
  readonly kept: undefined;
  readonly session: undefined;
  readonly channels: readonly string[];
  lines: readonly string[];
  requesters: readonly string[];
  servers: readonly (readonly string[])[];
  /** @internal The ring's data. */
  readonly memory: Uint8Array;
  #base = 0;

  constructor(
    readonly decoder: D,
    meta: Pick<SegmentMeta, 'channels' | 'lines' | 'requesters' | 'servers'>,
    bytes: number,
  ) {
    this.channels = meta.channels;
    this.lines = meta.lines;
    this.requesters = meta.requesters;
    this.servers = meta.servers;
    this.ring = new Ring(this.channels.length, bytes);
    const { bytes: all, view } = this.ring;
    new DataView(all.buffer, all.byteOffset).setUint32(CONTRACT_AT, CONTRACT, true);
    this.memory = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  }

  /** @internal Each block is at another place of the ring’s numbering, though at the same one in memory. */
  protected nextBase(): number {
    this.#base = (this.#base + this.ring.mask + 1) >>> 0;
    return this.#base;
  }
  /** @internal A batch of records that lie at the beginning of the memory. */
  protected batchOf(bytes: number, position: number, entries: number): LogBatch<D> {
    const base = this.nextBase();
    return new LogBatch(this, base, (base + bytes / UNIT_BYTES) >>> 0, position, entries, undefined);
  }

  /** @internal As a feed's. */
  dispatcher(handlers: FeedHandlers<D>, sink: BatchSink = NOTHING): Dispatcher {
    return this.#dispatchers.get(handlers, sink, () => {
      checkHandlers(handlers, this.decoder);
      return new Dispatcher(this.ring, this.decoder, handlers as Readonly<Record<string, unknown>>, sink);
    });
  }
  readonly #dispatchers = new Prepared<Dispatcher>();
  /** @internal */
  eventDispatcher(handlers: EventHandlers, sink: BatchSink): EventDispatcher {
    return this.#eventDispatchers.get(handlers, sink, () => {
      checkEventHandlers(handlers);
      return new EventDispatcher(this.ring, handlers, sink);
    });
  }
  readonly #eventDispatchers = new Prepared<EventDispatcher>();
  /** @internal */
  columnReader<C extends object>(spec: C): ColumnReader<C> {
    return this.#columns.get(spec, NOTHING, () => new ColumnReader(this.ring, this.decoder, spec)) as ColumnReader<C>;
  }
  readonly #columns = new Prepared<ColumnReader<object>>();
  /** @internal */
  eventColumnReader(names: readonly string[]): EventColumnReader {
    return this.#eventColumns.get(names, NOTHING, () => new EventColumnReader(names));
  }
  readonly #eventColumns = new Prepared<EventColumnReader>();
}

/** What is made once for a pair of objects. */
class Prepared<T extends object> {
  readonly #by = new WeakMap<object, WeakMap<object, T>>();
  get(key: object, sink: object, make: () => T): T {
    let bySink = this.#by.get(key);
    if (bySink === undefined) {
      bySink = new WeakMap();
      this.#by.set(key, bySink);
    }
    let made = bySink.get(sink);
    if (made === undefined) {
      made = make();
      bySink.set(sink, made);
    }
    return made;
  }
}
