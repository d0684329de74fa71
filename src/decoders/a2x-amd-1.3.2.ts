import { defineDecoder, message, text, u8, u16, u32, u64 } from '../layout/table.js';
import { a2xAmd } from './roles/aquis.js';

const TradeType = {
  1: 'Visible',
  2: 'Hidden or Reserve',
  3: 'Market at Close',
  4: 'Large in Scale Cross',
  5: 'Benchmark Cross',
  6: 'Auction on Demand',
};
const SecurityFlagsBits = { aodEnabled: 10, illiquid: 12, testStock: [13, 2], macEnabled: 15 } as const;
const TradingStatus = { 1: 'Active', 2: 'Halted', 3: 'Suspended', 8: 'AOD Start', 24: 'AOD End' };

/** A2X AMD real time 1.3.2: A2X712-Market-Data-Techincal-Specification-v1.3.2, version 1.3.2, Thursday, September 15, 2022. */
export const a2xAmd132 = defineDecoder({
  id: 'a2x-amd-1.3.2',
  venue: 'A2X',
  feed: 'AMD real time',
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
  events: a2xAmd,
  checked: [
    'layout of a public dissector, A2X_A2XEquities_Rtmdf_Amd_v1_3_2; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 11 of 11 alike, 94 fields; positions only, not meanings or scales',
  ],
  unconfirmed: ['prices: scale unknown (the dissector gives none; Aquis uses 5 decimals in the same technology)'],
  messages: {
    heartbeat: message(1, 6, {}),
    orderAdd: message(2, 33, {
      securityId: u16(6),
      side: u8(8, { 1: 'Buy Order', 2: 'Sell Order' }),
      quantity: u32(9),
      price: u64(13),
      orderRef: u32(21),
      timestamp: u64(25),
    }),
    orderCancel: message(3, 20, {
      securityId: u16(6),
      orderRef: u32(8),
      timestamp: u64(12),
    }),
    orderModify: message(4, 32, {
      securityId: u16(6),
      quantity: u32(8),
      price: u64(12),
      orderRef: u32(20),
      timestamp: u64(24),
    }),
    trade: message(5, 37, {
      securityId: u16(6),
      tradeType: u8(8, TradeType),
      quantity: u32(9),
      price: u64(13),
      orderRef: u32(21),
      tradeRef: u32(25),
      timestamp: u64(29),
    }),
    tradeBust: message(6, 32, {
      securityId: u16(6),
      quantity: u32(8),
      price: u64(12),
      tradeRef: u32(20),
      timestamp: u64(24),
    }),
    tickTableData: message(7, 33, {
      tickTableId: u8(6),
      name: text(7, 10).padded('nul'),
      threshold: u64(17),
      tickSize: u64(25),
    }),
    securityDefinition: message(8, 36, {
      securityId: u16(6),
      umtf: text(8, 6).padded('nul'),
      isin: text(14, 12).padded('nul'),
      currency: text(26, 3).padded('nul'),
      mic: text(29, 4).padded('nul'),
      tickTableId: u8(33),
      securityFlags: u16(34).bits(SecurityFlagsBits),
    }),
    securityStatus: message(9, 18, {
      securityId: u16(6),
      tradingStatus: u8(8, TradingStatus),
      marketFlags: u8(9).bits({ macRun: 5, macOpen: 6, trading: 7 }),
      timestamp: u64(10),
    }),
    auctionOnDemand: message(17, 28, {
      securityId: u16(6),
      indicativePrice: u64(8),
      matchVol: u32(16),
      timestamp: u64(20),
    }),
    marketAtClose: message(16, 32, {
      securityId: u16(6),
      indicativePrice: u64(8),
      closingBuyQty: u32(16),
      closingSellQty: u32(20),
      timestamp: u64(24),
    }),
  },
});
