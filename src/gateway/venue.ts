/** One feed behind a gateway: it is read here, and everything that clients ask of it is answered from here. */
import { randomUUID } from 'node:crypto';
import { type BookSideName, type Books, openBooks } from '../books/books.js';
import { InstrumentNames } from '../books/instruments.js';
import { EVENT_BYTES } from '../contract.js';
import { remedyOf, VenuewireError } from '../errors.js';
import { NO_EXPONENT } from '../events/compile.js';
import { EventView } from '../events/view.js';
import type { Notice } from '../feed/batch.js';
import { Feed } from '../feed/feed.js';
import { noticeText } from '../feed/telling.js';
import { type EventRoles, formatPrice } from '../layout/index.js';
import type { LogReader } from '../log/index.js';
import type { GatewayLimits } from './options.js';
import { LineRace } from './race.js';
import { LineWatch, stateOf } from './state.js';
import {
  DepthStream,
  noticesMessage,
  RecordStream,
  StateStream,
  type Stream,
  TopStream,
  tradesMessage,
} from './streams.js';
import { Tape } from './tape.js';
import type {
  StreamCategory,
  WireDepth,
  WireError,
  WireInstrument,
  WireLevel,
  WireNotice,
  WireState,
  WireTop,
} from './wire.js';

/** What a gateway reads: a feed that nobody else reads, live or of a capture, or an event log. */
export type GatewaySource = Feed | LogReader;

/** A state is made anew once it is so old. */
const STATE_MS = 250;
/** Streams that nobody has subscribed to are kept for so long, so that a client can come back. */
const LINGER_MS = 60_000;
const LINGER_MOST = 10_000;
const NOTHING = {};

export interface Followed {
  readonly stream: Stream;
  readonly instrument: number;
  readonly changed: Set<() => void>;
  /** When the last subscriber left. */
  leftMs: number;
}

const noticeOf = (notice: Notice, sequence: number, channel: string): WireNotice => ({
  ...{ sequence, type: notice.type, channel, reason: notice.reason },
  ...{ begin: String(notice.begin), end: String(notice.end), count: String(notice.count), time: String(notice.time) },
  text: noticeText(notice, channel),
});

export class GatewayVenue {
  readonly books: Books;
  readonly tape: Tape;
  readonly race: LineRace;
  readonly lines: LineWatch;
  status: WireState['status'] = 'running';
  failure: WireError | null = null;
  /** Resolves when the feed has ended, however. */
  readonly done: Promise<void>;
  readonly session = randomUUID();
  readonly #names: InstrumentNames;
  readonly #numbers = new Map<string, number>();
  #known = 0;
  readonly #exponents: number[] = [];
  readonly #ownScale: boolean;
  readonly #notices: WireNotice[] = [];
  #noticed = 0;
  #dirty = new Set<number>();
  #allDirty = true;
  readonly #followed = new Map<string, Followed>();
  readonly #ofInstrument = new Map<number, Set<Followed>>();
  #state: WireState | undefined;
  #stateMs = Number.NEGATIVE_INFINITY;
  readonly #event = new EventView();

  /** @throws VenuewireError `VW_BOOK_ROLES` for a table that gives no books. */
  constructor(
    readonly name: string,
    readonly source: GatewaySource,
    readonly limits: GatewayLimits,
  ) {
    this.books = openBooks(source as Feed, { depth: limits.levels });
    this.#names = new InstrumentNames(this.books);
    this.tape = new Tape(limits);
    this.race = new LineRace(source.channels.length);
    this.lines = new LineWatch();
    this.#ownScale = (source.decoder.events as EventRoles).priceExponent === 'instrument';
    if (source instanceof Feed) source.on('notice', (notice) => this.#notice(notice));
    this.done = this.#read().then(
      () => this.#end('ended'),
      (error) => this.#end('failed', error),
    );
  }

