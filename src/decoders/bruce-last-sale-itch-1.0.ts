import { char, defineDecoder, inUnit, message, price4, text, u16, u32, u64 } from '../layout/table.js';
import { bruceBookItch10 } from './bruce-book-itch-1.0.js';
import { nasdaqTopAndSales } from './roles/nasdaq.js';

/** Bruce ATS Last Sale 1.0: Bruce Last Sale, version 1.0, Saturday, March 1, 2025. What is as in bruce-book-itch-1.0 is taken from there. */
export const bruceLastSaleItch10 = defineDecoder({
  id: 'bruce-last-sale-itch-1.0',
  venue: 'Bruce ATS',
  feed: 'Last Sale',
  version: '1.0',
  specification: 'Bruce Last Sale, version 1.0, Saturday, March 1, 2025',
  framing: 'moldudp64',
  byteOrder: 'big',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'stockLocate',
  checked: [
    'layout of a public dissector, BruceAts_BruceEquities_LastSale_Itch_v1_0; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 6 of 6 alike, 59 fields; positions only, not meanings or scales',
  ],
  events: nasdaqTopAndSales,
  messages: {
    systemEvent: bruceBookItch10.messages.systemEvent,
    stockDirectory: bruceBookItch10.messages.stockDirectory,
    stockTradingAction: bruceBookItch10.messages.stockTradingAction,
    regShoShortSalePriceTestRestrictedIndicator: bruceBookItch10.messages.regShoShortSalePriceTestRestrictedIndicator,
    tradeReport: message('T', 39, {
      stockLocate: u16(1),
      timestamp: u64(3, inUnit('ns')),
      stock: text(11, 8),
      matchId: u64(19),
      price: u64(27, price4),
      size: u32(35),
    }),
    tradeCancel: message('X', 39, {
      stockLocate: u16(1),
      timestamp: u64(3, inUnit('ns')),
      stock: text(11, 8),
      matchId: u64(19),
      price: u64(27, price4),
      size: u32(35),
    }),
  },
});
