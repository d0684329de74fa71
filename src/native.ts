/**
 * The only file that knows the addon: how it is found and loaded, and what it offers. Times are nanoseconds; in
 * `NativeSession` they are plain numbers on the caller's own clock, exact below 2^53.
 */
import { addonPlatform, loadAddon } from './addon.js';
import { CONTRACT, type Reason } from './contract.js';
import { ERRORS, type ErrorCode, isErrorCode, remedyOf, VenuewireError } from './errors.js';

/** What a requester wants from its driver. */
export type HostAction =
  | { readonly kind: 'connect'; readonly requester: number; readonly server: number }
  | { readonly kind: 'send'; readonly requester: number; readonly bytes: Uint8Array }
  | { readonly kind: 'close'; readonly requester: number };

/** Why a connection ended. */
export type CloseReason = Extract<Reason, 'connectionRefused' | 'connectionClosed' | 'timedOut'>;

/**
 * The pure core of a feed, driven from JavaScript: simulations and tests. The same object that the feed thread runs;
 * what it delivers appears in the ring.
 */
export interface NativeSession {
  datagram(line: number, bytes: Uint8Array, receiveNs: number, nowNs: number): void;
  stream(line: number, bytes: Uint8Array, receiveNs: number, nowNs: number): boolean;
  connected(requester: number, nowNs: number): void;
  received(requester: number, bytes: Uint8Array, nowNs: number): void;
  closed(requester: number, reason: CloseReason, nowNs: number): void;
  /** Runs ladder and requesters and publishes; returns when to come again (Infinity: nothing is due). */
  service(nowNs: number): number;
  /** What the requesters asked for since the last call, in order. */
  actions(): HostAction[];
  resume(nowNs: number): void;
  /** Nothing is missing, no snapshot is awaited. */
  settled(): boolean;
  /** No more input: what is still missing is abandoned. */
  finish(nowNs: number): void;
  ledgerBalances(): boolean;
  /** For each requester the bits of the reply actions and of the outcomes that have been reached, in the order of the core. */
  coverage(): (readonly [actions: number, outcomes: number])[];
  updateGauges(): void;
}

export interface NativeFeed {
  /** Starts the feed thread. */
  start(): void;
  /** Stops and joins the thread; idempotent. */
  close(): void;
  /** Blocks this thread until something is published or the time is over; for workers that may block. */
  wait(timeoutMs: number): boolean;
  /** Text of the failure, when the feed's state is `failed`. */
  failure(): { readonly code: ErrorCode; readonly message: string } | null;
  /** What the sockets were granted and where they are bound, for reports. */
  describe(): {
    readonly lines: readonly LineDescription[];
    readonly receive: readonly ReceiveDecision[];
    /** Where datagrams that are for no line were sent, `ip:port`, the first few. */
    readonly foreign: readonly string[];
  };
  /** Whether the feed's wake-up keeps the process alive; without a wake-up nothing does. */
  keepAlive(yes: boolean): void;
}

/** How something is received, and why so. */
export interface BackendDecision {
  /** What the lines, or the option `receive`, asked for. */
  readonly asked: string;
  /** What receives; empty when nothing could. */
  readonly backend: string;
  /** What the machine and the driver allowed. */
  readonly detail: string;
  /** What `auto` did not take, in its order: why, and what to do about it. */
  readonly refused: readonly { readonly backend: string; readonly why: string; readonly remedy: string }[];
}

/** How the datagrams of an interface are received. */
export interface ReceiveDecision extends BackendDecision {
  /** As the lines name it; empty: the one that the routes choose. */
  readonly interface: string;
  readonly lines: readonly string[];
}

/** A line's socket. */
export interface LineDescription {
  readonly name: string;
  /** Bytes that the kernel granted, and whether they are less than was asked for. */
  readonly receiveBufferBytes: number;
  readonly bufferIsShort: boolean;
  /** Datagrams that the kernel dropped before they were read, from the socket's buffer or a ring. */
  readonly kernelDrops: number;
}

/** What was done with bytes that were pushed: `enough`, taken, but pause; `full`, not taken; `gone`, the connection is over. */
export type PushAnswer = 'more' | 'enough' | 'full' | 'gone';

/** What a feed asks of those who carry its connections. `end`: place in the list that the object was made with. */
export type NativeExternalAction = { readonly end: number; readonly connection: number } & (
  | { readonly kind: 'connect'; readonly server: number }
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  | { readonly kind: 'close' }
  | { readonly kind: 'abort' }
  | { readonly kind: 'resume' }
);

