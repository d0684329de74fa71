/** The event log: what a feed delivered, on disk, as the one truth that everything else can be made from again. */
export type { CheckpointOptions, LogBooks } from './checkpoints.js';
export type { LogNote, SegmentMeta } from './format.js';
export {
  type Log,
  type LogOptions,
  type LogSource,
  type LogStatistics,
  openLog,
  openLogWriter,
} from './log.js';
export type { LogSync, LogWriterOptions } from './options.js';
export type { LogMoment, LogReader, LogReadOptions } from './reader.js';
export type { LogBatch } from './record-reader.js';
export { cutLog, type LogCut, type LogFault, type LogReport, verifyLog } from './verify.js';
export type { LogWriter, LogWriterStatistics } from './writer.js';
