/** The public face: opening feeds, reading them, and declaring venues. */

export type { ChannelCounter, CounterDeclaration, CounterKind, CounterUnit, FeedCounter } from './contract.js';
export { type DecoderChoice, decoderFor, type FeedQuery, findDecoders } from './decoders/feeds.js';
export { ERRORS, type ErrorCode, type ErrorMeaning, isErrorCode, VenuewireError } from './errors.js';
export {
  type BatchSink,
  type FeedHandlers,
  type Notice,
  type NoticeType,
  type Origin,
  type PlainPosition,
  Position,
  type Reason,
} from './feed/batch.js';
export type {
  Column,
  ColumnDtype,
  ColumnField,
  Columns,
  ColumnsSpec,
  ColumnTable,
  ColumnTableName,
  NumberColumn,
  PositionColumn,
} from './feed/column-types.js';
export type { EventColumnName } from './feed/columns.js';
export type { Venue } from './feed/compile.js';
export { type FastExecution, fastDecoder, NativeFastStream } from './feed/fast.js';
export {
  Batch,
  type CaptureSource,
  Feed,
  type FeedEvents,
  type FeedObject,
  type FeedOptions,
  type FeedSummary,
} from './feed/feed.js';
export { openFeed } from './feed/open.js';
export type { Stage, StageSummary, StageTimes } from './feed/stages.js';
export {
  balances,
  type ChannelStatistics,
  counters,
  type FeedStatistics,
  type Ledger,
  type ReaderStatistics,
  statistics,
} from './feed/statistics.js';
export { DIAGNOSTICS, type FeedLogger } from './feed/telling.js';
export type {
  ConnectionEnd,
  DatagramOrigin,
  Transport,
  TransportConnection,
  TransportEvents,
  Transports,
  TransportTarget,
} from './transports/transport.js';
