/** Reading a venue that is open: handlers, batches, notices, statistics. */
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { remedyOf, VenuewireError } from '../errors.js';
import type { EventHandlers } from '../events/view.js';
import type { LiveFrame } from '../internet/live.js';
import type { VenueSession } from '../internet/session.js';
import type { DecodedMessage, View } from '../layout/index.js';
import { type NativeFeed, type NativeSource, native, nativeError, type ReceiveDecision } from '../native.js';
import type { Receive } from '../patterns/network.js';
import { withJson } from '../plain.js';
import type { Transports, TransportTarget } from '../transports/transport.js';
import {
  type AnyDecoder,
  type BatchSink,
  Dispatcher,
  type FeedHandlers,
  type Notice,
  type NoticeType,
  noticeAt,
  type PlainPosition,
  type Position,
  read,
} from './batch.js';
import type { Columns, ColumnsSpec, ColumnTable } from './column-types.js';
import { ColumnReader, EVENT_COLUMNS, type EventColumnName, EventColumnReader } from './columns.js';
import type { CompiledVenue, Resume, Venue } from './compile.js';
import { EventDispatcher } from './event-dispatcher.js';
import { ExternalConnections } from './external.js';
import { type EventTaker, KeptBooks, type KeptBooksOptions } from './kept-books.js';
import { nativeSource } from './native-source.js';
import { checkEventHandlers, checkHandlers } from './options.js';
import { Ring } from './ring.js';
import { StageHistograms, type StageSummary } from './stages.js';
import { type FeedStatistics, statistics } from './statistics.js';
import { checkEvent, type FeedLogger, log, logConnectionError, publish } from './telling.js';

/** Reads a capture instead of the venue's lines; what it delivers is the same to the byte. */
export interface CaptureSource {
  /**
   * pcap, pcapng or BinaryFILE; gzip is unpacked as it is read. A path, also of a FIFO; `-` for standard input; or the
   * bytes themselves, which are copied unless they are in a SharedArrayBuffer.
   */
  readonly file: string | Uint8Array;
  /** What errors call it; default: the path. */
  readonly name?: string;
  /**
   * Which captured destinations are which lines: `{ 'A': '233.54.12.111:26477' }`. Left out: the venue's own line
   * addresses, and if the venue has a single line, everything.
   */
  readonly lines?: Readonly<Record<string, string>>;
  /** Times the capture's own speed: 1 delivers each packet when it came. Default 0: as fast as it is read. */
  readonly speed?: number;
}

export interface FeedOptions {
  readonly capture?: CaptureSource;
  /** Only what is named crosses into JavaScript; messages without an instrument always do. */
  readonly select?: {
    /** Message names of the decoder. */
    readonly messages?: readonly string[];
    /** Symbols (learnt from directory messages) or the venue's numeric instrument keys. */
    readonly instruments?: readonly (string | number | bigint)[];
  };
  /** Where to go on with what was read before: what has been missed since is requested, whatever `join` says. */
  readonly resume?: Resume;
  /** Bytes between the core and JavaScript, a power of two. Default 8 MiB; for captures 16 MiB. */
  readonly ringBytes?: number;
  /**
   * `doorbell` (default): one wake-up a batch. `poll`: none; call `poll()` yourself, as often as you can.
   */
  readonly wake?: 'doorbell' | 'poll';
  /** The feed thread never sleeps: lowest latency for one busy core. Default false. */
  readonly spin?: boolean;
  /** Pins the feed thread to a CPU. */
  readonly cpu?: number;
  /** The feed thread runs on the CPUs of this NUMA node, the card's best, and takes its memory there. */
  readonly numaNode?: number;
  /**
   * Real-time priority of the feed thread (SCHED_FIFO), 1 to 99: whatever else is to do on its CPU waits. Needs CAP_SYS_NICE or
   * `ulimit -r`. With `spin` it takes its CPU for itself.
   */
  readonly realtimePriority?: number;
  /** Asked of the kernel for each socket; what it granted is in `describe()`. Default 8 MiB. */
  readonly receiveBufferBytes?: number;
  /** How the datagrams of all multicast lines are received, instead of what each line says; see `receive` of a line. */
  readonly receive?: Receive;
  /** Lines and servers that are connected to in TypeScript: TLS, WebSocket, a tunnel of your own. */
  readonly transports?: Transports;
  /** SO_BUSY_POLL, microseconds. Default 0. */
  readonly busyPollUs?: number;
  /** With `busyPollUs`, SO_PREFER_BUSY_POLL: the card's interrupts wait while the thread polls it. Needs CAP_NET_ADMIN. */
  readonly preferBusyPoll?: boolean;
  /**
   * Stamps the stages of each datagram, from the kernel to the handler: `feed.stages()`. Costs a microsecond or two a datagram. Default false.
   */
  readonly stamps?: boolean;
  /** Aborted: the feed closes as with `close()`; `run` ends with its summary, iteration and streams end. */
  readonly signal?: AbortSignal;
  /** Gets each notice as a line: `console`, or what your framework logs with. */
  readonly logger?: FeedLogger;
  /**
   * Order books are kept natively, in the core, as the feed is read: `openBooks(feed)` reads them, and needs no `take`.
   * While a batch is read they stand at its end. True, or their bounds.
   */
  readonly books?: boolean | KeptBooksOptions;
  /**
   * `run` and `poll` call handlers of normalised events (`order`, `level`, `trade`, …) instead of messages; batches give
   * both (`batch.events`). Books are kept. True, or the bounds of the books.
   */
  readonly events?: boolean | KeptBooksOptions;
  /** Of a venue that sends text: gets each message as recordings keep it, without credentials. */
  readonly frames?: (frame: LiveFrame) => void;
  /** After so many messages or milliseconds a drain lets the event loop turn. Default 65,536 and 10. */
  readonly drain?: { readonly messages?: number; readonly ms?: number };
}

