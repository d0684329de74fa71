/** The one writer of shared memory. It waits for no reader, and does not know how many there are. */
import { remedyOf, VenuewireError } from '../errors.js';
import type { Batch } from '../feed/feed.js';
import type { Ring } from '../feed/ring.js';
import type { LogSource } from '../log/log.js';
import { eachRecord, type RecordMemory, type RecordTaker, type Span } from '../log/records.js';
import { type NativeSharedRingWriter, native, nativeError } from '../native.js';

export interface IpcOptions {
  /** Bytes of records that readers may be behind before they are overtaken: a power of two. Default 64 MiB. */
  readonly bytes?: number;
  /** Position of the first entry: that of the event log that is written beside it. Default 0. */
  readonly position?: number;
}

/** What a writer says of itself in the file. */
export interface IpcSource {
  readonly venue: string;
  readonly decoder: string;
  readonly channels: readonly string[];
  readonly lines: readonly string[];
  readonly requesters: readonly string[];
  readonly servers: readonly (readonly string[])[];
}

const DEFAULT_BYTES = 64 << 20;
const LEAST_BYTES = 64 << 10;
const MOST_BYTES = 2 ** 30;

const option = (what: string): VenuewireError => new VenuewireError('VW_IPC_OPTION', what, remedyOf('VW_IPC_OPTION'));

/** Made by `openIpcWriter`. Append every batch of a feed, in order. */
export class IpcWriter implements RecordTaker {
  /** Bytes of a block at most. @internal */
  readonly most: number;
  /** Of the next entry. */
  position: number;
  /** Entries that no block could hold: they have positions, and readers are told of them as lost. */
  tooLongs = 0;
  blocks = 0;
  bytes = 0;
  #writer: NativeSharedRingWriter | undefined;
  #memory: { readonly ring: Ring; readonly memory: RecordMemory } | undefined;

  /** @internal Use `openIpcWriter`. */
  constructor(
    readonly path: string,
    writer: NativeSharedRingWriter,
    position: number,
  ) {
    this.#writer = writer;
    this.most = writer.most();
    this.position = position;
  }

  /** Puts a batch where readers find it; never waits. */
  append(batch: Batch): void {
    if (this.#writer === undefined)
      throw new VenuewireError('VW_IPC_CLOSED', `${this.path} is closed`, remedyOf('VW_IPC_CLOSED'));
    eachRecord(this.#memoryOf(batch.feed.ring), batch.from, batch.to, this);
  }

  /** @internal Each piece is a block of its own. */
  get room(): number {
    return this.most;
  }
  /** @internal */
  take({ bytes }: RecordMemory, at: number, length: number, { entries }: Span): void {
    this.#writer?.publish(bytes, at, length, entries, this.position);
    this.position += entries;
    this.blocks++;
    this.bytes += length;
  }
  /** @internal */
  next(): void {}
  /** @internal */
  tooLong(): void {
    this.position++;
    this.tooLongs++;
  }

  #memoryOf(ring: Ring): RecordMemory {
    if (this.#memory?.ring === ring) return this.#memory.memory;
    const { words, view, mask } = ring;
    const memory = { words, bytes: new Uint8Array(view.buffer, view.byteOffset, view.byteLength), mask };
    this.#memory = { ring, memory };
    return memory;
  }

  /** Readers end when they have read what is there. */
  close(): void {
    // The last word is how far it went: who lost the end hears of it.
    this.#writer?.publish(new Uint8Array(0), 0, 0, 0, this.position);
    this.#writer?.close();
    this.#writer = undefined;
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Makes shared memory of a feed's records: a file, by custom in /dev/shm, that readers in other processes map.
 * @param path with or without `ipc:` in front.
 * @throws VenuewireError `VW_IPC_TAKEN` when it has a writer; `VW_IPC_OPEN`; `VW_IPC_OPTION`.
 */
export function openIpcWriter(path: string, source: LogSource, options: IpcOptions = {}): IpcWriter {
  for (const name of Object.keys(options)) {
    if (name !== 'bytes' && name !== 'position') throw option(`there is no option '${name}'`);
  }
  const { bytes = DEFAULT_BYTES, position = 0 } = options;
  if (!Number.isInteger(Math.log2(bytes)) || bytes < LEAST_BYTES || bytes > MOST_BYTES)
    throw option(`bytes must be a power of two from ${LEAST_BYTES} to ${MOST_BYTES}`);
  if (!Number.isSafeInteger(position) || position < 0) throw option('position must be that of an entry');
  const { venue, decoder, channels, lines, requesters, servers } = source;
  const said: IpcSource = { venue, decoder: decoder.id, channels, lines, requesters, servers };
  const place = pathOf(path);
  try {
    const made = new (native().SharedRingWriter)(place, bytes, new TextEncoder().encode(JSON.stringify(said)));
    return new IpcWriter(place, made, position);
  } catch (cause) {
    throw nativeError(cause, 'VW_IPC_OPEN');
  }
}

/** @internal Addresses of shared memory begin with `ipc:`. */
export const pathOf = (path: string): string => (path.startsWith('ipc:') ? path.slice('ipc:'.length) : path);
