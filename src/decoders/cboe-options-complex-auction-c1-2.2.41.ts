import { defineDecoder, inUnit, message, nanosAfter, u8, u32 } from '../layout/table.js';
import { cboeOptionsComplexAuction2241 } from './cboe-options-complex-auction-2.2.41.js';
import { cboePitchDerivatives } from './roles/cboe-pitch.js';

/** Cboe C1 Options Complex Auction Feed 2.2.41: US OPTIONS COMPLEX AUCTION MULTICAST PITCH SPECIFICATION, version 2.2.41, Wednesday, April 1, 2026. What is as in cboe-options-complex-auction-2.2.41 is taken from there. */
export const cboeOptionsComplexAuctionC12241 = defineDecoder({
  id: 'cboe-options-complex-auction-c1-2.2.41',
  venue: 'Cboe C1 Options',
  feed: 'Complex Auction Feed',
  version: '2.2.41',
  specification: 'US OPTIONS COMPLEX AUCTION MULTICAST PITCH SPECIFICATION, version 2.2.41, Wednesday, April 1, 2026',
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
    'layout of a public dissector, Cboe_C1Options_ComplexAuction_Pitch_v2_2_41; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 12 of 12 alike, 138 fields; positions only, not meanings or scales',
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
    complexInstrumentDefinitionExpanded: cboeOptionsComplexAuction2241.messages.complexInstrumentDefinitionExpanded,
    symbolMapping: cboeOptionsComplexAuction2241.messages.symbolMapping,
    auctionNotification: cboeOptionsComplexAuction2241.messages.auctionNotification,
    auctionCancel: cboeOptionsComplexAuction2241.messages.auctionCancel,
    auctionTrade: cboeOptionsComplexAuction2241.messages.auctionTrade,
    optionsAuctionUpdate: cboeOptionsComplexAuction2241.messages.optionsAuctionUpdate,
    auctionSummary: cboeOptionsComplexAuction2241.messages.auctionSummary,
    endOfSession: cboeOptionsComplexAuction2241.messages.endOfSession,
  },
});
