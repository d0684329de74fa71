import { char, defineDecoder, i64, message, nanosSinceEpoch, price8, reserved, u8, u16, u64 } from '../layout/table.js';
import { lseGtpLevel1Replay262 } from './lse-gtp-level1-replay-26.2.js';
import { lseGtp } from './roles/lse-gtp.js';

const OrderBookType = { 1: 'Firm Quote Book', 2: 'Off-Book', 3: 'Electronic Order Book', 4: 'Private RFQ' };

/** LSE GTP Level 2 MBP replay 26.2: gtp-002-technical-guide-london-stock-exchange-issue-26.2, version 26.2, Wednesday, October 15, 2025. What is as in lse-gtp-level1-replay-26.2 is taken from there. */
export const lseGtpLevel2MbpReplay262 = defineDecoder({
  id: 'lse-gtp-level2-mbp-replay-26.2',
  venue: 'LSE',
  feed: 'GTP Level 2 MBP replay',
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
    'layout of a public dissector, Lseg_Lse_Level2MbpReplay_Gtp_v26_2; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 14 of 14 alike, 178 fields; positions only, not meanings or scales',
  ],
  events: lseGtp,
  messages: {
    loginRequest: lseGtpLevel1Replay262.messages.loginRequest,
    replayRequest: lseGtpLevel1Replay262.messages.replayRequest,
    loginResponse: lseGtpLevel1Replay262.messages.loginResponse,
    replayResponse: lseGtpLevel1Replay262.messages.replayResponse,
    replayAndRecoveryComplete: lseGtpLevel1Replay262.messages.replayAndRecoveryComplete,
    systemEvent: lseGtpLevel1Replay262.messages.systemEvent,
    instrumentDirectory: lseGtpLevel1Replay262.messages.instrumentDirectory,
    instrumentStatus: lseGtpLevel1Replay262.messages.instrumentStatus,
    addOrderMbp: message(102, 50, {
      timestamp: u64(3, nanosSinceEpoch),
      side: char(11, { B: 'Buy Order', S: 'Sell Order' }),
      size: u64(12, price8),
      instrument: u64(20),
      price: i64(28, price8),
      reserved8: reserved(36, 8),
      sourceVenue: u16(44, { 1: 'London Stock Exchange' }),
      orderBookType: u8(46, OrderBookType),
      splits: u16(47),
      depth: u8(49),
    }),
    addOrderShortMbp: message(103, 29, {
      size: u64(3, price8),
      price: i64(11, price8),
      reserved8: reserved(19, 8),
      splits: u16(27),
    }),
    orderBookClear: lseGtpLevel1Replay262.messages.orderBookClear,
    trade: lseGtpLevel1Replay262.messages.trade,
    statistics: lseGtpLevel1Replay262.messages.statistics,
    statisticsUpdate: lseGtpLevel1Replay262.messages.statisticsUpdate,
  },
});
