import { char, defineDecoder, u16 } from '../layout/table.js';
import { iexDeepSnap16 } from './iex-deep-snap-1.6.js';

/** IEX DEEP+ SNAP 1.05: IEX DEEP+ SNAP Specification, version 1.05, Thursday, June 4, 2026. What is as in iex-deep-snap-1.6 is taken from there. */
export const iexDeepPlusSnap105 = defineDecoder({
  id: 'iex-deep-plus-snap-1.05',
  venue: 'IEX',
  feed: 'DEEP+ SNAP',
  version: '1.05',
  specification: 'IEX DEEP+ SNAP Specification, version 1.05, Thursday, June 4, 2026',
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
    snapshotRequest: iexDeepSnap16.messages.snapshotRequest,
    errorResponse: iexDeepSnap16.messages.errorResponse,
    snapshotStart: iexDeepSnap16.messages.snapshotStart,
    snapshotEnd: iexDeepSnap16.messages.snapshotEnd,
    snapshotData: iexDeepSnap16.messages.snapshotData,
  },
});
