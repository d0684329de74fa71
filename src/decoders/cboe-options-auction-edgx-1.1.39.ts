import { char, defineDecoder, message, nanosAfter, price4, scaled, text, u8, u32, u64 } from '../layout/table.js';
import { cboeOptionsComplexPitch2118 } from './cboe-options-complex-pitch-2.1.18.js';
import { cboePitchDerivatives } from './roles/cboe-pitch.js';

const AuctionType = {
  B: 'AIM',
  S: 'Solicitation Auction Mechanism',
  T: 'Step Up Mechanism (SUM)',
  A: 'SUM All or None',
  G: 'GTH Opening',
  O: 'RTH Opening',
  H: 'Halt Re-Opening',
  V: 'Volatility Opening',
};
const OpeningCondition = {
  O: 'Would Open',
  Q: 'Need Quote to Open',
  B: 'Need More Buyers',
  S: 'Need More Sellers',
  C: 'Crossed Composite Market',
};

/** Cboe EDGX Options Auction Feed 1.1.39: US Options Auction Feed Specification, version 1.1.39, Wednesday, April 1, 2026. What is as in cboe-options-complex-pitch-2.1.18 is taken from there. */
export const cboeOptionsAuctionEdgx1139 = defineDecoder({
  id: 'cboe-options-auction-edgx-1.1.39',
  venue: 'Cboe EDGX Options',
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
    'layout of a public dissector, Cboe_EdgxOptions_AuctionFeed_Pitch_v1_1_39; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 10 of 10 alike, 105 fields; positions only, not meanings or scales',
  ],
  events: cboePitchDerivatives,
  messages: {
    time: cboeOptionsComplexPitch2118.messages.time,
    unitClear: cboeOptionsComplexPitch2118.messages.unitClear,
    auctionNotification: message(173, 47, {
      timeOffset: u32(2, nanosAfter('the last time')),
      symbol: text(6, 6),
      auctionId: u64(12),
      auctionType: char(20, AuctionType),
      side: char(21, { B: 'Buy Side', S: 'Sell Side' }),
      price: u64(22, price4),
      contracts: u32(30),
      customerIndicator: char(34, { N: 'Non-Customer', C: 'Customer' }),
      participantId: text(35, 4),
      auctionEndOffset: u32(39),
      clientId: text(43, 4),
    }),
    auctionCancel: cboeOptionsComplexPitch2118.messages.auctionCancel,
    auctionTrade: message(175, 34, {
      timeOffset: u32(2, nanosAfter('the last time')),
      auctionId: u64(6),
      executionId: u64(14),
      price: u64(22, price4),
      contracts: u32(30),
    }),
    optionsAuctionUpdate: message(209, 64, {
      timeOffset: u32(2, nanosAfter('the last time')),
      symbol: text(6, 8),
      auctionType: char(14, AuctionType),
      referencePrice: u64(15, price4),
      buyContracts: u32(23),
      sellContracts: u32(27),
      indicativePrice: u64(31, price4),
      auctionOnlyPrice: u64(39, price4),
      openingCondition: char(47, OpeningCondition),
      compositeMarketBidPrice: u64(48, price4),
      compositeMarketOfferPrice: u64(56, price4),
    }),
    auctionSummary: message(150, 27, {
      timeOffset: u32(2, nanosAfter('the last time')),
      symbol: text(6, 8),
      auctionType: char(14, AuctionType),
      price: u64(15, price4),
      quantity: u32(23),
    }),
    widthUpdate: message(210, 19, {
      timeOffset: u32(2, nanosAfter('the last time')),
      underlying: text(6, 8),
      widthType: char(14, { R: 'Regular', V: 'Volatility' }),
      multiplier: u32(15, scaled(-1)),
    }),
    symbolMapping: cboeOptionsComplexPitch2118.messages.symbolMapping,
    endOfSession: cboeOptionsComplexPitch2118.messages.endOfSession,
  },
});
