/** How the verbs that read a capture end: by Ctrl-C, at its last frame, or at its fault. */
import type { VenuewireError } from '../errors.js';
import type { SkippedFrames } from '../feed/skipped.js';
import { FINDINGS, OK } from './exit.js';
import { say } from './terminal.js';

/** After Ctrl-C the writer of a pipe ends too: what it still sends is waited for so long. */
const LAST_WORDS_MS = 1000;

/** Ctrl-C and SIGTERM end the reading, not the report on it; the second one ends the process. */
export class Interrupt {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  readonly #on = (): void => {
    this.dispose();
    if (this.isPipe) this.#timer = setTimeout(() => this.#controller.abort(), LAST_WORDS_MS);
    else this.#controller.abort();
  };

  constructor(readonly isPipe: boolean) {
    process.once('SIGINT', this.#on);
    process.once('SIGTERM', this.#on);
  }
  get signal(): AbortSignal {
    return this.#controller.signal;
  }
  dispose(): void {
    clearTimeout(this.#timer);
    process.removeListener('SIGINT', this.#on);
    process.removeListener('SIGTERM', this.#on);
  }
}

/**
 * Tells what was skipped, sets the exit code, and throws what the capture ends with.
 * @throws VenuewireError `VW_CAPTURE_MALFORMED`
 */
export function endOfCapture(
  totals: { readonly skipped: SkippedFrames; readonly fault: VenuewireError | undefined },
  hasFindings: boolean,
): void {
  if (totals.skipped.text !== '') say(totals.skipped.text);
  process.exitCode = hasFindings || totals.skipped.isLoss ? FINDINGS : OK;
  if (totals.fault !== undefined) throw totals.fault;
}
