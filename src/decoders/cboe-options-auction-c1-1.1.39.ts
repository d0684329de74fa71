import { char, defineDecoder, inUnit, message, nanosAfter, price4, text, u8, u32, u64 } from '../layout/table.js';
import { cboeOptionsAuctionEdgx1139 } from './cboe-options-auction-edgx-1.1.39.js';
import { cboePitchDerivatives } from './roles/cboe-pitch.js';

/** Cboe C1 Options Auction Feed 1.1.39: US Options Auction Feed Specification, version 1.1.39, Wednesday, April 1, 2026. What is as in cboe-options-auction-edgx-1.1.39 is taken from there. */
export const cboeOptionsAuctionC11139 = defineDecoder({
  id: 'cboe-options-auction-c1-1.1.39',
  venue: 'Cboe C1 Options',
  feed: 'Auction Feed',
  version: '1.1.39',
  specification: 'US Options Auction Feed Specification, version 1.1.39, Wednesday, April 1, 2026',
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
    'layout of a public dissector, Cboe_C1Options_AuctionFeed_Pitch_v1_1_39; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 13 of 13 alike, 137 fields; positions only, not meanings or scales',
  ],
  events: cboePitchDerivatives,
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
    unitClear: cboeOptionsAuctionEdgx1139.messages.unitClear,
    auctionNotification: cboeOptionsAuctionEdgx1139.messages.auctionNotification,
    auctionCancel: cboeOptionsAuctionEdgx1139.messages.auctionCancel,
    auctionTrade: cboeOptionsAuctionEdgx1139.messages.auctionTrade,
    optionsAuctionUpdate: cboeOptionsAuctionEdgx1139.messages.optionsAuctionUpdate,
    auctionSummary: cboeOptionsAuctionEdgx1139.messages.auctionSummary,
    widthUpdate: cboeOptionsAuctionEdgx1139.messages.widthUpdate,
    symbolMapping: cboeOptionsAuctionEdgx1139.messages.symbolMapping,
    endOfSession: cboeOptionsAuctionEdgx1139.messages.endOfSession,
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
