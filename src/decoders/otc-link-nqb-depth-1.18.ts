import { char, defineDecoder, inUnit, message, price6, reserved, text, u8, u16, u32, u64 } from '../layout/table.js';
import { otcLinkNqb } from './roles/otc-link.js';

const TradingSession = {
  1: 'Order Acceptance',
  2: 'Pre-Market Open',
  3: 'Market Open',
  4: 'After Hours',
  5: 'Market Close',
  6: 'Overnight',
};
const SecurityFlagsBits = {
  piggybackFlag: 0,
  caveatFlag: 1,
  qibOnly144A: 2,
  unsolicitedOnlyFlag: 3,
  closingCrossAuction: 4,
} as const;
const Tier = {
  0: 'No Tier',
  2: 'OTCQX U.S.',
  6: 'OTCQX International',
  10: 'OTCQB',
  20: 'OTCID',
  21: 'Pink Limited',
  30: 'Grey Market',
  40: 'Expert Market',
  50: 'OTC Bonds',
};
const ReportingStatus = {
  A: 'Alternative Reporting Standard',
  B: 'Bank Thrift',
  F: 'SEC Reporting',
  G: 'International Reporting',
  I: 'Insurance Company',
  N: 'No Reporting',
  O: 'Other Reporting Standard',
  R: 'FINRA Reporting',
  V: 'SEC Reporting: Investment Company',
  W: 'SEC Reporting: Reg A',
};
const SecurityStatus = {
  A: 'Active',
  Q: 'Quote Only',
  S: 'Suspended',
  H: 'Halted',
  I: 'Internal Halt',
  R: 'Revoked',
  D: 'Deleted',
  X: 'Removed from IDQS',
};
const CurrentInsideImbalanceSide = { B: 'Buy Side', S: 'Sell Side', N: 'No Imbalance', O: 'No Marketable Orders' };
const MocSharesUnmatched = { B: 'Buy MOC Not Matched', S: 'Sell MOC Not Matched', O: 'No MOC Unmatched' };

/** OTC Markets OTC Link NQB depth of book 1.18: OTC-Link-NQB-MD-Specification, version 1.18, Friday, May 1, 2026. */
export const otcLinkNqbDepth118 = defineDecoder({
  id: 'otc-link-nqb-depth-1.18',
  venue: 'OTC Markets',
  feed: 'OTC Link NQB depth of book',
  version: '1.18',
  specification: 'OTC-Link-NQB-MD-Specification, version 1.18, Friday, May 1, 2026',
  framing: 'otc-link',
  byteOrder: 'big',
  header: {
    messageSize: u16(0),
    messageType: u8(2),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  lengthField: { name: 'messageSize' },
  instrument: 'symbol',
  events: otcLinkNqb,
  checked: [
    'layout of a public dissector, OtcMarkets_LinkNqb_DepthOfBook_Link_v1_18 and 2 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 12 of 12 alike, 149 fields; positions only, not meanings or scales',
    'code lists of the venues are merged: Trading Session',
    'prices: 6 decimals, as in the other OTC Link feeds (the dissector gives none, or a factor)',
  ],
  messages: {
    startOfSpin: message(11, 16, {
      spinType: u8(3, { 1: 'Reference' }),
      spinStartTimeMilli: u64(4, inUnit('ms')),
      spinLastSeqNum: u32(12),
    }),
    endOfSpin: message(12, 20, {
      spinType: u8(3, { 1: 'Reference' }),
      spinMsgCt: u32(4),
      spinEndTimeMilli: u64(8, inUnit('ms')),
      spinLastSeqNum: u32(16),
    }),
    tradingSession: message(20, 12, {
      sessionTime: u64(3, inUnit('ms')),
      tradingSession: u8(11, TradingSession),
    }),
    security: message(9, 36, {
      symbol: text(3, 14),
      lastUpdateMilli: u64(17, inUnit('ms')),
      securityAction: u8(25, { 1: 'Update', 2: 'Add', 3: 'Delete', 4: 'Spin' }),
      assetClass: u8(26, { 1: 'Equity', 2: 'Fixed Income' }),
      securityId: u32(27),
      securityFlags: u16(31).bits(SecurityFlagsBits),
      tier: u8(33, Tier),
      reportingStatus: char(34, ReportingStatus),
      securityStatus: char(35, SecurityStatus),
    }),
    orderAdd: message(21, 55, {
      time: u32(3),
      orderId: text(7, 14),
      sideIndicator: char(21, { B: 'Buy Order', S: 'Sell Order' }),
      quantity: u32(22),
      symbol: text(26, 14),
      price: u64(40, price6),
      firmId: text(48, 4),
      unsolicited: char(52, { Y: 'Unsolicited', N: 'Not Unsolicited' }),
      orderFlags: u16(53),
    }),
    orderUpdate: message(22, 35, {
      time: u32(3),
      orderId: text(7, 14),
      quantity: u32(21),
      price: u64(25, price6),
      orderFlags: u16(33),
    }),
    orderDelete: message(23, 21, {
      time: u32(3),
      orderId: text(7, 14),
    }),
    orderExecution: message(24, 37, {
      time: u32(3),
      orderId: text(7, 14),
      executedQuantity: u32(21),
      remainingQuantity: u32(25),
      executionId: u64(29),
    }),
    orderExecutionWithPrice: message(25, 45, {
      time: u32(3),
      orderId: text(7, 14),
      executedQuantity: u32(21),
      remainingQuantity: u32(25),
      executionId: u64(29),
      price: u64(37, price6),
    }),
    trade: message(26, 50, {
      time: u32(3),
      sideIndicator: char(7, { B: 'Buy Order', S: 'Sell Order' }),
      quantity: u32(8),
      symbol: text(12, 14),
      price: u64(26, price6),
      executionId: u64(34),
      reservedBinaryLong8: reserved(42, 8),
    }),
    imbalance: message(28, 55, {
      time: u32(3),
      symbol: text(7, 14),
      currentInsidePairedShares: u32(21),
      currentInsideClosingPrice: u64(25, price6),
      currentInsideImbalanceQuantity: u32(33),
      currentInsideImbalanceSide: char(37, CurrentInsideImbalanceSide),
      fullClosingPrice: u64(38, price6),
      ocioOnlyClosingPrice: u64(46, price6),
      mocSharesUnmatched: char(54, MocSharesUnmatched),
    }),
    systemRecoveryEvent: message(74, 20, {
      deprecated: u32(3),
      recoveryType: u8(7, { 66: 'Recovery Begins', 83: 'Scheduling Start' }),
      nextSequenceNumber: u32(8),
      recoveryStartTime: u64(12, inUnit('ms')),
    }),
  },
});
