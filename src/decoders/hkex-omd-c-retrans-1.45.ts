import { defineDecoder, i16, i32, message, price3, reserved, text, u8, u16, u32, u64 } from '../layout/table.js';
import { hkexOmdCRefresh145 } from './hkex-omd-c-refresh-1.45.js';
import { hkexSecurities } from './roles/hkex.js';

const TrdType = {
  0: 'Automatch Normal Public Trade Type Space',
  4: 'Late Trade Offexchange Previous Day Public Trade Type P',
  22: 'Nondirect Off Exchange Trade Public Trade Type M',
  100: 'Automatch Internalized Public Trade Type Y',
  101: 'Direct Offexchange Trade Public Trade Type X',
  102: 'Odd Lot Trade Public Trade Type D',
  103: 'Auction Trade Public Trade Type U',
  104: 'Overseas Trade',
};

/** HKEX Securities OMD-C retransmission service 1.45: HKEX OMDC Binary Interface Specifications v1 45, version 1.45, Friday, January 9, 2026. What is as in hkex-omd-c-refresh-1.45 is taken from there. */
export const hkexOmdCRetrans145 = defineDecoder({
  id: 'hkex-omd-c-retrans-1.45',
  venue: 'HKEX Securities',
  feed: 'OMD-C retransmission service',
  version: '1.45',
  specification: 'HKEX OMDC Binary Interface Specifications v1 45, version 1.45, Friday, January 9, 2026',
  framing: 'hkex-omd',
  byteOrder: 'little',
  header: {
    msgSize: u16(0),
    msgType: u16(2),
  },
  messageType: 'msgType',
  longer: 'tolerated',
  lengthField: { name: 'msgSize' },
  instrument: 'securityCode',
  checked: ['neither a capture nor a second source to compare with', 'message size includes its own two bytes'],
  events: hkexSecurities,
  messages: {
    addOrder: hkexOmdCRefresh145.messages.addOrder,
    sequenceReset: message(100, 8, {
      newSeqNo: u32(4),
    }),
    disasterRecoverySignal: message(105, 8, {
      drStatus: u32(4, { 1: 'DR in Progress', 2: 'DR Completed' }),
    }),
    deleteOrder: message(32, 20, {
      securityCode: u32(4),
      orderId: u64(8),
      side: u16(16, { 0: 'Bid', 1: 'Offer' }),
      filler2: reserved(18, 2),
    }),
    indicativeEquilibriumPrice: hkexOmdCRefresh145.messages.indicativeEquilibriumPrice,
    modifyOrder: message(31, 28, {
      securityCode: u32(4),
      orderId: u64(8),
      quantity: u32(16),
      side: u16(20, { 0: 'Bid', 1: 'Offer' }),
      filler2: reserved(22, 2),
      orderBookPosition: i32(24),
    }),
    orderImbalance: hkexOmdCRefresh145.messages.orderImbalance,
    marketDefinition: hkexOmdCRefresh145.messages.marketDefinition,
    securityDefinition: hkexOmdCRefresh145.messages.securityDefinition,
    liquidityProvider: hkexOmdCRefresh145.messages.liquidityProvider,
    currencyRate: hkexOmdCRefresh145.messages.currencyRate,
    referencePrice: hkexOmdCRefresh145.messages.referencePrice,
    refreshComplete: hkexOmdCRefresh145.messages.refreshComplete,
    logon: message(101, 16, {
      username: text(4, 12),
    }),
    logonResponse: message(102, 8, {
      sessionStatus: u8(4, { 0: 'Session Active', 5: 'Invalid Username or IP Address', 100: 'User Already Connected' }),
      filler3: reserved(5, 3),
    }),
    retransmissionRequest: message(201, 16, {
      channelId: u16(4),
      filler2: reserved(6, 2),
      beginSeqNum: u32(8),
      endSeqNum: u32(12),
    }),
    retransmissionResponse: message(202, 16, {
      channelId: u16(4),
      retransStatus: u8(6, {
        0: 'Request Accepted',
        1: 'Unknown or Unauthorized Channel ID',
        2: 'Messages Not Available',
        100: 'Exceeds Maximum Sequence Range',
        101: 'Exceeds Maximum Requests in a Day',
      }),
      filler1: reserved(7, 1),
      beginSeqNum: u32(8),
      endSeqNum: u32(12),
    }),
    tradingSessionStatus: hkexOmdCRefresh145.messages.tradingSessionStatus,
    securityStatus: hkexOmdCRefresh145.messages.securityStatus,
    trade: message(50, 32, {
      securityCode: u32(4),
      tradeId: u32(8),
      price: i32(12, price3),
      quantity: u32(16),
      trdType: i16(20, TrdType),
      filler2: reserved(22, 2),
      tradeTime: u64(24),
    }),
    tradeCancel: message(51, 12, {
      securityCode: u32(4),
      tradeId: u32(8),
    }),
    vcmTrigger: hkexOmdCRefresh145.messages.vcmTrigger,
  },
});
