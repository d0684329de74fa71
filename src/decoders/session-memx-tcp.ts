import { atLeast, char, defineDecoder, message, u8, u16, u32, u64, varBytes, varText } from '../layout/table.js';

/** MEMX MEMX-TCP 1.2: MEMX-TCP 1.2. */
export const sessionMemxTcp = defineDecoder({
  id: 'session-memx-tcp',
  venue: 'MEMX',
  feed: 'MEMX-TCP',
  version: '1.2',
  specification: 'MEMX-TCP 1.2',
  framing: 'stream',
  byteOrder: 'big',
  header: {
    messageType: u8(0),
    messageLength: u16(1),
  },
  messageType: 'messageType',
  lengthField: { name: 'messageLength', excludes: 3 },
  checked: [
    'Message Length excludes the 3 byte header',
    'Replay Complete count is 4 bytes (specification; the public dissector width differs)',
  ],
  messages: {
    heartbeat: message(0, 3, {}),
    loginRequest: message(100, atLeast(4), {
      tokenType: char(3, { P: 'Static Password' }),
      token: varText(4, 'messageLength', -1),
    }),
    replayRequest: message(101, 23, {
      sessionId: u64(3),
      nextSequenceNumber: u64(11),
      count: u32(19),
    }),
    replayAllRequest: message(102, 11, {
      sessionId: u64(3),
    }),
    streamRequest: message(103, 19, {
      sessionId: u64(3),
      nextSequenceNumber: u64(11),
    }),
    unsequencedMessage: message(104, atLeast(3), {
      payload: varBytes(3, 'messageLength'),
    }),
    loginAccepted: message(1, 4, {
      supportedRequestMode: char(3, { S: 'Stream', R: 'Replay', T: 'Snapshot' }),
    }),
    loginRejected: message(2, 4, {
      rejectCode: char(3, {
        T: 'Malformed Token',
        U: 'Token Type Unsupported',
        V: 'Token Type Invalid',
        A: 'Authorization Failed',
      }),
    }),
    startOfSession: message(3, 11, {
      sessionId: u64(3),
    }),
    endOfSession: message(4, 3, {}),
    replayBegin: message(5, 15, {
      nextSequenceNumber: u64(3),
      pendingMessageCount: u32(11),
    }),
    replayRejected: message(6, 4, {
      rejectCode: char(3, {
        R: 'Replay Not Allowed',
        A: 'Replay All Not Allowed',
        P: 'Session Not Active',
        S: 'Sequence out of Range',
      }),
    }),
    replayComplete: message(7, 7, {
      messageCount: u32(3),
    }),
    streamBegin: message(8, 19, {
      nextSequenceNumber: u64(3),
      maxSequenceNumber: u64(11),
    }),
    streamRejected: message(9, 4, {
      rejectCode: char(3, { R: 'Stream Not Allowed', P: 'Session Not Active', S: 'Sequence out of Range' }),
    }),
    streamComplete: message(10, 11, {
      totalSequenceCount: u64(3),
    }),
    sequencedMessage: message(11, atLeast(3), {
      payload: varBytes(3, 'messageLength'),
    }),
  },
});