type NoticeEvents = { [N in NoticeType]: [Notice] };
/** Events: each notice by its type, `notice` for all of them, `unknown` for bytes the decoder has no message for. */
export interface FeedEvents extends NoticeEvents {
  notice: [Notice];
  unknown: [DataView, Position];
  /** A connection ended, or did not come about, by what a person has to mend: a certificate, a login. It is tried again. */
  connectionError: [VenuewireError, TransportTarget];
}

const NOTHING: BatchSink = {};

/** One batch: read it before asking for the next; `read` may be called again with other handlers. */
export class Batch<D extends AnyDecoder = AnyDecoder> {
  /** @internal */
  constructor(
    readonly feed: Feed<D>,
    readonly from: number,
    readonly to: number,
  ) {}
  /**
   * Normalised events of the batch, in order with its notices, which go to the sink: for a feed with `events`, once a
   * batch. Keep the handlers object: it is prepared at its first use.
   */
  events(handlers: EventHandlers, sink: BatchSink = NOTHING): void {
    this.feed.readEvents(this.from, this.to, handlers, sink);
    this.taken = true;
  }
  /** @internal Its messages are in the books that the feed keeps. */
  taken = false;
  /** Bytes of the batch in the ring. */
  get bytes(): number {
    return ((this.to - this.from) >>> 0) * 8;
  }
  /**
   * Calls a handler for each message in order, and the sink for everything else. Without a sink the feed emits the
   * batch's notices, once: at the first such call, or when the next batch is asked for. Keep the handlers object: it is
   * prepared at its first use. Returns the messages passed over.
   */
  read(handlers: FeedHandlers<D>, sink?: BatchSink): number {
    const own = sink ?? (this.told ? NOTHING : undefined);
    if (sink === undefined) this.told = true;
    this.messages = read(this.feed.ring, this.from, this.to, this.feed.dispatcher(handlers, own));
    return this.messages;
  }
  toJSON(): Record<string, unknown> {
    return { bytes: this.bytes, messages: this.messages };
  }
  /** What `console.log` prints. */
  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: object,
    inspect: (v: unknown, o: object) => string,
  ): string {
    return `Batch ${inspect(this.toJSON(), options)}`;
  }
  /**
   * @internal Somebody has walked over the whole batch, and found messages and nothing else: the feed need not look for notices.
   */
  passedOver(messages: number): void {
    const { feed } = this;
    if (this.told || !(feed instanceof Feed) || feed.listenerCount('unknown') > 0) return;
    this.told = true;
    this.messages = messages;
    feed.ring.beginReading(this.from);
    feed.ring.endReading(messages);
  }
  /** @internal The feed has emitted this batch's notices. */
  told = false;
  /** Messages in the batch, once it has been read. */
  messages = 0;
  /**
   * Column by column, written by the core in one call. Pass the same object each time; the memory is shared, so that a
   * worker can read it, and is used again for the next batch.
   * @throws VenuewireError `VW_COLUMN` for a message, group or field that is not there.
   */
  columns<const C extends ColumnsSpec<D>>(spec: C): Columns<C> {
    const { tables, messages, others } = this.feed.columnReader(spec).read(this.from, this.to);
    this.messages = messages;
    // There is nothing to tell.
    if (others === 0) this.told = true;
    return tables;
  }
  /**
   * The batch's normalised events column by column, for a feed with `events`, once a batch; its notices go to the sink.
   * Without names: all fields. Keep the list: it is compiled. The memory is used again for the next batch.
   * @throws VenuewireError `VW_EVENTS` when the feed was opened without events.
   */
  eventColumns<N extends EventColumnName>(
    names: readonly N[] = EVENT_COLUMNS as readonly N[],
    sink: BatchSink = NOTHING,
  ): ColumnTable<N> {
    const reader = this.feed.eventColumnReader(names);
    reader.begin();
    this.feed.takeEvents(this.from, this.to, {
      events: (records, count) => reader.add(records, count),
      notice: sink.notice && ((position) => sink.notice?.(noticeAt(this.feed.ring, position))),
    });
    this.taken = true;
    return reader.end() as ColumnTable<N>;
  }
}

