import {
  char,
  defineDecoder,
  message,
  nanosSinceEpoch,
  price7,
  reserved,
  text,
  u8,
  u32,
  u64,
} from '../layout/table.js';
import { cboeAustraliaPitch1012 } from './cboe-australia-pitch-1.0.12.js';
import { cboeTopAustralia } from './roles/cboe-pitch.js';

const TradingStatus = {
  C: 'Closed',
  A: 'Premarket',
  T: 'Trading',
  M: 'MOC Trading',
  P: 'Postmarket',
  H: 'Halted',
  S: 'Trading Suspended',
  O: 'Pre-Open',
  E: 'Pre-Close',
};
const MarketIdCode = {
  XASX: 'Australian Stock Market',
  CXAW: 'CXA Warrants',
  CXAE: 'CXA ETF',
  CXAQ: 'CXA QMF',
  CXAL: 'CXA Listed',
};
const TradeType = {
  B: 'Broker Preferred Trade',
  N: 'Trade Resulting from Normal Matching Logic',
  O: 'Opening Auction Trade or Intraday Auction Trade',
  C: 'Closing Auction Trade',
  H: 'Halt Auction Re-Opening',
  ' ': 'Off-Exchange Trade Report',
};
const TradeDesignation = {
  C: 'CXAC Limit',
  P: 'CXAP Mid Point',
  N: 'CXAN Near Point',
  F: 'CXAF Far Point',
  M: 'CXAM MOC',
  ' ': 'Not Applicable (Off-Exchange)',
};
const TradeReportType = {
  B: 'Block Trade',
  P: 'Large Portfolio Trade',
  T: 'Large Principal Transaction',
  S: 'Trades with Price Improvement',
  L: 'Permitted Trade During Post Trading Hours Period',
  M: 'Permitted Trade During Pre-Trading Hours Period',
  E: 'Out of Hours Trade',
  F: 'ETF Trade Report for Unit Creations or Redemptions',
  ' ': 'Not Applicable (On-Exchange)',
};
const AuctionType = { O: 'Opening Intraday Auction', C: 'Closing Auction', H: 'Halt Auction Re-Opening' };

/** Cboe Australia Multicast Top 1.0.10: CXA Multicast TOP Specification, version 1.0.10, Friday, March 21, 2025. What is as in cboe-australia-pitch-1.0.12 is taken from there. */
export const cboeAustraliaTop1010 = defineDecoder({
  id: 'cboe-australia-top-1.0.10',
  venue: 'Cboe Australia',
  feed: 'Multicast Top',
  version: '1.0.10',
  specification: 'CXA Multicast TOP Specification, version 1.0.10, Friday, March 21, 2025',
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
    'layout of a public dissector, Cboe_CxaEquities_MulticastTopOfBook_Pitch_v1_0_10; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 9 of 9 alike, 106 fields; positions only, not meanings or scales',
  ],
  unconfirmed: ['that times are nanoseconds since 1970-01-01 UTC'],
  events: cboeTopAustralia,
  messages: {
    unitClear: cboeAustraliaPitch1012.messages.unitClear,
    tradingStatus: message(59, 22, {
      timestamp: u64(2, nanosSinceEpoch),
      symbol: text(10, 6),
      tradingStatus: char(16, TradingStatus),
      marketIdCode: text(17, 4, MarketIdCode),
      reserved1: reserved(21, 1),
    }),
    singleSideUpdate: message(228, 30, {
      timestamp: u64(2, nanosSinceEpoch),
      symbol: text(10, 6),
      side: char(16, { B: 'Bid Side', S: 'Ask Side' }),
      price: u64(17, price7),
      quantity: u32(25),
      reserved1: reserved(29, 1),
    }),
    twoSideUpdate: message(229, 42, {
      timestamp: u64(2, nanosSinceEpoch),
      symbol: text(10, 6),
      bidPrice: u64(16, price7),
      bidQuantity: u32(24),
      reserved1: reserved(28, 1),
      askPrice: u64(29, price7),
      askQuantity: u32(37),
      secondReserved: reserved(41, 1),
    }),
    topTrade: message(230, 60, {
      timestamp: u64(2, nanosSinceEpoch),
      symbol: text(10, 6),
      quantity: u32(16),
      price: u64(20, price7),
      executionId: u64(28),
      totalVolume: u32(36),
      pid: text(40, 4),
      contraPid: text(44, 4),
      tradeType: char(48, TradeType),
      tradeDesignation: char(49, TradeDesignation),
      tradeReportType: char(50, TradeReportType),
      tradeTransactionTime: u64(51, nanosSinceEpoch),
      flags: u8(59).bits({ tradeBreak: 0, tradeFromConvertedOrder: 1 }),
    }),
    calculatedValue: cboeAustraliaPitch1012.messages.calculatedValue,
    endOfSession: cboeAustraliaPitch1012.messages.endOfSession,
    auctionUpdate: message(149, 34, {
      timestamp: u64(2, nanosSinceEpoch),
      symbol: text(10, 6),
      auctionType: char(16, AuctionType),
      buyShares: u32(17),
      sellShares: u32(21),
      indicativePrice: u64(25, price7),
      reserved1: reserved(33, 1),
    }),
    auctionSummary: message(150, 30, {
      timestamp: u64(2, nanosSinceEpoch),
      symbol: text(10, 6),
      auctionType: char(16, AuctionType),
      price: u64(17, price7),
      shares: u32(25),
      reserved1: reserved(29, 1),
    }),
  },
});
