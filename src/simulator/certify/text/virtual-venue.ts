/** A scripted venue and the way to it, in virtual time: nothing is opened. */
import type { Means } from '../../../internet/live.js';
import { statusEnd, Unanswered } from '../../../transports/http.js';
import type { MessageConnection, MessageEvents, MessagesEnd, MessageTarget } from '../../../transports/messages.js';
import { closeEnd } from '../../../transports/websocket.js';
import type { Dialect } from '../../internet/dialects.js';
import { ScriptedVenue, type VenueClient } from '../../internet/script.js';
import type { Random } from '../../random.js';
import type { VirtualClock } from './virtual-clock.js';

/** One way, and how much longer it may take. */
const WAY_MS = 1;
const LONGER_MS = 4;
const UNAUTHORIZED = 401;
const SHUT = 1006;

/** What a book was when a message that tells of it was made. */
export interface BookState {
  readonly sequence: number;
  readonly levels: string;
}
export type Marks = ReadonlyMap<string, BookState>;

/** Hears of each message that arrives, or that would have. */
export interface Witness {
  arrived(marks: Marks): void;
  lost(marks: Marks): void;
}

/** One connection: what is said arrives in order. */
class Connection implements VenueClient, MessageConnection {
  readonly subscribed = new Set<string>();
  readonly trades = new Set<string>();
  ready = false;
  #isOver = false;
  #isClosed = false;
  #toUsMs = 0;
  #toVenueMs = 0;

  constructor(
    readonly venue: VirtualVenue,
    readonly nth: number,
    readonly target: MessageTarget,
    readonly events: MessageEvents,
  ) {}

  /** Something on its way to us. */
  #come(then: () => void): void {
    const { clock } = this.venue;
    this.#toUsMs = Math.max(this.#toUsMs, clock.now() + this.venue.wayMs());
    clock.at(this.#toUsMs, () => {
      if (!this.#isOver) then();
    });
  }
  #go(then: () => void): void {
    const { clock } = this.venue;
    this.#toVenueMs = Math.max(this.#toVenueMs, clock.now() + this.venue.wayMs());
    clock.at(this.#toVenueMs, () => {
      if (!this.#isClosed) then();
    });
  }

  begin(): void {
    this.#go(() => {
      const end = this.venue.admits(this.target);
      if (end !== undefined) {
        this.#end(() => end);
        return;
      }
      this.#come(() => this.events.open());
      this.venue.take(this, this.target.url);
    });
  }

  // The venue's side.
  /** With what stands in the books that it tells of. */
  tell(text: string, marks: Marks): void {
    this.#come(() => {
      this.events.message(text);
      // The packets of what came together are handed on first.
      this.venue.clock.soon(() => this.venue.witness.arrived(marks));
    });
  }
  lose(marks: Marks): void {
    this.#come(() => this.venue.witness.lost(marks));
  }
  send(text: string): void {
    // Called by our side: the venue says things by `tell`.
    this.#go(() => this.venue.hear(this, text));
  }
  close(code?: number, why = ''): void {
    if (code === undefined) {
      this.#isOver = true;
      this.#go(() => this.#leave());
    } else this.#end(() => (this.venue.isSocket ? closeEnd(this.target.where, code, why) : PEACE));
  }
  drop(): void {
    this.close(SHUT);
  }
  cut(): void {
    this.close(SHUT);
  }
  #leave(): void {
    this.#isClosed = true;
    this.venue.gone(this);
  }
  #end(end: () => MessagesEnd): void {
    this.#leave();
    this.#come(() => {
      this.#isOver = true;
      this.events.closed(end());
    });
  }

  // Ours.
  pause(): void {}
  resume(): void {}
}
const PEACE: MessagesEnd = { reason: 'connectionClosed' };

/** What a venue may be connected by. */
export type Way = 'websocket' | 'httpsStream' | 'tls';

export class VirtualVenue extends ScriptedVenue<Connection> {
  /** Times at which somebody tried to connect. */
  readonly attempts: number[] = [];
  /** Nobody should try before. */
  restUntilMs = 0;
  /** Attempts within a rest that was asked for. */
  impatient = 0;
  asked = 0;
  readonly wayMs: () => number;

  constructor(
    dialect: Dialect,
    symbols: readonly string[],
    seed: number,
    readonly clock: VirtualClock,
    readonly witness: Witness,
    readonly way: Way,
    random: Random,
  ) {
    super(dialect, symbols, seed, clock.now);
    this.wayMs = () => WAY_MS + random.below(LONGER_MS);
  }
  get isSocket(): boolean {
    return this.way === 'websocket';
  }

  readonly means: Means = {
    clock: this.clock,
    connect: (target, events) => {
      const connection = new Connection(this, ++this.connections, target, events);
      connection.begin();
      return connection;
    },
    ask: ({ url, where, signal, method }, then) => {
      this.asked++;
      if (method === 'POST') {
        const text = this.dialect.session?.(this.issued ?? '') ?? '{}';
        this.clock.after(this.wayMs(), () => signal?.aborted !== true && then({ text }));
        return;
      }
      this.clock.after(this.wayMs(), () => {
        const text = this.depth(url);
        const symbol = new URL(url).searchParams.get('symbol') ?? '';
        const marks = this.mark([symbol]);
        this.clock.after(this.wayMs(), () => {
          if (signal?.aborted === true) return;
          then(text === undefined ? new Unanswered(statusEnd(where, NOT_FOUND, undefined)) : { text });
          this.clock.soon(() => this.witness.arrived(marks));
        });
      });
    },
  };

  /** How a connection is refused; undefined: it is taken. */
  admits({ where, headers }: MessageTarget): MessagesEnd | undefined {
    const now = this.clock.now();
    this.attempts.push(now);
    if (now < this.restUntilMs) this.impatient++;
    const refusal = this.refusals.shift();
    const bearer = headers.Authorization;
    const isStranger = bearer !== undefined && this.token !== undefined && !bearer.endsWith(this.token);
    const status = refusal?.status ?? (isStranger ? UNAUTHORIZED : undefined);
    if (status === undefined) return undefined;
    const rest = refusal?.retryAfterS;
    if (this.way === 'tls') return { reason: 'connectionRefused' };
    if (rest !== undefined) this.restUntilMs = now + rest * SECOND_MS;
    return statusEnd(where, status, rest === undefined ? undefined : String(rest));
  }

  override mark(symbols: readonly string[]): Marks {
    const states = symbols.flatMap((symbol): [string, BookState][] => {
      const book = this.books.get(symbol);
      return book === undefined ? [] : [[symbol, stateOf(book)]];
    });
    return new Map(states);
  }
  override sent(client: Connection, text: string, marks: unknown): void {
    client.tell(text, marks as Marks);
  }
  override lost(client: Connection, marks: unknown): void {
    client.lose(marks as Marks);
  }
}
const NOT_FOUND = 404;
const SECOND_MS = 1000;

/** As levels are written: price and size of bids, then of asks. */
export const stateOf = (book: { readonly sequence: number; levels(side: 'bids' | 'asks'): unknown }): BookState => ({
  sequence: book.sequence,
  levels: JSON.stringify([book.levels('bids'), book.levels('asks')]),
});
