import {
  atLeast,
  char,
  defineDecoder,
  group,
  i16,
  i32,
  i64,
  message,
  price5,
  price6,
  text,
  u32,
} from '../layout/table.js';
import { currenexNow } from './roles/currenex.js';

/** Currenex NOW ITCH 10: Currenex NOW Itch Specification, version 10, Monday, May 7, 2018. */
export const currenexNow10 = defineDecoder({
  id: 'currenex-now-10',
  venue: 'Currenex',
  feed: 'NOW ITCH',
  version: '10',
  specification: 'Currenex NOW Itch Specification, version 10, Monday, May 7, 2018',
  framing: 'currenex-itch',
  byteOrder: 'big',
  header: {
    sequenceNumber: u32(0),
    timestamp: i64(4),
    messageType: char(12),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'instrumentId',
  events: currenexNow,
  checked: [
    'layout of a public dissector, Currenex_CurrenexForex_Now_Cbp_v10; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 14 of 14 alike, 202 fields; positions only, not meanings or scales',
  ],
  messages: {
    logon: message('A', 57, {
      userId: text(13, 20),
      password: text(33, 20),
      sessionId: i32(53),
    }),
    logout: message('B', 40, {
      userId: text(13, 20),
      sessionId: i32(33),
      reason: text(37, 3),
    }),
    heartBeat: message('C', 17, {
      sessionId: i32(13),
    }),
    instrumentInfo: message('D', 48, {
      sessionId: i32(13),
      instrumentIndex: i16(17),
      instrumentType: char(19, { 1: 'Foreign Exchange', 2: 'Cash Metals' }),
      instrumentId: text(20, 20),
      settlementDate: i64(40),
    }),
    instrumentInfoAck: message('E', 19, {
      sessionId: i32(13),
      instrumentIndex: i16(17),
    }),
    subscriptionRequest: message('X', 23, {
      sessionId: i32(13),
      subscriptionType: char(17, { 0: 'Subscribe', 1: 'Unsubscribe', 2: 'Resubscribe' }),
      instrumentIndex: i16(18),
      subscribeToNowDepthOfBook: char(20, { 0: 'Subscribe', 1: 'Do Not Subscribe' }),
      subscribeToNowwamrWithConfidenceFactor: char(21),
      subscribeToNowMidActivityIndicator: char(22),
    }),
    massSubscriptionRequest: message('Y', 21, {
      sessionId: i32(13),
      subscriptionType: char(17, { 0: 'Subscribe', 1: 'Unsubscribe', 2: 'Resubscribe' }),
      subscribeToNowDepthOfBook: char(18, { 0: 'Subscribe', 1: 'Do Not Subscribe' }),
      subscribeToNowwamrWithConfidenceFactor: char(19),
      subscribeToNowMidActivityIndicator: char(20),
    }),
    subscriptionReply: message('G', 70, {
      sessionId: i32(13),
      instrumentIndex: i16(17),
      type: char(19),
      reason: text(20, 50),
    }),
    massSubscriptionReply: message('Z', 68, {
      sessionId: i32(13),
      type: char(17),
      reason: text(18, 50),
    }),
    depthOfBook: message('d', atLeast(15), {
      instrumentIndex: i16(13),
      level: group(15, 20, 24, {
        bidRate: i32(0, price5),
        bidAmount: i64(4),
        offerRate: i32(12, price5),
        offerAmount: i64(16),
      }),
    }),
    paidGiven: message('k', 29, {
      instrumentIndex: i16(13),
      rate: i32(15, price5),
      sizeIndicator: char(19),
      paidGivenIndicator: char(20),
      transactTime: i64(21),
    }),
    wamrWithConfidenceFactor: message('r', 51, {
      instrumentIndex: i16(13),
      price: i32(15, price6),
      confFactor75BidPrice: i32(19, price5),
      confFactor75OfferPrice: i32(23, price5),
      confFactor50BidPrice: i32(27, price5),
      confFactor50OfferPrice: i32(31, price5),
      confFactor25BidPrice: i32(35, price5),
      confFactor25OfferPrice: i32(39, price5),
      timestamp2: i64(43),
    }),
    midActivityIndicator: message('x', 16, {
      instrumentIndex: i16(13),
      activityIndicator: char(15),
    }),
    reject: message('K', 68, {
      sessionId: i32(13),
      rejectMsgType: char(17),
      reason: text(18, 50),
    }),
  },
});
