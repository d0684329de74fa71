/** How a verb ends: exit codes, and what an error looks like. */
import { type ErrorCode, VenuewireError } from '../errors.js';

export const OK = 0;
/** The work was done and found something: broken packets, losses, a ledger that does not balance. */
export const FINDINGS = 1;
/** The command line is not right. */
export const USAGE = 2;
/** The machine or a file is not as it has to be. */
export const ENVIRONMENT = 3;

const USAGE_CODES = new Set<ErrorCode>([
  'VW_USAGE',
  'VW_DECODER_UNKNOWN',
  'VW_FRAMING_UNKNOWN',
  'VW_VENUE_UNKNOWN',
  'VW_VENUE',
  'VW_VENUE_FILE',
  'VW_MESSAGE_NAME',
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

/** Code, cause, what to do. Errors of our own need no stack; anything else is a fault of this program and shows one. */
export function describeError(error: unknown): string {
  if (error instanceof VenuewireError) return `venuewire: ${error.code}: ${error.message}\n  ${error.hint}\n`;
  const nativeCode = (error as { code?: unknown } | null)?.code;
  if (error instanceof Error && typeof nativeCode === 'string') return `venuewire: ${nativeCode}: ${error.message}\n`;
  return `venuewire: VW_INTERNAL: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n  Please report this.\n`;
}

const words = (name: string): string[] => name.toLowerCase().match(/[a-z]+|[0-9]+/g) ?? [];

/** The names nearest to what was typed, best first: by the words that they share, and by letters that differ. */
export function nearest(typed: string, names: readonly string[], most = 3): string[] {
  const wanted = typed.toLowerCase();
  const parts = words(typed);
  return names
    .map((name) => {
      const own = words(name);
      const shared = parts.filter((w) => own.some((o) => o === w || (w.length > 2 && o.startsWith(w)))).length;
      return { name, shared, apart: distance(wanted, name.toLowerCase()) };
    })
    .filter(({ shared, apart }) => shared > 0 || apart <= Math.max(2, Math.floor(typed.length / 3)))
    .sort((a, b) => b.shared - a.shared || a.apart - b.apart || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name);
}

/** `Did you mean a, b or c?`, or where the list is. */
export function didYouMean(typed: string, names: readonly string[], list: string): string {
  const near = nearest(typed, names);
  return near.length > 0 ? `Did you mean ${near.join(', ')}? All: venuewire ${list}` : `See: venuewire ${list}`;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
