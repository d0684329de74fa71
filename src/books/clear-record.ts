/** The event of a notice that empties the books of a channel. */
import {
  BOOK_SIDE,
  EVENT_ACTION,
  EVENT_ACTION_AT,
  EVENT_BYTES,
  EVENT_CHANNEL_AT,
  EVENT_FLAGS_AT,
  EVENT_INSTRUMENT_AT,
  EVENT_KIND,
  EVENT_KIND_AT,
  EVENT_LAST,
  EVENT_PRICE_AT,
  EVENT_RECEIVE_TIME_AT,
  EVENT_SIDE_AT,
  EVENT_SIZE_AT,
} from '../contract.js';
import { NO_VALUE } from '../events/view.js';
import type { Notice } from '../feed/batch.js';

const NO_INSTRUMENT = 0xffff_ffff;
/** As native/core/book_reader.cpp has it. */
const EMPTIES: ReadonlySet<string> = new Set(['sessionStarted', 'snapshotStarted', 'snapshotFailed', 'reset']);

export const emptiesBooks = (notice: Notice): boolean => EMPTIES.has(notice.type);

/** `clear` of a channel, as a record of 64 bytes. */
export function clearRecord(notice: Notice): Uint8Array {
  const record = new Uint8Array(EVENT_BYTES);
  const view = new DataView(record.buffer);
  view.setBigInt64(EVENT_RECEIVE_TIME_AT, notice.time, true);
  view.setBigInt64(EVENT_PRICE_AT, NO_VALUE, true);
  view.setBigInt64(EVENT_SIZE_AT, NO_VALUE, true);
  view.setUint32(EVENT_INSTRUMENT_AT, NO_INSTRUMENT, true);
  view.setUint16(EVENT_CHANNEL_AT, notice.channel, true);
  view.setUint8(EVENT_KIND_AT, EVENT_KIND.indexOf('order'));
  view.setUint8(EVENT_ACTION_AT, EVENT_ACTION.indexOf('clear'));
  view.setUint8(EVENT_SIDE_AT, BOOK_SIDE.indexOf('none'));
  view.setUint8(EVENT_FLAGS_AT, EVENT_LAST);
  return record;
}
