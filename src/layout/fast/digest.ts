import { Fnv1a64 } from '../walk.js';
import type { FastMessage } from './record.js';

const utf8 = new TextEncoder();

/** A message's template and fields as one number, wherever in the stream it stood: FNV-1a over its JSON text. */
export function fastDigest(message: FastMessage, into = new Fnv1a64()): bigint {
  into.uint(message.id, 4);
  for (const byte of utf8.encode(JSON.stringify(message.fields))) into.byte(byte);
  return into.value;
}
