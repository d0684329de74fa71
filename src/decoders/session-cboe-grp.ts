import { char, defineDecoder, message, reserved, text, u8, u16, u32 } from '../layout/table.js';

const Status = {
  A: 'Accepted',
  O: 'Out of Range',
  D: 'Daily Allocation Exhausted',
  M: 'Minute Allocation Exhausted',
  S: 'Second Allocation Exhausted',
  C: 'Count Limit Exceeded',
  I: 'Invalid Unit',
  U: 'Unit Unavailable',
};

/** Cboe Gap Request Proxy 2.41.66: Cboe US Equities/Options Multicast PITCH 2.41.66. */
export const sessionCboeGrp = defineDecoder({
  id: 'session-cboe-grp',
  venue: 'Cboe',
  feed: 'Gap Request Proxy',
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
  checked: [
    'the ordinary 8 byte unit header is used (a public dissector shows 9 bytes with a 2 byte count; the specification is followed)',
  ],
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
    gapRequest: message(3, 9, {
      unit: u8(2),
      sequence: u32(3),
      count: u16(7),
    }),
    gapResponse: message(4, 10, {
      unit: u8(2),
      sequence: u32(3),
      count: u16(7),
      status: char(9, Status),
    }),
  },
});
