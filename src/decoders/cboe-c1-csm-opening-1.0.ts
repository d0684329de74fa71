import { atLeast, char, defineDecoder, group, i8, i32, message, u8, u16, u32 } from '../layout/index.js';
import { cboeC1CsmTop14 } from './cboe-c1-csm-top-1.4.js';

const SecurityTradingStatus = {
  2: 'Halted',
  17: 'Open',
  18: 'Closed',
  21: 'Pre-Open',
  22: 'Opening Rotation',
  23: 'Fast Market',
  24: 'Strategy Market in Opening Rotation',
  25: 'Strategy Market Quotes Non-Firm',
  26: 'Suspended',
};
const MdEntryType = {
  0: 'Bid',
  1: 'Ask',
  2: 'Trade',
  3: 'Index Value',
  4: 'Opening Price',
  6: 'Settlement Value',
  7: 'High',
  8: 'Low',
};
const MdVolumeType = {
  0: 'Total Limit',
  1: 'Customer Limit',
  2: 'Total Contingency All or None',
  3: 'Customer Contingency All or None',
};
const EopType = {
  0: 'Undefined',
  1: 'Opening Price',
  2: 'Need More Sellers',
  3: 'Need More Buyers',
  4: 'No Opening Trades',
  5: 'Multiple Opening Prices',
  6: 'Need Quote to Open',
  7: 'Price Not in Quote Range',
  8: 'Need DPM Quote to Open',
  9: 'DPM Quote Invalid',
  10: 'Price Not in BOTR Range',
};

/** Cboe C1 Options CSM opening auction 1.0: CBOEStreamingOpeningAuction, version 1.0, Wednesday, July 18, 2018. What is as in cboe-c1-csm-top-1.4 is taken from there. */
export const cboeC1CsmOpening10 = defineDecoder({
  id: 'cboe-c1-csm-opening-1.0',
  venue: 'Cboe C1 Options',
  feed: 'CSM opening auction',
  version: '1.0',
  specification: 'CBOEStreamingOpeningAuction, version 1.0, Wednesday, July 18, 2018',
  framing: 'cboe-csm',
  byteOrder: 'big',
  header: {
    messageLength: u16(0),
    templateId: u8(2),
    messageType: char(3),
    msgSeqNum: u32(4),
  },
  messageType: 'templateId',
  longer: 'tolerated',
  lengthField: { name: 'messageLength' },
  instrument: 'securityId',
  checked: [
    'layout of a public dissector, Cboe_C1Options_OpeningAuction_Csm_v1_0; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 11 of 11 alike, 273 fields; positions only, not meanings or scales',
    'strings and groups are length/count prefixed as listed; message length includes its own two bytes',
  ],
  messages: {
    securityDefinition: cboeC1CsmTop14.messages.securityDefinition,
    marketDataRefresh: message(20, atLeast(32), {
      classKey: u32(8),
      securityId: u32(12),
      securityTradingStatus: u8(16, SecurityTradingStatus),
      priceType: u8(17),
      applSeqNum: u32(18),
      prevClosePxExponent: i8(22),
      prevClosePxMantissa: i32(23),
      tradeVolume: u32(27),
      noEntries: u8(31),
      mdEntry: group(32, 'noEntries', 11, {
        mdEntryType: char(0, MdEntryType),
        mdEntryPxExponent: i8(1),
        mdEntryPxMantissa: i32(2),
        mdEntrySize: u32(6),
        mdVolumeType: u8(10, MdVolumeType),
      }),
    }),
    currentMarketUpdate: message(12, atLeast(19), {
      classKey: u32(8),
      securityId: u32(12),
      securityTradingStatus: u8(16, SecurityTradingStatus),
      priceType: u8(17),
      noEntries: u8(18),
      mdEntry: group(19, 'noEntries', 11, {
        mdEntryType: char(0, MdEntryType),
        mdEntryPxExponent: i8(1),
        mdEntryPxMantissa: i32(2),
        mdEntrySize: u32(6),
        mdVolumeType: u8(10, MdVolumeType),
      }),
    }),
    expectedOpeningPriceAndSize: message(15, 27, {
      classKey: u32(8),
      securityId: u32(12),
      eopExponent: i8(16),
      eopMantissa: i32(17),
      eos: u32(21),
      eopType: u8(25, EopType),
      legalMarket: u8(26, { 0: 'Not a Legal Market', 1: 'Legal Market' }),
    }),
    heartbeat: cboeC1CsmTop14.messages.heartbeat,
  },
});
