/** FAST by the native core, behind the interface of the decoder in TypeScript. */
import { FAST_ERROR, type FastError } from '../contract.js';
import { remedyOf, type VenuewireError } from '../errors.js';
import {
  compileFast,
  FastDecoder,
  type FastMessage,
  type FastOptions,
  type FastProgram,
  FastRecords,
  FastStream,
  type FastTemplate,
} from '../fast/index.js';
import { fastError, fastFault } from '../fast/model.js';
import { LIMITS } from '../fast/reader.js';
import { type NativeFastDecoder, native } from '../native.js';

/** Which of the two runs the program; both give the same messages and refuse the same bytes with the same codes. */
export type FastExecution = 'typescript' | 'native';

/**
 * A decoder for one FAST stream.
 * @throws VenuewireError `VW_FAST_S…`, `VW_FAST_D8` when the templates are not sound; `VW_ADDON_…` where there is no addon.
 */
export function fastDecoder(
  templates: readonly FastTemplate[] | FastProgram,
  options: FastOptions & { readonly execution?: FastExecution } = {},
): FastStream {
  return options.execution === 'native'
    ? new NativeFastStream(templates, options)
    : new FastDecoder(templates, options);
}

/** `FastLimits.depth` is at most 64 here. */
export class NativeFastStream extends FastStream {
  readonly #decoder: NativeFastDecoder;
  readonly #fields: readonly string[];
  readonly #records: FastRecords;
  readonly #state = new Float64Array(4);
  #record = new Uint8Array(1 << 16);

  constructor(templates: readonly FastTemplate[] | FastProgram, options: FastOptions = {}) {
    super(templates, options);
    const addon = native();
    const { bytes, fields } = compileFast(this.program);
    const { text, entries, depth, record } = { ...LIMITS, ...options.limits };
    this.#decoder = new addon.FastDecoder(bytes, text, entries, depth, record, options.reportable !== 'accepted');
    this.#fields = fields;
    this.#records = new FastRecords(this.program);
  }

  override reset(): void {
    this.#decoder.reset();
  }

  override decode(bytes: Uint8Array, offset = 0, end = bytes.length): FastMessage {
    const state = this.#state;
    this.#decoder.decode(bytes, offset + this.preamble, end, this.#record, state);
    if (state[0] !== 0) throw this.#failure(offset);
    const size = state[2] as number;
    if (size > this.#record.length) {
      this.#record = new Uint8Array(2 * size);
      this.#decoder.record(this.#record);
    }
    return this.#records.read(this.#record, offset, state[1]);
  }

  /** All messages of a stream without blocks as one number, decoded natively; it ends at the first error. */
  digest(bytes: Uint8Array): { readonly digest: bigint; readonly messages: number; readonly error: string } {
    return this.#decoder.digest(bytes, this.preamble);
  }

  /** How often each error was met, by its name without `VW_FAST_`; at `none` the sound messages. */
  counts(): Readonly<Record<string, number>> {
    return this.#decoder.counts();
  }

  #failure(offset: number): VenuewireError {
    const name = FAST_ERROR[this.#state[0] as number] as Exclude<FastError, 'none'>;
    const field = this.#fields[this.#state[3] as number];
    const what = `the message at ${offset} cannot be decoded${field === undefined ? '' : `: ${field}`}`;
    if (name === 'END' || name === 'LIMIT') return fastFault(name, what, remedyOf(`VW_FAST_${name}`));
    return fastError(name, what);
  }
}
