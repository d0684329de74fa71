import { char, defineDecoder, inUnit, message, price6, text, u8, u16, u32, u64 } from '../layout/table.js';
import { tmxLevel1 } from './roles/tmx.js';

const StockState = { AS: 'Authorized Halted', IS: 'Inhibited Halted', A: 'Authorized', I: 'Inhibited' };
const Bypass = { Y: 'The Order Is a Bypass', N: 'The Order Is Not a Bypass' };
const SettlementTerms = {
  C: 'Cash',
  N: 'NN',
  M: 'MS Derivatives-Related Contingent Equity Trade',
  T: 'CT (Cash Today)',
  D: 'If There Is a Valid Settlement Date Associated with the Order',
  ' ': 'No Settlement Terms',
};
const CrossType = {
  I: 'Internal',
  B: 'Basis',
  C: 'Contingent',
  D: 'Derivative Related',
  R: 'Regular',
  V: 'Volume Weighted Average Price',
  ' ': 'Default (Trade Was Not a Cross)',
};

/** TMX Alpha QuantumFeed level 1 (XMT) 2.2: alpha level 1 quantumfeed business message specification-v2-2-0, version 2.2, Monday, April 17, 2023. */
export const tmxAlphaLevel122 = defineDecoder({
  id: 'tmx-alpha-level1-2.2',
  venue: 'TMX Alpha',
  feed: 'QuantumFeed level 1 (XMT)',
  version: '2.2',
  specification: 'alpha level 1 quantumfeed business message specification-v2-2-0, version 2.2, Monday, April 17, 2023',
  framing: 'tmx-xmt',
  byteOrder: 'little',
  header: {
    msgLength: u16(0),
    msgType: char(2),
    msgVersion: u8(3),
    sourceId: char(4),
    streamId: u16(5),
    sequence0: u8(7),
    sequence1: u32(8),
  },
  messageType: 'msgType',
  longer: 'tolerated',
  lengthField: { name: 'msgLength' },
  instrument: 'symbol',
  events: tmxLevel1,
  checked: [
    'layout of a public dissector, Tmx_QuantumFeed_AlphaLevel1_Xmt_v2_2; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 5 of 5 alike, 116 fields; positions only, not meanings or scales',
  ],
  messages: {
    symbolStatus: message('J', 65, {
      symbol: text(12, 12),
      stockGroup: u8(24),
      listingMarket: char(25, { T: 'TSX', V: 'TSXV' }),
      productType: char(26, { B: 'Debenture', E: 'Equity', M: 'Mutual Fund', F: 'ETF' }),
      cusip: text(27, 12),
      boardLot: u16(39),
      currency: char(41, { U: 'USD', C: 'CAD' }),
      faceValue: u64(42, price6),
      lastSale: u64(50, price6),
      minPoQty: u32(58),
      stockState: text(62, 2, StockState),
      testSymbol: char(64, { Y: 'Yes', N: 'No' }),
    }),
    trade: message('s', 69, {
      symbol: text(12, 12),
      price: u64(24, price6),
      volume: u32(32),
      buyBrokerNumber: u16(36),
      sellBrokerNumber: u16(38),
      bypass: char(40, Bypass),
      tradeTimeStamp: u32(41),
      settlementTerms: char(45, SettlementTerms),
      crossType: char(46, CrossType),
      lastSale: u64(47, price6),
      openingTrade: char(55, { Y: 'Yes', N: 'No' }),
      isDark: char(56),
      tradeNumber: u32(57),
      tradingSystemTimeStamp: u64(61, inUnit('ns')),
    }),
    tradeCancelled: message('t', 64, {
      symbol: text(12, 12),
      volume: u32(24),
      price: u64(28, price6),
      buyBrokerNumber: u16(36),
      sellBrokerNumber: u16(38),
      tradeTimeStamp: u32(40),
      lastSale: u64(44, price6),
      tradeNumber: u32(52),
      tradingSystemTimeStamp: u64(56, inUnit('ns')),
    }),
    stockStatus: message('v', 78, {
      symbol: text(12, 12),
      comment: text(24, 40),
      stockState: text(64, 2, StockState),
      tradingSystemTimeStamp: u64(66, inUnit('ns')),
      resumeTradeTime: u32(74),
    }),
    equityQuote: message('w', 56, {
      symbol: text(12, 12),
      bidPrice: u64(24, price6),
      bidSize: u32(32),
      askPrice: u64(36, price6),
      askSize: u32(44),
      tradingSystemTimeStamp: u64(48, inUnit('ns')),
    }),
  },
});
