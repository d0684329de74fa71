import { defineDecoder, message, reserved, text, u8, u16, u32 } from '../layout/table.js';
import { hkexOmdCc14 } from './hkex-omd-cc-1.4.js';
import { hkexSecurities } from './roles/hkex.js';

const SessionStatus = { 0: 'Session Active', 5: 'Invalid Username or IP Address', 100: 'User Already Connected' };
const RetransStatus = {
  0: 'Request Accepted',
  1: 'Unknown or Unauthorized Channel ID',
  2: 'Messages Not Available',
  100: 'Exceeds Maximum Sequence Range',
  101: 'Exceeds Maximum Requests in a Day',
};

/** HKEX China Connect OMD China Connect retransmission 1.4: HKEX OMD China Connect Securities Interface Specifications v1 4, version 1.4, Friday, April 22, 2022. What is as in hkex-omd-cc-1.4 is taken from there. */
export const hkexOmdCcRetrans14 = defineDecoder({
  id: 'hkex-omd-cc-retrans-1.4',
  venue: 'HKEX China Connect',
  feed: 'OMD China Connect retransmission',
  version: '1.4',
  specification: 'HKEX OMD China Connect Securities Interface Specifications v1 4, version 1.4, Friday, April 22, 2022',
  framing: 'hkex-omd',
  byteOrder: 'little',
  header: {
    msgSize: u16(0),
    msgType: u16(2),
  },
  messageType: 'msgType',
  longer: 'tolerated',
  lengthField: { name: 'msgSize' },
  instrument: 'securityCode',
  checked: [
    'layout of a public dissector, Hkex_Sse_ChinaConnectRetrans_Omd_v1_4 and 1 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 11 of 11 alike, 129 fields; positions only, not meanings or scales',
  ],
  events: hkexSecurities,
  messages: {
    sequenceReset: hkexOmdCc14.messages.sequenceReset,
    disasterRecoverySignal: hkexOmdCc14.messages.disasterRecoverySignal,
    marketDefinition: hkexOmdCc14.messages.marketDefinition,
    logon: message(101, 16, {
      username: text(4, 12),
    }),
    logonResponse: message(102, 8, {
      sessionStatus: u8(4, SessionStatus),
      filler3: reserved(5, 3),
    }),
    retransmissionRequest: message(201, 16, {
      channelId: u16(4),
      filler2: reserved(6, 2),
      beginSeqNum: u32(8),
      endSeqNum: u32(12),
    }),
    retransmissionResponse: message(202, 16, {
      channelId: u16(4),
      retransStatus: u8(6, RetransStatus),
      filler1: reserved(7, 1),
      beginSeqNum: u32(8),
      endSeqNum: u32(12),
    }),
    securityDefinition: hkexOmdCc14.messages.securityDefinition,
    securityStatus: hkexOmdCc14.messages.securityStatus,
    statistics: hkexOmdCc14.messages.statistics,
    topOfBook: hkexOmdCc14.messages.topOfBook,
  },
});
