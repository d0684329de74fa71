import { defineDecoder, message, u8, u16, u32, u64 } from '../layout/table.js';

/** A2X AMD snapshot 1.3.2: A2X712-Market-Data-Techincal-Specification-v1.3.2, version 1.3.2, Thursday, September 15, 2022. */
export const a2xAmdSnapshot132 = defineDecoder({
  id: 'a2x-amd-snapshot-1.3.2',
  venue: 'A2X',
  feed: 'AMD snapshot',
  version: '1.3.2',
  specification: 'A2X712-Market-Data-Techincal-Specification-v1.3.2, version 1.3.2, Thursday, September 15, 2022',
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
  checked: [
    'layout of a public dissector, A2X_A2XEquities_Snapshot_Amd_v1_3_2; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 5 of 5 alike, 38 fields; positions only, not meanings or scales',
  ],
  unconfirmed: ['prices: scale unknown (the dissector gives none; Aquis uses 5 decimals in the same technology)'],
  messages: {
    heartbeat: message(1, 6, {}),
    snapshotStart: message(10, 20, {
      streamSeqNo: u32(6),
      securityCount: u16(10),
      timestamp: u64(12),
    }),
    bookStatus: message(11, 28, {
      securityId: u16(6),
      tradingStatus: u8(8),
      marketFlags: u8(9).bits({ macRun: 5, macOpen: 6, trading: 7 }),
      entries: u16(10),
      closingBuyQty: u32(12),
      closingSellQty: u32(16),
      indicativePrice: u64(20),
    }),
    bookEntry: message(12, 24, {
      securityId: u16(6),
      quantity: u32(8),
      price: u64(12),
      orderRef: u32(20),
    }),
    marketAtCloseBookEntry: message(18, 24, {
      securityId: u16(6),
      quantity: u32(8),
      price: u64(12),
      orderRef: u32(20),
    }),
  },
});