  async #read(): Promise<void> {
    const { source, books } = this;
    const sink = source instanceof Feed ? undefined : { notice: (notice: Notice) => this.#notice(notice) };
    const events = (records: Uint8Array, count: number): void => this.#events(records, count);
    for await (const batch of source) {
      if ('records' in batch && batch.records !== undefined)
        throw new VenuewireError('VW_LOG_EVENTS', `${this.name}: the log holds events`, remedyOf('VW_LOG_EVENTS'));
      this.race.take(source.ring, batch.from, batch.to);
      books.takeEvents(batch, events);
      if (sink !== undefined) batch.read(NOTHING, sink);
    }
  }

  #end(status: 'ended' | 'failed', error?: unknown): void {
    this.status = status;
    if (error !== undefined) {
      const { code, message, hint } =
        error instanceof VenuewireError ? error : { code: 'VW_INTERNAL', message: String(error), hint: '' };
      this.failure = { code, message, hint };
    }
    this.#allDirty = true;
    this.#stateMs = Number.NEGATIVE_INFINITY;
  }

  #events(records: Uint8Array, count: number): void {
    const view = new DataView(records.buffer, records.byteOffset, count * EVENT_BYTES);
    const event = this.#event;
    for (let i = 0; i < count; i++) {
      event.bind(view, i * EVENT_BYTES);
      const { instrument } = event;
      if (instrument >= this.books.instruments) {
        this.#allDirty = true;
        continue;
      }
      this.#dirty.add(instrument);
      if (this.#ownScale) this.#exponents[instrument] = event.priceExponent;
      const { kind } = event;
      if (kind === 'definition') this.#renamed(instrument);
      else if (kind === 'trade') {
        const { priceExponent, sizeExponent } = event;
        this.tape.add(event, { priceExponent: priceExponent === NO_EXPONENT ? 0 : priceExponent, sizeExponent });
      }
    }
  }

  #notice(notice: Notice): void {
    this.#noticed++;
    this.#notices.push(noticeOf(notice, this.#noticed, this.source.channels[notice.channel] ?? ''));
    if (this.#notices.length > this.limits.history) this.#notices.shift();
    this.#allDirty = true;
  }

  // ── instruments ──

  #renamed(number: number): void {
    this.#names.told(number);
    if (number < this.#known) this.#index(number);
  }
  #index(number: number): void {
    const { instrument, key } = this.instrument(number);
    if (!this.#numbers.has(key)) this.#numbers.set(key, number);
    this.#numbers.set(instrument, number);
  }
  #refresh(): void {
    for (; this.#known < this.books.instruments; this.#known++) this.#index(this.#known);
  }

  get instruments(): number {
    return this.books.instruments;
  }
  /** The number of an instrument by its symbol or key. */
  numberOf(instrument: string): number | undefined {
    this.#refresh();
    return this.#numbers.get(instrument);
  }
  instrument(number: number): WireInstrument {
    const { key, symbol, book } = this.#names.of(number);
    const suffix = book === 'real' ? '' : `:${book}`;
    const exponent = this.#ownScale ? (this.#exponents[number] ?? NO_EXPONENT) : this.books.priceExponent;
    return {
      instrument: `${symbol || key}${suffix}`,
      key: `${key}${suffix}`,
      symbol,
      book,
      priceExponent: exponent === NO_EXPONENT ? null : exponent,
    };
  }

  // ── books ──

  #level = (exponent: number, { price, size, orders }: { price: bigint; size: bigint; orders: number }): WireLevel => [
    formatPrice(price, exponent),
    formatPrice(size, this.books.sizeExponent),
    orders,
  ];
  #exponentOf(number: number): number {
    if (!this.#ownScale) return this.books.priceExponent;
    const exponent = this.#exponents[number] ?? NO_EXPONENT;
    return exponent === NO_EXPONENT ? 0 : exponent;
  }

  top(number: number): WireTop {
    const { bid, ask, stale, crossed } = this.books.top({ number });
    const exponent = this.#exponentOf(number);
    const level = (of: typeof bid): WireLevel | null => (of === undefined ? null : this.#level(exponent, of));
    return { bid: level(bid), ask: level(ask), stale, crossed };
  }
  depth(number: number, levels: number): WireDepth {
    const exponent = this.#exponentOf(number);
    const side = (name: BookSideName): WireLevel[] =>
      this.books.depth({ number }, name, levels).map((level) => this.#level(exponent, level));
    const { stale, crossed } = this.books.top({ number });
    return { bids: side('bid'), asks: side('ask'), stale, crossed };
  }

  // ── state and notices ──

  notices(after: number): readonly WireNotice[] {
    const first = this.#notices[0]?.sequence ?? 0;
    return this.#notices.slice(Math.max(0, after + 1 - first));
  }
  state(nowMs = performance.now()): WireState {
    if (this.#state === undefined || nowMs - this.#stateMs >= STATE_MS) {
      this.#state = stateOf(this, nowMs);
      this.#stateMs = nowMs;
    }
    return this.#state;
  }

  // ── streams ──

  #make(category: StreamCategory, number: number, levels: number): Stream {
    const records = <T extends { readonly sequence: number }>(of: {
      sequence(): number;
      after(at: number): readonly T[];
    }) => ({
      session: this.session,
      ...of,
    });
    switch (category) {
      case 'top':
        return new TopStream({ top: () => this.top(number) });
      case 'depth':
        return new DepthStream({ depth: (most) => this.depth(number, most) }, levels, this.limits.history);
      case 'trades': {
        const sequence = (): number => this.tape.sequence(number);
        const after = (at: number) => this.tape.trades(number, this.limits.trades, at);
        return new RecordStream(records({ sequence, after }), tradesMessage);
      }
      case 'notices':
        return new RecordStream(
          records({ sequence: () => this.#noticed, after: (at) => this.notices(at) }),
          noticesMessage,
        );
      case 'state':
        return new StateStream(() => this.state());
    }
  }

  /** Follows a stream; `changed` is called when it has something new. */
  follow(category: StreamCategory, number: number, levels: number, changed: () => void): Followed {
    const key = `${category} ${number} ${category === 'depth' ? levels : ''}`;
    let followed = this.#followed.get(key);
    if (followed === undefined) {
      const stream = this.#make(category, number, levels);
      stream.look();
      followed = { stream, instrument: number, changed: new Set(), leftMs: 0 };
      this.#followed.set(key, followed);
      const of = this.#ofInstrument.get(number) ?? new Set();
      this.#ofInstrument.set(number, of.add(followed));
    }
    followed.changed.add(changed);
    return followed;
  }
  unfollow(followed: Followed, changed: () => void, nowMs: number): void {
    followed.changed.delete(changed);
    followed.leftMs = nowMs;
  }
  get streams(): number {
    return this.#followed.size;
  }

  /** Looks at what may have changed, and tells whoever follows it. */
  look(nowMs: number): void {
    const look = (of: Followed): void => {
      if (of.stream.look()) for (const changed of of.changed) changed();
    };
    if (this.#allDirty) for (const of of this.#followed.values()) look(of);
    else {
      for (const number of this.#dirty) for (const of of this.#ofInstrument.get(number) ?? []) look(of);
      if (nowMs - this.#stateMs >= STATE_MS) for (const of of this.#ofInstrument.get(NO_INSTRUMENT) ?? []) look(of);
    }
    this.#allDirty = false;
    this.#dirty.clear();
  }

  /** Forgets streams that nobody has followed for a while. */
  forget(nowMs: number): void {
    let idle = 0;
    for (const [key, followed] of this.#followed) {
      if (followed.changed.size > 0) continue;
      if (nowMs - followed.leftMs < LINGER_MS && ++idle <= LINGER_MOST) continue;
      this.#followed.delete(key);
      this.#ofInstrument.get(followed.instrument)?.delete(followed);
    }
  }
}

/** Of streams of the venue itself. */
export const NO_INSTRUMENT = -1;
