import { char, defineDecoder, u16 } from '../layout/table.js';
import { iexDeepPlusSnap105 } from './iex-deep-plus-snap-1.05.js';

/** IEX TOPS SNAP 1.6: IEX TOPS SNAP Specification, version 1.6, Tuesday, June 2, 2026. What is as in iex-deep-plus-snap-1.05 is taken from there. */
export const iexTopsSnap16 = defineDecoder({
  id: 'iex-tops-snap-1.6',
  venue: 'IEX',
  feed: 'TOPS SNAP',
  version: '1.6',
  specification: 'IEX TOPS SNAP Specification, version 1.6, Tuesday, June 2, 2026',
  framing: 'iex-snap-tcp',
  byteOrder: 'little',
  header: {
    messageLength: u16(0),
    messageType: char(2),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  lengthField: { name: 'messageLength', excludes: 2 },
  checked: [
    'neither a capture nor a second source to compare with',
    'Snapshot Data carries a whole 40 byte IEX-TP header, then the block length (it counts the inner length field and the message) and one message block; the inner message uses the feed table. Taken from the specification; a public dissector shows no inner header. Message Length excludes itself',
  ],
  messages: {
    snapshotRequest: iexDeepPlusSnap105.messages.snapshotRequest,
    errorResponse: iexDeepPlusSnap105.messages.errorResponse,
    snapshotStart: iexDeepPlusSnap105.messages.snapshotStart,
    snapshotEnd: iexDeepPlusSnap105.messages.snapshotEnd,
    snapshotData: iexDeepPlusSnap105.messages.snapshotData,
  },
});
