import { char, defineDecoder, digits, message, millisSinceMidnight, price4, text } from '../layout/table.js';
import { cboeAsciiPitch } from './roles/cboe-pitch.js';

const AuctionType = {
  O: 'Opening Auction',
  C: 'Closing Auction',
  H: 'Halt Auction',
  I: 'IPO Auction',
  M: 'Cboe Market Close',
};

/** Cboe BZX Equities Auction Feed (ASCII) 1.3.8: Cboe US Equities Auction Feed Specification, version 1.3.8, Monday, April 21, 2025. */
export const cboeBzxAuctionAscii138 = defineDecoder({
  id: 'cboe-bzx-auction-ascii-1.3.8',
  venue: 'Cboe BZX Equities',
  feed: 'Auction Feed (ASCII)',
  version: '1.3.8',
  specification: 'Cboe US Equities Auction Feed Specification, version 1.3.8, Monday, April 21, 2025',
  framing: 'souptcp',
  byteOrder: 'big',
  header: {
    timestamp: digits(0, 8, millisSinceMidnight),
    sequencedMessageType: char(8),
  },
  messageType: 'sequencedMessageType',
  longer: 'tolerated',
  instrument: 'stockSymbol',
  checked: [
    'layout of a public dissector, Cboe_BzxEquities_AuctionFeed_AsciiPitch_v1_3_8; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 4 of 4 alike, 38 fields; positions only, not meanings or scales',
  ],
  unconfirmed: [
    'numbers are ASCII, implied decimals: prices of 10 digits have 6 whole and 4 decimal digits, of 14 digits 10 and 4, of 19 digits 12 and 7 (family rule, not confirmed with a document here)',
    'that times of 8 digits are milliseconds since midnight',
  ],
  events: cboeAsciiPitch,
  messages: {
    auctionUpdate: message('I', 68, {
      stockSymbol: text(9, 8),
      auctionType: char(17, AuctionType),
      referencePrice: digits(18, 10, price4),
      buyShares: digits(28, 10),
      sellShares: digits(38, 10),
      indicativePrice: digits(48, 10, price4),
      auctionOnlyPrice: digits(58, 10, price4),
    }),
    extendedAuctionUpdate: message('3', 80, {
      stockSymbol: text(9, 8),
      auctionType: char(17, AuctionType),
      referencePrice: digits(18, 14, price4),
      buyShares: digits(32, 10),
      sellShares: digits(42, 10),
      indicativePrice: digits(52, 14, price4),
      auctionOnlyPrice: digits(66, 14, price4),
    }),
    auctionSummary: message('J', 38, {
      stockSymbol: text(9, 8),
      auctionType: char(17, AuctionType),
      price: digits(18, 10, price4),
      shares: digits(28, 10),
    }),
    extendedAuctionSummary: message('4', 42, {
      stockSymbol: text(9, 8),
      auctionType: char(17, AuctionType),
      price: digits(18, 14, price4),
      shares: digits(32, 10),
    }),
  },
});
