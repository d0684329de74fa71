import { char, defineDecoder, i64, message, price4, text, u8, u32, u64 } from '../layout/index.js';

const EventFlags = { 0: 'Order Book Is Processing An Event', 1: 'Event Processing Complete' };
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
  checked: [
    'tables of the specification: 13 of 13 messages',
    'captures: 2 packets, 27 fields; messages seen: priceLevelBuyUpdate',
  ],
  messages: {
    systemEvent: message('S', 10, {
      systemEvent: char(1, {
        O: 'Start Of Messages',
        S: 'Start Of System Hours',
        R: 'Start Of Regular Market Hours',
        M: 'End Of Regular Market Hours',
        E: 'End Of System Hours',
        C: 'End Of Messages',
      }),
      timestamp: i64(2),
    }),
    securityDirectory: message('D', 31, {
      securityDirectoryFlags: u8(1).bits({ etp: 5, whenIssued: 6, testSecurity: 7 }),
      timestamp: i64(2),
      symbol: text(10, 8),
      roundLotSize: u32(18),
      adjustedPocPrice: i64(22, price4),
      luldTier: u8(30, { 0: 'Not Applicable', 1: 'Tier 1 Nms Stock', 2: 'Tier 2 Nms Stock' }),
    }),
    tradingStatus: message('H', 22, {
      tradingStatus: char(1, {
        H: 'Trading Halted Across All Us Equity Markets',
        O: 'Trading Halt Released Into An Order Acceptance Period On Iex',
        P: 'Trading Paused And Order Acceptance Period On Iex',
        T: 'Trading On Iex',
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
        C: 'Buy And Sell Interest',
      }),
      timestamp: i64(2),
      symbol: text(10, 8),
    }),
    operationalHaltStatus: message('O', 18, {
      operationalHaltStatus: char(1, {
        O: 'Iex Specific Operational Trading Halt',
        N: 'Not Operationally Halted On Iex',
      }),
      timestamp: i64(2),
      symbol: text(10, 8),
    }),
    shortSalePriceTestStatus: message('P', 19, {
      shortSalePriceTestStatus: u8(1, { 0: 'Not In Effect', 1: 'In Effect' }),
      timestamp: i64(2),
      symbol: text(10, 8),
      detail: char(18, {
        ' ': 'No Price Test In Place',
        A: 'Short Sale Price Test Restriction In Effect Due To An Intraday Price Drop In The Security',
        C: 'Short Sale Price Test Restriction Remains In Effect From Prior Day',
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
      priceType: char(1, { Q: 'Iex Official Opening Price', M: 'Iex Official Closing Price' }),
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
        I: 'Ipo Auction',
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
