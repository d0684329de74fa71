/** FIX messages as they are printed: the core hands them on as text, the dictionary of FIX 4.4 names their fields. */
import { fix44 } from '../decoders/fix44.js';
import { fixText } from '../decoders/fix44-text.js';
import { VenuewireError } from '../errors.js';
import { FixView } from '../fix/index.js';
import type { Decoder, Flyweight } from '../layout/index.js';

/** A message's name and its fields. */
export interface Read {
  readonly name: string;
  readonly fields: object;
}

/** Reads the messages of a decoder that leaves them as text; undefined for any other decoder. */
export function textReader(decoder: Decoder): ((message: Flyweight) => Read) | undefined {
  if (decoder.id !== fixText.id) return undefined;
  const fix = fix44();
  const view = new FixView();
  return (message) => {
    const { $data, $at, $end } = message;
    // Bytes that the ring shares with the core cannot be given to a text decoder: they are copied.
    const bytes = new Uint8Array($data.buffer, $data.byteOffset + $at, $end - $at).slice();
    try {
      fix.decode(view, bytes);
      return { name: view.type?.name ?? 'unknown', fields: fix.toObject(view) };
    } catch (cause) {
      if (!(cause instanceof VenuewireError)) throw cause;
      return { name: 'malformed', fields: { code: cause.code, text: Buffer.from(bytes).toString('latin1') } };
    }
  };
}
