import { char, defineDecoder, i64, message, nanosSinceEpoch, price8, text, u8, u16, u64 } from '../layout/table.js';
import { lseGtpLevel1Recovery262 } from './lse-gtp-level1-recovery-26.2.js';
import { lseGtp } from './roles/lse-gtp.js';

const OrderBookType = { 1: 'Firm Quote Book', 2: 'Off-Book', 3: 'Electronic Order Book', 4: 'Private RFQ' };
const OrderType = {
  0: 'Limit Order Firm Quote Default',
  1: 'Market Order',
  3: 'Named Limit',
  4: 'Named Market',
  5: 'Executable Quotes',
};

/** LSE GTP Level 2 incremental recovery 26.2: gtp-002-technical-guide-london-stock-exchange-issue-26.2, version 26.2, Wednesday, October 15, 2025. What is as in lse-gtp-level1-recovery-26.2 is taken from there. */
export const lseGtpLevel2IncrementalRecovery262 = defineDecoder({
  id: 'lse-gtp-level2-incremental-recovery-26.2',
  venue: 'LSE',
  feed: 'GTP Level 2 incremental recovery',
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
    'layout of a public dissector, Lseg_Lse_Level2IncrementalRecovery_Gtp_v26_2; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 12 of 12 alike, 211 fields; positions only, not meanings or scales',
  ],
  events: lseGtp,
  messages: {
    loginRequest: lseGtpLevel1Recovery262.messages.loginRequest,
    recoveryRequest: lseGtpLevel1Recovery262.messages.recoveryRequest,
    loginResponse: lseGtpLevel1Recovery262.messages.loginResponse,
    recoveryResponse: lseGtpLevel1Recovery262.messages.recoveryResponse,
    replayAndRecoveryComplete: lseGtpLevel1Recovery262.messages.replayAndRecoveryComplete,
    systemEvent: lseGtpLevel1Recovery262.messages.systemEvent,
    instrumentStatus: lseGtpLevel1Recovery262.messages.instrumentStatus,
    addOrderIncremental: message(70, 77, {
      timestamp: u64(3, nanosSinceEpoch),
      orderId: u64(11),
      side: char(19, { B: 'Buy Order', S: 'Sell Order' }),
      size: u64(20, price8),
      instrument: u64(28),
      price: i64(36, price8),
      transactionTime: u64(44, nanosSinceEpoch),
      sourceVenue: u16(52, { 1: 'London Stock Exchange' }),
      orderBookType: u8(54, OrderBookType),
      participant: text(55, 11),
      orderType: u8(66, OrderType),
      rfqId: text(67, 10),
    }),
    orderBookClear: lseGtpLevel1Recovery262.messages.orderBookClear,
    trade: lseGtpLevel1Recovery262.messages.trade,
    instrumentDirectoryEquities: lseGtpLevel1Recovery262.messages.instrumentDirectoryEquities,
    statisticsSnapshot: lseGtpLevel1Recovery262.messages.statisticsSnapshot,
  },
});
