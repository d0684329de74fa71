/** Files that the command line writes. */
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { VenuewireError } from '../errors.js';

/** @throws VenuewireError `VW_OUTPUT` when it cannot be written; also for a pipe that nobody reads, which would be waited for. */
export async function openToWrite(path: string): Promise<FileHandle> {
  const isPipe = (await stat(path).catch(() => undefined))?.isFIFO() === true;
  try {
    // While this one is open the next does not wait.
    const reader = isPipe ? await open(path, constants.O_WRONLY | constants.O_NONBLOCK) : undefined;
    try {
      return await open(path, 'w');
    } finally {
      await reader?.close();
    }
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

/** What a system call said of a file that is written. */
export function cannotWrite(path: string, cause: unknown): VenuewireError {
  const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
  if (why === 'ENXIO') {
    return new VenuewireError(
      'VW_OUTPUT',
      `${path} is a pipe that nobody reads`,
      'Start what reads it first, or name a file.',
    );
  }
  return new VenuewireError(
    'VW_OUTPUT',
    `${path} could not be written: ${why}`,
    'Make room there, or name another file.',
  );
}
