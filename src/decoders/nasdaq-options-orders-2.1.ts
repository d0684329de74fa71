import { char, defineDecoder, inUnit, message, price4, reserved, text, u16, u32, u64 } from '../layout/table.js';
import { nasdaqOptionsDepth21 } from './nasdaq-options-depth-2.1.js';
import { nasdaqOptionsOrders } from './roles/nasdaq-options.js';

const OrderCapacity = {
  C: 'Customer Order',
  F: 'Firm Order',
  M: 'Market Maker Order',
  B: 'Broker Dealer Order',
  P: 'Professional Order',
  O: 'Other Exchange Market Maker Order',
  J: 'Joint Back Office',
  ' ': 'N/A',
};
const AuctionType = {
  B: 'Block Auction',
  O: 'Opening',
  R: 'Reopening',
  I: 'Order Exposure',
  P: 'Price Improvement Auction',
  C: 'Facilitation',
  S: 'Solicitation',
  X: 'FLEX Auction',
};
const AuctionEvent = { S: 'Start of Auction', E: 'End of Auction', U: 'Auction Update' };

/** Nasdaq ISE Order Feed (PHLX Orders) 2.1: Options Order Feed 2.1, version 2.1, Friday, February 13, 2026. What is as in nasdaq-options-depth-2.1 is taken from there. */
export const nasdaqOptionsOrders21 = defineDecoder({
  id: 'nasdaq-options-orders-2.1',
  venue: 'Nasdaq ISE',
  feed: 'Order Feed (PHLX Orders)',
  version: '2.1',
  specification: 'Options Order Feed 2.1, version 2.1, Friday, February 13, 2026',
  framing: 'moldudp64',
  byteOrder: 'big',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'instrumentId',
  checked: [
    'layout of a public dissector, Nasdaq_GemxOptions_OrderFeed_Itch_v2_1 and 3 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 5 of 5 alike, 81 fields; positions only, not meanings or scales',
    'two byte prices have 3 whole and 2 decimal digits, four byte prices (strike too) 6 and 4: text of the venue documents of the family (ITTO, BONO, Top of Market), also in an independent public feed handler for NOM; the dissector gives no scale, or 4 decimals for both',
  ],
  events: nasdaqOptionsOrders,
  messages: {
    systemEvent: nasdaqOptionsDepth21.messages.systemEvent,
    derivativeDirectory: nasdaqOptionsDepth21.messages.derivativeDirectory,
    tradingAction: nasdaqOptionsDepth21.messages.tradingAction,
    addOrder: message('O', 61, {
      trackingNumber: u16(1),
      timestamp: u64(3, inUnit('ns')),
      instrumentId: u32(11),
      orderReferenceNumber: u64(15),
      side: char(23, { B: 'Buy', S: 'Sell' }),
      originalOrderVolume: u32(24),
      executableOrderVolume: u32(28),
      orderStatus: char(32, { O: 'Open', F: 'Filled', C: 'Cancelled' }),
      orderType: char(33, { M: 'Market', L: 'Limit' }),
      orderQualifier: char(34, { O: 'Opening Order', I: 'Implied Order', ' ': 'N/A' }),
      limitPrice: u32(35, price4),
      allOrNone: char(39, { Y: 'All or None Order', N: 'Not All or None Order' }),
      timeInForce: char(40, { D: 'Day Order', G: 'Good Till Cancelled' }),
      orderCapacity: char(41, OrderCapacity),
      openCloseIndicator: char(42, { O: 'Opens Position', C: 'Closes Position', ' ': 'N/A' }),
      ownerId: text(43, 6),
      giveup: text(49, 6),
      cmta: text(55, 6),
    }),
    auction: message('J', 74, {
      trackingNumber: u16(1),
      timestamp: u64(3, inUnit('ns')),
      instrumentId: u32(11),
      auctionId: u32(15),
      auctionType: char(19, AuctionType),
      auctionDuration: u32(20),
      auctionEvent: char(24, AuctionEvent),
      quantity: u32(25),
      side: char(29, { B: 'Buy', S: 'Sell' }),
      price: u32(30, price4),
      imbalanceVolume: u32(34),
      execFlag: char(38, { N: 'None', A: 'AON' }),
      orderCapacity: char(39, OrderCapacity),
      ownerId: text(40, 6),
      giveup: text(46, 6),
      cmta: text(52, 6),
      reserved16: reserved(58, 16),
    }),
  },
});
