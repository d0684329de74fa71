/**
 * How a log lies in files (docs/event-log.md): segments of blocks. Everything is little-endian. A block is a head of 64
 * bytes and a payload, filled up with zeros to 8 bytes; both are held by CRC-32C.
 */
import { NOTICE_BYTES, NOTICE_TYPE, ORIGIN, REASON, RUN_BYTES } from '../contract.js';
import { remedyOf, VenuewireError } from '../errors.js';
import { native } from '../native.js';

export const FORMAT_VERSION = 1;
export const BLOCK_HEAD_BYTES = 64;
/** No block is longer: a length beyond it is damage, whatever its checksum. */
export const BLOCK_BYTES_MAX = 16 << 20;
export const ALIGNMENT = 8;
export const SEGMENT_ENDING = '.vwlog';
export const LOCK_FILE = 'writer.lock';

const MAGIC = 0x424c_5756; // "VWLB"
const INDEX_MAGIC = 0x5844_4e49_4c57_5756n; // "VWWLINDX"
const AT = {
  magic: 0,
  version: 4,
  kind: 5,
  bytes: 8,
  entries: 12,
  position: 16,
  firstTime: 24,
  latestTime: 32,
  messages: 40,
  durable: 48,
  payloadCrc: 56,
  headCrc: 60,
} as const;

/** What a block holds. `segment`: what the segment is of, its first block; `index`: where its blocks are, its last one. */
export const BLOCK_KIND = ['none', 'segment', 'records', 'events', 'note', 'index'] as const;
export type BlockKind = (typeof BLOCK_KIND)[number];

export interface BlockHead {
  readonly kind: BlockKind;
  /** Of the payload, without what fills it up. */
  readonly bytes: number;
  /** Position of the first entry, and how many there are: each message, notice or event is one. */
  readonly position: number;
  readonly entries: number;
  readonly messages: number;
  /** Of the first entry, and the latest of all entries of the log up to the end of the block: ns since 1970. */
  readonly firstTime: bigint;
  readonly latestTime: bigint;
  /** Entries before this position outlived a power cut already when the block was made. */
  readonly durable: number;
}

/** Where a block is, as the index has it. */
export interface BlockPlace {
  readonly at: number;
  readonly position: number;
  readonly entries: number;
  readonly kind: BlockKind;
  readonly latestTime: bigint;
}

export const padded = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
/** What a block takes in its file. */
export const blockBytes = (payload: number): number => BLOCK_HEAD_BYTES + padded(payload);

/** Writes the head in front of a payload that lies behind it already, and zeros behind the payload. */
export function sealBlock(block: Uint8Array, head: BlockHead): Uint8Array {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const end = BLOCK_HEAD_BYTES + head.bytes;
  block.fill(0, 0, BLOCK_HEAD_BYTES);
  block.fill(0, end, blockBytes(head.bytes));
  view.setUint32(AT.magic, MAGIC, true);
  view.setUint8(AT.version, FORMAT_VERSION);
  view.setUint8(AT.kind, BLOCK_KIND.indexOf(head.kind));
  view.setUint32(AT.bytes, head.bytes, true);
  view.setUint32(AT.entries, head.entries, true);
  view.setBigUint64(AT.position, BigInt(head.position), true);
  view.setBigInt64(AT.firstTime, head.firstTime, true);
  view.setBigInt64(AT.latestTime, head.latestTime, true);
  view.setUint32(AT.messages, head.messages, true);
  view.setBigUint64(AT.durable, BigInt(head.durable), true);
  const { crc32c } = native();
  view.setUint32(AT.payloadCrc, crc32c(block, BLOCK_HEAD_BYTES, head.bytes), true);
  view.setUint32(AT.headCrc, crc32c(block, 0, AT.headCrc), true);
  return block.subarray(0, blockBytes(head.bytes));
}

/** The head at `at`; undefined where none is, or its checksum is wrong. */
export function readHead(bytes: Uint8Array, at = 0): (BlockHead & { readonly payloadCrc: number }) | undefined {
  if (bytes.length - at < BLOCK_HEAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, BLOCK_HEAD_BYTES);
  if (view.getUint32(AT.magic, true) !== MAGIC) return undefined;
  if (native().crc32c(bytes, at, AT.headCrc) !== view.getUint32(AT.headCrc, true)) return undefined;
  const kind = BLOCK_KIND[view.getUint8(AT.kind)];
  const size = view.getUint32(AT.bytes, true);
  if (view.getUint8(AT.version) !== FORMAT_VERSION || kind === undefined || size > BLOCK_BYTES_MAX) return undefined;
  return {
    kind,
    bytes: size,
    entries: view.getUint32(AT.entries, true),
    position: Number(view.getBigUint64(AT.position, true)),
    firstTime: view.getBigInt64(AT.firstTime, true),
    latestTime: view.getBigInt64(AT.latestTime, true),
    messages: view.getUint32(AT.messages, true),
    durable: Number(view.getBigUint64(AT.durable, true)),
    payloadCrc: view.getUint32(AT.payloadCrc, true),
  };
}

/** The file that begins with an entry. */
const POSITION_DIGITS = 20;
const positionName = (position: number): string => String(position).padStart(POSITION_DIGITS, '0');
export const segmentName = (position: number): string => `${positionName(position)}${SEGMENT_ENDING}`;
export const isSegmentName = (name: string): boolean => /^\d{20}\.vwlog$/.test(name);

export const CHECKPOINT_FOLDER = 'checkpoints';
export const checkpointName = (position: number): string => `${positionName(position)}.books`;
export const isCheckpointName = (name: string): boolean => /^\d{20}\.books$/.test(name);

