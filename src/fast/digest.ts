import { Fnv1a64 } from '../layout/walk.js';
import { fastRecordBytes } from './normal.js';
import type { FastMessage } from './record.js';

/** A message's template and fields as one number, wherever in the stream it stood: FNV-1a over its record. */
export function fastDigest(message: FastMessage, into = new Fnv1a64()): bigint {
  for (const byte of fastRecordBytes(message)) into.byte(byte);
  return into.value;
}