/** Connections that JavaScript carries, for one feed (native/feed/external_port.hpp). Pushed bytes are copied. */
export interface NativeExternal {
  connected(end: number, connection: number): PushAnswer;
  /** `receivedNs`: since the Unix epoch; default: now. */
  bytes(end: number, connection: number, bytes: Uint8Array, receivedNs?: bigint): PushAnswer;
  datagram(
    end: number,
    connection: number,
    bytes: Uint8Array,
    receivedNs?: bigint,
    toIp?: string,
    toPort?: number,
    fromIp?: string,
    fromPort?: number,
  ): PushAnswer;
  closed(end: number, connection: number, reason: Reason): PushAnswer;
  /** What was asked for since the last call, in order. */
  actions(): NativeExternalAction[];
  /** Rings no more; after the feed is closed. */
  release(): void;
}

/** What a feed's thread asks of the scheduler; −1 and 0: nothing. */
export interface NativeThread {
  readonly cpu: number;
  readonly numaNode: number;
  readonly realtimePriority: number;
}

export const ANY_THREAD: NativeThread = { cpu: -1, numaNode: -1, realtimePriority: 0 };

/** Where a feed's packets come from. */
export type NativeSource = NativeThread &
  (
    | {
        readonly kind: 'live';
        readonly receiveBufferBytes: number;
        readonly busyPollUs: number;
        /** Name of a receive backend, or `auto`, for all multicast lines; empty: each line's own. */
        readonly receive?: string;
        /** Lines and servers that JavaScript connects to; default: none. */
        readonly external?: NativeExternal;
        readonly preferBusyPoll: boolean;
        readonly stamps: boolean;
        readonly spin: boolean;
      }
    | {
        readonly kind: 'capture';
        /** A path; `-`: standard input. */
        readonly file?: string;
        /** In a SharedArrayBuffer. */
        readonly memory?: Uint8Array;
        /** What errors call it; default: the path. */
        readonly name?: string | undefined;
        /** For each destination (`ip:port`, `*:port` or `*`) the line its packets are for; the first match wins. */
        readonly routes: readonly { readonly ip: string; readonly port: number; readonly line: number }[];
        readonly packets: boolean;
        /** Times the capture's own speed; 0 or left out: as fast as it is read. */
        readonly speed?: number;
      }
  );

/** How a capture is sent to its groups again. */
export interface NativeReplayOptions {
  /** A path, or `-` for standard input; or bytes in a SharedArrayBuffer. */
  readonly file?: string;
  readonly memory?: Uint8Array;
  /** What errors call it; default: the path. */
  readonly name?: string | undefined;
  /** Name or IPv4 address of the interface that datagrams leave by. */
  readonly interface: string;
  readonly ttl: number;
  /** Times the original speed; 0: as fast as it goes. */
  readonly speed: number;
  /** How often the capture is sent; 0: until the replay is closed. */
  readonly times: number;
  /** Only datagrams to this port; 0: all. */
  readonly port: number;
  /** Of the sending thread, 1 to 99; 0: as every thread. */
  readonly realtimePriority: number;
  readonly map: readonly {
    readonly ip: string;
    readonly port: number;
    readonly toIp: string;
    readonly toPort: number;
  }[];
}

/** What a replay has done so far, and the counters of the capture (`captureFrames` …) of all passes. */
export interface NativeReplayProgress {
  readonly done: boolean;
  readonly packets: number;
  readonly bytes: number;
  /** Packets that are not UDP over IPv4, or for another port. */
  readonly passedOver: number;
  /** Bytes of the file read in this pass. */
  readonly captureBytes: number;
  readonly passes: number;
  /** How long after it was due the last packet, and the latest one, was sent, ns. */
  readonly lastLateNs: number;
  readonly mostLateNs: number;
  readonly [counter: `capture${string}`]: number;
}

/** Sends a capture to its groups on a thread of its own, each packet when it is due. */
export interface NativeReplay {
  start(): void;
  /** Where datagrams went, `ip:port`, the first few. */
  destinations(): string[];
  /** Stops and joins the thread; idempotent. */
  close(): void;
  progress(): NativeReplayProgress;
  failure(): { code: string; message: string } | null;
}

/** What is recorded, and into which files. */
export interface NativeRecordOptions {
  /** One for each interface; its name may be empty: the one that the routes choose. */
  readonly sources: readonly {
    readonly interface: string;
    /** `source`: only of this sender; empty: of any. */
    readonly groups: readonly { readonly ip: string; readonly port: number; readonly source: string }[];
  }[];
  readonly path: string;
  /** `auto`: the first of the others that may be opened. */
  readonly receive: 'auto' | 'packetRing' | 'socket';
  readonly receiveBufferBytes: number;
  /** A new file after about so many bytes, or nanoseconds; 0: never. */
  readonly rotateBytes: number;
  readonly rotateNs: number;
  /** Only the latest so many files; 0: all. */
  readonly keep: number;
}

