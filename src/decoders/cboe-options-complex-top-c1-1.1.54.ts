import {
  atLeast,
  char,
  defineDecoder,
  group,
  i32,
  inUnit,
  message,
  nanosAfter,
  reserved,
  text,
  u8,
  u32,
} from '../layout/table.js';
import { cboeOptionsComplexTop1154 } from './cboe-options-complex-top-1.1.54.js';
import { cboeTop } from './roles/cboe-pitch.js';

const TradingStatus = { H: 'Halted', L: 'Curb Trading', Q: 'Quote Only', T: 'RTH Trading' };

/** Cboe C1 Options Complex Top 1.1.54: US OPTIONS COMPLEX MULTICAST TOP SPECIFICATION, version 1.1.54, Wednesday, April 1, 2026. What is as in cboe-options-complex-top-1.1.54 is taken from there. */
export const cboeOptionsComplexTopC11154 = defineDecoder({
  id: 'cboe-options-complex-top-c1-1.1.54',
  venue: 'Cboe C1 Options',
  feed: 'Complex Top',
  version: '1.1.54',
  specification: 'US OPTIONS COMPLEX MULTICAST TOP SPECIFICATION, version 1.1.54, Wednesday, April 1, 2026',
  framing: 'cboe-sequenced-unit',
  byteOrder: 'little',
  header: {
    messageLength: u8(0),
    messageType: u8(1),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  lengthField: { name: 'messageLength' },
  instrument: 'complexInstrumentId',
  checked: [
    'layout of a public dissector, Cboe_C1Options_ComplexTop_Pitch_v1_1_54; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 19 of 19 alike, 234 fields; positions only, not meanings or scales',
  ],
  events: cboeTop,
  messages: {
    timeReference: message(177, 18, {
      midnightReference: u32(2, inUnit('s')),
      time: u32(6),
      timeOffset: u32(10, nanosAfter('the last time')),
      tradeDate: u32(14),
    }),
    time: message(32, 10, {
      time: u32(2),
      epochTime: u32(6),
    }),
    unitClear: cboeOptionsComplexTop1154.messages.unitClear,
    complexInstrumentDefinitionExpanded: cboeOptionsComplexTop1154.messages.complexInstrumentDefinitionExpanded,
    exchangeDesignatedComplexInstrumentDefinition: message(159, atLeast(63), {
      timeOffset: u32(2, nanosAfter('the last time')),
      complexInstrumentId: text(6, 6),
      complexInstrumentUnderlying: text(12, 8),
      edciType: text(20, 20),
      edciSubtype: text(40, 20),
      reserved2: reserved(60, 2),
      legCount: u8(62),
      edcidLeg: group(63, 'legCount', 12, {
        legSymbol: text(0, 8),
        legRatio: i32(8),
      }),
    }),
    symbolMapping: cboeOptionsComplexTop1154.messages.symbolMapping,
    singleSideUpdateExpandedShort: cboeOptionsComplexTop1154.messages.singleSideUpdateExpandedShort,
    singleSideUpdateExpandedLong: cboeOptionsComplexTop1154.messages.singleSideUpdateExpandedLong,
    twoSideUpdateExpandedShort: cboeOptionsComplexTop1154.messages.twoSideUpdateExpandedShort,
    twoSideUpdateExpandedLong: cboeOptionsComplexTop1154.messages.twoSideUpdateExpandedLong,
    topTrade: cboeOptionsComplexTop1154.messages.topTrade,
    optionsAuctionUpdate: cboeOptionsComplexTop1154.messages.optionsAuctionUpdate,
    auctionSummary: cboeOptionsComplexTop1154.messages.auctionSummary,
    tradingStatus: message(49, 18, {
      timeOffset: u32(2, nanosAfter('the last time')),
      complexInstrumentId: text(6, 6),
      reserved2: reserved(12, 2),
      tradingStatus: char(14, TradingStatus),
      reserved1: reserved(15, 1),
      gthTradingStatus: char(16, { H: 'Halted', Q: 'Quote Only', T: 'Trading' }),
      secondReserved: reserved(17, 1),
    }),
    endOfSession: cboeOptionsComplexTop1154.messages.endOfSession,
  },
});
