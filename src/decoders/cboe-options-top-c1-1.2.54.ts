import { char, defineDecoder, inUnit, message, nanosAfter, price4, text, u8, u32, u64 } from '../layout/table.js';
import { cboeOptionsTop1254 } from './cboe-options-top-1.2.54.js';
import { cboeTop } from './roles/cboe-pitch.js';

/** Cboe C1 Options Multicast Top 1.2.54: US OPTIONS MULTICAST TOP SPECIFICATION, version 1.2.54, Wednesday, April 1, 2026. What is as in cboe-options-top-1.2.54 is taken from there. */
export const cboeOptionsTopC11254 = defineDecoder({
  id: 'cboe-options-top-c1-1.2.54',
  venue: 'Cboe C1 Options',
  feed: 'Multicast Top',
  version: '1.2.54',
  specification: 'US OPTIONS MULTICAST TOP SPECIFICATION, version 1.2.54, Wednesday, April 1, 2026',
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
    'layout of a public dissector, Cboe_C1Options_MulticastTop_Pitch_v1_2_54; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 16 of 16 alike, 183 fields; positions only, not meanings or scales',
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
    unitClear: cboeOptionsTop1254.messages.unitClear,
    symbolMapping: cboeOptionsTop1254.messages.symbolMapping,
    singleSideUpdateExpandedShort: cboeOptionsTop1254.messages.singleSideUpdateExpandedShort,
    singleSideUpdateExpandedLong: cboeOptionsTop1254.messages.singleSideUpdateExpandedLong,
    twoSideUpdateExpandedShort: cboeOptionsTop1254.messages.twoSideUpdateExpandedShort,
    twoSideUpdateExpandedLong: cboeOptionsTop1254.messages.twoSideUpdateExpandedLong,
    topTrade: cboeOptionsTop1254.messages.topTrade,
    optionsAuctionUpdate: cboeOptionsTop1254.messages.optionsAuctionUpdate,
    auctionSummary: cboeOptionsTop1254.messages.auctionSummary,
    tradingStatus: cboeOptionsTop1254.messages.tradingStatus,
    widthUpdate: cboeOptionsTop1254.messages.widthUpdate,
    endOfSession: cboeOptionsTop1254.messages.endOfSession,
    soqStrikeRangeUpdate: message(157, 42, {
      timeOffset: u32(2, nanosAfter('the last time')),
      soqIdentifier: text(6, 20),
      lowerStrikePrice: u64(26, price4),
      upperStrikePrice: u64(34, price4),
    }),
    constituentSymbolMapping: message(158, 58, {
      feedSymbol: text(2, 6),
      osiSymbol: text(8, 21),
      symbolCondition: char(29, { N: 'Normal', C: 'Closing Only' }),
      underlying: text(30, 8),
      soqIdentifier: text(38, 20),
    }),
  },
});
