/**
 * Reads shared memory as a feed or a log is read. Each reader has a position of its own; the writer waits for none of them.
 * One that is overtaken is told which entries it lost, and goes on with the newest.
 */
import { findDecoder } from '../decoders/registry.js';
import { remedyOf, VenuewireError } from '../errors.js';
import type { AnyDecoder } from '../feed/batch.js';
import { type LogBatch, RecordReader } from '../log/record-reader.js';
import { type NativeSharedRingReader, native, nativeError, SHARED_RING_FOUND } from '../native.js';
import { type IpcSource, pathOf } from './writer.js';

/** Entries that a reader has not seen: [begin, end), by positions. */
export interface IpcLost {
  readonly begin: number;
  readonly end: number;
  /** It was overtaken; no block could hold them; or the writer was killed, and another one began there. */
  readonly reason: 'overtaken' | 'tooLong' | 'restarted';
}

export interface IpcReadOptions<D extends AnyDecoder = AnyDecoder> {
  /** Of the messages. Default: the ready one that the writer names. */
  readonly decoder?: D;
  /** Is told what was lost, in order with the entries. Without it, a loss ends the reading with `VW_IPC_LOST`. */
  readonly lost?: (lost: IpcLost) => void;
  readonly signal?: AbortSignal;
}

/** The longest sleep: then somebody looks whether the writer is still there. */
const SLEEP_MS = 100;
const DRAIN_MS = 10;
const LEAST_RING = 64 << 10;

const opened = (path: string): NativeSharedRingReader => {
  try {
    return new (native().SharedRingReader)(path);
  } catch (cause) {
    throw nativeError(cause, 'VW_IPC_OPEN');
  }
};
const saidBy = (reader: NativeSharedRingReader): IpcSource =>
  JSON.parse(new TextDecoder().decode(reader.said())) as IpcSource;

/** Made by `openIpcReader`. */
export class IpcReader<D extends AnyDecoder = AnyDecoder>
  extends RecordReader<D>
  implements AsyncIterable<LogBatch<D>>
{
  /** Of the next entry; −1: nothing has been read. */
  position = -1;
  /** Entries that were lost so far. */
  lostEntries = 0;
  #reader: NativeSharedRingReader;
  readonly #state = new Float64Array(3);
  #closed = false;
  #reason: IpcLost['reason'] = 'tooLong';

  /** @internal Use `openIpcReader`. */
  constructor(
    readonly path: string,
    reader: NativeSharedRingReader,
    decoder: D,
    source: IpcSource,
    private readonly options: IpcReadOptions<D>,
  ) {
    super(decoder, source, Math.max(LEAST_RING, reader.most()));
    this.#reader = reader;
    options.signal?.addEventListener('abort', () => this.close(), { once: true });
    if (options.signal?.aborted) this.#closed = true;
  }

  close(): void {
    this.#closed = true;
  }
  [Symbol.dispose](): void {
    this.close();
  }

  /** What is there now, without waiting; undefined: nothing. Valid until the next is asked for. */
  poll(): LogBatch<D> | undefined {
    for (;;) {
      const found = SHARED_RING_FOUND[this.#reader.read(this.memory, this.#state)];
      if (found === 'lost') {
        this.#reason = 'overtaken';
        continue;
      }
      if (found === 'block') {
        const batch = this.#batch();
        if (batch.entries > 0) return batch;
        continue;
      }
      if (found === 'ended') this.#closed = true;
      if (found === 'damaged' || found === 'noRoom')
        throw new VenuewireError('VW_IPC_DAMAGED', `${this.path} has no sound block`, remedyOf('VW_IPC_DAMAGED'));
      return undefined;
    }
  }

  #batch(): LogBatch<D> {
    const [bytes = 0, entries = 0, position = 0] = this.#state;
    if (this.position >= 0 && position !== this.position) this.#tell(this.position, position);
    this.#reason = 'tooLong';
    this.position = position + entries;
    return this.batchOf(bytes, position, entries);
  }

  #tell(begin: number, end: number): void {
    const lost: IpcLost = { begin, end: Math.max(begin, end), reason: this.#reason };
    this.lostEntries += lost.end - begin;
    if (this.options.lost !== undefined) this.options.lost(lost);
    else {
      this.#closed = true;
      throw new VenuewireError(
        'VW_IPC_LOST',
        `${this.path}: entries ${begin} to ${end} were lost (${lost.reason})`,
        remedyOf('VW_IPC_LOST'),
      );
    }
  }

  /** Batch by batch, until the writer ends or `close`: each is valid until the next is asked for. */
  async *[Symbol.asyncIterator](): AsyncIterator<LogBatch<D>> {
    let until = performance.now() + DRAIN_MS;
    while (!this.#closed) {
      const batch = this.poll();
      if (batch !== undefined) yield batch;
      else if (!this.#closed) await this.#wait();
      if (performance.now() > until) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        until = performance.now() + DRAIN_MS;
      }
    }
  }

  async #wait(): Promise<void> {
    const began = performance.now();
    await this.#reader.change(SLEEP_MS);
    const wasIdle = performance.now() - began >= SLEEP_MS / 2;
    if (wasIdle && this.#reader.isAbandoned() && this.#reader.isReplaced()) this.#follow();
  }

  /** The writer was killed, and another one has taken its place: positions go on there. */
  #follow(): void {
    const reader = opened(this.path);
    if (
      JSON.stringify(saidBy(reader).channels) !== JSON.stringify(this.channels) ||
      reader.most() > this.ring.dataBytes
    )
      throw new VenuewireError('VW_IPC_OPEN', `${this.path} is of another feed now`, remedyOf('VW_IPC_OPEN'));
    this.#reader = reader;
    this.#reason = 'restarted';
  }
}

/**
 * Opens shared memory for reading, from what comes next; what was before is in the log, by the same positions.
 * @param path with or without `ipc:` in front.
 * @throws VenuewireError `VW_IPC_OPEN` when there is none, or it is of another version; `VW_IPC_DECODER`.
 */
export async function openIpcReader<D extends AnyDecoder = AnyDecoder>(
  path: string,
  options: IpcReadOptions<D> = {},
): Promise<IpcReader<D>> {
  const place = pathOf(path);
  const reader = opened(place);
  const source = saidBy(reader);
  const decoder = options.decoder ?? ((await findDecoder(source.decoder)?.load()) as D | undefined);
  if (decoder === undefined || decoder.id !== source.decoder) {
    throw new VenuewireError(
      'VW_IPC_DECODER',
      `${place} holds messages of ${source.decoder}${decoder === undefined ? '' : `, not of ${decoder.id}`}`,
      remedyOf('VW_IPC_DECODER'),
    );
  }
  return new IpcReader(place, reader, decoder, source, options);
}
