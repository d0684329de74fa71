/**
 * What a handler gives out, read: ours by `run --publish` or as lines of JSON, and others that say the same four things of a
 * message: `channel`, `sequence`, `message`, `fields`.
 */
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { VenuewireError } from '../errors.js';
import { peer } from '../peer.js';
import { messagePack } from '../sinks/frames.js';
import type { SideMessage } from './message.js';

export interface SideSource {
  /** Records that are no numbered messages (notices, snapshots): not compared. */
  readonly skipped: number;
  /** Ends when it is closed; rejects when what comes cannot be read. */
  readonly done: Promise<void>;
  close(): void;
}

interface Record_ {
  readonly channel?: unknown;
  readonly sequence?: unknown;
  readonly message?: unknown;
  readonly fields?: unknown;
  readonly origin?: unknown;
}

const QUEUED = 100_000;
const READ_BYTES = 1 << 20;
const LINE_MOST = 8 << 20;
const LOOK_MS = 20;
const BRACE = 0x7b;

/**
 * Reads a side until it is closed.
 * @param source `zmq:` and an endpoint of a publisher (the last frame is MessagePack or JSON), or a file of JSON lines, which is
 * followed while it grows.
 * @throws VenuewireError `VW_COMPARE_SIDE` from `done` when a record is no message and no notice, or the file cannot be read.
 */
export async function readSide(source: string, take: (message: SideMessage) => void): Promise<SideSource> {
  const reader = new Reader(source, take);
  const endpoint = /^zmq:(.+)$/.exec(source)?.[1];
  return endpoint === undefined ? reader.file() : reader.zmq(endpoint);
}

class Reader {
  skipped = 0;
  constructor(
    readonly source: string,
    readonly take: (message: SideMessage) => void,
  ) {}

  async zmq(endpoint: string): Promise<SideSource> {
    const zmq = await peer<typeof import('zeromq')>('zeromq', 'A side behind zmq:');
    const codec = await messagePack('A side behind zmq:');
    const socket = new zmq.Subscriber({ receiveHighWaterMark: QUEUED, linger: 0 });
    try {
      socket.connect(endpoint);
    } catch (cause) {
      throw fault(`${endpoint}: ${cause instanceof Error ? cause.message : cause}`);
    }
    socket.subscribe('');
    const run = async (): Promise<void> => {
      for await (const frames of socket) {
        const last = frames.at(-1) as Buffer;
        this.#record(last[0] === BRACE ? this.#json(last.toString('utf8')) : this.#unpacked(codec, last));
      }
    };
    return this.#source(run(), () => socket.close());
  }

  async file(): Promise<SideSource> {
    const file = await open(this.source).catch((cause: NodeJS.ErrnoException) => {
      throw fault(`${this.source}: ${cause.code ?? cause.message}`);
    });
    let isOpen = true;
    const run = async (): Promise<void> => {
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      let rest = Buffer.alloc(0);
      try {
        while (isOpen) {
          const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
          if (bytesRead === 0) {
            await delay(LOOK_MS);
            continue;
          }
          const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
          const end = bytes.lastIndexOf('\n') + 1;
          rest = bytes.subarray(end);
          if (rest.length > LINE_MOST) throw fault(`${this.source}: a line of more than ${LINE_MOST} bytes`);
          for (const line of bytes.toString('utf8', 0, end).split('\n'))
            if (line !== '') this.#record(this.#json(line));
        }
      } finally {
        await file.close();
      }
    };
    return this.#source(run(), () => {
      isOpen = false;
    });
  }

  #source(done: Promise<void>, close: () => void): SideSource {
    const reader = this;
    // Whoever waits for it is told; nobody has to.
    done.catch(() => {});
    return {
      get skipped() {
        return reader.skipped;
      },
      done,
      close,
    };
  }

  #json(text: string): Record_ {
    try {
      return JSON.parse(text) as Record_;
    } catch {
      throw fault(`${this.source}: a record is no JSON`);
    }
  }
  #unpacked(codec: { unpack(bytes: Uint8Array): unknown }, bytes: Uint8Array): Record_ {
    try {
      return codec.unpack(bytes) as Record_;
    } catch {
      throw fault(`${this.source}: a frame is neither JSON nor MessagePack`);
    }
  }

  #record(record: Record_): void {
    if (typeof record !== 'object' || record === null) throw fault(`${this.source}: a record is no object`);
    const { channel = '', sequence, message, fields, origin } = record;
    if (sequence === undefined || message === undefined || origin === 'snapshot') {
      this.skipped++;
      return;
    }
    const isNumber = typeof sequence === 'bigint' || Number.isSafeInteger(sequence) || /^\d+$/.test(String(sequence));
    if (!isNumber) throw fault(`${this.source}: sequence is no whole number`);
    this.take({ channel: String(channel), sequence: BigInt(sequence as string), message: String(message), fields });
  }
}

const fault = (what: string): VenuewireError =>
  new VenuewireError(
    'VW_COMPARE_SIDE',
    what,
    'Give zmq: and an endpoint, or a file of JSON lines, with channel, sequence, message and fields.',
  );
