import { char, defineDecoder, digits, message, millisSinceMidnight, price4, text } from '../layout/table.js';
import { cboeAsciiPitch } from './roles/cboe-pitch.js';

/** Cboe US Equities Last Sale (ASCII) 1.2.4: Cboe US Equities Last Sale Specification, version 1.2.4, Wednesday, January 15, 2025. */
export const cboeAsciiLastSale124 = defineDecoder({
  id: 'cboe-ascii-last-sale-1.2.4',
  venue: 'Cboe US Equities',
  feed: 'Last Sale (ASCII)',
  version: '1.2.4',
  specification: 'Cboe US Equities Last Sale Specification, version 1.2.4, Wednesday, January 15, 2025',
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
    'layout of a public dissector, Cboe_ByxEquities_LastSale_AsciiPitch_v1_2_4 and 3 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 3 of 3 alike, 21 fields; positions only, not meanings or scales',
  ],
  unconfirmed: [
    'numbers are ASCII, implied decimals: prices of 10 digits have 6 whole and 4 decimal digits, of 14 digits 10 and 4, of 19 digits 12 and 7 (family rule, not confirmed with a document here)',
    'that times of 8 digits are milliseconds since midnight',
  ],
  events: cboeAsciiPitch,
  messages: {
    lastSale: message('L', 47, {
      executedShares: digits(9, 8),
      stockSymbol: text(17, 8),
      price: digits(25, 10, price4),
      executionId: text(35, 12),
    }),
    lastSaleExtended: message('5', 51, {
      executedShares: digits(9, 8),
      stockSymbol: text(17, 8),
      price: digits(25, 14, price4),
      executionId: text(39, 12),
    }),
    tradeBreak: message('B', 21, {
      executionId: text(9, 12),
    }),
  },
});
