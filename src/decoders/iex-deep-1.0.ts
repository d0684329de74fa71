import { char, defineDecoder, i64, message, price4, text, u8, u32, u64 } from '../layout/table.js';
import { iexDeep } from './roles/iex.js';

const EventFlags = { 0: 'Order Book Is Processing an Event', 1: 'Event Processing Complete' };
const SaleConditionFlagsBits = {
  singlepriceCrossTrade: 3,
  tradeThroughExempt: 4,
  oddLot: 5,
  extendedHours: 6,
  intermarketSweep: 7,
} as const;

/** IEX DEEP 1.0: IEX DEEP Specification v1.08, version 1.08, Tuesday, February 27, 2018. */
export const iexDeep10 = defineDecoder({
  id: 'iex-deep-1.0',
  venue: 'IEX',
  feed: 'DEEP',
  version: '1.0',
  specification: 'IEX DEEP Specification v1.08, version 1.08, Tuesday, February 27, 2018',
  framing: 'iex-tp',
  byteOrder: 'little',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'symbol',
  events: iexDeep,
  checked: [
    'tables of the specification: 13 of 13 messages',
    'captures: 2 packets, 27 fields; messages seen: priceLevelBuyUpdate',
  ],
  messages: {
    systemEvent: message('S', 10, {
      systemEvent: char(1, {
        O: 'Start of Messages',
        S: 'Start of System Hours',
        R: 'Start of Regular Market Hours',
        M: 'End of Regular Market Hours',
        E: 'End of System Hours',
        C: 'End of Messages',
      }),
      timestamp: i64(2),
    }),
    securityDirectory: message('D', 31, {
      securityDirectoryFlags: u8(1).bits({ etp: 5, whenIssued: 6, testSecurity: 7 }),
      timestamp: i64(2),
      symbol: text(10, 8),
      roundLotSize: u32(18),
      adjustedPocPrice: i64(22, price4),
      luldTier: u8(30, { 0: 'Not Applicable', 1: 'Tier 1 NMS Stock', 2: 'Tier 2 NMS Stock' }),
    }),
    tradingStatus: message('H', 22, {
      tradingStatus: char(1, {
        H: 'Trading Halted Across All US Equity Markets',
        O: 'Trading Halt Released into an Order Acceptance Period on IEX',
        P: 'Trading Paused and Order Acceptance Period on IEX',
        T: 'Trading on IEX',
      }),
      timestamp: i64(2),
      symbol: text(10, 8),
      reason: text(18, 4),
    }),
    retailLiquidityIndicator: message('I', 18, {
      retailLiquidityIndicator: char(1, {
        ' ': 'Not Applicable',
        A: 'Buy Interest',
        B: 'Sell Interest',
        C: 'Buy and Sell Interest',
      }),
      timestamp: i64(2),
      symbol: text(10, 8),
    }),
    operationalHaltStatus: message('O', 18, {
      operationalHaltStatus: char(1, {
        O: 'IEX Specific Operational Trading Halt',
        N: 'Not Operationally Halted on IEX',
      }),
      timestamp: i64(2),
      symbol: text(10, 8),
    }),
    shortSalePriceTestStatus: message('P', 19, {
      shortSalePriceTestStatus: u8(1, { 0: 'Not in Effect', 1: 'In Effect' }),
      timestamp: i64(2),
      symbol: text(10, 8),
      detail: char(18, {
        ' ': 'No Price Test in Place',
        A: 'Short Sale Price Test Restriction in Effect Due to an Intraday Price Drop in the Security',
        C: 'Short Sale Price Test Restriction Remains in Effect from Prior Day',
        D: 'Short Sale Price Test Restriction Deactivated',
        N: 'Not Available',
      }),
    }),
    securityEvent: message('E', 18, {
      securityEvent: char(1, { O: 'Opening Process Complete', C: 'Closing Process Complete' }),
      timestamp: i64(2),
      symbol: text(10, 8),
    }),
    priceLevelBuyUpdate: message('8', 30, {
      eventFlags: u8(1, EventFlags),
      timestamp: i64(2),
      symbol: text(10, 8),
      size: u32(18),
      price: i64(22, price4),
    }),
    priceLevelSellUpdate: message('5', 30, {
      eventFlags: u8(1, EventFlags),
      timestamp: i64(2),
      symbol: text(10, 8),
      size: u32(18),
      price: i64(22, price4),
    }),
    tradeReport: message('T', 38, {
      saleConditionFlags: u8(1).bits(SaleConditionFlagsBits),
      timestamp: i64(2),
      symbol: text(10, 8),
      size: u32(18),
      price: i64(22, price4),
      tradeId: u64(30),
    }),
    officialPrice: message('X', 26, {
      priceType: char(1, { Q: 'IEX Official Opening Price', M: 'IEX Official Closing Price' }),
      timestamp: i64(2),
      symbol: text(10, 8),
      officialPrice: i64(18, price4),
    }),
    tradeBreak: message('B', 38, {
      saleConditionFlags: u8(1).bits(SaleConditionFlagsBits),
      timestamp: i64(2),
      symbol: text(10, 8),
      size: u32(18),
      price: i64(22, price4),
      tradeId: u64(30),
    }),
    auctionInformation: message('A', 80, {
      auctionType: char(1, {
        O: 'Opening Auction',
        C: 'Closing Auction',
        I: 'IPO Auction',
        H: 'Halt Auction',
        V: 'Volatility Auction',
      }),
      timestamp: i64(2),
      symbol: text(10, 8),
      pairedShares: u32(18),
      referencePrice: i64(22, price4),
      indicativeClearingPrice: i64(30, price4),
      imbalanceShares: u32(38),
      imbalanceSide: char(42, { B: 'Buy', S: 'Sell', N: 'None' }),
      extensionNumber: char(43),
      scheduledAuctionTime: u32(44),
      auctionBookClearingPrice: i64(48, price4),
      collarReferencePrice: i64(56, price4),
      lowerAuctionCollar: i64(64, price4),
      upperAuctionCollar: i64(72, price4),
    }),
  },
});
