import { char, defineDecoder, i64, message, price4, text, u8, u32, u64 } from '../layout/table.js';
import { iexTops15 } from './iex-tops-1.5.js';
import { iexTops } from './roles/iex.js';

const SaleConditionFlagsBits = {
  singlepriceCrossTrade: 3,
  tradeThroughExempt: 4,
  oddLot: 5,
  extendedHours: 6,
  intermarketSweep: 7,
} as const;

/** IEX TOPS 1.6: IEX TOPS Specification v1.66, version 1.66, Tuesday, October 19, 2021. What is as in iex-tops-1.5 is taken from there. */
export const iexTops16 = defineDecoder({
  id: 'iex-tops-1.6',
  venue: 'IEX',
  feed: 'TOPS',
  version: '1.6',
  specification: 'IEX TOPS Specification v1.66, version 1.66, Tuesday, October 19, 2021',
  framing: 'iex-tp',
  byteOrder: 'little',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'symbol',
  events: iexTops,
  checked: [
    'tables of the specification: 11 of 11 messages',
    'captures: 1 packets, 19 fields; messages seen: quoteUpdate',
    'captures of 1.6 were also decoded with public dissector 1.64; layouts identical',
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
    securityDirectory: iexTops15.messages.securityDirectory,
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
    operationalHaltStatus: iexTops15.messages.operationalHaltStatus,
    shortSalePriceTestStatus: message('P', 19, {
      shortSalePriceTestStatus: u8(1, { 0: 'Not in Effect', 1: 'In Effect' }),
      timestamp: i64(2),
      symbol: text(10, 8),
      detail: char(18, {
        ' ': 'No Price Test in Place',
        A: 'Activated',
        C: 'Continued',
        D: 'Deactivated',
        N: 'Not Available',
      }),
    }),
    quoteUpdate: iexTops15.messages.quoteUpdate,
    tradeReport: message('T', 38, {
      saleConditionFlags: u8(1).bits(SaleConditionFlagsBits),
      timestamp: i64(2),
      symbol: text(10, 8),
      size: u32(18),
      price: i64(22, price4),
      tradeId: u64(30),
    }),
    officialPrice: iexTops15.messages.officialPrice,
    tradeBreak: message('B', 38, {
      saleConditionFlags: u8(1).bits(SaleConditionFlagsBits),
      timestamp: i64(2),
      symbol: text(10, 8),
      size: u32(18),
      price: i64(22, price4),
      tradeId: u64(30),
    }),
    auctionInformation: iexTops15.messages.auctionInformation,
  },
});