export interface NativeRecordProgress {
  readonly done: boolean;
  readonly packets: number;
  /** Of all files. */
  readonly bytes: number;
  readonly files: number;
  /** Packets that the kernel had no room for. */
  readonly dropped: number;
  /** The file that is being written. */
  readonly file: string;
  /** How each source is received, once all are open. */
  readonly receive: readonly BackendDecision[];
}

/** Records groups into pcapng files on a thread of its own. */
export interface NativeRecorder {
  start(): void;
  /** Stops and joins the thread; the file is whole then. Idempotent. */
  close(): void;
  progress(): NativeRecordProgress;
  failure(): { code: string; message: string } | null;
}

export interface NativeDigest {
  readonly digest: bigint;
  /** Sound messages, those whose counts or lengths lead past their end, and those that the table does not know. */
  readonly messages: number;
  readonly malformed: number;
  readonly unknown: number;
}

/** The native execution of a compiled FAST program over one stream. */
export interface NativeFastDecoder {
  reset(): void;
  /**
   * The message at `offset`. Its record is in `into` where it fits (`record` gives it again); `state` gets the error (its
   * place in `FAST_ERROR`), where the next message begins, the record's size, and the number of the field that failed (-1:
   * none).
   */
  decode(bytes: Uint8Array, offset: number, end: number, into: Uint8Array, state: Float64Array): void;
  record(into: Uint8Array): void;
  /** All messages of a stream, up to the first error, as one number; nothing crosses into JavaScript. */
  digest(
    bytes: Uint8Array,
    preamble: number,
  ): { readonly digest: bigint; readonly messages: number; readonly error: string };
  /** How often each error was met; at `none` the sound messages. */
  counts(): Readonly<Record<string, number>>;
}

/** Order books built from what a feed has delivered (native/core/book_reader.hpp). */
export interface NativeBooks {
  /**
   * Takes the ring's records from position `from` up to `to`. Events, where `events` is given, are put into it; `state`
   * gets the position to go on from, the number of events, whether there was no room for all of them, whether the
   * records were sound and, where it has a fifth place, the position of the notice behind which it has stopped (or −1).
   */
  take(from: number, to: number, events: Uint8Array | null, state: Float64Array): void;
  /** The books as bytes, and how far what has been taken goes. */
  save(): Uint8Array;
  /** Forgets everything: the books are as at first. */
  restart(): void;
  /** Goes on from what was saved; before anything is taken. False: it is no checkpoint for these roles. */
  load(checkpoint: Uint8Array): boolean;
  /** Levels of a side (0 bid, 1 ask), best first; returns how many were written. */
  depth(instrument: number, side: number, prices: BigInt64Array, sizes: BigInt64Array, orders: Uint32Array): number;
  /** Ids of the orders at a price, in priority; returns how many were written. */
  queue(instrument: number, side: number, price: bigint, ids: BigUint64Array): number;
  /** The venue's keys of instruments `from` and on, by their numbers; returns how many were written. */
  keys(from: number, into: BigUint64Array): number;
  /** Its symbol, where the venue has told it; else ''. */
  name(instrument: number): string;
  instruments(): number;
  updates(instrument: number): number;
  /** What all levels hold together. */
  size(): bigint;
  counters(): Readonly<Record<NativeBookCounter, number>>;
  /** Sums and order hold everywhere: for tests. */
  consistent(): boolean;
}
/** Columns of messages, of entries, or of records that are handed over (native/core/columns.hpp). */
export interface NativeColumns {
  /** Where columns of table `table` are written: an array each with room for `capacity` rows, and bits where it may have no value. */
  memory(
    table: number,
    capacity: number,
    arrays: readonly ArrayBufferView[],
    bits: readonly (Uint8Array | undefined)[],
  ): void;
  /** The rows of [from, to) of the ring, from row 0 on; `state` gets messages, sound, others, then rows and malformed of each table. */
  take(from: number, to: number, state: Float64Array): void;
  /** Records of `size` bytes as rows of table 0, from row `first` on. */
  records(records: Uint8Array, size: number, first: number): void;
}
export type NativeBookCounter =
  | 'messages'
  | 'operations'
  | 'events'
  | 'unknownOrders'
  | 'duplicateOrders'
  | 'overfilled'
  | 'unknownLevels'
  | 'crossed'
  | 'locked'
  | 'refused'
  | 'trades'
  | 'mostOrders'
  | 'malformed'
  | 'orders'
  | 'levels'
  | 'bytes';

