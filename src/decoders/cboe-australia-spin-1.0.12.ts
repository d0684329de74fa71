import { char, defineDecoder, message, reserved, text, u8, u32 } from '../layout/table.js';
import { cboeAustraliaPitch1012 } from './cboe-australia-pitch-1.0.12.js';
import { cboePitchAustralia } from './roles/cboe-pitch.js';

const LoginResponseStatus = {
  A: 'Login Accepted',
  N: 'Not Authorised (Invalid Username/Password)',
  B: 'Session in Use',
  S: 'Invalid Session',
};
const SpinResponseStatus = {
  A: 'Accepted',
  O: 'Out of Range: Sequence Requested Is Greater than Sequence Available by the Next Spin',
  S: 'Spin Already in Progress (Only One Spin Can Be Running at a Time)',
};

/** Cboe Australia depth of book spin server 1.0.12: CXA Multicast PITCH Specification, version 1.0.12, Friday, March 21, 2025. What is as in cboe-australia-pitch-1.0.12 is taken from there. */
export const cboeAustraliaSpin1012 = defineDecoder({
  id: 'cboe-australia-spin-1.0.12',
  venue: 'Cboe Australia',
  feed: 'depth of book spin server',
  version: '1.0.12',
  specification: 'CXA Multicast PITCH Specification, version 1.0.12, Friday, March 21, 2025',
  framing: 'cboe-sequenced-unit',
  byteOrder: 'little',
  header: {
    messageLength: u8(0),
    messageType: u8(1),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  lengthField: { name: 'messageLength' },
  instrument: 'symbol',
  checked: [
    'layout of a public dissector, Cboe_CxaEquities_MulticastDepthOfBook_Spin_v1_0_12; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 10 of 10 alike, 96 fields; positions only, not meanings or scales',
    'spin server of the feed: log in, request, image of the feed state; stream of sequenced-unit blocks over TCP (see session-cboe-spin)',
  ],
  unconfirmed: ['that times are nanoseconds since 1970-01-01 UTC'],
  events: cboePitchAustralia,
  messages: {
    login: message(1, 22, {
      sessionSubId: text(2, 4),
      username: text(6, 4),
      filler: reserved(10, 2),
      password: text(12, 10),
    }),
    loginResponse: message(2, 3, {
      loginResponseStatus: char(2, LoginResponseStatus),
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
      spinResponseStatus: char(10, SpinResponseStatus),
    }),
    spinFinished: message(131, 6, {
      sequence: u32(2),
    }),
    tradingStatus: cboeAustraliaPitch1012.messages.tradingStatus,
    addOrder: cboeAustraliaPitch1012.messages.addOrder,
    calculatedValue: cboeAustraliaPitch1012.messages.calculatedValue,
    auctionUpdate: cboeAustraliaPitch1012.messages.auctionUpdate,
  },
});
