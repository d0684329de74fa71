import { glimpse50 } from '../decoders/glimpse50.js';
import { encode } from '../layout/index.js';
import { BookAt, type MessageList } from './itch-book.js';
import type { SnapshotSource } from './soup-bin-tcp.js';

/** Snapshots of an ITCH 5.0 history, ended by the GLIMPSE message that says which number comes next. */
export class ItchSnapshots implements SnapshotSource {
  readonly #books: BookAt;
  constructor(history: MessageList) {
    this.#books = new BookAt(history);
  }
  snapshotAt(sequence: number): readonly Uint8Array[] {
    return this.#books.at(sequence).snapshot();
  }
  endOfSnapshot(next: number): Uint8Array {
    return encode(glimpse50, 'endOfSnapshot', { sequenceNumber: BigInt(next) });
  }
}
