/**
 * The only place of the command line that writes: data to standard output, everything else to standard error, both
 * without the control characters that text from packets and files may hold.
 */
import { once } from 'node:events';
import { printable } from '../printable.js';
import { ENVIRONMENT, OK } from './exit.js';

/** Of standard output: its stream, and how it is watched. */
export const dataStream: NodeJS.WriteStream = process.stdout;

/** Lines for people. */
export const say = (text: string): void => {
  process.stderr.write(`${printable(text)}\n`);
};

/** Waits where the reader is slow. */
export async function writeData(text: string, stream: NodeJS.WriteStream = dataStream): Promise<void> {
  if (!stream.write(printable(text))) await once(stream, 'drain');
}

/** Where people look on while something lasts: nothing is drawn into files and pipes. */
export const watched = (): boolean => process.stderr.isTTY === true;

const CLEAR = '\x1b[K';
/** Replaces the line that people look at. */
export const drawLine = (text: string): void => {
  process.stderr.write(`\r${printable(text)}${CLEAR}`);
};
/** Takes it away. */
export const clearLine = (): void => {
  process.stderr.write(`\r${CLEAR}`);
};

/** A screen of lines over the ones that were drawn before. Each is printable text between colours of our own. */
export const drawScreen = (linesBefore: number, lines: readonly string[]): void => {
  const up = linesBefore > 0 ? `\x1b[${linesBefore}A` : '';
  process.stdout.write(`${up}${lines.map((l) => `${l}${CLEAR}`).join('\n')}\n\x1b[J`);
};

/**
 * Ends the process where standard output cannot be written: quietly when its reader has gone, else with what is wrong.
 * Nobody can be told of a standard error that cannot be written; the exit code stays what it is.
 */
export function endWithOutput(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(OK);
    say(
      `venuewire: VW_OUTPUT: standard output could not be written: ${error.code ?? error.message}\n  ` +
        'Make room where it goes, or send it elsewhere.',
    );
    process.exit(ENVIRONMENT);
  });
}
