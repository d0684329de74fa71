// Apart from the other Nasdaq feeds: a program that imports this decoder alone does not load their roles.
import type { EventRoles } from '../../layout/table.js';

export const TIME = { time: 'timestamp' } as const;
const ORDER = { ...TIME, id: 'orderReferenceNumber' } as const;
const SIDE = { field: 'buySellIndicator' } as const;
const ADDED = { ...ORDER, does: 'add', side: SIDE, price: 'price', size: 'shares', name: 'stock' } as const;
const EXECUTED = { ...ORDER, does: 'execute', size: 'executedShares', tradeId: 'matchNumber' } as const;
const PRICED = { ...EXECUTED, price: 'executionPrice', atPrice: true } as const;
const STATES = { H: 'halted', P: 'paused', Q: 'quoting', T: 'trading' } as const;
export const DIRECTION = { field: 'imbalanceDirection', bid: ['B'], ask: ['S'] } as const;
/** The fields of the state of a stock, by version. */
const STATE = ['tradingState', 'currentTradingState'] as const;
export const HALTED = {
  ...TIME,
  does: 'status',
  id: STATE,
  state: { field: STATE, is: STATES },
} as const;
export const OPERATIONAL = {
  ...TIME,
  does: 'status',
  id: 'operationalHaltAction',
  state: { field: 'operationalHaltAction', is: { H: 'halted', T: 'trading' } },
} as const;

/** TotalView-ITCH: order by order. A cross of no shares is none. */
export const nasdaqTotalView: EventRoles = {
  shared: true,
  priceExponent: -4,
  messages: {
    stockDirectory: { ...TIME, does: 'define', name: 'stock', size: 'roundLotSize' },
    stockTradingAction: HALTED,
    operationalHalt: OPERATIONAL,
    addOrder: ADDED,
    addOrderWithMpid: ADDED,
    orderExecuted: EXECUTED,
    orderExecutedWithPrice: [
      { ...PRICED, when: { printable: ['Y'] } },
      { ...PRICED, unless: { printable: ['Y'] }, notPrinted: true },
    ],
    orderCancel: { ...ORDER, does: 'reduce', size: 'canceledShares' },
    orderDelete: { ...ORDER, does: 'remove' },
    orderReplace: {
      ...TIME,
      does: 'replace',
      id: 'originalOrderReferenceNumber',
      newId: 'newOrderReferenceNumber',
      size: 'shares',
      price: 'price',
    },
    nonCrossTrade: { ...TIME, does: 'trade', id: 'matchNumber', side: SIDE, size: 'shares', price: 'price' },
    crossTrade: {
      ...TIME,
      does: 'trade',
      id: 'matchNumber',
      size: ['crossShares', 'shares'],
      price: 'crossPrice',
    },
    brokenTrade: { ...TIME, does: 'tradeCancel', id: 'matchNumber' },
    netOrderImbalanceIndicator: {
      ...TIME,
      does: 'imbalance',
      id: 'pairedShares',
      side: DIRECTION,
      size: 'imbalanceShares',
      price: 'currentReferencePrice',
    },
  },
};