/** A message of `objects` and `stream`: plain, so it can be kept, compared, cloned and turned into JSON. */
export type FeedObject<D extends AnyDecoder = AnyDecoder> = DecodedMessage<D> & { readonly at: PlainPosition };

export interface FeedSummary {
  /** Messages handed to the reader: `statistics.reader.handed`. */
  readonly messages: number;
  readonly statistics: FeedStatistics;
}

/**
 * A running feed. Use one way of reading: `run`, `for await`, or `poll`. Notices are emitted while reading, in order with
 * the messages around them. Closing is idempotent; a feed that is not closed keeps the process alive until it ends.
 */
export class Feed<D extends AnyDecoder = AnyDecoder, H = FeedHandlers<D>> extends EventEmitter<FeedEvents> {
  /** @internal Books that the core keeps as the feed is read. */
  readonly kept: KeptBooks | undefined;
  /** @internal Of a venue that sends text: what was found out about its instruments. */
  session: VenueSession | undefined;
  readonly #gives: 'messages' | 'events';
  readonly ring: Ring;
  readonly decoder: D;
  /** Names, in index order. */
  readonly channels: readonly string[];
  readonly lines: readonly string[];
  readonly requesters: readonly string[];
  /** Addresses of each requester's servers, by the indexes that notices have. */
  readonly servers: readonly (readonly string[])[];
  #native: NativeFeed;
  #external: ExternalConnections | undefined;
  #closed = false;
  #failed: VenuewireError | undefined;
  #started = false;
  #drainMessages: number;
  #drainMs: number;
  #wake: (() => void) | undefined;
  #sink: BatchSink;

