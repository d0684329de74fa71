import {
  atLeast,
  char,
  defineDecoder,
  i64,
  message,
  reserved,
  text,
  u8,
  u16,
  u32,
  u64,
  varBytes,
} from '../layout/table.js';

const RejectReasonCode = {
  A: 'Authentication Failure',
  C: 'Incorrect Channel ID',
  E: 'Snapshot Request Already Active',
  Q: 'Quota Exceeded',
  R: 'Snapshot Not Yet Available',
  S: 'Incorrect Session ID',
  U: 'Unknown Message',
};

/** IEX DEEP SNAP 1.6: IEX DEEP SNAP Specification, version 1.6, Tuesday, June 2, 2026. */
export const iexDeepSnap16 = defineDecoder({
  id: 'iex-deep-snap-1.6',
  venue: 'IEX',
  feed: 'DEEP SNAP',
  version: '1.6',
  specification: 'IEX DEEP SNAP Specification, version 1.6, Tuesday, June 2, 2026',
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
    snapshotRequest: message('r', 59, {
      authenticationToken: text(3, 40),
      channelId: u32(43),
      sessionId: u32(47),
      minimumSequenceNumber: u64(51),
    }),
    errorResponse: message('e', 4, {
      rejectReasonCode: char(3, RejectReasonCode),
    }),
    snapshotStart: message('s', 11, {
      snapshotLength: u64(3),
    }),
    snapshotEnd: message('x', 11, {
      snapshotSequenceNumber: u64(3),
    }),
    snapshotData: message('d', atLeast(47), {
      version: u8(3),
      reserved: reserved(4, 1),
      messageProtocolId: u16(5),
      channelId: u32(7),
      sessionId: u32(11),
      payloadLength: u16(15),
      messageCount: u16(17),
      streamOffset: i64(19),
      firstMessageSequenceNumber: i64(27),
      sendTime: i64(35),
      iexTPMessageBlockLength: u16(43),
      iexTPMessageLength: u16(45),
      iexTPMessageData: varBytes(47, 'iexTPMessageLength'),
    }),
  },
});
