import { char, defineDecoder, message, nanosAfter, scaled, text, u32, u64 } from '../layout/table.js';
import { jnxItch16 } from './jnx-itch-1.6.js';
import { japannextEquities } from './roles/genium.js';

const SystemEvent = {
  O: 'Start of Messages',
  S: 'Start of System Hours',
  Q: 'Start of Market Hours',
  M: 'End of Market Hours',
  E: 'End of System Hours',
  C: 'End of Messages',
};
const ShortSellingState = { 0: 'No Price Restriction', 1: 'Price Restriction in Effect' };

/** Osaka Digital Exchange PTS ITCH equities 2.2: ODX PTS ITCH Equities v2.2, version 2.2, Monday, April 6, 2026. What is as in jnx-itch-1.6 is taken from there. */
export const odxEquitiesItch22 = defineDecoder({
  id: 'odx-equities-itch-2.2',
  venue: 'Osaka Digital Exchange',
  feed: 'PTS ITCH equities',
  version: '2.2',
  specification: 'ODX PTS ITCH Equities v2.2, version 2.2, Monday, April 6, 2026',
  framing: 'moldudp64',
  byteOrder: 'big',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'orderbookId',
  checked: [
    'layout of a public dissector, Odx_OdxEquities_Pts_Itch_v2_2; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 10 of 10 alike, 93 fields; positions only, not meanings or scales',
  ],
  unconfirmed: [
    'prices: scale as in the dissector; the directory message also carries Price Decimals, which is authoritative where it differs',
  ],
  events: japannextEquities,
  messages: {
    seconds: jnxItch16.messages.seconds,
    systemEvent: message('S', 10, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      group: text(5, 4),
      systemEvent: char(9, SystemEvent),
    }),
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
    tradingState: message('H', 14, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderbookId: text(5, 4),
      group: text(9, 4),
      tradingState: char(13, { T: 'Trading', V: 'Suspended' }),
    }),
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
    orderExecuted: jnxItch16.messages.orderExecuted,
    orderDeleted: jnxItch16.messages.orderDeleted,
    orderReplaced: jnxItch16.messages.orderReplaced,
  },
});
