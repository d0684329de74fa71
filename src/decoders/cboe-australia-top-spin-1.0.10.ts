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
import { cboeAustraliaSpin1012 } from './cboe-australia-spin-1.0.12.js';
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

/** Cboe Australia Multicast Top spin server 1.0.10: CXA Multicast TOP Specification, version 1.0.10, Friday, March 21, 2025. What is as in cboe-australia-spin-1.0.12 is taken from there. */
export const cboeAustraliaTopSpin1010 = defineDecoder({
  id: 'cboe-australia-top-spin-1.0.10',
  venue: 'Cboe Australia',
  feed: 'Multicast Top spin server',
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
    'layout of a public dissector, Cboe_CxaEquities_MulticastTopOfBook_Spin_v1_0_10; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 10 of 10 alike, 95 fields; positions only, not meanings or scales',
    'spin server of the feed: log in, request, image of the feed state; stream of sequenced-unit blocks over TCP (see session-cboe-spin)',
  ],
  unconfirmed: ['that times are nanoseconds since 1970-01-01 UTC'],
  events: cboeTopAustralia,
  messages: {
    login: cboeAustraliaSpin1012.messages.login,
    loginResponse: cboeAustraliaSpin1012.messages.loginResponse,
    spinImageAvailable: cboeAustraliaSpin1012.messages.spinImageAvailable,
    spinRequest: cboeAustraliaSpin1012.messages.spinRequest,
    spinResponse: cboeAustraliaSpin1012.messages.spinResponse,
    spinFinished: cboeAustraliaSpin1012.messages.spinFinished,
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
    calculatedValue: cboeAustraliaSpin1012.messages.calculatedValue,
  },
});