  /** @internal Use `openFeed`. */
  constructor(venue: Venue<D>, compiled: CompiledVenue, options: FeedOptions) {
    super();
    this.decoder = venue.decoder;
    this.channels = compiled.channels.map((c) => c.name);
    this.lines = compiled.lines.map((l) => l.name);
    this.requesters = compiled.requesters.map((r) => r.name);
    this.servers = compiled.requesters.map((r) => r.servers);
    this.#drainMessages = options.drain?.messages ?? 65536;
    this.#drainMs = options.drain?.ms ?? 10;
    this.ring = new Ring(
      compiled.channels.length,
      options.ringBytes ?? (options.capture ? CAPTURE_RING_BYTES : LIVE_RING_BYTES),
    );
    if (options.stamps) this.ring.stages = new StageHistograms();
    const bounds = options.events || options.books;
    this.#gives = options.events ? 'events' : 'messages';
    this.kept = bounds ? new KeptBooks(this.ring, this.decoder, bounds === true ? {} : bounds) : undefined;
    this.#sink = {
      notice: (notice) => {
        publish('notice', { feed: this, notice });
        if (options.logger !== undefined) {
          const foreign = notice.type === 'elsewhere' ? this.describe().foreign : [];
          log(options.logger, notice, this.channels[notice.channel], foreign);
        }
        this.emit('notice', notice);
        this.emit(notice.type, notice);
      },
      unknown: (bytes, at) => {
        this.emit('unknown', bytes, at);
      },
    };
    (this as unknown as EventEmitter).on('newListener', checkEvent);
    this.#logger = options.logger;
    options.signal?.throwIfAborted();
    const { transports } = compiled;
    if (Object.keys({ ...transports.lines, ...transports.servers }).length > 0) {
      this.#external = new ExternalConnections(
        venue,
        compiled,
        transports,
        (error) => this.#fail(error),
        (error, target) => this.tell(error, target),
      );
    }
    this.#native = this.#open(compiled, nativeSource(compiled, options, this.#external), options.wake === 'poll');
    this.#name = venue.name;
    this.#unlisten = this.#closeOn(options.signal);
    publish('open', { feed: this });
  }
  readonly #name: string;
  readonly #unlisten: () => void;

  /** Closes the feed with the signal; returns what forgets it. */
  #closeOn(signal: AbortSignal | undefined): () => void {
    const abort = (): void => this.close();
    signal?.addEventListener('abort', abort, { once: true });
    return () => signal?.removeEventListener('abort', abort);
  }

  #fail(error: VenuewireError): void {
    this.#failed ??= error;
    this.close();
  }
  /** @internal A person has something to mend. */
  tell(error: VenuewireError, target: TransportTarget): void {
    const logger = this.#logger;
    if (logger !== undefined && this.#told !== error.message) logConnectionError(logger, error, target.name);
    this.#told = error.message;
    this.emit('connectionError', error, target);
  }
  readonly #logger: FeedLogger | undefined;
  /** The text of the last connection error. */
  #told: string | undefined;

  #open(compiled: CompiledVenue, source: NativeSource, quiet: boolean): NativeFeed {
    const { ring } = this;
    try {
      return new (native().Feed)(
        compiled.spec,
        ring.bytes,
        ring.dataAt,
        ring.dataBytes,
        source,
        quiet ? null : () => this.#onBell(),
      );
    } catch (cause) {
      this.#external?.end();
      throw cause instanceof VenuewireError ? cause : nativeError(cause);
    }
  }

  /** @internal */
  dispatcher(handlers: FeedHandlers<D>, sink: BatchSink = this.#sink): Dispatcher {
    let bySink = this.#dispatchers.get(handlers);
    if (!bySink) {
      checkHandlers(handlers, this.decoder);
      bySink = new WeakMap();
      this.#dispatchers.set(handlers, bySink);
    }
    let made = bySink.get(sink);
    if (!made) {
      made = new Dispatcher(this.ring, this.decoder, handlers as Readonly<Record<string, unknown>>, sink);
      bySink.set(sink, made);
    }
    return made;
  }
  readonly #dispatchers = new WeakMap<object, WeakMap<BatchSink, Dispatcher>>();

  /** @internal */
  readEvents(from: number, to: number, handlers: EventHandlers, sink: BatchSink): void {
    this.takeEvents(from, to, this.#eventDispatcher(handlers, sink));
  }
  /** @internal */
  takeEvents(from: number, to: number, taker: EventTaker): void {
    if (this.kept === undefined || this.#gives !== 'events') {
      throw new VenuewireError(
        'VW_EVENTS',
        'This feed was opened without events',
        "Open it with { events: true }, or take a batch's events with openBooks(feed).takeEvents.",
      );
    }
    this.kept.take(from, to, taker);
  }
  #eventDispatcher(handlers: EventHandlers, sink: BatchSink): EventDispatcher {
    let bySink = this.#eventDispatchers.get(handlers);
    if (!bySink) {
      checkEventHandlers(handlers);
      bySink = new WeakMap();
      this.#eventDispatchers.set(handlers, bySink);
    }
    let made = bySink.get(sink);
    if (!made) {
      made = new EventDispatcher(this.ring, handlers, sink);
      bySink.set(sink, made);
    }
    return made;
  }
  readonly #eventDispatchers = new WeakMap<object, WeakMap<BatchSink, EventDispatcher>>();

  /** What reads [from, to) for `run` and `poll`: messages or events, and books before messages. */
  #reader(handlers: H): (from: number, to: number) => number {
    const { kept, ring } = this;
    if (this.#gives === 'events') {
      const dispatcher = this.#eventDispatcher(handlers as EventHandlers, this.#sink);
      return (from, to) => {
        const before = ring.handed;
        try {
          (kept as KeptBooks).take(from, to, dispatcher);
        } finally {
          ring.endReading(0);
        }
        const messages = ring.handed - before;
        ring.tail = to;
        return messages;
      };
    }
    const dispatcher = this.dispatcher(handlers as FeedHandlers<D>);
    if (kept === undefined) return (from, to) => read(ring, from, to, dispatcher, true);
    return (from, to) => {
      kept.take(from, to);
      return read(ring, from, to, dispatcher, true);
    };
  }

  /** @internal */
  columnReader<C extends object>(spec: C): ColumnReader<C> {
    let made = this.#columns.get(spec) as ColumnReader<C> | undefined;
    if (!made) {
      made = new ColumnReader(this.ring, this.decoder, spec);
      this.#columns.set(spec, made);
    }
    return made;
  }
  readonly #columns = new WeakMap<object, ColumnReader<unknown>>();
  /** @internal */
  eventColumnReader(names: readonly string[]): EventColumnReader {
    let made = this.#eventColumns.get(names);
    if (!made) {
      made = new EventColumnReader(names);
      this.#eventColumns.set(names, made);
    }
    return made;
  }
  readonly #eventColumns = new WeakMap<readonly string[], EventColumnReader>();

  #start(): void {
    if (this.#started || this.#closed) return;
    this.#started = true;
    try {
      this.#native.start();
    } catch (cause) {
      this.close();
      throw nativeError(cause);
    }
  }

  /** One reader, in one way: two would each miss what the other has read. */
  #readBy(way: 'run' | 'for await' | 'poll'): void {
    if (this.#way !== undefined && !(way === 'poll' && this.#way === 'poll')) {
      throw new VenuewireError(
        'VW_FEED_BUSY',
        `This feed is read by ${this.#way} already; ${way} would take messages from it`,
        remedyOf('VW_FEED_BUSY'),
      );
    }
    this.#way = way;
  }
  #way: 'run' | 'for await' | 'poll' | undefined;

  #onBell(): void {
    this.ring.lowerBell();
    const wake = this.#wake;
    if (wake) wake();
  }

  /** The source is over and everything it gave has been read. Closes the feed. */
  #finished(): boolean {
    if (this.#closed) return true;
    const state = this.ring.state;
    if (state === 'running' || this.ring.head !== this.ring.tail) return false;
    if (state === 'failed') {
      this.#failed = nativeError(this.#native.failure());
    }
    this.close();
    return true;
  }

  #drain(reader: (from: number, to: number) => number): boolean {
    const { ring } = this;
    const until = performance.now() + this.#drainMs;
    let left = this.#drainMessages;
    for (;;) {
      const tail = ring.tail;
      const head = ring.head;
      if (head === tail) return true;
      const n = reader(tail, head);
      if (this.#closed) return true;
      left -= n;
      if (left <= 0 || performance.now() > until) return ring.head === head;
    }
  }

  /**
   * Calls a handler for each message until the source ends or the feed is closed. `message` and `at` are reused: copy
   * what you keep (`message.toObject()`). A handler that throws ends the feed and rejects.
   * @throws VenuewireError with the code of what failed (`VW_LINE_OPEN`, `VW_CAPTURE_OPEN`, …); `VW_FEED_BUSY` when it is
   * being read already, `VW_HANDLER` for a handler of no message.
   */
  async run(handlers: H = {} as H): Promise<FeedSummary> {
    const reader = this.#reader(handlers);
    this.#readBy('run');
    this.#start();
    await new Promise<void>((resolve, reject) => {
      const turn = () => {
        // A turn asked for before the feed was closed: there is nothing to read any more.
        if (this.#closed) return resolve();
        try {
          const empty = this.#drain(reader);
          if (this.#finished()) resolve();
          else if (!empty) setImmediate(turn);
        } catch (error) {
          reject(error);
          this.close();
        }
      };
      this.#wake = turn;
      this.#onClose = resolve;
      this.#watch(turn);
      turn();
    });
    if (this.#failed) throw this.#failed;
    return { messages: this.messages, statistics: this.statistics() };
  }
  #onClose: (() => void) | undefined;

  /**
   * Looks now and then without having been woken: a wake-up that is lost because another thread has written into the ring
   * must not leave a reader waiting for ever.
   */
  #watch(look: () => void): void {
    this.#watcher = setInterval(() => {
      const failure = this.#native.failure();
      if (failure !== null) this.#failed ??= nativeError(failure);
      if (failure !== null && this.ring.head === this.ring.tail) this.close();
      else look();
    }, WATCH_MS).unref();
  }
  #watcher: NodeJS.Timeout | undefined;

  /**
   * Reads what there is, without waiting and without any wake-up. Returns the messages read; −1 once the source has
   * ended and everything is read, or the feed is closed. Handlers are prepared once: pass the same object each time.
   */
  poll(handlers: H): number {
    if (this.#pollHandlers !== handlers) {
      this.#pollReader = this.#reader(handlers);
      this.#pollHandlers = handlers;
      this.#readBy('poll');
      this.#start();
    }
    if (this.#closed) {
      if (this.#failed) throw this.#failed;
      return -1;
    }
    const { ring } = this;
    // A handler that polls would be given again what is being read.
    if (ring.reading !== undefined) {
      throw new VenuewireError('VW_FEED_BUSY', 'poll was called by a handler of this feed', remedyOf('VW_FEED_BUSY'));
    }
    const tail = ring.tail;
    const head = ring.head;
    if (head === tail) {
      if (!this.#finished()) return 0;
      if (this.#failed) throw this.#failed;
      return -1;
    }
    return this.#pollReader(tail, head);
  }
  #pollHandlers: unknown;
  #pollReader: (from: number, to: number) => number = () => 0;

  /** Blocks this thread until there is something to `poll`, or the time is over. For workers. */
  wait(timeoutMs: number): boolean {
    this.#start();
    return this.#native.wait(timeoutMs);
  }

  /** Batch by batch: each is valid until the next is asked for. */
  async *[Symbol.asyncIterator](): AsyncIterator<Batch<D>> {
    this.#readBy('for await');
    this.#start();
    const nothing = {} as FeedHandlers<D>;
    const { notice } = this.#sink;
    const notices: BatchSink = notice === undefined ? NOTHING : { notice };
    let until = performance.now() + this.#drainMs;
    this.#watch(() => this.#wake?.());
    try {
      for (;;) {
        if (performance.now() > until) {
          // A source that never pauses must not keep timers and sockets from their turn.
          await new Promise<void>((resolve) => setImmediate(resolve));
          until = performance.now() + this.#drainMs;
          if (this.#closed) break;
        }
        const tail = this.ring.tail;
        const head = this.ring.head;
        if (head !== tail) {
          const batch = new Batch(this as unknown as Feed<D>, tail, head);
          if (this.kept !== undefined && this.#gives === 'messages') this.kept.take(tail, head);
          yield batch;
          if (this.#closed) break;
          if (this.#gives === 'events' && !batch.taken) this.kept?.take(tail, head);
          // Where nobody hears of unknown messages, only notices are looked for.
          if (!batch.told) batch.read(nothing, this.listenerCount('unknown') === 0 ? notices : this.#sink);
          this.ring.tail = head;
          continue;
        }
        if (this.#finished()) break;
        await new Promise<void>((resolve) => {
          this.#wake = this.#onClose = resolve;
          // Published between the look and the promise.
          if (this.ring.head !== head || this.ring.state !== 'running') resolve();
        });
      }
    } finally {
      this.close();
    }
    if (this.#failed) throw this.#failed;
  }

  /**
   * Messages as plain objects that stay, one by one; `names`: only these. For services that take their time: it makes an
   * object for each message, where `run` makes none.
   */
  async *objects(names: readonly (keyof D['messages'] & string)[] = this.decoder.names): AsyncGenerator<FeedObject<D>> {
    const { decoder } = this;
    const found: FeedObject<D>[] = [];
    const handlers = Object.fromEntries(
      names.map((message) => [
        message,
        (view: View, at: Position) =>
          found.push(withJson({ message, fields: view.toObject(), at: at.toObject() }) as unknown as FeedObject<D>),
      ]),
    ) as unknown as FeedHandlers<D>;
    checkHandlers(handlers, decoder);
    for await (const batch of this) {
      found.length = 0;
      batch.read(handlers);
      yield* found;
    }
  }

  /** `objects` as a readable stream in object mode: `feed.stream().pipe(…)`, with its back-pressure. */
  stream(
    options: { readonly messages?: readonly (keyof D['messages'] & string)[]; readonly highWaterMark?: number } = {},
  ): Readable {
    const { messages, highWaterMark } = options;
    return Readable.from(this.objects(messages), {
      objectMode: true,
      highWaterMark: highWaterMark ?? STREAMED_OBJECTS,
    });
  }

  /** Calls `listener` with each such event, in order with the messages around it. @throws VenuewireError `VW_EVENT` for a name that a feed never emits. */
  override on<N extends keyof FeedEvents>(name: N, listener: (...event: FeedEvents[N]) => void): this {
    return super.on(name, listener as never);
  }
  /** As `on`, for the next one alone. */
  override once<N extends keyof FeedEvents>(name: N, listener: (...event: FeedEvents[N]) => void): this {
    return super.once(name, listener as never);
  }
  /** Ends what `on` began. */
  override off<N extends keyof FeedEvents>(name: N, listener: (...event: FeedEvents[N]) => void): this {
    return super.off(name, listener as never);
  }

  /** Messages handed to the reader so far, in a handler with the one that is being handled. */
  get messages(): number {
    return this.ring.handed;
  }
  get closed(): boolean {
    return this.#closed;
  }
  /** Name of the venue. */
  get venue(): string {
    return this.#name;
  }
  /**
   * How long what was received took from stage to stage so far, in nanoseconds, for a feed that was opened with `stamps`.
   * @throws VenuewireError `VW_OPTION` for one that was not.
   */
  stages(): StageSummary {
    const { stages } = this.ring;
    if (stages !== undefined) return stages.summary();
    throw new VenuewireError('VW_OPTION', 'This feed was opened without stamps', 'Open it with { stamps: true }.');
  }
  /** Counters of the feed and of each channel, the ledger, and what became of the messages. */
  statistics(): FeedStatistics {
    return statistics(this.ring);
  }
  /**
   * How each interface's datagrams are received: the backend, what `auto` tried, what refused it, and what to do about it.
   * Empty until the lines have been opened, and for captures.
   */
  get receive(): readonly ReceiveDecision[] {
    return this.#native.describe().receive;
  }
  /** What the sockets were granted. */
  describe(): ReturnType<NativeFeed['describe']> {
    return this.#native.describe();
  }
  /**
   * Stops the feed thread, leaves the groups, ends recovery connections. Idempotent; also ends `run` and iteration. Called
   * by a handler, it is the last call: the rest of what is being read is not delivered. `statistics().reader` says how many
   * messages were handed over, and how many were left unread.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#watcher);
    this.ring.close();
    this.#native.close();
    this.#unlisten();
    publish('close', { feed: this });
    this.#external?.end();
    this.#onClose?.();
  }
  [Symbol.dispose](): void {
    this.close();
  }
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  /** What it is and how it is, without its memory. */
  toJSON(): Record<string, unknown> {
    const { channels, lines, requesters, closed, messages } = this;
    return {
      venue: this.#name,
      decoder: this.decoder.id,
      channels,
      lines,
      requesters,
      closed,
      messages,
      ledger: this.statistics().ledger,
    };
  }
  /** What `console.log` prints. */
  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: object,
    inspect: (v: unknown, o: object) => string,
  ): string {
    return `Feed ${inspect(this.toJSON(), options)}`;
  }
}

const WATCH_MS = 1000;
/** Objects that a stream holds ready for a slow reader. */
const STREAMED_OBJECTS = 256;
const LIVE_RING_BYTES = 8 << 20;
const CAPTURE_RING_BYTES = 16 << 20;
