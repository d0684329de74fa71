/** FIX Adapted for Streaming, 1.1: templates, decoder, encoder. */
export { FastDecoder, type FastOptions } from './decoder.js';
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
export type { FastLimits } from './reader.js';
export { FastMessage, FastRecord } from './record.js';
export { FastDecimal } from './values.js';
