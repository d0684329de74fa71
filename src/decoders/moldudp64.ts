import { atLeast, defineDecoder, group, message, text, u16, u64, varBytes } from '../layout/table.js';

/** Nasdaq MoldUDP64 1.00: MoldUDP64 1.00. */
export const moldudp64 = defineDecoder({
  id: 'session-moldudp64',
  venue: 'Nasdaq',
  feed: 'MoldUDP64',
  version: '1.00',
  specification: 'MoldUDP64 1.00',
  framing: 'moldudp64',
  byteOrder: 'big',
  header: {
    session: text(0, 10),
    sequenceNumber: u64(10),
    messageCount: u16(18),
  },
  messageType: null,
  checked: [
    'no type field: direction tells a request from a downstream packet; Sequence Number is the first message, or the next expected for heartbeat and end of session',
  ],
  messages: {
    downstreamPacket: message([], atLeast(20), {
      messageBlock: group(20, 'messageCount', 2, {
        messageLength: u16(0),
        messageData: varBytes(2, 'messageLength'),
      }),
    }),
    /** messageCount: how many are asked for. */
    requestPacket: message([], 20, {}),
    /** messageCount 0; sequenceNumber is the next that will be sent. */
    heartbeat: message([], 20, {}),
    /** messageCount 0xffff; sequenceNumber is the next that would have been sent. */
    endOfSession: message([], 20, {}),
  },
});
