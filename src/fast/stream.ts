import { type FastTemplate, fastError, fastFault } from './model.js';
import { FastProgram } from './program.js';
import type { FastLimits } from './reader.js';
import type { FastMessage } from './record.js';

export interface FastOptions {
  /**
   * What the specification leaves to the decoder ([ERR R1] to [ERR R9]: overlong integers, strings and presence maps,
   * text that is not UTF-8): refused, or accepted as far as a value can be read.
   */
  readonly reportable?: 'refused' | 'accepted';
  readonly limits?: Partial<FastLimits>;
  /** Bytes in front of each message that are not FAST (MOEX: 4). */
  readonly preamble?: number;
  /** The stream is in blocks: each begins with its length. */
  readonly blocks?: boolean;
}

/** The decoder of one stream, whichever execution runs the program: its dictionaries are those of the messages before. */
export abstract class FastStream {
  readonly program: FastProgram;
  protected readonly preamble: number;
  readonly #blocks: boolean;

  constructor(templates: readonly FastTemplate[] | FastProgram, options: FastOptions) {
    this.program = templates instanceof FastProgram ? templates : new FastProgram(templates);
    this.preamble = options.preamble ?? 0;
    this.#blocks = options.blocks ?? false;
  }

  /** Forgets what earlier messages said: the first message of a packet, of a connection, after a loss. */
  abstract reset(): void;

  /**
   * The message at `offset`, and in its `next` where the following one begins. After an error the dictionaries are as the
   * broken message left them: `reset` before going on.
   * @throws VenuewireError `VW_FAST_…`: the specification's own errors by name, `VW_FAST_END` where the bytes end inside
   * the message, `VW_FAST_LIMIT` beyond a bound.
   */
  abstract decode(bytes: Uint8Array, offset?: number, end?: number): FastMessage;

  /** All messages of a file or a stream, one after the other. */
  *messages(bytes: Uint8Array): Generator<FastMessage, void> {
    for (let at = 0; at < bytes.length; ) {
      let end = bytes.length;
      if (this.#blocks) {
        const [size, from] = blockSize(bytes, at);
        if (size === 0) throw fastError('D12', `the block at ${at} has no bytes`);
        if (size > end - from) throw over('a block');
        at = from;
        end = from + size;
      }
      while (at < end) {
        const message = this.decode(bytes, at, end);
        yield message;
        at = message.next;
      }
    }
  }
}

const over = (what: string) =>
  fastFault('END', `the bytes end inside ${what}`, 'Give the whole message, or wait for more of the stream.');

/** A block's length may be overlong. */
function blockSize(bytes: Uint8Array, from: number): [size: number, at: number] {
  let size = 0;
  for (let at = from; at < bytes.length; ) {
    const byte = bytes[at++] as number;
    size = size * 128 + (byte & 0x7f);
    if (size > 0xffff_ffff) throw fastError('D2', `the block length at ${from} is no uInt32`);
    if (byte >= 0x80) return [size, at];
  }
  throw over('a block length');
}
