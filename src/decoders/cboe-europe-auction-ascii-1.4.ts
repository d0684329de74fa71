import {
  char,
  defineDecoder,
  digits,
  longDigits,
  message,
  millisSinceMidnight,
  price7,
  text,
} from '../layout/table.js';
import { cboeAsciiEurope } from './roles/cboe-pitch.js';

/** Cboe Europe Equities Auction Feed (ASCII PITCH over TCP) 1.4: BATS Europe Auction Feed Specification, version 1.4, Thursday, February 6, 2025. */
export const cboeEuropeAuctionAscii14 = defineDecoder({
  id: 'cboe-europe-auction-ascii-1.4',
  venue: 'Cboe Europe Equities',
  feed: 'Auction Feed (ASCII PITCH over TCP)',
  version: '1.4',
  specification: 'BATS Europe Auction Feed Specification, version 1.4, Thursday, February 6, 2025',
  framing: 'souptcp',
  byteOrder: 'big',
  header: {
    timestamp: digits(0, 8, millisSinceMidnight),
    sequencedMessageType: char(8),
  },
  messageType: 'sequencedMessageType',
  longer: 'tolerated',
  instrument: 'symbol',
  checked: [
    'layout of a public dissector, Cboe_BxeEquities_AuctionFeed_AsciiPitch_v1_4 and 1 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 2 of 2 alike, 19 fields; positions only, not meanings or scales',
  ],
  unconfirmed: [
    'numbers are ASCII, implied decimals: prices of 10 digits have 6 whole and 4 decimal digits, of 14 digits 10 and 4, of 19 digits 12 and 7 (family rule, not confirmed with a document here)',
    'that times of 11 digits are microseconds since midnight, those of 8 digits milliseconds',
  ],
  events: cboeAsciiEurope,
  messages: {
    auctionUpdate: message('l', 68, {
      symbol: text(9, 8),
      auctionType: char(17),
      referencePrice: longDigits(18, 19, price7),
      indicativePrice: longDigits(37, 19, price7),
      indicativeShares: digits(56, 10),
      outsideTolerance: char(66),
      includesPrimary: char(67),
    }),
    auctionSummary: message('j', 47, {
      symbol: text(9, 8),
      auctionType: char(17),
      price: longDigits(18, 19, price7),
      shares: digits(37, 10),
    }),
  },
});
