import { defineDecoder, u8 } from '../layout/table.js';
import { cboeOptionsTop1254 } from './cboe-options-top-1.2.54.js';
import { cboeTop } from './roles/cboe-pitch.js';

/** Cboe BZX Options Multicast Top 1.2.54: US OPTIONS MULTICAST TOP SPECIFICATION, version 1.2.54, Wednesday, April 1, 2026. What is as in cboe-options-top-1.2.54 is taken from there. */
export const cboeOptionsTopBzx1254 = defineDecoder({
  id: 'cboe-options-top-bzx-1.2.54',
  venue: 'Cboe BZX Options',
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
    'layout of a public dissector, Cboe_BzxOptions_MulticastTop_Pitch_v1_2_54; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 12 of 12 alike, 141 fields; positions only, not meanings or scales',
  ],
  events: cboeTop,
  messages: {
    time: cboeOptionsTop1254.messages.time,
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
    endOfSession: cboeOptionsTop1254.messages.endOfSession,
  },
});
