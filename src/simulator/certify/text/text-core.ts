/** The native core as a feed of text has it, in virtual time: packets go in; books, notices and the ledger are looked at. */
import { type Books, openBooks } from '../../../books/index.js';
import { CHANNEL_COUNTERS, FEED_COUNTERS } from '../../../contract.js';
import { type BatchSink, type Dispatcher, Position, read } from '../../../feed/batch.js';
import { compileVenue } from '../../../feed/compile.js';
import type { Batch, Feed } from '../../../feed/feed.js';
import { Ring } from '../../../feed/ring.js';
import { CAPTURED_ADDRESS } from '../../../internet/packets.js';
import { withChannels } from '../../../internet/replay.js';
import { decimalText } from '../../../json/decimal.js';
import { type NativeSession, native } from '../../../native.js';
import { udpUnicast } from '../../../patterns/network.js';
import type { Venue } from '../../../patterns/venue.js';

const RING_BYTES = 1 << 20;
const SMALL = { packets: 1024, bytes: 4 << 20, holes: 256 };
const DEPTH = 1_000;
const NANOSECONDS = 1e6;
const INSTRUMENTS_MAX = 64;
const ORDERS_MAX = 1_024;

export class TextCore {
  readonly #ring: Ring;
  readonly #session: NativeSession;
  /** Undefined where messages make none. */
  readonly #books: Books | undefined;
  readonly #channels: number;
  readonly #dispatcher: Dispatcher;
  delivered = 0;
  /** Numbers that notices have named as given up. */
  named = 0;
  unbalanced = 0;
  readonly seen = new Set<string>();

  constructor(venue: Venue, instruments: readonly string[]) {
    const whole = withChannels(venue, udpUnicast(CAPTURED_ADDRESS), instruments);
    const compiled = compileVenue({ ...whole, window: { ...whole.window, ...SMALL } }, { capture: true });
    this.#channels = compiled.channels.length;
    this.#ring = new Ring(this.#channels, RING_BYTES);
    const { bytes, dataAt, dataBytes } = this.#ring;
    this.#session = new (native().Session)(compiled.spec, bytes, dataAt, dataBytes);
    const feed = { ring: this.#ring, decoder: compiled.decoder, kept: undefined } as unknown as Feed;
    const bounds = { depth: DEPTH, instrumentsMax: INSTRUMENTS_MAX, orders: ORDERS_MAX };
    this.#books = compiled.decoder.events === undefined ? undefined : openBooks(feed, bounds);
    const take = (): void => {
      this.delivered++;
    };
    const sink: BatchSink = {
      notice: (n) => {
        this.seen.add(`notice ${n.type}`);
        if (n.reason !== 'none') this.seen.add(`reason ${n.reason}`);
        if (n.type === 'gapAbandoned') this.named += Number(n.count);
      },
      unknown: take,
    };
    const table = compiled.decoder.names.map(() => take);
    this.#dispatcher = { table, position: new Position(), sink } as unknown as Dispatcher;
  }

  take(packets: Uint8Array, nowMs: number): void {
    this.#session.datagram(0, packets, nowMs * NANOSECONDS, nowMs * NANOSECONDS);
    this.service(nowMs);
  }

  service(nowMs: number): void {
    this.#session.service(nowMs * NANOSECONDS);
    if (!this.#session.ledgerBalances()) this.unbalanced++;
    const { head, tail } = this.#ring;
    if (head === tail) return;
    this.#books?.take({ from: tail, to: head } as Batch);
    read(this.#ring, tail, head, this.#dispatcher);
    this.#ring.tail = head;
  }

  isStale(symbol: string): boolean {
    return this.#books?.top(symbol).stale === true;
  }
  isEmpty(symbol: string): boolean {
    const { bid, ask } = this.#books?.top(symbol) ?? {};
    return bid === undefined && ask === undefined;
  }
  isThere(symbol: string): boolean {
    return (this.#books?.numberOf(symbol) ?? -1) >= 0;
  }

  /** Levels of a book as `BookState` has them, with so many digits. */
  levels(symbol: string, price: number, size: number): string {
    const side = (name: 'bid' | 'ask') =>
      (this.#books?.depth(symbol, name) ?? []).map((l) => [
        decimalText(l.price, -10, price),
        decimalText(l.size, -8, size),
      ]);
    return JSON.stringify([side('bid'), side('ask')]);
  }

  /** Sums over the channels. */
  finish(nowMs: number): { readonly expected: number; readonly inFlight: number; readonly abandoned: number } {
    this.#session.finish(nowMs * NANOSECONDS);
    this.service(nowMs);
    this.#session.updateGauges();
    const sum = (name: string): number => {
      const at = CHANNEL_COUNTERS.findIndex((c) => c.name === name);
      let all = 0;
      for (let c = 0; c < this.#channels; c++)
        all += Number(this.#ring.counter(FEED_COUNTERS.length + c * CHANNEL_COUNTERS.length + at));
      return all;
    };
    return { expected: sum('expected'), inFlight: sum('inFlight'), abandoned: sum('abandoned') };
  }
}
