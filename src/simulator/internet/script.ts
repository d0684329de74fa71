/** What a simulated venue that sends text says, whatever it is connected by: true books, subscriptions, and what goes wrong. */
import { type Dialect, TrueBook } from './dialects.js';

/** One client, however it is connected. */
export interface VenueClient {
  /** Which connection it is, from 1 on. */
  readonly nth: number;
  readonly subscribed: Set<string>;
  readonly trades: Set<string>;
  /** It has subscribed to something. */
  ready?: boolean;
  send(text: string): void;
  /** As a WebSocket is closed. */
  close(code: number, why: string): void;
  /** Ends it without a word. */
  drop(): void;
  /** Begins a message, and ends in the midst of it. */
  cut(): void;
}

/** How a connection is answered instead of being taken. */
export interface Refusal {
  readonly status: number;
  readonly retryAfterS?: number;
}

/** A script may change a message, or swallow it (undefined). */
export type Mangle = (text: string, client: VenueClient, symbol: string) => string | undefined;

interface Said<C> {
  readonly client: C;
  readonly text: string;
  readonly symbol: string;
  readonly mark: unknown;
}

export class ScriptedVenue<C extends VenueClient = VenueClient> {
  readonly books = new Map<string, TrueBook>();
  readonly clients = new Set<C>();
  readonly heard: string[] = [];
  connections = 0;
  /** So many ticks more nothing changes, and nothing is said. */
  stillTicks = 0;
  /** So many ticks more what is said is held back; then it comes at once. */
  slowTicks = 0;
  mangle: Mangle = (text) => text;
  /** The next connections are answered so. */
  refusals: Refusal[] = [];
  /** By so much the venue's clock is ahead of ours. */
  skewMs = 0;
  /** The token that lets a client in; undefined: it needs none. */
  token: string | undefined;
  /** The one that is given out; it may be older than that. */
  issued: string | undefined;
  /** Brings a new one to where the client reads it. */
  renew: (token: string) => void = () => {};
  #heldBack: Said<C>[] = [];

  constructor(
    readonly dialect: Dialect,
    symbols: readonly string[],
    readonly seed = 7,
    readonly nowMs: () => number = Date.now,
  ) {
    const { depth = Number.POSITIVE_INFINITY } = dialect;
    for (const symbol of symbols) this.books.set(symbol, new TrueBook(symbol, depth, seed));
  }

  /** Called with each client; tests have their own. */
  onClient(_client: C): void {}

  /** A client is there. `opened`: what it asked for by connecting, where that is a request. */
  take(client: C, opened?: string): void {
    this.clients.add(client);
    this.onClient(client);
    const { greeting, asked } = this.dialect;
    if (greeting !== undefined) this.say(client, greeting());
    if (opened === undefined || asked === undefined) return;
    for (const symbol of asked(opened)) this.#subscribe(client, symbol);
  }
  gone(client: C): void {
    this.clients.delete(client);
  }

  /** What a client has said. */
  hear(client: C, text: string): void {
    this.heard.push(text);
    const { dialect } = this;
    if (dialect.words?.(text) === true) return;
    const message = dialect.parse?.(text) ?? (JSON.parse(text) as Record<string, unknown>);
    const token = dialect.tokenOf?.(message);
    if (token !== undefined && this.token !== undefined && token !== this.token) {
      this.say(client, dialect.refused?.(message) ?? '{}');
      return;
    }
    for (const symbol of dialect.subscribedToTrades?.(message) ?? []) client.trades.add(symbol);
    const { on, symbols } = dialect.subscribed(message) ?? { on: false, symbols: [] };
    const books = symbols.flatMap((symbol) => this.books.get(symbol) ?? []);
    this.#time();
    if (on) client.ready = true;
    const whole = on ? dialect.resumed?.(message, books) : undefined;
    for (const { symbol } of books) {
      const answer = dialect.answer?.(message, symbol);
      if (answer !== undefined) this.say(client, answer, symbol);
      if (!on) client.subscribed.delete(symbol);
      else if (whole === undefined) this.#subscribe(client, symbol);
      else client.subscribed.add(symbol);
    }
    if (whole !== undefined) this.say(client, whole, ...books.map(({ symbol }) => symbol));
  }

  #subscribe(client: C, symbol: string): void {
    const book = this.books.get(symbol);
    if (book === undefined) return;
    client.subscribed.add(symbol);
    client.ready = true;
    this.#time();
    const image = this.dialect.image(book, client.nth);
    if (image !== undefined) this.say(client, image, symbol);
  }

  #time(): void {
    for (const book of this.books.values()) book.timeMs = this.nowMs() + this.skewMs;
  }

  /** `symbols`: whose books it tells of; '' of none: it is nobody's. */
  say(client: C, text: string, ...symbols: readonly string[]): void {
    const said = { client, text, symbol: symbols[0] ?? '', mark: this.mark(symbols) };
    if (this.slowTicks > 0) this.#heldBack.push(said);
    else this.#say(said);
  }
  #say({ client, text, symbol, mark }: Said<C>): void {
    const numbered = this.dialect.numbered?.(text, client) ?? text;
    const said = this.mangle(numbered, client, symbol);
    if (said !== undefined && this.clients.has(client)) this.sent(client, said, mark);
    else this.lost(client, mark);
  }
  /** What stands in the books that a message tells of, where somebody wants to know. */
  mark(_symbols: readonly string[]): unknown {
    return undefined;
  }
  /** It goes out. */
  sent(client: C, text: string, _mark: unknown): void {
    client.send(text);
  }
  /** It is lost on the way. */
  lost(_client: C, _mark: unknown): void {}

  /** Changes every book once, and tells those who have subscribed. */
  tick(): void {
    if (this.stillTicks > 0) {
      this.stillTicks--;
      return;
    }
    this.#time();
    for (const [symbol, book] of this.books) {
      const text = this.dialect.update(book, book.change(), [...this.books.values()]);
      for (const client of this.clients) if (client.subscribed.has(symbol)) this.say(client, text, symbol);
    }
    const idle = this.dialect.idle?.(this.nowMs() + this.skewMs);
    if (idle !== undefined) for (const client of this.clients) if (client.ready) this.say(client, idle);
    if (this.slowTicks === 0 || --this.slowTicks > 0) return;
    const all = this.#heldBack;
    this.#heldBack = [];
    for (const said of all) this.#say(said);
  }

  /** A trade of every instrument, told to those who have subscribed. */
  print(): void {
    for (const [symbol, book] of this.books) {
      const text = this.dialect.trade?.(book);
      if (text === undefined) continue;
      for (const client of this.clients) if (client.trades.has(symbol)) this.say(client, text, symbol);
    }
  }

  /** An image that is asked for by an address. */
  depth(url: string): string | undefined {
    const symbol = new URL(url, 'https://x').searchParams.get('symbol') ?? '';
    const book = this.books.get(symbol);
    if (book === undefined) return undefined;
    return JSON.stringify({ lastUpdateId: book.sequence, bids: book.levels('bids'), asks: book.levels('asks') });
  }
}
