/** What a writer finds when it begins: where the log ends, and what another one had not written whole. */
import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type BlockPlace, blockBytes, damaged, type SegmentMeta, segmentName } from './format.js';
import { Segment, segmentPositions } from './segments.js';

export interface Found {
  /** Of the next entry. */
  readonly position: number;
  readonly latestTime: bigint;
  /** The last segment, when it can be gone on with. */
  readonly open: { readonly path: string; readonly at: number; readonly places: readonly BlockPlace[] } | undefined;
  readonly meta: SegmentMeta | undefined;
  /** Bytes that were cut off. */
  readonly cut: number;
}

const EMPTY: Found = { position: 0, latestTime: 0n, open: undefined, meta: undefined, cut: 0 };

/** Bytes from `at` on go beside the segment, and the segment ends there. */
export function cutTail(segment: Segment, at: number): number {
  const { size, path } = segment;
  const aside = openSync(`${path}.torn`, 'a');
  const file = openSync(path, 'r+');
  const piece = new Uint8Array(PIECE_BYTES);
  try {
    for (let from = at; from < size; from += PIECE_BYTES) {
      const read = segment.read(piece, from);
      for (let done = 0; done < read; ) done += writeSync(aside, piece, done, read - done);
    }
    fsyncSync(aside);
    ftruncateSync(file, at);
    fsyncSync(file);
  } finally {
    closeSync(aside);
    closeSync(file);
  }
  return size - at;
}
const PIECE_BYTES = 1 << 20;

/**
 * The furthest durable position that sound blocks behind `from` know of. A power cut may keep what was written later and lose
 * what was written before it, as long as neither was made durable.
 */
export function durableBehind(segment: Segment, from: number): number {
  let durable = 0;
  for (let at = segment.nextSound(from); at !== undefined; ) {
    const head = segment.headAt(at);
    if (head === undefined) break;
    durable = Math.max(durable, head.durable);
    at = segment.nextSound(at + blockBytes(head.bytes));
  }
  return durable;
}

/**
 * The end of a log. Its last segment is read whole and checked; a torn end is cut off and kept beside it (`….torn`).
 * @throws VenuewireError `VW_LOG_DAMAGED` when entries behind damage were durable: that is no torn end.
 */
export function recover(folder: string): Found {
  let cut = 0;
  const positions = segmentPositions(folder);
  for (let i = positions.length - 1; i >= 0; i--) {
    const position = positions[i] as number;
    const name = segmentName(position);
    const segment = new Segment(folder, name, position);
    try {
      const meta = segment.meta();
      if (meta === undefined) {
        if (durableBehind(segment, 1) > position) throw damaged(segment.path, 0, 'is no segment’s first block');
        cut += setAside(join(folder, name), segment.size);
        continue;
      }
      const end = segment.refresh();
      if (segment.isWhole && !end.torn) return found(segment, meta, undefined, cut);
      return checked(folder, name, position, meta, cut);
    } finally {
      segment.close();
    }
  }
  return { ...EMPTY, cut };
}

/** A segment that was being created. */
function setAside(path: string, size: number): number {
  if (size === 0) rmSync(path);
  else renameSync(path, `${path}.torn`);
  return size;
}

function checked(folder: string, name: string, position: number, meta: SegmentMeta, before: number): Found {
  const segment = new Segment(folder, name, position);
  try {
    const { at, torn } = segment.refresh(true);
    let cut = before;
    if (torn) {
      const last = segment.places.at(-1);
      const end = last === undefined ? position : last.position + last.entries;
      const durable = durableBehind(segment, at + 1);
      if (durable > end)
        throw damaged(segment.path, at, `is no sound block, and entries up to ${durable} were durable`);
      cut += cutTail(segment, at);
    }
    return found(segment, meta, segment.isWhole ? undefined : at, cut);
  } finally {
    segment.close();
  }
}

function found(segment: Segment, meta: SegmentMeta, at: number | undefined, cut: number): Found {
  const { path, places } = segment;
  const last = places.at(-1);
  const position = last === undefined ? segment.position : last.position + last.entries;
  const head = last === undefined ? segment.headAt(0) : undefined;
  return {
    position,
    latestTime: last?.latestTime ?? head?.latestTime ?? 0n,
    open: at === undefined ? undefined : { path, at, places },
    meta,
    cut,
  };
}
