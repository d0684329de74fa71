import { char, defineDecoder, inUnit, message, price4, text, u16, u32, u64 } from '../layout/table.js';
import { nasdaqOptionsSpreadDepth21 } from './nasdaq-options-spread-depth-2.1.js';
import { nasdaqOptionsOrders } from './roles/nasdaq-options.js';

const OrderCapacity = {
  C: 'Customer Order',
  F: 'Firm Order',
  M: 'Nasdaq Registered Market Maker',
  B: 'Broker Dealer Order',
  P: 'Professional Order',
  O: 'Other Exchange Registered Market Maker',
  J: 'JBO (Joint Back Office, Only PHLX)',
};

/** Nasdaq ISE Spread Orders 2.1: Options Spread Feed 2.1, version 2.1, Monday, September 15, 2025. What is as in nasdaq-options-spread-depth-2.1 is taken from there. */
export const nasdaqOptionsSpreadOrders21 = defineDecoder({
  id: 'nasdaq-options-spread-orders-2.1',
  venue: 'Nasdaq ISE',
  feed: 'Spread Orders',
  version: '2.1',
  specification: 'Options Spread Feed 2.1, version 2.1, Monday, September 15, 2025',
  framing: 'moldudp64',
  byteOrder: 'big',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'strategyId',
  checked: [
    'layout of a public dissector, Nasdaq_IseOptions_SpreadOrders_Itch_v2_1 and 2 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 9 of 9 alike, 172 fields; positions only, not meanings or scales',
    'two byte prices have 3 whole and 2 decimal digits, four byte prices (strike too) 6 and 4: text of the venue documents of the family (ITTO, BONO, Top of Market), also in an independent public feed handler for NOM; the dissector gives no scale, or 4 decimals for both',
  ],
  unconfirmed: ['complex prices may be negative in the market; the dissector reads them unsigned (uncertain)'],
  events: nasdaqOptionsOrders,
  messages: {
    systemEvent: nasdaqOptionsSpreadDepth21.messages.systemEvent,
    complexStrategyDirectory: nasdaqOptionsSpreadDepth21.messages.complexStrategyDirectory,
    strategyTradingAction: nasdaqOptionsSpreadDepth21.messages.strategyTradingAction,
    complexAddOrder: message('C', 59, {
      trackingNumber: u16(1),
      timestamp: u64(3, inUnit('ns')),
      strategyId: u32(11),
      orderReferenceNumber: u64(15),
      side: char(23, { B: 'Buy', S: 'Sell' }),
      originalOrderVolume: u32(24),
      executableOrderVolume: u32(28),
      orderStatus: char(32, { O: 'Open', F: 'Filled', C: 'Cancelled' }),
      orderType: char(33, { M: 'Market', L: 'Limit' }),
      limitPrice: u32(34, price4),
      timeInForce: char(38, { D: 'Day Order', G: 'Good Till Cancelled' }),
      orderCapacity: char(39, OrderCapacity),
      scope: char(40, { L: 'Local', N: 'National' }),
      ownerId: text(41, 6),
      giveup: text(47, 6),
      cmta: text(53, 6),
    }),
    complexStrategyAuction: nasdaqOptionsSpreadDepth21.messages.complexStrategyAuction,
  },
});
