import type { EventRoles } from '../../layout/index.js';

const TIME = { time: 'timestamp' } as const;
const TRADE = { ...TIME, does: 'trade', id: 'tradeId', price: 'price', size: 'size' } as const;
/** Flag 1 ends an event of the book; updates before it belong to the same one. */
const LEVEL = {
  ...TIME,
  does: 'levelSet',
  price: 'price',
  size: 'size',
  last: { field: 'eventFlags', bit: 0 },
} as const;

/** DEEP: the size of a level as a whole; 0 takes it away. */
export const iexDeep: EventRoles = {
  priceExponent: -4,
  messages: {
    priceLevelBuyUpdate: { ...LEVEL, side: 'bid' },
    priceLevelSellUpdate: { ...LEVEL, side: 'ask' },
    tradeReport: TRADE,
  },
};

/** TOPS: each quote replaces both sides; a size of 0 empties one. */
export const iexTops: EventRoles = {
  priceExponent: -4,
  messages: {
    quoteUpdate: [
      { ...TIME, does: 'quote', side: 'bid', price: 'bidPrice', size: 'bidSize' },
      { ...TIME, does: 'quote', side: 'ask', price: 'askPrice', size: 'askSize' },
    ],
    tradeReport: TRADE,
  },
};

/** DEEP+: orders by number, which are told apart by their symbol too. */
export const iexDeepPlus: EventRoles = {
  orders: 'instrument',
  priceExponent: -4,
  messages: {
    addOrder: {
      ...TIME,
      does: 'add',
      id: 'orderId',
      side: { field: 'side', bid: ['8'], ask: ['5'] },
      price: 'price',
      size: 'size',
    },
    orderModify: { ...TIME, does: 'modify', id: 'orderIdReference', price: 'price', size: 'size' },
    orderDelete: { ...TIME, does: 'remove', id: 'orderIdReference' },
    orderExecuted: {
      ...TIME,
      does: 'execute',
      id: 'orderIdReference',
      price: 'price',
      size: 'size',
      tradeId: 'tradeId',
      atPrice: true,
    },
    trade: TRADE,
    clearBook: { ...TIME, does: 'clear' },
  },
};
