import { char, defineDecoder, i32, i64, message, price3, reserved, text, u8, u16, u32, u64 } from '../layout/table.js';
import { hkexOmdC145 } from './hkex-omd-c-1.45.js';
import { hkexSecurities } from './roles/hkex.js';

/** HKEX China Connect OMD China Connect 1.4: HKEX OMD China Connect Securities Interface Specifications v1 4, version 1.4, Friday, April 22, 2022. What is as in hkex-omd-c-1.45 is taken from there. */
export const hkexOmdCc14 = defineDecoder({
  id: 'hkex-omd-cc-1.4',
  venue: 'HKEX China Connect',
  feed: 'OMD China Connect',
  version: '1.4',
  specification: 'HKEX OMD China Connect Securities Interface Specifications v1 4, version 1.4, Friday, April 22, 2022',
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
  checked: [
    'layout of a public dissector, Hkex_Sse_ChinaConnect_Omd_v1_4 and 1 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 7 of 7 alike, 89 fields; positions only, not meanings or scales',
  ],
  events: hkexSecurities,
  messages: {
    sequenceReset: hkexOmdC145.messages.sequenceReset,
    disasterRecoverySignal: hkexOmdC145.messages.disasterRecoverySignal,
    marketDefinition: message(610, 40, {
      marketCode: text(4, 4, { ASHR: 'SSE A Share', ASZR: 'SZSE A Share' }),
      marketName: text(8, 25),
      currencyCode: text(33, 3),
      numberOfSecurities: u32(36),
    }),
    securityDefinition: message(611, 220, {
      securityCode: u32(4),
      marketCode: text(8, 4, { ASHR: 'SSE A Share', ASZR: 'SZSE A Share' }),
      isinCode: text(12, 12),
      instrumentType: text(24, 4, { EQTY: 'Equities', TRST: 'Trusts' }),
      filler2: reserved(28, 2),
      securityShortName: text(30, 40),
      currencyCode: text(70, 3),
      filler60: reserved(73, 60),
      securityNameGb: text(133, 60),
      lotSize: u32(193),
      previousClosingPrice: i32(197, price3),
      filler1: reserved(201, 1),
      shortsellFlag: char(202, { Y: 'Short-Sell Allowed', N: 'Short-Sell Not Allowed' }),
      filler6: reserved(203, 6),
      listingDate: u32(209),
      filler7: reserved(213, 7),
    }),
    securityStatus: message(621, 20, {
      securityCode: u32(4),
      securityTradingStatus: u8(8, { 2: 'Trading Halt', 3: 'Resume' }),
      filler3: reserved(9, 3),
      tradingPhaseCode: text(12, 8),
    }),
    statistics: message(660, 52, {
      securityCode: u32(4),
      sharesTraded: u64(8),
      turnover: i64(16, price3),
      highPrice: i32(24, price3),
      lowPrice: i32(28, price3),
      lastPrice: i32(32, price3),
      openingPrice: i32(36, price3),
      filler12: reserved(40, 12),
    }),
    topOfBook: message(655, 40, {
      securityCode: u32(4),
      aggregateBidQuantity: u64(8),
      aggregateAskQuantity: u64(16),
      bidPrice: i32(24, price3),
      askPrice: i32(28, price3),
      filler8: reserved(32, 8),
    }),
  },
});
