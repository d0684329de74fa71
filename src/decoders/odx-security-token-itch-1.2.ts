import { char, defineDecoder, message, nanosAfter, price2, text, u32, u64 } from '../layout/table.js';
import { osakaDigitalTokens } from './roles/genium.js';

const StateName = {
  PreOpen: 'Start Pre-Open Period',
  PreOpenNCP: 'Start Non-Cancel Period for Pre-Open',
  OpeningAuction: 'Start Opening Auction',
  Break: 'Start Session Break',
  PreClose: 'Start Pre-Close Period',
  PreCloseNCP: 'Start Non-Cancel Period for Pre-Close',
  ClosingAuction: 'Start Closing Auction',
  Closed: 'Trading Session Is Closed',
};

/** Osaka Digital Exchange PTS ITCH security token (SoupBinTCP) 1.2: ODX PTS ITCH (Security Token) v1.2, version 1.2, Monday, April 6, 2026. */
export const odxSecurityTokenItch12 = defineDecoder({
  id: 'odx-security-token-itch-1.2',
  venue: 'Osaka Digital Exchange',
  feed: 'PTS ITCH security token (SoupBinTCP)',
  version: '1.2',
  specification: 'ODX PTS ITCH (Security Token) v1.2, version 1.2, Monday, April 6, 2026',
  framing: 'soupbintcp',
  byteOrder: 'big',
  header: {
    sequencedMessageType: char(0),
  },
  messageType: 'sequencedMessageType',
  longer: 'tolerated',
  instrument: 'orderbookId',
  checked: [
    'layout of a public dissector, Odx_OdxSecurityToken_Pts_Itch_v1_2; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 11 of 11 alike, 84 fields; positions only, not meanings or scales',
  ],
  unconfirmed: [
    'prices: scale as in the dissector; the directory message also carries Price Decimals, which is authoritative where it differs',
  ],
  events: osakaDigitalTokens,
  messages: {
    seconds: message('T', 5, {
      seconds: u32(1),
    }),
    systemEvent: message('S', 10, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      group: text(5, 4),
      systemEvent: char(9, { O: 'Start of Messages', C: 'End of Messages' }),
    }),
    priceTickSize: message('L', 17, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      priceTickSizeTableId: u32(5),
      priceTickSize: u32(9, price2),
      priceStart: u32(13, price2),
    }),
    orderbookDirectory: message('R', 60, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderbookId: text(5, 4),
      orderbookCode: text(9, 12),
      exchangeSymbol: text(21, 12),
      group: text(33, 4),
      roundLotSize: u32(37),
      priceTickSizeTableId: u32(41),
      priceDecimals: u32(45),
      upperPriceLimit: u32(49, price2),
      lowerPriceLimit: u32(53, price2),
      restrictionOfMarketOrder: char(57, { Y: 'True', N: 'False' }),
      attentionFlag: char(58, { Y: 'True', N: 'False' }),
      terminationFlag: char(59, { Y: 'True', N: 'False' }),
    }),
    tradingState: message('H', 14, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderbookId: text(5, 4),
      group: text(9, 4),
      tradingState: char(13, { T: 'Trading', V: 'Suspended' }),
    }),
    orderAdded: message('A', 30, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderNumber: u64(5),
      buySellIndicator: char(13, { B: 'Buy', S: 'Sell' }),
      quantity: u32(14),
      orderbookId: text(18, 4),
      group: text(22, 4),
      price: u32(26, price2),
    }),
    orderExecutedWithPrice: message('C', 30, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderNumber: u64(5),
      executedQuantity: u32(13),
      matchNumber: u64(17),
      tradePrice: u32(25, price2),
      occurredAsCross: char(29, { Y: 'Trade Occurred at the Cross' }),
    }),
    orderDeleted: message('D', 13, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderNumber: u64(5),
    }),
    orderReplaced: message('U', 29, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      originalOrderNumber: u64(5),
      newOrderNumber: u64(13),
      quantity: u32(21),
      price: u32(25, price2),
    }),
    orderBookState: message('O', 29, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderbookId: text(5, 4),
      stateName: text(9, 20, StateName),
    }),
    equilibriumPriceUpdate: message('Z', 13, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderbookId: text(5, 4),
      equilibriumPrice: u32(9, price2),
    }),
  },
});
