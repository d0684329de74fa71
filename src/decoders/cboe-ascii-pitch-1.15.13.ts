import { char, defineDecoder, digits, message, millisSinceMidnight, price4, reserved, text } from '../layout/table.js';
import { cboeAsciiPitch } from './roles/cboe-pitch.js';

const HaltStatus = {
  A: 'Accepting Orders for Queuing',
  H: 'Halted',
  Q: 'Quote Only Cboe Listings',
  S: 'Exchange Specific Suspension',
  T: 'Trading',
};
const RegShoAction = { 0: 'No Price Test in Effect', 1: 'Reg SHO Price Test Restriction in Effect' };
const AuctionType = {
  O: 'Opening Auction',
  C: 'Closing Auction',
  H: 'Halt Auction',
  I: 'IPO Auction',
  M: 'Cboe Market Close',
  P: 'Periodic Auction BYX Only',
};
const RetailPriceImprovement = { B: 'Buy Side RPI', S: 'Sell Side RPI', A: 'Buy and Sell RPI', N: 'No RPI' };

/** Cboe US Equities TCP depth of book (ASCII PITCH) 1.15.13: Cboe US Equities TCP PITCH Specification, version 1.15.13, Monday, April 21, 2025. */
export const cboeAsciiPitch11513 = defineDecoder({
  id: 'cboe-ascii-pitch-1.15.13',
  venue: 'Cboe US Equities',
  feed: 'TCP depth of book (ASCII PITCH)',
  version: '1.15.13',
  specification: 'Cboe US Equities TCP PITCH Specification, version 1.15.13, Monday, April 21, 2025',
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
    'layout of a public dissector, Cboe_ByxEquities_TcpDepthOfBook_AsciiPitch_v1_15_13 and 3 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 16 of 16 alike, 140 fields; positions only, not meanings or scales',
  ],
  unconfirmed: [
    'numbers are ASCII, implied decimals: prices of 10 digits have 6 whole and 4 decimal digits, of 14 digits 10 and 4, of 19 digits 12 and 7 (family rule, not confirmed with a document here)',
    'that times of 8 digits are milliseconds since midnight',
  ],
  events: cboeAsciiPitch,
  messages: {
    symbolClear: message('s', 17, {
      stockSymbol: text(9, 8),
    }),
    addOrderShort: message('A', 45, {
      orderId: text(9, 12),
      sideIndicator: char(21, { B: 'Buy Order', S: 'Sell Order' }),
      shares: digits(22, 6),
      stockSymbol: text(28, 6),
      price: digits(34, 10, price4),
      reserved: reserved(44, 1),
    }),
    addOrderLong: message('d', 52, {
      orderId: text(9, 12),
      sideIndicator: char(21, { B: 'Buy Order', S: 'Sell Order' }),
      shares: digits(22, 6),
      stockSymbol: text(28, 8),
      price: digits(36, 10, price4),
      reserved: reserved(46, 1),
      participantId: text(47, 4),
      customerIndicator: char(51, { R: 'Retail' }),
    }),
    addOrderExtended: message('1', 56, {
      orderId: text(9, 12),
      sideIndicator: char(21, { B: 'Buy Order', S: 'Sell Order' }),
      shares: digits(22, 6),
      stockSymbol: text(28, 8),
      price: digits(36, 14, price4),
      display: char(50),
      participantId: text(51, 4),
      customerIndicator: char(55, { R: 'Retail' }),
    }),
    orderExecuted: message('E', 39, {
      orderId: text(9, 12),
      executedShares: digits(21, 6),
      executionId: text(27, 12),
    }),
    orderCancel: message('X', 27, {
      orderId: text(9, 12),
      canceledShares: digits(21, 6),
    }),
    tradeShort: message('P', 56, {
      orderId: text(9, 12),
      sideIndicator: char(21, { B: 'Buy Order', S: 'Sell Order' }),
      shares: digits(22, 6),
      stockSymbol: text(28, 6),
      price: digits(34, 10, price4),
      executionId: text(44, 12),
    }),
    tradeLong: message('r', 58, {
      orderId: text(9, 12),
      sideIndicator: char(21, { B: 'Buy Order', S: 'Sell Order' }),
      shares: digits(22, 6),
      stockSymbol: text(28, 8),
      price: digits(36, 10, price4),
      executionId: text(46, 12),
    }),
    tradeExtended: message('2', 62, {
      orderId: text(9, 12),
      sideIndicator: char(21, { B: 'Buy Order', S: 'Sell Order' }),
      shares: digits(22, 6),
      stockSymbol: text(28, 8),
      price: digits(36, 14, price4),
      executionId: text(50, 12),
    }),
    tradeBreak: message('B', 21, {
      executionId: text(9, 12),
    }),
    tradingStatus: message('H', 21, {
      stockSymbol: text(9, 8),
      haltStatus: char(17, HaltStatus),
      regShoAction: digits(18, 1, RegShoAction),
      reserved1: reserved(19, 1),
      reserved2: reserved(20, 1),
    }),
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
    retailPriceImprovement: message('R', 18, {
      stockSymbol: text(9, 8),
      retailPriceImprovement: char(17, RetailPriceImprovement),
    }),
  },
});
