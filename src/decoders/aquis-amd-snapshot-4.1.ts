import { defineDecoder, message, price5, u8, u16, u32, u64 } from '../layout/table.js';
import { aquisAmd } from './roles/aquis.js';

/** Aquis Exchange AMD snapshot 4.1: Aquis Market Data (AMD) 4.1. */
export const aquisAmdSnapshot41 = defineDecoder({
  id: 'aquis-amd-snapshot-4.1',
  venue: 'Aquis Exchange',
  feed: 'AMD snapshot',
  version: '4.1',
  specification: 'Aquis Market Data (AMD) 4.1',
  framing: 'aquis-amd',
  byteOrder: 'little',
  header: {
    msgType: u8(0),
    msgLength: u8(1),
    seqNo: u32(2).big(),
  },
  messageType: 'msgType',
  longer: 'tolerated',
  lengthField: { name: 'msgLength' },
  instrument: 'securityId',
  checked: ['neither a capture nor a second source to compare with'],
  events: aquisAmd,
  messages: {
    snapshotStart: message(10, 20, {
      streamSeqNo: u32(6),
      securityCount: u16(10),
      timestamp: u64(12),
    }),
    bookStatus: message(11, 28, {
      securityId: u16(6),
      tradingStatus: u8(8, { 1: 'Active', 2: 'Halted', 3: 'Suspended', 8: 'AOD Start', 24: 'AOD End' }),
      marketFlags: u8(9).bits({ trading: 0, macOpen: 1, macRun: 2 }),
      entries: u16(10),
      closingBuyQty: u32(12),
      closingSellQty: u32(16),
      indicativePrice: u64(20, price5),
    }),
    bookEntry: message(12, 25, {
      securityId: u16(6),
      side: u8(8, { 1: 'Buy Order', 2: 'Sell Order' }),
      quantity: u32(9),
      price: u64(13, price5),
      orderRef: u32(21),
    }),
    maCBookEntry: message(18, 25, {
      securityId: u16(6),
      side: u8(8, { 1: 'Buy Order', 2: 'Sell Order' }),
      quantity: u32(9),
      price: u64(13, price5),
      orderRef: u32(21),
    }),
  },
});
