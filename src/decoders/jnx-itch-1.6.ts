import { char, defineDecoder, message, nanosAfter, scaled, text, u32, u64 } from '../layout/table.js';
import { japannextEquities } from './roles/genium.js';

const Group = { DAY: 'Daytime Market', NGHT: 'Nighttime Market', DAYX: 'X Market', DAYU: 'U Market' };

/** Japannext PTS ITCH 1.6: Japannext PTS ITCH Equities v1.6, version 1.6, Thursday, March 9, 2023. */
export const jnxItch16 = defineDecoder({
  id: 'jnx-itch-1.6',
  venue: 'Japannext',
  feed: 'PTS ITCH',
  version: '1.6',
  specification: 'Japannext PTS ITCH Equities v1.6, version 1.6, Thursday, March 9, 2023',
  framing: 'moldudp64',
  byteOrder: 'big',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  instrument: 'orderbookId',
  checked: [
    'tables of the specification: 11 of 11 messages',
    'captures: 4 packets, 37 fields; messages seen: orderDeleted, orderReplaced, shortSellingPriceRestrictionState, systemEvent',
  ],
  events: japannextEquities,
  messages: {
    seconds: message('T', 5, {
      seconds: u32(1),
    }),
    systemEvent: message('S', 10, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      group: text(5, 4, Group),
      systemEvent: char(9),
    }),
    priceTickSize: message('L', 17, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      priceTickSizeTableId: u32(5, scaled(-1)),
      priceTickSize: u32(9, scaled(-1)),
      priceStart: u32(13, scaled(-1)),
    }),
    orderbookDirectory: message('R', 45, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderbookId: u32(5),
      orderbookCode: text(9, 12),
      group: text(21, 4, Group),
      roundLotSize: u32(25),
      priceTickSizeTableId: u32(29, scaled(-1)),
      priceDecimals: u32(33),
      upperPriceLimit: u32(37, scaled(-1)),
      lowerPriceLimit: u32(41, scaled(-1)),
    }),
    tradingState: message('H', 14, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderbookId: u32(5),
      group: text(9, 4, Group),
      tradingState: char(13, { T: 'Trading', V: 'Suspended' }),
    }),
    shortSellingPriceRestrictionState: message('Y', 14, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderbookId: u32(5),
      group: text(9, 4, Group),
      shortSellingState: char(13, { 0: 'No Price Restriction', 1: 'Price Restriction in Effect' }),
    }),
    orderAddedWithoutAttributes: message('A', 30, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderNumber: u64(5),
      buySellIndicator: char(13, { B: 'Buy', S: 'Sell' }),
      quantity: u32(14),
      orderbookId: u32(18),
      group: text(22, 4, Group),
      price: u32(26, scaled(-1)),
    }),
    orderAddedWithAttributes: message('F', 35, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderNumber: u64(5),
      buySellIndicator: char(13, { B: 'Buy', S: 'Sell' }),
      quantity: u32(14),
      orderbookId: u32(18),
      group: text(22, 4, Group),
      price: u32(26, scaled(-1)),
      attribution: text(30, 4),
      orderType: char(34, { Q: 'DLP Order' }),
    }),
    orderExecuted: message('E', 25, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderNumber: u64(5),
      executedQuantity: u32(13),
      matchNumber: u64(17),
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
      price: u32(25, scaled(-1)),
    }),
  },
});
