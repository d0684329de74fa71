import { char, defineDecoder, message, reserved, text, u8, u16, u32 } from '../layout/table.js';

const LoginStatus = {
  A: 'Login Accepted',
  a: 'Comp ID Inactive or Locked',
  b: 'Login Limit Reached',
  c: 'Service Unavailable',
  d: 'Concurrent Limit Reached',
  e: 'Failed Other',
};
const ReplayStatus = {
  A: 'Request Accepted',
  D: 'Request Limit Reached',
  I: 'Invalid Market Data Group',
  O: 'Out of Range',
  U: 'Replay Unavailable',
  c: 'Concurrent Limit Reached',
  d: 'Unsupported Message Type',
  e: 'Failed Other',
};

/** LSE Millennium replay and recovery channels (TCP) 11.9: mit303issue119. Everything travels in the unit header. */
export const sessionLseMitch = defineDecoder({
  id: 'session-lse-mitch',
  venue: 'LSE Millennium',
  feed: 'MITCH replay and recovery channels',
  version: '11.9',
  specification: 'mit303issue119, version 11.9, Tuesday, August 28, 2018',
  framing: 'lse-unit-header-mitch',
  byteOrder: 'little',
  header: {
    length: u8(0),
    messageType: u8(1),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  lengthField: { name: 'length' },
  checked: [
    'neither a capture nor a second source to compare with',
    'what follows Instrument in a Snapshot Request, and Status in a Snapshot Response, is not in the notes: longer is tolerated',
  ],
  messages: {
    loginRequest: message(0x01, 18, {
      username: text(2, 6),
      password: text(8, 10),
    }),
    loginResponse: message(0x02, 3, {
      status: char(2, LoginStatus),
    }),
    replayRequest: message(0x03, 9, {
      marketDataGroup: char(2),
      firstMessage: u32(3),
      count: u16(7),
    }),
    replayResponse: message(0x04, 10, {
      marketDataGroup: char(2),
      firstMessage: u32(3),
      count: u16(7),
      status: char(9, ReplayStatus),
    }),
    logoutRequest: message(0x05, 2, {}),
    snapshotRequest: message(0x81, 16, {
      sequenceNumber: u32(2),
      segment: text(6, 6),
      instrumentId: u32(12),
    }),
    snapshotResponse: message(0x82, 11, {
      sequenceNumber: u32(2),
      orderCount: u32(6),
      status: char(10),
    }),
    snapshotComplete: message(0x83, 17, {
      sequenceNumber: u32(2),
      segment: text(6, 6),
      instrumentId: u32(12),
      flags: reserved(16, 1),
    }),
  },
});
