import {
  atLeast,
  char,
  defineDecoder,
  group,
  message,
  text,
  u8,
  u16,
  u64,
  varBytes,
  varText,
} from '../layout/table.js';

const LogoutReason = {
  ' ': 'Graceful Logout',
  B: 'Bad Packet',
  L: 'Timed Out',
  A: 'Application Terminating Connection',
};
const LoginStatus = {
  ' ': 'Successful',
  S: 'Invalid Trading Session Requested',
  U: 'No Active Trading Session Exists',
  X: 'Rejected',
  N: 'Invalid Start Sequence Number Requested',
  I: 'Incompatible Session Protocol Version',
  A: 'Incompatible Application Protocol Version',
  L: 'Request Rejected Because Client Already Logged In',
};

/** MIAX ESesM 1.0.a: TCP session management, Friday, June 26, 2020. */
export const sessionMiaxEsesm = defineDecoder({
  id: 'session-miax-esesm',
  venue: 'MIAX',
  feed: 'ESesM',
  version: '1.0.a',
  specification: 'MIAX ESesM TCP session management, version 1.0.a, Friday, June 26, 2020',
  framing: 'stream',
  byteOrder: 'little',
  header: {
    esesmPacketLength: u16(0),
    esesmPacketType: char(2),
  },
  messageType: 'esesmPacketType',
  longer: 'tolerated',
  lengthField: { name: 'esesmPacketLength', excludes: 2 },
  checked: [
    'a capture of 11 minutes: session messages agree, the MEO order-entry bodies that they carry have no table here',
    'login messages of the capture have 10 bytes more than the document says; an independent dissector reads offset 30 of the request as one sequence number (257), but bytes 29 on are 02, then 01 0100000000000000 twice: a count of engines, then a session and a number for each',
    'no second source to compare with',
  ],
  messages: {
    sequencedDataPacket: message('s', atLeast(14), {
      sequenceNumber: u64(3),
      matchingEngineId: u8(11),
      sequencedMessageType: text(12, 2),
      sequencedMessage: varBytes(14, 'esesmPacketLength', -12),
    }),
    unsequencedDataPacket: message('U', atLeast(5), {
      unsequencedMessageType: text(3, 2),
      unsequencedMessage: varBytes(5, 'esesmPacketLength', -3),
    }),
    loginRequest: message('l', atLeast(30), {
      esesmVersion: text(3, 5),
      username: text(8, 5),
      computerId: text(13, 8),
      applicationProtocol: text(21, 8),
      numberOfMatchingEngines: u8(29),
      matchingEngine: group(30, 'numberOfMatchingEngines', 9, {
        requestedTradingSessionId: u8(0),
        requestedSequenceNumber: u64(1),
      }),
    }),
    loginResponse: message('r', atLeast(4), {
      numberOfMatchingEngines: u8(3),
      matchingEngine: group(4, 'numberOfMatchingEngines', 10, {
        loginStatus: char(0, LoginStatus),
        tradingSessionId: u8(1),
        highestSequenceNumber: u64(2),
      }),
    }),
    synchronizationComplete: message('c', 4, {
      numberOfMatchingEngines: u8(3),
    }),
    retransmissionRequest: message('a', 19, {
      startSequenceNumber: u64(3),
      endSequenceNumber: u64(11),
    }),
    logoutRequest: message('X', atLeast(4), {
      logoutReason: char(3, LogoutReason),
      logoutText: varText(4, 'esesmPacketLength', -2),
    }),
    goodbyePacket: message('G', atLeast(4), {
      logoutReason: char(3, LogoutReason),
      logoutText: varText(4, 'esesmPacketLength', -2),
    }),
    testPacket: message('T', atLeast(3), {
      testText: varText(3, 'esesmPacketLength', -1),
    }),
    tradingSessionUpdate: message('u', 3, {}),
    serverHeartbeat: message('0', 3, {}),
    clientHeartbeat: message('1', 3, {}),
  },
});
