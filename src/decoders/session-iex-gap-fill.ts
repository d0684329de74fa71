import { atLeast, defineDecoder, group, i64, message, u8, u16, u32 } from '../layout/table.js';

/** IEX IEX-TP gap fill 1.26: IEX Transport Specification. */
export const sessionIexGapFill = defineDecoder({
  id: 'session-iex-gap-fill',
  venue: 'IEX',
  feed: 'IEX-TP gap fill',
  version: '1.26',
  specification: 'IEX Transport Specification',
  framing: 'stream',
  byteOrder: 'little',
  header: {
    version: u8(0),
    requestType: u8(1),
    messageProtocolId: u16(2),
    channelId: u32(4),
    sessionId: u32(8),
    requestRangeCount: u32(12),
  },
  messageType: 'requestType',
  checked: ['ranges are inclusive; zero ranges over UDP is an availability test'],
  messages: {
    gapFillRequestSequencedMessages: message(1, atLeast(16), {
      requestRange: group(16, 'requestRangeCount', 16, {
        firstMessageSequenceNumber: i64(0),
        lastMessageSequenceNumber: i64(8),
      }),
    }),
    gapFillRequestBytestream: message(2, atLeast(16), {
      requestRange: group(16, 'requestRangeCount', 16, {
        startingStreamOffset: i64(0),
        endingStreamOffset: i64(8),
      }),
    }),
  },
});
