import { char, defineDecoder, i16, i64, message, nanosAfter, price2, price4, u16, u32 } from '../layout/table.js';
import { miaxOptionsCtom11 } from './miax-options-ctom-1.1.js';
import { miaxTopOfMarket } from './roles/miax.js';

const Condition = {
  A: 'Regular',
  T: 'Trading Halt',
  W: 'Wide',
  S: 'Simple Auction',
  C: 'Complex Auction',
  M: 'Simple Market Protection',
  L: 'Leg Market Protection',
};

/** MIAX Options Complex Top of Market (cToM) 1.0, as a captured session has it; what is as in 1.1 is taken from there. */
export const miaxOptionsCtom10 = defineDecoder({
  id: 'miax-options-ctom-1.0',
  venue: 'MIAX Options',
  feed: 'Complex Top of Market (cToM)',
  version: '1.0',
  specification: 'derived from Complex Top Of Market Feed cToM v1.1 and a capture',
  framing: 'miax-mach',
  byteOrder: 'little',
  header: {
    messageType: char(0),
  },
  messageType: 'messageType',
  longer: 'refused',
  instrument: 'strategyId',
  checked: [
    'captures: 10,361 messages of a session whose system state says CTOM1.0; every length adds up, and top of market messages have no reserved bytes',
    'no document of this version was at hand',
  ],
  events: miaxTopOfMarket,
  messages: {
    ...miaxOptionsCtom11.messages,
    compactComplexTopOfMarketBid: message('b', 14, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      strategyId: u32(5),
      compactPrice: i16(9, price2),
      compactSize: u16(11),
      topOfMarketQuoteCondition: char(13, Condition),
    }),
    compactComplexTopOfMarketOffer: message('o', 14, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      strategyId: u32(5),
      compactPrice: i16(9, price2),
      compactSize: u16(11),
      topOfMarketQuoteCondition: char(13, Condition),
    }),
    wideComplexTopOfMarketBid: message('e', 22, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      strategyId: u32(5),
      widePrice: i64(9, price4),
      wideSize: u32(17),
      topOfMarketQuoteCondition: char(21, Condition),
    }),
    wideComplexTopOfMarketOffer: message('f', 22, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      strategyId: u32(5),
      widePrice: i64(9, price4),
      wideSize: u32(17),
      topOfMarketQuoteCondition: char(21, Condition),
    }),
    compactComplexDoubleSidedTopOfMarket: message('m', 19, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      strategyId: u32(5),
      compactBidPrice: i16(9, price2),
      compactBidSize: u16(11),
      bidCondition: char(13, Condition),
      compactOfferPrice: i16(14, price2),
      compactOfferSize: u16(16),
      offerCondition: char(18, Condition),
    }),
    wideComplexDoubleSidedTopOfMarket: message('w', 35, {
      nanoseconds: u32(1, nanosAfter('the last seconds')),
      strategyId: u32(5),
      wideBidPrice: i64(9, price4),
      wideBidSize: u32(17),
      bidCondition: char(21, Condition),
      wideOfferPrice: i64(22, price4),
      wideOfferSize: u32(30),
      offerCondition: char(34, Condition),
    }),
  },
});
