import { char, defineDecoder, message, nanosAfter, scaled, text, u32, u64 } from '../layout/table.js';
import { jnxItch16 } from './jnx-itch-1.6.js';
import { japannextEquities } from './roles/genium.js';

const Group = {
  DAY: 'J Market Daytime Session',
  NGHT: 'J Market Nighttime Session',
  DAYX: 'X Market',
  DAYU: 'U Market',
};

/** Japannext PTS ITCH 2.0: Jnx.JnxEquities.Pts.Itch.v2.0, version 2.0, Wednesday, September 17, 2025. What is as in jnx-itch-1.6 is taken from there. */
export const jnxItch20 = defineDecoder({
  id: 'jnx-itch-2.0',
  venue: 'Japannext',
  feed: 'PTS ITCH',
  version: '2.0',
  specification: 'Jnx.JnxEquities.Pts.Itch.v2.0, version 2.0, Wednesday, September 17, 2025',
  framing: 'moldudp64',
  byteOrder: 'big',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  instrument: 'orderbookId',
  checked: ['neither a capture nor a second source to compare with'],
  events: japannextEquities,
  messages: {
    seconds: jnxItch16.messages.seconds,
    systemEvent: message('S', 10, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      group: text(5, 4, Group),
      systemEvent: char(9, {
        O: 'Start of Messages',
        S: 'Start of System Hours',
        Q: 'Start of Market Hours',
        M: 'End of Market Hours',
        E: 'End of System Hours',
        C: 'End of Messages',
      }),
    }),
    priceTickSize: jnxItch16.messages.priceTickSize,
    orderbookDirectory: message('R', 45, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderbookId: text(5, 4),
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
      orderbookId: text(5, 4),
      group: text(9, 4, Group),
      tradingState: char(13, { T: 'Trading', V: 'Suspended' }),
    }),
    shortSellingPriceRestrictionState: message('Y', 14, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderbookId: text(5, 4),
      group: text(9, 4, Group),
      shortSellingState: char(13, { 0: 'No Price Restriction', 1: 'Price Restriction in Effect' }),
    }),
    orderAddedMessageNoAttributes: message('A', 30, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderNumber: u64(5),
      buySellIndicator: char(13, { B: 'Buy', S: 'Sell' }),
      quantity: u32(14),
      orderbookId: text(18, 4),
      group: text(22, 4, Group),
      price: u32(26, scaled(-1)),
    }),
    orderAddedWithAttributes: message('F', 35, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderNumber: u64(5),
      buySellIndicator: char(13, { B: 'Buy', S: 'Sell' }),
      quantity: u32(14),
      orderbookId: text(18, 4),
      group: text(22, 4, Group),
      price: u32(26, scaled(-1)),
      attribution: text(30, 4),
      orderType: char(34, { Q: 'DLP Order' }),
    }),
    orderExecuted: jnxItch16.messages.orderExecuted,
    orderDeleted: jnxItch16.messages.orderDeleted,
    orderReplaced: jnxItch16.messages.orderReplaced,
  },
});
