import { char, defineDecoder, message, text, u8, u16, u32 } from '../layout/table.js';
import { lseGtpLevel1262 } from './lse-gtp-level1-26.2.js';
import { lseGtp } from './roles/lse-gtp.js';

const LoginStatus = {
  A: 'Login Accepted',
  a: 'Comp ID Inactive Suspended',
  b: 'Login Limit Reached',
  c: 'Service Unavailable',
  d: 'Maximum Connections Limit Reached',
  e: 'Failed Other',
  f: 'Invalid Comp ID or IP Address',
};
const ReplayStatus = {
  A: 'Request Accepted',
  D: 'Request Limit Reached',
  O: 'Out of Range',
  U: 'Replay Unavailable',
  c: 'Concurrent Limit Reached',
  e: 'Failed Other',
};
const TradingStatus = {
  1: 'Inactive',
  2: 'Suspended',
  H: 'Halt',
  J: 'Halt: Matching Partition Suspended',
  K: 'Halt: System Suspended',
  T: 'Regular Trading (Start Trade Reporting)',
  P: 'Halt Regulatory',
  t: 'End Trade Reporting',
  a: 'Opening Auction Call',
  b: 'Post Close',
  c: 'Closed',
  d: 'Closing Auction Call',
  e: 'AESP Auction Call',
  f: 'Resume Auction',
  m: 'Pre-Mandatory',
  n: 'Mandatory',
  o: 'Post Mandatory',
  q: 'EDSP Auction Call',
  r: 'Periodic Auction Call',
  w: 'No Active Session',
  x: 'End of Post Close',
  u: 'Closing Price Crossing Session',
};

/** LSE GTP Level 1 replay 26.2: gtp-002-technical-guide-london-stock-exchange-issue-26.2, version 26.2, Wednesday, October 15, 2025. What is as in lse-gtp-level1-26.2 is taken from there. */
export const lseGtpLevel1Replay262 = defineDecoder({
  id: 'lse-gtp-level1-replay-26.2',
  venue: 'LSE',
  feed: 'GTP Level 1 replay',
  version: '26.2',
  specification: 'gtp-002-technical-guide-london-stock-exchange-issue-26.2, version 26.2, Wednesday, October 15, 2025',
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
  checked: [
    'layout of a public dissector, Lseg_Lse_Level1Replay_Gtp_v26_2; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 13 of 13 alike, 171 fields; positions only, not meanings or scales',
  ],
  events: lseGtp,
  messages: {
    loginRequest: message(1, 11, {
      username: text(3, 8),
    }),
    replayRequest: message(3, 15, {
      firstMessage: u32(3),
      count: u32(7),
      requestId: u32(11),
    }),
    loginResponse: message(2, 4, {
      loginStatus: char(3, LoginStatus),
    }),
    replayResponse: message(4, 16, {
      firstMessage: u32(3),
      count: u32(7),
      replayStatus: char(11, ReplayStatus),
      requestId: u32(12),
    }),
    replayAndRecoveryComplete: message(131, 8, {
      requestId: u32(3),
      tradingStatus: char(7, TradingStatus),
    }),
    systemEvent: lseGtpLevel1262.messages.systemEvent,
    instrumentDirectory: lseGtpLevel1262.messages.instrumentDirectory,
    instrumentStatus: lseGtpLevel1262.messages.instrumentStatus,
    topOfBook: lseGtpLevel1262.messages.topOfBook,
    orderBookClear: lseGtpLevel1262.messages.orderBookClear,
    trade: lseGtpLevel1262.messages.trade,
    statistics: lseGtpLevel1262.messages.statistics,
    statisticsUpdate: lseGtpLevel1262.messages.statisticsUpdate,
  },
});
