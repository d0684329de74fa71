import {
  atLeast,
  char,
  defineDecoder,
  group,
  message,
  nanosSinceEpoch,
  next,
  price4,
  reserved,
  text,
  u8,
  u32,
  u64,
  when,
} from '../layout/table.js';
import { cboeSummaryDepth } from './roles/cboe-pitch.js';

const MarketStatus = { N: 'Normal', E: 'Excluded from ADAP Updates', I: 'Incomplete' };
const SessionIndicator = { R: 'Regular Trading Session', P: 'Pre- or Post-Market Session' };
const RetailPriceImprovement = { B: 'Buy Side RPI', S: 'Sell Side RPI', A: 'Buy and Sell RPI', N: 'No RPI' };
const RegShoAction = { 0: 'No Price Test in Effect', 1: 'Reg SHO Price Test Restriction in Effect' };

/** Cboe US Equities Summary Depth 1.0.7: Cboe US Equities Summary Depth Feed Specification, version 1.0.7, Wednesday, January 15, 2025. */
export const cboeSummaryDepth107 = defineDecoder({
  id: 'cboe-summary-depth-1.0.7',
  venue: 'Cboe US Equities',
  feed: 'Summary Depth',
  version: '1.0.7',
  specification: 'Cboe US Equities Summary Depth Feed Specification, version 1.0.7, Wednesday, January 15, 2025',
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
    'layout of a public dissector, Cboe_ByxEquities_SummaryDepth_Pitch_v1_0_7 and 3 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 9 of 11 alike, 104 fields; positions only, not meanings or scales',
  ],
  unconfirmed: [
    'Adap blocks: price and quantity have 4 bytes each in the 10 byte block and 8 bytes each in the 18 byte block; this follows from Adap Block Size (2 + 2 widths). The dissector gives both blocks one length (10 here, 14 in Cboe One) and looks at the wrong byte from the second block on; no capture (uncertain)',
    'that times are nanoseconds since 1970-01-01 UTC',
  ],
  events: cboeSummaryDepth,
  messages: {
    clearQuote: message(162, 19, {
      lastUpdateTimestamp: u64(2, nanosSinceEpoch),
      symbol: text(10, 8),
      reserved1: reserved(18, 1),
    }),
    cboeMarketStatus: message(166, 13, {
      timestamp: u64(2, nanosSinceEpoch),
      reserved1: reserved(10, 1),
      marketStatus: char(11, MarketStatus),
      sessionIndicator: char(12, SessionIndicator),
    }),
    adap: message(167, atLeast(22), {
      lastUpdateTimestamp: u64(2, nanosSinceEpoch),
      symbol: text(10, 8),
      adapFlags: u8(18).bits({ clearAdap: 0, adapComplete: 1, blockType: 2 }),
      spareReserved1: reserved(19, 1),
      adapBlocks: u8(20),
      adapBlockSize: u8(21),
      shortUpdateBlocks: when(22, 'adapBlockSize', [10], {
        adapBlocks: group(0, 'adapBlocks', 10, {
          reserved1: reserved(0, 1),
          side: char(1),
          price: u32(2, price4),
          quantity: u32(6),
        }),
      }),
      longUpdateBlocks: when(next, 'adapBlockSize', [18], {
        adapBlocks: group(0, 'adapBlocks', 18, {
          reserved1: reserved(0, 1),
          side: char(1),
          price: u64(2, price4),
          quantity: u64(10),
        }),
      }),
    }),
    rpi: message(168, 20, {
      timestamp: u64(2, nanosSinceEpoch),
      symbol: text(10, 8),
      reserved1: reserved(18, 1),
      retailPriceImprovement: char(19, RetailPriceImprovement),
    }),
    trade: message(169, 60, {
      transactionTime: u64(2, nanosSinceEpoch),
      symbol: text(10, 8),
      reserved1: reserved(18, 1),
      executionId: u64(19),
      lastPrice: u64(27, price4),
      lastQuantity: u64(35),
      cboeCumulativeExecutedVolume: u64(43),
      reserved8: reserved(51, 8),
      tradeFlags: u8(59).bits({ lastSaleEligible: 1 }),
    }),
    tradeBreak: message(170, 44, {
      transactionTime: u64(2, nanosSinceEpoch),
      symbol: text(10, 8),
      reserved1: reserved(18, 1),
      executionId: u64(19),
      cboeCumulativeExecutedVolume: u64(27),
      reserved8: reserved(35, 8),
      tradeBreakFlags: u8(43),
    }),
    tradingStatus: message(171, 21, {
      timestamp: u64(2, nanosSinceEpoch),
      symbol: text(10, 8),
      reserved1: reserved(18, 1),
      haltStatus: char(19),
      regShoAction: char(20, RegShoAction),
    }),
  },
});
