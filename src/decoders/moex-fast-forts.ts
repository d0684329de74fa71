/**
 * MOEX derivatives market (FORTS, later SPECTRA), FAST 1.1. The exchange publishes the templates and changes them; they
 * are read at run time. A message's number is MsgSeqNum (tag 34); on the snapshot line it begins anew with each cycle.
 */

import { readFastTemplates } from '../fast/import.js';
import { FastDecoder, type FastMessage, type FastOptions } from '../fast/index.js';

/** A decoder for the templates of the day: the text of the exchange's `templates.xml`. */
export const moexFastForts = (templatesXml: string, options: FastOptions = {}): FastDecoder =>
  new FastDecoder(readFastTemplates(templatesXml), options);

/** MsgSeqNum: what lines A and B are arbitrated by. Undefined for a message without one, such as a reset. */
export function moexMessageNumber(message: FastMessage): number | undefined {
  const number = message.fields.get('MsgSeqNum');
  return typeof number === 'number' ? number : undefined;
}
