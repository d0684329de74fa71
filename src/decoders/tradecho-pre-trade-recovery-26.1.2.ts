import { char, defineDecoder, message, text, u8, u16, u32, u64 } from '../layout/table.js';
import { tradecho } from './roles/lse-gtp.js';
import { tradechoPreTrade2612 } from './tradecho-pre-trade-26.1.2.js';

const RequestLevel = { 0: 'Instrument', 1: 'Group Segment', 2: 'Multicast Channel' };
const RecoveryType = { 0: 'Instrument Directory', 1: 'Order Book', 4: 'Instrument Status', 6: 'System Event' };
const LoginStatus = {
  A: 'Login Accepted',
  a: 'Comp ID Inactive or Suspended',
  b: 'Login Limit Reached',
  c: 'Service Unavailable',
  d: 'Maximum Connections Limit Reached',
  e: 'Failed Other',
  f: 'Invalid Comp ID or IP Address',
};
const RecoveryStatus = {
  A: 'Request Accepted',
  O: 'Out of Range',
  a: 'Invalid Group or Instrument',
  b: 'Request Limit Reached',
  c: 'Concurrent Limit Reached',
  d: 'Invalid Recovery Type or Request Level',
  e: 'Failed Other',
};
const TradingStatus = { 1: 'Inactive', 2: 'Suspended', 3: 'Active', P: 'Regulatory Halt' };

/** LSEG TRADEcho GTP SI quotes (Level 2 incremental) recovery 26.1.2: gtp-002-technical-guide-tradecho-pre-trade-si-quote-issue-26-1-2 0, version 26.1.2, Tuesday, January 27, 2026. What is as in tradecho-pre-trade-26.1.2 is taken from there. */
export const tradechoPreTradeRecovery2612 = defineDecoder({
  id: 'tradecho-pre-trade-recovery-26.1.2',
  venue: 'LSEG TRADEcho',
  feed: 'GTP SI quotes (Level 2 incremental) recovery',
  version: '26.1.2',
  specification:
    'gtp-002-technical-guide-tradecho-pre-trade-si-quote-issue-26-1-2 0, version 26.1.2, Tuesday, January 27, 2026',
  framing: 'lse-unit-header',
  byteOrder: 'little',
  header: {
    messageLength: u16(0),
    messageType: u8(2),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  lengthField: { name: 'messageLength' },
  instrument: 'instrument',
  events: tradecho,
  checked: [
    'layout of a public dissector, Lseg_TradeEcho_Level2IncrementalRecovery_Gtp_v26_1_2; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 10 of 10 alike, 120 fields; positions only, not meanings or scales',
  ],
  messages: {
    loginRequest: message(1, 11, {
      username: text(3, 8),
    }),
    recoveryRequest: message(129, 30, {
      requestLevel: u8(3, RequestLevel),
      instrument: u64(4),
      groupId: text(12, 6),
      orderBookType: u8(18, { 1: 'SI Quote Book' }),
      sourceVenue: u16(19, { 11: 'TRADEcho' }),
      recoveryType: u8(21, RecoveryType),
      sequenceNumber: u32(22),
      requestId: u32(26),
    }),
    loginResponse: message(2, 4, {
      loginStatus: char(3, LoginStatus),
    }),
    recoveryResponse: message(130, 16, {
      sequenceNumber: u32(3),
      count: u32(7),
      recoveryStatus: char(11, RecoveryStatus),
      requestId: u32(12),
    }),
    replayAndRecoveryComplete: message(131, 8, {
      requestId: u32(3),
      tradingStatus: char(7, TradingStatus),
    }),
    systemEvent: tradechoPreTrade2612.messages.systemEvent,
    instrumentDirectory: tradechoPreTrade2612.messages.instrumentDirectory,
    instrumentStatus: tradechoPreTrade2612.messages.instrumentStatus,
    orderBookClear: tradechoPreTrade2612.messages.orderBookClear,
    siQuote: tradechoPreTrade2612.messages.siQuote,
  },
});
