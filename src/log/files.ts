/** What a writer asks of files: Node's own, on the threads of libuv; tests put faults between. */
import { closeSync, fdatasync, fsyncSync, ftruncateSync, mkdirSync, openSync, writev } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** Calls for one file come one at a time, but `sync`, which may run beside a `write`. */
export interface LogFile {
  /** Writes at a place; resolves with the bytes that were written, which may be fewer. */
  write(blocks: readonly Uint8Array[], at: number): Promise<number>;
  /** Resolves when everything written before the call outlives a power cut. */
  sync(): Promise<void>;
  truncate(bytes: number): void;
  close(): void;
}

export interface LogFiles {
  /** A file for writing, made when it is not there. */
  open(path: string): LogFile;
  /** Makes a new name in a folder outlive a power cut. */
  syncFolder(path: string): void;
}

const write = promisify(writev);
const sync = promisify(fdatasync);

class NodeFile implements LogFile {
  readonly #fd: number;
  #busy = 0;
  #closing = false;
  constructor(path: string) {
    this.#fd = openSync(path, OPEN_FOR_WRITING);
  }
  async write(blocks: readonly Uint8Array[], at: number): Promise<number> {
    return this.#while(async () => (await write(this.#fd, blocks as Uint8Array[], at)).bytesWritten);
  }
  sync(): Promise<void> {
    return this.#while(() => sync(this.#fd));
  }
  truncate(bytes: number): void {
    ftruncateSync(this.#fd, bytes);
  }
  /** The descriptor is closed when nobody uses it: its number may be another file's right after. */
  close(): void {
    this.#closing = true;
    if (this.#busy === 0) closeSync(this.#fd);
  }
  async #while<T>(work: () => Promise<T>): Promise<T> {
    this.#busy++;
    try {
      return await work();
    } finally {
      this.#busy--;
      if (this.#closing && this.#busy === 0) closeSync(this.#fd);
    }
  }
}
/** Neither emptied nor appended to: places are given. */
const OPEN_FOR_WRITING = 'r+';

export const nodeFiles: LogFiles = {
  open: (path) => {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, 'a'));
    return new NodeFile(path);
  },
  syncFolder: (path) => {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
};