export interface NativeAddon {
  /** What it was generated from; see `CONTRACT`. */
  readonly contract: number;
  /** `ring`: over a SharedArrayBuffer. `dataAt` and `dataBytes` lie in it, 64-byte aligned and a power of two. */
  Session: new (
    spec: Uint8Array,
    ring: Uint8Array,
    dataAt: number,
    dataBytes: number,
  ) => NativeSession;
  Feed: new (
    spec: Uint8Array,
    ring: Uint8Array,
    dataAt: number,
    dataBytes: number,
    source: NativeSource,
    doorbell: (() => void) | null,
  ) => NativeFeed;
  /** `bell` is called when there are actions. */
  External: new (
    ends: readonly { readonly line: boolean; readonly index: number; readonly connects: boolean }[],
    bell: () => void,
  ) => NativeExternal;
  MulticastReplay: new (options: NativeReplayOptions) => NativeReplay;
  Recorder: new (options: NativeRecordOptions) => NativeRecorder;
  /** `compiled`: the table, then its program of roles. `tops`: 64 bytes an instrument, 64-byte aligned. */
  Books: new (
    compiled: Uint8Array,
    ring: Uint8Array,
    dataAt: number,
    dataBytes: number,
    tops: Uint8Array | null,
  ) => NativeBooks;
  /** `ring`: null, where all tables are of records. */
  Columns: new (
    compiled: Uint8Array,
    ring: Uint8Array | null,
    dataAt: number,
    dataBytes: number,
  ) => NativeColumns;
  FastDecoder: new (
    program: Uint8Array,
    text: number,
    entries: number,
    depth: number,
    record: number,
    strict: boolean,
  ) => NativeFastDecoder;
  /** Bytes from `ring`'s first byte to the next 64-byte line. */
  alignment(ring: Uint8Array): number;
  /** Walks each message of a buffer (length, 4 bytes little-endian, then the message); `Digests` in the layout does the same. */
  digest(catalogue: Uint8Array, messages: Uint8Array): NativeDigest;
  /** CRC-32C of `length` bytes from `offset`. */
  crc32c(bytes: Uint8Array, offset: number, length: number): number;
  SharedRingWriter: new (path: string, bytes: number, said: Uint8Array) => NativeSharedRingWriter;
  SharedRingReader: new (path: string) => NativeSharedRingReader;
  /** Whether this process has the file to itself now; the lock ends with the descriptor, or with the process. */
  lockFile(fd: number): boolean;
}

/** A ring in a file, for readers in other processes. */
export interface NativeSharedRingWriter {
  /** The longest block. */
  most(): number;
  publish(bytes: Uint8Array, offset: number, length: number, entries: number, position: number): void;
  close(): void;
}
/** What `read` finds, in the order of its numbers. */
export const SHARED_RING_FOUND = ['nothing', 'block', 'lost', 'ended', 'damaged', 'noRoom'] as const;
export interface NativeSharedRingReader {
  /** What the writer says of itself. */
  said(): Uint8Array;
  /** The longest block. */
  most(): number;
  /** Copies the next block into memory; bytes, entries and position go into `state`. Returns an index of `SHARED_RING_FOUND`. */
  read(into: Uint8Array, state: Float64Array): number;
  /** Resolves when there is more, or the time is over; nothing is read meanwhile. */
  change(timeoutMs: number): Promise<void>;
  /** Its writer is gone. */
  isAbandoned(): boolean;
  /** The name is another file's. */
  isReplaced(): boolean;
}

/** What native code threw, or tells as its failure, with what to do about it. */
export function nativeError(failure: unknown, otherwise: ErrorCode = 'VW_FEED'): VenuewireError {
  const { code, message } = (failure ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  const known = isErrorCode(code) ? code : otherwise;
  return new VenuewireError(known, typeof message === 'string' ? message : ERRORS[known][0], remedyOf(known));
}

let checked: NativeAddon | undefined;

/**
 * The addon, loaded on first use.
 * @throws VenuewireError `VW_ADDON_NOT_FOUND`, `VW_ADDON_LOAD` or `VW_ADDON_CONTRACT` (another version) with the platform,
 * what was looked for and the command that mends it.
 */
export function native(): NativeAddon {
  if (checked) return checked;
  const { addon, remedy } = loadAddon();
  const loaded = addon as NativeAddon;
  if (loaded.contract !== CONTRACT) {
    throw new VenuewireError(
      'VW_ADDON_CONTRACT',
      `The venuewire addon for ${addonPlatform} was built from another version: it has contract ${loaded.contract}, this library ${CONTRACT}`,
      remedy,
    );
  }
  checked = loaded;
  return checked;
}
