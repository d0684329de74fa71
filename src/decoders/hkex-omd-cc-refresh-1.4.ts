import { defineDecoder, message, u16, u32 } from '../layout/table.js';
import { hkexOmdCc14 } from './hkex-omd-cc-1.4.js';
import { hkexSecurities } from './roles/hkex.js';

/** HKEX China Connect OMD China Connect refresh 1.4: HKEX OMD China Connect Securities Interface Specifications v1 4, version 1.4, Friday, April 22, 2022. What is as in hkex-omd-cc-1.4 is taken from there. */
export const hkexOmdCcRefresh14 = defineDecoder({
  id: 'hkex-omd-cc-refresh-1.4',
  venue: 'HKEX China Connect',
  feed: 'OMD China Connect refresh',
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
    'layout of a public dissector, Hkex_Sse_ChinaConnectRefresh_Omd_v1_4 and 1 more; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 6 of 6 alike, 81 fields; positions only, not meanings or scales',
  ],
  events: hkexSecurities,
  messages: {
    marketDefinition: hkexOmdCc14.messages.marketDefinition,
    refreshComplete: message(203, 8, {
      lastSeqNum: u32(4),
    }),
    securityDefinition: hkexOmdCc14.messages.securityDefinition,
    securityStatus: hkexOmdCc14.messages.securityStatus,
    statistics: hkexOmdCc14.messages.statistics,
    topOfBook: hkexOmdCc14.messages.topOfBook,
  },
});
