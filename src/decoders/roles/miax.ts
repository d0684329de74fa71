import type { EventRoles } from '../../layout/index.js';

const TIME = { time: 'nanoseconds', afterBase: true } as const;
const bid = { ...TIME, does: 'quote', side: 'bid', price: 'mbboPrice', size: 'mbboSize' } as const;
const offer = { ...bid, side: 'ask' } as const;
const both = [
  { ...TIME, does: 'quote', side: 'bid', price: 'bidPrice', size: 'bidSize' },
  { ...TIME, does: 'quote', side: 'ask', price: 'offerPrice', size: 'offerSize' },
] as const;

/** Top of Market: each message replaces one side or both; a size of 0 empties it. */
export const miaxTopOfMarket: EventRoles = {
  priceExponent: -4,
  messages: {
    systemTime: { does: 'none', seconds: 'seconds', setsTime: true },
    topOfMarketBidCompact: bid,
    topOfMarketOfferCompact: offer,
    wideTopOfMarketBid: bid,
    wideTopOfMarketOffer: offer,
    doubleSidedTopOfMarketCompact: both,
    wideDoubleSidedTopOfMarket: both,
    trade: { ...TIME, does: 'trade', id: 'tradeId', price: 'tradePrice', size: 'tradeSize' },
  },
};
