import { VenuewireError } from '../errors.js';
import { createViews, type Decoder, type MessageReader } from './decoder.js';
import type { View } from './view.js';
import { digest } from './walk.js';

/** The digest of many messages, as the native core computes it: one execution held against the other. */
export class Digests {
  messages = 0;
  malformed = 0;
  unknown = 0;
  #total = 0n;
  readonly #readers: readonly MessageReader[];
  readonly #views: (View | undefined)[] = [];
  constructor(readonly decoder: Decoder) {
    this.#readers = createViews(decoder);
  }
  add(data: DataView, at: number, length: number): void {
    const index = this.decoder.messageIndex(data, at, length);
    const reader = this.#readers[index];
    if (reader === undefined) {
      this.unknown++;
      return;
    }
    if (this.decoder.lengthCheck(index, length) !== 'ok') {
      this.malformed++;
      return;
    }
    this.#views[index] ??= new reader.View() as unknown as View;
    try {
      const one = digest((this.#views[index] as View).bind(data, at, length));
      this.#total = BigInt.asUintN(64, this.#total * 0x100000001b3n + one);
      this.messages++;
    } catch (error) {
      if (!(error instanceof VenuewireError)) throw error;
      this.malformed++;
    }
  }
  get value(): bigint {
    return this.#total;
  }
}
