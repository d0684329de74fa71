import {
  char,
  defineDecoder,
  inUnit,
  message,
  price2,
  price4,
  reserved,
  text,
  u8,
  u16,
  u32,
  u64,
} from '../layout/table.js';
import { nasdaqNtxOptionsTop22 } from './nasdaq-ntx-options-top-2.2.js';
import { nasdaqOptionsTop } from './roles/nasdaq-options.js';

const EventCode = {
  O: 'Start of Messages',
  S: 'Start of System Hours',
  Q: 'Start of Opening Process',
  N: 'Start of Normal Hours Closing Process',
  L: 'Start of Late Hours Closing Process',
  E: 'End of System Hours',
  C: 'End of Messages',
  W: 'End of WCO Early Closing',
};
const ClosingType = { N: 'Normal Hours', L: 'Late Hours', W: 'WCO Early Closing' };
const CurrentTradingState = {
  B: 'Buy Side Suspended',
  S: 'Sell Side Suspended',
  H: 'Halt in Effect',
  T: 'Continuous Trading',
  I: 'Pre-Open',
  O: 'Opening Auction',
  R: 'Re-Opening',
  X: 'Closed',
};
const QuoteCondition = {
  X: 'Ask Side Not Firm, Bid Side Firm',
  Y: 'Bid Side Not Firm, Ask Side Firm',
  ' ': 'Regular Quote, AutoX Eligible',
};

/** Nasdaq ISE Top of Market 2.1: Options Top of Market Feed 2.1, version 2.1, Friday, February 13, 2026. What is as in nasdaq-ntx-options-top-2.2 is taken from there. */
export const nasdaqOptionsTop21 = defineDecoder({
  id: 'nasdaq-options-top-2.1',
  venue: 'Nasdaq ISE',
  feed: 'Top of Market',
  version: '2.1',
  specification: 'Options Top of Market Feed 2.1, version 2.1, Friday, February 13, 2026',
  framing: 'moldudp64',
  byteOrder: 'big',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'instrumentId',
  checked: [
    'layout of a public dissector, Nasdaq_GemxOptions_TopOfMarket_Itch_v2_1 and 3 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 9 of 9 alike, 130 fields; positions only, not meanings or scales',
    'two byte prices have 3 whole and 2 decimal digits, four byte prices (strike too) 6 and 4: text of the venue documents of the family (ITTO, BONO, Top of Market), also in an independent public feed handler for NOM; the dissector gives no scale, or 4 decimals for both',
  ],
  events: nasdaqOptionsTop,
  messages: {
    systemEvent: message('S', 12, {
      trackingNumber: u16(1),
      timestamp: u64(3, inUnit('ns')),
      eventCode: char(11, EventCode),
    }),
    derivativeDirectory: message('m', 63, {
      trackingNumber: u16(1),
      timestamp: u64(3, inUnit('ns')),
      instrumentId: u32(11),
      securitySymbol: text(15, 8),
      expirationYear: u8(23),
      expirationMonth: u8(24),
      expirationDay: u8(25),
      explicitStrikePrice: u32(26, price4),
      optionType: char(30, { C: 'Call', P: 'Put', N: 'Not Applicable' }),
      underlyingSymbol: text(31, 13),
      closingType: char(44, ClosingType),
      tradable: char(45, { Y: 'Tradable', N: 'Not Tradable' }),
      mpv: char(46, { E: 'Penny Everywhere', S: 'Scaled', P: 'Penny Pilot' }),
      reserved16: reserved(47, 16),
    }),
    tradingAction: message('H', 16, {
      trackingNumber: u16(1),
      timestamp: u64(3, inUnit('ns')),
      instrumentId: u32(11),
      currentTradingState: char(15, CurrentTradingState),
    }),
    bestBidAndAskUpdateShortForm: nasdaqNtxOptionsTop22.messages.bestBidAndAskUpdateShortForm,
    bestBidAndAskUpdateLongForm: nasdaqNtxOptionsTop22.messages.bestBidAndAskUpdateLongForm,
    bestBidUpdateShortForm: nasdaqNtxOptionsTop22.messages.bestBidOrAskUpdateShortForm,
    bestAskUpdateShortForm: message('a', 26, {
      trackingNumber: u16(1),
      timestamp: u64(3, inUnit('ns')),
      instrumentId: u32(11),
      quoteCondition: char(15, QuoteCondition),
      marketOrderSize: u16(16),
      price: u16(18, price2),
      size: u16(20),
      custSize: u16(22),
      proCustSize: u16(24),
    }),
    bestBidUpdateLongForm: nasdaqNtxOptionsTop22.messages.bestBidOrAskUpdateLongForm,
    bestAskUpdateLongForm: message('A', 36, {
      trackingNumber: u16(1),
      timestamp: u64(3, inUnit('ns')),
      instrumentId: u32(11),
      quoteCondition: char(15, QuoteCondition),
      marketOrderSize: u32(16),
      price: u32(20, price4),
      size: u32(24),
      custSize: u32(28),
      proCustSize: u32(32),
    }),
  },
});
