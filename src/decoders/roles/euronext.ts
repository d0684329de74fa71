import type { EventRoles, EventRule } from '../../layout/table.js';

const TIME = { time: 'eventTime' } as const;
const SIDE = { field: 'orderSide', bid: [1], ask: [2] } as const;
const ORDER = { ...TIME, each: 'orders', side: SIDE, byOrder: true } as const;
const PLACED: EventRule = { ...ORDER, id: 'orderPriority', price: 'orderPx', size: 'orderQuantity', does: 'put' };
/** An order is known by its priority. One that loses it has a new one, and tells the old one too. */
const ORDERS: EventRule[] = [
  { ...ORDER, does: 'remove', id: 'previousPriority', ifKnown: true, when: { actionType: [2, 6] } },
  { ...ORDER, does: 'remove', id: 'orderPriority', ifKnown: true, when: { actionType: [2] } },
  { ...ORDER, does: 'clear', when: { actionType: [3] } },
  { ...PLACED, when: { actionType: [1, 5, 6], orderType: [2, 10] } },
  { ...PLACED, does: 'modify', keepsPlace: true, when: { actionType: [4] } },
];
const UPDATE = { ...TIME, each: 'updates' } as const;
const LEVEL: EventRule = { ...UPDATE, does: 'levelSet', price: 'price', size: 'quantity', orders: 'numberOfOrders' };
const PRINT: EventRule = { ...UPDATE, does: 'trade', price: 'price', size: 'quantity' };
const PRICE = { ...TIME, each: 'prices' } as const;

/**
 * Optiq: levels (`marketUpdate`) and, where they are subscribed, orders beside them. Prices have the decimals of the
 * instrument's standing data; those of derivatives come with their contract and stay raw.
 */
export const euronextOptiq: EventRoles = {
  orders: 'instrumentAndSide',
  priceExponent: 'instrument',
  messages: {
    standingData: {
      does: 'define',
      name: 'instrumentName',
      instrumentExponent: { decimals: 'priceDecimals' },
    },
    outrightStandingData: { does: 'define', name: 'derivativesInstrumentTradingCode' },
    strategyStandingData: { does: 'define', name: 'derivativesInstrumentTradingCode' },
    marketUpdate: [
      { ...LEVEL, side: 'bid', when: { updateType: [1, 3, 5] } },
      { ...LEVEL, side: 'ask', when: { updateType: [2, 4, 6] } },
      { ...LEVEL, side: 'bid', when: { updateType: [8] }, implied: true },
      { ...LEVEL, side: 'ask', when: { updateType: [9] }, implied: true },
      { ...PRINT, when: { updateType: [24, 27, 28, 30, 35, 37, 51, 55, 56, 81, 105] } },
      { ...PRINT, does: 'tradeCancel', when: { updateType: [50] } },
      { ...UPDATE, does: 'clear', when: { updateType: [254] } },
    ],
    orderUpdate: ORDERS,
    longOrderUpdate: ORDERS,
    priceUpdate: [
      {
        ...PRICE,
        does: 'statistic',
        statistic: {
          field: 'priceType',
          is: {
            4: 'closePrice',
            14: 'indicativeOpeningPrice',
            26: 'uncrossingPrice',
            27: 'lastPrice',
            33: 'closePrice',
          },
        },
        price: 'price',
        size: 'quantity',
      },
      {
        ...PRICE,
        does: 'imbalance',
        id: 'quantity',
        side: { field: 'imbalanceQtySide', bid: [1], ask: [2] },
        price: 'price',
        size: 'imbalanceQty',
        when: { imbalanceQtySide: [1, 2] },
      },
    ],
    marketStatusChange: {
      ...TIME,
      each: 'marketStates',
      does: 'status',
      id: 'bookState',
      state: {
        field: 'bookState',
        is: {
          1: 'closed',
          2: 'closed',
          3: 'auction',
          4: 'auction',
          5: 'trading',
          6: 'halted',
          7: 'auction',
          8: 'suspended',
          9: 'paused',
        },
      },
    },
    statistics: {
      each: 'newStats',
      does: 'statistic',
      statistic: {
        field: 'statsUpdateType',
        is: { 5: 'highPrice', 6: 'lowPrice', 15: 'openingPrice', 17: 'lastPrice' },
      },
      price: 'statsUpdateValue',
    },
  },
};
