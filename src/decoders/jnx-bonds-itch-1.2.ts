import { char, defineDecoder, i32, message, nanosAfter, price3, text, u32, u64 } from '../layout/table.js';
import { jnxItch16 } from './jnx-itch-1.6.js';
import { japannextBonds } from './roles/genium.js';

/** Japannext PTS ITCH bonds 1.2: Japannext PTS ITCH Bonds v1.2, version 1.2, Wednesday, April 1, 2020. What is as in jnx-itch-1.6 is taken from there. */
export const jnxBondsItch12 = defineDecoder({
  id: 'jnx-bonds-itch-1.2',
  venue: 'Japannext',
  feed: 'PTS ITCH bonds',
  version: '1.2',
  specification: 'Japannext PTS ITCH Bonds v1.2, version 1.2, Wednesday, April 1, 2020',
  framing: 'moldudp64',
  byteOrder: 'big',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'tolerated',
  instrument: 'orderbookId',
  checked: [
    'layout of a public dissector, Jnx_JnxBonds_Pts_Itch_v1_2; neither a table of the specification nor a capture was compared',
    'packets made from the table and dissected: 9 of 9 alike, 84 fields; positions only, not meanings or scales',
  ],
  unconfirmed: [
    'prices: scale as in the dissector; the directory message also carries Price Decimals, which is authoritative where it differs',
  ],
  events: japannextBonds,
  messages: {
    seconds: jnxItch16.messages.seconds,
    systemEvent: message('S', 10, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      group: text(5, 4, { DJGB: 'JGB Market' }),
      systemEvent: char(9),
    }),
    priceTickSize: message('L', 17, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      priceTickSizeTableId: u32(5),
      priceTickSize: u32(9),
      priceStart: i32(13, price3),
    }),
    orderbookDirectory: message('R', 45, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderbookId: u32(5),
      orderbookCode: text(9, 12),
      group: text(21, 4, { DJGB: 'JGB Market' }),
      roundLotSize: u32(25),
      priceTickSizeTableId: u32(29),
      priceDecimals: u32(33),
      upperPriceLimit: i32(37, price3),
      lowerPriceLimit: i32(41, price3),
    }),
    tradingState: message('H', 14, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderbookId: u32(5),
      group: text(9, 4, { DJGB: 'JGB Market' }),
      tradingState: char(13, { T: 'Trading', V: 'Suspended' }),
    }),
    orderAdded: message('A', 30, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      orderNumber: u64(5),
      buySellIndicator: char(13, { B: 'Buy', S: 'Sell' }),
      quantity: u32(14),
      orderbookId: u32(18),
      group: text(22, 4, { DJGB: 'JGB Market' }),
      price: i32(26, price3),
    }),
    orderExecuted: jnxItch16.messages.orderExecuted,
    orderDeleted: jnxItch16.messages.orderDeleted,
    orderReplaced: message('U', 29, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      originalOrderNumber: u64(5),
      newOrderNumber: u64(13),
      quantity: u32(21),
      price: i32(25, price3),
    }),
  },
});
