import { char, defineDecoder, inUnit, message, nanosAfter, price4, text, u8, u32, u64 } from '../layout/table.js';
import { cboeOptionsTop1254 } from './cboe-options-top-1.2.54.js';
import { cboePitchDerivatives } from './roles/cboe-pitch.js';

const AuctionType = { G: 'GTH Opening', O: 'RTH Opening', H: 'Halt Re-Opening', V: 'Volatility Opening' };

/** Cboe C1 Options Opening Process Feed 1.0.30: US Options Opening Process Feed Specification, version 1.0.30, Wednesday, April 1, 2026. What is as in cboe-options-top-1.2.54 is taken from there. */
export const cboeC1Opening1030 = defineDecoder({
  id: 'cboe-c1-opening-1.0.30',
  venue: 'Cboe C1 Options',
  feed: 'Opening Process Feed',
  version: '1.0.30',
  specification: 'US Options Opening Process Feed Specification, version 1.0.30, Wednesday, April 1, 2026',
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
    'layout of a public dissector, Cboe_C1Options_OpeningProcess_Pitch_v1_0_30; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 9 of 9 alike, 94 fields; positions only, not meanings or scales',
  ],
  events: cboePitchDerivatives,
  messages: {
    timeReference: message(177, 18, {
      midnightReference: u32(2, inUnit('s')),
      timeReference: u32(6),
      timeOffset: u32(10, nanosAfter('the last time')),
      tradeDate: u32(14),
    }),
    time: message(32, 10, {
      time: u32(2),
      epochTime: u32(6),
    }),
    optionsAuctionUpdate: cboeOptionsTop1254.messages.optionsAuctionUpdate,
    auctionSummary: message(150, 27, {
      timeOffset: u32(2, nanosAfter('the last time')),
      symbol: text(6, 8),
      auctionType: char(14, AuctionType),
      price: u64(15, price4),
      quantity: u32(23),
    }),
    widthUpdate: cboeOptionsTop1254.messages.widthUpdate,
    symbolMapping: cboeOptionsTop1254.messages.symbolMapping,
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
