import { assertSound } from './check.js';
import { Decoder, type DecoderTable } from './decoder.js';
import type { Fields } from './field.js';
import type { Messages } from './types.js';

/**
 * Declares a protocol version. The table is checked; what is read, written or compiled with it is made when it is used.
 * @throws VenuewireError `VW_LAYOUT_…` when the table is not sound: all that is wrong with it is in the message.
 */
export function defineDecoder<H extends Fields, M extends Messages>(table: DecoderTable<H, M>): Decoder<H, M> {
  assertSound(table);
  return new Decoder(table);
}
