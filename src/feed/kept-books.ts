/** Order books that are kept natively from what a feed delivers, and the events that they give. One call takes a batch. */
import { BOOK_TOP_BYTES, EVENT_BYTES } from '../contract.js';
import { remedyOf, VenuewireError } from '../errors.js';
import { type BookBounds, compileEvents } from '../events/compile.js';
import { compileCatalogue } from '../layout/index.js';
import { type NativeBooks, native } from '../native.js';
import type { AnyDecoder } from './batch.js';
import type { Ring } from './ring.js';

const DEFAULT_INSTRUMENTS = 65_536;
const EVENTS = 8_192;

/** Called with what comes, in order: so many events at the front of `records`, or a notice at a position of the ring. */
export interface EventTaker {
  events(records: DataView, count: number): void;
  readonly notice?: ((position: number) => void) | undefined;
}

export interface KeptBooksOptions extends BookBounds {
  /** What `books.checkpoint()` gave: the books go on from there, and messages that are in it already are passed over. */
  readonly checkpoint?: Uint8Array;
}

/** @internal */
export class KeptBooks {
  readonly native: NativeBooks;
  /** 64 bytes an instrument. */
  readonly tops: SharedArrayBuffer;
  readonly #state = new Float64Array(5);
  readonly #quiet = new Float64Array(4);
  #records: DataView | undefined;

  /** @throws VenuewireError `VW_BOOK_ROLES` when the table does not say what its messages mean for books. */
  constructor(
    readonly ring: Ring,
    readonly decoder: AnyDecoder,
    bounds: KeptBooksOptions,
  ) {
    const roles = decoder.events;
    if (roles === undefined) {
      throw new VenuewireError(
        'VW_BOOK_ROLES',
        `${decoder.id} does not say what its messages mean for books`,
        'Give its table `events`: docs/books.md says how, and src/decoders/roles has those of the ready tables.',
      );
    }
    const instrumentsMax = bounds.instrumentsMax ?? DEFAULT_INSTRUMENTS;
    const table = compileCatalogue(decoder);
    const program = compileEvents(decoder, roles, { ...bounds, instrumentsMax });
    const compiled = new Uint8Array(table.length + program.length);
    compiled.set(table);
    compiled.set(program, table.length);
    this.tops = new SharedArrayBuffer((instrumentsMax + 1) * BOOK_TOP_BYTES);
    const { Books } = native();
    this.native = new Books(compiled, ring.bytes, ring.dataAt, ring.dataBytes, new Uint8Array(this.tops));
    if (bounds.checkpoint !== undefined && !this.native.load(bounds.checkpoint)) {
      throw new VenuewireError(
        'VW_BOOK_CHECKPOINT',
        `These bytes are no checkpoint of books of ${decoder.id}`,
        remedyOf('VW_BOOK_CHECKPOINT'),
      );
    }
  }

  /** Events are put here. */
  get records(): DataView {
    this.#records ??= new DataView(new ArrayBuffer(EVENTS * EVENT_BYTES));
    return this.#records;
  }

  /** Applies [from, to) of the ring; with `taker`, gives the events that it makes. */
  take(from: number, to: number, taker?: EventTaker): void {
    const { ring, native: books } = this;
    const state = taker?.notice === undefined ? this.#quiet : this.#state;
    const into = taker === undefined ? null : new Uint8Array(this.records.buffer);
    for (let position = from, more = true; (more || position !== to) && !ring.closed; ) {
      books.take(position, to, into, state);
      position = state[0] as number;
      ring.take(from, position);
      more = state[2] === 1;
      if (taker !== undefined && state[1] !== 0) taker.events(this.records, state[1] as number);
      if (state[3] === 0) {
        throw new VenuewireError(
          'VW_RING_RECORD',
          `The ring holds no sound record at position ${position}`,
          remedyOf('VW_RING_RECORD'),
        );
      }
      if (taker?.notice !== undefined && state[4] !== -1 && !ring.closed) taker.notice(state[4] as number);
    }
  }
}
