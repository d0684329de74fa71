/**
 * Reference files of venues by SFTP, FTPS and FTP: instruments, calendars, history. What has come stays when a connection breaks, and the
 * next one goes on behind it; the file is there under its name once it is whole and its checksum is right.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { remedyOf, VenuewireError } from '../errors.js';
import type { Protection } from '../patterns/security.js';
import type { Credentials, Reference } from '../patterns/types.js';
import { Backoff } from './pace.js';

export interface ReferenceFileOptions {
  /** `sftp://host:22/path`, `ftps://host:21/path` (TLS by AUTH), or `ftp://…`, which needs `clear`. */
  readonly url: string;
  /** Where it is put. Beside it, while it comes: `.part` and `.part.json`. */
  readonly into: string;
  /** `userPassword`; default: none, which is `anonymous` for FTP. */
  readonly credentials?: Credentials;
  /** SFTP: the private key, instead of a password. */
  readonly privateKey?: Reference;
  /** SFTP: `SHA256:…` of the server's keys, as `ssh-keygen -l` shows them. Others are refused. */
  readonly hostKeys?: readonly string[];
  /** FTPS: `tls` with a `ca` of your own and the like. */
  readonly security?: readonly Protection[];
  /** FTP: neither the login nor the file is protected, and that is known. */
  readonly clear?: boolean;
  /** What the file must come to, in hexadecimal. */
  readonly checksum?: { readonly algorithm: 'sha256' | 'sha512' | 'md5'; readonly value: string };
  /** Bytes; default 4 GiB. */
  readonly most?: number;
  /** Connections that may be tried. Default 5. */
  readonly tries?: number;
  /** Milliseconds without a byte until a connection is given up. Default 30,000. */
  readonly silenceMs?: number;
  /** Of the rest before the second connection; it doubles. Default 500. */
  readonly restMs?: number;
  readonly progress?: (bytes: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** A file on a server: when these are the same it is the same file. */
export interface RemoteFile {
  readonly size: number;
  /** Milliseconds since the Unix epoch; 0 where the server does not tell. */
  readonly modifiedMs: number;
}

/** A connection to a server of files. */
export interface RemoteFiles {
  stat(path: string): Promise<RemoteFile>;
  /** Gives the bytes from a position on, one piece after the other. */
  read(path: string, from: number, take: (bytes: Uint8Array) => Promise<void>): Promise<void>;
  close(): void;
}

/** It is no use to try again. */
export class Final extends Error {
  constructor(readonly error: VenuewireError) {
    super(error.message);
  }
}
export const final = (code: Parameters<typeof remedyOf>[0], message: string, cause?: unknown): Final =>
  new Final(new VenuewireError(code, message, remedyOf(code), cause));

const MOST = 4 * 2 ** 30;
const TRIES = 5;
const SILENCE_MS = 30_000;
const REST_MS = 500;
const REST_MOST_MS = 30_000;

/** What is beside a part: of which file it is one. */
function isPartOf(part: string, remote: RemoteFile): boolean {
  try {
    const kept = JSON.parse(readFileSync(`${part}.json`, 'utf8')) as RemoteFile;
    return kept.size === remote.size && kept.modifiedMs === remote.modifiedMs && statSync(part).size <= remote.size;
  } catch {
    return false;
  }
}

async function sumOf(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** One file, over as many connections as it takes. @internal */
export class ReferenceFile {
  readonly #part: string;
  readonly #most: number;
  /** Connections that brought bytes of a file that was there already in part. */
  resumed = 0;

  constructor(
    readonly options: ReferenceFileOptions,
    readonly path: string,
    readonly where: string,
    readonly connect: () => Promise<RemoteFiles>,
  ) {
    this.#part = `${options.into}.part`;
    this.#most = options.most ?? MOST;
  }

  async fetch(): Promise<RemoteFile> {
    const { tries = TRIES, restMs = REST_MS, signal } = this.options;
    const backoff = new Backoff(restMs, REST_MOST_MS);
    let last: unknown;
    for (let attempt = 1; attempt <= tries; attempt++) {
      try {
        return await this.#attempt();
      } catch (cause) {
        if (cause instanceof Final) throw cause.error;
        if (cause instanceof VenuewireError) throw cause;
        signal?.throwIfAborted();
        last = cause;
        if (attempt < tries) await pause(backoff.next(), undefined, signal === undefined ? {} : { signal });
      }
    }
    const why = last instanceof Error ? last.message : String(last);
    throw final('VW_FILE_TRANSFER', `${this.where}: ${tries} connections did not bring ${this.path}: ${why}`, last)
      .error;
  }

  async #attempt(): Promise<RemoteFile> {
    const files = await this.connect();
    const stop = (): void => files.close();
    this.options.signal?.addEventListener('abort', stop);
    try {
      const remote = await files.stat(this.path);
      if (remote.size > this.#most) throw this.#tooLarge(remote.size);
      await this.#bring(files, remote);
      await this.#finish(remote);
      return remote;
    } finally {
      this.options.signal?.removeEventListener('abort', stop);
      files.close();
    }
  }

  #tooLarge(size: number): Final {
    return final('VW_FILE_SIZE', `${this.where}: ${this.path} has ${size} bytes; ${this.#most} are allowed`);
  }

  async #bring(files: RemoteFiles, remote: RemoteFile): Promise<void> {
    const part = this.#part;
    if (!isPartOf(part, remote)) {
      rmSync(part, { force: true });
      writeFileSync(`${part}.json`, JSON.stringify(remote));
    }
    const from = existsSync(part) ? statSync(part).size : 0;
    if (from > 0) this.resumed++;
    const handle = await open(part, 'a');
    try {
      if (from < remote.size) await this.#copy(files, handle, from, remote);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async #copy(files: RemoteFiles, into: FileHandle, from: number, { size }: RemoteFile): Promise<void> {
    const { silenceMs = SILENCE_MS, progress } = this.options;
    let at = from;
    const silence = setTimeout(() => files.close(), silenceMs);
    try {
      await files.read(this.path, from, async (bytes) => {
        silence.refresh();
        at += bytes.length;
        if (at > size) {
          // Whatever this is of, it is not the file that was told.
          rmSync(this.#part, { force: true });
          throw new Error(`more than the ${size} bytes that the server has told`);
        }
        await into.write(bytes);
        progress?.(at, size);
      });
    } finally {
      clearTimeout(silence);
    }
    if (at !== size) throw new Error(`${at} of ${size} bytes came`);
  }

  /** Whole, and what it must be: it gets its name. */
  async #finish(remote: RemoteFile): Promise<void> {
    const { checksum, into } = this.options;
    const part = this.#part;
    if (checksum !== undefined) {
      const found = await sumOf(part, checksum.algorithm);
      if (found !== checksum.value.toLowerCase()) {
        rmSync(part, { force: true });
        rmSync(`${part}.json`, { force: true });
        throw final(
          'VW_FILE_CHECKSUM',
          `${this.where}: ${this.path} (${remote.size} bytes) has the ${checksum.algorithm} ${found}, not ${checksum.value}`,
        );
      }
    }
    await rename(part, into);
    rmSync(`${part}.json`, { force: true });
  }
}
