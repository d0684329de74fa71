/** How a verb ends: exit codes, and what an error looks like. */
import { type ErrorCode, VenuewireError } from '../errors.js';
import { nearestNames } from '../nearest.js';

export const OK = 0;
/** The work was done and found something: broken packets, losses, a ledger that does not balance. */
export const FINDINGS = 1;
/** The command line is not right. */
export const USAGE = 2;
/** The machine or a file is not as it has to be. */
export const ENVIRONMENT = 3;

const USAGE_CODES = new Set<ErrorCode>([
  'VW_USAGE',
  'VW_DECODER_AMBIGUOUS',
  'VW_DECODER_UNKNOWN',
  'VW_FRAMING_UNKNOWN',
  'VW_VENUE_UNKNOWN',
  'VW_VENUE',
  'VW_VENUE_FILE',
  'VW_VENUE_FLAT',
  'VW_MACHINE',
  'VW_METADATA',
  'VW_MODULE',
  'VW_RUN_BOOK',
  'VW_VENUE_SYNTAX',
  'VW_MESSAGE_NAME',
  'VW_SERVICE',
  'VW_WHERE',
  'VW_CAPTURE_LINE',
  'VW_NETWORK',
  'VW_FRAMING',
  'VW_DECODER',
]);

export const usage = (message: string, hint: string, code: ErrorCode = 'VW_USAGE'): VenuewireError =>
  new VenuewireError(code, message, hint);

/** The exit code that an error stands for. */
export function exitCode(error: unknown): number {
  if (!(error instanceof VenuewireError)) return ENVIRONMENT;
  if (error.code === 'VW_CAPTURE_MALFORMED') return FINDINGS;
  return USAGE_CODES.has(error.code) ? USAGE : ENVIRONMENT;
}

/** Set to anything: a fault of this program is told with its stack. */
export const STACK_VARIABLE = 'VENUEWIRE_STACK';

/** Code, cause, what to do. What has no code of ours is the machine's (a system call says so), or a fault of this program. */
export function describeError(error: unknown): string {
  if (error instanceof VenuewireError) return `venuewire: ${error.code}: ${error.message}\n  ${error.hint}`;
  const { syscall, message, stack } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (syscall !== undefined) return `venuewire: VW_SYSTEM: ${message}\n  Check the path, the permissions and the room.`;
  const shown = process.env[STACK_VARIABLE] === undefined ? (message ?? String(error)) : (stack ?? String(error));
  return `venuewire: VW_INTERNAL: ${shown}\n  Please report this, with what ${STACK_VARIABLE}=1 adds.`;
}

/** `Did you mean a, b or c?`, or where the list is. */
export function didYouMean(typed: string, names: readonly string[], list: string): string {
  const near = nearestNames(typed, names);
  return near.length > 0 ? `Did you mean ${near.join(', ')}? All: venuewire ${list}` : `See: venuewire ${list}`;
}
