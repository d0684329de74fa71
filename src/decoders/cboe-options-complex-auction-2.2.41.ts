import {
  atLeast,
  char,
  defineDecoder,
  group,
  i32,
  i64,
  message,
  nanosAfter,
  price4,
  text,
  u8,
  u32,
  u64,
} from '../layout/table.js';
import { cboeOptionsComplexPitch2118 } from './cboe-options-complex-pitch-2.1.18.js';
import { cboePitchDerivatives } from './roles/cboe-pitch.js';

const LegSecurityType = { O: 'Leg Is an Option Instrument', E: 'Leg Is an Equity Instrument' };
const AuctionNotificationAuctionType = {
  C: 'Complex Order Auction (COA) or Stop Complex Order Auction (SCOA), Effective TBD',
  S: 'Complex Solicitation Auction Mechanism',
  B: 'Complex AIM',
  O: 'COA All or None',
};
const OptionsAuctionUpdateAuctionType = { G: 'GTH Opening', O: 'RTH Opening', H: 'Halt Re-Opening' };

/** Cboe BZX Options Complex Auction Feed 2.2.41: US OPTIONS COMPLEX AUCTION MULTICAST PITCH SPECIFICATION, version 2.2.41, Wednesday, April 1, 2026. What is as in cboe-options-complex-pitch-2.1.18 is taken from there. */
export const cboeOptionsComplexAuction2241 = defineDecoder({
  id: 'cboe-options-complex-auction-2.2.41',
  venue: 'Cboe BZX Options',
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
    'layout of a public dissector, Cboe_BzxOptions_ComplexAuction_Pitch_v2_2_41 and 2 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 11 of 11 alike, 127 fields; positions only, not meanings or scales',
  ],
  events: cboePitchDerivatives,
  messages: {
    time: cboeOptionsComplexPitch2118.messages.time,
    complexInstrumentDefinitionExpanded: message(154, atLeast(25), {
      timeOffset: u32(2, nanosAfter('the last time')),
      complexInstrumentId: text(6, 6),
      complexInstrumentUnderlying: text(12, 8),
      complexInstrumentType: text(20, 4),
      legCount: u8(24),
      complexLeg: group(25, 'legCount', 13, {
        legSymbol: text(0, 8),
        legRatio: i32(8),
        legSecurityType: char(12, LegSecurityType),
      }),
    }),
    symbolMapping: cboeOptionsComplexPitch2118.messages.symbolMapping,
    auctionNotification: message(173, 47, {
      timeOffset: u32(2, nanosAfter('the last time')),
      complexInstrumentId: text(6, 6),
      auctionId: u64(12),
      auctionNotificationAuctionType: char(20, AuctionNotificationAuctionType),
      side: char(21, { B: 'Buy', S: 'Sell' }),
      price: i64(22, price4),
      quantity: u32(30),
      customerIndicator: char(34, { N: 'Non-Customer', C: 'Customer' }),
      participantId: text(35, 4),
      auctionEndOffset: u32(39),
      clientId: text(43, 4),
    }),
    auctionCancel: cboeOptionsComplexPitch2118.messages.auctionCancel,
    auctionTrade: cboeOptionsComplexPitch2118.messages.auctionTrade,
    optionsAuctionUpdate: message(209, 64, {
      timeOffset: u32(2, nanosAfter('the last time')),
      complexInstrumentId: text(6, 8),
      optionsAuctionUpdateAuctionType: char(14, OptionsAuctionUpdateAuctionType),
      referencePrice: u64(15, price4),
      buyContracts: u32(23),
      sellContracts: u32(27),
      indicativePrice: i64(31, price4),
      auctionOnlyPrice: i64(39, price4),
      openingCondition: char(47),
      compositeMarketBidPrice: i64(48, price4),
      compositeMarketOfferPrice: i64(56, price4),
    }),
    auctionSummary: message(150, 27, {
      timeOffset: u32(2, nanosAfter('the last time')),
      complexInstrumentId: text(6, 8),
      auctionSummaryAuctionType: char(14, OptionsAuctionUpdateAuctionType),
      price: i64(15, price4),
      quantity: u32(23),
    }),
    endOfSession: cboeOptionsComplexPitch2118.messages.endOfSession,
  },
});
