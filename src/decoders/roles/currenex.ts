import type { EventRoles } from '../../layout/table.js';

const KEY = { instrument: 'instrumentIndex' } as const;
const DEFINED = { ...KEY, does: 'define', name: 'instrumentId' } as const;
/** Currenex ESP: prices under numbers of their own. Their scale is told nowhere; a ticker tells no size, so it is no event. */
export const currenexEsp: EventRoles = {
  orders: 'instrument',
  priceExponent: 'instrument',
  messages: {
    instrumentInfo: DEFINED,
    price: {
      ...KEY,
      does: 'put',
      id: 'priceId',
      side: { field: 'side', bid: ['1'], ask: ['2'] },
      price: 'price',
      size: 'maxAmount',
    },
    priceCancel: { ...KEY, does: 'remove', id: 'priceId' },
  },
};
const LEVEL = { ...KEY, each: 'level', does: 'levelSet', ifKnown: true } as const;
/** Currenex NOW: all levels are sent whole. */
export const currenexNow: EventRoles = {
  priceExponent: -6,
  messages: {
    instrumentInfo: DEFINED,
    depthOfBook: [
      { ...KEY, does: 'clear' },
      { ...LEVEL, side: 'bid', price: 'bidRate', size: 'bidAmount' },
      { ...LEVEL, side: 'ask', price: 'offerRate', size: 'offerAmount' },
    ],
  },
};
