import { char, defineDecoder, inUnit, message, price4, text, u16, u32, u64 } from '../layout/table.js';
import { nasdaqTopAndSales } from './roles/nasdaq.js';

const EventCode = {
  O: 'Start of Transmissions',
  S: 'Start of System Hours',
  Q: 'Start of Market Hours',
  M: 'End of Market Hours',
  E: 'End of System Hours',
  C: 'End of Transmissions',
};
const MarketCategory = {
  A: 'NYSE American',
  N: 'NYSE',
  P: 'NYSE Arca',
  Q: 'Nasdaq',
  V: "Investors' Exchange LLC",
  Z: 'Cboe BZX',
  ' ': 'Not Available',
};
const RegShoAction = {
  0: 'No Price Test in Place',
  1: 'Reg SHO Restriction in Effect',
  2: 'Reg SHO Restriction Remains in Effect',
};

/** Bruce ATS Best Bid and Offer and Depth of Book 1.0: Bruce Best Bid And Offer, version 1.0, Saturday, March 1, 2025. */
export const bruceBookItch10 = defineDecoder({
  id: 'bruce-book-itch-1.0',
  venue: 'Bruce ATS',
  feed: 'Best Bid and Offer and Depth of Book',
  version: '1.0',
  specification: 'Bruce Best Bid And Offer, version 1.0, Saturday, March 1, 2025',
  framing: 'moldudp64',
  byteOrder: 'big',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'stockLocate',
  checked: [
    'layout of a public dissector, BruceAts_BruceEquities_BestBidAndOffer_Itch_v1_0 and 1 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 5 of 5 alike, 49 fields; positions only, not meanings or scales',
  ],
  events: nasdaqTopAndSales,
  messages: {
    systemEvent: message('S', 12, {
      stockLocate: u16(1),
      timestamp: u64(3, inUnit('ns')),
      eventCode: char(11, EventCode),
    }),
    stockDirectory: message('R', 25, {
      stockLocate: u16(1),
      timestamp: u64(3, inUnit('ns')),
      stock: text(11, 8),
      marketCategory: char(19, MarketCategory),
      roundLotSize: u32(20),
      authenticity: char(24, { P: 'Live Production', T: 'Test' }),
    }),
    stockTradingAction: message('H', 20, {
      stockLocate: u16(1),
      timestamp: u64(3, inUnit('ns')),
      stock: text(11, 8),
      tradingState: char(19, { H: 'Halted', T: 'Trading' }),
    }),
    regShoShortSalePriceTestRestrictedIndicator: message('Y', 20, {
      stockLocate: u16(1),
      timestamp: u64(3, inUnit('ns')),
      stock: text(11, 8),
      regShoAction: char(19, RegShoAction),
    }),
    quotation: message('Q', 43, {
      stockLocate: u16(1),
      timestamp: u64(3, inUnit('ns')),
      stock: text(11, 8),
      bestBidPrice: u64(19, price4),
      bestBidSize: u32(27),
      bestOfferPrice: u64(31, price4),
      bestOfferSize: u32(39),
    }),
  },
});
