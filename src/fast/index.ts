/** FIX Adapted for Streaming, 1.1: templates, decoder, encoder. */
export { type CompiledFast, compileFast } from './compile.js';
export { FastDecoder } from './decoder.js';
export { fastDigest } from './digest.js';
export { FastEncoder, type FastEncoderOptions, type FastInput } from './encoder.js';
export type {
  FastField,
  FastGroup,
  FastInstruction,
  FastIntegerType,
  FastOperator,
  FastOperatorKind,
  FastReference,
  FastSequence,
  FastTemplate,
  FastType,
} from './model.js';
export { FastRecords, fastRecordBytes } from './normal.js';
export type { FastProgram } from './program.js';
export type { FastLimits } from './reader.js';
export { FastMessage, FastRecord } from './record.js';
export { type FastOptions, FastStream } from './stream.js';
export { FastDecimal } from './values.js';
