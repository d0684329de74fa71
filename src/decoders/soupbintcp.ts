import { atLeast, char, defineDecoder, longDigits, message, text, u16, varBytes } from '../layout/table.js';

/** Nasdaq SoupBinTCP 3.00: SoupBinTCP 3.00. */
export const soupbintcp = defineDecoder({
  id: 'session-soupbintcp-3',
  venue: 'Nasdaq',
  feed: 'SoupBinTCP',
  version: '3.00',
  specification: 'SoupBinTCP 3.00',
  framing: 'stream',
  byteOrder: 'big',
  header: {
    packetLength: u16(0),
    packetType: char(2),
  },
  messageType: 'packetType',
  lengthField: { name: 'packetLength', excludes: 2 },
  checked: ['Packet Length excludes its own two bytes'],
  messages: {
    debugPacket: message('+', atLeast(3), {
      text: varBytes(3, 'packetLength', -1),
    }),
    loginAccepted: message('A', 33, {
      session: text(3, 10).padded('space', 'left'),
      sequenceNumber: longDigits(13, 20).padded('space', 'left'),
    }),
    loginRejected: message('J', 4, {
      rejectReasonCode: char(3, { A: 'Not Authorized', S: 'Session Not Available' }),
    }),
    sequencedData: message('S', atLeast(3), {
      message: varBytes(3, 'packetLength', -1),
    }),
    serverHeartbeat: message('H', 3, {}),
    endOfSession: message('Z', 3, {}),
    loginRequest: message('L', 49, {
      username: text(3, 6),
      password: text(9, 10),
      requestedSession: text(19, 10).padded('space', 'left'),
      requestedSequenceNumber: longDigits(29, 20).padded('space', 'left'),
    }),
    unsequencedData: message('U', atLeast(3), {
      message: varBytes(3, 'packetLength', -1),
    }),
    clientHeartbeat: message('R', 3, {}),
    logoutRequest: message('O', 3, {}),
  },
});
