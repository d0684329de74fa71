import { defineDecoder, message, reserved, text, u8, u16, u32 } from '../layout/table.js';
import { hkexOmdD149 } from './hkex-omd-d-1.49.js';
import { hkexDerivatives } from './roles/hkex.js';

const SessionStatus = { 0: 'Session Active', 5: 'Invalid Username or IP Address', 100: 'User Already Connected' };
const RetransStatus = {
  0: 'Request Accepted',
  1: 'Unknown/Unauthorized Channel ID',
  2: 'Messages Not Available',
  100: 'Exceeds Maximum Sequence Range',
  101: 'Exceeds Maximum Requests in a Day',
};

/** HKEX Derivatives OMD-D retransmission, all channels 1.49: HKEX OMD Derivatives Binary Interface Specifications v1 47, version 1.49, Thursday, June 18, 2026. What is as in hkex-omd-d-1.49 is taken from there. */
export const hkexOmdDRetrans149 = defineDecoder({
  id: 'hkex-omd-d-retrans-1.49',
  venue: 'HKEX Derivatives',
  feed: 'OMD-D retransmission, all channels',
  version: '1.49',
  specification: 'HKEX OMD Derivatives Binary Interface Specifications v1 47, version 1.49, Thursday, June 18, 2026',
  framing: 'hkex-omd',
  byteOrder: 'little',
  header: {
    msgSize: u16(0),
    msgType: u16(2),
  },
  messageType: 'msgType',
  longer: 'tolerated',
  lengthField: { name: 'msgSize' },
  instrument: 'orderbookId',
  checked: [
    'layout of a public dissector, Hkex_HkexDerivatives_CombinedRetrans_Omd_v1_49; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 33 of 33 alike, 464 fields; positions only, not meanings or scales',
    'packet body is zlib compressed when Compression Mode is 1',
    'message size includes its own two bytes',
    'prices: decimals come from the class, series or commodity definition (Number Of Decimals Price); the dissector gives no scale. Strike prices have their own decimals field',
  ],
  unconfirmed: [
    'decimals of open, high, low and settlement prices, here those of the price; of contract sizes, here Decimal In Contract Size',
  ],
  events: hkexDerivatives,
  messages: {
    aggregateOrderBookUpdate: hkexOmdD149.messages.aggregateOrderBookUpdate,
    calculatedOpeningPrice: hkexOmdD149.messages.calculatedOpeningPrice,
    sequenceReset: hkexOmdD149.messages.sequenceReset,
    disasterRecoverySignal: hkexOmdD149.messages.disasterRecoverySignal,
    impliedVolatility: hkexOmdD149.messages.impliedVolatility,
    marketAlert: hkexOmdD149.messages.marketAlert,
    openInterest: hkexOmdD149.messages.openInterest,
    addOrder: hkexOmdD149.messages.addOrder,
    modifyOrder: hkexOmdD149.messages.modifyOrder,
    deleteOrder: hkexOmdD149.messages.deleteOrder,
    orderbookClear: hkexOmdD149.messages.orderbookClear,
    quoteRequest: hkexOmdD149.messages.quoteRequest,
    commodityDefinition: hkexOmdD149.messages.commodityDefinition,
    classDefinition: hkexOmdD149.messages.classDefinition,
    seriesDefinitionBase: hkexOmdD149.messages.seriesDefinitionBase,
    seriesDefinitionExtended: hkexOmdD149.messages.seriesDefinitionExtended,
    combinationDefinition: hkexOmdD149.messages.combinationDefinition,
    refreshComplete: message(203, 8, {
      lastSeqNum: u32(4),
    }),
    logon: message(101, 16, {
      username: text(4, 12),
    }),
    logonResponse: message(102, 8, {
      sessionStatus: u8(4, SessionStatus),
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
      retransStatus: u8(6, RetransStatus),
      filler1: reserved(7, 1),
      beginSeqNum: u32(8),
      endSeqNum: u32(12),
    }),
    seriesStatistics: hkexOmdD149.messages.seriesStatistics,
    marketStatus: hkexOmdD149.messages.marketStatus,
    seriesStatus: hkexOmdD149.messages.seriesStatus,
    commodityStatus: hkexOmdD149.messages.commodityStatus,
    trade: hkexOmdD149.messages.trade,
    tradeAmendment: hkexOmdD149.messages.tradeAmendment,
    tradeStatistics: hkexOmdD149.messages.tradeStatistics,
  },
});
