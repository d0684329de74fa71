import type { EventRoles, EventRule } from '../../layout/table.js';
import { quotes } from './words.js';

const STATES = {
  A: 'trading',
  Q: 'quoting',
  S: 'suspended',
  H: 'halted',
  I: 'halted',
  R: 'closed',
  D: 'closed',
  X: 'closed',
} as const;
const DEFINED: EventRule[] = [
  { does: 'define', name: 'symbol', time: 'lastUpdateMilli', timeUnit: 'ms' },
  {
    does: 'status',
    time: 'lastUpdateMilli',
    timeUnit: 'ms',
    id: 'securityStatus',
    state: { field: 'securityStatus', is: STATES },
  },
];
const TRADE: EventRule = {
  does: 'trade',
  time: 'tradeTimeMilli',
  timeUnit: 'ms',
  id: 'tradeId',
  price: 'tradePrice',
  size: 'tradeSize',
};
/**
 * OTC Link ATS: securities and trades. Its quotes, insides and reference prices have no role: an update names the quote
 * alone, and which side it is of stands in a flag that the table does not name.
 */
export const otcLinkAts: EventRoles = {
  shared: true,
  priceExponent: -6,
  messages: {
    security: DEFINED,
    extendedSecurity: DEFINED,
    extendedSecurityNoCusip: DEFINED,
    trade: TRADE,
    extendedTrade: TRADE,
  },
};

const SIDE = { field: 'sideIndicator', bid: ['B'], ask: ['S'] } as const;
const FILLED: EventRule = {
  does: 'execute',
  id: 'orderId',
  size: 'executedQuantity',
  remaining: 'remainingQuantity',
  tradeId: 'executionId',
};
/** OTC Link NQB: best prices, or orders under numbers of 14 characters. */
export const otcLinkNqb: EventRoles = {
  shared: true,
  priceExponent: -6,
  messages: {
    security: [
      { does: 'define', time: 'lastUpdateMilli' },
      { does: 'status', time: 'lastUpdateMilli', id: 'securityStatus', state: { field: 'securityStatus', is: STATES } },
    ],
    topOfBook: quotes(['bidPrice', 'bidVolume'], ['askPrice', 'askVolume']),
    orderAdd: { does: 'add', id: 'orderId', side: SIDE, price: 'price', size: 'quantity' },
    orderUpdate: { does: 'modify', id: 'orderId', price: 'price', size: 'quantity' },
    orderDelete: { does: 'remove', id: 'orderId' },
    orderExecution: FILLED,
    orderExecutionWithPrice: { ...FILLED, price: 'price', atPrice: true },
    trade: { does: 'trade', id: 'executionId', side: SIDE, price: 'price', size: 'quantity' },
    imbalance: {
      does: 'imbalance',
      id: 'currentInsidePairedShares',
      side: { field: 'currentInsideImbalanceSide' },
      price: 'currentInsideClosingPrice',
      size: 'currentInsideImbalanceQuantity',
    },
  },
};
