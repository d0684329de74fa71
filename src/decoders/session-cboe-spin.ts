import { char, defineDecoder, message, reserved, text, u8, u32 } from '../layout/table.js';

const Status = { A: 'Accepted', O: 'Out of Range', S: 'Spin Already in Process' };

/** Cboe Spin server 2.41.66: Cboe US Equities/Options Multicast PITCH 2.41.66. */
export const sessionCboeSpin = defineDecoder({
  id: 'session-cboe-spin',
  venue: 'Cboe',
  feed: 'Spin server',
  version: '2.41.66',
  specification: 'Cboe US Equities/Options Multicast PITCH 2.41.66',
  framing: 'cboe-sequenced-unit',
  byteOrder: 'little',
  header: {
    length: u8(0),
    messageType: u8(1),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  lengthField: { name: 'length' },
  checked: ['orders between Response and Finished are ordinary PITCH add messages'],
  messages: {
    login: message(1, 22, {
      sessionSubId: text(2, 4),
      username: text(6, 4),
      filler: reserved(10, 2),
      password: text(12, 10),
    }),
    loginResponse: message(2, 3, {
      status: char(2, { A: 'Login Accepted', N: 'Not Authorized', B: 'Session in Use', S: 'Invalid Session' }),
    }),
    spinImageAvailable: message(128, 6, {
      sequence: u32(2),
    }),
    spinRequest: message(129, 6, {
      sequence: u32(2),
    }),
    spinResponse: message(130, 11, {
      sequence: u32(2),
      orderCount: u32(6),
      status: char(10, Status),
    }),
    spinFinished: message(131, 6, {
      sequence: u32(2),
    }),
    instrumentDefinitionRequest: message(132, 6, {
      sequence: u32(2),
    }),
    instrumentDefinitionResponse: message(133, 11, {
      sequence: u32(2),
      instrumentCount: u32(6),
      status: char(10, Status),
    }),
    instrumentDefinitionFinished: message(134, 6, {
      sequence: u32(2),
    }),
  },
});
