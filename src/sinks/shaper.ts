/** What makes rows of a feed's batches. */
import type { Notice } from '../feed/batch.js';
import type { Batch, Feed } from '../feed/feed.js';
import type { RowBatch } from './rows.js';

// biome-ignore lint/suspicious/noExplicitAny: whatever its handlers are
export type AnyFeed = Feed<any, any>;
export type Emit = (rows: RowBatch) => void;

/** Reads batches of messages. */
export interface MessageShaper {
  readonly reads: 'messages';
  take(batch: Batch, emit: Emit): void;
}
/** Is given the events of a batch as records, and its end. */
export interface EventShaper {
  readonly reads: 'events';
  notice(notice: Notice): void;
  events(records: DataView, count: number, emit: Emit): void;
  end(emit: Emit): void;
}
export type Shaper = MessageShaper | EventShaper;
