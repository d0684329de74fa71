import { char, defineDecoder, message, price7, reserved, text, u8, u32, u64 } from '../layout/index.js';

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
  XASX: 'ASX Symbols',
  CXAW: 'CXA Warrants',
  CXAE: 'CXA ETF',
  CXAQ: 'CXA QMF',
  CXAL: 'CXA Listed',
};
const ValueCategory = { 1: 'Closing Price', 2: 'iNAV Values (ETF)', 3: 'Index Values', 4: 'EOD NAV from Issuer' };
const AuctionType = { O: 'Opening Intraday Auction', C: 'Closing Auction', H: 'Halt Auction Re-Opening' };

/** Cboe Australia (CXA) depth of book spin server 1.0.12: CXA Multicast PITCH Specification, version 1.0.12, Friday, March 21, 2025. */
export const cboeAustraliaSpin1012 = defineDecoder({
  id: 'cboe-australia-spin-1.0.12',
  venue: 'Cboe Australia (CXA)',
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
    tradingStatus: message(59, 22, {
      timestamp: u64(2),
      symbol: text(10, 6),
      tradingStatus: char(16, TradingStatus),
      marketIdCode: text(17, 4, MarketIdCode),
      reserved1: reserved(21, 1),
    }),
    addOrder: message(55, 42, {
      timestamp: u64(2),
      orderId: u64(10),
      sideIndicator: char(18, { B: 'Buy Order', S: 'Sell Order' }),
      quantity: u32(19),
      symbol: text(23, 6),
      price: u64(29, price7),
      pid: text(37, 4),
      reserved1: reserved(41, 1),
    }),
    calculatedValue: message(227, 33, {
      timestamp: u64(2),
      symbol: text(10, 6),
      valueCategory: char(16, ValueCategory),
      value: u64(17, price7),
      valueTimestamp: u64(25),
    }),
    auctionUpdate: message(89, 34, {
      timestamp: u64(2),
      symbol: text(10, 6),
      auctionType: char(16, AuctionType),
      buyShares: u32(17),
      sellShares: u32(21),
      indicativePrice: u64(25, price7),
      reserved1: reserved(33, 1),
    }),
  },
});
