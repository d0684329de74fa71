/** One writer a log: a lock that ends with its process, whatever ends that. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { remedyOf, VenuewireError } from '../errors.js';
import { native, nativeError } from '../native.js';
import { LOCK_FILE } from './format.js';

export class LogLock {
  readonly #fd: number;
  /** @throws VenuewireError `VW_LOG_LOCKED` when another writer has it; `VW_LOG_OPEN` */
  constructor(folder: string) {
    try {
      mkdirSync(folder, { recursive: true });
      this.#fd = openSync(join(folder, LOCK_FILE), 'a');
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new VenuewireError('VW_LOG_OPEN', `${folder}: ${text}`, remedyOf('VW_LOG_OPEN'));
    }
    let isOurs = false;
    try {
      isOurs = native().lockFile(this.#fd);
    } catch (cause) {
      closeSync(this.#fd);
      throw nativeError(cause, 'VW_LOG_OPEN');
    }
    if (isOurs) return;
    closeSync(this.#fd);
    throw new VenuewireError('VW_LOG_LOCKED', `${folder} has a writer already`, remedyOf('VW_LOG_LOCKED'));
  }
  release(): void {
    closeSync(this.#fd);
  }
}
