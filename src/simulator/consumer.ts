import { type AnyDecoder, type BatchSink, Dispatcher, type Notice, type Position, read } from '../feed/batch.js';
import type { Ring } from '../feed/ring.js';
import type { View } from '../layout/index.js';
import { StreamDigest } from './digest.js';
import { ItchBook } from './itch-book.js';

/** Messages [begin, end). */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/**
 * A consumer that trusts nobody: it digests what the ring delivers, checks that numbers rise, keeps every notice, and
 * builds the book from snapshots and messages.
 */
export class CheckingConsumer {
  readonly digest = new StreamDigest();
  readonly notices: Notice[] = [];
  /** Sequenced messages, by where they came from. */
  live = 0;
  recovered = 0;
  snapshotMessages = 0;
  unsequenced = 0;
  /** Messages whose number did not rise. */
  disorder = 0;
  /** Number of the first sequenced message, and one past the last. */
  first = 0;
  next = 0;
  /** What was left out between two messages. */
  readonly skipped: Range[] = [];
  /** The book that the stream made, when asked for; a snapshot that has come to its end replaces it. */
  book: ItchBook | undefined;
  #pending: ItchBook | undefined;
  readonly #dispatcher: Dispatcher;
  readonly #bytes: Uint8Array;

  constructor(
    readonly ring: Ring,
    decoder: AnyDecoder,
    options: { readonly book?: boolean } = {},
  ) {
    const { view } = ring;
    this.#bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    if (options.book) this.book = new ItchBook();
    const take = (message: View, at: Position): void => this.#take(message.$at, message.$length, at);
    const handlers = Object.fromEntries(decoder.names.map((name: string) => [name, take]));
    const sink: BatchSink = {
      notice: (n) => {
        this.notices.push(n);
        if (n.type === 'snapshotStarted') this.#pending = new ItchBook();
        if (n.type === 'snapshotEnded' && this.book && this.#pending) this.book = this.#pending;
        if (n.type === 'snapshotEnded' || n.type === 'snapshotFailed') this.#pending = undefined;
      },
      unknown: (bytes, at) => this.#take(bytes.byteOffset - view.byteOffset, bytes.byteLength, at),
    };
    this.#dispatcher = new Dispatcher(ring, decoder, handlers, sink);
  }

  #take(at: number, length: number, position: Position): void {
    const book = position.origin === 'snapshot' ? this.#pending : this.book;
    if (this.book && book) book.apply(this.#bytes.slice(at, at + length));
    if (position.origin === 'snapshot') {
      this.snapshotMessages++;
      return;
    }
    if (!position.sequenced) {
      this.unsequenced++;
      return;
    }
    if (position.origin === 'live') this.live++;
    else this.recovered++;
    const s = position.sequence;
    if (this.digest.count === 0) this.first = s;
    else if (s < this.next) this.disorder++;
    else if (s > this.next) this.skipped.push({ begin: this.next, end: s });
    this.next = s + 1;
    this.digest.add(s, this.#bytes, at, length);
  }

  /** Reads everything that has been published and gives its room back. */
  drain(): void {
    const { ring } = this;
    const to = ring.head;
    const from = ring.tail;
    if (from === to) return;
    read(ring, from, to, this.#dispatcher);
    ring.tail = to;
  }

  of(type: Notice['type']): Notice[] {
    return this.notices.filter((n) => n.type === type);
  }
}
