/** A log looked at byte by byte: whether it is what a writer has written; and cut where it is not. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { checkpointPositions, readCheckpoint } from './checkpoints.js';
import { CHECKPOINT_FOLDER, checkpointName, type LogNote, segmentName } from './format.js';
import { LogLock } from './lock.js';
import { cutTail } from './recover.js';
import { Segment, segmentPositions } from './segments.js';

/**
 * `damaged`: bytes are not what was written; `torn`: behind the last sound block of the last segment lies something that is
 * none, as a writer leaves it that is at work or was killed; `missing`: entries `position` up to `end` are not there, and
 * nothing in the log says why.
 */
export interface LogFault {
  readonly type: 'damaged' | 'torn' | 'missing';
  readonly path: string;
  /** Byte of the file. */
  readonly at: number;
  readonly bytes: number;
  readonly position: number;
  readonly end: number;
}

export interface LogReport {
  readonly segments: number;
  readonly bytes: number;
  readonly blocks: number;
  /** Positions. */
  readonly first: number;
  readonly end: number;
  readonly entries: number;
  readonly messages: number;
  /** Told by the writer. */
  readonly notes: readonly LogNote[];
  /** Entries that notes of type `dropped` name. */
  readonly dropped: number;
  readonly checkpoints: number;
  readonly faults: readonly LogFault[];
  readonly isSound: boolean;
}

class Verifier {
  bytes = 0;
  blocks = 0;
  entries = 0;
  messages = 0;
  dropped = 0;
  readonly notes: LogNote[] = [];
  readonly faults: LogFault[] = [];
  /** The next entry that should come. */
  expected: number;
  constructor(readonly first: number) {
    this.expected = first;
  }

  segment(segment: Segment, isLast: boolean): void {
    const { path, size } = segment;
    this.bytes += size;
    const { at, torn } = segment.refresh(true);
    this.#places(segment);
    if (torn) {
      const type = isLast && segment.nextSound(at + 1) === undefined ? 'torn' : 'damaged';
      this.faults.push({ type, path, at, bytes: size - at, position: this.expected, end: this.expected });
    }
  }

  #places(segment: Segment): void {
    for (const place of segment.places) {
      this.blocks++;
      if (place.kind === 'note') {
        const note = segment.note(place);
        this.notes.push(note);
        if (note.type === 'dropped') {
          this.#missing(segment, place.at, note.begin);
          this.dropped += note.end - note.begin;
        } else this.#missing(segment, place.at, note.end);
        this.expected = note.end;
        continue;
      }
      this.#missing(segment, place.at, place.position);
      this.entries += place.entries;
      this.messages += segment.headAt(place.at)?.messages ?? 0;
      this.expected = place.position + place.entries;
    }
  }

  #missing({ path }: Segment, at: number, position: number): void {
    if (position === this.expected) return;
    this.faults.push({ type: 'missing', path, at, bytes: 0, position: this.expected, end: position });
  }
}

/** Reads and checks everything; `progress` is told the bytes of each segment that has been read. */
export async function verifyLog(folder: string, progress: (bytes: number) => void = () => {}): Promise<LogReport> {
  const positions = segmentPositions(folder);
  const verifier = new Verifier(positions[0] ?? 0);
  for (const [i, position] of positions.entries()) {
    const segment = new Segment(folder, segmentName(position), position);
    try {
      verifier.segment(segment, i === positions.length - 1);
    } finally {
      segment.close();
    }
    progress(verifier.bytes);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  const checkpoints = checkpointPositions(folder);
  for (const position of checkpoints) {
    if (readCheckpoint(folder, position) !== undefined) continue;
    const path = join(folder, CHECKPOINT_FOLDER, checkpointName(position));
    verifier.faults.push({ type: 'damaged', path, at: 0, bytes: 0, position, end: position });
  }
  const { bytes, blocks, entries, messages, dropped, notes, faults, first, expected } = verifier;
  return {
    segments: positions.length,
    ...{ bytes, blocks, first, end: expected, entries, messages, notes, dropped },
    checkpoints: checkpoints.length,
    faults,
    isSound: faults.length === 0,
  };
}

/** What was cut off. */
export interface LogCut {
  /** Entries before it stay. */
  readonly position: number;
  readonly bytes: number;
  /** What was cut off lies here. */
  readonly files: readonly string[];
}

/**
 * Ends a log before its first damage: what lies behind goes into files beside it (`….torn`), sound entries among it too.
 * Undefined: there is no damage. Nobody may write meanwhile.
 * @throws VenuewireError `VW_LOG_LOCKED` when the log has a writer.
 */
export async function cutLog(folder: string): Promise<LogCut | undefined> {
  const lock = new LogLock(folder);
  try {
    const positions = segmentPositions(folder);
    for (const [i, position] of positions.entries()) {
      const segment = new Segment(folder, segmentName(position), position);
      try {
        const { at, torn } = segment.refresh(true);
        if (!torn) continue;
        const last = segment.places.at(-1);
        const end = last === undefined ? position : last.position + last.entries;
        const files = [`${segment.path}.torn`];
        let bytes = cutTail(segment, at);
        for (const later of positions.slice(i + 1)) {
          const name = segmentName(later);
          const other = new Segment(folder, name, later);
          bytes += other.size;
          other.close();
          renameSync(other.path, `${other.path}.torn`);
          files.push(`${other.path}.torn`);
        }
        setCheckpointsAside(folder, end);
        return { position: end, bytes, files };
      } finally {
        segment.close();
      }
    }
    return undefined;
  } finally {
    lock.release();
  }
}

function setCheckpointsAside(folder: string, end: number): void {
  for (const position of checkpointPositions(folder)) {
    if (position <= end) continue;
    const path = join(folder, CHECKPOINT_FOLDER, checkpointName(position));
    renameSync(path, `${path}.torn`);
  }
}
