import { char, defineDecoder, message, nanosAfter, scaled, text, u32, u64 } from '../layout/table.js';
import { odxSecurityTokenItch12 } from './odx-security-token-itch-1.2.js';
import { japannextEquities } from './roles/genium.js';

const ShortSellingState = { 0: 'No Price Restriction', 1: 'Price Restriction in Effect' };

/** Osaka Digital Exchange PTS GLIMPSE equities (SoupBinTCP) 2.0: ODX PTS GLIMPSE Equities v2.0, version 2.0, Friday, March 31, 2023. What is as in odx-security-token-itch-1.2 is taken from there. */
export const odxEquitiesGlimpse20 = defineDecoder({
  id: 'odx-equities-glimpse-2.0',
  venue: 'Osaka Digital Exchange',
  feed: 'PTS GLIMPSE equities (SoupBinTCP)',
  version: '2.0',
  specification: 'ODX PTS GLIMPSE Equities v2.0, version 2.0, Friday, March 31, 2023',
  framing: 'soupbintcp',
  byteOrder: 'big',
  header: {
    sequencedMessageType: char(0),
  },
  messageType: 'sequencedMessageType',
  longer: 'tolerated',
  instrument: 'orderbookId',
  checked: [
    'layout of a public dissector, Odx_OdxEquities_Pts_Glimpse_v2_0; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 9 of 9 alike, 69 fields; positions only, not meanings or scales',
  ],
  unconfirmed: [
    'prices: scale as in the dissector; the directory message also carries Price Decimals, which is authoritative where it differs',
  ],
  events: japannextEquities,
  messages: {
    seconds: odxSecurityTokenItch12.messages.seconds,
    systemEvent: odxSecurityTokenItch12.messages.systemEvent,
    priceTickSize: message('L', 17, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      priceTickSizeTableId: u32(5),
      priceTickSize: u32(9, scaled(-1)),
      priceStart: u32(13, scaled(-1)),
    }),
    orderbookDirectory: message('R', 45, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderbookId: text(5, 4),
      orderbookCode: text(9, 12),
      group: text(21, 4),
      roundLotSize: u32(25),
      priceTickSizeTableId: u32(29),
      priceDecimals: u32(33),
      upperPriceLimit: u32(37, scaled(-1)),
      lowerPriceLimit: u32(41, scaled(-1)),
    }),
    tradingState: odxSecurityTokenItch12.messages.tradingState,
    shortSellingPriceRestrictionState: message('Y', 14, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderbookId: text(5, 4),
      group: text(9, 4),
      shortSellingState: char(13, ShortSellingState),
    }),
    orderAdded: message('A', 30, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderNumber: u64(5),
      buySellIndicator: char(13, { B: 'Buy', S: 'Sell' }),
      quantity: u32(14),
      orderbookId: text(18, 4),
      group: text(22, 4),
      price: u32(26, scaled(-1)),
    }),
    orderAddedWithAttributes: message('F', 35, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderNumber: u64(5),
      buySellIndicator: char(13, { B: 'Buy', S: 'Sell' }),
      quantity: u32(14),
      orderbookId: text(18, 4),
      group: text(22, 4),
      price: u32(26, scaled(-1)),
      attribution: text(30, 4),
      orderType: char(34, { Q: 'DLP Order' }),
    }),
    endOfSnapshot: message('G', 9, {
      sequenceNumber: u64(1),
    }),
  },
});
