import { char, defineDecoder, inUnit, message, microsAfter, price4, u8, u32, u48, u64 } from '../layout/table.js';

const MarketStatus = {
  11: 'Morning Session Order Acceptance Time',
  12: 'Morning Session Trading Hours',
  19: 'End of Morning Session',
  21: 'Afternoon Session Order Acceptance Time',
  22: 'Afternoon Session Trading Hours',
  23: 'Afternoon Session Preclosing',
  29: 'End of Afternoon Session',
};
const ShortSellingStatus = { 0: 'Short Selling Regulation Is Not Applied', 1: 'Short Selling Regulation Is Applied' };
const PricingMethod = {
  0: 'Other than the Above',
  1: 'Itayose Method',
  2: 'Zaraba Method',
  3: 'Sell Special Quote Displayed',
  4: 'Buy Special Quote Displayed',
  5: 'Sell Sequential Trade Quote Displayed',
  6: 'Buy Sequential Trade Quote Displayed',
};
const TriggeredSide = { S: 'Sell Order', B: 'Buy Order', ' ': 'Itayose Execution' };
const OrderCondition = { 0: 'Nonconditional', 2: 'On-Open', 4: 'On-Close', 6: 'Funari' };
const ModificationFlag = {
  0: 'Cancel Order or Modification Order that Changes Time Priority',
  1: 'Modification Order that Does Not Change Time Priority',
};
const ResetStartEndFlag = { 1: 'Start of Reset Dissemination', 2: 'End of Reset Dissemination' };
const CommunicationStartEndFlag = { 0: 'Health Check Control', 1: 'Communication Start', 2: 'Communication End' };

/** JPX Tokyo Stock Exchange FLEX market by order 1.1: TSEarrowhead FLEX MarketbyOrderSpecifications ver.1.1, version 1.1, Wednesday, November 20, 2024. */
export const jpxFlexMbo11 = defineDecoder({
  id: 'jpx-flex-mbo-1.1',
  venue: 'JPX Tokyo Stock Exchange',
  feed: 'FLEX market by order',
  version: '1.1',
  specification: 'TSEarrowhead FLEX MarketbyOrderSpecifications ver.1.1, version 1.1, Wednesday, November 20, 2024',
  framing: 'jpx-flex',
  byteOrder: 'big',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  checked: [
    'layout of a public dissector, Jpx_TseEquities_MarketByOrder_Flex_v1_1 and 3 more; neither a table of the specification nor a capture was compared',
  ],
  unconfirmed: [
    'packet header: 9 fields, the last is Message Count (1 byte); the dissector lost their order (two elements of one name), so framing.headers is missing: Issue Code 12, Update Number 4, Utility Flag 1, Packet Number 1, Total Number Of Packets 1 and Message Count 1 are among them. Messages: codes from the type list, layout by message name; checked by size sums only',
    'statusFlag of tradingStatus: the source lists codes of 2 characters for a field of one byte; they are left out',
  ],
  messages: {
    secondsTimestamp: message('T', 5, {
      timeSeconds: u32(1, inUnit('s')),
    }),
    tradingStatus: message('O', 17, {
      timeMicroseconds: u32(1, microsAfter('the last time seconds')),
      marketStatus: u8(5, MarketStatus),
      statusFlag: char(6),
      shortSellingStatus: u8(7, ShortSellingStatus),
      pricingMethod: u8(8, PricingMethod),
      bookCenterPrice: u64(9, price4),
    }),
    executionSummary: message('K', 46, {
      timeMicroseconds: u32(1, microsAfter('the last time seconds')),
      triggeredSide: char(5, TriggeredSide),
      totalVolume: u48(6),
      totalInvalidation: u48(12),
      lastPrice: u64(18, price4),
      matchId: u32(26),
      bestOffer: u64(30, price4),
      bestBid: u64(38, price4),
    }),
    addOrder: message('A', 26, {
      timeMicroseconds: u32(1, microsAfter('the last time seconds')),
      orderId: u32(5),
      side: char(9, { S: 'Sell Order', B: 'Buy Order' }),
      quantity: u48(10),
      price: u64(16, price4),
      orderCondition: u8(24, OrderCondition),
      modificationFlag: u8(25, ModificationFlag),
    }),
    orderExecuted: message('E', 20, {
      timeMicroseconds: u32(1, microsAfter('the last time seconds')),
      orderId: u32(5),
      side: char(9, { S: 'Sell Order', B: 'Buy Order' }),
      volume: u48(10),
      matchId: u32(16),
    }),
    orderExecutedWithPrice: message('C', 29, {
      timeMicroseconds: u32(1, microsAfter('the last time seconds')),
      orderId: u32(5),
      side: char(9, { S: 'Sell Order', B: 'Buy Order' }),
      volume: u48(10),
      matchId: u32(16),
      executionPrice: u64(20, price4),
      adoptedPricingMethod: u8(28, { 1: 'Itayose Method', 2: 'Quote Displayed' }),
    }),
    orderDelete: message('D', 11, {
      timeMicroseconds: u32(1, microsAfter('the last time seconds')),
      orderId: u32(5),
      side: char(9, { S: 'Sell Order', B: 'Buy Order' }),
      modificationFlag: u8(10, ModificationFlag),
    }),
    reset: message('R', 2, {
      resetStartEndFlag: u8(1, ResetStartEndFlag),
    }),
    communicationControl: message('L', 3, {
      testModeFlag: u8(1, { 1: 'Production', 2: 'Test' }),
      communicationStartEndFlag: u8(2, CommunicationStartEndFlag),
    }),
  },
});
