import type { EventRoles, EventRule } from '../../layout/table.js';

const SIDE = { field: 'side', bid: [1], ask: [2] } as const;
const PRIORITY = 'trdRegTSTimePriority';
const TIME = { time: ['transactTime', PRIORITY] } as const;
const ORDER = { id: PRIORITY, side: SIDE } as const;
const PLACED: EventRule = { ...TIME, ...ORDER, does: 'put', price: 'price', size: 'displayQty' };
const EXECUTED: EventRule = {
  ...TIME,
  ...ORDER,
  does: 'execute',
  price: 'lastPx',
  size: 'lastQty',
  tradeId: 'trdMatchID',
  atPrice: true,
};
const PRINT: EventRule = { ...TIME, does: 'trade', id: 'trdMatchID', price: 'lastPx', size: 'lastQty' };
const STATES = {
  2: 'halted',
  200: 'closed',
  201: 'closed',
  202: 'preOpen',
  203: 'trading',
  204: 'auction',
  205: 'auction',
  206: 'auction',
  207: 'auction',
  208: 'paused',
  209: 'paused',
  210: 'auction',
  211: 'auction',
} as const;

/**
 * T7 EOBI: an order is told apart by instrument, side and priority time. A modification that loses its priority is a new
 * order in the place of the old one, known or not. A full execution takes the order away whatever its size.
 */
export const eobi: EventRoles = {
  shared: true,
  orders: 'instrumentAndSide',
  priceExponent: -8,
  messages: {
    orderAdd: { ...PLACED, does: 'add' },
    orderModify: [{ ...TIME, does: 'remove', id: 'trdRegTSPrevTimePriority', side: SIDE }, PLACED],
    orderModifySamePrio: { ...PLACED, does: 'modify', keepsPlace: true },
    orderDelete: { ...TIME, ...ORDER, does: 'remove' },
    orderMassDelete: { time: 'transactTime', does: 'clear' },
    fullOrderExecution: { ...EXECUTED, remaining: { always: 0 } },
    partialOrderExecution: EXECUTED,
    instrumentSummary: { time: 'lastUpdateTime', does: 'clear' },
    snapshotOrder: { ...PLACED, follows: true },
    tradeReport: PRINT,
    tradeReversal: { ...PRINT, does: 'tradeCancel' },
    auctionClearingPrice: {
      ...TIME,
      does: 'statistic',
      statistic: 'indicativeOpeningPrice',
      price: 'lastPx',
    },
    instrumentStateChange: {
      ...TIME,
      does: 'status',
      id: 'securityTradingStatus',
      state: { field: 'securityTradingStatus', is: STATES },
    },
  },
};
/** Since 5.0 orders at the market have no price: they are in no book. */
const AT_MARKET = { ordType: [1] } as const;
const limited = (rules: EventRoles['messages'][string]): EventRule[] =>
  [rules as EventRule | EventRule[]].flat().map((rule) => ({ ...rule, unless: AT_MARKET }));
const BOOK = [
  'orderAdd',
  'orderModify',
  'orderModifySamePrio',
  'orderDelete',
  'fullOrderExecution',
  'partialOrderExecution',
  'snapshotOrder',
];
export const eobiWithMarketOrders: EventRoles = {
  ...eobi,
  messages: {
    ...eobi.messages,
    ...Object.fromEntries(BOOK.map((name) => [name, limited(eobi.messages[name])])),
  },
};
/** Since 14.0 quantities have four decimals and instruments names. */
export const eobiWithDecimals: EventRoles = {
  ...eobiWithMarketOrders,
  sizeExponent: -4,
  messages: {
    ...eobiWithMarketOrders.messages,
    addComplexInstrument: { ...TIME, does: 'define', name: 'securityDesc' },
    addFlexibleInstrument: { ...TIME, does: 'define', name: 'securityDesc' },
    addScaledSimpleInstrument: { ...TIME, does: 'define', name: 'securityDesc' },
    tesTradeReport: PRINT,
  },
};