/** What a segment says of itself, as JSON in its first block. */
export interface SegmentMeta {
  readonly format: number;
  readonly venue: string;
  readonly decoder: string;
  /** Names of the decoder's messages: a message's type is its place here. */
  readonly messages: readonly string[];
  readonly channels: readonly string[];
  readonly lines: readonly string[];
  readonly requesters: readonly string[];
  readonly servers: readonly (readonly string[])[];
  /** `records`: messages and notices; `events`: normalised events. */
  readonly holds: 'records' | 'events';
  /** Names by number of what notices and runs say, as the writer's version had them. */
  readonly notices: readonly string[];
  readonly reasons: readonly string[];
  readonly origins: readonly string[];
  /** Sizes of the heads of runs and of notices. */
  readonly runBytes: number;
  readonly noticeBytes: number;
}

/** What this version writes. */
export const ownNames = {
  notices: NOTICE_TYPE,
  reasons: REASON,
  origins: ORIGIN,
  runBytes: RUN_BYTES,
  noticeBytes: NOTICE_BYTES,
} as const;

/** Told in the log itself, between entries. */
export interface LogNote {
  /**
   * `tornTail`: what a writer that was killed had not written whole was cut off; `dropped`: entries `begin` up to `end` are
   * not here, because there was no room; `syncFailed`: entries `begin` up to `end` may not outlive a power cut; `started`:
   * a writer began; `ended`: it closed.
   */
  readonly type: 'tornTail' | 'dropped' | 'syncFailed' | 'started' | 'ended';
  readonly code?: 'VW_LOG_TORN' | 'VW_LOG_FULL' | 'VW_LOG_SYNC';
  readonly reason: string;
  readonly begin: number;
  readonly end: number;
  /** Bytes cut off. */
  readonly bytes?: number;
  /** ns since 1970, as decimal text. */
  readonly time: string;
}

/** Where the log stands when a block without entries is made. */
export interface LogEnd {
  readonly position: number;
  readonly latestTime: bigint;
  readonly durable: number;
}

const jsonBlock = (kind: BlockKind, value: unknown, end: LogEnd): Uint8Array => {
  const text = Buffer.from(JSON.stringify(value));
  const block = Buffer.alloc(blockBytes(text.length));
  text.copy(block, BLOCK_HEAD_BYTES);
  return sealBlock(block, { ...end, kind, bytes: text.length, entries: 0, messages: 0, firstTime: end.latestTime });
};

export const segmentBlock = (meta: SegmentMeta, end: LogEnd): Uint8Array => jsonBlock('segment', meta, end);
export const noteBlock = (note: LogNote, end: LogEnd): Uint8Array => jsonBlock('note', note, end);

export const readJson = (payload: Uint8Array): unknown =>
  JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString());

/** A place of the index: at, position, latest time (8 bytes each), kind, entries (4 each). */
const PLACE_BYTES = 32;
/** At the end of the index, and so of a segment that is whole: where the index begins, and that it is one. */
export const INDEX_TAIL_BYTES = 16;

/** The index of a segment as its last block, which will stand at `at`. */
export function indexBlock(places: readonly BlockPlace[], at: number, end: LogEnd): Uint8Array {
  const bytes = places.length * PLACE_BYTES + INDEX_TAIL_BYTES;
  const block = new Uint8Array(blockBytes(bytes));
  const view = new DataView(block.buffer, BLOCK_HEAD_BYTES);
  places.forEach((place, i) => {
    const to = i * PLACE_BYTES;
    view.setBigUint64(to, BigInt(place.at), true);
    view.setBigUint64(to + 8, BigInt(place.position), true);
    view.setBigInt64(to + 16, place.latestTime, true);
    view.setUint32(to + 24, BLOCK_KIND.indexOf(place.kind), true);
    view.setUint32(to + 28, place.entries, true);
  });
  view.setBigUint64(bytes - INDEX_TAIL_BYTES, BigInt(at), true);
  view.setBigUint64(bytes - INDEX_TAIL_BYTES + 8, INDEX_MAGIC, true);
  return sealBlock(block, { ...end, kind: 'index', bytes, entries: 0, messages: 0, firstTime: end.latestTime });
}

/** Where the index of a file begins, by the last bytes of the file; undefined: it has none. */
export function indexAt(tail: Uint8Array): number | undefined {
  if (tail.length !== INDEX_TAIL_BYTES) return undefined;
  const view = new DataView(tail.buffer, tail.byteOffset, INDEX_TAIL_BYTES);
  return view.getBigUint64(8, true) === INDEX_MAGIC ? Number(view.getBigUint64(0, true)) : undefined;
}

export function readIndex(payload: Uint8Array): BlockPlace[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const count = Math.floor((payload.length - INDEX_TAIL_BYTES) / PLACE_BYTES);
  return Array.from({ length: count }, (_, i) => {
    const from = i * PLACE_BYTES;
    return {
      at: Number(view.getBigUint64(from, true)),
      position: Number(view.getBigUint64(from + 8, true)),
      latestTime: view.getBigInt64(from + 16, true),
      kind: BLOCK_KIND[view.getUint32(from + 24, true)] ?? 'none',
      entries: view.getUint32(from + 28, true),
    };
  });
}

/** The same error wherever bytes are not what a writer has written. */
export const damaged = (file: string, at: number, what: string): VenuewireError =>
  new VenuewireError('VW_LOG_DAMAGED', `${file}: at byte ${at} ${what}`, remedyOf('VW_LOG_DAMAGED'));
