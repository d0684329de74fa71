import { VenuewireError } from '../errors.js';
import { StreamDigest } from './digest.js';
import { type ItchGenerator, LONGEST_ITCH_MESSAGE } from './itch-generator.js';

/**
 * Everything a venue has said in a session: an append-only list of messages and their sequence numbers.
 *
 * Messages lie behind one another, each with its length in front (16 bits, big-endian): the form of a BinaryFILE, of
 * MoldUDP64 blocks, and of most exchanges' files, so a packet's body is one slice.
 */
export class VenueHistory {
  readonly session: string;
  /** Number of the first message. */
  readonly first: number;
  #bytes: Uint8Array;
  #offsets: Float64Array;
  #count = 0;
  #end = 0;

  /** @param options `session`: at most 10 characters; `first`: number of the first message, default 1. */
  constructor(options: { readonly session?: string; readonly first?: number } = {}) {
    this.session = options.session ?? 'SIM0000001';
    this.first = options.first ?? 1;
    this.#bytes = new Uint8Array(1 << 16);
    this.#offsets = new Float64Array(1 << 10);
  }

  /** All that `generator` still has to say, at most `limit` messages. */
  static generate(
    generator: ItchGenerator,
    options: { readonly session?: string; readonly first?: number; readonly limit?: number } = {},
  ): VenueHistory {
    const history = new VenueHistory(options);
    history.fill(generator, options.limit ?? Number.POSITIVE_INFINITY);
    return history;
  }

  /**
   * The messages of a file in BinaryFILE form: 16-bit big-endian length, then the message, again and again; a length of
   * 0 ends it.
   * @throws VenuewireError `VW_SIMULATOR_FILE` when a length leads past the end.
   */
  static fromBinaryFile(
    file: Uint8Array,
    options: { readonly session?: string; readonly first?: number } = {},
  ): VenueHistory {
    const history = new VenueHistory(options);
    for (let at = 0; at + 2 <= file.length; ) {
      const length = ((file[at] as number) << 8) | (file[at + 1] as number);
      if (length === 0) break;
      if (at + 2 + length > file.length) {
        throw new VenuewireError(
          'VW_SIMULATOR_FILE',
          `The message at byte ${at} has ${length} bytes, the file ends after ${file.length - at - 2}`,
          'The file is truncated or not in BinaryFILE form.',
        );
      }
      history.append(file.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    return history;
  }

  /** Messages held. */
  get length(): number {
    return this.#count;
  }

  /** Number of the next message to come. */
  get next(): number {
    return this.first + this.#count;
  }

  #room(bytes: number): void {
    if (this.#end + bytes > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + bytes));
      grown.set(this.#bytes.subarray(0, this.#end));
      this.#bytes = grown;
    }
    if (this.#count + 1 >= this.#offsets.length) {
      const grown = new Float64Array(this.#offsets.length * 2);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
  }

  #commit(length: number): void {
    const at = this.#end;
    this.#bytes[at] = length >>> 8;
    this.#bytes[at + 1] = length & 255;
    this.#end = at + 2 + length;
    this.#offsets[++this.#count] = this.#end;
  }

  /** Appends a message of at most 65,535 bytes and returns its number. */
  append(message: Uint8Array): number {
    this.#room(2 + message.length);
    this.#bytes.set(message, this.#end + 2);
    this.#commit(message.length);
    return this.next - 1;
  }

  /** Appends up to `limit` messages of `generator`; returns how many. */
  fill(generator: ItchGenerator, limit: number): number {
    let n = 0;
    for (; n < limit; n++) {
      this.#room(2 + LONGEST_ITCH_MESSAGE);
      const length = generator.writeInto(this.#bytes, this.#end + 2);
      if (length === 0) break;
      this.#commit(length);
    }
    return n;
  }

  #offset(sequence: number): number {
    const i = sequence - this.first;
    if (!(i >= 0 && i <= this.#count)) {
      throw new VenuewireError(
        'VW_SIMULATOR_RANGE',
        `The history holds ${this.first} to ${this.next - 1}, not ${sequence}`,
        'Ask for a number that the venue has used.',
      );
    }
    return this.#offsets[i] as number;
  }

  /** Bytes of the messages [begin, end) with their length prefixes. */
  size(begin: number, end: number): number {
    return this.#offset(end) - this.#offset(begin);
  }

  /** The message with number `sequence`: a window on the history's memory. */
  message(sequence: number): Uint8Array {
    const at = this.#offset(sequence);
    return this.#bytes.subarray(at + 2, this.#offset(sequence + 1));
  }

  /** Messages [begin, end), each with its 16-bit big-endian length in front: a window on the history's memory. */
  blocks(begin: number, end: number): Uint8Array {
    return this.#bytes.subarray(this.#offset(begin), this.#offset(end));
  }

  /** The whole history as a BinaryFILE. */
  toBinaryFile(): Uint8Array {
    return this.#bytes.slice(0, this.#end);
  }

  /** How many of the messages from `begin` on fit into `bytes` bytes, length prefixes included; at most `end - begin`. */
  fitting(begin: number, end: number, bytes: number): number {
    let n = 0;
    while (begin + n < end && this.size(begin, begin + n + 1) <= bytes) n++;
    return n;
  }

  /** Digest of the messages [begin, end); all of them by default. */
  digest(begin = this.first, end = this.next): bigint {
    const digest = new StreamDigest();
    for (let s = begin; s < end; s++) {
      const at = this.#offset(s) + 2;
      digest.add(s, this.#bytes, at, this.#offset(s + 1) - at);
    }
    return digest.value;
  }
}
