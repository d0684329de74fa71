/** Options of a log's writer, checked. */
import { remedyOf, VenuewireError } from '../errors.js';
import { BLOCK_BYTES_MAX } from './format.js';

/**
 * When what is written is made to outlive a power cut (what a killed process has written stays in any case). `always`: before
 * it is acknowledged; `never`: when the kernel likes to; a number: so many milliseconds after it was written.
 */
export type LogSync = 'always' | 'never' | number;

export interface LogWriterOptions {
  /** Default 1000. */
  readonly sync?: LogSync;
  /** What waits for the disk, at most, bytes. Default 64 MiB. */
  readonly queueBytes?: number;
  /**
   * What a full queue does. `wait` (default): nothing is lost, and `room()` says when to go on; `drop`: entries are dropped,
   * counted, and told in the log; positions go on behind them.
   */
  readonly whenFull?: 'wait' | 'drop';
  /** Entries wait so long for others before they are written, ms. Default 5. */
  readonly lingerMs?: number;
  /** A block is full with so many bytes. Default 256 KiB. */
  readonly blockBytes?: number;
  /** A segment is closed after about so many bytes. Default 256 MiB. */
  readonly segmentBytes?: number;
  /** Whole segments are deleted, oldest first, when the log has more bytes, or their last entry was written so long ago. Default: never. */
  readonly retain?: { readonly bytes?: number; readonly ms?: number };
}

export type CompleteWriterOptions = Required<LogWriterOptions>;

const KIB = 1 << 10;
const LEAST_BLOCK = 4 * KIB;
const LEAST_SEGMENT = 16 * KIB;
const LONGEST_MS = 2 ** 31 - 1;

const refuse = (what: string): VenuewireError =>
  new VenuewireError('VW_LOG_OPTION', `The writer of a log cannot be opened: ${what}`, remedyOf('VW_LOG_OPTION'));

const DEFAULTS: CompleteWriterOptions = {
  sync: 1_000,
  queueBytes: 64 << 20,
  whenFull: 'wait',
  lingerMs: 5,
  blockBytes: 256 * KIB,
  segmentBytes: 256 << 20,
  retain: {},
};

/** @throws VenuewireError `VW_LOG_OPTION` for an option that there is not, or that is out of range. */
export function completeOptions(given: LogWriterOptions): CompleteWriterOptions {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(DEFAULTS, name)) throw refuse(`there is no option '${name}'`);
  }
  const options = { ...DEFAULTS, ...given };
  const whole = (name: string, value: number, least: number, most: number): void => {
    if (!Number.isInteger(value) || value < least || value > most)
      throw refuse(`${name} must be a whole number from ${least} to ${most}`);
  };
  if (typeof options.sync === 'number') whole('sync', options.sync, 1, LONGEST_MS);
  else if (options.sync !== 'always' && options.sync !== 'never') throw refuse("sync must be 'always', 'never' or ms");
  if (options.whenFull !== 'wait' && options.whenFull !== 'drop') throw refuse("whenFull must be 'wait' or 'drop'");
  whole('blockBytes', options.blockBytes, LEAST_BLOCK, BLOCK_BYTES_MAX);
  whole('queueBytes', options.queueBytes, options.blockBytes, Number.MAX_SAFE_INTEGER);
  whole('segmentBytes', options.segmentBytes, LEAST_SEGMENT, Number.MAX_SAFE_INTEGER);
  whole('lingerMs', options.lingerMs, 0, LONGEST_MS);
  const { bytes, ms } = options.retain;
  if (bytes !== undefined) whole('retain.bytes', bytes, options.segmentBytes, Number.MAX_SAFE_INTEGER);
  if (ms !== undefined) whole('retain.ms', ms, 1, Number.MAX_SAFE_INTEGER);
  return options;
}
