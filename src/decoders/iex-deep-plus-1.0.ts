import { char, defineDecoder, i64, message, price4, reserved, text, u8, u32, u64 } from '../layout/table.js';
import { iexDeep10 } from './iex-deep-1.0.js';
import { iexDeepPlus } from './roles/iex.js';

const SaleConditionFlagsBits = {
  singlepriceCrossTrade: 3,
  tradeThroughExempt: 4,
  oddLot: 5,
  extendedHours: 6,
  intermarketSweep: 7,
} as const;

/** IEX DEEP+ 1.0: IEX DEEP+ Specification (v1.04), version 1.04, Thursday, June 4, 2026. What is as in iex-deep-1.0 is taken from there. */
export const iexDeepPlus10 = defineDecoder({
  id: 'iex-deep-plus-1.0',
  venue: 'IEX',
  feed: 'DEEP+',
  version: '1.0',
  specification: 'IEX DEEP+ Specification (v1.04), version 1.04, Thursday, June 4, 2026',
  framing: 'iex-tp',
  byteOrder: 'little',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'symbol',
  events: iexDeepPlus,
  checked: [
    'tables of the specification: 14 of 14 messages',
    'captures: 26 packets, 5190 fields; messages seen: addOrder, operationalHaltStatus, orderDelete, orderExecuted, orderModify, securityEvent, trade, tradeBreak, tradingStatus',
  ],
  messages: {
    systemEvent: iexDeep10.messages.systemEvent,
    securityDirectory: iexDeep10.messages.securityDirectory,
    tradingStatus: iexDeep10.messages.tradingStatus,
    retailLiquidityIndicator: iexDeep10.messages.retailLiquidityIndicator,
    operationalHaltStatus: iexDeep10.messages.operationalHaltStatus,
    shortSalePriceTestStatus: iexDeep10.messages.shortSalePriceTestStatus,
    securityEvent: iexDeep10.messages.securityEvent,
    addOrder: message('a', 38, {
      side: char(1, { 8: 'Buy', 5: 'Sell' }),
      timestamp: i64(2),
      symbol: text(10, 8),
      orderId: u64(18),
      size: u32(26),
      price: i64(30, price4),
    }),
    orderModify: message('M', 38, {
      modifyFlags: u8(1).bits({ priority: 7 }),
      timestamp: i64(2),
      symbol: text(10, 8),
      orderIdReference: u64(18),
      size: u32(26),
      price: i64(30, price4),
    }),
    orderDelete: message('R', 26, {
      reserved1: reserved(1, 1),
      timestamp: i64(2),
      symbol: text(10, 8),
      orderIdReference: u64(18),
    }),
    orderExecuted: message('L', 46, {
      saleConditionFlags: u8(1).bits(SaleConditionFlagsBits),
      timestamp: i64(2),
      symbol: text(10, 8),
      orderIdReference: u64(18),
      size: u32(26),
      price: i64(30, price4),
      tradeId: u64(38),
    }),
    trade: message('T', 38, {
      saleConditionFlags: u8(1).bits(SaleConditionFlagsBits),
      timestamp: i64(2),
      symbol: text(10, 8),
      size: u32(18),
      price: i64(22, price4),
      tradeId: u64(30),
    }),
    tradeBreak: iexDeep10.messages.tradeBreak,
    clearBook: message('C', 18, {
      reserved1: reserved(1, 1),
      timestamp: i64(2),
      symbol: text(10, 8),
    }),
  },
});
