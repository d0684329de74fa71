import { defineDecoder, message, u16, u32 } from '../layout/table.js';
import { hkexOmdD149 } from './hkex-omd-d-1.49.js';
import { hkexDerivatives } from './roles/hkex.js';

/** HKEX Derivatives OMD-D refresh, all channels 1.49: HKEX OMD Derivatives Binary Interface Specifications v1 47, version 1.49, Thursday, June 18, 2026. What is as in hkex-omd-d-1.49 is taken from there. */
export const hkexOmdDRefresh149 = defineDecoder({
  id: 'hkex-omd-d-refresh-1.49',
  venue: 'HKEX Derivatives',
  feed: 'OMD-D refresh, all channels',
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
    'layout of a public dissector, Hkex_HkexDerivatives_CombinedRefresh_Omd_v1_49; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 24 of 24 alike, 364 fields; positions only, not meanings or scales',
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
    impliedVolatility: hkexOmdD149.messages.impliedVolatility,
    marketAlert: hkexOmdD149.messages.marketAlert,
    openInterest: hkexOmdD149.messages.openInterest,
    addOrder: hkexOmdD149.messages.addOrder,
    modifyOrder: hkexOmdD149.messages.modifyOrder,
    deleteOrder: hkexOmdD149.messages.deleteOrder,
    orderbookClear: hkexOmdD149.messages.orderbookClear,
    commodityDefinition: hkexOmdD149.messages.commodityDefinition,
    classDefinition: hkexOmdD149.messages.classDefinition,
    seriesDefinitionBase: hkexOmdD149.messages.seriesDefinitionBase,
    seriesDefinitionExtended: hkexOmdD149.messages.seriesDefinitionExtended,
    combinationDefinition: hkexOmdD149.messages.combinationDefinition,
    refreshComplete: message(203, 8, {
      lastSeqNum: u32(4),
    }),
    seriesStatistics: hkexOmdD149.messages.seriesStatistics,
    marketStatus: hkexOmdD149.messages.marketStatus,
    seriesStatus: hkexOmdD149.messages.seriesStatus,
    commodityStatus: hkexOmdD149.messages.commodityStatus,
    tradeStatistics: hkexOmdD149.messages.tradeStatistics,
  },
});
