/**
 * The only place of the command line that writes: data to standard output, everything else to standard error, both
 * without the control characters that text from packets and files may hold.
 */
import { printable } from '../printable.js';
import { ENVIRONMENT, OK } from './exit.js';

/** Of standard output: its stream, and how it is watched. */
export const dataStream: NodeJS.WriteStream = process.stdout;

/** Lines for people. */
export const say = (text: string): void => {
  process.stderr.write(`${printable(text)}\n`);
};

/**
 * Writes bytes, which are printable already. Undefined: they are out; else the promise that they will be, and until then
 * the memory is the stream's.
 */
export function writeData(bytes: Uint8Array, stream: NodeJS.WriteStream = dataStream): Promise<void> | undefined {
  let done: (error?: Error | null) => void = () => {};
  const sent = stream.write(bytes, (error) => done(error));
  if (sent && stream.writableLength === 0) return undefined;
  return new Promise((resolve, reject) => {
    // What listens to errors of the stream comes first: it may end the process.
    done = (error) => (error ? setImmediate(reject, error) : resolve());
  });
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
