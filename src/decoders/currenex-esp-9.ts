import { char, defineDecoder, i8, i16, i32, i64, message, text, u32 } from '../layout/table.js';
import { currenexEsp } from './roles/currenex.js';

/** Currenex ESP ITCH (market data) 9: ITCH-Spec, version 9, Wednesday, March 24, 2021. */
export const currenexEsp9 = defineDecoder({
  id: 'currenex-esp-9',
  venue: 'Currenex',
  feed: 'ESP ITCH (market data)',
  version: '9',
  specification: 'ITCH-Spec, version 9, Wednesday, March 24, 2021',
  framing: 'currenex-itch',
  byteOrder: 'big',
  header: {
    sequenceNumber: u32(0),
    timestamp: u32(4),
    messageType: char(8),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'instrumentId',
  events: currenexEsp,
  checked: [
    'layout of a public dissector, Currenex_CurrenexForex_Esp_Cbp_v9; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 11 of 11 alike, 94 fields; positions only, not meanings or scales',
  ],
  unconfirmed: ['prices: scale unknown (dissector gives none; NOW uses 5 and 6 decimals)'],
  messages: {
    logon: message('A', 53, {
      userId: text(9, 20),
      password: text(29, 20),
      sessionId: i32(49),
    }),
    logout: message('B', 36, {
      userId: text(9, 20),
      sessionId: i32(29),
      reason: text(33, 3),
    }),
    heartbeat: message('C', 13, {
      sessionId: i32(9),
    }),
    instrumentInfo: message('D', 44, {
      sessionId: i32(9),
      instrumentIndex: i16(13),
      instrumentType: char(15, { 1: 'Foreign Exchange', 2: 'Cash Metals' }),
      instrumentId: text(16, 20),
      settlementDate: i64(36),
    }),
    instrumentInfoAck: message('E', 15, {
      sessionId: i32(9),
      instrumentIndex: i16(13),
    }),
    subscriptionRequest: message('F', 17, {
      sessionId: i32(9),
      subscriptionType: char(13, { 0: 'Subscribe', 1: 'Unsubscribe', 2: 'Resubscribe' }),
      instrumentIndex: i16(14),
      subscribeToTicker: char(16, { 0: 'Subscribe', 1: 'Do Not Subscribe' }),
    }),
    subscriptionReply: message('G', 66, {
      sessionId: i32(9),
      instrumentIndex: i16(13),
      replyType: char(15, { 1: 'Accepted', 2: 'Rejected' }),
      rejectReason: text(16, 50),
    }),
    price: message('H', 38, {
      instrumentIndex: i16(9),
      priceId: i8(11),
      side: char(12, { 1: 'Bid', 2: 'Offer' }),
      maxAmount: i64(13),
      minAmount: i64(21),
      price: i32(29),
      attributed: char(33, { 1: 'Attributed', 2: 'Not Attributed' }),
      priceProvider: text(34, 4),
    }),
    priceCancel: message('I', 12, {
      instrumentIndex: i16(9),
      priceId: i8(11),
    }),
    tradeTicker: message('J', 24, {
      instrumentIndex: i16(9),
      rate: i32(11),
      tickerType: char(15, { 1: 'Given', 2: 'Paid' }),
      transactTime: i64(16),
    }),
    reject: message('K', 64, {
      sessionId: i32(9),
      rejectMsgType: char(13),
      rejectReason: text(14, 50),
    }),
  },
});
